"""Presses on the page, and what the page shows at rest: for tests that press quickly and compare with slow presses."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Page

RESULT_PARTS = ("findings", "panels", "regions", "checks", "pair", "facts")
TIMELESS = RESULT_PARTS[:-1]  # the facts say whether a proof is made by now
LONGEST_PAUSE_MS = 600


@dataclass(frozen=True)
class Press:
    """`what` is done, with `which` of it; `pause_ms` before the next."""

    what: str
    which: str
    pause_ms: int


def find(page: Page, press: Press) -> Press:
    """A film of the strip is planned by its place, and found by its key."""
    if press.what not in ("strip", "remove"):
        return press
    keys = page.evaluate("[...document.querySelectorAll('#strip button.film')].map((button) => button.dataset.film)")
    place = int(press.which) - 1
    return replace(press, which=keys[place] if place < len(keys) else "none")


def do(page: Page, press: Press, films: dict[str, Path]) -> bool:
    """Do it if it can be done now; whether it was."""
    if press.what == "upload":
        page.locator("#film input[type=file]").set_input_files([films[name] for name in press.which.split()])
        return True
    if press.what in ("checkpoint", "compare"):
        return _choose(page, "networks" if press.what == "checkpoint" else "compare", press.which)
    selectors = {
        "example": f"#examples button[data-example='{press.which}']",
        "strip": f"#strip button[data-film='{press.which}']",
        "remove": f"#strip button[data-remove='{press.which}']",
        "finding": f"#findings button.finding[data-label='{press.which}']",
        "method": f"#methods input[value='{press.which}']",
        "check": "#evaluation button.check",
        "stop": "#evaluation button.stop",
    }
    return page.evaluate(
        "selector => { const it = document.querySelector(selector); it?.click(); return Boolean(it); }",
        selectors[press.what],
    )


def _choose(page: Page, part: str, value: str) -> bool:
    return page.evaluate(
        """([part, value]) => {
          const select = document.querySelector(`#${part} select`);
          if (![...(select?.options ?? [])].some((option) => option.value === value)) return false;
          select.value = value;
          select.dispatchEvent(new Event("change", { bubbles: true }));
          return true;
        }""",
        [part, value],
    )


def plan_series(
    seed: int, films: list[str], checkpoints: list[str], labels: list[str], methods: list[str]
) -> list[Press]:
    """Four to nine presses with pauses of 0 to 600 ms, the same for the same seed."""
    chance = random.Random(seed)
    kinds = {"upload": 6, "example": 2, "strip": 3, "remove": 1, "checkpoint": 5, "finding": 6, "method": 2,
             "compare": 2, "check": 1, "stop": 1}  # fmt: skip
    presses = []
    for _ in range(chance.randint(4, 9)):
        what = chance.choices(list(kinds), list(kinds.values()))[0]
        which = {
            "upload": lambda: " ".join(chance.sample(films, chance.choice((1, 1, 1, 2)))),
            "example": lambda: str(chance.randrange(4)),
            "strip": lambda: str(chance.randint(1, 4)),
            "remove": lambda: str(chance.randint(1, 4)),
            "checkpoint": lambda: chance.choice(checkpoints),
            "finding": lambda: chance.choice(labels),
            "method": lambda: chance.choice(methods),
            "compare": lambda: chance.choice(["", *(f"with {name}" for name in checkpoints)]),
        }.get(what, str)()
        pause = chance.choice((0, chance.randint(0, 150), chance.randint(0, LONGEST_PAUSE_MS)))
        presses.append(Press(what, which, pause))
    return presses


def wait_for_rest(page: Page) -> None:
    """Until the page shows what was asked for last, drawn."""
    page.wait_for_function("() => document.body.dataset.rest")
    page.wait_for_function(
        """() => ["panels", "pair"].every((name) => {
          const part = document.querySelector(`#${name} .part`);
          return !part?.querySelector("canvas") || part.dataset.ready;
        })"""
    )


def wait_for_frame(page: Page) -> None:
    """Until what was asked for by now is drawn: the page draws what it is asked for once a frame."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_for_fades(page: Page) -> None:
    """Until nothing fades in or out any more, as colours of the theme do; what goes with scrolling never ends."""
    wait_for_frame(page)
    page.wait_for_function(
        """() => document.getAnimations().every((each) => each.timeline !== document.timeline ||
          each.playState !== "running" || each.effect.getComputedTiming().iterations === Infinity)"""
    )


def read_page(page: Page) -> dict:
    """What every part says, whose it is, and what every canvas shows."""
    return page.evaluate(
        """([parts, timeless]) => {
          const part = (name) => document.querySelector(`#${name} .part`);
          const { film, checkpoint, label, number } = part("panels").dataset;
          const pressed = document.querySelector("#findings button.finding[aria-pressed=true]");
          const canvases = [...document.querySelectorAll("canvas[data-panel]")];
          return {
            identities: [...new Set(parts.map((name) => {
              const at = part(name).dataset;
              return [at.film, at.checkpoint, at.label, at.number].join("|");
            }))],
            film, checkpoint, label, number,
            pressed: pressed ? pressed.dataset.label : "",
            chosen: document.querySelector("#networks select").value,
            strip: document.querySelector("#strip button.film[aria-pressed=true]")?.dataset.film ?? "",
            texts: Object.fromEntries(timeless.map((name) => [name, part(name).textContent])),
            canvases: Object.fromEntries(canvases.map((canvas) => [canvas.dataset.panel, canvas.toDataURL()])),
          };
        }""",
        [list(RESULT_PARTS), list(TIMELESS)],
    )
