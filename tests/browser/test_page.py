"""The page in a real browser, from the gate to the closed tab."""

from __future__ import annotations

import base64
import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.text import findings_text, page_text, scales_text
from tests.browser.conftest import MANY, SCREENSHOTS

PANELS = ("film", *DEFAULT_METHODS)
SIZES = {"desktop": (1440, 900, False), "phone": (390, 844, True)}


def enter(page: Page) -> None:
    page.locator("#accept").click()
    page.locator("#film input[type=file]").wait_for(state="attached")


def give(page: Page, film) -> None:
    page.locator("#film input[type=file]").set_input_files(film)


def wait_for_maps(page: Page, label: str) -> None:
    """Until every map of the label is drawn."""
    ready = "label => document.querySelector('#panels [data-ready]')?.dataset.ready.endsWith(` ${label}`)"
    page.wait_for_function(ready, arg=label)


def pixels(page: Page, panel: str) -> str:
    """What a canvas shows, exactly."""
    return page.locator(f"canvas[data-panel={panel}]").evaluate("canvas => canvas.toDataURL()")


def wait_for_change(page: Page, old: str) -> None:
    """Until the Grad-CAM panel shows something else."""
    page.wait_for_function("old => document.querySelector('canvas[data-panel=grad-cam]').toDataURL() !== old", arg=old)


def set_opacity(page: Page, percent: int) -> None:
    before = int(page.locator("#panels [data-drawn]").get_attribute("data-drawn"))
    page.locator("#panels input.opacity").fill(str(percent))
    page.wait_for_function("n => +document.querySelector('#panels [data-drawn]').dataset.drawn > n", arg=before)


def choose_method(page: Page, name: str) -> None:
    """From the list, which is opened if need be."""
    choice = page.locator("#methods").get_by_label(name, exact=True)
    if not choice.is_visible():
        page.locator("#methods button").first.click()
    choice.check()


def panels_of(page: Page) -> list[str]:
    return [canvas.get_attribute("data-panel") for canvas in page.locator("#panels canvas[data-panel]").all()]


def choose_checkpoint(page: Page, name: str) -> None:
    page.locator("#checkpoint input").click()
    page.locator("#checkpoint").get_by_role("option", name=name).click()


def open_result(open_page, films, **size) -> tuple[Page, object]:
    page, seen = open_page(**size)
    enter(page)
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    known = -1
    while known != len(seen.asked):  # the sections below the panels follow them, and ask for it
        known = len(seen.asked)
        page.wait_for_timeout(500)
    return page, seen


def test_the_gate_comes_first_and_opens_from_the_keyboard(open_page):
    page, _ = open_page()
    expect(page.locator("#gate")).to_contain_text("not a medical device")
    expect(page.locator("#film")).to_have_count(0)
    page.locator("#accept").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#film button, #film input").first).to_be_focused()
    expect(page.locator("#gate")).to_have_count(0)
    expect(page.locator("#foot")).to_contain_text(page_text.NOT_CLINICAL)


@pytest.mark.parametrize("name", ["film.png", "film16.png", "DOE-JANE"])
def test_every_kind_of_file_gives_probabilities_and_four_panels(open_page, films, name):
    page, _ = open_page()
    enter(page)
    give(page, films[name])
    wait_for_maps(page, "bacterial_pneumonia")
    first = page.locator("button.finding").first
    expect(first).to_contain_text("Bacterial pneumonia")
    expect(first).to_contain_text(re.compile(r"\d\d %"))
    expect(first).to_contain_text(findings_text.VERDICTS["most probable"])
    assert panels_of(page) == list(PANELS)
    boxes = [canvas.bounding_box() for canvas in page.locator("#panels canvas[data-panel]").all()]
    assert len({(box["y"], box["width"], box["height"]) for box in boxes}) == 1
    assert boxes[0]["width"] / boxes[0]["height"] == pytest.approx(100 / 120, abs=0.01)
    for side in "RL":
        expect(page.locator(f"#panels .side.{side}")).to_have_count(len(PANELS))
    assert "if the film is oriented as usual" in page.locator("#panels .legend").inner_text()
    assert len({pixels(page, panel) for panel in PANELS}) == len(PANELS)
    expect(page.locator("#film .file-preview")).to_have_count(0)


def test_opacity_and_cells_redraw_here_and_ask_the_server_nothing(open_page, films):
    page, seen = open_result(open_page, films)
    film, strong = pixels(page, "film"), pixels(page, "grad-cam")
    asked = len(seen.asked)
    set_opacity(page, 20)
    weak = pixels(page, "grad-cam")
    assert len({film, strong, weak}) == 3 and pixels(page, "film") == film
    set_opacity(page, 0)
    assert all(pixels(page, panel) == film for panel in PANELS)
    set_opacity(page, 70)
    assert pixels(page, "grad-cam") == strong
    page.get_by_label(page_text.CELLS).check()
    page.wait_for_function(
        "old => document.querySelector('canvas[data-panel=grad-cam]').toDataURL() !== old", arg=strong
    )
    assert len([url for url in seen.asked[asked:] if not url.startswith("data:")]) == 0


