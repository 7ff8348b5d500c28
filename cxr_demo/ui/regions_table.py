"""The table of where the evidence lies, and the fields for a region of one's own."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.regions import DRAWN, Box
from cxr_demo.explain.methods import METHODS
from cxr_demo.labels import get_finding
from cxr_demo.text import evaluation_text as words
from cxr_demo.ui.agreement_table import measure
from cxr_demo.ui.markup import Html, joined, scrolled, tag

EMPTY = {"html": "", "region": None}


def value(
    label: str,
    found: Mapping[str, Mapping[str, RegionShare]],
    about_lungs: str,
    drawn: Box | None,
    fault: str = "",
    truth: Collection[str] = (),
) -> dict:
    """{method: {region: Share}} of one label -> `html`, and `region`: the drawn box with what each panel says of it.
    `truth`: the regions that were planted, which the page tells only with their outlines, so that one can guess."""
    regions = list(next(iter(found.values())))
    heads = [_head(words.region(name), _told_late(name, truth)) for name in regions]
    head = tag("tr", _head(words.MAP), *heads, role="row")
    rows = [_row(METHODS[key].name, of_regions, truth) for key, of_regions in found.items()]
    table = tag("table", tag("thead", head, role="rowgroup"), tag("tbody", *rows, role="rowgroup"), role="table",
                class_="cards")  # fmt: skip
    heading = tag("h3", words.WHERE, tag("small", get_finding(label).name))
    told = tag("p", tag("strong", f"{words.WARNING} "), f"{about_lungs} {words.WHERE_HOW}", class_="how")
    html = tag("section", tag("h2", words.TITLE), heading, scrolled(words.WHERE, table), told, _fields(drawn, fault),
               class_="where")  # fmt: skip
    return {"html": html, "region": drawn and {"box": list(drawn), "told": _told(found)}}


def _told(found: Mapping[str, Mapping[str, RegionShare]]) -> dict[str, str]:
    """What stands on the region, by panel."""
    told = {key: words.in_region(of_regions[DRAWN]) for key, of_regions in found.items()}
    return told | {"film": words.of_film(next(iter(found.values()))[DRAWN].area)}


def _told_late(region: str, truth: Collection[str]) -> str | None:
    return "planted" if region in truth else None


def _head(text: str, class_: str | None = None) -> Html:
    return tag("th", text, scope="col", role="columnheader", class_=class_)


def _row(name: str, of_regions: Mapping[str, RegionShare], truth: Collection[str]) -> Html:
    cells = [_cell(region, share, truth) for region, share in of_regions.items()]
    return tag("tr", tag("th", name, scope="row", role="rowheader"), *cells, role="row")


def _cell(region: str, share: RegionShare, truth: Collection[str]) -> Html:
    text, area = words.share(share)
    known = joined(measure(text, 0.0, share.evidence, share.area), tag("small", area))
    cell = tag("span", text) if math.isnan(share.evidence) else known
    return tag("td", cell, role="cell", data_head=words.region(region), class_=_told_late(region, truth))


def _fields(drawn: Box | None, fault: str) -> Html:
    fields = [
        tag(
            "label", text,
            tag("input", type="number", name_=side, min="0", max="100", step="any", required=True, inputmode="decimal",
                value=None if drawn is None else f"{100 * drawn[place]:.1f}".removesuffix(".0")),
        )
        for place, (side, text) in enumerate(words.SIDES.items())
    ]  # fmt: skip
    clear = tag("button", words.CLEAR_REGION, type="button", class_="clear", disabled=drawn is None)
    return tag(
        "form",
        tag("fieldset", tag("legend", words.REGION), *fields, tag("button", words.SET_REGION, type="submit"), clear),
        tag("p", fault, role="alert", class_="fault"),
        class_="region",
        novalidate=True,
    )
