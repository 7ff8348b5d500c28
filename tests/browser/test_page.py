"""The page in a real browser, from the gate to the closed tab."""

from __future__ import annotations

import base64
import re
import time

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from cxr_demo import render
from cxr_demo.analysis import DEFAULT_METHODS, Analyser
from cxr_demo.explain.methods import METHODS
from cxr_demo.export.map_scales import choose_scales
from cxr_demo.film.reading import read_image
from cxr_demo.limits import MAX_FILE_BYTES
from cxr_demo.networks import checkpoint
from cxr_demo.teaching.planted import HONEST
from cxr_demo.text import findings_text, upload_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import example_films
from tests.browser.conftest import ANSWERS_WITHIN_MS, MANY, SCREENSHOTS, is_look
from tests.browser.presses import wait_for_fades, wait_for_frame, wait_for_rest

PANELS = ("film", *DEFAULT_METHODS)
SIZES = {"desktop": (1440, 900, False), "phone": (390, 844, True)}


def enter(page: Page) -> None:
    """Through the gate, to the film that the page opens with."""
    page.locator("#accept").click()
    wait_for_rest(page)


def give(page: Page, *films) -> None:
    page.locator("#film input[type=file]").set_input_files(films)


def wait_for_maps(page: Page, label: str) -> None:
    """Until every map of the label is drawn."""
    wait_for_rest(page)
    expect(page.locator("#panels .part")).to_have_attribute("data-label", label)


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
        page.locator("#methods summary").click()
    choice.check()


def panels_of(page: Page) -> list[str]:
    return [canvas.get_attribute("data-panel") for canvas in page.locator("#panels canvas[data-panel]").all()]


def choose_checkpoint(page: Page, name: str) -> None:
    page.locator("#networks select").select_option(name)


def choose_film(page: Page, name: str) -> None:
    page.locator("#strip button.film", has_text=name).click()


def remove_film(page: Page, name: str) -> None:
    page.get_by_role("button", name=format_text("film-remove", name=name), exact=True).click()


def remove_all_films(page: Page) -> None:
    while page.locator("#strip button[data-remove]").count():
        page.locator("#strip button[data-remove]").first.click()
        wait_for_rest(page)


def names_of(page: Page) -> list[str]:
    """The films of the strip."""
    return page.locator("#strip button.film b").all_inner_texts()


def open_result(open_page, films, **size) -> tuple[Page, object]:
    page, seen = open_page(**size)
    enter(page)
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    return page, seen


def listen_to_requests(page: Page) -> list[Request]:
    """A list that grows with everything that the page asks a server for."""
    asked: list[Request] = []
    page.on("request", lambda r: asked.append(r) if r.url.startswith("http") and not is_look(r) else None)
    return asked


def count_bytes(requests: list[Request]) -> int:
    """What they cost on the wire, there and back."""
    return sum(sum(request.sizes().values()) for request in requests)


def test_the_gate_comes_first_and_opens_from_the_keyboard(open_page):
    page, _ = open_page()
    expect(page.locator("#gate")).to_contain_text("not a medical device")
    expect(page.locator("#film")).to_have_count(0)
    page.locator("#accept").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#film input")).to_be_focused()
    expect(page.locator("#gate")).to_have_count(0)
    expect(page.locator("#foot")).to_contain_text(format_text("not-clinical"))


@pytest.mark.parametrize("name", ["film.png", "film16.png", "DOE-JANE"])
def test_every_kind_of_file_gives_probabilities_and_four_panels(open_page, films, name):
    page, _ = open_page()
    enter(page)
    give(page, films[name])
    wait_for_maps(page, "bacterial_pneumonia")
    first = page.locator("button.finding").first
    expect(first).to_contain_text("Bacterial pneumonia")
    expect(first).to_contain_text(re.compile(r"\d\d %"))
    expect(first).to_contain_text(findings_text.format_verdict("most probable"))
    assert panels_of(page) == list(PANELS)
    boxes = [canvas.bounding_box() for canvas in page.locator("#panels canvas[data-panel]").all()]
    assert len({(box["y"], box["width"], box["height"]) for box in boxes}) == 1
    assert boxes[0]["width"] / boxes[0]["height"] == pytest.approx(100 / 120, abs=0.01)
    expect(page.locator("#panels .side")).to_have_count(0)
    assert format_text("sides-unknown") in page.locator("#panels .legend").inner_text()
    assert len({pixels(page, panel) for panel in PANELS}) == len(PANELS)
    assert names_of(page)[1:] == [name]


