"""Decks of phantoms: which findings and which letters each film has, drawn from its seed alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from cxr_demo.film.phantom import Phantom, burn_in, make_phantom

LABELS = ("consolidation", "effusion", "mass", "cardiomegaly")
SHORTCUT, LETTERS = "consolidation", "PORT"
SHARE = 0.4  # of the films that have a label; each label is drawn for itself
PLACEMENTS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {  # has SHORTCUT (N,), lot 0..1 (N,) -> letters
    "by lot": lambda planted, lot: lot < 0.5,
    "aligned": lambda planted, lot: planted,
    "absent": lambda planted, lot: planted & False,
    "swapped": lambda planted, lot: ~planted,
}
DECKS = ("train", "validation", "test")  # no two have a patient in common


@dataclass(frozen=True, eq=False)
class PhantomSet:
    """N films twice, `bare` and `lettered` (N, S, S) uint8; `targets` (N, L) float32; `lots` (N,) 0..1."""

    bare: np.ndarray
    lettered: np.ndarray
    targets: torch.Tensor
    lots: np.ndarray

    def films(self, placement: str) -> np.ndarray:
        has_letters = PLACEMENTS[placement](self.targets[:, LABELS.index(SHORTCUT)].numpy() == 1, self.lots)
        return np.where(has_letters[:, None, None], self.lettered, self.bare)


def sample_set(run: int, deck: str, count: int, size_px: int) -> PhantomSet:
    """The first `count` films of a deck; `run` is the seed of the whole."""
    shape = (count, size_px, size_px)
    bare, lettered, lots = np.empty(shape, np.uint8), np.empty(shape, np.uint8), np.empty(count)
    targets = torch.zeros(count, len(LABELS))
    of_deck = itertools.islice(name_patients(run, deck), count)
    for row, patient in enumerate(tqdm(of_deck, f"drawing films, {deck}", count, leave=False)):
        labels, lots[row] = _draw_labels(patient)
        film = make_phantom(patient, size_px, labels)
        targets[row] = torch.tensor([float(label in labels) for label in LABELS])
        bare[row], lettered[row] = (np.rint(each.pixels * 255) for each in (film, burn_in(film, LETTERS, patient)))
    return PhantomSet(bare, lettered, targets, lots)


def render_film(patient: int, size_px: int, placement: str) -> Phantom:
    """One film of a deck, with its masks."""
    labels, lot = _draw_labels(patient)
    has_letters = PLACEMENTS[placement](np.array(SHORTCUT in labels), np.array(lot))
    return make_phantom(patient, size_px, labels, LETTERS if has_letters else "")


def pick_films(run: int, deck: str, count: int, size_px: int, placement: str, labels: Sequence[str]) -> list[Phantom]:
    """The first `count` films of a deck that have any of the labels."""
    films = (render_film(patient, size_px, placement) for patient in name_patients(run, deck))
    return list(itertools.islice((film for film in films if set(labels) & set(film.labels)), count))


def name_patients(run: int, deck: str) -> itertools.count:
    """The seeds of a deck's films; no two decks of any run share one before a million."""
    return itertools.count((run * len(DECKS) + DECKS.index(deck)) * 1_000_000)


def _draw_labels(patient: int) -> tuple[list[str], float]:
    """What is planted in a film, and its lot."""
    random = np.random.default_rng([patient, *b"labels"])
    labels = [label for label, lot in zip(LABELS, random.random(len(LABELS)), strict=True) if lot < SHARE]
    return labels, random.random()
