"""The marker test: letters and borders are masked; what changes in the probabilities and in the maps?

Bassi & Attux 2022 saw words under their relevance maps and re-tested with the words removed. Finding letters needs no
reader here: they are small, as bright as the film gets, sharp, and lie in its outer parts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from cxr_demo.analysis import Analyser, Explanation, Study
from cxr_demo.errors import ImageError
from cxr_demo.evaluation.agreement import correlate_ranks
from cxr_demo.explain.methods import METHODS, exclude_methods
from cxr_demo.film.reading import read_image
from cxr_demo.grids import resample_map
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.networks.checkpoint import load
from cxr_demo.networks.whole_file import write_file
from train.data.datasets import DATASETS
from train.data.table import Table

MARKERS_FILE = "markers.md"
BORDER = 0.05  # of each side
OUTER = 0.25  # of each side: letters are looked for there
LETTER_HEIGHT = (0.01, 0.1)  # of the film's height
FILMS = 60  # of each split
TRIAL = 20  # a quick trial masks one film of each split for so many films that it takes


def mask_markers(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """pixels (H, W) float32 0..1 -> the film with letters and borders painted over, and the mask (H, W) bool.

    Borders get the median grey of the frame just inside them, letters what lies around them (Telea 2004).
    """
    height, width = pixels.shape
    letters = _letters(pixels)
    byte = np.rint(pixels * 255).astype(np.uint8)
    masked = cv2.inpaint(byte, letters.astype(np.uint8), 3, cv2.INPAINT_TELEA).astype(np.float32) / 255
    rows, columns = max(1, round(BORDER * height)), max(1, round(BORDER * width))
    border = np.ones_like(letters)
    border[rows:-rows, columns:-columns] = False
    inside = np.zeros_like(letters)
    inside[rows : 2 * rows, columns:-columns] = inside[-2 * rows : -rows, columns:-columns] = True
    masked[border] = np.median(masked[inside])
    return masked, letters | border


def _letters(pixels: np.ndarray) -> np.ndarray:
    """(H, W) bool: small, sharp, bright spots in the outer parts, a little widened."""
    height, width = pixels.shape
    sharp = pixels - cv2.medianBlur(np.rint(pixels * 255).astype(np.uint8), _odd(0.06 * height)) / 255.0
    bright = ((sharp > 0.25) & (pixels > 0.6)).astype(np.uint8)
    bright[round(OUTER * height) : -round(OUTER * height), round(OUTER * width) : -round(OUTER * width)] = 0
    _, places, stats, _ = cv2.connectedComponentsWithStats(bright)
    low, high = (share * height for share in LETTER_HEIGHT)
    tall, wide = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    is_letter = (tall >= low) & (tall <= high) & (wide <= 2 * high)
    is_letter[0] = False  # the ground
    wider = np.ones((_odd(0.015 * height),) * 2, np.uint8)
    return cv2.dilate(is_letter[places].astype(np.uint8), wider).astype(bool)


def _odd(length: float) -> int:
    return max(3, round(length) // 2 * 2 + 1)


@dataclasses.dataclass(frozen=True)
class MarkerChange:
    """One film: the largest change of a probability, whether the most probable label changed, and for each quick
    method, of the label that was most probable: rank correlation of the maps, share of |relevance| under the mask
    before."""

    probability: float
    is_other: bool
    agreement: dict[str, float]
    under_mask: dict[str, float]


def measure_change(analyser: Analyser, path: Path) -> MarkerChange:
    image = read_image(path)
    masked, mask = mask_markers(image.pixels)
    study = analyser.analyse(image)
    other = analyser.analyse(dataclasses.replace(image, pixels=masked, sha256=f"{image.sha256} masked"))
    top = int(study.probabilities.argmax())
    excluded = exclude_methods(analyser.proof.refusals, SLOW_FORWARDS)
    methods = [key for key in METHODS if key not in excluded]
    before, after = (_maps(analyser, each, study.labels[top], methods) for each in (study, other))
    hidden = analyser.card.preprocess.square(mask.astype(np.float32)) > 0.5
    return MarkerChange(
        probability=float(np.abs(other.probabilities - study.probabilities).max()),
        is_other=bool(other.probabilities.argmax() != top),
        agreement={key: correlate_ranks(before[key].map_square, after[key].map_square) for key in methods},
        under_mask={key: _share(before[key], hidden) for key in methods},
    )


def _maps(analyser: Analyser, study: Study, label: str, methods: Sequence[str]) -> dict[str, Explanation]:
    return {key: map_ for (key, _), map_ in analyser.explain(study, [label], methods).items()}


def _share(made: Explanation, hidden: np.ndarray) -> float:
    """Of the map's absolute sum, the part under the mask (S, S); NaN for a map of nothing."""
    shape = hidden.shape[0], hidden.shape[1]
    absolute = resample_map(np.abs(made.map_square), shape, made.placement)
    total = absolute.sum()
    return float(absolute[hidden].sum() / total) if total > 0 else float("nan")


def summarise_markers(folder: Path, dataset: str, data: Path, films: int | None) -> None:
    """The test on FILMS evenly drawn films of "test" and of "external", fewer in a quick trial with `films` in all;
    printed, and kept beside the checkpoint."""
    most = FILMS if films is None else min(FILMS, max(1, films // TRIAL))
    analyser, table = Analyser(load(folder), cache_bytes=0), DATASETS[dataset].read(data)
    lines = [f"# {folder.name}: letters and borders masked", ""]
    for split in ("test", "external"):
        changes = _changes(analyser, table.where(table.split == split), split, most)
        if changes:
            lines += _said(split, changes)
    text = "\n".join(lines)
    write_file(folder / MARKERS_FILE, text)
    print(text)


def _changes(analyser: Analyser, rows: Table, split: str, most: int) -> list[MarkerChange]:
    chosen = np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)
    changes = []
    for path in tqdm(rows.paths[chosen], f"masking markers, {split}", leave=False):
        try:
            changes.append(measure_change(analyser, path))
        except ImageError as error:
            tqdm.write(f"{path.name} is left out: {error}")
    return changes


def _said(split: str, changes: list[MarkerChange]) -> list[str]:
    moved = np.array([each.probability for each in changes])
    most, others = np.quantile(moved, 0.9), sum(each.is_other for each in changes)
    lines = [
        f"{split}, {len(changes)} films: the probability that moves most moves by {np.median(moved):.3f} (median; "
        f"9 in 10 by less than {most:.3f}); another label leads in {others} films.",
        "",
        "| map of the leading label, medians | rank correlation before and after | share of it under the mask before |",
        "|---|---|---|",
    ]
    for key in changes[0].agreement:
        agreement = _format_median([each.agreement[key] for each in changes])
        share = _format_median([each.under_mask[key] for each in changes])
        lines.append(f"| {key} | {agreement} | {share} |")
    return [*lines, ""]


def _format_median(values: Sequence[float]) -> str:
    """Of those that are known; "-" where none is: maps of one cell have no ranks."""
    known = [value for value in values if not np.isnan(value)]
    return f"{np.median(known):.2f}" if known else "-"
