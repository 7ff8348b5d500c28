"""The words of the exam: its decks, what a film asks, how an answer was, and the sheet at the end."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.labels import FINDINGS
from cxr_demo.render import format_number
from cxr_demo.teaching.deck import NO_FINDING
from cxr_demo.teaching.exam import Answer
from cxr_demo.teaching.exam_score import FilmScore, Overlap, Place, Reliance, Sheet
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.text.formats import format_interval, format_list, format_percent
from cxr_demo.text.method_text import name_unit
from cxr_demo.text.page_text import format_score

SIDES = ("left", "top", "width", "height")  # of a box, in whole percents


def name_labels(labels: Sequence[str]) -> str:
    return format_list([FINDINGS[label].name for label in labels])


def describe_deck(films: int, networks: int) -> str:
    """8 films; 2 networks give advice."""
    return format_text("exam-deck", films=films, networks=networks)


def describe_missing_networks(names: Sequence[str]) -> str:
    return format_text("exam-deck-missing", names=format_list(names))


def describe_silent_networks(names: Sequence[str]) -> str:
    """Those without a threshold for any finding of the deck."""
    return format_text("exam-deck-silent", names=format_list(names))


def describe_map_scale(limit: float, unit: str) -> str:
    """Under a map of the exam."""
    return format_text("exam-map-scale", limit=format_number(limit), unit=name_unit(unit))


def describe_refused_deck(name: str, why: Said) -> str:
    return format_text("exam-deck-refused", name=name, why=why)


def describe_begin(title: str) -> str:
    """The button of a deck, for those who hear it without the rest."""
    return format_text("exam-begin-deck", title=title)


def name_film(number: int) -> str:
    """As it comes to the learner, from 1; it tells nothing of what is in it."""
    return format_text("exam-film", number=number)


def describe_place(seen: int, films: int) -> str:
    """How many films of the deck have been there."""
    return format_text("exam-seen", seen=seen, films=films)


def describe_box_to_draw(name: str) -> str:
    """The browser gets it with "{name}" and fills it in."""
    return format_text("exam-draw", name=name)


def describe_named(names: str) -> str:
    """Where several findings are chosen; the browser fills in "{names}"."""
    return format_text("exam-named", names=names)


def describe_box_for_script() -> str:
    """What a box is called for those who do not see it; the browser fills in "{name}" and the SIDES."""
    return format_text("exam-box", name="{name}", **{side: f"{{{side}}}" for side in SIDES})


def describe_advice(label: str, score: float, calibrated: bool, task: str) -> str:
    """Effusion: 83 %, above its threshold."""
    return format_text("exam-advice-named", name=FINDINGS[label].name, score=format_score(score, calibrated, task))


def describe_exam_map(method: str, letter: str, label: str) -> str:
    """The text alternative of a map."""
    return format_text("exam-map", method=method, letter=letter, name=FINDINGS[label].name)


def describe_truth(kinds: Sequence[str]) -> str:
    return format_text("exam-truth", names=name_labels(kinds))


def describe_answers(answer: Answer) -> str:
    """What was said before the advice, and after it where that is another."""
    own, final = answer.own_labels or (NO_FINDING,), answer.final
    said = format_text("exam-you-said", names=name_labels(own))
    if final is None or set(final or (NO_FINDING,)) == set(own):
        return said
    return f"{said} {format_text('exam-you-changed', names=name_labels(final or (NO_FINDING,)))}"


def describe_source(source: str, licence: str) -> str:
    return format_text("exam-source", source=source, licence=licence)


def reveal_network(letter: str, name: str) -> str:
    return format_text("exam-network-was", letter=letter, name=name)


def describe_overlap(overlap: Overlap) -> str:
    """Your box matches: it shares 62 % with the true one. Its centre lies inside."""
    place = format_text(f"exam-place-{overlap.place.value}", iou=format_percent(overlap.iou))
    return f"{place} {format_text('exam-centre-inside' if overlap.centre_inside else 'exam-centre-outside')}"


def describe_verdict(own: FilmScore, final: FilmScore | None) -> list[str]:
    """Of a film: its `own` answer and, where the advice changed it, the `final` one."""
    if final is None:
        return describe_score(own)
    first, after = (" ".join(_describe_names(score)) for score in (own, final))
    return [format_text("exam-first-verdict", verdict=first), *_describe_places(own),
            format_text("exam-final-verdict", verdict=after)]  # fmt: skip


def describe_score(score: FilmScore) -> list[str]:
    """What was right, missed and named where it is not, and how each box lies; a sentence each."""
    return [*_describe_names(score), *_describe_places(score)]


def _describe_places(score: FilmScore) -> list[str]:
    return [f"{FINDINGS[label].name}: {describe_overlap(overlap)}" for label, overlap in score.overlaps.items()]


def _describe_names(score: FilmScore) -> list[str]:
    lines = []
    if not score.misses and not score.false_alarms:
        lines.append(format_text("exam-right"))
    if missed := [label for label in score.misses if label != NO_FINDING]:
        lines.append(format_text("exam-missed", names=name_labels(missed)))
    if score.false_alarms:
        lines.append(format_text("exam-false-alarm", names=name_labels(score.false_alarms)))
    if lines or not score.misses:
        return lines
    return [format_text("exam-missed-none")]


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
    if sheet.came_back:
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
