"""Deletion and insertion: does the network need the grid cells that a map calls strongest?

Petsiuk et al. 2018 (RISE, section 4.1), with four own choices. The image is removed in the grid cells of `agreement`,
the same for every method, so that a sparse relevance map and a coarse class activation map take the same test. What is
removed is blurred, not blackened, because blurring adds no edges. Each curve is compared with those of random orders,
without which an area means nothing: an image whose score falls at any damage has a small area for every map.

The areas are those of the logit, which the maps explain. The probability of the paper saturates: for a sure network it
stays flat until most of the image is gone, and with softmax it also moves with the other labels. Its area is given too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cxr_demo.evaluation.agreement import GRID, sum_grid_cells
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.explain.perturbation import blur_square
from cxr_demo.progress import ProgressCallback, ignore_progress

STEPS = 20
ORDERS = 5
BATCH = 8  # squares per forward
MIN_FALL = 0.5  # logit points from the image to the blurred one, below which a curve between them is mostly noise
NAN = float("nan")

Predict = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class RandomBaseline:
    """What happens without any map. `blurred` (1, C, S, S) is the blurred image; `logits` and `probabilities` (ORDERS,
    STEPS + 1, L) are those while grid cells are blurred in random order, from the image to `blurred`. Read backwards
    they are insertions in random order."""

    blurred: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Curve:
    """One label under "deletion" (`share` of the image removed) or "insertion" (put back). The arrays are (STEPS + 1,),
    the `random_` ones (ORDERS, STEPS + 1). `image_logit` and `blurred_logit` are the two ends."""

    check: str
    share: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    random_logits: np.ndarray
    random_probabilities: np.ndarray
    image_logit: float
    blurred_logit: float

    @property
    def better(self) -> str:
        return CHECKS[self.check].better

    @property
    def area(self) -> float:
        """The area under the logit: 0 where it is the blurred image's all the way, 1 where it is the image's, beyond
        both where half-blurred images get more, or less, than either. NaN where the image has not `MIN_FALL` more than
        the blurred one: then the image as a whole is no evidence for the label, and there is nothing to delete."""
        return float(self._normalise_areas(self.logits))

    @property
    def random_areas(self) -> np.ndarray:
        """(ORDERS,), on the scale of `area`."""
        return self._normalise_areas(self.random_logits)

    @property
    def probability_area(self) -> float:
        """The area under the probability, the paper's own number. Compare it within one image only."""
        return float(np.trapezoid(self.probabilities, self.share))

    @property
    def random_probability_areas(self) -> np.ndarray:
        return np.trapezoid(self.random_probabilities, self.share)

    @property
    def gain(self) -> float:
        """Logit points by which the map's order beats the mean random order over the whole curve; above 0 is better
        than chance in both checks, and it is a number for every image."""
        lower = np.trapezoid(self.random_logits, self.share).mean() - np.trapezoid(self.logits, self.share)
        return float(lower if self.better == "lower" else -lower)

    @property
    def beaten(self) -> int:
        """How many of the random orders are worse than the map's."""
        random, area = np.trapezoid(self.random_logits, self.share), np.trapezoid(self.logits, self.share)
        return int((random > area).sum() if self.better == "lower" else (random < area).sum())

    def _normalise_areas(self, logits: np.ndarray) -> np.ndarray:
        fall = self.image_logit - self.blurred_logit
        areas = (np.trapezoid(logits, self.share) - self.blurred_logit) / fall if fall >= MIN_FALL else NAN
        return np.broadcast_to(areas, logits.shape[:-1])


