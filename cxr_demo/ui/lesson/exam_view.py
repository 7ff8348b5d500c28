"""The exam as HTML: the decks; one film at a time, first without anything that would tell its answer; the sheet."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.evaluation.regions import Box
from cxr_demo.explain.methods import METHODS
from cxr_demo.labels import FINDINGS
from cxr_demo.teaching.deck import NO_FINDING, Deck, find_truth_boxes, tell_film
from cxr_demo.teaching.exam import Answer, ExamState, Plan, choose_film, needs_advice, shuffle_deck, write_state
from cxr_demo.teaching.exam_score import make_sheet, score_answer
from cxr_demo.text import exam_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui.lesson.exam_room import Advice, DeckPicture, ExamRoom, NamedFinding
from cxr_demo.ui.markup import Html, join_html, tag

Shown = tuple[
    str, str, Sequence[tuple[str, Box]]
]  # a kind of boxes, "own" or "true", its word, and each with its label


def render_decks(room: ExamRoom) -> dict:
    """What there is to choose from; nothing is computed for it."""
    decks = [_render_deck(room, name) for name in room.decks]
    refused = [tag("p", exam_text.describe_refused_deck(name, why), class_="how") for name, why in room.refused.items()]
    told = tag("p", format_text("exam-intro"), class_="intro")
    listed = tag("ul", *decks, class_="decks") if decks else tag("p", format_text("exam-no-decks"))
    return _make_exam_value("decks", "", "", told, listed, *refused)


def render_refusal(message: Said, hint: Said) -> dict:
    """A sentence instead of the exam, and the way to its beginning."""
    said = tag("p", tag("strong", message), " ", hint, role="alert", class_="told", tabindex="-1")
    return _make_exam_value("decks", "", "", said, _render_go("decks", format_text("exam-decks")))


def render_question(room: ExamRoom, deck: Deck, state: ExamState) -> dict:
    """The next film and the choices, or the sheet where none is left. Nothing of what is true of the film, and nothing
    of a network, is in it."""
    plan = shuffle_deck(deck, state.seed)
    film = choose_film(deck, plan, state.answers)
    if film is None:
        return _render_sheet(room, deck, plan, state)
    picture, asked = room.show_film(deck, film), format_text("exam-asked")
    place = tag("div", class_="boxes", data_told=exam_text.describe_box_for_script())
    figure = _render_film(exam_text.name_film(len(state.answers) + 1), place)
    side = tag(
        "div",
        tag("p", asked, class_="asked", id="exam-asked"),
        _render_choices(plan, ()),
        tag("p", class_="still", role="status", data_draw=exam_text.describe_box_to_draw("{name}")),
        _render_go("answer", format_text("exam-answer"), disabled=True),
        tag("p", format_text("exam-how"), class_="how"),
        class_="side",
    )
    return _make_exam_value(
        "question", deck.name, write_state(state), _render_head(deck, state.answers, len(state.answers) + 1),
        tag("div", figure, side, class_="card"), picture=picture,
    )  # fmt: skip


def render_answered(room: ExamRoom, deck: Deck, state: ExamState) -> dict:
    """The last film, with a network's advice where the answer after it is still to be given, else with the truth."""
    plan, answer = shuffle_deck(deck, state.seed), state.answers[-1]
    picture, advice = room.show_film(deck, answer.film), room.ask_adviser(deck, plan, answer.film)
    render = _render_advice if needs_advice(plan, answer) else _render_truth
    parts = render(deck, plan, state, advice)
    head = _render_head(deck, state.answers[:-1], len(state.answers))
    return _make_exam_value("answered", deck.name, write_state(state), head, *parts, picture=picture)


def _render_advice(deck: Deck, plan: Plan, state: ExamState, advice: Advice | None) -> tuple[Html, ...]:
    answer, letter = state.answers[-1], plan.advisers[state.answers[-1].film]
    figure = _render_film(exam_text.name_film(len(state.answers)), *_render_boxes(_list_own(answer)))
    named = advice.named if advice and plan.maps_shown[answer.film] else ()
    maps = [made for each in named for made in _render_maps(letter, each)[:1]]
    side = tag(
        "div",
        _render_advised(letter, advice) if advice else None,
        tag("div", *maps, class_="maps") if maps else None,
        tag("p", format_text("exam-asked-again"), class_="asked", id="exam-asked"),
        _render_choices(plan, answer.own_labels or (NO_FINDING,)),
        _render_go("final", format_text("exam-final")),
        class_="side",
    )
    return (tag("div", figure, side, class_="card"),)


def _list_own(answer: Answer) -> Shown:
    return "own", format_text("exam-own-box"), [(mark.label, mark.box) for mark in answer.own if mark.box]


def _render_truth(deck: Deck, plan: Plan, state: ExamState, advice: Advice | None) -> tuple[Html, ...]:
    answer = state.answers[-1]
    film, letter = deck.films[answer.film], plan.advisers[answer.film]
    own = _list_own(answer)
    places = [(label, box) for label, boxes in find_truth_boxes(film).items() for box in boxes]
    true = ("true", format_text("exam-true-box"), places)
    source = exam_text.describe_source(film.source, film.licence)
    figure = _render_film(exam_text.name_film(len(state.answers)), *_render_boxes(true), *_render_boxes(own),
                          caption=(*_render_key(true), *_render_key(own), tag("span", source)))  # fmt: skip
    look_for, explanation = tell_film(film)
    is_last = choose_film(deck, plan, state.answers) is None
    lines = [tag("li", line) for line in exam_text.describe_score(score_answer(film, answer))]
    side = tag(
        "div",
        tag("div", tag("p", exam_text.describe_truth(film.kinds), class_="asked"), tag("ul", *lines, class_="lines"),
            role="status"),
        tag("p", exam_text.describe_answers(answer), class_="how"),
        tag("h4", format_text("exam-look-for")), tag("p", look_for),
        tag("h4", format_text("exam-explanation")), tag("p", explanation),
        _render_go("question", format_text("exam-finish") if is_last else format_text("exam-next")),
        class_="side",
    )  # fmt: skip
    return tag("div", figure, side, class_="card"), _render_all_maps(letter, advice)


