"""What a person looks closely with: the buttons of the view, and the sheet of its gestures and keys. Both are of
`habits.js`."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.limits import MAX_REGIONS
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui.markup import Html, render_scrollable, tag
from cxr_demo.ui.terms import render_term

BUTTONS = {"out": "−", "in": "+", "pixels": "", "invert": "", "reset": "", "swipe": ""}  # by action, and its sign
SWIPE_WORDS = ("line", "beside", "none")
GESTURES = (  # of the sheet
    "zoom", "move", "window", "invert", "whole", "pixels", "reset", "bare", "swipe", "enlarge", "draw", "region",
    "region-size", "region-remove", "help",
)  # fmt: skip


def render_view_controls(windows: Sequence[Said]) -> Html:
    """Zoom, greys and keys, for those who have no wheel or do not know it. `windows`: the names of those of the file,
    where there is a choice."""
    buttons = [_render_button(action, sign) for action, sign in BUTTONS.items()]
    zoom = tag("output", class_="zoom", title=format_text("zoom-times"))
    sliders = [
        tag(
            "label", format_text(f"greys-{name}"),
            tag("input", type="range", class_=name, min=str(low), max=str(high), value=str(start)),
            tag("output", f"{start} %"),
        )
        for name, low, high, start in (("level", 0, 100, 50), ("window", 1, 200, 100))
    ]  # fmt: skip
    file = _render_windows(windows) if windows else ()
    window = tag("div", tag("div", *sliders), render_term("window"), class_="with-term")
    greys = tag("details", tag("summary", format_text("greys")), tag("div", *file, window), class_="pop greys")
    alone = tag("button", format_text("film-alone"), type="button", class_="bare", title=format_text("film-alone.hint"))
    group = {"role": "group", "aria_label": format_text("view")}
    return tag("div", *buttons[:2], zoom, *buttons[2:], greys, alone, _render_button("help", ""),
               class_="view", **group)  # fmt: skip


def _render_windows(names: Sequence[Said]) -> tuple[Html, Html]:
    options = [tag("option", name, value=str(at)) for at, name in enumerate(names)]
    choice = tag("label", format_text("greys-file"), tag("select", *options, class_="file-window"))
    return choice, tag("p", format_text("greys-file.network"))


def render_region_controls() -> Html:
    """To draw regions, of `regions.js`."""
    name = format_text("regions-draw")
    draw = [
        tag("button", format_text(f"regions-draw.{shape}"), type="button", class_="draw-region", data_shape=shape,
            title=format_text(f"regions-draw.{shape}-hint"), aria_pressed="false", data_most=MAX_REGIONS)
        for shape in ("box", "outline")
    ]  # fmt: skip
    undo = tag("button", format_text("regions-draw.undo"), type="button", class_="undo", disabled=True,
               title=format_text("regions-draw.undo-hint"))  # fmt: skip
    limit = tag("span", class_="limit", role="status", data_text=format_text("region.too-many", most=MAX_REGIONS))
    return tag("div", tag("span", name), *draw, undo, limit, class_="view", role="group", aria_label=name)


def render_enlarge_button(panel: str) -> Html:
    """For the name of a panel: it alone on the whole screen."""
    text = format_text("enlarge", panel=panel)
    corners = tag("path", d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4")
    picture = tag("svg", corners, viewBox="0 0 16 16", aria_hidden="true")
    return tag("button", picture, type="button", class_="enlarge", aria_label=text, title=text)


def render_keys_sheet() -> Html:
    """A dialog that `?` opens: what the mouse, a finger and the keys do."""
    columns = [format_text(f"gesture-columns.{column}") for column in ("what", "mouse", "touch", "keys")]
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    rows = [
        tag("tr", tag("th", format_text(f"gesture-{name}"), scope="row"),
            *(tag("td", format_text(f"gesture-{name}.{way}")) for way in ("mouse", "touch", "keys")))
        for name in GESTURES
    ]  # fmt: skip
    title = format_text("gestures")
    table = render_scrollable(title, tag("table", tag("thead", head), tag("tbody", *rows)))
    again = tag("button", format_text("tour.again"), class_="tour-again")
    close = tag("form", tag("button", format_text("gestures.close"), autofocus=True), again, method="dialog")
    return tag("dialog", tag("h2", title, id="keys-title"), table, tag("p", format_text("gestures.linked")), close,
               aria_labelledby="keys-title")  # fmt: skip


def _render_button(action: str, sign: str) -> Html:
    """A sign alone gets its name for those who do not see it."""
    text = format_text(f"view-{action}")
    named = {"aria_label": text} if sign else {}
    pressed = {"aria_pressed": "false"} if action in ("invert", "swipe") else {}
    words = {f"data_{word}": format_text(f"swipe-{word}") for word in SWIPE_WORDS} if action == "swipe" else {}
    return tag("button", sign or text, type="button", data_view=action, title=format_text(f"view-{action}.hint"),
               **named, **pressed, **words)  # fmt: skip
