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
BEGUN = "BEGUN_WITH_LARGE_PAGES"  # the process that has begun again
LEAST_GLIBC = 2, 35  # that knows LARGE_PAGES
M_ARENA_MAX = -8  # of glibc's malloc.h
HEAPS = 4  # own choice: with two, threads wait for each other, and a list of films takes a tenth longer


def begin_with_large_pages() -> None:
    """The program begins again, as the same process, where Linux gives pages of 2 MB to those alone that ask: glibc
    asks when its variable says so, and reads it before anything of Python runs. What a layer computes is fresh memory
    for every layer; in pages of 4 kB one person waits half as long again for a film's maps. A host that has set the
    variable has chosen."""
    chosen = os.environ.get(TUNABLES)
    if LARGE_PAGES in (chosen or "") or os.environ.get(BEGUN) == str(os.getpid()):
        return
    if not (_gives_large_pages() and _is_command_line()):
        return
    os.environ[TUNABLES] = ":".join(filter(None, [chosen, f"{LARGE_PAGES}=1"]))
    os.environ[BEGUN] = str(os.getpid())
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError:  # an interpreter that has gone, or may not be begun: it goes on as it is
        del os.environ[TUNABLES], os.environ[BEGUN]
        if chosen is not None:
            os.environ[TUNABLES] = chosen


def _gives_large_pages() -> bool:
    try:
        library, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        is_new = library == "glibc" and tuple(map(int, version.split(".")[:2])) >= LEAST_GLIBC
        return is_new and "[madvise]" in PAGES.read_text(encoding="ascii")
    except (AttributeError, OSError, ValueError):  # another system, or another library
        return False


def _is_command_line() -> bool:
    """Whether the command line alone makes this program: no debugger, notebook or other program runs it inside, and
    nothing of it came by standard input."""
    given, own = sys.orig_argv, sys.argv
    if sys.flags.inspect or sys.gettrace() is not None or not 0 < len(own) < len(given) or not Path(own[0]).is_file():
        return False
    return given[-len(own)] == own[0] or given[-len(own) - 1] == "-m"


def give_back_memory() -> bool:
    """Whether some went back; False also where the system's library has no way to say so."""
    return _ask_glibc("malloc_trim", 0)


def share_heaps() -> bool:
    """Whether threads that begin from now on share HEAPS heaps: glibc gives one to each of a dozen that read films, and
    each keeps what the largest film in it has needed."""
    return _ask_glibc("mallopt", M_ARENA_MAX, HEAPS)


def _ask_glibc(name: str, *values: int) -> bool:
    if sys.platform != "linux":
        return False
    function = getattr(ctypes.CDLL(None), name, None)  # musl has none of them
    return bool(function and function(*values))


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
