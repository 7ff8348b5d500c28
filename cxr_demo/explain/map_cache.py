"""Maps that were made: those that somebody holds, the last ones within a limit of memory, and who makes one now."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from cxr_demo.limits import PROGRESS_EVERY_S
from cxr_demo.networks.turns import Turns
from cxr_demo.progress import ProgressCallback

Key = tuple[str, ...]


class Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


Map = TypeVar("Map", bound=Sized)


class MapCache(Generic[Map]):
    """Maps, the least recently used leave first; safe for threads. One that has left is still found for as long as
    whoever asked for it keeps it: with a limit of 0 bytes nothing outlives those who look at it."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes, self._bytes = limit_bytes, 0
        self._kept: OrderedDict[Key, Map] = OrderedDict()
        self._living: WeakValueDictionary[Key, Map] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Map | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._living.get(key)

    def put(self, key: Key, map_: Map) -> None:
        with self._lock:
            if (old := self._kept.pop(key, None)) is not None:
                self._bytes -= old.nbytes
            self._kept[key] = self._living[key] = map_
            self._bytes += map_.nbytes
            while self._bytes > self._limit_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.nbytes


class SharedMaps(Generic[Map]):
    """Each map is made once, whoever asks for it at the same time or while somebody still has it."""

    def __init__(self, turns: Turns, limit_bytes: int) -> None:
        self._turns, self._cache = turns, MapCache[Map](limit_bytes)
        self._state = threading.Lock()
        self._making: dict[Key, threading.Event] = {}

    def find_or_make(
        self, keys: Sequence[Key], make: Callable[[Sequence[Key]], Mapping[Key, Map]], on_progress: ProgressCallback
    ) -> dict[Key, Map]:
        """`make` is called in one turn, which it may give to others in between, with the keys of what is missing."""
        if len(found := self._look_up(keys)) == len(keys):
            return found
        with self._turns:
            done = threading.Event()
            while True:  # whoever had the turn before may have made what is missing
                with self._state:
                    found = self._look_up(keys)
                    missing = [key for key in keys if key not in found]
                    others = [self._making[key] for key in missing if key in self._making]
                    if not others:
                        self._making.update(dict.fromkeys(missing, done))
                        break
                self._wait_for(others[0], on_progress)
            if missing:
                found |= self._make(missing, done, make)
        return found

    def _look_up(self, keys: Sequence[Key]) -> dict[Key, Map]:
        found = {key: self._cache.get(key) for key in keys}
        return {key: map_ for key, map_ in found.items() if map_ is not None}

    def _wait_for(self, other: threading.Event, on_progress: ProgressCallback) -> None:
        """Whoever makes it needs the turn. What `on_progress` raises ends the waiting."""
        self._turns.release()
        try:
            while not other.wait(PROGRESS_EVERY_S):
                on_progress(0, 1)
        finally:
            self._turns.acquire()

    def _make(
        self, missing: Sequence[Key], done: threading.Event, make: Callable[[Sequence[Key]], Mapping[Key, Map]]
    ) -> Mapping[Key, Map]:
        try:
            made = make(missing)
            for key, map_ in made.items():
                self._cache.put(key, map_)
            return made
        finally:
            with self._state:
                for key in missing:
                    del self._making[key]
            done.set()
