"""OPTIMISERS, and the learning rate of every step, a function of what is already in the log: nothing to resume."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from train.recipe import Recipe

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


def set_learning_rate(optimiser: torch.optim.Optimizer, recipe: Recipe, log: list[dict], done: float) -> None:
    """`done`: share of all steps, 0..1; `log`: the rows of the finished epochs."""
    for group in optimiser.param_groups:
        group["lr"] = recipe.learning_rate * learning_rate_factor(recipe, log, done)


def learning_rate_factor(recipe: Recipe, log: list[dict], done: float) -> float:
    """Linear warm-up, then as `recipe.schedule` says; never 0, since a step that changes nothing is wasted."""
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
