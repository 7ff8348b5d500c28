"""Memory comes in large pages, and goes back to the machine once nobody needs it.

What thirty people's films have needed for a moment, glibc keeps for later: 1.7 GB beyond what their pages hold
(measured with `tests.bench.load`). Films and maps are freed in the middle of its heap, so it never gets smaller.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path

PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
TUNABLES, LARGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb"


def begin_with_large_pages() -> None:
    """The program begins again, as the same process, where Linux gives pages of 2 MB to those alone that ask: glibc
    asks when its variable says so, and reads it before anything of Python runs. What a layer computes is fresh memory
    for every layer; in pages of 4 kB it takes a third of the time of a forward and of LRP only to get it. A host that
    has set the variable has chosen."""
    chosen = os.environ.get(TUNABLES, "")
    if LARGE_PAGES in chosen or not sys.executable or sys.platform != "linux":
        return
    try:
        if "[madvise]" not in PAGES.read_text(encoding="ascii") or not os.confstr("CS_GNU_LIBC_VERSION"):
            return
    except (OSError, ValueError):  # a system without them, or another library than glibc
        return
    os.environ[TUNABLES] = ":".join(filter(None, [chosen, f"{LARGE_PAGES}=1"]))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


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
