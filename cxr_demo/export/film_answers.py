"""What is found of films, one after the other, as a command or a program asks for it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from cxr_demo.errors import CxrError
from cxr_demo.export.output import FORMAT
from cxr_demo.export.results import describe_film, describe_gate
from cxr_demo.film.gate import GateAnswer, check_answer
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import FILMS_UNTIL_TRIM, GROUPS_AT_ONCE
from cxr_demo.networks.groups import Group
from cxr_demo.networks.memory import give_back_memory, share_heaps

Say = Callable[[str], None]
OpenFilm = Callable[[str, Say], tuple[Radiograph, GateAnswer]]
_answered = itertools.count(1)


@dataclass(frozen=True, eq=False)
class JudgedFilm:
    """A film with what the gate says of it."""

    name: str
    image: Radiograph
    gate: GateAnswer


@dataclass(frozen=True, eq=False)
class FilmAnswer:
    """Of one film: as JSON holds it, with an "error" where there is no answer; what was `said` of its file meanwhile, a
    sentence each; and the `lines` that a command prints."""

    facts: dict
    said: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


Ask = Callable[[JudgedFilm], tuple[dict, Sequence[str]]]  # -> what is found, as JSON holds it, and the lines


def answer_film(name: str, open_film: OpenFilm, anyway: bool, ask: Ask) -> FilmAnswer:
    """What `ask` finds of the film that is opened. One that raises a CxrError, or is not as usual where nobody wants an
    answer `anyway`, has an "error"."""
    said: list[str] = []
    facts: dict = {"format": FORMAT, "file": name}
    lines: Sequence[str] = ()
    try:
        film = JudgedFilm(name, *open_film(name, said.append))
        facts |= {"gate": describe_gate(film.gate), "film": describe_film(film.image)}
        check_answer(film.gate, anyway)
        found, lines = ask(film)
        facts |= found
    except CxrError as error:
        facts["error"] = str(error)
    return FilmAnswer(facts, tuple(said), tuple(lines))


def answer_films(
    names: Iterable[str], open_film: OpenFilm, anyway: bool, ask: Ask, at_once: int = 0
) -> Iterator[FilmAnswer]:
    """In the order of `names`, as they come. GROUPS_AT_ONCE groups of `at_once` films are worked on, each of which goes
    through a network together, and no other film is in memory; 0: one film after the other. What they needed for a
    moment goes back to the machine after every FILMS_UNTIL_TRIM films of the process."""
    for answer in _answer_films(names, open_film, anyway, ask, at_once):
        yield answer
        if next(_answered) % FILMS_UNTIL_TRIM == 0:
            give_back_memory()


def _answer_films(
    names: Iterable[str], open_film: OpenFilm, anyway: bool, ask: Ask, at_once: int
) -> Iterator[FilmAnswer]:
    if not at_once:
        yield from (answer_film(name, open_film, anyway, ask) for name in names)
        return
    share_heaps()
    rest, begun = iter(names), deque[tuple[Group, list[Future[FilmAnswer]]]]()
    pool = ThreadPoolExecutor(GROUPS_AT_ONCE * at_once)
    try:
        while some := list(itertools.islice(rest, at_once)):
            group = Group(len(some))
            begun.append((group, [
                pool.submit(copy_context().run, group.run, place, answer_film, name, open_film, anyway, ask)
                for place, name in enumerate(some)  # each speaks the language of the caller
            ]))  # fmt: skip
            if len(begun) == GROUPS_AT_ONCE:
                yield from _take_first(begun)
        while begun:
            yield from _take_first(begun)
    finally:
        for group, _ in begun:
            group.disband()
        pool.shutdown(cancel_futures=True)


def _take_first(begun: deque[tuple[Group, list[Future[FilmAnswer]]]]) -> Iterator[FilmAnswer]:
    for future in begun[0][1]:
        yield future.result()
    begun.popleft()
