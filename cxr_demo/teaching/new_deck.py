"""A deck's file for films of one's own, with what only a teacher knows left to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cxr_demo.errors import CxrError, ImageError
from cxr_demo.film.reading import read_image
from cxr_demo.limits import MAX_DECK_FILMS
from cxr_demo.networks.whole_file import write_file
from cxr_demo.teaching.deck import DECK_FILE, LONGEST_LINE, TO_DO, VERSION
from cxr_demo.text.catalogue import LANGUAGE, format_text

SHOWN_NAME = 60  # characters of a name that is left out


def make_deck_file(folder: Path, out: Path | None = None, title: str = "") -> tuple[list[str], list[str], list[str]]:
    """Writes DECK_FILE, in the language of the moment, beside the films of `folder`, or beside copies of them in `out`.

    -> the names of the films, of the files that are none, and of films whose names no deck can hold, which are left out
    too. Nothing is invented: names of files stay as they are.
    Raises CxrError where there is a deck already, no film, too many, or the disk refuses.
    """
    if not folder.is_dir():
        raise CxrError("deck-no-folder", name=folder.name)
    target = out or folder
    if (target / DECK_FILE).exists():
        raise CxrError("deck-earlier", file=DECK_FILE)
    films, others, odd = _find_films(folder)
    if odd and not films:
        raise CxrError("deck-names-odd", names=", ".join(map(show_name, odd)))
    if not films:
        raise CxrError("deck-folder-empty", name=folder.name)
    if len(films) > MAX_DECK_FILMS:
        raise CxrError("deck-folder-full", films=len(films), most=MAX_DECK_FILMS)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if out is not None and out.resolve() != folder.resolve():
            for name in films:
                if (out / name).exists():
                    raise CxrError("deck-film-there", name=name)
            for name in films:
                shutil.copyfile(folder / name, out / name)
        write_file(target / DECK_FILE, _render_deck(films, title or folder.resolve().name))
    except OSError as error:
        raise CxrError("out-not-written", why=str(error.strerror)) from error
    return films, others, odd


def show_name(name: str) -> str:
    """Of a file, in a sentence: what cannot be printed as `\\n`, and its beginning where it is long."""
    shown = repr(name)[1:-1]
    return shown if len(shown) <= SHOWN_NAME else f"{shown[:SHOWN_NAME]}…"


def _find_films(folder: Path) -> tuple[list[str], list[str], list[str]]:
    films, others, odd = [], [], []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            read_image(path)
        except ImageError:
            others.append(path.name)
            continue
        is_odd = not path.name.isprintable() or len(path.name) > LONGEST_LINE or "\\" in path.name or ":" in path.name
        (odd if is_odd else films).append(path.name)
    return films, others, odd


def _render_deck(films: list[str], title: str) -> str:
    language = LANGUAGE.get()
    to_do = {key: _quote(f"{TO_DO}: {format_text(f'deck-to-do-{key}')}") for key in ("intro", "licence", "source")}
    lines = [
        f"# {format_text('deck-comment-what')}",
        f"# {format_text('deck-comment-to-do')}",
        f"version = {VERSION}",
        f"networks = []  # {format_text('deck-comment-networks')}",
        f"choices = []  # {format_text('deck-comment-choices')}",
        f"title.{language} = {_quote(title)}",
        f"intro.{language} = {to_do['intro']}",
    ]
    for name in films:
        lines += [
            "",
            "[[films]]",
            f"file = {_quote(name)}",
            f'truth = ["{TO_DO}"]  # {format_text("deck-comment-truth")}',
            f"licence = {to_do['licence']}",
            f"source = {to_do['source']}",
            f"look_for.{language} = {_quote(f'{TO_DO}: ' + format_text('deck-to-do-look-for'))}",
            f"explanation.{language} = {_quote(f'{TO_DO}: ' + format_text('deck-to-do-explanation'))}",
            f"# {format_text('deck-comment-regions')}",
            '# regions = [{ label = "consolidation", box = [0.1, 0.2, 0.3, 0.4] }]',
        ]
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    """As a basic string of TOML, which is one of JSON where all can be printed."""
    return json.dumps(text, ensure_ascii=False)
