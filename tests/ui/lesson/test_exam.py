"""The exam without a browser: what is sent at each step, and what of a browser's word is not believed."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import cv2
import gradio as gr
import numpy as np
import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.film.bounded_reading import read_bounded
from cxr_demo.labels import FINDINGS
from cxr_demo.limits import MAX_DECK_CHOICES, MAX_DECK_FILMS, MAX_EXAM_BYTES
from cxr_demo.teaching.deck import NO_FINDING, find_truth_boxes
from cxr_demo.teaching.deck_file import find_bundled_decks
from cxr_demo.teaching.exam import choose_film, read_state, shuffle_deck
from cxr_demo.teaching.planted import CHEAT, HONEST
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.ui.lesson import exam_events, exam_room, exam_view
from cxr_demo.ui.lesson.exam_room import Advice, ExamRoom
from tests.conftest import make_model
from tests.ui.stand_ins import NASTY

DECK = "two-networks-disagree"
LABELS = ("mass", "consolidation")
BOX = [0.4, 0.4, 0.2, 0.2]


def stand_in(tiny_checkpoint, name: str, threshold: float, seed: int) -> Analyser:
    """A tiny network that has never learned anything, under a name of the bundled decks."""
    card = dataclasses.replace(
        tiny_checkpoint.card, name=name, labels=LABELS, task="multi-label", thresholds={"consolidation": threshold}
    )
    return Analyser(dataclasses.replace(tiny_checkpoint, card=card, model=make_model("tiny", len(LABELS), seed=seed)))


@pytest.fixture(scope="module")
def room(tiny_checkpoint) -> ExamRoom:
    """One network sees a consolidation everywhere, the other nothing anywhere."""
    networks = {"x": stand_in(tiny_checkpoint, CHEAT, 0.0, 0), "y": stand_in(tiny_checkpoint, HONEST, 1.0, 1)}
    return ExamRoom(find_bundled_decks(), networks)


class Learner:
    """A browser: what it was shown last, and what it gives back of it."""

    def __init__(self, room: ExamRoom, deck: str = DECK, language: str = "en") -> None:
        self.room, self.language, self.shown = room, language, exam_view.render_decks(room)["html"]
        self.press("begin", deck=deck)

    def press(self, go: str, **more) -> str:
        given = {"go": go, "deck": self.find("deck"), "state": self.find("state"), "language": self.language} | more
        self.shown = exam_events.take_step(self.room, SimpleNamespace(**given))["html"]
        return self.shown

    def find(self, name: str) -> str:
        found = re.search(rf'<section[^>]* data-{name}="([^"]*)"', self.shown)
        return html.unescape(found[1]) if found else ""

    @property
    def state(self) -> dict:
        return json.loads(self.find("state"))

    def find_film(self) -> int:
        """The place of the film that is asked now."""
        deck = self.room.decks[DECK]
        state = read_state(self.find("state"), deck)
        film = choose_film(deck, shuffle_deck(deck, state.seed), state.answers)
        assert film is not None
        return film

    def answer_rightly(self) -> str:
        film = self.room.decks[DECK].films[self.find_film()]
        places = find_truth_boxes(film)
        return self.press("answer", own=[{"label": label, "box": list(places[label][0])} for label in film.findings])


def is_refused(shown: str) -> bool:
    return format_text("exam-no-state") in html.unescape(shown) and 'data-go="decks"' in shown


# ---- the list


def test_every_deck_is_listed_with_its_words_and_a_button(room):
    told = html.unescape(exam_view.render_decks(room)["html"])
    for deck in room.decks.values():
        assert deck.title in told and deck.intro in told and f'data-deck="{deck.name}"' in told
    assert format_text("exam-deck", films=8, networks=2) in told
    with use_language("de"):
        assert "Zwei Netze widersprechen sich" in exam_view.render_decks(room)["html"]


def test_networks_that_are_not_here_are_named_and_their_advice_is_left_out(tiny_checkpoint, tmp_path):
    (tmp_path / "no-deck").mkdir()
    (tmp_path / NASTY.replace("/", "")).mkdir()
    folders = [*find_bundled_decks(), tmp_path / "no-deck", tmp_path / NASTY.replace("/", "")]
    room = ExamRoom(folders, {"y": stand_in(tiny_checkpoint, HONEST, 0.0, 1)})
    told = html.unescape(exam_view.render_decks(room)["html"])
    assert format_text("exam-deck-missing", names=CHEAT) in told and "no-deck" in told
    assert "<img" not in exam_view.render_decks(room)["html"]
    alone = Learner(room, "shortcuts")
    shown = alone.press("answer", own=[])  # "no finding"
    assert format_text("exam-look-for") in shown and format_text("exam-asked-again") not in shown
    assert format_text("exam-no-decks") in exam_view.render_decks(ExamRoom([], {}))["html"]


# ---- before the answer


def test_nothing_of_the_truth_or_of_a_network_is_sent_before_the_answer(room):
    """What is sent of one film is what is sent of every other, but for the film, the seed and the order of choices."""
    seen, films = set(), set()
    for _ in range(30):
        learner = Learner(room)
        films.add(learner.find_film())
        choices = re.findall(r'<li><button[^>]*data-label="\w+".*?</li>', learner.shown)
        rest = re.sub(r"--film-picture:url\([^)]+\)|data-state=\"[^\"]*\"", "", learner.shown)
        for choice in choices:
            rest = rest.replace(choice, "")
        seen.add((rest, *sorted(choices)))
        assert NO_FINDING in choices[-1] and len(choices) == len(room.decks[DECK].choices) + 1
    assert len(films) > 3 and len(seen) == 1
    (rest, *_), deck = seen.pop(), room.decks[DECK]
    told = html.unescape(rest)
    for film in deck.films:
        assert not any(text in told for text in (*film.look_for.values(), *film.explanation.values(), film.source))
    assert not any(name in told for name in (CHEAT, HONEST, "Network ", "--map", "box own", "box true"))
    assert 'data-go="answer" disabled' in rest


# ---- the way through


def test_advice_comes_after_the_answer_and_the_truth_after_the_advice(room):
    for _ in range(12):
        learner = Learner(room)
        at = learner.find_film()
        film, plan = room.decks[DECK].films[at], shuffle_deck(room.decks[DECK], learner.state["seed"])
        advised = html.unescape(learner.answer_rightly())
        network = plan.networks[plan.advisers[at]]
        assert format_text("exam-advice", letter=plan.advisers[at]) in advised and network not in advised
        assert film.explanation["en"] not in advised and "box true" not in advised and film.source not in advised
        assert advised.count("box own") == len(film.findings)
        says_it = network == CHEAT
        assert (f"<li>{format_text('exam-advice-none')}</li>" in advised) != says_it
        assert advised.count('class="map"') == (says_it and plan.maps_shown[at])
        pressed = re.findall(r'data-label="(\w+)" aria-pressed="true"', advised)
        assert set(pressed) == set(film.findings or (NO_FINDING,))
        assert learner.press("question") == learner.press("answered"), "the truth cannot be skipped to"
        assert format_text("exam-final") in learner.shown

        revealed = html.unescape(learner.press("final", final=pressed))
        assert film.explanation["en"] in revealed and film.look_for["en"] in revealed and film.source in revealed
        assert revealed.count("box true") == sum(map(len, find_truth_boxes(film).values()))
        assert format_text("exam-right") in revealed and revealed.count('class="map"') == 2 * says_it
        assert (format_text("exam-no-map") in revealed) != says_it
        way_on = revealed.index('data-go="question"')
        assert revealed.rindex('class="maps"') < way_on, "whoever goes on has passed the maps"
        assert format_text("exam-seen", seen=1, films=8) in revealed
        assert revealed.count("Full colour at ") == revealed.count("--map:")
        following = learner.press("question")
        assert format_text("exam-film", number=2) in following and learner.find_film() != at


def test_a_changed_answer_and_what_was_missed_are_told(room):
    learner = Learner(room)
    while room.decks[DECK].films[learner.find_film()].findings != ("consolidation",):
        learner = Learner(room)
    learner.press("answer", own=[{"label": "effusion", "box": BOX}])
    told = html.unescape(learner.press("final", final=["consolidation"]))
    verdict = f"{format_text('exam-missed', names='Consolidation')} {format_text('exam-false-alarm', names='Effusion')}"
    assert format_text("exam-first-verdict", verdict=verdict) in told
    assert format_text("exam-final-verdict", verdict=format_text("exam-right")) in told
    assert format_text("exam-you-changed", names="Consolidation") in told


def test_it_goes_on_to_a_sheet_in_the_learners_language_and_begins_again_with_another_seed(room):
    learner = Learner(room, language="de")
    seed, films = learner.state["seed"], []
    while format_text("exam-sheet-places", match=6, near=0, elsewhere=0) not in learner.shown and len(films) < 9:
        films.append(learner.find_film())
        learner.answer_rightly()
        own = [mark["label"] for mark in learner.state["answers"][-1]["own"]]
        learner.press("final", final=own or [NO_FINDING])
        learner.press("question")
        if "Ihre Auswertung" in learner.shown:
            break
    assert sorted(films) == list(range(8)), "nothing was missed, so nothing came back"
    told = html.unescape(learner.shown)
    with use_language("de"):
        assert format_text("exam-sheet-films", films=8) in told and format_text("exam-print") in told
        assert format_text("exam-sheet-places", match=6, near=0, elsewhere=0) in told
    assert CHEAT in told and HONEST in told and "0 von" in told
    learner.press("begin", deck=DECK)
    assert learner.state["seed"] != seed and learner.state["answers"] == []


# ---- what is not believed


@pytest.mark.parametrize(
    "own",
    [
        None, "none", [{"label": "effusion"}], [{"label": "effusion", "box": None}], [{"label": NASTY, "box": BOX}],
        [{"label": "effusion", "box": [0.9, 0.9, 0.2, 0.2]}], [{"label": "effusion", "box": [0.1, 0.1, 0.0, 0.2]}],
        [{"label": "effusion", "box": BOX}] * 2, [{"label": "effusion", "box": BOX, "more": 1}],
        [{"label": "effusion", "box": "1234"}], [{"label": NO_FINDING, "box": BOX}], [None],
    ],
)  # fmt: skip
def test_an_answer_that_nobody_could_give_is_refused_with_a_sentence(room, own):
    learner = Learner(room)
    learner.answer_rightly()
    learner.press("final", final=[NO_FINDING])
    learner.press("question")
    kept = learner.find("state")
    shown = learner.press("answer", own=own)
    assert format_text("exam-no-answer") in html.unescape(shown) and "<img" not in shown
    assert learner.find("state") == kept and format_text("exam-kept", answers=1) in html.unescape(shown)
    assert format_text("exam-film", number=2) in learner.press("question")


def test_a_tampered_state_is_refused_with_a_sentence(room):
    learner = Learner(room)
    fresh = learner.find("state")
    assert format_text("exam-no-answer") in learner.press("final", final=["effusion"]), "no advice was given"
    state = json.loads(fresh)
    answer = {"film": 0, "own": [], "final": []}
    tampered = [
        state | {"answers": [answer] * 3}, state | {"deck": "shortcuts"}, state | {"seed": -1},
        state | {"truth": True}, [], "x" * 10**6,
    ]  # fmt: skip
    for given in tampered:
        for go in ("question", "answered", "answer", "final", "nothing that there is", None):
            shown = exam_events.take_step(room, SimpleNamespace(go=go, deck=DECK, state=json.dumps(given)))["html"]
            assert is_refused(shown)
    told = exam_events.take_step(room, SimpleNamespace(go="question", deck="../..", state=fresh))["html"]
    assert format_text("exam-begin") in told, "a deck that is not there: the list"


def test_an_error_that_nobody_foresaw_is_a_sentence_with_a_reference(room, monkeypatch, caplog):
    monkeypatch.setattr(room, "show_film", lambda *_: 1 / 0)
    told = Learner(room).shown
    assert json.loads(html.unescape(re.search(r'data-state="([^"]*)"', told)[1]))["answers"] == []
    assert "ZeroDivisionError" in caplog.text and re.search(r"\(ref \w{4}\)", told) and "division" not in told
    told = exam_events.take_step(room, gr.EventData(None, None))["html"]
    assert "(ref " in told, "a browser that says nothing at all"


def test_an_error_keeps_the_answers_with_the_last_one(room, monkeypatch):
    learner = Learner(room)
    with monkeypatch.context() as broken:
        broken.setattr(room, "ask_adviser", lambda *_: 1 / 0)
        told = html.unescape(learner.answer_rightly())
        assert (
            format_text("exam-kept", answers=1) in told and 'data-go="question"' in told and 'data-go="decks"' in told
        )
        assert len(learner.state["answers"]) == 1
    assert format_text("exam-asked-again") in learner.press("question"), "it is asked once more"


def test_boxes_are_rounded_and_the_longest_exam_is_kept(room):
    learner = Learner(room)
    learner.press("answer", own=[{"label": "effusion", "box": [1 / 3, 2 / 3, 0.123456789, 1 - 2 / 3]}])
    (mark,) = learner.state["answers"][0]["own"]
    assert mark["box"] == pytest.approx([1 / 3, 2 / 3, 0.1235, 1 / 3], abs=2e-4)
    assert all(len(str(share)) <= 6 for share in mark["box"])
    longest = max(len(label) for label in FINDINGS)
    answer = {
        "film": 59,
        "own": [{"label": "x" * longest, "box": [0.1234] * 4}] * MAX_DECK_CHOICES,
        "final": ["x" * longest],
    }
    assert len(json.dumps([answer] * 2 * MAX_DECK_FILMS)) < MAX_EXAM_BYTES


# ---- what all learners share


def test_what_many_learners_ask_for_at_once_is_made_once(room, monkeypatch):
    made, deck = [], room.decks[DECK]
    plan = shuffle_deck(deck, 5)
    fresh = ExamRoom([deck.folder], room._networks)

    def note(*asked):
        made.append(asked)
        time.sleep(0.1)
        return Advice((), True, "multi-label")

    monkeypatch.setattr(fresh, "_make_advice", note)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fresh.ask_adviser(deck, plan, 3), range(8)))
    assert len(made) == 1 and all(each is found[0] for each in found)


def test_of_two_decks_of_one_name_the_last_counts_and_the_other_is_named(tmp_path):
    bundled = find_bundled_decks()[0]
    shutil.copytree(bundled, tmp_path / bundled.name)
    room = ExamRoom([bundled, tmp_path / bundled.name], {})
    assert room.decks[bundled.name].folder == tmp_path / bundled.name
    told = html.unescape(exam_view.render_decks(room)["html"])
    assert format_text("exam-deck-same-name", title=room.decks[bundled.name].title) in told


def test_a_network_without_a_threshold_gives_no_advice_and_is_named(tiny_checkpoint):
    networks = {"x": stand_in(tiny_checkpoint, CHEAT, 0.0, 0), "y": stand_in(tiny_checkpoint, HONEST, 1.0, 1)}
    card = dataclasses.replace(networks["y"].card, thresholds={})
    networks["y"] = Analyser(dataclasses.replace(tiny_checkpoint, card=card))
    room = ExamRoom(find_bundled_decks(), networks)
    assert room.decks[DECK].networks == (CHEAT,) and room.silent[DECK] == (HONEST,)
    told = html.unescape(exam_view.render_decks(room)["html"])
    assert format_text("exam-deck-silent", names=HONEST) in told


# ---- films of a folder


def test_a_film_of_a_file_is_read_within_bounds_and_once(tiny_checkpoint, tmp_path, monkeypatch):
    film = np.random.default_rng(0).integers(0, 255, (90, 60), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "film.png"), film)
    (tmp_path / "deck.toml").write_text(
        f"""version = 1
