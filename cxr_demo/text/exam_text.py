"""The words of the exam: how an answer was, and the sheet at the end."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.labels import FINDINGS
from cxr_demo.teaching.exam_score import FilmScore, Overlap, Place, Reliance, Sheet
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_interval, format_list, format_percent


def name_labels(labels: Sequence[str]) -> str:
    return format_list([FINDINGS[label].name for label in labels])


def describe_overlap(overlap: Overlap) -> str:
    """Your box matches: it shares 62 % with the true one. Its centre lies inside."""
    place = format_text(f"exam-place-{overlap.place.value}", iou=format_percent(overlap.iou))
    return f"{place} {format_text('exam-centre-inside' if overlap.centre_inside else 'exam-centre-outside')}"


def describe_score(score: FilmScore) -> list[str]:
    """What was right, missed and named where it is not, and how each box lies; a sentence each."""
    lines = []
    if not score.misses and not score.false_alarms:
        lines.append(format_text("exam-right"))
    if score.misses:
        lines.append(format_text("exam-missed", names=name_labels(score.misses)))
    if score.false_alarms:
        lines.append(format_text("exam-false-alarm", names=name_labels(score.false_alarms)))
    for label, overlap in score.overlaps.items():
        lines.append(f"{FINDINGS[label].name}: {describe_overlap(overlap)}")
    return lines


def describe_sheet(sheet: Sheet) -> list[str]:
    """A line for each thing that was counted; over-reliance where advice was given."""
    lines = [format_text("exam-sheet-films", films=sheet.films)]
    for label in sorted({*sheet.hits, *sheet.misses, *sheet.false_alarms}):
        lines.append(
            format_text(
                "exam-sheet-counts", name=FINDINGS[label].name, hits=sheet.hits.get(label, 0),
                misses=sheet.misses.get(label, 0), alarms=sheet.false_alarms.get(label, 0),
            )
        )  # fmt: skip
    match, near, elsewhere = (sheet.places.get(place, 0) for place in Place)
    lines.append(format_text("exam-sheet-places", match=match, near=near, elsewhere=elsewhere))
    lines.append(format_text("exam-sheet-again", again=sheet.came_back, right=sheet.right_again))
    if sheet.is_advised:
        lines.append(_describe_reliance(format_text("exam-sheet-shown"), sheet.shown))
        lines.append(_describe_reliance(format_text("exam-sheet-hidden"), sheet.hidden))
    if effect := sheet.map_effect:
        lines.append(
            format_text("exam-sheet-effect", difference=format_interval(effect.value, effect.low, effect.high))
        )  # fmt: skip
    return lines


def _describe_reliance(arm: str, found: Reliance) -> str:
    if found.rate is None:
        return format_text("exam-sheet-never", arm=arm)
    rate = format_interval(found.rate.value, found.rate.low, found.rate.high)
    return format_text("exam-sheet-followed", arm=arm, followed=found.followed, wrong=found.wrong, rate=rate)
