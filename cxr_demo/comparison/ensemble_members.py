"""The maps of an ensemble's members beside their mean: how far they spread, and who goes with the mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.comparison.checkpoint_pair import choose_common_scale
from cxr_demo.evaluation.agreement import measure_agreements
from cxr_demo.explain.engine import MemberMap
from cxr_demo.grids import EVEN, Placement, find_finest_grid, join_placements, resample_map


@dataclass(frozen=True, eq=False)
class EnsembleBreakdown:
    """One explanation of an ensemble, taken apart; all maps (h, w) on the grid of the `mean`, the finest of all, their
    cells placed as `placement`.

    `spread` is the result of `measure_spread`, None where the unit is relative: values of one member then say nothing
    about another's. `unsure` is the share of the cells that hold image, 0..1, where the spread is larger than the
    mean's magnitude (NaN without a spread); own choice: there the members do not even agree on its sign. `ranks`:
    Spearman's correlation of each member with the mean, on the grid cells of `agreement`. `differences`: each member's
    map minus the mean, in the same unit; none where the unit is relative.
    """

    mean: np.ndarray
    spread: np.ndarray | None
    unsure: float
    names: tuple[str, ...]
    maps: tuple[np.ndarray, ...]
    ranks: tuple[float, ...]
    differences: tuple[np.ndarray, ...]
    placement: Placement


def break_down(explanation: Explanation, seen: np.ndarray) -> EnsembleBreakdown:
    """Of an explanation that has members; `seen` (S, S) bool: where the square holds film, as padding agrees on
    nothing."""
    mean, maps = explanation.map_square, tuple(resample_members(explanation.members))
    spread_map, unsure, differences = None, np.nan, ()
    if explanation.unit.comparable:
        spread_map, differences = measure_spread(explanation.members), tuple(map_ - mean for map_ in maps)
        grid, placement = (mean.shape[0], mean.shape[1]), explanation.placement
        held, whole = (resample_map(each, grid, EVEN, placement) for each in (seen.astype(float), np.ones(seen.shape)))
        inside = held / whole >= (held / whole).max() / 2  # cells that hold mostly image
        unsure = float((spread_map > np.abs(mean))[inside].mean())
    placements: dict[str, Placement] = {"mean": explanation.placement, "member": explanation.placement}
    pairs = ({"mean": mean, "member": map_} for map_ in maps)
    ranks = tuple(measure_agreements(pair, seen, placements)["mean", "member"].rank for pair in pairs)
    names = tuple(one.name for one in explanation.members)
    return EnsembleBreakdown(mean, spread_map, unsure, names, maps, ranks, differences, explanation.placement)


def measure_spread(members: Sequence[MemberMap]) -> np.ndarray:
    """The weighted standard deviation of the members' maps, cell by cell, (h, w) float32 on the finest of their grids:
    sqrt(sum of w_m (map_m - mean)^2), mean = sum of w_m map_m, the weights summing to 1.

    The members are all there are, not a sample of more, so the sum is not divided by M - 1. In the maps' own unit.
    """
    maps = np.stack(resample_members(members))
    weights = np.array([member.weight for member in members])[:, None, None]
    mean = (weights * maps).sum(axis=0)
    return np.sqrt((weights * (maps - mean) ** 2).sum(axis=0)).astype(np.float32)


def resample_members(members: Sequence[MemberMap]) -> list[np.ndarray]:
    """The members' maps (h, w) float64 on the finest of their grids, which is that of the mean; the sums stay."""
    grid = find_finest_grid([member.map_square for member in members])
    joined = join_placements(member.placement for member in members)
    return [
        member.map_square.astype(np.float64)
        if (member.map_square.shape, member.placement) == (grid, joined)
        else resample_map(member.map_square.astype(np.float64), grid, member.placement, joined)
        for member in members
    ]


def choose_member_scales(
    explanation: Explanation, apart: EnsembleBreakdown
) -> tuple[render.Scale, render.Scale | None, list[render.Scale]]:
    """Of the mean, the spread and each member: one limit for all, the spread from 0 upwards; each map's own limit where
    the unit is relative."""
    if apart.spread is None:
        shown = explanation.shown
        mean, *members = (render.choose_scale(map_, shown, explanation.unit) for map_ in (apart.mean, *apart.maps))
        return mean, None, members
    common = choose_common_scale([apart.mean, *apart.maps], explanation.unit)
    return common, replace(common, shown="positive"), [common] * len(apart.maps)
