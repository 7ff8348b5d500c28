"""From a recipe to a checkpoint, and from a system to all of its checkpoints and what they say together."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from accelerate import Accelerator

from cxr_demo.errors import TrainingError
from cxr_demo.export.output import check_output
from cxr_demo.networks.checkpoint import CARD_FILE, Card, read_card
from train.data.split_tables import read_split_table
from train.data.splits import check_trainable
from train.data.table import Table
from train.evaluate import finish_checkpoint, get_unfinished_folder
from train.fit.loop import check_batch, check_loss, fit_recipe, make_loss
from train.fit.processes import make_accelerator
from train.fit.run_state import CURVES_FOLDER, compute_fingerprint
from train.recipe import IMAGENET, IMAGENET_OR_SCRATCH, SCRATCH, Recipe, System
from train.report.run_report import get_run_name

ROOT = Path(__file__).parent.parent
HEADLINE = ("accuracy", "macro_f1", "mcc", "macro_auroc")


def run_system(system: System, data: Path, out: Path, films: int | None = None, overwrite: bool = False) -> None:
    """All runs, one after the other, into `out`/RUN; what is finished there with the same settings, films and start is
    not run again. Then their summary, which one process writes alone. `overwrite` as in `run_recipe`."""
    accelerator = make_accelerator()
    for recipe in system.recipes:
        run_recipe(recipe, system, data, out / get_run_name(recipe.name), films, accelerator, overwrite)
    if system.summarise and accelerator.num_processes > 1:
        accelerator.print("All runs are finished. The same command in one process summarises them.")
    elif system.summarise:
        system.summarise(system, out, data, films)


def run_recipe(
    recipe: Recipe,
    system: System,
    data: Path,
    out: Path,
    films: int | None = None,
    accelerator: Accelerator | None = None,
    overwrite: bool = False,
) -> None:
    """Train and write the checkpoint `out`, unless it is there; the runs it starts from are looked for beside it.
    CxrError where another checkpoint is there, unless it is to be replaced."""
    accelerator = accelerator or make_accelerator()
    start = _start_folder(recipe, system, out)
    check_loss(recipe)
    task = make_loss(recipe).task
    if recipe.changed:
        accelerator.print(f"{recipe.name}, changed: {'; '.join(recipe.changed)}.")
    table = check_trainable(read_split_table(recipe, task, data, films), task, is_trial=films is not None)
    check_batch(recipe, int((table.split == "train").sum()))
    if _is_done(out, compute_fingerprint(recipe, table, _check_start(recipe, table, start))):
        accelerator.print(f"{out} is finished already.")
        return
    check_output(out, CARD_FILE, overwrite)
    if (out / CARD_FILE).exists() and not get_unfinished_folder(out).exists() and accelerator.is_main_process:
        shutil.rmtree(out / CURVES_FOLDER, ignore_errors=True)  # the curves of the run that is replaced
    fitted = fit_recipe(recipe, table, get_unfinished_folder(out), accelerator, start)
    if accelerator.is_main_process:
        card = finish_checkpoint(fitted, recipe, table, out)
        accelerator.print(f"{out}: {format_headline(card)}")
    accelerator.wait_for_everyone()


def format_headline(card: Card) -> str:
    """The figures of the test films; of the validation films, where the data set has no others."""
    shown = "test" if "test" in card.metrics.sets else "validation"
    figures = card.metrics.sets[shown].figures
    return f"{shown} " + ", ".join(
        f"{name.replace('_', ' ')} {figures[name].value:.4f}" for name in HEADLINE if name in figures
    )


def _start_folder(recipe: Recipe, system: System, out: Path) -> Path | None:
    if recipe.start in (IMAGENET, SCRATCH, IMAGENET_OR_SCRATCH):
        return None
    is_sister = recipe.start in {other.name for other in system.recipes}
    folder = out.parent / get_run_name(recipe.start) if is_sister else ROOT / recipe.start
    if not (folder / CARD_FILE).exists():
        raise TrainingError(
            f"{recipe.name} starts from {recipe.start}, which is not in {folder}.",
            f"Run {recipe.start} first, with --out {folder}." if is_sister else "",
        )
    return folder


def _check_start(recipe: Recipe, table: Table, start: Path | None) -> str:
    """The start's sha256, or nothing. TrainingError if it may have been trained on what is held back here: the same
    films are held back only by the same split and seed."""
    if start is None:
        return ""
    card = read_card(start)
    settings, sources = card.training.settings, card.training.sources
    ours = (recipe.split, recipe.seed, recipe.validation)
    theirs = (settings.split or "official", settings.seed, settings.validation)
    if ours != theirs and np.isin(sources, np.unique(table.source)).any():
        raise TrainingError(
            f"{card.name} was trained on films that {recipe.name} holds back: its split or its seed is another.",
            "Give both the same.",
        )
    return card.weights_sha256


def _is_done(folder: Path, wanted: str) -> bool:
    return (folder / CARD_FILE).exists() and read_card(folder).training.identity == wanted
