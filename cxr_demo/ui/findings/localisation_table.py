"""Where a checkpoint's maps point, as its card tells it: a table for each figure and set of films."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import LocalisationRow
from cxr_demo.text import localisation_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.markup import Html, render_scrollable, tag


def render_localisation(card: Card) -> list[Html]:
    """Nothing where it was not measured."""
    localised = card.metrics.localisation
    if localised is None or not localised.rows:
        return []
    rows = localised.rows
    few = [format_text("localisation-few")] * (max(row.maps for row in rows) < localisation_text.FEW_MAPS)
    told = [
        tag("p", format_text("localisation-how"), class_="how"),
        tag("p", " ".join([format_text("localisation-baselines"), *few]), class_="how"),
    ]
    listed = tag("ul", *(tag("li", text.replace(" -", " −")) for text in localised.notes))
    about = [tag("details", tag("summary", format_text("localisation-films")), listed)] if localised.notes else []
    first, *others = dict.fromkeys(row.set for row in rows)  # all films, then their parts
    tables = {
        name: [_table(card, rows, name, figure) for figure in localisation_text.FIGURES] for name in (first, *others)
    }
    parts = [table for name in others for table in tables[name]]
    more = [tag("details", tag("summary", localisation_text.describe_parts(others)), *parts)] if parts else []
    return [tag("h3", format_text("localisation")), *told, *tables[first], *about, *more]


def _table(card: Card, rows: Sequence[LocalisationRow], name: str, figure: str) -> Html:
    """A row for each method, baselines first, and a column for each label; all labels together come first."""
    of_set = {(row.method, row.label): row for row in rows if row.set == name}
    methods, labels = (list(dict.fromkeys(names)) for names in zip(*of_set, strict=True))
    methods.sort(key=lambda key: key not in localisation_text.BASELINES)  # stable: the rest stays
    labels.sort(key=bool)
    labels = labels[:1] if len(labels) == 2 and not labels[0] else labels  # all of one label are that label
    counts = {label: max(row.maps for (_, of), row in of_set.items() if of == label) for label in labels}
    names = {label: card.get_finding(label).name if label else format_text("localisation-all") for label in labels}
    head = [tag("th", format_text("localisation-method"), scope="col")]
    head += [tag("th", localisation_text.format_column(names[label], counts[label]), scope="col") for label in labels]
    body = [_render_localisation_row(key, [of_set.get((key, label)) for label in labels], figure) for key in methods]
    caption = localisation_text.format_caption(figure, name)
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *body))
    return render_scrollable(caption, table)


def _render_localisation_row(method: str, of_labels: Sequence[LocalisationRow | None], figure: str) -> Html:
    is_baseline = method in localisation_text.BASELINES
    if is_baseline:
        name = localisation_text.name_baseline(method)
    else:
        name = METHODS[method].name if method in METHODS else method
    cells = [tag("td", _format_localisation_cell(row, figure)) for row in of_labels]
    return tag("tr", tag("th", name, scope="row"), *cells, class_="baseline" if is_baseline else None)


def _format_localisation_cell(row: LocalisationRow | None, figure: str) -> str:
    return "" if row is None else localisation_text.format_cell(getattr(row, figure))
