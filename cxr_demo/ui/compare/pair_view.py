"""Two checkpoints on one film: a row for each method, both maps, their difference, and what it is in numbers.

`value(...)` is the value of the pair component: `html` for the eye, `maps` for the canvases, which draw on the film of
the panels;
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation, Study
from cxr_demo.comparison.checkpoint_pair import (
    Grid,
    MapComparison,
    MapSide,
    choose_pair_scales,
    compare_maps,
    describe_shared_part,
    draw_on_image,
)
from cxr_demo.evaluation.agreement import STRONGEST
from cxr_demo.explain.methods import METHODS, Method
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import find_standing
from cxr_demo.text import findings_text, label_text, page_text, pair_text, scales_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_duration
from cxr_demo.text.method_text import describe_caption, name_unit
from cxr_demo.ui import image_encoding
from cxr_demo.ui.markup import Html, join_html, render_details, tag
from cxr_demo.ui.parts import Part, make_id, make_part
from cxr_demo.ui.viewer import agreement_table, panels

PLACED_PX = 256  # the picture in which is looked where two maps differ most
EMPTY = {"html": "", "about": "", "held": False, "maps": {}}
TEN_PERCENT = STRONGEST.index(0.1)


@dataclass(frozen=True, eq=False)
class CheckpointView:
    """One checkpoint's view of the film, under the name that the page knows it by."""

    name: str
    card: Card
    study: Study


@dataclass(frozen=True)
class SlowMap:
    """A map that takes so long that it is only made when asked for."""

    seconds: float


@dataclass(frozen=True)
class PendingMap:
    """The map of `name` is being made, `share` of it (0..1) is done."""

    name: str
    share: float


RowEntry = (
    tuple[Explanation, ...] | PendingMap | SlowMap | str
)  # finished, of all that a row needs; str: why there is none


@dataclass
class RenderedRows:
    """What is finished, so that nothing is made twice: `maps` by canvas, `rows` by method. Of one choice, study and
    label."""

    maps: dict[str, dict] = field(default_factory=dict)
    rows: dict[str, Html] = field(default_factory=dict)


def is_of_contrasts(entries: Mapping[str, RowEntry]) -> bool:
    """Whether the rows hold maps of the label against the others."""
    return any(isinstance(entry, tuple) and entry[0].is_contrast for entry in entries.values())


def render_pair(
    this: CheckpointView, other: CheckpointView, label: str, entries: Mapping[str, RowEntry], drawn: RenderedRows
) -> Part:
    """`entries` by method key, in the order in which they are shown. The label is one that both know."""
    for key, entry in entries.items():
        if isinstance(entry, tuple) and key not in drawn.rows:
            drawn.rows[key] = _render_pair(METHODS[key], entry, this, other, label, drawn.maps)
    rows = [drawn.rows.get(key) or render_waiting_row(METHODS[key], entry) for key, entry in entries.items()]
    held = not any(find_standing(one.card, one.study.probabilities, label).maps_shown for one in (this, other))
    shown = format_text("pair", finding=label_text.name_finding(this.card, label, is_of_contrasts(entries)))
    shared = "" if is_of_contrasts(entries) else describe_shared_part(this.card, other.card)
    how = render_reading(format_text("pair.says-not"), f"{format_text('pair.how')} {shared}")
    html = join_html(render_pair_header(shown, format_text("pair.show") if held else ""), *rows, how)
    return make_pair_part(html, f"{panels.make_view_key(this.study, this.card, label)} with {other.name}", held, drawn)


def make_pair_part(html: Html, about: str, held: bool, drawn: RenderedRows) -> Part:
    """The section, and the pictures of its maps, each a body of its own."""
    maps: dict[str, dict] = {}
    pictures: dict[str, dict] = {}
    for key, made in drawn.maps.items():
        maps[key] = dict(made)
        for layer in ("smooth", "cells"):
            if layer in made:
                body = {"source": made[layer]}
                maps[key][layer] = make_id(body)
                pictures[maps[key][layer]] = body
    return make_part({"html": html, "about": about, "held": held, "maps": maps}, pictures)


def render_sentence(text: str) -> dict:
    """A sentence instead of maps."""
    return {**EMPTY, "html": tag("p", text, class_="alone", role="status"), "about": text}


def render_pair_header(title: str, show: str, *ways: Html) -> Html:
    """`show`: what the button says with which maps that are held back are asked for; none without it. `ways`: other
    buttons."""
    off = None
    if show:
        button = tag("button", show, type="button", class_="ask", data_show=show, data_hide=format_text("hide-again"))
        off = join_html(button, tag("small", format_text("pair.off"), class_="while-off"))
    return tag("header", tag("h2", title), *ways, off, class_="head")


