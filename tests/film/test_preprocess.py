"""Law 4: there and back within one pixel, for every geometry; what the model sees."""

import itertools

import numpy as np
import pytest

from cxr_demo.film.preprocess import GEOMETRIES, Preprocess

SHAPES = [(1024, 1024), (900, 1300), (1411, 777), (64, 64), (333, 517)]


def of(geometry: str, size_px: int = 192) -> Preprocess:
    return Preprocess(size_px, geometry, (0.449,), (0.226,))


@pytest.mark.parametrize(("geometry", "shape"), itertools.product(GEOMETRIES, SHAPES))
def test_a_point_goes_to_the_square_and_back_within_a_pixel(geometry, shape):
    preprocess = of(geometry)
    left, top, right, bottom = preprocess.seen_box(shape)
    for x, y in itertools.product(np.linspace(left, right, 7), np.linspace(top, bottom, 7)):
        square = preprocess.point_to_square(x, y, shape)
        assert all(-1e-6 <= value <= 192 + 1e-6 for value in square)
        assert preprocess.point_to_image(*square, shape) == pytest.approx((x, y), abs=1)


@pytest.mark.parametrize(("geometry", "shape"), itertools.product(GEOMETRIES, SHAPES))
def test_a_bright_spot_lands_where_the_point_says_and_its_map_comes_back(geometry, shape):
    preprocess = of(geometry)
    left, top, right, bottom = preprocess.seen_box(shape)
    x, y = left + 0.3 * (right - left), top + 0.7 * (bottom - top)
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    spread = max(shape) / 25
    spot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2)).astype(np.float32)
    square = preprocess.square(spot)
    found_y, found_x = _centre(square)
    assert (found_x, found_y) == pytest.approx(preprocess.point_to_square(x, y, shape), abs=0.6)
    back_y, back_x = _centre(preprocess.map_to_image(square, shape))
    pixel = max(1.0, max(shape) / 192)  # one pixel of the coarser frame
    assert (back_x, back_y) == pytest.approx((x, y), abs=pixel)


def _centre(values: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[: values.shape[0], : values.shape[1]] + 0.5
    return float((rows * values).sum() / values.sum()), float((columns * values).sum() / values.sum())


def test_a_coarse_map_keeps_each_cell_over_its_part_of_the_film():
    cells = np.arange(36, dtype=np.float32).reshape(6, 6)
    image = of("stretch").map_to_image(cells, (600, 1200))
    assert image.shape == (600, 1200)
    np.testing.assert_allclose(image[49:51, 99:101].mean(), cells[0, 0], atol=0.1)
    np.testing.assert_allclose(image[549:551, 1099:1101].mean(), cells[5, 5], atol=0.1)


def test_crop_leaves_the_unseen_margins_at_zero_and_letterbox_pads_with_black():
    ones = np.ones((192, 192), np.float32)
    image = of("crop").map_to_image(ones, (300, 500))
    assert image[:, :100].max() == 0 and image[:, 400:].max() == 0 and image[:, 100:400].min() == 1
    square = of("letterbox").square(np.ones((300, 600), np.float32))
    assert square[:48].max() == 0 and square[48:144].min() == 1 and square[144:].max() == 0


def test_the_square_has_256_grey_levels_and_apply_normalises_it():
    film = np.random.default_rng(0).random((300, 200), np.float32)
    square = of("stretch").square(film)
    np.testing.assert_array_equal(np.rint(square * 255).astype(np.float32) / np.float32(255), square)
    x = Preprocess(192, "stretch", (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)).apply(film)
    assert x.shape == (1, 3, 192, 192) and x.dtype == np.float32
    for channel, (mean, std) in enumerate([(0.4, 0.2), (0.5, 0.3), (0.6, 0.4)]):
        np.testing.assert_allclose(x[0, channel], (square - mean) / std, atol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"geometry": "squash"},
        {"size_px": 8},
        {"mean": ()},
        {"std": (0.0,)},
        {"std": (0.2, 0.2)},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    right = {"size_px": 64, "geometry": "stretch", "mean": (0.4,), "std": (0.2,)}
    with pytest.raises(ValueError):
        Preprocess(**(right | wrong))


def test_a_share_of_the_central_square_is_what_timm_crops():
    """timm makes the shorter side 256 and takes 224 of it: 7/8 of the shorter side, from the middle."""
    preprocess = Preprocess(224, "crop", (0.5,), (0.25,), 0.875)
    assert preprocess.seen_box((800, 1000)) == (150, 50, 850, 750)
    assert preprocess.point_to_image(112, 112, (800, 1000)) == pytest.approx((500, 400))
    image = preprocess.map_to_image(np.ones((4, 4), np.float32), (800, 1000))
    assert image[50:750, 150:850].all() and image.sum() == 700 * 700
    for geometry, share in (("stretch", 0.9), ("crop", 0.4), ("crop", 1.1), ("crop", float("nan"))):
        with pytest.raises(ValueError, match="crop_share"):
            Preprocess(224, geometry, (0.5,), (0.25,), share)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("shape", [(40, 40), (300, 200), (97, 251), (1024, 700)])
@pytest.mark.parametrize("cells", [(3, 3), (7, 5), (64, 64)])
def test_a_map_spread_on_the_film_keeps_its_sum_and_that_of_every_region(geometry, shape, cells):
    """To 1e-6 of the absolute sum: on the film, what the film's own part of the square has, counted in a fine copy."""
    preprocess = Preprocess(64, geometry, (0.5,), (0.25,))
    map_ = np.random.default_rng(0).normal(size=cells).astype(np.float32)
    spread, size = preprocess.spread_on_image(map_, shape), np.abs(map_).sum(dtype=np.float64)
    assert spread.shape == shape and spread.dtype == np.float64
    fine = np.kron(map_.astype(np.float64), np.ones((64, 64))) / 64**2  # whole pixels of the square in every cell
    step = np.array(fine.shape) / 64

    def add_up(left, top, right, bottom) -> float:
        """The sum of the map in a box of whole pixels of the square."""
        rows, columns = (np.rint(np.array(ends) * each).astype(int) for ends, each in zip(
            ((top, bottom), (left, right)), step, strict=True))  # fmt: skip
        return float(fine[slice(*rows), slice(*columns)].sum())

    _, _, (left, right), (top, bottom) = preprocess.boxes(shape)
    assert spread.sum() == pytest.approx(add_up(left, top, right, bottom), abs=1e-6 * size)
    if geometry != "letterbox":
        assert spread.sum() == pytest.approx(map_.sum(dtype=np.float64), abs=1e-6 * size)
    x, y, to_x, to_y = preprocess.seen_box(shape)
    outside = np.ones(shape, bool)
    outside[y:to_y, x:to_x] = False
    assert not spread[outside].any()
    across, down = (to_x - x) // 2, (to_y - y) // 2  # a quarter of what the model sees, where that is whole pixels
    if (to_x - x) % 2 == (to_y - y) % 2 == 0 and (right - left) % 2 == (bottom - top) % 2 == 0:
        quarter = add_up(left, top, (left + right) // 2, (top + bottom) // 2)
        assert spread[y : y + down, x : x + across].sum() == pytest.approx(quarter, abs=1e-6 * size)
