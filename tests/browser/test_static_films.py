"""Films as the engine of the static edition reads them, in Chromium: Python's pixels, or a sentence, never others."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pydicom.data
import pytest
import tifffile
from PIL import Image
from playwright.sync_api import Page
from pydicom.uid import RLELossless

from cxr_demo.errors import CxrError
from cxr_demo.film import dicom, halving, picture_formats
from cxr_demo.film.reading import Radiograph, read_image
from tests.browser.conftest import synthetic_film
from tests.browser.static_films import encode_png, make_dataset, make_films, name_message
from tests.static_site import open_site, pack, unpack, write_site

CORPUS = sorted((Path(pydicom.data.__file__).parent / "test_files").glob("*.dcm"))
NOT_READ = {"dicom-compressed", "film-tiff-variety", "static-variety"}  # the engine reads less than the product
NOT_PACKED = (259).to_bytes(2, "little") + b"\3\0\1\0\0\0\1\0"  # a TIFF's tag for its compression
OFTEN = {"dicom-empty", "film-damaged", "dicom-other"}  # of a file that is cut short


READ = """(bytes) => attempt(async () => {
  const { levels16, windows, ...film } = await engine.readFilm(bytesOf(bytes));
  return { ...film, levels: pack(levels16),
    windows: windows && { levels: pack(windows.levels), greys: windows.greys.map(pack) } };
})"""


def test_films_are_read_as_the_product_reads_them(page: Page, tmp_path):
    for path in make_films(tmp_path):
        image, got = read_image(path), page.evaluate(READ, pack(path.read_bytes()))
        assert "failed" not in got, (path.name, got)
        levels = unpack(got["levels"], np.uint16, (got["height"], got["width"]))
        assert (levels == np.rint(image.pixels * np.float32(65535))).all(), path.name
        assert [note["name"] for note in got["notes"]] == [str(name_message(note)) for note in image.notes], path.name
        assert got["kind"] == image.kind and got["isColour"] == image.is_colour, path.name
        assert (got["sides"] and tuple(got["sides"])) == image.sides, path.name
        compare_windows(got["windows"], image)


def compare_windows(got: dict | None, image: Radiograph) -> None:
    if image.windows is None:
        assert got is None
        return
    assert got is not None
    assert (unpack(got["levels"], np.uint16, image.windows.levels.shape) == image.windows.levels).all()
    greys = [unpack(table, np.uint16) for table in got["greys"]]
    assert np.abs(np.array(greys, int) - image.windows.greys).max() <= 1


def test_what_is_no_film_is_refused_in_the_product_s_words(page: Page, tmp_path):
    film = np.rint(synthetic_film() * 255).astype(np.uint8)
    whole = encode_png(film)
    report = make_dataset(film, bits=8, Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    frames = make_dataset(np.stack([film, film]), bits=8, NumberOfFrames=2)
    for name, dataset in {"report": report, "frames": frames}.items():
        dataset.save_as(tmp_path / name, enforce_file_format=True)
    files = {
        "empty": b"", "gif": b"GIF89a" + bytes(100), "pdf": b"%PDF-1.4" + bytes(100), "text": b"hello " * 50,
        "odd": bytes(range(256)), "cut": whole[: len(whole) // 2], "small": encode_png(film[:20, :20]),
        "half": cv2.imencode(".jpg", film)[1].tobytes()[:900],
        "blank": encode_png(film * 0), "thin": encode_png(np.tile(film[:40], (1, 5))),
        "report": (tmp_path / "report").read_bytes(), "frames": (tmp_path / "frames").read_bytes(),
    }  # fmt: skip
    tifffile.imwrite(tmp_path / "film.tif", film)  # its directory stands first
    tiff = (tmp_path / "film.tif").read_bytes()
    files |= {f"tiff, {share} %": tiff[: len(tiff) * share // 100] for share in (1, 5, 50, 99)}
    for name, data in files.items():
        with pytest.raises(CxrError) as refusal:
            read_image(data)
        words = refusal.value.said[0]
        assert page.evaluate(READ, pack(data))["failed"] == name_message(words), name


def test_a_tiff_whose_next_directory_is_the_same_one_has_too_many_pages(page: Page):
    data = b"II*\0\x08\0\0\0\0\0\x08\0\0\0" + bytes(100)
    assert page.evaluate(READ, pack(data))["failed"] == "film-pages"


def check_same_or_refused(page: Page, data: bytes, name: str, refusals: set[str] = NOT_READ) -> bool:
    """Whether it was read, with the product's pixels and notes."""
    got = page.evaluate(READ, pack(data))
    try:
        image = read_image(data)
    except CxrError as refusal:
        wanted = str(name_message(refusal.said[0]))
        assert got.get("failed") in {wanted, *refusals} or {got.get("failed"), wanted} <= OFTEN, (name, wanted, got)
        return False
    if "failed" in got:
        assert got["failed"] in refusals, (name, got)
        return False
    levels = unpack(got["levels"], np.uint16, (got["height"], got["width"]))
    assert (levels == np.rint(image.pixels * np.float32(65535))).all(), name
    assert [note["name"] for note in got["notes"]] == [str(name_message(note)) for note in image.notes], name
    return True


