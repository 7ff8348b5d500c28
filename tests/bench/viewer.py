"""`python -m tests.bench.viewer`: how smoothly a film of 2,048 px and 16 bits is looked at in a browser.

The real `app.py` with the bundled checkpoints, a synthetic film and the maps that the page opens with over it. In every
frame the page is given what a hand would do next, a turn of the wheel, a step of a drag, a step of the slider or a key,
and the time until the next frame is taken. Requests are counted meanwhile.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from cxr_demo.film.phantom import make_example_phantoms
from tests.bench.page import wait_for_rest
from tests.chromium import launch_chromium
from tests.serving import serve_app

FILM_PX, FRAMES, GOAL = 2048, 90, 30
FRAME = """async ([frames, habit]) => {
  const canvas = document.querySelector("canvas[data-panel=film]");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const at = (x, y) => ({ bubbles: true, cancelable: true, isPrimary: true, pointerId: 1, pointerType: "mouse",
                          clientX: left + x * width, clientY: top + y * height });
  const key = (kind) => canvas.dispatchEvent(new KeyboardEvent(kind, { key: "b", bubbles: true }));
  const slider = document.querySelector("#panels input.opacity");
  const acts = {
    zoom: (n) => canvas.dispatchEvent(new WheelEvent("wheel", { ...at(0.4, 0.6), deltaY: n % 30 < 15 ? -120 : 120 })),
    pan: (n) => canvas.dispatchEvent(new PointerEvent("pointermove", at(0.5 + 0.3 * Math.sin(n / 9), 0.5))),
    window: (n) => canvas.dispatchEvent(new PointerEvent("pointermove", at(0.5 + 0.3 * Math.sin(n / 9), 0.5))),
    opacity: (n) => {
      slider.value = String((5 * n) % 100);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    },
    swipe: (n) => {
      const line = document.querySelector(".swipe [role=slider]");
      line.dispatchEvent(new KeyboardEvent("keydown", { key: n % 20 < 10 ? "PageUp" : "PageDown", bubbles: true }));
    },
    blink: (n) => key(n % 6 < 3 ? "keydown" : "keyup"),
  };
  const frame = () => new Promise(requestAnimationFrame);
  HTMLElement.prototype.setPointerCapture = () => {}; // no pointer is really down
  if (habit === "pan" || habit === "window") {
    const button = habit === "pan" ? 0 : 2;
    canvas.dispatchEvent(new PointerEvent("pointerdown", { ...at(0.5, 0.5), button }));
  }
  const took = [];
  let last = await frame();
  for (let n = 0; n < frames; n++) {
    acts[habit](n);
    const now = await frame();
    took.push(now - last);
    last = now;
  }
  canvas.dispatchEvent(new PointerEvent("pointerup", at(0.5, 0.5)));
  key("keyup");
  return took;
}"""


def make_film(folder: Path) -> Path:
    film = make_example_phantoms(FILM_PX)["consolidation"].pixels
    path = folder / "film.png"
    cv2.imwrite(str(path), np.rint(film * 65535).astype(np.uint16))
    return path


def measure_habits(page: Page) -> None:
    """After a wheel's turn the film is larger than its panel, so that there is something to pan."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for habit in ("zoom", "pan", "window", "opacity", "blink", "swipe"):
        asked.clear()
        if habit == "pan":
            page.evaluate(FRAME, [8, "zoom"])
        if habit == "swipe":
            page.locator("#panels button[data-view=swipe]").click()
        took = np.array(page.evaluate(FRAME, [FRAMES, habit]))
        slow = 1000 / np.quantile(took, 0.95)
        print(
            f"{habit}: {1000 / np.median(took):.0f} frames a second, {slow:.0f} at the 95th percentile "
            f"(goal {GOAL}: {'reached' if slow >= GOAL else 'missed'}); {len(asked)} requests"
        )


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_app(Path(folder) / "scratch", {}) as server,
        sync_playwright() as playwright,
    ):
        page = launch_chromium(playwright).new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(server.url)
        page.locator("#accept").click()
        wait_for_rest(page)
        page.locator("#film input[type=file]").set_input_files(make_film(Path(folder)))
        page.wait_for_timeout(2000)
        wait_for_rest(page)
        ask = page.locator("#panels button.ask, #findings button.anyway")
        if ask.count():
            ask.first.click()
            wait_for_rest(page)
        page.locator("canvas[data-panel=film]").hover()
        page.locator("#panels .part[data-deep]").wait_for()
        page.wait_for_timeout(1000)
        measure_habits(page)


if __name__ == "__main__":
    main()
