"""DICOM files that writers got wrong, and kinds that are rare: they open, with the right greys."""

import io

import numpy as np
import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.pixels import set_pixel_data
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from cxr_demo.film import dicom_tags
from cxr_demo.film.reading import read_image
from tests.film.test_dicom import FILM, FULL, dataset, dicom_file, each, file_of, linear, lut
from tests.film.test_reading import RAMP, assert_pixels, refusal, saved
from tests.fire.corpus import insert_element

UNREADABLE, MISSING = "cannot be read: left out", "does not say its"
SIGNED = FILM.astype(np.int16) - 2000


def with_raw(keyword: str, raw: bytes, **tags) -> bytes:
    """A film whose tag holds bytes that pydicom would not write."""
    ds = dataset(**tags)
    place = b"0123456789ABCDEF"[: len(raw)].ljust(len(raw), b"0")
    ds[keyword] = pydicom.DataElement(pydicom.tag.Tag(keyword), "LO", place.decode())
    written = file_of(ds)
    assert written.count(b"LO" + len(raw).to_bytes(2, "little") + place) == 1
    vr = pydicom.datadict.dictionary_VR(keyword).encode()
    return written.replace(b"LO" + len(raw).to_bytes(2, "little") + place, vr + len(raw).to_bytes(2, "little") + raw)


# ---- tags that may be missing and cannot be read


@pytest.mark.parametrize("keyword", ["WindowCenter", "WindowWidth"])
@pytest.mark.parametrize("raw", [b"ABCD", b"2000,5", b"[2000, 1000]", b"\xff\xfe\xfd\xfc"])
def test_a_window_that_is_no_number_costs_a_note(keyword, raw):
    other = {"WindowWidth": 500} if keyword == "WindowCenter" else {"WindowCenter": 500}
    film = read_image(with_raw(keyword, raw, **other))
    np.testing.assert_allclose(film.pixels, FILM / 3750, atol=1e-6)
    assert any(f"under {keyword} {UNREADABLE}" in str(note) for note in film.notes)
    assert any(FULL in str(note) for note in film.notes)


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagerPixelSpacing"])
@pytest.mark.parametrize("raw", [b"0,143\\0,143 ", b"N/A ", b"1:1 "])
def test_a_spacing_that_is_no_number_costs_a_note(keyword, raw):
    assert_pixels(with_raw(keyword, raw), FILM / 3750, FULL, f"under {keyword} {UNREADABLE}")


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_a_rescale_that_is_no_number_costs_a_note(keyword):
    assert_pixels(with_raw(keyword, b"one "), FILM / 3750, f"under {keyword} {UNREADABLE}", FULL)


@pytest.mark.parametrize("keyword", ["ModalityLUTSequence", "VOILUTSequence"])
@pytest.mark.parametrize("lacking", ["LUTData", "LUTDescriptor"])
def test_a_table_without_its_parts_gives_way_to_the_next_in_the_chain(keyword, lacking):
    item = lut(0, range(4096), 12)
    del item[lacking]
    data = dicom_file(WindowCenter=2000, WindowWidth=3000, **{keyword: [item]})
    expected = each(FILM, lambda x: linear(x, 2000, 3000))
    assert_pixels(data, expected, f"under {keyword} {UNREADABLE}", "Window from the file", atol=1e-5)


@pytest.mark.parametrize("keyword", ["ModalityLUTSequence", "VOILUTSequence"])
@pytest.mark.parametrize(("vr", "raw"), [("SQ", b"garbage!"), ("IS", b"5 "), ("US", b"\5\0"), ("LO", b"none")])
def test_a_sequence_that_is_none_costs_a_note(keyword, vr, raw):
    data = insert_element(dicom_file(WindowCenter=2000, WindowWidth=3000), tag_for_keyword(keyword), vr, raw)
    expected = each(FILM, lambda x: linear(x, 2000, 3000))
    assert_pixels(data, expected, f"under {keyword} {UNREADABLE}", "Window from the file", atol=1e-5)


