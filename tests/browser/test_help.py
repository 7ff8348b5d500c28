"""What explains the page: the tour of a first visit, the "?" beside a term, and a link that reopens the settings."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.ui.app.tour import STEPS
from tests.browser.conftest import SCREENSHOTS
from tests.browser.presses import wait_for_rest
from tests.browser.test_page import SIZES, enter, give

NASTY = "%3Cimg%20src=x%20onerror=alert(1)%3E"
NAMES = {"link-network": "gone", "link-finding": "flu", "link-method": "magic"}


@pytest.mark.parametrize("size", SIZES)
def test_a_first_visit_is_shown_around_once(open_page, size):
    width, height, phone = SIZES[size]
    page, _ = open_page(width, height, phone=phone, locale="de-DE", is_new=True)
    enter(page)
    expect(page.locator(".tour")).to_be_visible()
    assert page.evaluate("document.activeElement.type") == "file", "the keyboard stays at the film"
    for step, place in STEPS.items():
        expect_step(page, step, "de")
        expect(page.locator(place).first).to_have_attribute("data-toured", "")
        page.screenshot(path=SCREENSHOTS / f"tour-{size}-{step}.png")
        found = Axe().run(page, context=".tour")
        assert found.violations_count == 0, found.generate_report()
        for button in page.locator(".tour button:visible").all():
            box = button.bounding_box()
            assert box and box["height"] >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= width
        last = step == list(STEPS)[-1]
        (page.locator(".tour .end") if last else page.locator(".tour .next")).click()
    expect(page.locator(".tour")).to_be_hidden()
    page.reload()
    enter(page)
    expect(page.locator(".tour")).to_be_hidden()


def expect_step(page: Page, step: str, language: str = "en") -> None:
    with use_language(language):
        expect(page.locator(".tour h2:visible")).to_have_text([format_text(f"tour-{step}")])


@pytest.mark.parametrize("way", ["escape", "skip", "press", "lesson"])
def test_a_tour_is_left_at_any_moment_and_blocks_nothing(open_page, way):
    page, _ = open_page(is_new=True)
    enter(page)
    expect(page.locator(".tour")).to_be_visible()
    if way == "escape":
        page.keyboard.press("Escape")
    elif way == "skip":
        page.locator(".tour .next").click()
        page.locator(".tour .skip").click()
    elif way == "press":
        page.locator("#findings button.finding").nth(1).click()
        expect(page.locator("#findings button.finding").nth(1)).to_have_attribute("aria-pressed", "true")
    else:
        page.locator("#doors a[href='#lesson-section']").press("Enter")
    expect(page.locator(".tour")).to_be_hidden()
    expect(page.locator("[data-toured]")).to_have_count(0)


def test_a_tour_stays_while_a_person_does_what_it_says(open_page, films):
    page, _ = open_page(390, 844, phone=True, is_new=True)
    enter(page)
    page.evaluate("document.body.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))")  # to scroll
    with page.expect_file_chooser():
        page.locator("#film .drop").click()
    give(page, films["film.png"])
    wait_for_rest(page)
    expect_step(page, "findings")  # it has begun with a film
    page.locator("[data-language=de]").click()
    expect_step(page, "findings", "de")
    page.locator("[data-language=en]").click()
    page.locator("#findings button.term").first.click()
    page.keyboard.press("Escape")
    expect(page.locator(".term-sheet:visible")).to_have_count(0)
    expect_step(page, "findings")
    page.locator(".tour .next").click()
    page.locator("#panels .row").dispatch_event("click")
    expect_step(page, "maps")
    page.keyboard.press("Escape")
    expect(page.locator(".tour")).to_be_hidden()


def test_a_tour_waits_for_who_comes_by_a_link_and_for_who_keeps_nothing(open_page):
    page, _ = open_page(is_new=True, link="#settings?lang=en")
    enter(page)
    expect(page.locator(".tour")).to_be_hidden()
    page.evaluate("history.replaceState(null, '', location.pathname)")
    page.reload()
    enter(page)
    expect_step(page, "film")
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error(); }; localStorage.removeItem('tour')")
    page.reload()
    enter(page)
    expect(page.locator(".tour")).to_be_hidden()


@pytest.mark.parametrize("place", ["#keys", "#kept"])
def test_the_tour_is_shown_again_and_gives_the_keyboard_back(open_page, place):
    page, _ = open_page()
    enter(page)
    expect(page.locator(".tour")).to_be_hidden()
    opener = page.locator("#panels button[data-view=help]" if place == "#keys" else "#kept button.tour-again")
    opener.click()
    if place == "#keys":
        page.locator("#keys button.tour-again").click()
    expect(page.locator("#keys dialog")).to_be_hidden()
    expect_step(page, "film")
    expect(page.locator(".tour .next")).to_be_focused()
    page.keyboard.press("Enter")
    expect_step(page, "findings")
    page.keyboard.press("Escape")
    expect(page.locator(".tour")).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("size", SIZES)
def test_a_term_is_explained_where_it_stands(open_page, size):
    width, height, phone = SIZES[size]
    page, seen = open_page(width, height, phone=phone, locale="de-DE")
    enter(page)
    terms = page.locator("button.term:visible")
    assert terms.count() >= 5
    wait_for_rest(page)
    told = len(seen.told)
    for key in ("probability", "cam", "lrp"):
        button = page.locator(f"button.term[popovertarget=term-{key}]").first
        box = button.bounding_box()
        assert box and min(box["width"], box["height"]) >= 24
        button.tap() if phone else button.click()
        sheet = page.locator(f"#term-{key}")
        with use_language("de"):
            expect(sheet.locator("p")).to_have_text(format_text(f"term-{key}.meaning"))
        expect(sheet).to_be_visible()
        box = sheet.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] >= 0
        page.screenshot(path=SCREENSHOTS / f"term-{size}-{key}.png")
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
    button = page.locator("button.term[popovertarget=term-probability]").first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#term-probability")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert seen.told[told:] == [], "a sheet is in the page"


@pytest.mark.parametrize("size", SIZES)
def test_scale_window_and_what_cannot_be_told_have_their_words(open_page, size):
    width, height, phone = SIZES[size]
    page, _ = open_page(width, height, phone=phone)
    enter(page)
    page.locator("#networks select").select_option("d-ensemble")
    wait_for_rest(page)
    page.locator("button.finding[data-label=mass]").click()
    wait_for_rest(page)
    page.locator("#panels details.greys summary").click()
    for key, place in {"scale": "div.scales", "window": "details.greys", "cannot-tell": ".title"}.items():
        button = page.locator(f"#panels {place} button.term[popovertarget=term-{key}]")
        button.tap() if phone else button.click()
        expect(page.locator(f"#term-{key} p")).to_have_text(format_text(f"term-{key}.meaning"))
        page.screenshot(path=SCREENSHOTS / f"term-{size}-{key}.png")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.keyboard.press("Escape")
    headings = page.locator("#findings h2, #panels :is(h2, h3), #regions :is(h2, h3), #panels legend")
    assert headings.count() > 7 and headings.locator("button").count() == 0, "read out, they are not their buttons"


def read_settings(page: Page) -> dict:
    return page.evaluate("""() => ({
      network: document.querySelector("#networks select").value,
      methods: [...document.querySelectorAll("#methods input:checked")].map((box) => box.value),
      language: document.documentElement.lang,
    })""")


def read_drawing(page: Page) -> dict:
    return page.evaluate("""() => ({
      label: document.querySelector("#panels .part").dataset.label,
      contrast: document.querySelector("#panels input.contrast").checked,
      scale: document.querySelector("#panels .part").dataset.scale,
      opacity: document.querySelector("#panels input.opacity").value,
      contours: document.querySelector("#panels input.contours").checked,
    })""")


def test_a_link_reopens_the_settings_without_the_film(open_page, films):
    page, _ = open_page(locale="de-DE")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page)
    page.locator("#networks select").select_option("a-calibrated")
    give(page, films["DOE-JANE"])
    wait_for_rest(page)
    page.locator("#findings button.finding").nth(2).click()
    wait_for_rest(page)
    page.locator("#panels input[value=absolute]").check()
    page.locator("#panels input.contrast").check()
    page.locator("#panels input.opacity").fill("40")
    page.locator("#methods summary").click()
    page.locator("#methods input[value=gradient]").check()
    page.evaluate("document.querySelector('#panels input.contours').click()")
    wait_for_rest(page)
    chosen, drawn = read_settings(page), read_drawing(page)
    page.locator("#take_home summary").first.click()
    page.locator("#take_home button.copy-link").click()
    with use_language("de"):
        expect(page.locator("#take_home .link output")).to_have_text(format_text("link.copied"))
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == page.locator("#take_home input.address").input_value()
    fragment = address.partition("#settings?")[2]
    assert set(parse_qs(fragment)) == {
        "network",
        "finding",
        "methods",
        "scale",
        "opacity",
        "contrast",
        "contours",
        "lang",
    }
    assert "DOE" not in address and "?" not in address.partition("#")[0]

    other, _ = open_page(link=f"#settings?{fragment}")
    enter(other)
    assert read_settings(other) == chosen and chosen["language"] == "de" and "gradient" in chosen["methods"]
    expect(other.locator("#strip li")).to_have_count(0)
    expect(other.locator("#notice p")).to_have_count(0)
    assert "#" not in other.url, "what is chosen from here on is the person's"
    give(other, films["film.png"])
    wait_for_rest(other)
    assert read_drawing(other) == drawn and drawn["scale"] == "absolute" and drawn["contrast"] and drawn["contours"]

    other.evaluate("location.hash = '#settings?network=f-second&finding=normal&opacity=70&scale=relative&lang=en'")
    expect(other.locator("html")).to_have_attribute("lang", "en")
    wait_for_rest(other)
    assert read_settings(other)["network"] == "f-second" and read_drawing(other)["label"] == "normal"
    assert read_drawing(other)["opacity"] == "70" and read_drawing(other)["scale"] == "relative"
    expect(other.locator("#strip li")).to_have_count(1)


@pytest.mark.parametrize(
    ("link", "missing"),
    [
        ("network=gone&finding=flu&methods=grad-cam magic&opacity=x&scale=huge", NAMES),
        ("", {}),
        ("%ff%00=x", {}),
        (f"network={NASTY}&finding={NASTY}&methods={NASTY} {NASTY}", {"link-missing.unnamed": ""}),
    ],
)  # fmt: skip
def test_a_wrong_or_old_link_opens_the_page_and_says_what_is_not_there(open_page, films, link, missing):
    page, _ = open_page(link=f"#settings?{link}")
    enter(page)
    said = page.locator("#notice p").inner_text()
    if missing:
        assert all(format_text(message, name=name) in said for message, name in missing.items())
        expect(page.locator("#notice img[src=x]")).to_have_count(0)
    else:
        assert format_text("link-empty") in said
    give(page, films["film.png"])
    wait_for_rest(page)
    assert re.search(r"\d %|\d\.\d", page.locator("#findings").inner_text())
