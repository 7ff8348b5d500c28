"""The members of an ensemble on one film: a row for each method, the mean of their maps, its spread, and each map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.comparison.checkpoint_pair import describe_shared_part
from cxr_demo.comparison.ensemble_members import EnsembleBreakdown, break_down, choose_member_scales
from cxr_demo.explain.methods import METHODS, Method
from cxr_demo.grids import Placement
from cxr_demo.networks.card import Card, EnsembleSpec
from cxr_demo.networks.standing import find_standing
from cxr_demo.text import label_text, page_text, pair_text, scales_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_percent
from cxr_demo.text.method_text import name_unit
from cxr_demo.ui import image_encoding
from cxr_demo.ui.compare import pair_view
from cxr_demo.ui.compare.pair_view import (
    CheckpointView,
    RenderedRows,
    RowEntry,
    find_most_different,
    is_of_contrasts,
    render_figure,
    render_method_row,
    render_pair_header,
    render_reading,
    render_scale_bar,
    render_waiting_row,
)
from cxr_demo.ui.markup import Html, join_html, render_details, tag
from cxr_demo.ui.parts import Part
from cxr_demo.ui.viewer import panels


def render_members(reading: CheckpointView, label: str, entries: Mapping[str, RowEntry], drawn: RenderedRows) -> Part:
    """As `pair.value`, of one ensemble of predictions."""
    for key, entry in entries.items():
        if isinstance(entry, tuple) and key not in drawn.rows:
            drawn.rows[key] = _render_members_row(METHODS[key], entry[0], reading, label, drawn.maps)
    rows = [drawn.rows.get(key) or render_waiting_row(METHODS[key], entry) for key, entry in entries.items()]
    held = not find_standing(reading.card, reading.study.probabilities, label).maps_shown
    ensemble = _require_ensemble(reading.card)
    count = sum(weight > 0 for weight in ensemble.weights)
    shared = "" if is_of_contrasts(entries) else describe_shared_part(reading.card)
    how = render_reading(format_text("members-title.says-not"), f"{format_text('members-title.how')} {shared}")
    of = panels.make_view_key(reading.study, reading.card, label)
    title = render_pair_header(
        format_text(
            "members-title",
            finding=label_text.name_finding(reading.card, label, is_of_contrasts(entries)),
            members=count,
        ),
        format_text("pair.show-members") if held else "",
    )
    return pair_view.make_pair_part(join_html(title, *rows, how), f"{of} and its members", held, drawn)


def _render_members_row(
    method: Method, explanation: Explanation, reading: CheckpointView, label: str, maps: dict[str, dict]
) -> Html:
    apart = break_down(explanation, reading.card.preprocess.mark_image(reading.study.image.pixels.shape))
    mean, spread, own = choose_member_scales(explanation, apart)
    if mean.nothing and all(scale.nothing for scale in own):
        return render_method_row(method, tag("p", format_text("members-title.empty")))
    figures = [_render_mean(method, explanation, apart, mean, reading, label, maps)]
    if spread and apart.spread is not None:
        figures.append(_render_spread(method, apart, apart.spread, spread, reading, label, maps))
    for place, scale in enumerate(own):
        figures.append(_render_member(method, explanation, apart, place, scale, reading, label, maps))
    return render_method_row(method, *figures, class_="row members")


def _render_mean(
    method: Method, explanation: Explanation, apart: EnsembleBreakdown, scale: render.Scale,
    reading: CheckpointView, label: str, maps: dict[str, dict],
) -> Html:  # fmt: skip
    stage = _render_member_stage(
        method,
        "mean",
        apart.mean,
        scale,
        format_text("mean"),
        _describe_member_place(apart.mean, reading, apart.placement),
        reading,
        label,
        maps,
        apart.placement,
    )
    if apart.spread is None:
        return render_figure(
            format_text("mean"),
            format_text("mean.of"),
            stage,
            render_scale_bar(scale, scales_text.describe_own_scale(scale)),
            tag("p", format_text("spread.none")),
        )
    shared = render_scale_bar(scale, format_text("pair-scale", unit=name_unit(scale.unit), maps=len(apart.maps) + 1))
    return render_figure(
        format_text("mean"),
        format_text("mean.of"),
        stage,
        shared,
        render_details(format_text("sums-title"), tag("p", page_text.describe_sums(explanation, reading.card))),
    )


def _render_spread(
    method: Method,
    apart: EnsembleBreakdown,
    map_: np.ndarray,
    scale: render.Scale,
    reading: CheckpointView,
    label: str,
    maps: dict[str, dict],
) -> Html:
    found = render.find_strongest_place(_map_to_image(map_, reading, apart.placement))
    where = pair_text.describe_largest_spread(found)
    stage = _render_member_stage(
        method, "spread", map_, scale, format_text("spread"), where, reading, label, maps, apart.placement
    )
    below = (
        render_scale_bar(scale, name_unit(scale.unit)),
        tag("p", where),
        tag("p", format_text("spread.unsure", share=format_percent(apart.unsure))),
    )
    return render_figure(format_text("spread"), format_text("spread.of"), stage, *below)


def _render_member(
    method: Method, explanation: Explanation, apart: EnsembleBreakdown, place: int, scale: render.Scale,
    reading: CheckpointView, label: str, maps: dict[str, dict],
) -> Html:  # fmt: skip
    """One member's map, and what it says of the finding by itself."""
    made, card, study = explanation.members[place], reading.card, reading.study
    map_, name = apart.maps[place], apart.names[place]
    p = float(study.members.probabilities[study.members.names.index(name), study.labels.index(label)])
    score = page_text.format_score(p, _require_ensemble(card).calibrated, card.task)
    stage = _render_member_stage(
        method,
        str(place + 1),
        map_,
        scale,
        name,
        _describe_member_place(map_, reading, apart.placement),
        reading,
        label,
        maps,
        apart.placement,
    )
    own = (
        render_scale_bar(scale, scales_text.describe_own_scale(scale))
        if apart.spread is None and not scale.nothing
        else None
    )
    said = tag("p", tag("strong", score), f" · {card.get_finding(label).name}", class_="sums")
    below = [own, said, tag("p", pair_text.describe_member(made, apart.ranks[place]))]
    if apart.differences:
        difference, which = apart.differences[place], f"{place + 1}-difference"
        where = pair_text.describe_most_different(
            find_most_different(_map_to_image(difference, reading, apart.placement)), format_text("mean"), name
        )
        drawn = _render_member_stage(
            method,
            which,
            difference,
            scale,
            format_text("member-minus-mean.of", name=name),
            where,
            reading,
            label,
            maps,
            apart.placement,
        )
        below += [tag("h5", format_text("member-minus-mean")), drawn, tag("p", where)]
    return render_figure(name, "", stage, *below)


