"""Does noise pass deletion and insertion as often as it should, on a real network? About 25 forwards a map.

    python -m tests.bench.nulls weights/phantom-honest [maps]

Noise maps that know nothing, a film each, of which 5 % should reach p = 0.05, and how many forwards they took; and the
old measure beside it: how often a map is ahead of all of five random orders, which should be 1 of 6.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from scipy.stats import binomtest

from cxr_demo.evaluation import faithfulness
from cxr_demo.evaluation.faithfulness import CURVES, FORWARDS_LIMIT, TOLD_SHARE, measure_curves
from cxr_demo.evaluation.nulls import GRID, SMALLEST_P
from cxr_demo.film.phantom import make_phantom
from cxr_demo.networks import checkpoint

KINDS = {"smooth": 3.0, "white": 0.0}  # sigma, in fields
ORDERS = 5


def main(folder: str, maps: int = 40) -> None:
    network, random, asked = checkpoint.load(Path(folder)), np.random.default_rng(0), [0]

    def predict(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked[0] += len(x)
        with torch.inference_mode():
            logits = network.model(torch.from_numpy(x)).numpy()
        return logits, logits

    for kind, sigma in KINDS.items():
        passed, ahead, taken = Counter[str](), Counter[str](), 0
        for seed in range(maps):
            x = network.card.preprocess.apply(make_phantom(1000 + seed, 256).pixels)
            map_ = gaussian_filter(random.normal(size=(GRID, GRID)), sigma)
            asked[0] = 0
            curves = measure_curves(predict, x, map_, 0)
            taken += asked[0]
            removal = faithfulness._Removal(x, None)
            turns = [removal.rank_pixels(random.normal(size=(GRID, GRID))) for _ in range(ORDERS)]
            for check, curve in curves.items():
                passed[check] += curve.p <= SMALLEST_P
                orders = predict(np.stack([removal.change(turn, TOLD_SHARE, check) for turn in turns]))[0][:, 0]
                own = curve.logits[1]
                ahead[check] += bool((orders > own).all() if curve.better == "lower" else (orders < own).all())
        for check in CURVES:
            low, high = binomtest(passed[check], maps).proportion_ci()
            print(
                f"{kind}, {check}: p = {SMALLEST_P:.2f} in {passed[check]} of {maps} ({low:.2f} to {high:.2f}); "
                f"ahead of {ORDERS} random orders in {ahead[check]} of {maps}; "
                f"{taken / maps:.1f} forwards a map for both checks, at most {FORWARDS_LIMIT}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
