"""Where maps point: maps of a label against the places where it was seen on the same film.

As CheXlocalize measures it (Saporta et al. 2022, Benchmarking saliency methods for chest X-ray interpretation, Nature
Machine Intelligence 4): every film with the finding counts, whatever the network says of it; nothing is tuned, and no
map is smoothed. Own choices: only values above 0, which speak for the finding, count, so that signed maps and those cut
at 0 are measured alike; a map with no such value is a miss with IoU 0; where several pixels share the largest value,
each of them has its share of the hit, because on a coarse map whole corners do and the first of them is no better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.evaluation.regions import make_box_mask
from cxr_demo.explain.engine import EnsembleExplainer, Explainer, make_explainer
from cxr_demo.explain.methods import METHODS, exclude_methods
from cxr_demo.film.reading import read_image
from cxr_demo.limits import BENCHMARK_FORWARDS
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Localisation, LocalisationRow
from cxr_demo.networks.checkpoint import Checkpoint
from train.data.datasets import DATASETS
from train.data.readers import Boxes, read_box_file
from train.data.table import Table
from train.markdown import format_table, pad_columns
from train.measure import metrics
from train.measure.intervals import draw_patients

BASELINES = {"centre": "Middle of the film, no network", "chance": "Chance: a random point, the whole film"}
FIGURES = {"hit_rate": "Hit rate", "miou": "mIoU"}
LOCALISATION = "localisation"  # its place in a card's metrics
ALL = ""  # stands for all labels together
PROTOCOL = (
    "By the protocol of CheXlocalize (Saporta et al. 2022), with boxes for outlines. Hit rate: how often the largest "
    "value of a map lies inside a box of its finding. mIoU: intersection over union of the boxes and what Otsu's "
    "threshold marks in the map, mean over the maps. Only values above 0 count; a map that has none, empty here, is a "
    "miss. Findings do not fill their boxes: even a perfect map stays below an mIoU of 1. Chance is the share of the "
    "film that the boxes cover. Where a method does not beat both chance and the middle of the film, its maps say no "
    "more than a blind guess. In brackets the number of maps, and 95 % intervals over patients: of few maps they are "
    "too narrow, of one patient there is none."
)
NOT_NEW = "Those of train and val made the checkpoint: only the others are new to it."


@dataclass(frozen=True)
class Localised:
    """One map, by a method or a baseline, against the truth of one label on one film; `hit` and `iou` are 0..1.
    `is_empty`: no value of the map is above 0."""

    method: str
    label: str
    patient: str
    split: str
    hit: float
    iou: float
    is_empty: bool = False


def localise_checkpoint(map_image: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """map_image (H, W) raw, mask (H, W) bool with the truth, not empty -> hit and IoU, each 0..1."""
    evidence = np.maximum(map_image, 0)
    largest = evidence.max()
    if not largest > 0:
        return 0.0, 0.0
    marked = mark_strongest(evidence)
    return float(mask[evidence == largest].mean()), float((marked & mask).sum() / (marked | mask).sum())


def mark_strongest(evidence: np.ndarray) -> np.ndarray:
    """evidence (H, W), 0 or more -> (H, W) bool, what lies above Otsu's threshold of the map stretched to 256 greys
    (Otsu 1979); nothing where all is the same."""
    low, high = float(evidence.min()), float(evidence.max())
    if not high > low:
        return np.zeros(evidence.shape, bool)
    greys = (255 * ((evidence - low) / (high - low))).astype(np.uint8)
    return cv2.threshold(greys, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1] > 0


def make_centre_map(shape: tuple[int, int]) -> np.ndarray:
    """(H, W): a Gaussian on the middle of the film, its standard deviation a quarter of each side (own choice)."""
    height, width = shape
    return cv2.getGaussianKernel(height, height / 4) @ cv2.getGaussianKernel(width, width / 4).T


def summarise_localisation(hits: Sequence[float], ious: Sequence[float], patient: np.ndarray) -> dict:
    """N maps of one method -> their number, that of the patients, "hit_rate" and "miou", each with the 95 % interval
    over draws of whole patients; of one patient the value alone."""
    values, patients = np.column_stack([hits, ious]), len(np.unique(patient))
    entries = [{"value": float(value)} for value in values.mean(0)]
    if patients > 1:
        draws = draw_patients(patient, metrics.RESAMPLINGS)
        drawn = np.concatenate([weights @ values / weights.sum(1, keepdims=True) for weights in draws])
        entries = [
            metrics.measure_interval(entry["value"], column) for entry, column in zip(entries, drawn.T, strict=True)
        ]
    return {"maps": len(values), "patients": patients, **dict(zip(FIGURES, entries, strict=True))}


def read_boxes(card: Card, dataset: str, root: Path, file: Path | None = None) -> Boxes:
    """Those of a data set ("": the checkpoint's own) or of a `file` in NIH's layout, of the labels that the checkpoint
    knows."""
    key = dataset or card.training.settings.dataset
    if file is not None:
        boxes = read_box_file(file)
    elif (read := DATASETS[key].boxes) is not None:
        boxes = read(root)
    else:
        boxed = ", ".join(name for name, entry in DATASETS.items() if entry.boxes)
        raise TrainingError(
            f"Nothing tells where the findings of {key} are.", f"Give a list of --boxes. Some come with: {boxed}."
        )
    return {place: found for place, found in boxes.items() if place[1] in card.labels}


def localise_films(
    stored: Checkpoint, rows: Table, boxes: Boxes, split: str, note: str, asked: Sequence[str] = (), *, own: bool = True
) -> Localisation:
    """What a card's `metrics` holds of it: a row for each set, method and label (ALL: every label), and notes on them.

    The methods are those `asked` for, or all that cost up to BENCHMARK_FORWARDS; one that this checkpoint does not
    allow is left out. The sets are all of `rows`, called `split`, and of its `own` data set the splits where it has
    several. TrainingError where no film has a box.
    """
    names = np.array([path.name for path in rows.paths])
    boxed = rows.where(np.isin(names, [name for name, _ in boxes]))
    if not len(boxed):
        raise TrainingError(f"None of these {len(rows)} films has a box.", "Take more of them: --split all.")
    made, labels = make_explainer(stored), stored.card.labels
    excluded = exclude_methods(made.proof.refusals, math.inf if asked else BENCHMARK_FORWARDS)
    left_out = {key: reason for key, reason in excluded.items() if not asked or key in asked}
    methods = [key for key in asked or METHODS if key not in left_out]
    found = list(_localised(stored, made, boxed, boxes, methods))
    there = {one: int((boxed.split == one).sum()) for one in np.unique(boxed.split).tolist()}
    sets = {split: list(there)} | ({one: [one] for one in there} if own and len(there) > 1 else {})
    summaries = [
        {"set": name, **summary}
        for name, splits in sets.items()
        for summary in _summaries([one for one in found if one.split in splits], [*methods, *BASELINES], labels)
    ]
    counts = ": " + ", ".join(f"{one} {count}" for one, count in there.items()) if own else ""
    said = [f"Of {len(rows)} films {len(boxed)}, of {len(np.unique(boxed.patient))} patients, have boxes{counts}."]
    said += [NOT_NEW] * bool(own and there.keys() & {"train", "val"}) + [f"Said of all of them: {note}"] * bool(note)
    for reason in dict.fromkeys(left_out.values()):
        named = ", ".join(METHODS[key].name for key, why in left_out.items() if why == reason)
        said.append(f"Left out: {named} ({reason}).")
    return Localisation.model_validate({"said": said, "rows": summaries})


def _localised(
    stored: Checkpoint, made: Explainer | EnsembleExplainer, rows: Table, boxes: Boxes, methods: Sequence[str]
) -> Iterator[Localised]:
    """Every method and baseline on every label of every film that has a box; each map is the one the app shows."""
    labels, preprocess = stored.card.labels, stored.card.preprocess
    for path, patient, split in zip(tqdm(rows.paths, "localising", leave=False), rows.patient, rows.split, strict=True):
        pixels = read_image(path).pixels
        there = [label for label in labels if (path.name, label) in boxes]
        truths = {label: make_box_mask(boxes[path.name, label], pixels.shape) for label in there}
        if not all(mask.any() for mask in truths.values()):
            raise TrainingError(f"A box of {path.name} is empty or lies outside the film.", "Is it the original file?")
        maps = made.maps(preprocess.apply(pixels), [labels.index(label) for label in there], methods)
        for label, mask in truths.items():
            share = float(mask.mean())  # both the chance that a random point hits, and the IoU of the whole film
            yield Localised("chance", label, patient, split, share, share)
            yield Localised("centre", label, patient, split, *localise_checkpoint(make_centre_map(mask.shape), mask))
            for key in methods:
                map_square = maps[key, labels.index(label)]
                map_image = preprocess.map_to_image(map_square, mask.shape, made.find_placement(key))
                hit, iou = localise_checkpoint(map_image, mask)
                yield Localised(key, label, patient, split, hit, iou, is_empty=not (map_image > 0).any())


def _summaries(found: Sequence[Localised], methods: Sequence[str], labels: Sequence[str]) -> Iterator[dict]:
    present = {one.label for one in found}
    for label in (*(one for one in labels if one in present), ALL):
        for method in methods:
            chosen = [one for one in found if one.method == method and label in (one.label, ALL)]
            patient = np.array([one.patient for one in chosen])
            summary = summarise_localisation([one.hit for one in chosen], [one.iou for one in chosen], patient)
            yield {"label": label, "method": method, "empty": sum(one.is_empty for one in chosen), **summary}


def format_localisation(localised: Localisation, card: Card) -> list[str]:
    """A paragraph and tables in Markdown, as the terminal and the model card show them: a row for each method, a column
    for each label, by the card's name for it."""
    lines = [PROTOCOL, "", " ".join(localised.notes), ""]
    for name in dict.fromkeys(row.set for row in localised.rows):
        of_set = {(row.method, row.label): row for row in localised.rows if row.set == name}
        for figure, title in FIGURES.items():
            lines += [*_format_figure(f"{title}, {name} films", figure, of_set, card), ""]
    return lines


def _format_figure(title: str, figure: str, of_set: dict[tuple[str, str], LocalisationRow], card: Card) -> list[str]:
    methods, labels = (tuple(dict.fromkeys(names)) for names in zip(*of_set, strict=True))
    labels = labels[:1] if len(labels) == 2 else labels  # all of one label are that label
    names = {label: card.get_finding(label).name if label else "All" for label in labels}
    rows = [[title, *(f"{names[label]} ({of_set[methods[0], label].maps})" for label in labels), "Empty"]]
    for key in methods:
        cells = [getattr(of_set[key, label], figure).format(2) for label in labels]
        rows.append([name_method(key), *cells, str(of_set[key, ALL].empty)])
    head, *body = pad_columns(rows)
    return format_table(head, body)


def name_method(method: str) -> str:
    return BASELINES.get(method) or (METHODS[method].name if method in METHODS else method)
