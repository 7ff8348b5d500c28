"""Looking closely: what a hand that knows other viewers does, read from the canvases themselves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from playwright.sync_api import FloatRect, Page, expect

from cxr_demo.text.catalogue import format_text
from tests.browser.conftest import synthetic_film
from tests.browser.presses import wait_for_frame
from tests.browser.test_page import (
    PANELS,
    enter,
    find_small_targets,
    give,
    listen_to_requests,
    open_result,
    read_canvas,
    wait_for_greys,
    wait_for_rest,
)
from tests.film.test_dicom import dicom_file, lut
from tests.film.test_dicom_voi import by_pydicom

FILM = "canvas[data-panel=film]"
SHAPE = (600, 500)
AT_FIRST = {"zoom": 1, "x": 0.5, "y": 0.5, "window": 0, "low": 0, "high": 1, "inverted": False}
DOT = (430, 380)  # row and column of what is looked for, nowhere near the middle


@pytest.fixture(scope="module")
def large_film(tmp_path_factory):
    """Larger than its panel, dim, with one bright dot."""
    film = 0.6 * synthetic_film(SHAPE)
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    film[(rows - DOT[0]) ** 2 + (columns - DOT[1]) ** 2 <= 16] = 1
    path = tmp_path_factory.mktemp("large") / "large.png"
    cv2.imwrite(str(path), np.rint(film * 255).astype(np.uint8))
    return path


@pytest.fixture
def look(open_page, large_film):
    """look(**settings) -> a page that shows the large film, without maps over it."""

    def open_one(**settings):
        page, seen = open_page(**settings)
        enter(page)
        give(page, large_film)
        ask = page.locator("#findings button.show-anyway, #findings button.anyway")
        wait_for_rest(page)
        if ask.count():
            ask.first.click()
            wait_for_rest(page)
        return page, seen

    return open_one


def find_box(page: Page, panel: str = "film") -> FloatRect:
    """Where a canvas is on the screen."""
    box = page.locator(f"canvas[data-panel={panel}]").bounding_box()
    assert box is not None
    return box


def read_levels(path: Path) -> np.ndarray:
    film = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert film is not None
    return film


def view(page: Page) -> dict:
    return json.loads(page.locator("#panels .part").get_attribute("data-view") or "")


def wait_for_view(page: Page, old: dict) -> None:
    """Until the panels are drawn otherwise than so."""
    page.wait_for_function(
        "old => JSON.stringify(JSON.parse(document.querySelector('#panels .part').dataset.view)) !== old",
        arg=json.dumps(old, separators=(",", ":")),
    )


def press_key(page: Page, key: str) -> dict:
    before = view(page)
    page.keyboard.press(key)
    wait_for_view(page, before)
    return view(page)


def place_dot(page: Page) -> tuple[float, float]:
    """Where on the screen it is while the whole film is shown, (x, y)."""
    box = find_box(page)
    x, y = ((at + 0.5) / side for at, side in zip(DOT[::-1], SHAPE[::-1], strict=True))
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def find_dot(page: Page) -> tuple[float, float]:
    """Where on the screen its middle is seen, (x, y)."""
    bright = read_canvas(page, "film")[..., 0] > 220
    rows, columns = np.nonzero(bright)
    box = find_box(page)
    return (
        box["x"] + (columns.mean() + 0.5) / bright.shape[1] * box["width"],
        box["y"] + (rows.mean() + 0.5) / bright.shape[0] * box["height"],
    )


def turn_wheel(page: Page, by: float) -> None:
    page.wait_for_timeout(350)  # a wheel that scrolled the page a moment ago goes on scrolling
    before = view(page)
    page.mouse.wheel(0, by)
    wait_for_view(page, before)


def drag(
    page: Page, start: tuple[float, float], by: tuple[float, float], button: Literal["left", "right"] = "left"
) -> None:
    before = view(page)
    page.mouse.move(*start)
    page.mouse.down(button=button)
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=4)
    page.mouse.up(button=button)
    wait_for_view(page, before)
    wait_for_frame(page)


def sample(film: np.ndarray, shown: dict, shape: tuple[int, int]) -> np.ndarray:
    """The part of a film (H, W) that is shown, in pixels of `shape`, each of the four around it by their nearness."""
    places = []
    for axis, pixels, count in zip("yx", film.shape, shape, strict=True):
        middles = (np.arange(count) + 0.5) / count
        at = (shown[axis] + (middles - 0.5) / shown["zoom"]) * pixels - 0.5
        first = np.floor(at).astype(int)
        places.append((first.clip(0, pixels - 1), (first + 1).clip(0, pixels - 1), at - first))
    (top, bottom, down), (left, right, across) = places
    upper, lower = (film[rows][:, left] * (1 - across) + film[rows][:, right] * across for rows in (top, bottom))
    return upper * (1 - down)[:, None] + lower * down[:, None]


def middle_of(page: Page, panel: str = "film") -> tuple[float, float]:
    box = find_box(page, panel)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_wheel_magnifies_what_is_under_the_pointer_and_a_drag_moves_it(look):
    page, seen = look()
    told = len(seen.told)
    dot = place_dot(page)
    pointer = np.floor(dot)  # a mouse knows whole pixels alone
    page.mouse.move(*pointer)
    turn_wheel(page, -700)
    assert view(page)["zoom"] > 2
    expected = pointer + np.subtract(dot, pointer) * view(page)["zoom"]
    assert np.abs(find_dot(page) - expected).max() <= 1
    box = find_box(page)
    drag(page, tuple(pointer), (-40, -25))
    assert np.abs(find_dot(page) - (expected - (40, 25))).max() <= 1
    assert find_box(page) == box, "the page did not scroll"
    before = view(page)
    page.locator(FILM).dblclick()
    wait_for_view(page, before)
    assert view(page)["zoom"] == 1 and np.abs(np.subtract(find_dot(page), dot)).max() <= 1
    turn_wheel(page, -100)
    page.mouse.wheel(0, 4000)  # out again
    page.wait_for_function("JSON.parse(document.querySelector('#panels .part').dataset.view).zoom === 1")
    page.mouse.wheel(0, 300)
    page.wait_for_function("window.scrollY > 100")  # nothing is left to come back from
    assert seen.told[told:] == []


def test_a_step_of_a_drag_changes_nothing_that_the_style_of_the_whole_page_hangs_on(look):
    """What is set on the page's body is inherited by all of its elements: that made two frames of three late."""
    page, _ = look()
    page.mouse.move(*middle_of(page))
    turn_wheel(page, -700)
    page.evaluate(
        """() => {
          window.changed = [];
          const note = (records) => window.changed.push(...records
            .filter(({ target, attributeName, oldValue }) => target.getAttribute(attributeName) !== oldValue)
            .map(({ attributeName }) => attributeName));
          const observer = new MutationObserver(note);
          for (const whole of [document.documentElement, document.body, document.querySelector("#desk")])
            observer.observe(whole, { attributes: true, attributeOldValue: true });
        }"""
    )
    drag(page, middle_of(page), (40, 25))
    assert page.evaluate("window.changed") == []