def measure_random_orders(
    predict: Predict, x: np.ndarray, *, on_progress: ProgressCallback = ignore_progress
) -> RandomBaseline:
    """x (1, C, S, S) float32, normalised -> what all maps of all its labels are compared with.

    `predict`: (N, C, S, S) float32 -> logits (N, L) and probabilities (N, L). Costs ORDERS * (STEPS + 1) forwards. The
    orders are the same at every call, so that two maps differ by themselves alone.
    """
    blurred = blur_square(x)
    orders = [np.random.default_rng(seed).permutation(GRID * GRID) for seed in range(ORDERS)]
    predictions = list(_predict_steps(predict, [(x, blurred, order) for order in orders], on_progress))
    return RandomBaseline(
        blurred, np.stack([logits for logits, _ in predictions]), np.stack([p for _, p in predictions])
    )


def measure_curves(
    predict: Predict,
    x: np.ndarray,
    map_: np.ndarray,
    label: int,
    random_baseline: RandomBaseline,
    *,
    on_progress: ProgressCallback = ignore_progress,
) -> dict[str, Curve]:
    """A raw map (h, w) of one label's logit -> {"deletion": Curve, "insertion": Curve}.

    `label` is its position among the logits; `random_baseline` is the result of `measure_random_orders` for the same x
    and network. Grid cells with evidence against the label come last. Costs 2 * (STEPS + 1) forwards.

    Raises:
        ValueError: the map is not finite.
    """
    order = _order_grid_cells(map_)
    blurred, random_logits = random_baseline.blurred, random_baseline.logits[:, :, label]
    tasks = [(x, blurred, order), (blurred, x, order)]
    curves = {}
    for check, (logits, p) in zip(("deletion", "insertion"), _predict_steps(predict, tasks, on_progress), strict=True):
        direction = slice(None, None, 1 if check == "deletion" else -1)
        curves[check] = Curve(
            check=check,
            share=_count_changed_cells() / (GRID * GRID),
            logits=logits[:, label],
            probabilities=p[:, label],
            random_logits=random_logits[:, direction],
            random_probabilities=random_baseline.probabilities[:, direction, label],
            image_logit=float(random_logits[0, 0]),
            blurred_logit=float(random_logits[0, -1]),
        )
    return curves


def _order_grid_cells(map_: np.ndarray) -> np.ndarray:
    """The grid cells (GRID * GRID,) by falling sum of the map. Equal ones, of which a coarse map has many, are in a
    fixed random order, because any rule of place would favour a side of the image."""
    evidence = sum_grid_cells(map_).ravel()
    if np.isnan(evidence).any():
        raise ValueError("the map holds values that are not finite numbers")
    shuffled = np.random.default_rng(ORDERS).permutation(evidence.size)
    return np.lexsort((shuffled, -evidence))


def _count_changed_cells() -> np.ndarray:
    """(STEPS + 1,): how many grid cells are changed at each step, from none to all."""
    return np.rint(np.linspace(0, GRID * GRID, STEPS + 1)).astype(int)


def _predict_steps(
    predict: Predict, tasks: list[tuple[np.ndarray, np.ndarray, np.ndarray]], on_progress: ProgressCallback
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(start, end, order of grid cells) -> logits and probabilities (STEPS + 1, L) while start turns into end."""
    counts, total = _count_changed_cells(), len(tasks) * (STEPS + 1)
    for task, (start, end, order) in enumerate(tasks):
        turn = _rank_pixels(order, start.shape[-1])
        parts: list[tuple[np.ndarray, np.ndarray]] = []
        for first in range(0, len(counts), BATCH):
            batch = counts[first : first + BATCH, None, None, None]
            parts.append(predict(np.where(turn < batch, end, start)))
            on_progress(task * len(counts) + first + len(batch), total)
        yield np.concatenate([logits for logits, _ in parts]), np.concatenate([p for _, p in parts])


def _rank_pixels(order: np.ndarray, size_px: int) -> np.ndarray:
    """(S, S): how many grid cells are changed before the one that holds the pixel's centre."""
    turn = np.empty(order.size, int)
    turn[order] = np.arange(order.size)
    cell = ((np.arange(size_px) + 0.5) * GRID / size_px).astype(int)
    return turn.reshape(GRID, GRID)[np.ix_(cell, cell)]
