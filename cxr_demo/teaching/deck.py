"""A deck: films with what is true of them, for the exam. What a network says of them is computed, never part of it.

`docs/decks.md` explains every entry of its file; `teaching.deck_file` reads it.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from cxr_demo.evaluation.regions import Box
from cxr_demo.film.phantom import MOST_LETTERS, PLANTS, Phantom, make_phantom
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.labels import FINDINGS, choose_text, match_label
from cxr_demo.limits import MAX_DECK_CHOICES, MAX_DECK_NETWORKS, MAX_DECK_TEXT, MAX_DECK_TITLE, MAX_REGIONS
from cxr_demo.teaching.planted import make_radiograph
from cxr_demo.text.catalogue import LANGUAGES, say

DECK_FILE = "deck.toml"
VERSION = 1
NO_FINDING = "no_finding"
NO_FINDINGS = (NO_FINDING, "normal")  # keys of FINDINGS that say that there is none
TO_DO = "TODO"  # how a text begins that is still to be written
SIZE_PX = 384  # of a synthetic film
LONGEST_LINE = 200  # characters of a name, a licence, a source
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _check_text(text: str) -> str:
    if text.startswith(TO_DO):
        raise ValueError(say("deck-to-do"))
    if not text.strip() or not text.replace("\n", " ").isprintable():
        raise ValueError(say("deck-no-text"))
    return text


def _check_label(name: str) -> str:
    """-> the key of FINDINGS, NO_FINDING for both of NO_FINDINGS."""
    _check_text(name)
    key = match_label(name)
    if key is None:
        raise ValueError(say("deck-unknown-label", label=name, near=find_near(name, FINDINGS)))
    return NO_FINDING if key in NO_FINDINGS else key


def _check_planted(name: str) -> str:
    key = _check_label(name)
    if key not in PLANTS:
        raise ValueError(say("deck-not-planted", label=name, known=", ".join(PLANTS)))
    return key


def _check_language(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(say("deck-language", language=language, known=", ".join(LANGUAGES)))
    return language


def check_inside(box: Box) -> Box:
    """ValueError for one that leaves the film or has no area."""
    if not is_inside(box, (1, 1)):
        raise ValueError(say("deck-outside"))
    return box


def find_near(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """The known name that is most like it, or else all of them."""
    near = difflib.get_close_matches(name, known, 1, 0.6) or difflib.get_close_matches(name.lower(), known, 1, 0.6)
    return near[0] if near else ", ".join(known)


def is_inside(box: Box, size: tuple[float, float]) -> bool:
    """Of a film of `size`, (width, height) in the same unit; a box has an area."""
    x, y, width, height = box
    spare = 1e-9
    return min(x, y) >= 0 and min(width, height) > 0 and x + width <= size[0] + spare and y + height <= size[1] + spare


Line = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(_check_text)]
Label = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(_check_label)]
Language = Annotated[str, AfterValidator(_check_language)]
Title = Annotated[str, Field(max_length=MAX_DECK_TITLE), AfterValidator(_check_text)]
Text = Annotated[str, Field(max_length=MAX_DECK_TEXT), AfterValidator(_check_text)]
Titles = Annotated[dict[Language, Title], Field(min_length=1)]  # language -> text; likewise the next
Texts = Annotated[dict[Language, Text], Field(min_length=1)]


@checked_dataclass(frozen=True, config=STRICT)
class SyntheticFilm:
    """A film that is rendered when it is wanted, see `film.phantom`: a picture of nobody."""

    seed: Annotated[int, Field(ge=0, lt=2**31)]
    findings: Annotated[tuple[Annotated[str, AfterValidator(_check_planted)], ...], Field(max_length=len(PLANTS))] = ()
    letters: Annotated[str, Field(max_length=MOST_LETTERS, pattern=r"^[A-Z0-9]*$")] = ""

    def make_film(self) -> Phantom:
        return make_phantom(self.seed, SIZE_PX, self.findings, self.letters)


@checked_dataclass(frozen=True, config=STRICT)
class DeckRegion:
    """Where a finding of the film is: `box` in shares of the film, or `box_px` in its pixels."""

    label: Label
    box: Annotated[Box, AfterValidator(check_inside)] | None = None
    box_px: Box | None = None


@checked_dataclass(frozen=True, config=STRICT)
class DeckFilm:
    """`file` beside the deck's file with its `truth`, labels or NO_FINDING, and its `regions`; or a `synthetic` film,
    of which both are known. `look_for` and `explanation` are read after the own answer, never before."""

    licence: Line
    source: Line
    look_for: Texts
    explanation: Texts
    file: Line | None = None
    synthetic: SyntheticFilm | None = None
    truth: Annotated[tuple[Label, ...], Field(max_length=MAX_DECK_CHOICES)] = ()
    regions: Annotated[tuple[DeckRegion, ...], Field(max_length=MAX_REGIONS)] = ()

    @property
    def findings(self) -> tuple[str, ...]:
        """What is true of it, none where it shows no finding."""
        truth = self.synthetic.findings if self.synthetic else self.truth
        return tuple(label for label in truth if label != NO_FINDING)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a learner may miss in it: its findings, or NO_FINDING."""
        return self.findings or (NO_FINDING,)


