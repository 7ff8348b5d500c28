"""What the server remembers of each open page: what its person wants, the films, and what is known of them. In memory,
for a stated time, and nothing on disk."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from cxr_demo.analysis import Explanation, Study
from cxr_demo.comparison.film_pair import Alignment
from cxr_demo.comparison.label_contrast import contrast_explanations
from cxr_demo.evaluation.label_likeness import measure_label_likeness
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.evaluation.regions import Region
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.gate import GateAnswer, GateModel, Mend, Verdict, judge_image
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import KEPT_MINUTES, MAX_HELD_BYTES, MAX_PAGES, MAX_SESSIONS, SLOW_FORWARDS
from cxr_demo.text.catalogue import LANGUAGES, USUAL_LANGUAGE, Said
from cxr_demo.ui.app.wish import FILM, Change, Presses, Wish
from cxr_demo.ui.compare.pair_view import RenderedRows
from cxr_demo.ui.evaluation.evaluation_run import EvaluationResults, EvaluationRun
from cxr_demo.ui.export.export_files import ExportFiles
from cxr_demo.ui.jobs import Job
from cxr_demo.ui.parts import Part, RenderedParts
from cxr_demo.ui.viewer.cover_table import CoveredAnswer
from cxr_demo.ui.viewer.film_pictures import FilmPictures, make_film_pictures
from cxr_demo.ui.viewer.film_regions import ImageRegions, estimate_image_regions


@dataclass(frozen=True, eq=False)
class OpenedFilm:
    """An image that was read, and what the page needs of it. `truth`: of a synthetic film, what was planted, by name,
    as masks (H, W) bool; `gate`: what the gate says, of a film of a person."""

    image: Radiograph
    gate: GateAnswer | None
    regions: ImageRegions
    pictures: FilmPictures
    truth: dict[str, np.ndarray]


def open_film(name: Said, image: Radiograph, gate: GateModel | None, lungs: Lungs | None) -> OpenedFilm:
    """Judge a person's film. May take a second: under no lock."""
    answer = judge_image(image, gate, lungs)
    regions = estimate_image_regions(image, lungs, answer.lungs)
    return OpenedFilm(image, answer, regions, make_film_pictures(name, image, {}), {})


def open_synthetic_film(name: Said, image: Radiograph, truth: dict[str, np.ndarray], lungs: Lungs | None) -> OpenedFilm:
    """It needs no judge."""
    regions = estimate_image_regions(image, lungs)
    return OpenedFilm(image, None, regions, make_film_pictures(name, image, truth), truth)


@dataclass(eq=False)
class Film:
    """One film of the strip. `key` is its number among those that were given, `name` is the person's own. It is read
    (`path` is set), refused (`fault`: a sentence and the next step), or there (`opened`). `example`: which one of the
    synthetic films it is; `is_accepted`: to be shown although the gate has questioned it; `wanted_mend`: to be turned
    or inverted first."""

    key: str
    name: Said
    path: str = ""
    fault: tuple[Said, Said] | None = None
    example: int | None = None
    opened: OpenedFilm | None = None
    is_accepted: bool = False
    wanted_mend: Mend | None = None

    @property
    def image(self) -> Radiograph | None:
        return self.opened.image if self.opened else None

    @property
    def gate(self) -> GateAnswer | None:
        return self.opened.gate if self.opened else None

    @property
    def pictures(self) -> FilmPictures | None:
        return self.opened.pictures if self.opened else None

    @property
    def is_questioned(self) -> bool:
        """Whether a person has to say first that it shall be analysed."""
        return self.gate is not None and self.gate.verdict is not Verdict.USUAL and not self.is_accepted


@dataclass(frozen=True)
class Notice:
    """A sentence for the person, with a next step; `kind` is "error" or "done"."""

    message: Said
    hint: Said = ""
    kind: str = "error"


