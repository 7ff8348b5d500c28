"""What is still to be done before the page shows what its person wants, in the order of doing it.

The list is made anew from the wish whenever it is looked at. Work that is under way goes on as long as it stands on
the list, so nothing has to be told that it is no longer wanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cxr_demo.analysis import Analyser
from cxr_demo.comparison.checkpoint_pair import list_common_labels
from cxr_demo.comparison.film_pair import align_films, vary_probabilities
from cxr_demo.evaluation.covering import cover_image
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.bounded_reading import read_bounded
from cxr_demo.film.gate import Mend, mend_image
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import MAX_PAGE_BYTES, SLOW_FORWARDS
from cxr_demo.progress import ProgressCallback
from cxr_demo.text.catalogue import LANGUAGE, Said, join_words, say, use_language
from cxr_demo.ui.app import exports, uploads
from cxr_demo.ui.app.desk import Desk, find_label
from cxr_demo.ui.app.sessions import (
    Film,
    FilmAnalysis,
    Notice,
    OpenedFilm,
    Session,
    find_other_film,
    open_film,
)
from cxr_demo.ui.app.wish import FILM, SLOW, STOPPED, WITH, Wish
from cxr_demo.ui.evaluation.evaluation_run import (
    EvaluationResults,
    EvaluationRun,
    do_step,
    plan_missing_steps,
    skip_step,
)
from cxr_demo.ui.image_encoding import encode_film
from cxr_demo.ui.jobs import Cancelled
from cxr_demo.ui.viewer.cover_table import CoveredAnswer
from cxr_demo.ui.viewer.deep_film import offer_changed_film

ALL = "*"  # instead of a label, in the key of work on all of them
READ, ANALYSE, COVER, READ_OTHERS, PROVE, EXPLAIN, EXPORT, ANALYSE_OTHERS, COMPARE, EVALUATE = range(
    10
)  # what comes first
TOLD_OF_PAIR = ("analyse", "vary", "align")  # what a report waits for of another film, not the maps
KEPT_COVERS = 8  # answers about one film by one network


@dataclass(frozen=True, eq=False)
class Work:
    """`key`: what it is, `rank`: the smallest first. `run` keeps what it finds where the page looks for it, which takes
    it from the list. What has failed is not tried again; `fail` is told why, where more than that is to be said."""

    key: tuple
    rank: tuple[float, ...]
    run: Callable[[ProgressCallback], None]
    fail: Callable[[tuple[Said, Said]], None] = lambda fault: None


def list_work(desk: Desk, session: Session) -> list[Work]:
    """What is missing of what is wanted now."""
    with session.lock:
        wanted = [*_list_reading(desk, session), *_list_for_film(desk, session), *_list_for_table(desk, session)]
        return [work for work in wanted if work.key not in session.failed]


def _list_reading(desk: Desk, session: Session) -> Iterator[Work]:
    for film in list(session.films.values()):
        if film.path:
            rank = READ if film.key == session.wish.film else READ_OTHERS
            yield Work(("read", film.key), (rank,), lambda _, film=film: _read(desk, session, film), _refuse(film))
    film = session.film
    if film is not None and film.opened is not None and film.wanted_mend is not None:
        opened, mend = film.opened, film.wanted_mend

        def fail(fault: tuple[Said, Said]) -> None:  # the film stays as it was
            film.wanted_mend, session.notice = None, Notice(*fault)

        yield Work(("mend", film.key, mend), (READ,), lambda _: _mend(desk, session, film, opened, mend), fail)


def _read(desk: Desk, session: Session, film: Film) -> None:
    """The file is deleted, whatever it was."""
    with desk.decoding.hold(session), uploads.claim_upload(film.path, desk.folder) as file:
        film.opened = open_film(film.name, read_bounded(file), desk.gate, desk.lungs)
    film.path = ""
    _make_room(session, film)
    desk.sessions.make_room(session)


def _make_room(session: Session, film: Film) -> None:
    """One page holds only so many bytes of films: the oldest leave, but neither the new one nor what is looked at."""
    with session.lock:
        held = {key: each.image.nbytes for key, each in session.films.items() if each.image is not None}
        for key in [key for key in held if key not in (film.key, session.wish.film)]:
            if sum(held.values()) <= MAX_PAGE_BYTES:
                return
            session.drop_film(key)
            del held[key]
            session.notice = Notice(say("oldest-removed-large"), kind="done")


def _mend(desk: Desk, session: Session, film: Film, opened: OpenedFilm, mend: Mend) -> None:
    """What was known of it as it was is known of another picture."""
    mended = open_film(film.name, mend_image(opened.image, mend), desk.gate, desk.lungs)
    with session.lock:
        if film.opened is opened and film.wanted_mend is mend:
            session.forget_findings(film.key)
            film.opened, film.wanted_mend, film.is_accepted = mended, None, False


def _refuse(film: Film) -> Callable[[tuple[Said, Said]], None]:
    def fail(fault: tuple[Said, Said]) -> None:
        film.fault, film.path = fault, ""

    return fail


def _list_for_film(desk: Desk, session: Session) -> Iterator[Work]:
    film, wish = session.film, session.wish
    if film is None or film.image is None or film.is_questioned or film.wanted_mend is not None:
        return
    if wish.checkpoint not in desk.analysers:
        return
    reading = desk.open_reading(session, film, wish.checkpoint)
    yield from _list_analysis(desk, film.key, film.image, reading, wish.checkpoint, ANALYSE)
    if reading.study is None:
        return
    analyser = desk.analysers[wish.checkpoint]
    covers = list(_list_cover(analyser, session, film.image, reading))
    yield from covers
    label = find_label(analyser, reading.study, wish.label)
    yield from _list_proof(desk, session, wish.checkpoint)
    if not desk.is_proved(session, wish.checkpoint):
        return
    refusals = desk.refusals(session, wish.checkpoint)
    wanted = [method for method in wish.methods if method not in refusals]
    is_contrasted = reading.is_contrasted(wish)
    maps = list(_list_maps(analyser, reading, wish.checkpoint, label, wanted, EXPLAIN, is_contrasted))
    yield from maps
    compared = list(_list_comparison(desk, session, film, film.image, label, is_contrasted))
    told = [*covers, *maps, *(work for work in compared if work.key[0] in TOLD_OF_PAIR)]
    if film.opened is not None and all(work.key in session.failed for work in told):
        yield from _list_export(desk, session, film.opened, reading, label)
    yield from compared
    if all(work.key in session.failed for work in maps):
        yield from _list_evaluation(desk, session, reading, label)


def _list_for_table(desk: Desk, session: Session) -> Iterator[Work]:
    """What the network that is chosen says of all films, where a person wants that table."""
    wish = session.wish
    if not wish.table or wish.checkpoint not in desk.analysers:
        return
    for film in list(session.films.values()):
        if film.image is not None and film.key != wish.film and not film.is_questioned and film.wanted_mend is None:
            reading = desk.open_reading(session, film, wish.checkpoint)
            yield from _list_analysis(desk, film.key, film.image, reading, wish.checkpoint, ANALYSE_OTHERS)


def _list_analysis(
    desk: Desk, film: str, image: Radiograph, reading: FilmAnalysis, checkpoint: str, rank: int
) -> Iterator[Work]:
    if reading.study is not None:
        return

    def run(on_progress: ProgressCallback) -> None:
        started = time.monotonic()
        study = desk.analysers[checkpoint].analyse(image)
        reading.forward_s, reading.study = time.monotonic() - started, study

    yield Work(("analyse", film, checkpoint), (rank,), run)


def _list_cover(analyser: Analyser, session: Session, image: Radiograph, reading: FilmAnalysis) -> Iterator[Work]:
    shapes, how = session.wish.covered, session.wish.cover
    if not shapes or (shapes, how) in reading.covered:
        return

    def run(on_progress: ProgressCallback) -> None:
        covered = cover_image(image, shapes, how)
        deep = offer_changed_film(image, lambda: cover_image(image, shapes, how))
        answer = CoveredAnswer(analyser.analyse(covered).probabilities, encode_film(covered.pixels), deep)
        with session.lock:
            reading.covered[shapes, how] = answer
            while len(reading.covered) > KEPT_COVERS:
                del reading.covered[next(iter(reading.covered))]

    yield Work(make_cover_key(session.wish), (COVER,), run)


def _list_export(desk: Desk, session: Session, opened: OpenedFilm, reading: FilmAnalysis, label: str) -> Iterator[Work]:
    """The file that was asked for, once all that it shows is there, in the language of whoever has asked. It ends as
    soon as the film, or another one of the page, is gone or mended: what it shows is no longer the page's."""
    listed, language, files = session.wish, LANGUAGE.get(), session.exports.count_clearings()
    asked = listed.export
    if asked is None or session.exports.find(asked):
        return

    def require_same() -> None:
        """Under the session's lock."""
        wish = session.wish
        is_same = wish.export == asked and wish.label == listed.label and session.reading is reading
        if session.is_gone or not is_same or session.exports.count_clearings() != files:
            raise Cancelled

    def run(on_progress: ProgressCallback) -> None:
        with use_language(language):
            with session.lock:
                require_same()
                wish, shown = session.wish, exports.gather_shown(desk, session, opened, reading, label, asked)
            file = exports.make_export(desk, shown, wish, asked, on_progress)
        with session.lock:
            require_same()
            session.exports.keep(asked, file)
        desk.sessions.make_room(session)

    yield Work(exports.make_export_key(asked), (EXPORT,), run)


