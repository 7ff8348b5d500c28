"""Where a checkpoint's maps point, as its card tells it: a table for each figure and set of films."""

from __future__ import annotations

from collections.abc import Mapping

from cxr_demo.explain.methods import METHODS
from cxr_demo.labels import get_finding
from cxr_demo.text import localisation_text as words
from cxr_demo.ui.markup import Html, scrolled, tag

KEY = "localisation"  # in a card's `metrics`, as `python -m train evaluate --localisation --record` writes it


def section(measured: object) -> list[Html]:
    """Of a card's entry KEY; nothing where it is absent or is not what the command writes: a card is read as it is."""
    rows = _rows(measured)
    if not rows:
        return []
    said = measured.get("said")
    said = [text for text in said if isinstance(text, str)] if isinstance(said, list) else []
    few = [words.FEW] * (max(row["maps"] for row in rows) < words.FEW_MAPS)
    told = [tag("p", words.HOW, class_="how"), tag("p", " ".join([words.BASELINES, *few]), class_="how")]
    listed = tag("ul", *(tag("li", text.replace(" -", " −")) for text in said))
    about = [tag("details", tag("summary", words.SAID), listed)] if said else []
    first, *others = dict.fromkeys(row["set"] for row in rows)  # all films, then their parts
    tables = {name: [_table(rows, name, *figure) for figure in words.FIGURES.items()] for name in (first, *others)}
    parts = [table for name in others for table in tables[name]]
    more = [tag("details", tag("summary", words.parts(others)), *parts)] if parts else []
    return [tag("h3", words.TITLE), *told, *tables[first], *about, *more]


def _rows(measured: object) -> list[Mapping]:
    rows = measured.get("rows") if isinstance(measured, Mapping) else None
    return [row for row in rows if _is_row(row)] if isinstance(rows, list) else []


def _is_row(row: object) -> bool:
    return (
        isinstance(row, Mapping)
        and all(isinstance(row.get(key), str) for key in ("set", "label", "method"))
        and isinstance(row.get("maps"), int)
        and all(isinstance(row.get(key), Mapping) and _number(row[key].get("value")) for key in words.FIGURES)
    )


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _table(rows: list[Mapping], name: str, figure: str, title: str) -> Html:
    """A row for each method, baselines first, and a column for each label; all labels together come first."""
    of_set = {(row["method"], row["label"]): row for row in rows if row["set"] == name}
    methods, labels = (list(dict.fromkeys(names)) for names in zip(*of_set, strict=True))
    methods.sort(key=lambda key: key not in words.NAMES)  # stable: the rest stays
    labels.sort(key=bool)
    labels = labels[:1] if len(labels) == 2 and not labels[0] else labels  # all of one label are that label
    counts = {label: max(row["maps"] for (_, of), row in of_set.items() if of == label) for label in labels}
    head = [tag("th", words.METHOD, scope="col")]
    head += [tag("th", words.column(_label(label), counts[label]), scope="col") for label in labels]
    body = [_row(key, [of_set.get((key, label)) for label in labels], figure) for key in methods]
    caption = words.caption(title, name)
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *body))
    return scrolled(caption, table)


def _row(method: str, of_labels: list[Mapping | None], figure: str) -> Html:
    name = words.NAMES.get(method) or (METHODS[method].name if method in METHODS else method)
    cells = [tag("td", _cell(row, figure)) for row in of_labels]
    return tag("tr", tag("th", name, scope="row"), *cells, class_="baseline" if method in words.NAMES else None)


def _cell(row: Mapping | None, figure: str) -> str:
    if row is None:
        return ""
    entry = row[figure]
    low, high = (entry.get(end) if _number(entry.get(end)) else None for end in ("low", "high"))
    return words.cell(entry["value"], low, high)


def _label(label: str) -> str:
    return get_finding(label).name if label else words.ALL