@dataclass(eq=False)
class FilmAnalysis:
    """One film as one checkpoint sees it. `maps` by (method, label); `contrasts`, of each label against the others, and
    `likeness` (L, L), by method and whether it is that of contrasts, are made of those of all labels;
    `failed_prefetch`: those that could not be made before anybody asked; `forward_s`: what the analysis took;
    `covered`: the answers with regions covered, by them and the way, the last few; `varied`: the probabilities of the
    film moved a little and with noise, where it is compared with another."""

    study: Study | None = None
    forward_s: float = 0.0
    maps: dict[tuple[str, str], Explanation] = field(default_factory=dict)
    contrasts: dict[tuple[str, str], Explanation] = field(default_factory=dict)
    likeness: dict[tuple[str, bool], np.ndarray] = field(default_factory=dict)
    failed_prefetch: set[tuple[str, str]] = field(default_factory=set)
    results: EvaluationResults | None = None
    covered: dict[tuple[tuple[Region, ...], str], CoveredAnswer] = field(default_factory=dict)
    varied: np.ndarray | None = None

    def require_study(self) -> Study:
        """Where the work that has made it is done."""
        if self.study is None:
            raise ValueError("the film is not analysed yet")
        return self.study

    def is_contrasted(self, wish: Wish) -> bool:
        """Whether each label is wanted against the others; a network may have no others."""
        return wish.contrast and self.study is not None and len(self.study.labels) > 1

    def list_missing(self, method: str) -> list[str]:
        """The labels whose map is not there yet."""
        return [label for label in self.require_study().labels if (method, label) not in self.maps]

    def find_map(self, method: str, label: str, contrast: bool) -> Explanation | None:
        """As it is, or against the other labels, where all of them are there; None where it is not."""
        if not contrast:
            return self.maps.get((method, label))
        if (method, label) not in self.contrasts and METHODS[method].is_linear and not self.list_missing(method):
            study = self.require_study()
            found = contrast_explanations(study, [self.maps[method, each] for each in study.labels])
            self.contrasts.update({(method, each): map_ for each, map_ in found.items()})
        return self.contrasts.get((method, label))

    def list_compared(self, methods: Collection[str]) -> list[str]:
        """Those whose maps of all labels are there; none while those of a method that is not slow are still to come."""
        ready = [method for method in methods if not self.list_missing(method)]
        coming = [key for key in methods if key not in ready and METHODS[key].cost_forwards <= SLOW_FORWARDS]
        return [] if coming else ready

    def measure_likeness(self, method: str, contrast: bool, seen: np.ndarray) -> np.ndarray:
        """Of the maps of all labels, which are there; see `label_likeness`."""
        if (method, contrast) not in self.likeness:
            asked = [self.find_map(method, label, contrast) for label in self.require_study().labels]
            maps = [map_ for map_ in asked if map_ is not None]
            squares = [map_.map_square for map_ in maps]
            self.likeness[method, contrast] = measure_label_likeness(squares, seen, maps[0].placement)
        return self.likeness[method, contrast]


