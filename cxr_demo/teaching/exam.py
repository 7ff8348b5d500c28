"""The exam: name what a film shows and where, before anything is shown; then a network's advice; then the truth.

Nothing here is remembered and nothing that comes from outside is believed: a browser holds an `ExamState`, the answers
and a seed, and from these all else is derived: the order, the network that advises, whether its map is shown, and the
sheet at the end.

What was missed comes back within the session by Leitner's boxes (Leitner 1972, So lernt man lernen): a kind that was
missed is in box 1 and is asked again after WAITS[1] other films, in box 2 after WAITS[2]; a right answer moves it one
box up and out of the last one, a wrong one back to the first.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from cxr_demo.errors import CxrError
from cxr_demo.evaluation.regions import Box
from cxr_demo.labels import match_label
from cxr_demo.limits import MAX_DECK_CHOICES, MAX_DECK_FILMS, MAX_EXAM_BYTES
from cxr_demo.teaching.deck import LONGEST_LINE, NO_FINDING, STRICT, Deck, DeckFilm, check_inside

WAITS = {1: 2, 2: 4}  # box -> how many other films come before its kinds; our own choice, for decks of ten films
MAX_SEED = 2**53  # below it JavaScript holds a seed exactly
DIGITS = 4  # of the shares of a box that is kept: a tenth of a pixel of a phone
ROUNDED = 10**DIGITS
LETTERS = "ABCD"  # what the networks of a deck are called

Name = Annotated[str, Field(max_length=LONGEST_LINE)]


@checked_dataclass(frozen=True, config=STRICT)
class Mark:
    """A finding that a learner names, and the box that was drawn for it."""

    label: Name
    box: Annotated[Box, AfterValidator(check_inside)] | None = None


@checked_dataclass(frozen=True, config=STRICT)
class Answer:
    """To one film, which is its place in the deck: `own`, before anything was shown, none for "no finding"; `final`,
    the labels after the advice, None where there was none or it is still to be given."""

    film: Annotated[int, Field(ge=0, lt=MAX_DECK_FILMS)]
    own: Annotated[tuple[Mark, ...], Field(max_length=MAX_DECK_CHOICES)] = ()
    final: Annotated[tuple[Name, ...], Field(max_length=MAX_DECK_CHOICES)] | None = None

    @property
    def own_labels(self) -> tuple[str, ...]:
        return tuple(mark.label for mark in self.own)


@checked_dataclass(frozen=True, config=STRICT)
class ExamState:
    """What a browser holds of one learner's exam: the name of the deck, a seed, and the answers in their order."""

    deck: Name
    seed: Annotated[int, Field(ge=0, lt=MAX_SEED)]
    answers: Annotated[tuple[Answer, ...], Field(max_length=2 * MAX_DECK_FILMS)] = ()


@dataclass(frozen=True)
class Plan:
    """What a seed makes of a deck. `order` of its films, by place; `networks`: letter -> name; by film, `advisers`, a
    letter, "" where there is no network, and `maps_shown`, whether the map comes with the advice; `choices` in the
    order of the buttons, without NO_FINDING."""

    order: tuple[int, ...]
    networks: Mapping[str, str]
    advisers: tuple[str, ...]
    maps_shown: tuple[bool, ...]
    choices: tuple[str, ...]


def shuffle_deck(deck: Deck, seed: int) -> Plan:
    """All by lot, the same for the same seed: every film once, which network is A, which of them advises and whether
    its map is shown, in blocks of all combinations, so that each is met about as often."""
    lot = random.Random(f"{deck.name}/{seed}")
    order = lot.sample(range(len(deck.films)), len(deck.films))
    networks = dict(zip(LETTERS, lot.sample(deck.networks, len(deck.networks)), strict=False))
    block = list(itertools.product(networks or ("",), (True, False)))
    arms: list[tuple[str, bool]] = []
    while len(arms) < len(order):
        arms += lot.sample(block, len(block))
    by_film = [arm for _, arm in sorted(zip(order, arms, strict=False))]
    choices = lot.sample(deck.choices, len(deck.choices))
    return Plan(
        tuple(order), networks, tuple(letter for letter, _ in by_film), tuple(shown for _, shown in by_film),
        tuple(choices),
    )  # fmt: skip


# ---- which film comes next


