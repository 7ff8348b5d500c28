"""What can be taken home: buttons, how far a file is, and the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_percent
from cxr_demo.ui.export.export_files import ExportFile
from cxr_demo.ui.markup import Html, tag

FILES = "gradio_api/export"


@dataclass(frozen=True)
class Export:
    """What was asked for last: the `file`, or how much of it is done (0..1), or the `fault`; None of them where nothing
    was."""

    file: ExportFile | None = None
    share: float | None = None
    fault: str = ""


def render_take_home(panels: Mapping[str, str], film: str, asks_for_names: bool, is_pair: bool, export: Export) -> dict:
    """`panels`: those that a picture can be made of, by key, with their names; `film`: the key of the one that is
    shown, and of the one beside it where there `is_pair`; `asks_for_names`: a person must first have looked whether
    they show who it is."""
    asked = format_text("take-home.looked-both" if is_pair else "take-home.looked")
    looked = tag("label", tag("input", type="checkbox", class_="looked"), asked)
    pictures = [_render_button(name, "png", panel, asks_for_names) for panel, name in panels.items()]
    ways = tag(
        "div",
        _render_button(format_text("take-home.report"), "pdf", "", asks_for_names),
        _render_button(format_text("take-home.bundle"), "zip", "", asks_for_names),
        tag("span", format_text("take-home.picture"), class_="of"),
        *pictures,
        class_="ways",
    )
    html = tag(
        "section",
        tag("p", format_text("take-home.what"), class_="how"),
        looked if asks_for_names else None,
        tag("p", format_text("take-home.why"), class_="why") if asks_for_names else None,
        ways,
        _render_state(export),
        render_link(),
        class_="take-home",
    )
    file = export.file
    return {"html": html, "film": film, "file": file and f"{FILES}/{file.name}"}


def render_link() -> Html:
    """To copy an address that reopens the settings, of `link.js`."""
    button = tag("button", format_text("link"), type="button", class_="copy-link")
    field = tag(
        "input", type="text", readonly=True, hidden=True, class_="address", aria_label=format_text("link.address")
    )
    told = tag("output", data_copied=format_text("link.copied"), data_by_hand=format_text("link.by-hand"))
    return tag("div", button, field, told, tag("span", format_text("link.what")), class_="link")


def _render_button(text: str, kind: str, panel: str, is_held: bool) -> Html:
    return tag("button", text, type="button", class_="make", data_kind=kind, data_panel=panel, disabled=is_held)


def _render_state(export: Export) -> Html:
    if export.fault:
        return tag("p", export.fault, role="alert", class_="fault")
    if export.file is not None:
        size = format_digits(len(export.file.body) / 2**20, 1)
        link = tag("a", export.file.title, href=f"{FILES}/{export.file.name}", download=export.file.title)
        return tag("p", link, " ", format_text("take-home.ready", megabytes=size), role="status", class_="state")
    if export.share is None:
        return tag("p", role="status", class_="state")
    told = format_text("take-home.making", share=format_percent(export.share, 0))
    return tag("p", told, role="status", class_="state busy")
