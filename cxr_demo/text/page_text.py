"""The words of the page that depend on what there is to say: scores, ensembles, maps, methods."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.evaluation.agreement import Agreement, Overlap
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.nulls import NULLS, SMALLEST_P
from cxr_demo.explain.methods import METHODS, UNITS, Method
from cxr_demo.limits import (
    KEPT_MINUTES,
    LEFT_OVER_S,
    MAX_FILMS,
    MAX_PAGE_BYTES,
    SLOW_FORWARDS,
    SWEEP_EVERY_S,
)
from cxr_demo.networks.card import Card, EnsembleSpec
from cxr_demo.text.catalogue import Said, Words, format_text, say
from cxr_demo.text.checkpoint_text import name_rule
from cxr_demo.text.formats import (
    format_digits,
    format_duration,
    format_list,
    format_p,
    format_percent,
    format_signed,
)
from cxr_demo.text.method_text import describe_too_little

LEFT_OVER_MINUTES = -(-(LEFT_OVER_S + SWEEP_EVERY_S) // 60)
ROWS = ("row-upper", "row-middle", "row-lower")
COLUMNS = ("column-left", "column-centre", "column-right")
SHORT = ("auroc", "auprc", "mcc", "ece", "f1")  # parts of a metric's key that are written in capitals
SETS = {"validation": "set-validation", "test": "set-test", "external": "set-external"}  # of measured films


def describe_keeping() -> str:
    """What is kept of a film, and for how long."""
    return format_text(
        "kept.whole", minutes=KEPT_MINUTES, films=MAX_FILMS, megabytes=MAX_PAGE_BYTES // 2**20,
        breaks=LEFT_OVER_MINUTES,
    )  # fmt: skip


def describe_expired() -> tuple[Words, Words]:
    """A sentence and the next step."""
    return say("expired", minutes=KEPT_MINUTES), say("expired.hint")


def describe_made_room() -> tuple[Words, Words]:
    """A sentence and the next step."""
    return say("made-room"), say("expired.hint")


def format_score(value: float, calibrated: bool, task: str, least_digits: int = 0) -> str:
    """0.034 -> "3 %" when calibrated, else "0.03"; never a false 0 or 1. One digit more below 1 % of a multi-label
    network, where a rare finding may stand above its threshold and still have less. `least_digits`: of the percents."""
    digits = max(least_digits, 1 if task == "multi-label" and value < 0.01 else 0)
    if value < _get_least_score(task):
        return format_text("score-below", limit=_format_least_score(calibrated, task))
    if value > 0.99:
        return format_text("score-above", limit=format_percent(0.99) if calibrated else format_digits(0.99, 2))
    return format_percent(value, digits) if calibrated else format_digits(value, digits + 2)


def format_scores(before: float, after: float, card: Card) -> tuple[str, str, str]:
    """A score as it was and as it is, and its change, which is the difference of what is shown: 0.43, 0.23 -> "43 %",
    "23 %", "−20 points". Where whole per cents would say another change than there is, all have one digit more."""
    digits = _choose_change_digits(before, after, card.task)
    ends = [format_score(score, card.calibrated, card.task, digits) for score in (before, after)]
    points = subtract_shown(before, after, digits)
    if card.calibrated:
        number = format_digits(points, digits, signed=points != 0)
        return ends[0], ends[1], format_text("score-points", points=number, count=2 if digits else round(abs(points)))
    return ends[0], ends[1], format_digits(points / 100, digits + 2, signed=points != 0)


def subtract_shown(before: float, after: float, digits: int) -> float:
    """The change in percentage points, of the two scores as so many digits after the point of per cent show them. 0 of
    two that are both less than one of the last digit: rounded by themselves they may be a whole one apart."""
    if max(before, after) < 10 ** -(digits + 2):
        return 0.0
    return round(round(100 * after, digits) - round(100 * before, digits), digits)


def _choose_change_digits(before: float, after: float, task: str) -> int:
    """None where whole per cents say the change as it is."""
    change = 100 * (after - before)
    is_fine = task == "multi-label" and min(before, after) < 0.01 and abs(change) < 5
    return 1 if is_fine or round(change) != subtract_shown(before, after, 0) else 0


def _get_least_score(task: str) -> float:
    """What is less is not written out."""
    return 0.001 if task == "multi-label" else 0.01


def _format_least_score(calibrated: bool, task: str) -> str:
    digits = 1 if task == "multi-label" else 0
    least = _get_least_score(task)
    return format_percent(least, digits) if calibrated else format_digits(least, digits + 2)


def describe_film(kind: str, shape: tuple[int, int]) -> str:
    """`kind` as a `Radiograph` has it, `shape` (H, W) of its pixels."""
    known = format_text("film-synthetic") if kind == "synthetic" else kind
    return format_text("film-size", kind=known, width=shape[1], height=shape[0])


def describe_waiting(name: str, is_read: bool) -> str:
    return format_text("asking-network" if is_read else "reading-file", name=name)


def describe_member_range(own: Sequence[float], ensemble: EnsembleSpec, task: str) -> str:
    """The dots of an ensemble's members, for those who do not see them."""
    low, high = (format_score(p, ensemble.calibrated, task) for p in (min(own), max(own)))
    return format_text("members-range", members=len(own), low=low, high=high)


