"""How large an image may be and must be, looked at before anything is decoded."""

from __future__ import annotations

from cxr_demo.errors import ImageError
from cxr_demo.limits import MAX_ASPECT, MAX_PIXELS_READ

MIN_SIDE_PX = 32


def check_size(width: int, height: int, most: int = MAX_PIXELS_READ) -> None:
    """`ImageError` for more pixels than `most`, a side below MIN_SIDE_PX, and what is longer than MAX_ASPECT : 1."""
    size = {"width": width, "height": height}
    if width * height > most:
        raise ImageError("film-too-many-pixels", megapixels=most // 10**6, **size)
    if min(width, height) < MIN_SIDE_PX:
        raise ImageError("film-too-few-pixels", least=MIN_SIDE_PX, **size)
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError("film-too-thin", **size)
