"""The hand-out of a deck as PDF, tagged for screen readers (PDF/UA-1): its films to write on before they are shown, or
with what is true of them, apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cxr_demo.export import panel_pictures
from cxr_demo.export.report_pdf import STANDARD, compile_template
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.labels import FINDINGS
from cxr_demo.teaching.deck import NO_FINDING, Deck, DeckFilm, find_truth_boxes, tell_film
from cxr_demo.text import exam_text
from cxr_demo.text.catalogue import LANGUAGE, format_text

PICTURE_BYTES = 6_000_000  # of all films together, so that it can be sent by mail
FILM_PX = 900  # longest side
FILM_MM, FILM_HIGH_MM = 104, 104  # at most, of a film on paper: two stand on a page


def make_handout(
    deck: Deck,
    with_truth: bool,
    read: Callable[[Path], Radiograph] = read_image,
    answered: Mapping[int, Sequence[str]] | None = None,
) -> bytes:
    """In the language of the moment. `answered`: by place of a film, what a class has said of it, for the solutions.
    Raises ImageError for a film that cannot be read."""
    drawn: dict[str, np.ndarray] = {}
    shapes: list[tuple[int, ...]] = []
    for at, film in enumerate(deck.films):  # one after the other: of sixty large ones together there is no room
        pixels = deck.read_film(film, read).pixels
        shapes.append(pixels.shape)
        drawn[str(at)] = panel_pictures.draw_film(pixels, FILM_PX)
    files = panel_pictures.encode_jpegs(drawn, PICTURE_BYTES)
    title = format_text("handout-solutions", title=deck.title) if with_truth else deck.title
    told: dict[str, Any] = {
        "lang": LANGUAGE.get(),
        "title": title,
        "intro": deck.intro,
        "warning": format_text("not-clinical"),
        "page": format_text("report-page", page="{page}", pages="{pages}"),
        "films": [
            {
                "name": exam_text.name_film(at + 1),
                "picture": panel_pictures.wrap_picture(files[str(at)], drawn[str(at)].shape),
                **_place_film(shapes[at]),
                **(_describe_solution(film, (answered or {}).get(at, ())) if with_truth else _describe_question(deck)),
            }
            for at, film in enumerate(deck.films)
        ],
    }
    return compile_template("handout.typ", told, format="pdf", pdf_standards=[STANDARD])


def _place_film(shape: tuple[int, ...]) -> dict:
    width = min(FILM_MM, FILM_HIGH_MM * shape[1] / shape[0])
    return {"width": width, "height": width * shape[0] / shape[1]}


def _describe_question(deck: Deck) -> dict:
    return {
        "asked": format_text("handout-asked"),
        "choices": [FINDINGS[label].name for label in (*deck.choices, NO_FINDING)],
        "boxes": [],
        "told": [],
    }


def _describe_solution(film: DeckFilm, answered: Sequence[str]) -> dict:
    look_for, explanation = tell_film(film)
    return {
        "asked": exam_text.describe_truth(film.kinds),
        "choices": [],
        "boxes": [
            {"name": FINDINGS[label].name, "box": box}
            for label, boxes in find_truth_boxes(film).items()
            for box in boxes
        ],
        "told": [
            {"head": format_text("exam-look-for"), "text": look_for},
            {"head": format_text("exam-explanation"), "text": explanation},
            *([{"head": format_text("class-counts"), "text": " · ".join(answered)}] if answered else []),
            {"head": "", "text": exam_text.describe_source(film.source, film.licence)},
        ],
    }
