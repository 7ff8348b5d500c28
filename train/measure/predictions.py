"""Films with the logits that a stored checkpoint gives them, through the app's own way from file to logits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import OperatingPoints, Reliability, SetMetrics
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import compute_probabilities
from train.data.datasets import DATASETS, pack_films, read_dataset
from train.data.split_tables import read_checkpoint_table
from train.data.table import Table
from train.measure import metrics
from train.recipe import AS_IT_STANDS, IMAGENET, IMAGENET_OR_SCRATCH, SCRATCH, OwnFilms

BATCH = 32


@dataclass(frozen=True, eq=False)
class Predictions:
    """N films that could be read. `targets` (N, L) float32 and `logits` (N, L) are in the order of the card's labels;
    labels that the films' table does not have are NaN."""

    card: Card
    rows: Table
    targets: np.ndarray
    logits: torch.Tensor

    @classmethod
    def of(cls, stored: Checkpoint, rows: Table) -> Predictions:
        """TrainingError if there is no film, or none that can be read, or the network gives one no finite scores."""
        logits, read = predict_files(stored, rows)
        rows = rows.where(read)
        broken = ~torch.isfinite(logits).all(dim=1).numpy()
        if broken.any():
            raise TrainingError(
                f"{stored.card.name} gives {broken.sum()} of {len(rows)} films scores that are no numbers, "
                f"{rows.paths[broken][0].name} among them.",
                "Its weights are of no use: train it anew, or take another checkpoint.",
            )
        return cls(stored.card, rows, match_labels(rows, stored.card.labels), logits)

    def where(self, chosen: np.ndarray) -> Predictions:
        """The films of a boolean mask (N,)."""
        return replace(
            self,
            rows=self.rows.where(chosen),
            targets=self.targets[chosen],
            logits=self.logits[torch.from_numpy(chosen)],
        )

    def p(self, temperature: float) -> np.ndarray:
        """(N, L) float64; temperature 1 gives what was never calibrated."""
        return compute_probabilities(self.logits.double(), self.card.task, temperature).numpy()

    def measure(self, temperature: float, thresholds: dict[str, float]) -> SetMetrics:
        """What a card's `metrics` holds of one set: figures with intervals, counts and the baseline. No NaN."""
        before, after, task, labels = self.p(1.0), self.p(temperature), self.card.task, self.card.labels
        numbers = {
            "majority_accuracy": metrics.compute_majority_accuracy(self.targets, task),
            "ece_before_temperature": metrics.compute_calibration_error(before, self.targets, task),
            "ece_after_temperature": metrics.compute_calibration_error(after, self.targets, task),
        }
        facts = {
            "films": len(self.rows),
            "patients": len(np.unique(self.rows.patient)),
            **{name: value for name, value in numbers.items() if not np.isnan(value)},
            **metrics.measure_with_intervals(after, self.targets, self.rows.patient, labels, task, thresholds),
            "stated": (~np.isnan(self.targets)).sum(0).tolist(),
            "positive": np.nansum(self.targets, axis=0).astype(int).tolist(),
            **({"confusion": metrics.count_confusion(after, self.targets).tolist()} if task == "single-label" else {}),
        }
        return SetMetrics.model_validate(facts)

    def measure_details(
        self, names: Iterable[str], temperature: float, thresholds: dict[str, float]
    ) -> dict[str, dict[str, OperatingPoints] | dict[str, Reliability]]:
        """Those of "operating_points" and "reliability" that are named, label by label, as a card holds them."""
        p, labels = self.p(temperature), self.card.labels
        made = {
            "operating_points": lambda: metrics.measure_operating_points(p, self.targets, labels, thresholds),
            "reliability": lambda: metrics.measure_reliability(p, self.targets, labels),
        }
        return {name: made[name]() for name in names}

    def measure_by_source(self, name: str, temperature: float, thresholds: dict[str, float]) -> dict[str, SetMetrics]:
        """set -> figures: all films, then those of each source where there is more than one."""
        measured, sources = {name: self.measure(temperature, thresholds)}, np.unique(self.rows.source)
        for source in sources if len(sources) > 1 else ():
            part = self.where(self.rows.source == source)
            measured[f"{name}, source {source}"] = part.measure(temperature, thresholds)
        return measured


