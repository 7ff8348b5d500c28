"""A class of thirty at once: every answer is counted once, whoever leaves and comes back keeps the place, and nothing
outlives the class."""

from __future__ import annotations

from collections import Counter

import pytest
from axe_playwright_python.sync_playwright import Axe

from cxr_demo.labels import FINDINGS
from cxr_demo.teaching.deck import NO_FINDING
from tests.browser.conftest import SCREENSHOTS
from tests.class_drive import ClassDrive

LEARNERS, FILMS = 30, 5
MORE_MB = 600  # of a server that has only just started: its first proofs and forwards are in it (271 MB seen)


def test_thirty_learners_answer_five_films(browser, server):
    before_mb = server.measure_memory_mb()
    drive = ClassDrive(browser, server.url, LEARNERS, FILMS)
    outcome = drive.run()
    assert outcome.wrong == [] and [person.number for person in outcome.people] == list(range(1, LEARNERS + 1))
    assert outcome.answered == [f"{LEARNERS} of {LEARNERS} have answered"] * FILMS
    for film, wall in enumerate(outcome.walls):
        sent = Counter(label for person in outcome.people for label in person.sent[film] or (NO_FINDING,))
        assert {name: count for name, count in wall.items() if count} == {
            FINDINGS[label].name: count for label, count in sent.items()
        }
    table = drive.take_table()
    assert len(table) == LEARNERS * FILMS
    for row in table:
        person = outcome.people[int(row["learner"]) - 1]
        sent = person.sent[int(row["film"]) - 1] or (NO_FINDING,)
        assert Counter(row["named"].split(";")) == Counter(sent) and row["nickname"] == f"learner {person.number - 1}"
    assert len(outcome.round_trips_ms) == LEARNERS * FILMS
    drive.close()
    assert server.measure_memory_mb() - before_mb < MORE_MB
    assert server.left_files() == [], "nothing of a class is on disk"


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_stage_fits_is_accessible_and_has_a_picture(browser, server, language, width):
    wall = browser.new_context(viewport={"width": width, "height": 900}, locale=language).new_page()
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale=language, has_touch=True).new_page()
    shots = [0]

    def look(page, name):
        shots[0] += 1
        page.screenshot(path=SCREENSHOTS / f"class-{language}-{width}-{shots[0]:02}-{name}.png", full_page=True)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        small = page.evaluate(
            "[...document.querySelectorAll('button, input, a')].filter(it => it.offsetParent && it.offsetHeight < 24)"
            ".map(it => it.outerHTML)"
        )
        assert too_wide <= 0 and small == [], name
        assert [found["id"] for found in Axe().run(page).response["violations"]] == [], name

    wall.goto(f"{server.url}/class/teach")
    look(wall, "decks")
    wall.locator("[data-open]").first.click()
    code = wall.locator(".code b").inner_text()
    look(wall, "code")
    phone.goto(f"{server.url}/class#{code.lower()}")
    look(phone, "join")
    phone.click("form button")
    phone.wait_for_selector("[data-step=joining]")
    look(phone, "joined")
    wall.click("[data-act=start]")
    phone.wait_for_selector("[data-step=question]")
    look(phone, "question")
    wall.click("[data-act=pause]")
    phone.wait_for_selector("[data-paused]")
    look(phone, "paused")
    look(wall, "paused")
    wall.click("[data-act=go-on]")
    phone.wait_for_selector("section:not([data-paused])")
    phone.locator("button.choice").last.click()
    phone.click("[data-go=answer]")
    phone.wait_for_selector("[data-step=waiting]")
    look(phone, "waiting")
    wall.click("[data-act=truth]")
    phone.wait_for_selector("[data-step=truth]")
    look(phone, "truth")
    look(wall, "truth")
    wall.click("[data-act=networks]")
    phone.wait_for_selector(".advice")
    look(phone, "networks")
    look(wall, "networks")
    wall.once("dialog", lambda dialog: dialog.accept())
    wall.click("[data-act=end]")
    phone.wait_for_selector("[data-step=ended]")
    look(phone, "ended")
    look(wall, "ended")
    wall.once("dialog", lambda dialog: dialog.accept())
    wall.click("[data-act=close]")
    phone.wait_for_selector("form")
    look(phone, "over")
    for page in (wall, phone):
        page.context.close()


def test_a_box_that_is_drawn_stays_through_a_pause_and_a_network_that_is_gone(browser, server):
    drive = ClassDrive(browser, server.url, 1, 1)
    page, wall = drive.outcome.people[0].page, drive.wall
    wall.click("[data-act=start]")
    page.wait_for_selector("[data-step=question]")
    page.locator("button.choice").first.focus()
    page.keyboard.press("Enter")  # by keys a box is there at once
    page.wait_for_selector(".box.own")
    wall.click("[data-act=pause]")
    page.wait_for_selector("[data-paused] .box.own")
    wall.click("[data-act=go-on]")
    page.wait_for_selector("section:not([data-paused]) .box.own")
    page.context.set_offline(True)
    page.click("[data-go=answer]")
    page.wait_for_selector("#lost:not([hidden])")
    page.context.set_offline(False)
    page.wait_for_selector("[data-step=waiting]")
    assert page.locator("#lost").is_hidden()
    drive.wall.wait_for_function("document.querySelector('.answered').textContent.startsWith('1 of 1')")
    drive.take_table()
    drive.close()


def test_a_teacher_who_comes_back_has_the_same_wall_and_a_wrong_code_is_told(browser, server):
    drive = ClassDrive(browser, server.url, 1, 1)
    drive.wall.reload()
    assert drive.wall.locator(".code b").inner_text() == drive.code
    stranger = browser.new_page()
    stranger.goto(f"{server.url}/class#ABCDEF")
    stranger.click("form button")
    stranger.wait_for_selector("#lost:not([hidden])")
    assert "ABCDEF" in stranger.locator("#lost").inner_text()
    stranger.close()
    drive.take_table()
    drive.close()
