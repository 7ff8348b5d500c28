"""Where a map's evidence lies on the image: in the lungs or not, at the borders, in the corners, where a person drew.

A map's positive cells are brought to the image's pixels with each cell's evidence spread evenly over the area that it
covers, so that shares are those of the map and not of an interpolation between its cells. The cells lie where the
network looks. Those at the edge of the map are continued to the edge of the square, so that a map that is the same
everywhere has in each region the region's share of the image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import NAN, RegionShare, mark_margins
from cxr_demo.explain.study import Explanation
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import EVEN, Placement, measure_overlaps

MASK_PX = 1024  # longest side of the masks of a film: an outline shows no more, and a map less
LUNGS, OUTSIDE, USER_REGION = "lungs", "outside the lungs", "drawn region"
Box = tuple[float, float, float, float]  # x, y, width, height in shares of the image
Outline = tuple[tuple[float, float], ...]  # drawn by hand, closed: x and y of its points, in shares of the image
Region = Box | Outline


@dataclass(frozen=True)
class DrawnRegion:
    """A user's own. `is_covered`: whether the network is asked with it covered, once that is wanted."""

    shape: Region
    is_covered: bool = True


def choose_mask_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """(H, W) of the masks in which the regions of a film of `shape` are measured, here and on the page."""
    return render.fit_shape(shape, MASK_PX)


def shrink_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A mask (H, W) bool on the film's own pixels -> of `shape`."""
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def make_film_masks(film: np.ndarray, lungs: np.ndarray | None, drawn: Sequence[Region] = ()) -> dict[str, np.ndarray]:
    """`make_region_masks` of a film (H, W), with its `lungs` (H, W) bool, in `choose_mask_shape`."""
    shape = choose_mask_shape(film.shape)
    return make_region_masks(shape, None if lungs is None else shrink_mask(lungs, shape), drawn)


