"""The quality of the explanations, in a real browser: checks on demand, and a region by mouse, finger and numbers."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from cxr_demo.analysis import DEFAULT_METHODS, Analyser
from cxr_demo.evaluation.covering import MIRROR, cover_image
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.page_text import format_score
from cxr_demo.ui.viewer.regions_table import SIDES
from tests.browser.test_page import SIZES, choose_checkpoint, enter, give, look, remove_all_films, wait_for_maps

BOX = (0.2, 0.25, 0.4, 0.3)


def open_evaluation(open_page, films, **size) -> Page:
    """A film under the checkpoint whose maps are checked in seconds."""
    page, _ = open_page(**size)
    enter(page)
    choose_checkpoint(page, "e-quick")
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    page.locator("#regions table").wait_for()
    return page


def drag(page: Page, panel: str, box: tuple[float, float, float, float]) -> None:
    frame = page.locator(f"canvas[data-panel={panel}]").bounding_box()
    x, y, width, height = box
    page.mouse.move(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"])
    page.mouse.down()
    page.mouse.move(frame["x"] + (x + width) * frame["width"], frame["y"] + (y + height) * frame["height"], steps=5)
    page.mouse.up()


def in_region(page: Page) -> list[float]:
    """The numbers of the last column."""
    cells = page.locator("#regions tbody td:last-child .number").all_inner_texts()
    return [float(text.removesuffix(" %")) / 100 for text in cells]


def by_hand(weights, film, box) -> list[float]:
    """The shares of the three first maps, counted point by point from raw maps of the same network."""
    label, side = "bacterial_pneumonia", 960
    analyser = Analyser(checkpoint.load(weights / "e"))
    study = analyser.analyse(read_image(film))
    height, width = study.image.pixels.shape
    placed = round(64 * width / height)  # columns of the square that hold film; the others are padding
    x = ((np.arange(side) + 0.5) / side * 64 - (64 - placed) // 2) / placed
    on_film, found = (x >= 0) & (x < 1), []
    for key in DEFAULT_METHODS:
        raw = analyser.explain(study, [label], [key])[key, label].map_square
        fine = cv2.resize(np.maximum(raw, 0), (side, side), interpolation=cv2.INTER_NEAREST)
        inside = total = 0.0
        for row in range(side):
            y = (row + 0.5) / side
            in_box = on_film & (x >= box[0]) & (x < box[0] + box[2]) & (box[1] <= y < box[1] + box[3])
            total += fine[row][on_film].sum()
            inside += fine[row][in_box].sum()
        found.append(inside / total)
    return found


def test_a_region_by_mouse_and_by_numbers_gives_the_share_that_counting_gives(open_page, films, weights):
    page = open_evaluation(open_page, films)
    draw = page.get_by_role("button", name=format_text("region.draw"))
    drag(page, "grad-cam", BOX)
    expect(page.locator("#panels .region")).to_have_count(0)  # not before it is asked for
    draw.click()
    expect(draw).to_have_attribute("aria-pressed", "true")
    drag(page, DEFAULT_METHODS[1], BOX)
    expect(page.locator("#panels .region span")).to_have_count(4)
    expect(page.locator("#panels .region span").first).to_have_text("12 % of the film")
    expect(draw).to_have_attribute("aria-pressed", "false")
    drawn = in_region(page)
    wanted = by_hand(weights, films["film.png"], BOX)
    assert drawn == pytest.approx(wanted, abs=0.015)  # whole per cent, and a mouse that stops on whole pixels
    values = [float(page.locator(f"#regions [name={side}]").input_value()) for side in SIDES]
    assert values == pytest.approx([100 * share for share in BOX], abs=0.5)
    for side, share in zip(SIDES, BOX, strict=True):
        page.locator(f"#regions [name={side}]").fill(str(100 * share))
    page.locator("#regions [name=height]").press("Enter")
    page.wait_for_function("document.querySelector('#panels .region').style.left === '20%'")
    assert in_region(page) == pytest.approx(wanted, abs=0.0075)
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    expect(page.locator("#evaluation-section")).to_be_hidden()  # with the maps, which are off at first
    page.locator("#panels button.ask").click()
    expect(page.locator("#regions h3")).to_contain_text("Normal")
    expect(page.locator("#panels .region")).to_have_count(4)  # it stays with the film
    page.locator("#regions [name=width]").fill("95")
    page.get_by_role("button", name=format_text("region.set")).click()
    expect(page.locator("#regions [role=alert]")).to_contain_text("does not lie on the film")
    expect(page.locator("#regions [name=width]")).to_have_value("95")
    page.get_by_role("button", name=format_text("region.clear"), exact=True).click()
    expect(page.locator("#panels .region")).to_have_count(0)
    expect(page.locator("#regions [name=x]")).to_have_value("")


def test_a_finger_scrolls_until_a_region_is_asked_for_and_escape_gives_up(open_page, films):
    page = open_evaluation(open_page, films, width=390, height=844, phone=True)
    action = "canvas => getComputedStyle(canvas).touchAction"
    canvas = page.locator("canvas[data-panel=grad-cam]")
    assert canvas.evaluate(action) == "pan-y"
    draw = page.get_by_role("button", name=format_text("region.draw"))
    draw.tap()
    assert canvas.evaluate(action) == "none"
    page.keyboard.press("Escape")
    expect(draw).to_have_attribute("aria-pressed", "false")
    draw.tap()
    canvas.scroll_into_view_if_needed()
    frame, touch = canvas.bounding_box(), page.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0.2), ("touchMove", 0.4), ("touchMove", 0.6), ("touchEnd", None)):
        at = {"x": frame["x"] + (share or 0) * frame["width"], "y": frame["y"] + (share or 0) * frame["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if share is None else [at]})
    expect(page.locator("#panels .region span").first).to_have_text("16 % of the film")
    assert canvas.evaluate(action) == "pan-y"


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
    page.wait_for_timeout(1000)
    expect(progress).to_have_count(0)
    first = page.locator("#checks tbody tr").first.locator("td").first
    expect(first).to_contain_text(re.compile(r"p = \d\.\d\d"))
    kept = first.inner_text()
    expect(page.locator("#checks tbody")).to_contain_text(format_text("check-not-yet"))
    page.get_by_role("button", name=format_text("check.rest")).click()
    expect(page.locator("#evaluation")).to_contain_text(format_text("check.done"))
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
    for side, share in zip(SIDES, BOX, strict=True):
        page.locator(f"#regions [name={side}]").fill(str(100 * share))
    page.get_by_role("button", name=format_text("region.set")).click()
    page.locator("#panels .region").first.wait_for()
    look(page, f"evaluation-{size}-{theme}-1-where")
    page.get_by_role("button", name=format_text("check")).click()
    page.locator("#checks table").wait_for()
    look(page, f"evaluation-{size}-{theme}-2-checking")
    expect(page.locator("#evaluation")).to_contain_text(format_text("check.done"))
    page.locator(".meanings summary").click()
    look(page, f"evaluation-{size}-{theme}-3-checked")


def test_a_region_is_covered_and_the_network_asked_again(open_page, films, weights):
    page = open_evaluation(open_page, films)
    for side, share in zip(SIDES, BOX, strict=True):
        page.locator(f"#regions [name={side}]").fill(f"{100 * share:.0f}")
    page.get_by_role("button", name=format_text("region.set")).click()
    cover = page.get_by_role("button", name=format_text("cover-mirror"), exact=True)
    cover.click()
    rows = page.locator("#regions .covering tbody tr")
    expect(rows).not_to_have_count(0)
    expect(cover).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#regions .covering figcaption")).to_have_text(format_text("cover.not-the-film"))
    analyser = Analyser(checkpoint.load(weights / "e"))
    image = read_image(films["film.png"])
    answers = [analyser.analyse(each).probabilities for each in (image, cover_image(image, BOX, MIRROR))]
    told = {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows.all()}
    for index, label in enumerate(analyser.card.labels):
        before, after = (format_score(float(each[index]), True, "single-label") for each in answers)
        assert told[analyser.card.get_finding(label).name][:2] == [before, after]
    cover.click()
    expect(rows).to_have_count(0)
