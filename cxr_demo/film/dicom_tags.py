"""A DICOM file opened: its tags as far as they can be read, those that are missing or wrong put right with a note.

Only the tags in `TAGS` are kept; of the patient it is the age alone.
"""

from __future__ import annotations

import logging
import struct
import zlib
from io import BytesIO

import numpy as np
from pydicom import Dataset, dcmread, uid
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_file_meta_info
from pydicom.multival import MultiValue

from cxr_demo.errors import ImageError
from cxr_demo.film.header import HEADER_TAGS, find_other_content
from cxr_demo.limits import MAX_FILE_BYTES
from cxr_demo.text.catalogue import Said, say

PALETTES = tuple(f"{colour}PaletteColorLookupTable" for colour in ("Red", "Green", "Blue"))
TAGS = [
    *HEADER_TAGS,
    *("Modality", "PresentationIntentType", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel"),
    *("PixelData", "PlanarConfiguration", "PhotometricInterpretation", "PresentationLUTShape", "BitsStored"),
    *("PixelRepresentation", "BitsAllocated", "PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleSlope"),
    *("HighBit", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "VOILUTFunction"),
    *("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"),
    *("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"),
    *(name + part for name in PALETTES for part in ("Descriptor", "Data")),
]
LONG_TEXT = 64
NATIVE = (uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian)
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
FRAME_ITEM = b"\xfe\xff\x00\xe0"  # what encapsulated pixel data starts with (PS3.5 A.4)
GREYS = {"MONOCHROME": "MONOCHROME2"}  # of ACR-NEMA

# pydicom's log repeats its warnings, and a warning may quote the file.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


def is_dicom(data: bytes) -> bool:
    """The DICOM mark at byte 128; or a bare data set: a plausible first tag, and near it a DICOM UID or the name of
    the standard before it, ACR-NEMA."""
    if data[128:132] == b"DICM":
        return True
    if len(data) < 132 or not (b"1.2.840.10008." in data[:4096] or b"ACR-NEMA" in data[:4096]):
        return False
    order = "<" if data[0] else ">"
    group, element, length = struct.unpack(order + "HHI", data[:8])
    is_explicit = data[4:6] in (b"UL", b"OB", b"CS", b"UI", b"SH", b"DA", b"TM", b"LO")
    return group in (2, 8) and element <= 0x18 and (is_explicit or length <= 256)


def open_dicom(data: bytes, notes: list[Said]) -> Dataset:
    """The tags in `TAGS`, nothing decoded: those that pixels need are all there, with a note for each that was not.
    `ImageError` for what is not one picture."""
    data = _inflate(data)
    dataset = dcmread(BytesIO(data), force=data[128:132] != b"DICM", specific_tags=TAGS)
    if modality := find_other_content(dataset):
        raise ImageError("dicom-other", content=say(f"dicom-holds-{modality.lower()}"), modality=modality)
    if "PixelData" not in dataset or "Rows" not in dataset or "Columns" not in dataset:
        raise ImageError("dicom-empty")
    if (frames := read_whole_number(dataset, "NumberOfFrames", notes) or 1) > 1:
        raise ImageError("dicom-frames", frames=frames)
    _complete(dataset, notes)
    if "TransferSyntaxUID" not in dataset.file_meta:
        is_implicit, is_little_endian = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = NATIVE[0 if is_implicit else 1 if is_little_endian else 2]
    return dataset


def is_compressed(dataset: Dataset) -> bool:
    """By the pixel data, not by the transfer syntax, which some files have wrong."""
    data = dataset.PixelData
    return data.startswith(FRAME_ITEM) and len(data) != _count_native_bytes(dataset)


def read_numbers(dataset: Dataset, keyword: str, notes: list[Said]) -> list[float]:
    """The finite numbers of a tag that may be absent, empty or several. One that cannot be read costs a note."""
    try:
        value = dataset.get(keyword)
        values = value if isinstance(value, (list, MultiValue)) else [value]
        return [float(number) for number in values if number not in (None, "") and np.isfinite(float(number))]
    except Exception:  # damaged tags make pydicom raise nearly any type
        add_note(notes, say("note-unreadable-tag", tag=keyword))
        return []


def read_whole_number(dataset: Dataset, keyword: str, notes: list[Said]) -> int | None:
    """The first number of a tag; None where it is absent, empty or cannot be read."""
    numbers = read_numbers(dataset, keyword, notes)
    return int(numbers[0]) if numbers else None


def read_text(dataset: Dataset, keyword: str, notes: list[Said]) -> str:
    """The first value of a tag, in capitals; empty where it is absent, and with a note where it cannot be read."""
    try:
        value = dataset.get(keyword)
    except Exception:
        add_note(notes, say("note-unreadable-tag", tag=keyword))
        return ""
    first = next(iter(value), "") if isinstance(value, (list, MultiValue)) else value
    return str(first or "").strip().upper()


def read_texts(dataset: Dataset, keyword: str) -> list[str]:
    """All values of a tag, each on one line and at most as long as the standard lets it be (LO, PS3.5 6.2); none where
    it is absent or cannot be read."""
    try:
        value = dataset.get(keyword)
    except Exception:  # damaged tags make pydicom raise nearly any type
        return []
    values = value if isinstance(value, (list, MultiValue)) else [value]
    return [" ".join(str(text or "").split())[:LONG_TEXT] for text in values]


def reconcile_sign(value: float, dataset: Dataset) -> float:
    """A pixel value in a tag that was written unsigned though the pixels are signed, or the other way round.

    Such tags are US or SS as the pixels are (PS3.5 A.1), and writers often take the wrong one.
    """
    stored, allocated = int(dataset.BitsStored), int(dataset.BitsAllocated)
    if int(dataset.PixelRepresentation) == 0:
        return value + 2**allocated if value < 0 else value
    for bits in (stored, allocated):
        if 2 ** (bits - 1) <= value < 2**bits:
            return value - 2**bits
    return value


def add_note(notes: list[Said], note: Said) -> None:
    """Once, however often the same thing is looked at."""
    if note not in notes:
        notes.append(note)


def _inflate(data: bytes) -> bytes:
    """A file whose data set is deflated as a whole, inflated; any other as it is.

    pydicom inflates before it can be asked, and 400 KB may become 900 MB: here no more than a file may have.
    """
    if data[128:132] != b"DICM":
        return data
    stream = BytesIO(data)
    stream.seek(132)
    meta = FileMetaDataset(read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2))
    if meta.get("TransferSyntaxUID") != uid.DeflatedExplicitVRLittleEndian:
        return data
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(data[stream.tell() :], MAX_FILE_BYTES)
    if inflater.unconsumed_tail:
        raise ImageError("dicom-too-large", megabytes=MAX_FILE_BYTES // 2**20)
    meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=False)
    return bytes(128) + b"DICM" + head.getvalue() + inflated


