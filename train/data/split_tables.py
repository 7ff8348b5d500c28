"""The films of a recipe or of a checkpoint, split as it was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from cxr_demo.errors import TrainingError
from cxr_demo.networks.card import Card
from cxr_demo.networks.checkpoint import read_card
from train.data.datasets import DATASETS, read_dataset
from train.data.splits import hold_out_validation, split_anew
from train.data.table import Table
from train.recipe import AS_IT_STANDS, OwnFilms, Recipe

LEAST = 24  # films of a class in a trial: with a tenth held back, hardly ever none


def read_split_table(recipe: Recipe, task: str, data: Path, films: int | None = None) -> Table:
    """The rows of the recipe's data set in the folder `data`, or about `films` of them, evenly drawn. `task` is that
    of its loss."""
    table = read_dataset(recipe.dataset, data, replace(recipe.reading, task=task))
    return _split(_some(table, films), recipe.split, recipe.validation, recipe.seed, task)


def read_checkpoint_table(folder: Path, data: Path, reading: OwnFilms = AS_IT_STANDS) -> Table:
    """The films, split as when the checkpoint was trained: the same data set, seed and shares, read the same way where
    `reading` does not say otherwise."""
    card = read_card(folder)
    settings = card.training.settings
    if settings.dataset not in DATASETS or settings.validation is None or settings.seed is None:
        raise TrainingError(
            f"The card of {folder.name} does not say which films it was trained on.", "Name a data set with --dataset."
        )
    reading = OwnFilms(
        patient_pattern=reading.patient_pattern or settings.patient_pattern,
        uncertain=reading.uncertain or settings.uncertain,
        labels=reading.labels or settings.labels,
        task=card.task,
    )
    table = read_dataset(settings.dataset, data, reading)
    return _split(table, settings.split or "official", settings.validation, settings.seed, card.task)


def is_made_from(card: Card, table: Table) -> bool:
    """Whether the films of this table, split as when the checkpoint was trained, may be those that its card counts: as
    many in each split, and as many with each label. Of older cards, which count none, nothing else can be told."""
    counted, labelled = card.training.films, card.training.label_films
    if any((table.split == split).sum() != films for split, films in counted.items()):
        return False
    places = {label: table.labels.index(label) for label in labelled if label in table.labels}
    return len(places) == len(labelled) and all(
        (table.targets[table.split == split, place] == 1).sum() == labelled[label].get(split, 0)
        for label, place in places.items()
        for split in counted
    )


def _some(table: Table, films: int | None) -> Table:
    """About so many rows, evenly drawn; where classes exclude each other, LEAST or more of each in each split."""
    if not films or films >= len(table):
        return table
    classes = np.where((table.targets == 1).sum(1) == 1, table.targets.argmax(1), -1)
    if (classes < 0).any():
        return table.where(np.linspace(0, len(table) - 1, films).astype(int))
    chosen = []
    for split in np.unique(table.split):
        for number in np.unique(classes):
            rows = np.flatnonzero((table.split == split) & (classes == number))
            count = min(len(rows), max(LEAST, round(len(rows) * films / len(table))))
            chosen.append(rows[np.linspace(0, len(rows) - 1, count).astype(int)])
    return table.where(np.sort(np.concatenate(chosen)))


def _split(table: Table, split: str, validation: float, seed: int, task: str) -> Table:
    if split == "custom":
        return split_anew(table, seed=seed, task=task)
    return hold_out_validation(table, validation, seed, task)