def _render_all_maps(letter: str, advice: Advice | None) -> Html:
    if advice is None:
        return Html("")
    made = [figure for each in advice.named for figure in _render_maps(letter, each)]
    none = None if advice.named else tag("p", format_text("exam-no-map"), class_="how")
    return join_html(_render_advised(letter, advice), none, tag("div", *made, class_="maps"))


def _render_advised(letter: str, advice: Advice) -> Html:
    lines = [
        tag("li", exam_text.describe_advice(each.label, each.probability, advice.calibrated, advice.task))
        for each in advice.named
    ] or [tag("li", format_text("exam-advice-none"))]
    title = tag("h4", format_text("exam-advice", letter=letter))
    return tag("div", title, tag("ul", *lines, class_="lines"), class_="advice", role="status")


def _render_maps(letter: str, named: NamedFinding) -> list[Html]:
    return [
        tag(
            "figure",
            tag("h5", FINDINGS[named.label].name, tag("small", METHODS[method].name)),
            tag("div", class_="picture", role="img", style=f"--map:url({layer})" if layer else None,
                aria_label=exam_text.describe_exam_map(METHODS[method].name, letter, named.label)),
            None if layer else tag("figcaption", format_text("exam-no-evidence")),
            class_="map",
        )
        for method, layer in named.maps.items()
    ]  # fmt: skip


def _render_sheet(room: ExamRoom, deck: Deck, plan: Plan, state: ExamState) -> dict:
    sheet = make_sheet(deck, plan, state.answers, room.list_all_advice(deck, plan, state.answers))
    networks = [tag("li", exam_text.reveal_network(letter, name)) for letter, name in plan.networks.items()]
    return _make_exam_value(
        "question", deck.name, write_state(state),
        tag("header", tag("h3", format_text("exam-sheet"), tabindex="-1"), tag("p", deck.title)),
        tag("ul", *(tag("li", line) for line in exam_text.describe_sheet(sheet)), *networks, class_="sheet"),
        tag("p", _render_go("begin", format_text("exam-again"), data_deck=deck.name),
            tag("button", format_text("exam-print"), type="button", class_="print"),
            _render_go("decks", format_text("exam-decks")), class_="ways"),
    )  # fmt: skip


def _make_exam_value(step: str, deck: str, state: str, *parts: Html, picture: DeckPicture | None = None) -> dict:
    """The answers stay in the page, which gives them back with the next one: the server remembers no learner. `step`
    is what makes the same again in another language; the film stands once for all its pictures."""
    style = None
    if picture:
        style = f"--film-picture:url({picture.source});--film-shape:{picture.shape[1]}/{picture.shape[0]}"
    return {
        "html": tag(
            "section",
            *parts,
            class_="exam",
            data_step=step,
            data_deck=deck or None,
            data_state=state or None,
            style=style,
        )
    }


def _render_deck(room: ExamRoom, name: str) -> Html:
    deck, missing = room.decks[name], room.missing[name]
    return tag(
        "li",
        tag("h3", deck.title),
        tag("p", deck.intro),
        tag("p", exam_text.describe_deck(len(deck.films), len(deck.networks)), class_="how"),
        tag("p", exam_text.describe_missing_networks(missing), class_="how") if missing else None,
        _render_go("begin", format_text("exam-begin"), data_deck=name, aria_label=exam_text.describe_begin(deck.title)),
    )


def _render_head(deck: Deck, before: Sequence[Answer], number: int) -> Html:
    """`before`: the answers to the films that came before it."""
    seen = len({answer.film for answer in before})
    place = exam_text.describe_place(seen, len(deck.films))
    return tag("header", tag("h3", exam_text.name_film(number), tabindex="-1"), tag("p", f"{deck.title} · {place}"))


def _render_choices(plan: Plan, pressed: Sequence[str]) -> Html:
    options = [
        tag("li", tag("button", FINDINGS[label].name, type="button", class_="choice", data_label=label,
                      aria_pressed="true" if label in pressed else "false"))
        for label in (*plan.choices, NO_FINDING)
    ]  # fmt: skip
    return tag("div", tag("ul", *options, class_="choices"), role="group", aria_labelledby="exam-asked",
               data_none=NO_FINDING)  # fmt: skip


def _render_go(go: str, text: str, **more: object) -> Html:
    return tag("button", text, type="button", class_="go", data_go=go, **more)


def _render_film(name: str, *over: Html, caption: Sequence[Html] = ()) -> Html:
    picture = tag("div", class_="picture", role="img", aria_label=name)
    below = tag("figcaption", *caption) if caption else None
    return tag("figure", tag("div", picture, *over, class_="on-film"), below, class_="film")


def _render_boxes(shown: Shown) -> list[Html]:
    kind, word, places = shown
    return [
        tag("div", tag("span", f"{word}: {FINDINGS[label].name}"), class_=f"box {kind}", style=_place_box(box))
        for label, box in places
    ]


def _render_key(shown: Shown) -> tuple[Html, ...]:
    kind, word, places = shown
    return (tag("span", tag("i", class_=kind), word, class_="key"),) if places else ()


def _place_box(box: Box) -> str:
    sides = zip(("left", "top", "width", "height"), box, strict=True)
    return ";".join(f"{side}:{share:.2%}" for side, share in sides)
