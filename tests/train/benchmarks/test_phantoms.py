"""The benchmark on phantoms: its films, its figures against slow re-derivations, and a very small run of the whole."""

import dataclasses
import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.explain.methods import METHODS
from cxr_demo.grids import EVEN
from cxr_demo.networks import checkpoint
from tests.conftest import make_film
from train.__main__ import main
from train.benchmarks import phantoms
from train.benchmarks.phantom_sets import DECKS, LABELS, PLACEMENTS, SHORTCUT, name_patients, render_film, sample_set
from train.benchmarks.phantoms import CHEAT, HONEST, RECIPE, run_benchmark
from train.benchmarks.pointing_game import CAUSE, CHANCE, MARKER, measure_pointing, score_by_chance, score_map
from train.measure import metrics

TINY = dataclasses.replace(RECIPE, backbone="tiny", stages=((64, 1),))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 20)
    monkeypatch.setattr(phantoms, "MEASURED", {"validation": 12, "test": 16})


# ---- films


def test_placements_move_letters_and_nothing_else():
    for seed in range(12):
        films = {placement: render_film(seed, 48, placement) for placement in PLACEMENTS}
        assert len({film.labels for film in films.values()}) == 1
        has_letters = {placement: film.letters == "PORT" for placement, film in films.items()}
        planted = SHORTCUT in films["absent"].labels
        assert (has_letters["aligned"], has_letters["absent"], has_letters["swapped"]) == (planted, False, not planted)
        for film in films.values():
            np.testing.assert_array_equal(film.pixels != films["absent"].pixels, film.marker)


def test_a_deck_holds_the_films_that_are_explained():
    deck = sample_set(0, "test", 10, TINY.size_px)
    for placement in PLACEMENTS:
        for row, (packed, patient) in enumerate(zip(deck.films(placement), name_patients(0, "test"), strict=False)):
            film = render_film(patient, TINY.size_px, placement)
            np.testing.assert_array_equal(packed, np.rint(film.pixels * 255))
            assert [label for label, is_there in zip(LABELS, deck.targets[row], strict=True) if is_there] == [
                label for label in LABELS if label in film.labels
            ]


def test_labels_and_the_honest_letters_are_drawn_for_themselves():
    films = [render_film(seed, 32, "by lot") for seed in range(300)]
    facts = np.array([[label in film.labels for label in LABELS] + [film.letters != ""] for film in films])
    assert np.abs(facts.mean(0) - [0.4, 0.4, 0.4, 0.4, 0.5]).max() < 0.1
    assert np.abs(np.corrcoef(facts.T) - np.eye(5)).max() < 0.2


def test_no_two_decks_or_runs_share_a_patient():
    starts = sorted(next(name_patients(run, deck)) for run in range(3) for deck in DECKS)
    assert min(later - sooner for sooner, later in itertools.pairwise(starts)) >= 1_000_000


# ---- figures


def slow_point(map_image, mask, tolerance_px) -> dict[str, float]:
    places = list(np.ndindex(mask.shape))
    truth = [place for place in places if mask[place]]
    evidence = {place: max(float(map_image[place]), 0.0) for place in places}
    strongest = max(places, key=evidence.get)
    order_labels = sorted(places, key=evidence.get, reverse=True)[: len(truth)]
    return {
        "hit": float(min(np.hypot(strongest[0] - y, strongest[1] - x) for y, x in truth) <= tolerance_px),
        "share": sum(evidence[place] for place in truth) / sum(evidence.values()),
        "iou": len(set(order_labels) & set(truth)) / len(set(order_labels) | set(truth)),
    }


def a_mask(seed: int, shape=(24, 20)) -> np.ndarray:
    return make_film(seed + 50, shape) > 0.75


@pytest.mark.parametrize("tolerance_px", [0, 1.5, 4])
def test_a_map_points_as_the_definitions_say(tolerance_px):
    hits = set()
    for seed in range(8):
        map_image, mask = make_film(seed, (24, 20)) - 0.4, a_mask(seed)
        found = score_map(map_image, mask, tolerance_px)
        assert found == pytest.approx(slow_point(map_image, mask, tolerance_px), rel=1e-5)
        assert found == pytest.approx(
            score_map(1000 * np.maximum(map_image, 0), mask, tolerance_px)
        )  # unit, minus: nothing
        assert score_map(mask.astype(np.float32), mask, tolerance_px) == {"hit": 1, "share": 1, "iou": 1}
        hits.add(found["hit"])
    assert hits == {0, 1}


def test_a_map_without_positive_evidence_points_nowhere():
    assert set(score_map(-make_film(0, (24, 20)), a_mask(0), 1).values()) == {0}


def test_several_strongest_points_share_the_hit():
    mask = np.zeros((10, 10), bool)
    mask[:, :3] = True
    assert score_map(np.ones((10, 10), np.float32), mask, 0)["hit"] == pytest.approx(0.3)
    assert score_map(np.ones((10, 10), np.float32), mask, 1)["hit"] == pytest.approx(0.4)


