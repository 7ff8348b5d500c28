"""A whole class in a browser: a teacher at a wall and learners at phones and desks, for the test and for the bench."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page

from cxr_demo.teaching.deck import NO_FINDING

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
WITHIN_MS = 60_000
ROUND_TRIPS = """() => performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("/class/answer"))
  .map((entry) => entry.duration)"""


@dataclass
class Person:
    """A learner at a browser; `sent`: film -> the labels that were named, none for no finding."""

    context: BrowserContext
    page: Page
    number: int = 0
    sent: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Outcome:
    """`walls`: by film what the wall counted, label -> how many; `table`, the CSV, as rows; `round_trips_ms` of all
    answers; `wrong`: what a browser complained of."""

    people: list[Person]
    walls: list[dict[str, int]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    table: list[dict[str, str]] = field(default_factory=list)
    round_trips_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class ClassDrive:
    """Every fifth learner closes the tab while a film is asked, and others after it, and they come back."""

    def __init__(self, browser: Browser, url: str, learners: int, films: int, seed: int = 0) -> None:
        self.browser, self.url, self.films, self.lot = browser, url, films, random.Random(seed)
        self.outcome = Outcome([])
        self.wall = self._watch(browser.new_context(**DESK).new_page())
        self.code = self._open()
        for at in range(learners):
            context = browser.new_context(**(PHONE if at % 2 else DESK))
            person = Person(context, self._watch(context.new_page()))
            self._join(person, f"learner {at}")
            self.outcome.people.append(person)

    def run(self) -> Outcome:
        for film in range(self.films):
            self.wall.click("[data-act=start]" if film == 0 else "[data-act=next]")
            people = self.lot.sample(self.outcome.people, len(self.outcome.people))
            for person in people[::5]:  # they leave with the film before them, and come back
                self._come_back(person)
            for person in people:
                self._choose(person, film)
            for person in people:  # all of them at once
                person.page.evaluate("document.querySelector('[data-go=answer]').click()")
            for person in people:
                person.page.wait_for_selector("[data-step=waiting]")
            self.wall.wait_for_function(
                "told => document.querySelector('.answered').textContent.startsWith(told)",
                arg=f"{len(self.outcome.people)} of {len(self.outcome.people)} ",
            )
            self.outcome.answered.append(self.wall.locator(".answered").inner_text())
            self.wall.click("[data-act=truth]")
            self.wall.wait_for_selector(".counts")
            self.outcome.walls.append(self._read_counts())
            for person in self.lot.sample(self.outcome.people, len(self.outcome.people) // 5):
                self._come_back(person)
        for person in self.outcome.people:
            self._note_round_trips(person)
        return self.outcome

    def take_table(self) -> list[dict[str, str]]:
        self.wall.once("dialog", lambda dialog: dialog.accept())
        self.wall.click("[data-act=end]")
        with self.wall.expect_download() as download:
            self.wall.click("[data-take='results.csv']")
        text = download.value.path().read_text(encoding="utf-8-sig")
        self.outcome.table = list(csv.DictReader(io.StringIO(text)))
        return self.outcome.table

    def close(self) -> None:
        self.wall.once("dialog", lambda dialog: dialog.accept())
        self.wall.click("[data-act=close]")
        self.wall.wait_for_selector("[data-open]")
        for person in self.outcome.people:
            person.page.wait_for_selector("form")
            person.context.close()
        self.wall.context.close()

    def _watch(self, page: Page) -> Page:
        page.set_default_timeout(WITHIN_MS)
        page.on("pageerror", lambda error: self.outcome.wrong.append(str(error)))
        return page

    def _open(self) -> str:
        self.wall.goto(f"{self.url}/class/teach")
        self.wall.locator("[data-open]").first.click()
        return self.wall.locator(".code b").inner_text()

    def _join(self, person: Person, nickname: str) -> None:
        person.page.goto(f"{self.url}/class#{self.code}")
        person.page.fill("#nickname", nickname)
        person.page.click("form button")
        shown = person.page.locator("[data-step=joining] header p")
        person.number = int(shown.inner_text().split()[-1])

    def _come_back(self, person: Person) -> None:
        self._note_round_trips(person)
        person.page.close()
        person.page = self._watch(person.context.new_page())
        person.page.goto(f"{self.url}/class")

    def _choose(self, person: Person, film: int) -> None:
        page = person.page
        page.wait_for_selector(f"[data-step=question][data-state='{film}']")
        choices = page.locator("button.choice")
        named = (
            [] if self.lot.random() < 0.2 else self.lot.sample(range(choices.count() - 1), self.lot.choice((1, 1, 2)))
        )
        if not named:
            page.locator(f"button.choice[data-label={NO_FINDING}]").click()
        for at in named:
            choices.nth(at).click()
            box = page.locator(".on-film").bounding_box()
            left, top = (box["x"] + box["width"] * self.lot.uniform(0.1, 0.5), box["y"] + box["height"] * 0.2)
            page.mouse.move(left, top)
            page.mouse.down()
            page.mouse.move(left + box["width"] * 0.3, top + box["height"] * 0.3, steps=3)
            page.mouse.up()
        person.sent[film] = tuple(str(choices.nth(at).get_attribute("data-label")) for at in named)
        page.wait_for_selector("[data-go=answer]:not([disabled])")

    def _read_counts(self) -> dict[str, int]:
        """By the name on the wall."""
        rows = [row.rsplit(":", 1) for row in self.wall.locator(".counts span").all_inner_texts()]
        return {name: int(count.split()[0]) for name, count in rows}

    def _note_round_trips(self, person: Person) -> None:
        self.outcome.round_trips_ms += person.page.evaluate(ROUND_TRIPS)