def render_reading(says_not: str, how: str) -> Html:
    """What the maps do not say, and one click further how they are to be read."""
    told = tag("p", tag("strong", says_not), class_="how")
    text = tag("p", how, " ", format_text("logit-gloss"))
    return join_html(told, render_details(format_text("pair.read"), text))


def render_waiting_row(method: Method, entry: RowEntry) -> Html:
    """A row that has no maps yet, or none at all."""
    if isinstance(entry, PendingMap):
        text = pair_text.describe_pair_progress(method, entry.name, entry.share)
        return render_method_row(method, tag("p", text, class_="busy", role="status"))
    if isinstance(entry, SlowMap):
        text = format_text("pair-slow", method=method.name, duration=format_duration(entry.seconds))
        return render_method_row(method, tag("button", text, type="button", class_="slow", data_method=method.key))
    return render_method_row(method, tag("p", entry))


def render_method_row(method: Method, *children: object, class_: str = "alone") -> Html:
    """One method's row, named by it; its style knows how many stand in it."""
    short = tag("small", method.paper.partition(",")[0], title=method.paper)
    title = tag("h3", method.name, short)
    row = tag("div", *children, class_=class_, style=f"--count:{len(children)}")
    return tag("section", title, row, class_="couple", aria_label=method.name)


def render_figure(name: str, small: str, stage: Html, *below: object) -> Html:
    title = tag("div", tag("h4", name, title=name), tag("small", small, title=small), class_="name")
    return tag("figure", title, stage, tag("div", *below, class_="below"), class_="panel")


def render_scale_bar(scale: render.Scale, text: str) -> Html:
    numbers = [tag("span", number) for number in render.choose_ticks(scale)]
    ramp = tag("img", src=image_encoding.encode_colour_bar(scale), alt="", class_="ramp")
    return tag("div", ramp, tag("div", *numbers, class_="ticks"), tag("p", text, class_="unit"), class_="bar")


def encode_pair_map(values: np.ndarray, grid: Grid, shape: tuple[int, int], scale: render.Scale, coarse: bool) -> dict:
    """What a canvas needs of one map."""
    out = image_encoding.fit_shape(shape, image_encoding.MAP_SIDE_PX)

    def on(smooth: bool) -> str:
        return image_encoding.encode_png(render.quantise_map(draw_on_image(values, grid, shape, out, smooth), scale))

    cells = {"cells": on(False)} if coarse else {}
    return {"table": image_encoding.encode_colour_table(scale), "smooth": on(True), **cells}


def find_most_different(difference: np.ndarray) -> tuple[int, int, float, bool] | None:
    """difference (H, W) on the film -> as `render.find_strongest_place` of its magnitude, and whether it is above 0
    there on the whole; None where it is 0 everywhere."""
    found = render.find_strongest_place(np.abs(difference))
    if found is None:
        return None
    row, column, share = found
    there = np.array_split(np.array_split(difference, 3, axis=0)[row], 3, axis=1)[column]
    return row, column, share, bool(there.sum() > 0)


def _render_pair(
    method: Method,
    entry: Sequence[Explanation],
    this: CheckpointView,
    other: CheckpointView,
    label: str,
    maps: dict[str, dict],
) -> Html:
    shape = this.study.image.pixels.shape
    pair = compare_maps(entry[0], this.card, entry[1], other.card, shape)
    if pair.nothing:
        return render_method_row(method, tag("p", format_text("pair-empty", method=method.name)))
    sides = [
        (f"pair-{method.key}-{which}", reading, side, small)
        for which, reading, side, small in (
            ("this", this, pair.first, format_text("pair.this")),
            ("other", other, pair.second, format_text("pair.other")),
        )
    ]
    own = choose_pair_scales(pair, entry[0].shown)
    for (key, reading, side, _), scale in zip(sides, own, strict=False):  # a third is that of the difference
        if key not in maps and not scale.nothing:
            coarse = side.values.shape[0] < reading.card.preprocess.size_px
            maps[key] = encode_pair_map(side.values, side.grid, shape, scale, coarse)
    figures = [
        _render_side(method, key, reading, side, small, label, scale if pair.difference is None else None)
        for (key, reading, side, small), scale in zip(sides, own, strict=False)
    ]
    third = _render_difference(method, pair, this, other, label, own[0], maps)
    return render_method_row(method, *figures, third, _render_numbers(method, pair, this, other, own[0]), class_="row")


