"""Who reads a film when many want to: whoever has waited longest, but for those who have their share already."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cxr_demo.limits import READ_AT_ONCE, READ_AT_ONCE_OF_CLIENT
from cxr_demo.ui.app.sessions import Session


class ReadingPlaces:
    """`READ_AT_ONCE` places, of which one page has at most one, and one client `READ_AT_ONCE_OF_CLIENT`: slow films of
    one person leave a place for others."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._reading: list[Session] = []
        self._waiting: list[Session] = []  # the first has come first

    @contextmanager
    def hold(self, session: Session) -> Iterator[None]:
        with self._changed:
            self._waiting.append(session)
            try:
                self._changed.wait_for(lambda: self._find_next() is session)
                self._reading.append(session)
            finally:
                self._waiting.remove(session)
                self._changed.notify_all()  # another place may be free
        try:
            yield
        finally:
            with self._changed:
                self._reading.remove(session)
                self._changed.notify_all()

    def _find_next(self) -> Session | None:
        if len(self._reading) >= READ_AT_ONCE:
            return None
        return next((session for session in self._waiting if self._may_read(session)), None)

    def _may_read(self, session: Session) -> bool:
        clients = [each.client for each in self._reading]
        return session not in self._reading and clients.count(session.client) < READ_AT_ONCE_OF_CLIENT
