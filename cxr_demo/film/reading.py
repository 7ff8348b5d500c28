"""The one door through which a film enters: `read_image(path or bytes) -> Radiograph`.

What a file is, is decided by its first bytes, never by its name. Sizes are checked in the header before
anything is decoded. Every change on the way is told in `Radiograph.notes`; every refusal is one `ImageError`.
DICOM is read by `film.dicom`, the ordinary picture formats by `film.picture_formats`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from dataclasses import dataclass

import numpy as np

from cxr_demo.errors import ImageError
from cxr_demo.film.dicom import render_dicom
from cxr_demo.film.dicom_tags import open_dicom
from cxr_demo.film.dicom_voi import FilmWindows
from cxr_demo.film.file_kinds import find_kind
from cxr_demo.film.header import ImageHeader, read_header
from cxr_demo.film.picture_formats import read_picture
from cxr_demo.film.size import check_size
from cxr_demo.limits import MAX_FILE_BYTES, MAX_PIXELS, MAX_PIXELS_READ
from cxr_demo.text.catalogue import Said, say

COLOUR_STEP = 8 / 255  # own choice: channels that differ by less are grey with the chroma noise of JPEG
COLOURED = 0.1  # own choice: channels of a pixel that differ by more give it a colour that is seen
COLOURED_SHARE = 0.02  # own choice: a film with a coloured arrow on it is still a grey film
TINT = 0.3, 0.97  # a film on blue base: channels differ by no more, and all its colours lie in one direction
LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's "L"

# Once, at import: both warn of odd metadata on stderr. What matters of it is an ImageError or a note here.
warnings.filterwarnings("ignore", module=r"(PIL|pydicom)\.")


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One film as it was uploaded.

    `pixels`: (H, W) float32, 0..1, C-contiguous, read-only; bright is dense (bone white, air dark).
    `notes`: one plain sentence for each conversion, in the order made, for the page.
    `sha256`: of the file's bytes, or of another picture made of it, which has a hash of its own; `file_sha256` is the
    file's all the same, and `mends` say how its picture was turned, mirrored or inverted since, in this order.
    `kind`: "PNG", "JPEG", "TIFF", "WebP", "BMP" or "DICOM".
    `header`: what a DICOM file says of its picture. `is_colour`: truly coloured, not grey in three channels and not
    one tint all over. `sides`: the patient's side ("R" or "L") at the left and at the right edge of the picture, None
    where the file does not say it. `windows`: how else a DICOM file wants to be seen, where there is a choice.
    """

    pixels: np.ndarray
    notes: tuple[Said, ...]
    sha256: str
    kind: str
    header: ImageHeader | None = None
    is_colour: bool = False
    windows: FilmWindows | None = None
    mends: tuple[str, ...] = ()
    made_of_sha256: str = ""

    @property
    def file_sha256(self) -> str:
        return self.made_of_sha256 or self.sha256

    @property
    def nbytes(self) -> int:
        return self.pixels.nbytes + (self.windows.levels.nbytes + self.windows.greys.nbytes if self.windows else 0)

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
    kind = find_kind(data)
    notes: list[Said] = []
    header = windows = None
    try:
        if kind == "DICOM":
            samples, header, windows = _dicom_samples(data, notes)
        else:
            samples = read_picture(kind, data, notes)
        pixels = _finished(_grey(samples, notes))
        is_colour = _is_coloured(samples)
    except ImageError:
        raise
    except MemoryError:
        raise ImageError("film-no-memory") from None
    except Exception:  # damaged files make decoders raise nearly any type, and its text may quote the file
        raise ImageError("film-damaged", kind=kind) from None
    return Radiograph(pixels, tuple(notes), hashlib.sha256(data).hexdigest(), kind, header, is_colour, windows)


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


def _dicom_samples(data: bytes, notes: list[Said]) -> tuple[np.ndarray, ImageHeader, FilmWindows | None]:
    dataset = open_dicom(data, notes)
    is_colour = int(dataset.get("SamplesPerPixel") or 1) > 1  # its decoders need three times the memory
    check_size(int(dataset.Columns), int(dataset.Rows), MAX_PIXELS if is_colour else MAX_PIXELS_READ)
    samples, windows = render_dicom(dataset, notes)
    return samples, read_header(dataset), windows


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
