"""DICOM through read_image: the grey-scale chain against the standard's formulas; syntaxes, refusals."""

import gc
import io
import math
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut, apply_presentation_lut, apply_voi_lut, set_pixel_data
from pydicom.uid import (
    MPEG2MPML,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from cxr_demo.errors import ImageError
from cxr_demo.film import codestream, halving
from cxr_demo.film.dicom_tags import PALETTES, open_dicom
from cxr_demo.film.reading import read_image
from tests.film.test_reading import (
    DATA,
    RAMP,
    assert_pixels,
    assert_survives,
    in_a_process_of_its_own,
    of_many_scans,
    refusal,
)

BUNDLED = Path(pydicom.__file__).parent / "data" / "test_files"
PATIENT = "Doe^Jane"

FILM = (np.add.outer(np.arange(40) * 60, np.arange(48) * 30)).astype(np.uint16)  # 0..3750, 12 bits


def dataset(values=FILM, photometric="MONOCHROME2", bits=12, **tags):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = generate_uid()
    ds.PatientName = PATIENT
    ds.Modality = "DX"
    set_pixel_data(ds, values, photometric, bits)
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return ds


def file_of(ds):
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def dicom_file(*args, **tags):
    return file_of(dataset(*args, **tags))


def lut(first, entries, bits, is_signed=False):
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if is_signed else "US", [len(entries), first, bits])
    item.add_new("LUTData", "OW", np.asarray(entries, "<u2").tobytes())
    return item


FULL = "full range of values"
WINDOW = {"WindowCenter": 2000, "WindowWidth": 3000}


# ---- the grey-scale chain, derived again from PS3.3 one pixel at a time


def linear(x, c, w):  # C.11.2.1.2.1, word for word
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    if x > c - 0.5 + (w - 1) / 2:
        return 1.0
    return (x - (c - 0.5)) / (w - 1) + 0.5


def linear_exact(x, c, w):  # C.11.2.1.3.2
    return 0.0 if x <= c - w / 2 else 1.0 if x > c + w / 2 else (x - c) / w + 0.5


def sigmoid(x, c, w):  # C.11.2.1.3.1
    return 1 / (1 + math.exp(min(-4 * (x - c) / w, 700)))


def table(x, first, entries):  # C.11.2.1.1
    return entries[0] if x < first else entries[min(x - first, len(entries) - 1)]


def each(values, function):
    return np.array([[function(value) for value in row] for row in values.tolist()])


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("voi", ["window", "table", "none"])
@pytest.mark.parametrize("is_signed", [False, True])
def test_twelve_combinations(photometric, voi, is_signed):
    stored = FILM.astype(np.int16) - 2000 if is_signed else FILM
    tags, slope, intercept = {"RescaleSlope": 2, "RescaleIntercept": -1000}, 2, -1000
    first = -4000 if is_signed else 1000
    entries = [int(4095 * (step / 2999) ** 2) for step in range(3000)]
    if voi == "window":
        centre = -500 if is_signed else 3000
        tags |= {"WindowCenter": centre, "WindowWidth": 4001}
        expected = each(stored, lambda x: linear(x * slope + intercept, centre, 4001))
    elif voi == "table":
        tags["VOILUTSequence"] = [lut(first, entries, 12, is_signed)]
        expected = each(stored, lambda x: table(x * slope + intercept, first, entries) / 4095)
    else:
        expected = (stored - float(stored.min())) / float(np.ptp(stored))
    expected = 1 - expected if photometric == "MONOCHROME1" else expected
    assert 0.2 < expected.mean() < 0.8 or voi == "table"
    notes = ["Rescaled", {"window": "Window from the file", "table": "VOI LUT", "none": FULL}[voi]]
    notes += ["MONOCHROME1"] * (photometric == "MONOCHROME1")
    film = assert_pixels(dicom_file(stored, photometric, **tags), expected, *notes, atol=1e-5)
    assert film.kind == "DICOM"


@pytest.mark.parametrize(
    ("function", "derived"), [("LINEAR", linear), ("LINEAR_EXACT", linear_exact), ("SIGMOID", sigmoid)]
)
@pytest.mark.parametrize("width", [1, 2, 777.5, 3000])
def test_window_functions(function, derived, width):
    data = dicom_file(WindowCenter=1500.5, WindowWidth=width, VOILUTFunction=function)
    name = f", {function}."
    assert_pixels(data, each(FILM, lambda x: derived(x, 1500.5, width)), name, atol=1e-4)


