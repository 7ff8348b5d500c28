"""Deletion and insertion on linear networks, whose curves can be written down, and against libraries."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics.perturbation_confidence import (
    PerturbationConfidenceMetric,
    RemoveLeastRelevantFirst,
    RemoveMostRelevantFirst,
)
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from sklearn.metrics import auc

from cxr_demo.evaluation import faithfulness
from cxr_demo.evaluation.agreement import GRID
from cxr_demo.evaluation.faithfulness import MIN_FALL, ORDERS, STEPS, measure_curves, measure_random_orders
from cxr_demo.explain.perturbation import BLUR_SIGMA, blur_square
from cxr_demo.networks.classifier import compute_probabilities
from tests.conftest import make_film, make_model

SIZE_PX = 64
FIELDS = GRID * GRID
X = ((make_film(0, (SIZE_PX, SIZE_PX)) - 0.5) / 0.25)[None, None]
WEIGHTS = np.random.default_rng(0).normal(size=(2, 1, SIZE_PX, SIZE_PX)) / SIZE_PX
COUNTS = [round(step * FIELDS / STEPS) for step in range(STEPS + 1)]


def linear(weights):
    """logits = weights . x, one row per label; probabilities are their sigmoids."""

    def predict(x):
        assert x.dtype == np.float32 and x.shape[1:] == weights.shape[1:] and len(x) <= faithfulness.BATCH
        logits = np.einsum("lcij,ncij->nl", weights, x.astype(np.float64))
        return logits, 1 / (1 + np.exp(-logits))

    return predict


def contributions(label: int) -> np.ndarray:
    """What blurring each pixel takes from the logit, exactly."""
    return (WEIGHTS[label, 0] * (X - blur_square(X))[0, 0]).astype(np.float64)


def area(values) -> float:
    """The trapezoidal rule in a loop."""
    steps = zip(COUNTS[:-1], COUNTS[1:], values[:-1], values[1:], strict=True)
    return sum((b - a) / FIELDS * (left + right) / 2 for a, b, left, right in steps)


@pytest.fixture(scope="module")
def found():
    predict = linear(WEIGHTS)
    chance = measure_random_orders(predict, X)
    return {label: measure_curves(predict, X, contributions(label), label, chance) for label in (0, 1)}


@pytest.mark.parametrize("label", [0, 1])
def test_the_true_contributions_give_the_curve_by_hand_and_beat_chance(found, label):
    falls = np.sort(contributions(label).reshape(GRID, 4, GRID, 4).sum(axis=(1, 3)).ravel())[::-1]
    film, blurred = (linear(WEIGHTS)(image)[0][0, label] for image in (X, blur_square(X)))
    taken = np.array([falls[:count].sum() for count in COUNTS])
    deletion, insertion = found[label]["deletion"], found[label]["insertion"]
    np.testing.assert_allclose(deletion.logits, film - taken, atol=1e-5)
    np.testing.assert_allclose(insertion.logits, blurred + taken, atol=1e-5)
    np.testing.assert_allclose(deletion.share, np.array(COUNTS) / FIELDS)
    assert deletion.probability_area == pytest.approx(area(1 / (1 + np.exp(-(film - taken)))), abs=1e-6)
    assert deletion.beaten == insertion.beaten == ORDERS and deletion.gain > 0 and insertion.gain > 0
    assert deletion.gain == pytest.approx(
        np.mean([area(curve) for curve in deletion.random_logits]) - area(film - taken), abs=1e-5
    )


def test_no_order_is_better_than_the_true_one_and_its_reverse_is_the_worst(found):
    chance = measure_random_orders(linear(WEIGHTS), X)
    worst = measure_curves(linear(WEIGHTS), X, -contributions(0), 0, chance)
    for check, curve in worst.items():
        assert curve.beaten == 0 and curve.gain < 0
        # In a linear network the reverse of an order mirrors its curve about the straight line.
        mean = (curve.image_logit + curve.blurred_logit) / 2
        assert area(curve.logits) - mean == pytest.approx(mean - area(found[0][check].logits), abs=1e-3)
    for seed in range(20):
        order = np.random.default_rng(100 + seed).normal(size=(GRID, GRID))
        other = measure_curves(linear(WEIGHTS), X, order, 0, chance)
        assert other["deletion"].gain < found[0]["deletion"].gain
        assert other["insertion"].gain < found[0]["insertion"].gain


def test_areas_lie_between_the_blurred_film_and_the_film():
    weights = WEIGHTS.copy()
    weights[0] = np.abs(weights[0]) * np.sign(X - blur_square(X))[0]  # every pixel of the film counts for it
    chance = measure_random_orders(linear(weights), X)
    map_ = (weights[0, 0] * (X - blur_square(X))[0, 0]).astype(np.float64)
    found = measure_curves(linear(weights), X, map_, 0, chance)
    deletion, insertion = found["deletion"], found["insertion"]
    fall = deletion.image_logit - deletion.blurred_logit
    assert fall > MIN_FALL
    assert deletion.area == pytest.approx(area((deletion.logits - deletion.blurred_logit) / fall))
    assert 0 < deletion.area < 0.5 < insertion.area < 1
    assert insertion.area == pytest.approx(1 - deletion.area, abs=1e-5)  # what one takes the other gives
    assert deletion.random_areas.shape == (ORDERS,) and abs(deletion.random_areas.mean() - 0.5) < 0.05
    assert deletion.gain == pytest.approx((deletion.random_areas.mean() - deletion.area) * fall)
    assert (deletion.random_areas > deletion.area).all() and (insertion.random_areas < insertion.area).all()


def test_a_film_that_does_not_speak_for_the_label_has_no_normalised_area():
    weights = np.stack([-np.abs(WEIGHTS[0]) * np.sign(X - blur_square(X))[0], 1e-3 * WEIGHTS[0]])
    chance = measure_random_orders(linear(weights), X)
    for label in (0, 1):
        for curve in measure_curves(linear(weights), X, np.eye(4), label, chance).values():
            assert np.isnan(curve.area) and np.isnan(curve.random_areas).all() and curve.random_areas.shape == (ORDERS,)
            assert np.isfinite([curve.gain, curve.probability_area]).all()


# ---- the films in between


@pytest.mark.parametrize("size_px", [64, 50])
def test_the_films_on_the_way_are_made_field_by_field(size_px):
    x = np.stack([make_film(seed, (size_px, size_px)) for seed in range(3)])[None]
    seen = []

    def predict(batch):
        seen.extend(batch)
        return np.zeros((len(batch), 1)), np.zeros((len(batch), 1))

    map_ = np.random.default_rng(1).normal(size=(GRID, GRID))
    chance = measure_random_orders(predict, x)
    seen.clear()
    measure_curves(predict, x, map_, 0, chance)
    order = np.argsort(-map_.ravel())
    changed = [{tuple(divmod(int(place), GRID)) for place in order[:count]} for count in COUNTS]
    assert len(seen) == 2 * (STEPS + 1)
    for step, fields in enumerate(changed):
        where = np.array(
            [
                [(int((r + 0.5) * GRID / size_px), int((c + 0.5) * GRID / size_px)) in fields for c in range(size_px)]
                for r in range(size_px)
            ]
        )
        assert (seen[step] == np.where(where, chance.blurred[0], x[0])).all()
        assert (seen[STEPS + 1 + step] == np.where(where, x[0], chance.blurred[0])).all()


def test_blurred_is_what_is_left_of_the_greys():
    size_px = 96
    x = np.zeros((1, 1, size_px, size_px), np.float32)
    x[0, 0, 48, 48] = 1
    blurred, sigma = blur_square(x)[0, 0], size_px * BLUR_SIGMA
    rows, columns = np.mgrid[0:size_px, 0:size_px] - 48
    expected = np.exp(-(rows**2 + columns**2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    np.testing.assert_allclose(blurred[20:77, 20:77], expected[20:77, 20:77], rtol=0.02)
    np.testing.assert_allclose(blur_square(np.full_like(X, 0.7)), 0.7, rtol=1e-5)


def test_a_coarse_map_and_its_pixels_are_put_to_the_same_test():
    coarse = np.random.default_rng(2).normal(size=(4, 4))
    pixels = np.kron(coarse, np.ones((16, 16))) / 256
    chance = measure_random_orders(linear(WEIGHTS), X)
    found = [measure_curves(linear(WEIGHTS), X, map_, 0, chance)["deletion"].logits for map_ in (coarse, pixels)]
    np.testing.assert_array_equal(*found)


def test_equal_fields_favour_no_side():
    order = faithfulness._order_grid_cells(np.ones((4, 4)))
    assert sorted(order) == list(range(FIELDS)) and (order == faithfulness._order_grid_cells(np.zeros((7, 7)))).all()
    rows, columns = np.divmod(order[: FIELDS // 4], GRID)
    assert abs(rows.mean() - 7.5) < 1.5 and abs(columns.mean() - 7.5) < 1.5


# ---- the same curves by libraries


def network(label_count: int = 3):
    """A small network, and what the checks ask of it."""
    model = make_model("tiny", labels=label_count)

    def predict(x):
        with torch.inference_mode():
            logits = model(torch.from_numpy(x))
        return logits.numpy(), compute_probabilities(logits, "single-label", 1.0).numpy()

    return model, predict


MAP = np.random.default_rng(3).permutation(FIELDS).reshape(GRID, GRID) / FIELDS  # no two fields alike
PIXELS = np.kron(MAP, np.ones((4, 4)))


@pytest.mark.parametrize("label", [0, 2])
def test_each_step_is_the_perturbation_of_pytorch_grad_cam(label):
    """Its percentile says which pixels to remove and an imputer what to put there: the blurred film. Insertion is
    removal of the least relevant, read from the end. It has no step that removes nothing, which is the film itself."""
    model, predict = network()
    chance = measure_random_orders(predict, X)
    found, blurred = measure_curves(predict, X, MAP, label, chance), torch.from_numpy(chance.blurred)[0]
    for check, remove in (("deletion", RemoveMostRelevantFirst), ("insertion", RemoveLeastRelevantFirst)):
        removed = COUNTS if check == "deletion" else [FIELDS - count for count in COUNTS]
        for step, count in enumerate(removed):
            if count == 0:
                continue
            # The value in the middle of the pixels of the last field that is to be removed.
            percentile = 100 * (16 * (FIELDS - count) + 8) / (16 * FIELDS - 1)
            metric = PerturbationConfidenceMetric(
                remove(percentile, lambda film, kept: torch.where(kept > 0, film, blurred))
            )
            by_library = metric(
                torch.from_numpy(X), PIXELS[None], [ClassifierOutputTarget(label)], model, return_diff=False
            )[0]
            assert found[check].logits[step] == pytest.approx(by_library, rel=1e-4, abs=1e-5)
    deletion = found["deletion"]
    assert np.ptp(deletion.logits) > 0.5 and not np.allclose(deletion.logits, found["insertion"].logits[::-1], atol=0.1)


def test_deletion_is_the_pixel_flipping_of_quantus():
    """It takes one field at a time, and the curve here is some of its steps; its softmax gives the probabilities."""
    quantus = pytest.importorskip("quantus", reason="Quantus is no requirement: pyproject.toml says why")
    model, predict = network()
    chance = measure_random_orders(predict, X)
    deletion, film = measure_curves(predict, X, MAP, 1, chance)["deletion"], np.ascontiguousarray(X)

    def blur(arr, indices, **_):
        changed = arr.copy()
        changed[0, indices[0]] = chance.blurred.ravel()[indices[0]]
        return changed

    for softmax, curve in ((False, deletion.logits), (True, deletion.probabilities)):
        flipping = quantus.PixelFlipping(16, normalise=False, perturb_func=blur, disable_warnings=True)
        scores = flipping(model, film, np.array([1]), PIXELS[None, None], softmax=softmax, device="cpu")[0]
        np.testing.assert_allclose(curve[1:], np.array(scores)[np.array(COUNTS[1:]) - 1], rtol=1e-4, atol=1e-5)


def test_areas_are_the_trapezoids_of_scikit_learn():
    _, predict = network()
    chance = measure_random_orders(predict, X)
    for label in range(3):
        for curve in measure_curves(predict, X, MAP, label, chance).values():
            by_library = auc(curve.share, curve.logits)
            random = [auc(curve.share, logits) for logits in curve.random_logits]
            sign = 1 if curve.check == "deletion" else -1
            assert curve.gain == pytest.approx(sign * (np.mean(random) - by_library), rel=1e-4, abs=1e-6)
            assert curve.probability_area == pytest.approx(auc(curve.share, curve.probabilities), rel=1e-5)


# ---- chance


def test_random_orders_go_from_the_film_to_the_blurred_film_and_back(found):
    chance = measure_random_orders(linear(WEIGHTS), X)
    assert chance.logits.shape == chance.probabilities.shape == (ORDERS, STEPS + 1, 2)
    for label, both in found.items():
        deletion, insertion = both["deletion"], both["insertion"]
        assert (deletion.random_logits == chance.logits[:, :, label]).all()
        assert (insertion.random_logits == chance.logits[:, ::-1, label]).all()
        assert (insertion.random_probabilities == chance.probabilities[:, ::-1, label]).all()
        for first, last in ((deletion.logits[0], deletion.logits[-1]), (insertion.logits[-1], insertion.logits[0])):
            assert first == pytest.approx(deletion.image_logit) and last == pytest.approx(deletion.blurred_logit)
        np.testing.assert_allclose(insertion.random_logits[:, 0], deletion.blurred_logit, atol=1e-6)
    assert len({curve[5, 0] for curve in chance.logits}) == ORDERS


def test_it_is_the_same_every_time_and_leaves_the_film_alone(found):
    x, map_ = X.copy(), contributions(0)
    x.flags.writeable = map_.flags.writeable = False
    again = measure_curves(linear(WEIGHTS), x, map_, 0, measure_random_orders(linear(WEIGHTS), x))
    for check in again:
        assert (again[check].logits == found[0][check].logits).all()
        assert (again[check].random_areas == found[0][check].random_areas).all() or np.isnan(found[0][check].area)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_map_that_is_not_finite_is_an_error(value):
    map_ = np.zeros((4, 4))
    map_[1, 2] = value
    with pytest.raises(ValueError, match="not finite"):
        measure_curves(linear(WEIGHTS), X, map_, 0, measure_random_orders(linear(WEIGHTS), X))


def test_a_pause_is_told_every_batch_and_may_end_the_work():
    told, calls = [], []

    def predict(x):
        calls.append(len(x))
        return linear(WEIGHTS)(x)

    def on_progress(done, total):
        told.append((done, total))
        if len(told) == 2:
            raise InterruptedError

    chance = measure_random_orders(predict, X, on_progress=lambda *step: told.append(step))
    assert told[-1] == (ORDERS * (STEPS + 1),) * 2 and len(told) == len(calls)
    assert [done for done, _ in told] == list(np.cumsum(calls))
    told.clear(), calls.clear()
    with pytest.raises(InterruptedError):
        measure_curves(predict, X, np.eye(4), 0, chance, on_progress=on_progress)
    assert len(calls) == 2 and told[0] == (faithfulness.BATCH, 2 * (STEPS + 1))
