"""The words of the films to try, and of what was planted in them."""

from __future__ import annotations

from collections.abc import Iterable

from cxr_demo.text.catalogue import format_text

PLANTED = {
    "planted cardiomegaly": "planted-cardiomegaly",
    "planted nodule": "planted-nodule",
    "planted mass": "planted-mass",
    "planted consolidation": "planted-consolidation",
    "planted effusion": "planted-effusion",
    "letters": "planted-letters",
}


def name_example(key: str) -> str:
    """A key of `film.phantom.EXAMPLES`, as it is called apart from the others."""
    return format_text("example", name=format_text(f"example-{key}"))


def describe_planted(names: Iterable[str]) -> str:
    """What the outlines are of; names as `teaching.planted.list_planted` has them."""
    return format_text("planted", names=", ".join(format_text(PLANTED[name]) for name in names))
