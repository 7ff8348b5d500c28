"""Which label does a map speak of? How alike one method's maps of an image are, label by label.

The maps of some methods are one picture for all labels, up to its sign and strength: z-plus converges to it the deeper
a network is (Sixt et al. 2020, When Explanations Lie, ICML). What such a map shows is what the network looks at, and
speaks of no label alone. One pass gives the maps of all labels, so that this costs hardly more than one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxr_demo.evaluation.nulls import find_film_cells
from cxr_demo.grids import EVEN, Placement

SHARED = 0.95  # own choice: two maps of such a rank correlation, whatever its sign, look the same to a person


def measure_label_likeness(
    maps: Sequence[np.ndarray], seen: np.ndarray | None = None, placement: Placement = EVEN
) -> np.ndarray:
    """Raw maps (h, w) of L labels by one method, their cells placed as `placement` -> (L, L) float64, Spearman's
    correlation of the sums in the film's fields, as in `agreement`; NaN beside a map that is the same everywhere or
    holds values that are not numbers. `seen` (S, S) bool is where the square holds the film; None: everywhere."""
    from scipy.stats import rankdata

    fields = np.stack([find_film_cells(map_, seen, placement).fields.ravel() for map_ in maps])
    ranks = rankdata(fields, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(ranks, axis=1)
    norms[~np.isfinite(fields).all(axis=1) | (np.ptp(fields, axis=1) == 0)] = np.nan
    return np.clip(ranks @ ranks.T / np.outer(norms, norms), -1, 1)


def find_shared_maps(likeness: np.ndarray) -> list[tuple[int, ...]]:
    """(L, L) -> the labels, by their places, that share one map: groups of two or more of which each is like each
    other; a label is in one group at most."""
    is_shared, groups = np.abs(likeness) >= SHARED, []
    left = list(range(len(likeness)))
    while left:
        group = [left[0]]
        for other in left[1:]:
            if is_shared[other, group].all():
                group.append(other)
        left = [label for label in left if label not in group]
        if len(group) > 1:
            groups.append(tuple(group))
    return groups


def find_most_alike(likeness: np.ndarray, label: int) -> int | None:
    """The other label whose map is most like that of one, whatever the sign; None where none can be compared."""
    values = np.abs(likeness[label])
    values[label] = np.nan
    return None if np.isnan(values).all() else int(np.nanargmax(values))
