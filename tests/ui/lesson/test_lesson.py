"""The lesson, the films to try and the table of localisation, without a browser."""

from __future__ import annotations

import base64
import html
import json
import re
from types import SimpleNamespace

import cv2
import gradio as gr
import numpy as np
import pytest

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.phantom import EXAMPLES, make_example_phantoms
from cxr_demo.networks.card_parts import Localisation
from cxr_demo.teaching.shortcut_lesson import CHEAT, DECK, HONEST, LETTERS, Lesson
from cxr_demo.text import examples_text, lesson_text, localisation_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui import image_encoding
from cxr_demo.ui.app import example_films
from cxr_demo.ui.findings import facts, localisation_table
from cxr_demo.ui.lesson import lesson_events, lesson_view
from cxr_demo.ui.viewer import panels
from tests.teaching.test_shortcut_lesson import tiny  # noqa: F401  a fixture
from tests.ui.stand_ins import NASTY, Page, StandIn, card, make_desk, pictures, png, study
from train.measure.localisation import BASELINES, LOCALISATION

RIGHT = tuple(question.answer for question in DECK)


def decoded(uri: str) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(base64.b64decode(uri.partition(",")[2]), np.uint8), cv2.IMREAD_UNCHANGED)


# ---- films to try


def test_every_example_is_a_button_and_each_is_called_synthetic():
    told = example_films.render_examples()
    names = [examples_text.name_example(key) for key in EXAMPLES]
    assert re.findall(r'title="(Synthetic: [\w ]+)\.', told) == names and "synthetic" in format_text("examples")
    assert re.findall(r'data-example="(\d)"', told) == [str(index) for index in range(len(names))]
    for index, film in enumerate(make_example_phantoms().values()):
        image, truth = example_films.make_example(index)
        assert image.kind == "synthetic" and format_text("example-note") in map(str, image.notes)
        np.testing.assert_array_equal(image.pixels, film.pixels)
        assert (LETTERS in truth) == bool(film.letters) and len(truth) == len(film.planted) + bool(film.letters)


@pytest.mark.parametrize("index", [-1, 99, "0", None, True, 1.0])
def test_what_is_no_example_is_nothing(page, index):
    assert example_films.make_example(index) is None and example_films.name_example(index) == ""
    page.press("try_example", index=index)
    assert page.settle().strip["html"] == "" and page.session.films == {}


def test_an_example_goes_the_way_of_an_upload_and_its_truth_with_it(folder):
    page = Page(make_desk({"a": StandIn(), "b": StandIn()}, folder))
    page.press("try_example", index=1)
    steps = list(page.follow())
    session = page.session
    film, study = session.film.opened, session.reading.study
    assert list(film.truth) == ["planted consolidation"] and study.image.kind == "synthetic"
    assert film.truth["planted consolidation"].shape == study.image.pixels.shape
    first = next(step for step in steps if step.panels["film"])
    assert page.bodies[first.panels["film"]["outlines"]]["source"].startswith("data:image/png")
    assert first.panels["maps"] == {} and set(steps[-1].panels["maps"]) == set(DEFAULT_METHODS)
    assert format_text("planted-show") in steps[-1].panels["html"]
    assert "planted consolidation" in steps[-1].regions["html"]

    page.press("choose_checkpoint", checkpoint="b")
    again = page.settle()  # another checkpoint, the same film
    assert session.film.opened is film and format_text("planted-show") in again.panels["html"]
    page.upload(png())
    real = page.settle()
    assert session.film.opened.truth == {} and format_text("planted-show") not in real.panels["html"]
    assert real.panels["film"]["outlines"] is None and "planted" not in real.regions["html"]


def test_an_example_that_was_taken_is_shown_again_and_read_by_the_network_made_for_it(folder):
    page = Page(make_desk({"a": StandIn(), HONEST: StandIn()}, folder))
    page.press("open_page")
    assert page.session.wish.checkpoint == HONEST and page.settle().value["rest"]
    assert list(page.session.films) == ["1"] and page.session.film.example == example_films.FIRST
    page.upload(png())
    page.settle()
    assert page.session.wish.checkpoint == "a"
    page.press("try_example", index=example_films.FIRST)
    page.settle()
    assert list(page.session.films) == ["1", "2"] and page.session.wish.film == "1"
    assert page.session.wish.checkpoint == HONEST


