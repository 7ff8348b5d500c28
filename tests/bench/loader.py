"""`python -m tests.bench.loader`: films per second of the training loader against what the smallest net trains.

Interleaved, so that whatever else the machine does hits both; the medians are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from cxr_demo.networks.classifier import Classifier
from tests.conftest import TESTED
from train.fit.batches import iterate_batches
from train.recipe import SCRATCH, Augment, Recipe

GOAL = 5.0
SIZE_PX, BATCH, BATCHES, ROUNDS = 224, 32, 2, 7
EVERY_CHANGE = Augment(rotate_deg=10, scale=0.1, shift=0.05, flip=0.5, contrast=0.2, brightness=0.1, gamma=0.2)
LABELS = 14


def smallest_backbone() -> str:
    """Of TESTED, the one that does least work for a film: the hardest to keep busy."""

    def operations(name: str) -> int:
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            Classifier(name, LABELS, 1).eval()(torch.empty(1, 1, SIZE_PX, SIZE_PX))
        return counter.get_total_flops()

    return min(TESTED, key=operations)


def main() -> None:
    """Prints both speeds and their ratio."""
    backbone = smallest_backbone()
    stages = ((SIZE_PX, 1),)
    recipe = Recipe("bench", "none", "nih", backbone, stages, SCRATCH, "Loader.", batch=BATCH, augment=EVERY_CHANGE)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    films = np.random.default_rng(0).integers(0, 256, (BATCH * BATCHES, SIZE_PX, SIZE_PX), dtype=np.uint8)
    targets = torch.zeros(len(films), LABELS)
    model = Classifier(backbone, LABELS, len(recipe.mean)).to(device).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(model.parameters())
    squares = next(iterate_batches(films, targets, recipe, 0, device=device))[0]
    preprocess, wanted = recipe.preprocess(), targets[:BATCH].to(device)

    def load() -> None:
        for _ in iterate_batches(films, targets, recipe, 0, device=device):
            pass

    def train() -> None:
        for _ in range(BATCHES):
            x = preprocess.normalise(squares).contiguous(memory_format=torch.channels_last)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(x), wanted)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()

    rounds = [(_films_per_s(load, device), _films_per_s(train, device)) for _ in range(ROUNDS + 1)][1:]
    loaded, trained = (median(speeds) for speeds in zip(*rounds, strict=True))
    ratio = loaded / trained
    verdict = "reached" if ratio >= GOAL else "missed"
    print(f"{backbone}, {SIZE_PX} px, {device.type}, {torch.get_num_threads()} threads")
    print(
        f"loader {loaded:.0f} films/s, training {trained:.0f} films/s: {ratio:.1f} times (goal {GOAL:.0f}: {verdict})"
    )


def _films_per_s(work: Callable[[], None], device: torch.device) -> float:
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return BATCH * BATCHES / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