@checked_dataclass(frozen=True, config=STRICT)
class DeckHead:
    """What the file says before its films. `networks`: names of cards, of which letters are drawn by lot; `choices`:
    labels that a learner may choose among, besides those of the films."""

    version: int
    title: Titles
    intro: Texts
    networks: Annotated[tuple[Line, ...], Field(max_length=MAX_DECK_NETWORKS)] = ()
    choices: Annotated[tuple[Label, ...], Field(max_length=MAX_DECK_CHOICES)] = ()


@dataclass(frozen=True)
class Deck:
    """`folder` is where its files are, and its name; the regions of its films are in shares."""

    folder: Path
    head: DeckHead
    films: tuple[DeckFilm, ...]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def title(self) -> str:
        """In the language of the moment, where it has it; so are `intro` and what `tell_film` gives."""
        return choose_text(self.head.title)

    @property
    def intro(self) -> str:
        return choose_text(self.head.intro)

    @property
    def networks(self) -> tuple[str, ...]:
        return self.head.networks

    @property
    def choices(self) -> tuple[str, ...]:
        """What a learner may name, sorted, so that their order tells nothing; NO_FINDING, which is always there, is
        not among them."""
        named = {label for film in self.films for label in film.findings} | set(self.head.choices)
        return tuple(sorted(named - {NO_FINDING}))

    def read_film(self, film: DeckFilm, read: Callable[[Path], Radiograph] = read_image) -> Radiograph:
        """A file by `read`. Raises ImageError for one that cannot be read."""
        if film.synthetic:
            return make_radiograph(film.synthetic.make_film())
        return read(self.folder / str(film.file))


def tell_film(film: DeckFilm) -> tuple[str, str]:
    """What to look for, and the explanation."""
    return choose_text(film.look_for), choose_text(film.explanation)


def find_truth_boxes(film: DeckFilm) -> dict[str, tuple[Box, ...]]:
    """Label -> where it is; of a synthetic film the box around all pixels that the finding changes. A finding whose
    place nobody has told is left out."""
    if film.synthetic:
        return {label: (box,) for label, box in _find_planted_boxes(film.synthetic)}
    boxes: dict[str, tuple[Box, ...]] = {}
    for region in film.regions:
        if region.box:
            boxes[region.label] = (*boxes.get(region.label, ()), region.box)
    return boxes


@functools.lru_cache(512)
def _find_planted_boxes(film: SyntheticFilm) -> tuple[tuple[str, Box], ...]:
    """Each with its label. Rendered once: a class has thirty answers to each film."""
    return tuple((each.label, find_box(each.mask)) for each in film.make_film().planted if each.mask.any())


def find_box(mask: np.ndarray) -> Box:
    """Around all of a mask (H, W) bool that is not empty, in shares."""
    spans = []
    for axis in (0, 1):
        along = np.flatnonzero(mask.any(axis=axis))
        spans.append((along[0] / mask.shape[1 - axis], (along[-1] + 1) / mask.shape[1 - axis]))
    (left, right), (top, bottom) = spans
    return float(left), float(top), float(right - left), float(bottom - top)
