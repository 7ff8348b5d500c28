"""Arrays to what a browser draws: PNG as data URIs, so that no picture is ever a file."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import EVEN, Placement
from cxr_demo.render import fit_shape

FILM_SIDE_PX = 1024  # longest side of the film on the page
MAP_STEPS = 32767
MAP_SIDE_PX = 512  # longest side of a map on the page: above any square used so far, and half the bytes


def encode_film(pixels: np.ndarray) -> str:
    """pixels (H, W) float32 0..1 -> PNG of at most `FILM_SIDE_PX` a side."""
    height, width = fit_shape(pixels.shape, FILM_SIDE_PX)
    if (height, width) != pixels.shape:
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return encode_png(render.make_greys(pixels))


def encode_map(map_raw: np.ndarray, placement: Placement = EVEN) -> dict:
    """A raw map (h, w) on its own grid -> where its cells lie, and its numbers, as shares of its largest magnitude in
    16 bits (a step is a 32,767th of it), compressed: what a browser needs to draw it on any scale."""
    peak = float(np.abs(map_raw).max())
    steps = np.rint(map_raw.astype(np.float64) / (peak or 1.0) * MAP_STEPS).astype("<i2")
    packed = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()
    return {
        "rows": map_raw.shape[0], "columns": map_raw.shape[1], "peak": peak, "numbers": packed,
        "down": placement.rows, "across": placement.columns,
    }  # fmt: skip


def describe_frame(preprocess: Preprocess, shape: tuple[int, int]) -> dict:
    """Where the square lies on a map of a film of `shape` (H, W), as `Preprocess.map_to_image` draws it: the size
    of the map on the page, the part of it that the network sees, and where this lies in the square, as [start, stop).
    """
    height, width = fit_shape(shape, MAP_SIDE_PX)
    seen_x, seen_y, placed_x, placed_y = preprocess.boxes((height, width))
    return {
        "width": width, "height": height, "size": preprocess.size_px, "seenX": seen_x, "seenY": seen_y,
        "placedX": placed_x, "placedY": placed_y,
    }  # fmt: skip


def encode_map_levels(
    map_square: np.ndarray,
    scale: render.Scale,
    preprocess: Preprocess,
    shape: tuple[int, int],
    placement: Placement = EVEN,
) -> str:
    """A raw map over the square -> its 8-bit levels on a film of `shape`, as PNG."""
    map_image = preprocess.map_to_image(map_square, fit_shape(shape, MAP_SIDE_PX), placement)
    return encode_png(render.quantise_map(map_image, scale))


def repeat_cells(map_square: np.ndarray, size_px: int, placement: Placement = EVEN) -> np.ndarray:
    """A coarse map (h, w) -> (S, S) in which every cell is one flat block."""
    middles = (np.arange(size_px) + 0.5) / size_px
    rows, columns = (
        np.searchsorted(edges[1:-1], middles, side="right")
        for edges in placement.find_edges((map_square.shape[0], map_square.shape[1]))
    )
    return map_square[rows][:, columns]


def encode_colour_bar(scale: render.Scale) -> str:
    return encode_png(render.draw_colour_bar(scale)[..., ::-1])


def encode_colour_table(scale: render.Scale) -> str:
    """The RGBA of the 256 levels, 1024 bytes, base64."""
    return base64.b64encode(render.make_colour_table(scale).tobytes()).decode()


def encode_layer(
    made: Explanation, scale: render.Scale, preprocess: Preprocess, shape: tuple[int, int], opacity: float
) -> str:
    """A map over the square -> what to lay over a film of `shape` (H, W): PNG, transparent at zero."""
    map_image = preprocess.map_to_image(made.map_square, fit_shape(shape, MAP_SIDE_PX), made.placement)
    map_levels = render.quantise_map(map_image, scale)
    rgba = render.make_colour_table(scale)[map_levels]
    rgba[..., 3] = np.rint(rgba[..., 3] * opacity)
    return encode_png(rgba[..., [2, 1, 0, 3]])


def encode_outlines(masks: Iterable[np.ndarray]) -> str:
    """Masks (H, W) bool -> the lines around them, as PNG of the film's size on the page."""
    masks = list(masks)
    return encode_png(render.draw_outlines(masks, fit_shape(masks[0].shape, FILM_SIDE_PX)))


def encode_png(array: np.ndarray) -> str:
    """(H, W), (H, W, 3) BGR or (H, W, 4) BGRA, uint8 -> data URI; lossless."""
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", array)[1].tobytes()).decode()


COLOUR_TABLES = {shown: encode_colour_table(render.Scale(shown, "", 1.0)) for shown in ("positive", "signed")}
