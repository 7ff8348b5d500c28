"""Under the panels: whether each map is of its finding alone, and every finding's map beside every other's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cxr_demo.evaluation.label_likeness import SHARED
from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.card import Card
from cxr_demo.text import label_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.markup import Html, render_details, render_scrollable, tag


def render_likeness(
    card: Card, label: str, tables: Mapping[str, np.ndarray], slow: Sequence[str], contrast: bool
) -> Html:
    """`tables`: of one method's maps of all labels, (L, L), by method; `slow`: the methods that are not compared. A
    sentence for each; the tables are folded away."""
    names = [card.get_finding(each).name for each in card.labels]
    chosen = card.labels.index(label)
    told = [_render_sentence(METHODS[key].name, names, likeness, chosen) for key, likeness in tables.items()]
    told += [tag("li", format_text("label-likeness.slow", method=METHODS[key].name)) for key in slow]
    listed = [_render_table(METHODS[key].name, names, likeness, chosen) for key, likeness in tables.items()]
    how = render_details(format_text("label-likeness.table"), *listed, tag("p", label_text.describe_likeness()))
    title = format_text("label-likeness-contrast" if contrast else "label-likeness")
    return tag("section", tag("h3", title), tag("ul", *told), how, class_="likeness")


def _render_sentence(method: str, names: Sequence[str], likeness: np.ndarray, chosen: int) -> Html:
    is_shared, told = label_text.describe_share(method, names, likeness, chosen)
    return tag("li", told, class_="shared" if is_shared else None)


def _render_table(method: str, names: Sequence[str], likeness: np.ndarray, chosen: int) -> Html:
    head = tag("tr", tag("th", format_text("label-likeness.finding"), scope="col"),
               *(tag("th", name, scope="col") for name in names))  # fmt: skip
    rows = [
        tag("tr", tag("th", name, scope="row"), *(_render_cell(value) for value in row),
            class_="chosen" if place == chosen else None)
        for place, (name, row) in enumerate(zip(names, likeness.tolist(), strict=True))
    ]  # fmt: skip
    caption = format_text("label-likeness.caption", method=method)
    return render_scrollable(caption, tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows)))


def _render_cell(value: float) -> Html:
    text = label_text.format_likeness(value)
    return tag("td", tag("strong", text) if abs(value) >= SHARED else text)
