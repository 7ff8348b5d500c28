"""The exam as HTML: the decks; one film at a time, first without anything that would tell its answer; the sheet."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.teaching.deck import NO_FINDING, Deck
from cxr_demo.teaching.exam import Answer, ExamState, Plan, choose_film, needs_advice, shuffle_deck, write_state
from cxr_demo.teaching.exam_score import make_sheet, score_both
from cxr_demo.text import exam_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui.lesson.exam_room import Advice, DeckPicture, ExamRoom
from cxr_demo.ui.lesson.film_card import (
    list_own,
    render_advised,
    render_all_maps,
    render_boxes,
    render_choices,
    render_explanation,
    render_film,
    render_film_to_answer,
    render_go,
    render_maps,
    render_true_film,
    style_picture,
)
from cxr_demo.ui.markup import Html, tag


def render_decks(room: ExamRoom) -> dict:
    """What there is to choose from; nothing is computed for it."""
    decks = [_render_deck(room, name) for name in room.decks]
    refused = [tag("p", exam_text.describe_refused_deck(name, why), class_="how") for name, why in room.refused.items()]
    told = tag("p", format_text("exam-intro"), class_="intro")
    listed = tag("ul", *decks, class_="decks") if decks else tag("p", format_text("exam-no-decks"))
    return _make_exam_value("decks", "", "", told, listed, *refused)


def render_refusal(message: Said, hint: Said, deck: Deck | None = None, state: ExamState | None = None) -> dict:
    """A sentence instead of the exam, and the way to its beginning; with the `state` of a `deck` the answers are kept,
    and the way on with them is the first."""
    to_decks = render_go("decks", format_text("exam-decks"))
    if deck is None or state is None:
        said = tag("p", tag("strong", message), " ", hint, role="alert", class_="told", tabindex="-1")
        return _make_exam_value("decks", "", "", said, to_decks)
    kept = format_text("exam-kept", answers=len(state.answers))
    said = tag("p", tag("strong", message), " ", hint, " ", kept, role="alert", class_="told", tabindex="-1")
    ways = tag("p", render_go("question", format_text("exam-go-on")), to_decks, class_="ways")
    return _make_exam_value("question", deck.name, write_state(state), said, ways)


def render_question(room: ExamRoom, deck: Deck, state: ExamState) -> dict:
    """The next film and the choices, or the sheet where none is left. Nothing of what is true of the film, and nothing
    of a network, is in it."""
    plan = shuffle_deck(deck, state.seed)
    film = choose_film(deck, plan, state.answers)
    if film is None:
        return _render_sheet(room, deck, plan, state)
    number, picture = len(state.answers) + 1, room.show_film(deck, film)
    return _make_exam_value(
        "question", deck.name, write_state(state), _render_head(deck, state.answers, number),
        render_film_to_answer(plan, number), picture=picture,
    )  # fmt: skip


def render_answered(room: ExamRoom, deck: Deck, state: ExamState) -> dict:
    """The last film, with a network's advice where the answer after it is still to be given, else with the truth."""
    plan, answer = shuffle_deck(deck, state.seed), state.answers[-1]
    picture, advice = room.show_film(deck, answer.film), room.ask_adviser(deck, plan, answer.film)
    is_open = needs_advice(plan, answer)
    parts = (_render_advice if is_open else _render_truth)(deck, plan, state, advice)
    head = _render_head(deck, state.answers[:-1] if is_open else state.answers, len(state.answers))
    return _make_exam_value("answered", deck.name, write_state(state), head, *parts, picture=picture)


