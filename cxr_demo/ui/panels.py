"""The row of four panels: the film and one map per method, same geometry, all numbers beside their colours.

`value(...)` is the value of the panels component: `html` for the eye, `film` and `maps` for the canvases.
"""

from __future__ import annotations

from dataclasses import dataclass

from cxr_demo import render
from cxr_demo.analysis import Explanation, Study
from cxr_demo.card import Card
from cxr_demo.explain import METHODS, Method
from cxr_demo.labels import finding
from cxr_demo.ui import pictures, words
from cxr_demo.ui.findings import MANY, standing
from cxr_demo.ui.markup import Html, joined, tag


@dataclass(frozen=True)
class Panel:
    """One figure, and what its canvas needs: {"smooth", "cells", "table"}, or None where there is only the film."""

    html: Html
    data: dict | None = None


def value(study: Study, card: Card, label: str, panels: dict[str, Panel], film: str | None) -> dict:
    """`panels` by method key, of the methods that are done; the others are shown as being computed. `film` is its
    picture, or None where the browser has it already."""
    figures = [panels.get(key) or computing(method, study) for key, method in METHODS.items()]
    p = float(study.probabilities[card.labels.index(label)])
    how, known = standing(card, study.probabilities, label), finding(label)
    told = f"{words.score(p, card.calibrated, card.task)} · {how.word}"
    gloss = f" · {known.gloss}" if len(card.labels) > MANY else ""
    heading = tag("h2", known.name, tag("small", told + gloss))
    title = tag("div", heading, None if how.maps_shown else _ask(p, card), class_="title")
    row = tag("div", _film_panel(study, card), *(figure.html for figure in figures), class_="row")
    reason = words.MAPS_OFF_UNJUDGED if how.threshold is None else words.MAPS_OFF
    off = None if how.maps_shown else tag("strong", reason, " ")
    legend = tag("p", off, words.legend(card), class_="legend")
    return {
        "html": joined(tag("header", title, _controls(), class_="head"), row, legend),
        "film": {"id": study.image.sha256, "src": film},
        "about": f"{study.image.sha256} {card.name} {label}",
        "held": not how.maps_shown,
        "maps": {key: panel.data for key, panel in panels.items() if panel.data},
    }


def empty() -> dict:
    """Before the first film: what will stand where, and what each map does not show."""
    figures = [_blank(words.FILM_PANEL, "", "film", words.SIDES)]
    figures += [_blank(method.name, method.paper, method.family, method.caption) for method in METHODS.values()]
    return {"html": tag("div", *figures, class_="row"), "film": None, "about": "", "held": False, "maps": {}}


def mapped(method: Method, explanation: Explanation, study: Study, card: Card) -> Panel:
    """A finished map; drawn as nothing, with a sentence, when there is too little of it."""
    shape = study.image.pixels.shape
    raw, name = explanation.map_square, finding(explanation.label).name
    scale = render.scale_of(raw, method.shown, explanation.unit)
    where = words.place(render.strongest_place(card.preprocess.map_to_image(raw, pictures.fitted(shape, 256))))
    sums = tag("p", words.sums(explanation, card), class_="sums")
    told = [sums, tag("figcaption", method.caption)]
    if scale.nothing:
        nothing = words.NO_EVIDENCE if scale.signed else words.NO_POSITIVE.format(finding=name)
        return Panel(_figure(method, study, name, nothing, _notice(nothing), *told))
    data = {
        "smooth": pictures.map_levels(raw, scale, card.preprocess, shape),
        "table": pictures.table(scale),
    }
    if method.family == "cam":
        cells = pictures.as_cells(raw, card.preprocess.size_px)
        data["cells"] = pictures.map_levels(cells, scale, card.preprocess, shape)
        told.insert(1, tag("p", words.cell_size(*_cell_px(raw.shape, card, shape)), class_="cell"))
    return Panel(_figure(method, study, name, where, None, _bar(scale), *told), data)


def refused(method: Method, study: Study, label: str, reason: str) -> Panel:
    text = words.NOT_AVAILABLE.format(reason=reason)
    return Panel(_figure(method, study, finding(label).name, text, _notice(text), tag("figcaption", method.caption)))


