"""The one way to write a file: whoever reads it, also after a crash, finds the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ENDING, SCRATCH = ".part", ".part-"


def write_file(path: Path, content: bytes | str | Callable[[Path], object]) -> None:
    """Bytes, a text as UTF-8, or what a function writes to the path that it is given: beside `path`, whose place it
    then takes. OSError where the disk refuses. Nothing is left behind, but by a process that was killed, and that goes
    when the same file is written again."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}{ENDING}")
    try:
        if callable(content):
            content(scratch)
        else:
            scratch.write_bytes(content.encode() if isinstance(content, str) else content)
        sync(scratch)
        scratch.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise
    sync(path.parent)
    _remove_left_over(path)


def move_files(source: Path, target: Path, last: str) -> None:
    """All files of a folder into another one of the same disk, each whole, the one called `last`, by which others know
    that all are there, after the others."""
    for path in source.iterdir():
        sync(path)
    for path in sorted(source.iterdir(), key=lambda path: (path.name == last, path.name)):
        if path.name == last:
            sync(target)
        path.replace(target / path.name)
    sync(target)


def sync(path: Path) -> None:
    """What was written to a file, or the names in a folder, are on the disk; where the system has no such promise for
    folders, nothing."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        if path.is_dir():  # Windows
            return
        raise
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(handle)


@contextlib.contextmanager
def open_scratch(folder: Path) -> Iterator[Path]:
    """A new folder inside `folder`, which is gone at the end; those that killed processes have left go now."""
    for left in folder.glob(f"{SCRATCH}*"):
        if not _is_alive(left.name.removeprefix(SCRATCH).partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{SCRATCH}{os.getpid()}-") as made:
        yield Path(made)


def _remove_left_over(path: Path) -> None:
    """What killed processes have begun of this file."""
    with contextlib.suppress(OSError):
        for left in path.parent.glob(f".{glob.escape(path.name)}.*{ENDING}"):
            if not _is_alive(left.name.removesuffix(ENDING).rpartition(".")[2].partition("-")[0]):
                left.unlink(missing_ok=True)


def _is_alive(process: str) -> bool:
    """Whether a process of this number is running, which may be another one than meant; what is no number is left
    alone too."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return True
