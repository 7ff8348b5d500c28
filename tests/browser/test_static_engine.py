"""The engine of the static edition, in Chromium: the same squares, scales and films as the product's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from playwright.sync_api import Page
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import set_pixel_data
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from cxr_demo import render
from cxr_demo.errors import CxrError
from cxr_demo.evaluation.covering import COVERS, cover_image
from cxr_demo.evaluation.regions import (
    choose_mask_shape,
    make_region_masks,
    mask_region,
    measure_evidence,
    name_drawn_region,
)
from cxr_demo.film.borders import trim_borders
from cxr_demo.film.preprocess import GEOMETRIES, Preprocess
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.grids import Placement
from cxr_demo.networks.card import Card
from cxr_demo.networks.gate_net import prepare_picture
from cxr_demo.text.catalogue import LANGUAGES, Words, use_language
from cxr_demo.text.formats import format_digits, format_percent, format_significant
from cxr_demo.text.page_text import format_scores
from tests.browser.conftest import synthetic_film
from tests.static_site import FACTS, open_site, pack, unpack, write_site

SHAPES = ((37, 111), (96, 96), (128, 75), (192, 192), (300, 211), (384, 256), (700, 512), (1024, 1024))
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    write_site(folder)
    with open_site(browser, folder) as page:
        yield page


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("size", [64, 128])
def test_a_square_is_the_product_s_to_the_last_level(page: Page, geometry, size):
    preprocess = Preprocess(size, geometry, (0.5, 0.4, 0.3), (0.25, 0.2, 0.3), 0.875 if geometry == "crop" else 1.0)
    told = {"size_px": size, "geometry": geometry, "mean": preprocess.mean, "std": preprocess.std,
            "crop_share": preprocess.crop_share}  # fmt: skip
    for height, width in SHAPES:
        pixels = RANDOM.integers(0, 256, (height, width)).astype(np.float32) / np.float32(255)
        square = preprocess.square(pixels)
        got = page.evaluate(
            """async ([pixels, width, height, preparation]) => {
              const { makeSquare, normalise } = await import("./engine/square.js");
              const levels = makeSquare(floatsOf(pixels), width, height, preparation);
              return [pack(levels), pack(normalise(levels, preparation))];
            }""",
            [pack(pixels), width, height, told],
        )
        levels = unpack(got[0], np.uint8, square.shape)
        assert (levels != np.rint(square * 255)).sum() == 0, (height, width)
        assert (unpack(got[1], np.float32, (1, 3, size, size)) == preprocess.normalise(square)).all()


@pytest.mark.parametrize("shown", ["positive", "signed"])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_a_map_has_the_product_s_scale_levels_and_colours(page: Page, geometry, shown):
    preprocess, placement = Preprocess(96, geometry, (0.5,), (0.25,)), Placement((-0.0625, 0.9375), (0, 1))
    for (rows, columns), shape in (((12, 12), (120, 100)), ((96, 96), (211, 300)), ((7, 5), (64, 64))):
        map_square = RANDOM.normal(0, 0.3, (rows, columns)).astype(np.float32)
        film = RANDOM.random(shape, np.float32)
        on_image = preprocess.map_to_image(map_square, shape, placement)
        own = render.choose_scale(map_square, shown, "logit points per cell")
        for start in (0.0, own.limit / 50):
            scale = render.Scale(own.shown, own.unit, own.limit, start=start)
            got = page.evaluate(
                """async ([map, shown, start, preparation, facts, film, width, height, table]) => {
                  const { mapToImage } = await import("./engine/map_to_image.js");
                  const scales = await import("./engine/scale.js");
                  const placed = { ...map, values: floatsOf(map.values) };
                  const image = mapToImage(placed, preparation, width, height);
                  const unit = { key: "logit points per cell", amount: "sum" };
                  const scale = { ...scales.chooseScale(placed.values, { shown, unit }, facts), start };
                  const levels = scales.quantise(image, scale, facts.signed_zero);
                  const overlay = scales.drawOverlay(scales.makeGreys(floatsOf(film)), levels, bytesOf(table), 0.6);
                  return [pack(image), scale, pack(levels), scales.chooseTicks(scale), pack(overlay)];
                }""",
                [
                    {"rows": rows, "columns": columns, "values": pack(map_square),
                     "placement": {"rows": placement.rows, "columns": placement.columns}},
                    shown, start, {"size_px": 96, "geometry": geometry, "mean": [0.5], "std": [0.25]}, FACTS,
                    pack(film), shape[1], shape[0], pack(render.make_colour_table(scale)),
                ],
            )  # fmt: skip
            image, told, levels, ticks, overlay = got
            assert (unpack(image, np.float32, shape) == on_image).all()
            assert told["limit"] == scale.limit and not told["nothing"]
            assert (unpack(levels, np.uint8, shape) == render.quantise_map(on_image, scale)).all()
            assert tuple(ticks) == render.choose_ticks(scale)
            assert (unpack(overlay, np.uint8, (*shape, 3)) == render.draw_overlay(film, on_image, scale, 0.6)).all()


def test_numbers_are_written_as_python_writes_them(page: Page):
    values = [0, 1, 0.25, 1.25, 1.35, 0.125, 9.95, 99.5, 0.0995, 1e-3, 1.5e-7, 12345, 999999.5, 1e6, 2.5e-5, 0.1, 1 / 3]
    values += [-each for each in values] + (10 ** RANDOM.uniform(-9, 9, 200)).tolist()
    got = page.evaluate(
        """async (values) => {
          const { formatNumber, formatSignificant } = await import("./engine/numbers.js");
          return values.map((value) => [formatNumber(value), formatSignificant(value)]);
        }""",
        values,
    )
    assert got == [[render.format_number(value), format_significant(value)] for value in values]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("task", ["multi-label", "single-label"])
def test_scores_and_their_changes_are_written_as_the_product_writes_them(page: Page, language, calibrated, task):
    random = np.random.default_rng(1)
    fine = random.integers(0, 401, (80, 2)) / 400  # ends and ties
    near = np.clip(random.random((80, 1)) + random.normal(0, 0.01, (80, 2)), 0, 1)
    pairs = np.vstack(
        [random.random((80, 2)), 10 ** random.uniform(-4, 0, (80, 2)), near, fine, [[0.43, 0.23]]]
    ).tolist()
    catalogue = resources.files("cxr_demo.text").joinpath(f"{language}.ftl").read_text(encoding="utf-8")
    got = page.evaluate(
        """async ([language, source, network, pairs]) => {
          const { addCatalogue, formatDigits, formatPercent, formatScores } = await import("./words.js");
          document.documentElement.lang = language;
          addCatalogue(language, source);
          return pairs.map(([before, after]) => [...formatScores(before, after, network), formatPercent(before),
            formatDigits(100 * (after - before), 1, true)]);
        }""",
        [language, catalogue, {"task": task, "calibrated": calibrated}, pairs],
    )
    card = cast(Card, SimpleNamespace(calibrated=calibrated, task=task))
    with use_language(language):
        for (before, after), told in zip(pairs, got, strict=True):
            rest = format_percent(before), format_digits(100 * (after - before), 1, signed=True)
            assert tuple(told) == (*format_scores(before, after, card), *rest), (before, after)


def test_probabilities_and_verdicts(page: Page):
    got = page.evaluate(
        """async () => {
          const { computeProbabilities, decide } = await import("./engine/probabilities.js");
          const labels = [0.5, null, 0.1].map((threshold, at) => ({ threshold, quality: { can_tell: at < 2 } }));
          const many = computeProbabilities([0, 1, -1], "multi-label", 0.5);
          const one = computeProbabilities([0, 1, -1000], "single-label", 0.5);
          return [many, decide(many, { task: "multi-label", labels }),
            one, decide(one, { task: "single-label", labels: labels.map(() => labels[0]) })];
        }"""
    )
    assert got[0] == pytest.approx([0.5, 0.880797, 0.119203], abs=1e-6)
    assert got[1] == ["above", "no threshold", "cannot tell"]
    assert got[2] == pytest.approx([0.119203, 0.880797, 0], abs=1e-6)
    assert got[3] == ["less probable", "most probable", "less probable"]


# ---- films


def make_films(folder: Path) -> list[Path]:
    """One of each variety that hospitals, telephones and exports write."""
    film = synthetic_film((130, 101))
    eight, sixteen = np.rint(film * 255).astype(np.uint8), np.rint(film * 65535).astype(np.uint16)
    twelve, colour = sixteen >> 4, np.dstack([eight, eight // 2, 255 - eight])
    for name, values in {"8": eight, "16": sixteen, "12": twelve, "colour-16": colour.astype(np.uint16) * 257}.items():
        cv2.imwrite(str(folder / f"{name}.png"), values)
    pictures = {"colour": colour, "grey-alpha": np.dstack([eight, 255 - eight]), "alpha": np.dstack([colour, eight])}
    for name, values in pictures.items():
        Image.fromarray(values).save(folder / f"{name}.png")
    grey = Image.fromarray(eight)
    Image.fromarray(colour).quantize(4).save(folder / "palette.png")
    grey.convert("1").save(folder / "bits.png")
    grey.save(folder / "key.png", transparency=100)
    grey.save(folder / "grey.bmp")
    Image.fromarray(colour).save(folder / "colour.webp", quality=80)
    Image.fromarray(colour).save(folder / "colour.jpg", quality=90)
    (folder / "no-end.jpg").write_bytes((folder / "colour.jpg").read_bytes()[:-2])
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        grey.save(folder / f"turned-{orientation}.jpg", quality=92, exif=exif)
        if orientation in (3, 6):
            grey.save(folder / f"turned-{orientation}.png", exif=exif)
    for name, compression in {"plain": None, "lzw": "tiff_lzw", "deflated": "tiff_adobe_deflate"}.items():
        Image.fromarray(sixteen).save(folder / f"{name}.tif", compression=compression)
    tifffile.imwrite(folder / "floats.tif", film * 300 - 20, byteorder=">")
    tifffile.imwrite(folder / "white-zero.tif", twelve, photometric="miniswhite")
    tifffile.imwrite(folder / "tiles.tif", sixteen, tile=(64, 64))
    for name, dataset in make_dicom(twelve, eight).items():
        dataset.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    whole = (folder / "plain.dcm").read_bytes()
    (folder / "bare.dcm").write_bytes(whole[whole.index(b"\x08\x00\x16\x00") :])
    return sorted(folder.iterdir())


def make_dicom(twelve: np.ndarray, eight: np.ndarray) -> dict[str, Dataset]:
    signed = (twelve.astype(int) - 2048).astype(np.int16)
    window: dict[str, Any] = {"WindowCenter": 2000, "WindowWidth": 1500}
    padded = twelve.copy()
    padded[:, :10] = padded[50:60, 50:60] = 0
    made = {
        "plain": _dataset(twelve),
        "inverted": _dataset(twelve, "MONOCHROME1"),
        "eight": _dataset(eight, bits=8),
        "window": _dataset(twelve, **window),
        "windows": _dataset(twelve, WindowCenter=[2000, 1000], WindowWidth=[1500, 500]),
        "exact": _dataset(twelve, **window, VOILUTFunction="LINEAR_EXACT"),
        "rescaled": _dataset(twelve, RescaleSlope="2.5", RescaleIntercept="-1024", WindowCenter=3000, WindowWidth=4000),
        "signed": _dataset(signed, bits=16, WindowCenter=0, WindowWidth=1000),
        "padded": _dataset(padded),
        "oblong": _dataset(twelve, PixelSpacing=[0.2, 0.1]),
        "sideways": _dataset(twelve, PatientOrientation=["H", "L"]),
        "implicit": _dataset(twelve, syntax=ImplicitVRLittleEndian),
        "deflated": _dataset(twelve, syntax=DeflatedExplicitVRLittleEndian),
    }
    made["padded"].add_new("PixelPaddingValue", "US", 0)
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 12])
    table.add_new("LUTData", "OW", (np.sqrt(np.arange(4096) / 4095) * 4095).astype("<u2").tobytes())
    made["table"] = _dataset(twelve, VOILUTSequence=Sequence([table]))
    for name, syntax in {"rle": RLELossless, "jpeg-ls": JPEGLSLossless, "jpeg-2000": JPEG2000Lossless}.items():
        made[name] = _dataset(signed, bits=16)
        made[name].compress(syntax, generate_instance_uid=False)
    return made


def _dataset(
    pixels: np.ndarray,
    photometric: str = "MONOCHROME2",
    bits: int = 12,
    syntax: UID = ExplicitVRLittleEndian,
    **tags: Any,
) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    dataset.Modality, dataset.ViewPosition = "DX", "PA"
    set_pixel_data(dataset, pixels, photometric, bits)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


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


def name_message(words: object) -> object:
    assert isinstance(words, Words)
    return words.args[0]


def compare_windows(got: dict | None, image: Radiograph) -> None:
    if image.windows is None:
        assert got is None
        return
    assert got is not None
    assert (unpack(got["levels"], np.uint16, image.windows.levels.shape) == image.windows.levels).all()
    greys = [unpack(table, np.uint16) for table in got["greys"]]
    assert np.abs(np.array(greys, int) - image.windows.greys).max() <= 1


def _encode(levels: np.ndarray) -> bytes:
    return cv2.imencode(".png", levels)[1].tobytes()


def test_what_is_no_film_is_refused_in_the_product_s_words(page: Page, tmp_path):
    film = np.rint(synthetic_film() * 255).astype(np.uint8)
    whole = _encode(film)
    report = _dataset(film, bits=8, Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    frames = _dataset(np.stack([film, film]), bits=8, NumberOfFrames=2)
    for name, dataset in {"report": report, "frames": frames}.items():
        dataset.save_as(tmp_path / name, enforce_file_format=True)
    files = {
        "empty": b"", "gif": b"GIF89a" + bytes(100), "pdf": b"%PDF-1.4" + bytes(100), "text": b"hello " * 50,
        "odd": bytes(range(256)), "cut": whole[: len(whole) // 2], "small": _encode(film[:20, :20]),
        "half": cv2.imencode(".jpg", film)[1].tobytes()[:900],
        "blank": _encode(film * 0), "thin": _encode(np.tile(film[:40], (1, 5))),
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


@pytest.mark.parametrize("shape", [(200, 180), (90, 150), (60, 70)])
def test_covered_films_and_the_gate_s_picture(page: Page, tmp_path, shape):
    path = tmp_path / "film.png"
    film = np.rint(synthetic_film(shape) * 255).astype(np.uint8)
    path.write_bytes(_encode(cv2.copyMakeBorder(film, 9, 9, 40, 5, 0)))
    image, regions = read_image(path), [(0.1, 0.2, 0.35, 0.3), ((0.5, 0.5), (0.9, 0.6), (0.6, 0.9))]
    height, width = image.pixels.shape
    covered, small, content = page.evaluate(
        """async ([film, width, height, regions, ways]) => {
          const { coverFilm } = await import("./engine/cover.js");
          const { findContent, preparePicture } = await import("./engine/gate.js");
          const pixels = floatsOf(film);
          return [ways.map((how) => pack(coverFilm(pixels, width, height, regions, how))),
            pack(preparePicture(pixels, width, height, 128)), findContent(pixels, width, height)];
        }""",
        [pack(image.pixels), width, height, regions, COVERS],
    )
    for how, got in zip(COVERS, covered, strict=True):
        wanted = cover_image(image, regions, how).pixels
        assert np.abs(unpack(got, np.float32, wanted.shape) - wanted).max() < 1e-5, how
    inside = trim_borders(image.pixels)
    (left, right), (top, bottom) = content
    assert inside.shape == (bottom - top, right - left) and (image.pixels[top:bottom, left:right] == inside).all()
    assert np.abs(unpack(small, np.float32, (128, 128)) - prepare_picture(image.pixels)).max() < 1e-5


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("shape", [(1000, 700), (384, 384), (2000, 3001), (53, 211)])
def test_a_region_holds_the_product_s_share_of_film_and_evidence(page: Page, geometry, shape):
    preprocess = Preprocess(192, geometry, (0.5,), (0.25,), 0.875 if geometry == "crop" else 1.0)
    regions = [(0.1, 0.2, 0.2, 0.3), (0.85, 0.05, 0.03, 0.02), (0, 0, 1, 1), ((0.5, 0.5), (0.9, 0.6), (0.6, 0.9)),
               tuple((0.5 + 0.4 * np.cos(t), 0.5 + 0.3 * np.sin(3 * t)) for t in np.linspace(0, 6.2, 60))]  # fmt: skip
    grids = {(12, 12): Placement((-0.0625, 0.9375), (0, 1)), (192, 192): Placement(), (7, 5): Placement((0.02, 1.1))}
    maps = {grid: RANDOM.normal(0.1, 0.3, grid).astype(np.float32) for grid in grids}
    masks = make_region_masks(choose_mask_shape(shape), None, regions)
    told = {"size_px": 192, "geometry": geometry, "mean": [0.5], "std": [0.25], "crop_share": preprocess.crop_share}
    got = page.evaluate(
        """async ([regions, preparation, width, height, maps]) => {
          const { measureRegion } = await import("./engine/region_shares.js");
          const placed = maps.map((map) => ({ ...map, values: floatsOf(map.values) }));
          return regions.map((region) => measureRegion(region, preparation, width, height, placed));
        }""",
        [regions, told, shape[1], shape[0],
         [{"rows": rows, "columns": columns, "values": pack(maps[rows, columns]),
           "placement": {"rows": place.rows, "columns": place.columns}} for (rows, columns), place in grids.items()]],
    )  # fmt: skip
    for at, region in enumerate(got):
        for map_, place, share in zip(maps.values(), grids.values(), region["evidence"], strict=True):
            wanted = measure_evidence(map_, preprocess, masks, place)[name_drawn_region(at)]
            assert region["area"] == wanted.area
            assert share == pytest.approx(wanted.evidence, abs=1e-9), (at, map_.shape)


def test_a_region_that_is_none_is_refused_in_the_product_s_words(page: Page):
    for region in (
        (0.5, 0.5, 0.6, 0.1),
        (0.2, 0.2, 0, 0.1),
        (0.5, 0.5, 1e-4, 1e-4),
        ((0.1, 0.1), (0.2, 0.2), (1.2, 0)),
    ):
        with pytest.raises(CxrError) as refusal:
            mask_region(region, (100, 80))
        got = page.evaluate(
            """(region) => attempt(async () => {
              const { maskRegion } = await import("./engine/region_shares.js");
              maskRegion(region, 80, 100);
            })""",
            region,
        )
        assert got["failed"] == name_message(refusal.value.said[0]), region