def computing(method: Method, study: Study) -> Panel:
    text = words.COMPUTING.format(name=method.name)
    busy = tag("p", text, class_="notice busy", role="status")
    return Panel(_figure(method, study, "", text, busy, tag("figcaption", method.caption)))


def _figure(method: Method, study: Study, label_name: str, alternative: str, over: Html | None, *below: Html) -> Html:
    text = words.canvas(method.name, label_name, alternative) if label_name else alternative
    off = words.shown_off(method.name, label_name)
    return tag(
        "figure",
        _name(method.name, method.paper),
        _stage(study, method.key, text, over, off),
        tag("div", *below, class_="below"),
        class_="panel",
        data_method=method.key,
    )


def _film_panel(study: Study, card: Card) -> Html:
    height, width = study.image.pixels.shape
    left, top, right, bottom = card.preprocess.seen_box((height, width))
    frame = below = None
    if (left, top, right, bottom) != (0, 0, width, height):
        box = (f"left:{left / width:.3%};top:{top / height:.3%};"
               f"width:{(right - left) / width:.3%};height:{(bottom - top) / height:.3%}")  # fmt: skip
        frame, below = tag("i", class_="seen", style=box), tag("p", words.AS_THE_MODEL_SEES)
    notes = [tag("li", note) for note in study.image.notes or (words.NO_NOTES,)]
    size = f"{study.image.kind}, {width} × {height} px"
    details = tag("details", tag("summary", words.NOTES), tag("ul", *notes), open=True)
    return tag(
        "figure",
        _name(words.FILM_PANEL),
        _stage(study, "film", f"{words.FILM_PANEL}, {size}", frame),
        tag("div", tag("p", size, class_="sums"), below, details, class_="below"),
        class_="panel",
    )


def _blank(name: str, paper: str, family: str, caption: str) -> Html:
    stage = tag("div", tag("p", words.EMPTY_PANELS[family]), class_="stage blank")
    return tag("figure", _name(name, paper), stage, tag("figcaption", caption), class_="panel")


def _name(name: str, paper: str = "") -> Html:
    """The paper in short, "Bach et al. 2015", in full on hovering."""
    return tag("h3", name, tag("small", paper.partition(",")[0], title=paper) if paper else None)


def _stage(study: Study, key: str, text: str, over: Html | None, off: str = "") -> Html:
    """The canvas at the film's own aspect ratio, its sides marked; `off` is what it shows while its map is off."""
    height, width = pictures.fitted(study.image.pixels.shape, pictures.FILM_SIDE_PX)
    canvas = tag("canvas", width=width, height=height, role="img", aria_label=text, data_panel=key,
                 data_text=text, data_off=off or text)  # fmt: skip
    marks = [tag("b", side, class_=f"side {side}", aria_hidden="true") for side in ("R", "L")]
    return tag("div", canvas, *marks, over, class_="stage", style=f"--aspect:{width / height:.4f}")


def _notice(text: str) -> Html:
    return tag("p", text, class_="notice")


def _bar(scale: render.Scale) -> Html:
    numbers = [tag("span", text) for _, text in render.ticks(scale)]
    ramp = tag("img", src=pictures.bar(scale), alt="", class_="ramp")
    return tag("div", ramp, tag("div", *numbers, class_="ticks"), tag("p", scale.unit, class_="unit"), class_="bar")


def _controls() -> Html:
    opacity = tag(
        "label", words.OPACITY, tag("input", type="range", class_="opacity", min="0", max="100", step="5", value="70"),
        tag("output", "70 %"),
    )  # fmt: skip
    cells = tag("label", tag("input", type="checkbox", class_="as-cells"), words.CELLS)
    return tag("div", opacity, cells, class_="controls", role="group", aria_label="Drawing")


def _ask(p: float, card: Card) -> Html:
    show = words.show_anyway(p, card)
    return tag("button", show, type="button", class_="ask", data_show=show, data_hide=words.HIDE_AGAIN)


def _cell_px(grid: tuple[int, int], card: Card, shape: tuple[int, int]) -> tuple[float, float]:
    """Width and height, in pixels of the film, of one cell of a map of `grid` (rows, columns) over the square."""
    side = card.preprocess.size_px
    left, top = card.preprocess.point_to_image(0, 0, shape)
    right, bottom = card.preprocess.point_to_image(side / grid[1], side / grid[0], shape)
    return right - left, bottom - top
