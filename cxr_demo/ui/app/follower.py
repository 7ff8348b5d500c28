"""The one that follows a page's wish: it sees to the work and sends what the page shows, until nothing is missing."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator

from cxr_demo.limits import PROGRESS_EVERY_S
from cxr_demo.progress import ProgressCallback
from cxr_demo.text.catalogue import use_language
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.readiness import list_ready
from cxr_demo.ui.app.sessions import Notice, Session
from cxr_demo.ui.app.view import PageView
from cxr_demo.ui.app.whole_page import render_page
from cxr_demo.ui.app.work import Work, list_work
from cxr_demo.ui.faults import describe_error
from cxr_demo.ui.jobs import Cancelled, start_job

MOST_HEARD = 64  # presses that a value tells of: the browser waits for no older ones
LAST_VALUE_S = 0.05  # until the browser has looked at the last value


def follow(desk: Desk, session: Session, have: Collection[str]) -> Iterator[dict]:
    """The values of a page whose browser has the bodies `have`, until it shows what is wanted. Whoever follows last is
    the one who does: an earlier one ends without a word."""
    me = session.follower = object()
    try:
        while not session.is_gone and session.follower is me:
            session.used = time.monotonic()  # work under way is a use: it may take longer than a film is kept
            session.wake.clear()
            with use_language(session.language):  # not around the yield: whoever goes on may be another thread
                with session.lock:
                    missing = _list_missing(desk, session)
                    if not missing:  # under the lock: a press that comes now finds nobody who follows
                        session.follower = None
                    stand = _find_stand(session)
                    value = _make_value(desk, session, have, missing)
                _start_next(desk, session, missing)
            yield value
            if not missing:
                # gradio sends the last value once more when a generator ends: not with all its pictures
                time.sleep(LAST_VALUE_S)
                yield value | {"bodies": {}}
                return
            _wait_for_news(session, me, stand)
    finally:
        if session.follower is me:
            session.follower = None


def _wait_for_news(session: Session, me: object, stand: tuple) -> None:
    """Until there is something new, or work under way is further than the `stand` that the page shows. Otherwise it is
    as it was, and thirty pages that wait are not rendered and sent again and again."""
    while not session.wake.wait(PROGRESS_EVERY_S) and session.follower is me and _find_stand(session) == stand:
        session.used = time.monotonic()


def _find_stand(session: Session) -> tuple:
    """How far work under way is, where it has come any further than its beginning, and which check is made."""
    with session.lock:
        run = session.evaluation_run
        return run and run.current, {key: job.share for key, job in session.jobs.items() if job.share}


def look(desk: Desk, session: Session, have: Collection[str]) -> dict:
    """The value of a page as it is now, under the session's lock."""
    return _make_value(desk, session, have, _list_missing(desk, session))


def _list_missing(desk: Desk, session: Session) -> list[Work]:
    """Nothing where even that is not to be known: the page says so, and does not ask again and again."""
    try:
        return list_work(desk, session)
    except Exception as error:  # the last place before gradio, which would show or log the traceback
        session.notice = Notice(*describe_error(error))
        return []


def _make_value(desk: Desk, session: Session, have: Collection[str], missing: Collection[Work]) -> dict:
    """What a page shows now, all of one wish. `heard`: the presses that it heeds; `rest`: it is what was asked for;
    `follow`: the browser must ask for what is missing; `ready`: what may be chosen without any more work."""
    view = PageView(desk, session)
    parts = render_page(view)
    session.sequence += 1
    bodies: dict[str, dict] = {}
    for part in parts.values():
        bodies |= {part.id: part.body, **part.pictures}
    wish = view.wish
    return {
        "sequence": session.sequence,
        "heard": list(session.heard)[-MOST_HEARD:],
        "at": {"film": wish.film, "checkpoint": wish.checkpoint, "label": view.label, "number": session.number},
        "rest": not missing,
        "ready": list_ready(view),
        "spoken": "" if missing else view.describe_result(),
        "follow": bool(missing) and session.follower is None,
        "parts": {name: part.id for name, part in parts.items()},
        "needs": list(bodies),
        "bodies": {id_: body for id_, body in bodies.items() if id_ not in have},
    }


def _start_next(desk: Desk, session: Session, missing: Collection[Work]) -> None:
    """What comes first is started unless it is under way. A map that is cheaper than the one under way does not wait
    for it."""
    if not missing:
        return
    work = min(missing, key=lambda work: work.rank)

    def is_wanted() -> bool:
        return not session.is_gone and any(other.key == work.key for other in list_work(desk, session))

    def run(on_progress: ProgressCallback) -> None:
        try:
            work.run(on_progress)
        except Cancelled:
            raise
        except Exception as error:  # told in its place on the page
            with session.lock:
                session.failed[work.key] = fault = describe_error(error)
                work.fail(fault)
        finally:
            with session.lock:
                session.jobs.pop(work.key, None)
            session.wake.set()

    with session.lock:  # the thread may be done before its job is noted, or was before we came here
        if work.key not in session.jobs and is_wanted():
            session.jobs[work.key] = start_job(str(work.key[0]), run, is_wanted)
