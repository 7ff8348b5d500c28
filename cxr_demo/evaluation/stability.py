"""Stability: does the map stay when the film hardly changes?

Yeh et al. 2019 (On the (In)fidelity and Sensitivity of Explanations, definition 3.1): the largest change of a map near
a film. Two kinds of near, both own choices: noise too weak to see, and a patient who stands a few pixels elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from cxr_demo.evaluation.agreement import correlate_ranks, sum_grid_cells
from cxr_demo.progress import ProgressCallback, ignore_progress

SIGMA = 0.01  # of the film's range 0..1: between two and three of 256 grey levels
DRAWS = 8
SHIFT = 1 / 64  # of the square's side: 2 px at 128 px
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # down, right
CHANGED_FILMS = DRAWS + len(DIRECTIONS)

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Change:
    """Of the fields of `agreement`, between the map of the film and those of changed films: `rank`, the mean Spearman
    correlation (1: the same order), and `change`, the largest distance relative to the map's own length (L2; 0: the
    same). NaN where the map is the same everywhere, or 0."""

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

    Costs 1 + CHANGED_FILMS times the maps. The noise is the same at every call and is cut off at black and white. A
    shifted film goes on at its edge as it ends there; its map is drawn on the square's pixels as the page draws it,
    moved back, and compared without a border of the width of the shift.
    """
    step = max(1, round(SHIFT * len(square)))
    shifts = [(down * step, right * step) for down, right in DIRECTIONS]
    squares = [square, *(_noisy(square, seed) for seed in range(DRAWS)), *(_moved(square, shift) for shift in shifts)]
    found: list[Mapping[Key, np.ndarray]] = []
    for changed in squares:
        found.append(explain(changed))
        on_progress(len(found), len(squares))
    stable = {}
    for name, wanted in found[0].items():
        noisy = [maps[name] for maps in found[1 : 1 + DRAWS]]
        moved = [
            _drawn(maps[name], shift, square.shape) for maps, shift in zip(found[1 + DRAWS :], shifts, strict=True)
        ]
        # All without the same border, so that the fields are those of the same part of the film.
        inside = (slice(step, -step), slice(step, -step))
        still = _drawn(wanted, (0, 0), square.shape)
        stable[name] = Stability(_change(wanted, noisy), _change(still[inside], [map_[inside] for map_ in moved]))
    return stable


def _noisy(square: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, SIGMA, square.shape)
    return np.clip(square + noise, 0, 1).astype(np.float32)


def _moved(square: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """square (S, S) -> the same moved down and right by `shift` pixels."""
    room = max(map(abs, shift))
    top, left = room - shift[0], room - shift[1]
    return np.pad(square, room, mode="edge")[top : top + len(square), left : left + len(square)]


def _drawn(map_: np.ndarray, shift: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """A raw map (h, w) -> on the square's pixels, linear between the centres of its cells, and moved back by `shift`.
    As blocks, a coarse map that is right would pay at every edge of a block."""
    drawn = cv2.resize(map_.astype(np.float64), shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.roll(drawn, (-shift[0], -shift[1]), axis=(0, 1))


def _change(wanted: np.ndarray, found: list[np.ndarray]) -> Change:
    reference, others = sum_grid_cells(wanted), [sum_grid_cells(map_) for map_ in found]
    length = np.linalg.norm(reference)
    distances = [np.linalg.norm(other - reference) for other in others]
    ranks = [correlate_ranks(reference, other) for other in others]
    return Change(float(np.mean(ranks)), float(max(distances) / length) if length > 0 else float("nan"))