def test_a_film_that_cannot_be_read_leaves_film_and_truth_as_they_were(page):
    page.press("try_example", index=1)
    page.settle()
    page.upload(b"no film")
    refused = page.settle()
    assert page.session.film.fault and refused.panels["film"] is None
    page.press("choose_film", film="1")
    page.settle()
    session = page.session
    assert (
        list(session.film.opened.truth) == ["planted consolidation"] and session.reading.study.image.kind == "synthetic"
    )


def test_outlines_are_where_the_mask_ends_and_nowhere_else():
    mask = np.zeros((200, 160), bool)
    mask[40:90, 30:100] = True
    drawn = decoded(image_encoding.encode_outlines([mask]))
    assert drawn.shape == (200, 160, 4)
    inner, outer = (
        cv2.erode(mask.astype(np.uint8), np.ones((3, 3))),
        cv2.dilate(mask.astype(np.uint8), np.ones((17, 17))),
    )
    assert not drawn[inner > 0][:, 3].any() and not drawn[outer == 0][:, 3].any()
    assert (drawn[40 - 5, 35:95] == 255).all()  # 0.025 of 200 px outside
    assert decoded(image_encoding.encode_outlines([np.pad(mask, ((0, 1848), (0, 1888)))])).shape[:2] == (1024, 1024)


def test_the_truth_is_sent_with_the_film_alone():
    mask = np.zeros((90, 70), bool)
    mask[20:40, 20:40] = True
    truth, shown = {LETTERS: mask}, study()
    film = pictures(shown, truth=truth)
    made = panels.render_panels(shown, card(), "normal", {}, film, truth)
    source = made.pictures[made.body["film"]["outlines"]]["source"]
    assert decoded(source).shape == (90, 70, 4)
    without = panels.render_panels(shown, card(), "normal", {}, pictures(shown))
    assert without.body["film"]["outlines"] is None and 'class="truth"' not in without.body["html"]
    assert set(made.pictures) - set(without.pictures) == {film.outlines}


# ---- the lesson


def test_the_lesson_says_in_one_sentence_that_its_networks_are_absent():
    told = lesson_view.render_beginning(Lesson({}))["html"]
    assert CHEAT in told and "button" not in told


def test_a_question_hides_what_would_tell_the_answer(tiny):  # noqa: F811
    begun = lesson_view.render_beginning(tiny)["html"]
    assert format_text("lesson-begin") in begun and "Question" not in begun
    for at, question in enumerate(DECK):
        told = lesson_view.render_question(tiny, RIGHT[:at])["html"]
        assert question.asked in told and json.dumps(list(RIGHT[:at])) in told
        assert re.findall(r'data-option="(\d)"', told) == [str(k) for k in range(len(question.options))]
        assert format_text("lesson-right") not in told and question.explanation not in told and "--truth:none" in told
        assert "planted" not in told.replace(question.asked, "")
        assert (format_text("lesson-probability") in told) == question.told
        assert (lesson_text.describe_guesses(at, at) in told) if at else ("of 0" not in told)


def test_a_guess_is_answered_with_maps_and_counted(tiny):  # noqa: F811
    wrong = lesson_view.render_answer(tiny, (1 - RIGHT[0],))["html"]
    assert format_text("lesson-wrong") in wrong and "0 of 1 right" in wrong and DECK[0].explanation in wrong
    right = lesson_view.render_answer(tiny, RIGHT[:1])["html"]
    assert "1 of 1 right" in right and "option wrong" not in right and right.count("option right") == 1
    assert "--truth:url(data:image/png" in right
    for name in ("Grad-CAM", "LRP (epsilon, z-plus, flat)"):  # of A; B sees nothing in this test, so it has no map
        assert right.count(f"<small>{name}</small>") == 1
    assert right.count(format_text("lesson-no-map")) == 1 and right.count("--map:url(") == 2
    shares = tiny.look(DECK[0])["A"].shares["grad-cam"]
    assert f"On the letters: {lesson_text.format_chance_multiple(shares[LETTERS])}" in html.unescape(right)
    assert "Question 1 of 6" in right and format_text("lesson-next") in right
    assert format_text("lesson-finish") in lesson_view.render_answer(tiny, RIGHT)["html"]


def test_the_end_has_score_sentence_and_a_row_for_each_quick_method(tiny):  # noqa: F811
    told = lesson_view.render_question(tiny, (*RIGHT[:4], 1 - RIGHT[4], RIGHT[5]))["html"]
    assert "5 of 6 right" in told and format_text("lesson-end") in told and format_text("lesson-again") in told
    rows = re.findall(r'<tr><th scope="row">(.+?)</th><td>(.+?)</td>', told)
    assert [name for name, _ in rows] == [METHODS[row.method].name for row in tiny.exposed()]
    assert html.unescape(rows[0][1]) == lesson_text.format_chance_multiple(tiny.exposed()[0].letters)


