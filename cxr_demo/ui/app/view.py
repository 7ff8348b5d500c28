"""The whole page as its person wants to see it now: every part of it, all from one wish."""

from __future__ import annotations

from collections.abc import Callable

from cxr_demo.analysis import Analyser, Study
from cxr_demo.comparison.checkpoint_pair import list_common_labels
from cxr_demo.explain.methods import METHODS
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.networks.checkpoint import suggest_checkpoint
from cxr_demo.networks.standing import find_standing
from cxr_demo.text import findings_text, page_text, pair_text
from cxr_demo.text.catalogue import LANGUAGE, Said, format_text, join_words
from cxr_demo.ui.app import exports, other_film, strip
from cxr_demo.ui.app.desk import Desk, find_label
from cxr_demo.ui.app.other_film import identify
from cxr_demo.ui.app.sessions import Film, FilmAnalysis, Session
from cxr_demo.ui.app.wish import FILM, MEMBERS, NOTHING, STOPPED, WITH, Wish
from cxr_demo.ui.app.work import ALL, list_shown_maps, make_cover_key, open_results
from cxr_demo.ui.compare import members_view, pair_view
from cxr_demo.ui.evaluation import evaluation_table
from cxr_demo.ui.evaluation.evaluation_run import describe_run, plan_missing_steps
from cxr_demo.ui.findings import facts, findings_list, gate_table
from cxr_demo.ui.markup import join_html, render_message
from cxr_demo.ui.parts import Part, Same, make_part
from cxr_demo.ui.viewer import film_regions, likeness_table, methods, panels, regions_table
from cxr_demo.ui.viewer.cover_table import Cover, describe_covered, render_cover

EMPTY = make_part({"html": ""})


