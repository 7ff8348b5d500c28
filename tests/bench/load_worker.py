"""The page's own work for many people, for `tests.bench.load`: reads "alone" or "together" and answers with a line of
JSON. Run with a version's own checkout first on PYTHONPATH.

Everything that happens between a film that has arrived and a page at rest, but for HTTP and the browser: the file is
read in a process of its own, gate and network are asked, the usual maps are made and drawn.
"""

from __future__ import annotations

import functools
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import psutil

try:
    from cxr_demo.networks.memory import begin_with_large_pages
except ImportError:  # of an earlier version
    pass
else:
    if __name__ == "__main__":
        begin_with_large_pages()

import app
from cxr_demo.analysis import Analyser, choose_default_methods
from cxr_demo.film.bounded_reading import start_reader
from cxr_demo.film.phantom import make_example_phantoms
from cxr_demo.film.reading import read_image
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.sessions import Sessions
from tests.ui.stand_ins import Page

try:
    from cxr_demo.networks.memory import give_back_memory
except ImportError:  # of an earlier version
    try:
        from cxr_demo.ui.app.memory import give_back_memory  # pyright: ignore[reportMissingImports]
    except ImportError:
        give_back_memory = None

NETWORKS = ("kermany-densenet121", "nih-efficientnet-lite0")  # one person in two has the one
FILM_PX = 1024


@functools.cache
def make_greys() -> np.ndarray:
    return np.rint(make_example_phantoms(FILM_PX)["consolidation"].pixels * 255).astype(np.uint8)


def make_film(number: int) -> bytes:
    """A PNG that was not seen before."""
    greys = make_greys().copy()
    greys[0, :4] = [number >> shift & 255 for shift in (0, 8, 16, 24)]
    return cv2.imencode(".png", greys)[1].tobytes()


class People:
    def __init__(self, count: int) -> None:
        self.count, self.films = count, 0
        folder = Path(tempfile.mkdtemp())
        self.desk = Desk(app.ANALYSERS, {}, folder, app.LUNGS, app.GATE, Sessions())
        self.pages: list[Page] = []
        for analyser in self.desk.analysers.values():
            analyser.prove()

    def use(self, number: int, film: bytes) -> float:
        """Seconds until the page of a person who gives the film is at rest."""
        page = Page(self.desk, f"page{number}-{self.films}")
        self.pages.append(page)
        page.press("choose_checkpoint", checkpoint=NETWORKS[number % 2])
        began = time.perf_counter()
        page.upload(film)
        for _ in page.follow():
            pass
        if page.session.film and page.session.film.is_questioned:
            page.press("show_anyway", film=page.session.wish.film)
            for _ in page.follow():
                pass
        took = time.perf_counter() - began
        assert page.session.readings[page.session.wish.film, NETWORKS[number % 2]].maps
        return took

    def work(self, number: int) -> tuple[float, float]:
        """Seconds of the arithmetic alone: of one forward and the usual maps of the first label, and of all networks
        that a film's page asks, gate and lungs before these."""
        analyser: Analyser = self.desk.analysers[NETWORKS[number % 2]]
        file = self.desk.folder / "arithmetic.png"
        file.write_bytes(make_film(1000 * self.films + 900 + number))
        image = read_image(file)
        began = time.perf_counter()
        if self.desk.gate:
            self.desk.gate.assess(image.pixels)
        if self.desk.lungs:
            self.desk.lungs.probability(image.pixels)
        judged = time.perf_counter()
        study = analyser.analyse(image)
        analyser.explain(study, study.labels[:1], choose_default_methods(analyser))
        ended = time.perf_counter()
        return ended - judged, ended - began

    def answer(self, asked: str) -> dict:
        self.films += 1
        if asked == "arithmetic":
            maps, all_networks = zip(*(self.work(number) for number in range(2)), strict=True)
            return {"maps": maps, "all": all_networks}
        films = [make_film(1000 * self.films + number) for number in range(self.count)]
        if asked == "alone":
            return {"s": [self.use(number, films[number]) for number in range(2)]}
        before = psutil.Process().memory_info().rss
        with ThreadPoolExecutor(self.count) as pool:
            seconds = list(pool.map(self.use, range(self.count), films))
        if give_back_memory is not None:  # as the page's sweep does every 20 s
            give_back_memory()
        held = psutil.Process().memory_info().rss - before
        for page in self.pages:
            self.desk.sessions.forget(page.key)
        self.pages.clear()
        return {"s": seconds, "held": held}


def main(count: int) -> None:
    start_reader()
    people = People(count)
    people.answer("alone")
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(people.answer(line.strip())), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
