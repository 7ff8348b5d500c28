"""The page of the static edition in Chromium: a plain server of files, then none at all."""

from __future__ import annotations

import pytest

from cxr_demo.export.static.single_file import pack_edition
from cxr_demo.teaching.planted import CHEAT, HONEST
from tests.browser.conftest import SCREENSHOTS
from tests.browser.static_visit import ANSWERS_WITHIN_MS, PANELS, REST, Visit, complain, hold, list_drawn
from tests.static_site import serve_folder

FILM_SUM = """(() => {
  const canvas = document.querySelector("#panels canvas[data-panel=film]");
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.reduce((sum, each) => sum + each);
})()"""


@pytest.mark.parametrize("lost", ["edition.json", "texts/de.ftl", "engine/worker.js", "page.js", "server", "scripts"])
def test_a_page_that_cannot_start_says_so(browser, edition, lost):
    context = browser.new_context(java_script_enabled=lost != "scripts")
    page = context.new_page()
    page.route(f"**/{lost}", lambda route: route.fulfill(status=404))
    with serve_folder(edition) as address:
        page.goto((edition / "index.html").as_uri() if lost == "server" else address, wait_until="networkidle")
        page.wait_for_selector("#start p", state="visible")  # a moment later: a page that starts does not flash it
        told = page.inner_text("#start")
        assert "not for clinical use" in told and "needs a web server" in told and "braucht einen Webserver" in told
        assert ("JavaScript is switched off" in told) == (lost == "scripts")
    context.close()


def test_the_first_screen_shows_a_film_its_findings_and_two_maps(visit):
    page = visit.page
    assert page.locator("#start").count() == 0
    assert "above threshold" in page.inner_text("button.finding[data-label=consolidation]")
    assert page.locator("#panels figure").count() == 3 and list_drawn(page) == [True] * 3
    assert page.evaluate("document.querySelector('#panels .row').getBoundingClientRect().bottom") <= 900
    assert page.inner_text("#spoken").endswith("Consolidation > 99 %, above threshold. The maps are ready.")
    assert "not for clinical use" in page.inner_text("#top .warning")
    assert complain(page) == []
    page.screenshot(path=SCREENSHOTS / "static-1440.png")
    before = page.evaluate(FILM_SUM)
    page.check("#panels input.truth")
    page.wait_for_selector("#panels .planted:has-text('Outlined: planted consolidation.')")
    assert page.evaluate(FILM_SUM) != before
    page.uncheck("#panels input.truth")
    page.click("#panels figure[data-method=grad-cam] button.term")
    assert "Class activation" in page.inner_text(".term-sheet:popover-open")
    page.keyboard.press("Escape")
    page.click("#top button[data-language=de]")
    assert page.get_attribute("html", "lang") == "de" and page.inner_text("#findings h2").startswith("Befunde")
    assert page.evaluate("document.querySelector('#panels .row').getBoundingClientRect().bottom") <= 900
    page.set_viewport_size({"width": 390, "height": 844})
    assert complain(page) == []
    page.screenshot(path=SCREENSHOTS / "static-390.png", full_page=True)
    above_and_below = page.eval_on_selector_all(
        "#panels .pop > summary",
        """all => all.map(each => {
          const words = document.createRange();
          words.selectNodeContents(each);
          const [text, box] = [words.getBoundingClientRect(), each.getBoundingClientRect()];
          return [text.top - box.top, box.bottom - text.bottom];
        })""",
    )
    assert all(abs(above - below) <= 2 for above, below in above_and_below) and len(above_and_below) == 2


def test_a_finding_a_method_and_a_network_are_chosen(visit):
    page = visit.page
    visit.press("button.finding[data-label=mass]")
    assert page.get_attribute("#panels .part", "data-off") == "true"  # it is below its threshold
    page.click("#panels button.ask")
    page.wait_for_selector("#panels .part[data-off=false]")
    page.click("#methods summary")
    visit.press("#methods input[value=lrp-epsilon]")
    assert page.locator("#panels figure").count() == 4
    visit.press("#panels input.contrast")
    assert "against the others" in page.inner_text("#panels h2")
    before = len(visit.asked)
    page.select_option("#networks select", CHEAT)
    visit.rest()
    assert "shortcut" in page.inner_text("#panels p.of")
    assert all(f"/networks/{CHEAT}/" in url for url in visit.asked[before:])


