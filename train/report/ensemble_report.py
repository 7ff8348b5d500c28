"""Boards: several networks of one system joined into ensembles, and the table of all of them."""

from __future__ import annotations

from pathlib import Path

from cxr_demo.networks.card import FEATURE_FUSION, RULES
from cxr_demo.networks.checkpoint import load
from train.data.split_tables import read_split_table
from train.ensembles import choose_top, make_ensemble
from train.measure.compare import measure_differences
from train.measure.intervals import format_interval
from train.measure.predictions import Predictions
from train.recipe import System
from train.report.run_report import get_run_name, read_cards, write_table

TOPS = (3, 5)


def summarise_ensembles(system: System, folder: Path, data: Path, films: int | None) -> None:
    """Rajaraman et al. 2021: the best K of the losses by validation MCC, K = 3 and 5, under the four rules and with
    their feature maps joined. One table of all runs and all ensembles."""
    cards = read_cards(system, folder)
    metrics = {get_run_name(recipe.name): cards[get_run_name(recipe.name)].metrics for recipe in system.recipes[1:]}
    table = read_split_table(system.recipes[-1], "single-label", data, films)
    for k in TOPS:
        members = [folder / name for name in choose_top(metrics, k)]
        for rule in (*RULES, FEATURE_FUSION):
            cards[f"{rule}-{k}"] = make_ensemble(members, rule, table, folder / f"{rule}-{k}", f"{rule}-{k}")
    order = choose_top(metrics, len(metrics))
    values = ", ".join(f"{name} {metrics[name].sets['validation'].figures['mcc'].value:.3f}" for name in order)
    chosen_by = f"MCC on validation, by which the top are chosen: {values}."
    write_table(folder, f"{system.name}: {system.paper}", cards, [chosen_by])


def summarise_consilium(system: System, folder: Path, data: Path, films: int | None) -> None:
    """Our networks, those named own-..., joined by weights fitted on validation, beside what the five would do."""
    cards = read_cards(system, folder)
    members = [folder / name for name in cards if name.startswith("own-")]
    table = read_split_table(system.recipes[0], "single-label", data, films)
    cards["own"] = make_ensemble(members, "weighted", table, folder / "own", "own")
    tests, five = table.where(table.split == "test"), [name for name in cards if name.startswith("as-")]
    scored = [Predictions.of(load(folder / name), tests) for name in ("own", *five)]
    lines = ["Difference of each from own on the same draws of patients, test:", ""]
    for key in ("accuracy", "macro_f1", "mcc"):
        entries = zip(five, measure_differences(scored)[key][1:], strict=True)
        lines.append(f"- {key.replace('_', ' ')}: " + ", ".join(f"{name} {_signed(entry)}" for name, entry in entries))
    write_table(folder, f"{system.name}: {system.paper}", cards, lines)


def _signed(entry: dict) -> str:
    return format_interval(entry["difference"], 3, sign=True)
