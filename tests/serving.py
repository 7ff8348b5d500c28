"""`app.py` in a process of its own, for as long as a test needs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_S = 400  # importing torch and gradio on a busy machine


@dataclass
class Server:
    """`scratch`: its folder for temporary files; `log`: all that it said."""

    url: str
    scratch: Path
    process: subprocess.Popen
    log: Path

    def left_files(self) -> list[Path]:
        return [path for path in self.scratch.rglob("*") if path.is_file() and path.stat().st_size]

    def measure_memory_mb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


def find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serve_app(
    scratch: Path, settings: Mapping[str, str], folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """The page of `folder`, ready; `settings` come to the environment, which is this process's where none is given."""
    log, port = scratch.with_suffix(".log"), find_port()
    scratch.mkdir(exist_ok=True)
    whole = {name: value for name, value in (environment or os.environ).items() if name != "GRADIO_TEMP_DIR"}
    whole |= {"TMPDIR": str(scratch), "PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1", **settings}
    with log.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=folder, env=whole, stdout=sink, stderr=sink)
    server = Server(f"http://127.0.0.1:{port}", scratch, process, log)
    try:
        end = time.monotonic() + STARTS_WITHIN_S
        while f"Ready: {server.url}" not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