def test_maps_of_one_finding_never_stand_under_another(slow_visit):
    page = slow_visit.page
    page.click("#methods summary")
    with hold(page, "lrp-epsilon.onnx.gz"):
        page.click("#methods input[value=lrp-epsilon]")
        page.wait_for_selector("figure[data-method=lrp-epsilon] .busy")
        assert "Consolidation" in page.get_attribute("canvas[data-panel=grad-cam]", "aria-label")
        page.click("button.finding[data-label=cardiomegaly]")
        page.wait_for_selector("#panels h2:has-text('Cardiomegaly')")
        assert page.locator("#panels figure[data-method] .busy").count() == 3
        assert page.locator("#panels .bar").count() == 0
    slow_visit.rest()
    assert "Cardiomegaly" in page.get_attribute("canvas[data-panel=grad-cam]", "aria-label")


def test_what_is_stopped_goes_on_only_when_asked(slow_visit):
    page = slow_visit.page
    with hold(page, f"networks/{CHEAT}/*"):
        page.select_option("#networks select", CHEAT)
        page.click("#work button.stop")
        page.wait_for_timeout(500)
        assert page.inner_text("#work .go-on") == "Go on"
        assert page.input_value("#networks select") == HONEST
    slow_visit.press("#work .go-on")
    assert page.input_value("#networks select") == CHEAT and "shortcut" in page.inner_text("#panels p.of")


def test_the_newest_choice_holds_while_a_network_loads(slow_visit):
    page = slow_visit.page
    with hold(page, f"networks/{CHEAT}/*"):
        page.select_option("#networks select", CHEAT)
        page.wait_for_selector("#work button.stop")
        page.click("#examples button[data-example=effusion]")
        assert page.input_value("#networks select") == CHEAT
        page.wait_for_timeout(500)
    slow_visit.rest()
    assert page.input_value("#networks select") == CHEAT and "shortcut" in page.inner_text("#panels p.of")
    page.reload()
    page.wait_for_selector(PANELS)
    with hold(page, f"networks/{CHEAT}/*"):
        page.select_option("#networks select", CHEAT)
        page.wait_for_selector("#work button.stop")
        page.select_option("#networks select", HONEST)
        slow_visit.rest()
    assert page.input_value("#networks select") == HONEST and "honest" in page.inner_text("#panels p.of")


def test_a_threshold_moved_by_hand_stands_wherever_the_verdict_does(visit):
    page = visit.page
    visit.press("button.finding[data-label=mass]")
    assert "below threshold" in page.inner_text("#panels h2")
    page.press("li:has(button.finding[data-label=mass]) input.threshold", "Home")
    assert "above your threshold" in page.inner_text("#panels h2")
    visit.press("button.finding[data-label=effusion]")
    assert "below threshold" in page.inner_text("#panels h2")
    page.click("#top button[data-language=de]")
    assert "über Ihrer Schwelle" in page.inner_text("button.finding[data-label=mass]")
    visit.press("button.finding[data-label=mass]")
    assert "über Ihrer Schwelle" in page.inner_text("#panels h2")
    assert "über Ihrer Schwelle" in page.inner_text("#spoken")
    page.click("#top button[data-language=en]")
    assert "above your threshold" in page.inner_text("#spoken")
    page.click("#top button[data-language=de]")
    page.click("#findings button.reset:visible")
    assert "Ihrer" not in page.inner_text("#panels h2") + page.inner_text("button.finding[data-label=mass]")


