"""Work that takes longer than an event may: a thread, how far it is, and a way to end it early."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass

from cxr_demo.progress import ProgressCallback
from cxr_demo.ui.faults import log_error


class Cancelled(Exception):
    """Ends work whose result nobody waits for any more."""


@dataclass
class Job:
    """Work under way: the `share` of it that is done (0..1)."""

    share: float = 0.0


def start_job(name: str, work: Callable[[ProgressCallback], None], is_wanted: Callable[[], bool]) -> Job:
    """Start `work(on_progress)` in a thread of its own. It ends with `Cancelled` at the first step at which `is_wanted`
    no longer holds."""
    job = Job()

    def on_progress(done: float, total: float) -> None:
        job.share = min(1.0, done / total)
        if not is_wanted():
            raise Cancelled

    def run() -> None:
        try:
            work(on_progress)
        except Cancelled:
            pass
        except Exception as error:  # else the thread would print it, with what it quotes
            log_error(error)

    context = contextvars.copy_context()  # the language of whoever asked
    threading.Thread(target=context.run, args=(run,), name=name, daemon=True).start()
    return job
