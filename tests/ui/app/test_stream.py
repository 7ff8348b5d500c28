"""The one component that carries the page: what a browser says is read with care, and every press is answered."""

import re
from types import SimpleNamespace

import pytest

from cxr_demo.text import page_text
from cxr_demo.ui.app import stream
from cxr_demo.ui.app.intentions import INTENTIONS
from tests.ui.stand_ins import png, uploaded


def say(data: object) -> SimpleNamespace:
    return SimpleNamespace(_data=data)


REQUEST = SimpleNamespace(session_hash="page")


def press(desk, intention: str, number: int, **data) -> dict:
    return stream._make_handler(desk, INTENTIONS[intention])(say({"press": number, "have": [], **data}), REQUEST)


def follow(desk, number: int) -> dict:
    """The last value, with the bodies of all."""
    values = list(stream._make_follower(desk)(say({"press": number, "have": []}), REQUEST))
    return values[-1] | {"bodies": {id_: body for value in values for id_, body in value["bodies"].items()}}


def read(value: dict, part: str) -> dict:
    return value["bodies"][value["parts"][part]]


def test_a_press_is_answered_with_what_the_page_shows_then(desk, folder):
    press(desk, "open_page", 1)
    value = press(desk, "take_film", 2, path=uploaded(folder, "film.png", png()), name="film.png")
    assert value["answered"] == 2 and value["follow"] and not value["rest"]
    assert "film.png" in read(value, "strip")["html"]
    last = follow(desk, 2)
    assert last["rest"] and last["answered"] == 2 and last["sequence"] > value["sequence"]
    assert press(desk, "choose_label", 3, label="normal", have=list(last["parts"].values()))["answered"] == 3


@pytest.mark.parametrize(
    "data", [None, [], "x", {"press": "1", "have": {}}, {"press": True, "have": [[]]}, {"press": 1.5}]
)
def test_what_is_no_press_of_ours_is_answered_too(desk, data):
    for intention in INTENTIONS.values():
        assert stream._make_handler(desk, intention)(say(data), REQUEST)["answered"] == 0
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
    former = follow(desk, 2)
    desk.sessions.forget("page")
    value = press(desk, "choose_label", 3, label="normal") if how == "press" else follow(desk, 3)
    assert value["sequence"] > former["sequence"] and value["answered"] == 3
    assert page_text.describe_expired()[0] in read(value, "notice")["html"] and read(value, "strip")["html"] == ""
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
