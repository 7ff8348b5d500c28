"""What a page shows, gathered to be taken home, and the file that is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cxr_demo.analysis import Analyser, Explanation
from cxr_demo.errors import ExplanationError
from cxr_demo.explain.methods import METHODS
from cxr_demo.export import panel_pictures
from cxr_demo.export.bundle import make_bundle
from cxr_demo.export.report_pdf import make_panel_picture, make_report
from cxr_demo.export.shown import DrawnMap, Greys, ShownStudy
from cxr_demo.progress import ProgressCallback
from cxr_demo.text import scales_text
from cxr_demo.text.catalogue import Said, format_text, join_words
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.sessions import Film, FilmAnalysis, OpenedFilm, Session
from cxr_demo.ui.app.wish import ExportWish, Wish
from cxr_demo.ui.export.export_files import ExportFile
from cxr_demo.ui.export.take_home import Export, render_take_home
from cxr_demo.ui.markup import tag
from cxr_demo.ui.parts import Part, Same, make_part
from cxr_demo.ui.viewer import film_regions
from cxr_demo.ui.viewer.colour_bar import choose_scales

REPORT_TITLE, BUNDLE_TITLE = "cxr-report.pdf", "cxr-report.zip"


def make_export(desk: Desk, shown: ShownStudy, wish: Wish, asked: ExportWish, tell: ProgressCallback) -> ExportFile:
    """The file that was asked for. ExplanationError for a picture of a map that is not shown."""
    if asked.kind == "pdf":
        return ExportFile(REPORT_TITLE, make_report(shown))
    if asked.kind == "zip":
        return ExportFile(BUNDLE_TITLE, make_bundle(shown, desk.analysers[wish.checkpoint], wish.shapes, tell))
    if asked.panel not in panel_pictures.list_panels(shown):
        raise ExplanationError("take-home-gone")
    title = asked.panel if asked.panel == panel_pictures.FILM else f"{asked.panel}-{shown.label}"
    return ExportFile(f"{title}.png", make_panel_picture(shown, asked.panel))


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
        return make_part({"html": tag("p", format_text("take-home.none"), class_="how")})
    export = _find_export(session)

    def make() -> dict:
        drawn = {key: METHODS[key].name for key, scales in choose_scales(maps).items() if not scales.own.nothing}
        panels = {panel_pictures.FILM: format_text("film")} | drawn
        return render_take_home(panels, film.key, film.example is None, export)

    made_of = (*at, tuple(map(Same, maps.values())), Same(export.file), export.share, export.fault)
    return session.rendered.keep("take_home", made_of, make)


def gather_shown(
    desk: Desk, session: Session, opened: OpenedFilm, reading: FilmAnalysis, label: str, asked: ExportWish
) -> ShownStudy:
    """Under the session's lock: everything as the page shows it now."""
    wish, film = session.wish, session.film
    analyser, contrast = desk.analysers[wish.checkpoint], reading.is_contrasted(wish)
    found = {key: reading.find_map(key, label, contrast) for key in wish.methods}
    made = {key: map_ for key, map_ in found.items() if map_ is not None}
    drawn = _draw_maps(made, dict(wish.pinned_scale), asked.absolute)
    refusals = desk.refusals(session, wish.checkpoint)
    maps = {key: drawn.get(key) or _describe_missing(key, refusals.get(key), contrast) for key in wish.methods}
    regions = film_regions.measure_regions(opened.regions, wish.shapes, {}, made, analyser.card.preprocess)
    results = reading.results.found if reading.results and not contrast else {}
    dice = desk.lungs.dice if desk.lungs and opened.regions.lungs is not None else None
    return ShownStudy(
        str(film.name) if film else "", reading.require_study(), analyser.card, label, maps, _describe_proof(analyser),
        opened.gate, regions, dice, {key: results[key, label] for key in made if (key, label) in results},
        asked.opacity, Greys(asked.low, asked.high, asked.inverted), asked.held, contrast,
    )  # fmt: skip


def _draw_maps(maps: dict[str, Explanation], pinned: dict[str, float], absolute: bool) -> dict[str, DrawnMap]:
    """On the scale that the panels have now."""
    drawn = {}
    for key, scales in choose_scales(maps, pinned).items():
        if absolute:
            told = scales_text.describe_shared_scale(scales.own, scales.shared, scales.sharing, scales.pinned)
            scale = replace(scales.shared, nothing=scales.own.nothing)
        else:
            told, scale = scales_text.describe_own_scale(scales.own), scales.own
        drawn[key] = DrawnMap(maps[key], scale, told)
    return drawn


def _describe_missing(method: str, reason: Said | None, contrast: bool) -> str:
    if reason:
        return format_text("not-available.why", reason=reason)
    if contrast and not METHODS[method].is_linear:
        return format_text("contrast-none", method=METHODS[method].name)
    return format_text("not-available")


def _describe_proof(analyser: Analyser) -> str:
    return str(analyser.proof.line) if analyser.is_proved else format_text("proof-pending")
