"""Stability: does the map stay the same when the image hardly changes?

Yeh et al. 2019 (On the (In)fidelity and Sensitivity of Explanations, definition 3.1): the largest change of a map near
an image. Two kinds of near, both own choices: noise too weak to see, and a patient who stands a few pixels elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from cxr_demo.evaluation.agreement import correlate_ranks, sum_grid_cells
from cxr_demo.progress import ProgressCallback, ignore_progress

SIGMA = 0.01  # of the image's range 0..1: between two and three of 256 grey levels
DRAWS = 8
SHIFT = 1 / 64  # of the square's side: 2 px at 128 px
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # down, right
CHANGED_IMAGES = DRAWS + len(DIRECTIONS)

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Change:
    """Between the map of the image and those of changed images, on the grid cells of `agreement`: `rank` is the mean
    Spearman correlation (1: the same order), and `change` the largest distance relative to the map's own length (L2; 0:
    the same). NaN where the map is the same everywhere, or 0."""

    rank: float
    change: float


@dataclass(frozen=True)
class Stability:
    noise: Change
    shift: Change


def measure_stability(
    explain: Callable[[np.ndarray], Mapping[Key, np.ndarray]],
    square: np.ndarray,
    *,
    on_progress: ProgressCallback = ignore_progress,
) -> dict[Key, Stability]:
    """`explain`: square (S, S) float32 0..1, not normalised -> raw maps (h, w) by any names, always the same ones.

    Costs 1 + CHANGED_IMAGES times the maps. The noise is the same at every call and is cut off at black and white. A
    shifted image repeats its edge; its map is enlarged to the square's pixels as the page shows it, shifted back, and
    compared without a border of the width of the shift.
    """
    step = max(1, round(SHIFT * len(square)))
    shifts = [(down * step, right * step) for down, right in DIRECTIONS]
    noisy_squares = (_add_noise(square, seed) for seed in range(DRAWS))
    squares = [square, *noisy_squares, *(_shift_square(square, shift) for shift in shifts)]
    map_sets: list[Mapping[Key, np.ndarray]] = []
    for changed in squares:
        map_sets.append(explain(changed))
        on_progress(len(map_sets), len(squares))
    original, with_noise, with_shift = map_sets[0], map_sets[1 : 1 + DRAWS], map_sets[1 + DRAWS :]
    # Every map loses the same border, so that the grid cells are those of the same part of the image.
    inside = (slice(step, -step), slice(step, -step))
    results = {}
    for name, map_ in original.items():
        noise = _measure_change(map_, [maps[name] for maps in with_noise])
        shifted_back = [
            _enlarge_and_shift_back(maps[name], shift, square)[inside]
            for maps, shift in zip(with_shift, shifts, strict=True)
        ]
        reference = _enlarge_and_shift_back(map_, (0, 0), square)[inside]
        results[name] = Stability(noise, _measure_change(reference, shifted_back))
    return results


def _add_noise(square: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, SIGMA, square.shape)
    return np.clip(square + noise, 0, 1).astype(np.float32)


def _shift_square(square: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """square (S, S) -> the same shifted down and right by `shift` pixels."""
    room = max(map(abs, shift))
    top, left = room - shift[0], room - shift[1]
    return np.pad(square, room, mode="edge")[top : top + len(square), left : left + len(square)]


def _enlarge_and_shift_back(map_: np.ndarray, shift: tuple[int, int], square: np.ndarray) -> np.ndarray:
    """A raw map (h, w) -> on the square's pixels, linear between the centres of its cells, and shifted back. Enlarged
    as blocks, a coarse map that is right would be penalised at every edge of a block."""
    enlarged = cv2.resize(map_.astype(np.float64), square.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.roll(enlarged, (-shift[0], -shift[1]), axis=(0, 1))


def _measure_change(original: np.ndarray, changed: list[np.ndarray]) -> Change:
    reference, others = sum_grid_cells(original), [sum_grid_cells(map_) for map_ in changed]
    length = np.linalg.norm(reference)
    distances = [np.linalg.norm(other - reference) for other in others]
    ranks = [correlate_ranks(reference, other) for other in others]
    return Change(float(np.mean(ranks)), float(max(distances) / length) if length > 0 else float("nan"))