def test_opacity_and_cells_redraw_here_and_ask_the_server_nothing(open_page, films):
    page, seen = open_result(open_page, films)
    film, strong = pixels(page, "film"), pixels(page, "grad-cam")
    told = len(seen.told)
    set_opacity(page, 20)
    weak = pixels(page, "grad-cam")
    assert len({film, strong, weak}) == 3 and pixels(page, "film") == film
    set_opacity(page, 0)
    assert all(pixels(page, panel) == film for panel in PANELS)
    set_opacity(page, 70)
    assert pixels(page, "grad-cam") == strong
    page.get_by_text(format_text("drawing-more")).click()
    page.get_by_label(format_text("cells")).check()
    page.wait_for_function(
        "old => document.querySelector('canvas[data-panel=grad-cam]').toDataURL() !== old", arg=strong
    )
    assert seen.told[told:] == []


def test_contours_are_lines_and_leave_the_rest_of_the_film_alone(open_page, films):
    page, seen = open_result(open_page, films)
    told = len(seen.told)
    changed = """() => {
      const pixels = (panel) => {
        const canvas = document.querySelector(`canvas[data-panel=${panel}]`);
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      };
      const [film, map] = [pixels("film"), pixels("grad-cam")];
      return film.filter((value, at) => value !== map[at]).length / film.length;
    }"""
    filled, before = page.evaluate(changed), pixels(page, "grad-cam")
    page.get_by_text(format_text("drawing-more")).click()
    page.get_by_label(format_text("contours")).check()
    wait_for_change(page, before)
    assert 0 < page.evaluate(changed) < filled / 2
    page.get_by_label(format_text("contours")).uncheck()
    page.wait_for_function(
        "old => document.querySelector('canvas[data-panel=grad-cam]').toDataURL() === old", arg=before
    )
    assert seen.told[told:] == []


def test_a_method_is_added_from_the_list_and_left_out_from_its_panel(open_page, films):
    page, _ = open_result(open_page, films)
    choose_method(page, "HiResCAM")
    page.locator("canvas[data-panel=hires-cam][aria-label*='positive region']").wait_for()
    assert panels_of(page) == [*PANELS, "hires-cam"]
    expect(page.locator(".agreement tbody tr")).to_have_count(6)
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    assert panels_of(page) == [*PANELS, "hires-cam"], "the choice stays with another finding"
    last = METHODS[DEFAULT_METHODS[2]].name
    page.get_by_role("button", name=format_text("method-leave-out", name=last), exact=True).press("Enter")
    page.locator(f"canvas[data-panel={DEFAULT_METHODS[2]}]").wait_for(state="detached")
    expect(page.locator("#methods").get_by_label(last, exact=True)).not_to_be_checked()
    choose_checkpoint(page, "b-uncalibrated")
    wait_for_maps(page, "effusion")
    assert panels_of(page) == ["film", "grad-cam", "lrp-epsilon-plus-flat", "hires-cam"]
    remove_all_films(page)
    expect(page.locator("#panels figure")).to_have_count(4)


def test_on_the_absolute_scale_the_weaker_map_of_a_unit_fades_and_the_server_is_not_asked(open_page, films):
    page, seen = open_result(open_page, films)
    told, old = len(seen.told), {panel: pixels(page, panel) for panel in PANELS}
    bars = page.locator(", ".join(f"[data-method={key}] .ticks:visible" for key in DEFAULT_METHODS[1:]))
    alone = bars.all_inner_texts()
    page.get_by_label(format_text("scale-absolute")).check()
    page.wait_for_function("document.querySelector('#panels [data-scale]').dataset.scale === 'absolute'")
    together = bars.all_inner_texts()
    assert len(set(alone)) == 2 and len(set(together)) == 1 and together[0] in alone
    weaker = DEFAULT_METHODS[1 + (alone[0] == together[0])]
    assert {panel for panel in PANELS if pixels(page, panel) != old[panel]} == {weaker}
    expect(page.locator("#panels .legend .shared")).to_be_visible()
    page.get_by_label(format_text("scale-relative")).check()
    page.wait_for_function("document.querySelector('#panels [data-scale]').dataset.scale === 'relative'")
    assert {panel: pixels(page, panel) for panel in PANELS} == old
    assert seen.told[told:] == []


