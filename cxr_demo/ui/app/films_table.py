"""The films of a page as a table: what one network says of each, to be sorted, and taken home as CSV."""

from __future__ import annotations

from cxr_demo.export.film_table import FilmRow, write_film_table
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import find_standing
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import strip
from cxr_demo.ui.app.other_film import list_choices
from cxr_demo.ui.app.sessions import Film
from cxr_demo.ui.app.view import EMPTY, PageView
from cxr_demo.ui.app.wish import NOTHING
from cxr_demo.ui.markup import Html, join_html, render_scrollable, tag
from cxr_demo.ui.parts import Part, Same

FEWEST = 2  # films, of which a table tells more than the list


def render_table(view: PageView) -> Part:
    films, analyser, wish = list(view.session.films.values()), view.analyser, view.wish
    if analyser is None or len(films) < FEWEST:
        return EMPTY
    if not wish.table:
        closed = {"html": _render_header(len(films), False, False), "csv": "", "films": ""}
        return view.keep("table", (False, len(films)), lambda: closed)
    readings = {film.key: view.session.readings.get((film.key, wish.checkpoint)) for film in films}
    studies = {key: reading.study if reading else None for key, reading in readings.items()}
    states = tuple((film.key, film.name, describe_gate(film), Same(studies[film.key])) for film in films)
    failed = tuple(film.key for film in films if ("analyse", film.key, wish.checkpoint) in view.session.failed)

    def make() -> dict:
        rows = [
            FilmRow(
                str(film.name),
                film.image and film.image.file_sha256,
                film.gate,
                study and study.probabilities,
                film.image.mends if film.image else (),
            )
            for film, study in zip(films, studies.values(), strict=True)
        ]
        waiting = [film for film in films if _is_to_come(film) and not studies[film.key] and film.key not in failed]
        told = format_text("table-progress", done=len(films) - len(waiting), films=len(films)) if waiting else ""
        network = view.desk.networks[wish.checkpoint]
        body = _render_body(analyser.card, network, films, rows, wish.film)
        progress = tag("p", told, class_="busy" if told else None, role="status")
        asks_for_names = any(film.example is None for film in films)
        html = join_html(_render_header(len(films), True, asks_for_names), progress, body)
        written = write_film_table(analyser.card, analyser.sha256, rows)
        return {"html": html, "csv": written, "films": " ".join(film.key for film in films)}

    return view.keep("table", (wish.checkpoint, wish.film, states, failed), make)


def describe_gate(film: Film) -> str:
    """What the gate says of a film, in a word or two."""
    if film.fault:
        return format_text("film-refused")
    if film.image is None:
        return format_text("film-is-read")
    if film.gate is None:
        return format_text("table-synthetic")
    if film.is_questioned:
        return format_text("film-questioned")
    return format_text("table-accepted" if film.is_accepted else "table-usual")


def _is_to_come(film: Film) -> bool:
    return not film.fault and not film.is_questioned


def _render_header(films: int, is_open: bool, asks_for_names: bool) -> Html:
    """`asks_for_names`: a person must first have looked whether the files' names say who anybody is."""
    text = format_text("table-close") if is_open else format_text("table-open", films=films)
    toggle = tag(
        "button", text, type="button", class_="toggle", aria_expanded="true" if is_open else "false",
        data_shown="" if is_open else "1",
    )  # fmt: skip
    if not is_open:
        return tag("div", toggle, class_="head")
    why = "table-names" if asks_for_names else None
    save = tag(
        "button", format_text("table-csv"), type="button", class_="csv", disabled=asks_for_names, aria_describedby=why
    )  # fmt: skip
    hint = tag("p", format_text("table-csv.names"), class_="hint", id=why)
    looked = tag("label", tag("input", type="checkbox", class_="looked"), format_text("table-csv.looked"))
    head = tag("div", tag("h2", format_text("table")), toggle, save, class_="head")
    return join_html(head, *((hint, looked) if asks_for_names else ()))


def _render_body(card: Card, network: str, films: list[Film], rows: list[FilmRow], shown: str) -> Html:
    names = (format_text("table-film"), format_text("table-gate"), *(card.get_finding(key).name for key in card.labels))
    heads = [
        tag("th", tag("button", name, type="button", data_column=key), scope="col", aria_sort="none")
        for key, name in zip(("film", "gate", *card.labels), names, strict=True)
    ]
    lines = [_render_row(card, film, row, film.key == shown) for film, row in zip(films, rows, strict=True)]
    caption = tag("caption", format_text("table.caption", network=network))
    table = tag("table", caption, tag("thead", tag("tr", *heads)), tag("tbody", *lines))
    return render_scrollable(format_text("table"), table)


def _render_row(card: Card, film: Film, row: FilmRow, is_shown: bool) -> Html:
    choose = tag("button", film.name, type="button", data_film=film.key, title=film.name)
    cells = [tag("th", choose, scope="row", data_value=film.name), tag("td", describe_gate(film))]
    for label in card.labels:
        if row.probabilities is None:
            cells.append(tag("td", "–", data_value=""))
            continue
        how = find_standing(card, row.probabilities, label)
        score = page_text.format_score(how.probability, card.calibrated, card.task)
        called = tag("strong", score) if how.is_called else score
        cells.append(tag("td", called, data_value=f"{how.probability:.6f}"))
    return tag("tr", *cells, aria_current="true" if is_shown else None, data_film=film.key)


def render_compare(view: PageView) -> Part:
    """The list of what may be compared, other films of the table too."""
    if view.analyser is None or view.is_held or (view.film and view.film.fault):
        return EMPTY
    if len(choices := list_choices(view.desk, view.session, view.analyser.card)) < 2:
        return EMPTY
    chosen = view.wish.compared if view.wish.compared in dict(choices) else NOTHING
    return view.keep("compare", (tuple(choices), chosen), lambda: strip.render_compare(choices, chosen))
