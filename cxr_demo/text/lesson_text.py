"""The words of the lesson, but for its questions, which stand in the deck."""

from __future__ import annotations

import math

from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.teaching.shortcut_lesson import LETTERS, Exposed

TITLE = "Lesson: what did the network learn?"
INTRO = (
    "Six drawn films, two small networks. Both were trained on the same drawings and look equally good on paper; one "
    "of them took a shortcut. Guess first, then see what their maps say. All films are synthetic: what was planted is "
    "known to the pixel."
)
BEGIN, NEXT, FINISH, AGAIN = "Begin", "Next question", "Finish", "Start again"
ABSENT = "The lesson needs the checkpoints {names}, and they are not among those of this page."
SYNTHETIC = "Drawn film. No person."
OUTLINED = "White lines: what was planted."
RIGHT, WRONG = "Right.", "Not so."
SAID = "Probability of consolidation"
OF_CHANCE = (
    "How much of a map's positive evidence lies there, as a multiple of chance, which is evidence spread evenly over "
    "the film; in brackets as a share of all. Each map has its own colour scale."
)
NO_MAP = "Sees no consolidation, so no map: a map of what a network does not see misleads."
NO_EVIDENCE = "No positive evidence."
CHOICES = "Your guess"
LESSON = "A right answer is no proof of a right reason."
LESSON_HOW = (
    "Network A is {cheat}, network B {honest}. On films of their own kind both answer well. Only films that take "
    "letters and finding apart show which of them has learned the finding. You can open both on this page: choose them "
    "as checkpoint, and a synthetic film."
)
EXPOSED = "What exposed network A"
EXPOSED_HOW = (
    "Where its positive evidence for consolidation lies, as a multiple of chance and in brackets as a share of all; "
    "mean over the films of this lesson that have both, computed just now. Two films are an example: the benchmark in "
    "the README measures many."
)
EXPOSED_COLUMNS = ("Method", "On the letters", "On the consolidation")


def format_act(number: int, of: int, name: str) -> str:
    return f"Act {number} of {of} · {name}"


def format_question_number(number: int, of: int) -> str:
    return f"Question {number} of {of}"


def describe_guesses(right: int, answered: int) -> str:
    """3 of 6 right; nothing before the first guess."""
    return f"{right} of {answered} right" if answered else ""


def format_open_percent(value: float) -> str:
    """Never a false 0 or 100: "< 1 %", "43 %"."""
    if value < 0.01:
        return "< 1 %"
    return "> 99 %" if value > 0.99 else f"{value * 100:.0f} %"


def format_chance_multiple(found: RegionShare) -> str:
    """22 × chance (12 %)."""
    if math.isnan(found.evidence):
        return NO_EVIDENCE
    times = found.evidence / found.area
    return f"{times:.{0 if times >= 10 else 1}f} × chance ({format_open_percent(found.evidence)})"


def name_network(letter: str) -> str:
    return f"Network {letter}"


def describe_probability(value: float, threshold: float) -> str:
    return f"{format_open_percent(value)}, {'above' if value >= threshold else 'below'} its threshold"


def describe_evidence(shares: dict[str, RegionShare]) -> list[str]:
    """One line for each planted thing: On the letters: 22 × chance (12 %)."""
    return [
        f"On the {name.removeprefix('planted ')}: {format_chance_multiple(found)}" for name, found in shares.items()
    ]


def describe_lesson_map(method: str, letter: str, lines: list[str]) -> str:
    """The text alternative of a map."""
    return f"{method} of network {letter} for consolidation. " + ". ".join(lines) + "."


def describe_lesson_film(letters: str, findings: tuple[str, ...], revealed: bool) -> str:
    """The text alternative of a film; before the guess it says what anybody would see."""
    has = [f"the letters {letters}"] * bool(letters) + [f"a planted {name}" for name in findings] * revealed
    return "Synthetic chest film" + (f" with {' and '.join(has)}" if has else "") + "."


def describe_best_method(row: Exposed, name: str) -> str:
    return f"Most plainly {name}: on the {LETTERS} lies {format_chance_multiple(row.letters)}."