def test_contours_are_lines_and_leave_the_rest_of_the_film_alone(open_page, films):
    page, seen = open_result(open_page, films)
    asked = len(seen.asked)
    changed = """() => {
      const pixels = (panel) => {
        const canvas = document.querySelector(`canvas[data-panel=${panel}]`);
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      };
      const [film, map] = [pixels("film"), pixels("grad-cam")];
      return film.filter((value, at) => value !== map[at]).length / film.length;
    }"""
    filled, before = page.evaluate(changed), pixels(page, "grad-cam")
    page.get_by_label(page_text.CONTOURS).check()
    wait_for_change(page, before)
    assert 0 < page.evaluate(changed) < filled / 2
    page.get_by_label(page_text.CONTOURS).uncheck()
    page.wait_for_function(
        "old => document.querySelector('canvas[data-panel=grad-cam]').toDataURL() === old", arg=before
    )
    assert [url for url in seen.asked[asked:] if not url.startswith("data:")] == []


def test_a_method_is_added_from_the_list_and_left_out_from_its_panel(open_page, films):
    page, _ = open_result(open_page, films)
    choose_method(page, "HiResCAM")
    page.locator("canvas[data-panel=hires-cam][aria-label*='positive region']").wait_for()
    assert panels_of(page) == [*PANELS, "hires-cam"]
    expect(page.locator(".agreement tbody tr")).to_have_count(6)
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    assert panels_of(page) == [*PANELS, "hires-cam"], "the choice stays with another finding"
    page.get_by_role("button", name=page_text.LEAVE_OUT.format(name="LRP (epsilon)"), exact=True).press("Enter")
    page.locator("canvas[data-panel=lrp-epsilon]").wait_for(state="detached")
    expect(page.locator("#methods").get_by_label("LRP (epsilon)", exact=True)).not_to_be_checked()
    choose_checkpoint(page, "b-uncalibrated")
    wait_for_maps(page, "effusion")
    assert panels_of(page) == ["film", "grad-cam", "lrp-epsilon-plus-flat", "hires-cam"]
    page.locator("#remove").click()
    expect(page.locator("#panels figure")).to_have_count(4)


def test_on_the_absolute_scale_the_weaker_map_of_a_unit_fades_and_the_server_is_not_asked(open_page, films):
    page, seen = open_result(open_page, films)
    asked, old = len(seen.asked), {panel: pixels(page, panel) for panel in PANELS}
    bars = page.locator("[data-method=lrp-epsilon] .ticks:visible, [data-method=lrp-epsilon-plus-flat] .ticks:visible")
    alone = bars.all_inner_texts()
    page.get_by_label(scales_text.SHARED).check()
    page.wait_for_function("document.querySelector('#panels [data-scale]').dataset.scale === 'absolute'")
    together = bars.all_inner_texts()
    assert len(set(alone)) == 2 and len(set(together)) == 1 and together[0] in alone
    weaker = DEFAULT_METHODS[1 + (alone[0] == together[0])]
    assert {panel for panel in PANELS if pixels(page, panel) != old[panel]} == {weaker}
    expect(page.locator("#panels .legend .shared")).to_be_visible()
    page.get_by_label(scales_text.OWN).check()
    page.wait_for_function("document.querySelector('#panels [data-scale]').dataset.scale === 'relative'")
    assert {panel: pixels(page, panel) for panel in PANELS} == old
    assert [url for url in seen.asked[asked:] if not url.startswith("data:")] == []


def test_a_kept_scale_is_that_of_the_next_finding_too(open_page, films):
    page, _ = open_result(open_page, films)
    numbers = page.locator("[data-method=lrp-epsilon] .ticks.shared")
    keep = page.get_by_label("Keep", exact=True)
    expect(keep).to_be_hidden()
    page.get_by_label(scales_text.SHARED).check()
    before = numbers.text_content()
    keep.check()
    expect(page.locator("[data-method=lrp-epsilon] .unit.shared")).to_contain_text("the scale you keep")
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    expect(keep).to_be_checked()
    assert numbers.text_content() == before
    keep.uncheck()
    expect(page.locator("[data-method=lrp-epsilon] .unit.shared")).not_to_contain_text("the scale you keep")


