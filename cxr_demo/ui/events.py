"""What happens when a person does something: each event is a generator of {component: new value}.

Nothing of the page changes that an event does not name, so a failure leaves the former result where it was.
"""

from __future__ import annotations

import functools
import logging
import secrets
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr

from cxr_demo.analysis import Analyser, Study, ordered
from cxr_demo.errors import CxrError, ExplanationError
from cxr_demo.explain import METHODS, Method
from cxr_demo.image import Radiograph, read_image
from cxr_demo.ui import facts, findings, panels, pictures, uploads, words
from cxr_demo.ui.markup import Html, joined, tag
from cxr_demo.ui.sessions import Session, Sessions

log = logging.getLogger("cxr_demo")


def guarded(event):
    """An error becomes one sentence and a next step; one that nobody foresaw, a reference that the log knows too."""

    @functools.wraps(event)
    def safe(self: Events, *arguments):
        try:
            yield from event(self, *arguments)
        except CxrError as error:
            yield {self.message: said(error.message, error.hint)}
        except Exception as error:  # the last place before gradio, which would show or log the traceback
            yield {self.message: said(words.UNEXPECTED.format(ref=noted(error)), words.UNEXPECTED_HINT)}

    return safe


def said(message: str, hint: str = "", kind: str = "error") -> Html:
    return tag("p", tag("strong", message), " ", hint, class_=f"message {kind}")


def noted(error: Exception) -> str:
    """Log type and place of an error, never its text, which may quote a path or a value; returns the reference."""
    ref = secrets.token_hex(2)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("ref %s: %s at %s", ref, type(error).__name__, " > ".join(places[-3:]))
    return ref


@dataclass
class Events:
    """`analysers` by the name shown; the components are set by `page.build`."""

    analysers: Mapping[str, Analyser]
    sessions: Sessions
    folder: Path
    message: gr.HTML = field(init=False)
    findings: gr.HTML = field(init=False)
    panels: gr.HTML = field(init=False)
    facts: gr.HTML = field(init=False)

    @guarded
    def take(self, path: str, request: gr.Request) -> Iterator[dict]:
        """A file has arrived: decode it and delete it at once, whatever it was."""
        try:
            image = read_image(path)
        finally:
            uploads.delete(path, self.folder)
        self.sessions.keep(request.session_hash).waiting = image
        yield {self.message: ""}

    @guarded
    def analyse(self, checkpoint: str, request: gr.Request) -> Iterator[dict]:
        """Probabilities first, then the maps of the first finding, each as it is ready."""
        session = self.sessions.find(request.session_hash)
        if session is None or session.waiting is None:  # the file was refused, and that has been said
            yield {self.message: gr.skip()}
            return
        image, session.waiting = session.waiting, None
        yield from self._study(session, checkpoint, image)

    @guarded
    def switch(self, checkpoint: str, request: gr.Request) -> Iterator[dict]:
        """Another checkpoint: its facts, and the same film again if there is one."""
        analyser = self.analysers[checkpoint]
        yield {self.facts: facts.about(analyser.card, analyser.sha256, analyser.proof.line)}
        session = self.sessions.find(request.session_hash)
        if session is not None and session.study is not None:
            yield from self._study(session, checkpoint, session.study.image)

    @guarded
    def want(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: tells maps under way that another finding has been chosen, so that they stop early."""
        session = self.sessions.find(request.session_hash)
        label = str(event.label)
        if session is not None and session.study is not None and label in session.study.labels:
            session.label = label
        yield {self.message: gr.skip()}

    @guarded
    def choose(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """The maps of another finding."""
        session = self.sessions.find(request.session_hash)
        if session is None or session.study is None:
            raise CxrError(*words.EXPIRED)
        label = str(event.label)
        if label not in session.study.labels:
            yield {self.message: gr.skip()}
            return
        session.label = label
        yield {self.message: ""}
        yield from self._maps(session, None)

    @guarded
    def remove(self, request: gr.Request) -> Iterator[dict]:
        self.sessions.forget(request.session_hash)
        yield {
            self.message: said(words.REMOVED, kind="done"),
            self.findings: findings.empty(),
            self.panels: panels.empty(),
        }

    def closed(self, request: gr.Request) -> None:
        """The page was closed, reloaded or left."""
        self.sessions.forget(request.session_hash)

    def _study(self, session: Session, checkpoint: str, image: Radiograph) -> Iterator[dict]:
        analyser = self.analysers[checkpoint]
        study = analyser.analyse(image)
        session.checkpoint, session.study, session.maps = checkpoint, study, {}
        session.label = ordered(analyser.card, study.probabilities)[0]
        film = pictures.film(image.pixels)
        if not self._wanted(session, session.label):
            return
        yield {
            self.message: "",
            self.findings: findings.value(analyser.card, study.probabilities, session.label, study.members),
            self.panels: panels.value(study, analyser.card, session.label, {}, film),
        }
        yield from self._maps(session, film)

    def _maps(self, session: Session, film: str | None) -> Iterator[dict]:
        """The panels of the session's label, method by method; stops when the film or the label is no longer
        wanted. `film` is its picture until the browser surely has it."""
        study, maps, label = session.study, session.maps, session.label
        analyser = self.analysers[session.checkpoint]
        done: dict[str, panels.Panel] = {}
        yield {self.panels: panels.value(study, analyser.card, label, done, film)}
        for key, method in METHODS.items():
            if self._wanted(session, label):
                done[key] = self._panel(maps, study, label, analyser, method)
            if not self._wanted(session, label):  # also when it was removed during the computation
                return
            yield {self.panels: panels.value(study, analyser.card, label, done, film)}

    def _wanted(self, session: Session, label: str) -> bool:
        """Whether the page still shows this film and label, and no other film waits."""
        return self.sessions.holds(session) and session.waiting is None and session.label == label

    @staticmethod
    def _panel(maps: dict, study: Study, label: str, analyser: Analyser, method: Method) -> panels.Panel:
        pair = (method.key, label)
        reason = analyser.proof.available[method.key]
        if not reason:
            try:
                if pair not in maps:
                    maps |= analyser.explain(study, [label], [method.key])
                return panels.mapped(method, maps[pair], study, analyser.card)
            except ExplanationError as error:
                reason = str(error)
            except Exception as error:  # one method that fails must not take the others with it
                reason = words.UNEXPECTED.format(ref=noted(error))
        return panels.refused(method, study, label, reason)


def unusable_note(analysers: Mapping[str, Analyser], refused: Mapping[str, str], make_one: str) -> Html | str:
    """What the page says at the start when there is nothing to analyse with."""
    if analysers:
        return ""
    return joined(said(words.NONE_READY, make_one), facts.unusable(refused) or "")
