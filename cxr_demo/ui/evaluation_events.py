"""What happens in the section that says how good the explanations are: where their evidence lies, at once; the checks
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
from cxr_demo.text import evaluation_text, page_text
from cxr_demo.ui import evaluation_table, film_regions, regions_table
from cxr_demo.ui.components import get_session_key
from cxr_demo.ui.evaluation_run import EvaluationResults, EvaluationRun, plan_missing_steps, start_step, store_result
from cxr_demo.ui.events import guarded, log_error
from cxr_demo.ui.film_regions import ImageRegions
from cxr_demo.ui.sessions import Session, Sessions

LEFT_FROM = 0.05  # share of the work after which its pace tells how long it will still take


@dataclass
class EvaluationEvents:
    """`lungs`: the lung model, if there is one; the components are set by `page.build_page`. `pace`: what a forward of
    a checkpoint took in the last check, in seconds."""

    analysers: Mapping[str, Analyser]
    sessions: Sessions
    lungs: Lungs | None
    message: gr.HTML = field(init=False)
    regions: gr.HTML = field(init=False)
    bar: gr.HTML = field(init=False)
    checks: gr.HTML = field(init=False)
    pace: dict[str, float] = field(default_factory=dict)

    @guarded
    def show(self, request: gr.Request) -> Iterator[dict]:
        """Not queued: the panels show something else."""
        session = self.sessions.find(get_session_key(request))
        yield self._render_all(session, session.label if session else "")

    @guarded
    def follow(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: another finding is chosen; what is known of it is shown before its maps are all made."""
        yield self._render_all(self.sessions.find(get_session_key(request)), str(event.label))

    @guarded
    def draw(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: a region is drawn or given in numbers, as shares of the film, or taken away (None)."""
        session, fault = self._opened(request), ""
        try:
            self._get_regions(session).draw(event.box)
        except ExplanationError as error:  # told beside the fields
            fault = str(error)
        yield {self.regions: self._render_regions(session, session.label, fault)}

    @guarded
    def ask(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: a person asks for the checks; the page says at once that they will come."""
        session = self._opened(request)
        results, label, maps = _get_results(session), session.label, session.shown(session.label)
        results.failed = {key: why for key, why in results.failed.items() if key[1] != label}
        results.stopped.discard(label)
        steps = plan_missing_steps(self.analysers[session.checkpoint], results, label, maps, bool(event.slow))
        session.evaluation_run = EvaluationRun(results, label, maps, steps) if steps else None
        yield {self.message: "", self.bar: self._render_bar(session, label)}

    @guarded
    def stop(self, request: gr.Request) -> Iterator[dict]:
        """Not queued: work under way ends at its next step."""
        session = self._opened(request)
        session.evaluation_run = None
        _get_results(session).stopped.add(session.label)
        yield {self.bar: self._render_bar(session, session.label)}

    @guarded
    def check(self, request: gr.Request) -> Iterator[dict]:
        """The work that `ask` has planned. The last answer is what the page shows then, whatever has ended it."""
        session = self.sessions.find(get_session_key(request))
        run = session.evaluation_run if session else None
        if session is None or run is None or run.started is not None:
            yield {self.message: gr.skip()}
            return
        try:
            yield from self._run(session, run)
        finally:
            if session.evaluation_run is run:  # the tab may be gone, or an error nobody foresaw
                session.evaluation_run = None
        gone = not self.sessions.holds(session) or session.study is None
        yield {self.bar: evaluation_table.EMPTY if gone else self._render_bar(session, session.label)}

    def _run(self, session: Session, run: EvaluationRun) -> Iterator[dict]:
        run.started = time.monotonic()
        for step in run.steps:
            if not self._wanted(session, run):
                return
            before = run.done
            made = start_step(self.analysers[session.checkpoint], run, step, lambda: self._wanted(session, run)).result
            while True:
                session.used = time.monotonic()  # a check under way is a use: it may take longer than a film is kept
                yield {self.bar: self._render_bar(session, run.label)}
                finished = wait([made], PROGRESS_EVERY_S).done
                if not self._wanted(session, run):
                    return
                if finished:
                    break
            store_result(run, step, made, _describe_error)
            run.done = before + step.forwards
            self.pace[session.checkpoint] = run.pace
            yield {self.checks: self._render_checks(session, run.label)}

    def _wanted(self, session: Session, run: EvaluationRun) -> bool:
        """Whether the page still shows the film and the label of this run, and nobody has stopped it."""
        shown = session.evaluation_run is run and session.study is run.results.study and session.label == run.label
        return shown and session.waiting is None and self.sessions.holds(session)

    def _opened(self, request: gr.Request) -> Session:
        """The session of a page that shows a film."""
        session = self.sessions.find(get_session_key(request))
        if session is None:
            raise CxrError(*page_text.EXPIRED)
        session.require_study()
        return session

    def _render_all(self, session: Session | None, label: str) -> dict:
        if session is None or session.study is None or not session.shown(label):
            return {
                self.regions: regions_table.EMPTY,
                self.bar: evaluation_table.EMPTY,
                self.checks: evaluation_table.EMPTY,
            }
        return {
            self.regions: self._render_regions(session, label),
            self.bar: self._render_bar(session, label),
            self.checks: self._render_checks(session, label),
        }

    def _render_regions(self, session: Session, label: str, fault: str = "") -> dict:
        regions, maps = self._get_regions(session), session.shown(label)
        if not maps:
            return regions_table.EMPTY
        preprocess = self.analysers[session.checkpoint].card.preprocess
        found = film_regions.measure_regions(regions, session.truth, maps, preprocess)
        return regions_table.render_regions(
            label, found, film_regions.describe_lungs(regions, self.lungs), regions.drawn, fault, session.truth
        )

    def _get_regions(self, session: Session) -> ImageRegions:
        """That of the film; a new film has a new one."""
        image = session.require_study().image
        if session.regions is None or session.regions.image is not image:
            session.regions = film_regions.estimate_image_regions(image, self.lungs)
        return session.regions

    def _render_checks(self, session: Session, label: str) -> dict:
        results, shown = _get_results(session), session.shown(label)
        evaluations = {key: results.found[key, label] for key in shown if (key, label) in results.found}
        failed = {(key, part): why for (key, of, part), why in results.failed.items() if of == label and key in shown}
        return evaluation_table.render_evaluations(label, shown, evaluations, failed)

    def _render_bar(self, session: Session, label: str) -> dict:
        """A run under way, or else what may be asked for next and how long it takes."""
        run = session.evaluation_run
        if run is not None and run.label == label and self._wanted(session, run):
            return evaluation_table.render_evaluation_bar(_describe_run(run))
        results, maps = _get_results(session), session.shown(label)
        note = evaluation_text.STOPPED if label in results.stopped else ""
        again = any((key, label) in results.found for key in maps)
        for slow in (False, True):
            if steps := plan_missing_steps(self.analysers[session.checkpoint], results, label, maps, slow):
                methods = tuple(dict.fromkeys(key for step in steps for key in step.methods))
                pace = self.pace.get(session.checkpoint, session.forward_s)
                seconds = pace * sum(step.forwards for step in steps)
                return evaluation_table.render_evaluation_bar(
                    evaluation_table.EvaluationOffer(methods, seconds, slow, again), note
                )
        return evaluation_table.render_evaluation_bar(None, evaluation_text.DONE)


def _describe_error(error: BaseException) -> str:
    return str(error) if isinstance(error, CxrError) else page_text.UNEXPECTED.format(ref=log_error(error))


def _describe_run(run: EvaluationRun) -> evaluation_table.EvaluationProgress:
    if run.started is None or run.current is None:
        return evaluation_table.EvaluationProgress(0.0, evaluation_text.WAITING)
    passed = time.monotonic() - run.started
    left_s = passed * (1 - run.share) / run.share if run.share > LEFT_FROM else 0.0
    return evaluation_table.EvaluationProgress(
        run.share, evaluation_text.describe_step(run.current.part, run.current.methods), left_s
    )


def _get_results(session: Session) -> EvaluationResults:
    """What was found of the session's study."""
    if session.evaluation_results is None or session.evaluation_results.study is not session.study:
        session.evaluation_results = EvaluationResults(session.require_study())
    return session.evaluation_results
