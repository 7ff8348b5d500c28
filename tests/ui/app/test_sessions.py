"""Who has to make room where too much is held: nobody takes the films of others."""

from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.film.dicom_voi import FilmWindows
from cxr_demo.film.reading import Radiograph
from cxr_demo.ui.app import sessions
from cxr_demo.ui.app.sessions import Film, Session, Sessions
from cxr_demo.ui.export.export_files import ExportFile


def open_session(store: Sessions, key: str, client: str, age_s: float, megabytes: int = 1, example=None) -> Session:
    session = store.keep(key, client)
    image = Radiograph(np.empty((megabytes, 2**18), np.float32), (), "", "PNG")
    opened = SimpleNamespace(image=image, gate=None)
    session.films["1"] = Film("1", f"{key}.png", opened=opened, example=example)  # type: ignore[arg-type]
    session.used -= age_s
    store.make_room(session)
    return session


def list_left(store: Sessions) -> list[str]:
    return list(store._sessions)


def test_who_opens_many_pages_loses_their_own_films_first():
    store = Sessions(most=4)
    open_session(store, "a person", "person", 800)
    for number in range(10):
        open_session(store, f"many {number}", "attacker", 700 - number)
    open_session(store, "another", "other", 0)
    assert list_left(store) == ["a person", "many 8", "many 9", "another"]
    assert store.has_made_room("many 0") and not store.has_made_room("a person")


def test_films_are_held_up_to_so_many_bytes_whoever_has_them():
    store = Sessions(most_bytes=10 * 2**20)
    open_session(store, "small", "person", 500, 1)
    open_session(store, "example", "person", 800, 100, example=1)
    open_session(store, "large", "other", 100, 8)
    assert list_left(store) == ["small", "example", "large"]
    open_session(store, "large too", "other", 0, 7)
    assert list_left(store) == ["small", "example", "large too"]
    open_session(store, "too large for all", "third", 0, 40)
    assert list_left(store) == ["example", "too large for all"], "what is looked at stays"


def test_windows_of_a_film_and_files_to_take_home_are_held_too():
    store = Sessions(most_bytes=10 * 2**20)
    windows = FilmWindows((), np.empty((6, 2**19), np.uint16), np.empty((0, 2**16), np.uint16))
    image = Radiograph(np.empty((1, 2**18), np.float32), (), "", "DICOM", windows=windows)
    session = open_session(store, "with windows", "person", 500)
    session.films["1"].opened = SimpleNamespace(image=image)  # type: ignore[assignment]
    assert session.count_bytes() == 7 * 2**20
    example = open_session(store, "example", "other", 400, example=1)
    example.exports.keep("a file", ExportFile("film.zip", bytes(4 * 2**20)))
    store.make_room(example)
    assert list_left(store) == ["example"]


@pytest.mark.parametrize("clients", [("one",) * 6, ("a", "b", "c", "d", "e", "f")])
def test_among_equals_the_longest_unused_goes(clients):
    store = Sessions(most=3)
    for number, client in enumerate(clients):
        open_session(store, str(number), client, 60 - number)
    assert list_left(store) == ["3", "4", "5"]


def test_what_is_remembered_of_those_that_went_is_bounded(monkeypatch):
    monkeypatch.setattr(sessions, "MAX_PAGES", 5)
    store = Sessions(most=1)
    for number in range(20):
        open_session(store, str(number), "", 60 - number)
    assert len(store) == 1 and len(store._made_room) == 5
