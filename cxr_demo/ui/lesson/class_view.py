"""A class as HTML: what a learner's phone shows, and what the teacher's wall shows, of nobody by name."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from cxr_demo.evaluation.regions import Box
from cxr_demo.labels import FINDINGS
from cxr_demo.limits import MAX_NICKNAME
from cxr_demo.teaching.classroom import CODE_LENGTH, Classroom, Seat, Stage, Tally
from cxr_demo.teaching.deck import NO_FINDING
from cxr_demo.teaching.exam_score import make_sheet, score_answer
from cxr_demo.text import class_text, exam_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui.lesson.exam_room import DeckPicture, ExamRoom
from cxr_demo.ui.lesson.film_card import (
    list_own,
    place_box,
    render_all_maps,
    render_boxes,
    render_explanation,
    render_film,
    render_film_to_answer,
    render_true_film,
    style_picture,
)
from cxr_demo.ui.markup import Html, join_html, tag

QR_BORDER = 2  # cells of white around OpenCV's own two, since ISO/IEC 18004 asks for four
HEADINGS = 2  # level of those below the title of a page
FILES = {"results": "results.csv", "handout": "handout.pdf", "solutions": "solutions.pdf"}


# ---- a learner


def render_join(said: Said = "") -> Html:
    """The form by which a learner joins; `said`, why another one is needed."""
    fields = (
        tag("label", format_text("class-code"), tag(
            "input", id="code", required=True, maxlength=2 * CODE_LENGTH, autocomplete="off",
            autocapitalize="characters", spellcheck="false",
        )),
        tag("label", format_text("class-nickname"), tag("input", id="nickname", maxlength=MAX_NICKNAME,
                                                        autocomplete="off", aria_describedby="nickname-how")),
        tag("p", format_text("class-nickname-how"), class_="how", id="nickname-how"),
        tag("button", format_text("class-join")),
    )  # fmt: skip
    return _render_section(
        "join", "", tag("h1", format_text("class-join-title"), tabindex="-1"), _render_said(said), tag("form", *fields)
    )


def render_seat(room: ExamRoom, classroom: Classroom, seat: Seat) -> Html:
    """What a learner sees at the stage of the class. Before the truth is shown, nothing that would tell it is in it."""
    stage, turn, deck = classroom.stage, classroom.turn, classroom.deck
    head = tag("header", tag("h1", deck.title, tabindex="-1"), tag("p", _name_place(classroom, seat)))
    leave = tag("p", tag("button", format_text("class-leave"), type="button", class_="leave"), class_="way")
    if stage is Stage.JOINING:
        return _render_section("joining", "", head, tag("p", format_text("class-joined"), role="status"), leave)
    if stage is Stage.ENDED:
        return _render_section("ended", "", head, *_render_own_sheet(classroom, seat), leave)
    answer, picture = seat.answers.get(turn), room.show_film(deck, turn)
    if stage in (Stage.TRUTH, Stage.NETWORKS):
        return _render_section("truth", str(turn), head, *_render_truth(room, classroom, seat), picture=picture)
    if answer:
        film = render_film(exam_text.name_film(turn + 1), *render_boxes(list_own(answer)))
        told = (
            tag("p", exam_text.describe_answers(answer), class_="asked"),
            tag("p", format_text("class-waiting"), role="status"),
        )
        card = tag("div", film, tag("div", *told, class_="side"), class_="card")
        return _render_section("waiting", str(turn), head, card, picture=picture)
    paused = tag("p", format_text("class-pause-told"), role="status", class_="told") if stage is Stage.PAUSED else None
    card = render_film_to_answer(classroom.plan, turn + 1)
    return _render_section("question", str(turn), head, paused, card, picture=picture, is_paused=bool(paused))


def _name_place(classroom: Classroom, seat: Seat) -> str:
    place = [class_text.name_seat(seat.number)]
    if classroom.turn >= 0 and classroom.stage is not Stage.ENDED:
        place.insert(0, class_text.describe_class_place(classroom.turn + 1, len(classroom.deck.films)))
    return " · ".join(place)


def _render_truth(room: ExamRoom, classroom: Classroom, seat: Seat) -> tuple[Html, ...]:
    turn = classroom.turn
    film, answer = classroom.deck.films[turn], seat.answers.get(turn)
    if answer:
        lines = [tag("li", line) for line in exam_text.describe_score(score_answer(film, answer))]
        told = join_html(tag("ul", *lines, class_="lines"), tag("p", exam_text.describe_answers(answer), class_="how"))
    else:
        told = tag("p", format_text("class-missed-film"), class_="how")
    side = tag(
        "div", tag("div", tag("p", exam_text.describe_truth(film.kinds), class_="asked"), told, role="status"),
        render_explanation(film, HEADINGS, _is_told_why(classroom)),
        tag("p", format_text("class-next-soon"), class_="how"), class_="side",
    )  # fmt: skip
    figure = render_true_film(film, turn + 1, *([answer] if answer else []))
    return tag("div", figure, side, class_="card"), *_render_networks(room, classroom)


def _is_told_why(classroom: Classroom) -> bool:
    return classroom.stage is Stage.NETWORKS or not classroom.plan.networks


def _render_networks(room: ExamRoom, classroom: Classroom) -> list[Html]:
    if classroom.stage is not Stage.NETWORKS:
        return []
    return [
        render_all_maps(letter, room.ask_network(classroom.deck, classroom.turn, network), HEADINGS)
        for letter, network in classroom.plan.networks.items()
    ]


def _render_own_sheet(classroom: Classroom, seat: Seat) -> list[Html]:
    answers = [seat.answers[turn] for turn in sorted(seat.answers)]
    lines = exam_text.describe_sheet(make_sheet(classroom.deck, replace(classroom.plan, networks={}), answers, {}))
    told = tag("p", format_text("class-end-told"), role="status")
    return [told, tag("ul", *(tag("li", line) for line in lines), class_="sheet")]


# ---- the teacher's wall


def render_opening(room: ExamRoom, said: Said = "") -> Html:
    """The decks that a class may see."""
    decks = [
        tag(
            "li", tag("h2", deck.title), tag("p", deck.intro),
            tag("p", exam_text.describe_deck(len(deck.films), len(deck.networks)), class_="how"),
            tag("button", format_text("class-open"), type="button", class_="go", data_open=name,
                aria_label=class_text.describe_open(deck.title)),
        )
        for name, deck in room.decks.items()
    ]  # fmt: skip
    return _render_section(
        "opening", "", tag("h1", format_text("class-teach-title"), tabindex="-1"), _render_said(said),
        tag("p", format_text("class-choose"), class_="intro"), tag("ul", *decks, class_="decks"),
    )  # fmt: skip


def render_wall(room: ExamRoom, classroom: Classroom, address: str) -> Html:
    """`address`: where learners join, "" where none of theirs leads here."""
    stage, turn, deck = classroom.stage, classroom.turn, classroom.deck
    seats = _render_live(class_text.describe_seats(len(classroom.seats)), "seats")
    acts = tag("p", *(_render_act(act, classroom.is_last) for act in classroom.list_acts()), class_="ways")
    if stage is Stage.JOINING:
        head = tag("header", tag("h1", deck.title, tabindex="-1"))
        return _render_section(
            "joining", "", head, _render_way_in(classroom, address), seats, acts, _render_takes("handout")
        )
    code = tag("p", tag("span", format_text("class-by-code")), " ", tag("b", classroom.code), class_="code")
    if stage is Stage.ENDED:
        head = tag("header", tag("h1", deck.title, tabindex="-1"), code)
        return _render_section("ended", "", head, tag("p", class_text.describe_end()), _render_taking_home())
    place = class_text.describe_class_place(turn + 1, len(deck.films))
    head = tag("header", tag("h1", place, tabindex="-1"), code)
    picture, shown = room.show_film(deck, turn), (Stage.TRUTH, Stage.NETWORKS)
    body = _render_revealed(room, classroom) if stage in shown else _render_asked(classroom)
    return _render_section(stage.value, str(turn), head, acts, *body, picture=picture)


def _render_asked(classroom: Classroom) -> tuple[Html, ...]:
    turn, seats = classroom.turn, len(classroom.seats)
    answered = classroom.count_answers(turn)
    share = answered / seats if seats else 0
    meter = tag("i", class_="meter", style=f"--share:{share:.3f}", data_live=True, aria_hidden="true")
    paused = tag("p", format_text("class-pause-told"), class_="told") if classroom.stage is Stage.PAUSED else None
    side = tag(
        "div",
        tag("p", format_text("exam-asked"), class_="asked"),
        _render_live(class_text.describe_answered(answered, seats), "answered"),
        meter,
        paused,
        class_="side",
    )
    return (tag("div", render_film(exam_text.name_film(turn + 1)), side, class_="card"),)


def _render_revealed(room: ExamRoom, classroom: Classroom) -> tuple[Html, ...]:
    turn, film, tally = classroom.turn, classroom.deck.films[classroom.turn], classroom.tally(classroom.turn)
    figure = render_true_film(film, turn + 1, over=_render_crowd(tally.boxes))
    rows = [_render_count(label, tally, label in film.kinds) for label in (*sorted(classroom.plan.choices), NO_FINDING)]
    side = tag(
        "div",
        tag("p", exam_text.describe_truth(film.kinds), class_="asked", role="status"),
        tag("p", class_text.describe_right(tally)),
        tag("h2", format_text("class-counts")),
        tag("ul", *rows, class_="counts"),
        tag("p", tag("i", class_="crowd-key"), class_text.describe_crowd(len(tally.boxes)), class_="how"),
        render_explanation(film, HEADINGS, _is_told_why(classroom)),
        class_="side",
    )
    return tag("div", figure, side, class_="card"), *_render_networks(room, classroom)


def _render_count(label: str, tally: Tally, is_true: bool) -> Html:
    count = tally.named.get(label, 0)
    true = tag("small", format_text("class-true")) if is_true else None
    share = count / tally.answered if tally.answered else 0
    bar = tag("i", class_="meter", style=f"--share:{share:.3f}", aria_hidden="true")
    return tag("li", tag("span", class_text.describe_count(label, count), " ", true), bar,
               class_="true" if is_true else None)  # fmt: skip


def _render_live(text: str, kind: str) -> Html:
    """What `wall.js` replaces while all the rest stays."""
    return tag("p", tag("span", text, data_live=True), class_=kind, role="status")


def _render_crowd(boxes: Sequence[tuple[str, Box]]) -> list[Html]:
    return [tag("div", class_="box crowd", style=place_box(box), title=FINDINGS[label].name) for label, box in boxes]


def _render_way_in(classroom: Classroom, address: str) -> Html:
    code = tag("p", tag("span", format_text("class-by-code")), " ", tag("b", classroom.code), class_="code large")
    if not address:
        told = tag("p", tag("strong", format_text("class-unreachable")), " ", format_text("class-unreachable.hint"),
                   class_="told", role="alert")  # fmt: skip
        return tag("div", told, code, class_="way-in")
    link = f"{address}#{classroom.code}"
    qr = tag("img", src=encode_qr(link), alt=class_text.describe_qr(link), class_="qr")
    where = tag("p", tag("span", format_text("class-how-to-join")), " ", tag("b", address), class_="where")
    return tag("div", qr, tag("div", where, code), class_="way-in")


def _render_act(act: str, is_last: bool) -> Html:
    """The one that ends all of it asks first."""
    sure, kind = (format_text("class-act-end.sure"), "print") if act == "end" else (None, "go")
    return tag("button", class_text.name_act(act, is_last), type="button", class_=kind, data_act=act, data_sure=sure)


def _render_taking_home() -> Html:
    close = tag("button", format_text("class-close"), type="button", class_="print", data_act="close",
                data_sure=format_text("class-close.sure"))  # fmt: skip
    return join_html(_render_takes("results", "handout", "solutions"), tag("p", close, class_="ways"))


def _render_takes(*files: str) -> Html:
    """Buttons for files to take home."""
    buttons = [
        tag("button", format_text(f"class-take-{name}"), type="button", class_="print", data_take=FILES[name])
        for name in files
    ]
    return tag("p", *buttons, class_="ways")


def encode_qr(text: str) -> str:
    """A QR code as PNG data URI, one pixel for each of its cells."""
    cells = cv2.QRCodeEncoder.create().encode(text)
    framed = np.pad(cells, QR_BORDER, constant_values=255)
    return f"data:image/png;base64,{base64.b64encode(cv2.imencode('.png', framed)[1].tobytes()).decode()}"


# ---- both


def _render_said(said: Said) -> Html | None:
    return tag("p", said, role="alert", class_="told") if said else None


def _render_section(
    step: str, turn: str, *parts: Html | None, picture: DeckPicture | None = None, is_paused: bool = False
) -> Html:
    """`exam.js` keeps what a learner has drawn as long as `step` and `turn` stay."""
    return tag(
        "section", *parts, class_="exam class", data_step=step, data_state=turn or None, data_paused=is_paused,
        style=style_picture(picture) if picture else None,
    )  # fmt: skip