class PageView:
    """One look at a session, as its wish is or as another `wish` for the same film and checkpoint would be; under its
    lock."""

    def __init__(self, desk: Desk, session: Session, wish: Wish | None = None) -> None:
        self.desk, self.session, self.wish, self.film = desk, session, wish or session.wish, session.film
        self.analyser: Analyser | None = desk.analysers.get(self.wish.checkpoint)
        self.reading = session.reading if self.film is not None else None
        film = self.film
        is_open = film is not None and not film.is_questioned and film.wanted_mend is None
        self.is_held = film is not None and film.is_questioned and film.wanted_mend is None
        self.study = self.reading.study if self.reading and is_open else None
        self.contrast = bool(self.reading) and self.reading.is_contrasted(self.wish)
        self.label = find_label(self.analyser, self.study, self.wish.label) if self.analyser and self.study else ""
        self.at = (self.wish.film, self.wish.checkpoint, self.label, Same(self.study))

    def keep(self, name: str, made_of: tuple, make: Callable[[], dict | Part]) -> Part:
        return self.session.rendered.keep(name, made_of, make)

    def _find_fault(self, *work: str) -> tuple[Said, Said] | tuple[()]:
        """Why work has failed, as a sentence and a next step; empty if it has not."""
        return self.session.failed.get(work, ())

    @property
    def finding(self) -> str:
        """The name of the chosen label."""
        return self.analyser.card.get_finding(self.label).name if self.analyser and self.label else ""

    def describe_result(self) -> str:
        """What a screen reader says, once, when all that was asked for is there."""
        film = self.film
        if film is None or self.analyser is None:
            return ""
        if film.fault:
            return format_text("spoken-refused", film=film.name, reason=film.fault[0])
        if film.is_questioned and film.gate is not None:
            reasons = " ".join(doubt.sentence for doubt in film.gate.doubts)
            return format_text("spoken-question", film=film.name, reasons=reasons)
        if self.study is None:
            fault = self._find_fault("analyse", self.wish.film, self.wish.checkpoint)
            return format_text("spoken-no-result", film=film.name, reason=fault[0] if fault else "")
        card, index = self.analyser.card, self.study.labels.index(self.label)
        how = find_standing(card, self.study.probabilities, self.label)
        maps = "none" if not self._list_shown() else "ready" if how.maps_shown else "off"
        return format_text(
            "spoken-result", film=film.name, finding=self.finding,
            score=page_text.format_score(float(self.study.probabilities[index]), card.calibrated, card.task),
            verdict=findings_text.describe_verdict(how), maps=maps,
        )  # fmt: skip

    # -- what is above the maps

    def notice(self) -> Part:
        notice = self.session.notice
        return make_part({"html": render_message(notice.message, notice.hint, notice.kind) if notice else ""})

    def strip(self) -> Part:
        films = list(self.session.films.values())
        answers = [self._describe_answer(film) for film in films]
        made_of = (
            self.wish.film,
            *((film.key, film.path, film.image is None, answer) for film, answer in zip(films, answers, strict=True)),
        )
        return self.keep("strip", made_of, lambda: strip.render_strip(films, answers, self.wish.film))

    def _describe_answer(self, film: Film) -> str:
        """In the strip: what the network that reads it says of the film, or why it does not."""
        if film.fault:
            return format_text("film-refused")
        if film.image is None:
            return format_text("film-is-read")
        if film.is_questioned:
            return format_text("film-questioned")
        reading = self.session.readings.get((film.key, self.wish.checkpoint))
        if self.analyser is None or reading is None or reading.study is None:
            return ""
        return findings_list.describe_answer(self.analyser.card, reading.study.probabilities)

    def networks(self) -> Part:
        choices, chosen = list(self.desk.titles.items()), self.wish.checkpoint
        return self.keep("networks", (chosen,), lambda: strip.render_choice(format_text("network"), choices, chosen))

    def findings(self) -> Part:
        film, analyser = self.film, self.analyser
        state = (film.path, film.fault, Same(film.opened), film.is_accepted, film.wanted_mend) if film else ()
        fault = self._find_fault("analyse", self.wish.film, self.wish.checkpoint)

        def make() -> dict:
            if film is None or analyser is None:
                return findings_list.render_first_steps()
            if film.fault:
                return strip.render_fault(film.name, film.fault)
            if fault:
                return strip.render_fault(film.name, fault)
            if film.is_questioned and film.gate is not None and film.wanted_mend is None:
                return strip.render_question(film.key, film.name, film.gate)
            if self.study is None:
                return strip.render_waiting(film.name, film.image is not None)
            better = self._suggest_checkpoint(film)
            value = findings_list.render_findings(
                analyser.card, self.study.probabilities, self.label, self.study.members
            )
            doubts = strip.render_doubts(film.gate) if film.gate else None
            hint = strip.render_suggestion(better, self.desk.titles[better]) if better else None
            return {**value, "html": join_html(doubts, hint, value["html"])}

        return self.keep("findings", (*self.at, state, fault), make)

    def _suggest_checkpoint(self, film: Film) -> str | None:
        """Another network, where the film's age says so."""
        header = film.image.header if film.image else None
        cards = {name: analyser.card for name, analyser in self.desk.analysers.items()}
        return suggest_checkpoint(cards, header.age_years, self.wish.checkpoint) if header else None

    def methods(self) -> Part:
        refusals = self.desk.refusals(self.session, self.wish.checkpoint) if self.analyser else {}
        forward_s = self.reading.forward_s if self.reading and self.study else None
        made_of = (self.wish.methods, tuple(refusals.items()), forward_s)
        return self.keep("methods", made_of, lambda: methods.render_methods(self.wish.methods, refusals, forward_s))

    def facts(self) -> Part:
        if self.analyser is None:
            return make_part({"html": format_text("none-ready")})
        analyser, proved = self.analyser, self.desk.is_proved(self.session, self.wish.checkpoint)
        made_of = (self.wish.checkpoint, proved, Same(self.desk.gate))

        def make() -> dict:
            unusable, gate = facts.render_unusable(self.desk.refused), gate_table.render_gate(self.desk.gate)
            return {"html": join_html(facts.render_analyser(analyser), gate, unusable)}

        return self.desk.rendered.keep("facts", made_of, make)

    # -- the maps

    def panels(self) -> Part:
        if self.study is None or self.film is None or self.analyser is None or self.reading is None:
            return self._render_no_maps()
        study, card, film, reading = self.study, self.analyser.card, self.film, self.reading
        opened = film.opened
        assert opened is not None  # a film that is analysed was read
        entries = self._list_entries(reading, study.image.sha256)
        pinned = dict(self.wish.pinned_scale)
        identities = tuple(identify(key, entry) for key, entry in entries.items())
        return self.keep(
            "panels", (*self.at, identities, self.wish.pinned_scale, self.contrast),
            lambda: panels.render_panels(
                study, card, self.label, entries, opened.pictures, opened.truth, pinned, self.contrast
            ),
        )  # fmt: skip

    def _render_no_maps(self) -> Part:
        wanted, film = self.wish.methods, self.film
        image, pictures = (film.image, film.pictures) if film else (None, None)
        held = format_text("map-held.question") if self.is_held else ""
        if image is None or pictures is None:
            held = format_text("map-held.refused") if film and film.fault else ""
            return self.keep("panels", ("blank", wanted, held), lambda: panels.render_blank_panels(wanted, held))
        made_of = (image.sha256, wanted, held)
        return self.keep("panels", made_of, lambda: panels.render_film_alone(image, pictures, wanted, held))

    def _list_entries(self, reading: FilmAnalysis, image: str) -> dict[str, panels.PanelEntry]:
        """Of every wanted method: its map, how much of it is done, or why there is none."""
        refusals, entries, contrast = self.desk.refusals(self.session, self.wish.checkpoint), {}, self.contrast
        for key in self.wish.methods:
            work = ("explain", image, self.wish.checkpoint, key, ALL if contrast else self.label)
            if reason := refusals.get(key) or join_words(*self._find_fault(*work)):
                entries[key] = reason
            elif contrast and not METHODS[key].is_linear:
                entries[key] = panels.NoContrast()
            else:
                found = reading.find_map(key, self.label, contrast)
                entries[key] = self._get_share(*work) if found is None else found
        return entries

    def _get_share(self, *key: str) -> float:
        job = self.session.jobs.get(key)
        return round(job.share, 2) if job else 0.0

    def take_home(self) -> Part:
        """What can be taken home, and the file that was asked for last."""
        return exports.render_exports(self.session, self.at, self.film if self.study else None, self._list_shown())

    # -- below them

    def likeness(self) -> Part:
        """How alike the maps of all labels are, once they are there."""
        analyser, reading, study, contrast = self.analyser, self.reading, self.study, self.contrast
        if analyser is None or reading is None or study is None or len(study.labels) < 2 + contrast:
            return EMPTY  # of two labels each against the other is always the opposite
        ready = reading.list_compared(shown := self._list_shown())

        def make() -> dict:
            seen = analyser.card.preprocess.mark_image(study.image.pixels.shape)
            tables = {key: reading.measure_likeness(key, contrast, seen) for key in ready}
            slow = [key for key in shown if key not in tables]
            return {"html": likeness_table.render_likeness(analyser.card, self.label, tables, slow, contrast)}

        return self.keep("likeness", (*self.at, tuple(shown), tuple(ready), contrast), make) if ready else EMPTY

    def regions(self) -> Part:
        film, analyser, study, maps = self.film, self.analyser, self.study, self._list_shown()
        opened, drawn, fault = film.opened if film else None, self.wish.regions, self.session.region_fault
        if not (maps or drawn) or opened is None or analyser is None or study is None:
            regions = regions_table.list_regions(drawn)
            return make_part({"html": "", "regions": regions, "how": self.wish.cover, "cover": None})
        cover = self._look_at_cover()
        made_of = (*self.at, tuple(map(Same, maps.values())), drawn, fault, cover.how, Same(cover.answer), cover.fault)

        def make() -> Part:
            card, shapes = analyser.card, [region.shape for region in drawn]
            covering = render_cover(card, self.label, study.probabilities, cover) if drawn else None
            if maps:
                found = film_regions.measure_regions(opened.regions, shapes, opened.truth, maps, card.preprocess)
                about = film_regions.describe_lungs(opened.regions, self.desk.lungs)
                value = regions_table.render_regions(self.finding, found, about, drawn, fault, opened.truth, covering)
            else:
                value = regions_table.render_covering_alone(drawn, covering)
            picture = describe_covered(cover)
            value |= {"how": cover.how, "cover": picture and picture[0]}
            return make_part(value, picture[1] if picture else {})

        return self.keep("regions", made_of, make)

    def _look_at_cover(self) -> Cover:
        """How the regions are covered, and what came of it."""
        shapes, how = self.wish.covered, self.wish.cover
        if not how or self.reading is None:
            return Cover()
        if not shapes:
            return Cover(how, None, format_text("cover.none-chosen"))
        fault = self.session.failed.get(make_cover_key(self.wish), ())
        return Cover(how, self.reading.covered.get((shapes, how)), join_words(*fault))

    def evaluation(self) -> Part:
        """What may be asked for next and how long it takes, or how far it is."""
        maps, reading, analyser, checks = self._list_shown(), self.reading, self.analyser, self.wish.checks
        if not maps or reading is None or analyser is None:
            return EMPTY
        if self.contrast:
            return make_part(evaluation_table.render_evaluation_bar(None, format_text("contrast-not-checked")))
        run = self.session.evaluation_run
        is_asked = checks is not None and checks.kind != STOPPED
        if is_asked and run is not None and run.asked == checks and run.steps:
            return make_part(evaluation_table.render_evaluation_bar(describe_run(run)))
        if is_asked and (run is None or run.asked != checks):
            waiting = evaluation_table.EvaluationProgress(0.0, format_text("check.waiting"))
            return make_part(evaluation_table.render_evaluation_bar(waiting))
        results = open_results(reading)
        again = any((key, self.label) in results.found for key in maps)
        note = (
            ""
            if checks is None or is_asked
            else format_text("check.stopped")
            if again
            else format_text("check.stopped-at-once")
        )
        for slow in (False, True):
            if steps := plan_missing_steps(analyser, results, self.label, maps, slow):
                wanted = tuple(dict.fromkeys(key for step in steps for key in step.methods))
                pace = self.desk.pace.get(self.wish.checkpoint, reading.forward_s)
                seconds = pace * sum(step.forwards for step in steps)
                offer = evaluation_table.EvaluationOffer(wanted, seconds, slow, again)
                return make_part(evaluation_table.render_evaluation_bar(offer, note))
        return make_part(evaluation_table.render_evaluation_bar(None, format_text("check.done")))

    def checks(self) -> Part:
        maps, reading = self._list_shown(), self.reading
        if not maps or reading is None or self.contrast:
            return EMPTY
        results = open_results(reading)
        found = {key: results.found[key, self.label] for key in maps if (key, self.label) in results.found}
        failed = {(key, part): why for (key, label, part), why in results.failed.items() if label == self.label}
        failed = {pair: why for pair, why in failed.items() if pair[0] in maps}
        made_of = (*self.at, tuple(maps), tuple(map(Same, found.values())), tuple(failed.items()))
        return self.keep(
            "checks", made_of, lambda: evaluation_table.render_evaluations(self.finding, tuple(maps), found, failed)
        )

    def _list_shown(self) -> dict:
        return list_shown_maps(self.session, self.reading, self.label) if self.reading and self.study else {}

    def pair(self) -> Part:
        wish, analyser, reading = self.wish, self.analyser, self.reading
        if self.study is None or analyser is None or reading is None or wish.compared == NOTHING:
            return make_part(pair_view.EMPTY)
        own = pair_view.CheckpointView(self.desk.networks[wish.checkpoint], analyser.card, self.study)
        if wish.compared == MEMBERS:
            return self._render_members(own, reading) if analyser.card.ensemble else make_part(pair_view.EMPTY)
        if wish.compared.startswith(FILM):
            return self._render_film_pair(analyser, reading, self.study)
        name = wish.compared.removeprefix(WITH)
        other = self.session.readings.get((wish.film, name), FilmAnalysis())
        return self._render_pair(own, reading, name, self.desk.analysers[name], other)

    def _render_members(self, own: pair_view.CheckpointView, reading: FilmAnalysis) -> Part:
        if not own.card.joins_predictions:
            return make_part(pair_view.render_sentence(format_text("members-title.joined")))
        entries = {key: self._describe_row(key, [(self.wish.checkpoint, reading)]) for key in self.wish.methods}
        made_of = (*self.at, MEMBERS, tuple(identify(key, entry) for key, entry in entries.items()))
        return self.keep(
            "pair", made_of, lambda: members_view.render_members(own, self.label, entries, self._open_rows(MEMBERS))
        )

    def _render_pair(
        self, own: pair_view.CheckpointView, reading: FilmAnalysis, name: str, analyser: Analyser, other: FilmAnalysis
    ) -> Part:
        known, title = list_common_labels(own.card, analyser.card), self.desk.networks[name]
        if self.label not in known:
            names = [own.card.get_finding(key).name for key in known]
            return make_part(pair_view.render_sentence(pair_text.describe_unknown_label(self.finding, title, names)))
        if fault := self._find_fault("analyse", self.wish.film, name):
            return make_part(pair_view.render_sentence(str(join_words(*fault))))
        if other.study is None or not self.desk.is_proved(self.session, name):
            return make_part(pair_view.render_sentence(pair_text.describe_preparing(title, other.study is not None)))
        that = pair_view.CheckpointView(title, analyser.card, other.study)
        sources = [(self.wish.checkpoint, reading), (name, other)]
        entries = {key: self._describe_row(key, sources) for key in self.wish.methods}
        made_of = (*self.at, name, tuple(identify(key, entry) for key, entry in entries.items()))
        return self.keep(
            "pair", made_of, lambda: pair_view.render_pair(own, that, self.label, entries, self._open_rows(name))
        )

    def _render_film_pair(self, analyser: Analyser, reading: FilmAnalysis, study: Study) -> Part:
        if sentence := other_film.describe_waiting(self.session, reading):
            return make_part(pair_view.render_sentence(sentence))
        pair, checkpoint = other_film.open_film_pair(self.session, reading, study), self.wish.checkpoint
        entries = {key: self._describe_row(key, [(checkpoint, reading), (checkpoint, pair.reading)])
                   for key in self.wish.methods}  # fmt: skip
        made_of = (
            *self.at,
            self.wish.compared,
            Same(pair.alignment),
            tuple(identify(*each) for each in entries.items()),
        )
        rows = self._open_rows(self.wish.compared)
        return self.keep("pair", made_of, lambda: pair.render(analyser.card, self.label, entries, rows))

    def _open_rows(self, compared: str) -> pair_view.RenderedRows:
        """What is finished of the rows that are shown."""
        made_of, known = (*self.at, LANGUAGE.get(), compared, self.contrast), self.session.pair_rows
        if known is None or known[0] != made_of:
            known = self.session.pair_rows = made_of, pair_view.RenderedRows()
        return known[1]

    def _describe_row(self, key: str, sources: list[tuple[str, FilmAnalysis]]) -> pair_view.RowEntry:
        """Of one method: the maps of all sources, or why they are not there."""
        pair = (key, ALL if self.contrast else self.label)
        for name, reading in sources:
            image = reading.require_study().image.sha256
            reason = self.desk.refusals(self.session, name).get(key)
            if reason := reason or join_words(*self._find_fault("explain", image, name, *pair)):
                return pair_text.describe_unavailable(self.desk.networks[name], str(reason))
        if self.contrast and not METHODS[key].is_linear:
            return format_text("contrast-none", method=METHODS[key].name)
        for name, reading in sources:
            if self.contrast and len(reading.require_study().labels) < 2:
                return format_text("contrast-one-label", network=self.desk.networks[name])
        found = [reading.find_map(key, self.label, self.contrast) for _, reading in sources]
        missing = [source for source, map_ in zip(sources, found, strict=True) if map_ is None]
        if not missing:
            return tuple(map_ for map_ in found if map_ is not None)
        asked = (self.label, key) in self.wish.slow
        if METHODS[key].cost_forwards > SLOW_FORWARDS and not asked and len(sources) > 1:
            return pair_view.SlowMap(METHODS[key].cost_forwards * sources[1][1].forward_s)
        name, reading = missing[0]
        image = reading.require_study().image.sha256
        return pair_view.PendingMap(self.desk.networks[name], self._get_share("explain", image, name, *pair))
