"""What the network answers when the drawn regions are covered, beside what it answered before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cxr_demo.evaluation.covering import COVERS
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import Verdict, find_standing
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui.markup import Html, join_html, render_scrollable, tag
from cxr_demo.ui.parts import make_id
from cxr_demo.ui.viewer.deep_film import DeepFilm

# What is said of a new verdict, beside the film and in the table.
PASSED: dict[Verdict, str] = {"above": "covered-above", "below": "covered-below"}
PASSED_SHORT: dict[Verdict, str] = {"above": "covered-above.short", "below": "covered-below.short"}


@dataclass(frozen=True, eq=False)
class CoveredAnswer:
    """`probabilities` (L,) of the covered film, and its `picture`, a data URI as large as the film's on the page;
    `deep`: the whole of it, where there is more than the picture holds."""

    probabilities: np.ndarray
    picture: str
    deep: DeepFilm | None = None


@dataclass(frozen=True, eq=False)
class Cover:
    """`how` the regions are covered, empty for not at all; the `answer`, None while it is awaited; or the `fault`."""

    how: str = ""
    answer: CoveredAnswer | None = None
    fault: Said = ""


def render_cover(card: Card, label: str, before: np.ndarray, cover: Cover) -> Html:
    """The ways of covering, one of them pressed, with what became of `label`; then the answers of all labels, the most
    changed first. `before`: (L,)."""
    buttons = [
        tag("button", format_text(f"cover-{how}"), type="button", class_="cover", data_how=how,
            aria_pressed=str(how == cover.how).lower())
        for how in COVERS
    ]  # fmt: skip
    off = tag("button", format_text("cover.off"), type="button", class_="cover off", data_how="") if cover.how else None
    ways = tag("div", *buttons, class_="ways", role="group", aria_label=format_text("cover"))
    change = _render_change(card, label, before, cover)
    bar = tag("div", tag("strong", format_text("cover")), ways, off, change, class_="bar")
    return tag("div", bar, _render_answer(card, before, cover), class_="covering")


def describe_covered(cover: Cover) -> tuple[dict, dict[str, dict]] | None:
    """What the viewer shows instead of the film: the id of its picture, and the words on it; and the pictures by id."""
    if cover.answer is None:
        return None
    body = {"source": cover.answer.picture}
    deep = cover.answer.deep.name if cover.answer.deep else None
    words = {"mark": format_text("cover.not-the-film"), "text": format_text("cover.picture")}
    told = {"picture": make_id(body), "deep": deep, **words}
    return told, {told["picture"]: body}


def _render_change(card: Card, label: str, before: np.ndarray, cover: Cover) -> Html | None:
    """In short, for who looks at the film: `label`, what changed most, and what passes its threshold."""
    if not cover.how or cover.fault:
        return None
    if cover.answer is None:
        return tag("p", format_text("cover.asking"), class_="change", role="status")
    after, names = cover.answer.probabilities, {key: card.get_finding(key).name for key in card.labels}
    was, is_now, change = _format_change(card, label, before, after)
    told = format_text("covered-change", finding=names[label], before=was, after=is_now)
    others = []
    changes = np.abs(after - before)
    if changes.max() > changes[card.labels.index(label)]:
        most = card.labels[int(changes.argmax())]
        was, is_now, _ = _format_change(card, most, before, after)
        others.append(format_text("covered-most", finding=names[most], before=was, after=is_now))
    passed = _find_passed(card, before, after)
    others += [format_text(PASSED[verdict], finding=names[key]) for key, verdict in passed.items()]
    return tag("p", told, " ", tag("b", change), " ", " ".join(others), class_="change", role="status")


def _format_change(card: Card, label: str, before: np.ndarray, after: np.ndarray) -> tuple[str, str, str]:
    index = card.labels.index(label)
    return page_text.format_scores(float(before[index]), float(after[index]), card)


def _find_passed(card: Card, before: np.ndarray, after: np.ndarray) -> dict[str, Verdict]:
    """label -> its new verdict, of those that pass their threshold."""
    verdicts = {key: [find_standing(card, scores, key).verdict for scores in (before, after)] for key in card.labels}
    return {key: then for key, (was, then) in verdicts.items() if then != was and then in PASSED}


def _render_answer(card: Card, before: np.ndarray, cover: Cover) -> Html | None:
    if not cover.how:
        return tag("p", format_text("cover.hint"), class_="how")
    if cover.fault:
        return tag("p", cover.fault, role="alert", class_="fault")
    if cover.answer is None:
        return None
    table = render_scrollable(format_text("cover"), _render_table(card, before, cover.answer.probabilities))
    return join_html(table, tag("p", format_text("cover.says-not"), class_="how"))


def _render_table(card: Card, before: np.ndarray, after: np.ndarray) -> Html:
    columns = [format_text(f"cover.{column}") for column in ("before", "after", "change")]
    head = tag("tr", *(tag("th", column, scope="col") for column in (format_text("finding"), *columns)))
    passed = _find_passed(card, before, after)
    rows = [
        tag(
            "tr",
            _render_name(card, card.labels[index], passed),
            *(tag("td", text) for text in _format_change(card, card.labels[index], before, after)),
        )
        for index in np.argsort(-np.abs(after - before), kind="stable")
    ]  # fmt: skip
    return tag("table", tag("thead", head), tag("tbody", *rows))


def _render_name(card: Card, label: str, passed: Mapping[str, Verdict]) -> Html:
    """With what is said of it where it passes its threshold."""
    note = tag("small", " ", format_text(PASSED_SHORT[passed[label]])) if label in passed else None
    return tag("th", card.get_finding(label).name, note, scope="row")