def test_window_and_level_are_what_numpy_makes_of_the_film(look, large_film):
    page, seen = look()
    told = len(seen.told)
    page.mouse.move(*middle_of(page))
    press_key(page, "1")  # a pixel of the film is one of the screen
    drag(page, middle_of(page), (-120, 40), "right")
    seen_now = view(page)
    assert seen_now["high"] - seen_now["low"] == pytest.approx(0.7) and seen_now["low"] == pytest.approx(0.25)
    page.keyboard.down("Shift")
    drag(page, middle_of(page), (0, -80))
    page.keyboard.up("Shift")
    assert view(page)["low"] == pytest.approx(0.05)
    film = read_levels(large_film)
    drawn = read_canvas(page, "film")
    there = sample(film / 255, view(page), drawn.shape[:2])
    expected = np.clip((there - view(page)["low"]) / (view(page)["high"] - view(page)["low"]), 0, 1) * 255
    assert np.abs(drawn[..., 0] - expected).max() <= 1
    before = view(page)
    assert press_key(page, "i")["inverted"]
    assert np.abs(255 - read_canvas(page, "film")[..., 0].astype(int) - drawn[..., 0]).max() <= 1
    expect(page.locator("#panels button[data-view=invert]")).to_have_attribute("aria-pressed", "true")
    press_key(page, "i")
    page.locator("#panels details.greys summary").click()
    page.locator("#panels input.window").fill("30")
    wait_for_view(page, before)
    assert view(page)["high"] - view(page)["low"] == pytest.approx(0.3)
    before = view(page)
    page.get_by_role("button", name=format_text("view-reset"), exact=True).click()
    wait_for_view(page, before)
    assert view(page) == AT_FIRST
    assert seen.told[told:] == []


