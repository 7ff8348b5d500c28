"""read_image for ordinary pictures: what comes out, what is refused, and that nothing else can happen."""

import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from cxr_demo.errors import ImageError
from cxr_demo.film import halving, picture_formats
from cxr_demo.film.reading import Radiograph, read_image

REPO = Path(__file__).parents[2]
DATA = Path(os.environ.get("CXR_DATA", REPO / "../shared/data"))

RAMP = (np.add.outer(np.arange(40) * 3, np.arange(56) * 2)).astype(np.uint8)  # not square, not symmetric
RAMP_16 = np.linspace(0, 65535, 40 * 56).round().astype(np.uint16).reshape(40, 56)
COLOURS = np.dstack([RAMP, RAMP[::-1], RAMP // 2])


def saved(array, kind, mode=None, **options):
    image = Image.fromarray(array) if mode is None else Image.fromarray(array).convert(mode)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def tiff(array, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def png(width, height, depth, colour_type, rows, before=b""):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
    pixels = b"".join(b"\0" + row for row in rows)
    body = chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + before + body


def refusal(source):
    """The one sentence and the next step; both must be fit to show."""
    with pytest.raises(ImageError) as caught:
        read_image(source)
    message, hint = caught.value.message, caught.value.hint
    assert message.endswith(".") and message[0].isupper() and ". " not in message, message
    assert hint.endswith(".") and hint[0].isupper(), hint
    return message


def assert_pixels(data, expected, *notes, atol=1e-6):
    film = read_image(data)
    assert film.pixels.shape == expected.shape
    np.testing.assert_allclose(film.pixels, expected, atol=atol)
    assert len(film.notes) == len(notes), film.notes
    for note, part in zip(map(str, film.notes), notes, strict=True):
        assert part in note
    return film


# ---- what comes out


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WebP", "JPEG"])
def test_eight_bit_grey_of_every_kind(kind):
    data = saved(RAMP, kind, **({"lossless": True} if kind == "WebP" else {}))
    film = assert_pixels(data, RAMP / 255, atol=0.02 if kind == "JPEG" else 1e-6)
    assert isinstance(film, Radiograph)
    assert film.kind == kind
    assert film.sha256 == hashlib.sha256(data).hexdigest()
    assert film.pixels.dtype == np.float32 and film.pixels.flags.c_contiguous
    with pytest.raises(ValueError):
        film.pixels[0, 0] = 1


def test_path_and_bytes_and_a_wrong_extension_give_the_same(tmp_path):
    data = saved(RAMP, "PNG")
    path = tmp_path / "IM000001.dcm"
    path.write_bytes(data)
    for source in (path, str(path), data, bytearray(data), memoryview(data)):
        film = read_image(source)
        assert film.kind == "PNG"
        np.testing.assert_array_equal(film.pixels, read_image(data).pixels)


@pytest.mark.parametrize("make", [lambda a: saved(a, "PNG"), lambda a: saved(a, "TIFF"), tiff])
def test_16_bit_ramp_is_not_clipped(make):
    film = assert_pixels(make(RAMP_16), RAMP_16 / 65535)
    assert len(np.unique(film.pixels)) == RAMP_16.size


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_fewer_bits_in_a_16_bit_file_are_seen_and_told(bits):
    values = RAMP_16 >> (16 - bits)
    for data in (saved(values, "PNG"), tiff(values)):
        note = f"{bits}-bit values in a 16-bit file: scaled by {2**bits - 1}."
        assert_pixels(data, values / (2**bits - 1), note)


def test_12_bits_in_the_upper_bits_are_16_bits():
    assert_pixels(saved(RAMP_16 & 0xFFF0, "PNG"), (RAMP_16 & 0xFFF0) / 65535)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits(bits):
    values = (RAMP.astype(int) * (2**bits) // 256).astype(np.uint8)
    planes = np.unpackbits(values[..., None], axis=-1)[..., 8 - bits :].reshape(40, -1)
    data = png(56, 40, bits, 0, [row.tobytes() for row in np.packbits(planes, axis=1)])
    assert_pixels(data, values / (2**bits - 1), *["only black and white"] * (bits == 1))


def test_palette_is_looked_up():
    assert_pixels(saved(RAMP, "PNG", "P"), RAMP / 255, "palette")
    image = Image.fromarray(RAMP % 4).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 90, 90, 90])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    brightness = np.array([0.299, 0.587, 0.114, 90 / 255])
    assert_pixels(stream.getvalue(), brightness[RAMP % 4], "palette", "in colour")


def test_three_equal_channels_are_one_channel_without_a_note():
    film = assert_pixels(saved(np.dstack([RAMP] * 3), "PNG"), RAMP / 255)
    np.testing.assert_array_equal(film.pixels, read_image(saved(RAMP, "PNG")).pixels)
    assert read_image(saved(np.dstack([RAMP] * 3), "JPEG")).notes == ()


def test_colours_become_grey_by_brightness():
    expected = COLOURS @ [0.299, 0.587, 0.114] / 255
    assert_pixels(saved(COLOURS, "PNG"), expected, "in colour")
    assert_pixels(saved(COLOURS, "JPEG", "CMYK", quality=99), expected, "CMYK", "in colour", atol=0.05)


def test_16_bit_colours_keep_16_bits():
    colours = np.dstack([RAMP_16, RAMP_16[::-1], RAMP_16 // 2])
    expected = colours @ [0.299, 0.587, 0.114] / 65535
    assert_pixels(cv2.imencode(".png", colours[..., ::-1])[1].tobytes(), expected, "in colour")
    assert_pixels(tiff(colours), expected, "in colour")
    grey = RAMP_16 >> 4
    film = assert_pixels(tiff(np.dstack([grey] * 3)), grey / 4095, "12-bit values in a 16-bit file")
    assert len(np.unique(film.pixels)) == len(np.unique(grey))


def test_alpha_is_laid_on_black_and_told_only_where_it_shows():
    alpha = np.full_like(RAMP, 255)
    assert_pixels(saved(np.dstack([RAMP, alpha]), "PNG"), RAMP / 255)
    alpha[:, :20] = 51
    expected = RAMP / 255 * alpha / 255
    assert_pixels(saved(np.dstack([RAMP, alpha]), "PNG"), expected, "laid on black")
    assert_pixels(saved(np.dstack([RAMP, RAMP, RAMP, alpha]), "PNG"), expected, "laid on black")
    assert "laid on black" in str(read_image(saved(np.dstack([COLOURS, alpha]), "WebP")).notes[0])


def test_16_bit_grey_with_alpha_or_a_transparent_value():
    rows = [np.dstack([row, row * 0 + 65535]).astype(">u2").tobytes() for row in RAMP_16]
    assert_pixels(png(56, 40, 16, 4, rows), RAMP_16 / 65535)
    key = struct.pack(">I4sH", 2, b"tRNS", RAMP_16[-1, -1])
    key += struct.pack(">I", zlib.crc32(key[4:]))
    expected = RAMP_16 / 65535
    expected[-1, -1] = 0
    rows = [row.astype(">u2").tobytes() for row in RAMP_16]
    assert_pixels(png(56, 40, 16, 0, rows, key), expected, "on black")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WebP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.kron(RAMP[::4, ::4], np.ones((8, 8), np.uint8))
    options = {"lossless": True} if kind == "WebP" else {"quality": 99} if kind == "JPEG" else {}
    data = saved(stored, kind, exif=exif, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("L")) / 255
    film = assert_pixels(data, expected, *["Turned upright"] * (orientation > 1))
    assert film.pixels.shape == (stored.shape if orientation < 5 else stored.T.shape)


def test_orientation_of_16_bit_tiff():
    data = tiff(RAMP_16, extratags=[(274, "H", 1, 6, True)])
    assert_pixels(data, np.rot90(RAMP_16, -1) / 65535, "Turned upright")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_tiff_with_white_as_zero_is_inverted(dtype):
    values = {np.uint8: RAMP, np.uint16: RAMP_16, np.float32: (RAMP_16 / 65535).astype(np.float32)}[dtype]
    white = {np.uint8: 255, np.uint16: 65535, np.float32: 1}[dtype]
    film = read_image(tiff(values, photometric="miniswhite"))
    np.testing.assert_allclose(film.pixels, 1 - values / white, atol=1e-6)


def test_tiff_of_other_numbers():
    fraction = (RAMP_16 / 65535).astype(np.float32)
    assert_pixels(tiff(fraction / 2), fraction / 2)
    assert_pixels(tiff(fraction * 300 - 100), fraction, "Values from -100 to 200", atol=1e-5)
    signed = (RAMP_16 // 4).astype(np.int16) - 5000
    assert_pixels(tiff(signed), (signed - signed.min()) / np.ptp(signed), "Values from -5000")
    signed = RAMP.astype(np.int8).astype(int)
    assert_pixels(tiff(signed.astype(np.int8)), (signed - signed.min()) / np.ptp(signed), "Values from -128")
    assert_pixels(tiff(RAMP_16.astype(np.uint32)), RAMP_16 / 65535)
    large = RAMP_16.astype(np.uint32) << 16
    assert_pixels(tiff(large), RAMP_16 / 65535, "scaled to the full range", atol=1e-4)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits", "group4"])
def test_compressed_tiff(compression):
    if compression == "group4":
        dots = np.asarray(Image.fromarray(RAMP).convert("1"))
        assert_pixels(saved(RAMP, "TIFF", "1", compression=compression), dots, "only black and white")
    else:
        assert_pixels(saved(RAMP_16, "TIFF", compression=compression), RAMP_16 / 65535)


# ---- what is read at half size


@pytest.fixture
def halve_above(monkeypatch):
    return lambda pixels: monkeypatch.setattr(halving, "MAX_PIXELS", pixels)


def mean_of_four(pixels):
    height, width = pixels.shape
    even = np.pad(pixels, ((0, height % 2), (0, width % 2)), "edge")
    return even.reshape(-(-height // 2), 2, -(-width // 2), 2).mean((1, 3))


LARGE = np.add.outer(np.arange(1061) % 200, np.arange(57)).astype(np.uint8)  # more than two bands, odd sides
LARGE = np.tile(LARGE, (1, 5))
LARGE_16 = LARGE.astype(np.uint16) * 257 + 5
OPAQUE = np.full_like(LARGE_16, 65535)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(saved(LARGE, "PNG"), id="PNG"),
        pytest.param(saved(LARGE, "BMP"), id="BMP"),
        pytest.param(saved(LARGE, "PNG", "P"), id="palette"),
        pytest.param(saved(LARGE, "PNG", "1"), id="one bit"),
        pytest.param(saved(np.dstack([LARGE, LARGE, LARGE[::-1]]), "PNG"), id="RGB"),
        pytest.param(saved(np.dstack([LARGE] * 3 + [LARGE * 0 + 255]), "PNG"), id="RGBA"),
        pytest.param(saved(LARGE_16, "PNG"), id="PNG 16"),
        pytest.param(saved(LARGE_16 >> 4, "PNG"), id="PNG 12"),
        pytest.param(tiff(LARGE_16, compression="zlib"), id="TIFF 16"),
        pytest.param(tiff(np.dstack([LARGE_16] * 3)), id="TIFF 16 RGB"),
        pytest.param(
            cv2.imencode(".png", np.dstack([LARGE_16] * 3 + [LARGE_16 * 0 + 65535]))[1].tobytes(), id="PNG 16 RGBA"
        ),
        pytest.param(tiff(LARGE_16, photometric="miniswhite"), id="white is zero"),
        pytest.param(tiff((LARGE_16 / 65535).astype(np.float32)), id="TIFF float"),
        pytest.param(tiff(LARGE.astype(np.uint32) * 2**24), id="TIFF 32"),
        pytest.param(tiff(LARGE.astype(np.int16) - 90), id="TIFF signed"),
        pytest.param(tiff((LARGE - 128).astype(np.int8)), id="TIFF signed 8"),
        pytest.param(saved(LARGE, "JPEG", quality=95), id="JPEG"),
        pytest.param(saved(LARGE, "JPEG", quality=95, progressive=True), id="progressive JPEG"),
        pytest.param(saved(np.dstack([LARGE] * 3), "JPEG", quality=95), id="colour JPEG"),
    ],
)
def test_a_large_film_is_read_at_half_size_with_a_note(data, halve_above, request):
    full = read_image(data)
    halve_above(LARGE.size - 1)
    film = read_image(data)
    assert str(film.notes[0]) == "285 x 1061 pixels, read at half size." and film.sha256 == full.sha256
    # The range of values is that of the means.
    assert [str(note)[:11] for note in film.notes[1:]] == [str(note)[:11] for note in full.notes]
    assert film.pixels.shape == (531, 143)
    expected = mean_of_four(full.pixels)
    if "JPEG" in request.node.callspec.id:
        assert np.abs(film.pixels - expected).mean() < 0.01
    else:
        np.testing.assert_allclose(film.pixels, expected, atol=0.006)
    halve_above(LARGE.size)
    np.testing.assert_array_equal(read_image(data).pixels, full.pixels)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_large_film_is_turned_upright_too(kind, halve_above):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(np.kron(RAMP, np.ones((4, 4), np.uint8)), kind, exif=exif)
    expected = mean_of_four(read_image(data).pixels)
    halve_above(1000)
    film = read_image(data)
    np.testing.assert_allclose(film.pixels, expected, atol=0.02)
    assert "read at half size" in str(film.notes[0]) and "Turned upright" in str(film.notes[1])


def test_a_number_that_is_none_is_seen_in_a_large_film_too(halve_above):
    values = LARGE.astype(np.float32)
    values[-1, -1] = np.nan
    halve_above(1000)
    assert "not numbers" in refusal(tiff(values))


def test_some_kinds_are_read_up_to_fewer_pixels(monkeypatch):
    monkeypatch.setattr(picture_formats, "MAX_PIXELS", 1000)
    monkeypatch.setattr(picture_formats, "MAX_COLOUR_16_PIXELS_READ", 1000)
    for data in (saved(RAMP, "WebP"), tiff(np.dstack([RAMP_16] * 3))):
        assert "56 x 40 pixels, more than" in refusal(data)
    assert read_image(saved(RAMP, "PNG")) and read_image(saved(np.dstack([RAMP] * 3), "PNG"))


@pytest.mark.parametrize(("kind", "most_mb"), [("grey 16", 460), ("colour", 700), ("JPEG", 290)])
def test_a_hundred_megapixels_stay_within_their_memory(kind, most_mb, tmp_path):
    """Measured 367, 582 and 218 MB above the start."""
    row = np.arange(10_000) // 80
    if kind == "JPEG":
        data = saved(np.broadcast_to(row.astype(np.uint8), (10_000, 10_000)), "JPEG")
    elif kind == "colour":
        data = png(10_000, 10_000, 8, 2, [row.repeat(3).astype(np.uint8).tobytes()] * 10_000)
    else:
        data = png(10_000, 10_000, 16, 0, [(row * 256).astype(">u2").tobytes()] * 10_000)
    path = tmp_path / "film"
    path.write_bytes(data)
    code = f"""
import sys, types
package = sys.modules["cxr_demo"] = types.ModuleType("cxr_demo")
package.__path__ = ["cxr_demo"]
from cxr_demo.film.reading import read_image
def peak_mb():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
before = peak_mb()
film = read_image({str(path)!r})
print(film.pixels.shape, film.notes[0], int(peak_mb() - before), sep="|")"""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    shape, note, used_mb = done.stdout.strip().split("|")
    assert shape == "(5000, 5000)" and note == "10000 x 10000 pixels, read at half size."
    assert int(used_mb) < most_mb


# ---- what is refused


def animated(kind):
    frames = [Image.fromarray(np.roll(RAMP, shift)) for shift in (0, 5)]
    stream = io.BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:])
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WebP", "TIFF", "GIF"])
def test_animations_and_pages_are_refused(kind):
    reason = {"TIFF": "several pages", "GIF": "GIF"}.get(kind, "animation")
    assert reason in refusal(animated(kind))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"Patient: Jane Doe\n" * 9, "text file"),
        (b"BMI of the patient: 23, see the other report for more", "text file"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "web page"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04" + bytes(60), "zip"),
        (b"\0\0\0\x18ftypheic" + bytes(60), "HEIC"),
        (bytes(500), "unknown kind"),
        (bytes(range(256)) * 3, "unknown kind"),
        (b"\x89PNG\r\n\x1a\n", "PNG file is damaged"),
        (bytes(64 * 2**20 + 1), "larger than 64 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_an_image(data, reason):
    assert reason in refusal(data)


@pytest.mark.parametrize(
    ("size", "reason"),
    [((1, 1), "too few"), ((31, 400), "too few"), ((100, 401), "too long"), ((401, 100), "too long")],
)
def test_sizes_that_are_no_film(size, reason):
    assert reason in refusal(saved(np.resize(RAMP, size), "PNG"))


def test_sizes_at_the_limit_pass():
    assert read_image(saved(np.resize(RAMP, (32, 128)), "PNG")).pixels.shape == (32, 128)


def patched(data, position, *numbers, order):
    return data[:position] + struct.pack(order, *numbers) + data[position + struct.calcsize(order) :]


def test_bombs_are_refused_from_the_header():
    sof = saved(RAMP, "JPEG").index(b"\xff\xc0") + 5
    webp = saved(np.dstack([RAMP] * 4), "WebP", exif=b"Exif\0\0")
    assert webp[12:16] == b"VP8X"
    bombs = [
        png(20000, 20000, 1, 0, [b"\0"]),
        png(2**31 - 1, 2**31 - 1, 8, 0, [b"\0"]),
        patched(saved(RAMP, "JPEG"), sof, 20000, 20000, order=">HH"),
        patched(saved(RAMP, "BMP"), 18, 20000, 20000, order="<ii"),
        patched(tiff(RAMP), tiff(RAMP).index(struct.pack("<HHII", 256, 4, 1, 56)) + 8, 5000000, order="<I"),
    ]
    for bomb in bombs:
        assert "more than 160 megapixels" in refusal(bomb)
    refusal(patched(webp, 24, 0x3F, 0x3F, 0, 0x3F, 0x3F, 0, order="<6B"))
    tiles = tiff(np.resize(RAMP, (64, 64)), tile=(16, 16), compression="zlib")
    for tag in (322, 323):
        tiles = patched(tiles, tiles.index(struct.pack("<HHII", tag, 4, 1, 16)) + 8, 60000, order="<I")
    assert "claims tiles" in refusal(tiles)


def of_many_scans(side, count):
    """A progressive JPEG whose last scan, of a few bytes, comes again and again: each costs as much as a film."""
    data = saved(np.resize(RAMP, (side, side)), "JPEG", progressive=True, quality=10)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def jpeg_in_tiff(stream, side):
    values = {256: side, 257: side, 258: 8, 259: 7, 262: 1, 273: 8, 277: 1, 278: side, 279: len(stream)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    padded = stream + b"\0" * (len(stream) % 2)
    return b"II*\0" + struct.pack("<I", 8 + len(padded)) + padded + struct.pack("<H", len(values)) + entries + bytes(4)


def test_a_jpeg_of_more_scans_than_any_camera_writes_is_refused_before_it_is_decoded(monkeypatch):
    for data in (of_many_scans(64, 90), jpeg_in_tiff(of_many_scans(64, 90), 64)):
        assert read_image(data).pixels.shape == (64, 64)
    assert "damaged" in refusal(jpeg_in_tiff(of_many_scans(64, 200), 64)), "libtiff counts them itself"
    segments = b"\xff\xfe\0\2" * 20_000
    sound = saved(RAMP, "JPEG", comment=b"\xff\xda" * 2000)
    monkeypatch.setitem(picture_formats.PICTURES, "JPEG", None)  # nothing is decoded
    for data in (of_many_scans(64, 200), sound[:2] + segments + sound[2:]):
        assert "far more parts" in refusal(data)
    monkeypatch.undo()
    assert read_image(sound).pixels.shape == RAMP.shape, "what stands in a comment is no scan"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WebP", "BMP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.97])
def test_every_cut_is_seen(kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    data = saved(noise, kind)
    assert f"{kind} file is damaged" in refusal(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    "options", [{"kind": "JPEG", "progressive": True}, {"kind": "TIFF", "compression": "tiff_lzw"}]
)
def test_every_cut_is_seen_in_other_codings(options):
    data = saved(np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8), **options)
    assert "damaged" in refusal(data[: int(len(data) * 0.8)])


@pytest.mark.parametrize("grey", [0, 7, 255])
def test_blank_is_refused(grey):
    for array in (np.full((40, 40), grey, np.uint8), np.full((40, 40, 3), grey, np.uint8)):
        assert "blank" in refusal(saved(array, "PNG"))
    assert "blank" in refusal(tiff(np.full((40, 40), grey, np.float32)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_not_numbers(value):
    values = RAMP.astype(np.float32)
    values[3, 4] = value
    assert "not numbers" in refusal(tiff(values))


def test_paths_that_cannot_be_read_are_told_without_the_path(tmp_path):
    (tmp_path / "Doe^Jane").mkdir()
    os.mkfifo(tmp_path / "Doe^pipe")
    text = tmp_path / "Doe^Jane.txt"
    text.write_text("notes about Jane Doe")
    cases = {"Doe^none.png": "not found", "Doe^Jane": "folder", "Doe^pipe": "ordinary", text.name: "a text"}
    for name, reason in cases.items():
        with pytest.raises(ImageError) as caught:
            read_image(tmp_path / name)
        assert reason in caught.value.message
        assert "Doe" not in str(caught.value) and str(tmp_path) not in str(caught.value)
    for source in ("bad\0name", "x" * 5000, None, 7, ["a"]):
        refusal(source)


# ---- whatever comes


def damaged_copies(data, rng, count):
    """Flipped bytes (half of them in the header), cut ends, and foreign bytes in between."""
    for turn in range(count):
        copy = np.frombuffer(data, np.uint8).copy()
        if turn % 3 == 0:
            yield copy[: rng.integers(1, copy.size)].tobytes()
            continue
        end = copy.size if turn % 3 == 1 else min(copy.size, 300)
        copy[rng.integers(0, end, rng.integers(1, 9))] = rng.integers(0, 256)
        place = rng.integers(0, copy.size) if turn % 5 == 0 else copy.size
        yield copy[:place].tobytes() + rng.bytes(int(rng.integers(0, 30))) + copy[place:].tobytes()


def assert_survives(files, count):
    """Only an ImageError or a whole Radiograph may come of a damaged file."""
    rng = np.random.default_rng(20)
    seen = {"read": 0, "refused": 0}
    for data in files:
        for damaged in damaged_copies(data, rng, count):
            try:
                film = read_image(damaged)
            except ImageError:
                seen["refused"] += 1
                continue
            seen["read"] += 1
            assert film.pixels.ndim == 2 and film.pixels.dtype == np.float32 and min(film.pixels.shape) >= 32
            assert film.pixels.min() >= 0 and film.pixels.max() <= 1 and np.ptp(film.pixels) > 0
    assert min(seen.values()) > 20, seen
    print("survived", seen)


def sound_files():
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [saved(RAMP, kind) for kind in ("PNG", "JPEG", "TIFF", "WebP", "BMP")]
    files += [saved(COLOURS, "JPEG", exif=exif), saved(COLOURS, "JPEG", progressive=True)]
    files += [saved(RAMP_16, "PNG"), saved(RAMP, "PNG", "P"), saved(np.dstack([COLOURS, RAMP]), "PNG")]
    files += [saved(COLOURS, "TIFF", compression="tiff_lzw"), saved(COLOURS, "WebP", lossless=True)]
    files += [tiff(RAMP_16), tiff(RAMP.astype(np.float32)), tiff(np.dstack([RAMP_16] * 3))]
    return [*files, tiff(RAMP, tile=(16, 16))]


def in_a_process_of_its_own(module):
    """A crash of a decoder must fail one test, not end them all; and warnings are as in the product."""
    # Without the package's own __init__, which would import torch first: 8 s for nothing.
    code = f"""
import sys, types
package = sys.modules["cxr_demo"] = types.ModuleType("cxr_demo")
package.__path__ = ["cxr_demo"]
from {module} import fuzz
fuzz()"""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "survived" in done.stdout
    assert not re.search(r"Warning:|Traceback", done.stderr), done.stderr[-2000:]


def fuzz():
    assert_survives(sound_files(), 40)


def test_damaged_pictures_never_crash_or_warn():
    in_a_process_of_its_own("tests.film.test_reading")


def test_many_threads_read_the_same():
    files = sound_files()
    alone = [read_image(data) for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(read_image, files * 4))
    for film, other in zip(alone * 4, together, strict=True):
        np.testing.assert_array_equal(film.pixels, other.pixels)
        assert film.notes == other.notes


# ---- real films


@pytest.mark.skipif(not DATA.is_dir(), reason="real films: ../shared/data (or $CXR_DATA) is absent")
def test_real_films_open_bright_side_up():
    pictures = sorted(p for p in DATA.glob("*/**/*") if p.suffix in (".png", ".jpg", ".jpeg"))
    films = [p for p in pictures if p.parent.name not in ("not_frontal_cxr", "lung_masks")]
    chosen = sorted((DATA / "not_frontal_cxr").iterdir()) + films[:: max(len(films) // 30, 1)][:30]
    assert len(chosen) > 40
    for path in chosen:
        film = read_image(path)
        assert 0 <= film.pixels.min() < 0.3 and 0.5 < film.pixels.max() <= 1, path.name
    for path in sorted((DATA / "nih_fullres").glob("*.png"))[:6]:
        pixels = read_image(path).pixels
        height, width = pixels.shape
        spine = np.median(pixels[height // 2 :, width * 9 // 20 : width * 11 // 20])
        assert spine > np.median(pixels[height // 4 : height // 2, width // 4 : width * 2 // 5]), path.name


@pytest.mark.parametrize("packed", [{}, {"compression": "zlib", "rowsperstrip": 17}])
@pytest.mark.parametrize("kind", ["int16", "uint32", "int32", "float32", "float64"])
def test_a_tiff_is_the_same_whichever_end_of_its_numbers_comes_first(kind, packed):
    values = np.random.default_rng(2).integers(-3000, 3000, (90, 70))
    values = (values.clip(0) if kind[0] == "u" else values).astype(kind)
    one, other = (read_image(tiff(values, byteorder=order, **packed)).pixels for order in "<>")
    np.testing.assert_array_equal(one, other)
