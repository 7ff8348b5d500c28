"""Another film of the strip beside the one shown, in a real browser."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.text.catalogue import format_text, use_language
from tests.browser.conftest import synthetic_film
from tests.browser.presses import wait_for_rest
from tests.browser.test_page import SIZES, enter, give, look, pixels, remove_all_films

NORMAL, EFFUSION = "#examples button[data-example='0']", "#examples button[data-example='2']"


def open_two(open_page, **size) -> Page:
    """Two synthetic films beside the one that the page opens with; the last is shown."""
    page, _ = open_page(**size)
    enter(page)
    for example in (NORMAL, EFFUSION):
        page.locator(example).click()
        wait_for_rest(page)
    return page


def put_beside(page: Page, place: int) -> None:
    page.locator("#strip li").nth(place).locator("button.beside").click()
    page.wait_for_function("() => document.querySelector('#pair table.changes')")
    wait_for_rest(page)


def test_another_film_stands_beside_the_one_shown_and_leaves_by_one_press(open_page):
    page = open_two(open_page)
    expect(page.locator("#pair canvas")).to_have_count(0)
    put_beside(page, 1)
    sides = ("then", "now", "difference")
    shown = [canvas.get_attribute("data-panel") for canvas in page.locator("#pair canvas").all()]
    assert shown == [f"pair-{key}-{side}" for key in DEFAULT_METHODS for side in sides]
    page.locator("#pair button.ask").click()  # of these networks one calls nothing
    page.wait_for_function("() => document.querySelector('#pair .part').dataset.off === 'false'")
    expect(page.locator("#pair .while-off")).to_be_hidden()  # they are on
    assert len({pixels(page, panel) for panel in shown[:3]}) == 3
    rows = page.locator("#pair table.changes tbody tr")
    assert rows.count() == page.locator("#findings button.finding").count()
    expect(page.locator("#pair tr[aria-current=true]")).to_have_count(1)
    before = [pixels(page, panel) for panel in shown[:2]]
    page.locator("#panels canvas").first.hover()
    page.mouse.wheel(0, -400)
    for panel, old in zip(shown, before, strict=False):  # linked: both films are enlarged
        page.wait_for_function(
            "([panel, old]) => document.querySelector(`canvas[data-panel=${panel}]`).toDataURL() !== old",
            arg=[panel, old],
        )
    page.locator("#pair button.end").click()
    expect(page.locator("#pair canvas")).to_have_count(0)
    expect(page.locator("#compare option:checked")).to_have_text(format_text("compare.nothing"))


@pytest.mark.parametrize("size", SIZES)
def test_comparing_leads_to_both_films_and_they_are_swapped(open_page, size):
    width, height, phone = SIZES[size]
    page = open_two(open_page, width=width, height=height, phone=phone, locale="de-DE")
    put_beside(page, 1)
    for side in ("then", "now"):
        expect(page.locator(f"canvas[data-panel=pair-grad-cam-{side}]")).to_be_in_viewport(ratio=0.95)
    for way in ("swap", "end"):
        expect(page.locator(f"#pair button.{way}")).to_be_in_viewport(ratio=0.95)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    told = page.locator("#pair table.changes thead th").last.bounding_box()
    assert told and told["x"] + told["width"] <= width, "the last column is read without pushing"
    heads = page.locator("#pair table.changes thead th").all_inner_texts()
    shown = page.locator("#strip button.film[aria-pressed=true]")
    assert heads[2].strip() == shown.get_attribute("title")
    page.locator("#pair button.swap").click()
    expect(shown).to_have_attribute("title", heads[1].strip())
    wait_for_rest(page)
    swapped = page.locator("#pair table.changes thead th").all_inner_texts()
    assert swapped[1:3] == heads[2:0:-1]


def test_it_follows_the_finding_and_goes_with_the_film(open_page):
    page = open_two(open_page)
    put_beside(page, 0)
    page.locator("#findings button.finding").nth(1).click()
    wait_for_rest(page)
    name = page.locator("#findings button.finding[aria-pressed=true]").get_attribute("data-label")
    expect(page.locator("#pair .part")).to_have_attribute("data-label", name)
    expect(page.locator("#pair table.changes")).to_be_visible()
    page.locator("#strip li").nth(0).locator("button.film").click()  # the other film itself is shown
    wait_for_rest(page)
    expect(page.locator("#pair canvas")).to_have_count(0)
    put_beside(page, 1)
    remove_all_films(page)
    expect(page.locator("#pair canvas")).to_have_count(0)


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_a_film_of_another_shape_says_why_it_has_no_line(open_page, tmp_path, locale):
    page, _ = open_page(locale=locale)
    enter(page)
    for name, shape in {"then.png": (120, 100), "now.png": (120, 112)}.items():
        cv2.imwrite(str(tmp_path / name), np.rint(synthetic_film(shape) * 255))
        give(page, tmp_path / name)
        wait_for_rest(page)
    put_beside(page, 1)
    told = page.locator("#pair .no-swipe")
    expect(told).to_have_count(0)
    swipe = page.locator("#panels button[data-view=swipe]")
    swipe.click()
    with use_language(locale[:2]):
        expect(told.first).to_have_text(format_text("swipe-none"))
    without = page.locator("#pair .stage:has(canvas):not(:has(.swipe))")
    assert without.count() == told.count() >= len(DEFAULT_METHODS)
    expect(page.locator("#panels .no-swipe")).to_have_count(0)
    swipe.click()
    expect(told).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_two_films_fit_and_here_is_how_they_look(open_page, size):
    width, height, phone = SIZES[size]
    page = open_two(open_page, width=width, height=height, phone=phone)
    put_beside(page, 1)
    look(page, f"{size}-light-other-film")
