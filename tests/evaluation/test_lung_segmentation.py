"""The lung model: what it reads, how its outline is made, what it refuses, and what the bundled one reaches."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from cxr_demo.errors import CheckpointError
from cxr_demo.evaluation.lung_segmentation import (
    LUNGS_FILE,
    SQUARE,
    LungNet,
    Lungs,
    load_lungs,
    make_lung_input,
    outline_lungs,
    split_halves,
)
from cxr_demo.film.phantom import make_phantom
from cxr_demo.networks import checkpoint
from tests.conftest import make_film

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("CXR_DATA", ROOT.parent / "shared" / "data"))
FOLDER = ROOT / "weights" / "lungs"
S = SQUARE.size_px


def some_lungs() -> Lungs:
    torch.manual_seed(0)
    net = LungNet().eval().requires_grad_(False)
    with torch.no_grad():
        net.last.weight *= 4  # untrained, yet above and below one half
    return Lungs(net, (0.5, 0.4, 0.6), {})


def write(folder: Path, **changes) -> Path:
    sha256 = checkpoint.save_weights(folder, LungNet(), half=True)
    card = {"weights_sha256": sha256, "dice": {"value": 0.9, "low": 0.8, "high": 0.95}} | changes
    (folder / LUNGS_FILE).write_text(json.dumps(card))
    return folder


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * (one & other).sum() / (one.sum() + other.sum())


# ---- what the network reads


def test_no_exposure_changes_what_the_network_reads():
    levels = np.random.default_rng(0).integers(0, 40, (S, S))
    inside = np.ones((S, S), bool)
    inside[:10] = False
    dark, bright = (np.sort(np.random.default_rng(seed).permutation(256)[:40]) for seed in (1, 2))
    one, other = (make_lung_input((of[levels] / 255).astype(np.float32), inside) for of in (dark, bright))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_ranks_are_those_of_the_films_pixels_alone():
    square = np.rint(make_film(0, (S, S)) * 255).astype(np.float32) / 255
    inside = np.zeros((S, S), bool)
    inside[:, 20:70] = True
    ranked, local, weight = make_lung_input(np.where(inside, square, 0), inside)
    values = np.rint(square[inside] * 255)
    slow = [((values < v).mean() + (values <= v).mean()) - 1 for v in values[:50]]
    np.testing.assert_allclose(ranked[inside][:50], slow, atol=1e-5)
    assert not ranked[~inside].any() and not local[~inside].any()
    np.testing.assert_array_equal(weight, inside)
    other = make_lung_input(np.where(inside, square, 0.7).astype(np.float32), inside)
    np.testing.assert_allclose(other, [ranked, local, weight], atol=1e-6)


@pytest.mark.parametrize("pixels", [np.zeros((30, 20)), np.ones((1, 1)), np.full((200, 3), 0.5)])
def test_films_without_anything_on_them_have_finite_inputs(pixels):
    pixels = pixels.astype(np.float32)
    assert np.isfinite(make_lung_input(SQUARE.square(pixels), SQUARE.square(np.ones_like(pixels)) > 0)).all()
    assert some_lungs().estimate(pixels).shape == pixels.shape


# ---- the outline


def test_lungs_are_the_two_largest_parts_without_holes():
    probability = np.zeros((S, S), np.float32)
    probability[10:60, 10:30] = probability[10:50, 60:85] = 0.9
    wanted = probability > 0
    probability[20:25, 15:20] = 0.1  # a hole
    probability[70:74, 40:50] = 0.9  # a third part
    np.testing.assert_array_equal(split_halves(probability), wanted)
    probability[10:50, 60:85] = 0
    probability[30:33, 70:73] = 0.9  # too small beside the other to be a lung
    np.testing.assert_array_equal(split_halves(probability), wanted & (np.arange(S) < 40))
    assert not split_halves(np.full((S, S), 0.5)).any()


@pytest.mark.parametrize("shape", [(300, 300), (200, 300), (50, 40)])
def test_the_outline_is_where_the_probability_is_one_half_on_the_films_own_pixels(shape):
    columns = (np.arange(S) + 0.5) / S
    probability = np.tile((0.5 + 4 * (0.437 - columns)).clip(0, 1), (S, 1)).astype(np.float32)
    found = outline_lungs(probability, shape)
    edge = SQUARE.point_to_image(0.437 * S, 0, shape)[0]
    assert found.shape == shape and found.dtype == bool
    np.testing.assert_allclose(found.sum(axis=1), edge, atol=max(0.51, 0.1 * shape[1] / S))


def test_an_estimate_is_the_same_in_every_thread_and_leaves_the_film_alone():
    lungs, films = some_lungs(), [make_film(seed, (120, 90 + seed)) for seed in range(6)]
    copies = [film.copy() for film in films]
    alone = [lungs.estimate(film) for film in films]
    assert any(mask.any() for mask in alone)
    with ThreadPoolExecutor(8) as pool:
        for film, together in zip(range(18), pool.map(lungs.estimate, films * 3), strict=True):
            np.testing.assert_array_equal(together, alone[film % 6])
    for film, copy in zip(films, copies, strict=True):
        np.testing.assert_array_equal(film, copy)


# ---- loading


def test_a_folder_without_a_lung_model_has_none(tmp_path):
    assert load_lungs(tmp_path) is None and load_lungs(tmp_path / "absent") is None


def test_what_was_written_is_read(tmp_path):
    lungs = load_lungs(write(tmp_path / "lungs"))
    assert lungs.dice == (0.9, 0.8, 0.95) and not lungs.net.training
    assert not any(p.requires_grad for p in lungs.net.parameters())


@pytest.mark.parametrize("changes", [{"weights_sha256": "0" * 64}, {"dice": {"value": 0.9}}, {"dice": None}])
def test_a_card_that_does_not_fit_is_refused_in_a_sentence(tmp_path, changes):
    with pytest.raises(CheckpointError, match=r"lungs.*\."):
        load_lungs(write(tmp_path / "lungs", **changes))


def test_broken_files_are_refused_in_a_sentence(tmp_path):
    folder = write(tmp_path / "lungs", weights_sha256="")
    weights = folder / checkpoint.WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="broken or cut short"):
        load_lungs(folder)
    weights.unlink()
    with pytest.raises(CheckpointError, match="has no model"):
        load_lungs(folder)
    (folder / LUNGS_FILE).write_text("{")
    with pytest.raises(CheckpointError, match="cannot be used"):
        load_lungs(folder)


# ---- the bundled one


def test_the_bundled_model_is_small_described_and_no_classifier():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 0.6e6
    assert FOLDER not in checkpoint.find_checkpoints(ROOT / "weights")
    lungs = load_lungs(FOLDER)
    assert 0 < lungs.dice[1] <= lungs.dice[0] <= lungs.dice[2] < 1
    training = lungs.card["training"]
    assert training["command"] and lungs.card["commit"] and not lungs.card["commit"].endswith("dirty")
    assert lungs.card["licence"] == "Apache-2.0" and f"{lungs.dice[0]:.3f}" in (FOLDER / "README.md").read_text()


def test_the_bundled_model_finds_the_lungs_of_fresh_phantoms():
    lungs = load_lungs(FOLDER)
    films = [make_phantom(123_000_000 + k, 256, ("consolidation",) if k % 2 else (), "PORT") for k in range(12)]
    found = [dice(lungs.estimate(film.pixels), film.lungs) for film in films]
    assert np.mean(found) > 0.94 and min(found) > 0.85


@pytest.mark.skipif(not (REAL / "covid_chestxray" / "lung_masks").is_dir(), reason="needs ../shared/data or CXR_DATA")
def test_the_bundled_model_reaches_its_cards_dice_on_real_films():
    from train.benchmarks.lung_films import read_masked

    lungs = load_lungs(FOLDER)
    trained_on = {each["film"] for each in lungs.card["training"]["masked_films"]}
    masked = read_masked(REAL)
    patients = {film.patient for film in masked if film.path.name in trained_on}
    test = [film for film in masked if film.patient not in patients]
    assert len(test) == lungs.card["measured"]["real films"]["films"]
    found = []
    for film in test:
        known = film.read()
        found.append(dice(lungs.estimate(known.pixels), known.lungs > 0.5))
    assert np.mean(found) == pytest.approx(lungs.dice[0], abs=0.005)
