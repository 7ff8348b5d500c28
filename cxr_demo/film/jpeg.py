"""How much work a JPEG stream is, before it is decoded."""

from __future__ import annotations

import re
from itertools import count

from cxr_demo.errors import ImageError
from cxr_demo.limits import MAX_JPEG_SCANS, MAX_JPEG_SEGMENTS

# Between markers stands coded data, in which 00, a restart (D0 to D7) or, in JPEG-LS, less than 80 follows FF.
MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


def check_jpeg(stream: bytes) -> None:
    """Raise `ImageError` for a JPEG or JPEG-LS stream of more scans, or more segments, than a camera writes.

    A scan goes over all blocks of the image, however few bytes it has: 644 KB can hold minutes of work.
    """
    position, scans = 2, 0
    for segments in count(1):
        if (found := MARKER.search(stream, position)) is None or found[1][0] == END_OF_IMAGE:
            return
        scans += found[1][0] == START_OF_SCAN
        if scans > MAX_JPEG_SCANS or segments > MAX_JPEG_SEGMENTS:
            raise ImageError("jpeg-too-many-parts")
        start = found.end()
        position = start + max(int.from_bytes(stream[start : start + 2]), 2)
