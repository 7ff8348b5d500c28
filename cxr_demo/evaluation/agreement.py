"""How far maps agree with each other, and where on the image their evidence lies.

Maps of all methods are compared in GRID x GRID fields of the film, each the sum of the map in it. Own choice: a map
holds logit points per cell, so sums are what cells of different size have in common, and a field of 14 px at 224 px
lies between the cell of a class activation map (32 px) and the pixel of a relevance map, whose signs change from one to
the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import numpy as np

from cxr_demo.evaluation.nulls import (
    GRID,
    NAN,
    NULLS,
    compute_p,
    find_film_cells,
    make_null_maps,
    round_sums,
)
from cxr_demo.grids import EVEN, Placement, resample_map
from cxr_demo.text.catalogue import Said, join_words, say

STRONGEST = (0.05, 0.1, 0.2)  # shares of the image
BORDER = 0.05  # of the image's height and width; own choice: collimation and cassette edges
CORNER = 0.15  # of the same; own choice: side markers and burned-in text
ALL_EVEN: Mapping[str, Placement] = MappingProxyType({})
UNRANKED = {"numbers": "unranked-numbers", "flat": "unranked-flat", "evidence": "unranked-evidence"}
TIE = 1e-9  # of numbers of 0..1 or -1..1 that differ by the noise of summing alone


@dataclass(frozen=True)
class Overlap:
    """Of the strongest `area` (0..1 of the image) of two maps: the share that is `common` to both (0..1; Dice 1945),
    and the share that is common `by_chance`, on average, to the first and maps as smooth as the second that know
    nothing (see `nulls`); `p` is how often those overlap as much. NaN where a map has no positive cell."""

    area: float
    common: float
    by_chance: float
    p: float


@dataclass(frozen=True)
class Agreement:
    """`rank`: Spearman's correlation of all grid cells, -1..1, of the raw values, so that evidence against the finding
    ranks below none. `p`: how often maps as smooth as the second that know nothing rank as much like the first.
    `overlaps`: one per `STRONGEST`, of the evidence for the finding. NaN where undefined, and `note` says why."""

    rank: float
    p: float
    overlaps: tuple[Overlap, ...]
    note: Said = ""


@dataclass(frozen=True)
class RegionShare:
    """A region's share of the map's positive values (`evidence`, NaN where there are none, or too few to be drawn) and
    of the image (`area`), which is what the first would be if the evidence were spread evenly. Both are 0..1."""

    evidence: float
    area: float


def measure_agreements(
    maps: Mapping[str, np.ndarray],
    seen: np.ndarray | None = None,
    placements: Mapping[str, Placement] = ALL_EVEN,
) -> dict[tuple[str, str], Agreement]:
    """Raw maps (h, w) over one square, each on its own grid -> every pair (a, b), a before b in `maps`. `placements`:
    of those whose cells are not placed evenly.

    `seen` (S, S) bool is where the square holds the film; None: everywhere. The fields lie on the film alone: maps that
    are both 0 in the padding would agree on nothing.
    """
    cells = {name: find_film_cells(map_, seen, placements.get(name, EVEN)) for name, map_ in maps.items()}
    ranked = {}
    for name, each in cells.items():
        nulls = make_null_maps(each).reshape(NULLS, -1) if ranked else np.zeros((0, each.fields.size))
        ranked[name] = _rank_fields(np.vstack([each.fields.ravel(), nulls]))
    return {(a, b): _compare_fields({a: ranked[a], b: ranked[b]}) for a, b in itertools.combinations(maps, 2)}


def sum_grid_cells(map_: np.ndarray) -> np.ndarray:
    """A raw map (h, w) -> its sum in each grid cell, (GRID, GRID) float64; all NaN unless every value is finite. For
    maps of one method by one network, whose cells lie in the same places wherever that is."""
    if not np.isfinite(map_).all():
        return np.full((GRID, GRID), NAN)
    return round_sums(resample_map(map_.astype(np.float64), (GRID, GRID)))


def correlate_ranks(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation of two arrays of one shape; NaN where one is the same everywhere or not finite."""
    if _explain_no_ranks(a) or _explain_no_ranks(b):
        return NAN
    from scipy.stats import spearmanr

    return float(cast(float, spearmanr(a.ravel(), b.ravel())[0]))


@dataclass(frozen=True, eq=False)
class _RankedFields:
    """`values` (M, n): the fields of a map, and below them those of maps as smooth. `stronger` (M, n): how many of a
    row are above each, `tied`: how many are equal to it, itself among them. Sorted once, for all pairs and areas."""

    values: np.ndarray
    stronger: np.ndarray
    tied: np.ndarray


