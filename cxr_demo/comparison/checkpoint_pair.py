"""Two checkpoints on one image: their maps of one label and method on one grid, and the difference.

What the maps of two networks have in common is the image, so everything here is in the image's frame (x and y in its
own pixels), and evidence is given per area of the image: a cell of 4 x 4 holds more logit points than one of 7 x 7 for
no other reason than its size. All of this is our own choice; no paper was found that subtracts maps of unlike networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.evaluation.agreement import GRID, Agreement, measure_agreements
from cxr_demo.explain.methods import Unit
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import measure_overlaps
from cxr_demo.networks.card import Card
from cxr_demo.text.catalogue import Said, format_text, say

CALIBRATED = "calibrated "
EDGE_DIGITS = 6  # of a film's pixel: edges that differ by less are one, so that no cell is made of rounding
FIRST, SECOND = "this", "other"  # as the exported files call them


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells of a film: the edges of the `rows` (R + 1,) and of the `columns` (C + 1,), float64, rising, in the film's
    pixels. Cells at the border may be narrower or wider than the others; `middles` are then where pictures have their
    values, of the rows (R,) and columns (C,), else they are halfway between the edges."""

    rows: np.ndarray
    columns: np.ndarray
    middles: tuple[np.ndarray, np.ndarray] | None = None

    def find_middles(self) -> tuple[np.ndarray, np.ndarray]:
        return self.middles or ((self.rows[1:] + self.rows[:-1]) / 2, (self.columns[1:] + self.columns[:-1]) / 2)


@dataclass(frozen=True, eq=False)
class MapSide:
    """What one checkpoint says: `values` (R, C) float64 on `grid`, in `unit`; `logit` is what its map explains.

    Where values add up over an area, `total` is their sum over the grid and `outside` what the map holds beyond it: in
    padding, or where the other network does not look. Both are NaN where the values do not add up.
    """

    grid: Grid
    values: np.ndarray
    unit: str
    logit: float
    total: float
    outside: float


@dataclass(frozen=True, eq=False)
class MapComparison:
    """Two maps of one label by one method.

    `difference` (R, C) float64 is `second` minus `first`, on the grid and in the unit that both then have. It is None
    where the maps cannot be subtracted, as `why_not` says; then each is on its own grid and in its own unit. `nothing`:
    both raw maps hold too little to be shown.
    """

    first: MapSide
    second: MapSide
    difference: np.ndarray | None
    why_not: Said
    agreement: Agreement
    nothing: bool


def compare_maps(
    first: Explanation, first_card: Card, second: Explanation, second_card: Card, shape: tuple[int, int]
) -> MapComparison:
    """Explanations of one label and one method, on an image of `shape` (H, W), by the checkpoints of these cards.

    The common grid has the cells of the network whose cells are larger, along each axis by itself, cut to the part of
    the film that both saw; each cell holds what lies in it, a native cell's evidence being spread evenly over the
    cell. Larger, because what is finer than one of the networks can tell is a difference of grids. Logit points are
    those of the calibrated logits, each divided by its temperature, as in the probability, or the louder network would
    show everywhere; raw where neither was calibrated, and of two networks of which one was.

    Agreement is that of `agreement`, in GRID x GRID grid cells of the part that both saw.

    Raises:
        ValueError: the maps are of different labels or methods.
    """
    if (first.label, first.method) != (second.label, second.method):
        raise ValueError("the two maps are not of one label and one method")
    cards, both = (first_card, second_card), (first, second)
    native = [_locate_cells(card.preprocess, shape, explanation) for card, explanation in zip(cards, both, strict=True)]
    common = _make_common_grid(
        native[0], native[1], _intersect_seen(first_card.preprocess, second_card.preprocess, shape)
    )
    densities = [_divide_by_area(explanation, grid, shape) for explanation, grid in zip(both, native, strict=True)]
    agreement = _measure_agreement(densities, native, common)
    nothing = all(
        render.choose_scale(explanation.map_square, "signed", explanation.unit).nothing for explanation in both
    )
    if why_not := _explain_no_difference(first, *cards):
        first_side, second_side = (
            MapSide(
                grid, explanation.map_square.astype(np.float64), explanation.unit, explanation.logit, np.nan, np.nan
            )
            for explanation, grid in zip(both, native, strict=True)
        )
        return MapComparison(first_side, second_side, None, why_not, agreement, nothing)
    unit, divisors = _name_unit(first.unit, *cards), _choose_divisors(*cards)
    first_side, second_side = (
        _make_side(explanation, _average_onto(density, grid, common), common, shape, unit, divisor)
        for explanation, density, grid, divisor in zip(both, densities, native, divisors, strict=True)
    )
    return MapComparison(first_side, second_side, second_side.values - first_side.values, "", agreement, nothing)


