"""A class without a page: who may join, what may be pressed, which answers count, what is counted."""

from __future__ import annotations

import csv
import dataclasses
import io
import secrets
import time

import pytest

from cxr_demo.errors import CxrError
from cxr_demo.export.class_table import COLUMNS, write_class_table
from cxr_demo.limits import AWAY_S, CLASS_MINUTES, MAX_CLASSES, MAX_CLASSES_OF_CLIENT, MAX_NICKNAME, MAX_SEATS
from cxr_demo.teaching.classroom import CODE_LENGTH, CODE_LETTERS, Classes, Classroom, Stage, check_token
from cxr_demo.teaching.deck import NO_FINDING, find_truth_boxes
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck

DECK = read_deck(next(folder for folder in find_bundled_decks() if folder.name == "shortcuts"))
BOX = [0.1, 0.2, 0.3, 0.4]


def mark(label: str, box=BOX) -> dict:
    return {"label": label, "box": box}


def make_token() -> str:
    return secrets.token_hex(16)


def open_class(classes: Classes, client: str = "", deck=DECK) -> Classroom:
    return classes.open(deck, make_token(), client)


def join(classroom: Classroom, nickname: str = ""):
    return classroom.join(nickname, make_token())


@pytest.fixture
def classroom() -> Classroom:
    return open_class(Classes())


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
    alone = open_class(Classes(), deck=dataclasses.replace(DECK, head=dataclasses.replace(DECK.head, networks=())))
    for act in ("start", "truth", "networks"):
        alone.act(act)
    assert alone.stage is Stage.TRUTH and alone.list_acts() == ["next", "end"]


def test_the_first_answer_to_a_film_counts_once(classroom):
    seat = join(classroom, "Ada")
    classroom.act("start")
    classroom.take_answer(seat, 0, [mark("consolidation")])
    classroom.take_answer(seat, 0, [mark("mass")])
    assert seat.answers[0].own_labels == ("consolidation",) and classroom.count_answers(0) == 1


def test_boxes_are_kept_as_exactly_as_a_film_is_seen(classroom):
    seat = join(classroom, "")
    classroom.act("start")
    classroom.take_answer(seat, 0, [mark("mass", [0.123456789, 1 / 3, 0.25, 0.25])])
    assert seat.answers[0].own[0].box == (0.1235, 0.3333, 0.25, 0.25)


def test_a_box_that_touches_the_edge_is_still_on_the_film_when_it_is_rounded(classroom):
    classroom.act("start")
    for left in (0.00025, 0.00125, 0.00205):  # rounded alone, both sides grow
        seat = join(classroom)
        classroom.take_answer(seat, 0, [mark("mass", [left, left, 1 - left, 1 - left])])
        assert seat.answers[0].own_labels == ("mass",)


@pytest.mark.parametrize(
    "own",
    [None, {}, "mass", [None], [{"label": "mass"}], [mark("mass", None)], [mark("mass", "x")], [mark("fracture")],
     [mark("mass"), mark("mass")], [mark("mass", [0.9, 0, 0.2, 1])], [mark("mass", [0, 0, 0, 0])],
     [mark("mass", [0, 0, 1])], [mark("mass", [0, 0, "a", 1])], [mark("mass", [float("nan")] * 4)],
     [mark("mass", [0, 0, 10**400, 1])], [mark(NO_FINDING)], [mark(7)], [mark("mass") | {"more": 1}],
     [mark("mass")] * 1000],
)  # fmt: skip
def test_what_nobody_could_answer_is_refused_and_changes_nothing(classroom, own):
    seat = join(classroom, "")
    classroom.act("start")
    assert name_error(classroom.take_answer, seat, 0, own) == "exam-no-state"
    assert seat.answers == {}


def test_answers_come_while_their_film_is_asked(classroom):
    seat = join(classroom, "")
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
        join(classroom, "")
    assert name_error(join, classroom) == "class-full"
    classroom.act("end")
    assert name_error(join, classroom) == "class-over"


def test_a_nickname_is_short_and_can_be_printed(classroom):
    assert join(classroom, "  Ada\x00\u202e\n ").nickname == "Ada"
    assert len(join(classroom, "x" * 1000).nickname) == MAX_NICKNAME


def test_codes_are_read_as_people_write_them():
    classes = Classes()
    classroom = open_class(classes)
    code = classroom.code
    assert len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS)
    for written in (code, code.lower(), f" {code[:3]}-{code[3:]} "):
        assert classes.find(written) is classroom
    for wrong in ("", "ABC", "0" * CODE_LENGTH, code + "A", "<b>", "🫁"):
        assert name_error(classes.find, wrong) == "class-unknown"


