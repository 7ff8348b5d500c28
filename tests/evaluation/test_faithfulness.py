"""Deletion and insertion on linear networks, whose curves can be written down, against a library, and as a test whose
level is what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics.perturbation_confidence import PerturbationConfidenceMetric, RemoveMostRelevantFirst
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from scipy.ndimage import gaussian_filter
from scipy.stats import binom

from cxr_demo.evaluation import faithfulness
from cxr_demo.evaluation.faithfulness import (
    CURVES,
    ENOUGH,
    FORWARDS_LIMIT,
    HAZE,
    SHARES,
    TESTED_SHARE,
    TOLD_SHARE,
    Curve,
    measure_curves,
)
from cxr_demo.evaluation.nulls import GRID, NULLS, SMALLEST_P, find_film_cells, make_null_maps
from cxr_demo.explain.perturbation import blur_square
from cxr_demo.networks.classifier import compute_probabilities
from tests.conftest import make_film, make_model

SIZE_PX = 64
FIELDS = GRID * GRID
X = ((make_film(0, (SIZE_PX, SIZE_PX)) - 0.5) / 0.25)[None, None]
WEIGHTS = np.random.default_rng(0).normal(size=(2, 1, SIZE_PX, SIZE_PX)) / SIZE_PX
COUNTS = [round(share * FIELDS) for share in SHARES]


class Linear:
    """logits = weights . x, one row per label; probabilities are their sigmoids. Counts what it is asked."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights, self.batches = weights, []

    def __call__(self, x):
        assert x.dtype == np.float32 and x.shape[1:] == self.weights.shape[1:] and len(x) <= faithfulness.BATCH
        self.batches.append(len(x))
        logits = np.einsum("lcij,ncij->nl", self.weights, x.astype(np.float64))
        return logits, 1 / (1 + np.exp(-logits))


def contributions(label: int) -> np.ndarray:
    """What blurring each pixel takes from the logit, exactly."""
    return (WEIGHTS[label, 0] * (X - blur_square(X))[0, 0]).astype(np.float64)


@pytest.fixture(scope="module")
def found():
    return {label: measure_curves(Linear(WEIGHTS), X, contributions(label), label) for label in (0, 1)}


@pytest.mark.parametrize("label", [0, 1])
def test_the_true_contributions_give_the_curve_by_hand_and_the_smallest_p(found, label):
    falls = np.sort(contributions(label).reshape(GRID, 4, GRID, 4).sum(axis=(1, 3)).ravel())[::-1]
    film, blurred = (Linear(WEIGHTS)(image)[0][0, label] for image in (X, blur_square(X)))
    taken = np.array([falls[:count].sum() for count in COUNTS])
    deletion, insertion = found[label]["deletion"], found[label]["insertion"]
    np.testing.assert_allclose(deletion.logits, film - taken, atol=1e-5)
    np.testing.assert_allclose(insertion.logits, blurred + taken, atol=1e-5)
    np.testing.assert_allclose(deletion.probabilities, 1 / (1 + np.exp(-(film - taken))), atol=1e-6)
    for curve, sign in ((deletion, -1), (insertion, 1)):
        assert curve.change == pytest.approx(sign * taken[1], abs=1e-5) and curve.is_beyond_middle
        assert curve.p == SMALLEST_P == 0.05 and len(curve.null_logits) == NULLS and curve.as_good == 0


