"""Every sentence a person reads, by its name: `format_text("page-title")`, in the language of the moment.

A language is one file of Project Fluent beside this one, `en.ftl` the first of them. A line break within a message is
a space. Nothing is looked up when a module is imported: who reads decides, and that is known only when a text is made.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import resources
from numbers import Integral

from fluent.runtime import FluentBundle
from fluent.runtime.types import fluent_number
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

LANGUAGES = {"en": "English", "de": "Deutsch"}  # what each is called by those who speak it; the first is the usual one
USUAL_LANGUAGE = next(iter(LANGUAGES))
LONGEST_VALUE = 2500  # characters of a value in a message: fluent refuses more
_READING = threading.Lock()
LANGUAGE: ContextVar[str] = ContextVar("language", default=USUAL_LANGUAGE)


class Words:
    """A text that is put into words whenever it is read: `str()` of it calls `make(*args, **values)`, in the language
    of then. What is kept for several readers, or for one who may change the language, is kept so."""

    __slots__ = ("args", "make", "values")

    def __init__(self, make: Callable[..., str], *args: object, **values: object) -> None:
        self.make, self.args, self.values = make, args, values

    def __str__(self) -> str:
        return self.make(*self.args, **self.values)

    def __bool__(self) -> bool:
        return bool(str(self))

    def __repr__(self) -> str:
        return f"Words({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(self._facts())

    def _facts(self) -> tuple:
        return self.make, self.args, tuple(sorted(self.values.items()))


Said = str | Words  # a text as it is, or one that is put into words when it is read
Value = str | int | Words


def match_language(wanted: str) -> str:
    """The first language of a header Accept-Language, by its weights, that has a catalogue; else the usual one."""
    ranges = [part.partition(";") for part in wanted.lower().replace(" ", "").split(",")]
    ranked = sorted(ranges, key=lambda part: -_read_weight(part[2]))  # of the same weight as they stand
    codes = (code.partition("-")[0] for code, _, quality in ranked if _read_weight(quality) > 0)
    return next((code for code in codes if code in LANGUAGES), USUAL_LANGUAGE)


def _read_weight(quality: str) -> float:
    try:
        return float(quality.removeprefix("q=") or 1)
    except ValueError:
        return 0.0


def say(message: str, /, **values: Value) -> Words:
    """`format_text`, but when it is read. KeyError comes then."""
    return Words(format_text, message, **values)


def join_words(*texts: Said, between: str = " ") -> Words:
    """One after the other, with `between` between those that are not empty."""
    return Words(_join, *texts, between=between)


def _join(*texts: Said, between: str) -> str:
    return between.join(filter(None, map(str, texts)))


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """What is formatted inside is in this language. Raises FileNotFoundError where it has no catalogue."""
    load_catalogue(code)
    token = LANGUAGE.set(code)
    try:
        yield
    finally:
        LANGUAGE.reset(token)


def format_text(message: str, /, **values: Value) -> str:
    """`message` is a name of the catalogue, or "name.attribute"; an int chooses among plurals and is written plainly.

    Other numbers are words by then, as `text.formats` makes them. Raises KeyError for a message that is not there, and
    for a value that it needs and did not get.
    """
    return _format_alone(LANGUAGE.get(), message) if not values else _format(LANGUAGE.get(), message, values)


@functools.cache
def _format_alone(language: str, message: str) -> str:
    """One without values is always the same; a page reads some thousand of them."""
    return _format(language, message, {})


def _format(language: str, message: str, values: Mapping[str, Value]) -> str:
    name, _, attribute = message.partition(".")
    catalogue = load_catalogue(language)
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


def has_message(message: str) -> bool:
    """Whether the catalogue has it; all languages have the same."""
    name, _, attribute = message.partition(".")
    catalogue = load_catalogue(LANGUAGE.get())
    return catalogue.has_message(name) and (not attribute or attribute in catalogue.get_message(name).attributes)


def load_catalogue(code: str) -> FluentBundle:
    """The messages of a language. Raises FileNotFoundError, and ValueError for a file that is not wholly understood."""
    with _READING:  # whoever wants it meanwhile waits: a tenth of a second for each of a dozen threads otherwise
        return read_catalogue(code)


@functools.cache
def read_catalogue(code: str) -> FluentBundle:
    """As `load_catalogue`, which has it made by one thread alone."""
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


def _as_fluent(value: Value):
    if isinstance(value, (str, Words)):
        text = str(value)  # of a file it may be of any length
        return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
    if isinstance(value, Integral):
        return fluent_number(int(value), useGrouping=False)
    raise TypeError(f"{value!r} is neither words nor a whole number")
