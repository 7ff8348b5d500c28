"""The panels: the film and one map per method that is looked at, same geometry, all numbers beside their colours.

`value(...)` is the value of the panels component: `html` for the eye, `film` and `maps` for the canvases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation, Study
from cxr_demo.explain.methods import METHODS, Method
from cxr_demo.export.map_scales import NOTHING_PINNED, Scales, choose_scales
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import Standing, find_standing
from cxr_demo.text import examples_text, findings_text, label_text, page_text
from cxr_demo.text.catalogue import Said, Words, format_text
from cxr_demo.text.checkpoint_text import name_checkpoint
from cxr_demo.text.method_text import describe_caption, describe_promise
from cxr_demo.ui import image_encoding
from cxr_demo.ui.findings.findings_list import MANY
from cxr_demo.ui.markup import Html, join_html, render_details, tag
from cxr_demo.ui.parts import Part, make_id, make_part
from cxr_demo.ui.terms import render_term
from cxr_demo.ui.viewer import agreement_table, view_controls
from cxr_demo.ui.viewer.colour_bar import render_colour_bar
from cxr_demo.ui.viewer.film_pictures import FilmPictures

NOTHING_PLANTED: Mapping[str, np.ndarray] = MappingProxyType({})


@dataclass(frozen=True)
class NoContrast:
    """Instead of a map against the other labels, of a method that has none."""


# A finished map, how much of it is done (0..1), or why there is none.
PanelEntry = Explanation | NoContrast | float | Said


def render_panels(
    study: Study,
    card: Card,
    label: str,
    entries: Mapping[str, PanelEntry],
    shown: FilmPictures,
    truth: Mapping[str, np.ndarray] = NOTHING_PLANTED,
    pinned: Mapping[str, render.ScaleEnds] = NOTHING_PINNED,
    contrast: bool = False,
) -> Part:
    """`entries` by method key, in the order in which they are shown. `shown`: the film's name and its pictures.
    `truth`: masks (H, W) bool of what is known to be in the film, by name; `pinned`: ends of the absolute scale, by
    unit, that a person keeps; `contrast`: the maps are of the label against the others."""
    maps = {key: entry for key, entry in entries.items() if isinstance(entry, Explanation)}
    scales = choose_scales(maps, pinned)
    figures = [_render_entry(METHODS[key], entry, scales, study, card, label) for key, entry in entries.items()]
    numbers = {
        key: image_encoding.encode_map(map_.map_square, map_.placement)
        for key, map_ in maps.items()
        if not scales[key].own.nothing
    }
    pictures = {make_id(body): body for body in numbers.values()} | shown.bodies
    value = {
        "html": join_html(
            _render_panels_header(study, card, label, shown, contrast),
            tag("div", _render_film_panel(study.image, card.preprocess, truth), *figures, class_="row"),
            _render_legend(study, card, label, bool(pinned), contrast),
            agreement_table.render_agreements(maps, card, study.image.pixels.shape),
        ),
        "film": _name_pictures(shown),
        "about": make_view_key(study, card, label),
        "pinned": bool(pinned),
        "contrast": contrast,
        "held": not find_standing(card, study.probabilities, label).maps_shown,
        "frame": image_encoding.describe_frame(card.preprocess, study.image.pixels.shape),
        "maps": {key: _describe_drawing(map_, scales[key], card, make_id(numbers[key])) for key, map_ in maps.items()
                 if key in numbers},
        "tables": image_encoding.COLOUR_TABLES,
    }  # fmt: skip
    return make_part(value, pictures)


def _name_pictures(shown: FilmPictures) -> dict:
    """What the film's canvas asks for."""
    deep, windows = (film.name if film else None for film in (shown.deep, shown.windows))
    return {"picture": shown.picture, "outlines": shown.outlines, "deep": deep, "windows": windows}


def _describe_drawing(explanation: Explanation, scales: Scales, card: Card, map_id: str) -> dict:
    """What a canvas needs beside the numbers: which colours, and from where they are full."""
    return {
        "map": map_id,
        "colours": scales.own.shown,
        "relative": scales.own.limit,
        "absolute": scales.shared.limit,
        "start": scales.shared.start,
        "coarse": is_coarse(explanation.map_square, card),
    }


def make_view_key(study: Study, card: Card, label: str) -> str:
    """What the panels show: as long as it is the same, so is what a person looks at."""
    return f"{study.image.sha256} {card.name} {label}"