def test_the_first_of_several_windows():
    data = dicom_file(WindowCenter=[1000, 2000], WindowWidth=[500, 900])
    assert_pixels(data, each(FILM, lambda x: linear(x, 1000, 500)), "the first of 2", atol=1e-5)


@pytest.mark.parametrize("width", [0, -5, 0.5])
def test_a_window_that_is_none(width):
    assert_pixels(dicom_file(WindowCenter=5, WindowWidth=width), FILM / 3750, "not a valid one")


def test_a_window_that_shows_nothing():
    assert_pixels(dicom_file(WindowCenter=60000, WindowWidth=10), FILM / 3750, "one grey only")


def test_empty_window_is_no_window():
    assert_pixels(dicom_file(WindowCenter=None, WindowWidth=None), FILM / 3750, "0 to 3750")


def test_modality_table_comes_before_the_window():
    entries = [65535 - 16 * step for step in range(4000)]
    data = dicom_file(ModalityLUTSequence=[lut(100, entries, 16)], WindowCenter=30000, WindowWidth=60000)
    expected = each(FILM, lambda x: linear(table(x, 100, entries), 30000, 60000))
    assert_pixels(data, expected, "Modality table", "Window", atol=1e-5)


def test_table_wins_over_window_and_its_white_is_its_own_depth():
    entries = list(range(0, 4096))
    for bits in (12, 16):  # 16 is what careless writers put
        data = dicom_file(VOILUTSequence=[lut(0, entries, bits)], **WINDOW)
        assert_pixels(data, FILM / 4095, "VOI LUT")
    assert_pixels(dicom_file(VOILUTSequence=[lut(0, entries, 14)]), FILM / 16383, "VOI LUT")


def test_table_with_a_negative_start_written_as_unsigned():
    table = lut(65536 - 1024, range(4096), 12)
    data = dicom_file(RescaleSlope=1, RescaleIntercept=-1024, VOILUTSequence=[table])
    assert_pixels(data, FILM / 4095, "Rescaled", "VOI LUT")


