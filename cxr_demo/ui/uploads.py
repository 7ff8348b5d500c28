"""The one folder that an upload ever touches, and how it is emptied."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cxr_demo.limits import LEFT_OVER_S, SWEEP_EVERY_S

PREFIX = "cxr-demo-uploads-"


def open_folder() -> Path:
    """A fresh folder of this process's own, for gradio and for `tempfile`; call it before `build`.

    Folders that processes since gone have left behind (killed, power cut) are removed first. The folder goes when
    the process ends, also by SIGTERM.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not _owner_lives(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    tempfile.tempdir = str(folder)  # gradio writes an upload that is under way into the general temporary folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that atexit runs
    return folder


def delete_upload(path: str, folder: Path) -> None:
    """Remove an uploaded file and the folder gradio made for it; a path outside `folder` is left alone."""
    file = Path(path)
    if folder.resolve() not in file.resolve().parents:
        return
    file.unlink(missing_ok=True)
    if file.parent != folder and not any(file.parent.iterdir()):
        file.parent.rmdir()


def sweep_folder(folder: Path, older_than_s: float) -> None:
    """Remove files that nobody has written to for that long, then empty folders."""
    oldest = time.time() - older_than_s
    for path in sorted(folder.rglob("*"), reverse=True):  # children before their folder
        try:
            if path.is_dir():
                path.rmdir()
            elif path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:  # not empty, or gone meanwhile
            continue


def start_sweeping(folder: Path, also: Callable[[], None]) -> None:
    """In the background, for the life of the process: sweep the folder, then call `also`."""

    def run() -> None:
        while True:
            time.sleep(SWEEP_EVERY_S)
            sweep_folder(folder, LEFT_OVER_S)
            also()

    threading.Thread(target=run, name="sweep", daemon=True).start()


def _owner_lives(folder: Path) -> bool:
    pid = folder.name.removeprefix(PREFIX).partition("-")[0]
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
