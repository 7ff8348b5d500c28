"""The film in its full depth and size, for those who look closely: the page draws 8 bits of at most 1,024 px first.

It is fetched once a person comes near the panels, by a name that nobody can guess and that only their page was told;
when the film leaves the server, so does the name.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from weakref import WeakValueDictionary, finalize

import cv2
import numpy as np
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import DEEP_CACHE_BYTES
from cxr_demo.ui import image_encoding

DEEP_SIDE_PX = 4096  # longest side: more than any screen, and 32 MB in the browser
WHITE = 65535
NO_GREYS = np.empty((0, WHITE + 1), np.uint16)
_FILMS: WeakValueDictionary[str, DeepFilm] = WeakValueDictionary()
_BODIES: OrderedDict[str, bytes] = OrderedDict()  # by name, the last asked for at the end; each goes with its film
_ENCODING = CapacityLimiter(1)  # a film of 16 megapixels takes a second of a core, and anybody may ask again


class DeepFilm:
    """A film to be fetched by its `name` as long as this is kept. `make`: its levels (H, W) uint16, and tables (N,
    65536) uint16 of other greys for them, of which there may be none; made when it is first fetched."""

    def __init__(self, make: Callable[[], tuple[np.ndarray, np.ndarray]]) -> None:
        self.make, self.name = make, secrets.token_urlsafe(16)
        _FILMS[self.name] = self
        finalize(self, _BODIES.pop, self.name, None)


def offer_deep_film(image: Radiograph) -> DeepFilm | None:
    """None where the page's picture is all there is."""
    return DeepFilm(lambda: (make_levels(image.pixels), NO_GREYS)) if has_more_depth(image) else None


def offer_changed_film(image: Radiograph, change: Callable[[], Radiograph]) -> DeepFilm | None:
    """What becomes of a film, made again when it is fetched rather than kept; None where that is of the film itself."""
    return DeepFilm(lambda: (make_levels(change().pixels), NO_GREYS)) if has_more_depth(image) else None


def offer_windows(image: Radiograph) -> DeepFilm | None:
    """The film before any window, with all that its file offers but the first; None where there is no choice."""
    windows = image.windows
    return DeepFilm(lambda: (windows.levels, windows.greys)) if windows else None


def has_more_depth(image: Radiograph) -> bool:
    """Than 8 bits, or more pixels than the page's picture."""
    steps = image.pixels * 255
    is_all = max(image.pixels.shape) <= image_encoding.FILM_SIDE_PX and np.abs(steps - np.rint(steps)).max() < 1e-3
    return not is_all


def make_levels(pixels: np.ndarray) -> np.ndarray:
    """(H, W) float32 0..1 -> uint16, of at most DEEP_SIDE_PX a side."""
    return np.rint(np.clip(_shrink(pixels), 0, 1) * WHITE).astype(np.uint16)


async def send_deep_film(request: Request) -> Response:
    """The answer to a browser: `encode_deep_film`, or 404. One film is encoded at a time, and once."""
    name = request.path_params["name"]
    film = _FILMS.get(name)
    if film is None:
        return Response(status_code=404)
    async with _ENCODING:
        if (body := _BODIES.get(name)) is None:
            body = _BODIES[name] = await to_thread.run_sync(lambda: encode_deep_film(*film.make()))
        _BODIES.move_to_end(name)
        while sum(map(len, _BODIES.values())) > DEEP_CACHE_BYTES:
            _BODIES.popitem(last=False)
    return Response(body, media_type="application/octet-stream")


def encode_deep_film(levels: np.ndarray, greys: np.ndarray) -> bytes:
    """levels (H, W) and greys (N, 65536), uint16 -> width, height and N, 4 bytes each, little endian, then deflated:
    of each row of both the steps from value to value, modulo 65,536, first all of the levels, then all of the greys;
    of both all low bytes before all high ones."""
    levels = _shrink(levels)
    height, width = levels.shape
    planes = b"".join(_make_planes(values) for values in (levels, greys))
    return struct.pack("<III", width, height, len(greys)) + zlib.compress(planes, 1)


def _make_planes(values: np.ndarray) -> bytes:
    values = values.astype("<u2")
    steps = np.diff(values, axis=1, prepend=np.zeros((len(values), 1), "<u2"))
    return np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 2).T).tobytes()


def _shrink(pixels: np.ndarray) -> np.ndarray:
    height, width = image_encoding.fit_shape(pixels.shape, DEEP_SIDE_PX)
    is_small = (height, width) == pixels.shape
    return pixels if is_small else cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