# ---- tags that pixels need


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PixelRepresentation", 0), ("SamplesPerPixel", 1), ("PhotometricInterpretation", "MONOCHROME2")],
)
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_missing_or_empty_tag_gets_the_default_of_the_field(keyword, value, is_empty):
    ds = dataset()
    if is_empty:
        ds[keyword].value = None
    else:
        del ds[keyword]
    assert_pixels(file_of(ds), FILM / 3750, f"{MISSING} {keyword}: taken as {value}", FULL)


def test_depths_that_are_missing_come_from_the_size_of_the_pixel_data():
    ds = dataset(bits=16)
    del ds.BitsAllocated, ds.BitsStored, ds.HighBit
    assert_pixels(file_of(ds), FILM / 3750, f"{MISSING} BitsAllocated: taken as 16", "BitsStored: taken as 16", FULL)


def test_colour_without_its_arrangement():
    ds = dataset(np.dstack([RAMP] * 3), "RGB", 8)
    del ds.PhotometricInterpretation, ds.PlanarConfiguration
    assert_pixels(file_of(ds), RAMP / 255, "PhotometricInterpretation: taken as RGB", "PlanarConfiguration: taken as 0")


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
@pytest.mark.parametrize("written", ["monochrome2", "MONOCHROME2 ", "MONOCHROME"])
def test_spellings_of_grey(written):
    ds = dataset()
    ds.PhotometricInterpretation = written
    assert_pixels(file_of(ds), FILM / 3750, FULL)


@pytest.mark.parametrize("keyword", ["Rows", "Columns"])
def test_a_size_that_is_missing_is_named(keyword):
    ds = dataset()
    ds[keyword].value = None
    assert keyword in refusal(file_of(ds))


# ---- numbers that were written with the other sign


def test_padding_written_unsigned_in_a_signed_film():
    film = SIGNED.copy()
    film[:, :4] = -32768
    shown = (film - float(SIGNED[:, 4:].min())) / float(np.ptp(SIGNED[:, 4:]))
    for vr, value in (("US", 32768), ("SS", -32768)):
        ds = dataset(film, bits=16)
        ds.add_new("PixelPaddingValue", vr, value)
        assert_pixels(file_of(ds), np.where(film == -32768, 0, shown), FULL, "padding")


def test_padding_written_signed_in_an_unsigned_film():
    film = FILM.copy()
    film[:, :4] = 65535
    ds = dataset(film, bits=16)
    ds.add_new("PixelPaddingValue", "SS", -1)
    low, high = float(FILM[:, 4:].min()), float(FILM.max())
    assert_pixels(file_of(ds), np.where(film == 65535, 0, (FILM - low) / (high - low)), FULL, "padding")


@pytest.mark.parametrize("keyword", ["ModalityLUTSequence", "VOILUTSequence"])
@pytest.mark.parametrize("first", [-2000, 63536])
def test_a_table_starts_where_the_film_has_values(keyword, first):
    item = lut(0, range(3751), 12)
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [3751, first, 12])
    white = 3750 if keyword == "ModalityLUTSequence" else 4095
    film = read_image(dicom_file(SIGNED, **{keyword: [item]}))
    np.testing.assert_allclose(film.pixels, FILM / white, atol=1e-6)


# ---- bits beside the value, whatever the codec


def encapsulated(ds: Dataset, syntax: str, stream: bytes) -> bytes:
    ds.PixelData = encapsulate([stream])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    return file_of(ds)


