"""The one component that carries the page: what a browser says is read with care, and every press is answered."""

import re
from types import SimpleNamespace

import pytest

from cxr_demo.text import page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import follower, sessions, stream, whole_page
from cxr_demo.ui.app.intentions import INTENTIONS
from tests.ui.stand_ins import LABELS, png, uploaded


def say(data: object) -> SimpleNamespace:
    return SimpleNamespace(_data=data)


REQUEST = SimpleNamespace(session_hash="page", client=SimpleNamespace(host="10.0.0.1"))


def press(desk, intention: str, number: int, **data) -> dict:
    return stream._make_handler(desk, INTENTIONS[intention])(say({"press": number, "have": [], **data}), REQUEST)


def follow(desk, *presses: dict) -> dict:
    """The last value, with the bodies of all."""
    values = list(stream._make_follower(desk)(say({"presses": list(presses), "have": []}), REQUEST))
    return values[-1] | {"bodies": {id_: body for value in values for id_, body in value["bodies"].items()}}


def read(value: dict, part: str) -> dict:
    return value["bodies"][value["parts"][part]]


def test_a_press_is_answered_with_what_the_page_shows_then(desk, folder):
    press(desk, "open_page", 1)
    value = press(desk, "take_film", 2, path=uploaded(folder, "film.png", png()), name="film.png")
    assert value["heard"] == [1, 2] and value["follow"] and not value["rest"]
    assert "film.png" in read(value, "strip")["html"]
    last = follow(desk)
    assert last["rest"] and last["heard"] == [1, 2] and last["sequence"] > value["sequence"]
    assert press(desk, "choose_label", 3, label="normal", have=list(last["parts"].values()))["heard"] == [1, 2, 3]


@pytest.mark.parametrize(
    "data", [None, [], "x", {"press": "1", "have": {}}, {"press": True, "have": [[]]}, {"press": 1.5}]
)
def test_what_is_no_press_of_ours_is_answered_too(desk, data):
    for intention in INTENTIONS.values():
        assert stream._make_handler(desk, intention)(say(data), REQUEST)["heard"] == []
    assert list(stream._make_follower(desk)(say(data), REQUEST))[-1]["rest"]


def test_an_unforeseen_error_of_a_press_gives_a_reference_and_logs_nothing_of_it(desk, caplog):
    def fail(press):
        raise RuntimeError("secret /home/x/DOE^JANE.png")

    said = read(stream._make_handler(desk, fail)(say({"press": 1}), REQUEST), "notice")["html"]
    assert re.search(r"ref (\w{4})", said)[1] in caplog.text and "RuntimeError" in caplog.text
    assert "DOE" not in caplog.text + said and "secret" not in caplog.text + said
    assert read(press(desk, "choose_label", 2, label="normal"), "notice")["html"] == ""  # until the next press


@pytest.mark.parametrize("how", ["press", "follow"])
def test_after_its_time_the_page_says_that_the_film_is_gone(desk, folder, how):
    assert "no longer in memory" not in read(press(desk, "open_page", 1), "notice")["html"]
    press(desk, "take_film", 2, path=uploaded(folder, "film.png", png()), name="film.png")
    former = follow(desk)
    desk.sessions.forget("page")
    told = {"intention": "choose_label", "press": 3, "label": "normal"}
    value = press(desk, "choose_label", 3, label="normal") if how == "press" else follow(desk, told)
    assert value["sequence"] > former["sequence"] and value["heard"] == [3]
    assert str(page_text.describe_expired()[0]) in read(value, "notice")["html"] and read(value, "strip")["html"] == ""
    assert "no longer in memory" not in read(press(desk, "choose_label", 4, label="normal"), "notice")["html"]


def test_somebody_who_waits_is_known(desk, folder):
    press(desk, "open_page", 1)
    press(desk, "take_film", 2, path=uploaded(folder, "film.png", png()), name="film.png")
    assert desk.sessions.idle(0.0) and not desk.sessions.idle(60.0)
    steps = stream._make_follower(desk)(say({"press": 2, "have": []}), REQUEST)
    next(steps)
    assert not desk.sessions.idle(0.0)
    steps.close()  # as gradio does when the page is closed
    assert desk.sessions.idle(0.0)