def render_film_alone(image: Radiograph, shown: FilmPictures, methods: Sequence[str], held: str = "") -> Part:
    """The film is there, and nothing is known of it yet: in the places of the maps what they will not show, or why none
    comes, if they are `held`."""
    figures = [_render_waiting_map(key, held) for key in methods]
    film = _render_film_panel(image, None, NOTHING_PLANTED)
    value = {
        "html": tag("div", film, *figures, class_="row"),
        "film": _name_pictures(shown),
        "about": image.sha256,
        "held": False,
        "maps": {},
    }
    return make_part(value, shown.bodies)


def _render_waiting_map(key: str, held: str) -> Html:
    method = METHODS[key]
    text = held or describe_promise(method.family)
    return _render_blank(_render_method_title(method), text, "" if held else describe_caption(method))


def render_blank_panels(methods: Sequence[str], held: str = "") -> dict:
    """Without a film: what will stand where, and what each map does not show; or why none comes, if they are `held`."""
    figures = [_render_blank(_render_name(format_text("film")), format_text("film.promise"), "")]
    figures += [_render_waiting_map(key, held) for key in methods]
    return {"html": tag("div", *figures, class_="row"), "film": None, "about": "", "held": False, "maps": {}}


def _render_entry(
    method: Method, entry: PanelEntry, scales: Mapping[str, Scales], study: Study, card: Card, label: str
) -> Html:
    if isinstance(entry, Explanation):
        return _render_map(method, entry, scales[method.key], study, card)
    if isinstance(entry, NoContrast):
        text = format_text("contrast-none", method=method.name)
        return _render_map_figure(method, study, "", text, render_notice(text))
    if isinstance(entry, (str, Words)):
        text, why = format_text("not-available.why", reason=entry), tag("p", entry)
        over = render_notice(format_text("not-available"))
        below = render_details(format_text("why-none"), why, class_="sums")
        return _render_map_figure(method, study, card.get_finding(label).name, text, over, below)
    busy = tag("p", page_text.describe_progress(method, entry), class_="notice busy", role="status")
    return _render_map_figure(method, study, "", page_text.describe_progress(method, 0.0), busy)


def _render_map(method: Method, explanation: Explanation, scales: Scales, study: Study, card: Card) -> Html:
    """A finished map; a sentence instead of it when there is too little of it."""
    shape, raw = study.image.pixels.shape, explanation.map_square
    name = label_text.name_finding(card, explanation.label, explanation.is_contrast)
    sums = page_text.describe_sums(explanation, card), format_text("logit-gloss")
    limits = describe_caption(method, explanation.is_contrast)
    if scales.own.nothing:
        is_called = find_standing(card, study.probabilities, explanation.label).is_called
        nothing = page_text.describe_empty_map(scales.own, name, is_called)
        why = tag("p", " ".join((page_text.describe_emptiness(scales.own), *sums)))
        below = render_details(format_text("why-none"), why, class_="sums")
        return _render_map_figure(method, study, name, nothing, render_notice(nothing), below, limits=limits)
    small = image_encoding.fit_shape(shape, 256)
    map_image = card.preprocess.map_to_image(raw, small, explanation.placement)
    where = page_text.describe_place(render.find_strongest_place(map_image))
    below = [render_colour_bar(scales)]
    if is_coarse(raw, card):
        below.append(tag("p", page_text.describe_cell_size(*_measure_cell(explanation, card, shape)), class_="cell"))
    below += [tag("p", doubt, class_="doubt") for doubt in page_text.describe_doubts(explanation)]
    choices = page_text.describe_choices(explanation)
    more = tag("p", tag("strong", format_text("choices-title"), ": "), " ".join(choices)) if choices else None
    below.append(render_details(format_text("sums-title"), tag("p", " ".join(sums)), more, class_="sums"))
    return _render_map_figure(method, study, name, where, None, *below, limits=limits)


