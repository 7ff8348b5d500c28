"""The films to try and the table of localisation, without a browser."""

from __future__ import annotations

import base64
import re

import cv2
import numpy as np
import pytest

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.film.phantom import EXAMPLES, make_example_phantoms
from cxr_demo.networks.card_parts import Localisation
from cxr_demo.teaching.planted import HONEST, LETTERS
from cxr_demo.text import examples_text, localisation_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui import image_encoding
from cxr_demo.ui.app import example_films
from cxr_demo.ui.findings import facts, localisation_table
from cxr_demo.ui.viewer import panels
from tests.ui.stand_ins import NASTY, Page, StandIn, card, make_desk, pictures, png, study
from train.measure.localisation import BASELINES, LOCALISATION


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