def test_an_error_becomes_a_sentence_with_a_reference(tiny, monkeypatch, caplog):  # noqa: F811
    events = {}

    def listener(name):
        return lambda event, *_, **__: events.update({name: event})

    monkeypatch.setattr(tiny, "look", lambda question: 1 / 0)
    lesson_events.wire_lesson(SimpleNamespace(guess=listener("guess"), go_on=listener("go_on")), tiny)
    told = events["guess"](SimpleNamespace(guesses=[0]))["html"]
    assert "ZeroDivisionError" in caplog.text and re.search(r"\(ref \w{4}\)", told)[0].strip("()") in caplog.text
    assert format_text("lesson-begin") in told and "division" not in told
    assert format_text("lesson-begin") in events["guess"](SimpleNamespace(guesses=[]))["html"]
    assert "(ref " in events["guess"](gr.EventData(None, None))["html"], "a browser that says nothing at all"


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        (0.12, "22 × chance (12 %)"),
        (0.03, "5.5 × chance (3 %)"),
        (0.0, "0.0 × chance (< 1 %)"),
        (float("nan"), format_text("lesson-no-evidence")),
    ],
)
def test_a_share_is_told_against_chance(evidence, text):
    assert lesson_text.format_chance_multiple(RegionShare(evidence, 0.0055)) == text


@pytest.mark.parametrize(
    ("given", "believed"),
    [([0, 1], (0, 1)), ([0, 9, 1], (0,)), ("01", ()), (None, ()), ([True], ()), ([1.0], ()), ([0] * 99, (0,) * 6)],
)
def test_what_a_browser_says_was_guessed_is_taken_with_care(given, believed):
    assert lesson_events.read_guesses(given) == believed


# ---- where a checkpoint's maps point


def interval(value: float) -> dict:
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def rows_of(name: str, count: int) -> list[dict]:
    return [
        {"set": name, "label": label, "method": method, "empty": 0, "maps": count, "patients": count,
         "hit_rate": interval(0.1 * k + 0.2), "miou": {"value": 0.25}}
        for label in ("normal", "viral_pneumonia", "")
        for k, method in enumerate(("grad-cam", "lrp-epsilon", "centre", "chance"))
    ]  # fmt: skip


def test_localisation_is_a_table_with_baselines_first_and_what_must_be_said():
    measured = {"said": ["Said.", NASTY], "rows": rows_of("all", 12) + rows_of("test", 3)}
    told = facts.render_facts(card(metrics={LOCALISATION: measured, "test": {"films": 3}}), "0" * 64, "ok")
    assert set(localisation_text.BASELINES) == set(BASELINES)
    assert format_text("localisation-few") in told and "Said." in told and NASTY not in told
    tables = re.findall(r"<caption>([^<]+)</caption>.*?</table>", told)
    assert tables[-4:] == ["Hit rate, all films", "mIoU, all films", "Hit rate, test films", "mIoU, test films"]
    first = told.split("<caption>Hit rate, all films")[1].split("</table>")[0]
    assert re.findall(r'scope="row">([^<]+)<', first) == ["Middle of the film", "Chance", "Grad-CAM", "LRP (epsilon)"]
    heads = re.findall(r'scope="col">([^<]+)<', first)
    assert heads == ["Method", "All findings, 12 maps", "Normal, 12 maps", "Viral pneumonia, 12 maps"]
    assert re.findall(r"<td>([^<]+)</td>", first)[0] == "0.40 (0.30 to 0.50)"
    assert "<td>0.25</td>" in told.split("<caption>mIoU, all films")[1]


@pytest.mark.parametrize("broken", [[], {"rows": 3}, {"rows": [{"set": "all"}, 4]}, {"rows": [], "said": 5}])
def test_a_localisation_that_is_something_else_is_refused_with_its_card(broken):
    with pytest.raises(ValueError, match="localisation"):
        card(metrics={LOCALISATION: broken})


@pytest.mark.parametrize("empty", [None, Localisation(), Localisation(rows=())])
def test_a_card_without_localisation_has_no_table(empty):
    metrics = {} if empty is None else {LOCALISATION: empty}
    assert localisation_table.render_localisation(card(metrics=metrics)) == []
