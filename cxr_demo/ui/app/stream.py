"""The one component that carries the page: presses go in, values come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gradio as gr

from cxr_demo.text import page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.follower import follow, make_value
from cxr_demo.ui.app.intentions import INTENTIONS, Press, open_page
from cxr_demo.ui.app.sessions import Notice
from cxr_demo.ui.app.work import list_work
from cxr_demo.ui.components import PRIVATE, UNQUEUED, EventSettings, get_session_key, read_script
from cxr_demo.ui.faults import log_error

# In this order: each script stands in a function of its own but for the first two, whose names all of them use.
SHARED, OWN = (
    ("app/stream", "viewer/drawing"),
    ("app/intake", "app/choices", "findings/findings", "viewer/panels", "viewer/regions", "compare/pair", "app/start"),
)
# A follower waits most of its time; the networks are guarded by their own locks.
FOLLOWING: EventSettings = {
    "show_progress": "hidden", "trigger_mode": "multiple", "concurrency_id": "follow", "concurrency_limit": None,
    **PRIVATE,
}  # fmt: skip


def lay_stream(desk: Desk) -> gr.HTML:
    """The component, wired."""
    shared = [read_script(name) for name in SHARED]
    own = [f"(() => {{\n{read_script(name)}\n}})();" for name in OWN]
    value = {"sequence": 0, "answered": 0, "rest": False, "follow": False, "parts": {}, "bodies": {}}
    stream = gr.HTML(
        value, html_template="<i></i>", js_on_load="\n".join((*shared, *own)), apply_default_css=False,
        elem_id="stream",
    )  # fmt: skip
    for name, intention in INTENTIONS.items():
        getattr(stream, name)(_make_handler(desk, intention), None, stream, **UNQUEUED)
    stream.follow(_make_follower(desk), None, stream, **FOLLOWING)
    return stream


def _make_handler(desk: Desk, intention: Callable[[Press], None]) -> Callable:
    def heed(event: gr.EventData, request: gr.Request) -> dict:
        """Not queued: a press changes the wish, and is answered with what the page shows then."""
        data = _read_data(event)
        with desk.sessions.working():
            number, is_gone = _read_number(data), desk.sessions.find(get_session_key(request)) is None
            session = desk.sessions.keep(get_session_key(request))
            with session.lock:
                session.answered, session.notice = max(session.answered, number), None
                if is_gone and intention is not open_page:  # which every page begins with
                    session.notice = Notice(*page_text.describe_expired())
                try:
                    intention(Press(desk, session, number, data))
                except Exception as error:  # the last place before gradio, which would show or log the traceback
                    reference = format_text("unexpected", reference=log_error(error))
                    session.notice = Notice(reference, format_text("unexpected.hint"))
                return make_value(desk, session, _read_have(data), list_work(desk, session))

    return heed


def _make_follower(desk: Desk) -> Callable:
    def follow_wish(event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        data = _read_data(event)
        with desk.sessions.working():
            is_gone = desk.sessions.find(get_session_key(request)) is None
            session = desk.sessions.keep(get_session_key(request))
            if is_gone:
                session.answered, session.notice = _read_number(data), Notice(*page_text.describe_expired())
            yield from follow(desk, session, _read_have(data))

    return follow_wish


def _read_data(event: gr.EventData) -> dict:
    data = getattr(event, "_data", None)
    return data if isinstance(data, dict) else {}


def _read_number(data: dict) -> int:
    number = data.get("press")
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _read_have(data: dict) -> set[str]:
    have = data.get("have")
    return {each for each in have if isinstance(each, str)} if isinstance(have, list) else set()
