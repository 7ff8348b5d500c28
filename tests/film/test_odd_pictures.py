"""Picture files of rare kinds, value for value; tifffile and the written arrays are what they are compared with."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile

from cxr_demo.film import tiff as product_tiff
from cxr_demo.film.reading import read_image
from tests.film.test_reading import COLOURS, RAMP, RAMP_16, assert_pixels, png, refusal, saved, tiff

LUMINANCE = [0.299, 0.587, 0.114]
COLOURS_16 = np.dstack([RAMP_16, RAMP_16[::-1], RAMP_16 // 2])
OPAQUE = np.full_like(RAMP_16, 65535)


# ---- TIFF


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("options", [{}, {"compression": "deflate"}, {"tile": (16, 16)}, {"byteorder": ">"}])
@pytest.mark.parametrize("has_alpha", [False, True])
def test_colour_of_16_bits(planes, options, has_alpha):
    values = np.dstack([COLOURS_16, OPAQUE]) if has_alpha else COLOURS_16
    values = np.ascontiguousarray(np.moveaxis(values, -1, 0)) if planes == "separate" else values
    alpha = {"extrasamples": ["unassalpha"]} if has_alpha else {}
    data = tiff(values, photometric="rgb", planarconfig=planes, **options, **alpha)
    assert_pixels(data, COLOURS_16 @ LUMINANCE / 65535, "in colour", atol=2e-6)


def test_colour_planes_are_deflated_with_a_predictor():
    planes = np.ascontiguousarray(np.moveaxis(COLOURS_16, -1, 0))
    data = tiff(planes, photometric="rgb", planarconfig="separate", compression="deflate", predictor=True)
    assert_pixels(data, COLOURS_16 @ LUMINANCE / 65535, "in colour", atol=2e-6)


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_with_alpha(planes, depth):
    white = np.iinfo(depth).max
    grey = RAMP_16.astype(depth) if depth == np.uint16 else RAMP
    values = np.stack([grey, np.full_like(grey, white)], -1 if planes == "contig" else 0)
    options = {"photometric": "minisblack", "planarconfig": planes, "extrasamples": ["unassalpha"]}
    assert_pixels(tiff(np.ascontiguousarray(values), **options), grey / white)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_floats(kind, compression):
    values = (RAMP_16 / 65535).astype(kind)
    assert_pixels(tiff(values, compression=compression), values.astype(np.float32))


def test_colour_of_floats():
    assert_pixels(tiff((COLOURS_16 / 65535).astype("f4"), photometric="rgb"), COLOURS_16 @ LUMINANCE / 65535, "colour")


def test_white_is_zero_of_floats():
    values = (RAMP_16 / 65535).astype(np.float64)
    assert_pixels(tiff(values, photometric="miniswhite"), 1 - values, "white as zero")


def test_a_film_of_exact_values_is_turned():
    values = np.ascontiguousarray(np.moveaxis(COLOURS_16, -1, 0))
    data = tiff(values, photometric="rgb", planarconfig="separate", extratags=[(274, "H", 1, 6, True)])
    assert_pixels(data, np.rot90(COLOURS_16 @ LUMINANCE / 65535, -1), "upright", "in colour", atol=2e-6)


def test_a_smaller_copy_is_no_second_film():
    for values in (RAMP_16, (RAMP_16 / 65535).astype(np.float64)):
        stream = io.BytesIO()
        with tifffile.TiffWriter(stream) as writer:
            writer.write(np.zeros((16, 20), np.uint8), subfiletype=1)
            writer.write(values)
        assert_pixels(stream.getvalue(), RAMP_16 / 65535)


def test_several_films_are_refused():
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(RAMP)
        writer.write(RAMP + 1)
    assert "several pages" in refusal(stream.getvalue())


def test_a_circle_of_pages_is_refused():
    """Pages without a tag, each of which is followed by itself, are as many as one has patience for."""
    loop = b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 8) + bytes(100)
    assert "TIFF file is damaged" in refusal(loop)


def test_a_variety_without_a_decoder_says_what_to_do():
    planes = np.ascontiguousarray(np.moveaxis(COLOURS_16, -1, 0))
    data = tiff(planes, photometric="rgb", planarconfig="separate", compression="lzma")
    assert "variety of TIFF" in refusal(data)


def test_a_strip_that_unpacks_to_more_than_it_should_is_refused():
    values = (RAMP_16 / 65535).astype(np.float64)
    data = bytearray(tiff(values, compression="deflate"))
    page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
    bomb = zlib.compress(bytes(10**7))
    start = len(data)
    data += bomb
    for tag, number in ((273, start), (279, len(bomb))):
        place = page.tags[tag].valueoffset
        data[place : place + 4] = struct.pack("<I", number)
    assert product_tiff.find_exact_page(bytes(data)) is not None
    assert "damaged" in refusal(bytes(data))


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_depth_that_a_tiff_states_is_its_white(bits):
    values = np.zeros((40, 56), np.uint16)
    values[:] = np.arange(56) % 30  # dark: the largest value would say 8 bits
    packed = np.unpackbits(values.astype(">u2").view(np.uint8).reshape(40, 56, 2), axis=-1)[..., 16 - bits :]
    rows = np.packbits(packed.reshape(40, -1), axis=-1).tobytes()
    tags = [(256, 4, 56), (257, 4, 40), (258, 3, bits), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, 40), (279, 4, len(rows))]  # fmt: skip
    body = rows + b"\0" * (len(rows) % 2)
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHI", tag, kind, 1) + (struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value))
        for tag, kind, value in tags
    )
    data = b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory + bytes(4)
    if bits == 12:
        assert_pixels(data, values / 4095, "12-bit values")
    else:  # no decoder has these; it is said, not guessed
        assert "TIFF" in refusal(data)


# ---- PNG


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@pytest.mark.parametrize(("values", "white"), [(RAMP_16 >> 4, 4095), (RAMP_16 >> 8, 4095), (RAMP_16 >> 2, 65535)])
def test_a_depth_that_a_png_states(values, white):
    """Left as they were, or spread over all 16 bits as the standard asks."""
    rows = [row.astype(">u2").tobytes() for row in values]
    note = ["12-bit values"] if white == 4095 else []
    assert_pixels(png(56, 40, 16, 0, rows, chunk(b"sBIT", b"\x0c")), values / white, *note)


def test_an_empty_alpha_channel_hides_nothing():
    data = saved(np.dstack([COLOURS, 0 * RAMP]), "PNG")
    assert_pixels(data, COLOURS @ LUMINANCE / 255, "see-through", "in colour")


# ---- BMP, JPEG


def test_a_bitmap_of_5_6_5_bits():
    red, green, blue = (COLOURS[..., channel].astype(np.uint16) for channel in range(3))
    packed = (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3
    height, width = RAMP.shape
    masks = struct.pack("<3I", 0xF800, 0x07E0, 0x001F)
    info = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 16, 3, packed.nbytes, 0, 0, 0, 0)
    head = struct.pack("<2sIHHI", b"BM", 66 + packed.nbytes, 0, 0, 66)
    assert_pixels(head + info + masks + packed.astype("<u2").tobytes(), COLOURS @ LUMINANCE / 255, "colour", atol=0.04)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("is_colour", [False, True])
def test_a_jpeg_without_its_end_has_all_its_pixels(options, is_colour):
    data = saved(COLOURS if is_colour else RAMP, "JPEG", **options)
    assert data.endswith(b"\xff\xd9")
    whole = read_image(data)
    film = read_image(data[:-2])
    np.testing.assert_array_equal(film.pixels, whole.pixels)
    assert "end mark" in str(film.notes[0])


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("lost", [12, 40, 200])
def test_a_jpeg_that_lacks_pixels_is_damaged(options, lost):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    assert "damaged" in refusal(saved(noise, "JPEG", **options)[:-lost])


def test_what_a_damaged_tiff_says_of_its_patient_is_logged_nowhere(caplog):
    data = tiff(RAMP_16, description="DOE^JANE" * 4).replace(b"DOE^JANEDOE", b"DOE^J\x9d\x8f\xffDOE")
    read_image(data)
    read_image(data.replace(b"\x0e\x01\x02\x00", b"\x0e\x01\x48\x00"))  # its type is none
    assert caplog.text == ""
