"""What the network answers when the drawn region is covered, beside what it answered before."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.evaluation.covering import COVERS
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui import image_encoding
from cxr_demo.ui.markup import Html, join_html, render_scrollable, tag

PICTURE_PX = 240


@dataclass(frozen=True, eq=False)
class CoveredAnswer:
    """`probabilities` (L,) of the covered film, and its `picture`, a data URI."""

    probabilities: np.ndarray
    picture: str


@dataclass(frozen=True, eq=False)
class Cover:
    """`how` the region is covered, empty for not at all; the `answer`, None while it is awaited; or the `fault`."""

    how: str = ""
    answer: CoveredAnswer | None = None
    fault: Said = ""


def draw_covered(covered: Radiograph) -> str:
    height, width = image_encoding.fit_shape(covered.pixels.shape, PICTURE_PX)
    return image_encoding.encode_png(
        render.make_greys(cv2.resize(covered.pixels, (width, height), interpolation=cv2.INTER_AREA))
    )


def render_cover(card: Card, before: np.ndarray, cover: Cover) -> Html:
    """The ways of covering, one of them pressed; the answers of all labels, the most changed first. `before`: (L,)."""
    buttons = [
        tag("button", format_text(f"cover-{how}"), type="button", class_="cover", data_how=how,
            aria_pressed=str(how == cover.how).lower())
        for how in COVERS
    ]  # fmt: skip
    heading = tag("h4", format_text("cover"))
    ways = tag("div", *buttons, class_="ways", role="group", aria_label=format_text("cover"))
    return tag("div", heading, ways, _render_answer(card, before, cover), class_="covering")


def _render_answer(card: Card, before: np.ndarray, cover: Cover) -> Html:
    if not cover.how:
        return tag("p", format_text("cover.hint"), class_="how")
    if cover.fault:
        return tag("p", cover.fault, role="alert", class_="fault")
    if cover.answer is None:
        return tag("p", format_text("cover.asking"), class_="how", role="status")
    picture = tag("img", src=cover.answer.picture, alt=format_text("cover.picture"))
    figure = tag("figure", picture, tag("figcaption", format_text("cover.not-the-film")))
    table = render_scrollable(format_text("cover"), _render_table(card, before, cover.answer.probabilities))
    return join_html(tag("div", figure, table, class_="answers"), tag("p", format_text("cover.says-not"), class_="how"))


def _render_table(card: Card, before: np.ndarray, after: np.ndarray) -> Html:
    columns = [format_text(f"cover.{column}") for column in ("before", "after", "change")]
    head = tag("tr", *(tag("th", column, scope="col") for column in (format_text("finding"), *columns)))
    order = np.argsort(-np.abs(after - before), kind="stable")
    rows = [
        tag(
            "tr",
            tag("th", card.get_finding(card.labels[index]).name, scope="row"),
            *(tag("td", page_text.format_score(float(score[index]), card.calibrated, card.task))
              for score in (before, after)),
            tag("td", page_text.format_score_change(float(after[index] - before[index]), card.calibrated)),
        )
        for index in order
    ]  # fmt: skip
    return tag("table", tag("thead", head), tag("tbody", *rows))
