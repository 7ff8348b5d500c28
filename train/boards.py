"""Boards: several networks of one system joined into ensembles, and the table of all of them."""

from __future__ import annotations

from pathlib import Path

from cxr_demo.ensemble import JOINED, RULES
from train.ensembles import choose_top, ensemble
from train.recipe import System
from train.results import cards_of, run_name, write_table
from train.tables import split_table_of

TOPS = (3, 5)


def conclude_ensembles(system: System, folder: Path, data: Path) -> None:
    """Rajaraman et al. 2021: the best K of the losses by validation MCC, K = 3 and 5, under the four rules and with
    their feature maps joined. One table of all runs and all ensembles."""
    cards = cards_of(system, folder)
    metrics = {run_name(recipe.name): cards[run_name(recipe.name)].metrics for recipe in system.recipes[1:]}
    table = split_table_of(system.recipes[-1], data)
    for k in TOPS:
        members = [folder / name for name in choose_top(metrics, k)]
        for rule in (*RULES, JOINED):
            cards[f"{rule}-{k}"] = ensemble(members, rule, table, folder / f"{rule}-{k}", f"{rule}-{k}")
    order = choose_top(metrics, len(metrics))
    values = ", ".join(f"{name} {metrics[name]['validation']['mcc']['value']:.3f}" for name in order)
    chosen_by = f"MCC on validation, by which the top are chosen: {values}."
    write_table(folder, f"{system.name}: {system.paper}", cards, [chosen_by])


def conclude_consilium(system: System, folder: Path, data: Path) -> None:
    """Our networks, those named own-..., joined by weights fitted on validation, beside what the five would do."""
    cards = cards_of(system, folder)
    members = [folder / name for name in cards if name.startswith("own-")]
    table = split_table_of(system.recipes[0], data)
    cards["own"] = ensemble(members, "weighted", table, folder / "own", "own")
    write_table(folder, f"{system.name}: {system.paper}", cards)