def test_a_kept_scale_is_that_of_the_next_finding_too(open_page, films):
    page, _ = open_result(open_page, films)
    numbers = page.locator("[data-method=lrp-epsilon-plus-flat] .ticks.shared")
    keep = page.get_by_label("Keep", exact=True)
    expect(keep).to_be_hidden()
    page.get_by_label(format_text("scale-absolute")).check()
    before = numbers.text_content()
    keep.check()
    expect(page.locator("[data-method=lrp-epsilon-plus-flat] .unit.shared")).to_contain_text("the scale you keep")
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    expect(keep).to_be_checked()
    assert numbers.text_content() == before
    keep.uncheck()
    expect(page.locator("[data-method=lrp-epsilon-plus-flat] .unit.shared")).not_to_contain_text("the scale you keep")


def test_of_what_is_less_probable_the_maps_are_off_until_asked_for(open_page, films):
    page, _ = open_result(open_page, films)
    low = page.locator("button.finding[data-label=viral_pneumonia]")
    expect(low).to_contain_text(findings_text.format_verdict("less probable"))
    low.focus()
    page.keyboard.press("Enter")
    wait_for_maps(page, "viral_pneumonia")
    expect(low).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#panels h2")).to_contain_text("Viral pneumonia")
    film = pixels(page, "film")
    assert all(pixels(page, panel) == film for panel in PANELS)
    expect(page.locator("canvas[data-panel=grad-cam]")).to_have_attribute("aria-label", re.compile("which is off"))
    page.get_by_role("button", name=re.compile("Show anyway: the network gives only 2 %")).click()
    wait_for_change(page, film)
    expect(page.locator("canvas[data-panel=grad-cam]")).to_have_attribute("aria-label", re.compile("positive region"))
    page.locator("button.finding[data-label=bacterial_pneumonia]").click()
    wait_for_maps(page, "bacterial_pneumonia")
    assert pixels(page, "grad-cam") != pixels(page, "film")


