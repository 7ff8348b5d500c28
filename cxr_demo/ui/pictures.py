"""Arrays to what a browser draws: PNG as data URIs, so that no picture is ever a file."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.preprocess import Preprocess

FILM_SIDE_PX = 1024  # longest side of the film on the page
MAP_SIDE_PX = 512  # longest side of a map on the page: above any square used so far, and half the bytes


def fitted(shape: tuple[int, int], longest_px: int) -> tuple[int, int]:
    """(H, W) shrunk in proportion until the longest side fits; never enlarged."""
    shrink = min(1.0, longest_px / max(shape))
    return max(1, round(shape[0] * shrink)), max(1, round(shape[1] * shrink))


def film(pixels: np.ndarray) -> str:
    """pixels (H, W) float32 0..1 -> PNG of at most `FILM_SIDE_PX` a side."""
    height, width = fitted(pixels.shape, FILM_SIDE_PX)
    if (height, width) != pixels.shape:
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return png(render.film_greys(pixels))


def map_levels(map_square: np.ndarray, scale: render.Scale, preprocess: Preprocess, shape: tuple[int, int]) -> str:
    """A raw map over the square -> its 8-bit levels on a film of `shape`, as PNG."""
    return png(render.levels(preprocess.map_to_image(map_square, fitted(shape, MAP_SIDE_PX)), scale))


def as_cells(map_square: np.ndarray, size_px: int) -> np.ndarray:
    """A coarse map (h, w) -> (S, S) in which every cell is one flat block."""
    rows = np.arange(size_px) * map_square.shape[0] // size_px
    columns = np.arange(size_px) * map_square.shape[1] // size_px
    return map_square[rows][:, columns]


def bar(scale: render.Scale) -> str:
    return png(render.colour_bar(scale)[..., ::-1])


def table(scale: render.Scale) -> str:
    """The RGBA of the 256 levels, 1024 bytes, base64."""
    return base64.b64encode(render.table(scale).tobytes()).decode()


def png(array: np.ndarray) -> str:
    """(H, W) or (H, W, 3) BGR, uint8 -> data URI; lossless."""
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", array)[1].tobytes()).decode()
