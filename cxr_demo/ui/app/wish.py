"""What a person wants to see, as the sum of what was pressed.

Presses may arrive in another order than they were made in: two of them are two requests, and an upload takes its time.
Each carries its number, and the wish is always what the presses give in the order of their numbers. So quick presses
end where slow ones do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.evaluation.regions import DrawnRegion, Region
from cxr_demo.render import ScaleEnds

NOTHING, MEMBERS, WITH, FILM = (
    "",
    "members",
    "with ",
    "film ",
)  # of `Wish.compared`: a checkpoint by name, a film by key
QUICK, SLOW, STOPPED = "quick", "slow", "stopped"  # of `Checks.kind`
KEPT_PRESSES = 512  # one that arrives later than that comes before all of them


@dataclass(frozen=True)
class Checks:
    """The checks as a person asked for them, or stopped them, with the press numbered `press`."""

    kind: str
    press: int


@dataclass(frozen=True)
class ExportWish:
    """A file to take home, as it was asked for with the press numbered `press`. `kind`: "pdf", "png" of one `panel`, or
    "zip". As the panels were: `absolute` scale, `opacity` 0..1, greys between `low` and `high`, `inverted` or not, in a
    `window` of the file, by number, and whether the maps were `held` back."""

    kind: str
    panel: str
    press: int
    absolute: bool
    held: bool
    opacity: float
    low: float
    high: float
    inverted: bool
    window: int = 0


@dataclass(frozen=True)
class KeptRegions:
    """Of the `film` of this key while another one is shown."""

    film: str
    regions: tuple[DrawnRegion, ...] = ()
    cover: str = ""


@dataclass(frozen=True)
class Wish:
    """`film` is the key of a film of the session, or empty; `label` is what a person has chosen, on whatever film, and
    empty for the first of the list. `checkpoint` is what reads this film, `own_checkpoint` what reads the person's own
    films: a synthetic one opens with the network that was made for it. `pinned_scale`: ends of the absolute scale that
    are kept, by unit. `contrast`: maps of the label against the others. `regions`: drawn on this film; `cover`: how
    they are covered while the network is asked again, empty for not at all; `kept_regions`: those of other films, until
    they are shown again. `checks`: of this film and label. `slow`: the maps of the other checkpoint that were asked for
    although they take long, (label, method). `export`: a file of what is shown; `table`: of the findings of all films;
    `linked_label`: what the first film that `own_checkpoint` reads begins with, where a link says so."""

    film: str = ""
    checkpoint: str = ""
    own_checkpoint: str = ""
    label: str = ""
    methods: tuple[str, ...] = DEFAULT_METHODS
    pinned_scale: tuple[tuple[str, ScaleEnds], ...] = ()
    contrast: bool = False
    regions: tuple[DrawnRegion, ...] = ()
    cover: str = ""
    kept_regions: tuple[KeptRegions, ...] = ()
    compared: str = NOTHING
    checks: Checks | None = None
    slow: frozenset[tuple[str, str]] = frozenset()
    export: ExportWish | None = None
    linked_label: str = ""
    table: bool = False

    @property
    def shapes(self) -> tuple[Region, ...]:
        """Of all regions."""
        return tuple(region.shape for region in self.regions)

    @property
    def covered(self) -> tuple[Region, ...]:
        """What the network is asked about with it covered; nothing unless that is wanted."""
        return tuple(region.shape for region in self.regions if region.is_covered) if self.cover else ()

    def show_film(self, film: str, checkpoint: str) -> Wish:
        """Another film, read by this checkpoint, with what was drawn on it before."""
        wish = self._read_by(checkpoint)._exchange_regions(film)
        if wish.compared == FILM + film:
            wish = replace(wish, compared=NOTHING)
        wish = replace(wish, film=film, checks=None, export=None)
        return wish._spend_linked_label() if film and checkpoint == wish.own_checkpoint else wish

    def _exchange_regions(self, film: str) -> Wish:
        """Those of the film that was shown so far are kept, those of this one come back."""
        drawn = (*self.kept_regions, KeptRegions(self.film, self.regions, self.cover))
        kept = {each.film: each for each in drawn if each.regions}
        own = kept.pop(film, KeptRegions(film))
        return replace(self, regions=own.regions, cover=own.cover, kept_regions=tuple(kept.values()))

    def forget_regions(self, film: str) -> Wish:
        """The film is gone, or another picture by now, or a new one."""
        wish = replace(self, regions=(), cover="") if film == self.film else self
        return replace(wish, kept_regions=tuple(each for each in self.kept_regions if each.film != film))

    def swap_films(self) -> Wish:
        """The film that is compared with the one shown changes places with it; the network stays."""
        if not self.compared.startswith(FILM):
            return self
        other = self.compared.removeprefix(FILM)
        compared = FILM + self.film
        return replace(self._exchange_regions(other), film=other, compared=compared, checks=None, export=None)

    def link_label(self, label: str) -> Wish:
        """The finding of a link, at once where its network reads a film already."""
        wish = replace(self, linked_label=label)
        return wish._spend_linked_label() if label and wish.film and wish.checkpoint == wish.own_checkpoint else wish

    def _spend_linked_label(self) -> Wish:
        return replace(self, label=self.linked_label or self.label, linked_label="")

    def choose_checkpoint(self, checkpoint: str) -> Wish:
        wish = replace(self._read_by(checkpoint), own_checkpoint=checkpoint)
        return wish if checkpoint == self.checkpoint else replace(wish, label="", checks=None, export=None)

    def _read_by(self, checkpoint: str) -> Wish:
        """Nothing is compared with itself."""
        compared = NOTHING if self.compared == WITH + checkpoint else self.compared
        return replace(self, checkpoint=checkpoint, compared=compared)

    def choose_label(self, label: str) -> Wish:
        return self if label == self.label else replace(self, label=label, checks=None, export=None)


Change = Callable[[Wish], Wish]


@dataclass
class Presses:
    """Those of one page; `beginning` is what the ones that are no longer kept have led to."""

    beginning: Wish
    kept: list[tuple[int, Change]] = field(default_factory=list)

    def add(self, number: int, change: Change) -> Wish:
        """-> what is wanted now."""
        self.kept.append((number, change))
        self.kept.sort(key=lambda press: press[0])
        while len(self.kept) > KEPT_PRESSES:
            self.beginning = self.kept.pop(0)[1](self.beginning)
        return self.sum_up()

    def sum_up(self) -> Wish:
        wish = self.beginning
        for _, change in self.kept:
            wish = change(wish)
        return wish
