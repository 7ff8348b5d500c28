"""Any checkpoint, wherever it was made -> a calibrated one: `train calibrate`.

It is done as at the end of a training run, by the same functions, on films that are held back from what is measured. Of
a checkpoint that was trained here these are its own validation films. A network from elsewhere has none: all films of
the data set are taken for that but those of its splits "test" and "external", since here it learned from none of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cxr_demo.errors import TrainingError
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Training
from cxr_demo.text.catalogue import format_text
from train.data.datasets import DATASETS, read_dataset
from train.data.split_tables import is_made_from, read_checkpoint_table
from train.data.table import Table
from train.evaluate import calibrate_predictions, format_set, list_limits, measure_sets
from train.measure.calibration import FEWEST_PATIENTS, UNCALIBRATED, count_patients
from train.measure.predictions import Predictions, check_common_labels
from train.recipe import AS_IT_STANDS, OwnFilms


def calibrate_checkpoint(folder: Path, dataset: str, root: Path, reading: OwnFilms = AS_IT_STANDS) -> Card:
    """Temperature, thresholds with intervals, reliability and figures from the films of a data set ("": its own, split
    as when it was trained), written into the card and README of the checkpoint and printed.

    TrainingError, and nothing is written, where the films are too few or say nothing, or it was trained on them.
    """
    stored = checkpoint.load(folder)
    card, own = stored.card, stored.card.training.settings.dataset
    key = dataset or own
    if key not in DATASETS:
        raise TrainingError(
            f"The card of {card.name} names no data set that is known here.", "Name one with --dataset."
        )
    table, is_own = _read_films(stored, dataset, key, root, reading)
    check_common_labels(card, table, key)
    held_out = Predictions.of(stored, table.where(table.split == "val"))
    chosen = calibrate_predictions(held_out)
    if chosen.temperature == UNCALIBRATED:
        raise _refuse(card, held_out)
    training, has_test = card.training, bool((table.split == "test").any())
    if not is_own:
        training = describe_films(training, key, held_out, has_test=has_test)
    card = measure_sets(stored, held_out, chosen, table, training)
    for line in list_limits(card, held_out):
        print(line)
    for name, figures in card.metrics.sets.items():
        print("\n" + "\n".join(format_set(name, figures, card)))
    thresholds = f", thresholds of {len(card.thresholds)} of {len(card.labels)} labels" if card.thresholds else ""
    print(f"\n{folder}: calibrated, temperature {card.temperature:g}{thresholds}.")
    return card


def _read_films(
    stored: checkpoint.Checkpoint, dataset: str, key: str, root: Path, reading: OwnFilms
) -> tuple[Table, bool]:
    """The films, and whether it was made from them. Another folder of a person's films is none that it was made from,
    though both go by one name of DATASETS."""
    card = stored.card
    if key != card.training.settings.dataset:
        return _read_unseen(card, key, root, reading), False
    table = read_checkpoint_table(stored.folder, root, reading)
    if not DATASETS[key].is_own or is_made_from(card, table):
        return table, True
    if not dataset or DATASETS[key].title_of(table) == card.training.data:
        raise TrainingError(
            f"These are not the films that {card.name} was made from: its card says {card.training.data}, and "
            "counts others.",
            "Give --data the folder that it was made from, or name films that it never saw with --dataset "
            f"{key}, in a folder of another name.",
        )
    return _read_unseen(card, key, root, reading), False


def _read_unseen(card: Card, key: str, root: Path, reading: OwnFilms) -> Table:
    table = read_dataset(key, root, reading)
    check_unseen(card, key, table)
    return hold_back(key, table)


def read_members_table(folders: Sequence[Path], dataset: str, root: Path, reading: OwnFilms = AS_IT_STANDS) -> Table:
    """What several checkpoints are joined on: with "" as `dataset` their own films, split as when the first was
    trained, else those of a data set that none of them learned from, all but "test" and "external" as "val"."""
    if not dataset:
        return read_checkpoint_table(folders[0], root, reading)
    cards = [checkpoint.read_card(folder) for folder in folders]
    table = read_dataset(dataset, root, dataclasses.replace(reading, task=reading.task or cards[0].task))
    for card in cards:
        check_unseen(card, dataset, table)
    return hold_back(dataset, table)


def measure_on_others(folder: Path, dataset: str, table: Table, training: Training) -> Card:
    """As `evaluate.measure_checkpoint`, on films of `dataset` that it did not learn from, of which its card then says
    what they were for. What they do not state is printed."""
    stored = checkpoint.load(folder)
    held_out = Predictions.of(stored, table.where(table.split == "val"))
    chosen = calibrate_predictions(held_out)
    if chosen.temperature != UNCALIBRATED:
        training = describe_films(training, dataset, held_out, has_test=bool((table.split == "test").any()))
    card = measure_sets(stored, held_out, chosen, table, training)
    for line in list_limits(card, held_out):
        print(line)
    return card


def check_unseen(card: Card, key: str, table: Table) -> None:
    """TrainingError where a network may have learned from these films. Of which folder a person's films are, their
    source does not tell."""
    is_known = set(card.training.sources) & set(table.source[table.split == "train"])
    is_told_apart = DATASETS[key].is_own and card.training.data not in ("", DATASETS[key].title_of(table))
    if is_known and not (is_told_apart and card.training.films and not is_made_from(card, table)):
        raise TrainingError(
            f"{card.name} was trained on films of {key}.",
            "Leave out --dataset to use the films that were held back when it was trained.",
        )


def hold_back(key: str, table: Table) -> Table:
    """All that may be trained on as "val"."""
    table = dataclasses.replace(table, split=np.where(table.split == "train", "val", table.split))
    if not (table.split == "val").any():
        raise TrainingError(f"All films of {key} are for tests.", "Name another data set with --dataset.")
    return table


def _refuse(card: Card, held_out: Predictions) -> TrainingError:
    patients = count_patients(held_out.targets, held_out.rows.patient, card.task)
    stays = f"{card.name} stays {'as it was' if card.calibrated else 'uncalibrated'}"
    if patients < FEWEST_PATIENTS:
        return TrainingError(
            f"{stays}: of {patients} patients its labels are stated, and {FEWEST_PATIENTS} are the fewest that say how "
            "often a probability is right.",
            "Give more films.",
        )
    return TrainingError(
        f"{stays}: no temperature is best, so its scores say nothing of these films.",
        "See with `evaluate` whether it tells their labels at all, and whether labels and preprocessing are its own.",
    )


def describe_films(training: Training, key: str, held_out: Predictions, *, has_test: bool) -> Training:
    """What was true of an imported network, and is no longer, is taken back."""
    rows = held_out.rows
    patients = len(np.unique(rows.patient))
    said = f"{len(rows)} films of {patients} patients, {DATASETS[key].title_of(rows)}"
    changes: dict = {"calibrated_on": " ".join(filter(None, [f"{said}.", rows.caveat]))}
    if training.imported:
        untrue = [format_text("import-missing-calibration"), *([format_text("import-missing-figures")] * has_test)]
        missing = tuple(sentence for sentence in training.imported.missing if sentence not in untrue)
        changes["imported"] = training.imported.replace(missing=missing).model_dump()
        if training.caveat == format_text("import-caveat"):
            changes["caveat"] = format_text("import-caveat-calibrated")
    return training.replace(**changes)
