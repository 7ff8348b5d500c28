"""How a score stands, by thresholds and by what was measured, of the bundled cards and of small ones."""

from pathlib import Path

import numpy as np
import pytest

from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Interval
from cxr_demo.networks.standing import find_quality, find_standing, touches_guessing
from cxr_demo.text.findings_text import describe_rates, describe_verdict

CARDS = sorted((Path(__file__).parents[2] / "weights").glob("*/config.json"))
LABELS = ("effusion", "mass", "hernia")


def make_card(task: str = "multi-label", test: dict | None = None, **changes) -> Card:
    metrics = {} if test is None else {"test": test}
    facts = {"thresholds": {"effusion": 0.5, "mass": 0.2}, "metrics": metrics} | changes
    return Card("a", "resnet18", LABELS, task, Preprocess(64, "stretch", (0.5,), (0.2,)), **facts)


def verdicts(card: Card, p: tuple[float, ...]) -> list[str]:
    return [find_standing(card, np.array(p), label).verdict for label in LABELS]


def test_labels_that_stand_alone_are_above_or_below_their_own_thresholds():
    card = make_card()
    assert verdicts(card, (0.5, 0.19, 0.9)) == ["above", "below", "no threshold"]
    standings = [find_standing(card, np.array([0.5, 0.19, 0.9]), label) for label in LABELS]
    assert [how.is_called for how in standings] == [True, False, False]
    assert [how.maps_shown for how in standings] == [True, False, True]
    assert [how.threshold for how in standings] == [0.5, 0.2, None] and standings[1].probability == 0.19


def test_a_missing_threshold_says_on_how_few_films_it_would_stand():
    positive = {"validation": {"films": 100, "positive": (30, 20, 4), "stated": (100, 100, 100)}}
    hows = [find_standing(make_card(metrics=found), np.array([0.5, 0.1, 0.9]), "hernia") for found in (positive, {})]
    assert [how.quality.held_out for how in hows] == [4, None]
    assert [describe_verdict(how) for how in hows] == ["no threshold"] * 2
    told = [describe_rates(how, make_card(), "hernia") for how in hows]
    assert told == ["no threshold: 4 of the films kept apart have it", ""]


def test_a_threshold_carries_its_interval():
    figures = {"auroc_mass": {"value": 0.8, "low": 0.7, "high": 0.9}, "sensitivity_mass": {"value": 0.7},
               "specificity_mass": {"value": 0.9}}  # fmt: skip
    card = make_card(test=figures, temperature=1.0, threshold_intervals={"mass": (0.12, 0.31)})
    how = find_standing(card, np.array([0.5, 0.3, 0.9]), "mass")
    assert describe_rates(how, card, "mass").startswith("threshold 20 % (12 % to 31 %): finds 70 %")
    with pytest.raises(ValueError, match="threshold_intervals for 'hernia'"):
        make_card(threshold_intervals={"hernia": (0.1, 0.2)})


def test_elsewhere_is_all_other_hospitals_or_the_first_that_was_measured_by_itself():
    one, other, both = ({"auroc_mass": {"value": value}} for value in (0.6, 0.7, 0.65))
    test = {"auroc_mass": {"value": 0.9}}

    def find(**sets):
        found = find_quality(make_card(metrics={"test": test, **sets}), "mass").elsewhere
        return found and found.value

    alone, second = "external, source a", "external, source b"
    assert find() is None and find(**{"validation": one}) is None
    assert find(**{alone: one, second: other}) == 0.6
    assert find(**{alone: {}, second: other}) == 0.7
    assert find(**{alone: one, "external": both}) == 0.65


def test_labels_that_exclude_each_other_have_one_answer_whatever_their_thresholds():
    card = make_card("single-label")
    assert verdicts(card, (0.45, 0.35, 0.2)) == ["most probable", "less probable", "less probable"]
    standings = [find_standing(card, np.array([0.45, 0.35, 0.2]), label) for label in LABELS]
    assert [how.maps_shown for how in standings] == [how.is_called for how in standings] == [True, False, False]
    assert all(how.threshold is None for how in standings)


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
def test_what_may_be_guessed_is_not_told(task):
    figures = {"auroc_effusion": {"value": 0.6, "low": 0.501, "high": 0.7}, "auroc_mass": {"value": 0.7, "low": 0.51}}
    card = make_card(task, figures | {"auroc_hernia": {"value": 0.2, "low": 0.1, "high": 0.3}}, thresholds={})
    how = find_standing(card, np.array([0.8, 0.1, 0.1]), "effusion")
    assert how.verdict == "cannot tell" and not how.maps_shown and not how.is_called
    assert find_quality(card, "mass").can_tell and not find_quality(card, "hernia").can_tell
    assert find_quality(make_card(), "mass").can_tell, "what was never measured is not refused"


@pytest.mark.parametrize(("low", "touches"), [(0.49, True), (0.5, True), (0.504, True), (0.506, False), (None, False)])
def test_the_interval_touches_guessing_in_the_digits_that_are_shown(low, touches):
    assert touches_guessing(Interval(value=0.7, low=low, high=None if low is None else 0.9)) == touches


def test_shares_are_those_of_the_threshold_or_of_being_the_answer():
    figures = {"sensitivity_mass": {"value": 0.7, "low": 0.6, "high": 0.8}, "specificity_mass": {"value": 0.9}}
    test = figures | {"stated": (9, 10, 10), "positive": (1, 4, 2), "confusion": ((3, 1, 0), (1, 2, 1), (0, 0, 2))}
    quality = find_quality(make_card(test=test), "mass")
    assert (quality.sensitivity.value, quality.sensitivity.low, quality.specificity.value) == (0.7, 0.6, 0.9)
    assert (quality.positive, quality.negative) == (4, 6)
    answer = find_quality(make_card("single-label", test), "mass")
    assert answer.sensitivity.value == 2 / 4 and answer.specificity.value == pytest.approx(5 / 6)
    never = find_quality(make_card("single-label", {"confusion": ((0, 0, 0), (1, 2, 1), (0, 0, 2))}), "effusion")
    assert never.sensitivity is None and never.specificity is None


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_every_label_of_a_bundled_card_has_its_numbers(path):
    card = Card.from_json(path.read_text(encoding="utf-8"))
    for label in card.labels:
        quality = find_quality(card, label)
        assert quality.auroc and quality.positive and quality.negative and quality.points
        if label not in card.thresholds:  # as few films have it, or as the most probable label is the answer
            rates = (quality.sensitivity, quality.specificity)
            assert quality.held_out is not None and all(rates) == any(rates) == (card.task == "single-label")
            continue
        assert quality.sensitivity and quality.specificity
        at = quality.points.thresholds.index(card.thresholds[label])
        rates = [card.metrics.sets["test"].figures[f"{name}_{label}"].value for name in ("sensitivity", "specificity")]
        assert [quality.points.sensitivity[at], quality.points.specificity[at]] == pytest.approx(rates, abs=6e-5)
        assert list(quality.points.sensitivity) == sorted(quality.points.sensitivity, reverse=True)
        assert list(quality.points.specificity) == sorted(quality.points.specificity)


def test_the_network_for_adults_tells_eleven_of_its_fourteen_findings():
    card = next(Card.from_json(path.read_text(encoding="utf-8")) for path in CARDS if "nih-" in str(path))
    not_told = [label for label in card.labels if not find_quality(card, label).can_tell]
    assert not_told == ["mass", "pneumothorax", "emphysema"]
