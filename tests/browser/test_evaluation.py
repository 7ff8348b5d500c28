"""The quality of the explanations, in a real browser: checks on demand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.viewer.regions_table import SIDES
from tests.browser.conftest import ANSWERS_WITHIN_MS
from tests.browser.presses import wait_for_rest
from tests.browser.test_page import SIZES, choose_checkpoint, enter, give, look, remove_all_films, wait_for_maps


def open_evaluation(open_page, films, **size) -> Page:
    """A film under the checkpoint whose maps are checked in seconds."""
    page, _ = open_page(**size)
    enter(page)
    choose_checkpoint(page, "e-quick")
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    page.locator("#regions table").wait_for()
    return page


def test_checks_run_with_progress_to_the_table_stop_and_come_back(open_page, films):
    page = open_evaluation(open_page, films)
    button = page.get_by_role("button", name=format_text("check"))
    expect(button).to_contain_text("about")
    expect(page.locator("#checks table")).to_have_count(0)
    button.press("Enter")
    progress = page.get_by_role("progressbar", name=format_text("check.running"))
    progress.wait_for()
    expect(page.get_by_role("button", name=format_text("check.stop"), exact=True)).to_be_focused()
    page.locator("#checks table").wait_for()
    page.keyboard.press("Enter")  # Stop, where the focus has stayed
    expect(page.locator("#evaluation")).to_contain_text(format_text("check.stopped"))
    wait_for_rest(page)
    expect(progress).to_have_count(0)
    first = page.locator("#checks tbody tr").first.locator("td").first
    expect(first).to_contain_text(re.compile(r"p = \d\.\d\d"))
    kept = first.inner_text()
    expect(page.locator("#checks tbody")).to_contain_text(format_text("check-not-yet"))
    page.get_by_role("button", name=format_text("check.rest")).click()
    expect(page.locator("#evaluation")).to_contain_text(format_text("check.done"), timeout=ANSWERS_WITHIN_MS)
    expect(page.locator("#checks tbody")).not_to_contain_text(format_text("check-not-yet"))
    assert first.inner_text() == kept and page.locator("#checks svg").count() == 3 * 3
    whole = page.locator("#checks tbody").inner_text()
    page.locator("button.finding[data-label=normal]").click()
    expect(page.locator("#checks table")).to_have_count(0)
    wait_for_maps(page, "normal")
    page.locator("button.finding[data-label=bacterial_pneumonia]").click()
    wait_for_maps(page, "bacterial_pneumonia")
    expect(page.locator("#evaluation")).to_contain_text(format_text("check.done"))
    assert page.locator("#checks tbody").inner_text() == whole


def test_another_finding_and_a_removed_film_end_the_checks(open_page, films):
    page = open_evaluation(open_page, films)
    page.get_by_role("button", name=format_text("check")).click()
    page.locator("#evaluation [role=progressbar]").wait_for()
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    expect(page.locator("#regions h3")).to_contain_text("Normal")
    expect(page.locator("#evaluation [role=progressbar]")).to_have_count(0)
    page.locator("#panels button.ask").click()  # its maps are off at first
    expect(page.get_by_role("button", name=format_text("check"))).to_be_visible()
    remove_all_films(page)
    expect(page.locator("#evaluation-section")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_it_is_accessible_and_here_is_how_it_looks(open_page, films, size, theme):
    width, height, phone = SIZES[size]
    page = open_evaluation(open_page, films, width=width, height=height, theme=theme, phone=phone)
    for side, share in zip(SIDES, (20, 25, 40, 30), strict=True):
        page.locator(f"#regions [name={side}]").fill(str(share))
    page.get_by_role("button", name=format_text("region.add"), exact=True).click()
    page.locator("#panels .region-tag").first.wait_for()
    look(page, f"evaluation-{size}-{theme}-1-where")
    wait_for_rest(page)
    page.get_by_role("button", name=format_text("check")).click()
    page.locator("#checks table").wait_for()
    look(page, f"evaluation-{size}-{theme}-2-checking")
    expect(page.locator("#evaluation")).to_contain_text(format_text("check.done"))
    page.locator(".meanings summary").click()
    look(page, f"evaluation-{size}-{theme}-3-checked")