@pytest.mark.parametrize("label", [0, 1])
def test_both_checks_ask_the_same_images_of_the_map_and_its_nulls_and_of_each_reversed(found, label):
    worth = contributions(label).reshape(GRID, 4, GRID, 4).sum(axis=(1, 3)).ravel()
    nulls = make_null_maps(find_film_cells(contributions(label)))[: NULLS // 2]
    film, ends = Linear(WEIGHTS)(X)[0][0, label], round(TESTED_SHARE * FIELDS)
    by_hand = []
    for map_ in (worth, *nulls):
        order = np.argsort(-map_.ravel())
        for turned in (order, order[::-1]):
            falls = worth[turned[:ends]].sum() + HAZE * worth[turned[ends:-ends]].sum()
            by_hand.append(film - falls)
    deletion, insertion = found[label]["deletion"], found[label]["insertion"]
    np.testing.assert_allclose([deletion.tested_logit, *deletion.null_logits], by_hand, atol=1e-4)
    swapped = np.reshape(by_hand, (-1, 2))[:, ::-1].ravel()
    np.testing.assert_allclose([insertion.tested_logit, *insertion.null_logits], swapped, atol=1e-4)
    assert deletion.lead == pytest.approx(by_hand[0] - np.mean(by_hand[1:]), abs=1e-4)
    assert deletion.lead < 0 < insertion.lead


def test_no_order_is_better_than_the_true_one_and_its_reverse_is_the_worst(found):
    for curve in measure_curves(Linear(WEIGHTS), X, -contributions(0), 0).values():
        assert curve.p == 1 and curve.as_good >= ENOUGH == len(curve.null_logits) - 1 and not curve.is_beyond_middle
    for seed in range(20):
        order = np.random.default_rng(100 + seed).normal(size=(GRID, GRID))
        other = measure_curves(Linear(WEIGHTS), X, order, 0)
        assert other["deletion"].change > found[0]["deletion"].change
        assert other["insertion"].change < found[0]["insertion"].change


def test_the_middle_of_the_film_is_the_same_whatever_the_map(found):
    across = np.arange(SIZE_PX) // 4 - (GRID - 1) / 2
    far = across[:, None] ** 2 + across**2
    fields = (
        contributions(0)[far < np.sort(far.ravel())[16 * 24 - 1]].sum(),
        contributions(0)[far <= np.sort(far.ravel())[16 * 30]].sum(),
    )
    for seed in (1, 2):
        curves = measure_curves(Linear(WEIGHTS), X, np.random.default_rng(seed).normal(size=(7, 7)), 0)
        for check, sign in (("deletion", -1), ("insertion", 1)):
            assert curves[check].middle_change == pytest.approx(found[0][check].middle_change, abs=1e-9)
            low, high = sorted(sign * value for value in fields)
            assert low - 0.05 < curves[check].middle_change < high + 0.05


# ---- the images in between


@pytest.mark.parametrize("size_px", [64, 50])
@pytest.mark.parametrize("padded", [False, True])
def test_the_images_on_the_way_are_made_field_by_field(size_px, padded):
    x = np.stack([make_film(seed, (size_px, size_px)) for seed in range(3)])[None]
    seen = np.ones((size_px, size_px), bool)
    left, right = (6, size_px - 7) if padded else (0, size_px)
    seen[:, :left] = seen[:, right:] = False
    images = []

    def predict(batch):
        images.extend(batch)
        return np.zeros((len(batch), 1)), np.zeros((len(batch), 1))

    fields = np.random.default_rng(1).normal(size=(GRID, GRID))
    column = [int((c + 0.5 - left) * GRID / (right - left)) if left <= c < right else -1 for c in range(size_px)]
    row = [int((r + 0.5) * GRID / size_px) for r in range(size_px)]
    pixels = np.array([[fields[r, c] if c >= 0 else 9.0 for c in column] for r in row])  # padding has most of all
    removal = faithfulness._Removal(x, seen)
    turn = removal.rank_pixels(fields)
    measure_curves(predict, x, pixels, 0, seen)
    blurred, order = blur_square(x)[0], np.argsort(-fields.ravel())
    np.testing.assert_array_equal(images[0], x[0])
    np.testing.assert_array_equal(images[1], np.where(seen, blurred, x[0]))
    for share, count in zip(SHARES, COUNTS, strict=True):
        changed = {tuple(divmod(int(place), GRID)) for place in order[:count]}
        where = np.array([[(r, c) in changed for c in column] for r in row]) & seen
        np.testing.assert_array_equal(removal.change(turn, share, "deletion"), np.where(where, blurred, x[0]))
        kept = np.where(where | ~seen, x[0], blurred)
        np.testing.assert_array_equal(removal.change(turn, share, "insertion"), kept)
    order = np.array([order.tolist().index(place) for place in range(FIELDS)]).reshape(GRID, GRID)
    ends = round(TESTED_SHARE * FIELDS)
    place = np.array([[order[r, c] if c >= 0 else -1 for c in column] for r in row])
    part = np.where(place < ends, 1, np.where(place < FIELDS - ends, HAZE, 0)).astype(np.float32)
    np.testing.assert_array_equal(removal.haze(turn), np.where(seen, x[0] + part * (blurred - x[0]), x[0]))
    for image in images:
        np.testing.assert_array_equal(image[:, ~seen], x[0][:, ~seen])


def test_a_coarse_map_and_its_pixels_are_put_to_the_same_test():
    coarse = np.random.default_rng(2).normal(size=(4, 4))
    pixels = np.kron(coarse, np.ones((16, 16))) / 256
    curves = [measure_curves(Linear(WEIGHTS), X, map_, 0)["deletion"].logits for map_ in (coarse, pixels)]
    np.testing.assert_array_equal(*curves)


def test_equal_fields_favour_no_side():
    turn = faithfulness._Removal(X, None).rank_pixels(np.ones((GRID, GRID)))
    assert sorted(turn[::4, ::4].ravel()) == list(range(FIELDS))
    rows, columns = np.nonzero(turn[::4, ::4] < FIELDS // 4)
    assert abs(rows.mean() - 7.5) < 1.5 and abs(columns.mean() - 7.5) < 1.5


@pytest.mark.parametrize("label", [0, 2])
def test_each_step_is_the_perturbation_of_pytorch_grad_cam(label):
    """Its percentile says which pixels to remove and an imputer what to put there: the blurred film."""
    model = make_model("tiny", labels=3)

    def predict(x):
        with torch.inference_mode():
            logits = model(torch.from_numpy(x))
        return logits.numpy(), compute_probabilities(logits, "single-label", 1.0).numpy()

    map_ = np.random.default_rng(3).permutation(FIELDS).reshape(GRID, GRID) / FIELDS  # no two fields alike
    pixels, blurred = np.kron(map_, np.ones((4, 4))), torch.from_numpy(blur_square(X))[0]
    deletion = measure_curves(predict, X, map_, label)["deletion"]
    for step, count in enumerate(COUNTS[1:], 1):
        percentile = 100 * (16 * (FIELDS - count) + 8) / (16 * FIELDS - 1)  # the middle of the last field's pixels
        metric = PerturbationConfidenceMetric(
            RemoveMostRelevantFirst(percentile, lambda film, kept: torch.where(kept > 0, film, blurred))
        )
        by_library = metric(
            torch.from_numpy(X), pixels[None], [ClassifierOutputTarget(label)], model, return_diff=False
        )[0]
        assert deletion.logits[step] == pytest.approx(by_library, rel=1e-4, abs=1e-5)
    assert np.ptp(deletion.logits) > 0.5


# ---- the level of the test


def make_score(random: np.random.Generator):
    """A network that sees the whole film at once: neighbourhoods saturate, edges do damage whatever they show, and the
    middle counts more. Connected and scattered removal are other things to it, as to real networks."""
    across = np.arange(GRID) - (GRID - 1) / 2
    middle = np.exp(-(across[:, None] ** 2 + across**2) / 50)
    worth = gaussian_filter(random.normal(size=(GRID, GRID)), 1.2) * middle

    def predict(x):
        sharp = x[:, 0].reshape(len(x), GRID, 2, GRID, 2).mean(axis=(2, 4)).astype(np.float64)
        near = gaussian_filter(sharp, (0, 1, 1))
        edges = sum(np.abs(np.diff(sharp, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2))
        logits = 8 * (np.tanh(3 * near - 1.5) * worth).sum(axis=(1, 2)) / np.abs(worth).sum() - 2 * edges
        return logits[:, None], logits[:, None]

    return predict, worth


SMOOTH = {
    "smooth": lambda random: gaussian_filter(random.normal(size=(GRID, GRID)), 3),
    "cut": lambda random: gaussian_filter(random.normal(size=(40, 40)), 2)[12:28, 12:28],
    "white": lambda random: random.normal(size=(GRID, GRID)),
    "cells": lambda random: random.normal(size=(7, 7)),
}  # fmt: skip
DRAWS = 150


@pytest.mark.parametrize("kind", SMOOTH)
def test_noise_however_smooth_passes_as_often_as_the_level_says(monkeypatch, kind):
    """Of DRAWS noise maps each on a network of its own, those with p of at most 0.05, 0.2 and 0.5 are within the
    central 99.8 % of the binomial distribution of that level, or below, in both checks."""
    monkeypatch.setattr(faithfulness, "blur_square", np.zeros_like)  # the film is 1 and what is removed is 0
    x, random = np.ones((1, 1, 2 * GRID, 2 * GRID), np.float32), np.random.default_rng(11)
    found = {check: [] for check in CURVES}
    for _ in range(DRAWS):
        for check, curve in measure_curves(make_score(random)[0], x, SMOOTH[kind](random), 0).items():
            found[check].append(curve.p)
    for check, p in found.items():
        for level in (0.05, 0.2, 0.5):
            low, high = binom.interval(0.998, DRAWS, level)
            passed = np.sum(np.array(p) <= level + 1e-9)
            assert passed <= high, (check, level, passed)
            assert level != 0.05 or passed >= low, (check, level, passed)


def test_a_planted_truth_passes_nearly_always(monkeypatch):
    monkeypatch.setattr(faithfulness, "blur_square", np.zeros_like)
    x, random, passed = np.ones((1, 1, 2 * GRID, 2 * GRID), np.float32), np.random.default_rng(5), []
    places = np.arange(GRID)
    for _ in range(60):
        row, column = random.uniform(2, GRID - 2, 2)
        truth = np.exp(-((places[:, None] - row) ** 2 + (places - column) ** 2) / 8)
        weights = np.kron(truth + 0.1 * random.normal(size=truth.shape), np.ones((2, 2)))[None, None]
        noisy = truth + 0.15 * gaussian_filter(random.normal(size=truth.shape), 1)
        passed += [curve.p == SMALLEST_P for curve in measure_curves(Linear(weights), x, noisy, 0).values()]
    assert np.mean(passed) > 0.9


@pytest.mark.parametrize(
    "map_",
    [np.ones((8, 8)), np.zeros((64, 64)), np.array([[1.0, 0.0], [0.0, 0.0]]), np.outer([1, 2, 2, 1], [1, 3, 3, 1])],
)
def test_a_map_that_is_among_its_own_nulls_is_never_significant(map_):
    """The same everywhere, of few cells, or symmetric: of a product of symmetric sides nearly half the nulls are it."""
    contributing = np.kron(np.asarray(map_, float), np.ones((SIZE_PX // len(map_),) * 2))
    weights = np.abs(WEIGHTS[:1]) * np.sign(X - blur_square(X)) * (contributing + 0.01)
    for curve in measure_curves(Linear(weights), X, np.asarray(map_, float), 0).values():
        assert curve.p > 2 * SMALLEST_P and curve.as_good >= 1


def test_p_after_an_early_end_is_that_of_besag_and_clifford():
    def curve(nulls):
        logits = np.linspace(2.0, 0.0, len(SHARES))
        return Curve("deletion", logits, np.zeros(len(SHARES)), 1.0, np.array(nulls), 1.9)

    assert curve([2.0] * NULLS).p == 1 / 20 and curve([2.0] * 18 + [1.0]).p == 2 / 20
    assert curve([2.0] * 17 + [1.0, 0.5]).p == 3 / 20
    assert curve([2.0, 1.0, 2.0, 2.0, 0.0]).p == 2 / 4 and curve([2.0, 1.0, 1.0]).p == 1
    assert curve([2.0] * NULLS).change == pytest.approx(-0.4) and curve([2.0] * NULLS).lead == -1
    assert curve([2.0] * NULLS).middle_change == pytest.approx(-0.1)


# ---- what it costs


def test_it_asks_less_than_the_random_orders_did_for_the_same_decision(found):
    """Before: 5 random orders of 21 steps once, and 2 x 21 steps a map; with 19 orders, to reach 0.05, 399 and 42."""
    for map_, most in ((contributions(0), FORWARDS_LIMIT), (-contributions(0), 20), (np.ones((4, 4)), 20)):
        predict = Linear(WEIGHTS)
        measure_curves(predict, X, map_, 0)
        assert sum(predict.batches) <= most and predict.batches[0] == faithfulness.BATCH
    predict = Linear(WEIGHTS)
    measure_curves(predict, X, contributions(0), 0)
    assert sum(predict.batches) == FORWARDS_LIMIT == 32, "of a map that passes both checks"
    assert 3 * FORWARDS_LIMIT <= 0.5 * (105 + 3 * 42)


def test_three_maps_of_noise_ask_less_than_a_third_of_what_the_random_orders_did():
    predict, random = Linear(WEIGHTS), np.random.default_rng(3)
    for _ in range(30):
        measure_curves(predict, X, gaussian_filter(random.normal(size=(GRID, GRID)), 3), 0)
    assert sum(predict.batches) / 10 < (105 + 3 * 42) / 3


def test_it_is_the_same_every_time_and_leaves_the_film_alone(found):
    x, map_ = X.copy(), contributions(0)
    x.flags.writeable = map_.flags.writeable = False
    again = measure_curves(Linear(WEIGHTS), x, map_, 0)
    for check, curve in again.items():
        assert (curve.logits == found[0][check].logits).all()
        assert (curve.null_logits == found[0][check].null_logits).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_map_that_is_not_finite_is_an_error(value):
    map_ = np.zeros((4, 4))
    map_[1, 2] = value
    with pytest.raises(ValueError, match="not finite"):
        measure_curves(Linear(WEIGHTS), X, map_, 0)


def test_a_pause_is_told_every_batch_and_may_end_the_work():
    told, predict = [], Linear(WEIGHTS)
    measure_curves(predict, X, contributions(0), 0, on_progress=lambda *step: told.append(step))
    assert [done for done, _ in told] == [*np.cumsum(predict.batches), FORWARDS_LIMIT]
    assert {total for _, total in told} == {FORWARDS_LIMIT} and TOLD_SHARE in SHARES
    told.clear()
    predict = Linear(WEIGHTS)

    def stop(done, total):
        told.append(done)
        if len(told) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        measure_curves(predict, X, np.eye(4), 0, on_progress=stop)
    assert len(predict.batches) == 3
