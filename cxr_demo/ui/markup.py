"""HTML from Python with escaping that cannot be forgotten.

gradio.HTML runs a Handlebars template and then evaluates the result as a JavaScript template literal, so a value
set with {{ }} that holds `${...}` is executed (measured on gradio 6.31). Here every text is escaped by `tag`, and the
finished HTML reaches the page as the one value of a constant template, `${value}`, which is not evaluated again.
"""

from __future__ import annotations

import html

from cxr_demo.networks.card_parts import CardText
from cxr_demo.text.catalogue import LANGUAGE, Said

ENGLISH = "en"
_VOID = {"br", "hr", "img", "input", "meta"}


class Html(str):
    """Text that is HTML already; `tag` escapes every other text."""


def tag(name: str, *children: object, **attributes: object) -> Html:
    """`tag("p", "a < b", class_="note")` -> `<p class="note">a &lt; b</p>`.

    In attribute names a trailing underscore is dropped and the others become hyphens; True gives a bare attribute,
    None and False give none. Children that are None are left out.
    """
    written = "".join(_render_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join_html(*children)}</{name}>")


def quote_card(text: str) -> Html:
    """What a card says in words of its own, which are English unless it says so, whatever the page's language is."""
    language = text.language if isinstance(text, CardText) else ENGLISH
    return tag("span", text, lang=None if language == LANGUAGE.get() else language) if text else Html("")


def render_scrollable(name: str, table: Html) -> Html:
    """A table that may be wider than the page, in a frame of this name that scrolls sideways, also by the keyboard."""
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=name)


def render_details(summary: str, *children: object, class_: str = "how") -> Html:
    """What waits one click further down."""
    return tag("details", tag("summary", summary), *children, class_=class_)


def render_message(message: Said, hint: Said = "", kind: str = "error") -> Html:
    """A sentence with its next step; `kind` is "error" or "done"."""
    return tag("p", tag("strong", message), " ", hint, class_=f"message {kind}")


def join_html(*parts: object) -> Html:
    """The parts one after the other, each escaped unless it is Html."""
    return Html("".join(p if isinstance(p, Html) else html.escape(str(p)) for p in parts if p is not None))


def _render_attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