def test_what_fails_or_waits_is_said_and_leaves_nothing_running(slow_visit, films):
    page = slow_visit.page
    page.set_input_files("#film input", films["cut.png"])
    slow_visit.rest()
    assert page.inner_text("#spoken").startswith("cut.png was not read. ")
    assert page.locator("#facts button.print").count() == 0 and page.inner_text("#report") == ""
    page.route("**/gate/*", lambda route: route.abort())
    page.set_input_files("#film input", films["film16.png"])
    page.wait_for_selector("#notice button.again")
    assert page.locator("#findings .question").count() == 0  # it cannot be answered yet
    page.unroute("**/gate/*")
    slow_visit.press("#notice button.again")
    assert page.locator("#findings .question").count() == 1
    if page.locator("#findings button.leave-it").count():  # its name goes with it
        slow_visit.press("#findings button.leave-it")
        assert "film16" not in page.inner_text("#compare")
    page.click("#examples button[data-example=effusion]")
    slow_visit.rest()
    assert page.locator("#facts button.print").count() == 1
    page.click("#methods summary")
    page.route("**/lrp-epsilon.onnx.gz", lambda route: route.abort())
    slow_visit.press("#methods input[value=lrp-epsilon]")
    slow_visit.press("#methods input[value=hires-cam]")
    assert "could not be loaded" in page.inner_text("figure[data-method=lrp-epsilon] .notice")
    assert page.locator("figure[data-method=hires-cam] .bar").count() == 1
    assert page.locator("#panels .busy").count() == 0
    page.unroute("**/lrp-epsilon.onnx.gz")
    slow_visit.press("button.finding[data-label=effusion]")
    assert page.locator("figure[data-method=lrp-epsilon] .bar").count() == 1
    slow_visit.wrong.clear()  # of the file that was kept from it
    with hold(page, "lrp-gamma-box.onnx.gz"):
        page.click("#methods input[value=lrp-gamma-box]")
        page.wait_for_selector("figure[data-method=lrp-gamma-box] .busy")
        page.click("#work button.stop")
        assert page.inner_text("figure[data-method=lrp-gamma-box] .notice") == "Stopped."
        assert page.locator("#panels .busy").count() == 0 and page.inner_text("#spoken") == "Stopped."
    page.click("#methods input[value=lrp-gamma-box]")
    with hold(page, f"networks/{CHEAT}/*"):
        page.select_option("#networks select", CHEAT)
        page.wait_for_selector("#work button.stop")
        page.click("button.finding[data-label=cardiomegaly]")
    slow_visit.rest()
    assert page.inner_text("#panels h2").startswith("Cardiomegaly") and "shortcut" in page.inner_text("#panels p.of")


def test_a_printed_report_has_its_day_and_the_numbers_of_its_regions(visit):
    page = visit.page
    for _ in range(2):
        for name in ("x", "y", "width", "height"):
            page.fill(f"#regions form input[name={name}]", "20")
        visit.press("#regions form button[type=submit]")
    visit.press("#regions button.cover[data-how=blur]")
    page.evaluate("document.body.dataset.atFilms = '1'")
    page.emulate_media(media="print")
    pressed = "button:not(.region-tag, .finding), input, summary, details:not([open])"  # not on paper
    assert [each.inner_text() for each in page.locator(pressed).all() if each.is_visible()] == ["with a blur"]
    assert page.is_visible("#regions .covering") and not page.is_visible("#foot")
    assert page.locator("#panels .region-tag b:visible").count() >= 2
    assert page.eval_on_selector(".covering .bar", "bar => getComputedStyle(bar).position") == "static"
    frames = ".covering .bar, .covering button.cover[aria-pressed=true]"  # of what floats or is pressed
    shadows = "all => all.map(each => getComputedStyle(each)).map(style => style.boxShadow + style.borderTopStyle)"
    assert page.eval_on_selector_all(frames, shadows) == ["nonenone"] * 2
    assert page.evaluate("new Intl.DateTimeFormat('en', { dateStyle: 'long' }).format()") in page.inner_text("#report")


def test_a_number_that_means_nothing_says_so(visit):
    """A film that was drawn before a network for people, and the agreement with a map that shows nothing."""
    page = visit.page
    assert page.locator("#findings .message, .agreement .note").count() == 0
    page.evaluate(
        """async () => {
          const [{ desk }, { showAll }] = await Promise.all([import("./desk.js"), import("./show.js")]);
          const made = desk.entries.get("grad-cam");
          desk.entries.set("grad-cam", { ...made, scale: { ...made.scale, nothing: true } });
          desk.network = { ...desk.network, made_for: "adults" };
          showAll();
        }"""
    )
    assert "drawn by a program" in page.inner_text("#findings .message")
    page.evaluate(
        """async () => {
          const { tellWork } = await import("./show.js");
          tellWork("A method with a name as long as any, of a network with another one …", 0.5);
        }"""
    )
    message, work = (page.locator(name).bounding_box() for name in ("#findings .message", "#work .work"))
    assert message and work and message["x"] + message["width"] <= work["x"]
    assert "is in: Grad-CAM. This number confirms nothing." in page.inner_text(".agreement .note")


