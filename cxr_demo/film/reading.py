"""The one door through which a film enters: `read_image(path or bytes) -> Radiograph`.

What a file is, is decided by its first bytes, never by its name. Sizes are checked in the header before
anything is decoded. Every change on the way is told in `Radiograph.notes`; every refusal is one `ImageError`.
DICOM has its own module, `cxr_demo.film.dicom`; the ordinary picture formats are read here.
"""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from cxr_demo.errors import ImageError
from cxr_demo.film import dicom
from cxr_demo.film.halving import BAND_ROWS, describe_halving, halve, is_too_large
from cxr_demo.film.header import ImageHeader, read_header
from cxr_demo.film.jpeg import check_jpeg
from cxr_demo.limits import MAX_ASPECT, MAX_COLOUR_16_PIXELS_READ, MAX_FILE_BYTES, MAX_PIXELS, MAX_PIXELS_READ
from cxr_demo.text.catalogue import Said, Words, say
from cxr_demo.text.formats import format_significant

MIN_SIDE_PX = 32
COLOUR_STEP = 8 / 255  # own choice: channels that differ by less are grey with the chroma noise of JPEG
COLOURED = 0.1  # own choice: channels of a pixel that differ by more give it a colour that is seen
COLOURED_SHARE = 0.02  # own choice: a film with a coloured arrow on it is still a grey film
TINT = 0.3, 0.97  # a film on blue base: channels differ by no more, and all its colours lie in one direction
LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's "L"

# The plugin classes are called directly: Image.open would warn of large images through Python's process-wide
# warnings, and would try other formats.
PICTURES = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}
SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
}
NOT_FILMS = (  # what people upload by mistake: where, which bytes, the message that says what it is
    (0, b"GIF8", "file-is-gif"),
    (0, b"%PDF", "file-is-pdf"),
    (0, b"PK\x03\x04", "file-is-zip"),
    (0, b"\x1f\x8b", "file-is-gzip"),
    (4, b"ftyp", "file-is-heic"),
    (4, b"jP  ", "file-is-jpeg-2000"),
)
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

