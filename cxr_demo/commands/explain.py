"""`explain`: the maps of films as files, of one or of many."""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_demo.commands import arguments, films, opening
from cxr_demo.explain.methods import CHOICES, METHODS
from cxr_demo.text.catalogue import format_text

if TYPE_CHECKING:
    from cxr_demo.export.film_answers import JudgedFilm


def add_explain(commands: arguments.Commands) -> None:
    explain = commands.add_parser("explain", help=format_text("help-explain"))
    films.add_films_arguments(explain)
    explain.add_argument("--label", nargs="+", help=format_text("help-labels"))
    explain.add_argument("--method", nargs="+", help=format_text("help-methods", methods=", ".join(METHODS)))
    explain.add_argument(
        "--as-written", nargs="*", choices=CHOICES, metavar="CHOICE",
        help=format_text("help-as-written", choices=", ".join(CHOICES)),
    )  # fmt: skip
    arguments.add_weights_argument(explain)
    arguments.add_out_arguments(explain)
    arguments.add_contrast_argument(explain)
    explain.set_defaults(act=run_explain)


def run_explain(options: argparse.Namespace) -> int:
    """Into OUT, or, of several films and where there are records, into a folder of OUT for each."""
    from cxr_demo.export.explanations import check_choice, explain_image
    from cxr_demo.export.film_table import list_map_lines
    from cxr_demo.export.output import RESULT_FILE, check_output, open_output
    from cxr_demo.export.results import write_explanations

    found = films.find_films(options)
    is_many = len(found.names) > 1 or options.jsonl is not None
    if not is_many:
        check_output(options.out, RESULT_FILE, options.overwrite)
    # The option alone undoes all of them.
    as_written = () if options.as_written is None else options.as_written or CHOICES
    analyser = opening.load_analyser(options.weights, as_written)
    labels, methods = options.label or [], options.method or []
    check_choice(analyser, labels, methods)

    def ask(film: JudgedFilm) -> tuple[dict, Sequence[str]]:
        out = options.out / _name_folder(film.name) if is_many else options.out
        # A run that was killed may have made the maps of a film that has no record yet.
        replaces = options.overwrite or options.resume
        check_output(out, RESULT_FILE, replaces)
        made = explain_image(analyser, film.image, labels, methods, options.contrast)
        with open_output(out, replaces) as folder:
            result, lines = write_explanations(
                folder, analyser, made.study, made.maps, made.likeness, film.name, film.gate
            )
        names = ", ".join(analyser.card.get_finding(label).name for label in dict.fromkeys(key for _, key in made.maps))
        first = format_text("explain-done", folder=str(out), maps=len(made.maps), findings=names)
        return result | ({"folder": out.name} if is_many else {}), [first, *lines]

    settings = {
        "command": "explain", "labels": labels, "methods": methods, "contrast": options.contrast,
        "as_written": list(as_written),
    }  # fmt: skip
    question = films.Question(
        analyser, ask, settings, lambda told: list_map_lines(analyser.card, analyser.sha256, told)
    )
    return films.ask_films(options, found, question)


def _name_folder(film: str) -> str:
    """The same for the same film of every run, and another for a film of the same name in another folder."""
    stem = re.sub(r"[^\w.-]", "_", Path(film).name)[:80]
    return f"{stem}-{hashlib.sha256(film.encode(errors='surrogateescape')).hexdigest()[:8]}"
