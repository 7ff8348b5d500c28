"""The ordinary picture formats, to upright samples 0..1. `cxr_demo.film.reading` is the only caller."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin
from tifffile import PHOTOMETRIC, TiffPage

from cxr_demo.errors import ImageError
from cxr_demo.film.dicom_voi import count_used_bits
from cxr_demo.film.halving import BAND_ROWS, describe_halving, halve, is_too_large
from cxr_demo.film.jpeg import check_jpeg
from cxr_demo.film.size import check_size
from cxr_demo.film.tiff import REDUCED_RESOLUTION, find_exact_page, read_exact_page, read_orientation
from cxr_demo.limits import MAX_COLOUR_16_PIXELS_READ, MAX_PIXELS, MAX_PIXELS_READ, MAX_TIFF_PAGES
from cxr_demo.text.catalogue import Said, Words, say
from cxr_demo.text.formats import format_significant

# The plugin classes are called directly: Image.open would warn of large images through Python's process-wide
# warnings, and would try other formats.
PICTURES = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}
CONVERTED = {  # what is said of Pillow's modes that are neither grey nor RGB
    "1": "note-one-bit",
    "CMYK": "note-cmyk",
    "LAB": "note-lab",
    "P": "note-palette",
    "PA": "note-palette",
}
ORIENTATIONS = {  # EXIF tag 0x0112: how the stored rows and columns become upright
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: np.rot90(stored),
}


JPEG_END = b"\xff\xd9"
JUNK = b"\x55" * 64  # what a decoder takes for pixels where some are missing, and passes over where none are
DEEP_COLOUR = re.compile(r"\b(RGB|RGBA|RGBX|LA);16[BLN]?\b")  # Pillow's names of how it decodes them


@dataclass(frozen=True)
class Stored:
    """`values`: (H, W), or (H, W, C) with C 2 (grey, alpha), 3 or 4, upright; `bits`: the depth that the file states,
    0 where it states none."""

    values: np.ndarray
    bits: int = 0
    is_white_zero: bool = False


def read_picture(kind: str, data: bytes, notes: list[Said]) -> np.ndarray:
    """(H, W) or (H, W, 3) float32 0..1, upright, on black; adds to `notes`."""
    if kind == "JPEG":
        check_jpeg(data)
        data = _with_end(data, notes)
    page = find_exact_page(data) if kind == "TIFF" else None
    stored = _read_exactly(page, data, notes) if page else _read_with_pillow(kind, data, notes)
    colour, alpha = _split(stored.values)
    samples = _unit(colour, stored.bits, notes)
    if stored.is_white_zero:
        notes.append(say("note-white-is-zero"))
        samples = 1 - samples
    return _on_black(samples, alpha, notes)


def _with_end(data: bytes, notes: list[Said]) -> bytes:
    """A JPEG that lacks its end mark alone gets it: what stands where pixels would be missing makes no difference."""
    if data.rfind(JPEG_END) > data.rfind(b"\xff\xda"):
        return data
    width, height = JpegImagePlugin.JpegImageFile(BytesIO(data)).size
    check_size(width, height)
    if is_too_large(width, height):  # it is decoded at half size alone
        return data
    ended = (JpegImagePlugin.JpegImageFile(BytesIO(data + end)) for end in (JPEG_END, JUNK + JPEG_END))
    whole, other = map(np.asarray, ended)
    if not np.array_equal(whole, other):
        return data
    notes.append(say("note-no-end"))
    return data + JPEG_END


def _read_exactly(page: TiffPage, data: bytes, notes: list[Said]) -> Stored:
    bytes_of_pixel = page.samplesperpixel * page.bitspersample // 8
    most = min(MAX_PIXELS_READ, MAX_COLOUR_16_PIXELS_READ * 8 // bytes_of_pixel)  # 8: of four channels of 16 bits
    check_size(page.imagewidth, page.imagelength, most)
    values = read_exact_page(page, data)
    if is_too_large(page.imagewidth, page.imagelength):
        notes.append(describe_halving(page.imagewidth, page.imagelength))
        values = halve(values)
    if (orientation := read_orientation(page)) in ORIENTATIONS:
        notes.append(say("note-turned"))
        values = ORIENTATIONS[orientation](values)
    return Stored(values, is_white_zero=page.photometric == PHOTOMETRIC.MINISWHITE)


def _read_with_pillow(kind: str, data: bytes, notes: list[Said]) -> Stored:
    image = PICTURES[kind](BytesIO(data))
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _seek_full_page(image)
    elif getattr(image, "is_animated", False):
        raise ImageError("film-animation", kind=kind)
    width, height = size = image.size
    # The decoder of WebP, in which no film is that large, needs four times the memory of the others.
    check_size(width, height, MAX_PIXELS if kind == "WebP" else MAX_PIXELS_READ)
    tags = dict(image.tag_v2) if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    if tags.get(322, 1) * tags.get(323, 1) > MAX_PIXELS:  # each tile is decoded whole, however small the film
        raise ImageError("film-large-tiles", megapixels=MAX_PIXELS // 10**6)
    is_large = is_too_large(width, height)
    if is_large:
        notes.append(describe_halving(width, height))
        if kind == "JPEG":  # it is decoded at half size, which keeps the lower half of each block's waves
            image.draft(None, (width // 2, height // 2))
    if image.mode in CONVERTED:
        notes.append(say(CONVERTED[image.mode]))
    values = _decode(image, data, is_signed=2 in tags.get(339, ()), to_halve=is_large and image.size == size)
    orientation = tags.get(0x0112, 1) if kind == "TIFF" else _orientation(image)
    if orientation in ORIENTATIONS:
        notes.append(say("note-turned"))
        values = values if kind == "TIFF" else ORIENTATIONS[orientation](values)  # Pillow has turned the TIFF
    is_white_zero = tags.get(262) == 0 and image.mode not in ("1", "L")  # Pillow inverts up to 8 bits only
    bits = read_png_depth(data) if kind == "PNG" else next(iter(tags.get(258, ())), 0)
    return Stored(values, bits, is_white_zero)


def _seek_full_page(image: TiffImagePlugin.TiffImageFile) -> None:
    """To the one page that is no smaller copy of another."""
    if image.n_frames == 1:
        return
    full = []
    for number in range(min(image.n_frames, MAX_TIFF_PAGES + 1)):
        image.seek(number)
        if not image.tag_v2.get(254, 0) & REDUCED_RESOLUTION:
            full.append(number)
    if len(full) != 1 or image.n_frames > MAX_TIFF_PAGES:
        raise ImageError("film-pages", kind="TIFF")
    image.seek(full[0])


def read_png_depth(data: bytes) -> int:
    """The depth in the sBIT chunk of a PNG (PNG 3, 11.3.2.3); 0 without one, and where channels differ in depth."""
    start, kind = 8, b""
    while kind not in (b"IDAT", b"IEND") and start + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        if kind == b"sBIT":
            depths = set(data[start + 8 : start + 8 + length])
            return depths.pop() if len(depths) == 1 else 0
        start += 12 + length
    return 0


def _decode(image: Image.Image, data: bytes, is_signed: bool, to_halve: bool) -> np.ndarray:
    """What the file stores, as `_values` returns it."""
    is_16_bit_colour = DEEP_COLOUR.search(str(getattr(image, "tile", "")))
    if is_16_bit_colour:
        check_size(image.width, image.height, MAX_COLOUR_16_PIXELS_READ)
    image.load()
    if is_16_bit_colour:
        image.close()  # of each value it has one byte of two
        return _decode_16_bit_colour(data, to_halve)
    if not to_halve:
        return _values(image, is_signed)
    width, height = image.size
    bands = (image.crop((0, top, width, min(top + BAND_ROWS, height))) for top in range(0, height, BAND_ROWS))
    return np.concatenate([halve(_values(band, is_signed)) for band in bands])


def _values(image: Image.Image, is_signed: bool) -> np.ndarray:
    """(H, W), or (H, W, C) with C 2 (grey, alpha), 3 or 4; bool, integer or float."""
    if image.mode.startswith("I;16"):
        grey, key = np.asarray(image).astype(np.uint16), image.info.get("transparency")
        is_keyed = isinstance(key, int)  # the one transparent value of a 16-bit grey PNG, left to the caller
        return np.dstack([grey, np.where(grey == key, 0, 65535).astype(np.uint16)]) if is_keyed else grey
    if image.mode == "I":
        return np.asarray(image).view(np.int32 if is_signed else np.uint32)
    if image.mode == "L" and is_signed:
        return np.asarray(image).view(np.int8)
    return np.asarray(_plain(image))


def _decode_16_bit_colour(data: bytes, to_halve: bool) -> np.ndarray:
    """With OpenCV: Pillow keeps only the upper byte. Pillow has decoded the file before, so it is whole."""
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype != np.uint16 or stored.ndim != 3:
        raise ImageError("film-16-bit-colours")
    if to_halve:
        stored = halve(stored)
    return stored[..., [2, 1, 0, 3][: stored.shape[-1]]]


def _plain(image: Image.Image) -> Image.Image:
    """Palettes, colour keys and other colour spaces, turned into grey or RGB, with alpha if there is any."""
    is_keyed = "transparency" in image.info
    if image.mode in ("1", "F", "LA", "RGBA") or (image.mode in ("L", "RGB") and not is_keyed):
        return image
    if image.mode in ("L", "La"):
        return image.convert("LA")
    return image.convert("RGBA" if is_keyed or image.mode in ("PA", "RGBa") else "RGB")


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(0x0112, 1)
    except Exception:  # a film with damaged EXIF is still a film
        return 1


def _split(stored: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    if stored.ndim == 2 or stored.shape[-1] == 3:
        return stored, None
    return (stored[..., :3] if stored.shape[-1] == 4 else stored[..., 0]), stored[..., -1]


def _unit(stored: np.ndarray, stated_bits: int, notes: list[Said]) -> np.ndarray:
    """Any type of number -> float32 0..1."""
    if stored.dtype == bool:
        return stored.astype(np.float32)
    if stored.dtype == np.uint8:
        return stored.astype(np.float32) / np.float32(255)
    low, high = stored.min().item(), stored.max().item()
    if not np.isfinite(low) or not np.isfinite(high):
        raise ImageError("film-not-numbers")
    is_float = stored.dtype.kind == "f"
    if is_float and low >= 0 and high <= 1:
        return stored.astype(np.float32)
    if not is_float and low >= 0 and high < 2**16:
        bits = _count_bits(high, stated_bits)
        if bits < 16:
            container = stored.dtype.itemsize * 8
            notes.append(say("note-bits", bits=bits, container=container, white=2**bits - 1))
        return stored.astype(np.float32) / np.float32(2**bits - 1)
    notes.append(say("note-scaled", low=Words(format_significant, low), high=Words(format_significant, high)))
    return ((stored.astype(np.float64) - low) / max(high - low, 1e-300)).astype(np.float32)


def _count_bits(high: int, stated: int) -> int:
    """The depth that a file states, unless its values pass that; else what they need. A PNG that states 12 of 16 bits
    has its values spread over all 16, as the standard asks, or left as they were."""
    if not 8 < stated < 16:  # 16 is what a writer states of any depth
        return count_used_bits(high)
    return stated if high < 2**stated else 16


def _on_black(samples: np.ndarray, alpha: np.ndarray | None, notes: list[Said]) -> np.ndarray:
    white = 1 if alpha is None else np.iinfo(alpha.dtype).max
    if alpha is None or alpha.min() == white:
        return samples
    if alpha.max() == 0:  # a writer that left the channel empty: nothing at all would be seen
        notes.append(say("note-all-transparent"))
        return samples
    notes.append(say("note-transparent"))
    opacity = alpha.astype(np.float32) / np.float32(white)
    return samples * (opacity if samples.ndim == 2 else opacity[..., None])
