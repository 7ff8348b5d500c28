"""Turns: who waits for a network has it in the order of asking, and images that wait go through it together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Turns:
    """A lock that is handed to whoever has waited longest; threading's own may be taken again and again by one thread
    while others wait. Work that gives it away between two steps comes again after all who wait now."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()

    def acquire(self) -> None:
        with self._state:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def release(self) -> None:
        """RuntimeError if nobody has it."""
        with self._state:
            if not self._is_taken:
                raise RuntimeError("Nobody has the turn.")
            if self._waiting:
                self._waiting.popleft().set()  # it stays taken: by the one who is woken
            else:
                self._is_taken = False

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


class _Ticket(Generic[Question, Answer]):
    def __init__(self, asked: Question) -> None:
        self.asked = asked
        self.answer: list[Answer] = []  # one, when there is one
        self.error: Exception | None = None


class SharedPass(Generic[Question, Answer]):
    """Questions that wait for their turn are answered at once: `answer(asked)` takes several, at most `most`, and gives
    as many answers in the same order. Nobody waits for others to come: what arrives while the turn is another's
    is what goes together. Where it fails on several, each is asked alone, and only who caused it gets the error."""

    def __init__(self, turns: Turns, answer: Callable[[Sequence[Question]], Sequence[Answer]], most: int) -> None:
        self._turns, self._answer, self._most = turns, answer, most
        self._waiting: deque[_Ticket[Question, Answer]] = deque()

    def ask(self, asked: Question) -> Answer:
        ticket = _Ticket[Question, Answer](asked)
        self._waiting.append(ticket)
        with self._turns:
            while not ticket.answer and ticket.error is None:
                self._answer_some()
        if ticket.error is not None:
            raise ticket.error
        return ticket.answer[0]

    def _answer_some(self) -> None:
        """Those who have waited longest; called with the turn."""
        tickets = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            self._answer_all(tickets)
        finally:  # whoever is interrupted must not take the others' questions along
            self._waiting.extendleft(reversed([each for each in tickets if not each.answer and each.error is None]))

    def _answer_all(self, tickets: Sequence[_Ticket[Question, Answer]]) -> None:
        if len(tickets) > 1:
            try:
                answers = self._answer([ticket.asked for ticket in tickets])
            except Exception:  # one of them is at fault, or so many at once are too much
                pass
            else:
                for ticket, answer in zip(tickets, answers, strict=True):
                    ticket.answer.append(answer)
                return
        for ticket in tickets:
            try:
                ticket.answer.extend(self._answer([ticket.asked]))
            except Exception as error:
                ticket.error = error