def test_chance_is_what_noise_gives():
    random, mask = np.random.default_rng(0), a_mask(3)
    drawn = [score_map(random.random(mask.shape), mask, 2) for _ in range(800)]
    for figure, expected in score_by_chance(mask, 2).items():
        values = [found[figure] for found in drawn]
        assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / np.sqrt(800) + 0.003)


def test_measure_asks_for_what_is_planted_and_averages(tiny_checkpoint):
    """An explainer that knows: it draws the cause of consolidation, of effusion the letters, of the rest nothing."""
    labels = ("normal", *LABELS)
    card = dataclasses.replace(tiny_checkpoint.card, labels=labels)
    network = dataclasses.replace(tiny_checkpoint, card=card)
    films = [render_film(seed, card.preprocess.size_px, "aligned") for seed in range(30)]
    films = [film for film in films if {"consolidation", "effusion"} <= set(film.labels)]
    by_square = {card.preprocess.apply(film.pixels).tobytes(): film for film in films}

    def maps(x, indices, methods):
        film, found = by_square[x.tobytes()], {}
        masks = {each.label: each.mask for each in film.planted}
        assert {labels[index] for index in indices} == set(masks)
        drawn = {"consolidation": masks["consolidation"], "effusion": film.marker}
        for method in methods:
            for index in indices:
                found[method, index] = drawn.get(labels[index], 0 * film.marker).astype(np.float32)
        return found

    measured = measure_pointing(
        network, SimpleNamespace(maps=maps, find_placement=lambda method: EVEN), films, LABELS, ["knowing"]
    )
    cause, letters = measured[CAUSE]["knowing"], measured[MARKER]["knowing"]
    assert len(films) >= 3 and set(measured[CAUSE]) == {"knowing", CHANCE}
    assert [cause["consolidation"][figure]["value"] for figure in ("hit", "share", "iou")] == [1, 1, 1]
    assert [letters["effusion"][figure]["value"] for figure in ("hit", "share", "iou")] == [1, 1, 1]
    assert cause["effusion"]["share"]["value"] == 0 and letters["consolidation"]["share"]["value"] == 0
    planted = sum(len(film.planted) for film in films)
    assert cause["all"]["hit"]["maps"] == planted
    assert cause["all"]["hit"]["value"] == pytest.approx(len(films) / planted)
    area = np.mean([each.mask.mean() for film in films for each in film.planted])
    assert measured[CAUSE][CHANCE]["all"]["share"]["value"] == pytest.approx(area)


# ---- the whole


def test_a_small_benchmark_writes_networks_figures_and_tables(tmp_path, capsys):
    found = run_benchmark(tmp_path, 16, 2, 8.5, TINY)
    assert found == json.loads((tmp_path / phantoms.RESULTS_FILE).read_text())
    said = capsys.readouterr().out
    for name in (HONEST, CHEAT):
        card = checkpoint.load(tmp_path / name).card
        assert (card.name, card.labels) == (name, LABELS)
        assert not card.calibrated and card.thresholds == {}, "of so few films nothing is known"
        assert card.training.settings.seed == 0 and card.metrics.sets["test"].films == 16
        assert "test, letters swapped" in card.metrics.sets
    costly = {key for key, method in METHODS.items() if method.cost_forwards > 8.5}
    assert costly and costly <= set(found["left_out"][HONEST])
    shown = set(METHODS) - set(found["left_out"][HONEST])
    assert "grad-cam" in shown and set(found["cause"][CAUSE]) == shown | {CHANCE}
    assert set(found["shortcut"][CHEAT][MARKER]) == shown | {CHANCE}
    for key in shown:
        assert said.count(f"| {key} | ") == 2
        for entry in found["cause"][CAUSE][key]["all"].values():
            assert 0 <= entry["low"] <= entry["value"] <= entry["high"] <= 1
    for key in costly:
        assert f": {key}, " in said.split("Left out of ", 1)[1]
    widths = [[line.count("|") for line in table.splitlines()] for table in said.split("\n\n") if table.startswith("|")]
    assert len(widths) == 3 and all(len(set(width)) == 1 for width in widths)

    again = run_benchmark(tmp_path / "again", 16, 2, 8.5, TINY)
    assert again == found

    result, networks = (
        tmp_path / phantoms.RESULTS_FILE,
        [tmp_path / name / "model.safetensors" for name in (HONEST, CHEAT)],
    )
    before = [path.read_bytes() for path in networks]
    order = ["phantom", "--measure", "--out", str(tmp_path), "--explained", "2", "--most-forwards", "8.5"]
    assert main(order) == 2, "an earlier result is not replaced unasked"
    result.write_text("{}")
    assert main([*order, "--overwrite"]) == 0
    assert json.loads(result.read_text()) == found and [path.read_bytes() for path in networks] == before


def test_networks_that_are_not_there_are_said(tmp_path, capsys):
    assert main(["phantom", "--measure", "--out", str(tmp_path)]) == 2
    assert f"no {HONEST} and no {CHEAT}" in capsys.readouterr().err


def test_too_few_films_are_said(tmp_path, capsys):
    assert main(["phantom", "--out", str(tmp_path), "--films", "3"]) == 2
    assert "3 films do not fill one batch of 8" in capsys.readouterr().err