def describe_ensemble(made: EnsembleSpec) -> str:
    """A card's `ensemble` in a sentence: how many, by which rule, with which weights."""
    names = [member.name for member in made.members]
    if is_weighted := made.rule == "weighted":
        names = [f"{name} {format_digits(weight, 2)}" for name, weight in zip(names, made.weights, strict=True)]
    return format_text(
        "ensemble-weighted" if is_weighted else "ensemble-named",
        networks=len(names), rule=name_rule(made), members=", ".join(names),
    )  # fmt: skip


def describe_maps(card: Card) -> str:
    """What is true of all maps, whatever their scale."""
    made = card.ensemble
    if made is None or not card.joins_predictions:
        return ""
    calibrated = "yes" if made.calibrated else "no"
    return format_text("maps-of-members", members=len(made.members), rule=made.rule, calibrated=calibrated) + " "


def describe_scores(card: Card) -> str:
    """A few sentences: what the number of a finding is."""
    test = card.metrics.sets.get("test")
    is_counted = card.calibrated and test is not None and bool(test.reliability)
    if is_counted:
        sentences = [format_text("scores-near")]
    else:
        sentences = [format_text("scores-calibrated" if card.calibrated else "scores-uncalibrated")]
    gap = test.ece_after_temperature if test and card.calibrated and not is_counted else None
    if gap is not None:
        sentences.append(format_text("scores-off", points=format_digits(gap * 100, 0)))
    if card.task == "multi-label":
        sentences.append(format_text("scores-several"))
    elif card.calibrated:
        sentences.append(format_text("scores-exclusive"))
    if made := card.ensemble:
        sentences.append(format_text("scores-ensemble", members=len(made.members), rule=name_rule(made)))
    return " ".join(sentences)


def describe_show_button(value: float, card: Card) -> str:
    if value < _get_least_score(card.task):
        limit = _format_least_score(card.calibrated, card.task)
        return format_text("show-anyway-gives-less" if card.calibrated else "show-anyway-scores-less", limit=limit)
    score = format_score(value, card.calibrated, card.task)
    return format_text("show-anyway-gives-only" if card.calibrated else "show-anyway-scores-only", score=score)


def format_metric_name(key: str) -> str:
    """auroc_viral_pneumonia -> "AUROC viral pneumonia"."""
    return " ".join(part.upper() if part in SHORT else part for part in key.split("_"))


def format_set_name(name: str) -> str:
    """ "test, source nih" -> "test films, source nih"."""
    first, comma, rest = name.partition(", ")
    return f"{format_text(SETS[first])}{comma}{rest}" if first in SETS else name


def describe_cell_size(width: float, height: float) -> str:
    return format_text("cell-size", width=format_digits(width, 0), height=format_digits(height, 0))


def format_place(row: int, column: int) -> str:
    """Of a film in thirds."""
    return format_text("place", row=format_text(ROWS[row]), column=format_text(COLUMNS[column]))


def describe_place(found: tuple[int, int, float] | None) -> str:
    """The text alternative of a map, from `render.find_strongest_place`."""
    if found is None:
        return format_text("place-none")
    row, column, share = found
    return format_text("place-strongest", place=format_place(row, column), share=format_percent(share))


