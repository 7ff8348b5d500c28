"""Two films beside each other, without a browser: which is which, and in what order they stand."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_demo.comparison.film_pair import Alignment, LabelChange
from cxr_demo.film.header import ImageHeader
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app.wish import FILM, Wish
from cxr_demo.ui.compare.film_pair_view import FilmSide, render_film_pair
from cxr_demo.ui.compare.pair_view import RenderedRows
from tests.ui.stand_ins import LABELS, card, explanation, pictures, study

CHANGES = [
    LabelChange(LABELS[0], 0.2, 0.2, -0.1, 0.1),
    LabelChange(LABELS[1], 0.7, 0.4, -0.4, -0.2),
    LabelChange(LABELS[2], 0.1, 0.4, 0.2, 0.4),
]


@pytest.fixture
def html() -> str:
    march, april = study(), study(header=ImageHeader(taken_on="2026-04-02"))
    sides = FilmSide("march.png", march, pictures(march)), FilmSide("april.dcm", april, pictures(april))
    values = np.full((2, 2), 0.5, np.float32)
    values[0, 0] = -0.2
    entries = {key: (explanation(key, values), explanation(key, -values)) for key in ("grad-cam", "gradient")}
    alignment = Alignment(np.eye(2, 3), 0.9, 0.9, "")
    return render_film_pair(*sides, card(), LABELS[1], CHANGES, alignment, entries, RenderedRows()).body["html"]


def test_films_are_called_by_their_names_and_days(html):
    assert f'<th scope="col">{"march.png"}</th>' in html
    assert '<th scope="col">april.dcm<small>2026-04-02</small></th>' in html
    assert format_text("film-pair-lower", film="april.dcm") in html
    assert format_text("film-pair-higher", film="april.dcm") in html
    assert f"2026-04-02 · {format_text('film-pair.this')}" in html


def test_the_films_come_first_and_can_be_swapped_by_a_button_with_words(html):
    assert html.index("<canvas") < html.index('class="changes"') < html.rindex("<canvas")
    assert f">{format_text('film-pair-ways.swap')}</button>" in html


def test_films_that_are_swapped_keep_network_and_finding():
    wish = Wish(film="1", checkpoint="a", own_checkpoint="b", label="normal", compared=f"{FILM}2")
    swapped = wish.swap_films()
    assert swapped == replace(wish, film="2", compared=f"{FILM}1") and swapped.swap_films() == wish
    assert Wish(film="1").swap_films() == Wish(film="1")
