"""What a page shows, gathered to be taken home, and the file that is made of it."""

from __future__ import annotations

from collections.abc import Mapping

from cxr_demo.analysis import Analyser, Explanation
from cxr_demo.comparison.film_pair import compare_probabilities
from cxr_demo.errors import ExplanationError
from cxr_demo.explain.methods import METHODS
from cxr_demo.export import panel_pictures
from cxr_demo.export.bundle import make_bundle
from cxr_demo.export.map_scales import choose_scales
from cxr_demo.export.report_pdf import make_panel_picture, make_report
from cxr_demo.export.shown import Greys, PriorFilm, ShownStudy, describe_missing_map, draw_maps
from cxr_demo.progress import ProgressCallback
from cxr_demo.text.catalogue import format_text, join_words
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.sessions import Film, FilmAnalysis, OpenedFilm, Session, find_other_film
from cxr_demo.ui.app.wish import ExportWish, Wish
from cxr_demo.ui.export.export_files import ExportFile, title_file
from cxr_demo.ui.export.take_home import Export, render_link, render_take_home
from cxr_demo.ui.markup import join_html, tag
from cxr_demo.ui.parts import Part, Same, make_part
from cxr_demo.ui.viewer import film_regions


def make_export(desk: Desk, shown: ShownStudy, wish: Wish, asked: ExportWish, tell: ProgressCallback) -> ExportFile:
    """The file that was asked for. ExplanationError for a picture of a map that is not shown."""
    header = shown.study.image.header
    day = header.taken_on if header else ""
    if asked.kind == "pdf":
        return ExportFile(title_file(shown.film_name, day, shown.label, kind="pdf"), make_report(shown))
    if asked.kind == "zip":
        with desk.bundling:
            bundle = make_bundle(shown, desk.analysers[wish.checkpoint], tell)
            return ExportFile(title_file(shown.film_name, day, shown.label, kind="zip"), bundle)
    if asked.panel not in panel_pictures.list_panels(shown):
        raise ExplanationError("take-home-gone")
    of = () if asked.panel == panel_pictures.FILM else (shown.label,)
    title = title_file(shown.film_name, day, asked.panel, *of, kind="png")
    return ExportFile(title, make_panel_picture(shown, asked.panel))


def is_asked_for_names(session: Session) -> bool:
    """Whether a film of a person is among those that a file would show."""
    films = (session.film, find_other_film(session))
    return any(film is not None and film.example is None for film in films)


def make_export_key(asked: ExportWish) -> tuple:
    """Of the work that makes a file."""
    return "export", asked


def _find_export(session: Session) -> Export:
    """The file that was asked for last, or how far it is."""
    asked = session.wish.export
    if asked is None:
        return Export()
    if file := session.exports.find(asked):
        return Export(file)
    if fault := session.failed.get(make_export_key(asked)):
        return Export(fault=str(join_words(*fault)))
    job = session.jobs.get(make_export_key(asked))
    return Export(share=round(job.share, 2) if job else 0.0)


def render_exports(session: Session, at: tuple, film: Film | None, maps: Mapping[str, Explanation]) -> Part:
    """The part of the page, under the session's lock. `at`: what is shown, of this `film`, None before it is analysed;
    its `maps` by method."""
    if film is None:
        return make_part({"html": join_html(tag("p", format_text("take-home.none"), class_="how"), render_link())})
    export = _find_export(session)

    def make() -> dict:
        drawn = {key: METHODS[key].name for key, scales in choose_scales(maps).items() if not scales.own.nothing}
        panels = {panel_pictures.FILM: format_text("film")} | drawn
        key = f"{film.key} {other.key}" if other else film.key
        return render_take_home(panels, key, is_asked_for_names(session), other is not None, export)

    other = find_other_film(session)
    made_of = (*at, tuple(map(Same, maps.values())), Same(other), Same(export.file), export.share, export.fault)
    return session.rendered.keep("take_home", made_of, make)


def gather_shown(
    desk: Desk, session: Session, opened: OpenedFilm, reading: FilmAnalysis, label: str, asked: ExportWish
) -> ShownStudy:
    """Under the session's lock: everything as the page shows it now."""
    wish, film = session.wish, session.film
    analyser, contrast = desk.analysers[wish.checkpoint], reading.is_contrasted(wish)
    found = {key: reading.find_map(key, label, contrast) for key in wish.methods}
    made = {key: map_ for key, map_ in found.items() if map_ is not None}
    pinned = dict(wish.pinned_scale)
    drawn = draw_maps(made, asked.absolute, pinned)
    refusals = desk.refusals(session, wish.checkpoint)
    maps = {key: drawn.get(key) or describe_missing_map(key, refusals.get(key), contrast) for key in wish.methods}
    regions = film_regions.measure_regions(opened.regions, wish.shapes, {}, made, analyser.card.preprocess)
    results = reading.results.found if reading.results and not contrast else {}
    answer = reading.covered.get((wish.covered, wish.cover)) if wish.covered else None
    dice = desk.lungs.dice if desk.lungs and opened.regions.lungs is not None else None
    return ShownStudy(
        str(film.name) if film else "", reading.require_study(), analyser.card, label, maps, _describe_proof(analyser),
        opened.gate, regions, dice, {key: results[key, label] for key in made if (key, label) in results},
        asked.opacity, Greys(asked.low, asked.high, asked.inverted, asked.window), asked.held, contrast,
        drawn=wish.regions, cover=wish.cover if answer else "", covered=answer and answer.probabilities,
        prior=_find_prior(session, reading), absolute=asked.absolute, pinned=pinned,
        lungs=opened.regions.lungs,
    )  # fmt: skip


def _find_prior(session: Session, reading: FilmAnalysis) -> PriorFilm | None:
    """The film that is compared with the one shown, where all is known of both."""
    film, other = session.film, find_other_film(session)
    if film is None or other is None:
        return None
    that, alignment = (
        session.readings.get((other.key, session.wish.checkpoint)),
        session.alignments.get((film.key, other.key)),
    )
    if reading.varied is None or that is None or that.varied is None or alignment is None:
        return None
    changes = compare_probabilities(reading.require_study(), reading.varied, that.require_study(), that.varied)
    return PriorFilm(str(other.name), that.require_study(), changes, alignment, other.example is not None)


def _describe_proof(analyser: Analyser) -> str:
    return str(analyser.proof.line) if analyser.is_proved else format_text("proof-pending")
