"""Every sentence a person reads, by its name: `format_text("lesson-title")`, in the language of the moment.

A language is one file of Project Fluent beside this one, `en.ftl` the first of them. A line break within a message is
a space. Nothing is looked up when a module is imported: who reads decides, and that is known only when a text is made.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import resources
from numbers import Integral

from fluent.runtime import FluentBundle
from fluent.runtime.types import fluent_number
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """What is formatted inside is in this language. Raises FileNotFoundError where it has no catalogue."""
    load_catalogue(code)
    token = LANGUAGE.set(code)
    try:
        yield
    finally:
        LANGUAGE.reset(token)


def format_text(message: str, /, **values: str | int) -> str:
    """`message` is a name of the catalogue, or "name.attribute"; an int chooses among plurals and is written plainly.

    Other numbers are words by then, as `text.formats` makes them. Raises KeyError for a message that is not there, and
    for a value that it needs and did not get.
    """
    name, _, attribute = message.partition(".")
    catalogue = load_catalogue(LANGUAGE.get())
    try:
        found = catalogue.get_message(name)
        pattern = found.attributes[attribute] if attribute else found.value
    except LookupError:
        raise KeyError(message) from None
    if pattern is None:
        raise KeyError(message)
    text, errors = catalogue.format_pattern(pattern, {key: _as_fluent(value) for key, value in values.items()})
    if errors:
        raise KeyError(f"{message}: {errors[0]}")
    return str(text)


@functools.cache
def load_catalogue(code: str) -> FluentBundle:
    """The messages of a language. Raises FileNotFoundError, and ValueError for a file that is not wholly understood."""
    source = resources.files("cxr_demo.text").joinpath(f"{code}.ftl").read_text(encoding="utf-8")
    parsed = FluentParser(with_spans=False).parse(source)
    for entry in parsed.body:
        if isinstance(entry, ast.Junk):
            raise ValueError(f"{code}.ftl: {(entry.content or '').splitlines()[0]!r} is no message")
    _Unwrapping().visit(parsed)
    bundle = FluentBundle([code], use_isolating=False)
    bundle.add_resource(parsed)
    return bundle


class _Unwrapping(Visitor):
    """Joins the lines of each text."""

    def visit_TextElement(self, node: ast.TextElement) -> None:
        node.value = node.value.replace("\n", " ")


def _as_fluent(value: str | int):
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return fluent_number(int(value), useGrouping=False)
    raise TypeError(f"{value!r} is neither words nor a whole number")
