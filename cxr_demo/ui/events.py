"""What happens when a person does something: each event is a generator of {component: new value}.

Nothing of the page changes that an event does not name, so a failure leaves the former result where it was.
"""

from __future__ import annotations

import functools
import logging
import secrets
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr
import numpy as np

from cxr_demo.analysis import Analyser, Study, order_labels
from cxr_demo.errors import CxrError, ExplanationError
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.limits import PROGRESS_EVERY_S
from cxr_demo.text import page_text
from cxr_demo.ui import example_films, facts, findings, image_encoding, methods, panels, uploads
from cxr_demo.ui.colour_bar import list_limits
from cxr_demo.ui.components import get_session_key
from cxr_demo.ui.jobs import Cancelled, Job, start_job
from cxr_demo.ui.markup import Html, join_html, tag
from cxr_demo.ui.sessions import Session, Sessions

log = logging.getLogger("cxr_demo")


def guarded(event):
    """An error becomes one sentence and a next step; one that nobody foresaw, a reference that the log knows too.

    An event that has nothing to say, because what it was for is no longer wanted, says so: for one that ends without a
    word gradio empties all its components.
    """

    @functools.wraps(event)
    def safe(self: Events, *arguments):
        try:
            with self.sessions.working():
                answers = event(self, *arguments)
                yield next(answers, {self.message: gr.skip()})
                yield from answers
        except CxrError as error:
            yield {self.message: render_message(error.message, error.hint)}
        except Exception as error:  # the last place before gradio, which would show or log the traceback
            yield {
                self.message: render_message(
                    page_text.UNEXPECTED.format(ref=log_error(error)), page_text.UNEXPECTED_HINT
                )
            }

    return safe


def render_message(message: str, hint: str = "", kind: str = "error") -> Html:
    return tag("p", tag("strong", message), " ", hint, class_=f"message {kind}")


def log_error(error: BaseException) -> str:
    """Log type and place of an error, never its text, which may quote a path or a value; returns the reference."""
    ref = secrets.token_hex(2)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("ref %s: %s at %s", ref, type(error).__name__, " > ".join(places[-3:]))
    return ref


