"""What all pages of a process share: the checkpoints, the lung model, the folder of uploads, the sessions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cxr_demo.analysis import Analyser, Study, order_labels
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.gate import GateModel
from cxr_demo.limits import READ_AT_ONCE
from cxr_demo.text.checkpoint_text import describe_checkpoint_choices
from cxr_demo.ui.app.sessions import Film, FilmAnalysis, Session, Sessions


@dataclass
class Desk:
    """`analysers` by the name shown, `refused` why another cannot be used; `titles`: how a checkpoint is called in a
    list. `pace`: what a forward of a checkpoint took in the last check, in seconds; `proof_faults`: why a checkpoint's
    maps could not be checked. The readings of synthetic films are everybody's: they show no patient."""

    analysers: Mapping[str, Analyser]
    refused: Mapping[str, str]
    folder: Path
    lungs: Lungs | None
    gate: GateModel | None
    sessions: Sessions
    pace: dict[str, float] = field(default_factory=dict)
    proof_faults: dict[str, str] = field(default_factory=dict)
    decoding: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(READ_AT_ONCE))
    titles: Mapping[str, str] = field(init=False)
    _examples: dict[tuple[int, str], FilmAnalysis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.titles = describe_checkpoint_choices({name: each.card for name, each in self.analysers.items()})

    def open_reading(self, session: Session, film: Film, checkpoint: str) -> FilmAnalysis:
        """The film as the checkpoint sees it, empty at first."""
        if film.example is None:
            return session.readings.setdefault((film.key, checkpoint), FilmAnalysis())
        reading = self._examples.setdefault((film.example, checkpoint), FilmAnalysis())
        return session.readings.setdefault((film.key, checkpoint), reading)

    def refusals(self, checkpoint: str) -> dict[str, str]:
        """Method -> why its maps are not shown, as far as that is known now."""
        if fault := self.proof_faults.get(checkpoint):
            return dict.fromkeys(METHODS, fault)
        return dict(self.analysers[checkpoint].known_refusals)

    def is_proved(self, checkpoint: str) -> bool:
        """Whether `refusals` are all that there will be."""
        return checkpoint in self.proof_faults or self.analysers[checkpoint].is_proved


def find_label(analyser: Analyser, study: Study, wanted: str) -> str:
    """The label that is shown: the one that is wanted, or the first of the list."""
    return wanted if wanted in study.labels else order_labels(analyser.card, study.probabilities)[0]
