"""Render: the film's greys are sacred, the scale is stated, nothing is never stretched into something."""

import cv2
import numpy as np
import pytest

from cxr_demo import render


@pytest.fixture
def film() -> np.ndarray:
    return np.random.default_rng(0).random((40, 56), dtype=np.float32)


def scale(shown: str, limit: float = 2.0) -> render.Scale:
    return render.Scale(shown, "logit points per cell", limit)


@pytest.mark.parametrize("shown", ["positive", "signed"])
@pytest.mark.parametrize("opacity", [0.0, 0.35, 1.0])
def test_zero_relevance_leaves_every_pixel_of_the_film_as_it_was(film, shown, opacity):
    greys = render.make_greys(film)
    laid = render.draw_overlay(film, np.zeros(film.shape), scale(shown), opacity)
    assert (laid == greys[..., None]).all()


@pytest.mark.parametrize("shown", ["positive", "signed"])
def test_only_pixels_with_relevance_change_and_their_greys_do_not_depend_on_the_others(film, shown):
    one, two = np.zeros(film.shape), np.zeros(film.shape)
    one[3, 4], two[3, 4], two[20:, 20:] = 1.0, 1.0, 50.0
    first = render.draw_overlay(film, one, scale(shown), 0.8)
    second = render.draw_overlay(film, two, scale(shown), 0.8)
    changed = (first != render.make_greys(film)[..., None]).any(axis=-1)
    assert changed.sum() == 1 and changed[3, 4]
    assert (first[:20] == second[:20]).all()


def test_opacity_zero_is_the_film_and_more_opacity_is_nearer_to_the_colour(film):
    full = np.full(film.shape, 2.0)
    end = render.make_colour_table(scale("positive"))[255, :3].astype(int)
    far = [np.abs(render.draw_overlay(film, full, scale("positive"), o) - end).sum() for o in (0.0, 0.4, 0.8, 1.0)]
    assert far == sorted(far, reverse=True) and far[-1] == 0
    assert (render.draw_overlay(film, full, scale("positive"), 0.0) == render.make_greys(film)[..., None]).all()


def test_a_positive_scale_does_not_show_evidence_against(film):
    laid = render.draw_overlay(film, np.full(film.shape, -5.0), scale("positive"), 1.0)
    assert (laid == render.make_greys(film)[..., None]).all()


def test_a_signed_scale_is_symmetric_about_zero():
    values = np.linspace(-2, 2, 41)
    up, down = render.quantise_map(values, scale("signed")), render.quantise_map(-values, scale("signed"))
    assert (up.astype(int) + down == 2 * render.SIGNED_ZERO).all()
    alpha = render.make_colour_table(scale("signed"))[:, 3].astype(int)
    assert alpha[render.SIGNED_ZERO] == 0
    assert (alpha[1:128][::-1] == alpha[129:]).all() and alpha[1] == alpha[255] == 255


@pytest.mark.parametrize("shown", ["positive", "signed"])
def test_alpha_is_proportional_to_the_magnitude(shown):
    values = np.linspace(0, 2, 21)
    alpha = render.make_colour_table(scale(shown))[render.quantise_map(values, scale(shown)), 3]
    assert np.abs(alpha - values / 2 * 255).max() <= 2


def test_both_arms_of_the_signed_scale_are_equally_light_and_the_positive_one_rises():
    lightness = [
        cv2.cvtColor(render.make_colour_table(scale(s))[None, :, :3], cv2.COLOR_RGB2Lab)[0, :, 0].astype(int)
        for s in ("signed", "positive")
    ]
    assert np.abs(lightness[0][1:128][::-1] - lightness[0][129:]).max() <= 6
    assert (np.diff(lightness[1]) >= -1).all() and lightness[1][255] - lightness[1][0] > 120


def test_the_scale_clips_at_the_stated_percentile_and_the_excess_takes_the_end():
    values = np.concatenate([np.linspace(0.001, 1, 1000), [400.0]])
    found = render.choose_scale(values, "positive", "u")
    assert found.limit == pytest.approx(np.percentile(values, render.CLIP_PERCENTILE))
    assert found.limit < 1 and render.quantise_map(values, found)[-1] == 255