def _rank_fields(values: np.ndarray) -> _RankedFields:
    from scipy.stats import rankdata

    stronger = rankdata(-values, "min", axis=-1) - 1
    return _RankedFields(values, stronger, rankdata(-values, "max", axis=-1) - stronger)


def _correlate_all(a: _RankedFields, b: _RankedFields) -> np.ndarray:
    """`correlate_ranks` of the first row of `a` with each row of `b`, all at once: (M,)."""
    ranks = np.vstack([each.stronger + each.tied / 2 for each in (_take_map(a), b)])
    ranks -= ranks.mean(1, keepdims=True)
    norms = np.sqrt((ranks**2).sum(1))
    ranked = np.array([not _explain_no_ranks(values) for values in (a.values[0], *b.values)])
    ranks[~ranked], norms[~ranked] = NAN, 1
    return ranks[1:] @ ranks[0] / (norms[1:] * norms[0])


def mark_margins(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Where findings hardly ever lie, of an image (H, W): the outer `BORDER` on each side, and the four corners of
    `CORNER`. The masks (H, W) bool overlap."""
    outer = [_mark_ends(length, BORDER) for length in shape]
    ends = [_mark_ends(length, CORNER) for length in shape]
    return {"borders": outer[0][:, None] | outer[1], "corners": ends[0][:, None] & ends[1]}


def _mark_ends(length: int, share: float) -> np.ndarray:
    """(length,) bool: the pixels whose centre lies in the first or last `share`."""
    centres = (np.arange(length) + 0.5) / length
    return np.minimum(centres, 1 - centres) < share


def _take_map(ranked: _RankedFields) -> _RankedFields:
    """Without the maps as smooth."""
    return _RankedFields(ranked.values[:1], ranked.stronger[:1], ranked.tied[:1])


def _compare_fields(pair: dict[str, _RankedFields]) -> Agreement:
    """Two maps, by name, the second with maps as smooth."""
    a, b = pair.values()
    reasons = [
        say(UNRANKED[reason], map=name)
        for name, each in pair.items()
        if (reason := _explain_no_ranks(each.values[0]) or _explain_no_overlap(each.values[0]))
    ]
    rank, *of_nulls = _correlate_all(a, b).tolist()
    p = NAN if np.isnan(rank) else _compute_p(rank, of_nulls)
    overlaps = tuple(_measure_overlap(a, b, area) for area in STRONGEST)
    return Agreement(rank, p, overlaps, join_words(*reasons, between="; ") if reasons else "")


def _compute_p(value: float, of_nulls: Sequence[float]) -> float:
    """Null maps without a number, as those of a map that is the same everywhere, are as good as any."""
    return compute_p(sum(np.isnan(null) or null >= value - TIE for null in of_nulls))


def _explain_no_ranks(values: np.ndarray) -> str:
    """Why these have no ranks, a key of UNRANKED; "" where they have."""
    if not np.isfinite(values).all():
        return "numbers"
    return "" if np.ptp(values) > 0 else "flat"


def _explain_no_overlap(values: np.ndarray) -> str:
    """Why these have no strongest cells, a key of UNRANKED; "" where they have."""
    return "" if values.max() > 0 else "evidence"


def _measure_overlap(a: _RankedFields, b: _RankedFields, area: float) -> Overlap:
    (own,), others = _weight_strongest(_take_map(a), area), _weight_strongest(b, area)
    if not (own.any() and others[0].any()):
        return Overlap(area, NAN, NAN, NAN)
    common, *of_nulls = _share_common(own, others).tolist()
    return Overlap(area, common, float(np.mean(of_nulls)), _compute_p(common, of_nulls))


def _share_common(a: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Dice's share of a set of fields (n,) and each of the others (N, n), each to a part 0..1 of its own: (N,)."""
    return 2 * np.minimum(a, others).sum(1) / (a.sum() + others.sum(1))


def _weight_strongest(ranked: _RankedFields, area: float) -> np.ndarray:
    """How far each field (M, n) belongs to the strongest `area` of its row, 0..1. Equal fields belong equally, so that
    a coarse map gets no edge it does not have. What is not above 0 never belongs, so the sum may be below area * n."""
    most = area * ranked.values.shape[-1]
    return np.where(ranked.values > 0, np.clip((most - ranked.stronger) / ranked.tied, 0, 1), 0)
