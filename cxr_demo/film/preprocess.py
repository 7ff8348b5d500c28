"""Film to the model's square and the exact way back.

Two frames: the *image* (the film's own pixels, H x W) and the *square* (S x S, what the model sees). Coordinates are
(x, y) in pixels with the centre of the first pixel at (0.5, 0.5), so an edge of the film is 0 or W in every frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar, overload

import cv2
import numpy as np
from pydantic import ConfigDict, Field, Strict
from pydantic.dataclasses import dataclass

from cxr_demo.grids import EVEN, Placement, Span, spread_map
from cxr_demo.limits import SIZES_PX
from cxr_demo.text.catalogue import say

if TYPE_CHECKING:  # reading and squaring a film needs no torch
    import torch

Coordinate = TypeVar("Coordinate", float, np.ndarray)
GEOMETRIES = ("stretch", "letterbox", "crop")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Preprocess:
    """What stands between a film and a network; a checkpoint's card alone rebuilds it.

    `geometry`: "stretch" squeezes the whole film into the square, "letterbox" keeps its shape and pads with black,
    "crop" keeps its shape and takes the central square, of which `crop_share` is the side in shares of the shorter side
    of the film: 1 but for imported networks (timm's `crop_pct`). `mean` and `std` have one value per channel, for
    pixels in 0..1; their length is the number of channels.
    """

    size_px: Annotated[int, Strict()]
    geometry: str
    mean: tuple[Annotated[float, Strict()], ...]
    std: tuple[Annotated[float, Strict()], ...]
    # Not written where it is 1, so that a card from before it is read and written the same.
    crop_share: Annotated[float, Strict()] = Field(default=1.0, exclude_if=lambda share: share == 1)

    def __post_init__(self) -> None:
        if self.geometry not in GEOMETRIES:
            raise ValueError(say("square-geometry", geometry=str(self.geometry), known=", ".join(GEOMETRIES)))
        if not SIZES_PX[0] <= self.size_px <= SIZES_PX[1]:
            raise ValueError(say("square-size", size=str(self.size_px), low=SIZES_PX[0], high=SIZES_PX[1]))
        if len(self.mean) != len(self.std) or len(self.mean) not in (1, 3):
            raise ValueError(say("square-channels"))
        if not np.isfinite([*self.mean, *self.std]).all() or min(self.std) <= 0:
            raise ValueError(say("square-numbers"))
        if not 0.5 <= self.crop_share <= 1 or (self.crop_share != 1 and self.geometry != "crop"):
            raise ValueError(say("square-crop", share=f"{self.crop_share:g}"))

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """pixels (H, W) float32 0..1 -> x (1, C, S, S) float32, normalised."""
        return self.normalise(self.square(pixels))

    @overload
    def normalise(self, squares: np.ndarray) -> np.ndarray: ...
    @overload
    def normalise(self, squares: torch.Tensor) -> torch.Tensor: ...
    def normalise(self, squares):
        """squares (S, S) or (N, 1, S, S) float32 0..1, an array or a tensor -> x (N, C, S, S) float32 of the same kind,
        on the same device; N is 1 for a single square."""
        scales = np.array([self.mean, self.std], np.float32)[:, :, None, None]
        mean, std = scales if isinstance(squares, np.ndarray) else squares.new_tensor(scales)
        x = (squares - mean) / std
        return x if x.ndim == 4 else x[None]

    def square(self, pixels: np.ndarray) -> np.ndarray:
        """pixels (H, W) float32 0..1 -> what the model sees, (S, S) float32 0..1, padding 0.

        Rounded to 256 grey levels, as the packed films of the training are, so that both see the same tensor.
        """
        seen_x, seen_y, placed_x, placed_y = self.boxes(pixels.shape)
        seen = np.ascontiguousarray(pixels[slice(*seen_y), slice(*seen_x)], dtype=np.float32)
        width, height = placed_x[1] - placed_x[0], placed_y[1] - placed_y[0]
        square = np.zeros((self.size_px, self.size_px), np.float32)
        square[slice(*placed_y), slice(*placed_x)] = _resize(seen, width, height)
        return np.rint(square * 255).astype(np.float32) / np.float32(255)

    def mark_image(self, shape: tuple[int, int]) -> np.ndarray:
        """(S, S) bool: where the square of a film of `shape` (H, W) is no padding."""
        *_, placed_x, placed_y = self.boxes(shape)
        marked = np.zeros((self.size_px, self.size_px), bool)
        marked[slice(*placed_y), slice(*placed_x)] = True
        return marked

    def map_to_image(self, map_square: np.ndarray, shape: tuple[int, int], placement: Placement = EVEN) -> np.ndarray:
        """map_square (h, w) over the square, of any resolution, its cells placed as `placement` -> map_image (H, W)
        float32 on the film's own pixels.

        Values are interpolated between the middles of the cells, not summed: the unit stays "per cell of the map".
        Beyond the outermost middles they stay the same. What the model did not see (the margins of "crop") is 0.
        """
        seen_x, seen_y, placed_x, placed_y = self.boxes(shape)
        columns = _sample_positions(seen_x, placed_x, self.size_px, placement.columns, map_square.shape[1])
        rows = _sample_positions(seen_y, placed_y, self.size_px, placement.rows, map_square.shape[0])
        map_image = np.zeros(shape, np.float32)
        grid_x, grid_y = np.meshgrid(columns, rows)
        map_image[slice(*seen_y), slice(*seen_x)] = cv2.remap(
            np.ascontiguousarray(map_square, dtype=np.float32), grid_x, grid_y, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return map_image

    def spread_on_image(
        self, map_square: np.ndarray, shape: tuple[int, int], placement: Placement = EVEN
    ) -> np.ndarray:
        """map_square (h, w) over the square -> (H, W) float64 on the film's own pixels, each cell's value spread evenly
        over the pixels that it covers: the sum stays, and a region holds the sum of its pixels. What lies in the
        padding of a letterbox is on no pixel and left out; what the model did not see is 0."""
        rows, columns = self.edges_to_image((map_square.shape[0], map_square.shape[1]), shape, placement)
        return spread_map(map_square, rows, columns, shape)

    def edges_to_image(
        self, grid: tuple[int, int], shape: tuple[int, int], placement: Placement = EVEN
    ) -> tuple[np.ndarray, np.ndarray]:
        """The edges of the rows (h + 1,) and columns (w + 1,) of a map over the square, in the film's own pixels; of a
        padded square, some beyond the film."""
        return self._lines_to_image(placement.find_edges(grid), shape)

    def middles_to_image(
        self, grid: tuple[int, int], shape: tuple[int, int], placement: Placement = EVEN
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same of the middles of the rows (h,) and columns (w,)."""
        return self._lines_to_image(placement.find_middles(grid), shape)

    def _lines_to_image(
        self, lines: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = (each * self.size_px for each in lines)
        seen_x, seen_y, placed_x, placed_y = self.boxes(shape)
        return _along(rows, placed_y, seen_y), _along(columns, placed_x, seen_x)

    def point_to_square(self, x: Coordinate, y: Coordinate, shape: tuple[int, int]) -> tuple[Coordinate, Coordinate]:
        """A point of the film (x, y) in its own pixels, or arrays of them -> the same in the square."""
        seen_x, seen_y, placed_x, placed_y = self.boxes(shape)
        return _along(x, seen_x, placed_x), _along(y, seen_y, placed_y)

    def point_to_image(self, x: float, y: float, shape: tuple[int, int]) -> tuple[float, float]:
        """A point of the square -> the same point in the film's own pixels."""
        seen_x, seen_y, placed_x, placed_y = self.boxes(shape)
        return _along(x, placed_x, seen_x), _along(y, placed_y, seen_y)

    def seen_box(self, shape: tuple[int, int]) -> tuple[int, int, int, int]:
        """The part of the film that the model sees: (left, top, right, bottom) in the film's pixels."""
        seen_x, seen_y, _, _ = self.boxes(shape)
        return seen_x[0], seen_y[0], seen_x[1], seen_y[1]

    def boxes(self, shape: tuple[int, int]):
        """Whole-pixel ranges (start, stop): seen in the film along x and y, then placed in the square along x and y."""
        height, width = shape
        whole = (0, self.size_px)
        if self.geometry == "stretch":
            return (0, width), (0, height), whole, whole
        if self.geometry == "crop":
            side = max(1, round(min(height, width) * self.crop_share))
            return _centred(side, width), _centred(side, height), whole, whole
        scale = self.size_px / max(height, width)
        placed_x = _centred(max(1, round(width * scale)), self.size_px)
        placed_y = _centred(max(1, round(height * scale)), self.size_px)
        return (0, width), (0, height), placed_x, placed_y


def _centred(length: int, room: int) -> tuple[int, int]:
    start = (room - length) // 2
    return start, start + length


def _along(value: Coordinate, source: tuple[int, int], target: tuple[int, int]) -> Coordinate:
    return target[0] + (value - source[0]) * (target[1] - target[0]) / (source[1] - source[0])


def _sample_positions(seen, placed, size_px: int, span: Span, cells: int) -> np.ndarray:
    """Where in the map, whose cells fill `span`, each film pixel's centre falls, in cv2.remap's convention (cell
    centres at 0, 1, ...)."""
    centres = np.arange(seen[0], seen[1], dtype=np.float64) + 0.5
    in_square = placed[0] + (centres - seen[0]) * (placed[1] - placed[0]) / (seen[1] - seen[0])
    return ((in_square / size_px - span[0]) * cells / (span[1] - span[0]) - 0.5).astype(np.float32)


def _resize(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Area averaging when both sides shrink (no aliasing), linear otherwise."""
    if pixels.shape == (height, width):
        return pixels
    shrinks = height <= pixels.shape[0] and width <= pixels.shape[1]
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
