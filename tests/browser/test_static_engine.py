"""The engine of the static edition, in Chromium: the same squares, scales and films as the product's own."""

from __future__ import annotations

from importlib import resources
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from cxr_demo import render
from cxr_demo.errors import CxrError
from cxr_demo.evaluation.covering import COVERS, cover_image
from cxr_demo.evaluation.regions import (
    EvidenceMeter,
    choose_mask_shape,
    make_region_masks,
    mask_region,
    name_drawn_region,
)
from cxr_demo.film.borders import trim_borders
from cxr_demo.film.preprocess import GEOMETRIES, Preprocess
from cxr_demo.film.reading import read_image
from cxr_demo.grids import Placement
from cxr_demo.networks.card import Card
from cxr_demo.networks.gate_net import prepare_picture
from cxr_demo.text.catalogue import LANGUAGES, use_language
from cxr_demo.text.formats import format_digits, format_percent, format_significant
from cxr_demo.text.page_text import format_scores
from tests.browser.conftest import synthetic_film
from tests.browser.static_films import encode_png, name_message
from tests.static_site import FACTS, pack, unpack

SHAPES = ((37, 111), (96, 96), (128, 75), (192, 192), (300, 211), (384, 256), (700, 512), (1024, 1024))
RANDOM = np.random.default_rng(0)


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


@pytest.mark.parametrize("shape", [(200, 180), (90, 150), (60, 70)])
def test_covered_films_and_the_gate_s_picture(page: Page, tmp_path, shape):
    path = tmp_path / "film.png"
    film = np.rint(synthetic_film(shape) * 255).astype(np.uint8)
    path.write_bytes(encode_png(cv2.copyMakeBorder(film, 9, 9, 40, 5, 0)))
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
            wanted = EvidenceMeter(preprocess, masks).measure(map_, place)[name_drawn_region(at)]
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
