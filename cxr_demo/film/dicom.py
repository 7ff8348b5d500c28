"""DICOM to samples in the sense of a light box: bright is dense. `cxr_demo.film.reading` is the only caller.

The order is the standard's (PS3.4 N.2): stored values -> modality LUT or rescale -> VOI LUT or window ->
inversion. Only the tags in `TAGS` are kept; of the patient it is the age alone.
"""

from __future__ import annotations

import logging
import re
import struct
from io import BytesIO
from itertools import pairwise

import cv2
import numpy as np
from pydicom import Dataset, dcmread, uid
from pydicom.encaps import get_frame
from pydicom.multival import MultiValue
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array

from cxr_demo.errors import ImageError
from cxr_demo.film.halving import describe_halving, halve, is_too_large
from cxr_demo.film.header import HEADER_TAGS, find_other_content
from cxr_demo.film.jpeg import check_jpeg
from cxr_demo.text.catalogue import Said, Words, say
from cxr_demo.text.formats import format_digits, format_significant

PALETTES = tuple(f"{colour}PaletteColorLookupTable" for colour in ("Red", "Green", "Blue"))
TAGS = [
    *HEADER_TAGS,
    *("Modality", "PresentationIntentType", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel"),
    *("PixelData", "PlanarConfiguration", "PhotometricInterpretation", "PresentationLUTShape", "BitsStored"),
    *("PixelRepresentation", "BitsAllocated", "PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleSlope"),
    *("HighBit", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "VOILUTFunction"),
    *("WindowCenter", "WindowWidth", "PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"),
    *(name + part for name in PALETTES for part in ("Descriptor", "Data")),
]
NATIVE = (uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian)

# One decoder a syntax, so that a film looks the same on every machine; gdcm only where nothing else can.
DECODERS = {
    uid.RLELossless: "pydicom",
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGExtended12Bit: "pillow",  # its 8-bit variety; no permissively licensed decoder has the 12-bit one
    **dict.fromkeys((uid.JPEGLossless, uid.JPEGLosslessSV1), "gdcm"),
    **dict.fromkeys((uid.JPEGLSLossless, uid.JPEGLSNearLossless), "pyjpegls"),
    **dict.fromkeys((uid.JPEG2000Lossless, uid.JPEG2000), "pylibjpeg"),
    **dict.fromkeys((uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K), "pylibjpeg"),
}

RADIOGRAPHS = ("CR", "DX", "RG", "RF", "XA")
J2K_START, JP2_BOX = b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "
START_OF_FRAME = {*range(0xFFC0, 0xFFD0), 0xFFF7} - {0xFFC4, 0xFFC8, 0xFFCC}  # F7 is JPEG-LS
RLE_UNCHECKED_BYTES = 8 * 2**20  # it grows at most 64-fold

# pydicom's log repeats its warnings, and a warning may quote the file.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


def is_dicom(data: bytes) -> bool:
    """The DICOM mark at byte 128; or a bare data set: a plausible first tag, and a DICOM UID near it."""
    if data[128:132] == b"DICM":
        return True
    if len(data) < 132 or b"1.2.840.10008." not in data[:4096]:
        return False
    order = "<" if data[0] else ">"
    group, element, length = struct.unpack(order + "HHI", data[:8])
    is_explicit = data[4:6] in (b"UL", b"OB", b"CS", b"UI", b"SH", b"DA", b"TM")
    return group in (2, 8) and element <= 0x18 and (is_explicit or length <= 256)


def open_dicom(data: bytes) -> Dataset:
    """The tags in `TAGS`, nothing decoded. `ImageError` for what is not one picture."""
    # Searched, not parsed: pydicom inflates before it can be asked, and 400 KB may become 900 MB.
    if b"1.2.840.10008.1.2.1.99" in data:
        raise ImageError("dicom-deflated")
    dataset = dcmread(BytesIO(data), force=data[128:132] != b"DICM", specific_tags=TAGS)
    if modality := find_other_content(dataset):
        raise ImageError("dicom-other", content=say(f"dicom-holds-{modality.lower()}"), modality=modality)
    if "PixelData" not in dataset or "Rows" not in dataset or "Columns" not in dataset:
        raise ImageError("dicom-empty")
    if (frames := int(dataset.get("NumberOfFrames") or 1)) > 1:
        raise ImageError("dicom-frames", frames=frames)
    if "TransferSyntaxUID" not in dataset.file_meta:
        is_implicit, is_little_endian = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = NATIVE[0 if is_implicit else 1 if is_little_endian else 2]
    return dataset


def render_dicom(dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """Samples (H, W), or (H, W, 3) for colour, float32 0..1, bright is dense; adds to `notes`."""
    _note_origin(dataset, notes)
    stored = _stored_values(dataset)
    if is_too_large(*stored.shape[:2]):
        notes.append(describe_halving(dataset.Columns, dataset.Rows))
        stored = _halve_stored(stored, dataset)
    photometric = dataset.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        return _palette_colours(stored, dataset)
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        return stored.astype(np.float32) / np.float32(2 ** int(dataset.BitsStored) - 1)
    padding = _padding(stored, dataset)
    shown = _voi(_modality(stored, dataset, notes), ~padding, dataset, notes)
    if _is_inverted(dataset, notes):
        shown = 1 - shown
    if padding.any():
        notes.append(say("note-padding"))
        shown[padding] = 0
    return shown


def count_used_bits(high: int) -> int:
    """The depth that values up to `high` need, of 8, 10, 12, 14 and 16 bits."""
    return next((bits for bits in (8, 10, 12, 14) if high < 2**bits), 16)


def _note_origin(dataset: Dataset, notes: list[Said]) -> None:
    modality = str(dataset.get("Modality") or "")
    if modality not in RADIOGRAPHS and re.fullmatch("[A-Z]{2,6}", modality):
        notes.append(say("note-modality", modality=modality))
    if dataset.get("PresentationIntentType") == "FOR PROCESSING":
        notes.append(say("note-raw"))
    sides = [_numbers(dataset, word) for word in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio")]
    height, width = next((pair for pair in sides if len(pair) == 2 and min(pair) > 0), (1, 1))
    if abs(height / width - 1) > 0.01:
        notes.append(say("note-not-square", ratio=Words(format_digits, height / width, 2)))


def _numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The finite numbers of a tag that may be absent, empty, single or several."""
    value = dataset.get(keyword)
    values = value if isinstance(value, (list, MultiValue)) else [value]
    return [float(number) for number in values if number not in (None, "") and np.isfinite(float(number))]


def _stored_values(dataset: Dataset) -> np.ndarray:
    """(H, W) or (H, W, 3) integers, unused bits cleared, YBR already RGB."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in NATIVE:
        return _used_bits(pixel_array(dataset, correct_unused_bits=False), dataset)
    decoder = DECODERS.get(syntax)
    if decoder is None or decoder not in get_decoder(syntax).available_plugins:
        raise ImageError("dicom-compressed")
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    if syntax == uid.RLELossless:
        _check_rle(frame, int(dataset.Rows) * int(dataset.Columns))
        return _used_bits(pixel_array(dataset, correct_unused_bits=False, decoding_plugin=decoder), dataset)
    _check_codestream(frame, dataset)
    return pixel_array(dataset, decoding_plugin=decoder)


def _halve_stored(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    """A mean with padding in it would be a grey that is neither: it becomes padding. Colours of a palette have no
    mean, so every second one is kept."""
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return np.ascontiguousarray(stored[::2, ::2])
    halved = halve(stored)
    if ends := _padding_ends(dataset):
        is_padded = (stored >= min(ends)) & (stored <= max(ends))
        halved[halve(is_padded) > 0] = ends[0]
    return halved


def _used_bits(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Old files keep overlays in the bits above or below the value."""
    allocated, bits = int(dataset.BitsAllocated), int(dataset.BitsStored)
    high = int(dataset.get("HighBit") or bits - 1)
    if allocated == bits or allocated < 8 or not bits - 1 <= high < allocated:
        return stored
    return (stored << (allocated - 1 - high)) >> (allocated - bits)


def _check_codestream(frame: bytes, dataset: Dataset) -> None:
    """As large as the header says: decoders believe the stream, and allocate what it asks for."""
    if not frame.startswith((J2K_START, JP2_BOX)):
        check_jpeg(frame)
    *shape, precision = _codestream_shape(frame)
    if shape != [dataset.Rows, dataset.Columns, dataset.SamplesPerPixel]:
        raise ImageError("dicom-not-as-said")
    if dataset.file_meta.TransferSyntaxUID == uid.JPEGExtended12Bit and precision > 8:
        raise ImageError("dicom-12-bit")


def _codestream_shape(frame: bytes) -> tuple[int, int, int, int]:
    """(rows, columns, samples, bits) in a JPEG, JPEG-LS or JPEG 2000 stream; `struct.error` if not there."""
    if frame.startswith((J2K_START, JP2_BOX)):  # some writers keep the boxes of a JP2 file in front
        start = frame.index(J2K_START)
        x1, y1, x0, y0 = struct.unpack_from(">4I", frame, start + 8)
        samples, precision = struct.unpack_from(">HB", frame, start + 40)
        return y1 - y0, x1 - x0, samples, (precision & 127) + 1
    position = 2
    while True:
        marker, length = struct.unpack_from(">HH", frame, position)
        if marker in START_OF_FRAME:
            precision, rows, columns, samples = struct.unpack_from(">BHHB", frame, position + 4)
            return rows, columns, samples, precision
        position += 1 if marker == 0xFFFF else 2 + max(length, 2)


def _check_rle(frame: bytes, limit: int) -> None:
    """Walk the run lengths, since pydicom unpacks a segment whole: 64 MB of runs would become 4 GB."""
    if len(frame) <= RLE_UNCHECKED_BYTES:
        return
    segments, *starts = struct.unpack_from("<16I", frame)
    for start, end in pairwise([*starts[:segments], len(frame)]):
        position, size = start, 0
        while position < end and size <= limit + 256:
            code = frame[position]
            size += code + 1 if code < 128 else 257 - code
            position += code + 2 if code < 128 else 2
        if size > limit + 256:
            raise ImageError("dicom-not-as-said")


def _palette_colours(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    values = [[dataset[name + part].value for part in ("Descriptor", "Data")] for name in PALETTES]
    tables = [_table(descriptor, data, dataset) for descriptor, data in values]
    return np.stack([_looked_up(stored, first, table) / white for first, table, white in tables], axis=-1)


def _padding_ends(dataset: Dataset) -> list[float]:
    """The first and last value of padding; empty, or one, where the file names no more."""
    ends = _numbers(dataset, "PixelPaddingValue")[:1]
    return ends + _numbers(dataset, "PixelPaddingRangeLimit")[:1] if ends else []


def _padding(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    """(H, W) bool. Only what touches the edge is padding: a pacemaker may have the same value."""
    ends = _padding_ends(dataset)
    if not ends:
        return np.zeros(stored.shape, bool)
    is_padded = (stored >= min(ends)) & (stored <= max(ends))
    _, regions = cv2.connectedComponents(is_padded.astype(np.uint8), connectivity=4)
    at_edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return np.isin(regions, at_edge[at_edge > 0]) & ~is_padded.all()


def _modality(stored: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    if dataset.get("ModalityLUTSequence"):
        item = dataset.ModalityLUTSequence[0]
        first, table, _ = _table(item.LUTDescriptor, item.LUTData, dataset)
        notes.append(say("note-modality-table"))
        return _looked_up(stored, first, table)
    slope, *_ = _numbers(dataset, "RescaleSlope") or [1.0]
    intercept, *_ = _numbers(dataset, "RescaleIntercept") or [0.0]
    if (slope, intercept) == (1, 0):
        return stored
    slope_words, intercept_words = Words(format_significant, slope), Words(format_significant, intercept)
    notes.append(say("note-rescaled", slope=slope_words, intercept=intercept_words))
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _voi(values: np.ndarray, is_film: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """(H, W) float32 0..1, by the file's table, else its window, else the full range of the film."""
    shown, note = (_voi_table if dataset.get("VOILUTSequence") else _voi_window)(values, dataset)
    low, high = float(values[is_film].min()), float(values[is_film].max())
    if shown is not None and low < high and np.ptp(shown[is_film]) == 0:
        shown, note = None, "one-grey"
    if shown is None:
        note = say(f"note-range-{note}", low=Words(format_significant, low), high=Words(format_significant, high))
        shown = np.clip((values.astype(np.float32) - np.float32(low)) / np.float32(high - low or 1), 0, 1)
    notes.append(note)
    return shown


def _voi_table(values: np.ndarray, dataset: Dataset) -> tuple[np.ndarray, Said]:
    item, *others = dataset.VOILUTSequence
    first, table, white = _table(item.LUTDescriptor, item.LUTData, dataset)
    if first >= 2**15 and values.min() < 0:  # a negative start, written as unsigned
        first -= 2**16
    return _looked_up(values, first, table) / white, say("note-table", tables=1 + len(others))


def _voi_window(values: np.ndarray, dataset: Dataset) -> tuple[np.ndarray | None, Said]:
    """(H, W) and its note; None and why, where the file has no window, or none that the standard allows."""
    centres, widths = _numbers(dataset, "WindowCenter"), _numbers(dataset, "WindowWidth")
    if not centres or not widths:
        return None, "no-window"
    centre, width, curve = centres[0], widths[0], dataset.get("VOILUTFunction")
    curve = curve if curve in ("SIGMOID", "LINEAR_EXACT") else "LINEAR"
    if width <= 0 or (curve == "LINEAR" and width < 1):
        return None, "no-valid-window"
    note = say(
        "note-window",
        centre=Words(format_significant, centre),
        width=Words(format_significant, width),
        curve=curve,
        windows=len(centres),
    )
    return _windowed(values, centre, width, curve), note


def _windowed(values: np.ndarray, centre: float, width: float, curve: str) -> np.ndarray:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, with 0..1 for the output."""
    values = values.astype(np.float32)
    if curve == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - np.float32(centre)) / np.float32(width), -80, 80)))
    if curve == "LINEAR":
        centre, width = centre - 0.5, width - 1
    if width == 0:
        return (values > centre).astype(np.float32)
    return np.clip((values - np.float32(centre)) / np.float32(width) + np.float32(0.5), 0, 1)


def _table(descriptor: list, data: bytes | list, dataset: Dataset) -> tuple[int, np.ndarray, np.float32]:
    """A lookup table as (first value mapped, entries float32, the entry that is white)."""
    count, first, depth = (int(number) for number in descriptor)
    count = count or 2**16
    order = "<" if dataset.original_encoding[1] else ">"
    words = np.frombuffer(data, f"{order}u2") if isinstance(data, bytes) else np.atleast_1d(data)
    entries = words.astype("<u2")
    if depth <= 8 and entries.size == (count + 1) // 2:  # two entries in each word
        entries = entries.view(np.uint8)
    high = int(entries[:count].max())
    # Writers put 16 whatever the depth is; a smaller one was meant, and holds unless the entries pass it.
    bits = depth if 8 <= depth < 16 and high < 2**depth else count_used_bits(high)
    return first, entries[:count].astype(np.float32), np.float32(2**bits - 1)


def _looked_up(values: np.ndarray, first: int, entries: np.ndarray) -> np.ndarray:
    """Values below and above the table take its first and last entry (PS3.3 C.11.2.1.1)."""
    index = np.clip(np.rint(values.astype(np.float64) - first), 0, entries.size - 1)
    return entries[index.astype(np.int32)]


def _is_inverted(dataset: Dataset, notes: list[Said]) -> bool:
    """MONOCHROME1 and PresentationLUTShape INVERSE name one inversion (PS3.3 C.8.11.3.1.2), done once.

    Where they contradict each other, own choice: the one that asks for it is believed, since MONOCHROME2 and
    IDENTITY are what writers leave in unthinkingly.
    """
    is_mono1, shape = dataset.PhotometricInterpretation == "MONOCHROME1", dataset.get("PresentationLUTShape")
    if shape == ("IDENTITY" if is_mono1 else "INVERSE"):
        notes.append(say("note-contradiction"))
    is_inverted = is_mono1 or shape == "INVERSE"
    if is_inverted:
        notes.append(say("note-inverted"))
    return is_inverted