def test_all_panels_show_the_same_part_with_the_same_greys(look):
    page, _ = look()
    page.mouse.move(*middle_of(page, "grad-cam"))
    turn_wheel(page, -400)
    drag(page, middle_of(page, "grad-cam"), (30, 60), "right")
    covered = read_canvas(page, "grad-cam")
    film = read_canvas(page, "film")
    page.keyboard.down("b")
    wait_for_frame(page)
    for panel in PANELS:
        assert np.array_equal(read_canvas(page, panel), film), panel
    page.keyboard.up("b")
    wait_for_frame(page)
    assert np.array_equal(read_canvas(page, "grad-cam"), covered) and not np.array_equal(covered, film)


def test_keys_belong_to_the_films_alone_and_a_sheet_tells_them(look):
    page, seen = look()
    page.mouse.move(*middle_of(page))
    assert press_key(page, "+")["zoom"] == pytest.approx(1.25)
    assert press_key(page, "ArrowRight")["x"] > 0.5
    assert press_key(page, "-")["zoom"] == pytest.approx(1)
    press_key(page, "Shift+ArrowUp")
    assert press_key(page, "r") == AT_FIRST
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=format_text("gestures"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys dialog")).to_be_hidden()
    page.locator("#accept, h1").first.hover(force=True)
    before = view(page)
    page.keyboard.press("i")
    page.locator("#evaluation-section").hover(position={"x": 2, "y": 2})
    page.keyboard.press("i")
    wait_for_frame(page)
    assert view(page) == before
    page.locator("#panels button[data-view=in]").focus()
    assert press_key(page, "i")["inverted"]


def test_one_panel_fills_the_screen(look):
    page, _ = look()
    small = find_box(page)["width"]
    page.get_by_role("button", name=format_text("enlarge", panel=format_text("film"))).click()
    page.wait_for_function("document.fullscreenElement")
    page.wait_for_function(
        "old => document.querySelector('canvas[data-panel=film]').clientWidth > 1.3 * old", arg=small)  # fmt: skip
    page.wait_for_function(  # all the pixels that the film has
        "wide => document.querySelector('canvas[data-panel=film]').width === wide", arg=SHAPE[1]
    )
    page.get_by_role("button", name=format_text("enlarge", panel=format_text("film"))).click()
    page.wait_for_function("!document.fullscreenElement")


def test_two_fingers_magnify_and_one_scrolls(look):
    page, _ = look(width=390, height=844, phone=True)
    canvas = page.locator(FILM)
    canvas.scroll_into_view_if_needed()
    action = "canvas => getComputedStyle(canvas).touchAction"
    assert canvas.evaluate(action) == "pan-y", "one finger scrolls the page"
    touch, (x, y) = page.context.new_cdp_session(page), place_dot(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touched = [{"x": at[0], "y": at[1], "id": number} for number, at in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    before = view(page)
    send("touchStart", (x - 20, y))
    send("touchStart", (x - 20, y), (x + 20, y))
    for apart in (25, 30, 40):
        send("touchMove", (x - apart, y), (x + apart, y))
    send("touchEnd")
    wait_for_view(page, before)
    wait_for_frame(page)
    assert view(page)["zoom"] == pytest.approx(2, rel=0.02)
    assert np.abs(np.subtract(find_dot(page), (x, y))).max() <= 1.5
    assert canvas.evaluate(action) == "none", "now one finger moves the film"


def test_a_film_of_16_bits_is_windowed_in_its_full_depth(open_page, films):
    page, seen = open_page()
    enter(page)
    give(page, films["film16.png"])
    wait_for_rest(page)
    page.mouse.move(*middle_of(page))
    page.locator("#panels .part[data-deep]").wait_for()
    told, asked = len(seen.told), listen_to_requests(page)
    before = view(page)
    page.locator("#panels details.greys summary").click()
    page.locator("#panels input.window").fill("2")  # five steps of 8 bits
    wait_for_view(page, before)
    film = read_levels(films["film16.png"]) / 65535
    low, high = view(page)["low"], view(page)["high"]
    drawn = read_canvas(page, "film")[..., 0]
    expected = np.clip((film - low) / (high - low), 0, 1) * 255
    assert drawn.shape == film.shape and np.abs(drawn - expected).max() <= 1
    between = drawn[(expected > 0) & (expected < 255)]
    assert len(np.unique(between)) > 20, "8 bits would show five greys"
    assert seen.told[told:] == [] and asked == []


def find_line(page: Page, panel: str):
    return page.locator(f".stage:has(canvas[data-panel={panel}]) .swipe .line")


def read_line(page: Page) -> float:
    """Where it is, as a share of a panel."""
    style = find_line(page, "film").get_attribute("style") or ""
    return float(style.removeprefix("left: ").removesuffix("%;")) / 100


def assert_swiped(page: Page, alone: dict[str, np.ndarray], beside: dict[str, str]) -> None:
    """Every panel shows itself on the left of the line, and the one that is `beside` it on the right."""
    wait_for_frame(page)
    for panel, other in beside.items():
        drawn = read_canvas(page, panel)
        column = int(read_line(page) * drawn.shape[1] + 0.5)
        assert np.array_equal(drawn[:, :column], alone[panel][:, :column]), panel
        assert np.array_equal(drawn[:, column:], alone[other][:, column:]), panel


def test_a_line_uncovers_another_panel_of_the_same_view(look):
    page, seen = look()
    page.mouse.move(*middle_of(page, "grad-cam"))
    turn_wheel(page, -400)
    drag(page, middle_of(page, "grad-cam"), (30, 60), "right")
    alone = {panel: read_canvas(page, panel) for panel in PANELS}
    told, before, text = len(seen.told), view(page), page.locator(FILM).get_attribute("aria-label")
    page.keyboard.press("s")
    button = page.get_by_role("button", name=format_text("view-swipe"), exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")
    beside = {"film": PANELS[1]} | dict.fromkeys(PANELS[1:], "film")
    assert read_line(page) == 0.5
    assert_swiped(page, alone, beside)
    box = find_box(page, "grad-cam")
    page.mouse.move(*middle_of(page, "grad-cam"))
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 5, steps=3)
    page.mouse.up()
    assert_swiped(page, alone, beside)
    assert read_line(page) == pytest.approx(0.3, abs=0.01)
    choice = page.get_by_role("combobox", name=f"Grad-CAM: {format_text('swipe-beside')}")
    choice.select_option(PANELS[2])
    assert_swiped(page, alone, beside | {"grad-cam": PANELS[2]})
    line = page.get_by_role("slider", name=format_text("swipe-line"))
    expect(line).to_have_attribute("aria-valuenow", "30")
    line.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageUp")
    assert_swiped(page, alone, beside | {"grad-cam": PANELS[2]})
    assert read_line(page) == pytest.approx(0.42, abs=0.01)
    expect(page.locator(FILM)).to_have_attribute("aria-label", re.compile(format_text("swipe-beside")))
    page.keyboard.press("Home")
    wait_for_frame(page)
    assert np.array_equal(read_canvas(page, "film"), alone["grad-cam"])
    page.keyboard.press("End")
    wait_for_frame(page)
    assert np.array_equal(read_canvas(page, "film"), alone["film"]) and view(page) == before
    button.click()
    expect(page.locator(".swipe")).to_have_count(0)
    expect(page.locator(FILM)).to_have_attribute("aria-label", text or "")
    assert all(np.array_equal(read_canvas(page, panel), alone[panel]) for panel in PANELS)
    assert seen.told[told:] == []


def test_a_finger_moves_the_line(look):
    page, _ = look(width=390, height=844, phone=True)
    alone = {panel: read_canvas(page, panel) for panel in PANELS}
    page.get_by_role("button", name=format_text("view-swipe"), exact=True).tap()
    line = find_line(page, "grad-cam")
    line.scroll_into_view_if_needed()
    wait_for_frame(page)
    scrolled, box = page.evaluate("scrollY"), find_box(page, "grad-cam")
    touch, y = page.context.new_cdp_session(page), box["y"] + box["height"] / 2
    for kind, share in (("touchStart", 0.5), ("touchMove", 0.4), ("touchMove", 0.25), ("touchEnd", 0)):
        points = [] if kind == "touchEnd" else [{"x": box["x"] + share * box["width"], "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert_swiped(page, alone, {"film": PANELS[1]} | dict.fromkeys(PANELS[1:], "film"))
    assert read_line(page) == pytest.approx(0.25, abs=0.02)
    assert page.evaluate("scrollY") == scrolled and find_small_targets(page) == []


def test_other_windows_of_the_file_are_chosen_by_name_and_the_network_reads_the_first(open_page, tmp_path):
    page, seen = open_page()
    enter(page)
    curve = np.rint(4095 * (np.arange(4096) / 4095) ** 2.2).astype(np.uint16)
    tables = [lut(0, np.arange(4096), 12), lut(0, curve, 12)]
    tables[0].LUTExplanation, tables[1].LUTExplanation = "STRAIGHT", "GAMMA"
    values = np.rint(4095 * synthetic_film()).astype(np.uint16)
    data = dicom_file(values, VOILUTSequence=tables, WindowCenter=2500, WindowWidth=900,
                      WindowCenterWidthExplanation="HARDER")  # fmt: skip
    (tmp_path / "film.dcm").write_bytes(data)
    give(page, tmp_path / "film.dcm")
    wait_for_rest(page)
    page.locator("#panels details.greys summary").click()
    choice = page.get_by_role("combobox", name=format_text("greys-file"))
    options = choice.locator("option").all_inner_texts()
    assert options[:2] == ["STRAIGHT", "GAMMA"] and options[2].startswith("HARDER (")
    expect(page.locator("#panels details.greys")).to_contain_text(format_text("greys-file.network"))
    told, answer = len(seen.told), page.locator("#findings").inner_text()
    for at, expected in ((1, by_pydicom(data, 1, of_table=True)), (2, by_pydicom(data, 0)), (0, values / 4095)):
        before = view(page)
        choice.select_option(str(at))
        wait_for_view(page, before)
        for panel in ("film", "grad-cam"):
            page.locator("#panels input.opacity").fill("0")
            wait_for_greys(page, panel, 255 * expected)
    choice.select_option("2")
    page.locator(FILM).hover()
    assert press_key(page, "r") == AT_FIRST
    expect(choice).to_have_value("0")
    assert seen.told[told:] == [] and page.locator("#findings").inner_text() == answer


def test_the_switch_sets_the_finding_against_the_others_and_back(open_page, films):
    page, _ = open_result(open_page, films)
    canvas = page.locator("canvas[data-panel=grad-cam]")

    def draw() -> str:
        return canvas.evaluate("canvas => canvas.toDataURL()")

    plain, figure = draw(), page.locator("#panels figure[data-method=grad-cam]")
    caption = figure.text_content()
    assert "against the others" not in caption
    switch = page.locator("#panels input.contrast")
    switch.check()
    expect(figure).to_contain_text(format_text("contrast-caption").split(":")[0])
    wait_for_rest(page)
    expect(page.locator("#panels h2")).to_contain_text("against the others")
    expect(switch).to_be_checked()
    against = draw()
    assert against != plain and figure.text_content() != caption
    expect(canvas).to_have_attribute("aria-label", re.compile("against the others"))
    switch.uncheck()
    expect(page.locator("#panels h2")).not_to_contain_text("against the others")
    wait_for_rest(page)
    assert draw() == plain and figure.text_content() == caption
