"""The table of where the evidence lies, and the fields for a region of one's own."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.regions import USER_REGION, Box
from cxr_demo.explain.methods import METHODS
from cxr_demo.text import evaluation_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.text.formats import format_percent
from cxr_demo.ui.markup import Html, join_html, render_details, render_scrollable, tag
from cxr_demo.ui.viewer.agreement_table import render_measure

EMPTY = {"html": "", "region": None}
SIDES = {"x": "region.left", "y": "region.top", "width": "region.width", "height": "region.height"}  # as a `Box`


def render_regions(
    finding: str,
    found: Mapping[str, Mapping[str, RegionShare]],
    about_lungs: str,
    drawn: Box | None,
    fault: Said = "",
    truth: Collection[str] = (),
    covering: Html | None = None,
) -> dict:
    """{method: {region: Share}} of one `finding`, by its name -> `html`, and `region`: the drawn box with what each
    panel says of it. `truth`: the regions that were planted, which the page tells only with their outlines, so that one
    can guess. `covering`: what else can be done with the drawn box."""
    regions = list(next(iter(found.values())))
    heads = [
        _render_region_head(evaluation_text.name_region(name), _choose_region_class(name, truth)) for name in regions
    ]
    head = tag("tr", _render_region_head(format_text("evaluation.map")), *heads, role="row")
    rows = [_render_region_row(METHODS[key].name, of_regions, truth) for key, of_regions in found.items()]
    table = tag("table", tag("thead", head, role="rowgroup"), tag("tbody", *rows, role="rowgroup"), role="table",
                class_="cards")  # fmt: skip
    heading = tag("h3", format_text("regions"), tag("small", finding))
    told = tag("p", tag("strong", format_text("regions.warning")), " ", about_lungs, class_="how")
    how = render_details(format_text("regions.measured"), tag("p", evaluation_text.describe_regions()))
    html = tag(
        "section",
        tag("h2", format_text("evaluation")),
        heading,
        render_scrollable(format_text("regions"), table),
        told,
        how,
        _render_region_fields(drawn, fault),
        covering,
        class_="regions",
    )
    return {"html": html, "region": drawn and {"box": list(drawn), "told": _describe_region_shares(found)}}


def _describe_region_shares(found: Mapping[str, Mapping[str, RegionShare]]) -> dict[str, str]:
    """What stands on the region, by panel."""
    told = {key: evaluation_text.describe_region_share(of_regions[USER_REGION]) for key, of_regions in found.items()}
    return told | {
        "film": format_text("region-area", share=format_percent(next(iter(found.values()))[USER_REGION].area))
    }


def _choose_region_class(region: str, truth: Collection[str]) -> str | None:
    return "planted" if region in truth else None


def _render_region_head(text: str, class_: str | None = None) -> Html:
    return tag("th", text, scope="col", role="columnheader", class_=class_)


def _render_region_row(name: str, of_regions: Mapping[str, RegionShare], truth: Collection[str]) -> Html:
    cells = [_render_region_cell(region, share, truth) for region, share in of_regions.items()]
    return tag("tr", tag("th", name, scope="row", role="rowheader"), *cells, role="row")


def _render_region_cell(region: str, share: RegionShare, truth: Collection[str]) -> Html:
    text, area = evaluation_text.format_region_share(share)
    known = join_html(render_measure(text, 0.0, share.evidence, share.area), tag("small", area))
    cell = tag("span", text) if math.isnan(share.evidence) else known
    return tag(
        "td",
        cell,
        role="cell",
        data_head=evaluation_text.name_region(region),
        class_=_choose_region_class(region, truth),
    )


def _render_region_fields(drawn: Box | None, fault: Said) -> Html:
    fields = [
        tag(
            "label", format_text(SIDES[side]),
            tag("input", type="number", name_=side, min="0", max="100", step="any", required=True, inputmode="decimal",
                value=None if drawn is None else f"{100 * drawn[place]:.1f}".removesuffix(".0")),
        )
        for place, side in enumerate(SIDES)
    ]  # fmt: skip
    clear = tag("button", format_text("region.clear"), type="button", class_="clear", disabled=drawn is None)
    return tag(
        "form",
        tag(
            "fieldset",
            tag("legend", format_text("region")),
            *fields,
            tag("button", format_text("region.set"), type="submit"),
            clear,
        ),
        tag("p", fault, role="alert", class_="fault"),
        class_="region",
        novalidate=True,
    )
