"""Deletion and insertion: does the network need the fields that a map calls strongest?

Petsiuk et al. 2018 (RISE, section 4.1), with four own choices. The film is taken away in the fields of `agreement`, the
same for every method, so that a sparse relevance map and a coarse class activation map are put to the same test. What
is taken away is blurred, not blackened, which makes no edges of its own. Next to each curve stand those of random
orders, without which an area says nothing: a film that falls apart at any damage has a small area for every map.

The areas are those of the logit, which the maps explain. The probability of the paper saturates: for a sure network it
stays flat until most of the film is gone, and with softmax it also moves with the other labels. Its area is given too.
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
MIN_FALL = 0.5  # logit points from the film to the blurred film, below which a curve between them is mostly noise
NAN = float("nan")

Predict = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class RandomBaseline:
    """A film without any map. `blurred` (1, C, S, S); `logits` and `probabilities` (ORDERS, STEPS + 1, L) while fields
    are blurred away in random order, from the film to `blurred`. Read backwards they are insertions in random order."""

    blurred: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Curve:
    """One label under "deletion" (`share` of the film taken away) or "insertion" (put back), (STEPS + 1,) each; the
    `random_` ones (ORDERS, STEPS + 1). `film_logit` and `blurred_logit` are the ends."""

    check: str
    share: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    random_logits: np.ndarray
    random_probabilities: np.ndarray
    film_logit: float
    blurred_logit: float

    @property
    def better(self) -> str:
        return CHECKS[self.check].better

    @property
    def area(self) -> float:
        """Of the logit, 0 where it is the blurred film's all the way and 1 where it is the film's; beyond both where
        half-blurred films get more, or less, than either. NaN where the film has not `MIN_FALL` more than the blurred
        one: then the film as a whole does not speak for the label, and there is nothing to delete."""
        return float(self._normalised(self.logits))

    @property
    def random_areas(self) -> np.ndarray:
        """(ORDERS,), on the scale of `area`."""
        return self._normalised(self.random_logits)

    @property
    def probability_area(self) -> float:
        """Of the probability as it is, the paper's own number; compare it on one film only."""
        return float(np.trapezoid(self.probabilities, self.share))

    @property
    def random_probability_areas(self) -> np.ndarray:
        return np.trapezoid(self.random_probabilities, self.share)

    @property
    def gain(self) -> float:
        """Logit points by which the map's order beats the mean random order over the whole curve; above 0 is better
        than chance in both checks, and it is a number for every film."""
        lower = np.trapezoid(self.random_logits, self.share).mean() - np.trapezoid(self.logits, self.share)
        return float(lower if self.better == "lower" else -lower)

    @property
    def beaten(self) -> int:
        """How many of the random orders are worse than the map's."""
        random, own = np.trapezoid(self.random_logits, self.share), np.trapezoid(self.logits, self.share)
        return int((random > own).sum() if self.better == "lower" else (random < own).sum())

    def _normalised(self, logits: np.ndarray) -> np.ndarray:
        fall = self.film_logit - self.blurred_logit
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
    found = list(_predicted(predict, [(x, blurred, order) for order in orders], on_progress))
    return RandomBaseline(blurred, *(np.stack(part) for part in zip(*found, strict=True)))


def measure_curves(
    predict: Predict,
    x: np.ndarray,
    map_: np.ndarray,
    label: int,
    chance: RandomBaseline,
    *,
    on_progress: ProgressCallback = ignore_progress,
) -> dict[str, Curve]:
    """A raw map (h, w) of one label's logit -> {"deletion": Curve, "insertion": Curve}.

    `label` is its position among the logits, `chance` the `measure_random_orders` of the same x and network. Fields
    with evidence against come last. Costs 2 * (STEPS + 1) forwards. Raises ValueError for a map that is not finite.
    """
    order = _order(map_)
    tasks = [(x, chance.blurred, order), (chance.blurred, x, order)]
    share = _counts() / (GRID * GRID)
    found = {}
    for check, (logits, p) in zip(("deletion", "insertion"), _predicted(predict, tasks, on_progress), strict=True):
        back = slice(None, None, 1 if check == "deletion" else -1)
        found[check] = Curve(
            check, share, logits[:, label], p[:, label], chance.logits[:, back, label],
            chance.probabilities[:, back, label], float(chance.logits[0, 0, label]), float(chance.logits[0, -1, label]),
        )  # fmt: skip
    return found


def _order(map_: np.ndarray) -> np.ndarray:
    """The fields (GRID * GRID,) by falling sum of the map; equal ones, of which a coarse map has many, in an order
    drawn once, since any rule of place would favour a side of the film."""
    evidence = sum_grid_cells(map_).ravel()
    if np.isnan(evidence).any():
        raise ValueError("the map holds values that are not finite numbers")
    drawn = np.random.default_rng(ORDERS).permutation(evidence.size)
    return np.lexsort((drawn, -evidence))


def _counts() -> np.ndarray:
    """(STEPS + 1,): how many fields are changed at each step, from none to all."""
    return np.rint(np.linspace(0, GRID * GRID, STEPS + 1)).astype(int)


def _predicted(
    predict: Predict, tasks: list[tuple[np.ndarray, np.ndarray, np.ndarray]], on_progress: ProgressCallback
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(start, end, order of fields) -> logits and probabilities (STEPS + 1, L) while start turns into end."""
    counts, total = _counts(), len(tasks) * (STEPS + 1)
    for task, (start, end, order) in enumerate(tasks):
        turn = _turns(order, start.shape[-1])
        parts = []
        for first in range(0, len(counts), BATCH):
            batch = counts[first : first + BATCH, None, None, None]
            parts.append(predict(np.where(turn < batch, end, start)))
            on_progress(task * len(counts) + first + len(batch), total)
        yield tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def _turns(order: np.ndarray, size_px: int) -> np.ndarray:
    """(S, S): how many fields are changed before the one this pixel lies in; its centre says which that is."""
    turn = np.empty(order.size, int)
    turn[order] = np.arange(order.size)
    field = ((np.arange(size_px) + 0.5) * GRID / size_px).astype(int)
    return turn.reshape(GRID, GRID)[np.ix_(field, field)]
