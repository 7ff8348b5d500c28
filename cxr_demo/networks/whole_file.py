"""The one way to write a file: whoever reads it, also after a crash, finds the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from cxr_demo.networks.held_folder import make_held_folder, remove_left_folders

SCRATCH = ".part-"


def write_file(path: Path, content: bytes | str | Callable[[Path], object]) -> None:
    """Bytes, a text as UTF-8, or what a function writes to the path that it is given: of the same name, beside `path`,
    whose place it then takes. OSError where the disk refuses. Nothing is left behind, but by a process that was killed,
    and that goes when the next file is written there."""
    with open_scratch(path.parent) as folder:
        scratch = folder / path.name
        if callable(content):
            content(scratch)
        else:
            scratch.write_bytes(content.encode() if isinstance(content, str) else content)
        sync(scratch)
        scratch.replace(path)
    sync(path.parent)


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
    remove_left_folders(folder, SCRATCH)
    made, holder = make_held_folder(folder, SCRATCH)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        if holder is not None:
            os.close(holder)
