"""Components of ours for gradio, and how their events are called."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

HERE = Path(__file__).parent
VALUE = "${value.html}"
PRIVATE = {"api_visibility": "private"}
UNQUEUED = {"queue": False, "show_progress": "hidden", **PRIVATE}
ONE_AT_A_TIME = {"concurrency_id": "model", "concurrency_limit": 1}  # torch uses every core; more would only wait


def own(name: str, value: dict, *before: str) -> gr.HTML:
    """A component of ours: constant template, markup from Python, behaviour from `<name>.js`, with the scripts that it
    shares with others `before` it."""
    script = "\n".join((HERE / f"{part}.js").read_text(encoding="utf-8") for part in (*before, name))
    return gr.HTML(value, html_template=VALUE, js_on_load=script, apply_default_css=False, elem_id=name)


def live(text: str) -> gr.HTML:
    """A region that a screen reader speaks when it changes."""
    template = '<div role="alert">${value}</div>'
    return gr.HTML(text, html_template=template, js_on_load="", apply_default_css=False, elem_id="message")