def _render_side(
    method: Method, key: str, reading: CheckpointView, side: MapSide, small: str, label: str, own: render.Scale | None
) -> Html:
    """`own`: the scale, where the map shares it with no other."""
    card, study = reading.card, reading.study
    p, how = float(study.probabilities[study.labels.index(label)]), find_standing(card, study.probabilities, label)
    score = tag(
        "p",
        tag("strong", page_text.format_score(p, card.calibrated, card.task)),
        f" · {findings_text.describe_verdict(how)}",
        class_="sums",
    )
    shape, finding = study.image.pixels.shape, card.get_finding(label).name
    where = page_text.describe_place(
        render.find_strongest_place(
            draw_on_image(side.values, side.grid, shape, image_encoding.fit_shape(shape, PLACED_PX))
        )
    )
    stage = panels.render_stage(
        study.image, key, pair_text.describe_pair_canvas(method.name, finding, reading.name, where), None,
        pair_text.describe_hidden_pair_map(method.name, finding, reading.name), image_encoding.MAP_SIDE_PX,
    )  # fmt: skip
    scale = render_scale_bar(own, scales_text.describe_own_scale(own)) if own and not own.nothing else None
    sums = render_details(format_text("sums-title"), tag("p", pair_text.describe_side_sums(side)))
    return render_figure(reading.name, small, stage, scale, score, sums)


def _render_difference(
    method: Method,
    pair: MapComparison,
    this: CheckpointView,
    other: CheckpointView,
    label: str,
    scale: render.Scale,
    maps: dict[str, dict],
) -> Html:
    if pair.difference is None:
        stage = tag("div", tag("p", format_text("difference.none", why=pair.why_not)), class_="stage blank")
        return render_figure(format_text("difference"), "", stage)
    key, shape = f"pair-{method.key}-difference", this.study.image.pixels.shape
    if key not in maps:
        coarse = pair.difference.shape[0] < this.card.preprocess.size_px
        maps[key] = encode_pair_map(pair.difference, pair.first.grid, shape, scale, coarse)
    where = _describe_difference_place(pair, pair.difference, this, other)
    name, finding = format_text("difference"), this.card.get_finding(label).name
    stage = panels.render_stage(
        this.study.image, key, pair_text.describe_pair_canvas(method.name, finding, name, where), None,
        pair_text.describe_hidden_pair_map(method.name, finding, name), image_encoding.MAP_SIDE_PX,
    )  # fmt: skip
    return render_figure(
        format_text("difference"),
        format_text("difference.subtracted"),
        stage,
        tag("p", format_text("difference.colours", this=this.name, other=other.name)),
    )


def _describe_difference_place(
    pair: MapComparison, difference: np.ndarray, this: CheckpointView, other: CheckpointView
) -> str:
    shape = this.study.image.pixels.shape
    picture = draw_on_image(difference, pair.first.grid, shape, image_encoding.fit_shape(shape, PLACED_PX))
    return pair_text.describe_most_different(find_most_different(picture), this.name, other.name)


def _render_numbers(
    method: Method, pair: MapComparison, this: CheckpointView, other: CheckpointView, scale: render.Scale
) -> Html:
    """The scale, how far the maps agree, where they do not."""
    found = pair.agreement
    strongest = found.overlaps[TEN_PERCENT]
    common, by_chance = page_text.format_overlap(strongest)
    rank = agreement_table.render_measure(page_text.format_rank(found.rank), 0.5, (found.rank + 1) / 2, 0.5)
    overlap = agreement_table.render_measure(common, 0.0, strongest.common, strongest.by_chance)
    rank_p = tag("small", f" {page_text.describe_rank_p(found)}")
    listed = tag(
        "dl", tag("dt", format_text("pair-rank"), rank_p), tag("dd", rank),
        tag("dt", format_text("pair-overlap"), tag("small", f" {by_chance}")), tag("dd", overlap),
    )  # fmt: skip
    parts: Sequence[object] = ()
    if pair.difference is not None:
        sums = pair_text.describe_difference_sum(pair.first, pair.second)
        parts = (
            render_scale_bar(scale, format_text("pair-scale", unit=name_unit(scale.unit), maps=3)),
            tag("p", _describe_difference_place(pair, pair.difference, this, other)),
            sums and render_details(format_text("sums-title"), tag("p", sums)),
        )
    note = tag("p", found.note) if found.note else None
    # Here maps are drawn signed; a caption that is true of the positive part alone would contradict them.
    caption = tag("p", describe_caption(method)) if method.shown == "signed" or pair.difference is None else None
    below = tag("div", *(part for part in (*parts, listed, note, caption) if part), class_="below")
    return tag("div", tag("div", tag("h4", format_text("pair-figures")), class_="name"), below, class_="panel figures")