def test_table_of_8_bits_packed_two_to_a_word():
    entries = np.minimum(np.arange(4096) // 16, 255).astype(np.uint8)
    item = lut(0, entries, 8)
    item.LUTData = entries.tobytes()
    assert_pixels(dicom_file(VOILUTSequence=[item]), entries[FILM] / 255, "VOI LUT")


@pytest.mark.parametrize(
    ("photometric", "shape", "is_inverted", "is_doubtful"),
    [
        ("MONOCHROME1", "INVERSE", True, False),  # one inversion with two names: done once
        ("MONOCHROME2", "IDENTITY", False, False),
        ("MONOCHROME1", "IDENTITY", True, True),
        ("MONOCHROME2", "INVERSE", True, True),
    ],
)
def test_presentation_lut_shape(photometric, shape, is_inverted, is_doubtful):
    data = dicom_file(FILM, photometric, PresentationLUTShape=shape)
    notes = [FULL] + ["contradicts"] * is_doubtful + ["inverted"] * is_inverted
    assert_pixels(data, 1 - FILM / 3750 if is_inverted else FILM / 3750, *notes)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_becomes_black_but_an_equal_value_inside_stays(photometric):
    film = FILM + 100
    film[:5] = film[:, :7] = film[20, 20] = 0
    is_padding = film == 0
    is_padding[20, 20] = False  # a value of the film: the low end of its range
    shown = film / film.max()
    expected = np.where(is_padding, 0, 1 - shown if photometric == "MONOCHROME1" else shown)
    inverted = ["MONOCHROME1"] * (photometric == "MONOCHROME1")
    assert_pixels(dicom_file(film, photometric, PixelPaddingValue=0), expected, FULL, *inverted, "padding")


def test_padding_range_does_not_widen_the_full_range():
    film = FILM + 1000
    film = np.minimum(film, 4095)
    film[:, :4] = 30
    film[:2] = 40
    data = dicom_file(film, PixelPaddingValue=30, PixelPaddingRangeLimit=50)
    expected = (film - float(film[2:, 4:].min())) / float(film.max() - film[2:, 4:].min())
    assert_pixels(data, np.clip(expected, 0, 1), FULL, "padding")


def test_bits_outside_the_value_are_not_the_value():
    overlay = (np.indices(FILM.shape).sum(0) % 2).astype(np.uint16)
    above = dicom_file(FILM | overlay << 15, bits=16, BitsStored=12, HighBit=11)
    below = dicom_file(FILM << 4 | overlay, bits=16, BitsStored=12, HighBit=15)
    values = (FILM.astype(np.int16) - 2000) & 0x0FFF | (overlay << 12).astype(np.int16)
    signed = dicom_file(values, bits=16, BitsStored=12, HighBit=11)
    for data in (above, below, signed):
        assert_pixels(data, FILM / 3750, FULL)


# ---- the same chain by pydicom's own functions

DEPTHS = [(bits, is_signed) for bits in (8, 12, 16) for is_signed in (False, True)]


def random_values(bits, is_signed):
    low = -(2 ** (bits - 1)) if is_signed else 0
    kind = "int16" if is_signed else "uint8" if bits == 8 else "uint16"
    return np.random.default_rng(bits).integers(low, low + 2**bits, FILM.shape).astype(kind)


def random_table(first, count, bits):
    """Rising entries of the whole depth; `first` has a sign where it needs one."""
    entries = np.sort(np.random.default_rng(count).integers(0, 2**bits, count))
    entries[[0, -1]] = 0, 2**bits - 1
    return lut(first, entries, bits, first < 0)


def shown_by_pydicom(data):
    """The film 0..1. pydicom's output is as wide as what goes in, so it is divided by the range that it means."""
    ds = pydicom.dcmread(io.BytesIO(data))
    values = apply_voi_lut(apply_modality_lut(ds.pixel_array, ds), ds).astype(float)
    if "VOILUTSequence" in ds:
        black, white = 0, 2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1
    elif "WindowWidth" not in ds:
        black, white = values.min(), values.max()
    elif "ModalityLUTSequence" in ds:
        black, white = 0, 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    else:
        low = -(2 ** (ds.BitsStored - 1)) if ds.PixelRepresentation else 0
        black, white = apply_modality_lut(np.array([low, low + 2**ds.BitsStored - 1]), ds)
    # Its inversion takes the largest value for white, so white itself is put among them.
    return apply_presentation_lut(np.append((values - black) / (white - black), 1.0), ds)[:-1].reshape(values.shape)


def assert_as_pydicom(stored, photometric, bits, **tags):
    shape = "INVERSE" if photometric == "MONOCHROME1" else "IDENTITY"
    data = dicom_file(stored, photometric, bits, PresentationLUTShape=shape, **tags)
    shown = read_image(data).pixels
    assert shown.std() > 0.1 and shown.min() < 0.1 and shown.max() > 0.9  # the film is seen
    np.testing.assert_allclose(shown, shown_by_pydicom(data), atol=1e-5)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("bits", "is_signed"), DEPTHS)
@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_rescale_and_windows_are_those_of_pydicom(photometric, bits, is_signed, function):
    stored = random_values(bits, is_signed)
    for slope, intercept in ((None, None), (2, -1000), (-1.5, 300)):
        tags = {"RescaleSlope": slope, "RescaleIntercept": intercept} if slope else {}
        values = stored.astype(float) * (slope or 1) + (intercept or 0)
        if function:
            centre, width = round(values.mean(), 1), np.ptp(values) // 2 + 0.5
            tags |= {"WindowCenter": centre, "WindowWidth": width, "VOILUTFunction": function}
        assert_as_pydicom(stored, photometric, bits, **tags)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("bits", "is_signed"), DEPTHS)
@pytest.mark.parametrize("depth", [8, 10, 12, 16])
@pytest.mark.filterwarnings("ignore:Applying a VOI LUT on a float input")
def test_voi_tables_are_those_of_pydicom(photometric, bits, is_signed, depth):
    stored = random_values(bits, is_signed)
    for tags in ({}, {"RescaleSlope": 1, "RescaleIntercept": -1000}):
        values = stored.astype(int) + tags.get("RescaleIntercept", 0)
        if depth == 8 and np.ptp(values) > 255 or values.min() < -(2**15):
            continue  # pydicom counts from a table's start in as many bits as an entry has; a start has 16
        first, count = (values.min(), 256) if depth == 8 else (values.min() + 50, np.ptp(values) - 99)
        tags = tags | {"VOILUTSequence": [random_table(int(first), int(count), depth)]}
        assert_as_pydicom(stored, photometric, bits, **tags)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("bits", "is_signed"), [(8, False), (12, False), (12, True), (16, False)])
