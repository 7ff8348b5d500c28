"""The words of the lesson, but for its questions, which `teaching.shortcut_lesson.Question` asks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.examples_text import PLANTED
from cxr_demo.text.formats import format_digits, format_list, format_percent


def describe_absence(checkpoints: Sequence[str]) -> str:
    return format_text("lesson-absent", names=format_list(checkpoints))


def format_act(number: int, of: int, act: str) -> str:
    return format_text("lesson-place", number=number, acts=of, act=format_text(f"lesson-act-{act}"))


def format_question_number(number: int, of: int) -> str:
    return format_text("lesson-question", number=number, questions=of)


def describe_guesses(right: int, answered: int) -> str:
    """3 of 6 right; nothing before the first guess."""
    return format_text("lesson-score", right=right, answered=answered) if answered else ""


def format_open_percent(value: float) -> str:
    """Never a false 0 or 100: "< 1 %", "43 %"."""
    if value < 0.01:
        return f"< {format_percent(0.01)}"
    return f"> {format_percent(0.99)}" if value > 0.99 else format_percent(value, 0)


def format_chance_multiple(found: RegionShare) -> str:
    """22 × chance (12 %)."""
    if math.isnan(found.evidence):
        return format_text("lesson-no-evidence")
    times = found.evidence / found.area
    return format_text(
        "lesson-multiple",
        times=format_digits(times, 0 if times >= 10 else 1),
        share=format_open_percent(found.evidence),
    )


def name_network(letter: str) -> str:
    return format_text("lesson-network", letter=letter)


def describe_probability(value: float, threshold: float) -> str:
    probability = format_open_percent(value)
    return format_text("lesson-above" if value >= threshold else "lesson-below", probability=probability)


def describe_evidence(shares: dict[str, RegionShare]) -> list[str]:
    """One line for each planted thing: On the letters: 22 × chance (12 %)."""
    return [
        format_text(f"{PLANTED[name]}.evidence", multiple=format_chance_multiple(found))
        for name, found in shares.items()
    ]


def describe_lesson_map(method: str, letter: str, lines: list[str]) -> str:
    """The text alternative of a map."""
    return format_text("lesson-map", method=method, letter=letter, lines=". ".join(lines))


def describe_lesson_film(letters: str, findings: tuple[str, ...], revealed: bool) -> str:
    """The text alternative of a film with `findings` (keys); before the guess it says what anybody would see."""
    contents = [format_text("lesson-letters", letters=letters)] if letters else []
    if revealed:
        contents += [format_text(f"planted-{finding}.article") for finding in findings]
    return format_text("lesson-film-with", contents=format_list(contents)) if contents else format_text("lesson-film")


def describe_best_method(on_letters: RegionShare, method: str) -> str:
    return format_text("lesson-best", method=method, multiple=format_chance_multiple(on_letters))


def describe_end(cheat: str, honest: str) -> str:
    """`cheat` and `honest`: names of the checkpoints."""
    return format_text("lesson-end-how", cheat=cheat, honest=honest)
