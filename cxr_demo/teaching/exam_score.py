"""What an exam's answers were worth: each film's, and the sheet at the end."""

from __future__ import annotations

import enum
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cxr_demo.evaluation.regions import Box
from cxr_demo.networks.card_parts import Interval, compute_wilson
from cxr_demo.teaching.deck import NO_FINDING, Deck, DeckFilm, find_truth_boxes
from cxr_demo.teaching.exam import Answer, Mark, Plan

MATCHES = 0.5  # least intersection over union of a match: Everingham et al. 2010, PASCAL VOC, IJCV 88
TOUCHES = 0.1  # of one that is near: the least of Wang et al. 2017, ChestX-ray8, CVPR


class Place(enum.Enum):
    """How well a box lies, in a word."""

    MATCH = "match"
    NEAR = "near"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Overlap:
    """Of a drawn box with the true box that it meets best: `iou`, the area of both together that they share (Jaccard
    1901), 0..1; `centre_inside`, whether its centre lies in a true box, as in the pointing game (Zhang et al. 2018,
    IJCV 126)."""

    iou: float
    centre_inside: bool

    @property
    def place(self) -> Place:
        if self.iou >= MATCHES:
            return Place.MATCH
        return Place.NEAR if self.centre_inside or self.iou >= TOUCHES else Place.ELSEWHERE


@dataclass(frozen=True)
class FilmScore:
    """Labels, NO_FINDING among hits and misses of a film that shows none; `overlaps` of the hits for which a box was
    drawn and the place is known."""

    hits: tuple[str, ...]
    misses: tuple[str, ...]
    false_alarms: tuple[str, ...]
    overlaps: Mapping[str, Overlap]


@dataclass(frozen=True)
class Reliance:
    """Of `wrong` times that a network's advice was wrong and another than the learner's own answer, how often it was
    taken all the same: the switch fraction of the judge-advisor studies (Zhang, Liao and Bellamy 2020, FAT*), for
    wrong advice alone, which is over-reliance."""

    followed: int
    wrong: int

    @property
    def rate(self) -> Interval | None:
        """With Wilson's interval; None where it never came to that."""
        return compute_wilson(self.followed, self.wrong) if self.wrong else None


@dataclass(frozen=True)
class Sheet:
    """Of the films of a deck that were seen, each the first time: how often each label was hit, missed, or named where
    it was not; how the boxes lay; over-reliance with the map shown and with it hidden. `came_back` counts the films
    that were seen again, `right_again` those of them in which nothing was missed; `is_advised`: a network advised."""

    films: int
    hits: Mapping[str, int]
    misses: Mapping[str, int]
    false_alarms: Mapping[str, int]
    places: Mapping[Place, int]
    came_back: int
    right_again: int
    shown: Reliance
    hidden: Reliance
    is_advised: bool

    @property
    def map_effect(self) -> Interval | None:
        """Over-reliance with the map shown minus hidden, and its 95 % interval (Newcombe 1998, Statistics in Medicine
        17:873, method 10, made of Wilson's); None where one of them is not known."""
        one, two = self.shown.rate, self.hidden.rate
        if one is None or two is None:
            return None
        below = math.hypot(one.value - (one.low or 0), (two.high or 0) - two.value)
        above = math.hypot((one.high or 0) - one.value, two.value - (two.low or 0))
        difference = one.value - two.value
        return Interval(value=difference, low=max(-1.0, difference - below), high=min(1.0, difference + above))


def measure_overlap(drawn: Box, true: Sequence[Box]) -> Overlap:
    """With the best of one or more true boxes."""
    x, y, width, height = drawn
    centre = x + width / 2, y + height / 2
    inside = any(left <= centre[0] <= left + wide and top <= centre[1] <= top + high for left, top, wide, high in true)
    return Overlap(max(_measure_iou(drawn, box) for box in true), inside)


def _measure_iou(one: Box, two: Box) -> float:
    across, down = (
        max(0.0, min(one[axis] + one[axis + 2], two[axis] + two[axis + 2]) - max(one[axis], two[axis]))
        for axis in (0, 1)
    )
    shared = across * down
    return shared / (one[2] * one[3] + two[2] * two[3] - shared)


def score_answer(film: DeckFilm, answer: Answer) -> FilmScore:
    """Of the own answer. Draws the film where it is a synthetic one, to know the places."""
    named, true = answer.own_labels or (NO_FINDING,), film.kinds
    places = find_truth_boxes(film)
    return FilmScore(
        tuple(label for label in true if label in named),
        tuple(label for label in true if label not in named),
        tuple(label for label in named if label not in true and label != NO_FINDING),
        {
            mark.label: measure_overlap(mark.box, places[mark.label])
            for mark in answer.own
            if mark.box and mark.label in places
        },
    )


def score_both(film: DeckFilm, answer: Answer) -> tuple[FilmScore, FilmScore | None]:
    """Of the own answer, and of the one after the advice, which has no boxes; None where it is the same."""
    own = score_answer(film, answer)
    if answer.final is None or set(answer.final) == set(answer.own_labels):
        return own, None
    return own, score_answer(film, replace(answer, own=tuple(map(Mark, answer.final))))


def make_sheet(deck: Deck, plan: Plan, answers: Sequence[Answer], advice: Mapping[int, Sequence[str]]) -> Sheet:
    """`advice`: film -> what its adviser of `plan` says of it, computed anew by whoever asks; none where the deck has
    no networks."""
    first: dict[int, Answer] = {}
    again: list[Answer] = []
    for answer in answers:
        if answer.film in first:
            again.append(answer)
        first.setdefault(answer.film, answer)
    scores = {film: score_answer(deck.films[film], answer) for film, answer in first.items()}
    found = scores.values()
    shown, hidden = (
        _count_followed(
            [(deck.films[film], answer, advice[film]) for film, answer in first.items()
             if film in advice and plan.maps_shown[film] is with_map]
        )
        for with_map in (True, False)
    )  # fmt: skip
    return Sheet(
        len(first),
        Counter(label for score in found for label in score.hits),
        Counter(label for score in found for label in score.misses),
        Counter(label for score in found for label in score.false_alarms),
        Counter(overlap.place for score in found for overlap in score.overlaps.values()),
        len(again),
        sum(not score_answer(deck.films[answer.film], answer).misses for answer in again),
        shown,
        hidden,
        bool(plan.networks),
    )


def _count_followed(asked: Sequence[tuple[DeckFilm, Answer, Sequence[str]]]) -> Reliance:
    misled = [
        set(answer.final) == set(advised)
        for film, answer, advised in asked
        if answer.final is not None and set(advised) != set(film.findings) and set(advised) != set(answer.own_labels)
    ]
    return Reliance(sum(misled), len(misled))
