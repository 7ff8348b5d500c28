"""Raw maps that were made, within a limit of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict

from cxr_demo.explain.engine import RawMap


class MapCache:
    """Raw maps, the least recently used leave first; safe for threads. Holds nothing but read-only arrays."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes, self._bytes = limit_bytes, 0
        self._maps: OrderedDict[tuple[str, ...], RawMap] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> RawMap | None:
        with self._lock:
            if key in self._maps:
                self._maps.move_to_end(key)
            return self._maps.get(key)

    def put(self, key: tuple[str, ...], map_: RawMap) -> None:
        with self._lock:
            if (old := self._maps.pop(key, None)) is not None:
                self._bytes -= old.nbytes
            self._maps[key] = map_
            self._bytes += map_.nbytes
            while self._bytes > self._limit_bytes:
                _, oldest = self._maps.popitem(last=False)
                self._bytes -= oldest.nbytes
