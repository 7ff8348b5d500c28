"""Phantoms: one seed is one patient, and a mask is exactly what its finding changes."""

import numpy as np
import pytest

from cxr_demo.film.phantom import PLANTS, make_example_phantoms, make_phantom
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.labels import FINDINGS
from cxr_demo.text import examples_text
from cxr_demo.text.catalogue import format_text

SIZE_PX = 96
SEEDS = range(8)


def differ(one, other) -> np.ndarray:
    return one.pixels != other.pixels


@pytest.mark.parametrize("label", PLANTS)
def test_a_mask_is_exactly_what_its_finding_changes(label):
    for seed in SEEDS:
        without, with_it = make_phantom(seed, SIZE_PX), make_phantom(seed, SIZE_PX, [label])
        (planted,) = with_it.planted
        np.testing.assert_array_equal(differ(without, with_it), planted.mask)
        change = (with_it.pixels - without.pixels)[planted.mask]
        assert len(change) >= 4 and change.min() > 1.4 / 255 and change.mean() > 0.03
        assert with_it.labels == (label,) and without.labels == ("normal",)


def test_findings_and_letters_leave_each_other_alone():
    """What one of them changes does not depend on the others; together they change nothing else."""
    for seed in SEEDS:
        bare = make_phantom(seed, SIZE_PX)
        full = make_phantom(seed, SIZE_PX, list(PLANTS), "PORT")
        assert full.labels == tuple(PLANTS)
        masks = [planted.mask for planted in full.planted] + [full.marker]
        np.testing.assert_array_equal(differ(bare, full), np.any(masks, axis=0))
        only = make_phantom(seed, SIZE_PX, [], "PORT")
        np.testing.assert_array_equal(full.marker, only.marker)
        np.testing.assert_array_equal(differ(bare, only), only.marker)
        for planted in full.planted:
            alone = make_phantom(seed, SIZE_PX, [planted.label]).planted[0]
            assert planted.side == alone.side
            assert (planted.mask & ~alone.mask).sum() <= 2  # others hide some of it; rounding apart they add none


def test_a_finding_lies_where_it_belongs():
    for seed in SEEDS:
        healthy = make_phantom(seed, SIZE_PX)
        columns = np.arange(SIZE_PX)[None]
        for label in ("consolidation", "nodule", "mass", "effusion"):
            film = make_phantom(seed, SIZE_PX, [label])
            (planted,) = film.planted
            assert (planted.mask & healthy.lungs).sum() > 0.7 * planted.mask.sum(), label
            is_on_viewers_left = (columns * planted.mask).sum() / planted.mask.sum() < SIZE_PX / 2
            assert is_on_viewers_left == (planted.side == "right")
            np.testing.assert_array_equal(film.heart, healthy.heart)
        rows = np.nonzero(make_phantom(seed, SIZE_PX, ["effusion"]).planted[0].mask)[0]
        assert rows.mean() > np.nonzero(healthy.lungs)[0].mean()
        large = make_phantom(seed, SIZE_PX, ["cardiomegaly"])
        assert large.planted[0].side == "" and not (large.heart & large.lungs).any()
        width = [np.ptp(np.nonzero(film.heart)[1]) / np.ptp(np.nonzero(film.lungs)[1]) for film in (healthy, large)]
        assert width[0] < 0.56 < width[1]


def test_both_sides_are_met():
    for label in ("consolidation", "nodule", "mass", "effusion"):
        assert {make_phantom(seed, 32, [label]).planted[0].side for seed in range(12)} == {"left", "right"}


@pytest.mark.parametrize("letters", ["L", "R", "AP", "PORT"])
def test_letters_are_bright_in_an_upper_corner_clear_of_the_lungs(letters):
    for seed in SEEDS:
        film = make_phantom(seed, 128, letters=letters)
        rows, columns = np.nonzero(film.marker)
        assert len(rows) and rows.max() < 0.2 * 128 and rows.min() > 0 and columns.min() > 0 and columns.max() < 127
        assert film.pixels[film.marker].max() > 0.8 and not (film.marker & film.lungs).any()
        is_left, is_right = columns.max() < 0.4 * 128, columns.min() > 0.6 * 128  # of the viewer
        assert is_left != is_right
        if letters in ("L", "R"):
            assert is_right == (letters == "L")


