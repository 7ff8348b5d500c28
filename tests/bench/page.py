"""`python -m tests.bench.page`: what a person waits for on the page, measured in a browser, in plain forwards.

The real `app.py` with the bundled checkpoints and a synthetic film of 1,024 px. Uploads, clicks and plain forwards of
the same network are made in turns within one run. Measured in the page itself: from giving the file until the findings
stand, and from the click on a finding whose maps are ready until they are drawn.
"""

from __future__ import annotations

import base64
import math
import tempfile
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from playwright.sync_api import Page, Request, sync_playwright

from cxr_demo.film.phantom import make_example_phantoms
from cxr_demo.networks import checkpoint
from tests.chromium import launch_chromium
from tests.serving import serve_app

ROOT = Path(__file__).parents[2]
NETWORK = "kermany-densenet121"
ROUNDS, FILM_PX = 7, 1024
FORWARDS, BESIDE_MS, DRAWN_MS, BYTES = 3, 300, 100, 300_000
CLICK = """(label) => new Promise((resolve) => {
  const part = document.querySelector("#panels .part");
  const start = performance.now();
  document.querySelector(`#findings button.finding[data-label=${label}]`).click();
  const look = () => {
    if (part.dataset.label === label && part.dataset.ready) resolve(performance.now() - start);
    else requestAnimationFrame(look);
  };
  look();
})"""
# A film that the gate questions is shown anyway; its time does not count.
UPLOAD = """([name, bytes]) => new Promise((resolve) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
  const start = performance.now();
  let counts = true;
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  const look = () => {
    const shown = document.querySelector("#strip button.film[aria-pressed=true] b")?.textContent;
    if (shown === name && document.querySelector("#findings button.finding")) {
      return resolve(counts ? performance.now() - start : null);
    }
    const anyway = shown === name && counts && document.querySelector("#findings button.anyway");
    if (anyway) {
      counts = false;
      anyway.click();
    }
    requestAnimationFrame(look);
  };
  look();
})"""


def time_forward(model: torch.nn.Module, x: torch.Tensor) -> float:
    """In milliseconds."""
    started = time.perf_counter()
    with torch.inference_mode():
        model(x)
    return 1000 * (time.perf_counter() - started)


def wait_for_rest(page: Page) -> None:
    page.wait_for_function("() => document.body.dataset.rest")
    page.wait_for_timeout(6000)  # the maps of the other findings are made ahead, and the page learns of them


def make_film(round_: int) -> str:
    """A film that was not seen before: its PNG in base64."""
    greys = np.rint(make_example_phantoms(FILM_PX)["consolidation"].pixels * 255).astype(np.uint8)
    greys[0, 0] = round_
    return base64.b64encode(cv2.imencode(".png", greys)[1].tobytes()).decode()


def measure_page(page: Page, model: torch.nn.Module, x: torch.Tensor, labels: tuple[str, ...]) -> None:
    forwards, uploads, clicks, answers, requests = [], [], [], [], []
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    for round_ in range(ROUNDS):
        wait_for_rest(page)
        forwards.append(median(time_forward(model, x) for _ in range(3)))
        took = page.evaluate(UPLOAD, [f"film{round_}.png", make_film(round_)])
        uploads.append(math.nan if took is None else took)
        wait_for_rest(page)
        shown = page.locator("#panels .part").get_attribute("data-label")
        label = next(each for each in labels if each != shown)
        sent.clear()
        clicks.append(page.evaluate(CLICK, label))
        page.wait_for_timeout(800)
        asked = [each for each in sent if not each.url.startswith("data:")]
        requests.append(len(asked))
        answers.append(sum(each.sizes()["responseBodySize"] for each in asked))
    forward, upload, click = median(forwards), median(uploads), median(clicks)
    allowed = FORWARDS * forward + BESIDE_MS
    print(f"plain forward of {NETWORK}: {forward:.0f} ms")
    print(f"upload of {FILM_PX} px to findings: {upload:.0f} ms (goal {allowed:.0f}: {_judge(upload <= allowed)})")
    print(f"click on a ready finding to its maps drawn: {click:.0f} ms (goal {DRAWN_MS}: {_judge(click <= DRAWN_MS)})")
    print(f"requests of such a click: {max(requests)} (goal 1: {_judge(max(requests) <= 1)})")
    print(f"bytes of its answer: {max(answers)} (goal {BYTES}: {_judge(max(answers) <= BYTES)})")


def _judge(is_reached: bool) -> str:
    return "reached" if is_reached else "missed"


def main() -> None:
    loaded = checkpoint.load(ROOT / "weights" / NETWORK)
    preprocess = loaded.card.preprocess
    x = torch.zeros(1, len(preprocess.mean), preprocess.size_px, preprocess.size_px)
    time_forward(loaded.model, x)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_app(Path(folder) / "scratch", {}) as server,
        sync_playwright() as playwright,
    ):
        page = launch_chromium(playwright).new_page()
        page.set_default_timeout(120_000)
        page.goto(server.url)
        page.locator("#accept").click()
        wait_for_rest(page)
        page.locator("#networks select").select_option(NETWORK)
        measure_page(page, loaded.model, x, loaded.card.labels)


if __name__ == "__main__":
    main()
