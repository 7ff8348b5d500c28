"""deck.toml: what it holds when it is right, and a sentence with file and line for each mistake."""

from __future__ import annotations

import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_demo.errors import CxrError
from cxr_demo.film.phantom import make_phantom
from cxr_demo.limits import MAX_DECK_BYTES, MAX_DECK_FILMS, MAX_DECK_TEXT
from cxr_demo.teaching.deck import find_truth_boxes, tell_film
from cxr_demo.teaching.deck_file import check_deck, find_bundled_decks, read_deck
from cxr_demo.teaching.toml_lines import WHOLE, find_lines
from cxr_demo.text.catalogue import LANGUAGES, use_language

GOOD = """\
version = 1
networks = ["phantom-honest"]
choices = ["Nodule"]
title.en = "Mine"
title.de = "Meine"

[intro]
en = \"""
Two films.
[[films]]\"""
de = "Zwei Aufnahmen."

[[films]]
file = "a.png"
truth = ["Pleural Effusion", "mass"]
licence = "CC0"
source = "made for a test"
look_for = { en = "Look below.", de = "Nach unten sehen." }
explanation = { en = "Fluid.", de = "Flüssigkeit." }
[[films.regions]]
label = "effusion"
box = [0.1, 0.2, 0.3, 0.4]
[[films.regions]]
label = "mass"
box_px = [24, 48, 24, 12]

[[films]]
synthetic = { seed = 3, findings = ["consolidation"], letters = "PORT" }
licence = "Apache-2.0"
source = "synthetic"
look_for = { en = "Look.", de = "Sehen." }
explanation = { en = "It is there.", de = "Da ist sie." }
"""
SECOND = GOOD[GOOD.index("[[films]]\nsynthetic") :]


@pytest.fixture
def folder(tmp_path) -> Path:
    """A deck's folder with two films, one of them also below and outside."""
    folder = tmp_path / "mine"
    (folder / "more").mkdir(parents=True)
    for path, seed in ((folder / "a.png", 1), (folder / "b.png", 2), (tmp_path / "outside.png", 3)):
        cv2.imwrite(str(path), np.rint(make_phantom(seed, 96).pixels * 255).astype(np.uint8))
    (folder / "same.png").write_bytes((folder / "a.png").read_bytes())
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "notes.txt").write_text("no film")
    return folder


