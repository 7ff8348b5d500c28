"""A trained network -> a checkpoint with its temperature, thresholds, metrics and pictures.

Everything is measured on the weights as they are stored and read back, through the app's own way from file to logits.
Temperature and thresholds come from the validation rows; the test rows are used once, at the end.
"""

from __future__ import annotations

import dataclasses
import datetime
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from cxr_demo import checkpoint
from cxr_demo.checkpoint import Card, Checkpoint
from cxr_demo.errors import ImageError
from cxr_demo.image import read_image
from cxr_demo.model import probabilities
from train import metrics, plots
from train.datasets import DATASETS, Table
from train.loop import LOG_FILE, Fitted
from train.model_card import model_card
from train.recipe import Recipe
from train.splits import shared_patients

HALF_TOLERANCE = 0.002  # float16 is stored where no probability moves by more than this


def unfinished(folder: Path) -> Path:
    """Where a run that will become the checkpoint `folder` keeps its state."""
    return folder / "unfinished"


def finish(fitted: Fitted, recipe: Recipe, table: Table, folder: Path) -> Card:
    """Store the network in `folder`, calibrate it on "val", measure it on "test", write card, pictures and model card.

    Returns the card as written. Until all of it is measured, a checkpoint that was in `folder` before stays as it is;
    then the unfinished run's folder is removed, but for its log.
    """
    scratch = unfinished(folder)
    stored, held_out, temperature = _stored(fitted, _first_card(recipe, table, folder.name, fitted), scratch, table)
    test = _Scored.of(stored, table, "test")
    thresholds = metrics.youden_thresholds(held_out.p(temperature), held_out.rows.targets, table.labels)
    measured = {"validation": held_out.measure(temperature), "test": test.measure(temperature)}
    if len(shared := shared_patients(table, "train", "test")):
        apart = test.where(~np.isin(test.rows.patient, shared))
        measured["test, numbers that do not recur in train"] = apart.measure(temperature)
    card = dataclasses.replace(
        stored.card,
        temperature=round(temperature, 4),
        thresholds=thresholds,
        training=_training_facts(recipe, table, fitted),
        metrics=measured,
    )
    plots.draw_all(folder, test.p(temperature), test.rows.targets, table.labels, fitted.log)
    for name in (checkpoint.WEIGHTS_FILE, LOG_FILE):
        (scratch / name).replace(folder / name)
    checkpoint.save_card(folder, card)
    shutil.rmtree(scratch)
    (folder / "README.md").write_text(model_card(card, DATASETS[recipe.dataset]), encoding="utf-8")
    return card


@dataclass(frozen=True, eq=False)
class _Scored:
    """The films of one split that could be read, with their logits (N, L)."""

    rows: Table
    logits: torch.Tensor

    @classmethod
    def of(cls, stored: Checkpoint, table: Table, split: str) -> _Scored:
        rows = table.where(table.split == split)
        logits, read = predict_files(stored, rows)
        return cls(rows.where(read), logits)

    def where(self, chosen: np.ndarray) -> _Scored:
        return _Scored(self.rows.where(chosen), self.logits[torch.from_numpy(chosen)])

    def p(self, temperature: float) -> np.ndarray:
        return probabilities(self.logits.double(), "single-label", temperature).numpy()

    def measure(self, temperature: float) -> dict:
        before, after, true = self.p(1.0), self.p(temperature), self.rows.targets.argmax(1)
        return {
            "films": len(self.rows),
            "patients": len(np.unique(self.rows.patient)),
            "majority_accuracy": float(np.bincount(true).max() / len(true)),
            **metrics.with_intervals(after, true, self.rows.patient, self.rows.labels),
            "ece_before_temperature": metrics.calibration_error(before, true),
            "ece_after_temperature": metrics.calibration_error(after, true),
            "confusion": metrics.confusion(after, true).tolist(),
        }


def predict_files(stored: Checkpoint, table: Table) -> tuple[torch.Tensor, np.ndarray]:
    """Film by film through the app's way: logits (M, L) and the rows (M,) that could be read."""
    logits, rows = [], []
    for row, path in enumerate(tqdm(table.paths, "measuring", leave=False)):
        try:
            x = stored.card.preprocess.apply(read_image(path).pixels)
        except ImageError as error:  # named and left out, as when training
            tqdm.write(f"{path.name} is left out: {error}")
            continue
        with torch.inference_mode():
            logits.append(stored.model(torch.from_numpy(x)))
        rows.append(row)
    return torch.cat(logits), np.array(rows, dtype=int)


def _stored(fitted: Fitted, card: Card, folder: Path, table: Table) -> tuple[Checkpoint, _Scored, float]:
    """The network written to `folder` and read back, the validation films scored by it, and its temperature.

    As float16 where that moves no calibrated probability of the sampled validation films by more than the tolerance,
    else as float32.
    """
    for half in (True, False):
        checkpoint.save(folder, fitted.model, card, half=half)
        stored = checkpoint.load(folder)
        held_out = _Scored.of(stored, table, "val")
        temperature = metrics.fit_temperature(held_out.logits, torch.from_numpy(held_out.rows.targets))
        some = np.linspace(0, len(held_out.rows) - 1, min(64, len(held_out.rows))).astype(int)
        sample = held_out.where(some)
        exact = _Scored(sample.rows, predict_files(dataclasses.replace(stored, model=fitted.model), sample.rows)[0])
        if np.abs(exact.p(temperature) - sample.p(temperature)).max() <= HALF_TOLERANCE:
            break
    return stored, held_out, temperature


def _first_card(recipe: Recipe, table: Table, name: str, fitted: Fitted) -> Card:
    """What is known before anything is measured."""
    return Card(
        name=name,
        backbone=recipe.backbone,
        labels=table.labels,
        task="single-label",
        preprocess=recipe.preprocess(),
        summary=recipe.summary,
        licence="Apache-2.0",
        versions=fitted.made_with["versions"],
        commit=fitted.made_with["commit"],
    )


def _training_facts(recipe: Recipe, table: Table, fitted: Fitted) -> dict:
    dataset = DATASETS[recipe.dataset]
    return {
        "recipe": recipe.name,
        "settings": dataclasses.asdict(recipe),
        "initial_weights": "ImageNet, through timm" if recipe.pretrained else "none, trained from scratch",
        "data": dataset.title,
        "data_licence": dataset.licence,
        "data_citation": dataset.citation,
        "caveat": dataset.caveat,
        "films": {split: int((table.split == split).sum()) for split in ("train", "val", "test")},
        "patients": {split: len(np.unique(table.patient[table.split == split])) for split in ("train", "val", "test")},
        "patient_numbers_in_train_and_test": len(shared_patients(table, "train", "test")),
        "finished": datetime.date.today().isoformat(),
        "seconds": round(sum(row["s"] for row in fitted.log)),
        "command": fitted.made_with["command"],
        "machine": fitted.made_with["machine"],
    }
