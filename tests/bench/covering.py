"""`python -m tests.bench.covering [FILMS]`: does covering take a finding away, and nothing else?

Rendered films with one finding each (FILMS of every kind, 50 unless told) that phantom-honest finds. The box around
what was planted, a little wider, is covered in every way, and so is the same box on the other side, where nothing was
planted. Counted: how often the probability falls by ten points or more.
"""

from __future__ import annotations

import sys
from collections import defaultdict

import numpy as np

from cxr_demo.analysis import Analyser
from cxr_demo.evaluation.covering import COVERS, KEEP, cover_image
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks import checkpoint
from tests.boxes import find_box, mirror_box
from train.markdown import format_table, pad_columns

FIRST_SEED, SIDE_PX = 20_000, 256  # films that nothing was trained on
FALL = 0.1


def main(films: int) -> None:
    analyser = Analyser(checkpoint.load(checkpoint.get_weights_root() / "phantom-honest"), cache_bytes=0)
    falls: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for index, label in enumerate(analyser.card.labels):

        def ask(image: Radiograph, index: int = index) -> float:
            return float(analyser.analyse(image).probabilities[index])

        for seed in range(FIRST_SEED, FIRST_SEED + films):
            phantom = make_phantom(seed, SIDE_PX, [label])
            image = Radiograph(phantom.pixels, (), "0" * 64, "PNG")
            if (before := ask(image)) < analyser.card.thresholds[label]:
                continue
            box = find_box(phantom.planted[0].mask)
            for how in COVERS:
                there, elsewhere = (before - ask(cover_image(image, [each], how)) for each in (box, mirror_box(box)))
                falls[label, how].append((there, elsewhere))
    head = ["Planted", "Covered", "Films", "Falls by 10 points: what was planted", "the same place on the other side"]
    rows = []
    for (label, how), found in falls.items():
        there, elsewhere = (np.array(found) >= FALL).mean(0)
        rows.append([label, how if how != KEEP else "all else", str(len(found)), f"{there:.2f}", f"{elsewhere:.2f}"])
    padded = pad_columns([head, *rows])
    print("\n".join(format_table(padded[0], padded[1:])))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
