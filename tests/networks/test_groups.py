"""Films that are worked on side by side go through a network together, the same ones in every run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from cxr_demo.networks.groups import Group
from cxr_demo.networks.turns import SharedPass, Turns


class Rows:
    """Two networks that note who was asked together."""

    def __init__(self, most: int = 8) -> None:
        turns = Turns()
        self.first = SharedPass(turns, self._note("first"), most)
        self.second = SharedPass(turns, self._note("second"), most)
        self.asked: list[tuple[str, list[int]]] = []

    def _note(self, name: str) -> Callable:
        def answer(asked):
            self.asked.append((name, list(asked)))
            return [10 * each for each in asked]

        return answer


def run_group(members: int, work: Callable[[int], int], group: Group | None = None) -> list[int]:
    group = group or Group(members)
    with ThreadPoolExecutor(members) as pool:
        futures = [pool.submit(copy_context().run, group.run, place, work, place) for place in range(members)]
        return [future.result(timeout=20) for future in futures]


def test_a_pass_begins_when_all_ask_in_the_order_of_the_films():
    rows = Rows()

    def work(place: int) -> int:
        time.sleep(0.01 * ((place * 3) % 7))  # each comes at another time
        return rows.second.ask(rows.first.ask(place) // 10)

    assert run_group(7, work) == [10 * place for place in range(7)]
    assert rows.asked == [("first", list(range(7))), ("second", list(range(7)))]


def test_who_asks_nothing_or_fails_keeps_nobody_waiting():
    rows = Rows()

    def work(place: int) -> int:
        if place == 1:
            return -1
        if place == 2:
            rows.first.ask(place)
            return -2
        return rows.second.ask(rows.first.ask(place) // 10)

    assert run_group(4, work) == [0, -1, -2, 30]
    assert rows.asked == [("first", [0, 2, 3]), ("second", [0, 3])]


def test_who_is_at_another_network_is_not_waited_for():
    """A film that the gate asks no lungs of is at the classifier while the others are at the lungs."""
    rows = Rows()
    assert run_group(3, lambda place: (rows.first if place else rows.second).ask(place)) == [0, 10, 20]
    assert sorted(rows.asked) == [("first", [1, 2]), ("second", [0])]


def test_a_group_goes_alone_and_in_parts_where_it_is_large():
    rows, here = Rows(most=3), threading.Barrier(2)

    def run(first: int) -> list[int]:
        here.wait()
        return run_group(5, lambda place: rows.first.ask(first + place))

    with ThreadPoolExecutor(2) as pool:
        assert [answer for group in pool.map(run, (0, 100)) for answer in group] == [
            10 * (first + place) for first in (0, 100) for place in range(5)
        ]
    assert sorted(asked for _, asked in rows.asked) == [[0, 1, 2], [3, 4], [100, 101, 102], [103, 104]]


def test_of_a_disbanded_group_nobody_waits():
    rows, group = Rows(), Group(3)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(copy_context().run, group.run, place, rows.first.ask, place) for place in range(2)]
        time.sleep(0.05)
        assert not any(future.done() for future in futures)  # the third has not come
        group.disband()
        assert [future.result(timeout=20) for future in futures] == [0, 10]
        late = pool.submit(copy_context().run, group.run, 2, rows.first.ask, 2)
        assert late.result(timeout=20) == 20