def _render_panels_header(study: Study, card: Card, label: str, shown: FilmPictures, contrast: bool) -> Html:
    p = float(study.probabilities[card.labels.index(label)])
    how, known = find_standing(card, study.probabilities, label), card.get_finding(label)
    told = f"{page_text.format_score(p, card.calibrated, card.task)} · {findings_text.describe_verdict(how)}"
    gloss = f" · {known.gloss}" if len(card.labels) > MANY else ""
    heading = tag("h2", label_text.name_finding(card, label, contrast), tag("small", told + gloss, title=told + gloss))
    source = format_text("film-source", film=shown.name, network=name_checkpoint(card))
    of = tag("p", source, class_="of", title=source)
    about = render_term("cannot-tell") if how.verdict == "cannot tell" else None
    named = tag("div", heading, about, class_="with-term")
    title = tag("div", named, of, None if how.maps_shown else _render_show_button(how, card), class_="title")
    controls = (
        _render_controls(len(card.labels) > 1),
        view_controls.render_view_controls(shown.window_names),
        view_controls.render_region_controls(),
    )
    return tag("header", title, *controls, class_="head")


def _render_legend(study: Study, card: Card, label: str, pinned: bool, contrast: bool) -> Html:
    how = find_standing(card, study.probabilities, label)
    off = None if how.maps_shown else tag("strong", findings_text.describe_maps_off(how), " ", class_="while-off")
    short = format_text("scale-keep.short" if pinned else "scale-absolute.short")
    whole = format_text("scale-keep.meaning" if pinned else "scale-absolute.meaning")
    scales = (tag("span", format_text("scale-relative.short"), class_="own"), tag("span", short, class_="shared"))
    meanings = (tag("p", format_text("scale-relative.meaning"), class_="own"), tag("p", whole, class_="shared"))
    sides = format_text("sides-known") if study.image.sides else format_text("sides-unknown")
    told = label_text.describe_contrast(card, label) if contrast else ()
    return join_html(
        *(tag("p", sentence, class_="legend") for sentence in told[:1]),
        tag("p", off, page_text.describe_maps(card), sides, " ", *scales, class_="legend"),
        render_details(
            format_text("scale.colours"), *meanings, tag("p", format_text("logit-gloss"), render_term("logit"))
        ),
        *(render_details(format_text("contrast.how"), tag("p", sentence)) for sentence in told[1:]),
    )


def _render_map_figure(
    method: Method, study: Study, label_name: str, alternative: str, over: Html | None, *below: Html, limits: str = ""
) -> Html:
    """`limits`: what the map does not show, if that is not the method's own."""
    text = (
        format_text("map-of", method=method.name, finding=label_name, where=alternative) if label_name else alternative
    )
    off = format_text("map-hidden", method=method.name, finding=label_name)
    return tag(
        "figure",
        _render_method_title(method),
        render_stage(study.image, method.key, text, over, off),
        tag("div", *below, tag("figcaption", limits or describe_caption(method)), class_="below"),
        class_="panel",
        data_method=method.key,
    )


def _render_film_panel(image: Radiograph, preprocess: Preprocess | None, truth: Mapping[str, np.ndarray]) -> Html:
    """`preprocess`: of the network that looks at it, if one does."""
    height, width = image.pixels.shape
    whole = (0, 0, width, height)
    left, top, right, bottom = preprocess.seen_box((height, width)) if preprocess else whole
    frame = below = None
    if (left, top, right, bottom) != whole:
        box = (f"--left:{left / width:.5f};--top:{top / height:.5f};"
               f"--width:{(right - left) / width:.5f};--height:{(bottom - top) / height:.5f}")  # fmt: skip
        frame, below = tag("i", class_="seen", style=box), tag("p", format_text("seen-frame"))
    notes = [tag("li", note) for note in image.notes or (format_text("notes.none"),)]
    size = page_text.describe_film(image.kind, (height, width))
    details = tag("details", tag("summary", format_text("notes")), tag("ul", *notes), open=True)
    return tag(
        "figure",
        _render_name(format_text("film"), "", view_controls.render_enlarge_button(format_text("film"))),
        render_stage(image, "film", f"{format_text('film')}, {size}", frame),
        tag("div", *_render_planted(truth), tag("p", size, class_="sums"), below, details, class_="below"),
        class_="panel",
    )


def _render_planted(truth: Mapping[str, np.ndarray]) -> tuple[Html, ...]:
    """To show the outlines, which are off at first so that one can guess, and what they are."""
    if not truth:
        return ()
    switch = tag("label", tag("input", type="checkbox", class_="truth"), format_text("planted-show"), class_="truth")
    return switch, tag("p", examples_text.describe_planted(list(truth)), class_="planted", hidden=True)


