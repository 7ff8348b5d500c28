"""What happens in the section that says how far to believe the maps: where their evidence lies, at once; the checks
that ask the network again, on demand, each result as it is ready. All of it belongs to a session and goes with it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from dataclasses import dataclass, field

import gradio as gr

from cxr_demo.analysis import Analyser
from cxr_demo.errors import CxrError, ExplanationError
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.limits import PROGRESS_EVERY_S
from cxr_demo.text import evaluation_text as belief_words
from cxr_demo.text import page_text
from cxr_demo.ui import evaluation_table, film_regions, regions_table
from cxr_demo.ui.components import get_session_key
from cxr_demo.ui.evaluation_run import EvaluationResults, EvaluationRun, begin, keep, lacking
from cxr_demo.ui.events import guarded, noted
from cxr_demo.ui.film_regions import ImageRegions
from cxr_demo.ui.sessions import Session, Sessions

LEFT_FROM = 0.05  # share of the work after which its pace tells how long it will still take


@dataclass
class Believing:
    """`lungs`: the lung model, if there is one; the components are set by `page.build`. `pace`: what a forward of a
    checkpoint took in the last check, in seconds."""

    analysers: Mapping[str, Analyser]
    sessions: Sessions
    lungs: Lungs | None
    message: gr.HTML = field(init=False)
    where: gr.HTML = field(init=False)
    bar: gr.HTML = field(init=False)
    checks: gr.HTML = field(init=False)
    pace: dict[str, float] = field(default_factory=dict)

    @guarded
    def show(self, request: gr.Request) -> Iterator[dict]:
        """Not queued: the panels show something else."""
        session = self.sessions.find(get_session_key(request))
        yield self._all(session, session.label if session else "")

    @guarded
    def follow(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: another finding is chosen; what is known of it is shown before its maps are all made."""
        yield self._all(self.sessions.find(get_session_key(request)), str(event.label))

    @guarded
    def draw(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: a region is drawn or given in numbers, as shares of the film, or taken away (None)."""
        session, fault = self._opened(request), ""
        try:
            self._ground(session).draw(event.box)
        except ExplanationError as error:  # told beside the fields
            fault = str(error)
        yield {self.where: self._where(session, session.label, fault)}

    @guarded
    def ask(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: a person asks for the checks; the page says at once that they will come."""
        session = self._opened(request)
        checked, label, maps = _checked(session), session.label, session.shown(session.label)
        checked.failed = {key: why for key, why in checked.failed.items() if key[1] != label}
        checked.stopped.discard(label)
        units = lacking(self.analysers[session.checkpoint], checked, label, maps, bool(event.slow))
        session.checking = EvaluationRun(checked, label, maps, units) if units else None
        yield {self.message: "", self.bar: self._bar(session, label)}

    @guarded
    def stop(self, request: gr.Request) -> Iterator[dict]:
        """Not queued: work under way ends at its next step."""
        session = self._opened(request)
        session.checking = None
        _checked(session).stopped.add(session.label)
        yield {self.bar: self._bar(session, session.label)}

    @guarded
    def check(self, request: gr.Request) -> Iterator[dict]:
        """The work that `ask` has planned. The last answer is what the page shows then, whatever has ended it."""
        session = self.sessions.find(get_session_key(request))
        run = session.checking if session else None
        if session is None or run is None or run.started is not None:
            yield {self.message: gr.skip()}
            return
        try:
            yield from self._run(session, run)
        finally:
            if session.checking is run:  # the tab may be gone, or an error nobody foresaw
                session.checking = None
        gone = not self.sessions.holds(session) or session.study is None
        yield {self.bar: evaluation_table.EMPTY if gone else self._bar(session, session.label)}

    def _run(self, session: Session, run: EvaluationRun) -> Iterator[dict]:
        run.started = time.monotonic()
        for unit in run.units:
            if not self._wanted(session, run):
                return
            before = run.done
            made = begin(self.analysers[session.checkpoint], run, unit, lambda: self._wanted(session, run)).result
            while True:
                session.used = time.monotonic()  # a check under way is a use: it may take longer than a film is kept
                yield {self.bar: self._bar(session, run.label)}
                finished = wait([made], PROGRESS_EVERY_S).done
                if not self._wanted(session, run):
                    return
                if finished:
                    break
            keep(run, unit, made, _why)
            run.done = before + unit.forwards
            self.pace[session.checkpoint] = run.pace
            yield {self.checks: self._checks(session, run.label)}

    def _wanted(self, session: Session, run: EvaluationRun) -> bool:
        """Whether the page still shows the film and the label of this run, and nobody has stopped it."""
        shown = session.checking is run and session.study is run.checked.study and session.label == run.label
        return shown and session.waiting is None and self.sessions.holds(session)

    def _opened(self, request: gr.Request) -> Session:
        """The session of a page that shows a film."""
        session = self.sessions.find(get_session_key(request))
        if session is None:
            raise CxrError(*page_text.EXPIRED)
        session.require_study()
        return session

    def _all(self, session: Session | None, label: str) -> dict:
        if session is None or session.study is None or not session.shown(label):
            return {
                self.where: regions_table.EMPTY,
                self.bar: evaluation_table.EMPTY,
                self.checks: evaluation_table.EMPTY,
            }
        return {
            self.where: self._where(session, label),
            self.bar: self._bar(session, label),
            self.checks: self._checks(session, label),
        }

    def _where(self, session: Session, label: str, fault: str = "") -> dict:
        ground, maps = self._ground(session), session.shown(label)
        if not maps:
            return regions_table.EMPTY
        preprocess = self.analysers[session.checkpoint].card.preprocess
        found = film_regions.found_on(ground, session.truth, maps, preprocess)
        return regions_table.value(
            label, found, film_regions.about_lungs(ground, self.lungs), ground.drawn, fault, session.truth
        )

    def _ground(self, session: Session) -> ImageRegions:
        """That of the film; a new film has a new one."""
        image = session.require_study().image
        if session.ground is None or session.ground.image is not image:
            session.ground = film_regions.ground_of(image, self.lungs)
        return session.ground

    def _checks(self, session: Session, label: str) -> dict:
        checked, shown = _checked(session), session.shown(label)
        evaluations = {key: checked.found[key, label] for key in shown if (key, label) in checked.found}
        failed = {(key, part): why for (key, of, part), why in checked.failed.items() if of == label and key in shown}
        return evaluation_table.value(label, shown, evaluations, failed)

    def _bar(self, session: Session, label: str) -> dict:
        """A run under way, or else what may be asked for next and how long it takes."""
        run = session.checking
        if run is not None and run.label == label and self._wanted(session, run):
            return evaluation_table.bar(_running(run))
        checked, maps = _checked(session), session.shown(label)
        note = belief_words.STOPPED if label in checked.stopped else ""
        again = any((key, label) in checked.found for key in maps)
        for slow in (False, True):
            if units := lacking(self.analysers[session.checkpoint], checked, label, maps, slow):
                methods = tuple(dict.fromkeys(key for unit in units for key in unit.methods))
                pace = self.pace.get(session.checkpoint, session.forward_s)
                seconds = pace * sum(unit.forwards for unit in units)
                return evaluation_table.bar(evaluation_table.Offer(methods, seconds, slow, again), note)
        return evaluation_table.bar(None, belief_words.DONE)


def _why(error: BaseException) -> str:
    return str(error) if isinstance(error, CxrError) else page_text.UNEXPECTED.format(ref=noted(error))


def _running(run: EvaluationRun) -> evaluation_table.Running:
    if run.started is None or run.current is None:
        return evaluation_table.Running(0.0, belief_words.WAITING)
    passed = time.monotonic() - run.started
    left_s = passed * (1 - run.share) / run.share if run.share > LEFT_FROM else 0.0
    return evaluation_table.Running(run.share, belief_words.doing(run.current.part, run.current.methods), left_s)


def _checked(session: Session) -> EvaluationResults:
    """What was found of the session's study."""
    if session.checked is None or session.checked.study is not session.study:
        session.checked = EvaluationResults(session.require_study())
    return session.checked
