"""Two checkpoints on one film and an ensemble's members, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app.wish import MEMBERS, WITH
from tests.browser.presses import wait_for_rest
from tests.browser.test_page import (
    SIZES,
    choose_checkpoint,
    give,
    look,
    open_result,
    pixels,
    remove_all_films,
    set_opacity,
    wait_for_maps,
)

OTHER = "f-second"
CANVASES = [f"pair-{key}-{which}" for key in DEFAULT_METHODS for which in ("this", "other", "difference")]


def compare(page: Page, choice: str) -> None:
    """Another checkpoint by its name, or `MEMBERS`."""
    page.locator("#compare select").select_option(choice if choice == MEMBERS else WITH + choice)


def wait_for_rows(page: Page, about: str) -> None:
    """Until all rows are drawn of a comparison that is named like this."""
    wait_for_rest(page)
    ready = "about => document.querySelector('#pair [data-ready]')?.dataset.ready.endsWith(about)"
    page.wait_for_function(ready, arg=about)


# Whether nothing is shown between the press and what was asked for, looked at in every frame.
PRESS_AND_LOOK = """() => new Promise((done) => {
  const until = performance.now() + 60_000;
  const look = () => {
    const canvas = document.querySelector("#pair canvas");
    if (!canvas?.checkVisibility({ visibilityProperty: true })) done(true);
    else if (performance.now() > until || document.querySelector('#pair [data-ready*="normal with"]')) done(false);
    else requestAnimationFrame(look);
  };
  document.querySelector("button.finding[data-label=normal]").click();
  look();
})"""


def canvases(page: Page) -> list[str]:
    return [canvas.get_attribute("data-panel") for canvas in page.locator("#pair canvas").all()]


def test_two_checkpoints_and_their_difference_follow_the_finding_and_the_controls(open_page, films):
    page, seen = open_result(open_page, films)
    expect(page.locator("#pair canvas")).to_have_count(0)
    compare(page, OTHER)
    wait_for_rows(page, f"bacterial_pneumonia with {OTHER}")
    assert canvases(page) == CANVASES
    drawn = {key: pixels(page, key) for key in CANVASES}
    assert len(set(drawn.values())) == len(CANVASES), "every map is another"
    names = ("Grad-CAM", "LRP (epsilon, z-plus, flat)")
    cells = [page.locator(f"#pair [aria-label='{name}'] canvas").first for name in names]
    assert all(cell.bounding_box()["width"] > 200 for cell in cells)
    difference = page.locator("canvas[data-panel=pair-grad-cam-difference]")
    expect(difference).to_have_attribute("aria-label", re.compile("Difference: They differ most in .* has more"))
    told = len(seen.told)
    set_opacity(page, 0)
    page.wait_for_function("old => document.querySelector('#pair canvas').toDataURL() !== old", arg=drawn[CANVASES[0]])
    assert len({pixels(page, key) for key in CANVASES}) == 1, "without colour it is the film"
    set_opacity(page, 70)
    page.wait_for_function("old => document.querySelector('#pair canvas').toDataURL() === old", arg=drawn[CANVASES[0]])
    assert seen.told[told:] == []
    assert page.evaluate(PRESS_AND_LOOK), "what is shown is not of this finding"
    wait_for_rows(page, f"normal with {OTHER}")
    expect(page.locator("#pair h2")).to_contain_text("Normal: two networks")
    expect(page.locator("#pair canvas").first).to_be_visible()
    remove_all_films(page)
    expect(page.locator("#pair canvas")).to_have_count(0)


def test_of_quick_clicks_the_last_finding_stays_everywhere(open_page, films):
    page, _ = open_result(open_page, films)
    compare(page, OTHER)
    for label in ("viral_pneumonia", "normal", "bacterial_pneumonia", "normal"):
        page.locator(f"button.finding[data-label={label}]").click()
        page.wait_for_timeout(40)
    wait_for_maps(page, "normal")
    wait_for_rows(page, f"normal with {OTHER}")
    wait_for_rest(page)  # nothing of an earlier click comes after
    expect(page.locator("#panels h2")).to_contain_text("Normal")
    expect(page.locator("#pair h2")).to_contain_text("Normal: two networks")
    expect(page.locator("#regions h3 small")).to_contain_text("Normal")
    expect(page.locator("button.finding[aria-pressed=true]")).to_have_attribute("data-label", "normal")


def test_a_list_that_is_opened_and_left_throws_no_work_away(open_page, films):
    page, _ = open_result(open_page, films)
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    page.locator("#networks select").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.locator("#top h1").click()
    wait_for_rest(page)
    expect(page.locator("#panels h2")).to_contain_text("Normal")
    expect(page.locator("button.finding[aria-pressed=true]")).to_have_attribute("data-label", "normal")


def test_maps_of_two_low_scores_are_off_until_asked_for(open_page, films):
    page, _ = open_result(open_page, films)
    compare(page, OTHER)
    wait_for_rows(page, f"bacterial_pneumonia with {OTHER}")
    expect(page.locator("#pair button.ask")).to_have_count(0)
    page.locator("button.finding[data-label=viral_pneumonia]").click()
    wait_for_rows(page, f"viral_pneumonia with {OTHER}")
    first = page.locator(f"canvas[data-panel={CANVASES[0]}]")
    assert len({pixels(page, key) for key in CANVASES}) == 1
    expect(first).to_have_attribute("aria-label", re.compile("which is off"))
    before = pixels(page, CANVASES[0])
    page.get_by_role("button", name=format_text("pair.show")).press("Enter")
    page.wait_for_function("old => document.querySelector('#pair canvas').toDataURL() !== old", arg=before)
    expect(first).not_to_have_attribute("aria-label", re.compile("which is off"))


def test_what_may_be_compared_follows_the_checkpoint(open_page, films):
    page, _ = open_result(open_page, films)
    compare(page, "b-uncalibrated")
    wait_for_rows(page, "no finding in common.")
    expect(page.locator("#pair")).to_contain_text("b-uncalibrated does not know Bacterial pneumonia.")
    choose_checkpoint(page, "b-uncalibrated")
    wait_for_maps(page, "effusion")
    expect(page.locator("#compare option:checked")).to_have_text(format_text("compare.nothing"))
    compare(page, "d-ensemble")
    wait_for_rows(page, "effusion with d-ensemble")
    expect(page.locator("#pair .couple").first).to_contain_text("the other network was never calibrated")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_here_is_how_it_looks(open_page, films, size, theme):
    width, height, phone = SIZES[size]
    page, _ = open_result(open_page, films, width=width, height=height, theme=theme, phone=phone)
    look(page, f"{size}-{theme}-pair-1-nothing")
    compare(page, OTHER)
    wait_for_rows(page, f"bacterial_pneumonia with {OTHER}")
    look(page, f"{size}-{theme}-pair-2-two")
    choose_checkpoint(page, "d-ensemble")
    wait_for_maps(page, "nodule")
    compare(page, MEMBERS)
    wait_for_rows(page, "nodule and its members")
    assert len(canvases(page)) == 6 * len(DEFAULT_METHODS)
    look(page, f"{size}-{theme}-pair-3-members")


def test_the_members_of_an_ensemble_cost_no_second_pass_and_go_with_the_film(open_page, films):
    page, _ = open_result(open_page, films)
    choose_checkpoint(page, "d-ensemble")
    wait_for_maps(page, "nodule")
    compare(page, MEMBERS)
    wait_for_rows(page, "nodule and its members")
    names = page.locator("#pair .couple").first.locator("h4").all_inner_texts()
    assert names[:2] == [format_text("mean"), format_text("spread")] and len(names) == 4
    give(page, films["film16.png"])
    wait_for_maps(page, "nodule")
    wait_for_rows(page, "nodule and its members")
