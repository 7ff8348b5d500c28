"""A class as HTML: what a learner's phone shows, and what the teacher's wall shows, of nobody by name."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from cxr_demo.ui.lesson.exam_room import ExamRoom
from cxr_demo.ui.lesson.film_card import (
    list_own,
    place_box,
    render_all_maps,
    render_boxes,
    render_explanation,
    render_film,
    render_film_to_answer,
    render_true_film,
)
from cxr_demo.ui.markup import Html, join_html, render_details, tag

QR_BORDER = 2  # cells of white around OpenCV's own two, since ISO/IEC 18004 asks for four
CROWD = ("#7dd3fc", "#fda4af", "#bef264", "#fcd34d", "#d8b4fe", "#fdba74")  # of the boxes of a class, by finding
HEADINGS = 2  # level of those below the title of a page
FILES = {"results": "results.csv", "handout": "handout.pdf", "solutions": "solutions.pdf"}


# ---- a learner


@dataclass(frozen=True)
class WayIn:
    """Where learners join: `addresses` that lead here from other machines; `is_alone`: the page listens on this machine
    alone."""

    addresses: tuple[str, ...]
    is_alone: bool = False


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
    leave = tag("p", tag("button", format_text("class-leave"), type="button", class_="leave"), class_="way")
    if stage in (Stage.JOINING, Stage.ENDED):
        head = _render_head(deck.title, class_text.name_seat(seat.number))
        joined = (tag("p", format_text("class-joined"), role="status"),)
        shown = joined if stage is Stage.JOINING else _render_own_sheet(classroom, seat)
        return _render_section(stage.value, "", head, *shown, leave)
    # The deck's title may tell what its films are about, so that it stands before and after them.
    head = _render_head(class_text.describe_class_place(turn + 1, len(deck.films)), class_text.name_seat(seat.number))
    answer = seat.answers.get(turn)
    if stage in (Stage.TRUTH, Stage.NETWORKS):
        return _render_section("truth", str(turn), head, *_render_truth(room, classroom, seat))
    if answer:
        film = render_film(exam_text.name_film(turn + 1), *render_boxes(list_own(answer)))
        told = (
            tag("p", exam_text.describe_answers(answer), class_="asked"),
            tag("p", format_text("class-waiting"), role="status"),
        )
        card = tag("div", film, tag("div", *told, class_="side"), class_="card")
        return _render_section("waiting", str(turn), head, card)
    paused = tag("p", format_text("class-pause-told"), role="status", class_="told") if stage is Stage.PAUSED else None
    card = render_film_to_answer(classroom.plan, turn + 1)
    return _render_section("question", str(turn), head, paused, card, is_paused=bool(paused))


def _render_head(title: str, beside: object) -> Html:
    return tag("header", tag("h1", title, tabindex="-1"), beside if isinstance(beside, Html) else tag("p", beside))


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
    return _render_wall_section(
        "opening", "", tag("h1", format_text("class-teach-title"), tabindex="-1"), _render_said(said),
        tag("p", format_text("class-choose"), class_="intro"), tag("ul", *decks, class_="decks"),
    )  # fmt: skip


def render_wall(room: ExamRoom, classroom: Classroom, way_in: WayIn) -> Html:
    stage, turn, deck = classroom.stage, classroom.turn, classroom.deck
    acts = [_render_act(act, classroom.is_last) for act in classroom.list_acts()]
    if stage is Stage.ENDED:
        head = _render_head(deck.title, "")
        return _render_wall_section("ended", "", head, tag("p", class_text.describe_end()), _render_taking_home())
    door = _render_act("unlock" if classroom.locked else "lock", False)
    if stage is Stage.JOINING:
        seats = _render_live(class_text.describe_seats(classroom.count_present(turn)), "seats")
        ways = tag("p", *acts, door, *_list_takes("handout"), class_="ways")
        return _render_wall_section(
            "joining", "", _render_head(deck.title, ""), _render_way_in(classroom, way_in), seats, ways
        )
    late = _render_way_for_late(classroom, way_in)
    head = _render_head(class_text.describe_class_place(turn + 1, len(deck.films)), late)
    is_shown = stage in (Stage.TRUTH, Stage.NETWORKS)
    body = _render_revealed(room, classroom) if is_shown else _render_asked(classroom)
    return _render_wall_section(stage.value, str(turn), head, tag("p", *acts, door, class_="ways"), *body)


def _render_wall_section(step: str, turn: str, *parts: Html | None) -> Html:
    return _render_section(step, turn, *parts, kind="wall")


def _render_asked(classroom: Classroom) -> tuple[Html, ...]:
    turn = classroom.turn
    answered, present = classroom.count_answers(turn), classroom.count_present(turn)
    share = answered / present if present else 0
    meter = tag("i", class_="meter", style=f"--share:{share:.3f}", data_live=True, aria_hidden="true")
    paused = tag("p", format_text("class-pause-told"), class_="told") if classroom.stage is Stage.PAUSED else None
    side = tag(
        "div",
        tag("p", format_text("exam-asked"), class_="asked"),
        _render_live(class_text.describe_answered(answered, present), "answered"),
        meter,
        paused,
        class_="side",
    )
    return (tag("div", render_film(exam_text.name_film(turn + 1)), side, class_="card"),)


def _render_revealed(room: ExamRoom, classroom: Classroom) -> tuple[Html, ...]:
    """The film with all boxes, and beside it what was said, or then what networks say, with their maps."""
    turn, film, tally = classroom.turn, classroom.deck.films[classroom.turn], classroom.tally(classroom.turn)
    colours = {label: at for at, label in enumerate(sorted(classroom.plan.choices))}
    figure = render_true_film(film, turn + 1, over=_render_crowd(tally.boxes, colours))
    rows = [
        _render_count(label, tally, label in film.kinds, colours.get(label))
        for label in (*colours, NO_FINDING)
        if tally.named.get(label) or label in film.kinds
    ]
    counts = (
        tag("p", class_text.describe_right(tally)),
        tag("ul", *rows, class_="counts"),
        tag("p", class_text.describe_crowd(len(tally.boxes)), class_="how"),
    )
    truth = tag("p", exam_text.describe_truth(film.kinds), class_="asked", role="status")
    why = render_explanation(film, HEADINGS, _is_told_why(classroom))
    if classroom.stage is Stage.NETWORKS:
        told = (*_render_networks(room, classroom), why, render_details(format_text("class-counts"), *counts))
    else:
        told = (tag("h2", format_text("class-counts")), *counts, why)
    return (tag("div", figure, tag("div", truth, *told, class_="side"), class_="card"),)


def _render_count(label: str, tally: Tally, is_true: bool, colour: int | None) -> Html:
    count = tally.named.get(label, 0)
    true = tag("small", format_text("class-true")) if is_true else None
    share = count / tally.answered if tally.answered else 0
    bar = tag("i", class_="meter", style=f"--share:{share:.3f}", aria_hidden="true")
    key = None if colour is None else tag("i", class_="crowd-key", style=_style_crowd(colour), aria_hidden="true")
    return tag("li", tag("span", key, class_text.describe_count(label, count), " ", true), bar,
               class_="true" if is_true else None)  # fmt: skip


def _render_live(text: str, kind: str) -> Html:
    """What `wall.js` replaces while all the rest stays."""
    return tag("p", tag("span", text, data_live=True), class_=kind, role="status")


def _render_crowd(boxes: Sequence[tuple[str, Box]], colours: Mapping[str, int]) -> list[Html]:
    return [
        tag("div", class_="box crowd", style=f"{place_box(box)};{_style_crowd(colours[label])}",
            title=FINDINGS[label].name)
        for label, box in boxes
    ]  # fmt: skip


def _style_crowd(colour: int) -> str:
    return f"--crowd:{CROWD[colour % len(CROWD)]}"


def _render_way_in(classroom: Classroom, way_in: WayIn) -> Html:
    code = tag("p", tag("span", format_text("class-by-code")), " ", tag("b", classroom.code), class_="code large")
    if not way_in.addresses:
        why, what = class_text.describe_no_way_in(way_in.is_alone)
        told = tag("p", tag("strong", why), " ", what, class_="told", role="alert")
        return tag("div", told, code, class_="way-in")
    address, *others = way_in.addresses
    link = f"{address}#{classroom.code}"
    qr = tag("img", src=encode_qr(link), alt=class_text.describe_qr(link), class_="qr")
    where = tag("p", tag("span", format_text("class-how-to-join")), " ", tag("b", address), class_="where")
    more = tag("p", class_text.describe_other_addresses(others), class_="how") if others else None
    return tag("div", qr, tag("div", where, code, more), class_="way-in")


def _render_way_for_late(classroom: Classroom, way_in: WayIn) -> Html:
    """One line, which opens to the code in large."""
    where = way_in.addresses[0].partition("://")[2] if way_in.addresses else ""
    line = tag("summary", where, " ", tag("b", classroom.code), class_="code")
    return tag("details", line, _render_way_in(classroom, way_in), class_="late")


def _render_act(act: str, is_last: bool) -> Html:
    """The one that ends all of it asks first."""
    sure = format_text("class-act-end.sure") if act == "end" else None
    wait = format_text("class-networks-asked") if act == "networks" else None
    kind = "print" if act in ("end", "lock", "unlock") else "go"
    return tag("button", class_text.name_act(act, is_last), type="button", class_=kind, data_act=act, data_sure=sure,
               data_wait=wait)  # fmt: skip


def _render_taking_home() -> Html:
    close = tag("button", format_text("class-close"), type="button", class_="print", data_act="close",
                data_sure=format_text("class-close.sure"))  # fmt: skip
    takes = tag("p", *_list_takes("results", "handout", "solutions"), class_="ways")
    return join_html(takes, tag("p", close, class_="ways"))


def _list_takes(*files: str) -> list[Html]:
    """Buttons for files to take home."""
    return [
        tag("button", format_text(f"class-take-{name}"), type="button", class_="print", data_take=FILES[name])
        for name in files
    ]


def encode_qr(text: str) -> str:
    """A QR code as PNG data URI, one pixel for each of its cells."""
    cells = cv2.QRCodeEncoder.create().encode(text)
    framed = np.pad(cells, QR_BORDER, constant_values=255)
    return f"data:image/png;base64,{base64.b64encode(cv2.imencode('.png', framed)[1].tobytes()).decode()}"


# ---- both


def _render_said(said: Said) -> Html | None:
    return tag("p", said, role="alert", class_="told") if said else None


def _render_section(step: str, turn: str, *parts: Html | None, is_paused: bool = False, kind: str = "seat") -> Html:
    """`exam.js` keeps what a learner has drawn as long as `step` and `turn` stay. The film stands outside of it, once
    for all that is shown of it."""
    return tag(
        "section", *parts, class_=f"exam class {kind}", data_step=step, data_state=turn or None, data_paused=is_paused
    )  # fmt: skip
