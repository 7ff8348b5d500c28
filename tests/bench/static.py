"""`python -m tests.bench.static [NETWORK ...]`: the static edition in Chromium beside Python, by default all networks.

Each network is exported, with golden cases; then, in a browser with one thread: how far logits and maps are from
Python's, the time from opening a page to its first map, what each map costs in passes of the same browser, and what a
pass costs beside one of torch, taken in turns. At last how much the page's memory grows over 50 films.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.static import edition, golden
from cxr_demo.export.static.libraries import hash_programs
from cxr_demo.export.static.manifest_files import measure_folder, write_json
from cxr_demo.networks import checkpoint
from tests.chromium import launch_chromium
from tests.static_site import open_site, pack, unpack, write_site

CASES, ROUNDS, FILMS, GROWTH_MB, FIRST_MAP_S = 20, 5, 50, 50, 3.0
PHANTOM = "phantom-honest"
NEAR, MOST_APART = 1e-3, 0.001  # of a map's largest value, and the share of values that may be further apart
FIRST = """async ([name, bytes, label, key]) => {
  const start = performance.now();
  await engine.loadNetwork(name);
  await engine.readFilm(bytesOf(bytes));
  await engine.explain(label, [key]);
  return performance.now() - start;
}"""
COMPARE = """async ([bytes, label, keys]) => {
  await engine.readFilm(bytesOf(bytes));
  const { logits } = await engine.analyse();
  const maps = await engine.explain(label, keys);
  return { logits, maps: maps.map(({ values }) => pack(values)) };
}"""
TIME_ANSWER = (
    "async () => { const start = performance.now(); await engine.analyse(); return performance.now() - start; }"
)
TIME_MAP = """async ([label, key]) => {
  const start = performance.now();
  await engine.explain(label, [key]);
  return performance.now() - start;
}"""


def main() -> None:
    torch.set_num_threads(1)
    names = sys.argv[1:] or [folder.name for folder in checkpoint.find_checkpoints(checkpoint.get_weights_root())]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        for name in names:
            site = Path(folder) / name
            site.mkdir()
            seconds = export(site, name)
            print(f"\n{name}: exported in {seconds:.0f} s, {measure_folder(site / 'networks' / name) / 2**20:.1f} MB")
            measure(chromium, site, name)
        chromium.close()


def export(site: Path, name: str, films: int = CASES) -> float:
    """An edition of one network and its golden cases; seconds."""
    start = time.monotonic()
    write_site(site)
    made = checkpoint.load(name)
    listed = edition.write_network(site / "networks" / name, made, make_explainer(made, get_proof_folder()))
    facts = edition.describe_edition([listed], name)
    programs = hash_programs(site / "lib")
    write_json(site / edition.EDITION_FILE, facts | {"gate": None, "decks": [], "programs": programs})
    golden.write_cases(site / "golden", name, films)
    return time.monotonic() - start


def measure(chromium: Browser, site: Path, name: str) -> None:
    cases = json.loads((site / "golden" / golden.CASES_FILE).read_text())["cases"]
    films = [pack((site / "golden" / case["file"]).read_bytes()) for case in cases]
    keys = list(cases[0]["maps"])
    label = cases[0]["label"]
    for key in ("grad-cam", keys[-1]):
        start = time.monotonic()
        with open_site(chromium, site) as page:
            page.evaluate(FIRST, [name, films[0], label, key])
        print(f"  first map, cold ({key}): {time.monotonic() - start:.1f} s (aim for the phantom: {FIRST_MAP_S:.0f})")
    with open_site(chromium, site) as page:
        page.evaluate("(name) => engine.loadNetwork(name)", name)
        compare(page, cases, films, keys)
        time_maps(page, name, films[0], label, keys)
        if name == PHANTOM:
            print(f"  {FILMS} films: {measure_growth(page, films, label):+.0f} MB (less than {GROWTH_MB})")


def compare(page: Page, cases: list[dict], films: list[str], keys: list[str]) -> None:
    far, worst = 0.0, {key: [1.0, 0.0, 0] for key in keys}
    for case, film in zip(cases, films, strict=True):
        got = page.evaluate(COMPARE, [film, case["label"], keys])
        far = max(far, float(np.abs(np.subtract(got["logits"], case["logits"])).max()))
        for key, packed in zip(keys, got["maps"], strict=True):
            values, own = unpack(packed, np.float32), unpack(case["maps"][key]["values"], np.float32)
            largest = float(np.abs(own).max())
            if not largest:
                continue
            apart = np.abs(values - own) / largest
            of = worst[key]
            of[0] = min(of[0], float(np.corrcoef(values, own)[0, 1]))
            of[1] = max(of[1], float(np.quantile(apart, 1 - MOST_APART)))
            of[2] += int((apart > NEAR).mean() > MOST_APART)
    print(f"  logits of {len(cases)} films: at most {far:.1e} apart")
    for key, (r, apart, films_apart) in worst.items():
        print(f"  {key:30s} least r {r:.8f}, 99.9 % within {apart:.1e}, {films_apart} films beyond {NEAR:g}")


def time_maps(page: Page, name: str, film: str, label: str, keys: list[str]) -> None:
    """In turns, so that whatever else the machine does counts for all."""
    made = checkpoint.load(name)
    x = torch.from_numpy(made.card.preprocess.apply(np.full((512, 512), 0.5, np.float32)))
    jobs: dict[str, Callable[[], float]] = {
        "answers": lambda: page.evaluate(TIME_ANSWER),
        "torch": lambda: time_forward(made.model, x),
    }
    for key in keys:
        jobs[key] = lambda key=key: page.evaluate(TIME_MAP, [label, key])
    page.evaluate("(film) => engine.readFilm(bytesOf(film))", film)
    times: dict[str, list[float]] = {key: [] for key in jobs}
    for turn in range(ROUNDS + 1):
        for key, job in jobs.items():
            taken = job()
            if turn:  # the first opens sessions
                times[key].append(taken)
    one = median(times["answers"])
    print(f"  answers and class activation maps {one:.0f} ms = {one / median(times['torch']):.1f} forwards of torch")
    for key in keys:
        print(f"  {key:30s} {median(times[key]) / one:.2f} of that")


def time_forward(model: torch.nn.Module, x: torch.Tensor) -> float:
    start = time.perf_counter()
    with torch.inference_mode():
        model(x)
    return (time.perf_counter() - start) * 1000


def measure_growth(page: Page, films: list[str], label: str) -> float:
    """MB of the renderer's memory, from the first films to FILMS more."""
    session = page.context.new_cdp_session(page)
    own = find_renderers(page)
    ask = (
        "async ([film, label]) => { await engine.readFilm(bytesOf(film)); await engine.explain(label, ['grad-cam']); }"
    )
    before = 0.0
    for place in range(FILMS + len(films)):
        if place == len(films):
            before = read_memory(session, own)
        page.evaluate(ask, [films[place % len(films)], label])
    return read_memory(session, own) - before


def find_renderers(page: Page) -> list[int]:
    browser = page.context.browser
    assert browser is not None
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return [each["id"] for each in told["processInfo"] if each["type"] == "renderer"]


def read_memory(session: CDPSession, pids: list[int]) -> float:
    session.send("HeapProfiler.collectGarbage")
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids if Path(f"/proc/{pid}").exists()]
    return sum(pages) * 4096 / 2**20


if __name__ == "__main__":
    main()