def list_common_labels(first: Card, second: Card) -> tuple[str, ...]:
    """The labels that both know, by name, in the order of the first."""
    return tuple(label for label in first.labels if label in second.labels)


def choose_pair_scales(pair: MapComparison, shown: str) -> list[render.Scale]:
    """Of both maps and of their difference, one for all; where there is no difference, each map's own, of what is
    `shown` ("positive" or "signed")."""
    sides = pair.first, pair.second
    if pair.difference is None:
        return [render.choose_scale(side.values, shown, side.unit) for side in sides]
    if pair.nothing:
        return [render.Scale("signed", pair.first.unit, 0.0, nothing=True)] * 3
    return [choose_common_scale([pair.first.values, pair.second.values, pair.difference], pair.first.unit)] * 3


def choose_common_scale(maps: Sequence[np.ndarray], unit: str) -> render.Scale:
    """The signed scale that maps of any shape have together: full from the largest of their own limits, so that one
    colour is one amount in all of them. Own choice for a difference too: of maps that hardly differ it is faint."""
    return max((render.choose_scale(map_, "signed", unit) for map_ in maps), key=lambda scale: scale.limit)


def draw_on_image(
    values: np.ndarray, grid: Grid, shape: tuple[int, int], out: tuple[int, int], smooth=True
) -> np.ndarray:
    """values (R, C) on a grid of a film of `shape` -> (H', W') = `out` float32, a picture of the whole film; 0 beyond
    the grid. `smooth` interpolates between the cells' centres, as `Preprocess.map_to_image` does; else cells are flat.
    """
    places, insides = [], []
    for edges, middles, length, pixels in zip((grid.rows, grid.columns), grid.find_middles(), shape, out, strict=True):
        centres = (np.arange(pixels) + 0.5) * length / pixels
        insides.append((centres >= edges[0]) & (centres <= edges[-1]))
        flat = np.clip(np.searchsorted(edges, centres, side="right") - 1, 0, len(middles) - 1)
        places.append(np.interp(centres, middles, np.arange(len(middles))) if smooth else flat)
    columns, rows = np.meshgrid(places[1].astype(np.float32), places[0].astype(np.float32))
    picture = cv2.remap(values.astype(np.float32), columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(insides[0][:, None] & insides[1], picture, np.float32(0))


def _explain_no_difference(explanation: Explanation, first: Card, second: Card) -> Said:
    """Why two such maps cannot be subtracted; "" where they can."""
    unit = explanation.unit
    if explanation.is_contrast and set(first.labels) != set(second.labels):
        return say("pair-why-labels")
    if not unit.comparable:
        return _explain_unlike(unit)
    if first.task != second.task:
        return say("pair-why-task")
    if not _choose_divisors(first, second):
        return say("pair-why-calibration")
    same = unit.needs_same
    is_unlike = same and getattr(first.preprocess, same) != getattr(second.preprocess, same)
    return _explain_unlike(unit) if is_unlike else ""


def _explain_unlike(unit: Unit) -> Said:
    """Why values of such a unit cannot be subtracted."""
    return unit.unlike or say(f"unit-{unit.name.lower()}.unlike")


def describe_shared_part(*cards: Card) -> str:
    """What is to be said of maps of these checkpoints' logits where any of them has classes of which one is true; else
    nothing."""
    return format_text("pair-shared-part") if any(card.task == "single-label" for card in cards) else ""


def _choose_divisors(first: Card, second: Card) -> tuple[float, ...]:
    """What each one's maps are divided by, so that both are of calibrated logits, or else both of raw ones; empty where
    neither can be had."""
    for wanted in (_divisor_to_calibrated, _divisor_to_raw):
        divisors = wanted(first), wanted(second)
        if all(divisors):
            return divisors
    return ()


def _divisor_to_calibrated(card: Card) -> float:
    """0 where that was never learned. Maps of ensembles that join predictions are divided already."""
    if not card.joins_predictions:
        return card.temperature
    return float(card.ensemble is not None and card.ensemble.calibrated)


def _divisor_to_raw(card: Card) -> float:
    """0 where members' maps were divided, each by its own, before they were added."""
    members = card.ensemble.members if card.ensemble and card.joins_predictions else ()
    return float(not any(member.temperature for member in members))


def _name_unit(unit: Unit, first: Card, second: Card) -> str:
    calibrated = _divisor_to_calibrated(first) and _divisor_to_calibrated(second)
    return (CALIBRATED if calibrated else "") + (unit.per_area or unit)


def _locate_cells(preprocess: Preprocess, shape: tuple[int, int], explanation: Explanation) -> Grid:
    """The cells of a map over the square, as they lie on the film; of a padded square, some beyond it."""
    grid = explanation.map_square.shape[0], explanation.map_square.shape[1]
    rows, columns = preprocess.edges_to_image(grid, shape, explanation.placement)
    middles = preprocess.middles_to_image(grid, shape, explanation.placement)
    return Grid(np.round(rows, EDGE_DIGITS), np.round(columns, EDGE_DIGITS), middles)


def _intersect_seen(first: Preprocess, second: Preprocess, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in the film's pixels. It holds the film's centre, which every geometry sees."""
    boxes = first.seen_box(shape), second.seen_box(shape)
    left, top = (max(box[at] for box in boxes) for at in (0, 1))
    right, bottom = (min(box[at] for box in boxes) for at in (2, 3))
    return left, top, right, bottom


def _make_common_grid(a: Grid, b: Grid, box: tuple[int, int, int, int]) -> Grid:
    left, top, right, bottom = box
    return Grid(_choose_coarser(a.rows, b.rows, top, bottom), _choose_coarser(a.columns, b.columns, left, right))


def _choose_coarser(a: np.ndarray, b: np.ndarray, low: float, high: float) -> np.ndarray:
    """Of two axes' edges those with the larger cells, the same whichever comes first, cut to low..high."""
    chosen = max(a, b, key=lambda edges: (np.median(np.diff(edges)), tuple(edges)))
    return np.unique(np.clip(chosen, low, high))


def _divide_by_area(explanation: Explanation, native: Grid, shape: tuple[int, int]) -> np.ndarray:
    """A raw map, float64; if its values add up, per 1 % of the film's area."""
    values = explanation.map_square.astype(np.float64)
    return values / _measure_areas(native, shape) if explanation.unit.per_area else values


def _measure_areas(grid: Grid, shape: tuple[int, int]) -> np.ndarray:
    """(R, C): the area of each cell, in percent of the film's."""
    return np.outer(np.diff(grid.rows), np.diff(grid.columns)) / (shape[0] * shape[1]) * 100


def _average_onto(values: np.ndarray, native: Grid, onto: Grid) -> np.ndarray:
    """values, each the same all over its native cell -> their mean over each cell of another grid."""
    return _share_cells(native.rows, onto.rows) @ values @ _share_cells(native.columns, onto.columns).T


def _share_cells(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """(new cells, old cells): which part of each new cell lies in each old one; every row sums to 1."""
    return measure_overlaps(old, new) / np.diff(new)[:, None]


def _make_side(explanation: Explanation, values: np.ndarray, grid: Grid, shape, unit: str, divisor: float) -> MapSide:
    """One map, on the common grid already; what it holds and explains, divided too."""
    values, total, outside = values / divisor, np.nan, np.nan
    if explanation.unit.per_area:
        total = float((values * _measure_areas(grid, shape)).sum())
        outside = explanation.total / divisor - total
    return MapSide(grid, values, unit, explanation.logit / divisor, total, outside)


def _measure_agreement(values: Sequence[np.ndarray], natives: Sequence[Grid], common: Grid) -> Agreement:
    grid_cells = Grid(*(np.linspace(edges[0], edges[-1], GRID + 1) for edges in (common.rows, common.columns)))
    maps = [_average_onto(map_, native, grid_cells) for map_, native in zip(values, natives, strict=True)]
    return measure_agreements(dict(zip((FIRST, SECOND), maps, strict=True)))[FIRST, SECOND]
