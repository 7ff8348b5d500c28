"""Deletion and insertion: does the network need the fields that a map calls strongest?

Petsiuk et al. 2018 (RISE, section 4.1), with five own choices. The film is removed in fields, the same for every
method, so that a sparse relevance map and a coarse class activation map take the same test. What is removed is
blurred, not blackened, because blurring adds no edges. The logit is measured, which the maps explain: for a sure
network the probability stays flat until most of the image is gone, and with softmax it moves with the other labels too.
What is told of the curves is the logit after the strongest `TOLD_SHARE` of the film, not the area under them.

A number alone says nothing: an image whose score falls at any damage lets every map's fall, and connected damage is
other than scattered damage. So the map is compared with `nulls.make_null_maps`: as smooth as it, without knowledge, and
each with its reverse. One image of a map serves both checks: a film blurred by `HAZE`, the strongest `TESTED_SHARE` of
it blurred altogether, the weakest sharp. Deletion asks whether that lowers the logit more than the others' images do.
The image of the map reversed, strongest sharp and weakest blurred, is insertion's, and whether it raises the logit more
than the others' do is asked of the same images: the reverse of each is among them. Beside them stands the middle of the
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
    compute_p,
    find_film_cells,
    find_film_edges,
    make_null_maps,
)
from cxr_demo.explain.perturbation import blur_square
from cxr_demo.grids import EVEN, Placement
from cxr_demo.progress import ProgressCallback, ignore_progress

TOLD_SHARE = 0.1  # of the film; own choice
SHARES = (0.0, TOLD_SHARE, 0.25, 0.5, 0.75, 1.0)  # of the film, at which a map's own curve is measured
# Own choices, by planted findings in phantoms: about as many are told from the nulls as by images of one check each,
# which are twice as many. More haze recognises more by insertion and less by deletion.
TESTED_SHARE, HAZE = 0.05, 0.3
ENOUGH = 2  # nulls as good as the map, after which no more are asked: p cannot be 0.05 any more
TIE = 1e-4  # logit points; two batches with the same image differ by less, and what is equal must not count as worse
BATCH = 8  # squares per forward
# The image, the blurred image and the middle of the film, removed and kept; the map's own two curves; and the map and
# the nulls, of which it is reversed one.
FORWARDS_LIMIT = 4 + 2 * (len(SHARES) - 2) + 1 + NULLS
CURVES = ("deletion", "insertion")
INNER = len(SHARES) - 2  # shares between the ends

Predict = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Curve:
    """One label under "deletion" (the strongest `SHARES` of the film removed) or "insertion" (put back). `logits` and
    `probabilities` are (len(SHARES),). `middle_logit` is that of the middle of the film, `TOLD_SHARE` of it.

    `tested_logit` is that of the map's image in the comparison with maps as smooth, and `null_logits` are theirs, in
    the order in which they were asked: first the map reversed, then pairs of a map and its reverse; NULLS, or fewer
    where `ENOUGH` were as good before."""

    check: str
    logits: np.ndarray
    probabilities: np.ndarray
    tested_logit: float
    null_logits: np.ndarray
    middle_logit: float

    @property
    def better(self) -> str:
        return CHECKS[self.check].better

    @property
    def change(self) -> float:
        """Logit points by which the strongest `TOLD_SHARE` moves the logit."""
        return float(self.logits[1] - self.logits[0])

    @property
    def middle_change(self) -> float:
        """The same for the middle of the film."""
        return float(self.middle_logit - self.logits[0])

    @property
    def lead(self) -> float:
        """Logit points between the map's image and the mean of the nulls' that were asked."""
        return float(self.tested_logit - self.null_logits.mean())

    @property
    def is_beyond_middle(self) -> bool:
        return not _are_as_good(np.array([self.middle_logit]), float(self.logits[1]), self.better)[0]

    @property
    def as_good(self) -> int:
        """How many of the nulls that were asked are as good as the map, or better."""
        return int(_are_as_good(self.null_logits, self.tested_logit, self.better).sum())

    @property
    def p(self) -> float:
        """The share of maps that know nothing which would be as good, at most 1 and at least `nulls.SMALLEST_P`. After
        an early end it is that of Besag & Clifford 1991, Sequential Monte Carlo p-values, Biometrika 78(2), in steps of
        pairs: fewer than ENOUGH were as good before the last one, and so many are in ENOUGH of so many cases."""
        asked = len(self.null_logits)
        if asked == NULLS:
            return compute_p(self.as_good)
        return min(1.0, ENOUGH / max(1, asked - 1))


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
    first += [removal.change(middle, TOLD_SHARE, check) for check in CURVES]
    first += [removal.change(own, share, check) for check in CURVES for share in SHARES[1:-1]]
    logits, p = _predict_all(predict, first, label, on_progress)
    tested, nulls = _ask_nulls(predict, removal, own, make_null_maps(cells)[: NULLS // 2], label,
                               lambda done: on_progress(len(first) + done, FORWARDS_LIMIT))  # fmt: skip
    on_progress(FORWARDS_LIMIT, FORWARDS_LIMIT)
    curves = {}
    for place, (check, ends) in enumerate({"deletion": (0, 1), "insertion": (1, 0)}.items()):
        inner = range(4 + place * INNER, 4 + (place + 1) * INNER)
        steps = [ends[0], *inner, ends[1]]
        middle_logit = float(logits[2 + place])
        curves[check] = Curve(check, logits[steps], p[steps], tested[check], nulls[check], middle_logit)
    return curves


def _ask_nulls(
    predict: Predict,
    removal: _Removal,
    own: np.ndarray,
    nulls: np.ndarray,
    label: int,
    on_progress: Callable[[int], None],
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The logit of the map's image and those of its nulls, by check; of these until ENOUGH are as good as the map.
    `own` is the map's turns (S, S) and `nulls` (N, GRID, GRID) are asked with their reverses. A check that has ended
    needs no more, but the images are the other's too."""
    turns = [own, *map(removal.rank_pixels, nulls)]
    found, ended, done = np.empty((0, 2)), dict[str, int](), 0
    while len(ended) < len(CURVES):
        batch = turns[len(found) :][: BATCH // 2]
        images = [removal.haze(turn) for each in batch for turn in (each, _reverse(each))]
        found = np.concatenate([found, predict(np.stack(images))[0][:, label].astype(np.float64).reshape(-1, 2)])
        done += len(images)
        for check in CURVES:
            for pairs in range(1, len(found) + 1):
                tested, asked = _split_images(found[:pairs], check)
                as_good = _are_as_good(asked, tested, CHECKS[check].better).sum()
                if check not in ended and (as_good >= ENOUGH or pairs == len(turns)):
                    ended[check] = pairs
        on_progress(done)
    told = {check: _split_images(found[: ended[check]], check) for check in CURVES}
    return {check: tested for check, (tested, _) in told.items()}, {check: nulls for check, (_, nulls) in told.items()}


def _split_images(pairs: np.ndarray, check: str) -> tuple[float, np.ndarray]:
    """Logits of maps and their reverses (n, 2), the judged map first -> its own and those of the nulls. What insertion
    makes sharp is the strongest of the map and so the weakest of its reverse."""
    logits = pairs if check == "deletion" else pairs[:, ::-1]
    return float(logits[0, 0]), logits.ravel()[1:]


def _reverse(turn: np.ndarray) -> np.ndarray:
    """The same fields, the weakest first."""
    return GRID * GRID - 1 - turn


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

    def haze(self, turn: np.ndarray) -> np.ndarray:
        """(C, S, S): the film blurred by HAZE, but the first TESTED_SHARE of it altogether and the last not at all."""
        fields, ends = GRID * GRID, round(TESTED_SHARE * GRID * GRID)
        part = np.where(turn < ends, 1.0, np.where(turn < fields - ends, HAZE, 0.0)).astype(self.x.dtype)
        return (self.x + part * (self.blurred - self.x))[0]

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
