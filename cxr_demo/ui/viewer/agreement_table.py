"""The table under the panels: how far the maps that are shown agree, pair by pair."""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping, Set
from weakref import WeakKeyDictionary

from cxr_demo.analysis import Explanation
from cxr_demo.evaluation.agreement import Agreement, measure_agreements
from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.card import Card
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.markup import Html, join_html, render_details, render_scrollable, tag
from cxr_demo.ui.terms import render_term

# The last map of a set -> all of the set, and how far they agree; it goes with that map.
_MEASURED: WeakKeyDictionary[
    Explanation, tuple[tuple[weakref.ref[Explanation], ...], dict[tuple[str, str], Agreement]]
] = WeakKeyDictionary()
BARRED_AREA = 0.1  # the share of the film whose overlap has a bar; the other shares have small print


def render_agreements(maps: Mapping[str, Explanation], card: Card, shape: tuple[int, int]) -> Html | None:
    """Maps by method, of one label of a film of `shape` -> a row for every pair; None for fewer than two."""
    if len(maps) < 2:
        return None
    silent = {METHODS[key].name for key, made in maps.items() if made.own_scale.nothing}
    rows = [_render_pair_row(pair, found, silent) for pair, found in _measure_once(maps, card, shape).items()]
    columns = (
        format_text("agreement.maps"), format_text("agreement.rank"), format_text("agreement.overlap"),
        format_text("agreement.overlap-5"), format_text("agreement.overlap-20"),
    )  # fmt: skip
    head = tag("tr", *(tag("th", name, scope="col") for name in columns))
    listed = render_scrollable(format_text("agreement"), tag("table", tag("thead", head), tag("tbody", *rows)))
    told = tag("p", tag("strong", page_text.describe_agreement_limits()), class_="how")
    how = render_details(format_text("agreement.measured"), tag("p", page_text.describe_agreement()))
    named = tag("div", tag("h3", format_text("agreement")), render_term("agreement"), class_="with-term")
    return tag("section", named, listed, told, how, class_="agreement")


def _measure_once(
    maps: Mapping[str, Explanation], card: Card, shape: tuple[int, int]
) -> dict[tuple[str, str], Agreement]:
    """By names of methods. The panels are rendered anew whenever another map comes a step further."""
    last, made_of = [*maps.values()][-1], tuple(map(weakref.ref, maps.values()))
    known = _MEASURED.get(last)
    if known is None or known[0] != made_of:
        named = {METHODS[key].name: map_.map_square for key, map_ in maps.items()}
        placements = {METHODS[key].name: map_.placement for key, map_ in maps.items()}
        known = made_of, measure_agreements(named, card.preprocess.mark_image(shape), placements)
        _MEASURED[last] = known
    return known[1]


def _render_pair_row(pair: tuple[str, str], found: Agreement, silent: Set[str]) -> Html:
    """`silent`: names of maps that show nothing, so that their agreement with another confirms nothing."""
    told = next(overlap for overlap in found.overlaps if overlap.area == BARRED_AREA)
    others = [page_text.format_overlap(overlap) for overlap in found.overlaps if overlap is not told]
    common, by_chance = page_text.format_overlap(told)
    none = page_text.describe_silent_maps([name for name in pair if name in silent])
    return tag(
        "tr",
        tag("th", pair[0], tag("small", f" {format_text('agreement.with')} "), pair[1],
            tag("small", found.note, class_="note") if found.note else None,
            tag("small", none, class_="note") if none else None, scope="row"),
        tag("td", render_measure(page_text.format_rank(found.rank), 0.5, (found.rank + 1) / 2, 0.5),
            tag("small", page_text.describe_rank_p(found) or None)),
        tag("td", render_measure(common, 0.0, told.common, told.by_chance), tag("small", by_chance)),
        *(tag("td", tag("small", f"{common} {by_chance}")) for common, by_chance in others),
    )  # fmt: skip


def render_measure(text: str, start: float, value: float, chance: float) -> Html:
    """A number and its bar, from `start` to `value` of 0..1, with a mark at chance; no bar for NaN."""
    number = tag("span", text, class_="number")
    if math.isnan(value):
        return number
    low, high = sorted((start, value))
    fill = tag("i", class_="fill", style=f"left:{low:.1%};width:{high - low:.1%}")
    mark = tag("i", class_="mark", style=f"left:{chance:.1%}")
    return join_html(number, tag("span", fill, mark, class_="meter", aria_hidden="true"))
