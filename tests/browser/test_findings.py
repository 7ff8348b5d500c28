"""The list of findings in a real browser: its numbers by touch and keyboard, and a threshold that a person moves."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_page import choose_checkpoint, enter, give, look, wait_for_maps


def open_many(open_page, films, **size):
    """The ensemble of 14 findings; the threshold of nodule alone was measured at other points."""
    page, seen = open_page(**size)
    enter(page)
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    choose_checkpoint(page, "d-ensemble")
    wait_for_maps(page, "nodule")
    return page, seen


def test_a_moved_threshold_tells_its_price_and_asks_nobody(open_page, films):
    page, seen = open_many(open_page, films)
    finding, slider = page.locator("button.finding[data-label=nodule]"), page.locator("input.threshold")
    row = page.locator("li", has=finding)
    expect(slider).to_have_count(1)
    expect(row).to_contain_text("finds 80 of 100 who have it; wrongly calls 30 of 100 who do not have it")
    expect(row.locator(".word")).to_have_text("above threshold")
    told = len(seen.told)
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(row).to_contain_text("finds 0 of 100 who have it; wrongly calls 0 of 100 who do not have it")
    expect(row.locator(".word")).to_have_text("below your threshold")
    expect(page.locator("button.finding.called")).to_have_count(0)
    expect(slider).to_have_attribute("aria-valuetext", "50 %: finds 0 of 100 who have it; "
                                     "wrongly calls 0 of 100 who do not have it")  # fmt: skip
    assert row.locator(".mark").evaluate("mark => mark.style.left") == "50%"
    look(page, "desktop-light-7-threshold")
    row.get_by_role("button", name="Back to 5.0 %").click()
    expect(row.locator(".word")).to_have_text("above threshold")
    expect(finding).to_have_class("finding called")
    expect(slider).to_be_focused()
    assert seen.told and len(seen.told) == told, "the browser has all that it needs"


def test_the_numbers_of_a_finding_are_read_by_keyboard_and_by_touch(open_page, films):
    page, _ = open_many(open_page, films, width=390, height=844, phone=True)
    other = page.locator("button.finding[data-label=effusion]")
    numbers = page.locator(f"#{other.get_attribute('aria-describedby')}")
    assert "AUROC 0.70 (0.60 to 0.80)" in numbers.text_content()
    assert numbers.bounding_box()["width"] <= 1
    page.locator("button.finding[data-label=nodule]").focus()
    while not other.evaluate("button => button === document.activeElement"):
        page.keyboard.press("Tab")
    assert numbers.bounding_box()["width"] > 200
    page.locator("#networks select").focus()
    assert numbers.bounding_box()["width"] <= 1
    other.tap()
    expect(other).to_have_attribute("aria-pressed", "true")
    assert numbers.bounding_box()["width"] > 200
    expect(page.locator("input.threshold")).to_be_hidden()  # it is of another finding
    look(page, "phone-light-7-numbers")
