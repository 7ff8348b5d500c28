"""Regions of a person's own, by mouse, finger, keys and numbers; what is covered, and what the network says then."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from cxr_demo import render
from cxr_demo.analysis import DEFAULT_METHODS, Analyser
from cxr_demo.evaluation.covering import MIRROR, cover_image
from cxr_demo.film.reading import read_image
from cxr_demo.limits import MAX_REGIONS
from cxr_demo.networks import checkpoint
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.page_text import format_score
from cxr_demo.ui.viewer.regions_table import SIDES
from tests.browser.presses import wait_for_frame
from tests.browser.test_evaluation import open_evaluation
from tests.browser.test_page import (
    enter,
    give,
    listen_to_requests,
    look,
    read_canvas,
    wait_for_greys,
    wait_for_maps,
    wait_for_rest,
)

BOX = (0.2, 0.25, 0.4, 0.3)


def arm(page: Page, shape: str):
    return page.locator(f"#panels button.draw-region[data-shape={shape}]")


def place(page: Page, panel: str, at: tuple[float, float]) -> tuple[float, float]:
    """Where on the screen a share of a panel is."""
    frame = page.locator(f"canvas[data-panel={panel}]").bounding_box()
    assert frame is not None
    return frame["x"] + at[0] * frame["width"], frame["y"] + at[1] * frame["height"]


def drag(page: Page, panel: str, *points: tuple[float, float]) -> None:
    """From the first of these shares of a panel over all others."""
    page.mouse.move(*place(page, panel, points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, panel, point), steps=5)
    page.mouse.up()


def draw_box(page: Page, panel: str, box: tuple[float, float, float, float]) -> None:
    arm(page, "box").click()
    drag(page, panel, box[:2], (box[0] + box[2], box[1] + box[3]))
    wait_for_rest(page)


def shapes(page: Page, panel: str = "film") -> list[np.ndarray]:
    """The corners of every region as a panel draws it, in shares of it, (points, 2)."""
    lines = page.locator(f".stage:has(canvas[data-panel={panel}]) polygon.line").all()
    texts = [line.get_attribute("points") or "" for line in lines]
    return [np.array([[float(part) for part in point.split(",")] for point in text.split()]) for text in texts]


def bounds(page: Page, at: int) -> list[float]:
    """x, y, width and height of a region."""
    points = shapes(page)[at]
    return [*points.min(0), *np.ptp(points, axis=0)]


def read_shares(page: Page, at: int) -> list[float]:
    """What each map holds in a region, as its row says."""
    cells = page.locator("#regions table.own tbody tr").nth(at).locator(".number").all_inner_texts()
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
    drag(page, "grad-cam", BOX[:2], (0.6, 0.55))
    expect(page.locator("#panels polygon")).to_have_count(0)  # not before it is asked for
    draw_box(page, DEFAULT_METHODS[1], BOX)
    expect(page.locator("#panels polygon.line")).to_have_count(4)
    expect(page.locator("#panels .region-tag span").first).to_have_text("12 % of the film")
    expect(arm(page, "box")).to_have_attribute("aria-pressed", "false")
    wanted = by_hand(weights, films["film.png"], BOX)
    assert read_shares(page, 0) == pytest.approx(wanted, abs=0.015)  # whole per cent, and a mouse on whole pixels
    values = [float(page.locator(f"#regions [name={side}]").input_value()) for side in SIDES]
    assert values == pytest.approx([100 * share for share in BOX], abs=0.5)
    for side, share in zip(SIDES, BOX, strict=True):
        page.locator(f"#regions [name={side}]").fill(str(100 * share))
    page.get_by_role("button", name=format_text("region.change")).click()
    wait_for_rest(page)
    assert bounds(page, 0) == pytest.approx(BOX) and len(shapes(page)) == 1
    assert read_shares(page, 0) == pytest.approx(wanted, abs=0.0075)
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    for of_maps in ("#regions table.own", "#regions form", "#evaluation"):
        expect(page.locator(of_maps)).to_be_hidden()  # with the maps, which are off at first
    expect(page.locator("#regions .covering .bar")).to_be_visible()  # what is drawn is covered all the same
    expect(page.locator("#panels .while-off")).to_be_visible()
    page.locator("#panels button.ask").click()
    expect(page.locator("#panels .while-off")).to_be_hidden()
    expect(page.locator("#regions h3")).to_contain_text("Normal")
    expect(page.locator("#panels polygon.line")).to_have_count(4)  # it stays with the film
    page.locator("#regions [name=width]").fill("95")
    page.get_by_role("button", name=format_text("region.add"), exact=True).click()
    expect(page.locator("#regions [role=alert]")).to_contain_text("does not lie on the film")
    expect(page.locator("#regions [name=width]")).to_have_value("95")
    page.get_by_role("button", name=format_text("regions-own.remove", number=1), exact=True).click()
    expect(page.locator("#panels polygon")).to_have_count(0)


def test_several_are_moved_resized_removed_and_taken_back(open_page, films):
    page = open_evaluation(open_page, films)
    draw_box(page, "film", (0.1, 0.2, 0.2, 0.2))
    draw_box(page, "grad-cam", (0.6, 0.2, 0.2, 0.3))
    assert len(shapes(page)) == 2 and page.locator("#regions table.own tbody tr").count() == 2
    colours = page.locator(".stage:has(canvas[data-panel=film]) polygon.line").evaluate_all(
        "lines => lines.map((line) => getComputedStyle(line).stroke)"
    )
    assert len(set(colours)) == 2
    assert page.locator(".stage:has(canvas[data-panel=film]) .region-tag b").all_inner_texts() == ["1", "2"]
    drag(page, DEFAULT_METHODS[1], (0.7, 0.3), (0.75, 0.5))  # inside the chosen one
    wait_for_rest(page)
    assert bounds(page, 1) == pytest.approx([0.65, 0.4, 0.2, 0.3], abs=0.015)
    assert bounds(page, 0) == pytest.approx([0.1, 0.2, 0.2, 0.2], abs=0.015)
    drag(page, "film", (0.85, 0.7), (0.95, 0.9))  # its lower right corner
    wait_for_rest(page)
    assert bounds(page, 1) == pytest.approx([0.65, 0.4, 0.3, 0.5], abs=0.015)
    drag(page, "film", (0.1, 0.3), (0.0, 0.1))  # the edge of the other; the film ends
    wait_for_rest(page)
    assert bounds(page, 0) == pytest.approx([0.0, 0.0, 0.2, 0.2], abs=0.015)
    for panel in ("film", "grad-cam", *DEFAULT_METHODS[1:]):
        assert np.array_equal(shapes(page, panel)[0], shapes(page)[0])
    page.get_by_role("button", name=format_text("regions-own.remove", number=1), exact=True).click()
    wait_for_rest(page)
    assert len(shapes(page)) == 1 and bounds(page, 0) == pytest.approx([0.65, 0.4, 0.3, 0.5], abs=0.015)
    undo = page.locator("#panels button.undo")
    for wanted in ([0.0, 0.0, 0.2, 0.2], [0.1, 0.2, 0.2, 0.2]):
        undo.click()
        wait_for_rest(page)
        assert len(shapes(page)) == 2 and bounds(page, 0) == pytest.approx(wanted, abs=0.015)
    for _ in range(3):
        page.keyboard.press("Control+z")
        wait_for_rest(page)
    assert len(shapes(page)) == 1
    page.keyboard.press("Control+z")
    wait_for_rest(page)
    expect(page.locator("#panels polygon")).to_have_count(0)
    expect(undo).to_be_disabled()


def test_an_outline_follows_the_hand_and_the_film(open_page, films):
    page = open_evaluation(open_page, films)
    arm(page, "outline").click()
    around = [(0.5 + 0.2 * np.cos(turn), 0.4 + 0.1 * np.sin(turn)) for turn in np.linspace(0, 6.2, 25)]
    drag(page, "grad-cam", *around)
    wait_for_rest(page)
    expect(page.locator("#panels .region-tag span").first).to_have_text("6 % of the film")  # π · 0.2 · 0.1
    before = shapes(page)[0]
    assert len(before) > 20 and bounds(page, 0) == pytest.approx([0.3, 0.3, 0.4, 0.2], abs=0.02)
    page.mouse.move(*place(page, "film", (0.5, 0.05)))
    page.keyboard.press("+")
    wait_for_frame(page)
    view = json.loads(page.locator("#panels .part").get_attribute("data-view") or "")
    assert shapes(page)[0] == pytest.approx((before - [view["x"], view["y"]]) * view["zoom"] + 0.5, abs=1e-4)


def test_the_keyboard_draws_moves_resizes_and_removes(open_page, films):
    page = open_evaluation(open_page, films)
    arm(page, "box").press("Enter")
    tag = page.get_by_role("button", name=format_text("region-name", number=1))
    expect(tag).to_be_focused()
    wait_for_rest(page)
    assert bounds(page, 0) == pytest.approx([0.4, 0.4, 0.2, 0.2])
    with page.expect_request(lambda request: '"regions"' in (request.post_data or "")):  # once the keys rest
        for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown"):
            page.keyboard.press(key)
        assert bounds(page, 0) == pytest.approx([0.38, 0.39, 0.21, 0.22])
    wait_for_rest(page)
    expect(page.locator("#regions [name=height]")).to_have_value("22")
    expect(tag).to_be_focused()
    page.keyboard.press("Delete")
    wait_for_rest(page)
    expect(page.locator("#panels polygon")).to_have_count(0)
    expect(arm(page, "box")).to_be_focused()


def test_fingers_draw_move_and_resize_and_scroll_in_between(open_page, films):
    page = open_evaluation(open_page, films, width=390, height=844, phone=True)
    action = "canvas => getComputedStyle(canvas).touchAction"
    canvas, touch = page.locator("canvas[data-panel=grad-cam]"), page.context.new_cdp_session(page)
    assert canvas.evaluate(action) == "pan-y"
    arm(page, "box").tap()
    assert canvas.evaluate(action) == "none"
    page.keyboard.press("Escape")
    expect(arm(page, "box")).to_have_attribute("aria-pressed", "false")
    arm(page, "box").tap()  # it stands below the panels
    expect(page.locator("canvas[data-panel=film]")).to_be_in_viewport(ratio=0.99)
    canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'center' })")  # not under the ways of covering

    def drag_finger(*points: tuple[float, float]) -> None:
        for number, point in enumerate(points):
            x, y = place(page, "grad-cam", point)
            kind = "touchMove" if number else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        wait_for_rest(page)

    drag_finger((0.2, 0.2), (0.4, 0.4), (0.6, 0.6))
    expect(page.locator("#panels .region-tag span").first).to_have_text("16 % of the film")
    assert canvas.evaluate(action) == "pan-y"
    drag_finger((0.4, 0.4), (0.45, 0.4), (0.5, 0.5))
    assert bounds(page, 0) == pytest.approx([0.3, 0.3, 0.4, 0.4], abs=0.02)
    drag_finger((0.7, 0.7), (0.6, 0.8), (0.6, 0.9))
    assert bounds(page, 0) == pytest.approx([0.3, 0.3, 0.3, 0.6], abs=0.02)
    page.get_by_role("button", name=format_text("cover-mirror"), exact=True).tap()
    wait_for_rest(page)
    take_off = page.get_by_role("button", name=format_text("cover.off"), exact=True)
    expect(take_off).to_be_in_viewport(ratio=1)
    take_off.tap()
    wait_for_rest(page)
    expect(page.locator("#panels .not-film")).to_have_count(0)


def test_regions_are_covered_the_network_is_asked_and_the_film_says_that_it_is_none(open_page, films, weights):
    page = open_evaluation(open_page, films)
    whole = read_canvas(page, "film")
    draw_box(page, "film", (0.2, 0.25, 0.4, 0.3))
    draw_box(page, "film", (0.1, 0.7, 0.2, 0.2))
    cover = page.get_by_role("button", name=format_text("cover-mirror"), exact=True)
    cover.click()
    wait_for_rest(page)
    rows = page.locator("#regions .covering tbody tr")
    expect(rows).not_to_have_count(0)
    expect(cover).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#panels .not-film")).to_have_text(format_text("cover.not-the-film"))
    analyser, image = Analyser(checkpoint.load(weights / "e")), read_image(films["film.png"])
    covered = cover_image(image, [tuple(bounds(page, at)) for at in range(2)], MIRROR)
    drawn = wait_for_greys(page, "film", render.make_greys(covered.pixels))
    assert not np.array_equal(drawn, whole[..., 0])
    assert np.array_equal(read_canvas(page, "grad-cam").shape, whole.shape)
    answers = [analyser.analyse(each).probabilities for each in (image, covered)]
    told = {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows.all()}
    for index, label in enumerate(analyser.card.labels):
        before, after = (format_score(float(each[index]), True, "single-label") for each in answers)
        assert told[analyser.card.get_finding(label).name][:2] == [before, after]
    page.locator("canvas[data-panel=grad-cam]").hover()
    page.keyboard.down("b")
    wait_for_frame(page)
    assert np.array_equal(read_canvas(page, "film"), whole), "the film itself, while B is held"
    expect(page.locator("#panels .not-film")).to_have_count(0)
    page.keyboard.up("b")
    page.locator("#regions input.to-cover").first.uncheck()
    wait_for_rest(page)
    one = cover_image(image, [tuple(bounds(page, 1))], MIRROR)
    wait_for_greys(page, "film", render.make_greys(one.pixels))
    cover.click()
    expect(rows).to_have_count(0)
    expect(page.locator("#panels .not-film")).to_have_count(0)
    wait_for_frame(page)
    assert np.array_equal(read_canvas(page, "film"), whole)
    page.locator("#panels button.undo").click()
    wait_for_rest(page)
    expect(cover).to_have_attribute("aria-pressed", "true")


def test_many_regions_cost_one_layout_of_the_page(open_page, films):
    page = open_evaluation(open_page, films)
    for at in range(4):
        draw_box(page, "film", (0.1 + 0.2 * at, 0.3, 0.15, 0.2))
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def count_layouts() -> float:
        wait_for_frame(page)
        found = devtools.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in found if each["name"] == "LayoutCount")

    before = count_layouts()
    page.evaluate("document.dispatchEvent(new Event('cxr-drawing'))")
    assert count_layouts() - before <= 3, "16 tags: one layout to read how wide they are, one to show them"


def test_a_covered_film_is_shown_in_its_full_depth(open_page, films):
    page, _ = open_page()
    enter(page)
    give(page, films["film16.png"])
    wait_for_rest(page)
    draw_box(page, "film", (0.2, 0.25, 0.4, 0.3))
    asked = listen_to_requests(page)
    page.get_by_role("button", name=format_text("cover-mirror"), exact=True).click()
    wait_for_rest(page)
    expect(page.locator("#panels .not-film")).to_be_visible()
    wait_for_frame(page)
    assert not any("/film/" in request.url for request in asked), "nobody has come near it"
    page.locator("#panels details.greys summary").click()
    page.locator("#regions .part[data-deep]").wait_for(state="attached")
    assert sum("/film/" in request.url for request in asked) == 1
    page.locator("#panels input.window").fill("2")  # five steps of 8 bits
    wait_for_frame(page)  # with which the page says its view
    expect(page.locator("#panels .part")).to_have_attribute("data-view", re.compile(r'"low":0\.[1-9]'))
    covered = cover_image(read_image(films["film16.png"]), [tuple(bounds(page, 0))], MIRROR)
    view = json.loads(page.locator("#panels .part").get_attribute("data-view") or "")
    expected = np.clip((covered.pixels - view["low"]) / (view["high"] - view["low"]), 0, 1) * 255
    drawn = wait_for_greys(page, "film", expected)
    assert len(np.unique(drawn[(expected > 0) & (expected < 255)])) > 20, "8 bits would show five greys"


def test_the_keyboard_keeps_its_place_on_a_region_while_maps_come(open_page, films):
    page = open_evaluation(open_page, films)
    arm(page, "outline").press("Enter")
    wait_for_rest(page)
    assert len(shapes(page)[0]) == 32 and bounds(page, 0) == pytest.approx([0.4, 0.4, 0.2, 0.2])
    tag = page.locator(".stage:has(canvas[data-panel=film]) .region-tag")
    expect(tag).to_be_focused()
    expect(tag).to_have_attribute("aria-label", re.compile(r"\d % of the film"))
    page.evaluate("document.querySelector('#findings button.finding[data-label=viral_pneumonia]').click()")
    wait_for_maps(page, "viral_pneumonia")
    expect(tag).to_be_focused()


def test_a_ninth_region_is_refused_where_it_was_drawn(open_page, films):
    page = open_evaluation(open_page, films)
    for _ in range(MAX_REGIONS):
        arm(page, "box").press("Enter")
        wait_for_rest(page)
    expect(arm(page, "box")).to_be_disabled()
    expect(page.locator("#panels .limit")).to_have_text(format_text("region.too-many", most=MAX_REGIONS))
    box = page.locator("#panels .region-tag:not(.chosen)").first.bounding_box()
    assert box["width"] == box["height"], "a tag without words is no wider than its number"
    page.locator("#panels .region-tag").first.press("Delete")
    wait_for_rest(page)
    expect(arm(page, "box")).to_be_enabled()
    expect(page.locator("#panels .limit")).to_be_empty()


@pytest.mark.parametrize(("size", "shape"), [("desktop", (1440, 900)), ("phone", (390, 844))])
def test_regions_and_a_cover_look_right(open_page, films, size, shape):
    page = open_evaluation(open_page, films, width=shape[0], height=shape[1], phone=size == "phone")
    arm(page, "box").press("Enter")
    wait_for_rest(page)
    page.locator("#regions button.cover").first.click()
    wait_for_rest(page)
    look(page, f"{size}-light-regions")
