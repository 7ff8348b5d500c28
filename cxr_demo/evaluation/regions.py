"""Where on the film a map's evidence lies: inside the lungs, outside them, along borders, in corners, in a drawn box.

A map's positive cells are brought to the film's pixels with each cell's evidence spread evenly over the area that it
covers, so that shares are those of the map and not of an interpolation between its cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import RegionShare, mark_margins, measure_shares
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import measure_overlaps

LUNGS, OUTSIDE, DRAWN = "lungs", "outside the lungs", "drawn region"
Box = tuple[float, float, float, float]  # x, y, width, height in shares of the film


def make_region_masks(
    pixels_shape: tuple[int, int],
    lungs: np.ndarray | None,
    drawn: Box | None = None,
    extra: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> dict[str, np.ndarray]:
    """Of a film (H, W): name -> mask (H, W) bool. Regions overlap, so their shares do not add up to 1.

    `lungs` (H, W) bool is an estimate; without one, or where it finds no lung, no region needs it. `extra` holds what
    is known of a phantom. ExplanationError for a drawn box that does not lie on the film or holds no pixel of it.
    """
    found = {} if lungs is None else {LUNGS: lungs, OUTSIDE: ~lungs}
    found |= mark_margins(pixels_shape)
    if drawn is not None:
        found[DRAWN] = _inside(drawn, pixels_shape)
    if twice := found.keys() & extra.keys():
        raise ValueError(f"{min(twice)!r} is already the name of a region")
    for name, mask in (found | dict(extra)).items():
        if mask.shape != tuple(pixels_shape) or mask.dtype != bool:
            raise ValueError(f"the mask of {name!r} is not bool of the film's shape {tuple(pixels_shape)}")
    kept = found | dict(extra)
    return kept if lungs is None or lungs.any() else {name: kept[name] for name in kept if name not in (LUNGS, OUTSIDE)}


def measure_evidence(
    map_square: np.ndarray, preprocess: Preprocess, regions: Mapping[str, np.ndarray]
) -> dict[str, RegionShare]:
    """A raw map (h, w) over the model's square, of any resolution, and masks (H, W) bool on the film -> name -> Share.

    Both shares are of the film: evidence in the padding of "letterbox" lies on no film and is not counted; what the
    model did not see of a "crop" holds no evidence. NaN where the film holds none, or the map is not finite.
    """
    if not regions:
        return {}
    shape = next(iter(regions.values())).shape
    if not np.isfinite(map_square).all():
        map_square = np.zeros_like(map_square)  # without evidence there is no share of it
    return measure_shares(spread_over_image(np.maximum(map_square, 0), preprocess, shape), regions)


def spread_over_image(map_square: np.ndarray, preprocess: Preprocess, shape: tuple[int, int]) -> np.ndarray:
    """A map (h, w) over the square -> what of it lies on each pixel of the film, (H, W) float32: each cell is spread
    evenly over its area, and the sum is that of the map but for padding. `Preprocess.map_to_image` interpolates
    between cells instead, and on a film that is smaller than the map leaves some out."""
    columns = _overlaps(preprocess, shape, map_square.shape[1], axis=1)
    rows = _overlaps(preprocess, shape, map_square.shape[0], axis=0)
    return rows @ map_square.astype(np.float32) @ columns.T


def make_box_mask(boxes: Sequence[Sequence[float]], shape: tuple[int, int]) -> np.ndarray:
    """Boxes (x, y, width, height in shares of the image) -> (H, W) bool: the pixels whose centre is in any of them."""
    rows, columns = ((np.arange(length) + 0.5) / length for length in shape)
    mask = np.zeros(shape, bool)
    for x, y, width, height in boxes:
        mask |= ((rows >= y) & (rows < y + height))[:, None] & ((columns >= x) & (columns < x + width))
    return mask


def describe_evidence(
    found: Mapping[str, Mapping[str, RegionShare]], dice: tuple[float, float, float] | None
) -> Iterator[str]:
    """Lines of text: one for each map of {method: {region: Share}}, and what the lungs' outline is worth."""
    for method, of_regions in found.items():
        said = (f"{name} {_percent(share.evidence)} (area {share.area:.0%})" for name, share in of_regions.items())
        yield f"{method}: evidence in {', '.join(said)}"
    if dice is None:
        yield "There is no lung model beside the checkpoints, so nothing is said about the lungs."
    elif not any(LUNGS in of_regions for of_regions in found.values()):
        yield "The lung model finds no lung on this film, so nothing is said about the lungs."
    else:
        value, low, high = dice
        yield (
            f"The lungs are an estimate by a small network: Dice {value:.2f} (95 % interval {low:.2f} to {high:.2f}) "
            "on real films that it had not seen."
        )


def _percent(evidence: float) -> str:
    return "none" if np.isnan(evidence) else f"{evidence:.0%}"


def _inside(box: Box, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: the pixels whose centre lies in the box."""
    x, y, width, height = box
    if not np.isfinite(box).all() or min(x, y) < 0 or min(width, height) <= 0 or max(x + width, y + height) > 1 + 1e-9:
        raise ExplanationError(
            "The region does not lie on the film.",
            "Give x, y, width and height as shares of the film: 0 to 1, width and height above 0.",
        )
    mask = make_box_mask([box], shape)
    if not mask.any():
        raise ExplanationError("The region holds no pixel of the film.", "Draw it larger.")
    return mask


def _overlaps(preprocess: Preprocess, shape: tuple[int, int], cells: int, axis: int) -> np.ndarray:
    """(H or W, cells) float32: the share of each of the map's rows or columns that lies on each of the film's."""
    edges = np.arange(shape[axis] + 1, dtype=np.float64)
    points = preprocess.point_to_square(0, edges, shape) if axis == 0 else preprocess.point_to_square(edges, 0, shape)
    pixels = points[1 - axis] * cells / preprocess.size_px
    return measure_overlaps(np.arange(cells + 1), pixels).astype(np.float32)