def compressed(values: np.ndarray, syntax: str, **tags) -> bytes:
    """The stream is of all allocated bits, whatever the tags say of them."""
    ds = dataset(values, bits=16)
    ds.compress(syntax)
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return file_of(ds)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, RLELossless])
@pytest.mark.parametrize("is_signed", [False, True])
def test_bits_beside_the_value_are_cleared_for_every_codec(syntax, is_signed):
    overlay = (np.indices(FILM.shape).sum(0) % 2).astype(np.uint16) << 12
    values = SIGNED.view(np.uint16) & 0x0FFF if is_signed else FILM
    data = compressed(values | overlay, syntax, BitsStored=12, HighBit=11, PixelRepresentation=int(is_signed))
    assert_pixels(data, FILM / 3750, FULL)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_signed_film_keeps_its_sign(syntax):
    ds = dataset(SIGNED, bits=12)
    ds.compress(syntax)
    assert_pixels(file_of(ds), FILM / 3750, FULL)


# ---- syntaxes


def test_a_deflated_file_is_inflated():
    plain = dataset()
    plain.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert_pixels(file_of(plain), FILM / 3750, FULL)


def test_a_deflated_file_that_is_a_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(dicom_tags, "MAX_FILE_BYTES", 2000)
    plain = dataset()
    plain.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert "larger than" in refusal(file_of(plain))


def test_only_the_transfer_syntax_says_that_a_file_is_deflated():
    assert_pixels(dicom_file(AvailableTransferSyntaxUID=str(DeflatedExplicitVRLittleEndian)), FILM / 3750, FULL)


def test_uncompressed_but_encapsulated():
    data = encapsulated(dataset(), "1.2.840.10008.1.2.1.98", FILM.astype("<u2").tobytes())
    assert_pixels(data, FILM / 3750, FULL)


def jpeg(values=RAMP, **options) -> bytes:
    return saved(values, "JPEG", quality=95, **options)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.55", JPEGBaseline8Bit, JPEGExtended12Bit])
def test_progressive_jpeg(syntax):
    stream = jpeg(progressive=True)
    data = encapsulated(dataset(RAMP, bits=8), syntax, stream)
    film = read_image(data)
    np.testing.assert_allclose(film.pixels * 255, (RAMP - 0.0) / RAMP.max() * 255, atol=6)


def with_syntax(data: bytes, syntax: str) -> bytes:
    """The same file under another name of how it is written."""
    stream = io.BytesIO(data)
    stream.seek(132)
    meta = pydicom.filereader.read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
    meta = FileMetaDataset(meta)
    meta.TransferSyntaxUID = UID(syntax)
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=False)
    return bytes(128) + b"DICM" + head.getvalue() + data[stream.tell() :]


@pytest.mark.parametrize("label", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLosslessSV1, RLELossless])
@pytest.mark.filterwarnings("ignore:Expected implicit VR")
def test_the_stream_says_how_it_is_compressed_whatever_the_file_says(label):
    assert_pixels(with_syntax(compressed(FILM, JPEGLSLossless), label), FILM / 3750, FULL)


@pytest.mark.parametrize("label", [JPEGLSLossless, RLELossless, "1.2.840.10008.1.2.4.51"])
def test_plain_pixels_under_the_name_of_a_codec(label):
    assert_pixels(with_syntax(dicom_file(), label), FILM / 3750, FULL)


def test_the_standard_before_dicom():
    ds = Dataset()
    ds.add_new(0x00080001, "UL", 0)
    ds.add_new(0x00080010, "LO", "ACR-NEMA 2.0")
    set_pixel_data(whole := dataset(), FILM, "MONOCHROME2", 12)
    for keyword in ("SamplesPerPixel", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"):
        ds[keyword] = whole[keyword]
    ds.PixelRepresentation = 0
    ds.PixelData = whole.PixelData
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, ds, implicit_vr=True, little_endian=True, enforce_file_format=False)
    data = stream.getvalue()
    assert data[128:132] != b"DICM"
    assert_pixels(data, FILM / 3750, "PhotometricInterpretation: taken as MONOCHROME2", FULL)


# ---- what is not for display, pixels that are not square


