"""From a recipe to a checkpoint, and from a system to all of its checkpoints and what they say together."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from accelerate import Accelerator

from cxr_demo.checkpoint import CARD_FILE, Card, read_card
from cxr_demo.errors import TrainingError
from train.evaluate import finish, unfinished
from train.loop import fit
from train.processes import make_accelerator
from train.recipe import IMAGENET, SCRATCH, Recipe, System
from train.results import run_name
from train.tables import split_table_of

ROOT = Path(__file__).parent.parent
HEADLINE = ("accuracy", "macro_f1", "mcc", "macro_auroc")


def run_system(system: System, data: Path, out: Path, films: int | None = None) -> None:
    """All runs, one after the other, into `out`/RUN; what is finished there with the same settings is not run again.
    Then what the system concludes from them."""
    accelerator = make_accelerator()
    for recipe in system.recipes:
        folder = out / run_name(recipe.name)
        if _is_done(recipe, folder):
            accelerator.print(f"{folder} is finished already.")
        else:
            run_recipe(recipe, system, data, folder, films, accelerator)
    if system.conclude and accelerator.is_main_process:
        system.conclude(system, out, data)


def run_recipe(
    recipe: Recipe,
    system: System,
    data: Path,
    out: Path,
    films: int | None = None,
    accelerator: Accelerator | None = None,
) -> None:
    """Train and write the checkpoint `out`; the runs it starts from are looked for beside it."""
    accelerator = accelerator or make_accelerator()
    start = _start_folder(recipe, system, out)
    table = split_table_of(recipe, data, films)
    fitted = fit(recipe, table, unfinished(out), accelerator, start)
    if accelerator.is_main_process:
        card = finish(fitted, recipe, table, out)
        accelerator.print(f"{out}: {figures(card)}")
    accelerator.wait_for_everyone()


def figures(card: Card) -> str:
    measured = card.metrics["test"]
    return "test " + ", ".join(
        f"{name.replace('_', ' ')} {measured[name]['value']:.4f}" for name in HEADLINE if name in measured
    )


def _start_folder(recipe: Recipe, system: System, out: Path) -> Path | None:
    if recipe.start in (IMAGENET, SCRATCH):
        return None
    is_sister = recipe.start in {other.name for other in system.recipes}
    folder = out.parent / run_name(recipe.start) if is_sister else ROOT / recipe.start
    if not (folder / CARD_FILE).exists():
        raise TrainingError(
            f"{recipe.name} starts from {recipe.start}, which is not in {folder}.",
            f"Run {recipe.start} first, with --out {folder}." if is_sister else "",
        )
    return folder


def _is_done(recipe: Recipe, folder: Path) -> bool:
    if not (folder / CARD_FILE).exists():
        return False
    settings = json.loads(json.dumps(dataclasses.asdict(recipe)))
    return read_card(folder).training.get("settings") == settings
