"""Several checkpoints on the same films, side by side, with the differences that the same draws of patients give."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from cxr_demo.errors import TrainingError
from cxr_demo.labels import get_finding
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from train.measure import metrics
from train.measure.calibration import UNCALIBRATED_SCORES
from train.measure.intervals import format_interval
from train.measure.metrics import FIGURES
from train.measure.predictions import Predictions, read_test_rows
from train.recipe import AS_IT_STANDS, OwnFilms


def compare_checkpoints(
    checkpoints: list[Path], dataset: str, root: Path, split: str = "test", reading: OwnFilms = AS_IT_STANDS
) -> dict[str, list[dict]]:
    """Print and return figure -> one entry per checkpoint, "value", "low", "high" and, but for the first, "difference"
    from the first with its own interval, and "word", "better" or "worse", where that interval leaves out 0.

    `reading` as in `read_dataset`. Labels that not all checkpoints and the films have are left out. Nothing is
    fitted: temperature and thresholds are those of the cards. TrainingError if the checkpoints cannot be compared on
    the same films.
    """
    if len(checkpoints) < 2:
        raise TrainingError("There is only one checkpoint.", "Name two or more to compare.")
    scored, notes = _scored_alike(checkpoints, dataset, root, split, reading)
    rows = measure_differences(scored)
    films = scored[0].rows
    print(
        f"{split}: {len(films)} films of {len(np.unique(films.patient))} patients, with 95 % intervals over patients; "
    )
    print(f"behind them, the difference from {checkpoints[0]} on the same draws.")
    if apart := _name_apart(scored):
        print(f"Not compared, as not all networks and films have them: {', '.join(apart)}.")
    for folder, note, one in zip(checkpoints, notes, scored, strict=True):
        for said in filter(None, (note, "" if one.card.calibrated else UNCALIBRATED_SCORES)):
            print(f"{folder}: {said}")
    width = max(len(str(folder)) for folder in checkpoints)
    for key, entries in rows.items():
        print(f"\n{_title(key, scored[0].card)}")
        for folder, entry in zip(checkpoints, entries, strict=True):
            print(f"  {folder!s:{width}}  {format_difference(entry)}".rstrip())
    return rows


def _name_apart(scored: list[Predictions]) -> list[str]:
    """The labels that only some of the networks and films have, by name."""
    films = scored[0].rows
    names = {label: get_finding(label, films.label_words).name for label in films.labels}
    names |= {label: each.card.get_finding(label).name for each in scored for label in each.card.labels}
    known = [set(films.labels), *(set(each.card.labels) for each in scored)]
    return [name for label, name in names.items() if not all(label in labels for labels in known)]


def measure_differences(scored: list[Predictions]) -> dict[str, list[dict]]:
    """The entries of `compare_checkpoints`, for networks scored on the same films and labels."""
    points, draws = [], []
    for films in scored:
        given = films.p(films.card.applied_temperature), films.targets
        rest = films.card.labels, films.card.task, films.card.thresholds
        points.append(metrics.compute_scores(*given, *rest))
        draws.append(metrics.resample_figures(*given, films.rows.patient, *rest))
    ranked = [f"auroc_{label}" for label in scored[0].card.labels]
    keys = [key for key in dict.fromkeys([*FIGURES, *ranked]) if all(key in point for point in points)]
    rows = {}
    for key in keys:
        measured = (
            metrics.measure_interval(point[key], drawn[key]) for point, drawn in zip(points, draws, strict=True)
        )
        entries: list[dict] = [entry for entry in measured if entry]
        if len(entries) == len(points):
            for k in range(1, len(entries)):
                entries[k] |= _difference(key, points[k][key] - points[0][key], draws[k][key] - draws[0][key])
            rows[key] = entries
    return rows


def _difference(key: str, value: float, drawn: np.ndarray) -> dict:
    found = metrics.measure_interval(value, drawn)
    if found is None:
        raise ValueError(f"the difference of {key} is no number in any draw")
    if found["low"] <= 0 <= found["high"]:
        return {"difference": found, "word": ""}
    is_better = (found["low"] > 0) != (key == "ece")  # a calibration error is better when it is small
    return {"difference": found, "word": "better" if is_better else "worse"}


def _scored_alike(
    checkpoints: list[Path], dataset: str, root: Path, split: str, reading: OwnFilms
) -> tuple[list[Predictions], list[str]]:
    """Every checkpoint on the same films, with targets for the labels alone that all of them and the films have."""
    stored = [checkpoint.load(folder) for folder in checkpoints]
    first = stored[0].card
    dataset = dataset or next(filter(None, (one.card.training.settings.dataset for one in stored)), "")
    scored, notes, seen = [], [], None
    for one in stored:
        if one.card.task != first.task:
            raise TrainingError(f"{first.name} is {first.task} and {one.card.name} is {one.card.task}.",
                                "Compare networks of one kind.")  # fmt: skip
        rows, note = read_test_rows(one, dataset, root, split, reading)
        if seen is not None and not np.array_equal(rows.paths, seen):
            raise TrainingError(f"{first.name} and {one.card.name} hold back different films as {split}.",
                                "Compare them on films that neither was trained on.")  # fmt: skip
        seen = rows.paths
        scored.append(Predictions.of(one, rows))
        notes.append(note)
    shared = set(scored[0].rows.labels).intersection(*(films.card.labels for films in scored))
    if not shared:
        raise TrainingError("These checkpoints and films have no label in common.")
    return [_only(films, shared) for films in scored], notes


def _only(films: Predictions, labels: set[str]) -> Predictions:
    kept = np.array([label in labels for label in films.card.labels])
    return dataclasses.replace(films, targets=np.where(kept, films.targets, np.nan).astype(np.float32))


def _title(key: str, card: Card) -> str:
    return FIGURES.get(key) or f"AUROC, {card.get_finding(key.removeprefix('auroc_')).name} against the rest"


def format_difference(entry: dict) -> str:
    text = format_interval(entry, 4)
    if "difference" in entry:
        text += f"   {format_interval(entry['difference'], 4, sign=True)}  {entry['word']}"
    return text
