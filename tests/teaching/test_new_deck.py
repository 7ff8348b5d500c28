"""`deck new` and `deck check`: from a folder of films to a deck that can be used."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_demo.__main__ import main
from cxr_demo.film.phantom import make_phantom
from cxr_demo.teaching.deck_file import read_deck


@pytest.fixture
def films(tmp_path) -> Path:
    folder = tmp_path / "my films"
    folder.mkdir()
    for seed, name in enumerate(('a "quoted".png', "ü.png")):
        data = cv2.imencode(".png", np.rint(make_phantom(seed, 64).pixels * 255).astype(np.uint8))[1]
        (folder / name).write_bytes(data.tobytes())
    (folder / "notes.txt").write_text("no film")
    return folder


def fill_in(folder: Path) -> None:
    """What the teacher writes."""
    path = folder / "deck.toml"
    text = path.read_text(encoding="utf-8").replace('["TODO"]', '["no finding"]')
    path.write_text(re.sub(r'"TODO: [^"]*"', '"written"', text), encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_new_deck_names_what_is_left_to_do_and_then_is_one(films, capsys, language):
    assert main(["deck", "new", str(films), "--lang", language]) == 0
    out, complaint = capsys.readouterr()
    assert str(films / "deck.toml") in out and "notes.txt" in complaint and "DICOM" in complaint
    assert main(["--lang", language, "deck", "check", str(films)]) == 2
    told = capsys.readouterr().err
    left = [at for at, line in enumerate((films / "deck.toml").read_text().splitlines(), 1) if '"TODO' in line]
    assert [int(line) for line in re.findall(r"deck\.toml, \w+ (\d+):", told)] == left
    assert len(left) == 1 + 2 * 5
    fill_in(films)
    assert main(["deck", "check", str(films)]) == 0
    printed = capsys.readouterr().out
    assert 'a "quoted".png' in printed and "my films: 2 films" in printed and "No finding" in printed
    assert set(read_deck(films).head.title) == {language}


def test_copies_leave_the_films_where_they_are(films, tmp_path, capsys):
    assert main(["deck", "new", str(films), "--out", str(tmp_path / "deck"), "--title", "Six films"]) == 0
    assert sorted(path.name for path in (tmp_path / "deck").iterdir()) == ['a "quoted".png', "deck.toml", "ü.png"]
    assert not (films / "deck.toml").exists()
    fill_in(tmp_path / "deck")
    assert read_deck(tmp_path / "deck").title == "Six films"


def test_nothing_is_written_over_and_nothing_made_of_nothing(films, tmp_path, capsys):
    (films / "deck.toml").write_text("mine")
    assert main(["deck", "new", str(films)]) == 2 and "already" in capsys.readouterr().err
    assert (films / "deck.toml").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert main(["deck", "new", str(tmp_path / "empty")]) == 2 and "no film" in capsys.readouterr().err
    assert main(["deck", "new", str(tmp_path / "nowhere")]) == 2 and "no folder" in capsys.readouterr().err
    assert main(["deck", "check", str(tmp_path / "empty")]) == 2 and "deck new" in capsys.readouterr().err


def test_a_name_that_no_deck_can_hold_stops_no_other_film(films, capsys):
    for name in ("line\nbreak.png", "a:b.png", "x" * 220 + ".png"):
        (films / name).write_bytes((films / "ü.png").read_bytes())
    (films / "c:notes.txt").write_text("no film")
    assert main(["deck", "new", str(films)]) == 0
    out, complaint = capsys.readouterr()
    assert "line\\nbreak.png" in complaint and "a:b.png" in complaint and "x" * 61 not in complaint
    assert (films / "deck.toml").read_text(encoding="utf-8").count("[[films]]") == 2
    for film in (films / "ü.png", films / 'a "quoted".png', films / "deck.toml"):
        film.unlink()
    assert main(["deck", "new", str(films)]) == 2 and "a:b.png" in capsys.readouterr().err
