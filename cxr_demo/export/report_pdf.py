"""A report of one film on one or two A4 pages, PDF with selectable text, tagged for screen readers (PDF/UA-1); and one
panel with its colour bar, PNG.

Set by Typst, in memory: its library comes in one wheel with its fonts, asks no network, and reads no file here. The
film and its maps reach it as data, as every word does.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from importlib import resources
from typing import Any

import numpy as np
import typst

from cxr_demo.export import panel_pictures
from cxr_demo.export.report import PRIOR, describe_panel, describe_report
from cxr_demo.export.shown import ShownStudy
from cxr_demo.text.catalogue import LANGUAGE

PICTURE_BYTES = 1_200_000  # of all pictures of a report together, so that it can be sent by mail
PANEL_PX = 2048  # longest side of a film in a picture of its own
FILM_PX, MAP_PX, SMALL_MAP_PX = 1000, 760, 500  # longest sides; small: of more than FEW maps
FEW, MANY_COLUMNS = 6, 6  # maps with their words below each; columns of more maps, with the words of all after them
SIZES_PT = (9.0, 8.5, 8.0, 7.5)  # of the text, the first that needs no more than MOST_PAGES, or the first of all
MOST_PAGES = 2
CONTROL = re.compile(r"\\u00[01][0-9a-f]|\\b|\\f|\x7f")  # as JSON writes letters that cannot be printed
MISSING = "□"  # instead of a letter that the fonts do not have
STANDARD = "ua-1"
ACROSS_MM, FILM_MM, FILM_HIGH_MM = 176, 80, 105  # of the page, and at most of the film


def make_report(shown: ShownStudy) -> bytes:
    """The report as PDF, in the language of the moment."""
    report: dict[str, Any] = describe_report(shown) | {"lang": LANGUAGE.get()}
    figures = report["maps"]["figures"]
    drawn = [figure for figure in figures if "ticks" in figure]
    size = MAP_PX if len(figures) <= FEW else SMALL_MAP_PX
    panels = {figure["key"]: panel_pictures.draw_panel(shown, figure["key"], size) for figure in drawn}
    panels[panel_pictures.FILM] = panel_pictures.draw_panel(shown, panel_pictures.FILM, FILM_PX)
    if shown.prior:
        panels[PRIOR] = panel_pictures.draw_film(shown.prior.study.image.pixels, SMALL_MAP_PX)
    files = panel_pictures.encode_jpegs(panels, PICTURE_BYTES)
    wrapped = {name: panel_pictures.wrap_picture(files[name], panels[name].shape) for name in panels}
    report["film"]["picture"] = wrapped[panel_pictures.FILM]
    for section in report["sections"]:
        if "film" in section:
            section["film"]["picture"] = wrapped[PRIOR]
    for figure in drawn:
        figure["picture"] = wrapped[figure["key"]]
        figure["bar"] = panel_pictures.draw_bar(shown.list_drawn()[figure["key"]])
    height, width = shown.study.image.pixels.shape
    report["film-width"] = min(FILM_MM, FILM_HIGH_MM * width / height)
    report["dense"] = len(figures) > FEW
    report["columns"] = max(2, min(len(figures), MANY_COLUMNS if report["dense"] else 3))
    moment = shown.made.replace(microsecond=0)
    for report["size"] in SIZES_PT:
        if _count_pages(report) <= MOST_PAGES:
            break
    else:
        report["size"] = SIZES_PT[0]
    return compile_template("report.typ", report, format="pdf", pdf_standards=[STANDARD], timestamp=moment)


def make_panel_picture(shown: ShownStudy, panel: str, longest_px: int = PANEL_PX) -> bytes:
    """The film (`panel_pictures.FILM`), or a map, with its colour bar and what it is, as PNG. KeyError for a
    method without a map that can be drawn."""
    rgb = panel_pictures.draw_panel(shown, panel, longest_px)
    words = describe_panel(shown, panel) | {"width": rgb.shape[1], "lang": LANGUAGE.get()}
    if panel != panel_pictures.FILM:
        words["bar"] = panel_pictures.draw_bar(shown.list_drawn()[panel])
    above, below = map(panel_pictures.decode_png, compile_template("panel.typ", words, format="png", ppi=72.0))
    side = (above.shape[1] - rgb.shape[1]) // 2
    framed = np.pad(rgb, ((0, 0), (side, above.shape[1] - rgb.shape[1] - side), (0, 0)), constant_values=255)
    return panel_pictures.encode_png(np.concatenate([above, framed, below]))


def _count_pages(report: dict) -> int:
    return int(typst.query(_read_template("report.typ"), "<pages>", "value", one=True, **_prepare(report)))


def compile_template(template: str, report: dict, **settings) -> Any:
    """A template beside this module, with its words and pictures: a PDF, or the PNG of each page."""
    return typst.compile(_read_template(template), **_prepare(report), **settings)


def _read_template(name: str) -> bytes:
    return resources.files("cxr_demo.export").joinpath(name).read_bytes()


def _prepare(report: dict) -> dict:
    """What every call of typst gets: the words and pictures as data, and the fonts."""
    return {"sys_inputs": {"report": _replace_missing(json.dumps(report, ensure_ascii=False))}, **_choose_fonts()}


def _choose_fonts() -> dict:
    """Those of the wheel alone, so that a report looks the same everywhere."""
    return {"font_paths": _load_fonts(), "ignore_system_fonts": True}


@functools.cache
def _load_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _replace_missing(text: str) -> str:
    """A letter that no font has would be an empty box that a screen reader cannot read, which PDF/UA forbids."""
    text = CONTROL.sub(MISSING, text)
    unknown = {letter for letter in set(text) if not letter.isascii() and not _is_known(letter)}
    return text.translate({ord(letter): MISSING for letter in unknown})


@functools.lru_cache(4096)
def _is_known(letter: str) -> bool:
    if unicodedata.category(letter) == "Cs":  # of a file name that is not UTF-8
        return False
    source = f'#set document(title: "a")\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n#"a{letter}"'
    try:
        typst.compile(source.encode(), pdf_standards=[STANDARD], **_choose_fonts())
    except typst.TypstError:
        return False
    return True