@dataclass
class Events:
    """`analysers` by the name shown; the components are set by `page.build_page`."""

    analysers: Mapping[str, Analyser]
    sessions: Sessions
    folder: Path
    message: gr.HTML = field(init=False)
    findings: gr.HTML = field(init=False)
    methods: gr.CheckboxGroup = field(init=False)
    panels: gr.HTML = field(init=False)
    facts: gr.HTML = field(init=False)

    @guarded
    def take(self, path: str, request: gr.Request) -> Iterator[dict]:
        """A file has arrived: decode it and delete it at once, whatever it was."""
        with uploads.claim_upload(path, self.folder) as file:
            image = read_image(file)
        session = self.sessions.keep(get_session_key(request))
        session.waiting, session.waiting_truth = image, {}
        yield {self.message: ""}

    @guarded
    def try_example(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """A drawn film is taken, as if it had been uploaded."""
        if found := example_films.make_example(event.index):
            session = self.sessions.keep(get_session_key(request))
            session.waiting, session.waiting_truth = found
        yield {self.message: ""}

    @guarded
    def analyse(self, checkpoint: str, chosen: Sequence[str], request: gr.Request) -> Iterator[dict]:
        """Probabilities first, then the maps of the first finding, each as it is ready."""
        session = self.sessions.find(get_session_key(request))
        if session is None or session.waiting is None:  # the file was refused, and that has been said
            yield {self.message: gr.skip()}
            return
        image, session.waiting, session.second_studies = session.waiting, None, {}
        truth, session.waiting_truth = session.waiting_truth, {}
        session.methods = methods.order_methods(chosen)
        yield from self._study(session, checkpoint, image, truth)

    @guarded
    def switch(self, checkpoint: str, request: gr.Request) -> Iterator[dict]:
        """Another checkpoint: its facts, its methods, and the same film again if there is one. The list also tells when
        it is only left; then nothing is done again."""
        analyser, session = self.analysers[checkpoint], self.sessions.find(get_session_key(request))
        study = session.study if session else None
        if session and study and session.checkpoint == checkpoint:
            return
        yield self._describe(analyser)
        if session and study:
            yield from self._study(session, checkpoint, study.image, session.truth)

    @guarded
    def refresh(self, checkpoint: str, request: gr.Request) -> Iterator[dict]:
        """Not queued: a page opens, perhaps long after it was built, when the checkpoints' proofs were not known."""
        yield self._describe(self.analysers[checkpoint])

    @guarded
    def want(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: tells maps under way that another finding has been chosen, so that they stop early."""
        session = self.sessions.find(get_session_key(request))
        label = str(event.label)
        if session is not None and session.study is not None and label in session.study.labels:
            session.label = label
        yield {self.message: gr.skip()}

    @guarded
    def want_methods(self, chosen: Sequence[str], request: gr.Request) -> Iterator[dict]:
        """Not queued: maps under way go on with these methods, and a map that is no longer chosen is left."""
        session = self.sessions.find(get_session_key(request))
        if session is not None:
            session.methods = methods.order_methods(chosen)
        yield {self.message: gr.skip()}

    @guarded
    def leave(self, chosen: Sequence[str], event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: a method is left out from its own panel."""
        left = [key for key in chosen if key != event.method]
        list(self.want_methods(left, request))
        yield {self.methods: left}  # one answer: what is not queued gives its first alone

    @guarded
    def look(self, chosen: Sequence[str], request: gr.Request) -> Iterator[dict]:
        """Other methods, of the same finding."""
        session = self.sessions.find(get_session_key(request))
        if session is None or session.study is None:
            yield {self.panels: panels.render_blank_panels(methods.order_methods(chosen))}
            return
        session.methods = methods.order_methods(chosen)
        yield from self._maps(session, None)

    @guarded
    def choose(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """The maps of another finding, unless `want` has heard of a later choice."""
        session = self.sessions.find(get_session_key(request))
        if session is None or session.study is None:
            raise CxrError(*page_text.EXPIRED)
        if event.label != session.label:
            return
        yield {self.message: ""}
        yield from self._maps(session, None)

    @guarded
    def pin_scale(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: the absolute scale of the maps that are shown is kept for all that will be shown, or no more."""
        session = self.sessions.find(get_session_key(request))
        if session is not None:
            session.pinned_scale = list_limits(session.shown(session.label)) if event.pinned else {}
        yield {self.message: gr.skip()}

    @guarded
    def remove(self, chosen: Sequence[str], request: gr.Request) -> Iterator[dict]:
        self.sessions.forget(get_session_key(request))
        yield {
            self.message: render_message(page_text.REMOVED, kind="done"),
            self.findings: findings.render_first_steps(),
            self.panels: panels.render_blank_panels(methods.order_methods(chosen)),
        }

    def closed(self, request: gr.Request) -> None:
        """The page was closed, reloaded or left."""
        self.sessions.forget(get_session_key(request))

    def _describe(self, analyser: Analyser, forward_s: float | None = None) -> dict:
        """A checkpoint's facts, and the methods that it offers."""
        settings = methods.make_method_settings(analyser.known_refusals, forward_s)
        return {self.facts: facts.render_analyser(analyser), self.methods: gr.update(**settings)}

    def _study(
        self, session: Session, checkpoint: str, image: Radiograph, truth: Mapping[str, np.ndarray]
    ) -> Iterator[dict]:
        analyser = self.analysers[checkpoint]
        started = time.monotonic()
        study = analyser.analyse(image)
        forward_s = time.monotonic() - started
        session.checkpoint, session.study, session.truth = checkpoint, study, dict(truth)
        session.maps, session.failed_prefetch, session.forward_s = {}, set(), forward_s
        session.label = order_labels(analyser.card, study.probabilities)[0]
        if not self.wanted(session, session.label):
            return
        yield {
            self.message: "",
            self.findings: findings.render_findings(analyser.card, study.probabilities, session.label, study.members),
            **self._describe(analyser, forward_s),
        }
        film = image_encoding.encode_film(image.pixels)
        if not analyser.is_proved:  # the probabilities stand already; the maps are announced
            waiting = dict.fromkeys(session.methods, 0.0)
            panels_now = panels.render_panels(study, analyser.card, session.label, waiting, film, {}, session.truth)
            yield {self.panels: panels_now}
            analyser.prove()
            yield self._describe(analyser, forward_s)
        yield from self._maps(session, film)

    def _maps(self, session: Session, film: str | None) -> Iterator[dict]:
        """The panels of the session's label and methods, each map as it is ready; follows a choice of other methods,
        and stops when the film or the label is no longer wanted. `film` is its picture until the browser surely has it.

        The cheapest map is made first. Between two forwards of a slow one there is room for a cheaper one that is
        chosen meanwhile.
        """
        analyser, study, label = self.analysers[session.checkpoint], session.require_study(), session.label
        maps, drawn = session.maps, {}
        reasons = dict(analyser.proof.refusals)
        under_way: dict[str, Job] = {}
        while self.wanted(session, label):
            shares = {key: job.share for key, job in under_way.items()}
            entries = {key: reasons.get(key) or maps.get((key, label), shares.get(key, 0.0)) for key in session.methods}
            made = panels.render_panels(
                study, analyser.card, label, entries, film, drawn, session.truth, session.pinned_scale
            )
            yield {self.panels: made}
            missing = [key for key, entry in entries.items() if isinstance(entry, float) and key not in under_way]
            if not (missing or under_way) or not self.wanted(session, label):
                return
            key = min((*missing, *under_way), key=lambda key: METHODS[key].cost_forwards)
            if key not in under_way:
                under_way[key] = self._make(session, label, key)
            finished, _ = wait([job.result for job in under_way.values()], PROGRESS_EVERY_S, FIRST_COMPLETED)
            for key in [key for key, job in under_way.items() if job.result in finished]:
                if reason := describe_failure(under_way.pop(key).result.exception()):
                    reasons[key] = reason

    def _make(self, session: Session, label: str, key: str) -> Job:
        def is_wanted() -> bool:
            return self.wanted(session, label) and key in session.methods

        analyser = self.analysers[session.checkpoint]
        return start_map_job(analyser, session.require_study(), label, key, session.maps, is_wanted)

    def wanted(self, session: Session, label: str) -> bool:
        """Whether the page still shows this film and label, and no other film waits."""
        return self.sessions.holds(session) and session.waiting is None and session.label == label


def start_map_job(
    analyser: Analyser, study: Study, label: str, key: str, maps: dict, is_wanted: Callable[[], bool]
) -> Job[None]:
    """Make one map in a thread of its own and put it among `maps` by (method, label)."""
    return start_job(
        key, lambda on_progress: maps.update(analyser.explain(study, [label], [key], on_progress)), is_wanted
    )


def describe_failure(error: BaseException | None) -> str:
    """Why there is no map; one method that fails must not take the others with it."""
    if error is None or isinstance(error, Cancelled):
        return ""
    return str(error) if isinstance(error, ExplanationError) else page_text.UNEXPECTED.format(ref=log_error(error))


def render_unusable_note(analysers: Mapping[str, Analyser], refused: Mapping[str, str], make_one: str) -> Html | str:
    """What the page says at the start when there is nothing to analyse with."""
    if analysers:
        return ""
    return join_html(render_message(page_text.NONE_READY, make_one), facts.render_unusable(refused) or "")
