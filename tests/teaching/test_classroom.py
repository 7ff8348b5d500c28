"""A class without a page: who may join, what may be pressed, which answers count, what is counted."""

from __future__ import annotations

import csv
import dataclasses
import io
import time

import pytest

from cxr_demo.errors import CxrError
from cxr_demo.export.class_table import COLUMNS, write_class_table
from cxr_demo.limits import CLASS_MINUTES, MAX_CLASSES, MAX_NICKNAME, MAX_SEATS
from cxr_demo.teaching.classroom import CODE_LENGTH, CODE_LETTERS, Classes, Classroom, Stage
from cxr_demo.teaching.deck import NO_FINDING, find_truth_boxes
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck

DECK = read_deck(next(folder for folder in find_bundled_decks() if folder.name == "shortcuts"))
BOX = [0.1, 0.2, 0.3, 0.4]


def mark(label: str, box=BOX) -> dict:
    return {"label": label, "box": box}


@pytest.fixture
def classroom() -> Classroom:
    return Classes().open(DECK)


def name_error(act, *told) -> str:
    with pytest.raises(CxrError) as raised:
        act(*told)
    return raised.value.args[0]


def test_a_class_goes_through_its_films_in_the_order_of_the_deck(classroom):
    assert classroom.list_acts() == ["start", "end"] and classroom.plan.order == tuple(range(len(DECK.films)))
    classroom.act("start")
    for turn in range(len(DECK.films)):
        assert (classroom.stage, classroom.turn) == (Stage.ASKING, turn)
        classroom.act("pause")
        assert classroom.list_acts() == ["go-on", "truth", "end"]
        classroom.act("go-on")
        classroom.act("truth")
        assert classroom.list_acts() == ["networks", "next", "end"]
        classroom.act("networks")
        classroom.act("next")
    assert classroom.stage is Stage.ENDED and classroom.list_acts() == []


def test_a_second_press_changes_nothing(classroom):
    for act in ("start", "start", "truth", "truth", "next", "next"):
        classroom.act(act)
    assert (classroom.stage, classroom.turn) == (Stage.ASKING, 1)


def test_a_deck_without_networks_has_none_to_show():
    alone = Classes().open(dataclasses.replace(DECK, head=dataclasses.replace(DECK.head, networks=())))
    for act in ("start", "truth", "networks"):
        alone.act(act)
    assert alone.stage is Stage.TRUTH and alone.list_acts() == ["next", "end"]


def test_the_first_answer_to_a_film_counts_once(classroom):
    seat = classroom.join("Ada")
    classroom.act("start")
    classroom.take_answer(seat, 0, [mark("consolidation")])
    classroom.take_answer(seat, 0, [mark("mass")])
    assert seat.answers[0].own_labels == ("consolidation",) and classroom.count_answers(0) == 1


def test_boxes_are_kept_as_exactly_as_a_film_is_seen(classroom):
    seat = classroom.join("")
    classroom.act("start")
    classroom.take_answer(seat, 0, [mark("mass", [0.123456789, 1 / 3, 0.25, 0.25])])
    assert seat.answers[0].own[0].box == (0.1235, 0.3333, 0.25, 0.25)


@pytest.mark.parametrize(
    "own",
    [None, {}, "mass", [None], [{"label": "mass"}], [mark("mass", None)], [mark("mass", "x")], [mark("fracture")],
     [mark("mass"), mark("mass")], [mark("mass", [0.9, 0, 0.2, 1])], [mark("mass", [0, 0, 0, 0])],
     [mark("mass", [0, 0, 1])], [mark("mass", [0, 0, "a", 1])], [mark("mass", [float("nan")] * 4)],
     [mark(NO_FINDING)], [mark(7)], [mark("mass") | {"more": 1}], [mark("mass")] * 1000],
)  # fmt: skip
def test_what_nobody_could_answer_is_refused_and_changes_nothing(classroom, own):
    seat = classroom.join("")
    classroom.act("start")
    assert name_error(classroom.take_answer, seat, 0, own) == "exam-no-state"
    assert seat.answers == {}