def _render_blank(title: Html, promise: str, caption: str) -> Html:
    stage = tag("div", tag("p", promise), class_="stage blank")
    return tag("figure", title, stage, tag("figcaption", caption), class_="panel")


def _render_method_title(method: Method) -> Html:
    """A method's name, its paper, and the button that leaves it out."""
    text = format_text("method-leave-out", name=method.name)
    leave = tag("button", "×", type="button", class_="leave", data_leave=method.key, aria_label=text, title=text)
    term = render_term(method.family.key)
    return _render_name(method.name, method.paper, term, view_controls.render_enlarge_button(method.name), leave)


def _render_name(name: str, paper: str = "", *buttons: Html | None) -> Html:
    """The paper in short, "Bach et al. 2015", in full on hovering."""
    short = tag("small", paper.partition(",")[0], title=paper) if paper else None
    return tag("div", tag("h3", name, short), *buttons, class_="name")


def render_stage(
    image: Radiograph,
    key: str,
    text: str,
    over: Html | None,
    off: str = "",
    longest_px: int = image_encoding.FILM_SIDE_PX,
) -> Html:
    """The canvas at the film's own aspect ratio, its sides marked where the file says them; `off` is what it shows
    while its map is off."""
    height, width = image_encoding.fit_shape(image.pixels.shape, longest_px)
    canvas = tag("canvas", width=width, height=height, role="img", aria_label=text, data_panel=key,
                 data_text=text, data_off=off or text, data_width=width, data_height=height)  # fmt: skip
    edges = zip(("left", "right"), image.sides or (), strict=False)
    marks = [tag("b", side, class_=f"side {edge}", aria_hidden="true") for edge, side in edges]
    return tag("div", canvas, *marks, over, class_="stage", style=f"--aspect:{width / height:.4f}")


def render_notice(text: str) -> Html:
    return tag("p", text, class_="notice")


def _render_controls(has_others: bool) -> Html:
    """`has_others`: the network knows other labels, which one can be held against."""
    opacity = tag(
        "label", format_text("opacity"),
        tag("input", type="range", class_="opacity", min="0", max="100", step="5", value="70"),
        tag("output", "70 %"),
    )  # fmt: skip
    ways = [
        tag("label", tag("input", type="radio", name_="scale", value=value), text)
        for value, text in (("relative", format_text("scale-relative")), ("absolute", format_text("scale-absolute")))
    ]
    box = tag("input", type="checkbox", class_="keep")
    keep = tag("label", box, format_text("scale-keep"), title=format_text("scale-keep.hint"), class_="shared")
    named, term = tag("span", format_text("scale")), render_term("scale")
    scales = tag("div", named, term, *ways, keep, class_="scales", role="radiogroup", aria_label=format_text("scale"))
    contours = tag("label", tag("input", type="checkbox", class_="contours"), format_text("contours"))
    cells = tag("label", tag("input", type="checkbox", class_="as-cells"), format_text("cells"))
    others = tag(
        "label", tag("input", type="checkbox", class_="contrast"), format_text("contrast"),
        title=format_text("contrast.hint"),
    )  # fmt: skip
    more = tag(
        "details",
        tag("summary", format_text("drawing-more")),
        tag("div", contours, tag("span", cells, render_term("cells"), class_="with-term")),
        class_="pop",
    )
    drawing = {"role": "group", "aria_label": format_text("drawing")}
    against = tag("span", others, render_term("contrast"), class_="with-term") if has_others else None
    return tag("div", opacity, scales, against, more, class_="controls", **drawing)


def _render_show_button(how: Standing, card: Card) -> Html:
    show = findings_text.describe_show_anyway(how, card)
    return tag("button", show, type="button", class_="ask", data_show=show, data_hide=format_text("hide-again"))


def _measure_cell(explanation: Explanation, card: Card, shape: tuple[int, int]) -> tuple[float, float]:
    """Width and height, in pixels of the film, of one cell of a map over the square."""
    placement = explanation.placement
    down, across = (
        card.preprocess.size_px * (stop - start) / cells
        for (start, stop), cells in zip((placement.rows, placement.columns), explanation.map_square.shape, strict=True)
    )
    left, top = card.preprocess.point_to_image(0, 0, shape)
    right, bottom = card.preprocess.point_to_image(across, down, shape)
    return right - left, bottom - top


def is_coarse(map_square: np.ndarray, card: Card) -> bool:
    return map_square.shape[0] < card.preprocess.size_px
