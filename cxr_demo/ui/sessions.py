"""What the server remembers of each open page: one film in memory, for a stated time, and nothing on disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from cxr_demo.analysis import Explanation, Study
from cxr_demo.errors import CxrError
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import KEPT_MINUTES, MAX_SESSIONS
from cxr_demo.text import page_text
from cxr_demo.ui.evaluation_run import EvaluationResults, EvaluationRun
from cxr_demo.ui.film_regions import ImageRegions


@dataclass
class SecondStudy:
    """The session's film as another checkpoint sees it; `forward_s` is what one forward pass took."""

    study: Study
    forward_s: float
    maps: dict[tuple[str, str], Explanation] = field(default_factory=dict)


@dataclass
class Session:
    """`waiting`: read and not yet analysed. `checkpoint`, `study`, `label`, `methods`: what the page shows now. `maps`:
    those made so far for the study, by (method, label); they show the patient as the film does, so they live here.
    `failed_prefetch`: those that could not be made before anybody asked. `truth`, of a drawn film: what was planted in
    it, by name, as masks (H, W) bool; `waiting_truth`: of the one that waits. `forward_s`: what the analysis took.
    `pinned_scale`: the limits of the absolute scale that a person keeps, by unit.
    `regions`, `evaluation_results`, `evaluation_run`: the quality of the explanations, see `evaluation_events`.
    `compared`: what the checkpoint is compared with, as in the list of `pair_events`; `second_studies`: those
    that it was compared with on this film, by name; `slow_requested`: the slow maps that were asked for, (label,
    method)."""

    used: float = field(default_factory=time.monotonic)
    waiting: Radiograph | None = None
    waiting_truth: dict[str, np.ndarray] = field(default_factory=dict)
    checkpoint: str = ""
    study: Study | None = None
    truth: dict[str, np.ndarray] = field(default_factory=dict)
    label: str = ""
    methods: tuple[str, ...] = ()
    maps: dict[tuple[str, str], Explanation] = field(default_factory=dict)
    failed_prefetch: set[tuple[str, str]] = field(default_factory=set)
    forward_s: float = 0.0
    pinned_scale: dict[str, float] = field(default_factory=dict)
    regions: ImageRegions | None = None
    evaluation_results: EvaluationResults | None = None
    evaluation_run: EvaluationRun | None = None
    compared: str = ""
    second_studies: dict[str, SecondStudy] = field(default_factory=dict)
    slow_requested: set[tuple[str, str]] = field(default_factory=set)

    def require_study(self) -> Study:
        """Raises CxrError where the page shows no film."""
        if self.study is None:
            raise CxrError(*page_text.EXPIRED)
        return self.study

    def shown(self, label: str) -> dict[str, Explanation]:
        """The maps of a label that are made and shown, by method."""
        return {key: self.maps[key, label] for key in self.methods if (key, label) in self.maps}


class Sessions:
    """Sessions by gradio's session hash. Thread-safe; a session goes when its page closes, when it is asked for,
    `KEPT_MINUTES` after its last use, or when it is the longest unused of more than `MAX_SESSIONS`.

    `on_gone(key, session)` is called once for each session that went.
    """

    def __init__(self, on_gone: Callable[[str, Session], None] = lambda key, session: None) -> None:
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._working, self._worked = 0, time.monotonic()
        self.on_gone = on_gone

    def __len__(self) -> int:
        return len(self._sessions)

    def holds(self, session: Session) -> bool:
        return any(session is kept for kept in list(self._sessions.values()))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around everything that a person waits for."""
        with self._lock:
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                self._worked = time.monotonic()

    def idle(self, for_s: float) -> bool:
        """Whether nobody has waited for anything for so long."""
        return not self._working and time.monotonic() - self._worked >= for_s

    def used_within(self, seconds: float) -> list[Session]:
        """The sessions used in the last `seconds`, the last used first."""
        since = time.monotonic() - seconds
        recent = [session for session in list(self._sessions.values()) if session.used >= since]
        return sorted(recent, key=lambda session: -session.used)

    def find(self, key: str) -> Session | None:
        """The session of a page, marked as used now; None if it has none or its time is over."""
        self.sweep()
        with self._lock:
            session = self._sessions.get(key)
            if session:
                session.used = time.monotonic()
            return session

    def keep(self, key: str) -> Session:
        """The session of a page, made if need be."""
        session = self.find(key)
        if session is None:
            with self._lock:
                session = self._sessions.setdefault(key, Session())
            self._drop_beyond(MAX_SESSIONS)
        return session

    def forget(self, key: str) -> None:
        with self._lock:
            session = self._sessions.pop(key, None)
        if session:
            self.on_gone(key, session)

    def sweep(self) -> None:
        """Forget what was not used for `KEPT_MINUTES`."""
        oldest = time.monotonic() - KEPT_MINUTES * 60
        for key, session in list(self._sessions.items()):
            if session.used < oldest:
                self.forget(key)

    def _drop_beyond(self, most: int) -> None:
        by_use = sorted(self._sessions.items(), key=lambda item: item[1].used)
        for key, _ in by_use[: max(0, len(by_use) - most)]:
            self.forget(key)
