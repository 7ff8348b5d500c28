"""What a person asks of a run that its recipe has otherwise: another network, square, batch, rate, length or task.

Each change is kept in the recipe (`Recipe.changed`), said when the run begins, and stands in the card: what was
published of a recipe is not published of a changed one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from cxr_demo.errors import TrainingError
from cxr_demo.networks.backbones import find_backbone
from train.fit.imagenet import find_scale
from train.fit.loop import make_loss
from train.recipe import AS_IT_STANDS, IntendedUse, OwnFilms, Recipe, System

LOSS_OF_TASK = {"single-label": "cross-entropy", "multi-label": "bce"}
WATCH_OF_TASK = {"single-label": "macro_f1", "multi-label": "macro_auroc"}
DESCRIPTIONS = ("name", "paper", "summary")


@dataclass(frozen=True)
class Changes:
    """Empty or None: as the recipe has it. `input_px` and `epochs` make one stage of all; `stages` says them one by
    one."""

    backbone: str = ""
    stages: tuple[tuple[int, int], ...] = ()
    input_px: int | None = None
    epochs: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    task: str = ""
    seed: int | None = None
    dataset: str = ""
    reading: OwnFilms = AS_IT_STANDS


def change_system(system: System, asked: Changes, only: str = "") -> System:
    """All recipes with the changes. `only` names the one that will be run. Raises TrainingError, as `change_recipe`;
    where the runs of a system are different networks, the network of all is not changed."""
    if asked.backbone and not only and len({recipe.backbone for recipe in system.recipes}) > 1:
        raise TrainingError(
            f"The runs of {system.name} are different networks, which --backbone would make the same.",
            f"Change one of them: {system.recipes[0].name}.",
        )
    return dataclasses.replace(system, recipes=tuple(change_recipe(recipe, asked) for recipe in system.recipes))


def change_recipe(recipe: Recipe, asked: Changes) -> Recipe:
    """TrainingError where two of the changes say the same thing, or no network has that name."""
    changes: dict[str, Any] = {"reading": asked.reading}
    given = {"seed": asked.seed, "batch": asked.batch, "learning_rate": asked.learning_rate}
    changes |= {name: value for name, value in given.items() if value is not None}
    changes |= _change_stages(recipe, asked)
    if asked.backbone and asked.backbone != recipe.backbone:
        mean, std = _find_scale(asked.backbone)
        changes |= {"backbone": asked.backbone, "mean": mean, "std": std}
    if asked.task and asked.task != make_loss(recipe).task:
        is_single = asked.task == "single-label"
        changes |= {"loss": LOSS_OF_TASK[asked.task], "watch": WATCH_OF_TASK[asked.task], "balance": is_single}
    if asked.dataset and asked.dataset != recipe.dataset:  # what it says of its own is not true of other films
        changes |= {"dataset": asked.dataset, "intended_use": IntendedUse(), "summary": ""}
    changed = dataclasses.replace(recipe, **changes)
    return dataclasses.replace(changed, changed=describe_changes(recipe, changed))


def _change_stages(recipe: Recipe, asked: Changes) -> dict[str, Any]:
    if not asked.input_px and not asked.epochs:
        return {"stages": asked.stages, "input_px": 0} if asked.stages else {}
    if asked.stages:
        raise TrainingError(
            "--stages says sizes and epochs, and so do --input and --epochs.", "Leave --stages out, or the others."
        )
    return {"stages": ((asked.input_px or recipe.size_px, asked.epochs or recipe.epochs),), "input_px": 0}


def _find_scale(backbone: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    try:
        find_backbone(backbone)
    except ValueError as error:
        raise TrainingError(f"The network of --backbone cannot be used: {error}.") from None
    return find_scale(backbone)


def describe_changes(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """ "backbone: resnet34 instead of efficientnet_b1", for each setting that differs."""
    ours, theirs = before.list_settings(), after.list_settings()
    return tuple(
        f"{name.replace('_', ' ')}: {_format(theirs[name])} instead of {_format(value)}"
        for name, value in ours.items()
        if name not in DESCRIPTIONS and theirs[name] != value
    )


def _format(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{part[0]}x{part[1]}" if isinstance(part, tuple) else f"{part:g}" for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
