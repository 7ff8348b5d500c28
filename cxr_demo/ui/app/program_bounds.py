"""What gradio does by itself for programs and this page does not want: it fetches addresses that stand in a question,
keeps questions and answers, and lets programs fill the one row that people wait in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio import processing_utils

from cxr_demo.limits import KEPT_ANSWER_S, MAX_PROGRAMS_WAITING
from cxr_demo.text.catalogue import format_text

PROGRAMS, LONG_PROGRAMS = "programs", "long-programs"  # the rows of theirs


def fetch_no_addresses() -> None:
    """In this process gradio fetches nothing from anywhere."""

    def refuse(url: str, cache_dir: str) -> Any:
        raise gr.Error(format_text("program-no-address"), print_exception=False)

    async def refuse_later(url: str, cache_dir: str) -> Any:
        refuse(url, cache_dir)

    processing_utils.async_ssrf_protected_download = refuse_later
    processing_utils.ssrf_protected_download = refuse
    processing_utils.save_url_to_cache = refuse


def bound_row(demo: gr.Blocks) -> None:
    """No more than MAX_PROGRAMS_WAITING programs wait in each of their rows: one beyond that is told so at once."""
    queue: Any = demo._queue
    push = queue.push

    async def push_if_room(body: Any, request: Any, username: str | None) -> tuple[bool, Any, str]:
        asked = demo.fns.get(body.fn_index)
        if asked is not None and asked.concurrency_id in (PROGRAMS, LONG_PROGRAMS):
            row = queue.event_queue_per_concurrency_id.get(asked.concurrency_id)
            if row is not None and len(row.queue) >= MAX_PROGRAMS_WAITING:
                return False, format_text("queue-full"), "queue_full"
        return await push(body=body, request=request, username=username)

    queue.push = push_if_room


class AnswersKept:
    """What gradio keeps of calls that belong to no page: `forget` lets it go KEPT_ANSWER_S after it was first seen."""

    def __init__(self, demo: gr.Blocks, is_page: Callable[[str], bool]) -> None:
        self.demo, self.is_page = demo, is_page
        self._seen: dict[str, float] = {}

    def forget(self) -> None:
        queue: Any = self.demo._queue
        holder: Any = getattr(self.demo, "state_holder", None)
        if holder is None:  # before the page is served
            return
        under_way = {event.session_hash for events in queue.active_jobs for event in events or ()}
        under_way |= {
            event.session_hash for row in queue.event_queue_per_concurrency_id.values() for event in row.queue
        }
        known = {*list(holder.session_data), *list(queue.pending_messages_per_session)}
        strangers = {key for key in known if key not in under_way and not self.is_page(key)}
        now = time.monotonic()
        self._seen = {key: self._seen.get(key, now) for key in strangers}
        for key in [key for key, since in self._seen.items() if now - since >= KEPT_ANSWER_S]:
            holder.session_data.pop(key, None)
            holder.time_last_used.pop(key, None)
            queue.pending_messages_per_session.pop(key, None)
            queue.pending_event_ids_session.pop(key, None)
