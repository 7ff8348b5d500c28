"""The words of two films beside each other."""

from __future__ import annotations

from cxr_demo.comparison.film_pair import Alignment, LabelChange
from cxr_demo.explain.methods import Method, Unit
from cxr_demo.networks.card import Card
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_duration
from cxr_demo.text.page_text import format_score, subtract_shown

REFUSALS = {
    "unlike": "film-pair-unlike",
    "lungs": "film-pair-lungs",
    "moved": "film-pair-moved",
}  # of an alignment -> message


DIGITS = 1  # of per cent, that the difference is that of what stands beside it


def format_change(change: LabelChange, card: Card) -> tuple[str, str, str]:
    """The score of the earlier film and of the later one; their difference and its interval, in percentage points."""
    scores = [format_score(score, card.calibrated, card.task, DIGITS) for score in (change.then, change.now)]
    difference = subtract_shown(change.then, change.now, DIGITS)
    points = [_format_points(each) for each in (difference, 100 * change.low, 100 * change.high)]
    return scores[0], scores[1], format_text("film-pair-change", difference=points[0], low=points[1], high=points[2])


def _format_points(points: float) -> str:
    shown = round(points, DIGITS)
    return format_digits(shown, DIGITS, signed=shown != 0)


def describe_change(change: LabelChange, now: str) -> str:
    """Whether it is one; `now` is the name of the later film."""
    if not change.is_told_apart:
        return format_text("film-pair-same")
    return format_text("film-pair-higher" if change.difference > 0 else "film-pair-lower", film=now)


def explain_no_difference(alignment: Alignment, unit: Unit) -> str:
    """Why the maps of two films are not subtracted; "" where they are."""
    if not unit.comparable:
        return format_text("film-pair-unit")
    return format_text(REFUSALS[alignment.refusal]) if alignment.refusal else ""


def list_alignment_notes(alignment: Alignment) -> list[str]:
    """Why the two films' maps are not subtracted; nothing where they are."""
    return [format_text(REFUSALS[alignment.refusal])] if alignment.refusal else []


def describe_slow(method: Method, seconds: float) -> str:
    return format_text("film-pair-slow", method=method.name, duration=format_duration(seconds))
