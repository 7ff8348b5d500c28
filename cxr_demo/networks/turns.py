"""Turns: who waits for a network has it in the order of asking, and images that wait go through it together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

import torch

from cxr_demo.limits import NETWORKS_AT_ONCE
from cxr_demo.networks.groups import get_group, hand_over_together

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Turn:
    """One place in the row: whoever waits there is handed the turn, or is told that it needs none any more."""

    def __init__(self) -> None:
        self.is_over = threading.Event()  # the waiting
        self.is_needed = True
        self.owner = 0  # the thread of Python that has asked
        self.threads = 0  # those of torch that it may use


class Turns:
    """A lock that is handed to whoever has waited longest; threading's own may be taken again and again by one thread
    while others wait. Work that gives it away between two steps comes again after all who wait now.

    With `threads` it is shared: whoever is alone has all of torch's threads, and of those who wait at the same time
    `NETWORKS_AT_ONCE` have the turn at once, each with its part of them. Two networks on a core each take two thirds
    of the time that they take one after the other on both, where threads wait for each other after every layer."""

    def __init__(self, threads: int = 0) -> None:
        self._state = threading.Lock()
        self._threads = self._free = max(1, threads)
        self._places = min(self._threads, NETWORKS_AT_ONCE)
        self._workers = ThreadPoolExecutor(self._places, "network") if threads else None  # begun when wanted
        self._taken: dict[int, Turn] = {}  # by the thread of Python that has it
        self._waiting: deque[Turn] = deque()

    @property
    def is_taken(self) -> bool:
        return bool(self._taken)

    def acquire(self, turn: Turn | None = None) -> bool:
        """Whether it is ours: False where another has said that we need it no more."""
        turn = turn or Turn()
        turn.owner = threading.get_ident()
        with self._state:
            if not turn.is_needed:
                return False
            self._waiting.append(turn)
            self._hand_out()
        turn.is_over.wait()
        if turn.is_needed and self._threads > 1:
            torch.set_num_threads(turn.threads)  # of this thread, and of those that are begun until it is set again
        return turn.is_needed

    def release(self) -> None:
        """RuntimeError if this thread has none."""
        with self._state:
            turn = self._taken.pop(threading.get_ident(), None)
            if turn is None:
                raise RuntimeError("Nobody has the turn.")
            if self._threads > 1:
                torch.set_num_threads(self._threads)
            self._free += turn.threads
            self._hand_out()

    def _hand_out(self) -> None:
        """What is free, in equal parts, to those who have waited longest; under the lock."""
        while self._waiting and self._free and len(self._taken) < self._places:
            turn = self._waiting.popleft()
            at_once = min(1 + len(self._waiting), self._places - len(self._taken))
            turn.threads = max(1, self._free // at_once)
            self._free -= turn.threads
            self._taken[turn.owner] = turn
            turn.is_over.set()

    def compute(self, answer: Callable[[Question], Answer], asked: Question) -> Answer:
        """`answer(asked)`, in the turn that this thread has; of shared turns in a thread of theirs. torch keeps room to
        work in, and glibc a heap, for every thread in which a network was ever asked: 0.5 GB for the ten of a batch."""
        if self._workers is None:
            return answer(asked)
        threads = self._taken[threading.get_ident()].threads

        def work() -> Answer:
            if self._threads > 1:
                torch.set_num_threads(threads)
            return answer(asked)

        return self._workers.submit(work).result()

    def spare(self, turn: Turn) -> None:
        """Whoever waits there, or is about to, goes on without the turn; one who has it keeps it."""
        with self._state:
            if turn in self._waiting:
                self._waiting.remove(turn)
                turn.is_needed = False
                turn.is_over.set()
            elif not turn.is_over.is_set():
                turn.is_needed = False

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


class _Ticket(Generic[Question, Answer]):
    def __init__(self, asked: Question) -> None:
        self.asked = asked
        self.group = get_group()
        self.turn = Turn()
        self.answer: list[Answer] = []  # one, when there is one
        self.error: Exception | None = None
        self.is_settled = threading.Event()  # as answered, or as one that nobody is answering any more

    @property
    def is_answered(self) -> bool:
        return bool(self.answer) or self.error is not None


class SharedPass(Generic[Question, Answer]):
    """Questions that wait for their turn are answered at once: `answer(asked)` takes several, at most `most`, and gives
    as many answers in the same order. What arrives while the turn is another's is what goes together; nobody waits for
    others to come, but in a `Group`, whose questions go together and alone. Where it fails on several, each is asked
    alone, and only who caused it gets the error."""

    def __init__(self, turns: Turns, answer: Callable[[Sequence[Question]], Sequence[Answer]], most: int) -> None:
        self._turns, self._answer, self._most = turns, answer, most
        self._state = threading.Lock()
        self._waiting: deque[_Ticket[Question, Answer]] = deque()

    def ask(self, asked: Question) -> Answer:
        ticket = _Ticket[Question, Answer](asked)
        hand_over_together(lambda: self._add(ticket))
        while not ticket.is_answered:
            if self._turns.acquire(ticket.turn):
                try:
                    while not ticket.is_answered and (tickets := self._take_some(ticket)):
                        self._answer_some(tickets)
                finally:
                    self._turns.release()
                ticket.turn = Turn()
            if not ticket.is_answered:  # whoever has another turn is answering it
                ticket.is_settled.wait()
        if ticket.error is not None:
            raise ticket.error
        return ticket.answer[0]

    def _add(self, ticket: _Ticket[Question, Answer]) -> None:
        with self._state:
            self._waiting.append(ticket)

    def _take_some(self, own: _Ticket[Question, Answer]) -> list[_Ticket[Question, Answer]]:
        """Those of its group who have waited longest; none where `own` is not among those who wait."""
        with self._state:
            if own not in self._waiting:
                return []
            taken = [each for each in self._waiting if each.group is own.group][: self._most]
            for each in taken:
                self._waiting.remove(each)
                each.is_settled.clear()
            return taken

    def _answer_some(self, tickets: Sequence[_Ticket[Question, Answer]]) -> None:
        """Called with the turn."""
        try:
            self._answer_all(tickets)
        finally:  # whoever is interrupted must not take the others' questions along
            with self._state:
                self._waiting.extendleft(reversed([each for each in tickets if not each.is_answered]))
                for each in tickets:
                    each.is_settled.set()
            for each in tickets:
                if each.is_answered:
                    self._turns.spare(each.turn)

    def _answer_all(self, tickets: Sequence[_Ticket[Question, Answer]]) -> None:
        if len(tickets) > 1:
            try:
                answers = self._turns.compute(self._answer, [ticket.asked for ticket in tickets])
            except Exception:  # one of them is at fault, or so many at once are too much
                pass
            else:
                for ticket, answer in zip(tickets, answers, strict=True):
                    ticket.answer.append(answer)
                return
        for ticket in tickets:
            try:
                ticket.answer.extend(self._turns.compute(self._answer, [ticket.asked]))
            except Exception as error:
                ticket.error = error
