"""Turns and SharedPass: an order that nobody jumps, and questions that wait are answered at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from cxr_demo.networks.turns import SharedPass, Turns


def wait_until(is_so) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.002)


def run_in_order(turns: Turns, work: Callable[[Any], None], entries: Iterable[Any]) -> None:
    """A thread for each, which ask one after the other while the turn is another's; until all have ended."""
    threads = [threading.Thread(target=work, args=(entry,)) for entry in entries]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda number=number: len(turns._waiting) == number + 1)
    for thread in threads:
        thread.join()


def test_turns_go_in_the_order_of_asking():
    turns, order = Turns(), []

    def work(number: int) -> None:
        with turns:
            order.append(number)

    run_in_order(turns, work, range(12))
    assert order == list(range(12))


def test_long_work_comes_again_after_all_who_wait():
    turns, order = Turns(), []

    def work(name: str) -> None:
        for step in range(3):
            with turns:
                order.append((name, step))

    run_in_order(turns, work, "abc")
    assert order[:3] == [("a", 0), ("b", 0), ("c", 0)] and len(order) == 9


def test_only_one_has_the_turn():
    turns, inside, most = Turns(), [], []

    def work(_: int) -> None:
        with turns:
            inside.append(1)
            most.append(len(inside))
            time.sleep(0)
            inside.pop()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(500)))
    assert set(most) == {1} and len(most) == 500
    with pytest.raises(RuntimeError):
        turns.release()


def hold_together(turns: Turns, people: int) -> list[int]:
    """Torch's threads that each had, of so many who asked while the turn was another's."""
    had = []

    def work(_: int) -> None:
        with turns:
            had.append(torch.get_num_threads())
            time.sleep(0.01)

    run_in_order(turns, work, range(people))
    return had


@pytest.mark.parametrize(
    ("threads", "people", "had"), [(2, 1, {2}), (2, 2, {1}), (2, 9, {1}), (8, 1, {8}), (8, 2, {4}), (8, 9, {2})]
)
def test_people_at_once_share_the_processors_and_one_alone_has_all(own_threads, threads, people, had):
    assert set(hold_together(Turns(threads), people)[:4]) == had


def test_shared_turns_are_in_order_too_and_end_free(own_threads):
    turns, inside, most, order = Turns(2), [], [], []

    def work(number: int) -> None:
        with turns:
            order.append(number)
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.02)  # longer than a busy machine lets one that has its turn wait before it goes on
            inside.remove(number)

    run_in_order(turns, work, range(20))
    assert set(most) == {1, 2} and all(abs(number - at) <= 2 for at, number in enumerate(order))
    assert not turns.is_taken and not turns._waiting and turns._free == 2


def test_alone_the_number_of_threads_stays_as_it_was_set():
    """Also in turns that only one has: who computes alone has set it as they like."""
    before = torch.get_num_threads()
    with Turns():
        assert torch.get_num_threads() == before


def test_questions_go_together_in_shared_turns_too(own_threads):
    turns, batches = Turns(2), []

    def square(asked):
        batches.append(list(asked))
        time.sleep(0.002)
        return [value**2 for value in asked]

    shared = SharedPass(turns, square, 4)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(shared.ask, range(200))) == [value**2 for value in range(200)]
    assert sorted(value for batch in batches for value in batch) == list(range(200)) and len(batches) < 200
    assert not turns.is_taken and not turns._waiting and not shared._waiting


@pytest.mark.parametrize("threads", [1, 2])
def test_however_many_ask_shared_turns_few_threads_compute(own_threads, threads):
    """Each thread that has computed keeps memory. What each may use is its turn's."""
    torch.set_num_threads(threads)
    turns, computed, given = Turns(threads), set(), set()

    def answer(asked):
        computed.add(threading.get_ident())
        given.add(torch.get_num_threads())
        return asked

    shared = SharedPass(turns, answer, 4)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(shared.ask, range(100)))
    assert len(computed) <= threads and given <= {1, threads}
    assert shared.ask(0) == 0 and torch.get_num_threads() == threads


def ask_together(shared: SharedPass, turns: Turns, asked: list) -> list:
    """Answers or errors, of questions that all came while the turn was another's."""

    def ask(value):
        try:
            return shared.ask(value)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(asked)) as pool:
        with turns:
            waiting = []
            for number, value in enumerate(asked):
                waiting.append(pool.submit(ask, value))
                wait_until(lambda number=number: len(turns._waiting) == number + 1)
        return [each.result() for each in waiting]


def test_questions_that_wait_are_answered_at_once_each_with_its_own():
    turns, batches = Turns(), []

    def square(asked):
        batches.append(list(asked))
        return [value**2 for value in asked]

    shared = SharedPass(turns, square, 4)
    assert shared.ask(9) == 81
    assert ask_together(shared, turns, list(range(10))) == [value**2 for value in range(10)]
    assert batches == [[9], [0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_whoever_is_answered_waits_for_no_turn():
    """Long work that stands between two questions holds up neither."""
    turns = Turns()
    together = SharedPass(turns, list, 8)
    finished, may_end = [], threading.Event()

    def work() -> None:
        with turns:
            may_end.wait(20)
            finished.append("work")

    with ThreadPoolExecutor(3) as pool:
        with turns:
            first = pool.submit(together.ask, 1)
            wait_until(lambda: len(turns._waiting) == 1)
            between = pool.submit(work)
            wait_until(lambda: len(turns._waiting) == 2)
            second = pool.submit(together.ask, 2)
            wait_until(lambda: len(turns._waiting) == 3)
        assert [first.result(timeout=20), second.result(timeout=20)] == [1, 2] and finished == []
        may_end.set()
        between.result(timeout=20)
    assert not turns.is_taken and not turns._waiting


def test_one_question_at_fault_harms_no_other():
    turns = Turns()

    def halve(asked):
        if odd := [value for value in asked if value % 2]:
            raise ValueError(f"{odd} is odd")
        return [value // 2 for value in asked]

    assert ask_together(SharedPass(turns, halve, 8), turns, [2, 3, 4, 6]) == [1, "[3] is odd", 2, 3]


@pytest.mark.parametrize("threads", [0, 1])
def test_who_is_interrupted_takes_nobody_along(threads):
    turns, interrupted = Turns(threads), []

    def answer(asked):
        if not interrupted:
            interrupted.append(asked)
            raise KeyboardInterrupt
        return list(asked)

    shared = SharedPass(turns, answer, 8)

    def ask(value):
        try:
            return shared.ask(value)
        except KeyboardInterrupt:
            return "interrupted"

    with ThreadPoolExecutor(3) as pool:
        with turns:
            waiting = []
            for number in range(3):
                waiting.append(pool.submit(ask, number))
                wait_until(lambda number=number: len(turns._waiting) == number + 1)
        assert [each.result(timeout=20) for each in waiting] == ["interrupted", 1, 2]
