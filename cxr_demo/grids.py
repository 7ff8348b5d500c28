"""Maps on grids of one square: where their cells lie, and the same evidence in other cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Span = tuple[float, float]


@dataclass(frozen=True)
class Placement:
    """Where the cells of a map lie on the square: its `rows` and its `columns` fill these spans evenly, each (start,
    stop) in shares of the square's side. Where strided convolutions pad, a span begins before 0 and ends before 1.

    `EVEN`, a span from 0 to 1, is that of all maps in pixels. No place of the square is without a cell: those at the
    edges of the map reach to the edges of the square.
    """

    rows: Span = (0.0, 1.0)
    columns: Span = (0.0, 1.0)

    def find_edges(self, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Of a grid (h, w) the edges of the rows (h + 1,) and columns (w + 1,), in shares of the square's side."""
        rows, columns = (_find_axis_edges(*of) for of in zip((self.rows, self.columns), grid, strict=True))
        return rows, columns

    def find_middles(self, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Of a grid (h, w) where the rows (h,) and the columns (w,) look, in shares of the square's side."""
        rows, columns = (
            start + (np.arange(cells) + 0.5) * (stop - start) / cells
            for (start, stop), cells in zip((self.rows, self.columns), grid, strict=True)
        )
        return rows, columns

    def find_shift_px(self, size_px: int) -> tuple[float, float]:
        """How far below and right of where `EVEN` has it the middle of all cells lies, in pixels of the square."""
        down, right = (((start + stop) / 2 - 0.5) * size_px for start, stop in (self.rows, self.columns))
        return down, right

    def find_offset(self, grid: tuple[int, int]) -> tuple[float, float]:
        """How far below and right of where `EVEN` has it the middle of a grid (h, w) lies, in cells."""
        down, right = (
            ((start + stop) / 2 - 0.5) * cells / (stop - start)
            for (start, stop), cells in zip((self.rows, self.columns), grid, strict=True)
        )
        return down, right


EVEN = Placement()


def join_placements(placements: Iterable[Placement]) -> Placement:
    """Of maps that are joined on one grid: their own where all have the same, else `EVEN`."""
    first, *others = set(placements)
    return EVEN if others else first


def resample_map(map_: np.ndarray, grid: tuple[int, int], old: Placement = EVEN, new: Placement = EVEN) -> np.ndarray:
    """Maps (..., h, w) over the square, their cells placed as `old` -> on another grid (..., h', w') of the same
    square, placed as `new`, float64; each cell's value is spread over the area it covers, so that the sum stays."""
    before, after = old.find_edges((map_.shape[-2], map_.shape[-1])), new.find_edges(grid)
    rows, columns = (measure_overlaps(a, b) / np.diff(a) for a, b in zip(before, after, strict=True))
    return rows @ map_ @ columns.T


def find_finest_grid(maps: Sequence[np.ndarray]) -> tuple[int, int]:
    """Of maps over one square, the grid (h, w) that has the smallest cells."""
    return max(map_.shape[0] for map_ in maps), max(map_.shape[1] for map_ in maps)


def measure_overlaps(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Edges (n + 1,) and (m + 1,), rising, on one axis -> (m, n) float64: the length that each new cell has in common
    with each old one, in the edges' own unit."""
    common = np.minimum(old[None, 1:], new[1:, None]) - np.maximum(old[None, :-1], new[:-1, None])
    return np.maximum(common, 0)


def spread_map(map_: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A map (h, w) whose cells have these edges (h + 1,) and (w + 1,) on an image, in its pixels -> each value spread
    evenly over its cell, added up in the image's pixels (H, W) float64. What lies beyond the image is left out."""
    shares = [
        measure_overlaps(edges, np.arange(length + 1)) / np.diff(edges)
        for edges, length in zip((rows, columns), shape, strict=True)
    ]
    return shares[0] @ map_.astype(np.float64) @ shares[1].T


def _find_axis_edges(span: Span, cells: int) -> np.ndarray:
    edges = np.linspace(*span, cells + 1)
    edges[0], edges[-1] = 0.0, 1.0
    return edges
