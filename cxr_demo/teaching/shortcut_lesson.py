"""A teaching deck on shortcuts: phantoms, two networks, and what their maps say; guess first, then look.

Both networks learned from the same drawn films. In those of CHEAT letters stand on every film with a consolidation and
on no other; in those of HONEST they stand by lot. The deck takes the two apart again. What is planted is known to the
pixel, so what a map points at is measured. Everything is computed from the networks that are there: nothing is stored.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_demo.analysis import Analyser, Explanation
from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.regions import measure_evidence
from cxr_demo.explain.methods import METHODS, exclude_methods
from cxr_demo.film.phantom import Phantom, make_phantom
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.teaching.planted import LETTERS, list_planted, make_radiograph
from cxr_demo.text.catalogue import format_text

HONEST, CHEAT = "phantom-honest", "phantom-cheat"  # names of their cards
NETWORKS = {"A": CHEAT, "B": HONEST}  # as the deck calls them
LABEL = "consolidation"
LOOKED_AT = ("grad-cam", "lrp-epsilon-plus-flat")
SIZE_PX = 384


@dataclass(frozen=True)
class Question:
    """One film of the deck and what is asked of it; `key`, `act` and `choices` are names of messages, `answer` is the
    place of the right choice. Before the guess the networks' probabilities are shown only if they are `told`."""

    key: str
    act: str
    seed: int
    findings: tuple[str, ...]
    letters: str
    told: bool
    choices: tuple[str, ...]
    answer: int

    @property
    def asked(self) -> str:
        return format_text(f"lesson-asked-{self.key}")

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(format_text(f"lesson-choice-{key}") for key in self.choices)

    @property
    def explanation(self) -> str:
        return format_text(f"lesson-asked-{self.key}.explanation")

    @property
    def film(self) -> Phantom:
        return make_phantom(self.seed, SIZE_PX, self.findings, self.letters)


@dataclass(frozen=True, eq=False)
class Look:
    """What one network says of one film: its probability of LABEL, its threshold, and where that is reached its maps by
    method, with the share of their positive evidence in each region that is planted."""

    probability: float
    threshold: float
    maps: dict[str, Explanation]
    shares: dict[str, dict[str, RegionShare]]

    @property
    def sees_it(self) -> bool:
        return self.probability >= self.threshold


@dataclass(frozen=True)
class Exposed:
    """By one method, of CHEAT: the shares of its positive evidence on the letters and on the finding, means over the
    films of the deck that have both, a map without evidence counting as 0."""

    method: str
    letters: RegionShare
    finding: RegionShare


class Lesson:
    """The deck on the two networks, each film looked at once in a process: they are drawn, so nobody's films are kept.
    `missing` names the networks that are not there; then there is nothing else."""

    def __init__(self, analysers: Mapping[str, Analyser]) -> None:
        by_name = {analyser.card.name: analyser for analyser in analysers.values()}
        self.missing = tuple(name for name in NETWORKS.values() if name not in by_name)
        self.networks = {} if self.missing else {letter: by_name[name] for letter, name in NETWORKS.items()}
        self._looks: dict[Question, dict[str, Look]] = {}
        self._exposed: tuple[Exposed, ...] = ()
        self._lock = threading.Lock()

    def look(self, question: Question) -> dict[str, Look]:
        """Letter of NETWORKS -> what it says of the film."""
        with self._lock:
            if question not in self._looks:
                film = question.film
                self._looks[question] = {name: _look_at(each, film) for name, each in self.networks.items()}
            return self._looks[question]

    def exposed(self) -> tuple[Exposed, ...]:
        """Of every quick method that this network allows, most evidence on the letters first."""
        with self._lock:
            self._exposed = self._exposed or _measure_exposure(self.networks["A"])
            return self._exposed


def _look_at(network: Analyser, film: Phantom) -> Look:
    study = network.analyse(make_radiograph(film))
    probability = float(study.probabilities[study.labels.index(LABEL)])
    threshold = network.card.thresholds[LABEL]
    if probability < threshold:  # a map of what a network does not see misleads
        return Look(probability, threshold, {}, {})
    allowed = [method for method in LOOKED_AT if method not in network.proof.refusals]
    made = {method: made for (method, _), made in network.explain(study, [LABEL], allowed).items()}
    return Look(probability, threshold, made, _measure_shares(network, made, film))


def _measure_shares(
    network: Analyser, maps: Mapping[str, Explanation], film: Phantom
) -> dict[str, dict[str, RegionShare]]:
    truth = list_planted(film)
    preprocess = network.card.preprocess
    return {
        method: measure_evidence(made.map_square, preprocess, truth, made.placement) for method, made in maps.items()
    }


def _measure_exposure(network: Analyser) -> tuple[Exposed, ...]:
    excluded = exclude_methods(network.proof.refusals, SLOW_FORWARDS)
    quick = [key for key in METHODS if key not in excluded]
    found: dict[str, list[tuple[RegionShare, RegionShare]]] = {key: [] for key in quick}
    for question in DECK:
        if question.letters and question.findings == (LABEL,):
            film = question.film
            study = network.analyse(make_radiograph(film))
            maps = {method: made for (method, _), made in network.explain(study, [LABEL], quick).items()}
            for method, of in _measure_shares(network, maps, film).items():
                found[method].append((of[LETTERS], of[f"planted {LABEL}"]))
    rows = [
        Exposed(method, *(_average_shares(of) for of in zip(*pairs, strict=True))) for method, pairs in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.letters.evidence))


def _average_shares(of: Sequence[RegionShare]) -> RegionShare:
    evidence = np.nan_to_num([share.evidence for share in of])
    return RegionShare(float(evidence.mean()), float(np.mean([share.area for share in of])))


DECK = (
    Question("both-right", "together", 6, (LABEL,), "PORT", True, ("network-a", "network-b"), 0),
    Question("gathering", "together", 11, (LABEL,), "PORT", True, ("on-consolidation", "on-letters", "on-both"), 1),
    Question("letters-alone", "letters-alone", 3, (), "PORT", False, ("network-a", "network-b", "both", "neither"), 0),
    Question("letters-wiped", "letters-alone", 3, (), "", False, ("consolidation", "no-consolidation"), 1),
    Question(
        "without-letters", "finding-alone", 6, (LABEL,), "", False, ("network-a", "network-b", "both", "neither"), 1
    ),
    Question("exposing", "finding-alone", 11, (LABEL,), "", True, ("more-films", "films-apart", "higher-threshold"), 1),
)