def _render_member_stage(
    method: Method, which: str, map_: np.ndarray, scale: render.Scale, whose: str, where: str, reading: CheckpointView,
    label: str, maps: dict[str, dict], placement: Placement,
) -> Html:  # fmt: skip
    """The canvas of one map over the square, whose pictures are put among `maps`."""
    key, preprocess, shape = f"pair-{method.key}-{which}", reading.card.preprocess, reading.study.image.pixels.shape
    if not scale.nothing:
        maps[key] = {
            "table": image_encoding.encode_colour_table(scale),
            "smooth": image_encoding.encode_map_levels(map_, scale, preprocess, shape, placement),
        }
        if map_.shape[0] < preprocess.size_px:
            cells = image_encoding.repeat_cells(map_, preprocess.size_px, placement)
            maps[key]["cells"] = image_encoding.encode_map_levels(cells, scale, preprocess, shape)
    finding = reading.card.get_finding(label).name
    text, off = (
        pair_text.describe_pair_canvas(method.name, finding, whose, where),
        pair_text.describe_hidden_pair_map(method.name, finding, whose),
    )
    return panels.render_stage(reading.study.image, key, text, None, off, image_encoding.MAP_SIDE_PX)


def _require_ensemble(card: Card) -> EnsembleSpec:
    """Raises ValueError for a single network, which has no members to show."""
    if card.ensemble is None:
        raise ValueError(f"{card.name} has no members")
    return card.ensemble


def _describe_member_place(map_: np.ndarray, reading: CheckpointView, placement: Placement) -> str:
    return page_text.describe_place(render.find_strongest_place(_map_to_image(map_, reading, placement)))


def _map_to_image(map_: np.ndarray, reading: CheckpointView, placement: Placement) -> np.ndarray:
    shape = image_encoding.fit_shape(reading.study.image.pixels.shape, pair_view.PLACED_PX)
    return reading.card.preprocess.map_to_image(map_, shape, placement)