def test_answers_come_while_their_film_is_asked(classroom):
    seat = classroom.join("")
    assert name_error(classroom.take_answer, seat, 0, []) == "class-late"
    classroom.act("start")
    assert name_error(classroom.take_answer, seat, 1, []) == "class-late"
    classroom.act("pause")
    assert name_error(classroom.take_answer, seat, 0, []) == "class-paused"
    classroom.act("go-on")
    classroom.act("truth")
    assert name_error(classroom.take_answer, seat, 0, []) == "class-late"
    classroom.act("next")
    assert name_error(classroom.take_answer, seat, 0, []) == "class-late"
    classroom.take_answer(seat, 1, [])
    assert seat.answers[1].own == ()


def test_a_full_class_and_one_that_has_ended_let_nobody_in(classroom):
    for _ in range(MAX_SEATS):
        classroom.join("")
    assert name_error(classroom.join, "") == "class-full"
    classroom.act("end")
    assert name_error(classroom.join, "") == "class-over"


def test_a_nickname_is_short_and_can_be_printed(classroom):
    assert classroom.join("  Ada\x00\u202e\n ").nickname == "Ada"
    assert len(classroom.join("x" * 1000).nickname) == MAX_NICKNAME


def test_codes_are_read_as_people_write_them():
    classes = Classes()
    classroom = classes.open(DECK)
    code = classroom.code
    assert len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS)
    for written in (code, code.lower(), f" {code[:3]}-{code[3:]} "):
        assert classes.find(written) is classroom
    for wrong in ("", "ABC", "0" * CODE_LENGTH, code + "A", "<b>", "🫁"):
        assert name_error(classes.find, wrong) == "class-unknown"


def test_places_and_keys_of_one_class_open_no_other():
    classes = Classes()
    one, two = classes.open(DECK), classes.open(DECK)
    seat = one.join("")
    assert classes.find_seat(seat.token) == (one, seat) and classes.find_by_key(two.key) is two
    classes.close(one)
    assert name_error(classes.find_seat, seat.token) == "class-over"
    assert name_error(classes.find_by_key, one.key) == "class-over"
    assert name_error(classes.find_by_key, "ü") == "class-over"
    assert name_error(classes.check_open, one) == "class-over"


def test_classes_are_few_and_go_when_their_teacher_is_gone():
    classes = Classes()
    made = [classes.open(DECK) for _ in range(MAX_CLASSES)]
    assert name_error(classes.open, DECK) == "class-no-room"
    made[0].used = time.monotonic() - 60 * CLASS_MINUTES - 1
    classes.open(DECK)
    assert len(classes) == MAX_CLASSES and name_error(classes.find, made[0].code) == "class-unknown"


def test_the_tally_names_nobody_and_counts_everybody_once(classroom):
    film = DECK.films[0]
    assert film.kinds == ("consolidation",)
    answers = [[mark("consolidation")], [mark("consolidation"), mark("mass")], [], [mark("mass")]]
    seats = [classroom.join(f"learner {at}") for at in range(5)]
    classroom.act("start")
    for seat, own in zip(seats, answers, strict=False):
        classroom.take_answer(seat, 0, own)
    tally = classroom.tally(0)
    assert (tally.answered, tally.right) == (4, 1)
    assert tally.named == {"consolidation": 2, "mass": 2, NO_FINDING: 1} and len(tally.boxes) == 4


def test_the_table_is_what_was_sent(classroom):
    film = DECK.films[0]
    (true,) = find_truth_boxes(film)["consolidation"]
    ada, formula = classroom.join("Ada"), classroom.join("=1+1")
    classroom.act("start")
    classroom.take_answer(ada, 0, [mark("consolidation", list(true)), mark("mass")])
    classroom.act("truth")
    classroom.act("next")
    classroom.take_answer(formula, 1, [])
    rows = list(csv.DictReader(io.StringIO(write_class_table(classroom))))
    assert tuple(rows[0]) == COLUMNS and [(row["learner"], row["film"]) for row in rows] == [
        ("1", "1"), ("1", "2"), ("2", "1"), ("2", "2"),
    ]  # fmt: skip
    first, last = rows[0], rows[-1]
    assert (first["nickname"], first["truth"], first["named"]) == ("Ada", "consolidation", "consolidation;mass")
    assert (first["hits"], first["misses"], first["false_alarms"]) == ("consolidation", "", "mass")
    overlap = first["overlaps"].split()
    assert overlap[0] == "consolidation" and float(overlap[1]) > 0.99 and first["boxes"].count(";") == 1
    assert rows[1]["answered"] == "no" and not rows[1]["named"] and float(first["seconds"]) >= 0
    assert (last["nickname"], last["named"]) == ("'=1+1", NO_FINDING)