def make_cover_key(wish: Wish) -> tuple:
    """Of the work that asks the network with the regions covered."""
    return "cover", wish.film, wish.checkpoint, wish.covered, wish.cover


def _list_proof(desk: Desk, session: Session, checkpoint: str, rank: float = PROVE) -> Iterator[Work]:
    if not desk.is_proved(session, checkpoint):
        yield Work(("prove", checkpoint), (rank,), lambda _: _prove(desk.analysers[checkpoint]))


def _prove(analyser: Analyser) -> None:
    analyser.prove()


def _list_maps(
    analyser: Analyser,
    reading: FilmAnalysis,
    checkpoint: str,
    label: str,
    methods: Iterable[str],
    rank: int,
    is_contrasted: bool,
) -> Iterator[Work]:
    """Where it `is_contrasted`, against the other labels, what is missing of all of them, in one sweep."""
    for method in methods:
        if is_contrasted:
            if METHODS[method].is_linear and (labels := reading.list_missing(method)):
                yield _make_map(analyser, reading, checkpoint, method, labels, ALL, rank)
        elif (method, label) not in reading.maps:
            yield _make_map(analyser, reading, checkpoint, method, [label], label, rank)


def _make_map(
    analyser: Analyser,
    reading: FilmAnalysis,
    checkpoint: str,
    method: str,
    labels: list[str],
    name: str,
    rank: int,
) -> Work:
    """One method at a time: one that fails must not take the others with it. `name` of the labels, in the key."""
    study = reading.require_study()

    def run(on_progress: ProgressCallback) -> None:
        reading.maps.update(analyser.explain(study, labels, [method], on_progress))

    key = ("explain", study.image.sha256, checkpoint, method, name)
    return Work(key, (rank, METHODS[method].cost_forwards), run)