# Once, at import: both warn of odd metadata on stderr. What matters of it is an ImageError or a note here.
warnings.filterwarnings("ignore", module=r"(PIL|pydicom)\.")


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One film as it was uploaded.

    `pixels`: (H, W) float32, 0..1, C-contiguous, read-only; bright is dense (bone white, air dark).
    `notes`: one plain sentence for each conversion, in the order made, for the page.
    `sha256`: of the file's bytes. `kind`: "PNG", "JPEG", "TIFF", "WebP", "BMP" or "DICOM".
    `header`: what a DICOM file says of its picture. `is_colour`: truly coloured, not grey in three channels and not
    one tint all over. `sides`: the patient's side ("R" or "L") at the left and at the right edge of the picture, None
    where the file does not say it.
    """

    pixels: np.ndarray
    notes: tuple[Said, ...]
    sha256: str
    kind: str
    header: ImageHeader | None = None
    is_colour: bool = False

    @property
    def sides(self) -> tuple[str, str] | None:
        return self.header.sides if self.header else None


def read_image(source: str | os.PathLike | bytes) -> Radiograph:
    """Read a film from a path, or from the bytes of a file. Thread-safe.

    Integers of more than 8 bits are scaled by the depth that their largest value needs, of 8, 10, 12, 14 and
    16 bits, since 12-bit detectors write 16-bit files; a film with 16 bits and no value above 16383 is thus
    made brighter, with a note. Floats in 0..1 stay; other floats and negative values are scaled to their full
    range.

    A film of more than 40 megapixels is read at half size, with a note; everything that follows, `pixels` and
    the depth told above too, is of the halved one.

    Raises `ImageError`, and nothing else, for whatever is not a single film of at least 32 px a side and at
    most 160 megapixels (WebP and colour in DICOM 40, other colour of 16 bits 100), 64 MB and 4 : 1.
    """
    data = _file_bytes(source)
    kind = _kind(data)
    notes: list[Said] = []
    header = None
    try:
        if kind == "DICOM":
            samples, header = _dicom_samples(data, notes)
        else:
            samples = _picture_samples(kind, data, notes)
        pixels = _finished(_grey(samples, notes))
        is_colour = _is_coloured(samples)
    except ImageError:
        raise
    except MemoryError:
        raise ImageError("film-no-memory") from None
    except Exception:  # damaged files make decoders raise nearly any type, and its text may quote the file
        raise ImageError("film-damaged", kind=kind) from None
    return Radiograph(pixels, tuple(notes), hashlib.sha256(data).hexdigest(), kind, header, is_colour)


def _file_bytes(source: str | os.PathLike | bytes) -> bytes:
    try:
        data = _read_path(source) if isinstance(source, (str, os.PathLike)) else bytes(memoryview(source))
    except TypeError:
        raise ImageError("film-none-given") from None
    except FileNotFoundError:
        raise ImageError("film-not-found") from None
    except (OSError, ValueError):
        raise ImageError("film-not-opened") from None
    if not data:
        raise ImageError("film-empty")
    if len(data) > MAX_FILE_BYTES:
        raise ImageError("film-too-large", megabytes=MAX_FILE_BYTES // 2**20)
    return data


def _read_path(path: str | os.PathLike) -> bytes:
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise ImageError("film-folder")
    if not stat.S_ISREG(mode):  # a pipe would block for ever
        raise ImageError("film-not-ordinary")
    with open(path, "rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _kind(data: bytes) -> str:
    if dicom.is_dicom(data):  # first, since a TIFF header may stand in the 128 bytes before the DICOM mark
        return "DICOM"
    for kind, signatures in SIGNATURES.items():
        if data.startswith(signatures):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[:2] == b"BM" and data[15:18] == b"\0\0\0":  # the size of the header, below 256
        return "BMP"
    raise ImageError("film-not-image", what=_name_content(data))


def _name_content(data: bytes) -> Words:
    for at, (start, signature, _) in enumerate(NOT_FILMS):
        if data.startswith(signature, start):
            return say(NOT_FILMS[at][2])
    head = data[:4096].lower()
    if b"<svg" in head:
        return say("file-is-svg")
    if b"<html" in head:
        return say("file-is-web-page")
    is_text = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head) > 0.9 * len(head)
    return say("file-is-text" if is_text else "file-is-unknown")


def _check_size(width: int, height: int, most: int = MAX_PIXELS_READ) -> None:
    size = {"width": width, "height": height}
    if width * height > most:
        raise ImageError("film-too-many-pixels", megapixels=most // 10**6, **size)
    if min(width, height) < MIN_SIDE_PX:
        raise ImageError("film-too-few-pixels", least=MIN_SIDE_PX, **size)
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError("film-too-thin", **size)


def _dicom_samples(data: bytes, notes: list[Said]) -> tuple[np.ndarray, ImageHeader]:
    dataset = dicom.open_dicom(data)
    is_colour = int(dataset.get("SamplesPerPixel") or 1) > 1  # its decoders need three times the memory
    _check_size(int(dataset.Columns), int(dataset.Rows), MAX_PIXELS if is_colour else MAX_PIXELS_READ)
    return dicom.render_dicom(dataset, notes), read_header(dataset)


def _picture_samples(kind: str, data: bytes, notes: list[Said]) -> np.ndarray:
    """(H, W) or (H, W, 3) float32 0..1, upright, on black."""
    if kind == "JPEG":
        check_jpeg(data)
    image = PICTURES[kind](BytesIO(data))
    width, height = size = image.size
    # The decoder of WebP, in which no film is that large, needs four times the memory of the others.
    _check_size(width, height, MAX_PIXELS if kind == "WebP" else MAX_PIXELS_READ)
    if getattr(image, "is_animated", False):
        raise ImageError("film-pages" if kind == "TIFF" else "film-animation", kind=kind)
    tags = dict(image.tag_v2) if kind == "TIFF" else {}
    if tags.get(322, 1) * tags.get(323, 1) > MAX_PIXELS:  # each tile is decoded whole, however small the film
        raise ImageError("film-large-tiles", megapixels=MAX_PIXELS // 10**6)
    is_large = is_too_large(width, height)
    if is_large:
        notes.append(describe_halving(width, height))
        if kind == "JPEG":  # it is decoded at half size, which keeps the lower half of each block's waves
            image.draft(None, (width // 2, height // 2))
    if image.mode in CONVERTED:
        notes.append(say(CONVERTED[image.mode]))
    stored = _stored(image, data, is_signed=2 in tags.get(339, ()), to_halve=is_large and image.size == size)
    orientation = tags.get(0x0112, 1) if kind == "TIFF" else _orientation(image)
    if orientation in ORIENTATIONS:
        notes.append(say("note-turned"))
        stored = stored if kind == "TIFF" else ORIENTATIONS[orientation](stored)  # Pillow has turned the TIFF
    is_white_zero = tags.get(262) == 0 and image.mode not in ("1", "L")  # Pillow inverts up to 8 bits only
    del image  # up to 640 MB
    colour, alpha = _split(stored)
    samples = _unit(colour, notes)
    if is_white_zero:
        notes.append(say("note-white-is-zero"))
        samples = 1 - samples
    return _on_black(samples, alpha, notes)


def _stored(image: Image.Image, data: bytes, is_signed: bool, to_halve: bool) -> np.ndarray:
    """What the file stores, as `_values` returns it."""
    is_16_bit_colour = image.mode in ("RGB", "RGBA", "LA") and ";16" in str(getattr(image, "tile", ""))
    if is_16_bit_colour:
        _check_size(image.width, image.height, MAX_COLOUR_16_PIXELS_READ)
    image.load()
    if is_16_bit_colour:
        image.close()  # of each value it has one byte of two
        return _stored_16_bit_colour(data, to_halve)
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


def _stored_16_bit_colour(data: bytes, to_halve: bool) -> np.ndarray:
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


def _unit(stored: np.ndarray, notes: list[Said]) -> np.ndarray:
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
        bits = dicom.count_used_bits(high)
        if bits < 16:
            container = stored.dtype.itemsize * 8
            notes.append(say("note-bits", bits=bits, container=container, white=2**bits - 1))
        return stored.astype(np.float32) / np.float32(2**bits - 1)
    notes.append(say("note-scaled", low=Words(format_significant, low), high=Words(format_significant, high)))
    return ((stored.astype(np.float64) - low) / max(high - low, 1e-300)).astype(np.float32)


def _on_black(samples: np.ndarray, alpha: np.ndarray | None, notes: list[Said]) -> np.ndarray:
    white = 1 if alpha is None else np.iinfo(alpha.dtype).max
    if alpha is None or alpha.min() == white:
        return samples
    notes.append(say("note-transparent"))
    opacity = alpha.astype(np.float32) / np.float32(white)
    return samples * (opacity if samples.ndim == 2 else opacity[..., None])


def _grey(samples: np.ndarray, notes: list[Said]) -> np.ndarray:
    """(H, W) or (H, W, 3) -> (H, W). Three equal channels are one channel, exactly."""
    if samples.ndim == 2:
        return samples
    red, green, blue = (samples[..., channel] for channel in range(3))
    step = max(float(np.abs(red - green).max()), float(np.abs(red - blue).max()))
    if step == 0:
        return red
    if step > COLOUR_STEP:
        notes.append(say("note-colour"))
    return LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue


def _is_coloured(samples: np.ndarray) -> bool:
    """Of (H, W) or (H, W, 3): looked at in steps, since a colour is not a matter of single pixels."""
    if samples.ndim == 2:
        return False
    step = max(1, max(samples.shape[:2]) // 512)
    colours = samples[::step, ::step].reshape(-1, 3)
    reach = np.ptp(colours, axis=1)
    coloured = colours[reach > COLOURED]
    if len(coloured) < COLOURED_SHARE * len(colours):
        return False
    directions = coloured - coloured.mean(axis=1, keepdims=True)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    is_one_tint = np.linalg.norm(directions.mean(axis=0)) > TINT[1] and reach.max() <= TINT[0]
    return not is_one_tint


def _finished(pixels: np.ndarray) -> np.ndarray:
    if not np.isfinite(pixels).all():
        raise ImageError("film-no-numbers")
    if np.ptp(pixels) < 1e-6:
        raise ImageError("film-blank")
    pixels = np.ascontiguousarray(np.clip(pixels, 0, 1), np.float32)
    pixels.setflags(write=False)
    return pixels
