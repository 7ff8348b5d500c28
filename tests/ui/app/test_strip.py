"""The strip tells films apart, and says of each what became of it."""

from __future__ import annotations

import re

import pytest

from cxr_demo.film.gate import GateAnswer, Verdict
from cxr_demo.ui.app.sessions import Film, OpenedFilm
from cxr_demo.ui.app.strip import LONGEST_NAME, render_strip, shorten_name
from cxr_demo.ui.viewer.film_regions import estimate_image_regions
from tests.ui.stand_ins import pictures, study

LONG = "Thorax_PA_2024-03-15_after_treatment_series-2_image-0007.png"


@pytest.mark.parametrize("name", ["film.png", "Synthetic: shortcut marker", "x" * LONGEST_NAME])
def test_a_name_that_has_room_stays(name):
    assert shorten_name(name) == name


def test_a_long_name_loses_its_middle_and_stands_whole_in_the_title():
    short = shorten_name(LONG)
    assert len(short) == LONGEST_NAME and short.startswith("Thorax_PA") and short.endswith("image-0007.png"[1:])
    told = render_strip([Film("1", LONG)], [""], "1")["html"]
    assert f'title="{LONG}"' in told and short in told


def test_a_refused_film_is_no_picture_and_its_reason_is_near():
    film = Film("1", "cut.png", fault=("This file is damaged.", "Export it again."))
    told = render_strip([film], ["not read"], "")["html"]
    assert "<svg" in told and "<img" not in told
    assert "This file is damaged." in re.sub("<[^>]+>", " ", told)
    assert 'title="cut.png: This file is damaged."' in told


@pytest.mark.parametrize(("verdict", "marks"), [(Verdict.QUESTION, 1), (Verdict.USUAL, 0)])
def test_a_questioned_film_has_a_mark(verdict, marks):
    opened = OpenedFilm(
        study().image, GateAnswer(verdict, ()), estimate_image_regions(study().image, None), pictures(study()), {}
    )
    film = Film("1", "a.png", opened=opened)
    assert render_strip([film], [""], "1")["html"].count("doubtful") == marks