@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_modality_tables_are_those_of_pydicom(photometric, bits, is_signed, function):
    """Of signed films whose type is full, pydicom's difference from the table's start overflows."""
    stored = random_values(bits, is_signed)
    table = random_table(int(stored.min()) + 50, int(np.ptp(stored)) - 99, 16)
    window = {"WindowCenter": 30000, "WindowWidth": 30000, "VOILUTFunction": function} if function else {}
    assert_as_pydicom(stored, photometric, bits, ModalityLUTSequence=[table], **window)


# ---- colours, notes


def test_colours_and_palettes_become_grey():
    colours = np.dstack([RAMP, RAMP[::-1], RAMP // 2])
    expected = colours @ [0.299, 0.587, 0.114] / 255
    assert_pixels(dicom_file(colours, "RGB", 8), expected, "in colour")
    assert_pixels(dicom_file(np.dstack([RAMP] * 3), "RGB", 8), RAMP / 255)
    assert_pixels(dicom_file(np.dstack([RAMP, RAMP * 0 + 128, RAMP * 0 + 128]), "YBR_FULL", 8), RAMP / 255)
    ds = dataset(RAMP, "MONOCHROME2", 8, PhotometricInterpretation="PALETTE COLOR")
    palette = np.random.default_rng(0).integers(0, 65536, (3, 256))
    for name, entries in zip(PALETTES, palette, strict=True):
        setattr(ds, name + "Descriptor", [256, 0, 16])
        setattr(ds, name + "Data", entries.astype("<u2").tobytes())
    assert_pixels(file_of(ds), np.tensordot([0.299, 0.587, 0.114], palette[:, RAMP], 1) / 65535, "in colour")


@pytest.mark.parametrize(
    ("tags", "note"),
    [
        ({"Modality": "CT", "SOPClassUID": CTImageStorage}, "The file says modality CT, not a radiograph."),
        ({"PresentationIntentType": "FOR PROCESSING"}, "raw detector data"),
    ],
)
def test_what_the_user_should_know(tags, note):
    assert_pixels(dicom_file(**tags), FILM / 3750, note, FULL)


@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize("modality", ["CR", "DX", "RG", "RF", "XA", "", PATIENT, "<b>CT</b>"])
def test_no_note_for_radiographs_or_for_text_that_is_no_modality(modality):
    data = dicom_file(Modality="ZZZZZZZZZZ").replace(b"ZZZZZZZZZZ", modality.ljust(10).encode())
    assert_pixels(data, FILM / 3750, FULL)


@pytest.mark.parametrize("spacing", [[0.143, 0.143], None])
def test_square_pixels_need_no_note(spacing):
    assert_pixels(dicom_file(PixelSpacing=spacing), FILM / 3750, FULL)


# ---- transfer syntaxes


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless], ids=lambda uid: uid.name)
def test_lossless_syntaxes_round_trip(syntax, is_signed):
    noise = np.random.default_rng(1).integers(0, 100, FILM.shape)
    values = (FILM + noise - 2000 * is_signed).astype(np.int16 if is_signed else np.uint16)
    ds = dataset(values, **WINDOW)
    plain = read_image(file_of(ds)).pixels
    ds.compress(syntax)
    np.testing.assert_array_equal(read_image(file_of(ds)).pixels, plain)


def jpeg_dataset(stream, values, photometric="MONOCHROME2"):
    ds = dataset(values, photometric, 8)
    ds.PixelData = encapsulate([stream])
    ds["PixelData"].VR = "OB"
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return ds


def test_a_jpeg_of_many_scans_is_refused_here_too():
    values = np.zeros((64, 64), np.uint8)
    assert read_image(file_of(jpeg_dataset(of_many_scans(64, 90), values))).pixels.shape == (64, 64)
    assert "far more parts" in refusal(file_of(jpeg_dataset(of_many_scans(64, 200), values)))


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_large_film_is_read_at_half_size(photometric, syntax, monkeypatch):
    values = np.kron(FILM, np.ones((2, 2), np.uint16))[:, :-1]
    ds = dataset(values, photometric, **WINDOW)
    if syntax:
        ds.compress(syntax)
    expected = read_image(dicom_file(FILM, photometric, **WINDOW))
    monkeypatch.setattr(halving, "MAX_PIXELS", FILM.size)
    film = read_image(file_of(ds))
    assert list(map(str, film.notes)) == ["95 x 80 pixels, read at half size.", *map(str, expected.notes)]
    np.testing.assert_allclose(film.pixels, expected.pixels, atol=1e-6)


