"""The lesson and the films to try, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cxr_demo.teaching.shortcut_lesson import DECK, LABEL
from cxr_demo.text.catalogue import format_text
from tests.browser.conftest import SCREENSHOTS
from tests.browser.presses import wait_for_fades
from tests.browser.test_page import SIZES, enter, give, pixels, remove_all_films, wait_for_maps

RIGHT = [question.answer for question in DECK]


def open_lesson(page: Page) -> None:
    enter(page)
    go_through_the_door(page)
    page.locator("#lesson button.go").click()


def go_through_the_door(page: Page) -> None:
    page.locator("#doors a[href='#lesson-section']").click()
    page.locator("#lesson").wait_for()


def guess(page: Page, option: int) -> None:
    page.locator("#lesson button.option").nth(option).click()
    page.locator("#lesson .verdict").wait_for()


def test_an_example_loads_with_one_click_and_hides_what_was_planted_until_it_is_asked_for(open_page, films, server):
    page, seen = open_page()
    enter(page)
    page.locator("#examples button", has_text="consolidation").click()
    wait_for_maps(page, LABEL)
    expect(page.locator("#panels")).to_contain_text("Synthetic: drawn by this program")
    assert not [url for url in seen.asked if "/upload" in url] and server.left_files() == []
    guessed, mapped = pixels(page, "film"), pixels(page, "grad-cam")
    expect(page.locator("#panels .planted")).to_be_hidden()
    page.locator("#panels input.truth").check()
    expect(page.locator("#panels .planted")).to_contain_text("planted consolidation")
    page.wait_for_function("old => document.querySelector('canvas[data-panel=film]').toDataURL() !== old", arg=guessed)
    assert pixels(page, "grad-cam") != mapped

    page.locator("button.finding").nth(1).click()  # the choice stays with the film
    wait_for_maps(page, "mass")
    expect(page.locator("#panels input.truth")).to_be_checked()
    give(page, films["film.png"])
    page.wait_for_function("!document.querySelector('#panels input.truth')")
    page.locator("#examples button", has_text="normal").click()
    expect(page.locator("#panels .panel").first).to_contain_text("synthetic, 512")
    expect(page.locator("#panels input.truth")).to_have_count(0)  # nothing is planted in it


def test_guess_reveal_and_score_from_the_keyboard(open_page):
    page, _ = open_page()
    open_lesson(page)
    asked = page.locator("#lesson .asked")
    expect(asked).to_be_focused()
    expect(asked).to_have_text(DECK[0].asked)
    expect(page.locator("#lesson .maps")).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the second, wrong one
    verdict = page.locator("#lesson .verdict")
    expect(verdict).to_be_focused()
    expect(verdict).to_contain_text(format_text("lesson-wrong"))
    expect(page.locator("#lesson .score")).to_have_text("0 of 1 right")
    expect(page.locator("#lesson .map .picture")).to_have_count(2)
    expect(page.locator("#lesson .map.none")).to_have_count(1)
    for question, answer in zip(DECK[1:], RIGHT[1:], strict=True):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(asked).to_have_text(question.asked)
        guess(page, answer)
    expect(page.locator("#lesson .score")).to_have_text("5 of 6 right")
    page.get_by_role("button", name=format_text("lesson-finish")).click()
    expect(page.locator("#lesson h3")).to_have_text(format_text("lesson-end"))
    expect(page.locator("#lesson table")).to_contain_text("Grad-CAM")
    page.get_by_role("button", name=format_text("lesson-again")).click()
    expect(asked).to_have_text(DECK[0].asked)
    expect(page.locator("#lesson .score")).to_have_text("")


def test_the_lesson_is_one_press_from_the_first_screen_and_the_keyboard_goes_there_and_back(open_page):
    page, _ = open_page()
    enter(page)
    door, title = page.locator("#doors a[href='#lesson-section']"), page.locator("#lesson-section h2")
    box = door.bounding_box()
    assert box["y"] + box["height"] < 900 / 4
    page.keyboard.press("Shift+Tab")  # from the drop zone, where the keyboard begins
    expect(door).to_be_focused()
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    expect(door).to_have_attribute("aria-current", "page")
    expect(page.locator("#panels")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.locator("#lesson button.go")).to_be_focused()
    page.locator("#lesson-section .way-back a").press("Enter")
    expect(door).to_be_focused()
    expect(page.locator("#panels canvas").first).to_be_visible()
    page.go_back()  # each room has an address
    expect(title).to_be_focused()
    page.go_back()
    expect(page.locator("#panels canvas").first).to_be_visible()


def test_a_class_can_be_sent_to_the_lesson(open_page):
    page, _ = open_page()
    page.goto(f"{page.url}#lesson-section")
    page.reload()
    page.locator("#accept").click()
    expect(page.locator("#lesson-section h2")).to_be_focused()
    expect(page.locator("#panels")).to_be_hidden()


def test_removing_a_film_leaves_the_lesson_where_it_is(open_page):
    page, _ = open_page()
    open_lesson(page)
    guess(page, RIGHT[0])
    page.locator("#doors a[href='#bench']").click()
    remove_all_films(page)
    expect(page.locator("#notice")).to_contain_text("removed")
    go_through_the_door(page)
    page.locator("#lesson button.go").click()
    expect(page.locator("#lesson .asked")).to_have_text(DECK[1].asked)
    expect(page.locator("#lesson .score")).to_have_text("1 of 1 right")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_lesson_fits_and_is_accessible(open_page, size, theme):
    width, height, phone = SIZES[size]
    page, _ = open_page(width, height, theme, phone)
    open_lesson(page)
    guess(page, RIGHT[0])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wait_for_fades(page)
    found = Axe().run(page, context="#lesson-section", options={"runOnly": ["wcag2a", "wcag2aa"]})
    told = [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in found.response["violations"]]
    assert told == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.locator("#lesson-section").screenshot(path=SCREENSHOTS / f"lesson-{size}-{theme}.png")