@pytest.mark.parametrize("sop_class", ["12.1", "12.1.1", "12.2"])
def test_the_modality_table_of_angiography_is_not_for_display(sop_class):
    table = lut(0, np.arange(4096)[::-1], 12)
    tags = {"WindowCenter": 2000, "WindowWidth": 1500, "ModalityLUTSequence": [table]}
    data = dicom_file(SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{sop_class}", **tags)
    assert_pixels(data, each(FILM, lambda x: linear(x, 2000, 1500)), "Window from the file", atol=1e-5)


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"])
def test_pixels_become_square(keyword):
    rows, columns = FILM.shape
    tall = read_image(dicom_file(**{keyword: [2, 1]}))
    assert tall.pixels.shape == (2 * rows, columns)
    wide = read_image(dicom_file(**{keyword: [1, 2]}))
    assert wide.pixels.shape == (rows, 2 * columns)
    np.testing.assert_allclose(tall.pixels[1:-1:2], FILM[:-1] / 3750 + 0.25 * 60 / 3750, atol=0.003)
    assert any("2.00 times as high as wide" in str(note) for note in tall.notes)


def test_pixels_become_square_within_what_may_be_read(monkeypatch):
    film = np.kron(FILM, np.ones((2, 2), np.uint16))
    monkeypatch.setattr("cxr_demo.film.dicom.MAX_PIXELS", film.size)
    assert read_image(dicom_file(film, PixelSpacing=[2, 1])).pixels.shape == (80, 48)


def test_what_becomes_square_is_no_longer_and_thinner_than_a_film_may_be():
    assert "too long" in refusal(dicom_file(np.resize(FILM, (120, 40)), PixelSpacing=[2, 1]))


@pytest.mark.parametrize("ratio", [(0.0, 1.0), (1.0, 50.0), (-1.0, 1.0)])
def test_a_spacing_that_cannot_be_is_not_followed(ratio):
    assert_pixels(dicom_file(PixelSpacing=list(ratio)), FILM / 3750, FULL)


def twelve_bit_jpeg(blocks: np.ndarray) -> bytes:
    """(h, w) values below 4096 -> a JPEG of 8h x 8w pixels, each block of one grey: its mean alone is coded."""

    def segment(marker: int, body: bytes) -> bytes:
        return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body

    height, width = (8 * side for side in blocks.shape)
    bits, before = "", 0
    for mean in (blocks.ravel() - 2048).tolist():  # quantised by 8, a mean is what is coded
        step, before = mean - before, mean
        size = abs(step).bit_length()
        value = step if step >= 0 else step + 2**size - 1
        bits += f"{size:04b}" + (f"{value:0{size}b}" if size else "") + "0"  # 0: no waves follow
    coded = int(bits + "1" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big").replace(b"\xff", b"\xff\0")
    return b"".join((
        b"\xff\xd8",
        segment(0xDB, bytes([0, *[8] * 64])),
        segment(0xC1, bytes([12, *height.to_bytes(2, "big"), *width.to_bytes(2, "big"), 1, 1, 0x11, 0])),
        segment(0xC4, bytes([0x00, 0, 0, 0, 14, *[0] * 12, *range(14)])),
        segment(0xC4, bytes([0x10, 1, *[0] * 15, 0])),
        segment(0xDA, bytes([1, 1, 0, 0, 63, 0])),
        coded,
        b"\xff\xd9",
    ))  # fmt: skip


@pytest.mark.parametrize("is_signed", [False, True])
def test_twelve_bit_jpeg(is_signed):
    blocks = np.random.default_rng(0).integers(0, 4096, (5, 6))
    blocks[0, :2] = 0, 4095
    values = np.kron(blocks, np.ones((8, 8), int))
    film = (values - 4096 * (values >= 2048) * is_signed).astype(np.int16 if is_signed else np.uint16)
    data = encapsulated(dataset(film), JPEGExtended12Bit, twelve_bit_jpeg(blocks))
    low, high = film.min(), film.max()
    assert_pixels(data, (film - float(low)) / float(high - low), FULL)