def read_test_rows(
    stored: Checkpoint, dataset: str, root: Path, split: str, reading: OwnFilms = AS_IT_STANDS
) -> tuple[Table, str]:
    """The rows of a split ("all": of every split) of a data set ("": the checkpoint's own, split as when it was
    trained), and what must be said about them, or "". `reading` as in `read_dataset`; by another one than the
    checkpoint's its own films are split otherwise. TrainingError if there are none or no label is shared."""
    card = stored.card
    own = card.training.settings.dataset
    key = dataset or own
    if key not in DATASETS:
        raise TrainingError(
            f"The card of {card.name} names no data set that is known here.", "Name one with --dataset."
        )
    is_own = key == own
    table = read_checkpoint_table(stored.folder, root, reading) if is_own else read_dataset(key, root, reading)
    rows = table if split == "all" else table.where(table.split == split)
    if not len(rows):
        there = ", ".join(np.unique(table.split))
        raise TrainingError(f"There are no films of the split {split} in {key}.", f"Its splits are: {there}.")
    check_common_labels(card, table, key)
    is_split_alike = is_own and reading.patient_pattern in ("", card.training.settings.patient_pattern)
    return rows, _describe_training_rows(card, table if is_split_alike else None, rows, split)


def check_common_labels(card: Card, table: Table, dataset: str) -> None:
    if not set(table.labels) & set(card.labels):
        raise TrainingError(
            f"{card.name} and {dataset} have no label in common.",
            f"It knows {', '.join(card.labels)}; they have {', '.join(table.labels)}.",
        )


def _describe_training_rows(card: Card, own: Table | None, rows: Table, split: str) -> str:
    """Whether the checkpoint may have seen these rows; `own` is the whole table it was made from, split again."""
    training, said = card.training, ""
    settings, counted = training.settings, training.films
    is_official = settings.split != "custom" and split in ("test", "external")  # then only these must agree
    parts = [split] if is_official else list(counted)
    if own is not None and counted and all((own.split == part).sum() == counted.get(part, 0) for part in parts):
        if split == "val":
            said = "Its epoch, temperature and thresholds were chosen on these films."
        if split == "all":
            said = f"{np.isin(rows.split, ('train', 'val')).sum()} of these films were in its training or validation."
    elif not training.sources or set(rows.source) & set(training.sources):
        said = "Its card cannot tell whether some of these films were among those it was trained on."
    if training.calibrated_on:
        said += f" It was calibrated on {training.calibrated_on}"
    if settings.start not in ("", IMAGENET, SCRATCH, IMAGENET_OR_SCRATCH):
        said += f" It began with the weights of {settings.start}, whose films are not counted here."
    return said.strip()


def match_labels(rows: Table, labels: tuple[str, ...]) -> np.ndarray:
    """The targets (N, L) of these labels, matched by name; NaN for labels that the table does not have."""
    targets = np.full((len(rows), len(labels)), np.nan, np.float32)
    for k, label in enumerate(labels):
        if label in rows.labels:
            targets[:, k] = rows.targets[:, rows.labels.index(label)]
    return targets


def predict_files(stored: Checkpoint, rows: Table) -> tuple[torch.Tensor, np.ndarray]:
    """Logits (M, L) and the rows (M,) that could be read; TrainingError if there are none.

    `pack_films` reads a film as the app does, to squares of 256 greys, so they are the same to the last bit.
    """
    films, readable = pack_films(rows, stored.card.preprocess, "reading")
    return predict_squares(stored.model, films, stored.card.preprocess, title="measuring"), readable


@torch.inference_mode()
def predict_squares(
    network: Callable[[torch.Tensor], torch.Tensor],
    films: np.ndarray,
    preprocess: Preprocess,
    *,
    rows: np.ndarray | None = None,
    batch: int = BATCH,
    device: torch.device | str = "cpu",
    title: str = "",
) -> torch.Tensor:
    """films (N, S, S) uint8 -> what `network` makes of x (n, C, S, S), batch by batch: logits (N, L) on `device`.

    With `rows` (M,), of these films alone. `network` is in eval mode; with a `title` a progress bar is shown.
    """
    chosen = np.arange(len(films)) if rows is None else rows
    logits = []
    for part in tqdm(np.array_split(chosen, math.ceil(len(chosen) / batch)), title, leave=False, disable=not title):
        squares = torch.from_numpy(films[part]).to(device)[:, None].float() / 255
        logits.append(network(preprocess.normalise(squares)))
    return torch.cat(logits)
