"""The one component that carries the page: presses go in, values come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import gradio as gr

from cxr_demo.text import page_text
from cxr_demo.text.catalogue import say, use_language
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.follower import follow, look
from cxr_demo.ui.app.intentions import BEGINNINGS, INTENTIONS, Press, take_film
from cxr_demo.ui.app.sessions import Notice, Session
from cxr_demo.ui.components import PRIVATE, UNQUEUED, EventSettings, get_session_key, read_script
from cxr_demo.ui.faults import describe_error

Intention = Callable[[Press], None]
# In this order: each script stands in a function of its own but for the first five, whose names all of them use.
SHARED, OWN = (
    ("app/document", "app/stream", "viewer/view", "viewer/drawing", "viewer/shapes"),
    (
        "app/intake",
        "app/choices",
        "app/films_table",
        "findings/findings",
        "viewer/panels",
        "viewer/habits",
        "viewer/regions",
        "viewer/swipe",
        "compare/pair",
        "export/take_home",
        "app/start",
        "app/link",
    ),
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
    value = {"sequence": 0, "heard": [], "rest": False, "follow": False, "parts": {}, "bodies": {}}
    stream = gr.HTML(
        value, html_template="<i></i>", js_on_load="\n".join((*shared, *own)), apply_default_css=False,
        elem_id="stream",
    )  # fmt: skip
    for name, intention in INTENTIONS.items():
        getattr(stream, name)(_make_handler(desk, intention), None, stream, **UNQUEUED)
    stream.look(_make_look(desk), None, stream, **UNQUEUED)
    stream.follow(_make_follower(desk), None, stream, **FOLLOWING)
    return stream


def _make_handler(desk: Desk, intention: Intention) -> Callable:
    def heed(event: gr.EventData, request: gr.Request) -> dict:
        """Not queued: a press changes the wish, and is answered with what the page shows then."""
        data = _read_data(event)
        with desk.sessions.working():
            session = _take_presses(desk, request, [(intention, data)])
            with session.lock, use_language(session.language):
                return look(desk, session, _read_have(data))

    return heed


def _make_look(desk: Desk) -> Callable:
    def look_again(event: gr.EventData, request: gr.Request) -> dict:
        """Not queued, and no press: nothing changes but what has become ready since."""
        session = desk.sessions.find(get_session_key(request))
        if session is None:
            return gr.skip()
        with session.lock, use_language(session.language):
            return look(desk, session, _read_have(_read_data(event)))

    return look_again


def _make_follower(desk: Desk) -> Callable:
    def follow_wish(event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Queued: the presses that no answer has come for, or that are known to need work, and what they lead to."""
        data = _read_data(event)
        with desk.sessions.working():
            session = _take_presses(desk, request, _read_presses(data))
            yield from follow(desk, session, _read_have(data))

    return follow_wish


def _take_presses(desk: Desk, request: gr.Request, presses: Sequence[tuple[Intention, dict]]) -> Session:
    """Each press is heeded once, however often it is told: a browser tells it again if no answer has come."""
    key, client = get_session_key(request), request.client
    is_gone, has_made_room = desk.sessions.find(key) is None, desk.sessions.has_made_room(key)
    session = desk.sessions.keep(key, client.host if client else "")
    with session.lock:
        if is_gone:
            told = [(intention, _read_number(data)) for intention, data in presses]
            session.notice = _describe_gone(told, has_made_room)
        for intention, data in presses:
            number = _read_number(data)
            if number in session.heard or number < 1:
                continue
            session.heard[number] = None
            session.speak(number, data.get("language"))
            if intention is not take_film and not is_gone:  # of several films the next one must not hide what was said
                session.notice = None
            try:
                intention(Press(desk, session, number, data))
            except Exception as error:  # the last place before gradio, which would show or log the traceback
                session.notice = Notice(*describe_error(error))
    return session


def _describe_gone(presses: Sequence[tuple[Intention, int]], has_made_room: bool) -> Notice | None:
    """A page whose session is over is told so, unless it begins only now."""
    first = min((number for _, number in presses), default=0)
    if any(intention in BEGINNINGS for intention, _ in presses):
        gone = say("made-room") if has_made_room else say("earlier-films-gone")
        return Notice(gone, kind="done") if first > 1 else None
    return Notice(*(page_text.describe_made_room() if has_made_room else page_text.describe_expired()))


def _read_data(event: gr.EventData) -> dict:
    data = getattr(event, "_data", None)
    return data if isinstance(data, dict) else {}


def _read_presses(data: dict) -> list[tuple[Intention, dict]]:
    """(intention, what the browser says of it) in the order of their numbers."""
    told = data.get("presses")
    each = [press for press in told if isinstance(press, dict)] if isinstance(told, list) else []
    known = [press for press in each if isinstance(press.get("intention"), str) and press["intention"] in INTENTIONS]
    return [(INTENTIONS[press["intention"]], press) for press in sorted(known, key=_read_number)]


def _read_number(data: dict) -> int:
    number = data.get("press")
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _read_have(data: dict) -> set[str]:
    have = data.get("have")
    return {each for each in have if isinstance(each, str)} if isinstance(have, list) else set()
