"""The page in pieces: each part is a body of its own, and a body goes to a browser once.

A value of the page names the body of every part by its id, which is a digest of the content. The browser says which
bodies it has, so only the others travel; a picture is a body too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from cxr_demo.limits import KEPT_PARTS
from cxr_demo.text.catalogue import LANGUAGE


@dataclass(frozen=True)
class Part:
    """A part as it shall look now: `body`, and the `pictures` that it names, by id."""

    id: str
    body: dict
    pictures: dict[str, dict] = field(default_factory=dict)


def make_part(body: dict, pictures: dict[str, dict] | None = None) -> Part:
    return Part(make_id(body), body, pictures or {})


def make_id(body: object) -> str:
    """Equal content has one id."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


class RenderedParts:
    """The parts of one page as they were rendered, each by its name and what it was made of; the last `KEPT_PARTS` of a
    name."""

    def __init__(self) -> None:
        self._known: dict[str, dict[tuple, Part]] = {}

    def keep(self, name: str, made_of: tuple, make: Callable[[], dict | Part]) -> Part:
        """The part as it was made before, unless it is made of something else by now, or read in another language."""
        made_of = (LANGUAGE.get(), *made_of)
        known = self._known.setdefault(name, {})
        part = known.pop(made_of, None)
        if part is None:
            made = make()
            part = made if isinstance(made, Part) else make_part(made)
        known[made_of] = part  # at the end
        for oldest in list(known)[:-KEPT_PARTS]:
            del known[oldest]
        return part

    def list_parts(self, name: str) -> list[Part]:
        """Those of a name, the last used at the end."""
        return list(self._known.get(name, {}).values())

    def clear(self) -> None:
        self._known.clear()


class Same:
    """Equal to another of the very same object, which it keeps alive."""

    __slots__ = ("_it",)

    def __init__(self, it: object) -> None:
        self._it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other._it is self._it

    def __hash__(self) -> int:
        return id(self._it)
