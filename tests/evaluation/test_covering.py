"""A covered film: what is covered, what stays, and whether covering takes a planted finding away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.covering import COVERS, MIRROR, cover_image
from cxr_demo.evaluation.regions import Box, mask_region
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks import checkpoint
from tests.boxes import find_box, mirror_box

BOX: Box = (0.1, 0.25, 0.2, 0.5)


def make_image(pixels: np.ndarray) -> Radiograph:
    return Radiograph(np.ascontiguousarray(pixels, np.float32), (), "0" * 64, "PNG")


@pytest.fixture(scope="module")
def film() -> Radiograph:
    return make_image(np.random.default_rng(0).random((80, 100)))


@pytest.mark.parametrize("how", COVERS)
def test_only_the_region_is_covered_or_all_else(film, how):
    covered = cover_image(film, [BOX], how)
    inside = np.zeros(film.pixels.shape, bool)
    inside[20:60, 10:30] = True
    kept, changed = (inside, ~inside) if how == "keep" else (~inside, inside)
    assert np.array_equal(covered.pixels[kept], film.pixels[kept])
    assert (covered.pixels[changed] != film.pixels[changed]).mean() > 0.99
    assert covered.sha256 != film.sha256 and not covered.pixels.flags.writeable
    assert covered.sha256 != cover_image(film, [(0.1, 0.25, 0.2, 0.4)], how).sha256


def test_each_way_puts_there_what_it_says(film):
    inside = (slice(20, 60), slice(10, 30))
    assert np.array_equal(cover_image(film, [BOX], "mirror").pixels[inside], film.pixels[20:60, 70:90][:, ::-1])
    assert np.unique(cover_image(film, [BOX], "grey").pixels[inside]).tolist() == [film.pixels.mean()]
    assert cover_image(film, [BOX], "blur").pixels[inside].std() < film.pixels[inside].std() / 5


@pytest.mark.parametrize("how", COVERS)
def test_several_are_covered_at_once_whatever_their_shape(film, how):
    triangle = ((0.5, 0.1), (0.9, 0.1), (0.5, 0.6))
    covered, inside = cover_image(film, [BOX, triangle], how), np.zeros(film.pixels.shape, bool)
    inside[20:60, 10:30] = True
    inside |= mask_region(triangle, (80, 100))
    kept, changed = (inside, ~inside) if how == "keep" else (~inside, inside)
    assert np.array_equal(covered.pixels[kept], film.pixels[kept])
    assert (covered.pixels[changed] != film.pixels[changed]).mean() > 0.99


def test_a_region_off_the_film_and_another_way_are_refused(film):
    with pytest.raises(ExplanationError):
        cover_image(film, [(0.9, 0.9, 0.2, 0.2)], MIRROR)
    with pytest.raises(ValueError, match="burn"):
        cover_image(film, [BOX], "burn")


def ask_covered(analyser: Analyser, label: str, seeds: range) -> Iterator[tuple[float, ...]]:
    """The probability of what was planted: of the film, with it covered, and with as much of the other side covered."""
    index = analyser.card.labels.index(label)
    for seed in seeds:
        phantom = make_phantom(seed, 192, [label])
        image, box = make_image(phantom.pixels), find_box(phantom.planted[0].mask)
        films = image, cover_image(image, [box], MIRROR), cover_image(image, [mirror_box(box)], MIRROR)
        yield tuple(float(analyser.analyse(each).probabilities[index]) for each in films)


def test_covering_what_was_planted_lowers_its_probability_and_covering_an_empty_place_does_not():
    analyser = Analyser(checkpoint.load(checkpoint.get_weights_root() / "phantom-honest"), cache_bytes=0)
    found = np.array([
        answers
        for label in analyser.card.labels
        for answers in ask_covered(analyser, label, range(9000, 9010))
        if answers[0] >= analyser.card.thresholds[label]
    ])  # fmt: skip
    assert len(found) >= 30
    assert (found[:, 0] - found[:, 1] >= 0.1).mean() >= 0.9
    assert (found[:, 0] - found[:, 2] >= 0.1).mean() <= 0.05
