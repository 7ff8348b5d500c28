"""Films read in a process of their own, with an end: `read_bounded(path)`, for a page that many share.

A decoder may be sent into minutes of work or into a fault by a file of a few kilobytes. Here one that passes its time
is ended with a sentence, and one that fails takes nothing with it. What comes back is data, never code.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from cxr_demo.errors import ImageError
from cxr_demo.film.film_message import decode_line, list_arrays
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.limits import READ_CLOCK_SECONDS, READ_SECONDS, READ_SPARE_BYTES

LINE_BYTES = 64 * 1024
HAS_LIMITS = sys.platform == "linux"  # elsewhere films are read in this process
ROOT = Path(__file__).parents[2]


def read_bounded(path: Path) -> Radiograph:
    """`reading.read_image`, in a process of its own. Thread-safe. Raises its `ImageError`, and one for a film that
    takes more than READ_SECONDS of a processor, or READ_CLOCK_SECONDS by the clock, or makes a decoder fail."""
    return get_reader().read(path) if HAS_LIMITS else read_image(path)


def start_reader() -> None:
    """So that the first film need not wait for the process. It ends when this one ends, however that does."""
    if HAS_LIMITS:
        get_reader().start()


class _ReaderGone(Exception):
    """The process has ended before it began with the film."""


class FilmReader:
    """One process that reads films, started when it is first wanted, and again where it has gone."""

    def __init__(
        self,
        seconds: int = READ_SECONDS,
        spare_bytes: int = READ_SPARE_BYTES,
        clock_seconds: float = READ_CLOCK_SECONDS,
    ) -> None:
        self.seconds, self.spare_bytes, self.clock_seconds = seconds, spare_bytes, clock_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._requests: socket.socket | None = None

    def start(self) -> None:
        with self._lock:
            self._get_requests()

    def read(self, path: Path) -> Radiograph:
        try:
            return self._read_once(path)
        except _ReaderGone:  # it was ended from outside a moment ago: another one is started
            self.close()
            try:
                return self._read_once(path)
            except _ReaderGone:
                raise ImageError("film-unreadable") from None

    def close(self) -> None:
        with self._lock:
            if self._requests is not None:
                self._requests.close()
            if self._process is not None:
                self._process.wait()
            self._process = self._requests = None

    def _read_once(self, path: Path) -> Radiograph:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._ask(path, theirs)
            return _receive(ours, self.seconds, self.clock_seconds)

    def _ask(self, path: Path, end: socket.socket) -> None:
        limits = {"cpu_seconds": self.seconds, "spare_bytes": self.spare_bytes}
        request = json.dumps({"path": str(path), **limits}).encode()
        with self._lock:
            try:
                socket.send_fds(self._get_requests(), [request], [end.fileno()])
            except OSError:
                raise _ReaderGone from None

    def _get_requests(self) -> socket.socket:
        """The socket of a process that lives; under the lock."""
        if self._requests is not None and self._process is not None and self._process.poll() is None:
            return self._requests
        if self._requests is not None:
            self._requests.close()
        # Each request is one message, so that no two of them run into each other.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cxr_demo.film.reader_process"],
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
            )  # fmt: skip
        self._requests = ours
        return ours


@functools.cache
def get_reader() -> FilmReader:
    reader = FilmReader()
    atexit.register(reader.close)
    return reader


def _receive(connection: socket.socket, seconds: int, clock_seconds: float) -> Radiograph:
    """What the child has to say. ImageError where it does not come to its end."""
    begun, number = time.monotonic(), 0
    end = begun + clock_seconds
    try:
        number = int(_read_line(connection, end))
        film = decode_line(_read_line(connection, end))
        for array in list_arrays(film):
            _fill(array.data.cast("B"), connection, end)
    except TimeoutError:
        if number:
            _end(number)
        raise ImageError("film-too-slow", seconds=round(clock_seconds)) from None
    except (ValueError, KeyError, TypeError, OSError):  # the kernel has ended it, or a decoder has
        if not number:
            raise _ReaderGone from None
        is_late = time.monotonic() - begun >= seconds
        raise (ImageError("film-too-slow", seconds=seconds) if is_late else ImageError("film-unreadable")) from None
    film.pixels.setflags(write=False)
    return film


def _read_line(connection: socket.socket, end: float) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        connection.settimeout(max(0.001, end - time.monotonic()))
        if not (byte := connection.recv(1)) or len(line) > LINE_BYTES:
            raise ValueError("the reader has ended")
        line += byte
    return line


def _fill(place: memoryview, connection: socket.socket, end: float) -> None:
    while place:
        connection.settimeout(max(0.001, end - time.monotonic()))
        if not (count := connection.recv_into(place)):
            raise ValueError("the reader has ended")
        place = place[count:]


def _end(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)