def _list_comparison(
    desk: Desk, session: Session, film: Film, image: Radiograph, label: str, is_contrasted: bool
) -> Iterator[Work]:
    """The same film, label and methods, by the other checkpoint. One with a single label has nothing to contrast."""
    wish = session.wish
    if wish.compared.startswith(FILM):
        yield from _list_other_film(desk, session, film, image, label, is_contrasted)
    if not wish.compared.startswith(WITH):
        return
    name = wish.compared.removeprefix(WITH)
    if label not in list_common_labels(desk.analysers[wish.checkpoint].card, desk.analysers[name].card):
        return
    other = desk.open_reading(session, film, name)
    yield from _list_analysis(desk, film.key, image, other, name, COMPARE)
    if other.study is None or (is_contrasted and len(other.study.labels) < 2):
        return
    yield from _list_proof(desk, session, name, COMPARE)
    if desk.is_proved(session, name):
        refused = {**desk.refusals(session, wish.checkpoint), **desk.refusals(session, name)}
        wanted = [
            key
            for key in wish.methods
            if key not in refused and (METHODS[key].cost_forwards <= SLOW_FORWARDS or (label, key) in wish.slow)
        ]
        yield from _list_maps(desk.analysers[name], other, name, label, wanted, COMPARE, is_contrasted)