def test_padding_and_film_do_not_mix_at_half_size(monkeypatch):
    values = FILM + 300
    values[:, :7] = values[:5] = 4095  # an edge that halving would mix with the film
    values[20, 20] = 4095
    tags = {"PixelPaddingValue": 4095, "WindowCenter": 2500, "WindowWidth": 5000}
    monkeypatch.setattr(halving, "MAX_PIXELS", FILM.size - 1)
    film = read_image(dicom_file(values, **tags))
    is_padding = np.zeros((20, 24), bool)
    is_padding[:, :4] = is_padding[:3] = True
    assert (film.pixels[is_padding] == 0).all() and "made black" in str(film.notes[-1])
    means = values.reshape(20, 2, 24, 2).mean((1, 3))
    expected = np.clip((means - 2499.5) / 4999 + 0.5, 0, 1)
    is_padding[10, 10] = True  # a spot of the padding's value inside the film is no padding
    np.testing.assert_allclose(film.pixels[~is_padding], expected[~is_padding], atol=2e-4)
    assert film.pixels[10, 10] > 0.8


def test_colours_of_a_palette_are_not_averaged_at_half_size(monkeypatch):
    path = BUNDLED / "examples_palette.dcm"
    full = read_image(path)
    monkeypatch.setattr(halving, "MAX_PIXELS", 1000)
    np.testing.assert_array_equal(read_image(path).pixels, full.pixels[::2, ::2])


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_jpeg_baseline(photometric):
    stream = io.BytesIO()
    Image.fromarray(RAMP).save(stream, "JPEG", quality=100)
    ds = jpeg_dataset(stream.getvalue(), RAMP, photometric)
    expected = (RAMP if photometric == "MONOCHROME2" else RAMP.max() - RAMP) / RAMP.max()
    film = read_image(file_of(ds))
    np.testing.assert_allclose(film.pixels, expected, atol=0.02)


def test_jpeg_lossless_of_the_bundled_file():
    path = BUNDLED / "SC_rgb_jpeg_gdcm.dcm"
    film = read_image(path)
    assert "JPEG Lossless" in pydicom.dcmread(path).file_meta.TransferSyntaxUID.name
    np.testing.assert_array_equal(film.pixels, read_image(BUNDLED / "SC_rgb_rle.dcm").pixels)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("start", ["whole", "no preamble", "no meta"])
def test_native_syntaxes_with_and_without_preamble(syntax, start, tmp_path):
    ds = dataset(VOILUTSequence=[lut(0, list(range(4096)), 12)])
    ds.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = FILM.astype(">u2").tobytes()
        ds.VOILUTSequence[0].LUTData = np.arange(4096, dtype=">u2").tobytes()
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    data = stream.getvalue()
    if start == "no preamble":
        data = data[132:]
    elif start == "no meta":
        data = data[132 + 12 + struct.unpack_from("<I", data, 140)[0] :]
    path = tmp_path / "IM000001"
    path.write_bytes(data)
    assert_pixels(path, FILM / 4095, "VOI LUT")


def test_dicom_behind_a_tiff_header_is_dicom():
    assert read_image(b"II*\0" + dicom_file()[4:]).kind == "DICOM"


def test_every_syntax_named_has_its_decoder():
    for syntax, name in codestream.DECODERS.items():
        assert name in pydicom.pixels.get_decoder(syntax).available_plugins, syntax.name


@pytest.mark.skipif(not BUNDLED.is_dir(), reason="pydicom came without its test files")
@pytest.mark.filterwarnings("ignore")
def test_files_bundled_with_pydicom():
    read = 0
    for path in sorted(p for p in BUNDLED.rglob("*") if p.is_file()):
        try:
            read += read_image(path).pixels.size > 0
        except ImageError as error:
            assert error.message.endswith(".")
    assert read >= 39  # radiation doses are refused


# ---- what is refused


def test_multi_frame_is_refused():
    assert "3 frames" in refusal(dicom_file(np.stack([FILM] * 3)))