def test_of_what_is_less_probable_the_maps_are_off_until_asked_for(open_page, films):
    page, _ = open_result(open_page, films)
    low = page.locator("button.finding[data-label=viral_pneumonia]")
    expect(low).to_contain_text(findings_text.VERDICTS["less probable"])
    low.focus()
    page.keyboard.press("Enter")
    wait_for_maps(page, "viral_pneumonia")
    expect(low).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#panels h2")).to_contain_text("Viral pneumonia")
    film = pixels(page, "film")
    assert all(pixels(page, panel) == film for panel in PANELS)
    expect(page.locator("canvas[data-panel=grad-cam]")).to_have_attribute("aria-label", re.compile("which is off"))
    page.get_by_role("button", name=re.compile("Show anyway: the model gives only 2 %")).click()
    wait_for_change(page, film)
    expect(page.locator("canvas[data-panel=grad-cam]")).to_have_attribute("aria-label", re.compile("positive region"))
    page.locator("button.finding[data-label=bacterial_pneumonia]").click()
    wait_for_maps(page, "bacterial_pneumonia")
    assert pixels(page, "grad-cam") != pixels(page, "film")


def test_a_broken_file_gives_one_sentence_and_the_former_result_stays(open_page, films):
    page, _ = open_result(open_page, films)
    before, findings = pixels(page, "grad-cam"), page.locator("ul.findings").inner_text()
    give(page, films["cut.png"])
    message = page.locator("#message [role=alert]")
    expect(message).to_contain_text("damaged")
    assert "Traceback" not in message.inner_text() and "/" not in message.inner_text()
    assert pixels(page, "grad-cam") == before and page.locator("ul.findings").inner_text() == findings
    give(page, films["film16.png"])
    expect(message).to_be_empty()
    wait_for_maps(page, "bacterial_pneumonia")


def test_another_checkpoint_reads_the_same_film_and_an_uncalibrated_one_shows_no_percent(open_page, films):
    page, _ = open_result(open_page, films)
    choose_checkpoint(page, "b-uncalibrated")
    wait_for_maps(page, "effusion")
    findings = page.locator("#findings")
    expect(findings).to_contain_text("uncalibrated score")
    assert "%" not in findings.inner_text() and "Effusion" in findings.inner_text()
    page.locator("#facts button").first.click()
    facts = page.locator("#facts")
    expect(facts).to_contain_text("b-uncalibrated")
    expect(facts).to_contain_text("c: The weights of c are not")


def test_a_pasted_picture_is_read_as_a_film(open_page, films):
    page, _ = open_page()
    enter(page)
    data = base64.b64encode(films["film.png"].read_bytes()).decode()
    page.evaluate(
        """data => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], "image.png", { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        data,
    )
    wait_for_maps(page, "bacterial_pneumonia")


def test_a_removed_film_leaves_the_page_and_the_server(open_page, films, server):
    page, _ = open_result(open_page, films)
    page.locator("#remove").click()
    expect(page.locator("#message")).to_contain_text(page_text.REMOVED)
    expect(page.locator("#panels canvas")).to_have_count(0)
    expect(page.locator("button.finding")).to_have_count(0)
    assert server.left_files() == []


def test_nothing_is_left_when_the_tab_is_closed(open_page, films, server):
    page, _ = open_result(open_page, films)
    assert server.left_files() == [], "the file is gone as soon as it is read"
    stored = page.evaluate("JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage)])")
    assert "history" not in stored
    page.close()
    time.sleep(1)
    assert server.left_files() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_it_is_accessible_and_here_is_how_it_looks(open_page, films, size, theme):
    width, height, phone = SIZES[size]
    page, _ = open_page(width, height, theme, phone)
    look(page, f"{size}-{theme}-1-gate")
    enter(page)
    look(page, f"{size}-{theme}-2-empty")
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    look(page, f"{size}-{theme}-3-result")
    if not phone:
        row = page.locator("#panels .row").bounding_box()
        assert row["y"] + row["height"] <= height, "the whole row of results shows without scrolling"
    choose_method(page, "Grad-CAM++")
    page.locator("canvas[data-panel=grad-cam-plus-plus][aria-label*='positive region']").wait_for()
    look(page, f"{size}-{theme}-4-methods")
    page.locator("#methods button").first.click()
    page.locator("button.finding[data-label=viral_pneumonia]").click()
    wait_for_maps(page, "viral_pneumonia")
    give(page, films["cut.png"])
    expect(page.locator("#message")).to_contain_text("damaged")
    page.locator("#facts button").first.click()
    look(page, f"{size}-{theme}-5-below-threshold")
    choose_checkpoint(page, "d-ensemble")
    wait_for_maps(page, "nodule")  # the only one above its threshold
    expect(page.locator("button.finding").first).to_contain_text("Nodule")
    expect(page.locator("button.finding.called")).to_have_count(1)
    assert page.locator("button.finding.unjudged .word").bounding_box()["width"] > 40, "its words can be read"
    page.locator(".each summary").click()
    assert page.locator(".each td").count() == 2 * len(MANY)
    look(page, f"{size}-{theme}-6-ensemble")


def look(page: Page, name: str) -> None:
    """Nothing sticks out, axe has nothing to say; the picture is for a person to look at."""
    page.wait_for_timeout(300)  # fades of the theme end
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth === innerWidth")
    found = Axe().run(page).response["violations"]
    told = [(v["id"], [node["html"][:160] for node in v["nodes"]][:4]) for v in found]
    assert told == []