def _list_other_film(
    desk: Desk, session: Session, film: Film, image: Radiograph, label: str, is_contrasted: bool
) -> Iterator[Work]:
    """Another film by the same checkpoint: how it lies over this one, what changed, and its maps."""
    wish, other = session.wish, find_other_film(session)
    if other is None or other.image is None:
        return
    other_image, pair = other.image, (film.key, other.key)
    analyser, readings = desk.analysers[wish.checkpoint], []
    for each, pixels in ((film, image), (other, other_image)):
        readings.append(reading := desk.open_reading(session, each, wish.checkpoint))
        yield from _list_analysis(desk, each.key, pixels, reading, wish.checkpoint, COMPARE)
        if reading.study is not None and reading.varied is None:
            yield Work(("vary", each.key, wish.checkpoint), (COMPARE,), lambda _, it=reading: _vary(analyser, it))
    if pair not in session.alignments:

        def align(_: ProgressCallback) -> None:
            found = align_films(image.pixels, other_image.pixels, desk.lungs)
            with session.lock:
                if film.image is image and other.image is other_image:
                    session.alignments[pair] = found

        yield Work(("align", *pair), (COMPARE,), align)
    if readings[1].study is not None and desk.is_proved(session, wish.checkpoint):
        refused = desk.refusals(session, wish.checkpoint)
        cheap = [key for key in wish.methods if key not in refused and METHODS[key].cost_forwards <= SLOW_FORWARDS]
        slow = [key for key in wish.methods if (label, key) in wish.slow and key not in {*cheap, *refused}]
        yield from _list_maps(analyser, readings[1], wish.checkpoint, label, [*cheap, *slow], COMPARE, is_contrasted)


def _vary(analyser: Analyser, reading: FilmAnalysis) -> None:
    reading.varied = vary_probabilities(analyser, reading.require_study())


def _list_evaluation(desk: Desk, session: Session, reading: FilmAnalysis, label: str) -> Iterator[Work]:
    """The next step of the checks that were asked for."""
    run = open_run(desk, session, reading, label)
    if run is None or not run.steps:
        return
    step, checkpoint = run.steps[0], session.wish.checkpoint

    def work(on_progress: ProgressCallback) -> None:
        do_step(desk.analysers[checkpoint], run, step, on_progress)
        desk.pace[checkpoint] = run.pace

    def fail(fault: tuple[Said, Said]) -> None:
        skip_step(run, step, join_words(*fault))

    yield Work(("evaluate", checkpoint, label, id(run), step), (EVALUATE,), work, fail)


def open_run(desk: Desk, session: Session, reading: FilmAnalysis, label: str) -> EvaluationRun | None:
    """The checks of what is shown, planned if need be; None where none are asked for."""
    wish = session.wish
    if wish.checks is None or wish.checks.kind == STOPPED or reading.is_contrasted(wish):
        session.evaluation_run = None
        return None
    results, run = open_results(reading), session.evaluation_run
    if run is None or run.results is not results or run.asked != wish.checks:
        results.failed = {key: why for key, why in results.failed.items() if key[1] != label}  # tried once more
        shown = list_shown_maps(session, reading, label)
        analyser = desk.analysers[wish.checkpoint]
        steps = plan_missing_steps(analyser, results, label, shown, wish.checks.kind == SLOW)
        run = EvaluationRun(results, label, shown, wish.checks, steps, sum(step.forwards for step in steps))
        session.evaluation_run = run
    return run


def open_results(reading: FilmAnalysis) -> EvaluationResults:
    """What the checks found of a reading so far."""
    if reading.results is None:
        reading.results = EvaluationResults(reading.require_study())
    return reading.results


def list_shown_maps(session: Session, reading: FilmAnalysis, label: str) -> dict:
    """The maps of a label that are made and wanted, by method."""
    wish = session.wish
    found = {key: reading.find_map(key, label, reading.is_contrasted(wish)) for key in wish.methods}
    return {key: map_ for key, map_ in found.items() if map_ is not None}
