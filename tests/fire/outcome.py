"""What came of one attack: a row of the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HEAD = "| attack | tried | survived | slowest, in multiples | memory before and after, MB | bytes left |"


@dataclass
class Outcome:
    """`slowest`: the longest of its cases in multiples of the same alone; `lost`: a line for each that did not end as
    it should."""

    attack: str
    tried: int = 0
    slowest: float = 0.0
    memory_mb: tuple[int, int] | None = None
    bytes_left: int | None = None
    lost: list[str] = field(default_factory=list)

    def check(self, holds: bool, case: str) -> None:
        self.tried += 1
        if not holds:
            self.lost.append(case)

    @contextmanager
    def trying(self, case: str) -> Iterator[None]:
        """A case that survives unless it raises."""
        try:
            yield
            fault = ""
        except Exception as error:
            fault = f"{case}: {type(error).__name__}: {error}"[:300]
        self.check(not fault, fault)

    def format_row(self) -> str:
        memory = "{} to {}".format(*self.memory_mb) if self.memory_mb else ""
        slowest = f"{self.slowest:.1f}" if self.slowest else ""
        left = "" if self.bytes_left is None else str(self.bytes_left)
        cells = (self.attack, self.tried, self.tried - len(self.lost), slowest, memory, left)
        return f"| {' | '.join(map(str, cells))} |"


Attack = Callable[[str, Callable[[Path], Outcome]], None]  # runs it in a folder of its own, and keeps its row


class Clock:
    def __init__(self) -> None:
        self.begun = time.monotonic()

    def read(self) -> float:
        return time.monotonic() - self.begun
