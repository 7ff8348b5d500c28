"""`app.py` in a process of its own, for as long as a test needs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENDS_WITHIN_S = 180
STARTS_WITHIN_S = 400  # importing torch and gradio on a busy machine


@dataclass
class Server:
    """`scratch`: its folder for temporary files; `log`: all that it said."""

    url: str
    scratch: Path
    process: subprocess.Popen
    log: Path

    def left_files(self) -> list[Path]:
        """Those with something in them."""
        found = []
        for path in self.scratch.rglob("*"):
            with suppress(OSError):  # gone meanwhile
                if path.is_file() and path.stat().st_size:
                    found.append(path)
        return found

    def measure_memory_mb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024

    def end(self, number: int = signal.SIGTERM) -> int:
        """What it ends with. It is killed where it does not end by itself."""
        self.process.send_signal(number)
        try:
            return self.process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start_app(
    scratch: Path, settings: Mapping[str, str], folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Server:
    """The page of `folder`, ready; `settings` come to the environment, which is this process's where none is given."""
    log, port = scratch.with_suffix(".log"), find_port()
    scratch.mkdir(parents=True, exist_ok=True)
    whole = {name: value for name, value in (environment or os.environ).items() if name != "GRADIO_TEMP_DIR"}
    whole |= {"TMPDIR": str(scratch), "PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1", **settings}
    with log.open("ab") as sink:  # after what another one has said
        process = subprocess.Popen([sys.executable, "app.py"], cwd=folder, env=whole, stdout=sink, stderr=sink)
    server = Server(f"http://127.0.0.1:{port}", scratch, process, log)
    try:
        end = time.monotonic() + STARTS_WITHIN_S
        while f"Ready: {server.url}" not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.2)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return server


@contextmanager
def serve_app(
    scratch: Path, settings: Mapping[str, str], folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """`start_app` for as long as it is needed."""
    server = start_app(scratch, settings, folder, environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()
