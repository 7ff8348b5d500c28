"""Maps as smooth as a given one that know nothing of the image: what every trust number is compared with.

A number alone says nothing: a map that removes one connected part does another damage than one that removes scattered
fields, whatever it knows. So the map is compared with maps made of its own waves. It is written as a sum of cosine
waves, and each wave's sign is drawn anew (a randomisation test under sign symmetry: Fisher 1935, The Design of
Experiments, chapter 3; Hemerik & Goeman 2018, TEST 27). The strength of every wave stays, hence the smoothness. Among
these maps are the map mirrored and turned, whose odd waves change their sign. Waves of cosines have no seam: shifting a
map around the edges of the film would cut it in two and make it rougher, and smooth noise would pass too often.

The waves are those of the map's own cells where they are larger than the fields. A class activation map of 2 x 2 cells
has 8 such maps, itself among them, and can never be told from chance.
"""

from __future__ import annotations

import numpy as np

from cxr_demo.grids import measure_overlaps, resample_map

GRID = 16
DIGITS = 9  # of the largest value; float32 carries 7, the rest is noise of summing that would tell equal cells apart
NULLS = 19  # the fewest with which p can be 0.05
SMALLEST_P = 1 / (1 + NULLS)
NAN = float("nan")


def sum_film_cells(map_: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
    """A raw map (h, w) over the square -> its sums in cells over the film alone, float64, as many along each side as
    the map itself has there, at most GRID; all NaN unless every value is finite. `seen` (S, S) bool is where the square
    holds the film, a box; None: everywhere. What the map has in the padding is left out."""
    edges = find_film_edges(seen)
    counts = [
        min(GRID, max(1, round(cells * (high - low)))) for cells, (low, high) in zip(map_.shape, edges, strict=True)
    ]
    if not np.isfinite(map_).all():
        return np.full(counts, NAN)
    rows, columns = (
        measure_overlaps(np.linspace(0, 1, cells + 1), np.linspace(low, high, count + 1)) * cells
        for cells, count, (low, high) in zip(map_.shape, counts, edges, strict=True)
    )
    return round_sums(rows @ map_.astype(np.float64) @ columns.T)


def find_film_edges(seen: np.ndarray | None) -> tuple[tuple[float, float], tuple[float, float]]:
    """(top, bottom) and (left, right) of the film, in shares of the square."""
    if seen is None:
        return (0.0, 1.0), (0.0, 1.0)
    places = [np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0)]
    top, left = ((at[0] / seen.shape[0], (at[-1] + 1) / seen.shape[0]) for at in places)
    return top, left


def spread_to_fields(cells: np.ndarray) -> np.ndarray:
    """Sums in cells of the film (..., n, m) -> in its fields (..., GRID, GRID)."""
    return round_sums(resample_map(cells, (GRID, GRID)))


def make_null_maps(cells: np.ndarray) -> np.ndarray:
    """Sums in cells of the film (n, m), n and m at most GRID -> NULLS maps as smooth that know nothing, in the film's
    fields: (NULLS, GRID, GRID). Their mean is the map's own, since shifting all values says of no place. The signs are
    the same at every call, so that two maps differ by themselves alone."""
    from scipy.fft import dctn, idctn

    signs = np.random.default_rng(0).choice([-1.0, 1.0], (NULLS, GRID, GRID))[:, : cells.shape[0], : cells.shape[1]]
    signs[:, 0, 0] = 1
    waves = np.asarray(dctn(cells, norm="ortho"))
    return spread_to_fields(round_sums(np.asarray(idctn(waves * signs, axes=(1, 2), norm="ortho"))))


def round_sums(sums: np.ndarray) -> np.ndarray:
    """Of each map (..., n, m), without the noise of summing, so that equal cells stay equal."""
    scale = np.abs(sums).max(axis=(-2, -1), keepdims=True)
    return np.round(np.divide(sums, scale, out=np.zeros_like(sums), where=scale > 0), DIGITS) * scale


def compute_p(as_good: int, nulls: int = NULLS) -> float:
    """The p-value of a map as good as which so many of the `nulls` are, ties among them: never 0 (Phipson & Smyth 2010,
    Statistical Applications in Genetics and Molecular Biology 9(1), eq. 2)."""
    return (1 + as_good) / (1 + nulls)