title.en = "Mine"
intro.en = "Look."
networks = ["{CHEAT}"]
[[films]]
file = "film.png"
truth = ["consolidation"]
licence = "CC0"
source = "a test"
look_for.en = "Here."
explanation.en = "So."
regions = [{{ label = "consolidation", box = [0.1, 0.2, 0.3, 0.4] }}]
"""
    )
    read: list[Path] = []

    def note(path: Path):
        read.append(path)
        return read_bounded(path)

    monkeypatch.setattr(exam_room, "read_bounded", note)
    room = ExamRoom([tmp_path], {"x": stand_in(tiny_checkpoint, CHEAT, 0.0, 0)})
    for _ in range(3):
        learner = Learner(room, tmp_path.name)
        assert "--film-shape:60/90" in learner.shown and "film.png" not in learner.shown
        learner.press("answer", own=[{"label": "consolidation", "box": [0.1, 0.2, 0.3, 0.4]}])
        shown = learner.press("final", final=["consolidation"])
        assert "left:10.00%;top:20.00%;width:30.00%;height:40.00%" in shown and "100" in shown
    assert len(read) == 3, "once to check the deck, once for the picture, once for the network"
    (tmp_path / "film.png").unlink()
    gone = ExamRoom([tmp_path], {})
    assert gone.decks == {} and tmp_path.name in gone.refused
