"""The list of findings: what the classifier says, in numbers and in a word; each one is the button to its maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxr_demo.analysis import Members
from cxr_demo.checkpoint import Card
from cxr_demo.labels import finding
from cxr_demo.ui import words
from cxr_demo.ui.markup import Html, tag

MANY = 4  # above this number the list is dense, and the gloss of the chosen finding stands with its maps


@dataclass(frozen=True)
class Standing:
    """How a label's score stands: `word` for the eye, `seen`: whether its maps are shown without being asked for."""

    word: str
    seen: bool
    threshold: float | None


def standing(card: Card, probabilities: np.ndarray, label: str) -> Standing:
    """By the label's threshold; without one, a single-label model sees what it finds most probable, and a
    multi-label model has no say, so nothing is held back."""
    index = card.labels.index(label)
    is_most_probable = card.task == "single-label" and index == int(np.argmax(probabilities))
    threshold = card.thresholds.get(label)
    if threshold is None:
        if card.task == "single-label":
            return Standing(words.MOST_PROBABLE if is_most_probable else "", is_most_probable, None)
        return Standing(words.NO_THRESHOLD, True, None)
    seen = bool(probabilities[index] >= threshold)
    word = words.ABOVE if seen else words.BELOW
    return Standing(f"{words.MOST_PROBABLE}, {word}" if is_most_probable else word, seen, threshold)


def most_probable(card: Card, probabilities: np.ndarray) -> str:
    return card.labels[int(np.argmax(probabilities))]


def value(card: Card, probabilities: np.ndarray, chosen: str, members: Members | None = None) -> dict:
    """The value of the findings component: its HTML, most probable first, stable. `members`: of an ensemble."""
    order = np.argsort(-probabilities, kind="stable")
    rows = [_row(card, probabilities, card.labels[i], chosen, members if card.ensemble else None) for i in order]
    heading = tag("h2", words.FINDINGS, tag("small", words.score_name(card.calibrated)))
    many = "findings many" if len(rows) > MANY else "findings"
    listed = tag("ul", *rows, class_=many)
    return {"html": tag("section", heading, listed, tag("p", words.meaning(card), class_="meaning"), class_="told")}


def empty() -> dict:
    steps = tag("ol", *(tag("li", step) for step in words.STEPS))
    return {"html": tag("section", tag("h2", words.FINDINGS), steps, class_="told")}


def _row(card: Card, probabilities: np.ndarray, label: str, chosen: str, members: Members | None) -> Html:
    position = card.labels.index(label)
    p, known, how = float(probabilities[position]), finding(label), standing(card, probabilities, label)
    own = () if members is None else members.probabilities[:, position].tolist()
    hover = words.hover(known.gloss, how.word, how.threshold, card.calibrated)
    if own:
        hover += " " + words.each(members.names, own, card.ensemble.calibrated)
    button = tag(
        "button",
        tag("span", known.name, class_="name"),
        tag("span", words.score(p, card.calibrated), class_="score"),
        _meter(p, how.threshold, own),
        tag("span", words.spread(own, card.ensemble.calibrated), class_="spread") if own else None,
        tag("span", how.word, class_="word"),
        tag("span", known.gloss, class_="gloss"),
        type="button",
        class_="finding seen" if how.seen else "finding",
        data_label=label,
        aria_pressed="true" if label == chosen else "false",
        title=hover,
    )
    return tag("li", button)


def _meter(p: float, threshold: float | None, own: Sequence[float]) -> Html:
    """The bar, the threshold's mark and a dot for each member of an ensemble, at its own probability."""
    mark = None if threshold is None else tag("i", class_="mark", style=f"left:{threshold * 100:.1f}%")
    dots = [tag("i", class_="dot", style=f"left:{single * 100:.1f}%") for single in own]
    fill = tag("i", class_="fill", style=f"width:{p * 100:.1f}%")
    return tag("span", fill, mark, *dots, class_="meter", aria_hidden="true")
