"""Turns: who waits for a network has it in the order of asking, and images that wait go through it together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Turn:
    """One place in the row: whoever waits there is handed the turn, or is told that it needs none any more."""

    def __init__(self) -> None:
        self.is_over = threading.Event()  # the waiting
        self.is_needed = True


class Turns:
    """A lock that is handed to whoever has waited longest; threading's own may be taken again and again by one thread
    while others wait. Work that gives it away between two steps comes again after all who wait now."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._is_taken = False
        self._waiting: deque[Turn] = deque()

    def acquire(self, turn: Turn | None = None) -> bool:
        """Whether it is ours: False where another has said that we need it no more."""
        turn = turn or Turn()
        with self._state:
            if not turn.is_needed:
                return False
            if not self._is_taken:
                self._is_taken = True
                return True
            self._waiting.append(turn)
        turn.is_over.wait()
        return turn.is_needed

    def release(self) -> None:
        """RuntimeError if nobody has it."""
        with self._state:
            if not self._is_taken:
                raise RuntimeError("Nobody has the turn.")
            if self._waiting:
                self._waiting.popleft().is_over.set()  # it stays taken: by the one who is woken
            else:
                self._is_taken = False

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
        self.turn = Turn()
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
        if self._turns.acquire(ticket.turn):
            try:
                while not ticket.answer and ticket.error is None:
                    self._answer_some()
            finally:
                self._turns.release()
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
            for each in tickets:
                if each.answer or each.error is not None:
                    self._turns.spare(each.turn)

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
