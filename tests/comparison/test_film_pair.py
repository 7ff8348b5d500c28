"""Two films by one network: what is told apart, how one lies over the other, and where their maps differ."""

from __future__ import annotations

import dataclasses
import hashlib

import cv2
import numpy as np
import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.comparison.film_pair import (
    VARIED,
    Alignment,
    LabelChange,
    align_films,
    compare_film_maps,
    compare_probabilities,
    lay_over,
    vary_probabilities,
    vary_square,
)
from cxr_demo.evaluation.lung_segmentation import load_lungs
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.preprocess import GEOMETRIES, Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks import checkpoint
from cxr_demo.networks.standing import find_standing
from cxr_demo.teaching.planted import HONEST
from tests.comparison.test_comparison import card, explained, random_map
from tests.conftest import make_checkpoint, make_image

SIZE_PX = 512
EVEN = Alignment(np.eye(2, 3), 1.0, 1.0, "")
SIGNS = [(seed, sign) for seed in (6, 7, 8) for sign in ("consolidation", "effusion")]


@pytest.fixture(scope="module")
def lungs():
    return load_lungs(checkpoint.get_weights_root() / "lungs")


@pytest.fixture(scope="module")
def honest() -> Analyser:
    return Analyser(checkpoint.load(checkpoint.get_weights_root() / HONEST))


def film_of(pixels: np.ndarray) -> Radiograph:
    return Radiograph(pixels.astype(np.float32), (), hashlib.sha256(pixels.tobytes()).hexdigest(), "PNG")


def moved(pixels: np.ndarray, right: float, down: float, turn: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """The film's pixels, its content turned and enlarged about its middle, then moved by so many pixels."""
    height, width = pixels.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), turn, scale)
    matrix[:, 2] += right, down
    return cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def changes(analyser: Analyser, now: Radiograph, then: Radiograph) -> dict[str, LabelChange]:
    studies = [analyser.analyse(film) for film in (now, then)]
    varied = [vary_probabilities(analyser, study) for study in studies]
    return {each.label: each for each in compare_probabilities(studies[0], varied[0], studies[1], varied[1])}


@pytest.mark.parametrize("seed", range(6))
def test_a_film_is_not_told_apart_from_itself(honest, seed):
    film = film_of(make_phantom(seed, SIZE_PX, ("effusion",) if seed % 2 else ()).pixels)
    found = changes(honest, film, film)
    assert list(found) == list(honest.card.labels)
    for change in found.values():
        assert change.difference == 0 and change.low <= 0 <= change.high and not change.is_told_apart


@pytest.mark.parametrize(("seed", "sign"), SIGNS, ids=str)
def test_a_planted_sign_that_the_network_calls_is_told_apart(honest, seed, sign):
    then, now = (film_of(make_phantom(seed, SIZE_PX, findings).pixels) for findings in ((), (sign,)))
    studies = [honest.analyse(film) for film in (then, now)]
    called = [find_standing(honest.card, study.probabilities, sign).is_called for study in studies]
    assert called == [False, True]
    change = changes(honest, now, then)[sign]
    assert change.difference > 0.1 and change.low > 0
    back = changes(honest, then, now)[sign]
    assert (back.low, back.high) == pytest.approx((-change.high, -change.low))


def test_a_patient_who_stands_a_percent_elsewhere_is_not_told_apart(honest):
    """Of all labels of several patients: the network may call some of them otherwise, but hardly any."""
    told = []
    for seed in range(6):
        pixels = make_phantom(seed, SIZE_PX).pixels
        told += [
            each.is_told_apart for each in changes(honest, film_of(moved(pixels, 5, -4)), film_of(pixels)).values()
        ]
    assert np.mean(told) <= 0.05


def test_probabilities_of_two_networks_are_not_subtracted():
    one, other = (Analyser(make_checkpoint(seed=seed)) for seed in (0, 1))
    studies = [analyser.analyse(make_image(0)) for analyser in (one, other)]
    other_study = dataclasses.replace(studies[1], checkpoint_sha256="ab" * 32)
    varied = [vary_probabilities(one, studies[0]), vary_probabilities(other, studies[1])]
    with pytest.raises(ValueError, match="not read by one network"):
        compare_probabilities(studies[0], varied[0], other_study, varied[1])


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_varied_squares_are_the_film_moved_a_little_and_with_noise(geometry):
    preprocess, shape = Preprocess(100, geometry, (0.5,), (0.25,)), (150, 120)
    pixels = np.random.default_rng(0).random(shape).astype(np.float32)
    square = preprocess.square(pixels)
    squares = vary_square(square, preprocess, shape)
    assert squares.shape == (VARIED, 100, 100) and squares.dtype == np.float32
    assert np.array_equal(squares[0], square) and len({each.tobytes() for each in squares}) == VARIED
    assert np.array_equal(squares, vary_square(square, preprocess, shape))
    _, _, (left, right), (top, bottom) = preprocess.boxes(shape)
    seen, right_by_one = square[top:bottom, left:right], squares[1][top:bottom, left:right]
    assert np.allclose(right_by_one[:, 1:], seen[:, :-1], atol=1e-4)
    assert np.allclose(right_by_one[:, 0], seen[:, 0], atol=1e-4), "the edge is repeated"
    padding = ~preprocess.mark_image(shape)
    assert np.array_equal(squares[:, padding], np.repeat(square[None, padding], VARIED, axis=0))


