"""A class at once: a teacher shows the films of a deck, many answer each before anything of it is shown.

A class lives in memory, under a code for those who join and a key for the teacher alone, and is gone with its last
word: nothing of it is written anywhere. The films come in the deck's own order, as a hand-out has them; which network
is A, and the order of the choices, is by lot.

Browsers make the keys and the tokens of their seats: whoever asks once more, since an answer was lost on the way, gets
the same class or seat and no second one.
"""

from __future__ import annotations

import enum
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from cxr_demo.errors import CxrError
from cxr_demo.evaluation.regions import Box
from cxr_demo.limits import (
    AWAY_S,
    CLASS_MINUTES,
    MAX_CLASSES,
    MAX_CLASSES_OF_CLIENT,
    MAX_DECK_CHOICES,
    MAX_NICKNAME,
    MAX_SEATS,
)
from cxr_demo.teaching.deck import NO_FINDING, Deck, find_truth_boxes
from cxr_demo.teaching.exam import MAX_SEED, Answer, Mark, Plan, is_choice, round_box, shuffle_deck
from cxr_demo.teaching.exam_score import Place, score_answer

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another when it is read from a wall
CODE_LENGTH = 6
TOKEN = re.compile(r"[0-9a-f]{32}")
_MARKS = TypeAdapter(Annotated[tuple[Mark, ...], Field(max_length=MAX_DECK_CHOICES)])


class Stage(enum.Enum):
    """Where a class is: who comes is let in; a film is asked; nobody answers for a while; the truth of the film is
    shown; what networks say of it; the end, when results are taken home."""

    JOINING = "joining"
    ASKING = "asking"
    PAUSED = "paused"
    TRUTH = "truth"
    NETWORKS = "networks"
    ENDED = "ended"


# What a teacher may press: act -> {stage: the stage that it leads to}. Anything else changes nothing, like a second
# press.
ACTS: Mapping[str, Mapping[Stage, Stage]] = {
    "start": {Stage.JOINING: Stage.ASKING},
    "pause": {Stage.ASKING: Stage.PAUSED},
    "go-on": {Stage.PAUSED: Stage.ASKING},
    "truth": {Stage.ASKING: Stage.TRUTH, Stage.PAUSED: Stage.TRUTH},
    "networks": {Stage.TRUTH: Stage.NETWORKS},
    "next": {Stage.TRUTH: Stage.ASKING, Stage.NETWORKS: Stage.ASKING},
    "end": dict.fromkeys((Stage.JOINING, Stage.ASKING, Stage.PAUSED, Stage.TRUTH, Stage.NETWORKS), Stage.ENDED),
}


@dataclass
class Seat:
    """One learner: `number` from 1, a `nickname` or "", and by turn the `answers`, with the seconds that each took
    since its film was shown. `token` is what brings the learner back to it; `used`, when the learner was last there."""

    number: int
    nickname: str
    token: str
    used: float = field(default_factory=time.monotonic)
    answers: dict[int, Answer] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Tally:
    """Of the answers to one film: how many came, how many name each label, NO_FINDING among them, how many miss
    nothing and name nothing that is not there, of these how many have each box at least near a true one, None where
    no place is known, and every box with its label."""

    answered: int
    named: Mapping[str, int]
    right: int
    placed: int | None
    boxes: Sequence[tuple[str, Box]]


