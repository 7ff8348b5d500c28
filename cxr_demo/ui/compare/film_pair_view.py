"""Two films by one checkpoint: what changed of each probability, and a row for each method with both maps and their
difference on the film above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation, Study
from cxr_demo.comparison.checkpoint_pair import choose_common_scale
from cxr_demo.comparison.film_pair import VARIED, Alignment, LabelChange, compare_film_maps, draw_film_map
from cxr_demo.explain.methods import METHODS, Method
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import find_standing
from cxr_demo.text import film_pair_text, findings_text, label_text, page_text, pair_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.method_text import name_unit
from cxr_demo.ui import image_encoding
from cxr_demo.ui.compare import pair_view
from cxr_demo.ui.markup import Html, join_html, render_scrollable, tag
from cxr_demo.ui.parts import Part, make_part
from cxr_demo.ui.viewer import panels
from cxr_demo.ui.viewer.film_pictures import FilmPictures

SIDES = ("then", "now")


@dataclass(frozen=True, eq=False)
class FilmSide:
    """One film, under the name that its person knows it by."""

    name: str
    study: Study
    pictures: FilmPictures

    @property
    def taken_on(self) -> str:
        """The day of which its file says that it was taken; empty where it says none."""
        header = self.study.image.header
        return header.taken_on if header else ""


def render_film_pair(
    then: FilmSide,
    now: FilmSide,
    card: Card,
    label: str,
    changes: Sequence[LabelChange],
    alignment: Alignment,
    entries: Mapping[str, pair_view.RowEntry],
    drawn: pair_view.RenderedRows,
) -> Part:
    """`now` is the film that the panels show; `entries` by method key, the map of `now` first."""
    for key, entry in entries.items():
        if isinstance(entry, tuple) and key not in drawn.rows:
            drawn.rows[key] = _render_row(METHODS[key], entry[1], entry[0], then, now, card, alignment, drawn.maps)
    rows = [drawn.rows.get(key) or _render_waiting(METHODS[key], entry) for key, entry in entries.items()]
    held = not any(find_standing(card, side.study.probabilities, label).maps_shown for side in (then, now))
    finding = label_text.name_finding(card, label, pair_view.is_of_contrasts(entries))
    ways = [_render_way("swap"), _render_way("end")]
    head = pair_view.render_pair_header(
        format_text("film-pair", finding=finding), format_text("film-pair.show") if held else "", *ways
    )
    how = pair_view.render_reading(format_text("film-pair.says-not"), format_text("film-pair.how", squares=VARIED))
    changed = _render_changes(card, label, changes, then, now)
    html = join_html(head, *rows[:1], changed, *rows[1:], how)  # the films themselves are seen first
    about = f"{panels.make_view_key(now.study, card, label)} with film {then.study.image.sha256}"
    part = pair_view.make_pair_part(html, about, held, drawn)
    canvases = [_name_canvas(METHODS[key], "then") for key in entries]
    other = {"picture": then.pictures.picture, "canvases": canvases}
    return make_part({**part.body, "other": other}, {**part.pictures, **then.pictures.bodies})


def _render_way(way: str) -> Html:
    hint = format_text(f"film-pair-ways.{way}-hint")
    return tag("button", format_text(f"film-pair-ways.{way}"), type="button", class_=way, title=hint)


def _render_changes(card: Card, label: str, changes: Sequence[LabelChange], then: FilmSide, now: FilmSide) -> Html:
    """A row for each label; the chosen one is marked."""
    finding, *told = (format_text(f"film-pair-changes.{name}") for name in ("finding", "difference", "told"))
    films = [join_html(side.name, tag("small", side.taken_on) if side.taken_on else None) for side in (then, now)]
    head = tag("tr", *(tag("th", text, scope="col") for text in (finding, *films, *told)))
    rows = [
        tag(
            "tr",
            tag("th", card.get_finding(change.label).name, scope="row"),
            *(tag("td", text) for text in film_pair_text.format_change(change, card)),
            tag("td", film_pair_text.describe_change(change, now.name)),
            aria_current="true" if change.label == label else None,
            class_="apart" if change.is_told_apart else None,
        )
        for change in changes
    ]
    title = format_text("film-pair-changes")
    table = tag("table", tag("caption", title), tag("thead", head), tag("tbody", *rows), class_="changes")
    return render_scrollable(title, table)


def _render_waiting(method: Method, entry: pair_view.RowEntry) -> Html:
    if isinstance(entry, pair_view.SlowMap):
        text = film_pair_text.describe_slow(method, entry.seconds)
        button = tag("button", text, type="button", class_="slow", data_method=method.key)
        return pair_view.render_method_row(method, button)
    return pair_view.render_waiting_row(method, entry)


def _name_canvas(method: Method, which: str) -> str:
    return f"pair-{method.key}-{which}"


def _render_row(
    method: Method,
    earlier: Explanation,
    later: Explanation,
    then: FilmSide,
    now: FilmSide,
    card: Card,
    alignment: Alignment,
    maps: dict[str, dict],
) -> Html:
    shapes = [side.study.image.pixels.shape for side in (then, now)]
    outs = [image_encoding.fit_shape(shape, image_encoding.MAP_SIDE_PX) for shape in shapes]
    pictures = [
        draw_film_map(explanation, card.preprocess, shape, out)
        for explanation, shape, out in zip((earlier, later), shapes, outs, strict=True)
    ]
    why = film_pair_text.explain_no_difference(alignment, later.unit)
    unit = later.unit.per_area or later.unit
    if all(render.choose_scale(each.map_square, "signed", each.unit).nothing for each in (earlier, later)):
        return pair_view.render_method_row(method, tag("p", format_text("film-pair-empty", method=method.name)))
    if why:
        shown = "signed" if later.unit.comparable else later.shown
        scales = [render.choose_scale(picture, shown, unit) for picture in pictures]
        if later.unit.comparable:
            scales = [max(scales, key=lambda scale: scale.limit)] * 2
        third = tag("div", tag("p", why), class_="stage blank")
        third = pair_view.render_figure(format_text("difference"), "", third)
    else:
        change = compare_film_maps(later, earlier, card.preprocess, (shapes[1], shapes[0]), alignment, outs[1])
        scales = [choose_common_scale([*pictures, change.difference], unit)] * 2
        maps[_name_canvas(method, "difference")] = _encode(change.difference, scales[0])
        third = _render_difference(method, change.difference, then, now, card, later.label)
    for which, picture, scale in zip(SIDES, pictures, scales, strict=True):
        if not scale.nothing:
            maps[_name_canvas(method, which)] = _encode(picture, scale)
    figures = [
        _render_side(method, which, side, picture, card, later.label, scale)
        for which, side, picture, scale in zip(SIDES, (then, now), pictures, scales, strict=True)
    ]
    return pair_view.render_method_row(method, *figures, third, class_="row films")


def _encode(picture: np.ndarray, scale: render.Scale) -> dict:
    levels = image_encoding.encode_png(render.quantise_map(picture, scale))
    return {"table": image_encoding.encode_colour_table(scale), "smooth": levels}


def _render_side(
    method: Method, which: str, side: FilmSide, picture: np.ndarray, card: Card, label: str, scale: render.Scale
) -> Html:
    study, finding = side.study, card.get_finding(label).name
    how = find_standing(card, study.probabilities, label)
    score = page_text.format_score(how.probability, card.calibrated, card.task)
    told = tag("p", tag("strong", score), f" · {findings_text.describe_verdict(how)}", class_="sums")
    where = page_text.describe_place(render.find_strongest_place(picture))
    stage = panels.render_stage(
        study.image, _name_canvas(method, which),
        pair_text.describe_pair_canvas(method.name, finding, side.name, where), None,
        pair_text.describe_hidden_pair_map(method.name, finding, side.name), image_encoding.MAP_SIDE_PX,
    )  # fmt: skip
    text = format_text("film-pair-scale", unit=name_unit(scale.unit))
    bar = None if scale.nothing else pair_view.render_scale_bar(scale, text)
    place = format_text("film-pair.this" if which == "now" else "film-pair.other")
    small = " · ".join(filter(None, (side.taken_on, place)))
    return pair_view.render_figure(side.name, small, stage, bar, told)


def _render_difference(
    method: Method, difference: np.ndarray, then: FilmSide, now: FilmSide, card: Card, label: str
) -> Html:
    name, finding = format_text("difference"), card.get_finding(label).name
    where = pair_text.describe_most_different(pair_view.find_most_different(difference), then.name, now.name)
    stage = panels.render_stage(
        now.study.image, _name_canvas(method, "difference"),
        pair_text.describe_pair_canvas(method.name, finding, name, where), None,
        pair_text.describe_hidden_pair_map(method.name, finding, name), image_encoding.MAP_SIDE_PX,
    )  # fmt: skip
    colours = tag("p", format_text("difference.colours", this=then.name, other=now.name))
    return pair_view.render_figure(name, format_text("difference.subtracted"), stage, colours, tag("p", where))
