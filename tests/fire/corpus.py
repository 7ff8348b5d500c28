"""Files that come as they may: sound, odd, cut, flipped and made to hurt, by their names. All made by code."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import tifffile
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

MARKER = "ZZMARKERZZ"  # a patient's name, and part of a file's
SHAPE = (72, 64)
RAMP = (np.add.outer(np.arange(SHAPE[0]) * 500, np.arange(SHAPE[1]) * 400) % 65536).astype(np.uint16)
PLAIN = {
    "implicit": ImplicitVRLittleEndian, "explicit": ExplicitVRLittleEndian, "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}  # fmt: skip
CODECS = {"rle": RLELossless, "j2k": JPEG2000Lossless, "jpeg-ls": JPEGLSLossless}
TAGS = {
    "Rows": "US", "Columns": "US", "BitsAllocated": "US", "BitsStored": "US", "HighBit": "US", "SamplesPerPixel": "US",
    "PixelRepresentation": "US", "PlanarConfiguration": "US", "PixelPaddingValue": "US", "NumberOfFrames": "IS",
    "PhotometricInterpretation": "CS", "PresentationLUTShape": "CS", "VOILUTFunction": "CS", "Modality": "CS",
    "ViewPosition": "CS", "PatientOrientation": "CS", "WindowCenter": "DS", "WindowWidth": "DS", "RescaleSlope": "DS",
    "RescaleIntercept": "DS", "PixelSpacing": "DS", "ImagerPixelSpacing": "DS", "PixelAspectRatio": "IS",
    "PatientAge": "AS", "PatientName": "PN", "StudyDate": "DA", "SOPClassUID": "UI", "SpecificCharacterSet": "CS",
    "BurnedInAnnotation": "CS", "LossyImageCompression": "CS", "VOILUTSequence": "SQ", "ModalityLUTSequence": "SQ",
}  # fmt: skip
NONSENSE = {
    "US": (b"", b"\0\0", b"\1\0", b"\xff\xff", b"\0\x80", b"x", b"\1\0\2\0"),
    "": (b"", b"0 ", b"-1", b"1e999 ", b"NaN ", b"abc\\def ", b"\xff\xfe\0\0", b"9" * 4000, b"1\\2\\3\\4\\5 "),
}
CUTS = tuple(range(5, 100, 5))  # per cent
FLIPS = 40  # files of each kind with bytes flipped


def make_corpus() -> Iterator[tuple[str, bytes]]:
    sound = dict(itertools.chain(make_pictures(), make_dicoms()))
    yield from sound.items()
    yield from make_odd_tags()
    yield from make_strangers()
    yield from make_bombs()
    of_each_kind = {name.split()[0]: (name, data) for name, data in sound.items()}
    for kind, (name, data) in of_each_kind.items():
        for cut in CUTS:
            yield f"{kind} cut at {cut} %", data[: len(data) * cut // 100]
        for seed in range(FLIPS):
            yield f"{kind} flipped {seed}", flip_bytes(data, seed)
        yield f"{kind} twice ({name})", data + data


def flip_bytes(data: bytes, seed: int) -> bytes:
    """A few bytes are others; of every second file within its first 400, where headers are."""
    random = np.random.default_rng(seed)
    changed = bytearray(data)
    end = min(len(data), 400) if seed % 2 else len(data)
    for place in random.integers(0, end, random.integers(1, 12)):
        changed[place] = random.integers(0, 256)
    return bytes(changed)


def make_pictures() -> Iterator[tuple[str, bytes]]:
    grey = Image.fromarray((RAMP >> 8).astype(np.uint8))
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        image = Image.fromarray(RAMP) if mode == "I;16" else grey.convert(mode)
        yield f"PNG {mode}", save(image, "PNG")
    for mode, progressive, quality in itertools.product(("L", "RGB", "CMYK"), (False, True), (5, 60, 95)):
        yield (
            f"JPEG {mode} {progressive} {quality}",
            save(grey.convert(mode), "JPEG", progressive=progressive, quality=quality),
        )
    for mode, lossless in itertools.product(("L", "RGB", "RGBA"), (False, True)):
        yield f"WebP {mode} {lossless}", save(grey.convert(mode), "WEBP", lossless=lossless)
    for mode in ("1", "L", "P", "RGB"):
        yield f"BMP {mode}", save(grey.convert(mode), "BMP")
    for mode, compression in itertools.product(("L", "RGB", "I;16"), ("raw", "tiff_lzw", "tiff_deflate", "packbits")):
        image = Image.fromarray(RAMP) if mode == "I;16" else grey.convert(mode)
        yield f"TIFF-pillow {mode} {compression}", save(image, "TIFF", compression=compression)
    for kind, big, order in itertools.product(("u1", "u2", "i2", "u4", "f4", "f8"), (False, True), "<>"):
        stream = io.BytesIO()
        tifffile.imwrite(stream, RAMP.astype(kind), bigtiff=big, byteorder=order)
        yield f"TIFF-values {kind} {big} {order}", stream.getvalue()


def save(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def make_dicoms() -> Iterator[tuple[str, bytes]]:
    grid = itertools.product((8, 10, 12, 14, 16), (False, True), ("MONOCHROME1", "MONOCHROME2"))
    for bits, is_signed, photometric in grid:
        for name, syntax in PLAIN.items():
            yield (
                f"DICOM-{name} {bits} {is_signed} {photometric}",
                save_dicom(make_dataset(bits, is_signed, photometric, syntax)),
            )
        for name, syntax in CODECS.items():
            dataset = make_dataset(bits, is_signed, photometric, ExplicitVRLittleEndian)
            try:
                dataset.compress(syntax)
            except Exception:  # a codec has no such depth
                continue
            yield f"DICOM-{name} {bits} {is_signed} {photometric}", save_dicom(dataset)


def make_dataset(bits: int, is_signed: bool, photometric: str, syntax: str) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SOPClassUID, dataset.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    dataset.Modality, dataset.ViewPosition, dataset.PatientName = "DX", "PA", MARKER
    dataset.Rows, dataset.Columns = SHAPE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, photometric
    allocated = 8 if bits == 8 else 16
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, bits, bits - 1
    dataset.PixelRepresentation = int(is_signed)
    values = (RAMP >> (16 - bits)).astype(np.int32) - (2 ** (bits - 1) if is_signed else 0)
    kind = f"{'>' if syntax == ExplicitVRBigEndian else '<'}{'i' if is_signed else 'u'}{allocated // 8}"
    dataset.PixelData = values.astype(kind).tobytes()
    dataset["PixelData"].VR = "OB" if allocated == 8 else "OW"
    return dataset


def save_dicom(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def make_odd_tags() -> Iterator[tuple[str, bytes]]:
    """One tag of an otherwise sound file holds nonsense, is empty, or is not there."""
    from pydicom.datadict import tag_for_keyword

    for keyword, kind in TAGS.items():
        tag = tag_for_keyword(keyword)
        assert tag is not None
        for number, value in enumerate((None, *NONSENSE.get(kind, NONSENSE[""]))):
            dataset = make_dataset(12, False, "MONOCHROME2", ExplicitVRLittleEndian)
            if keyword in dataset:
                del dataset[keyword]
            data = save_dicom(dataset)
            if value is not None:
                data = insert_element(data, tag, kind, value)
            yield f"tag {keyword} {number}", data


def insert_element(data: bytes, tag: int, kind: str, value: bytes) -> bytes:
    """The element as bytes, before the first of a higher tag; after the groups that describe the file."""
    group, element = tag >> 16, tag & 0xFFFF
    value += b"\0" * (len(value) % 2)
    head = struct.pack("<HH2s", group, element, kind.encode())
    made = head + (struct.pack("<HI", 0, len(value)) if kind == "SQ" else struct.pack("<H", len(value))) + value
    (length,) = struct.unpack_from("<I", data, 140)
    place = 144 + length
    while place < len(data):
        at = struct.unpack_from("<HH", data, place)
        if at > (group, element):
            break
        if data[place + 4 : place + 6] in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
            place += 12 + struct.unpack_from("<I", data, place + 8)[0]
        else:
            place += 8 + struct.unpack_from("<H", data, place + 6)[0]
    return data[:place] + made + data[place:]


def make_strangers() -> Iterator[tuple[str, bytes]]:
    """What is no film at all."""
    heads = (
        b"", b"\0", b"GIF89a", b"%PDF-1.7\n", b"PK\3\4", b"\x7fELF", b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ",
        b"<html><script>alert(1)</script>", b"#!/bin/sh\nrm -rf /\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0",
        b"MM\0*", b"BM", b"RIFF\0\0\0\0WEBP", bytes(128) + b"DICM", b"\x80\x04c__builtin__\nexec\n", b"P5 9 9 255\n",
        b"\0\0\0\x18ftypheic", b"\0\0\0\x0cjP  \r\n\x87\n", b"SIMPLE  =", b"\x1f\x8b\x08", b"{}", b"Rar!\x1a\7", b"ID3",
    )  # fmt: skip
    for number, head in enumerate(heads):
        for name, tail in (("alone", b""), ("zeros", bytes(5000)), ("ones", b"\xff" * 5000), ("text", b"film " * 900)):
            yield f"stranger {number} {name}", head + tail


# A page without a tag, whose next page is itself.
EMPTY_LOOP = b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 8) + bytes(100)


def make_bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that want minutes, gigabytes or the depth of a stack."""
    for width, height in ((2**31 - 1, 2**31 - 1), (60_000, 60_000), (1, 2**31 - 1), (12_000, 12_000)):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        body = chunk(b"IDAT", zlib.compress(bytes(2**20), 9)) + chunk(b"IEND", b"")
        yield f"bomb PNG {width} x {height}", b"\x89PNG\r\n\x1a\n" + head + body
    yield (
        "bomb PNG of text",
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0))
        + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200 * 2**20), 9))
        + chunk(b"IEND", b""),
    )
    for rows in (0, 1, 65_535):
        dataset = make_dataset(16, False, "MONOCHROME2", ExplicitVRLittleEndian)
        dataset.Rows = dataset.Columns = rows
        yield f"bomb DICOM of {rows} rows", save_dicom(dataset)
    dataset = make_dataset(16, False, "MONOCHROME2", DeflatedExplicitVRLittleEndian)
    dataset.add_new(0x00291010, "OB", bytes(300 * 2**20))
    yield "bomb DICOM deflated", save_dicom(dataset)
    nested = b"\xfe\xff\x00\xe0\xff\xff\xff\xff\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" * 20_000
    sound = save_dicom(make_dataset(12, False, "MONOCHROME2", ExplicitVRLittleEndian))
    yield "bomb DICOM nested", sound[:400] + b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + nested
    compressed = make_dataset(8, False, "MONOCHROME2", ExplicitVRLittleEndian)
    compressed.compress(RLELossless)
    data = save_dicom(compressed)
    yield "bomb DICOM of fragments", data[:-8] + b"\xfe\xff\x00\xe0\0\0\0\0" * 1_000_000 + data[-8:]
    for side, scans in ((64, 20_000), (6000, 95)):
        yield f"bomb JPEG of {scans} scans", make_slow_film(side, scans)
    loop = struct.pack("<HHHII", 1, 256, 4, 1, 64) + struct.pack("<I", 8)  # its next page is itself
    yield "bomb TIFF loop", b"II*\0\x08\0\0\0" + loop + bytes(100)
    yield "bomb TIFF loop of nothing", EMPTY_LOOP


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_slow_film(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan, of a few bytes, comes again and again: each costs as much as a film."""
    film = Image.fromarray(np.resize((RAMP >> 8).astype(np.uint8), (side, side)))
    data = save(film, "JPEG", progressive=True, quality=10)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]
