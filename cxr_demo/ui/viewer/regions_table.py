"""The table of where the evidence lies, and the fields for a region of one's own."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.regions import DrawnRegion, name_drawn_region
from cxr_demo.explain.methods import METHODS
from cxr_demo.text import evaluation_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.text.formats import format_percent
from cxr_demo.ui.markup import Html, join_html, render_details, render_scrollable, tag
from cxr_demo.ui.terms import render_term
from cxr_demo.ui.viewer.agreement_table import render_measure

SIDES = {"x": "region.left", "y": "region.top", "width": "region.width", "height": "region.height"}  # as a `Box`
Found = Mapping[str, Mapping[str, RegionShare]]  # {method: {region: share}}, of one finding


def render_regions(
    finding: str,
    found: Found,
    about_lungs: str,
    drawn: Sequence[DrawnRegion],
    fault: Said = "",
    truth: Collection[str] = (),
    covering: Html | None = None,
) -> dict:
    """What maps of one `finding`, by its name, hold in each region -> `html`, and `regions`, see `list_regions`.
    `truth`: the regions that were planted, which the page tells only with their outlines, so that one can guess.
    `covering`: what else can be done with the drawn ones."""
    own = [name_drawn_region(at) for at in range(len(drawn))]
    regions = [name for name in next(iter(found.values())) if name not in own]
    heads = [
        _render_region_head(evaluation_text.name_region(name), _choose_region_class(name, truth)) for name in regions
    ]
    head = tag("tr", _render_region_head(format_text("evaluation.map")), *heads, role="row")
    rows = [
        _render_region_row(METHODS[key].name, {name: of_regions[name] for name in regions}, truth)
        for key, of_regions in found.items()
    ]
    table = tag("table", tag("thead", head, role="rowgroup"), tag("tbody", *rows, role="rowgroup"), role="table",
                class_="cards")  # fmt: skip
    heading = tag("h3", format_text("regions"), tag("small", finding))
    told = tag("p", tag("strong", format_text("regions.warning")), " ", about_lungs, class_="how")
    how = render_details(format_text("regions.measured"), tag("p", evaluation_text.describe_regions()))
    html = tag(
        "section",
        tag("h2", format_text("evaluation")),
        tag("div", heading, render_term("lungs"), class_="with-term"),
        render_scrollable(format_text("regions"), table),
        told,
        how,
        _render_own_regions(found, drawn) if drawn else None,
        _render_region_fields(fault),
        covering,
        class_="regions",
    )
    return {"html": html, "regions": list_regions(drawn, found)}


def render_covering_alone(drawn: Sequence[DrawnRegion], covering: Html | None) -> dict:
    """Where there is no map: the network is asked about the drawn regions all the same."""
    return {"html": tag("section", covering, class_="regions"), "regions": list_regions(drawn)}


def list_regions(drawn: Sequence[DrawnRegion], found: Found = MappingProxyType({})) -> list[dict]:
    """What the panels draw, and what stands on each, which is nothing as long as there are no maps."""
    return [
        {"shape": region.shape, "covered": region.is_covered, "name": format_text("region-name", number=at + 1),
         "told": _describe_region_shares(found, name_drawn_region(at)) if found else {}}
        for at, region in enumerate(drawn)
    ]  # fmt: skip


def _describe_region_shares(found: Found, region: str) -> dict[str, str]:
    """What stands on the region, by panel."""
    told = {key: evaluation_text.describe_region_share(of_regions[region]) for key, of_regions in found.items()}
    return told | {"film": format_text("region-area", share=format_percent(next(iter(found.values()))[region].area))}


def _render_own_regions(found: Found, drawn: Sequence[DrawnRegion]) -> Html:
    """A row for each drawn region, with what every map holds there."""
    columns = [format_text("regions-own.number"), format_text("regions-own.cover-head"),
               *(METHODS[key].name for key in found)]  # fmt: skip
    head = tag("tr", *(_render_region_head(column) for column in columns), role="row")
    rows = [_render_own_region(found, at, region) for at, region in enumerate(drawn)]
    table = tag("table", tag("thead", head, role="rowgroup"), tag("tbody", *rows, role="rowgroup"), role="table",
                class_="cards own")  # fmt: skip
    title = format_text("regions-own")
    return join_html(tag("h4", title), render_scrollable(title, table))


def _render_own_region(found: Found, at: int, region: DrawnRegion) -> Html:
    name, number = name_drawn_region(at), at + 1
    area = next(iter(found.values()))[name].area
    remove = format_text("regions-own.remove", number=number)
    head = tag(
        "th",
        tag("b", str(number), class_="number-tag", data_region=str(at)),
        tag("small", f"{format_percent(area)} {format_text('regions-own.area')}"),
        tag("button", "×", type="button", class_="remove", data_region=str(at), aria_label=remove, title=remove),
        scope="row",
        role="rowheader",
    )
    tick = tag("input", type="checkbox", class_="to-cover", data_region=str(at), checked=region.is_covered,
               aria_label=format_text("regions-own.cover", number=number))  # fmt: skip
    cells = [_render_region_cell(name, of_regions[name], (), METHODS[key].name) for key, of_regions in found.items()]
    return tag("tr", head, tag("td", tick, role="cell", data_head=format_text("regions-own.cover-head")), *cells,
               role="row")  # fmt: skip


def _choose_region_class(region: str, truth: Collection[str]) -> str | None:
    return "planted" if region in truth else None


def _render_region_head(text: str, class_: str | None = None) -> Html:
    return tag("th", text, scope="col", role="columnheader", class_=class_)


def _render_region_row(name: str, of_regions: Mapping[str, RegionShare], truth: Collection[str]) -> Html:
    cells = [_render_region_cell(region, share, truth) for region, share in of_regions.items()]
    return tag("tr", tag("th", name, scope="row", role="rowheader"), *cells, role="row")


def _render_region_cell(region: str, share: RegionShare, truth: Collection[str], head: str = "") -> Html:
    """`head`: of its column, if that is not the region."""
    text, area = evaluation_text.format_region_share(share)
    known = join_html(render_measure(text, 0.0, share.evidence, share.area), tag("small", area))
    cell = tag("span", text) if math.isnan(share.evidence) else known
    return tag(
        "td",
        cell,
        role="cell",
        data_head=head or evaluation_text.name_region(region),
        class_=_choose_region_class(region, truth),
    )


def _render_region_fields(fault: Said) -> Html:
    """For those who do not draw; a region that is chosen fills them."""
    fields = [
        tag(
            "label",
            format_text(SIDES[side]),
            tag("input", type="number", name_=side, min="0", max="100", step="any", required=True, inputmode="decimal"),
        )
        for side in SIDES
    ]
    change = tag("button", format_text("region.change"), type="button", class_="change", disabled=True)
    return tag(
        "form",
        tag(
            "fieldset",
            tag("legend", format_text("region")),
            *fields,
            tag("button", format_text("region.add"), type="submit"),
            change,
        ),
        tag("p", fault, role="alert", class_="fault"),
        class_="region",
        novalidate=True,
    )
