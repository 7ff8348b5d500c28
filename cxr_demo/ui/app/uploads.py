"""The one folder that an upload ever touches, and how it is emptied."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cxr_demo.errors import ImageError
from cxr_demo.limits import LEFT_OVER_S, SWEEP_EVERY_S
from cxr_demo.networks.held_folder import make_held_folder, remove_left_folders

PREFIX = "cxr-demo-uploads-"
ARRIVING = "arriving-"  # the folder of a request that is being received
ARRIVED = "upload-"  # the folder of one file that nobody has read
TAKEN = "taken-"  # a file that is being read


def open_folder() -> Path:
    """A fresh folder of this process's own, for gradio and for `tempfile`; call it before `build`.

    Folders that processes since gone have left behind (killed, power cut) are removed first. The folder goes when
    the process ends, also by SIGTERM, or when its terminal is closed.
    """
    place = Path(tempfile.gettempdir())
    remove_left_folders(place, PREFIX)
    folder, _ = make_held_folder(place, PREFIX)  # its holder is never closed
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    tempfile.tempdir = str(folder)  # gradio writes an upload that is under way into the general temporary folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # of `nohup`
                signal.signal(number, lambda *_: sys.exit(0))  # so that atexit runs
    return folder


@contextlib.contextmanager
def claim_upload(path: str, folder: Path) -> Iterator[Path]:
    """The file of an upload, for one taker alone; it is deleted at the end, whatever happens.

    It is taken by renaming it, which succeeds once. Raises `ImageError` where `path` is not a file that has arrived in
    `folder` and that nobody has taken or swept; such a path is left alone.
    """
    taken = folder / f"{TAKEN}{secrets.token_hex(16)}"
    try:
        file = Path(path).resolve()
        is_ours = file.parent.parent == folder.resolve() and not file.parent.name.startswith(ARRIVING)
        if not is_ours or not file.is_file():
            raise ImageError("upload-gone")
        os.rename(file, taken)
    except (OSError, ValueError):
        raise ImageError("upload-gone") from None
    try:
        yield taken
    finally:
        taken.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # swept meanwhile
            file.parent.rmdir()


def discard_upload(path: str, folder: Path) -> None:
    """Nobody will read it any more; one that is gone already is left at that."""
    with contextlib.suppress(ImageError), claim_upload(path, folder):
        pass


def sweep_folder(folder: Path, older_than_s: float) -> None:
    """Remove files that nobody has written to for that long, then folders that are empty and as old.

    An empty file in `folder` itself goes sooner: gradio makes one for each event that is given an upload.
    """
    now, status = time.time(), {}
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # gone meanwhile
            status[path] = path.lstat()  # before its files go, which changes a folder
    for path in sorted(status, reverse=True):  # children before their folder
        is_left_by_gradio = path.parent == folder and status[path].st_size == 0 and path.is_file()
        wait_s = min(older_than_s, SWEEP_EVERY_S) if is_left_by_gradio else older_than_s
        with contextlib.suppress(OSError):  # not empty, or gone meanwhile
            if status[path].st_mtime < now - wait_s:
                path.rmdir() if path.is_dir() else path.unlink()


def start_sweeping(folder: Path, also: Callable[[], None]) -> None:
    """In the background, for the life of the process: sweep the folder, then call `also`."""

    def run() -> None:
        while True:
            time.sleep(SWEEP_EVERY_S)
            sweep_folder(folder, LEFT_OVER_S)
            also()

    threading.Thread(target=run, name="sweep", daemon=True).start()
