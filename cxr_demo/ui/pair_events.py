"""What happens in the section that compares: the choice of the other checkpoint or of the members, and their maps.

Its list holds NOTHING, MEMBERS and the other checkpoints by name, each behind WITH so that no name can be mistaken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field

import gradio as gr

from cxr_demo.analysis import Analyser, Explanation, Study
from cxr_demo.comparison.checkpoint_pair import list_common_labels
from cxr_demo.explain.methods import METHODS
from cxr_demo.limits import PROGRESS_EVERY_S, SLOW_FORWARDS
from cxr_demo.text import pair_text
from cxr_demo.ui import members_view, pair_view, panels
from cxr_demo.ui.components import get_session_key
from cxr_demo.ui.events import Events, describe_failure, guarded, start_map_job
from cxr_demo.ui.pair_view import CheckpointView, PendingMap, RenderedRows, RowEntry, SlowMap
from cxr_demo.ui.sessions import SecondStudy, Session, Sessions

NOTHING, MEMBERS, WITH = "", "members", "with "


@dataclass(frozen=True, eq=False)
class MapSource:
    """Who makes a map of a row, of what, and where it is kept."""

    name: str
    analyser: Analyser
    study: Study
    maps: dict[tuple[str, str], Explanation]


@dataclass
class PairEvents:
    """Beside `events`, whose film, finding and methods it follows; the components are set by `page.build_page`."""

    events: Events
    choice: gr.Dropdown = field(init=False)
    shown: gr.HTML = field(init=False)

    @property
    def message(self) -> gr.HTML:
        return self.events.message

    @property
    def sessions(self) -> Sessions:
        return self.events.sessions

    def choices(self, checkpoint: str) -> list[tuple[str, str]]:
        """(text, value): what a checkpoint may be compared with."""
        made = self.events.analysers[checkpoint].card.ensemble if checkpoint in self.events.analysers else None
        own = [(pair_text.MEMBERS, MEMBERS)] if made else []
        others = [(name, WITH + name) for name in self.events.analysers if name != checkpoint]
        return [(pair_text.NOTHING, NOTHING), *own, *others]

    @guarded
    def offer(self, checkpoint: str, choice: str, request: gr.Request) -> Iterator[dict]:
        """Not queued: another checkpoint is compared with others; what cannot stay chosen becomes nothing."""
        choices = self.choices(checkpoint)
        kept = choice if choice in [value for _, value in choices] else NOTHING
        self._note(kept, request)
        yield {self.choice: gr.update(choices=choices, value=kept)}

    @guarded
    def want(self, choice: str, request: gr.Request) -> Iterator[dict]:
        """Not queued: maps under way learn that something else has been chosen, and stop early."""
        self._note(choice, request)
        yield {self.message: gr.skip()}

    @guarded
    def request_slow_map(self, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        """Not queued: a method is asked for although it takes long."""
        session = self.sessions.find(get_session_key(request))
        if session is not None and event.method in METHODS:
            session.slow_requested.add((session.label, str(event.method)))
        yield {self.message: gr.skip()}

    @guarded
    def show(self, choice: str, request: gr.Request) -> Iterator[dict]:
        """Each row as it is ready, of what the panels show now."""
        session = self.sessions.find(get_session_key(request))
        if session is None or session.study is None or choice not in dict(self._values(session)):
            yield {self.shown: pair_view.EMPTY}
            return
        session.compared = choice
        if choice == NOTHING:
            yield {self.shown: pair_view.EMPTY}
        elif choice == MEMBERS:
            yield from self._members(session)
        else:
            yield from self._pair(session, choice.removeprefix(WITH))

    def _values(self, session: Session) -> list[tuple[str, str]]:
        return [(value, text) for text, value in self.choices(session.checkpoint)]

    def _note(self, choice: str, request: gr.Request) -> None:
        session = self.sessions.find(get_session_key(request))
        if session is not None:
            session.compared = choice

    def _members(self, session: Session) -> Iterator[dict]:
        own, label = self._own(session), session.label
        reading, drawn = CheckpointView(own.name, own.analyser.card, own.study), RenderedRows()
        if not own.analyser.card.joins_predictions:
            of = panels.make_view_key(own.study, own.analyser.card, label)
            yield {self.shown: pair_view.render_sentence(pair_text.FEATURE_FUSION, of)}
            return
        yield from self._rows(
            session, [own], lambda entries: members_view.render_members(reading, label, entries, drawn)
        )

    def _pair(self, session: Session, name: str) -> Iterator[dict]:
        own, label, drawn = self._own(session), session.label, RenderedRows()
        card, known = own.analyser.card, list_common_labels(own.analyser.card, self.events.analysers[name].card)
        if label not in known:
            yield {
                self.shown: pair_view.render_sentence(
                    pair_text.describe_unknown_label(label, name, known), panels.make_view_key(own.study, card, label)
                )
            }
            return
        other = self._other(session, name)
        this, that = (CheckpointView(one.name, one.analyser.card, one.study) for one in (own, other))
        yield from self._rows(
            session, [own, other], lambda entries: pair_view.render_pair(this, that, label, entries, drawn)
        )

    def _own(self, session: Session) -> MapSource:
        analyser = self.events.analysers[session.checkpoint]
        return MapSource(session.checkpoint, analyser, session.require_study(), session.maps)

    def _other(self, session: Session, name: str) -> MapSource:
        """The film as another checkpoint sees it, analysed once."""
        analyser, others = self.events.analysers[name], session.second_studies
        if name not in others:
            started = time.monotonic()
            study = analyser.analyse(session.require_study().image)
            others[name] = SecondStudy(study, time.monotonic() - started)
        return MapSource(name, analyser, others[name].study, others[name].maps)

    def _rows(self, session: Session, sources: Sequence[MapSource], value: Callable[[dict], dict]) -> Iterator[dict]:
        """The value after every map, the cheapest first; stops when anything that it shows is no longer wanted."""
        label, chosen, compared, study = session.label, session.methods, session.compared, session.study
        failed: dict[str, str] = {}

        def is_wanted() -> bool:
            now = session.methods, session.compared
            return self.events.wanted(session, label) and now == (chosen, compared) and session.study is study

        while is_wanted():
            entries = {key: failed.get(key) or self._entry(session, sources, label, key) for key in chosen}
            yield {self.shown: value(entries)}
            missing = [key for key, entry in entries.items() if isinstance(entry, PendingMap)]
            if not missing:
                return
            key = min(missing, key=lambda key: METHODS[key].cost_forwards)
            source = next(source for source in sources if (key, label) not in source.maps)
            job = start_map_job(source.analyser, source.study, label, key, source.maps, is_wanted)
            while not wait([job.result], PROGRESS_EVERY_S).done and is_wanted():
                yield {self.shown: value(entries | {key: PendingMap(source.name, job.share)})}
            if job.result.done() and (reason := describe_failure(job.result.exception())):
                failed[key] = pair_text.describe_unavailable(source.name, reason)

    def _entry(self, session: Session, sources: Sequence[MapSource], label: str, key: str) -> RowEntry:
        for source in sources:
            if reason := source.analyser.proof.refusals.get(key):
                return pair_text.describe_unavailable(source.name, reason)
        missing = [source for source in sources if (key, label) not in source.maps]
        if not missing:
            return tuple(source.maps[key, label] for source in sources)
        if (
            METHODS[key].cost_forwards > SLOW_FORWARDS
            and (label, key) not in session.slow_requested
            and len(sources) > 1
        ):
            return SlowMap(METHODS[key].cost_forwards * session.second_studies[sources[1].name].forward_s)
        return PendingMap(missing[0].name, 0.0)
