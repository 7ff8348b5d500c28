"""What may be compared with the film that is shown, and another film beside it, as far as that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxr_demo.analysis import Explanation, Study
from cxr_demo.comparison.film_pair import Alignment, LabelChange, compare_probabilities
from cxr_demo.networks.card import Card
from cxr_demo.text.catalogue import format_text, join_words
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.sessions import FilmAnalysis, Session, find_other_film
from cxr_demo.ui.app.wish import FILM, MEMBERS, NOTHING, WITH
from cxr_demo.ui.compare.film_pair_view import FilmSide, render_film_pair
from cxr_demo.ui.compare.pair_view import RenderedRows, RowEntry
from cxr_demo.ui.parts import Part, Same


@dataclass(frozen=True, eq=False)
class FilmPair:
    """`now` is the film that the panels show, `reading` is that of the other one, `then`."""

    then: FilmSide
    now: FilmSide
    reading: FilmAnalysis
    alignment: Alignment
    changes: Sequence[LabelChange]

    def render(self, card: Card, label: str, entries: Mapping[str, RowEntry], rows: RenderedRows) -> Part:
        return render_film_pair(self.then, self.now, card, label, self.changes, self.alignment, entries, rows)


def list_choices(desk: Desk, session: Session, card: Card) -> list[tuple[str, str]]:
    """(value, text) of nothing, the members of an ensemble, the other films of the page and the other networks."""
    own = [(MEMBERS, format_text("compare.members"))] if card.ensemble else []
    films = [
        (FILM + film.key, format_text("film-pair.choose", name=film.name))
        for film in session.films.values()
        if film.key != session.wish.film and film.pictures
    ]
    others = [(WITH + name, title) for name, title in desk.titles.items() if name != session.wish.checkpoint]
    return [(NOTHING, format_text("compare.nothing")), *own, *films, *others]


def describe_waiting(session: Session, reading: FilmAnalysis) -> str:
    """Why the two films are not shown beside each other yet, or at all; "" where they can be."""
    key, film, checkpoint = session.wish.compared.removeprefix(FILM), session.film, session.wish.checkpoint
    if film is None or key not in session.films:
        return format_text("film-pair.gone")
    other, name = find_other_film(session), session.films[key].name
    if other is None or other.pictures is None:
        return format_text("film-pair-question", name=name)
    for work in (
        ("analyse", key, checkpoint), ("vary", film.key, checkpoint), ("vary", key, checkpoint),
        ("align", film.key, key),
    ):  # fmt: skip
        if fault := session.failed.get(work):
            return str(join_words(*fault))
    that = session.readings.get((key, checkpoint), FilmAnalysis())
    is_known = reading.varied is not None and that.varied is not None and (film.key, key) in session.alignments
    return "" if is_known else format_text("film-pair.laying", name=name)


def open_film_pair(session: Session, reading: FilmAnalysis, study: Study) -> FilmPair:
    """Where `describe_waiting` has nothing to say."""
    film, other = session.film, find_other_film(session)
    assert film is not None and film.pictures is not None and other is not None and other.pictures is not None
    that = session.readings[other.key, session.wish.checkpoint]
    assert reading.varied is not None and that.varied is not None
    changes = compare_probabilities(study, reading.varied, that.require_study(), that.varied)
    then = FilmSide(str(other.name), that.require_study(), other.pictures)
    now = FilmSide(str(film.name), study, film.pictures)
    return FilmPair(then, now, that, session.alignments[film.key, other.key], changes)


def identify(key: str, entry: object) -> tuple:
    """A map is known by what it is, everything else by what it says."""
    maps = entry if isinstance(entry, tuple) else (entry,)
    return key, tuple(Same(each) if isinstance(each, Explanation) else each for each in maps)
