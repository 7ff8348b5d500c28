"""The names under which the page answers: another site's name may be made to lead to this machine (DNS rebinding), and
its scripts would then read what the page says."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from fnmatch import fnmatch


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    """Whether a header Host names this page. An address is no name that could lead elsewhere, and localhost is this
    machine; every browser sends the header, and what does not is no browser."""
    name = host.lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0].removesuffix(".")
    if not name or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return any(fnmatch(name, pattern) for pattern in allowed)
    return True
