"""Who reads a film when many want to."""

import threading
from contextlib import ExitStack

from cxr_demo.limits import READ_AT_ONCE, READ_AT_ONCE_OF_CLIENT
from cxr_demo.ui.app.reading_places import ReadingPlaces
from cxr_demo.ui.app.sessions import Session
from cxr_demo.ui.app.wish import Presses, Wish


def make_session(client: str) -> Session:
    return Session(Presses(Wish()), Wish(), client=client)


class Reading:
    """A film that is read for as long as nobody ends it."""

    def __init__(self, places: ReadingPlaces, session: Session) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()

        def read() -> None:
            with places.hold(session):
                self.begun.set()
                self.ended.wait(20)

        self.thread = threading.Thread(target=read)
        self.thread.start()

    def end(self) -> None:
        self.ended.set()
        self.thread.join(20)


def test_three_slow_films_of_one_client_leave_a_place_for_another():
    places = ReadingPlaces()
    with ExitStack() as ends:

        def read(session: Session) -> Reading:
            reading = Reading(places, session)
            ends.callback(reading.end)
            return reading

        slow = [read(make_session("1.1.1.1")) for _ in range(3)]
        assert slow[0].begun.wait(5) and slow[1].begun.wait(5)
        other = read(make_session("2.2.2.2"))
        assert other.begun.wait(5) and not slow[2].begun.wait(0.2)
        slow[0].end()
        assert slow[2].begun.wait(5)


def test_one_page_reads_one_film_at_a_time_and_all_no_more_than_may_be():
    places, page = ReadingPlaces(), make_session("1.1.1.1")
    with ExitStack() as ends:

        def read(session: Session) -> Reading:
            reading = Reading(places, session)
            ends.callback(reading.end)
            return reading

        first = read(page)
        assert first.begun.wait(5)
        second = read(page)
        assert not second.begun.wait(0.2)
        others = [read(make_session(f"2.2.2.{number}")) for number in range(READ_AT_ONCE)]
        assert all(each.begun.wait(5) for each in others[:-1]) and not others[-1].begun.wait(0.2)
        first.end()
        assert second.begun.wait(5), "who has waited longest"
        second.end()
        assert others[-1].begun.wait(5)


def test_a_film_that_fails_gives_its_place_back():
    places, page = ReadingPlaces(), make_session("1.1.1.1")
    for _ in range(READ_AT_ONCE + READ_AT_ONCE_OF_CLIENT):
        try:
            with places.hold(page):
                raise ValueError
        except ValueError:
            pass
    with places.hold(page):
        pass
