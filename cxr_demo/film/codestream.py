"""The compressed picture inside a DICOM file: what it is by its own first bytes, and its stored values."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import gdcm
import numpy as np
from pydicom import Dataset, uid
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array

from cxr_demo.errors import ImageError
from cxr_demo.film.jpeg import check_jpeg

JPEG_8_BIT = uid.JPEGBaseline8Bit  # what pydicom gives to Pillow, which reads every 8-bit variety
# One decoder a syntax, so that a film looks the same on every machine.
DECODERS = {
    uid.RLELossless: "pydicom",
    JPEG_8_BIT: "pillow",
    uid.JPEGLosslessSV1: "gdcm",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEG2000: "pylibjpeg",
    uid.HTJ2K: "pylibjpeg",
}
J2K_START, JP2_BOX = b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "
J2K_CAPABILITIES = b"\xff\x50"  # the marker that follows the size in a High-Throughput JPEG 2000 stream
START_OF_FRAME = {*range(0xFFC0, 0xFFD0), 0xFFF7} - {0xFFC4, 0xFFC8, 0xFFCC}
JPEG_LOSSLESS, JPEG_LS = 0xFFC3, 0xFFF7
JPEG_LOSSY = {0xFFC0, 0xFFC1, 0xFFC2, 0xFFC9, 0xFFCA}  # baseline, extended, progressive, the last two arithmetic
RLE_UNCHECKED_BYTES = 8 * 2**20  # it grows at most 64-fold


@dataclass(frozen=True)
class Codestream:
    """`syntax`: the transfer syntax that the stream is, whatever the file calls it; `precision`: bits of a sample."""

    syntax: uid.UID
    rows: int
    columns: int
    samples: int
    precision: int


def decode_compressed(dataset: Dataset, high_bit: int) -> tuple[np.ndarray, int]:
    """(H, W) or (H, W, 3) integers as the decoder gives them, YBR already RGB, and the bit that is a value's highest:
    `high_bit`, as the file says, unless the stream has no more bits than a value. `ImageError` for a stream that is of
    another size than the header says, or that nothing here decodes."""
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    if _is_rle(frame):
        _check_rle(frame, int(dataset.Rows) * int(dataset.Columns))
        return _decode_with(uid.RLELossless, dataset), high_bit
    stream = _read_codestream(frame)
    # Decoders believe the stream, and allocate what it asks for.
    if (stream.rows, stream.columns, stream.samples) != (dataset.Rows, dataset.Columns, dataset.SamplesPerPixel):
        raise ImageError("dicom-not-as-said")
    bits = int(dataset.BitsStored)
    high_bit = high_bit if stream.precision > bits else bits - 1
    if stream.syntax == uid.JPEGExtended12Bit:
        values = _decode_12_bit_jpeg(frame, stream)
        return values.view(np.int16) if dataset.PixelRepresentation else values, high_bit
    return _decode_with(stream.syntax, dataset), high_bit


def _decode_with(syntax: uid.UID, dataset: Dataset) -> np.ndarray:
    decoder = DECODERS[syntax]
    if decoder not in get_decoder(syntax).available_plugins:
        raise ImageError("dicom-compressed")
    dataset.file_meta.TransferSyntaxUID = syntax
    return pixel_array(dataset, correct_unused_bits=False, decoding_plugin=decoder)


def _read_codestream(frame: bytes) -> Codestream:
    """Of a JPEG, JPEG-LS or JPEG 2000 stream; `struct.error` where it ends too early."""
    if frame.startswith((J2K_START, JP2_BOX)):  # some writers keep the boxes of a JP2 file in front
        start = frame.index(J2K_START)
        length, _, x1, y1, x0, y0 = struct.unpack_from(">HHIIII", frame, start + 4)
        samples, precision = struct.unpack_from(">HB", frame, start + 40)
        is_high_throughput = frame[start + 4 + length :].startswith(J2K_CAPABILITIES)
        syntax = uid.HTJ2K if is_high_throughput else uid.JPEG2000
        return Codestream(syntax, y1 - y0, x1 - x0, samples, (precision & 127) + 1)
    if not frame.startswith(b"\xff\xd8"):
        raise ImageError("dicom-compressed")
    check_jpeg(frame)
    position = 2
    while True:
        marker, length = struct.unpack_from(">HH", frame, position)
        if marker in START_OF_FRAME:
            precision, rows, columns, samples = struct.unpack_from(">BHHB", frame, position + 4)
            return Codestream(_name_jpeg(marker, precision), rows, columns, samples, precision)
        position += 1 if marker == 0xFFFF else 2 + max(length, 2)


def _name_jpeg(marker: int, precision: int) -> uid.UID:
    if marker == JPEG_LS:
        return uid.JPEGLSLossless
    if marker == JPEG_LOSSLESS:
        return uid.JPEGLosslessSV1
    if marker in JPEG_LOSSY and precision in (8, 12):
        return JPEG_8_BIT if precision == 8 else uid.JPEGExtended12Bit
    raise ImageError("dicom-compressed")


def _decode_12_bit_jpeg(frame: bytes, stream: Codestream) -> np.ndarray:
    """With gdcm itself: pydicom does not ask it for such streams, which it decodes as dcmtk does."""
    if stream.samples != 1:
        raise ImageError("dicom-compressed")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((stream.columns, stream.rows, 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str(stream.syntax))))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, stream.precision, stream.precision - 1, 0))
    values = np.frombuffer(image.GetBuffer().encode("utf-8", "surrogateescape"), "<u2")
    return values.reshape(stream.rows, stream.columns).copy()


def _is_rle(frame: bytes) -> bool:
    """It has no mark of its own: a count of at most 15 segments and where they start, the first after this header."""
    return len(frame) >= 64 and 1 <= int.from_bytes(frame[:4], "little") <= 15 and frame[4:8] == b"\x40\0\0\0"


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
