"""The exam and the films to try, in a real browser."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cxr_demo.teaching.deck import NO_FINDING, DeckFilm, find_truth_boxes
from cxr_demo.teaching.deck_file import BUNDLED, read_deck
from cxr_demo.teaching.exam import choose_film, read_state, shuffle_deck
from cxr_demo.text.catalogue import format_text, use_language
from tests.browser.conftest import LABEL, SCREENSHOTS
from tests.browser.presses import wait_for_fades
from tests.browser.test_page import (
    SIZES,
    enter,
    find_small_targets,
    give,
    pixels,
    remove_all_films,
    wait_for_maps,
)

DECK = read_deck(BUNDLED / "two-networks-disagree")
MOST_TURNS = 2 * len(DECK.films)
Spot = tuple[float, float]  # shares of the film


def go_through_the_door(page: Page) -> None:
    page.locator("#doors a[href='#lesson-section']").click()
    page.locator("#exam").wait_for()


def open_exam(page: Page) -> None:
    page.locator("#accept").click()
    go_through_the_door(page)
    page.locator(f"#exam button.go[data-deck={DECK.name}]").click()
    page.locator("#exam .boxes").wait_for()


def find_film(page: Page) -> DeckFilm:
    """The film that is asked now."""
    state = read_state(page.locator("#exam section").get_attribute("data-state"), DECK)
    film = choose_film(DECK, shuffle_deck(DECK, state.seed), state.answers)
    assert film is not None
    return DECK.films[film]


def choose(page: Page, label: str) -> None:
    page.locator(f"#exam button.choice[data-label={label}]").click()


def find_spot(page: Page, at: Spot) -> Spot:
    """On the screen."""
    film = page.locator("#exam .on-film").first
    film.scroll_into_view_if_needed()
    frame = film.bounding_box()
    return frame["x"] + at[0] * frame["width"], frame["y"] + at[1] * frame["height"]


def draw(page: Page, start: Spot, stop: Spot) -> None:
    page.mouse.move(*find_spot(page, start))
    page.mouse.down()
    page.mouse.move(*find_spot(page, ((start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2)))
    page.mouse.move(*find_spot(page, stop))
    page.mouse.up()


def read_box(page: Page) -> list[float]:
    """The box that is drawn, in percents: left, top, width, height."""
    style = "box => ['left', 'top', 'width', 'height'].map((side) => parseFloat(box.style[side]))"
    return page.locator("#exam .boxes .box").evaluate(style)


def answer_rightly(page: Page) -> None:
    """What is there, each in its box, by mouse."""
    film = find_film(page)
    for label in film.findings:
        left, top, width, height = find_truth_boxes(film)[label][0]
        choose(page, label)
        expect(page.locator("#exam .still")).to_contain_text("Draw")
        draw(page, (left, top), (left + width, top + height))
    if not film.findings:
        choose(page, NO_FINDING)
    page.locator("#exam button[data-go=answer]").click()


def go_on(page: Page, go: str) -> None:
    page.locator(f"#exam button[data-go={go}]").click()


def picture(page: Page, name: str) -> None:
    """Nothing sticks out, axe has nothing to say, and here is how it looks."""
    wait_for_fades(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.locator("#lesson-section").screenshot(path=SCREENSHOTS / f"exam-{name}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    found = Axe().run(page, context="#lesson-section").response["violations"]
    told = [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in found]
    assert told == [] and find_small_targets(page) == []


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


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_a_class_is_one_press_from_the_first_screen_of_a_phone(open_page, locale):
    page, _ = open_page(390, 844, phone=True, locale=locale)
    enter(page)
    door = page.locator("#doors .class-door")
    box = door.bounding_box()
    assert box["y"] + box["height"] < 844 / 4 and box["height"] >= 44 and box["x"] + box["width"] <= 390
    with page.expect_popup() as opened:
        door.click()
    with use_language(locale[:2]):
        expect(opened.value.locator("h1")).to_have_text(format_text("class-teach-title"))
    expect(page.locator("#doors a[aria-current]")).to_have_attribute("href", "#bench")


def test_the_lesson_is_one_press_from_the_first_screen_and_the_keyboard_goes_there_and_back(open_page):
    page, _ = open_page()
    enter(page)
    door, title = page.locator("#doors a[href='#lesson-section']"), page.locator("#lesson-section h2")
    box = door.bounding_box()
    assert box["y"] + box["height"] < 900 / 4
    page.keyboard.press("Shift+Tab")  # from the drop zone, where the keyboard begins
    expect(page.locator("#doors .class-door")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(door).to_be_focused()
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    expect(door).to_have_attribute("aria-current", "page")
    expect(page.locator("#panels")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.locator("#exam button.go").first).to_be_focused()
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


def test_a_deck_is_taken_by_mouse_from_its_start_to_its_sheet_and_what_was_missed_comes_back(open_page):
    page, _ = open_page()
    open_exam(page)
    answer, turns, missed = page.locator("#exam button[data-go=answer]"), 0, ()
    while page.locator("#exam .sheet").count() == 0:
        film, turns = find_film(page), turns + 1
        assert turns <= MOST_TURNS
        expect(answer).to_be_disabled()
        expect(page.locator("#exam h3")).to_have_text(format_text("exam-film", number=turns))
        expect(page.locator("#exam .maps, #exam .advice, #exam .box")).to_have_count(0)
        is_missed = not missed and film.findings not in ((), (LABEL,))  # there is no other film of its kind
        if is_missed:
            missed = film.findings
            choose(page, NO_FINDING)
            expect(answer).to_be_enabled()
            answer.click()
        else:
            answer_rightly(page)
        page.locator("#exam .advice").wait_for()  # the first time its maps are checked
        expect(page.locator("#exam .box.true")).to_have_count(0)
        go_on(page, "final")
        expect(page.locator("#exam .box.true")).to_have_count(len(film.findings))
        said = page.locator("#exam .side")
        expect(said).to_contain_text(film.explanation["en"])
        expect(said).to_contain_text("Missed: " if is_missed else format_text("exam-right"))
        go_on(page, "question")
        page.locator("#exam .boxes, #exam .sheet").first.wait_for()
    assert turns > len(DECK.films), "it came back"
    expect(page.locator("#exam .sheet")).to_contain_text("missed 1")
    expect(page.locator("#exam .sheet")).to_contain_text("right then")
    expect(page.locator("#exam h3")).to_be_focused()
    picture(page, "sheet")
    page.emulate_media(media="print")
    page.screenshot(path=SCREENSHOTS / "exam-sheet-printed.png")
    expect(page.locator("#exam .print")).to_be_hidden()
    page.emulate_media(media="screen")
    page.locator("#exam button[data-go=begin]").click()
    page.locator("#exam .boxes").wait_for()
    assert json.loads(page.locator("#exam section").get_attribute("data-state"))["answers"] == []


def test_a_box_is_drawn_again_moved_resized_and_gone_with_its_finding(open_page):
    page, _ = open_page()
    open_exam(page)
    answer = page.locator("#exam button[data-go=answer]")
    choose(page, "effusion")
    expect(answer).to_be_disabled()
    draw(page, (0.2, 0.2), (0.4, 0.5))
    expect(answer).to_be_enabled()
    assert read_box(page) == pytest.approx([20, 20, 20, 30], abs=0.5)
    draw(page, (0.3, 0.3), (0.5, 0.4))  # within it: it is moved
    assert read_box(page) == pytest.approx([40, 30, 20, 30], abs=0.5)
    draw(page, (0.6, 0.6), (0.8, 0.7))  # at its corner
    assert read_box(page) == pytest.approx([40, 30, 40, 40], abs=0.7)
    draw(page, (0.1, 0.1), (0.3, 0.2))  # elsewhere: drawn again
    assert read_box(page) == pytest.approx([10, 10, 20, 10], abs=0.5)
    choose(page, "mass")
    expect(answer).to_be_disabled()
    expect(page.locator("#exam .still")).to_contain_text("Mass")
    choose(page, NO_FINDING)
    expect(page.locator("#exam .box")).to_have_count(0)
    expect(page.locator("#exam .choice[aria-pressed=true]")).to_have_count(1)
    choose(page, "mass")
    expect(page.locator(f"#exam .choice[data-label={NO_FINDING}]")).to_have_attribute("aria-pressed", "false")


def test_a_box_without_a_finding_and_several_findings_are_told(open_page):
    page, _ = open_page()
    open_exam(page)
    still = page.locator("#exam .still")
    draw(page, (0.2, 0.2), (0.4, 0.5))
    expect(still).to_have_text(format_text("exam-choose-first"))
    expect(page.locator("#exam .box")).to_have_count(0)
    choose(page, "effusion")
    draw(page, (0.2, 0.2), (0.4, 0.5))
    expect(still).to_have_text("")
    choose(page, "mass")
    expect(still).to_contain_text(format_text("exam-named", names="Effusion, Mass"))
    expect(still).to_contain_text("Mass.")
    draw(page, (0.6, 0.6), (0.8, 0.7))
    expect(still).to_have_text(format_text("exam-named", names="Effusion, Mass"))
    page.locator("#exam button[data-go=answer]").click()
    page.locator("#exam .advice").wait_for()
    expect(page.locator("#exam .side")).to_contain_text(format_text("exam-boxes-stay"))
    expect(page.locator("#exam header")).to_contain_text(format_text("exam-seen", seen=0, films=len(DECK.films)))


def test_the_keyboard_alone_answers_a_film(open_page):
    page, _ = open_page()
    enter(page)
    page.locator("#doors a[href='#lesson-section']").press("Enter")
    expect(page.locator("#lesson-section h2")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#exam button.go").first).to_be_focused()
    page.keyboard.press("Enter")  # the first deck
    page.locator("#exam .boxes").wait_for()
    expect(page.locator("#exam h3")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#exam .choice").first).to_be_focused()
    page.keyboard.press("Space")
    tag = page.locator("#exam .boxes .tag")
    expect(tag).to_be_focused()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert read_box(page) == pytest.approx([38, 39, 21, 21])
    expect(tag).to_have_attribute("aria-label", format_text(
        "exam-box", name=page.locator("#exam .choice").first.inner_text(), left="38", top="39", width="21", height="21"
    ))  # fmt: skip
    page.keyboard.press("Delete")
    expect(page.locator("#exam .choice").first).to_be_focused()
    expect(tag).to_have_count(0)
    page.keyboard.press("Space")
    answer = page.locator("#exam button[data-go=answer]")
    for _ in range(12):
        page.keyboard.press("Tab")
        if answer.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.locator("#exam .advice").wait_for()
    expect(page.locator("#exam h3")).to_be_focused()


def test_a_finger_draws_once_a_finding_is_chosen_and_scrolls_before(open_page):
    page, _ = open_page(*SIZES["phone"][:2], phone=True)
    open_exam(page)
    film, action = page.locator("#exam .on-film"), "film => getComputedStyle(film).touchAction"
    assert film.evaluate(action) == "auto"
    choose(page, "effusion")
    assert film.evaluate(action) == "none"
    touch = page.context.new_cdp_session(page)
    for number, spot in enumerate(((0.3, 0.3), (0.5, 0.5), (0.6, 0.7))):
        x, y = find_spot(page, spot)
        kind = "touchMove" if number else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert read_box(page) == pytest.approx([30, 30, 30, 40], abs=1)
    assert film.evaluate(action) == "auto"


def test_the_exam_stays_where_it_is_in_another_language_and_without_a_film(open_page):
    page, _ = open_page()
    enter(page)
    go_through_the_door(page)
    page.locator(f"#exam button.go[data-deck={DECK.name}]").click()
    choose(page, "effusion")
    draw(page, (0.2, 0.2), (0.4, 0.5))
    state, box = page.locator("#exam section").get_attribute("data-state"), read_box(page)
    page.locator("[data-language=de]").click()
    with use_language("de"):
        expect(page.locator("#exam .asked")).to_have_text(format_text("exam-asked"))
    expect(page.locator("#exam .box")).to_have_count(1)
    assert page.locator("#exam section").get_attribute("data-state") == state and read_box(page) == box
    page.locator("#doors a[href='#bench']").click()
    remove_all_films(page)
    go_through_the_door(page)
    expect(page.locator("#exam button[data-go=answer]")).to_be_enabled()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_exam_fits_and_is_accessible(open_page, size, theme, locale):
    width, height, phone = SIZES[size]
    page, _ = open_page(width, height, theme, phone, locale)
    page.locator("#accept").click()
    go_through_the_door(page)
    name = f"{size}-{theme}-{locale[:2]}"
    picture(page, f"{name}-1-decks")
    page.locator(f"#exam button.go[data-deck={DECK.name}]").click()
    page.locator("#exam .boxes").wait_for()
    choose(page, "effusion")
    page.locator("#exam .choice[data-label=effusion]").press("Space")
    page.locator("#exam .choice[data-label=effusion]").press("Space")  # with a box in the middle
    picture(page, f"{name}-2-question")
    go_on(page, "answer")
    page.locator("#exam .advice").wait_for()
    picture(page, f"{name}-3-advice")
    go_on(page, "final")
    page.locator("#exam .advice ~ [data-go=question]").wait_for()
    picture(page, f"{name}-4-truth")