@pytest.mark.parametrize("keyword", ["PixelData", "Rows", "Columns"])
def test_no_picture(keyword):
    ds = dataset()
    del ds[keyword]
    assert "holds no picture" in refusal(file_of(ds))


def test_sizes_are_checked_before_decoding():
    assert "more than 160 megapixels" in refusal(dicom_file(Rows=20000, Columns=20000))
    assert "too few" in refusal(dicom_file(FILM[:8, :8].copy()))
    assert "too long" in refusal(dicom_file(np.resize(FILM, (32, 200))))


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_stream_larger_than_the_header_says(syntax):
    ds = dataset(np.resize(FILM, (200, 200)))
    ds.compress(syntax)
    ds.Rows = ds.Columns = 100
    assert "not what its header says" in refusal(file_of(ds))


def test_runs_that_would_fill_the_memory(monkeypatch):
    monkeypatch.setattr(codestream, "RLE_UNCHECKED_BYTES", 0)
    ds = dataset(FILM + np.random.default_rng(0).integers(0, 99, FILM.shape).astype(np.uint16))
    ds.compress(RLELossless)
    assert read_image(file_of(ds)).pixels.shape == FILM.shape
    header = struct.pack("<16I", 2, 64, 66, *[0] * 13)
    ds.PixelData = encapsulate([header + b"\x81\x07" * 5000])
    assert "not what its header says" in refusal(file_of(ds))


def test_syntaxes_without_a_decoder():
    ds = dataset()
    ds.PixelData = encapsulate([b"\0\0\1\xb3" * 40])  # MPEG-2
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = MPEG2MPML
    assert "compressed in a way" in refusal(file_of(ds))


def test_blank_is_refused():
    assert "blank" in refusal(dicom_file(np.full((40, 40), 7, np.uint16)))
    assert "blank" in refusal(dicom_file(np.full((40, 40), 7, np.uint16), PixelPaddingValue=7, **WINDOW))
    assert "blank" in refusal(dicom_file(RescaleSlope=0, RescaleIntercept=1))


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_every_cut_is_seen(syntax, share):
    noise = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
    ds = dataset(noise)
    if syntax:
        ds.compress(syntax)
    data = file_of(ds)
    refusal(data[: int(len(data) * share)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("data", [bytes(128) + b"DICM" + b"\xff" * 99, b"\x08\0\x05\0CS" * 40])
def test_junk_that_looks_like_dicom(data):
    refusal(data)
    refusal(data[:132])


# ---- privacy, and whatever comes


def test_nothing_of_the_patient_is_kept_or_said(tmp_path):
    path = tmp_path / f"{PATIENT}.dcm"
    path.write_bytes(dicom_file())
    assert PATIENT not in repr(read_image(path))
    opened = open_dicom(path.read_bytes(), [])
    assert "PatientName" not in opened and PATIENT not in str(opened)
    del opened
    gc.collect()
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert PATIENT not in str(caught.value) and caught.value.__cause__ is None


def sound_files():
    noise = FILM + np.random.default_rng(1).integers(0, 100, FILM.shape).astype(np.uint16)
    files = [dicom_file(noise, "MONOCHROME1", VOILUTSequence=[lut(0, list(range(4096)), 12)])]
    files += [dicom_file(noise.astype(np.int16) - 2000, PixelPaddingValue=-2000, RescaleSlope=2, **WINDOW)]
    for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        ds = dataset(noise)
        ds.compress(syntax)
        files.append(file_of(ds))
    names = ("SC_rgb_jpeg_gdcm", "SC_rgb_jpeg_dcmtk", "SC_rgb_jls_lossy_line", "MR_small_implicit")
    return files + [(BUNDLED / f"{name}.dcm").read_bytes() for name in names]


def fuzz():
    assert_survives(sound_files(), 25)


def test_damaged_dicom_never_crashes_or_warns():
    in_a_process_of_its_own("tests.film.test_dicom")


@pytest.mark.skipif(not DATA.is_dir(), reason="real films: ../shared/data (or $CXR_DATA) is absent")
def test_a_real_dicom_film_is_bright_side_up():
    film = read_image(DATA / "dicom" / "rsna_cxr_jpeg.dcm")
    assert film.pixels.shape == (1024, 1024) and film.kind == "DICOM"
    pixels = film.pixels
    assert np.median(pixels[512:900, 480:544]) > np.median(pixels[300:500, 250:400]) + 0.2  # spine, lung