def _render_advice(deck: Deck, plan: Plan, state: ExamState, advice: Advice | None) -> tuple[Html, ...]:
    answer, letter = state.answers[-1], plan.advisers[state.answers[-1].film]
    figure = render_film(exam_text.name_film(len(state.answers)), *render_boxes(list_own(answer)))
    named = advice.named if advice and plan.maps_shown[answer.film] else ()
    maps = [made for each in named for made in render_maps(letter, each)[:1]]
    side = tag(
        "div",
        render_advised(letter, advice) if advice else None,
        tag("div", *maps, class_="maps") if maps else None,
        tag("p", format_text("exam-asked-again"), class_="asked", id="exam-asked"),
        tag("p", format_text("exam-boxes-stay"), class_="how") if answer.own else None,
        render_choices(plan, answer.own_labels or (NO_FINDING,)),
        render_go("final", format_text("exam-final")),
        class_="side",
    )
    return (tag("div", figure, side, class_="card"),)


def _render_truth(deck: Deck, plan: Plan, state: ExamState, advice: Advice | None) -> tuple[Html, ...]:
    answer = state.answers[-1]
    film, letter = deck.films[answer.film], plan.advisers[answer.film]
    is_last = choose_film(deck, plan, state.answers) is None
    lines = [tag("li", line) for line in exam_text.describe_verdict(*score_both(film, answer))]
    side = tag(
        "div",
        tag("div", tag("p", exam_text.describe_truth(film.kinds), class_="asked"), tag("ul", *lines, class_="lines"),
            role="status"),
        tag("p", exam_text.describe_answers(answer), class_="how"),
        render_explanation(film),
        render_all_maps(letter, advice),
        render_go("question", format_text("exam-finish") if is_last else format_text("exam-next")),
        class_="side",
    )  # fmt: skip
    figure = render_true_film(film, len(state.answers), answer)
    return (tag("div", figure, side, class_="card"),)


def _render_sheet(room: ExamRoom, deck: Deck, plan: Plan, state: ExamState) -> dict:
    sheet = make_sheet(deck, plan, state.answers, room.list_all_advice(deck, plan, state.answers))
    networks = [tag("li", exam_text.reveal_network(letter, name)) for letter, name in plan.networks.items()]
    return _make_exam_value(
        "question", deck.name, write_state(state),
        tag("header", tag("h3", format_text("exam-sheet"), tabindex="-1"), tag("p", deck.title)),
        tag("ul", *(tag("li", line) for line in exam_text.describe_sheet(sheet)), *networks, class_="sheet"),
        tag("p", render_go("begin", format_text("exam-again"), data_deck=deck.name),
            tag("button", format_text("exam-print"), type="button", class_="print"),
            render_go("decks", format_text("exam-decks")), class_="ways"),
    )  # fmt: skip


def _make_exam_value(step: str, deck: str, state: str, *parts: Html, picture: DeckPicture | None = None) -> dict:
    """The answers stay in the page, which gives them back with the next one: the server remembers no learner. `step`
    is what makes the same again in another language; the film stands once for all its pictures."""
    return {
        "html": tag(
            "section",
            *parts,
            class_="exam",
            data_step=step,
            data_deck=deck or None,
            data_state=state or None,
            style=style_picture(picture) if picture else None,
        )
    }


def _render_deck(room: ExamRoom, name: str) -> Html:
    deck, missing, silent = room.decks[name], room.missing[name], room.silent[name]
    return tag(
        "li",
        tag("h3", deck.title),
        tag("p", deck.intro),
        tag("p", exam_text.describe_deck(len(deck.films), len(deck.networks)), class_="how"),
        tag("p", exam_text.describe_missing_networks(missing), class_="how") if missing else None,
        tag("p", exam_text.describe_silent_networks(silent), class_="how") if silent else None,
        render_go("begin", format_text("exam-begin"), data_deck=name, aria_label=exam_text.describe_begin(deck.title)),
    )


def _render_head(deck: Deck, answered: Sequence[Answer], number: int) -> Html:
    """`answered`: the answers so far that will not change any more."""
    seen = len({answer.film for answer in answered})
    place = exam_text.describe_place(seen, len(deck.films))
    return tag("header", tag("h3", exam_text.name_film(number), tabindex="-1"), tag("p", f"{deck.title} · {place}"))
