"""Maps as smooth as a given one that know nothing of the image: what every trust number is compared with.

A number alone says nothing: a map that removes one connected part does another damage than one that removes scattered
fields, whatever it knows. So the map is compared with maps made of its own waves. It is written as a sum of cosine
waves, and each wave's sign is drawn anew (a randomisation test under sign symmetry: Fisher 1935, The Design of
Experiments, chapter 3; Hemerik & Goeman 2018, TEST 27). The strength of every wave stays, hence the smoothness. Among
these maps are the map mirrored and turned, whose odd waves change their sign. Waves of cosines have no seam: shifting a
map around the edges of the film would cut it in two and make it rougher, and smooth noise would pass too often.

The waves are those of the map's own cells where they are larger than the fields. A class activation map of 2 x 2 cells
has 8 such maps, itself among them, and can never be told from chance. The cells lie where the network looks; to which
fields a value goes is the same for the map and for those that it is compared with, and a cell at the edge of the film
counts as all others do, however much of it lies on the film.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_demo.grids import EVEN, Placement, Span, measure_overlaps

GRID = 16
DIGITS = 9  # of the largest value; float32 carries 7, the rest is noise of summing that would tell equal cells apart
NULLS = 19  # the fewest with which p can be 0.05
SMALLEST_P = 1 / (1 + NULLS)
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class FilmCells:
    """A map in cells over the film alone: `values` (n, m) float64, n and m at most GRID, each the map's value per cell
    there, NaN unless every value of the map is finite. `rows` (GRID, n) and `columns` (GRID, m) say which share of a
    cell's value each field of the film has."""

    values: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    def spread_to_fields(self, values: np.ndarray) -> np.ndarray:
        """Values in these cells (..., n, m) -> sums in the film's fields (..., GRID, GRID)."""
        return round_sums(self.rows @ values @ self.columns.T)

    @property
    def fields(self) -> np.ndarray:
        """(GRID, GRID)"""
        return self.spread_to_fields(self.values)


def find_film_cells(map_: np.ndarray, seen: np.ndarray | None = None, placement: Placement = EVEN) -> FilmCells:
    """A raw map (h, w) over the square, its cells placed as `placement` -> the same in cells over the film alone.
    `seen` (S, S) bool is where the square holds the film, a box; None: everywhere. What the map has in the padding is
    left out."""
    spans, edges = (placement.rows, placement.columns), placement.find_edges((map_.shape[0], map_.shape[1]))
    axes = [_find_axis(*of) for of in zip(edges, spans, map_.shape, find_film_edges(seen), strict=True)]
    (rows, to_rows), (columns, to_columns) = axes
    finite = np.isfinite(map_).all()
    values = rows @ map_.astype(np.float64) @ columns.T if finite else np.full((len(rows), len(columns)), NAN)
    return FilmCells(round_sums(values), to_rows, to_columns)


def _find_axis(native: np.ndarray, span: Span, cells: int, film: Span) -> tuple[np.ndarray, np.ndarray]:
    """Of a map's edges along one axis: (n, cells), the share of each cell over the film in each of the map's, and
    (GRID, n), which share of its value each field has. Slices of a cell at the film's ends go to their neighbour."""
    fields, one = np.linspace(*film, GRID + 1), (span[1] - span[0]) / cells
    inner = native[(native - film[0] >= one / 2) & (film[1] - native >= one / 2)]
    kept = np.array([film[0], *inner, film[1]])
    if len(kept) > len(fields):
        kept = fields
    shares = measure_overlaps(native, kept) / np.diff(kept)[:, None]
    return shares, measure_overlaps(kept, fields) / one


def find_film_edges(seen: np.ndarray | None) -> tuple[tuple[float, float], tuple[float, float]]:
    """(top, bottom) and (left, right) of the film, in shares of the square."""
    if seen is None:
        return (0.0, 1.0), (0.0, 1.0)
    places = [np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0)]
    top, left = ((at[0] / seen.shape[0], (at[-1] + 1) / seen.shape[0]) for at in places)
    return top, left


def make_null_maps(cells: FilmCells) -> np.ndarray:
    """NULLS maps as smooth as this one that know nothing, in the film's fields: (NULLS, GRID, GRID). The mean of their
    values is the map's own, since shifting all values says of no place. The signs are the same at every call, so that
    two maps differ by themselves alone."""
    from scipy.fft import dctn, idctn

    rows, columns = cells.values.shape
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (NULLS, GRID, GRID))[:, :rows, :columns]
    signs[:, 0, 0] = 1
    waves = np.asarray(dctn(cells.values, norm="ortho"))
    return cells.spread_to_fields(round_sums(np.asarray(idctn(waves * signs, axes=(1, 2), norm="ortho"))))


def round_sums(sums: np.ndarray) -> np.ndarray:
    """Of each map (..., n, m), without the noise of summing, so that equal cells stay equal."""
    scale = np.abs(sums).max(axis=(-2, -1), keepdims=True)
    return np.round(np.divide(sums, scale, out=np.zeros_like(sums), where=scale > 0), DIGITS) * scale


def compute_p(as_good: int, nulls: int = NULLS) -> float:
    """The p-value of a map as good as which so many of the `nulls` are, ties among them: never 0 (Phipson & Smyth 2010,
    Statistical Applications in Genetics and Molecular Biology 9(1), eq. 2)."""
    return (1 + as_good) / (1 + nulls)