def test_the_limit_ignores_how_much_of_the_map_is_empty():
    small, large = np.zeros((8, 8)), np.zeros((80, 80))
    small[0, :4] = large[0, :4] = [1, 2, 3, 4]
    assert render.choose_scale(small, "signed", "u") == render.choose_scale(large, "signed", "u")


@pytest.mark.parametrize("shown", ["positive", "signed"])
@pytest.mark.parametrize("size", [(7, 7), (224, 224)])
@pytest.mark.parametrize(("unit", "norm"), [("per cell", 1), ("per pixel", 1), ("when hidden", np.inf)])
def test_next_to_nothing_is_not_stretched(film, shown, size, unit, norm):
    """Shares of the logit add up, so their sum counts; of what hiding a place does, the largest."""
    noise = np.random.default_rng(1).normal(size=size)
    noise *= 0.9 * render.EVIDENCE_FLOOR / np.linalg.norm(noise.ravel(), norm)
    assert not render.choose_scale(10 * noise, shown, f"logit points {unit}").nothing
    found = render.choose_scale(noise, shown, f"logit points {unit}")
    assert found.nothing and render.choose_ticks(found) == ()
    map_image = cv2.resize(noise, film.shape[::-1])
    assert (render.draw_overlay(film, map_image, found, 1.0) == render.make_greys(film)[..., None]).all()


@pytest.mark.parametrize("unit", ["logit points per unit of input", "relative"])
def test_values_that_are_no_evidence_in_logit_points_have_no_floor(unit):
    assert render.choose_scale(np.full((7, 7), 1e-12), "positive", unit).limit == pytest.approx(1e-12)
    assert render.choose_scale(np.zeros((7, 7)), "signed", unit).nothing


def test_a_map_of_evidence_against_alone_has_nothing_positive():
    against = np.full((7, 7), -1.0)
    assert render.choose_scale(against, "positive", "u").nothing
    assert not render.choose_scale(against, "signed", "u").nothing
    assert render.find_strongest_place(against) is None


def test_the_bar_carries_its_numbers_and_its_ends():
    assert render.choose_ticks(scale("positive", 0.02)) == ("0", "0.010", "≥ 0.020")
    assert render.choose_ticks(scale("signed", 3e-4)) == ("≤ −3.0×10⁻⁴", "0", "≥ +3.0×10⁻⁴")
    bar = render.draw_colour_bar(scale("signed"), 255, 3)
    assert bar.shape == (3, 255, 3) and bar.dtype == np.uint8
    assert (bar[:, 127] == render.BAR_GREY).all()
    assert (bar[0, 0] == render.make_colour_table(scale("signed"))[1, :3]).all()
    assert (bar[0, -1] == render.make_colour_table(scale("signed"))[255, :3]).all()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12.3, "12"), (1.234, "1.2"), (0.0999, "0.10"), (-0.5, "−0.50"), (9.99, "10"), (1234, "1200"),
     (0.00123, "1.2×10⁻³"), (123456, "1.2×10⁵")],
)  # fmt: skip
def test_numbers_have_two_significant_digits(value, text):
    assert render.format_number(value) == text


def test_the_strongest_place_is_named_by_row_and_column():
    map_image = np.full((90, 60), 1e-6)
    map_image[70:80, 5:10] = 1
    row, column, share = render.find_strongest_place(map_image)
    assert (row, column) == (2, 0) and share > 0.99


def test_what_cannot_be_drawn_is_refused(film):
    with pytest.raises(ValueError, match="finite"):
        render.choose_scale(np.array([1.0, np.nan]), "signed", "u")
    with pytest.raises(ValueError, match="shown"):
        render.choose_scale(np.ones(3), "both", "u")
    with pytest.raises(ValueError, match="same"):
        render.draw_overlay(film, np.zeros((3, 3)), scale("signed"), 0.5)
    with pytest.raises(ValueError, match="opacity"):
        render.draw_overlay(film, np.zeros(film.shape), scale("signed"), 1.5)


def test_the_tables_cannot_be_changed_by_a_caller():
    with pytest.raises(ValueError):
        render.make_colour_table(scale("signed"))[0] = 0
