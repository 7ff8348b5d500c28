"""While nobody waits, the maps that a person may want next: the other findings, with the methods that are shown.

A map ahead is made by the same call as any other and lies where the session's maps lie, so it goes when they go.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from cxr_demo.analysis import Analyser, Study, order_labels
from cxr_demo.explain.methods import METHODS
from cxr_demo.limits import IDLE_S, LABELS_AT_ONCE, SLOW_FORWARDS, USED_WITHIN_S
from cxr_demo.ui.sessions import Session, Sessions


def start_prefetching(analysers: Mapping[str, Analyser], sessions: Sessions) -> None:
    """In the background, for the life of the process: make maps ahead whenever no event is at work."""

    def run() -> None:
        while True:
            if not sessions.idle(IDLE_S) or not prefetch_maps(analysers, sessions):
                time.sleep(IDLE_S)

    threading.Thread(target=run, name="ahead", daemon=True).start()


def prefetch_maps(analysers: Mapping[str, Analyser], sessions: Sessions) -> bool:
    """The next few maps of the session that was used last; False where there is nothing to do."""
    for session in sessions.used_within(USED_WITHIN_S):
        study = session.study
        if study is None or session.waiting is not None:
            continue
        analyser = analysers[session.checkpoint]
        if analyser.sha256 != study.checkpoint_sha256:  # the session changes at this moment
            continue
        for method in session.methods:
            if labels := _list_missing_labels(analyser, session, study, method):
                _make_maps(analyser, session, study, labels, method)
                return True
    return False


def _list_missing_labels(analyser: Analyser, session: Session, study: Study, method: str) -> list[str]:
    """The labels whose map of a cheap method is not there, in the order in which they are looked at."""
    if METHODS[method].cost_forwards > SLOW_FORWARDS or method in analyser.proof.refusals:
        return []
    known = {*dict(session.maps), *session.failed_prefetch}  # a copy: a map that is no longer wanted may just arrive
    wanted = order_labels(analyser.card, study.probabilities)
    missing = [label for label in wanted if (method, label) not in known]
    return missing if METHODS[method].family.reads == "features" else missing[:LABELS_AT_ONCE]


def _make_maps(analyser: Analyser, session: Session, study: Study, labels: list[str], method: str) -> None:
    maps, failed = session.maps, session.failed_prefetch
    try:
        maps.update(analyser.explain(study, labels, [method]))
    except Exception:  # told when somebody asks for it; here it is only not tried again
        failed.update((method, label) for label in labels)
