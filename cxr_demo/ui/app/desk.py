"""What all pages of a process share: the checkpoints, the lung model, the folder of uploads, the sessions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cxr_demo.analysis import Analyser, Study, order_labels
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.gate import GateModel
from cxr_demo.networks.card import Card
from cxr_demo.teaching.planted import HONEST
from cxr_demo.text.catalogue import LANGUAGE, Said, Words
from cxr_demo.text.checkpoint_text import describe_checkpoint_choices, name_checkpoints
from cxr_demo.ui.app.example_films import make_example, name_example
from cxr_demo.ui.app.reading_places import ReadingPlaces
from cxr_demo.ui.app.sessions import Film, FilmAnalysis, OpenedFilm, Session, Sessions, open_synthetic_film
from cxr_demo.ui.parts import RenderedParts


@dataclass
class Desk:
    """`analysers` by the name shown, `refused` why another cannot be used; `titles`: how a checkpoint is called in a
    list, `networks`: in a sentence. `pace`: what a forward of a checkpoint took in the last check, in seconds.
    Synthetic films and what is found of them are everybody's: they show no patient."""

    analysers: Mapping[str, Analyser]
    refused: Mapping[str, Said]
    folder: Path
    lungs: Lungs | None
    gate: GateModel | None
    sessions: Sessions
    pace: dict[str, float] = field(default_factory=dict)
    decoding: ReadingPlaces = field(default_factory=ReadingPlaces)
    bundling: threading.Lock = field(default_factory=threading.Lock)  # a ZIP fills memory: one after the other
    rendered: RenderedParts = field(default_factory=RenderedParts)  # parts that are everybody's: of no film
    _examples: dict[int, OpenedFilm] = field(default_factory=dict)
    _names: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _example_readings: dict[tuple[int, str], FilmAnalysis] = field(default_factory=dict)
    _example_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def titles(self) -> dict[str, str]:
        """How a checkpoint is called in a list, by its name."""
        return self._name_cards("titles", describe_checkpoint_choices)

    @property
    def networks(self) -> dict[str, str]:
        """How it is called elsewhere."""
        return self._name_cards("networks", name_checkpoints)

    def _name_cards(self, what: str, name: Callable[[Mapping[str, Card]], dict[str, str]]) -> dict[str, str]:
        """Once in each language: every value of every page asks."""
        key = what, LANGUAGE.get()
        if key not in self._names:
            self._names[key] = name({known: each.card for known, each in self.analysers.items()})
        return self._names[key]

    def open_example(self, index: object) -> OpenedFilm | None:
        """A synthetic film, made once; None if there is no such one."""
        if not name_example(index):
            return None
        number = int(str(index))
        with self._example_lock:
            if number not in self._examples and (made := make_example(number)):
                self._examples[number] = open_synthetic_film(Words(name_example, index), *made, self.lungs)
            return self._examples.get(number)

    @property
    def has_own_network(self) -> bool:
        """Whether the network that was made for synthetic films is here."""
        return HONEST in self.analysers

    def find_network(self, film: Film) -> str:
        """The network that was made for a synthetic film; empty for a film of the person's own."""
        return HONEST if film.example is not None and self.has_own_network else ""

    def open_reading(self, session: Session, film: Film, checkpoint: str) -> FilmAnalysis:
        """The film as the checkpoint sees it, empty at first."""
        if film.example is None:
            return session.readings.setdefault((film.key, checkpoint), FilmAnalysis())
        reading = self._example_readings.setdefault((film.example, checkpoint), FilmAnalysis())
        return session.readings.setdefault((film.key, checkpoint), reading)

    def refusals(self, session: Session, checkpoint: str) -> dict[str, Said]:
        """Method -> why its maps are not shown, as far as that is known now."""
        if fault := session.failed.get(("prove", checkpoint)):
            return dict.fromkeys(METHODS, fault[0])
        return dict(self.analysers[checkpoint].known_refusals)

    def is_proved(self, session: Session, checkpoint: str) -> bool:
        """Whether `refusals` are all that there will be."""
        return ("prove", checkpoint) in session.failed or self.analysers[checkpoint].is_proved


def find_label(analyser: Analyser, study: Study, wanted: str) -> str:
    """The label that is shown: the one that is wanted, or the first of the list."""
    return wanted if wanted in study.labels else order_labels(analyser.card, study.probabilities)[0]