def write_deck(folder: Path, text: str) -> Path:
    (folder / "deck.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_right_deck_holds_what_its_file_says(folder):
    deck = read_deck(write_deck(folder, GOOD))
    assert (deck.name, deck.title, deck.networks) == ("mine", "Mine", ("phantom-honest",))
    assert deck.choices == ("consolidation", "effusion", "mass", "nodule")
    first, second = deck.films
    assert first.findings == first.kinds == ("effusion", "mass") and second.findings == ("consolidation",)
    boxes = find_truth_boxes(first)
    assert boxes["effusion"] == ((0.1, 0.2, 0.3, 0.4),)
    np.testing.assert_allclose(boxes["mass"], [(24 / 96, 48 / 96, 24 / 96, 12 / 96)])
    with use_language("de"):
        assert deck.title == "Meine" and tell_film(first) == ("Nach unten sehen.", "Flüssigkeit.")
    assert deck.read_film(first).pixels.shape == (96, 96) and deck.read_film(second).kind == "synthetic"


def test_a_synthetic_film_knows_its_own_places(folder):
    film = read_deck(write_deck(folder, GOOD)).films[1]
    ((x, y, width, height),) = find_truth_boxes(film)["consolidation"]
    mask = film.synthetic.make_film().planted[0].mask
    rows, columns = np.nonzero(mask)
    size = len(mask)
    assert (round(x * size), round(y * size)) == (columns.min(), rows.min())
    assert (round((x + width) * size), round((y + height) * size)) == (columns.max() + 1, rows.max() + 1)


LONG = "x" * (MAX_DECK_TEXT + 1)
# What is written otherwise in GOOD -> the line, and a part of the sentence.
WRONG = {
    "syntax": ('title.en = "Mine"', 'title.en = "Mine', 4, "no TOML"),
    "twice the same key": ('title.de = "Meine"', 'title.en = "Meine"', 5, "no TOML"),
    "unknown key": ('licence = "CC0"', 'license = "CC0"', 16, "Did you mean: licence?"),
    "no licence": ('licence = "CC0"\n', "", 13, "'licence' is missing"),
    "unknown table": ("[[films]]\nsynthetic", "[[film]]\nsynthetic", 27, "Did you mean: films?"),
    "another version": ("version = 1", "version = 2", 1, "version 2"),
    "wrong type": ("seed = 3", 'seed = "3"', 28, "'seed' takes a whole number"),
    "no text": ('source = "made for a test"', "source = 3", 17, "'source' takes a text"),
    "no film there": ('file = "a.png"', 'file = "aa.png"', 14, "Did you mean: a.png?"),
    "no film at all": ('file = "a.png"', 'file = "notes.txt"', 14, "not"),
    "out of the folder": ('file = "a.png"', 'file = "../outside.png"', 14, "leads out of the folder"),
    "out by a link": ('file = "a.png"', 'file = "link.png"', 14, "leads out of the folder"),
    "from the root": ('file = "a.png"', 'file = "/etc/hostname"', 14, "leads out of the folder"),
    "a folder": ('file = "a.png"', 'file = "more"', 14, "no film 'more'"),
    "region outside": ("box = [0.1, 0.2, 0.3, 0.4]", "box = [0.1, 0.2, 0.95, 0.4]", 22, "leaves the film"),
    "region without area": ("box = [0.1, 0.2, 0.3, 0.4]", "box = [0.1, 0.2, 0.0, 0.4]", 22, "no area"),
    "region of three": ("box = [0.1, 0.2, 0.3, 0.4]", "box = [0.1, 0.2, 0.3]", 22, "'box' takes x, y, width"),
    "region outside in pixels": ("[24, 48, 24, 12]", "[80, 48, 24, 12]", 25, "96 × 96"),
    "region of nothing": ('label = "mass"', 'label = "nodule"', 24, "does not stand in 'truth'"),
    "unknown label": ('"Pleural Effusion"', '"Plural effusion"', 15, "no finding that is known"),
    "unknown planted": ('findings = ["consolidation"]', 'findings = ["hernia"]', 28, "These can: cardiomegaly"),
    "finding and none": ('"mass"]', '"no finding"]', 15, "alone"),
    "truth of a synthetic film": ('source = "synthetic"', 'source = "s"\ntruth = ["mass"]', 31, "Leave 'truth' out"),
    "file and synthetic": ("synthetic = {", 'file = "b.png"\nsynthetic = {', 27, "either a file or is synthetic"),
    "unknown language": ('title.de = "Meine"', 'title.fr = "Le mien"', 5, "'fr' is no language"),
    "a language is missing": (', de = "Flüssigkeit."', "", 19, "in 'de' too"),
    "too long": ('"Fluid."', f'"{LONG}"', 19, "more than 1200 characters"),
    "still to do": ('"Fluid."', '"TODO: write"', 19, "still to be written"),
    "an empty text": ('"Fluid."', '" "', 19, "can be printed"),
    "the same film twice": (SECOND, SECOND + "\n" + SECOND, 34, "film 2 once more"),
    "too many": (SECOND, "[[films]]\n" * MAX_DECK_FILMS, 26 + MAX_DECK_FILMS, "more than 60 films"),
    "letters": ('letters = "PORT"', 'letters = "PORTABLE"', 28, "at most five"),
}


@pytest.mark.parametrize("old, new, line, part", WRONG.values(), ids=WRONG)
def test_a_wrong_deck_is_refused_with_file_and_line(folder, old, new, line, part):
    assert GOOD.count(old) == 1
    write_deck(folder, GOOD.replace(old, new))
    with pytest.raises(CxrError) as refused:
        read_deck(folder)
    _, mistakes = check_deck(folder)
    said = {mistake.line: mistake.sentence for mistake in mistakes}
    assert line in said and part in said[line], said
    assert said[line].startswith(f"deck.toml, line {line}: ")
    assert f"line {min(said)}: " in refused.value.message
    with use_language("de"):
        assert all(f"Zeile {mistake.line}: " in mistake.sentence for mistake in mistakes)


def test_a_film_of_the_same_bytes_is_the_same_film(folder):
    again = GOOD + GOOD[GOOD.index("[[films]]\nfile") : GOOD.index("[[films.regions]]")].replace("a.png", "same.png")
    _, (mistake,) = check_deck(write_deck(folder, again))
    assert mistake.line == 33 and "film 1 once more" in mistake.sentence


def test_all_mistakes_are_told_at_once(folder):
    text = GOOD.replace('licence = "CC0"\n', "").replace("seed = 3", "seed = -3").replace('"Nodule"', '"Nodul"')
    _, mistakes = check_deck(write_deck(folder, text))
    assert [mistake.line for mistake in mistakes] == [3, 13, 27]
    with pytest.raises(CxrError, match="2 more mistakes.*deck check"):
        read_deck(folder)


@pytest.mark.parametrize(
    "content, part",
    [(None, "There is no deck.toml"), (b"\xff\xfe", "UTF-8"), (b"#" * (MAX_DECK_BYTES + 1), "larger than 256 KB")],
)
def test_what_is_no_such_file_is_told(folder, content, part):
    if content is not None:
        (folder / "deck.toml").write_bytes(content)
    with pytest.raises(CxrError, match=part):
        check_deck(folder)


def test_lines_are_those_of_the_text():
    lines = find_lines(GOOD)
    rows = GOOD.splitlines()
    facts = tomllib.loads(GOOD)

    def follow(path):
        value = facts
        for key in path:
            value = value[key]
        return value

    for path, line in lines.items():
        assert path == WHOLE or follow(path) is not None
        if path and isinstance(path[-1], str):
            assert path[-1] in rows[line - 1]
    assert sum(isinstance(path[-1], int) for path in lines if path) == 4


# ---- those that come with the program


@pytest.mark.parametrize("folder", find_bundled_decks(), ids=lambda folder: folder.name)
def test_a_bundled_deck_is_right_and_in_every_language(folder):
    deck = read_deck(folder)
    assert {film.file for film in deck.films} == {None} and [path.name for path in folder.iterdir()] == ["deck.toml"]
    for texts in (deck.head.title, deck.head.intro, *(film.explanation for film in deck.films)):
        assert set(texts) == set(LANGUAGES)
    told = " ".join(deck.head.intro.values()).lower()
    assert not any(finding in told for finding in (*deck.choices, "konsolidierung", "erguss", "port", "letter"))


def test_there_are_three_of_them():
    assert [folder.name for folder in find_bundled_decks()] == [
        "shortcuts", "two-networks-disagree", "what-a-map-shows",
    ]  # fmt: skip
