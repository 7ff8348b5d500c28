"""The page in German: chosen by the browser or by a press, with nothing of English left, and the films stay."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cxr_demo.text.catalogue import format_text, load_catalogue, use_language
from tests.browser.conftest import SCREENSHOTS
from tests.browser.presses import wait_for_rest
from tests.browser.test_page import SIZES, choose_checkpoint, enter, give
from tests.text.test_catalogue import ENGLISH, INTERNATIONAL

# Every text that stands in the document, whether it is seen now or one click further, with what is read out only.
TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector(".gradio-container"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.closest("script, style, [lang]:not(html)")) found.push(node.nodeValue.trim());
  }
  for (const element of document.querySelectorAll(".gradio-container [title], .gradio-container [aria-label]"))
    found.push(element.title, element.getAttribute("aria-label") ?? "");
  return found.filter(Boolean);
}"""


def list_english() -> set[str]:
    """The sentences of the catalogue without values that are others in German."""
    load_catalogue("de")
    plain = [name for name, inside in ENGLISH.items() if not inside.variables and name not in INTERNATIONAL]
    english = {format_text(name) for name in plain}
    with use_language("de"):
        return english - {format_text(name) for name in plain}


def open_german(open_page, size: str) -> Page:
    width, height, phone = SIZES[size]
    page, _ = open_page(width, height, phone=phone, locale="de-DE")
    return page


@pytest.mark.parametrize("size", SIZES)
def test_a_german_browser_reads_german_and_nothing_else(open_page, size):
    page = open_german(open_page, size)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#gate h2")).to_have_text("Bevor Sie beginnen")
    page.screenshot(path=SCREENSHOTS / f"german-{size}-entrance.png")
    enter(page)
    assert page.title() == "Erklärungen zu Thoraxaufnahmen, nebeneinander"
    page.screenshot(path=SCREENSHOTS / f"german-{size}.png", full_page=True)
    assert sorted(set(page.evaluate(TEXTS)) & list_english()) == []
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
    if size == "desktop":
        assert page.locator("#panels .row").bounding_box()["y"] + page.locator("#panels figure").first.bounding_box()[
            "height"
        ] <= page.evaluate("document.documentElement.scrollHeight")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_the_row_of_maps_ends_on_the_first_screen(open_page, films, locale):
    page, _ = open_page(locale=locale)
    enter(page)
    give(page, films["film.png"])
    wait_for_rest(page)
    page.screenshot(path=SCREENSHOTS / f"first-screen-{locale}.png")
    row = page.locator("#panels .row").bounding_box()
    assert row is not None and row["y"] + row["height"] <= 900, row
    choose_checkpoint(page, "d-ensemble")  # of many findings, whose meaning stands with the chosen one
    wait_for_rest(page)
    page.locator("#findings button.finding[data-label=infiltration]").click()
    wait_for_rest(page)
    expect(page.locator("#panels button.ask")).to_be_visible()
    head = page.locator("#panels .head").bounding_box()
    assert head is not None and head["height"] <= 70, "a name, its meaning and a button stand in two lines"


def test_another_language_keeps_the_film_and_what_was_found(open_page, films):
    page, _ = open_page(locale="en-GB")
    enter(page)
    give(page, films["film.png"])
    expect(page.locator("#strip li")).to_have_count(2)
    wait_for_rest(page)
    shown = page.locator("#panels .part").get_attribute("data-film")
    page.locator("[data-language=de]").click()
    expect(page.locator("#findings h2").first).to_contain_text("Befunde")
    wait_for_rest(page)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.locator("#panels .part").get_attribute("data-film") == shown
    assert "Unauffällig" in page.locator("#findings").inner_text()
    assert re.search(r"\d,\d", page.locator("#findings").inner_text()) or "%" in page.locator("#findings").inner_text()
    assert sorted(set(page.evaluate(TEXTS)) & list_english()) == []
    page.locator("[data-language=en]").click()
    expect(page.locator("#findings h2").first).to_contain_text("Findings")
    wait_for_rest(page)
    expect(page.locator("#strip li")).to_have_count(2)
    assert page.locator("#panels .part").get_attribute("data-film") == shown


def test_a_broken_upload_is_told_in_german(open_page, films):
    page = open_german(open_page, "desktop")
    enter(page)
    give(page, films["cut.png"])
    with use_language("de"):
        expect(page.locator("#findings .message")).to_contain_text(format_text("film-damaged", kind="PNG"))
    page.locator("[data-language=en]").click()
    expect(page.locator("#findings .message")).to_contain_text(format_text("film-damaged", kind="PNG"))
