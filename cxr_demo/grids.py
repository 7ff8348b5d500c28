"""Maps on grids of one square: the same evidence in other cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def resample_map(map_: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Maps (..., h, w) over the square -> on another grid (..., h', w') of the same square, float64; each cell's value
    is spread over the area it covers, so that the sum stays."""
    return _shares(map_.shape[-2], grid[0]) @ map_ @ _shares(map_.shape[-1], grid[1]).T


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


def _shares(cells: int, into: int) -> np.ndarray:
    """(into, cells): the share of each old cell that lies in each new one; every column sums to 1."""
    return measure_overlaps(np.linspace(0, 1, cells + 1), np.linspace(0, 1, into + 1)) * cells
