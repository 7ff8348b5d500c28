"""Between two steps of long work: what a caller does there, and how the steps of a part count in the whole."""

from __future__ import annotations

from collections.abc import Callable

Pause = Callable[[float, float], None]
"""`pause(done, total)`: `done` of `total`, in any unit and also in fractions. It tells a person, lets others have the
network, or raises to end the work there."""


def no_pause(done: float, total: float) -> None:
    """The pause that does nothing."""


def within(pause: Pause, before: float, share: float, total: float) -> Pause:
    """The pause of a part that takes `share` of `total`, when `before` of it is done."""
    return lambda done, of: pause(before + share * done / of, total)
