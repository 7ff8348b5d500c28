"""A tab of the static edition's page in Chromium: a plain server of files, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Route

from tests.static_site import serve_folder

REST = "body[data-rest]:not([data-rest=''])"
PANELS = "#panels .part[data-ready]:not([data-ready=''])"
ANSWERS_WITHIN_MS = 120_000


@dataclass
class Visit:
    """A tab, what went wrong in it, and what it asked for."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def rest(self) -> None:
        self.page.wait_for_selector(REST)

    def press(self, selector: str) -> None:
        self.page.click(selector)
        self.rest()


@contextmanager
def open_edition(browser: Browser, edition: Path, **options: Any) -> Iterator[Visit]:
    with serve_folder(edition) as address:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", **options)
        try:
            page = context.new_page()
            page.set_default_timeout(ANSWERS_WITHIN_MS)
            seen = Visit(page, address)
            page.on("console", lambda m: seen.wrong.append(m.text) if m.type == "error" else None)
            page.on("pageerror", lambda error: seen.wrong.append(str(error)))
            page.on("request", lambda request: seen.asked.append(request.url))
            page.goto(address)
            page.wait_for_selector(PANELS)
            seen.rest()
            yield seen
        finally:
            context.close()
    assert seen.wrong == []
    assert [url for url in seen.asked if not url.startswith((address, "data:", "blob:"))] == []


@contextmanager
def hold(page: Page, file: str) -> Iterator[None]:
    """Keeps a file of the edition back for so long."""
    held: list[Route] = []
    page.route(f"**/{file}", lambda route: held.append(route))
    yield
    page.unroute(f"**/{file}")
    for route in held:
        with suppress(Error):  # its request was given up
            route.continue_()


def list_drawn(page: Page) -> list[bool]:
    """Whether each panel shows more than one grey or colour."""
    return page.eval_on_selector_all(
        "#panels canvas",
        """all => all.map(canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size > 100;
        })""",
    )


def complain(page: Page) -> list[str]:
    """What axe finds, what sticks out, and what is too small for a finger."""
    found = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in Axe().run(page).response["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page scrolls sideways")
    return found + page.eval_on_selector_all(
        "button, summary, select, input[type=range]",
        """all => all.filter(each => each.checkVisibility({ visibilityProperty: true }))
          .map(each => [each, each.getBoundingClientRect()])
          .filter(([, { width, height }]) => Math.min(width, height) < 24)
          .map(([each]) => each.outerHTML.slice(0, 120))""",
    )