@pytest.mark.filterwarnings("ignore")  # of pydicom: what it says of odd files is no error of theirs
def test_files_of_many_makers_are_read_or_refused_never_otherwise(page: Page):
    """Those that pydicom brings: palettes, YBR, runs of 32 bits, JPEG of 12 bits, big end first, damaged ones."""
    small = [path for path in CORPUS if path.stat().st_size < 500_000]
    read = {path.name for path in small if check_same_or_refused(page, path.read_bytes(), path.name, NOT_READ | OFTEN)}
    assert {"examples_palette.dcm", "SC_rgb_rle_32bit.dcm", "MR_small_bigendian.dcm", "SC_rgb_rle_16bit.dcm",
            "SC_ybr_full_422_uncompressed.dcm"} <= read  # fmt: skip


def make_pictures() -> dict[str, bytes]:
    film = synthetic_film((130, 101))
    eight, sixteen = np.rint(film * 255).astype(np.uint8), np.rint(film * 65535).astype(np.uint16)
    colour = np.dstack([eight, eight // 2, 255 - eight])
    four = np.dstack([colour, 255 - eight // 3])
    made = {}
    kinds = {"u8": eight, "i16": sixteen.astype(np.int32) - 32768, "u32": sixteen.astype(np.uint32) * 7,
             "f16": (film * 9 - 1).astype(np.float16),
             "f32": film * 9 - 1, "f64": film.astype(np.float64) * 300 - 20, "u16": sixteen}  # fmt: skip
    kinds["i16"] = kinds["i16"].astype(np.int16)
    layouts = {"": {}, "tiles": {"tile": (32, 48)}, "z": {"compression": "zlib", "rowsperstrip": 17}}
    for order in "<>":
        for kind, values in kinds.items():
            for name, how in layouts.items():
                made[f"{order}{kind} {name}.tif"] = write_tiff(values, byteorder=order, **how)
        deep = colour.astype(np.uint16) * 257
        for name, values in {"rgb": colour, "rgba": four, "deep": deep}.items():
            split = {"photometric": "rgb", "planarconfig": "separate", "byteorder": order}
            made[f"{order}{name} planes.tif"] = write_tiff(np.moveaxis(values, -1, 0), **split)
            made[f"{order}{name} z.tif"] = write_tiff(values, photometric="rgb", byteorder=order, compression="zlib")
        for extra in ("assocalpha", "unassalpha"):
            made[f"{order} {extra}.tif"] = write_tiff(four, photometric="rgb", byteorder=order, extrasamples=[extra])
    images = {"RGB": Image.fromarray(colour), "I;16": Image.fromarray(sixteen)}
    images |= {"1": Image.fromarray(eight).convert("1"), "P": Image.fromarray(colour).quantize(16)}
    for mode, image in images.items():
        for packed in ("tiff_lzw", "packbits"):
            made[f"{mode} {packed}.tif"] = write_picture(image, "TIFF", compression=packed)
    for bits in (16, 64):
        plain = write_tiff((film * 9).astype(f"f{bits // 8}"))
        made[f"packed f{bits}.tif"] = plain.replace(NOT_PACKED, NOT_PACKED[:8] + (32773).to_bytes(2, "little"))
    small = film * 3
    small[:9] *= 1e-6  # of fewer digits than others have
    made["f16 small.tif"] = write_tiff(small.astype(np.float16), photometric="miniswhite")
    made["predicted.tif"] = write_picture(images["RGB"], "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    for mode in ("1", "RGB", "P"):
        made[f"{mode}.bmp"] = write_picture(images[mode], "BMP")
    for bits, masks in ((16, (0xF800, 0x7E0, 0x1F)), (16, ()), (32, ()), (16, (0xF00, 0xF0, 0xF)),
                        (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000))):  # fmt: skip
        made[f"{bits} {masks}.bmp"] = write_bmp(bits, masks)
    made["lossless.webp"] = write_picture(images["RGB"], "WEBP", lossless=True)
    made["alpha.webp"] = write_picture(Image.fromarray(four), "WEBP", lossless=True)
    return made


def write_tiff(values: np.ndarray, **how: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, **how)  # pyright: ignore[reportArgumentType]
    return stream.getvalue()


def write_picture(image: Image.Image, kind: str, **how: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


def write_bmp(bits: int, masks: tuple[int, ...]) -> bytes:
    """Of noise, 101 x 130; its masks stand in the header or behind it."""
    stride = ((101 * bits + 31) >> 3) & ~3
    rows = np.random.default_rng(3).integers(0, 256, stride * 130, np.uint8).tobytes()
    fields = b"".join(mask.to_bytes(4, "little") for mask in masks)
    size = 56 if len(masks) == 4 else 40
    head = [size, 101, 130, 1 | bits << 16, 3 if masks else 0, 0, 0, 0, 0, 0]
    told = b"".join(number.to_bytes(4, "little") for number in head) + fields
    start = 14 + len(told)
    return b"BM" + b"".join(number.to_bytes(4, "little") for number in (start + len(rows), 0, start)) + told + rows


def test_pictures_of_odd_varieties_are_read_or_refused_never_otherwise(page: Page):
    made = make_pictures()
    read = {name for name, data in made.items() if check_same_or_refused(page, data, name)}
    left = {"< assocalpha.tif", "> assocalpha.tif", "16 (3840, 240, 15).bmp", "alpha.webp"}
    left |= {"packed f16.tif", "packed f64.tif"}  # as by the product
    assert set(made) - read == left


def test_what_is_cut_short_is_told_as_the_product_tells_it(page: Page, tmp_path):
    """Where the end alone is missing the product may still read a film."""
    for path in make_films(tmp_path):
        data = path.read_bytes()
        for share in (0.03, 0.5, 0.97):
            check_same_or_refused(page, data[: int(share * len(data))], f"{path.name} {share}", {"film-damaged"})


def test_what_is_too_large_is_read_at_half_size(browser, tmp_path, monkeypatch):
    """With limits of a few pixels."""
    for module in (halving, dicom, picture_formats):
        monkeypatch.setattr(module, "MAX_PIXELS", 8000)
    write_site(tmp_path)
    facts = json.loads((tmp_path / "edition.json").read_text())
    facts["limits"]["max_pixels"] = 8000
    (tmp_path / "edition.json").write_text(json.dumps(facts))
    film = synthetic_film((131, 101))
    eight, sixteen = np.rint(film * 255).astype(np.uint8), np.rint(film * 65535).astype(np.uint16)
    padded = sixteen >> 4
    padded[:, :9] = 0
    runs, palette = make_dataset(padded), pydicom.dcmread(CORPUS[0].with_name("examples_palette.dcm"))
    runs.add_new("PixelPaddingValue", "US", 0)
    runs.compress(RLELossless, generate_instance_uid=False)
    files = {
        "eight.png": encode_png(eight), "sixteen.png": encode_png(sixteen),
        "grey.bmp": cv2.imencode(".bmp", eight)[1].tobytes(),
        "bits.tif": write_picture(Image.fromarray(eight).convert("1"), "TIFF"),
        "floats.tif": write_tiff(film * 9, compression="zlib"),
        "halves.tif": write_tiff((film * 9).astype(np.float16)),
        "palette.png": write_picture(Image.fromarray(np.dstack([eight] * 3)).quantize(9), "PNG"),
    }  # fmt: skip
    sets = {
        "padded": runs,
        "oblong": make_dataset(eight[:80, :90], bits=8, PixelSpacing=[0.2, 0.1]),
        "palette": palette,
    }
    for name, dataset in sets.items():
        dataset.save_as(tmp_path / name, enforce_file_format=True)
        files[name] = (tmp_path / name).read_bytes()
    with open_site(browser, tmp_path) as page:
        left = [name for name, data in files.items() if not check_same_or_refused(page, data, name)]
        assert left == ["halves.tif"]  # the mean of four of them would be rounded to one
        jpeg = page.evaluate(READ, pack(cv2.imencode(".jpg", eight)[1].tobytes()))
        assert jpeg["failed"] == "film-too-many-pixels"


def test_a_browser_that_changes_pictures_is_told_so(page: Page):
    jpeg = cv2.imencode(".jpg", np.rint(synthetic_film() * 255).astype(np.uint8))[1].tobytes()
    got = page.evaluate(
        """(bytes) => attempt(async () => {
          const own = OffscreenCanvasRenderingContext2D.prototype.getImageData;
          OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...args) {
            const read = own.apply(this, args);
            read.data[5] ^= 1;
            return read;
          };
          try { return await (await import("./engine/canvas.js")).drawPicture(bytesOf(bytes)); }
          finally { OffscreenCanvasRenderingContext2D.prototype.getImageData = own; }
        })""",
        pack(jpeg),
    )
    assert got["failed"] == "static-pixels-changed"
