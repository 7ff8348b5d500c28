"""The doors of the page's two rooms, and what stands around the exam in the second."""

from __future__ import annotations

from cxr_demo.text.catalogue import LANGUAGE, format_text
from cxr_demo.ui.markup import Html, tag


def render_doors() -> Html:
    """The two rooms of the page; each has an address, so that a teacher can give a class that of the exam. A class has
    a window of its own."""
    films = tag("a", tag("b", format_text("door-films")), href="#bench")
    hint = tag("span", format_text("door-lesson.hint"))
    lesson = tag("a", tag("b", format_text("door-lesson")), hint, href="#lesson-section")
    teach = _render_class_door(tag("b", format_text("door-class")), title=format_text("class-door"))
    return tag("nav", films, lesson, teach, id="doors", aria_label=format_text("doors"))


def render_title() -> Html:
    return tag("h2", format_text("lesson"), tabindex="-1")


def render_way_back() -> Html:
    """At the end of the room."""
    return tag("p", tag("a", format_text("way-back"), href="#bench"), class_="way-back")


def render_class_doors() -> Html:
    """In windows of their own, of which one goes to the wall; the exam stays where it is."""
    teach = _render_class_door(format_text("class-door"))
    join = tag("a", format_text("class-door.join"), href=f"class?lang={LANGUAGE.get()}", target="_blank")
    return tag("p", teach, join, class_="class-doors")


def _render_class_door(text: str, title: str | None = None) -> Html:
    """`title`: what it is, where the text is short."""
    address = f"class/teach?lang={LANGUAGE.get()}"
    return tag("a", text, href=address, target="_blank", class_="class-door", title=title)