def test_varied_probabilities_begin_with_the_studys():
    for made in (make_checkpoint(), make_checkpoint(channels=3)):
        analyser = Analyser(made)
        study = analyser.analyse(make_image(3))
        varied = vary_probabilities(analyser, study)
        assert varied.shape == (VARIED, len(study.labels))
        assert np.allclose(varied[0], study.probabilities, atol=1e-6)


MOVES = [(0, 0, 0, 1), (25, -15, 0, 1), (-40, 30, 5, 1), (60, 40, 8, 0.85), (10, 10, -6, 1.15)]


@pytest.mark.parametrize("move", MOVES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_a_moved_film_is_laid_over_within_two_pixels(lungs, seed, move):
    now = make_phantom(seed, SIZE_PX).pixels
    then = moved(make_phantom(seed, SIZE_PX, ("consolidation",)).pixels ** 0.8, *move)
    found = align_films(now, then, lungs)
    assert found.refusal == "" and found.correlation > 0.9
    matrix = cv2.getRotationMatrix2D((SIZE_PX / 2, SIZE_PX / 2), move[2], move[3])
    matrix[:, 2] += move[:2]
    places = np.array([[0.3, 0.3], [0.7, 0.3], [0.5, 0.5], [0.3, 0.7], [0.7, 0.7]])
    there = np.c_[places, np.ones(len(places))] @ found.matrix.T * SIZE_PX
    expected = np.c_[places * SIZE_PX, np.ones(len(places))] @ matrix.T
    assert np.abs(there - expected).max() < 0.02 * SIZE_PX / 5  # 2 px
    over = lay_over(then, found, now.shape, border=np.nan)
    inside = np.isfinite(over)
    assert inside.mean() > 0.6 and np.corrcoef(over[inside], now[inside])[0, 1] > 0.9


def test_films_of_other_sizes_are_laid_over_each_other(lungs):
    pixels = make_phantom(2, SIZE_PX).pixels
    wide = cv2.resize(np.pad(pixels, ((0, 0), (64, 64)), mode="edge"), (320, 256), interpolation=cv2.INTER_AREA)
    found = align_films(pixels, wide, lungs)
    assert found.refusal == "" and found.overlap > 0.9
    expected = [[512 / 640, 0, 64 / 640], [0, 1, 0]]
    assert np.abs(found.matrix - expected).max() < 0.01


@pytest.mark.parametrize(
    ("change", "refusals"),
    [
        (lambda film: film[::-1], ("unlike", "moved", "lungs")),
        (lambda film: np.rot90(film), ("unlike", "moved", "lungs")),
        (lambda film: film[:256], ("lungs",)),
        (lambda film: np.random.default_rng(0).random(film.shape), ("unlike",)),
        (lambda film: np.full(film.shape, 0.5), ("unlike",)),
    ],
    ids=["upside down", "on its side", "upper half", "noise", "grey"],
)  # fmt: skip
def test_what_does_not_fit_is_refused(lungs, change, refusals):
    for seed in range(3):
        film = make_phantom(seed, SIZE_PX).pixels
        other = np.ascontiguousarray(change(film), np.float32)
        assert align_films(film, other, lungs).refusal in refusals


def test_without_a_lung_model_the_greys_alone_decide():
    film = make_phantom(1, SIZE_PX).pixels
    found = align_films(film, moved(film, 20, 10))
    assert found.refusal == "" and np.isnan(found.overlap)
    assert align_films(film, np.random.default_rng(0).random(film.shape).astype(np.float32)).refusal == "unlike"


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_equal_maps_of_equal_films_differ_nowhere(geometry):
    shape, map_ = (84, 56), random_map((7, 7), 0)
    found = compare_film_maps(map_, map_, card(geometry).preprocess, (shape, shape), EVEN, shape)
    assert found.now.shape == shape and np.array_equal(found.difference, np.zeros(shape, np.float32))
    assert found.unit == "logit points per 1 % of the film"
    left, top, right, bottom = card(geometry).preprocess.seen_box(shape)
    assert found.both[top + 1 : bottom - 1, left + 1 : right - 1].all()
    assert found.both.sum() <= (right - left) * (bottom - top)


def test_the_difference_lies_where_the_earlier_film_shows_the_same_place():
    """The later film shows the right half of the earlier one: half of its evidence, on twice the area."""
    values = np.zeros((4, 4))
    values[1, 3] = 1.0
    then, now = explained(values), explained(np.zeros((4, 4)))
    right_half = Alignment(np.array([[0.5, 0, 0.5], [0, 1, 0]]), 1.0, 1.0, "")
    found = compare_film_maps(now, then, card("stretch").preprocess, ((80, 40), (80, 80)), right_half, (80, 40))
    row, column = np.unravel_index(np.argmin(found.difference), found.difference.shape)
    assert (row, column) == pytest.approx((30, 30), abs=9) and found.difference.max() == 0
    per_percent = found.then.mean() * 100  # mean over all of the film's 100 percents
    assert per_percent == pytest.approx(1.0, abs=0.1)


def test_maps_that_cannot_be_subtracted_are_not():
    maps, preprocess, shape = random_map((4, 4), 0), card().preprocess, (40, 40)
    refused = dataclasses.replace(EVEN, refusal="unlike")
    relative = explained(np.ones((4, 4)), "grad-cam-plus-plus")
    other = dataclasses.replace(maps, label="normal")
    for now, then, alignment in ((maps, maps, refused), (maps, other, EVEN), (relative, relative, EVEN)):
        with pytest.raises(ValueError):
            compare_film_maps(now, then, preprocess, (shape, shape), alignment, shape)
