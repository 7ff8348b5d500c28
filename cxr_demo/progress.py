"""Between two steps of long work: what a caller does there, and how the steps of a part count in the whole."""

from __future__ import annotations

from collections.abc import Callable

ProgressCallback = Callable[[float, float], None]
"""`on_progress(done, total)`: `done` of `total`, in any unit and also in fractions. It tells a person, lets others have
the network, or raises to end the work there."""


def ignore_progress(done: float, total: float) -> None:
    """Do nothing between two steps."""


def subrange(on_progress: ProgressCallback, before: float, share: float, total: float) -> ProgressCallback:
    """The callback of a part that takes `share` of `total`, when `before` of it is done."""
    return lambda done, of: on_progress(before + share * done / of, total)
