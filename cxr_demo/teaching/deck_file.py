"""`deck.toml` -> Deck, or everything that is wrong with it: each mistake names the file, the line, and what to do."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from cxr_demo.errors import CxrError, ImageError, describe_cause
from cxr_demo.evaluation.regions import Box
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.limits import MAX_DECK_BYTES, MAX_DECK_FILMS
from cxr_demo.teaching.deck import (
    DECK_FILE,
    NO_FINDING,
    VERSION,
    Deck,
    DeckFilm,
    DeckHead,
    DeckRegion,
    SyntheticFilm,
    find_near,
    is_inside,
)
from cxr_demo.teaching.toml_lines import WHOLE, KeyPath, find_line, find_lines
from cxr_demo.text.catalogue import Said, format_text, say

BUNDLED = Path(__file__).with_name("decks")
FILMS = "films"
ReadFilm = Callable[[Path], Radiograph]
Checked = TypeVar("Checked", DeckHead, DeckFilm)
KNOWN = {  # the table of the file that a key stands in -> the keys that it may have; "" is the file itself
    "": (*(field.name for field in fields(DeckHead)), FILMS),
    FILMS: tuple(field.name for field in fields(DeckFilm)),
    "synthetic": tuple(field.name for field in fields(SyntheticFilm)),
    "regions": tuple(field.name for field in fields(DeckRegion)),
}
TAKES = {  # key -> the message that says what stands there
    "version": "deck-takes-version",
    "title": "deck-takes-texts",
    "intro": "deck-takes-texts",
    "look_for": "deck-takes-texts",
    "explanation": "deck-takes-texts",
    "networks": "deck-takes-names",
    "choices": "deck-takes-names",
    "truth": "deck-takes-names",
    "findings": "deck-takes-names",
    FILMS: "deck-takes-films",
    "synthetic": "deck-takes-synthetic",
    "regions": "deck-takes-regions",
    "seed": "deck-takes-seed",
    "letters": "deck-takes-letters",
    "box": "deck-takes-box",
    "box_px": "deck-takes-box-px",
    "licence": "deck-takes-text",
    "source": "deck-takes-text",
    "file": "deck-takes-text",
    "label": "deck-takes-text",
}


@dataclass(frozen=True)
class Mistake:
    """`what` is a sentence that says what to do."""

    line: int
    what: Said

    @property
    def sentence(self) -> str:
        return format_text("deck-mistake", file=DECK_FILE, line=self.line, what=self.what)


def find_bundled_decks() -> list[Path]:
    """The folders of the decks that come with the program."""
    return sorted(path.parent for path in BUNDLED.glob(f"*/{DECK_FILE}"))


def read_deck(folder: Path, read: ReadFilm = read_image) -> Deck:
    """Every film is read, by `read`, so that none fails before a class. Raises CxrError, which names the first mistake
    and how many more there are."""
    deck, mistakes = check_deck(folder, read)
    if deck is None:
        first = mistakes[0]
        if len(mistakes) == 1:
            raise CxrError("deck-mistake", file=DECK_FILE, line=first.line, what=first.what)
        raise CxrError(
            "deck-mistakes", file=DECK_FILE, line=first.line, what=first.what, others=len(mistakes) - 1
        )  # fmt: skip
    return deck


def check_deck(folder: Path, read: ReadFilm = read_image) -> tuple[Deck | None, list[Mistake]]:
    """The deck, or everything that is wrong with it, by line. Raises CxrError where there is no such file."""
    text = _read_text(folder)
    try:
        facts = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_tell_syntax(str(error), text)]
    except RecursionError:
        return None, [Mistake(1, say("deck-nested"))]
    lines = find_lines(text)
    head, films, found = _check_parts(folder, facts, read)
    if found or head is None:
        told = {Mistake(find_line(lines, path), what): None for path, what in found}
        return None, sorted(told, key=lambda mistake: mistake.line)
    return Deck(folder, head, tuple(films)), []


def _read_text(folder: Path) -> str:
    path = folder / DECK_FILE
    try:
        if not path.is_file():
            raise CxrError("deck-none", file=DECK_FILE)
        with path.open("rb") as file:
            data = file.read(MAX_DECK_BYTES + 1)
        if len(data) > MAX_DECK_BYTES:
            raise CxrError("deck-too-large", file=DECK_FILE, kilobytes=MAX_DECK_BYTES // 2**10)
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        raise CxrError("deck-no-utf8", file=DECK_FILE) from None


def _tell_syntax(why: str, text: str) -> Mistake:
    place = re.search(r"at line (\d+)", why)
    line = int(place[1]) if place else text.rstrip("\n").count("\n") + 1
    return Mistake(line, say("deck-syntax", why=why.partition(" (at ")[0]))


Found = list[tuple[KeyPath, Said]]


def _check_parts(folder: Path, facts: dict[str, Any], read: ReadFilm) -> tuple[DeckHead | None, list[DeckFilm], Found]:
    found: Found = []
    if isinstance(facts.get("version"), int) and facts["version"] != VERSION:
        return None, [], [(("version",), say("deck-version", given=int(facts["version"]), version=VERSION))]
    given = facts.pop(FILMS, [])
    head = _check_part(DeckHead, facts, WHOLE, found)
    if not isinstance(given, list) or not all(isinstance(film, dict) for film in given):
        return head, [], [*found, ((FILMS,), say(TAKES[FILMS]))]
    if not given:
        found.append((WHOLE, say("deck-no-films")))
    if len(given) > MAX_DECK_FILMS:
        return head, [], [*found, ((FILMS, MAX_DECK_FILMS), say("deck-too-many-films", most=MAX_DECK_FILMS))]
    films, seen = [], {}
    languages = set(head.title) if head else set()
    if head:
        found += _find_missing_languages(("intro",), head.intro, languages)
    for at, film_facts in enumerate(given):
        path = (FILMS, at)
        film = _check_part(DeckFilm, film_facts, path, found)
        if film is None:
            continue
        for key in ("look_for", "explanation"):
            found += _find_missing_languages((*path, key), getattr(film, key), languages)
        whole = list(_find_contradictions(film, path))
        found += whole
        if whole:
            continue
        film, identity = _check_picture(folder, film, path, found, read)
        if identity in seen:
            found.append((path, say("deck-twice", number=seen[identity] + 1)))
        elif identity is not None:
            seen[identity] = at
        films.append(film)
    return head, films, found


def _check_part(kind: type[Checked], facts: dict[str, Any], path: KeyPath, found: Found) -> Checked | None:
    try:
        # As JSON: strict about types, but for lists, which are tuples here.
        return TypeAdapter(kind).validate_json(json.dumps(facts, default=str), strict=True)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            place = (*path, *each["loc"])
            found.append((place, _tell_error(each, place)))
        return None


def _tell_error(error: Any, path: KeyPath) -> Said:
    names = [part for part in path if isinstance(part, str)]
    key = names[-1] if names else ""
    kind, limits = error["type"], error.get("ctx", {})
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        known = KNOWN.get(names[-2] if len(names) > 1 else "", ())
        return say("deck-unknown-key", key=key, near=find_near(key, known))
    if kind == "missing" and path[-1] == key:
        return say("deck-missing", key=key)
    if kind == "value_error":
        return describe_cause(limits["error"])
    if kind == "string_too_long" and key != "letters":
        return say("deck-too-long", most=limits["max_length"])
    if kind == "too_long" and not key.startswith("box"):
        return say("deck-too-many", key=key, most=limits["max_length"])
    owner = next((name for name in reversed(names) if name in TAKES), "file")
    return say("deck-wrong-type", key=owner, takes=say(TAKES[owner]))


def _find_missing_languages(path: KeyPath, texts: dict[str, str], languages: set[str]) -> Found:
    """What is said in one language is said in all that the title has."""
    return [(path, say("deck-language-missing", language=code)) for code in sorted(languages - set(texts))]


def _find_contradictions(film: DeckFilm, path: KeyPath) -> Iterator[tuple[KeyPath, Said]]:
    if (film.file is None) == (film.synthetic is None):
        yield path, say("deck-file-or-synthetic")
    if film.synthetic:
        for key in ("truth", "regions"):
            if getattr(film, key):
                yield (*path, key), say("deck-synthetic-truth", key=key)
        return
    if not film.truth:
        yield path, say("deck-missing", key="truth")
    elif len(set(film.truth)) < len(film.truth) or (NO_FINDING in film.truth and len(film.truth) > 1):
        yield (*path, "truth"), say("deck-truth-mixed")
    for at, region in enumerate(film.regions):
        place = (*path, "regions", at)
        if film.truth and region.label not in film.findings:
            yield (*place, "label"), say("deck-region-label", label=region.label)
        if (region.box is None) == (region.box_px is None):
            yield place, say("deck-one-box")


def _check_picture(
    folder: Path, film: DeckFilm, path: KeyPath, found: Found, read: ReadFilm
) -> tuple[DeckFilm, SyntheticFilm | str | None]:
    """The film with its regions in shares, and what no other film of the deck may be."""
    if film.synthetic:
        return film, film.synthetic
    try:
        image = read(find_film_file(folder, str(film.file)))
    except (ImageError, ValueError) as error:
        said = error.message if isinstance(error, ImageError) else describe_cause(error)
        found.append(((*path, "file"), said))
        return film, None
    height, width = image.pixels.shape
    regions = []
    for at, region in enumerate(film.regions):
        if region.box_px and not is_inside(region.box_px, (width, height)):
            place = (*path, "regions", at, "box_px")
            found.append((place, say("deck-outside-px", width=width, height=height)))
        regions.append(_to_shares(region, width, height))
    return replace(film, regions=tuple(regions)), image.sha256


def _to_shares(region: DeckRegion, width: int, height: int) -> DeckRegion:
    if region.box_px is None:
        return region
    x, y, wide, high = region.box_px
    box: Box = (x / width, y / height, wide / width, high / height)
    return DeckRegion(region.label, box if is_inside(box, (1, 1)) else None)


def find_film_file(folder: Path, name: str) -> Path:
    """A file of the deck. ValueError for one that is not there, or that leads out of the folder, by a link too."""
    written = PurePosixPath(name)
    if written.is_absolute() or ".." in written.parts or "\\" in name or ":" in name:
        raise ValueError(say("deck-leaves-folder", name=name))
    path = folder / written
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(say("deck-leaves-folder", name=name))
    if not path.is_file():
        raise ValueError(say("deck-no-such-film", name=name, near=_find_near_file(folder, name)))
    return path


def _find_near_file(folder: Path, name: str) -> str:
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != DECK_FILE)
    return find_near(name, tuple(names[:MAX_DECK_FILMS])) or "-"
