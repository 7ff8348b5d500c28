"""The words of the list of findings: what each score says, and what was measured of it."""

from __future__ import annotations

from cxr_demo.networks.card import SYNTHETIC, Card
from cxr_demo.networks.card_parts import Reliability, compute_wilson
from cxr_demo.networks.standing import (
    EXTERNAL,
    FEWEST_NEAR,
    GUESSING,
    TEST,
    LabelQuality,
    Standing,
    Verdict,
    find_quality,
    touches_guessing,
)
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_interval, format_percent
from cxr_demo.text.page_text import describe_show_button, format_score

VERDICTS: dict[Verdict, str] = {
    "above": "verdict-above",
    "below": "verdict-below",
    "most probable": "verdict-most-probable",
    "less probable": "verdict-less-probable",
    "cannot tell": "verdict-cannot-tell",
    "no threshold": "verdict-no-threshold",
}
MAPS_OFF: dict[Verdict, str] = {  # why the maps of a label are not shown without being asked for
    "below": "maps-off-below",
    "less probable": "maps-off-less-probable",
    "cannot tell": "maps-off-cannot-tell",
}
NEAR = {TEST: "near", EXTERNAL: "near-elsewhere"}  # what a score near the shown one was worth, by set of films
NEAR_FEW = {TEST: "near-few", EXTERNAL: "near-elsewhere-few"}


def format_verdict(verdict: Verdict) -> str:
    return format_text(VERDICTS[verdict])


def describe_verdict(how: Standing) -> str:
    return format_verdict(how.verdict)


def describe_maps_off(how: Standing) -> str:
    return format_text(MAPS_OFF[how.verdict])


def describe_show_anyway(how: Standing, card: Card) -> str:
    """The button that shows maps that are off."""
    if how.verdict == "cannot tell":
        return format_text("show-anyway-cannot-tell")
    return describe_show_button(how.probability, card)


def describe_sorting(card: Card) -> str:
    """As `analysis.order_labels` has it."""
    calibrated = "yes" if card.calibrated else "no"
    if card.task == "single-label":
        return format_text("sorted-by-probability", calibrated=calibrated)
    told = [label for label in card.labels if find_quality(card, label).can_tell]
    untold = "yes" if len(told) < len(card.labels) else "no"
    if not any(label in card.thresholds for label in told):
        return format_text("sorted-without-threshold", calibrated=calibrated, untold=untold)
    without = "yes" if any(label not in card.thresholds for label in told) else "no"
    return format_text("sorted-by-share", without=without, untold=untold)


def describe_cost(found: str, wrong: str) -> str:
    """Of a threshold, of 100 each; the browser gets it with "{found}" and "{wrong}" and fills them in."""
    return format_text("threshold-cost", found=found, wrong=wrong)


def describe_reset(threshold: str) -> str:
    return format_text("threshold-reset", threshold=threshold)


def format_threshold(threshold: float, card: Card) -> str:
    """As a score, but with a digit more below 10 % and above 99 %: a film's score may be just below it."""
    digits = 1 if card.calibrated else 3
    write = format_percent if card.calibrated else format_digits
    if threshold >= 1:
        return write(threshold, 0)
    if threshold >= 0.9995:
        return format_text("score-above", limit=write(0.999, digits))
    if threshold > 0.99 or (card.calibrated and 0.001 <= threshold < 0.0995):
        return write(threshold, digits)
    return format_score(threshold, card.calibrated, card.task)


def describe_test_films(card: Card) -> str:
    """Where the figures of the list come from, and what they mean; "" where there are none."""
    test = card.metrics.sets.get("test")
    if test is None or not any(find_quality(card, label).auroc for label in card.labels):
        return ""
    patients = test.patients if card.made_for != SYNTHETIC else 0
    text = format_text("figures-meaning", films=test.films, patients=patients or 0)
    if card.task == "multi-label" and card.thresholds:
        text += " " + format_text("figures-threshold")
    return text


def describe_auroc(quality: LabelQuality) -> str:
    """How well the network tells a finding."""
    if quality.auroc is None:
        return format_text("auroc-not-measured")
    figure = format_interval(quality.auroc.value, quality.auroc.low, quality.auroc.high)
    if quality.positive:
        parts = [format_text("auroc-of-films", figure=figure, positive=quality.positive, negative=quality.negative)]
    else:
        parts = [format_text("auroc", figure=figure)]
    if not quality.can_tell:
        parts.append(format_text("auroc-guessing", guessing=format_digits(GUESSING, 2)))
    if quality.elsewhere:
        elsewhere = format_interval(quality.elsewhere.value, quality.elsewhere.low, quality.elsewhere.high)
        guesses = touches_guessing(quality.elsewhere)
        parts.append(format_text("auroc-elsewhere-guessing" if guesses else "auroc-elsewhere", figure=elsewhere))
    return "; ".join(parts)


def _format_with_interval(threshold: float, card: Card, label: str) -> str:
    text = format_threshold(threshold, card)
    if label not in card.threshold_intervals:
        return text
    low, high = (format_threshold(end, card) for end in card.threshold_intervals[label])
    return format_text("interval", value=text, low=low, high=high)


def describe_rates(how: Standing, card: Card, label: str) -> str:
    """What its verdict costs: how many it finds and how many it calls wrongly; or on how few films a threshold would
    stand. "" where nothing was measured."""
    sensitivity, specificity = how.quality.sensitivity, how.quality.specificity
    if card.task == "single-label":
        if sensitivity is None or specificity is None:
            return ""
        right, wrong = format_percent(sensitivity.value), format_percent(1 - specificity.value)
        return format_text("rates-of-answer", right=right, wrong=wrong)
    if how.verdict == "no threshold" and how.quality.held_out is not None:
        return format_text("rates-no-threshold", films=how.quality.held_out)
    if how.threshold is None or how.quality.auroc is None or not how.quality.can_tell:
        return ""
    threshold = _format_with_interval(how.threshold, card, label)
    if sensitivity is None or specificity is None:
        return format_text("rates-not-measured", threshold=threshold)
    found, spared = format_percent(sensitivity.value), format_percent(specificity.value)
    return format_text("rates", threshold=threshold, found=found, spared=spared)


def describe_reliability(how: Standing, card: Card) -> str:
    """How often a finding was there on the test films with a value near the shown one, and on films of other hospitals,
    where there are such films; "" where that was not counted."""
    quality = how.quality
    told = [_count_near(TEST, quality.reliability, how.probability, card)] if quality.reliability else []
    elsewhere = quality.reliability_elsewhere
    if elsewhere and elsewhere.find_bin(how.probability).films:
        told.append(_count_near(EXTERNAL, elsewhere, how.probability, card))
    return "; ".join(told)


def _count_near(name: str, known: Reliability, probability: float, card: Card) -> str:
    near = known.find_bin(probability)
    low, high = (_format_end(end, card) for end in (near.low, near.high))
    if near.films < FEWEST_NEAR:
        return format_text(NEAR_FEW[name], films=near.films, low=low, high=high)
    share = compute_wilson(near.positive, near.films)
    percents = {name: format_percent(getattr(share, name)) for name in ("value", "low", "high")}
    counts = {"films": near.films, "positive": near.positive, "share": format_text("interval", **percents)}
    return format_text(NEAR[name], low=low, high=high, **counts)


def _format_end(end: float, card: Card) -> str:
    """Of a range of scores: 0 and 1 are true here, as no film's score is."""
    return format_percent(end) if card.calibrated else format_digits(end, 2)
