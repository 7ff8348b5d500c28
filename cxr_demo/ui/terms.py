"""A "?" beside a term, and what it means in one or two plain sentences, which `docs/glossary.md` says too."""

from __future__ import annotations

from cxr_demo.text.catalogue import format_text, has_message
from cxr_demo.ui.markup import Html, join_html, tag

TERMS = (
    "probability", "threshold", "logit", "cam", "score-cam", "lrp", "gradient", "occlusion", "contrast", "cells",
    "scale", "window", "cannot-tell", "agreement", "lungs", "deletion", "insertion", "randomisation", "noise", "shift",
    "auroc", "ensemble",
)  # fmt: skip


def render_term(key: str) -> Html | None:
    """The button, which the browser itself opens the sheet by: with a finger, by the keyboard, until Escape or a press
    elsewhere. None for what has no sheet, as a method of somebody's own."""
    if not has_message(f"term-{key}"):
        return None
    text = format_text("term-sheet.ask", term=format_text(f"term-{key}"))
    return tag("button", "?", type="button", class_="term", popovertarget=f"term-{key}", aria_label=text, title=text)


def render_terms() -> Html:
    """The sheets of all terms, once for the page."""
    return join_html(*map(_render_sheet, TERMS))


def _render_sheet(key: str) -> Html:
    name = tag("b", format_text(f"term-{key}"), id=f"term-{key}-name")
    close = tag("button", "×", type="button", popovertarget=f"term-{key}", popovertargetaction="hide",
                aria_label=format_text("term-sheet.close"))  # fmt: skip
    meaning = tag("p", format_text(f"term-{key}.meaning"))
    return tag("div", tag("header", name, close), meaning, id=f"term-{key}", popover=True, class_="term-sheet",
               role="dialog", aria_labelledby=f"term-{key}-name")  # fmt: skip
