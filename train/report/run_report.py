"""What the runs of one system say together: a table, learning curves, the sweep, the ensembles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import SetMetrics
from cxr_demo.networks.checkpoint import read_card
from cxr_demo.networks.whole_file import write_file
from train.fit.run_state import LOG_FILE
from train.markdown import format_table
from train.measure import plots
from train.measure.model_card import format_figure
from train.recipe import System

TABLE_FILE = "results.md"
COLUMNS = {  # of the test set, in a table's columns; those that a task does not have are left out
    "accuracy": "accuracy", "macro_f1": "macro F1", "mcc": "MCC", "macro_auroc": "macro AUROC",
    "macro_auprc": "macro AUPRC", "macro_precision": "macro precision", "macro_recall": "macro recall",
    "macro_specificity": "macro specificity",
}  # fmt: skip
OF_ONE_LABEL = ("auroc", "auprc", "sensitivity", "specificity", "f1", "mcc")  # instead, where there is one label alone


def get_run_name(recipe_name: str) -> str:
    return recipe_name.rpartition("/")[2]


def read_cards(system: System, folder: Path) -> dict[str, Card]:
    """run -> the card that was written for it."""
    return {get_run_name(recipe.name): read_card(folder / get_run_name(recipe.name)) for recipe in system.recipes}


def summarise_table(system: System, folder: Path, *notes: str) -> None:
    """All runs in one table, with the confusion matrix of each on the test films, and then the notes."""
    cards = read_cards(system, folder)
    lines = list(notes)
    if labels := next((card.labels for card in cards.values() if card.task == "single-label"), ()):
        lines.append(f"Confusion on test, rows the truth, in the order {', '.join(labels)}:\n")
        lines += [
            f"- {name}: {[list(row) for row in card.metrics.sets['test'].confusion]}" for name, card in cards.items()
        ]
    write_table(folder, f"{system.name}: {system.paper}", cards, lines)


def write_table(folder: Path, title: str, cards: dict[str, Card], more: Sequence[str] = ()) -> None:
    """One row per network and test set, printed and kept in TABLE_FILE; `more` are lines below it."""
    lines = [f"# {title}", ""]
    for split in ("test", "external"):
        rows = {name: card.metrics.sets[split] for name, card in cards.items() if split in card.metrics.sets}
        lines += [*format_set_table(split, rows, list_labels(cards)), ""] if rows else []
    text = "\n".join([*lines, *more]).rstrip() + "\n"
    write_file(folder / TABLE_FILE, text)
    print(text)


def format_set_table(split: str, rows: dict[str, SetMetrics], labels: list[str]) -> list[str]:
    """Name -> measured, as a table; each row has its own films where they are not the same for all."""
    of_one = ("accuracy", *(f"{of}_{labels[0]}" for of in OF_ONE_LABEL))
    watched = [f"auroc_{label}" for label in labels if label in ("covid19", "pneumonia")]
    wanted = (*COLUMNS, *watched) if len(labels) > 1 else of_one
    keys = [key for key in wanted if any(key in row.figures for row in rows.values())]
    films = {name: f"{row.films} films of {row.patients} patients" for name, row in rows.items()}
    is_shared = len(set(films.values())) == 1
    lines = [f"{split}, {next(iter(films.values())) if is_shared else 'each on its own films'}, 95 % intervals"]
    first = next(iter(rows.values()))
    if is_shared and first.majority_accuracy is not None:
        lines[0] += f"; the majority's accuracy is {first.majority_accuracy:.3f}"
    head = ("", *(COLUMNS.get(key, key.replace("_", " ")) for key in keys))
    cells = [
        (name if is_shared else f"{name}, {films[name]}", *(format_figure(row.figures.get(key), 3) for key in keys))
        for name, row in rows.items()
    ]
    return [*lines, "", *format_table(head, cells)]


def list_labels(cards: dict[str, Card]) -> list[str]:
    return list(dict.fromkeys(label for card in cards.values() for label in card.labels))


def read_log(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / LOG_FILE).read_text(encoding="utf-8").splitlines()]


def summarise_curves(system: System, folder: Path, runs: Sequence[str], watch: str) -> None:
    """The table, and the learning curves of `runs` side by side (`curves.png`)."""
    logs = {run: read_log(folder / run) for run in runs}
    plots.draw_curves(logs, folder / "curves.png", watch)
    head = ("", *(str(row["epoch"]) for row in logs[runs[0]]))
    rows = [(run, *(f"{row[watch]:.3f}" for row in log)) for run, log in logs.items()]
    lines = ["Validation, epoch by epoch:", "", *format_table(head, rows)]
    write_table(folder, f"{system.name}: {system.paper}", read_cards(system, folder), lines)


def summarise_sweep(system: System, folder: Path, sweeps: dict[str, Sequence[str]]) -> None:
    """`sweeps`: reading -> runs in the order of the cut. The best of each on validation is chosen; only its test
    figure is the sweep's result."""
    cards, lines = read_cards(system, folder), []
    for reading, runs in sweeps.items():
        held_out = {run: cards[run].metrics.sets["validation"].figures["macro_auroc"] for run in runs}
        chosen = max(runs, key=lambda run: held_out[run].value)
        plots.draw_bars(held_out, f"AUROC on validation, {reading}", folder / f"sweep-{reading.replace(' ', '-')}.png")
        values = ", ".join(f"{run} {held_out[run].value:.3f}" for run in runs)
        lines += [
            f"Cut, {reading}: {values} on validation; chosen {chosen}, on test "
            f"{format_figure(cards[chosen].metrics.sets['test'].figures.get('macro_auroc'), 3)}.",
            "",
        ]
    write_table(folder, f"{system.name}: {system.paper}", cards, lines)
