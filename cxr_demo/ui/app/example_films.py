"""Drawn films to try without an upload; what was planted in them is known to the pixel."""

from __future__ import annotations

import functools
from typing import TypeGuard

import numpy as np

from cxr_demo.film.phantom import Phantom, make_example_phantoms
from cxr_demo.film.reading import Radiograph
from cxr_demo.teaching.shortcut_lesson import list_planted, make_radiograph
from cxr_demo.text import examples_text
from cxr_demo.ui.markup import Html, tag

FIRST = 1  # the one that the page opens with


@functools.cache
def _make_films() -> tuple[tuple[str, str, Phantom], ...]:
    return make_example_phantoms()


def render_examples() -> Html:
    """A button for each example."""
    buttons = [
        tag(
            "button",
            name.removeprefix(examples_text.SYNTHETIC),
            type="button",
            title=f"{name}. {gloss}",
            data_example=index,
        )
        for index, (name, gloss, _) in enumerate(_make_films())
    ]
    return tag("div", tag("p", examples_text.OR), *buttons, role="group", aria_label=examples_text.TRY)


def name_example(index: object) -> str:
    """In the strip; empty if there is no such film."""
    return _make_films()[index][0] if _is_example(index) else ""


def _is_example(index: object) -> TypeGuard[int]:
    return isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(_make_films())


def make_example(index: object) -> tuple[Radiograph, dict[str, np.ndarray]] | None:
    """The film of a button as if it had been uploaded, and the masks (H, W) bool of what was planted, by name; None if
    there is no such button."""
    if not _is_example(index):
        return None
    film = _make_films()[index][2]
    return make_radiograph(film, (examples_text.NOTE,)), list_planted(film)