def make_region_masks(
    pixels_shape: tuple[int, int],
    lungs: np.ndarray | None,
    drawn: Sequence[Region] = (),
    extra: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> dict[str, np.ndarray]:
    """Regions of an image (H, W): name -> mask (H, W) bool. They overlap, so their shares do not add up to 1.

    `lungs` (H, W) bool is an estimate. Without one, or where it finds no lung, there are no regions of the lungs.
    `drawn` are the user's own, named by `name_drawn_region`, `extra` what is known of a phantom.

    Raises:
        ExplanationError: a drawn region does not lie on the image or holds no pixel of it.
        ValueError: a name of `extra` is taken, or a mask is not bool or has another shape.
    """
    masks = {} if lungs is None else {LUNGS: lungs, OUTSIDE: ~lungs}
    masks |= mark_margins(pixels_shape)
    masks |= {name_drawn_region(at): mask_region(region, pixels_shape) for at, region in enumerate(drawn)}
    if duplicates := masks.keys() & extra.keys():
        raise ValueError(f"{min(duplicates)!r} is already the name of a region")
    masks |= extra
    for name, mask in masks.items():
        if mask.shape != tuple(pixels_shape) or mask.dtype != bool:
            raise ValueError(f"the mask of {name!r} is not bool of the image's shape {tuple(pixels_shape)}")
    if lungs is not None and not lungs.any():
        del masks[LUNGS], masks[OUTSIDE]
    return masks


def name_drawn_region(at: int) -> str:
    """Of the user's own, the first of which is at 0: "drawn region 1"."""
    return f"{USER_REGION} {at + 1}"


class EvidenceMeter:
    """Measures maps over one square against masks (H, W) bool on the image, by name.

    What of each cell lies in each mask is found once for every grid, so a map costs one product with each mask, and not
    one with every pixel of the image.
    """

    def __init__(self, preprocess: Preprocess, regions: Mapping[str, np.ndarray]) -> None:
        self._preprocess, self._regions = preprocess, dict(regions)
        self._areas = {name: float(mask.mean()) for name, mask in regions.items()}
        self._weights: dict[tuple[tuple[int, int], Placement], tuple[np.ndarray, dict[str, np.ndarray]]] = {}

    def measure(self, map_square: np.ndarray, placement: Placement = EVEN) -> dict[str, RegionShare]:
        """A raw map (h, w), of any resolution, its cells placed as `placement` -> each mask's RegionShare.

        Both shares are of the image: evidence in the padding of "letterbox" lies outside it and is not counted, and
        what a "crop" cut away holds no evidence. NaN where the image holds none, or the map is not finite.
        """
        if not self._regions:
            return {}
        positive = np.maximum(map_square, 0).astype(np.float64)
        everywhere, inside = self._weigh_cells((map_square.shape[0], map_square.shape[1]), placement)
        total = float((positive * everywhere).sum()) if np.isfinite(map_square).all() else 0.0
        return {
            name: RegionShare(float((positive * weights).sum()) / total if total > 0 else NAN, self._areas[name])
            for name, weights in inside.items()
        }

    def measure_shown(self, explained: Explanation) -> dict[str, RegionShare]:
        """`measure` of a map as it is drawn: NaN where it has too little to be drawn, of which no share means anything.
        Raises ValueError for a map that is not finite."""
        measured = self.measure(explained.map_square, explained.placement)
        if not explained.own_scale.nothing:
            return measured
        return {name: replace(found, evidence=NAN) for name, found in measured.items()}

    def _weigh_cells(
        self, grid: tuple[int, int], placement: Placement = EVEN
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(h, w) float64 each: what of a cell lies on the image, and in each mask."""
        if (grid, placement) not in self._weights:
            from scipy.sparse import csr_array

            shape = next(iter(self._regions.values())).shape
            rows, columns = (
                _measure_axis_overlaps(self._preprocess, shape, grid, placement, axis).astype(np.float64)
                for axis in (0, 1)
            )
            everywhere = rows.sum(0)[:, None] * columns.sum(0)
            to_rows, to_columns = csr_array(rows.T), csr_array(columns)  # a pixel lies in one cell, or in two
            inside = {
                name: np.asarray(to_rows @ mask.astype(np.float64) @ to_columns) for name, mask in self._regions.items()
            }
            self._weights[grid, placement] = everywhere, inside
        return self._weights[grid, placement]


def make_box_mask(boxes: Sequence[Sequence[float]], shape: tuple[int, int]) -> np.ndarray:
    """Boxes (x, y, width, height in shares of the image) -> (H, W) bool: the pixels whose centre is in any of them."""
    rows, columns = ((np.arange(length) + 0.5) / length for length in shape)
    mask = np.zeros(shape, bool)
    for x, y, width, height in boxes:
        mask |= ((rows >= y) & (rows < y + height))[:, None] & ((columns >= x) & (columns < x + width))
    return mask


def mask_region(region: Region, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: the pixels whose centre lies in it, of an outline by the even-odd rule. Raises ExplanationError for
    a region that does not lie on the image, or holds no pixel of it."""
    numbers = np.array(region, np.float64)
    low, high = (numbers.min(0), numbers.max(0)) if numbers.ndim == 2 else (numbers[:2], numbers[:2] + numbers[2:])
    if not np.isfinite(numbers).all() or low.min() < 0 or (high <= low).any() or high.max() > 1 + 1e-9:
        raise ExplanationError("region-outside-film")
    mask = _fill_outline(numbers, shape) if numbers.ndim == 2 else make_box_mask([numbers.tolist()], shape)
    if not mask.any():
        raise ExplanationError("region-no-pixel")
    return mask


def _fill_outline(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """points (N, 2), x and y -> (H, W) bool. In each row a pixel is inside if it has crossed an odd number of sides."""
    height, width = shape
    middles = (np.arange(height) + 0.5) / height
    crossed = np.zeros((height, width + 1), bool)
    for (x, y), (next_x, next_y) in zip(points, np.roll(points, -1, axis=0), strict=True):
        rows = np.flatnonzero((middles >= min(y, next_y)) & (middles < max(y, next_y)))
        at = x + (middles[rows] - y) * ((next_x - x) / (next_y - y or 1.0))
        crossed[rows, np.clip(np.ceil(at * width - 0.5), 0, width).astype(int)] ^= True
    return np.logical_xor.accumulate(crossed[:, :width], axis=1)


@lru_cache(16)
def _measure_axis_overlaps(
    preprocess: Preprocess, shape: tuple[int, int], grid: tuple[int, int], placement: Placement, axis: int
) -> np.ndarray:
    """(H or W, cells) float32: the share of each of the map's rows or columns that lies on each of the image's, more
    than one of those that reach further to the edge. Kept, as one film is asked of again and again."""
    pixels = np.arange(shape[axis] + 1, dtype=np.float64)
    start, stop = (placement.rows, placement.columns)[axis]
    one = preprocess.size_px * (stop - start) / grid[axis]  # px of the square
    first = start * preprocess.size_px / one
    pixel_edges = preprocess.point_to_square(pixels, pixels, shape)[1 - axis] / one - first
    edges = np.arange(grid[axis] + 1, dtype=np.float64)
    edges[0], edges[-1] = -first, preprocess.size_px / one - first
    return measure_overlaps(edges, pixel_edges).astype(np.float32)