@pytest.mark.parametrize("how", ["press", "follow"])
def test_a_part_that_cannot_be_made_says_so_in_its_place(desk, folder, monkeypatch, caplog, how):
    def fail(view):
        raise RuntimeError("secret /home/x/DOE^JANE.png")

    monkeypatch.setitem(whole_page.PARTS, "panels", fail)
    press(desk, "take_film", 1, path=uploaded(folder, "film.png", png()), name="film.png")
    value = follow(desk) if how == "follow" else press(desk, "choose_label", 2, label="normal")
    assert value["rest"] == (how == "follow") and "film.png" in read(value, "strip")["html"]
    said = read(value, "panels")
    ref = re.search(r"ref (\w{4})", said["html"])[1]
    assert said["failed"] and ref in caplog.text and "DOE" not in caplog.text + said["html"]
    if how == "follow":
        assert caplog.text.count("RuntimeError") == 1  # of a dozen values
        assert "data-label" in read(value, "findings")["html"]


def test_where_even_the_work_is_not_to_be_known_the_page_says_so_and_rests(desk, monkeypatch, caplog):
    def fail(desk, session):
        raise RuntimeError("secret")

    monkeypatch.setattr(follower, "list_work", fail)
    value = press(desk, "choose_label", 1, label="normal")
    assert value["rest"] and not value["follow"] and "Something went wrong" in read(value, "notice")["html"]
    assert follow(desk)["rest"] and "secret" not in caplog.text


def test_a_press_whose_answer_was_lost_is_told_again_and_heeded_once(desk, folder):
    press(desk, "open_page", 1)
    path = uploaded(folder, "film.png", png())
    told = {"intention": "take_film", "press": 2, "path": path, "name": "film.png", "film": 1}
    lost = {"intention": "choose_label", "press": 3, "label": "normal"}
    press(desk, "take_film", 2, path=path, name="film.png", film=1)
    value = follow(desk, lost, told)
    assert value["heard"] == [1, 2, 3] and value["at"]["label"] == "normal"
    assert list(desk.sessions.find("page").films) == ["1"]
    assert follow(desk, lost, told)["heard"] == [1, 2, 3] and list(desk.sessions.find("page").films) == ["1"]


def test_a_page_that_had_to_make_room_is_told_so_once(desk, folder, monkeypatch):
    press(desk, "open_page", 1)
    press(desk, "take_film", 2, path=uploaded(folder, "film.png", png()), name="film.png")
    follow(desk)
    desk.sessions.find("page").used -= 10
    assert desk.sessions.find("page").client == "10.0.0.1"
    monkeypatch.setattr(desk.sessions, "most", 1)
    desk.sessions.keep("other").films["1"] = sessions.Film("1", "b.png")
    desk.sessions.keep("other")
    said = read(press(desk, "choose_label", 3, label="normal"), "notice")["html"]
    assert str(page_text.describe_made_room()[0]) in said and str(page_text.describe_expired()[0]) not in said
    desk.sessions.forget("page")
    said = read(press(desk, "choose_label", 4, label="normal"), "notice")["html"]
    assert str(page_text.describe_expired()[0]) in said


def test_a_film_that_is_taken_after_the_time_is_shown_and_the_others_are_said_to_be_gone(desk, folder):
    value = press(desk, "take_film", 1, path=uploaded(folder, "a.png", png()), name="a.png")
    assert read(value, "notice")["html"] == ""
    follow(desk)
    desk.sessions.forget("page")
    value = press(desk, "take_film", 2, path=uploaded(folder, "b.png", png()), name="b.png")
    said = read(value, "notice")["html"]
    assert format_text("earlier-films-gone") in said and str(page_text.describe_expired()[1]) not in said
    assert "b.png" in read(follow(desk), "findings")["html"] + read(follow(desk), "panels")["html"]


def test_what_is_ready_can_be_chosen_with_one_answer(desk, folder):
    press(desk, "choose_methods", 1, methods=["grad-cam"])
    press(desk, "take_film", 2, path=uploaded(folder, "film.png", png()), name="film.png", film=1)
    value = follow(desk)
    assert value["ready"] == {"films": ["1"], "labels": [LABELS[1]], "methods": ["grad-cam"]}
    assert not press(desk, "choose_label", 3, label="normal")["rest"]
    value = follow(desk)
    assert value["ready"]["labels"] == ["normal", LABELS[1]]
    answer = press(desk, "choose_label", 4, label=LABELS[1])
    assert answer["rest"] and not answer["follow"]
