"""Drawn films to try without an upload; what was planted in them is known to the pixel."""

from __future__ import annotations

import functools
from typing import TypeGuard

import numpy as np

from cxr_demo.film.phantom import EXAMPLES, Phantom, make_example_phantoms
from cxr_demo.film.reading import Radiograph
from cxr_demo.teaching.planted import list_planted, make_radiograph
from cxr_demo.text import examples_text
from cxr_demo.text.catalogue import format_text, say
from cxr_demo.ui.markup import Html, tag

FIRST = 1  # the one that the page opens with


@functools.cache
def _make_films() -> tuple[Phantom, ...]:
    return tuple(make_example_phantoms().values())


def render_examples() -> Html:
    """A button for each example."""
    buttons = [
        tag(
            "button",
            format_text(f"example-{key}"),
            type="button",
            title=f"{examples_text.name_example(key)}. {format_text(f'example-{key}.gloss')}",
            data_example=index,
        )
        for index, key in enumerate(EXAMPLES)
    ]
    heading = tag("p", format_text("examples"))
    return tag("div", heading, *buttons, role="group", aria_label=format_text("examples.label"))


def name_example(index: object) -> str:
    """In the strip; empty if there is no such film."""
    return examples_text.name_example(tuple(EXAMPLES)[index]) if _is_example(index) else ""


def _is_example(index: object) -> TypeGuard[int]:
    return isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(EXAMPLES)


def make_example(index: object) -> tuple[Radiograph, dict[str, np.ndarray]] | None:
    """The film of a button as if it had been uploaded, and the masks (H, W) bool of what was planted, by name; None if
    there is no such button."""
    if not _is_example(index):
        return None
    film = _make_films()[index]
    return make_radiograph(film, (say("example-note"),)), list_planted(film)
