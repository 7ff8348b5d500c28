"""Folders for what is unfinished, each held by its process, so that those of killed processes can be told and removed.

A lock says whose folder it is: the kernel releases it when the process ends, however that ends. A process number in the
name would not do: in a container every server has the same, and on a shared disk another machine's means nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def make_held_folder(place: Path, prefix: str) -> tuple[Path, int | None]:
    """A fresh folder in `place`, and the descriptor that holds it for as long as it is open; None where the system or
    the disk has no locks: such a folder is never taken for one that was left. OSError where it cannot be made."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=place, prefix=prefix))
        try:
            holder = _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # a process that looks for left ones has taken it for one
            continue
        except OSError:
            return folder, None
        if folder.exists():
            return folder, holder
        os.close(holder)


def remove_left_folders(place: Path, prefix: str) -> None:
    """Those in `place` that processes since gone have left behind (killed, power cut)."""
    for left in place.glob(f"{prefix}*"):
        try:
            holder = _lock(left)
        except OSError:  # somebody's, gone meanwhile, or no folder of ours
            continue
        shutil.rmtree(left, ignore_errors=True)
        os.close(holder)


def _lock(folder: Path) -> int:
    """OSError where another has it, where it is no folder, or where there are no locks."""
    if sys.platform == "win32":
        raise OSError("no locks of folders")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
