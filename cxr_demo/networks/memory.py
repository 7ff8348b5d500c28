"""Memory goes back to the machine once nobody needs it.

What thirty people's films have needed for a moment, glibc keeps for later: 1.7 GB beyond what their pages hold
(measured with `tests.bench.load`). Films and maps are freed in the middle of its heap, so it never gets smaller.
"""

from __future__ import annotations

import ctypes
import sys
import time


def give_back_memory() -> bool:
    """Whether some went back; False also where the system's library has no way to say so."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    return bool(trim and trim(0))


class FreedMemory:
    """Gives memory back where some may have been freed since: glibc looks through all of its heap, and whoever needs
    memory meanwhile waits."""

    def __init__(self) -> None:
        self._stand: tuple[int, int] | None = None

    def give_back(self, changes: int) -> bool:
        """`changes`: how often somebody has ended what frees memory. What nobody counts, as maps made ahead, is seen by
        a second that the processor has worked."""
        stand = changes, int(time.process_time())
        if stand == self._stand:
            return False
        self._stand = stand
        return give_back_memory()
