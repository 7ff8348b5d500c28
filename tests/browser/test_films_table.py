"""The findings of all films as a table, in a real browser: it fills, is sorted, shows a film and is saved."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cxr_demo.text.catalogue import format_text
from tests.browser.presses import wait_for_rest
from tests.browser.test_page import SIZES, enter, give, look

CHOSEN = "#table tbody tr[aria-current=true] th button"


def open_table(open_page, films, **size) -> Page:
    """Four films: that of the beginning, two that are read alike, and one that is cut short."""
    page, _ = open_page(**size)
    enter(page)
    give(page, films["film.png"], films["film16.png"], films["cut.png"])
    wait_for_rest(page)
    page.locator("#table button.toggle").click()
    expect(page.locator("#table tbody tr")).to_have_count(4)
    wait_for_rest(page)
    return page


def names(page: Page) -> list[str]:
    return page.locator("#table tbody th").all_inner_texts()


def test_the_table_fills_is_sorted_shows_a_film_and_closes(open_page, films):
    page = open_table(open_page, films)
    expect(page.locator("#table p[role=status]")).to_be_empty()
    values = page.locator("#table tbody tr td:nth-child(3)")
    assert [text == "–" for text in values.all_inner_texts()] == [False, False, False, True]
    head = page.locator("#table thead button")
    assert head.count() == 2 + page.locator("#findings button.finding").count()
    before = names(page)
    head.first.press("Enter")
    expect(page.locator("#table th[aria-sort=ascending]")).to_have_count(1)
    assert names(page) == sorted(before, key=str.lower)
    head.first.press("Enter")
    expect(page.locator("#table th[aria-sort=descending]")).to_have_count(1)
    assert names(page) == sorted(before, key=str.lower)[::-1]
    head.nth(2).click()
    shares = page.locator("#table tbody td:nth-child(3)").evaluate_all("cells => cells.map((c) => c.dataset.value)")
    assert shares[-1] == "" and [float(each) for each in shares[:-1]] == sorted(map(float, shares[:-1]))[::-1]
    row = page.locator("#table tbody tr", has_text="film16.png")
    row.locator("button").press("Enter")
    wait_for_rest(page)
    expect(page.locator(CHOSEN)).to_have_text("film16.png")
    expect(page.locator("#strip button.film[aria-pressed=true]")).to_contain_text("film16.png")
    page.locator("#table button.toggle").click()
    expect(page.locator("#table table")).to_have_count(0)


def test_the_table_is_saved_with_every_number(open_page, films):
    page = open_table(open_page, films)
    save = page.locator("#table button.csv")
    expect(save).to_be_disabled()  # before anybody has looked for names, and it says so
    expect(save).to_have_accessible_description(format_text("table-csv.names"))
    expect(page.locator("#table-names")).to_be_visible()
    page.get_by_label(format_text("table-csv.looked")).check()
    with page.expect_download() as saved:
        page.locator("#table button.csv").click()
    assert saved.value.suggested_filename == "findings.csv"
    with Path(saved.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["film"] for row in rows] == names(page)
    for row, line in zip(rows, page.locator("#table tbody tr").all(), strict=True):
        cells = line.locator("td[data-value]").evaluate_all("cells => cells.map((cell) => cell.dataset.value)")
        labels = [name for name in row if f"{name}_threshold" in row]
        assert [row[label] for label in labels] == cells
        assert (row["film_sha256"] == "") == (row["film"] == "cut.png")
    assert len({row["checkpoint_sha256"] for row in rows}) == 1


@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_can_be_read_by_all(open_page, films, size):
    width, height, phone = SIZES[size]
    page = open_table(open_page, films, width=width, height=height, phone=phone)
    look(page, f"{size}-light-films-table")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, context="#table").response["violations"]
    assert found == []
