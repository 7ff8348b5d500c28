"""Groups: films that are worked on side by side, and go through each network together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

Result = TypeVar("Result")


class Group:
    """As many threads as films. What one of them asks a network waits until all the others ask something too, or have
    ended: so a network gets as many films at once as there are, and the same ones in every run."""

    def __init__(self, members: int) -> None:
        self._state = threading.Lock()
        self._working, self._is_over = members, False
        self._asking: dict[int, Callable[[], None]] = {}  # place -> what hands the question over
        self._all_ask = threading.Event()

    def run(self, place: int, work: Callable[..., Result], *given: object) -> Result:
        """`work(*given)`, of the member at `place`; to be called once for each, in a context of its own."""
        _MEMBER.set((self, place))
        try:
            return work(*given)
        finally:
            with self._state:
                self._count_out()

    def disband(self) -> None:
        """Nobody waits for the others any more: some of them may never come."""
        with self._state:
            self._is_over = True
            self._hand_over()

    def wait(self, place: int, hand_over: Callable[[], None]) -> None:
        """Until all ask, and until `hand_over` has been called, in the order of the places."""
        with self._state:
            if self._is_over:
                return hand_over()
            self._asking[place], all_ask = hand_over, self._all_ask
            self._count_out()
        all_ask.wait()

    def _count_out(self) -> None:
        """One works no more; under the lock."""
        self._working -= 1
        if self._working == 0:
            self._hand_over()

    def _hand_over(self) -> None:
        for _, hand_over in sorted(self._asking.items()):
            hand_over()
        self._working, self._asking = len(self._asking), {}
        self._all_ask.set()
        self._all_ask = threading.Event()


_MEMBER: ContextVar[tuple[Group, int] | None] = ContextVar("member", default=None)


def get_group() -> Group | None:
    """Whose member this thread is."""
    member = _MEMBER.get()
    return member and member[0]


def hand_over_together(hand_over: Callable[[], None]) -> None:
    """When all of this thread's group ask; at once where it is no member of any."""
    member = _MEMBER.get()
    if member is None:
        hand_over()
    else:
        member[0].wait(member[1], hand_over)
