"""OPTIMISERS, the one training loop of the house, and its learning rate.

The learning rate of a step is a function of what is already in the log, so there is nothing of it to resume.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import torch
from torch import nn

from train.recipe import Recipe

Batch = TypeVar("Batch")

OPTIMISERS: dict[str, Callable[[list[dict], float], torch.optim.Optimizer]] = {
    "adamw": lambda groups, rate: torch.optim.AdamW(groups, lr=rate),
    "adam": lambda groups, rate: torch.optim.Adam(groups, lr=rate),
    "sgd": lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True),
    "rmsprop": lambda groups, rate: torch.optim.RMSprop(groups, lr=rate, alpha=0.9),  # Keras' own decay
}


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Of the parameters that are not frozen; biases and scales are not decayed."""
    free = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in free if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in free if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return OPTIMISERS[recipe.optimiser](groups, recipe.learning_rate)


def take_steps(
    optimiser: torch.optim.Optimizer,
    batches: Iterable[Batch],
    steps: int,
    learning_rate: Callable[[float], float],
    compute_loss: Callable[[Batch], torch.Tensor],
    backward: Callable[[torch.Tensor], object] = torch.Tensor.backward,
) -> Iterator[torch.Tensor]:
    """One step of the optimiser for each of the `steps` batches; yields the loss of each, a scalar without a graph.

    `learning_rate` takes the share of these steps that are done, 0..1. Nothing happens until the result is iterated.
    """
    for step, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step / steps)
        loss = compute_loss(batch)
        optimiser.zero_grad(set_to_none=True)
        backward(loss)
        optimiser.step()
        yield loss.detach()


def learning_rate_factor(recipe: Recipe, log: list[dict], done: float) -> float:
    """Linear warm-up, then as `recipe.schedule` says; never 0, since a step that changes nothing is wasted.

    `done` is the share of all steps of the run, 0..1; `log` holds the rows of the finished epochs.
    """
    warm = recipe.warmup
    if done < warm:
        return max(done / warm, 0.01)
    if recipe.schedule == "cosine":
        return max(0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm))), 1e-3)
    return 0.5 ** count_plateaus(log, recipe.watch, recipe.plateau) if recipe.schedule == "plateau" else 1.0


def count_plateaus(log: list[dict], watch: str, epochs: int) -> int:
    """How often `watch` has stayed without a new best for so many epochs in a row."""
    best, waited, found = -math.inf, 0, 0
    for row in log:
        best, waited = (row[watch], 0) if row[watch] > best else (best, waited + 1)
        if waited == epochs:
            found, waited = found + 1, 0
    return found


def is_over(log: list[dict], recipe: Recipe) -> bool:
    """All epochs done, or `patience` epochs without a new best in the last stage."""
    if len(log) >= recipe.epochs:
        return True
    values = [row[recipe.watch] for row in log[recipe.epochs - recipe.stages[-1][1] :]]
    return bool(recipe.patience and values) and len(values) - 1 - values.index(max(values)) >= recipe.patience
