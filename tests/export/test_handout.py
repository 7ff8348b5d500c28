"""A deck on paper: every film and every choice, the truth in the solutions alone, of films of one's own too."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil

import cv2
import pytest
from pypdf import PdfReader

from cxr_demo.__main__ import main
from cxr_demo.errors import CxrError
from cxr_demo.export.handout import make_handout
from cxr_demo.film.phantom import make_phantom
from cxr_demo.labels import FINDINGS
from cxr_demo.teaching.deck import tell_film
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck
from cxr_demo.text import exam_text
from cxr_demo.text.catalogue import format_text, use_language

DECKS = [read_deck(folder) for folder in find_bundled_decks()]


def read_text(file: bytes) -> str:
    pages = PdfReader(io.BytesIO(file)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("deck", DECKS, ids=lambda deck: deck.name)
def test_what_is_true_stands_in_the_solutions_alone(deck, language):
    with use_language(language):
        paper, solutions = (read_text(make_handout(deck, with_truth)) for with_truth in (False, True))
        title = format_text("handout-solutions", title=deck.title)
        assert deck.title in paper and title not in paper and title in solutions
        for number, film in enumerate(deck.films, start=1):
            assert exam_text.name_film(number) in paper and exam_text.name_film(number) in solutions
            look_for, explanation = (" ".join(text.split()) for text in tell_film(film))
            for secret in (look_for, explanation, exam_text.describe_truth(film.kinds)):
                assert secret not in paper and secret in solutions
        for label in deck.choices:
            assert paper.count(FINDINGS[label].name) >= len(deck.films)


def test_what_a_class_said_stands_beside_the_truth():
    text = read_text(make_handout(DECKS[0], True, answered={1: ["9 of 12 are right", "Mass: 3"]}))
    assert text.count(format_text("class-counts")) == 1 and "9 of 12 are right · Mass: 3" in text


def test_a_hand_out_is_tagged_and_small_enough_to_be_sent():
    file = make_handout(DECKS[0], True)
    catalogue = PdfReader(io.BytesIO(file)).trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in catalogue and len(file) < 8_000_000


def test_the_command_writes_it_of_films_of_ones_own(tmp_path, capsys):
    for seed in range(3):
        pixels = make_phantom(seed, 200, ("mass",)).pixels
        cv2.imwrite(str(tmp_path / f"film-{seed}.png"), (pixels * 255).astype("uint8"))
    assert main(["deck", "new", str(tmp_path)]) == 0
    deck_file = tmp_path / "deck.toml"
    early = ["deck", "handout", str(tmp_path), "--out", str(tmp_path / "early.pdf")]
    assert main(early) == 2 and "still to be written" in capsys.readouterr().err
    text = deck_file.read_text(encoding="utf-8").replace('["TODO"]', '["mass"]')
    deck_file.write_text(re.sub(r'"TODO: [^"]*"', '"written"', text), encoding="utf-8")
    paper = tmp_path / "paper.pdf"
    assert main(["deck", "handout", str(tmp_path), "--out", str(paper)]) == 0
    assert len(PdfReader(paper).pages) == 2 and "Mass" in read_text(paper.read_bytes())
    assert main(["deck", "handout", str(tmp_path), "--out", str(paper)]) == 2, "nothing is replaced unasked"
    assert main(["deck", "handout", str(tmp_path), "--out", str(paper), "--overwrite", "--solutions"]) == 0
    assert "solutions" in read_text(paper.read_bytes())
    assert "is there already" in capsys.readouterr().err


def test_a_film_that_is_gone_since_is_told(tmp_path):
    shutil.copytree(DECKS[0].folder, tmp_path / "deck")
    deck = read_deck(tmp_path / "deck")
    films = (dataclasses.replace(deck.films[0], synthetic=None, file="gone.png", truth=("mass",)), *deck.films[1:])
    with pytest.raises(CxrError):
        make_handout(dataclasses.replace(deck, films=films), with_truth=False)
