"""While nobody waits, what a person may want next: the other findings, with the methods that are shown.

A map ahead is made by the same call as any other and lies where the session's maps lie, so it goes when they go. Where
all maps of a finding are there, the page is rendered as it will show them.
"""

from __future__ import annotations

import threading
import time

from cxr_demo.analysis import Analyser, order_labels
from cxr_demo.explain.methods import METHODS
from cxr_demo.limits import IDLE_S, LABELS_AT_ONCE, SLOW_FORWARDS, USED_WITHIN_S
from cxr_demo.text.catalogue import use_language
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.readiness import list_ready
from cxr_demo.ui.app.sessions import FilmAnalysis
from cxr_demo.ui.app.view import PageView
from cxr_demo.ui.app.whole_page import render_page
from cxr_demo.ui.faults import log_error


def start_prefetching(desk: Desk) -> None:
    """In the background, for the life of the process: make maps ahead whenever no event is at work."""

    def run() -> None:
        while True:
            try:
                is_made = desk.sessions.idle(IDLE_S) and (prefetch_maps(desk) or render_ahead(desk))
            except Exception as error:  # a session may change at any moment; nobody waits for this
                log_error(error)
                is_made = False
            if not is_made:
                time.sleep(IDLE_S)

    threading.Thread(target=run, name="ahead", daemon=True).start()


def prefetch_maps(desk: Desk) -> bool:
    """The next few maps of the session that was used last; False where there is nothing to do."""
    for session in desk.sessions.used_within(USED_WITHIN_S):
        wish, reading = session.wish, session.reading
        if reading is None or reading.study is None or not desk.is_proved(session, wish.checkpoint):
            continue
        analyser = desk.analysers[wish.checkpoint]
        for method in wish.methods:
            if labels := _list_missing_labels(analyser, reading, method):
                _make_maps(analyser, reading, labels, method)
                return True
    return False


def render_ahead(desk: Desk) -> bool:
    """The page of the session that was used last, for the next finding whose maps are ready; False where all are."""
    for session in desk.sessions.used_within(USED_WITHIN_S):
        with session.lock, use_language(session.language):
            view = PageView(desk, session)
            number, done = session.ahead
            done = done if number == session.number else frozenset()
            ready = [label for label in list_ready(view)["labels"] if label not in done | {view.label}]
            if ready and not session.is_gone:
                render_page(PageView(desk, session, session.wish.choose_label(ready[0])))
                session.ahead = session.number, done | {ready[0]}
                return True
    return False


def _list_missing_labels(analyser: Analyser, reading: FilmAnalysis, method: str) -> list[str]:
    """The labels whose map of a cheap method is not there, in the order in which they are looked at."""
    if METHODS[method].cost_forwards > SLOW_FORWARDS or method in analyser.known_refusals:
        return []
    known = {*dict(reading.maps), *reading.failed_prefetch}  # a copy: a map may just arrive
    wanted = order_labels(analyser.card, reading.require_study().probabilities)
    missing = [label for label in wanted if (method, label) not in known]
    return missing if METHODS[method].family.reads == "features" else missing[:LABELS_AT_ONCE]


def _make_maps(analyser: Analyser, reading: FilmAnalysis, labels: list[str], method: str) -> None:
    try:
        reading.maps.update(analyser.explain(reading.require_study(), labels, [method]))
    except Exception:  # told when somebody asks for it; here it is only not tried again
        reading.failed_prefetch.update((method, label) for label in labels)