def test_regions_are_told_and_covered(visit):
    page = visit.page
    page.click("#panels button.draw-region[data-shape=box]")
    box = page.locator("canvas[data-panel=grad-cam]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.7, steps=4)
    page.mouse.up()
    visit.rest()
    assert "of the evidence" in page.inner_text("figure[data-method=grad-cam] .region-tag")
    visit.press("#regions button.cover[data-how=blur]")
    assert "Consolidation: > 99 %" in page.inner_text("#regions p.change")
    page.wait_for_selector(".not-film")
    passed = page.evaluate(
        """async () => {
          const { findPassed } = await import("./regions.js");
          const thresholds = [0.3, 0.3, 0.3, 0.3, null];
          const labels = thresholds.map((threshold, at) => {
            return { key: String(at), threshold, quality: { can_tell: at !== 3 } };
          });
          return findPassed({ task: "multi-label", labels }, [0.2, 0.2, 0.4, 0.2, 0.2], [0.25, 0.4, 0.2, 0.4, 0.4]);
        }"""
    )
    assert passed == ["", "covered-above", "covered-below", "", ""]


def test_an_own_film_is_read_and_asked_about_without_a_network(visit, films):
    page = visit.page
    page.wait_for_selector("body[data-kept]")
    page.context.set_offline(True)
    page.set_input_files("#film input", films["cut.png"])
    page.wait_for_selector("#findings .message.error")
    visit.rest()
    page.context.set_offline(False)  # the gate is loaded once
    page.set_input_files("#film input", films["film16.png"])
    page.wait_for_selector(f"#panels p.of:has-text('film16.png'), #findings button.anyway, {REST} #notice p")
    visit.rest()
    if page.locator("#findings ul.doubts").count():
        visit.press("#findings button.anyway")
    assert "made for synthetic films alone" in page.inner_text("#findings .question")
    assert page.locator("#findings .score, #panels .bar").count() == 0
    visit.press("#findings button.anyway")
    assert "film16.png" in page.inner_text("#panels p.of")
    assert "made for synthetic films alone" in page.inner_text("#findings .message")
    page.context.set_offline(True)
    assert page.get_attribute("#film input", "accept") is None  # which hides files without an ending
    page.set_input_files("#film input", films["DOE-JANE"])
    page.wait_for_selector("#panels p.of:has-text('DOE-JANE'), #findings button.anyway")


def test_the_exam_asks_first_and_shows_then(visit):
    page = visit.page
    page.click("#doors a[href='#lesson-section']")
    page.wait_for_selector(".exam .decks")
    assert complain(page) == []
    page.click(".exam button.go[data-deck=shortcuts]")
    page.wait_for_selector(".exam .choices")
    assert page.locator(".exam .advice, .exam .box.true").count() == 0
    page.click(".exam .choice[data-label=no_finding]")
    page.click("[data-go=answer]")
    page.wait_for_selector("[data-go=final]")
    assert "Network A says" in page.inner_text(".exam .advice") and page.locator(".exam .box.true").count() == 0
    page.click("[data-go=final]")
    page.wait_for_selector("[data-go=next]")
    assert "It shows" in page.inner_text(".exam .asked")
    page.set_viewport_size({"width": 390, "height": 844})
    assert complain(page) == []


def test_a_later_visit_needs_no_server(visit, edition):
    page = visit.page
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_selector("body[data-kept]")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector(PANELS)
    visit.rest()
    assert list_drawn(page) == [True] * 3


def test_one_file_does_all_of_it_without_a_network(browser, edition, films, tmp_path):
    path = tmp_path / "edition.html"
    path.write_text(pack_edition(edition), encoding="utf-8")
    context = browser.new_context(offline=True, locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(ANSWERS_WITHIN_MS)
    seen = Visit(page, path.as_uri())
    page.on("console", lambda m: seen.wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: seen.wrong.append(str(error)))
    page.on("request", lambda request: seen.asked.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector(PANELS)
    seen.rest()
    assert list_drawn(page) == [True] * 3 and page.inner_text("#findings h2").startswith("Befunde")
    assert " MB" not in page.inner_text("#intake")  # nothing is loaded any more
    for name in ("film16.png", "DOE-JANE"):
        page.set_input_files("#film input", films[name])
        page.wait_for_selector(f"#findings h2:has-text('{name}'), #panels p.of:has-text('{name}')")
        seen.rest()
        while page.locator("#findings button.anyway").count():
            seen.press("#findings button.anyway")
        assert name in page.inner_text("#panels p.of")
    page.click("#doors a[href='#lesson-section']")
    page.click(".exam button.go[data-deck=shortcuts]")
    page.click(".exam .choice[data-label=no_finding]")
    page.click("[data-go=answer]")
    page.wait_for_selector("[data-go=final]")
    context.close()
    assert seen.wrong == []
    assert [url for url in seen.asked if not url.startswith((path.as_uri(), "data:", "blob:"))] == []
