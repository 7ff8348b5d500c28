"""The words of the list of findings: what each score says, and what was measured of it."""

from __future__ import annotations

import numpy as np

from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Interval
from cxr_demo.networks.standing import (
    GUESSING,
    LabelQuality,
    Standing,
    Verdict,
    find_quality,
    find_standing,
    touches_guessing,
)
from cxr_demo.text.formats import format_interval, format_percent, format_rounded
from cxr_demo.text.page_text import describe_show_button, format_score

VERDICTS: dict[Verdict, str] = {
    "above": "above threshold",
    "below": "below threshold",
    "most probable": "most probable",
    "less probable": "less probable",
    "cannot tell": "this network cannot tell",
    "no threshold": "no threshold",
}
MAPS_OFF: dict[Verdict, str] = {  # why the maps of a label are not shown without being asked for
    "below": "the score is below its threshold, and a map of a low score misleads easily",
    "less probable": "another finding is more probable, and a map of a low score misleads easily",
    "cannot tell": "this network cannot tell this finding, and a map of a score that says nothing misleads easily",
}
NOT_MEASURED = "Not measured on test films."
THRESHOLD = "Threshold"
ABOVE_OWN, BELOW_OWN = "above your threshold", "below your threshold"
COST = "finds {found} of 100 who have it; wrongly calls {wrong} of 100 who do not have it"  # filled in by the browser
MEANING = "What these figures mean"
SORTED_BY_PROBABILITY = "Sorted by probability. Exactly one is the answer: the most probable."
SORTED_BY_SHARE = "Sorted by how far each is above its threshold"


def describe_verdict(how: Standing) -> str:
    return VERDICTS[how.verdict]


def describe_verdicts(card: Card, probabilities: np.ndarray) -> dict[str, str]:
    """label -> its word; probabilities (L,) in the order of the card's labels."""
    return {label: VERDICTS[find_standing(card, probabilities, label).verdict] for label in card.labels}


def describe_maps_off(how: Standing) -> str:
    return f"Maps are off at first: {MAPS_OFF[how.verdict]}."


def describe_show_anyway(how: Standing, card: Card) -> str:
    """The button that shows maps that are off."""
    if how.verdict == "cannot tell":
        return f"Show anyway: {VERDICTS[how.verdict]}"
    return describe_show_button(how.probability, card)


def describe_sorting(card: Card, some_cannot_be_told: bool) -> str:
    if card.task == "single-label":
        return SORTED_BY_PROBABILITY
    return f"{SORTED_BY_SHARE}{'; what this network cannot tell stands last' if some_cannot_be_told else ''}."


def describe_reset(threshold: str) -> str:
    return f"Back to {threshold}"


def format_threshold(threshold: float, card: Card) -> str:
    """As a score, but with a digit more below 10 %: a film's score may be just below it."""
    if card.calibrated and 0.001 <= threshold < 0.0995:
        return f"{threshold * 100:.1f} %"
    return format_score(threshold, card.calibrated, card.task)


def describe_test_films(card: Card) -> str:
    """Where the figures of the list come from, and what they mean; "" where there are none."""
    test = card.metrics.sets.get("test")
    if test is None or not any(find_quality(card, label).auroc for label in card.labels):
        return ""
    people = f" of {test.patients} patients" if card.training.patients else ""
    rule = ""
    if card.task == "multi-label" and card.thresholds:
        rule = " A threshold is where the two shares together are largest on other films, kept apart for that."
    return (
        f"AUROC is the chance that a film with the finding gets a higher score than one without: 1 is always, 0.5 is "
        f"guessing; brackets give its 95 % interval. All is measured on {test.films} test films{people}.{rule}"
    )


def describe_auroc(quality: LabelQuality) -> str:
    """How well the network tells a finding."""
    if quality.auroc is None:
        return NOT_MEASURED
    text = f"AUROC {_format_figure(quality.auroc)}"
    if quality.positive:
        text += f" from {quality.positive} films with it and {quality.negative} without"
    if not quality.can_tell:
        text += f"; {GUESSING:.2f} is guessing"
    if quality.elsewhere:
        text += f"; at other hospitals {_format_figure(quality.elsewhere)}"
        text += ", which may be guessing" if touches_guessing(quality.elsewhere) else ""
    return text


def describe_rates(how: Standing, card: Card) -> str:
    """What its verdict costs: how many it finds and how many it calls wrongly. "" where nothing was measured."""
    sensitivity, specificity = how.quality.sensitivity, how.quality.specificity
    if card.task == "single-label":
        if sensitivity is None or specificity is None:
            return ""
        right, wrong = format_percent(sensitivity.value), format_percent(1 - specificity.value)
        return f"it is the answer on {right} of such films and, wrongly, on {wrong} of all others"
    if how.threshold is None or how.quality.auroc is None or not how.quality.can_tell:
        return ""
    threshold = f"threshold {format_threshold(how.threshold, card)}"
    if sensitivity is None or specificity is None:
        return f"{threshold}: not measured"
    found, spared = format_percent(sensitivity.value), format_percent(specificity.value)
    return f"{threshold}: finds {found} of those who have it, {spared} of those without it are below"


def _format_figure(figure: Interval) -> str:
    if figure.low is None or figure.high is None:
        return format_rounded(figure.value)
    return format_interval(figure.value, figure.low, figure.high)
