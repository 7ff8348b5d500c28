"""Training the lung model: its films, no leaks, its figures against slow re-derivations, a tiny run of the whole."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from cxr_demo.errors import TrainingError
from cxr_demo.evaluation.lung_segmentation import SQUARE, load_lungs
from cxr_demo.film.phantom import make_phantom
from train.__main__ import main
from train.benchmarks import lung_training as training
from train.benchmarks.lung_films import LungFilm, draw_films, make_batch, read_masked, vary_film
from train.benchmarks.lung_training import Course, compute_dice, train_lungs

S = SQUARE.size_px
TINY = Course(phantoms=4, first_steps=2, outlined=3, second_steps=2)
ROWS = (  # patient, licence; a film for each
    ("1", "CC BY"), ("1", "CC BY-NC-SA"), ("2", "CC BY-NC-SA"), ("2", ""), ("3", "CC BY-NC-ND"), ("4", "CC0"),
    ("5", "listed as authorized for everyone"),
)  # fmt: skip


@pytest.fixture
def films(tmp_path) -> Path:
    """Phantoms with masks, as covid-chestxray, and without, as Hannover."""
    base = tmp_path / "covid_chestxray"
    (base / "lung_masks").mkdir(parents=True)
    (base / "images").mkdir()
    rows = [("patientid", "view", "filename", "license"), ("9", "PA", "without-mask.jpg", "CC BY")]
    for k, (patient, licence) in enumerate(ROWS):
        film = make_phantom(k, 100)
        rows.append((patient, "PA" if k % 2 else "AP", f"{k}.png", licence))
        cv2.imwrite(str(base / "images" / f"{k}.png"), np.rint(film.pixels * 255).astype(np.uint8))
        cv2.imwrite(str(base / "lung_masks" / f"{k}.png"), film.lungs.astype(np.uint8) * 255)
    with (base / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    hannover = tmp_path / "covid_hannover"
    (hannover / "images").mkdir(parents=True)
    rows = [("patient_id", "image_id", "projection")]
    for k in range(12):
        rows.append((f"p{k}", f"{k}", "ap"))
        cv2.imwrite(
            str(hannover / "images" / f"{k}.png"), np.rint(make_phantom(50 + k, 64).pixels * 255).astype(np.uint8)
        )
    with (hannover / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(training, "RESAMPLINGS", 20)
    monkeypatch.setattr(training, "TEST_PHANTOMS", 3)
    monkeypatch.setattr(training, "BATCH", 2)
    monkeypatch.setattr(training, "POOL", {"hannover": training.read_hannover})


def sure(model, pixels: np.ndarray) -> tuple[LungFilm, float]:
    return LungFilm(pixels, (pixels < 0.3).astype(np.float32), 0.5), 0.9


# ---- films


def test_films_and_masks_stay_together_whatever_is_done_to_them():
    """A film that is its own mask, seen through every bend and crop: where it is bright, the mask is."""
    film = make_phantom(0, 160).lungs.astype(np.float32)
    for seed in range(40):
        pixels, lungs = training_bent(seed, film)
        assert np.abs(pixels - lungs).mean() < 0.02  # the film is smoothed before it shrinks, the mask is not
        assert (np.abs(pixels - lungs) > 0.4).mean() < 0.001 and lungs.max() > 0.9


def training_bent(seed: int, film: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from train.benchmarks import lung_films

    random = np.random.default_rng(seed)
    edge = np.pad(film[2:-2, 2:-2], 2)  # nothing at the rim, so that it does not matter what lies beyond
    return lung_films._bent(random, LungFilm(edge, edge), (S, 80))


def test_varied_films_have_their_range_and_padding_holds_nothing():
    films = draw_films(0, 3)
    for seed in range(60):
        square, lungs, inside = vary_film(np.random.default_rng(seed), films[seed % 3])
        assert square.shape == lungs.shape == inside.shape == (S, S)
        assert min(square.min(), lungs.min()) >= 0 and square.max() <= 1 and lungs.max() <= 1 + 1e-6
        assert np.isfinite(square).all() and not square[~inside].any() and not lungs[~inside].any()
        assert inside.any(axis=0).sum() * inside.any(axis=1).sum() == inside.sum()  # a rectangle


def test_batches_hold_the_shares_asked_for_and_come_again_with_the_seed():
    dark, bright = (
        LungFilm(np.zeros((40, 40), "f4"), np.zeros((40, 40), "f4")),
        LungFilm(np.ones((40, 40), "f4"), np.ones((40, 40), "f4")),
    )
    _, lungs, inside = make_batch(np.random.default_rng(0), {0.75: [dark], 0.25: [bright]}, 200)
    share = ((lungs.sum((1, 2, 3)) / inside.sum((1, 2, 3))) > 0.3).mean()
    assert 0.15 < share < 0.35
    again = [make_batch(np.random.default_rng(3), {1.0: draw_films(5, 2)}, 3)[0] for _ in range(2)]
    np.testing.assert_array_equal(*again)


# ---- leaks


def test_only_free_films_are_trained_on_and_their_patients_are_not_in_the_test(films, tmp_path, monkeypatch):
    seen, tested = [], []
    monkeypatch.setattr(training, "outline_film", sure)
    monkeypatch.setattr(training, "fit_lungs", lambda net, random, known, steps, what: seen.append(known))
    monkeypatch.setattr(training, "measure_lungs", lambda model, test: tested.extend(test) or _some_figures())
    card = train_lungs(films, tmp_path / "out", TINY)
    assert [film["film"] for film in card["training"]["masked_films"]] == ["0.png", "5.png"]
    assert {film.path.name for film in tested} == {"2.png", "3.png", "4.png", "6.png"}
    first, second = seen
    assert [len(of) for of in first.values()] == [TINY.phantoms, 2] and sum(first) == pytest.approx(1)
    assert [len(of) for of in second.values()] == [TINY.phantoms, 2, TINY.outlined] and sum(second) == pytest.approx(1)
    assert card["training"]["outlined_by_itself"] == {"hannover": TINY.outlined}


def _some_figures() -> dict:
    return {"real films": training.summarise_dice(np.array([0.5, 0.7]), np.array(["a", "b"]))}


def test_the_pool_is_of_films_to_train_on_whose_licence_allows_release(films):
    table = training.read_hannover(films)
    kept = training._to_train_on(table)
    assert 0 < len(kept) < len(table) and set(kept.split) == {"train"}
    other = training.Table(**{**vars(table), "licence": np.full(len(table), "CC BY-NC")})
    assert not len(training._to_train_on(other))


def test_masks_are_needed(tmp_path):
    with pytest.raises(TrainingError, match="no lung masks"):
        read_masked(tmp_path)


# ---- outlines of its own


def of_probability(*answers: np.ndarray) -> SimpleNamespace:
    answers = iter(answers)
    return SimpleNamespace(probability=lambda pixels: next(answers))


def two_lungs(top: int = 20) -> np.ndarray:
    probability = np.full((S, S), 0.1, np.float32)
    probability[top:70, 15:40] = probability[top:70, 55:80] = 0.9
    return probability


def test_an_outline_is_as_sure_as_it_is_alike_on_the_mirrored_film():
    pixels = np.zeros((S, S), np.float32)
    film, alike = training.outline_film(of_probability(two_lungs(), two_lungs()[:, ::-1]), pixels)
    assert alike == 1 and film.lungs.sum() == (two_lungs() > 0.5).sum()
    _, less = training.outline_film(of_probability(two_lungs(), two_lungs(30)[:, ::-1]), pixels)
    assert less == pytest.approx(2 * 40 / (50 + 40))


def test_one_lung_and_a_whole_film_of_lungs_are_not_learned_from():
    one, pixels = np.where(np.arange(S) < 45, two_lungs(), 0.1).astype(np.float32), np.zeros((S, S), np.float32)
    for probability in (one, np.full((S, S), 0.9, np.float32), np.zeros((S, S), np.float32)):
        assert training.outline_film(of_probability(probability, probability), pixels)[1] == 0


def test_a_network_that_sees_no_lungs_cannot_go_on(films, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "outline_film", lambda model, pixels: (sure(model, pixels)[0], 0.0))
    with pytest.raises(TrainingError, match="found no lungs"):
        train_lungs(films, tmp_path / "out", TINY)
    assert not (tmp_path / "out").exists()


# ---- figures


def test_dice_is_counted_as_its_definition_says():
    one, other = np.array([[1, 1, 0, 0]], bool), np.array([[0, 1, 1, 1]], bool)
    assert compute_dice(one, other) == 2 / 5 and compute_dice(one, one) == 1 and compute_dice(one, ~one) == 0
    assert compute_dice(one & ~one, other & ~other) == 1


def test_figures_are_means_over_films_and_intervals_over_patients():
    values, patients = np.array([0.5, 0.9, 0.95, 0.8]), np.array(["a", "a", "b", "b"])
    found = training.summarise_dice(values, patients)
    assert found["mean"]["value"] == pytest.approx(0.7875) and found["median"] == pytest.approx(0.85)
    assert found["worst_tenth"] == 0.5 and found["below_0.9"] == 0.5
    assert (found["films"], found["patients"]) == (4, 2)
    assert found["mean"]["low"] >= 0.7 - 1e-9 and found["mean"]["high"] <= 0.875 + 1e-9  # of one patient alone


def test_loss_falls_with_the_error_and_padding_counts_for_nothing():
    lungs = torch.zeros(1, 1, 8, 8)
    lungs[..., :4] = inside = torch.ones(())
    inside = torch.ones(1, 1, 8, 8)
    right, wrong = (lungs * 2 - 1) * 5, (1 - lungs * 2) * 5
    assert (
        training.compute_outline_loss(right, lungs, inside) < 0.1 < training.compute_outline_loss(wrong, lungs, inside)
    )
    inside[..., 6:] = 0
    other = right.clone()
    other[..., 6:] = 7
    assert training.compute_outline_loss(right, lungs, inside) == training.compute_outline_loss(other, lungs, inside)


# ---- the whole


def test_a_tiny_run_writes_a_model_that_can_be_loaded(films, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(training, "outline_film", sure)
    monkeypatch.setattr("train.__main__.COURSE", TINY)
    out = tmp_path / "weights" / "lungs"
    assert main(["lungs", "--data", str(films), "--out", str(out)]) == 0
    lungs = load_lungs(out)
    card = json.loads((out / "lungs.json").read_text())
    assert set(card["measured"]) >= {"real films", "view AP", "licence not stated", "phantoms, never trained on"}
    assert card["measured"]["real films"]["films"] == 4 and lungs.dice[0] == card["dice"]["value"]
    assert "0.png (CC BY)" in (out / "README.md").read_text() and "real films" in capsys.readouterr().out
    assert lungs.estimate(make_phantom(0, 80).pixels).shape == (80, 80)


def test_missing_films_are_told_in_a_sentence(tmp_path, capsys):
    assert main(["lungs", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no lung masks" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_network():
    films, nets = {1.0: draw_films(0, 2)}, []
    for _ in range(2):
        torch.manual_seed(0)
        nets.append(training.LungNet())
        training.fit_lungs(nets[-1], np.random.default_rng(0), films, 2, "twice")
    for one, other in zip(*(net.parameters() for net in nets), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert not nets[0].training