@dataclass(eq=False)
class Session:
    """One open page. `wish` is the sum of its `presses`, and `number` counts them. `lock` is held while the wish
    changes and while a value of the page is made, so that each value is of one wish; `wake` is set when there is
    something new.

    `readings` by (film, checkpoint); `alignments` by the film that is shown and the one beside it;
    `evaluation_run`: the checks under way; `region_fault`: what is wrong with the
    region that was given last; `jobs`: work under way, by its key; `failed`: why work has failed, by its key; `heard`:
    the numbers of the presses that have come; `follower`: who follows the wish; `sequence` counts the values that were
    made, from a moment in ms, so that those of a page whose session went are newer than its former ones; `rendered`:
    the parts of the page as they were made; `ahead`: the labels that were rendered before anybody asked, for the wish
    of a number; `broken`: those parts that could not be made for the wish of a number; `exports`: files to
    take home; `language`: what its person reads, as press number `spoken` says; `client`: the address that it was
    opened from."""

    presses: Presses
    wish: Wish
    number: int = 0
    films: dict[str, Film] = field(default_factory=dict)
    readings: dict[tuple[str, str], FilmAnalysis] = field(default_factory=dict)
    alignments: dict[tuple[str, str], Alignment] = field(default_factory=dict)
    evaluation_run: EvaluationRun | None = None
    region_fault: Said = ""
    notice: Notice | None = None
    used: float = field(default_factory=time.monotonic)
    lock: threading.RLock = field(default_factory=threading.RLock)
    wake: threading.Event = field(default_factory=threading.Event)
    jobs: dict[tuple, Job] = field(default_factory=dict)
    failed: dict[tuple, tuple[Said, Said]] = field(default_factory=dict)
    heard: dict[int, None] = field(default_factory=dict)
    follower: object | None = None
    sequence: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    rendered: RenderedParts = field(default_factory=RenderedParts)
    ahead: tuple[int, frozenset[str]] = (0, frozenset())
    broken: dict[str, tuple[int, Part]] = field(default_factory=dict)
    pair_rows: tuple[tuple, RenderedRows] | None = None
    exports: ExportFiles = field(default_factory=ExportFiles)
    is_gone: bool = False
    language: str = USUAL_LANGUAGE
    spoken: int = 0
    client: str = ""

    def speak(self, number: int, language: object) -> None:
        """Under the lock: the language of a press, if it is the newest one."""
        if isinstance(language, str) and language in LANGUAGES and number >= self.spoken:
            self.language, self.spoken = language, number

    @property
    def film(self) -> Film | None:
        """The film that is wanted."""
        return self.films.get(self.wish.film)

    @property
    def reading(self) -> FilmAnalysis | None:
        """The wanted film as the wanted checkpoint sees it, as far as that is known."""
        return self.readings.get((self.wish.film, self.wish.checkpoint))

    def count_bytes(self) -> int:
        """Of the films of a person, and of the files to take home."""
        films = [film.image for film in list(self.films.values()) if film.example is None]
        return sum(image.nbytes for image in films if image is not None) + self.exports.count_bytes()

    def drop_film(self, key: str) -> Film:
        """Under the lock: it goes, with all that was made of it; what was made of another film is made again."""
        film = self.films.pop(key)
        self.forget_findings(key)
        return film

    def forget_findings(self, key: str) -> None:
        """Under the lock: what was found of a film goes."""
        for at in [at for at in self.readings if at[0] == key]:
            del self.readings[at]
        self.alignments = {pair: found for pair, found in self.alignments.items() if key not in pair}
        self.rendered.clear()
        self.failed.clear()
        self.pair_rows = self.evaluation_run = None
        self.exports.clear()

    def press(self, number: int, change: Change) -> None:
        """Under the lock: something else is wanted."""
        self.wish = self.presses.add(number, change)
        self.region_fault = ""
        self.number += 1
        self.wake.set()


