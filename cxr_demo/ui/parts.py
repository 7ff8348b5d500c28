"""The page in pieces: each part is a body of its own, and a body goes to a browser once.

A value of the page names the body of every part by its id, which is a digest of the content. The browser says which
bodies it has, so only the others travel; a picture is a body too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field


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


class Same:
    """Equal to another of the very same object, which it keeps alive."""

    __slots__ = ("_it",)

    def __init__(self, it: object) -> None:
        self._it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other._it is self._it

    def __hash__(self) -> int:
        return id(self._it)