class Classroom:
    """`turn`: which film of the deck is there, from 0; -1 before the first. `moves` counts what the teacher did, and
    `changes` all that the wall shows. `locked`: nobody else is let in."""

    def __init__(self, deck: Deck, code: str, key: str, client: str = "") -> None:
        self.deck, self.code, self.key, self.client = deck, code, key, client
        self.plan: Plan = replace(
            shuffle_deck(deck, secrets.randbelow(MAX_SEED)), order=tuple(range(len(deck.films)))
        )  # fmt: skip
        self.stage, self.turn, self.locked = Stage.JOINING, -1, False
        self.moves = self.changes = 0
        self.seats: dict[str, Seat] = {}
        self.used = time.monotonic()
        self._asked, self._seated = 0.0, 0
        self._lock = threading.Lock()

    @property
    def is_last(self) -> bool:
        return self.turn == len(self.deck.films) - 1

    def list_acts(self) -> list[str]:
        """What the teacher may press now."""
        acts = [act for act, stages in ACTS.items() if self.stage in stages]
        return [act for act in acts if act != "networks" or self.plan.networks]

    def act(self, act: str, stage: str | None = None, turn: int | None = None) -> None:
        """Of a press that was made at another stage or film than now, nothing comes."""
        with self._lock:
            if act not in self.list_acts() or stage not in (None, self.stage.value) or turn not in (None, self.turn):
                return
            self.stage = ACTS[act][self.stage]
            self.moves, self.changes = self.moves + 1, self.changes + 1
            if act not in ("start", "next"):
                return
            if self.is_last:
                self.stage = Stage.ENDED
                return
            self.turn, self._asked = self.turn + 1, time.monotonic()

    def lock(self, locked: bool) -> None:
        with self._lock:
            self.locked, self.changes = locked, self.changes + 1

    def join(self, nickname: str, token: str) -> Seat:
        """The seat of this token. CxrError for a class that lets nobody in."""
        with self._lock:
            if seat := self.seats.get(token):
                return seat
            if self.stage is Stage.ENDED:
                raise CxrError("class-over")
            if self.locked:
                raise CxrError("class-locked")
            if len(self.seats) >= MAX_SEATS:
                raise CxrError("class-full", most=MAX_SEATS)
            shown = "".join(letter for letter in nickname.strip() if letter.isprintable())
            self._seated += 1
            self.seats[token] = Seat(self._seated, shown[:MAX_NICKNAME], token)
            self._note_change()
            return self.seats[token]

    def leave(self, seat: Seat) -> None:
        """A seat with no answer is free again; what was answered stays."""
        with self._lock:
            seat.used = 0.0
            if not seat.answers:
                self.seats.pop(seat.token, None)
            self._note_change()

    def take_answer(self, seat: Seat, turn: int, own: object) -> None:
        """`own`: marks as an exam has them, each with its box; none for "no finding". The first answer to a film
        counts, the same once more changes nothing. CxrError for one that nobody could give, or that comes when the film
        is not asked."""
        with self._lock:
            if turn in seat.answers:
                return
            if self.stage is Stage.PAUSED and turn == self.turn:
                raise CxrError("class-paused")
            if self.stage is not Stage.ASKING or turn != self.turn:
                raise CxrError("class-late")
            try:  # strictly, as an exam is read
                marks = _MARKS.validate_json(json.dumps(_round_boxes(own)))
            except (ValidationError, ValueError, TypeError, OverflowError):
                raise CxrError("exam-no-state") from None
            if not is_choice([mark.label for mark in marks], self.plan) or not all(mark.box for mark in marks):
                raise CxrError("exam-no-state")
            seat.answers[turn] = Answer(turn, marks)
            seat.seconds[turn] = time.monotonic() - self._asked
            self._note_change()

    def _note_change(self) -> None:
        """Of seats and answers; the wall shows neither once the truth is there."""
        if self.stage in (Stage.JOINING, Stage.ASKING, Stage.PAUSED):
            self.changes += 1

    def count_answers(self, turn: int) -> int:
        return sum(turn in seat.answers for seat in list(self.seats.values()))

    def count_present(self, turn: int) -> int:
        """Those who were there within AWAY_S, or have answered all the same."""
        since = time.monotonic() - AWAY_S
        return sum(seat.used >= since or turn in seat.answers for seat in list(self.seats.values()))

    def tally(self, turn: int) -> Tally:
        """Of nobody by name."""
        answers = [seat.answers[turn] for seat in list(self.seats.values()) if turn in seat.answers]
        film = self.deck.films[turn]
        named = Counter(label for answer in answers for label in answer.own_labels or (NO_FINDING,))
        scores = [score_answer(film, answer) for answer in answers]
        right = [score for score in scores if not score.misses and not score.false_alarms]
        has_place = bool(film.findings) and set(film.findings) <= set(find_truth_boxes(film))
        placed = sum(all(lies.place is not Place.ELSEWHERE for lies in score.overlaps.values()) for score in right)
        boxes = [(mark.label, mark.box) for answer in answers for mark in answer.own if mark.box]
        return Tally(len(answers), named, len(right), placed if has_place else None, boxes)


class Classes:
    """All that are under way in this process."""

    def __init__(self) -> None:
        self._open: dict[str, Classroom] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, deck: Deck, key: str, client: str = "") -> Classroom:
        """The class of this key. CxrError where MAX_CLASSES are under way, or too many of one client."""
        self.sweep()
        with self._lock:
            for classroom in self._open.values():
                if secrets.compare_digest(classroom.key.encode(), key.encode()):
                    return classroom
            own = sum(classroom.client == client for classroom in self._open.values())
            if len(self._open) >= MAX_CLASSES or own >= MAX_CLASSES_OF_CLIENT:
                raise CxrError("class-no-room", most=min(len(self._open), MAX_CLASSES))
            code = make_code()
            while code in self._open:
                code = make_code()
            self._open[code] = Classroom(deck, code, key, client)
            return self._open[code]

    def find(self, code: str) -> Classroom:
        """As it was read from a wall: small letters and spaces do not matter. CxrError for one that there is not."""
        written = "".join(letter for letter in code.upper() if letter.isalnum())
        if found := self._open.get(written):
            return found
        raise CxrError("class-unknown", code=code.strip()[: 2 * CODE_LENGTH])

    def find_seat(self, token: str) -> tuple[Classroom, Seat]:
        """CxrError for a place in a class that is over."""
        for classroom in list(self._open.values()):
            if seat := classroom.seats.get(token):
                seat.used = time.monotonic()
                return classroom, seat
        raise CxrError("class-over")

    def find_by_key(self, key: str) -> Classroom:
        """The teacher's. CxrError where it is over."""
        for classroom in list(self._open.values()):
            if secrets.compare_digest(classroom.key.encode(), key.encode()):
                classroom.used = time.monotonic()
                return classroom
        raise CxrError("class-over")

    def check_open(self, classroom: Classroom) -> None:
        """CxrError for one that was closed."""
        if self._open.get(classroom.code) is not classroom:
            raise CxrError("class-over")

    def close(self, classroom: Classroom) -> None:
        """Everything of it is forgotten."""
        self._open.pop(classroom.code, None)

    def sweep(self) -> None:
        """Those whose teacher has not been there for CLASS_MINUTES go."""
        oldest = time.monotonic() - 60 * CLASS_MINUTES
        for classroom in list(self._open.values()):
            if classroom.used < oldest:
                self.close(classroom)


def check_token(token: object) -> str:
    """What a browser has made for itself, long enough that nobody guesses it; CxrError for anything else."""
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise CxrError("class-no-token")
    return token


def make_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def _round_boxes(own: object) -> list[dict]:
    """As JSON brought them; ValueError for what are no marks with a box each."""
    marks = own if isinstance(own, list) else [None]
    boxed = [mark for mark in marks if isinstance(mark, dict) and isinstance(mark.get("box"), list)]
    if len(boxed) < len(marks):
        raise ValueError
    return [mark | {"box": round_box(mark["box"])} for mark in boxed]