class Sessions:
    """Sessions by gradio's session hash. Thread-safe; a session goes when its page closes, `KEPT_MINUTES` after its
    last use, or when it has to make room: of more than `most` that hold a film of a person, of more than
    `most_bytes` of such films and of files to take home, or of more than `MAX_PAGES` in all. Then the longest
    unused goes of the client who has most, so that nobody takes the films of others by opening many pages.

    `beginning` is what a page wants that was just opened; `on_gone(key, session)` is called once for each that went.
    """

    def __init__(
        self,
        beginning: Wish | None = None,
        on_gone: Callable[[str, Session], None] = lambda key, session: None,
        *,
        most: int = MAX_SESSIONS,
        most_bytes: int = MAX_HELD_BYTES,
    ) -> None:
        self.beginning, self.most, self.most_bytes = beginning or Wish(), most, most_bytes
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._working, self._worked = 0, time.monotonic()
        self.changes = 0  # uses that have ended, and sessions that went: each may have freed memory
        self._made_room: dict[str, None] = {}  # the last that had to go, so that their pages are told why
        self.on_gone = on_gone

    def __len__(self) -> int:
        return len(self._sessions)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around everything that a person waits for."""
        with self._lock:
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                self._worked = time.monotonic()
                self.changes += 1

    def idle(self, for_s: float) -> bool:
        """Whether nobody has waited for anything for so long."""
        return not self._working and time.monotonic() - self._worked >= for_s

    def used_within(self, seconds: float) -> list[Session]:
        """The sessions used in the last `seconds`, the last used first."""
        since = time.monotonic() - seconds
        recent = [session for session in list(self._sessions.values()) if session.used >= since]
        return sorted(recent, key=lambda session: -session.used)

    def find(self, key: str) -> Session | None:
        """The session of a page, marked as used now; None if it has none or its time is over."""
        self.sweep()
        with self._lock:
            session = self._sessions.get(key)
            if session:
                session.used = time.monotonic()
            return session

    def has(self, key: str) -> bool:
        """Whether a page of this key has a session; it is not marked as used."""
        return key in self._sessions

    def keep(self, key: str, client: str = "") -> Session:
        """The session of a page, made if need be."""
        session = self.find(key)
        if session is None:
            with self._lock:
                made = Session(Presses(self.beginning), self.beginning, client=client)
                session = self._sessions.setdefault(key, made)
                self._made_room.pop(key, None)
        self.make_room(session)
        return session

    def make_room(self, kept: Session) -> None:
        """Whatever else has to go, `kept` stays."""
        # Pages that show an example and made no file cost next to nothing and make nobody else lose a film.
        self._drop_beyond(self.most, _holds_film, kept)
        self._drop_beyond(self.most_bytes, Session.count_bytes, kept)
        self._drop_beyond(MAX_PAGES, lambda _: 1, kept)

    def has_made_room(self, key: str) -> bool:
        """Whether the page's session went because there were too many."""
        return key in self._made_room

    def forget(self, key: str) -> None:
        with self._lock:
            session = self._sessions.pop(key, None)
            self.changes += session is not None
        if session:
            session.is_gone = True
            session.wake.set()
            self.on_gone(key, session)

    def sweep(self) -> None:
        """Forget what was not used for `KEPT_MINUTES`."""
        oldest = time.monotonic() - KEPT_MINUTES * 60
        for key, session in list(self._sessions.items()):
            if session.used < oldest:
                self.forget(key)

    def _drop_beyond(self, most: int, weigh: Callable[[Session], int], kept: Session) -> None:
        """Until all together weigh no more than `most`."""
        weights = {key: weigh(session) for key, session in list(self._sessions.items())}
        while sum(weights.values()) > most:
            found = [(key, self._sessions.get(key)) for key, weight in weights.items() if weight]
            others = [(key, session) for key, session in found if session is not None and session is not kept]
            if not others:
                return
            totals = Counter[str]()
            for key, session in found:
                totals[session.client if session else ""] += weights[key]
            key, _ = max(others, key=lambda each: (totals[each[1].client], -each[1].used))
            del weights[key]
            with self._lock:
                self._made_room[key] = None
                while len(self._made_room) > MAX_PAGES:
                    self._made_room.pop(next(iter(self._made_room)), None)
            self.forget(key)


def _holds_film(session: Session) -> int:
    return any(film.example is None for film in list(session.films.values()))


def find_other_film(session: Session) -> Film | None:
    """The film that is compared with the one shown, if it is read and nothing is asked about it."""
    wish = session.wish
    film = session.films.get(wish.compared.removeprefix(FILM)) if wish.compared.startswith(FILM) else None
    if film is None or film.key == wish.film or film.is_questioned or film.wanted_mend is not None:
        return None
    return film