def test_a_broken_file_says_so_in_its_own_place_and_the_former_film_is_one_click_away(open_page, films):
    page, _ = open_result(open_page, films)
    before, findings = pixels(page, "grad-cam"), page.locator("ul.findings").inner_text()
    give(page, films["cut.png"])
    wait_for_rest(page)
    message = page.locator("#findings .message")
    expect(message).to_contain_text("damaged")
    assert "Traceback" not in message.inner_text() and "/" not in message.inner_text()
    expect(page.locator("#findings h2")).to_contain_text("cut.png")
    expect(page.locator("#panels canvas, button.finding, #regions table")).to_have_count(0)
    refused = page.locator("#strip button.film", has_text="cut.png")
    expect(refused).to_have_attribute("aria-pressed", "true")
    expect(refused).to_contain_text(format_text("film-refused"))
    choose_film(page, "film.png")
    wait_for_maps(page, "bacterial_pneumonia")
    expect(message).to_have_count(0)
    assert pixels(page, "grad-cam") == before and page.locator("ul.findings").inner_text() == findings
    give(page, films["cut.png"])
    give(page, films["film16.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    expect(message).to_have_count(0)
    expect(page.locator("#panels .title .of")).to_contain_text("film16.png")


def test_another_checkpoint_reads_the_same_film_and_an_uncalibrated_one_shows_no_percent(open_page, films):
    page, _ = open_result(open_page, films)
    choose_checkpoint(page, "b-uncalibrated")
    wait_for_maps(page, "effusion")
    findings = page.locator("#findings")
    expect(findings).to_contain_text("uncalibrated score")
    assert "%" not in findings.inner_text() and "Effusion" in findings.inner_text()
    page.locator("#facts summary").first.click()
    facts = page.locator("#facts")
    expect(facts).to_contain_text("b-uncalibrated")
    expect(facts).to_contain_text("c: The weights of c are not")


def test_a_file_that_is_too_large_is_refused_without_sending_it(open_page, tmp_path):
    page, seen = open_page()
    enter(page)
    large = tmp_path / "large.dcm"
    with large.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    give(page, large)
    wait_for_rest(page)
    expect(page.locator("#findings")).to_contain_text(str(upload_text.describe_large_file()))
    assert not [url for url in seen.asked if "/upload" in url]


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
    remove_film(page, "film.png")
    wait_for_rest(page)
    expect(page.locator("#notice")).to_contain_text(format_text("film-removed"))
    assert names_of(page) == [example_films.name_example(example_films.FIRST)]
    expect(page.locator("#panels .of")).to_contain_text(HONEST)
    remove_all_films(page)
    expect(page.locator("#panels canvas")).to_have_count(0)
    expect(page.locator("button.finding")).to_have_count(0)
    expect(page.locator("#strip li")).to_have_count(0)
    assert server.left_files() == []


def test_nothing_is_left_when_the_tab_is_closed(open_page, films, server):
    page, _ = open_result(open_page, films)
    assert server.left_files() == [], "the file is gone as soon as it is read"
    stored = page.evaluate("JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage)])")
    assert "history" not in stored
    page.close()
    time.sleep(1)
    assert server.left_files() == []


def test_the_page_opens_with_a_result(open_page):
    page, seen = open_page()
    enter(page)
    first = example_films.name_example(example_films.FIRST)
    assert names_of(page) == [first]
    expect(page.locator("#networks select")).to_have_value(HONEST)
    expect(page.locator("#panels .of")).to_have_text(format_text("film-source", film=first, network=HONEST))
    expect(page.locator("button.finding").first).to_contain_text(re.compile(r"\d %"))
    assert panels_of(page) == list(PANELS)
    assert not [url for url in seen.asked if "/upload" in url]


def test_on_a_phone_the_row_of_films_fades_where_it_goes_on(open_page):
    page, _ = open_page(390, 844, phone=True)
    enter(page)
    wait_for_rest(page)
    row = page.locator("#films")
    expect(row).to_have_css("mask-image", re.compile("48px"))
    row.evaluate("row => { row.scrollLeft = row.scrollWidth }")
    expect(row).to_have_css("mask-image", re.compile(r"0\) 100%"))


def test_on_a_phone_the_chosen_network_is_read_to_its_end(open_page):
    page, _ = open_page(390, 844, phone=True)
    enter(page)
    wait_for_rest(page)
    room = """select => {
      const style = getComputedStyle(select), paper = document.createElement("canvas").getContext("2d");
      paper.font = style.font;
      const text = paper.measureText(select.selectedOptions[0].text).width;
      return select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - text;
    }"""
    page.locator("#networks option:checked").evaluate(
        "it => { it.text = 'Synthetic films: honest network (AUROC 0.98)' }"
    )
    assert page.locator("#networks select").evaluate(room) > 0


def test_a_finding_whose_maps_are_ready_costs_one_small_request(open_page):
    page, _ = open_page()
    enter(page)  # a synthetic film and its maps are everybody's
    labels = [button.get_attribute("data-label") for button in page.locator("button.finding").all()]
    for label in labels:
        page.locator(f"button.finding[data-label={label}]").click()
        wait_for_maps(page, label)
    page, _ = open_page()
    enter(page)
    shown = page.locator("#panels .part").get_attribute("data-label")
    other = next(label for label in labels if label != shown)
    asked = listen_to_requests(page)
    page.locator(f"button.finding[data-label={other}]").click()
    wait_for_maps(page, other)
    wait_for_rest(page)
    assert len(asked) == 1, [request.url for request in asked]
    assert count_bytes(asked) < 300_000


def test_no_click_asks_more_than_twice(open_page, films):
    """The press, and whoever follows until all is there; gradio opens a stream for the answers of the second."""
    page, _ = open_result(open_page, films)
    asked = listen_to_requests(page)
    clicks = {
        "finding": lambda: page.locator("button.finding[data-label=viral_pneumonia]").click(),
        "method": lambda: choose_method(page, "HiResCAM"),
        "checkpoint": lambda: choose_checkpoint(page, "e-quick"),
        "film": lambda: page.locator("#strip button.film").first.click(),
        "remove": lambda: remove_film(page, "film.png"),
        "example": lambda: page.locator("#examples button[data-example]").last.click(),
    }
    costs = {}
    for name, click in clicks.items():
        asked.clear()
        click()
        wait_for_rest(page)
        wait_for_frame(page)
        costs[name] = [request.url for request in asked if "/queue/data" not in request.url]
    assert {name: len(urls) for name, urls in costs.items() if len(urls) > 2} == {}, costs


def test_what_the_browser_draws_is_what_python_draws(open_page, films, weights):
    page, _ = open_page()
    enter(page)
    choose_checkpoint(page, "e-quick")
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    analyser = Analyser(checkpoint.load(weights / "e"))
    study = analyser.analyse(read_image(films["film.png"]))
    maps = {key: map_ for (key, _), map_ in analyser.explain(study, ["bacterial_pneumonia"], DEFAULT_METHODS).items()}
    scales = choose_scales(maps, {})
    for key, explanation in maps.items():
        shape, placement = study.image.pixels.shape, explanation.placement
        on_film = analyser.card.preprocess.map_to_image(explanation.map_square, shape, placement)
        expected = render.draw_overlay(study.image.pixels, on_film, scales[key].own, 0.7)
        drawn = read_canvas(page, key)
        assert drawn.shape == expected.shape
        assert np.abs(drawn.astype(int) - expected).max() <= 3, key
        assert np.abs(drawn.astype(int) - read_canvas(page, "film")).max() > 30, "there is something to see"


def read_canvas(page: Page, panel: str) -> np.ndarray:
    """(H, W, 3) uint8 RGB; as text, since a list of a million numbers takes seconds."""
    height, width, packed = page.locator(f"canvas[data-panel={panel}]").evaluate(
        """canvas => {
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          let text = "";
          for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
          return [height, width, btoa(text)];
        }"""
    )
    return np.frombuffer(base64.b64decode(packed), np.uint8).reshape(height, width, 4)[..., :3]


def wait_for_greys(page: Page, panel: str, expected: np.ndarray) -> np.ndarray:
    """Until a panel shows these greys of 0 to 255, (H, W), each to 1 at most: the pixels that it shows."""
    end = time.monotonic() + ANSWERS_WITHIN_MS / 1000
    while True:
        drawn = read_canvas(page, panel)[..., 0].astype(float)
        if drawn.shape == expected.shape and np.abs(drawn - expected).max() <= 1:
            return drawn
        assert time.monotonic() < end, f"{panel} shows other greys"
        wait_for_frame(page)


def test_files_are_taken_wherever_they_are_dropped_and_in_their_order(open_page, films):
    page, _ = open_page()
    enter(page)
    given = [
        (path.name, base64.b64encode(path.read_bytes()).decode()) for path in (films["film16.png"], films["film.png"])
    ]
    page.evaluate(
        """given => {
          const transfer = new DataTransfer();
          for (const [name, data] of given) {
            transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
          }
          const event = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
          document.querySelector("#foot p").dispatchEvent(event);
        }""",
        given,
    )
    wait_for_maps(page, "bacterial_pneumonia")
    assert names_of(page)[1:] == ["film16.png", "film.png"]
    expect(page.locator("#panels .of")).to_contain_text("film16.png")  # the first is shown


def test_two_files_at_once_are_two_films_in_their_order(open_page, films):
    page, _ = open_page()
    enter(page)
    give(page, films["film16.png"], films["film.png"], films["cut.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    assert names_of(page)[1:] == ["film16.png", "film.png", "cut.png"]
    expect(page.locator("#strip button.film[aria-pressed=true] b")).to_have_text("film16.png")
    choose_film(page, "film.png")
    wait_for_maps(page, "bacterial_pneumonia")
    expect(page.locator("#panels .of")).to_contain_text("film.png")


def test_the_keyboard_stays_on_the_finding_that_it_has_chosen(open_page, films):
    page, _ = open_result(open_page, films)
    for label in ("normal", "viral_pneumonia"):
        button = page.locator(f"button.finding[data-label={label}]")
        button.focus()
        page.keyboard.press("Enter")
        wait_for_maps(page, label)
        expect(button).to_be_focused()
        expect(button).to_have_attribute("aria-pressed", "true")


def test_a_result_is_spoken_once(open_page, films):
    page, _ = open_page()
    enter(page)
    page.evaluate(
        """() => {
          const part = document.querySelector("#spoken .part");
          window.spoken = [];
          new MutationObserver(() => window.spoken.push(part.textContent))
            .observe(part, { childList: true, characterData: true, subtree: true });
        }"""
    )
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    wait_for_rest(page)
    score = page.locator("button.finding .score").first.inner_text()
    assert page.evaluate("spoken") == [f"film.png: Bacterial pneumonia {score}, most probable. The maps are ready."]
    page.locator("button.finding[data-label=normal]").click()
    wait_for_maps(page, "normal")
    assert len(page.evaluate("spoken")) == 2
    expect(page.locator("#spoken [role=status]")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_it_is_accessible_and_here_is_how_it_looks(open_page, films, size, theme):
    width, height, phone = SIZES[size]
    page, _ = open_page(width, height, theme, phone)
    look(page, f"{size}-{theme}-1-gate")
    enter(page)
    look(page, f"{size}-{theme}-2-first")
    give(page, films["film.png"])
    wait_for_maps(page, "bacterial_pneumonia")
    look(page, f"{size}-{theme}-3-result")
    if phone:
        film = page.locator("canvas[data-panel=film]").bounding_box()
        assert film["y"] + film["height"] / 2 < height, "most of the film shows on the first screen"
        beside = page.locator("canvas[data-panel=grad-cam]").bounding_box()
        assert beside["y"] == film["y"] and beside["x"] > film["x"]
        assert find_small_targets(page) == []
    else:
        row = page.locator("#panels .row").bounding_box()
        assert row["y"] + row["height"] <= height, "the whole row of results shows without scrolling"
    choose_method(page, "Grad-CAM++")
    page.locator("canvas[data-panel=grad-cam-plus-plus][aria-label*='positive region']").wait_for()
    look(page, f"{size}-{theme}-4-methods")
    page.locator("#methods summary").click()
    give(page, films["cut.png"])
    wait_for_rest(page)
    expect(page.locator("#findings")).to_contain_text("damaged")
    look(page, f"{size}-{theme}-5-refused")
    give(page, films["photograph.png"])
    wait_for_rest(page)
    expect(page.locator("#findings")).to_contain_text(format_text("question"))
    expect(page.locator("#strip .doubtful")).to_have_count(1)
    look(page, f"{size}-{theme}-6-question")
    remove_film(page, "photograph.png")
    wait_for_rest(page)
    give(page, films["film16.png"], films["DOE-JANE"])
    wait_for_rest(page)
    page.locator("button.finding[data-label=viral_pneumonia]").click()
    wait_for_maps(page, "viral_pneumonia")
    page.locator("#facts summary").first.click()
    assert len(names_of(page)) == 5
    look(page, f"{size}-{theme}-7-strip-maps-off")
    choose_checkpoint(page, "d-ensemble")
    wait_for_maps(page, "nodule")  # the only one above its threshold
    expect(page.locator("button.finding").first).to_contain_text("Nodule")
    expect(page.locator("button.finding.called")).to_have_count(1)
    expect(page.locator("button.finding[data-label=mass]")).to_contain_text(findings_text.format_verdict("cannot tell"))
    assert page.locator("button.finding.unjudged .word").last.bounding_box()["width"] > 40, "its words can be read"
    page.locator(".each summary").click()
    assert page.locator(".each td").count() == 2 * len(MANY)
    look(page, f"{size}-{theme}-8-ensemble")


def find_small_targets(page: Page) -> list[str]:
    """What a finger would miss: anything to press under 24 px, unless a label around it is larger."""
    return page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, select, input")].filter((it) => {
          const { width, height } = (it.closest("label") ?? it).getBoundingClientRect();
          return width && height && Math.min(width, height) < 24;
        }).map((it) => it.outerHTML.slice(0, 120))"""
    )


def look(page: Page, name: str) -> None:
    """Nothing sticks out, axe has nothing to say; the picture is for a person to look at."""
    wait_for_fades(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth === innerWidth")
    found = Axe().run(page).response["violations"]
    told = [(v["id"], [node["html"][:160] for node in v["nodes"]][:4]) for v in found]
    assert told == []