def _complete(dataset: Dataset, notes: list[Said]) -> None:
    """Puts in what the pixels need and the file does not say, or says in no readable way."""
    for keyword in ("Rows", "Columns"):
        if not (read_whole_number(dataset, keyword, []) or 0) > 0:
            raise ImageError("dicom-tag-missing", tag=keyword)
        dataset[keyword].value = read_whole_number(dataset, keyword, [])
    _set_default(dataset, "SamplesPerPixel", 1, notes)
    colour = "MONOCHROME2" if dataset.SamplesPerPixel == 1 else "RGB"
    written = read_text(dataset, "PhotometricInterpretation", [])
    _set_default(dataset, "PhotometricInterpretation", GREYS.get(written, written) or colour, notes, written)
    if dataset.SamplesPerPixel > 1:
        _set_default(dataset, "PlanarConfiguration", 0, notes)
    _set_default(dataset, "BitsAllocated", _guess_allocated(dataset), notes)
    _set_default(dataset, "BitsStored", int(dataset.BitsAllocated), notes)
    _set_default(dataset, "PixelRepresentation", 0, notes)


def _set_default(dataset: Dataset, keyword: str, value: int | str, notes: list[Said], written: str = "") -> None:
    has_number = isinstance(value, int) and read_whole_number(dataset, keyword, []) is not None
    if keyword in dataset and has_number:
        return
    if keyword in dataset:
        del dataset[keyword]
    setattr(dataset, keyword, value)
    if not written:
        notes.append(say("note-missing-tag", tag=keyword, value=str(value)))


def _guess_allocated(dataset: Dataset) -> int:
    """By the size of the pixel data. `ImageError` where that says nothing."""
    if (allocated := read_whole_number(dataset, "BitsAllocated", [])) is not None:
        return allocated
    samples = int(dataset.Rows) * int(dataset.Columns) * int(dataset.SamplesPerPixel)
    size = len(dataset.PixelData)
    for allocated in (8, 16, 32):
        if samples * allocated // 8 <= size < samples * allocated // 8 + 2:
            return allocated
    raise ImageError("dicom-tag-missing", tag="BitsAllocated")


def _count_native_bytes(dataset: Dataset) -> int:
    """How long uncompressed pixel data are, filled up to an even number of bytes."""
    bits = int(dataset.Rows) * int(dataset.Columns) * int(dataset.SamplesPerPixel) * int(dataset.BitsAllocated)
    return (bits + 15) // 16 * 2
