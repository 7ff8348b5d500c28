"""One version of the explainer at work, for `tests.bench.explain`: reads the names of works, a line each, and answers
with the seconds that each took. Run with the version's own checkout first on PYTHONPATH."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch

from cxr_demo.explain.engine import Explainer
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.labels import FINDINGS
from cxr_demo.networks.card import Card
from cxr_demo.networks.checkpoint import Checkpoint
from tests.conftest import make_film, make_model

CAMS = ("grad-cam", "grad-cam-plus-plus", "hires-cam", "layer-cam")
RELEVANCE = "lrp-epsilon-plus-flat"


def main(backbone: str, size_px: int, labels: int, threads: int, is_busy: int) -> None:
    torch.set_num_threads(threads)
    clock = time.process_time if is_busy else time.perf_counter
    names = tuple(FINDINGS)[:labels]
    card = Card("bench", backbone, names, "multi-label", Preprocess(size_px, "letterbox", (0.5,), (0.25,)))
    explainer = Explainer(Checkpoint(card, make_model(backbone, labels=labels), "none", Path("nowhere")))
    square = ((make_film(3, (size_px, size_px)) - 0.5) / 0.25)[None, None]
    works = {
        "four CAMs, 14 labels": lambda: explainer.maps(square, range(labels), CAMS),
        "one LRP map": lambda: explainer.maps(square, [0], [RELEVANCE]),
        "14 LRP maps": lambda: explainer.maps(square, range(labels), [RELEVANCE]),
    }
    for work in works.values():
        work()
    print("ready", flush=True)
    for line in sys.stdin:
        began = clock()
        works[line.strip()]()
        print(clock() - began, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