def test_places_and_keys_of_one_class_open_no_other():
    classes = Classes()
    one, two = open_class(classes), open_class(classes)
    seat = join(one)
    assert classes.find_seat(seat.token) == (one, seat) and classes.find_by_key(two.key) is two
    classes.close(one)
    assert name_error(classes.find_seat, seat.token) == "class-over"
    assert name_error(classes.find_by_key, one.key) == "class-over"
    assert name_error(classes.find_by_key, "ü") == "class-over"
    assert name_error(classes.check_open, one) == "class-over"


def test_classes_are_few_and_go_when_their_teacher_is_gone():
    classes = Classes()
    made = [open_class(classes, f"client {at // 2}") for at in range(MAX_CLASSES)]
    assert name_error(open_class, classes, "another") == "class-no-room"
    made[0].used = time.monotonic() - 60 * CLASS_MINUTES - 1
    open_class(classes, "another")
    assert len(classes) == MAX_CLASSES and name_error(classes.find, made[0].code) == "class-unknown"


def test_one_client_leaves_room_for_the_classes_of_others():
    classes = Classes()
    for _ in range(MAX_CLASSES_OF_CLIENT):
        open_class(classes, "one")
    assert name_error(open_class, classes, "one") == "class-no-room" and open_class(classes, "another")


def test_who_asks_again_gets_the_same_class_and_the_same_seat():
    classes, key, token = Classes(), make_token(), make_token()
    classroom = classes.open(DECK, key)
    assert classes.open(DECK, key) is classroom and len(classes) == 1
    assert classroom.join("Ada", token) is classroom.join("Ada", token) and len(classroom.seats) == 1


@pytest.mark.parametrize("token", [None, "", 7, "a", "x" * 32, "A" * 32, "0" * 33, "0" * 31 + "\n", ["0" * 32]])
def test_tokens_are_long_enough_that_nobody_guesses_them(token):
    assert name_error(check_token, token) == "class-no-token"


def test_who_leaves_is_not_waited_for_and_what_was_answered_stays(classroom):
    seats = [join(classroom) for _ in range(3)]
    classroom.act("start")
    classroom.take_answer(seats[0], 0, [])
    for seat in seats[:2]:
        classroom.leave(seat)
    assert (classroom.count_answers(0), classroom.count_present(0)) == (1, 2) and len(classroom.seats) == 2
    assert join(classroom).number == 4, "no number comes twice"


def test_who_has_asked_nothing_for_long_is_not_waited_for(classroom):
    away, here = join(classroom), join(classroom)
    classroom.act("start")
    away.used -= AWAY_S + 1
    assert classroom.count_present(0) == 1
    classroom.take_answer(away, 0, [])
    classroom.take_answer(here, 0, [])
    assert classroom.count_present(0) == classroom.count_answers(0) == 2


def test_a_class_can_be_closed_to_others_and_opened_again(classroom):
    seat = join(classroom)
    classroom.lock(True)
    assert name_error(join, classroom) == "class-locked" and classroom.join("", seat.token) is seat
    classroom.lock(False)
    assert join(classroom)


def test_a_press_at_another_film_changes_nothing(classroom):
    for act in ("start", "truth"):
        classroom.act(act)
    classroom.act("networks", "truth", 1)
    classroom.act("networks", "asking", 0)
    assert classroom.stage is Stage.TRUTH
    classroom.act("networks", "truth", 0)
    assert classroom.stage is Stage.NETWORKS


def test_the_tally_names_nobody_and_counts_everybody_once(classroom):
    film = DECK.films[0]
    assert film.kinds == ("consolidation",)
    answers = [[mark("consolidation")], [mark("consolidation"), mark("mass")], [], [mark("mass")]]
    seats = [join(classroom, f"learner {at}") for at in range(5)]
    classroom.act("start")
    for seat, own in zip(seats, answers, strict=False):
        classroom.take_answer(seat, 0, own)
    tally = classroom.tally(0)
    assert (tally.answered, tally.right, tally.placed) == (4, 1, 0), "named, but drawn elsewhere"
    assert tally.named == {"consolidation": 2, "mass": 2, NO_FINDING: 1} and len(tally.boxes) == 4


def test_right_answers_count_by_their_places_too(classroom):
    (true,) = find_truth_boxes(DECK.films[0])["consolidation"]
    classroom.act("start")
    for box in (list(true), BOX):
        classroom.take_answer(join(classroom), 0, [mark("consolidation", box)])
    assert (classroom.tally(0).right, classroom.tally(0).placed) == (2, 1)
    normal = next(turn for turn, film in enumerate(DECK.films) if not film.findings)
    assert classroom.tally(normal).placed is None


def test_the_table_is_what_was_sent(classroom):
    film = DECK.films[0]
    (true,) = find_truth_boxes(film)["consolidation"]
    ada, formula = join(classroom, "Ada"), join(classroom, "=1+1")
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
