"""`deck new`, `deck check` and `deck handout`: decks of films of one's own, for the exam and for a class."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxr_demo.commands import arguments, opening
from cxr_demo.errors import CxrError
from cxr_demo.labels import FINDINGS
from cxr_demo.text.catalogue import format_text


def add_deck(commands: arguments.Commands) -> None:
    parts = commands.add_parser("deck", help=format_text("help-deck")).add_subparsers(required=True, metavar="COMMAND")
    new = parts.add_parser("new", help=format_text("help-deck-new"))
    new.add_argument("--out", type=Path, help=format_text("help-deck-out"))
    new.add_argument("--title", default="", help=format_text("help-deck-title"))
    new.set_defaults(act=run_new)
    check = parts.add_parser("check", help=format_text("help-deck-check"))
    check.set_defaults(act=run_deck_check)
    handout = parts.add_parser("handout", help=format_text("help-deck-handout"))
    handout.add_argument("--out", type=Path, required=True, metavar="PDF", help=format_text("help-deck-pdf"))
    handout.add_argument("--solutions", action="store_true", help=format_text("help-deck-solutions"))
    handout.add_argument("--overwrite", action="store_true", help=format_text("help-overwrite-file"))
    handout.set_defaults(act=run_handout)
    for command in (new, check, handout):
        command.add_argument("folder", type=Path, metavar="FOLDER")


def run_new(options: argparse.Namespace) -> int:
    from cxr_demo.teaching.deck import DECK_FILE
    from cxr_demo.teaching.new_deck import make_deck_file, show_name

    films, others, odd = make_deck_file(options.folder, options.out, options.title)
    print((options.out or options.folder) / DECK_FILE)
    print(format_text("deck-made", films=len(films)))
    if others:
        opening.complain(format_text("deck-left-out", names=", ".join(map(show_name, others))))
    if odd:
        opening.complain(str(CxrError("deck-names-odd", names=", ".join(map(show_name, odd)))))
    opening.complain(format_text("deck-look"))
    return 0


def run_deck_check(options: argparse.Namespace) -> int:
    """Says every mistake, or what the deck holds."""
    from cxr_demo.teaching.deck_file import check_deck

    deck, mistakes = check_deck(options.folder)
    for mistake in mistakes:
        opening.complain(mistake.sentence)
    if deck is None:
        raise CxrError("deck-refused", mistakes=len(mistakes))
    print(format_text("deck-holds", title=deck.title, films=len(deck.films)))
    for at, film in enumerate(deck.films, start=1):
        shown = film.file or format_text("deck-synthetic", seed=film.synthetic.seed if film.synthetic else 0)
        print(f"{at}\t{shown}\t{', '.join(FINDINGS[kind].name for kind in film.kinds)}\t{film.licence}")
    if deck.networks:
        print(format_text("deck-needs", networks=", ".join(deck.networks)))
    return 0


def run_handout(options: argparse.Namespace) -> int:
    from cxr_demo.export.handout import make_handout
    from cxr_demo.export.output import check_new_file, write_new_file
    from cxr_demo.teaching.deck_file import read_deck

    check_new_file(options.out, options.overwrite)
    write_new_file(options.out, make_handout(read_deck(options.folder), options.solutions))
    print(options.out)
    return 0
