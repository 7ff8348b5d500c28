"""The frame of a class's two pages: a document with its style and its scripts, one small file for a phone."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.text.catalogue import LANGUAGE, LANGUAGES, Said, format_text
from cxr_demo.ui.components import HERE, read_script
from cxr_demo.ui.markup import Html, tag

CALLS = "lesson/class_calls"
OF_LEARNER = (CALLS, "viewer/shapes", "lesson/class", "lesson/exam")
OF_TEACHER = (CALLS, "lesson/wall")
STYLES = ("lesson/exam", "lesson/class")


def render_page(title: Said, shown: Html, scripts: Sequence[str]) -> str:
    """In the language of the moment."""
    styles = "\n".join((HERE / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name_="viewport", content="width=device-width"),
        tag("title", title),
        tag("style", Html(styles)),
    )
    lost = tag("p", id="lost", role="alert", class_="told", data_told=format_text("class-lost"), hidden=True)
    body = tag(
        "body",
        _render_languages(),
        lost,
        tag("main", shown, id="room"),
        tag("footer", format_text("not-clinical")),
        tag("script", Html(_nest_scripts(scripts))),
    )
    return f"<!doctype html>{tag('html', head, body, lang=LANGUAGE.get())}"


def _render_languages() -> Html:
    links = [
        tag("a", name, href=f"?lang={code}", lang=code, aria_current="true" if code == LANGUAGE.get() else None)
        for code, name in LANGUAGES.items()
    ]
    return tag("nav", *links, class_="languages", aria_label=format_text("languages"))


def _nest_scripts(names: Sequence[str]) -> str:
    """Each in a block within that of those before it: what these name is there, and a name may come twice."""
    return "\n{\n".join(["'use strict';", *map(read_script, names)]) + "\n}" * len(names)
