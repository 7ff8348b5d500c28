"""Memory goes back to the machine once nobody needs it.

What thirty people's films have needed for a moment, glibc keeps for later: 1.7 GB beyond what their pages hold
(measured with `tests.bench.load`). Films and maps are freed in the middle of its heap, so it never gets smaller.
"""

from __future__ import annotations

import ctypes
import sys


def give_back_memory() -> bool:
    """Whether some went back; False also where the system's library has no way to say so."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    return bool(trim and trim(0))
