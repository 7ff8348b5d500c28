"""Any checkpoint, wherever it was made -> a calibrated one: `train calibrate`.

It is done as at the end of a training run, by the same functions, on films that are held back from what is measured. Of
a checkpoint that was trained here these are its own validation films. A network from elsewhere has none: all films of
the data set are taken for that but those of its splits "test" and "external", since here it learned from none of them.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from cxr_demo.errors import TrainingError
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Training
from cxr_demo.text.catalogue import format_text
from train.data.datasets import DATASETS, read_dataset
from train.data.split_tables import read_checkpoint_table
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
    if key == own:
        table = read_checkpoint_table(stored.folder, root, reading)
    else:
        table = _hold_back(card, key, read_dataset(key, root, reading))
    check_common_labels(card, table, key)
    held_out = Predictions.of(stored, table.where(table.split == "val"))
    chosen = calibrate_predictions(held_out)
    if chosen.temperature == UNCALIBRATED:
        raise _refuse(card, held_out)
    training, has_test = card.training, bool((table.split == "test").any())
    if key != own:
        training = _describe_films(training, key, held_out, has_test=has_test)
    card = measure_sets(stored, held_out, chosen, table, training)
    for line in list_limits(card, held_out):
        print(line)
    for name, figures in card.metrics.sets.items():
        print("\n" + "\n".join(format_set(name, figures, card)))
    thresholds = f", thresholds of {len(card.thresholds)} of {len(card.labels)} labels" if card.thresholds else ""
    print(f"\n{folder}: calibrated, temperature {card.temperature:g}{thresholds}.")
    return card


def _hold_back(card: Card, key: str, table: Table) -> Table:
    """All that may be trained on as "val"."""
    if set(card.training.sources) & set(table.source[table.split == "train"]):
        raise TrainingError(
            f"{card.name} was trained on films of {key}.",
            "Calibrate it on the data set that it was trained on: leave out --dataset.",
        )
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


def _describe_films(training: Training, key: str, held_out: Predictions, *, has_test: bool) -> Training:
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
