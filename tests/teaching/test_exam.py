"""The exam: what a seed makes of a deck, which film comes next, and what answers are worth."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from cxr_demo.errors import CxrError
from cxr_demo.teaching.deck import NO_FINDING, Deck, DeckFilm, DeckHead, DeckRegion, find_truth_boxes
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck
from cxr_demo.teaching.exam import (
    Answer,
    ExamState,
    Mark,
    choose_film,
    find_missed,
    list_advice,
    read_state,
    shuffle_deck,
    write_state,
)
from cxr_demo.teaching.exam_score import Place, Reliance, Sheet, make_sheet, measure_overlap, score_answer
from cxr_demo.text.catalogue import use_language
from cxr_demo.text.exam_text import describe_score, describe_sheet

TEXTS = {"en": "text"}
BOX = (0.1, 0.2, 0.3, 0.4)


def make_deck(truths: tuple[tuple[str, ...], ...], networks: tuple[str, ...] = ("one", "two")) -> Deck:
    films = tuple(
        DeckFilm(
            "CC0", "a test", TEXTS, TEXTS, file=f"{at}.png", truth=truth or (NO_FINDING,),
            regions=tuple(DeckRegion(label, BOX) for label in truth),
        )
        for at, truth in enumerate(truths)
    )  # fmt: skip
    return Deck(Path("mine"), DeckHead(1, TEXTS, TEXTS, networks, ("nodule",)), films)


@pytest.fixture
def deck() -> Deck:
    return make_deck((("effusion",), ("effusion",), ("mass",), ("mass",), (), (), ("effusion", "mass"), ("mass",)))


def answer_rightly(deck: Deck, film: int, final: tuple[str, ...] | None = None) -> Answer:
    findings = deck.films[film].findings
    return Answer(film, tuple(Mark(label, BOX) for label in findings), findings if final is None else final)


def take_exam(deck: Deck, seed: int, answer) -> list[Answer]:
    plan, answers = shuffle_deck(deck, seed), []
    while (film := choose_film(deck, plan, answers)) is not None:
        answers.append(answer(film, len(answers)))
        assert len(answers) <= 2 * len(deck.films)
    return answers


# ---- by lot


def test_every_learner_sees_every_film_once_in_an_order_of_their_own(deck):
    plans = [shuffle_deck(deck, seed) for seed in range(200)]
    assert all(sorted(plan.order) == list(range(8)) for plan in plans)
    assert all(sorted(plan.choices) == list(deck.choices) for plan in plans)
    assert shuffle_deck(deck, 5) == shuffle_deck(deck, 5)
    assert len({plan.order for plan in plans}) > 190 and len({plan.choices for plan in plans}) == 6
    assert 60 < sum(plan.networks == {"A": "two", "B": "one"} for plan in plans) < 140


def test_network_and_map_are_drawn_by_lot_and_each_about_as_often(deck):
    for seed in range(50):
        plan = shuffle_deck(deck, seed)
        arms = Counter(zip(plan.advisers, plan.maps_shown, strict=True))
        assert arms == {(letter, shown): 2 for letter in "AB" for shown in (True, False)}
    shown = np.mean([shuffle_deck(deck, seed).maps_shown for seed in range(400)], axis=0)
    assert np.all(np.abs(shown - 0.5) < 0.12)  # no film has its map more often than another
    alone = shuffle_deck(make_deck((("mass",), ()), ()), 1)
    assert alone.networks == {} and set(alone.advisers) == {""}


def test_a_learner_who_misses_nothing_sees_each_film_once(deck):
    answers = take_exam(deck, 3, lambda film, turn: answer_rightly(deck, film))
    assert [answer.film for answer in answers] == list(shuffle_deck(deck, 3).order)


def test_what_was_missed_comes_back_after_others_and_leaves_when_learned(deck):
    """A learner who misses masses twice, then knows them."""
    missed = []

    def answer(film, turn):
        if "mass" in deck.films[film].kinds and len(missed) < 2:
            missed.append(turn)
            return Answer(film, (), ())
        return answer_rightly(deck, film)

    answers = take_exam(deck, 3, answer)
    kinds = [deck.films[answer.film].kinds for answer in answers]
    assert {answer.film for answer in answers} == set(range(8))
    # after two other films a mass is there again, unless one came by itself
    assert "mass" in {kind for of in kinds[missed[0] + 1 : missed[0] + 4] for kind in of}
    again = [answer for at, answer in enumerate(answers) if answer.film in [old.film for old in answers[:at]]]
    assert all(
        "mass" in deck.films[answer.film].kinds or "effusion" in deck.films[answer.film].kinds for answer in again
    )


def test_an_exam_ends_for_one_who_never_learns(deck):
    answers = take_exam(deck, 1, lambda film, turn: Answer(film, (Mark("nodule"),), ()))
    assert len(answers) == 16 and {answer.film for answer in answers} == set(range(8))


def test_no_finding_is_a_kind_that_can_be_missed(deck):
    normal = deck.films[4]
    assert find_missed(normal, Answer(4)) == () and find_missed(normal, Answer(4, (Mark("mass"),))) == (NO_FINDING,)


# ---- the state of a browser


def test_a_state_comes_back_as_it_was(deck):
    answers = take_exam(deck, 9, lambda film, turn: Answer(film, (), ()))
    for length in range(len(answers) + 1):
        state = ExamState("mine", 9, tuple(answers[:length]))
        assert read_state(write_state(state), deck) == state


@pytest.mark.parametrize(
    "change",
    [
        lambda s: replace(s, deck="another"),
        lambda s: replace(s, answers=s.answers[1:]),
        lambda s: replace(s, answers=(s.answers[0], s.answers[0], *s.answers[2:])),
        lambda s: replace(s, answers=(replace(s.answers[0], own=(Mark("hernia"),)), *s.answers[1:])),
        lambda s: replace(s, answers=(replace(s.answers[0], own=(Mark("mass"), Mark("mass"))), *s.answers[1:])),
        lambda s: replace(s, answers=(replace(s.answers[0], final=("hernia",)), *s.answers[1:])),
        lambda s: replace(s, answers=(replace(s.answers[0], final=None), *s.answers[1:])),
    ],
)
def test_a_state_that_the_deck_does_not_lead_to_is_refused(deck, change):
    state = ExamState("mine", 9, tuple(take_exam(deck, 9, lambda film, turn: answer_rightly(deck, film))))
    assert read_state(write_state(state), deck) == state
    with pytest.raises(CxrError, match="do not belong"):
        read_state(write_state(change(state)), deck)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"deck": "mine", "seed": -1, "answers": []}', '{"deck": "mine", "seed": 1, "score": 9}',
     " " * 10**6,
     '{"deck": "mine", "seed": 1, "answers": [{"film": 0, "own": [{"label": "mass", "box": [0, 0, 2, 1]}]}]}'],
)  # fmt: skip
def test_what_is_no_state_is_refused(deck, text):
    with pytest.raises(CxrError, match="do not belong"):
        read_state(text, deck)


# ---- scores


def test_overlap_is_that_of_pixels():
    random_boxes = np.random.default_rng(0)
    for _ in range(50):
        corners = random_boxes.integers(0, 100, (2, 2, 2))
        low, size = corners.min(1), np.ptp(corners, axis=1) + 1
        masks = []
        for (x, y), (wide, high) in zip(low, size, strict=True):
            mask = np.zeros((101, 101), bool)
            mask[y : y + high, x : x + wide] = True
            masks.append(mask)
        drawn, true = (tuple(float(v) / 101 for v in (*low[at], *size[at])) for at in (0, 1))
        found = measure_overlap(drawn, [true])
        assert found.iou == pytest.approx((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())
        centre = low[0] + size[0] / 2
        assert found.centre_inside == bool(np.all((low[1] <= centre) & (centre <= low[1] + size[1])))


def test_a_box_is_called_by_how_it_lies():
    assert measure_overlap(BOX, [(0.8, 0.8, 0.1, 0.1), BOX]).place is Place.MATCH
    assert measure_overlap((0.0, 0.1, 0.5, 0.9), [BOX]).place is Place.NEAR  # larger, its centre inside
    assert measure_overlap((0.7, 0.7, 0.1, 0.1), [BOX]).place is Place.ELSEWHERE


def test_an_answer_is_scored_label_by_label(deck):
    film = deck.films[6]
    score = score_answer(film, Answer(6, (Mark("mass", BOX), Mark("nodule", BOX))))
    assert (score.hits, score.misses, score.false_alarms) == (("mass",), ("effusion",), ("nodule",))
    assert list(score.overlaps) == ["mass"] and score.overlaps["mass"].place is Place.MATCH
    assert describe_score(score) == [
        "Missed: Effusion.",
        "Not there: Nodule.",
        "Mass: Your box matches: it shares 100 % with the true one. Its centre lies inside.",
    ]
    none = score_answer(deck.films[4], Answer(4))
    assert (none.hits, none.misses, none.false_alarms) == ((NO_FINDING,), (), ()) and describe_score(none) == [
        "Rightly named."
    ]


def test_advice_is_what_reaches_its_threshold():
    probabilities, thresholds = (
        {"Mass": 0.4, "Effusion": 0.2, "hernia": 0.9},
        {"Mass": 0.3, "Effusion": 0.3, "hernia": 0.1},
    )
    assert list_advice(probabilities, thresholds, ("effusion", "mass")) == ("mass",)


def test_over_reliance_is_found_again_in_readers_who_have_it():
    """Readers who follow wrong advice with a chance that is planted, higher where the map is shown."""
    deck = make_deck((("mass",),) * 60, ("one",))
    lot = random.Random(0)
    plan = shuffle_deck(deck, 0)
    answers = []
    for film in plan.order:
        follows = lot.random() < (0.7 if plan.maps_shown[film] else 0.2)
        answers.append(answer_rightly(deck, film, ("effusion",) if follows else ("mass",)))
    sheet = make_sheet(deck, plan, answers, dict.fromkeys(range(60), ("effusion",)))
    for found, chance in ((sheet.shown, 0.7), (sheet.hidden, 0.2)):
        assert found.wrong == 30 and found.rate.low < chance < found.rate.high
        interval = binomtest(found.followed, found.wrong).proportion_ci(method="wilson")
        assert (found.rate.low, found.rate.high) == pytest.approx(tuple(interval), abs=1e-6)
    assert sheet.map_effect.low < 0.5 < sheet.map_effect.high and sheet.map_effect.low > 0


def test_the_effect_of_the_map_is_newcombes():
    """His table II, row a: 56/70 - 48/80, method 10: 0.0524 to 0.3339."""
    sheet = Sheet(0, {}, {}, {}, {}, 0, 0, Reliance(56, 70), Reliance(48, 80), True)
    effect = sheet.map_effect
    assert (effect.value, effect.low, effect.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_right_advice_and_advice_like_the_own_answer_mislead_nobody(deck):
    plan = shuffle_deck(deck, 2)
    answers = [answer_rightly(deck, film) for film in plan.order]
    right = {film: deck.films[film].findings for film in range(8)}
    assert make_sheet(deck, plan, answers, right).shown.rate is None
    wrong = [Answer(film, (Mark("nodule"),), ("nodule",)) for film in plan.order]
    sheet = make_sheet(deck, plan, wrong, dict.fromkeys(range(8), ("nodule",)))
    assert sheet.shown.wrong == sheet.hidden.wrong == 0 and sheet.map_effect is None
    assert sheet.false_alarms == {"nodule": 8} and sheet.misses == {"effusion": 3, "mass": 4, NO_FINDING: 2}


def test_the_sheet_counts_each_film_as_it_was_seen_first(deck):
    answers = take_exam(deck, 4, lambda film, turn: Answer(film, (), ()) if turn < 8 else answer_rightly(deck, film))
    sheet = make_sheet(deck, shuffle_deck(deck, 4), answers, {})
    assert sheet.films == 8 and sheet.came_back == len(answers) - len({answer.film for answer in answers}) > 0
    assert 0 < sheet.right_again <= sheet.came_back
    for language in ("en", "de"):
        with use_language(language):
            lines = describe_sheet(sheet)
    assert len(lines) >= 6 and lines[0].startswith("8 Aufnahmen")


@pytest.mark.parametrize("folder", find_bundled_decks(), ids=lambda folder: folder.name)
def test_a_bundled_deck_can_be_taken_by_one_who_draws_what_is_there(folder):
    deck = read_deck(folder)
    film = deck.films[0]
    marks = tuple(Mark(label, boxes[0]) for label, boxes in find_truth_boxes(film).items())
    score = score_answer(film, Answer(0, marks))
    assert not score.misses and {overlap.place for overlap in score.overlaps.values()} == {Place.MATCH}
