"""Components of ours for gradio, and how their events are called."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypedDict

import gradio as gr
from gradio.components import Component

from cxr_demo.text.catalogue import LANGUAGES, Said, use_language
from cxr_demo.ui.markup import Html, tag

HERE = Path(__file__).parent
VALUE = "${value.html}"
IN_ITS_LANGUAGE = "${value[document.documentElement.lang] ?? Object.values(value)[0]}"


class EventSettings(TypedDict, total=False):
    """What this page sets of a gradio event, beside its function and its components."""

    api_visibility: Literal["public", "private", "undocumented"]
    queue: bool
    show_progress: Literal["full", "minimal", "hidden"]
    show_progress_on: list[Component]
    trigger_mode: Literal["once", "multiple", "always_last"]
    concurrency_id: str
    concurrency_limit: int | None


PRIVATE: EventSettings = {"api_visibility": "private"}
# "multiple": gradio drops an event of the usual kind while one like it is under way.
UNQUEUED: EventSettings = {"queue": False, "show_progress": "hidden", "trigger_mode": "multiple", **PRIVATE}


def make_part_frame(name: str, summary: Said = "") -> gr.HTML:
    """The place of a part of the page, which `stream` fills; with a `summary`, one that is opened."""
    frame = tag("div", class_="part")
    if summary:
        return make_static(lambda: tag("details", tag("summary", summary), frame), name)
    return gr.HTML(frame, js_on_load="", apply_default_css=False, elem_id=name)


def make_static(render: Callable[[], Html], name: str | None = None, *scripts: str, **more: Any) -> gr.HTML:
    """What changes with nothing but the language: rendered in all of them, and the browser shows its own. `scripts`
    give it behaviour; `more` is gradio's."""
    value = {}
    for language in LANGUAGES:
        with use_language(language):
            value[language] = render()
    behaviour = "\n".join(read_script(script) for script in ("app/static", *scripts))
    return gr.HTML(
        value, html_template=IN_ITS_LANGUAGE, js_on_load=behaviour, apply_default_css=False, elem_id=name, **more
    )


def make_component(name: str, value: dict, *scripts: str) -> gr.HTML:
    """A component of its own: constant template, markup from Python, behaviour from the scripts."""
    behaviour = "\n".join(map(read_script, scripts))
    return gr.HTML(value, html_template=VALUE, js_on_load=behaviour, apply_default_css=False, elem_id=name)


def read_script(name: str) -> str:
    """A script of the page by its place in this folder, without its ending."""
    return (HERE / f"{name}.js").read_text(encoding="utf-8")


def get_session_key(request: gr.Request) -> str:
    """gradio's name of an open page. A call from outside a page may lack one: it gets its own, that none other has."""
    return request.session_hash or secrets.token_hex(16)
