"""The film and its maps as pictures, for a report or a file of their own."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.export.shown import DrawnMap, Greys, ShownStudy

FILM = "film"  # instead of a method
QUALITIES = (92, 85, 75, 60, 40)  # of JPEG, the first that is small enough


def draw_film(pixels: np.ndarray, longest_px: int, greys: Greys = Greys()) -> np.ndarray:  # noqa: B008 (frozen)
    """pixels (H, W) -> (H', W', 3) uint8 RGB, of at most `longest_px` a side; never enlarged."""
    return np.repeat(render.make_greys(greys.apply(_shrink(pixels, longest_px)))[..., None], 3, axis=2)


def draw_panel(shown: ShownStudy, panel: str, longest_px: int) -> np.ndarray:
    """The film, or the map of a method over it -> (H, W, 3) uint8 RGB, of at most `longest_px` a side; never
    enlarged. KeyError for a method without a map that can be drawn."""
    pixels = shown.greys.choose_pixels(shown.study.image)
    if panel == FILM:
        return draw_film(pixels, longest_px, shown.greys)
    drawn = shown.list_drawn()[panel]
    made, film = drawn.explanation, shown.greys.apply(_shrink(pixels, longest_px))
    map_image = shown.card.preprocess.map_to_image(made.map_square, film.shape, made.placement)
    return render.draw_overlay(film, map_image, drawn.scale, shown.opacity)


def _shrink(film: np.ndarray, longest_px: int) -> np.ndarray:
    shape = render.fit_shape(film.shape, longest_px)
    return film if shape == film.shape else cv2.resize(film, shape[::-1], interpolation=cv2.INTER_AREA)


def list_panels(shown: ShownStudy) -> list[str]:
    """The film, and the methods whose maps hold enough to be drawn."""
    return [FILM, *(key for key, drawn in shown.list_drawn().items() if not drawn.scale.nothing)]


def encode_jpegs(pictures: dict[str, np.ndarray], most_bytes: int) -> dict[str, bytes]:
    """Pictures (H, W, 3) uint8 RGB as JPEG, all of one quality: the best with which they take at most `most_bytes`, or
    the least there is."""
    files: dict[str, bytes] = {}
    for quality in QUALITIES:
        files = {name: _encode(".jpg", rgb, cv2.IMWRITE_JPEG_QUALITY, quality) for name, rgb in pictures.items()}
        if sum(map(len, files.values())) <= most_bytes:
            break
    return files


def encode_png(rgb: np.ndarray) -> bytes:
    """(H, W, 3) uint8 RGB, without loss."""
    return _encode(".png", rgb, cv2.IMWRITE_PNG_COMPRESSION, 4)


def decode_png(file: bytes) -> np.ndarray:
    """-> (H, W, 3) uint8 RGB."""
    bgr = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("the file is no PNG")
    return bgr[..., ::-1]


def _encode(ending: str, rgb: np.ndarray, *settings: int) -> bytes:
    return cv2.imencode(ending, np.ascontiguousarray(rgb[..., ::-1]), settings)[1].tobytes()


def wrap_picture(file: bytes, shape: tuple[int, ...]) -> str:
    """A picture (H, W) as SVG that holds it: what is set goes to the typesetter as text, and touches no disk."""
    kind = "jpeg" if file.startswith(b"\xff\xd8") else "png"
    data = base64.b64encode(file).decode()
    size = f'width="{shape[1]}" height="{shape[0]}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<image {size} preserveAspectRatio="none" href="data:image/{kind};base64,{data}"/></svg>'
    )


def draw_bar(drawn: DrawnMap) -> str:
    """Its colours from the low to the high end, as `wrap_picture` has it."""
    bar = render.draw_colour_bar(drawn.scale, 256, 8)
    return wrap_picture(encode_png(bar), bar.shape)
