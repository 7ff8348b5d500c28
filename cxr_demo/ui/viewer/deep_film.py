"""The film in its full depth and size, for those who look closely: the page draws 8 bits of at most 1,024 px first.

It is fetched once a person comes near the panels, by a name that nobody can guess and that only their page was told;
when the film leaves the server, so does the name.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from collections import OrderedDict
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
_FILMS: WeakValueDictionary[str, Radiograph] = WeakValueDictionary()
_BODIES: OrderedDict[str, bytes] = OrderedDict()  # by name, the last asked for at the end; each goes with its film
_ENCODING = CapacityLimiter(1)  # a film of 16 megapixels takes a second of a core, and anybody may ask again


def offer_deep_film(image: Radiograph) -> str | None:
    """A name under which it may be fetched as long as it is kept; None where the page's picture is all there is."""
    steps = image.pixels * 255
    if max(image.pixels.shape) <= image_encoding.FILM_SIDE_PX and np.abs(steps - np.rint(steps)).max() < 1e-3:
        return None
    name = secrets.token_urlsafe(16)
    _FILMS[name] = image
    finalize(image, _BODIES.pop, name, None)
    return name


async def send_deep_film(request: Request) -> Response:
    """The answer to a browser: `encode_deep_film`, or 404. One film is encoded at a time, and once."""
    name = request.path_params["name"]
    image = _FILMS.get(name)
    if image is None:
        return Response(status_code=404)
    async with _ENCODING:
        if (body := _BODIES.get(name)) is None:
            body = _BODIES[name] = await to_thread.run_sync(encode_deep_film, image.pixels)
        _BODIES.move_to_end(name)
        while sum(map(len, _BODIES.values())) > DEEP_CACHE_BYTES:
            _BODIES.popitem(last=False)
    return Response(body, media_type="application/octet-stream")


def encode_deep_film(pixels: np.ndarray) -> bytes:
    """pixels (H, W) float32 0..1 -> width and height, 4 bytes each, little endian, then deflated: of each row the steps
    from pixel to pixel of its 16 bits, modulo 65,536, all low bytes before all high ones."""
    height, width = image_encoding.fit_shape(pixels.shape, DEEP_SIDE_PX)
    if (height, width) != pixels.shape:
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    levels = np.rint(np.clip(pixels, 0, 1) * WHITE).astype("<u2")
    steps = np.diff(levels, axis=1, prepend=np.zeros((height, 1), "<u2"))
    planes = steps.view(np.uint8).reshape(-1, 2).T
    return struct.pack("<II", width, height) + zlib.compress(np.ascontiguousarray(planes).tobytes(), 1)
