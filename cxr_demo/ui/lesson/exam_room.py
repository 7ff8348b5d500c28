"""What all learners of a process share: the decks, their films as pictures, and what networks say of them.

Films of decks are the host's, so they may be kept; answers are not here: every browser holds its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from cxr_demo.analysis import Analyser, Explanation
from cxr_demo.errors import CxrError
from cxr_demo.explain.map_cache import Key, MapCache
from cxr_demo.explain.methods import Unit
from cxr_demo.film.bounded_reading import read_bounded
from cxr_demo.film.reading import Radiograph
from cxr_demo.labels import match_label
from cxr_demo.limits import KEPT_DECK_BYTES
from cxr_demo.teaching.deck import Deck
from cxr_demo.teaching.deck_file import read_deck
from cxr_demo.teaching.exam import Answer, Plan, list_advice
from cxr_demo.text.catalogue import Said, say
from cxr_demo.ui import image_encoding

MAPS = ("grad-cam", "lrp-epsilon-plus-flat")  # of a finding that a network names; the first comes with the advice
OPACITY = 0.75
Kept = TypeVar("Kept", "DeckPicture", "Advice")


@dataclass(frozen=True)
class DeckPicture:
    """A film as PNG data URI, and its `shape` (H, W) in its own pixels."""

    source: str
    shape: tuple[int, int]

    @property
    def nbytes(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class ExamMap:
    """A map as PNG data URI to lay over the film, "" where nothing speaks for the finding, and its scale: what has the
    full colour, in its unit."""

    layer: str
    limit: float
    unit: Unit


@dataclass(frozen=True)
class NamedFinding:
    """A finding of the choices that a network puts at or above its threshold, and its maps by method. Those of methods
    that the network's proof refuses are not there."""

    label: str
    probability: float
    maps: Mapping[str, ExamMap]


@dataclass(frozen=True)
class Advice:
    """What a network says of a film, the most probable first; none named is "no finding"."""

    named: tuple[NamedFinding, ...]
    calibrated: bool
    task: str

    @property
    def nbytes(self) -> int:
        return sum(len(made.layer) for each in self.named for made in each.maps.values())

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted(each.label for each in self.named))


class ExamRoom:
    """`decks` by name, of the networks that are here and can give advice: `missing` names those that are not here, and
    `silent` those without a threshold for any finding of the deck. `refused`: why a folder is no deck, or not shown: of
    two of one name the last one counts."""

    def __init__(self, folders: Sequence[Path], analysers: Mapping[str, Analyser]) -> None:
        self._networks = {analyser.card.name: analyser for analyser in analysers.values()}
        self.decks: dict[str, Deck] = {}
        self.missing: dict[str, tuple[str, ...]] = {}
        self.silent: dict[str, tuple[str, ...]] = {}
        self.refused: dict[str, Said] = {}
        for folder in folders:
            try:
                deck = read_deck(folder, read_bounded)
            except CxrError as error:
                self.refused[folder.name] = error.said[0]
                continue
            if deck.name in self.decks:
                self.refused[deck.name] = say("exam-deck-same-name", title=self.decks[deck.name].title)
            here = tuple(name for name in deck.networks if name in self._networks)
            heard = tuple(name for name in here if _can_advise(self._networks[name], deck))
            self.missing[deck.name] = tuple(name for name in deck.networks if name not in here)
            self.silent[deck.name] = tuple(name for name in here if name not in heard)
            self.decks[deck.name] = replace(deck, head=replace(deck.head, networks=heard))
        self._reading = threading.Lock()  # one film at a time: a large one fills memory
        self._pictures, self._advice = MapCache[DeckPicture](KEPT_DECK_BYTES), MapCache[Advice](KEPT_DECK_BYTES)
        self._making: dict[Key, threading.Lock] = {}  # of a film: whoever asks meanwhile waits

    def show_film(self, deck: Deck, film: int) -> DeckPicture:
        """Raises ImageError for a file that can no longer be read."""
        key = deck.name, str(film)
        return self._find_or_make(self._pictures, key, lambda: self._encode_film(deck.name, film))

    def ask_adviser(self, deck: Deck, plan: Plan, film: int) -> Advice | None:
        """What the film's adviser says, None where the deck has none. In the turn of its network, after all who have
        asked before. Raises CxrError as `show_film` and `Analyser.explain` do."""
        letter = plan.advisers[film]
        return self.ask_network(deck, film, plan.networks[letter]) if letter else None

    def ask_network(self, deck: Deck, film: int, network: str) -> Advice:
        """What it says of the film; likewise."""
        key = deck.name, str(film), network
        return self._find_or_make(self._advice, key, lambda: self._make_advice(deck.name, film, network))

    def list_all_advice(self, deck: Deck, plan: Plan, answers: Sequence[Answer]) -> dict[int, tuple[str, ...]]:
        """Film -> what was advised; none without networks."""
        asked = {answer.film: self.ask_adviser(deck, plan, answer.film) for answer in answers}
        return {film: advice.labels for film, advice in asked.items() if advice}

    def _find_or_make(self, cache: MapCache[Kept], key: Key, make: Callable[[], Kept]) -> Kept:
        """Once, however many learners come to it at the same time."""
        if (found := cache.get(key)) is not None:
            return found
        with self._making.setdefault(key, threading.Lock()):
            if (found := cache.get(key)) is None:
                found = make()
                cache.put(key, found)
        return found

    def _encode_film(self, name: str, film: int) -> DeckPicture:
        with self._reading:
            pixels = self._read_film(name, film).pixels
            return DeckPicture(image_encoding.encode_film(pixels), (pixels.shape[0], pixels.shape[1]))

    def _make_advice(self, name: str, film: int, network: str) -> Advice:
        analyser, choices = self._networks[network], self.decks[name].choices
        with self._reading:
            image = self._read_film(name, film)
        study, card = analyser.analyse(image), analyser.card
        scores = dict(zip(study.labels, map(float, study.probabilities), strict=True))
        labels = {match_label(label): label for label in card.thresholds}  # the house's name -> the network's own
        advised = list_advice(scores, card.thresholds, choices)
        methods = [key for key in MAPS if key not in analyser.proof.refusals] if advised else []
        made = analyser.explain(study, [labels[key] for key in advised], methods)
        named = [
            NamedFinding(
                key, scores[labels[key]],
                {method: _encode_map(made[method, labels[key]], analyser, image) for method in methods},
            )
            for key in advised
        ]  # fmt: skip
        return Advice(tuple(sorted(named, key=lambda each: -each.probability)), card.calibrated, card.task)

    def _read_film(self, name: str, film: int) -> Radiograph:
        return self.decks[name].read_film(self.decks[name].films[film], read_bounded)


def _can_advise(analyser: Analyser, deck: Deck) -> bool:
    """Without a threshold it would say "no finding" of every film."""
    return bool({match_label(label) for label in analyser.card.thresholds} & set(deck.choices))


def _encode_map(made: Explanation, analyser: Analyser, image: Radiograph) -> ExamMap:
    scale, shape = made.own_scale, (image.pixels.shape[0], image.pixels.shape[1])
    preprocess = analyser.card.preprocess
    layer = "" if scale.nothing else image_encoding.encode_layer(made, scale, preprocess, shape, OPACITY)
    return ExamMap(layer, scale.limit, made.unit)
