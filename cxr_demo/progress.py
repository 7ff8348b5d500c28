"""Between two steps of long work: what a caller does there, and how the steps of a part count in the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

ProgressCallback = Callable[[float, float], None]
"""`on_progress(done, total)`: `done` of `total`, in any unit and also in fractions. It tells a person, lets others have
the network, or raises to end the work there."""


def ignore_progress(done: float, total: float) -> None:
    """Do nothing between two steps."""


def subrange(on_progress: ProgressCallback, before: float, share: float, total: float) -> ProgressCallback:
    """The callback of a part that takes `share` of `total`, when `before` of it is done."""
    return lambda done, of: on_progress(before + share * done / of, total)


@contextmanager
def show_progress() -> Iterator[ProgressCallback]:
    """On a terminal, in percent."""
    from tqdm import tqdm

    with tqdm(total=100, unit="%", leave=False, disable=None) as bar:

        def on_progress(done: float, total: float) -> None:
            bar.update(int(100 * done / total) - bar.n)

        yield on_progress
