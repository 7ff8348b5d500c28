"""Components of ours for gradio, and how their events are called."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypedDict, Unpack, cast

import gradio as gr
from gradio.components import Component

HERE = Path(__file__).parent
VALUE = "${value.html}"


class EventSettings(TypedDict, total=False):
    """What this page sets of a gradio event, beside its function and its components."""

    api_visibility: Literal["public", "private", "undocumented"]
    queue: bool
    show_progress: Literal["full", "minimal", "hidden"]
    show_progress_on: list[Component]
    trigger_mode: Literal["once", "multiple", "always_last"]
    concurrency_id: str
    concurrency_limit: int


PRIVATE: EventSettings = {"api_visibility": "private"}
UNQUEUED: EventSettings = {"queue": False, "show_progress": "hidden", **PRIVATE}
# torch uses every core; more would only wait.
ONE_AT_A_TIME: EventSettings = {"concurrency_id": "model", "concurrency_limit": 1}


def merge_settings(*settings: EventSettings, **more: Unpack[EventSettings]) -> EventSettings:
    """The settings of one event from several; the later ones win."""
    merged: EventSettings = {}
    for part in (*settings, more):
        merged.update(part)
    return merged


def make_component(name: str, value: dict, *before: str) -> gr.HTML:
    """A component of ours: constant template, markup from Python, behaviour from `<name>.js`, with the scripts that it
    shares with others `before` it."""
    script = "\n".join((HERE / f"{part}.js").read_text(encoding="utf-8") for part in (*before, name))
    return gr.HTML(value, html_template=VALUE, js_on_load=script, apply_default_css=False, elem_id=name)


def get_session_key(request: gr.Request) -> str:
    """gradio's name of an open page; only a call from outside a page lacks one, and the page has no such calls."""
    return cast(str, request.session_hash)


def make_alert(text: str) -> gr.HTML:
    """A region that a screen reader speaks when it changes."""
    template = '<div role="alert">${value}</div>'
    return gr.HTML(text, html_template=template, js_on_load="", apply_default_css=False, elem_id="message")
