"""What a person may choose without any more work. The browser asks for it with one request, for all else with two."""

from __future__ import annotations

from cxr_demo.explain.methods import METHODS
from cxr_demo.ui.app.desk import find_label
from cxr_demo.ui.app.sessions import Film, FilmAnalysis
from cxr_demo.ui.app.view import PageView
from cxr_demo.ui.app.wish import WITH, Wish


def list_ready(view: PageView) -> dict[str, list[str]]:
    """The keys of films, labels and methods, as far as that is quickly known. Under the session's lock."""
    reading, wish, session = view.reading, view.wish, view.session
    films = [film.key for film in session.films.values() if _is_ready(view, film)]
    if view.study is None or reading is None or wish.compared.startswith(WITH):
        return {"films": films, "labels": [], "methods": []}
    refusals = view.desk.refusals(session, wish.checkpoint)
    labels = [
        label
        for label in view.study.labels
        if all(method in refusals or _is_made(reading, wish, method, label) for method in wish.methods)
    ]
    methods = [method for method in METHODS if method in refusals or _is_made(reading, wish, method, view.label)]
    return {"films": films, "labels": labels, "methods": methods}


def _is_ready(view: PageView, film: Film) -> bool:
    """Whether a film can be shown as it is, with the first label of its list."""
    if film.fault or film.is_questioned:
        return True
    desk, session, wish = view.desk, view.session, view.wish
    name = desk.find_network(film) or wish.own_checkpoint
    reading, analyser = session.readings.get((film.key, name)), desk.analysers.get(name)
    if reading is None or reading.study is None or analyser is None:
        return False
    label, refusals = find_label(analyser, reading.study, ""), desk.refusals(session, name)
    return all(method in refusals or _is_made(reading, wish, method, label) for method in wish.methods)


def _is_made(reading: FilmAnalysis, wish: Wish, method: str, label: str) -> bool:
    """A method without maps against the other labels has nothing to be made."""
    if reading.is_contrasted(wish):
        return not METHODS[method].is_linear or not reading.list_missing(method)
    return (method, label) in reading.maps
