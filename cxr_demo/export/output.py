"""Folders and files that results are written into: what lies there is never mixed with what comes, nor replaced
unasked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from cxr_demo.errors import CxrError
from cxr_demo.networks.whole_file import move_files, open_scratch, write_file

RESULT_FILE = "result.json"
FORMAT = 1  # of what JSON holds: goes up when a field is renamed, or means something else


def check_output(folder: Path, sign: str, overwrite: bool = False) -> None:
    """CxrError where `folder` holds the file `sign`, by which an earlier result is known, and is not to be replaced."""
    if (folder / sign).exists() and not overwrite:
        raise CxrError("out-earlier", folder=str(folder), file=sign)


@contextlib.contextmanager
def open_output(folder: Path, overwrite: bool = False) -> Iterator[Path]:
    """A new folder to write one result into. At the end its files are moved to `folder`, RESULT_FILE last, and those
    of the result that was there before are gone; after an error all is as it was. CxrError where `check_output` raises
    one or the disk refuses."""
    check_output(folder, RESULT_FILE, overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open_scratch(folder) as scratch:
            yield scratch
            for name in _list_earlier(folder):
                (folder / name).unlink(missing_ok=True)
            move_files(scratch, folder, RESULT_FILE)
    except OSError as error:
        raise CxrError("out-not-written", why=str(error.strerror)) from error


def check_new_file(path: Path, overwrite: bool) -> None:
    """CxrError where a file would take the place of one that is not to be replaced."""
    if path.is_dir():
        raise CxrError("report-folder", path=str(path))
    if path.exists() and not overwrite:
        raise CxrError("report-exists", path=str(path))


def write_new_file(path: Path, content: bytes | str) -> None:
    """It is there whole or not at all. CxrError where the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content)
    except OSError as error:
        raise CxrError("report-unwritten", reason=error.strerror or type(error).__name__) from error


def _list_earlier(folder: Path) -> list[str]:
    """The pictures that the result in `folder` names, and itself; nothing where there is none that can be read."""
    try:
        maps = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))["maps"].values()
        named = [name for of_map in maps for name in (of_map.get("overlay"), *of_map.get("overlays", {}).values())]
    except (OSError, ValueError, KeyError, AttributeError):
        return []
    return [*(name for name in named if isinstance(name, str) and Path(name).name == name), RESULT_FILE]
