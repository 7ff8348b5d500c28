"""The walk of docs/teaching.md: six films of one's own -> a deck -> a class at the page -> results and hand-outs."""

from __future__ import annotations

import csv
import io
import shlex

import cv2
import httpx
import numpy as np
import pytest
from pypdf import PdfReader

from cxr_demo.film.phantom import make_phantom
from cxr_demo.limits import CLASS_MINUTES, MAX_CLASSES, MAX_SEATS
from tests.docs.test_commands import CHECKS, ROOT, place, read_commands, split_program  # noqa: F401  a fixture
from tests.docs.test_commands import PROGRAMS as OURS
from tests.serving import serve_app
from tests.ui.lesson.test_class import Learner, Teacher

PAGE = ROOT / "docs" / "teaching.md"


def test_six_films_become_a_deck_a_class_and_hand_outs(place, capsys):  # noqa: F811
    for number in range(2, 7):
        pixels = np.rint(make_phantom(10 + number, 96, ("effusion",)).pixels * 255).astype(np.uint8)
        cv2.imwrite(str(place / "my-films" / f"film-{number}.png"), pixels)
    *commands, start = read_commands(PAGE)
    for command in commands:
        program, arguments = split_program(command) or ("", [])
        main, parser = OURS[program]
        assert main(arguments) == 0, command
        options = parser().parse_args(arguments)
        if "new" in arguments:
            write_deck(place / "my-deck" / "deck.toml")
        elif "handout" in arguments:
            CHECKS["deck"](options, "")
    assert len(PdfReader(place / "handout.pdf").pages) == len(PdfReader(place / "solutions.pdf").pages) == 3
    *settings, _, app = shlex.split(start)
    assert app == "app.py"
    given = dict(setting.split("=", 1) for setting in settings)
    assert given.pop("GRADIO_SERVER_NAME") == "0.0.0.0"  # a test listens on this machine alone
    given["CXR_DECKS"] = str(place / given["CXR_DECKS"])
    given["CXR_WEIGHTS"] = str(place / "weights")
    with serve_app(place / "scratch", given) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        teach(client)


def write_deck(path) -> None:
    """What a teacher knows of six films, as docs/decks.md shows one."""
    text = path.read_text(encoding="utf-8").replace('["TODO"]', '["effusion"]').replace("TODO", "written")
    path.write_text(text, encoding="utf-8")


def teach(client: httpx.Client) -> None:
    """Three learners, one of whom knows it."""
    teacher = Teacher(client, deck="my-deck")
    learners = [Learner(client, teacher.code, name) for name in ("Ada", "", "Cleo")]
    for film in range(6):
        teacher.press("start" if film == 0 else "next")
        for learner, label in zip(learners, ("effusion", "effusion", None), strict=True):
            own = [{"label": label, "box": [0.1, 0.5, 0.3, 0.4]}] if label else []
            assert "error" not in learner.answer(film, own)
        teacher.press("truth")
    teacher.press("end")
    table = client.post("/class/results.csv", json={"key": teacher.key}).text
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert len(rows) == 18 and sum(row["hits"] == "effusion" for row in rows) == 12
    solutions = client.post("/class/solutions.pdf", json={"key": teacher.key}).content
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(solutions)).pages).split())
    assert text.count("2 of 3 name all that is there") == 6
    teacher.close()


@pytest.mark.parametrize("number", ["60 minutes", "60 places", "8 classes"])
def test_the_page_tells_the_limits_that_the_code_keeps(number):
    kept = {"minutes": CLASS_MINUTES, "places": MAX_SEATS, "classes": MAX_CLASSES}
    amount, of = number.split()
    assert kept[of] == int(amount) and number in PAGE.read_text(encoding="utf-8")
