"""The members of an ensemble on one film: a row for each method, the mean of their maps, its spread, and each map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.comparison.checkpoint_pair import describe_shared_part
from cxr_demo.comparison.ensemble_members import EnsembleBreakdown, break_down, choose_member_scales
from cxr_demo.explain.methods import METHODS, Method
from cxr_demo.labels import get_finding
from cxr_demo.networks.card import Card, EnsembleSpec
from cxr_demo.text import page_text
from cxr_demo.text import pair_text as told
from cxr_demo.text import scales_text as scale_words
from cxr_demo.ui import image_encoding, pair_view, panels
from cxr_demo.ui.findings import standing
from cxr_demo.ui.markup import Html, joined, tag
from cxr_demo.ui.pair_view import CheckpointView, Drawn, Entry, bar, couple, figure, header, most_different, waiting


def value(reading: CheckpointView, label: str, entries: Mapping[str, Entry], drawn: Drawn) -> dict:
    """As `pair.value`, of one ensemble of predictions."""
    for key, entry in entries.items():
        if isinstance(entry, tuple) and key not in drawn.rows:
            drawn.rows[key] = _row(METHODS[key], entry[0], reading, label, drawn.maps)
    rows = [drawn.rows.get(key) or waiting(METHODS[key], entry) for key, entry in entries.items()]
    held = not standing(reading.card, reading.study.probabilities, label).maps_shown
    ensemble = _require_ensemble(reading.card)
    count = sum(weight > 0 for weight in ensemble.weights)
    shared = describe_shared_part(reading.card)
    how = tag("p", tag("strong", told.MEMBERS_SAY_NOT), " ", told.MEMBERS_HOW, " ", shared, class_="how")
    of = panels.about(reading.study, reading.card, label)
    title = header(told.members_title(label, count), told.SHOW_MEMBERS if held else "")
    return {
        "html": joined(title, *rows, how),
        "about": f"{of} and its members",
        "of": of,
        "held": held,
        "maps": dict(drawn.maps),
    }


def _row(method: Method, explanation: Explanation, reading: CheckpointView, label: str, maps: dict[str, dict]) -> Html:
    apart = break_down(explanation, reading.card.preprocess.mark_image(reading.study.image.pixels.shape))
    mean, spread, own = choose_member_scales(explanation, apart)
    if mean.nothing and all(scale.nothing for scale in own):
        return couple(method, tag("p", told.nothing_of_members()))
    figures = [_mean(method, explanation, apart, mean, reading, label, maps)]
    if spread and apart.spread is not None:
        figures.append(_spread(method, apart, apart.spread, spread, reading, label, maps))
    for place, scale in enumerate(own):
        figures.append(_member(method, explanation, apart, place, scale, reading, label, maps))
    return couple(method, *figures, class_="row members")


def _mean(
    method: Method, explanation: Explanation, apart: EnsembleBreakdown, scale: render.Scale,
    reading: CheckpointView, label: str, maps: dict[str, dict],
) -> Html:  # fmt: skip
    stage = _stage(method, "mean", apart.mean, scale, told.MEAN, _place(apart.mean, reading), reading, label, maps)
    if apart.spread is None:
        return figure(
            told.MEAN, told.MEAN_OF, stage, bar(scale, scale_words.own_scale(scale)), tag("p", told.no_spread())
        )
    shared = bar(scale, told.bar(scale.unit, len(apart.maps) + 1))
    return figure(told.MEAN, told.MEAN_OF, stage, shared, tag("p", page_text.sums(explanation, reading.card)))


def _spread(
    method: Method,
    apart: EnsembleBreakdown,
    map_: np.ndarray,
    scale: render.Scale,
    reading: CheckpointView,
    label: str,
    maps: dict[str, dict],
) -> Html:
    found = render.find_strongest_place(_on_film(map_, reading))
    where = told.spread_most(found)
    stage = _stage(method, "spread", map_, scale, told.SPREAD, where, reading, label, maps)
    below = (bar(scale, scale.unit), tag("p", where), tag("p", told.unsure(apart.unsure)))
    return figure(told.SPREAD, told.SPREAD_OF, stage, *below)


def _member(
    method: Method, explanation: Explanation, apart: EnsembleBreakdown, place: int, scale: render.Scale,
    reading: CheckpointView, label: str, maps: dict[str, dict],
) -> Html:  # fmt: skip
    """One member's map, and what it says of the finding by itself."""
    made, card, study = explanation.members[place], reading.card, reading.study
    map_, name = apart.maps[place], apart.names[place]
    p = float(study.members.probabilities[study.members.names.index(name), study.labels.index(label)])
    score = page_text.score(p, _require_ensemble(card).calibrated, card.task)
    stage = _stage(method, str(place + 1), map_, scale, name, _place(map_, reading), reading, label, maps)
    own = bar(scale, scale_words.own_scale(scale)) if apart.spread is None and not scale.nothing else None
    said = tag("p", tag("strong", score), f" · {get_finding(label).name}", class_="sums")
    below = [own, said, tag("p", told.member(made, apart.ranks[place]))]
    if apart.differences:
        difference, which = apart.differences[place], f"{place + 1}-difference"
        where = told.differ_most(most_different(_on_film(difference, reading)), told.MEAN, name)
        drawn = _stage(method, which, difference, scale, told.minus_mean(name), where, reading, label, maps)
        below += [tag("h5", told.MINUS_MEAN), drawn, tag("p", where)]
    return figure(name, "", stage, *below)


def _stage(
    method: Method, which: str, map_: np.ndarray, scale: render.Scale, whose: str, where: str, reading: CheckpointView,
    label: str, maps: dict[str, dict],
) -> Html:  # fmt: skip
    """The canvas of one map over the square, whose pictures are put among `maps`."""
    key, preprocess, shape = f"pair-{method.key}-{which}", reading.card.preprocess, reading.study.image.pixels.shape
    if not scale.nothing:
        maps[key] = {
            "table": image_encoding.table(scale),
            "smooth": image_encoding.map_levels(map_, scale, preprocess, shape),
        }
        if map_.shape[0] < preprocess.size_px:
            cells = image_encoding.as_cells(map_, preprocess.size_px)
            maps[key]["cells"] = image_encoding.map_levels(cells, scale, preprocess, shape)
    text, off = told.canvas(method.name, label, whose, where), told.off(method.name, label, whose)
    return panels.stage(reading.study, key, text, None, off, image_encoding.MAP_SIDE_PX)


def _require_ensemble(card: Card) -> EnsembleSpec:
    """Raises ValueError for a single network, which has no members to show."""
    if card.ensemble is None:
        raise ValueError(f"{card.name} has no members")
    return card.ensemble


def _place(map_: np.ndarray, reading: CheckpointView) -> str:
    return page_text.place(render.find_strongest_place(_on_film(map_, reading)))


def _on_film(map_: np.ndarray, reading: CheckpointView) -> np.ndarray:
    shape = image_encoding.fitted(reading.study.image.pixels.shape, pair_view.PLACED_PX)
    return reading.card.preprocess.map_to_image(map_, shape)
