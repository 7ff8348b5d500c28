"""How much each choice of `methods.CHOICES` changes LRP on the bundled networks, as the table of docs/explanations.md.

    python -m tests.bench.choices [NAME ...]

Four rendered films with a finding each; the most probable label; LRP (epsilon, z-plus, flat) as it is shown against
the same without one choice, and without all of them. Medians, and the smallest and the largest.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import torch
from scipy.stats import rankdata

from cxr_demo.explain.engine import make_explainer, make_unproved_maps
from cxr_demo.explain.methods import CHOICES
from cxr_demo.film.phantom import make_phantom
from cxr_demo.grids import resample_map
from cxr_demo.networks import checkpoint
from cxr_demo.networks.checkpoint import Checkpoint

METHOD = "lrp-epsilon-plus-flat"
FINDINGS = ("consolidation", "effusion", "mass", "cardiomegaly")
FILMS = [make_phantom(seed, findings=(finding,)).pixels for seed, finding in enumerate(FINDINGS)]
FIELDS = (16, 16)


def make_maps(loaded: Checkpoint, as_written: tuple[str, ...]) -> list[np.ndarray]:
    """The map of the most probable label of each film."""
    explainer, maps = make_explainer(loaded, as_written=as_written), []
    for film in FILMS:
        x = loaded.card.preprocess.apply(film)
        with torch.inference_mode():
            label = int(loaded.model(torch.from_numpy(x))[0].argmax())
        made = make_unproved_maps(loaded, explainer, loaded.model, x, [label], [METHOD])
        maps.append(made[METHOD, label])
    return maps


def correlate(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def describe(values: list[float], sign: str = "") -> str:
    middle, low, high = np.median(values), min(values), max(values)
    return f"{middle:{sign}.2f} ({low:{sign}.2f} to {high:{sign}.2f})"


def make_rows(loaded: Checkpoint) -> list[str]:
    """One row for each choice that changes something, and one for all of them."""
    shown = make_maps(loaded, ())
    made = make_explainer(loaded).proof.choices[METHOD]
    assert set(made) <= set(CHOICES)
    rows = []
    for name, undone in (*((choice, (choice,)) for choice in made), ("all of them", made)):
        other = make_maps(loaded, undone)
        pairs = list(zip(shown, other, strict=True))
        r = [correlate(*pair) for pair in pairs]
        rank = [correlate(*(rankdata(resample_map(map_, FIELDS)) for map_ in pair)) for pair in pairs]
        sums = [float(b.sum(dtype=np.float64) / a.sum(dtype=np.float64)) for a, b in pairs]
        rows.append(f"| {loaded.card.name} | {name} | {describe(r)} | {describe(rank)} | {describe(sums)} |")
    return rows


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    print("| network | without | r of pixels | rank correlation of 16 x 16 fields | sum, times as large |")
    print("|---|---|---|---|---|")
    for folder in checkpoint.find_checkpoints(checkpoint.get_weights_root()):
        if not sys.argv[1:] or folder.name in sys.argv[1:]:
            print(*make_rows(checkpoint.load(folder)), sep="\n", flush=True)
