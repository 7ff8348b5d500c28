"""What happens in the exam: a deck is chosen, an answer is given, kept or changed, and the next film comes."""

from __future__ import annotations

import json
import secrets

import gradio as gr

from cxr_demo.errors import CxrError
from cxr_demo.teaching.deck import NO_FINDING, Deck
from cxr_demo.teaching.exam import (
    MAX_SEED,
    ExamState,
    choose_film,
    needs_advice,
    read_state,
    round_box,
    shuffle_deck,
    write_state,
)
from cxr_demo.text.catalogue import LANGUAGE, LANGUAGES, use_language
from cxr_demo.ui.components import PRIVATE, EventSettings
from cxr_demo.ui.faults import describe_error
from cxr_demo.ui.lesson import exam_view
from cxr_demo.ui.lesson.exam_room import ExamRoom

# What a film needs is computed once for all, in the turn of its network, so that nobody's films wait for it.
SETTINGS: EventSettings = {
    "concurrency_id": "lesson",
    "concurrency_limit": 4,
    "show_progress": "hidden",
    "trigger_mode": "once",
    **PRIVATE,
}
TOLD = ("go", "deck", "state", "own", "final", "language")


def wire_exam(component: gr.HTML, room: ExamRoom) -> None:
    """`component` is made of `exam.js`, and its first value is `exam_view.render_decks(room)`."""

    def heed(event: gr.EventData) -> dict:
        return take_step(room, event)

    component.step(heed, None, component, **SETTINGS)  # pyright: ignore[reportAttributeAccessIssue]


def take_step(room: ExamRoom, event: object) -> dict:
    """What the page shows after a press. `event`: `go`, what was pressed; `deck` and `state`, as the page was given
    them; `own`, marks of a new answer, or `final`, labels after the advice; `language`. Nothing of it is believed."""
    try:
        told = {key: getattr(event, key, None) for key in TOLD}  # gradio's error where a browser says nothing at all
        language = str(told["language"])
        with use_language(language if language in LANGUAGES else LANGUAGE.get()):
            try:
                return _render_step(room, told)
            except Exception as error:  # the last place before gradio, which would show or log the traceback
                said = error.said if isinstance(error, CxrError) else describe_error(error)
                return exam_view.render_refusal(*said, *_find_kept(room, told))
    except Exception as error:  # of a browser that says nothing at all
        return exam_view.render_refusal(*describe_error(error))


def _find_kept(room: ExamRoom, told: dict) -> tuple[Deck, ExamState] | tuple[None, None]:
    """The answers that were given before something went wrong, with the last one, which was right as such."""
    deck = room.decks.get(str(told["deck"]))
    if deck is None:
        return None, None
    try:
        return deck, read_state(str(told["state"]), deck)
    except CxrError:
        return None, None


def _render_step(room: ExamRoom, told: dict) -> dict:
    """A new answer is put into `told`, where it is found if showing what follows goes wrong."""
    go, deck = told["go"], room.decks.get(str(told["deck"]))
    if go == "decks" or deck is None:
        return exam_view.render_decks(room)
    if go == "begin":
        state = ExamState(deck.name, secrets.randbelow(MAX_SEED))
        told["state"] = write_state(state)
        return exam_view.render_question(room, deck, state)
    state = read_state(str(told["state"]), deck)
    if go == "answer":
        state = add_answer(deck, state, told["own"])
    elif go == "final":
        state = add_final(deck, state, told["final"])
    told["state"] = write_state(state)
    plan = shuffle_deck(deck, state.seed)
    is_pending = bool(state.answers) and needs_advice(plan, state.answers[-1])
    if not state.answers or (go == "question" and not is_pending):
        return exam_view.render_question(room, deck, state)
    return exam_view.render_answered(room, deck, state)


def add_answer(deck: Deck, state: ExamState, own: object) -> ExamState:
    """Of the film that comes next. CxrError for what could not be answered: each finding has a box."""
    film = choose_film(deck, shuffle_deck(deck, state.seed), state.answers)
    marks = own if isinstance(own, list) else [None]
    if film is None or not all(isinstance(mark, dict) and mark.get("box") for mark in marks):
        raise CxrError("exam-no-answer")
    rounded = [{**mark, "box": round_box(mark["box"])} for mark in marks if isinstance(mark, dict)]
    return _change_state(deck, state, [*_list_answers(state), {"film": film, "own": rounded}])


def add_final(deck: Deck, state: ExamState, labels: object) -> ExamState:
    """The answer after the advice. CxrError where none is awaited."""
    if not state.answers or state.answers[-1].final is not None or not isinstance(labels, list) or not labels:
        raise CxrError("exam-no-answer")
    *before, last = _list_answers(state)
    return _change_state(deck, state, [*before, last | {"final": [] if labels == [NO_FINDING] else labels}])


def _list_answers(state: ExamState) -> list[dict]:
    return json.loads(write_state(state))["answers"]


def _change_state(deck: Deck, state: ExamState, answers: list[dict]) -> ExamState:
    try:
        return read_state(json.dumps({"deck": state.deck, "seed": state.seed, "answers": answers}), deck)
    except CxrError:
        raise CxrError("exam-no-answer") from None
