"""The process that reads the films of a page, each in a child of its own that ends with it.

Run by `bounded_reading`. It has one thread and has loaded what reading needs, so a child is there at once, and nothing
of one film is left for the next. A request on its standard input, a socket, is a line of JSON (`path`, `cpu_seconds`,
`spare_bytes`) with one end of a connection; on that the child writes its number and what `film_message` makes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import NoReturn

import cv2

from cxr_demo.errors import ImageError
from cxr_demo.film.film_message import encode_film, encode_refusal
from cxr_demo.film.reading import read_image

REQUEST_BYTES = 16_384
POLITE = 5  # how far a film stands back, for those who look at one that is open


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended children leave nothing behind
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the page ends us, by closing the socket
    cv2.setNumThreads(1)
    with socket.socket(fileno=0) as requests:
        while True:
            line, ends, _, _ = socket.recv_fds(requests, REQUEST_BYTES, 1)
            if not line:
                return
            if os.fork() == 0:
                _serve(line, ends[0])
            for end in ends:
                os.close(end)


def _serve(line: bytes, end: int) -> NoReturn:
    try:
        with socket.socket(fileno=end) as answer:
            _read(answer, **json.loads(line))
    finally:  # whatever happens, a child is never a second server
        os._exit(0)


def _read(answer: socket.socket, path: str, cpu_seconds: int, spare_bytes: int) -> None:
    answer.sendall(f"{os.getpid()}\n".encode())
    _limit(cpu_seconds, spare_bytes)
    try:
        line, arrays = encode_film(read_image(path))
    except ImageError as error:
        line, arrays = encode_refusal(error), []
    for part in (line, *arrays):
        answer.sendall(part)


def _limit(cpu_seconds: int, spare_bytes: int) -> None:
    """Time of a processor, and memory beyond what is taken; the kernel ends what passes the first."""
    import resource

    os.nice(POLITE)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm") as sizes:
            taken = int(sizes.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux: time alone
        return
    resource.setrlimit(resource.RLIMIT_AS, (taken + spare_bytes, taken + spare_bytes))


if __name__ == "__main__":
    main()
