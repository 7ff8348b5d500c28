"""Deletion and insertion: does the network need the fields that a map calls strongest?

Petsiuk et al. 2018 (RISE, section 4.1), with four own choices. The film is removed in fields, the same for every
method, so that a sparse relevance map and a coarse class activation map take the same test. What is removed is
blurred, not blackened, because blurring adds no edges. The logit is measured, which the maps explain: for a sure
network the probability stays flat until most of the image is gone, and with softmax it moves with the other labels too.

What is judged is the logit after the strongest `TESTED_SHARE` of the film alone, not the area under the curve: of
planted findings in phantoms it recognises more, and one forward per map leaves enough for the maps that it is compared
with. Those are `nulls.make_null_maps`: as smooth as the map, and without knowledge. An image whose score falls at any
damage lets every map's fall, and connected damage is other than scattered damage. Beside them stands the middle of the
film, which needs no network at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.nulls import (
    GRID,
    NULLS,
    FilmCells,
    compute_p,
    find_film_cells,
    find_film_edges,
    make_null_maps,
)
from cxr_demo.explain.perturbation import blur_square
from cxr_demo.grids import EVEN, Placement
from cxr_demo.progress import ProgressCallback, ignore_progress

TESTED_SHARE = 0.1  # own choice; of 0.1, 0.2 and 0.5 the one at which planted findings were told from nulls most often
SHARES = (0.0, TESTED_SHARE, 0.25, 0.5, 0.75, 1.0)  # of the film, at which a map's own curve is measured
ENOUGH = 2  # nulls as good as the map, after which no more are asked: p cannot be 0.05 any more
TIE = 1e-4  # logit points; two batches with the same image differ by less, and what is equal must not count as worse
BATCH = 8  # squares per forward
# The image, the blurred image and the middle of the film, removed and kept; the map's own two curves; and the nulls.
FORWARDS_LIMIT = 4 + 2 * (len(SHARES) - 2) + 2 * NULLS
CURVES = ("deletion", "insertion")
INNER = len(SHARES) - 2  # shares between the ends

Predict = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Curve:
    """One label under "deletion" (the strongest `SHARES` of the film removed) or "insertion" (put back). `logits` and
    `probabilities` are (len(SHARES),). `null_logits` are those of the maps as smooth at `TESTED_SHARE`, in the order
    in which they were asked: NULLS, or fewer where `ENOUGH` were as good before. `middle_logit` is that of the middle
    of the film, of the same share."""

    check: str
    logits: np.ndarray
    probabilities: np.ndarray
    null_logits: np.ndarray
    middle_logit: float

    @property
    def better(self) -> str:
        return CHECKS[self.check].better

    @property
    def change(self) -> float:
        """Logit points by which the strongest `TESTED_SHARE` moves the logit."""
        return float(self.logits[1] - self.logits[0])

    @property
    def middle_change(self) -> float:
        """The same for the middle of the film."""
        return float(self.middle_logit - self.logits[0])

    @property
    def null_change(self) -> float:
        """The mean of the same for the nulls that were asked."""
        return float(self.null_logits.mean() - self.logits[0])

    @property
    def is_beyond_middle(self) -> bool:
        return not self._are_as_good(np.array([self.middle_logit]))[0]

    @property
    def as_good(self) -> int:
        """How many of the nulls that were asked are as good as the map, or better."""
        return int(self._are_as_good(self.null_logits).sum())

    @property
    def p(self) -> float:
        """The share of maps that know nothing which would be as good, at most 1 and at least `nulls.SMALLEST_P`. After
        an early end it is that of Besag & Clifford 1991, Sequential Monte Carlo p-values, Biometrika 78(2): as many as
        were as good, of those that were asked."""
        asked = len(self.null_logits)
        return self.as_good / asked if self.as_good >= ENOUGH else compute_p(self.as_good, asked)

    def _are_as_good(self, logits: np.ndarray) -> np.ndarray:
        return _are_as_good(logits, float(self.logits[1]), self.better)


def measure_curves(
    predict: Predict,
    x: np.ndarray,
    map_: np.ndarray,
    label: int,
    seen: np.ndarray | None = None,
    placement: Placement = EVEN,
    *,
    on_progress: ProgressCallback = ignore_progress,
) -> dict[str, Curve]:
    """x (1, C, S, S) float32, normalised, and a raw map (h, w) of one label's logit, its cells placed as `placement` ->
    {"deletion": Curve, "insertion": Curve}.

    `predict`: (N, C, S, S) float32 -> logits (N, L) and probabilities (N, L). `label` is its position among the logits;
    `seen` (S, S) bool is where the square holds the film: padding is never changed. Fields with evidence against the
    label come last. Costs at most FORWARDS_LIMIT; fewer where nulls are soon as good.

    Raises:
        ValueError: the map is not finite.
    """
    cells = find_film_cells(map_, seen, placement)
    if np.isnan(cells.values).any():
        raise ValueError("the map holds values that are not finite numbers")
    removal = _Removal(x, seen)
    own, middle = removal.rank_pixels(cells.fields), removal.rank_pixels(_make_middle())
    first = [x[0], removal.blurred[0]]
    first += [removal.change(middle, TESTED_SHARE, check) for check in CURVES]
    first += [removal.change(own, share, check) for check in CURVES for share in SHARES[1:-1]]
    logits, p = _predict_all(predict, first, label, on_progress)
    asked = _ask_nulls(predict, removal, cells, label, {"deletion": logits[4], "insertion": logits[4 + INNER]},
                       lambda done: on_progress(len(first) + done, FORWARDS_LIMIT))  # fmt: skip
    on_progress(FORWARDS_LIMIT, FORWARDS_LIMIT)
    curves = {}
    for place, (check, ends) in enumerate({"deletion": (0, 1), "insertion": (1, 0)}.items()):
        inner = range(4 + place * INNER, 4 + (place + 1) * INNER)
        steps = [ends[0], *inner, ends[1]]
        curves[check] = Curve(check, logits[steps], p[steps], np.array(asked[check]), float(logits[2 + place]))
    return curves


def _ask_nulls(
    predict: Predict,
    removal: _Removal,
    cells: FilmCells,
    label: int,
    own: dict[str, float],
    on_progress: Callable[[int], None],
) -> dict[str, list[float]]:
    """The logits of the nulls at TESTED_SHARE by check, each until ENOUGH are as good as the map's `own`."""
    turns = [removal.rank_pixels(null) for null in make_null_maps(cells)]
    found: dict[str, list[float]] = {check: [] for check in own}
    left, done = list(own), 0
    while left:
        batch = [
            (check, turn) for check in left for turn in turns[len(found[check]) :][: BATCH // len(left)]
        ]  # a few at a time, so that few are asked in vain
        images = [removal.change(turn, TESTED_SHARE, check) for check, turn in batch]
        logits = predict(np.stack(images))[0][:, label]
        done += len(batch)
        for (check, _), logit in zip(batch, logits, strict=True):
            if check in left:
                found[check].append(float(logit))
                as_good = _are_as_good(np.array(found[check]), own[check], CHECKS[check].better).sum()
                if as_good >= ENOUGH or len(found[check]) == NULLS:
                    left.remove(check)
        on_progress(done)
    return found


def _are_as_good(logits: np.ndarray, own: float, better: str) -> np.ndarray:
    return logits <= own + TIE if better == "lower" else logits >= own - TIE


class _Removal:
    """Images between `x` (1, C, S, S) and the same with the film blurred, `blurred`."""

    def __init__(self, x: np.ndarray, seen: np.ndarray | None) -> None:
        self.x, self._seen = x, seen
        self.blurred = blur_square(x) if seen is None else np.where(seen, blur_square(x), x)

    def rank_pixels(self, fields: np.ndarray) -> np.ndarray:
        """Evidence (GRID, GRID) in the film's fields -> (S, S): how many fields are stronger than the one that holds
        the pixel's centre. Equal ones, of which a coarse map has many, are in a fixed random order, because any rule
        of place would favour a side of the image. What padding has is of no account: there both ends are alike."""
        shuffled = np.random.default_rng(NULLS).permutation(fields.size)
        turn = np.empty(fields.size, int)
        turn[np.lexsort((shuffled, -fields.ravel()))] = np.arange(fields.size)
        size_px = self.x.shape[-1]
        centres = (np.arange(size_px) + 0.5) / size_px
        rows, columns = (
            np.clip((centres - low) / (high - low) * GRID, 0, GRID - 1).astype(int)
            for low, high in find_film_edges(self._seen)
        )
        return turn.reshape(GRID, GRID)[np.ix_(rows, columns)]

    def change(self, turn: np.ndarray, share: float, check: str) -> np.ndarray:
        """(C, S, S): the first `share` of the film blurred ("deletion"), or sharp alone ("insertion")."""
        start, end = (self.x, self.blurred) if check == "deletion" else (self.blurred, self.x)
        return np.where(turn < round(share * GRID * GRID), end, start)[0]


def _predict_all(
    predict: Predict, images: list[np.ndarray], label: int, on_progress: ProgressCallback
) -> tuple[np.ndarray, np.ndarray]:
    """Images (C, S, S) -> logits and probabilities (N,) of the label."""
    parts = []
    for first in range(0, len(images), BATCH):
        parts.append(predict(np.stack(images[first : first + BATCH])))
        on_progress(min(first + BATCH, len(images)), FORWARDS_LIMIT)
    logits, p = (np.concatenate([part[which][:, label] for part in parts]) for which in (0, 1))
    return logits, p


def _make_middle() -> np.ndarray:
    """(GRID, GRID): the middle of the film, strongest in the centre."""
    across = np.arange(GRID) - (GRID - 1) / 2
    return -(across[:, None] ** 2 + across**2)