def describe_sums(explanation: Explanation, card: Card) -> str:
    """What the map's values add up to, beside what they explain."""
    made, of = card.ensemble, "network"
    if made and card.joins_predictions:
        of = "calibrated" if made.calibrated else "members"
    if explanation.is_contrast:
        of = "contrast"
    logit = format_signed(explanation.logit)
    if not explanation.unit.adds_to_logit:
        return format_text("sums-not", of=of, logit=logit)
    total, rest = format_signed(explanation.total), format_signed(explanation.left_out)
    absolute = format_digits(explanation.absolute_total, 2)
    share = "none" if math.isnan(explanation.share_held) else format_percent(explanation.share_held)
    return format_text("sums", total=total, absolute=absolute, of=of, logit=logit, share=share, rest=rest)


def describe_choices(explanation: Explanation) -> list[str]:
    """How the map reads the network where it could be read otherwise, a sentence each."""
    told = [format_text(f"choice-{choice}") for choice in explanation.choices]
    return [*told, format_text("choices-undo")] if told else []


def describe_doubts(explanation: Explanation) -> list[str]:
    """What speaks against reading a map as the reasons for the score, a sentence each."""
    found = []
    if explanation.doubt:
        total, logit = format_signed(explanation.total), format_signed(explanation.logit)
        share = format_percent(explanation.share_held)
        found.append(format_text(f"held-{explanation.doubt}", total=total, logit=logit, share=share))
    if explanation.curved:
        found.append(format_text("rule-for-relu", activations=format_list(explanation.curved)))
    return found


def describe_empty_map(scale: render.Scale, finding: str, is_called: bool) -> str:
    """Instead of a map that holds too little. `is_called`: the network finds it all the same."""
    if scale.signed:
        return format_text("empty-map", finding=finding)
    return format_text("empty-map-called" if is_called else "empty-map-positive", finding=finding)


def describe_emptiness(scale: render.Scale) -> str:
    """How little that is."""
    if too_little := describe_too_little(UNITS[scale.unit]):
        return format_text("empty-map-little", why=too_little)
    return format_text("empty-map.zero" if scale.signed else "empty-map-positive.zero")


def describe_progress(method: Method, share: float) -> str:
    if share:
        return format_text("computing-share", method=method.name, share=format_percent(share))
    return format_text("computing", method=method.name)


def describe_method_choice(method: Method, reason: Said, forward_s: float | None) -> str:
    """A method in the list to choose from; `forward_s` is None before the first film."""
    if reason:
        return format_text("method-not-available", method=method.name)
    if method.cost_forwards <= SLOW_FORWARDS:
        return method.name
    if forward_s is None:
        return format_text("method-long", method=method.name)
    return format_text("method-takes", method=method.name, duration=format_duration(method.cost_forwards * forward_s))


def list_refusals(refusals: Mapping[str, Said]) -> list[tuple[str, str]]:
    """Names of methods and why the checkpoint's proof refuses them, a pair for each reason."""
    refused: dict[Said, list[str]] = {}
    for key, reason in refusals.items():
        refused.setdefault(reason, []).append(METHODS[key].name)
    return [(", ".join(names), str(reason)) for reason, names in refused.items() if reason]


def describe_agreement() -> str:
    """How agreement is measured, and against what."""
    return format_text("agreement.how", nulls=NULLS, smallest=format_digits(SMALLEST_P, 2))


def describe_agreement_limits() -> str:
    """What the table of agreement does not say."""
    overlap = CHECKS["overlap"].says_not.replace("Does", "does")
    return format_text("agreement.says-not", rank=CHECKS["rank"].says_not, overlap=overlap)


def describe_silent_maps(methods: Sequence[str]) -> str:
    """Of a pair of maps, by their methods' names, those that show nothing; "" for none."""
    return format_text("agreement.silent", maps=format_list(methods)) if methods else ""


def format_rank(value: float) -> str:
    return format_text("undefined") if math.isnan(value) else format_signed(value)


def format_overlap(found: Overlap) -> tuple[str, str]:
    """What is common, and in brackets what would be by chance and how often as much would be."""
    if math.isnan(found.common):
        return format_text("undefined"), ""
    chance = format_text("agreement.chance", share=format_percent(found.by_chance, 0), p=format_p(found.p))
    return format_percent(found.common, 0), f"({chance})"


def describe_rank_p(found: Agreement) -> str:
    """Behind the rank correlation; "" where there is none."""
    return "" if math.isnan(found.p) else f"({format_p(found.p)})"