def test_a_film_is_one_the_product_can_take():
    for seed in SEEDS:
        film = make_phantom(seed, SIZE_PX)
        assert film.pixels.shape == (SIZE_PX, SIZE_PX) and film.pixels.dtype == np.float32
        greys = film.pixels * 255
        assert greys.min() >= 0 and greys.max() <= 255 and np.abs(greys - np.rint(greys)).max() < 1e-3
        np.testing.assert_array_equal(
            Preprocess(SIZE_PX, "letterbox", (0.5,), (0.25,)).square(film.pixels), film.pixels
        )
        for mask in (film.lungs, film.heart):
            assert mask.dtype == bool and 0.03 < mask.mean() < 0.5
        assert film.pixels[film.lungs].mean() + 0.15 < film.pixels[film.heart].mean()
        assert not film.marker.any() and not film.planted
        height, width = np.ptp(np.nonzero(film.lungs)[0]), np.ptp(np.nonzero(film.lungs)[1])
        assert height > 0.4 * SIZE_PX and width > 0.5 * SIZE_PX


def test_a_seed_is_a_patient_at_any_size():
    """Made large and averaged it is what is made small, but for grain and edges."""
    for seed in SEEDS:
        small, large = (make_phantom(seed, size_px, ["consolidation"]) for size_px in (64, 256))
        averaged = large.pixels.reshape(64, 4, 64, 4).mean((1, 3))
        assert np.abs(averaged - small.pixels).mean() < 0.02
        lungs = large.lungs.reshape(64, 4, 64, 4).mean((1, 3)) > 0.5
        assert (lungs & small.lungs).sum() / (lungs | small.lungs).sum() > 0.9
        other = make_phantom(seed + 1, 64, ["consolidation"])
        assert np.abs(other.pixels - small.pixels).mean() > 0.04


def test_a_seed_gives_the_same_film_everywhere():
    """Greys of seed 7 as they were when the drawing was last changed; a machine may round otherwise."""
    film = make_phantom(7, 64, ["consolidation", "effusion"], "AP")
    np.testing.assert_array_equal(film.pixels, make_phantom(7, 64, ["effusion", "consolidation"], "AP").pixels)
    greys = film.pixels.reshape(8, 8, 8, 8).mean((1, 3)) * 255
    assert np.abs(greys - KNOWN_GREYS).max() < 1.5


def test_what_cannot_be_planted_is_said():
    assert set(PLANTS) <= set(FINDINGS)
    with pytest.raises(ValueError, match="hernia cannot be planted; these can: "):
        make_phantom(0, 32, ["nodule", "hernia"])
    with pytest.raises(ValueError, match="more than 5 letters"):
        make_phantom(0, 32, letters="PORTABLE")


def test_the_examples_are_named_synthetic_and_show_what_they_say():
    examples = make_example_phantoms(128)
    assert [examples_text.name_example(key) for key in examples] == [
        "Synthetic: normal", "Synthetic: consolidation", "Synthetic: effusion", "Synthetic: shortcut marker"
    ]  # fmt: skip
    assert [film.labels[0] for film in examples.values()] == ["normal", "consolidation", "effusion", "normal"]
    assert [film.letters for film in examples.values()] == ["", "", "", "PORT"]
    assert all(format_text(f"example-{key}.gloss").endswith(".") for key in examples)


KNOWN_GREYS = np.array(
    [
        (5, 5, 12, 115, 89, 24, 23, 30),
        (41, 92, 134, 179, 169, 137, 125, 84),
        (119, 146, 155, 171, 146, 89, 155, 112),
        (108, 142, 107, 151, 172, 86, 145, 111),
        (65, 128, 85, 147, 210, 112, 160, 106),
        (28, 143, 134, 172, 216, 217, 214, 108),
        (23, 199, 222, 220, 225, 222, 223, 124),
        (15, 207, 222, 223, 227, 223, 222, 132),
    ]
)
