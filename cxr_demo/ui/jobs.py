"""Work that takes longer than an event may: a thread, how far it is, and a way to end it early."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cxr_demo.progress import ProgressCallback

Result = TypeVar("Result")


class Cancelled(Exception):
    """Ends work whose result nobody waits for any more."""


@dataclass
class Job(Generic[Result]):
    """Work under way: the `share` of it that is done (0..1), and its `result`, which may be an exception."""

    share: float = 0.0
    result: Future[Result] = field(default_factory=Future)


def start_job(name: str, work: Callable[[ProgressCallback], Result], is_wanted: Callable[[], bool]) -> Job[Result]:
    """Start `work(on_progress)` in a thread of its own. It ends with `Cancelled` at the first step at which `is_wanted`
    no longer holds."""
    job: Job[Result] = Job()

    def on_progress(done: float, total: float) -> None:
        job.share = min(1.0, done / total)
        if not is_wanted():
            raise Cancelled

    def run() -> None:
        try:
            job.result.set_result(work(on_progress))
        except Exception as error:  # raised again where the result is waited for
            job.result.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return job
