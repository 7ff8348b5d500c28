"""A server under fire: `app.py` in a process of its own with two small networks, and people who use it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import httpx
from gradio_client.utils import apply_diff

from tests.serving import ROOT, start_app

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
NETWORKS = ("phantom-honest", "phantom-cheat")
SECONDS = 180  # until whatever is waited for is given up


class Server:
    """`scratch`: all that it may leave on a disk; `log`: all that it says; `foreign`: addresses it spoke with that are
    not this machine's."""

    def __init__(self, place: Path, settings: Mapping[str, str] = NO_SETTINGS) -> None:
        weights = place / "weights"
        weights.mkdir(exist_ok=True)
        for name in NETWORKS:
            if not (weights / name).exists():
                (weights / name).symlink_to(ROOT / "weights" / name)
        slow = str(Path(__file__).parent / "slow_decoder")
        # of all its processors, also where the programs of this run have one each
        own = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
        self.app = start_app(
            place / "scratch",
            {"CXR_WEIGHTS": str(weights), "CXR_CACHE": str(place / "cache"),
             "PYTHONPATH": os.pathsep.join([slow, str(ROOT)]), **settings},
            environment=own,
        )  # fmt: skip
        self.url, self.scratch, self.log, self.process = self.app.url, self.app.scratch, self.app.log, self.app.process
        self.foreign: set[str] = set()
        try:
            threading.Thread(target=self._watch_sockets, daemon=True).start()
            self.config = httpx.get(f"{self.url}/config", timeout=SECONDS).json()
        except BaseException:
            self.end(signal.SIGKILL)
            raise
        self.events = {
            name: dependency["id"] for dependency in self.config["dependencies"] for _, name in dependency["targets"]
        }

    def list_left(self) -> list[Path]:
        return self.app.left_files()

    def count_left_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.list_left())

    def measure_memory(self) -> int:
        """In MB."""
        return self.app.measure_memory_mb()

    def end(self, number: int = signal.SIGTERM) -> int:
        return self.app.end(number)

    def _watch_sockets(self) -> None:
        while self.process.poll() is None:
            with suppress(OSError):
                self.foreign |= list_foreign_addresses(self.process.pid)
            time.sleep(0.2)


def list_foreign_addresses(number: int) -> set[str]:
    """Those at the other end of the connections of a process, but for this machine's own."""
    own = set()
    for link in Path(f"/proc/{number}/fd").iterdir():
        with suppress(OSError):
            own.add(os.readlink(link).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{number}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, port = fields[2].split(":")
            is_local = address in ("0100007F", "0" * 24 + "01000000", "0000000000000000FFFF00000100007F")
            if fields[9] in own and port != "0000" and not is_local and set(address) != {"0"}:
                found.add(fields[2])
    return found


@contextmanager
def serve(place: Path, settings: Mapping[str, str] = NO_SETTINGS) -> Iterator[Server]:
    server = Server(place, settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()


def wait_until(holds, seconds: float = SECONDS) -> bool:
    end = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(found)


class Person:
    """What the page's script does: it sends presses with their numbers, and follows until the page is at rest."""

    def __init__(self, server: Server, key: str) -> None:
        self.server, self.key, self.number = server, key, 0
        self.client = httpx.Client(base_url=server.url, timeout=SECONDS)
        self.bodies: dict[str, dict] = {}
        self.heard = b""  # all that the server has said

    def upload(self, data: bytes, name: str) -> dict:
        answer = self.client.post("/gradio_api/upload", files={"files": (name, data)})
        self.heard += answer.content
        arrived = {"path": answer.json()[0]} if answer.is_success else {"fault": answer.text}
        return self.press("take_film", name=name, **arrived)

    def press(self, intention: str, **data) -> dict:
        self.number += 1
        answer = self.client.post("/gradio_api/run/predict", json=self._describe(intention, data)).raise_for_status()
        self.heard += answer.content
        return self._read(answer.json()["data"][0])

    def settle(self) -> dict:
        """What stands in each part in the end."""
        self.client.post("/gradio_api/queue/join", json=self._describe("follow", {})).raise_for_status()
        value, parts = None, {}
        with self.client.stream("GET", f"/gradio_api/queue/data?session_hash={self.key}") as stream:
            for line in stream.iter_lines():
                self.heard += line.encode()
                message = json.loads(line.removeprefix("data: ")) if line else {}
                if message.get("msg") not in ("process_generating", "process_completed"):
                    continue
                (given,) = message["output"]["data"]
                is_last = message["msg"] == "process_completed"
                value = given if value is None or is_last else apply_diff(value, given)
                parts = self._read(value)
                if is_last:
                    return parts
        raise AssertionError("the stream ended before the page was at rest")

    def _describe(self, event: str, data: dict) -> dict:
        data = {**data, "press": self.number, "have": list(self.bodies)}
        fn_index = self.server.events[event]
        return {"data": [], "fn_index": fn_index, "session_hash": self.key, "event_data": data}

    def _read(self, value: dict) -> dict:
        self.bodies |= value["bodies"]
        return {name: self.bodies[id_] for name, id_ in value["parts"].items()}
