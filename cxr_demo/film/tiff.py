"""The TIFF varieties that Pillow reads inexactly or not at all: with tifffile, value for value.

Those are colour and grey with alpha of more than 8 bits, separate planes of them, floats of 16 and 64 bits, and signed
numbers, floats and 32 bits with the big end first.
"""

from __future__ import annotations

import logging
import zlib
from io import BytesIO
from itertools import islice

import numpy as np
from tifffile import COMPRESSION, PHOTOMETRIC, SAMPLEFORMAT, TiffFile, TiffPage

from cxr_demo.errors import ImageError
from cxr_demo.limits import MAX_PIXELS, MAX_TIFF_PAGES

REDUCED_RESOLUTION = 1  # a bit of NewSubfileType (TIFF 6.0, page 36)
DEFLATED = (COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE)
logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # it quotes what a file says of its patient
PLAIN_COLOURS = (PHOTOMETRIC.RGB, PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE)


def find_exact_page(data: bytes) -> TiffPage | None:
    """The one page of a TIFF if Pillow does not hand out its values as they are; None for all others, for a file of
    more than MAX_TIFF_PAGES, which may be a circle of them, and for one that tifffile cannot read."""
    try:
        every = list(islice(TiffFile(BytesIO(data)).pages, MAX_TIFF_PAGES + 1))
        if len(every) > MAX_TIFF_PAGES:
            return None
        pages = [page for page in every if isinstance(page, TiffPage) and not page.subfiletype & REDUCED_RESOLUTION]
    except Exception:  # a damaged file makes it raise nearly any type; what else there is of it is Pillow's to say
        return None
    if len(pages) != 1 or (page := pages[0]).photometric not in PLAIN_COLOURS:
        return None
    is_whole_colour = page.samplesperpixel > 2 and page.planarconfig == 1 and page.dtype == np.uint16
    is_deep = page.bitspersample in (16, 32, 64) and page.samplesperpixel > 1 and not is_whole_colour  # OpenCV has that
    is_odd_float = page.sampleformat == SAMPLEFORMAT.IEEEFP and page.bitspersample != 32
    is_split_alpha = page.samplesperpixel == 2 and page.planarconfig == 2
    # With the big end first Pillow turns whole numbers of 16 bits alone the right way round.
    is_turned = page.parent.byteorder == ">" and page.bitspersample in (16, 32) and page.dtype != np.uint16
    is_unread = is_turned or page.bitspersample == 64
    return page if is_deep or is_odd_float or is_split_alpha or is_unread else None


def read_exact_page(page: TiffPage, data: bytes) -> np.ndarray:
    """(H, W), or (H, W, C) with C 2 (grey, alpha), 3 or 4, as stored. `ImageError` for a compression that is not read
    here, and for a part that unpacks to more than it should."""
    if page.compression not in (COMPRESSION.NONE, *DEFLATED) or page.samplesperpixel > 4:
        raise ImageError("film-tiff-variety")
    if page.tilewidth * page.tilelength > MAX_PIXELS:
        raise ImageError("film-large-tiles", megapixels=MAX_PIXELS // 10**6)
    if page.compression in DEFLATED:
        _check_parts(page, data)
    stored = page.asarray()
    return np.moveaxis(stored, 0, -1) if page.planarconfig == 2 and stored.ndim == 3 else stored


def read_orientation(page: TiffPage) -> int:
    """As in EXIF: 1 is upright."""
    tag = page.tags.get(0x0112)
    return int(tag.value) if tag else 1


def _check_parts(page: TiffPage, data: bytes) -> None:
    """tifffile unpacks a strip or tile whole: 64 MB may be 64 GB."""
    rows = page.tilelength or min(page.rowsperstrip, page.imagelength)
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    most = (page.tilewidth or page.imagewidth) * rows * samples * (page.bitspersample // 8)
    for start, size in zip(page.dataoffsets, page.databytecounts, strict=True):
        inflater = zlib.decompressobj()
        inflater.decompress(data[start : start + size], most + 1)
        if inflater.unconsumed_tail:
            raise ImageError("film-damaged", kind="TIFF")
