"""The words of two films beside each other."""

from __future__ import annotations

from cxr_demo.comparison.film_pair import Alignment, LabelChange
from cxr_demo.explain.methods import Method, Unit
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_duration

REFUSALS = {
    "unlike": "film-pair-unlike",
    "lungs": "film-pair-lungs",
    "moved": "film-pair-moved",
}  # of an alignment -> message


def format_change(change: LabelChange) -> str:
    """The difference and its interval, in percentage points."""
    points = [format_digits(100 * each, 1, signed=True) for each in (change.difference, change.low, change.high)]
    return format_text("film-pair-change", difference=points[0], low=points[1], high=points[2])


def describe_change(change: LabelChange) -> str:
    if not change.is_told_apart:
        return format_text("film-pair-same")
    return format_text("film-pair-higher" if change.difference > 0 else "film-pair-lower")


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