def choose_film(deck: Deck, plan: Plan, answers: Sequence[Answer]) -> int | None:
    """The place of the film that comes after these answers, None at the end: when every film was seen and every kind
    that was missed has left the boxes or has no other film to come, or as many films have come back as the deck has."""
    seen = [answer.film for answer in answers]
    unseen = [film for film in plan.order if film not in seen]
    if len(seen) - len(set(seen)) < len(deck.films):
        boxes, last = _fill_boxes(deck, answers)
        waiting = sorted(boxes, key=lambda kind: (boxes[kind], last[kind]))
        for kind in waiting:
            film = _choose_of_kind(deck, kind, unseen, seen)
            is_due = not unseen or len(seen) - 1 - last[kind] >= WAITS[boxes[kind]]
            if is_due and film != seen[-1]:  # twice in a row it would teach nothing
                return film
    return unseen[0] if unseen else None


def _fill_boxes(deck: Deck, answers: Sequence[Answer]) -> tuple[dict[str, int], dict[str, int]]:
    """Kind -> its box, of those that were missed and not learned since; and the turn at which it came last."""
    boxes: dict[str, int] = {}
    last: dict[str, int] = {}
    for turn, answer in enumerate(answers):
        film = deck.films[answer.film]
        for kind in film.kinds:
            last[kind] = turn
            if kind in find_missed(film, answer):
                boxes[kind] = 1
            elif kind in boxes:
                boxes[kind] += 1
    return {kind: box for kind, box in boxes.items() if box in WAITS}, last


def _choose_of_kind(deck: Deck, kind: str, unseen: Sequence[int], seen: Sequence[int]) -> int:
    """One that was not seen, else the one that was seen longest ago."""
    of_kind = [film for film in range(len(deck.films)) if kind in deck.films[film].kinds]
    if new := [film for film in unseen if film in of_kind]:
        return new[0]
    return min(of_kind, key=lambda film: max(turn for turn, other in enumerate(seen) if other == film))


def find_missed(film: DeckFilm, answer: Answer) -> tuple[str, ...]:
    """The kinds of the film that the own answer does not name, wherever its boxes are."""
    return tuple(kind for kind in film.kinds if kind not in (answer.own_labels or (NO_FINDING,)))


def needs_advice(plan: Plan, answer: Answer) -> bool:
    """Whether the film is still waiting for the answer after the advice: until then the truth is not shown."""
    return bool(plan.networks) and answer.final is None


# ---- the state that a browser holds


def write_state(state: ExamState) -> str:
    """As JSON."""
    return TypeAdapter(ExamState).dump_json(state, exclude_none=True).decode()


def read_state(text: str, deck: Deck) -> ExamState:
    """Raises CxrError for whatever is no state that this deck leads to: other films than those that came, findings that
    nobody could choose, boxes outside."""
    try:
        if len(text) > MAX_EXAM_BYTES:
            raise ValueError
        state = TypeAdapter(ExamState).validate_json(text, strict=True)
    except (ValidationError, ValueError):
        raise CxrError("exam-no-state") from None
    plan = shuffle_deck(deck, state.seed)
    is_possible = state.deck == deck.name and all(
        answer.film == choose_film(deck, plan, state.answers[:turn])
        and is_choice(answer.own_labels, plan)
        and is_choice(answer.final or (), plan)
        and (answer.final is None or bool(plan.networks))
        and (turn == len(state.answers) - 1 or not needs_advice(plan, answer))
        for turn, answer in enumerate(state.answers)
    )
    if not is_possible:
        raise CxrError("exam-no-state")
    return state


def round_box(box: object) -> object:
    """To shares that no eye tells apart, so that many answers are a short text, and still on the film: its corners are
    rounded, not its sides. What is no box is left for the refusal."""
    try:
        x, y, width, height = map(float, cast(Any, box))
        left, top, right, bottom = (round(share * ROUNDED) for share in (x, y, x + width, y + height))
    except (TypeError, ValueError, OverflowError):
        return box
    sides = [round(share / ROUNDED, DIGITS) for share in (left, top, right - left, bottom - top)]
    return sides if isinstance(box, list) and min(sides[2:]) > 0 else box


def is_choice(labels: Sequence[str], plan: Plan) -> bool:
    """Whether they stand among the choices, each once."""
    return len(set(labels)) == len(labels) and set(labels) <= set(plan.choices)


def list_advice(
    probabilities: Mapping[str, float], thresholds: Mapping[str, float], choices: Sequence[str]
) -> tuple[str, ...]:
    """What a network advises: those of the choices that reach their threshold, sorted; none of them is "no finding".
    Its labels go by any name that `labels.match_label` knows."""
    called = {match_label(label) for label, at in thresholds.items() if probabilities.get(label, 0.0) >= at}
    return tuple(sorted(set(choices) & {label for label in called if label}))
