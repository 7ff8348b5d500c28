"""What several commands take, what argparse says itself, and the streams that all of them write into."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from cxr_demo.errors import CxrError
from cxr_demo.text.catalogue import format_text

PROGRAM = "python -m cxr_demo"
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # argparse has no public name for it
MENDS = ("turn-90", "turn-180", "turn-270", "invert", "mirror")  # those of film/gate.py, which loads slowly
ARGPARSE = {  # its own words, by the message that says the same
    "usage: ": "parser-usage",
    "positional arguments": "parser-positional",
    "options": "parser-options",
    "show this help message and exit": "parser-help",
    "%(prog)s: error: %(message)s\n": "parser-error",
    "argument %(argument_name)s: %(message)s": "parser-argument",
    "the following arguments are required: %s": "parser-required",
    "unrecognized arguments: %s": "parser-unrecognized",
    "ambiguous option: %(option)s could match %(matches)s": "parser-ambiguous",
    "invalid choice: %(value)r (choose from %(choices)s)": "parser-choice",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "parser-command",
    "invalid %(type)s value: %(value)r": "parser-value",
    "expected one argument": "parser-one",
    "expected at most one argument": "parser-at-most-one",
    "expected at least one argument": "parser-at-least-one",
    "expected %s argument": "parser-number",
    "expected %s arguments": "parser-numbers",
    "ignored explicit argument %r": "parser-explicit",
}


@contextmanager
def translate_argparse() -> Iterator[None]:
    """What argparse says itself is said in the language of the moment. It asks gettext, whose catalogues are files of
    another kind, beside which ours would stand twice: so it asks here instead."""
    theirs = {name: getattr(argparse, name) for name in ("_", "ngettext")}
    setattr(argparse, "_", _translate)  # noqa: B010 # no part of its interface
    setattr(argparse, "ngettext", lambda one, many, number: _translate(one if number == 1 else many))  # noqa: B010
    try:
        yield
    finally:
        for name, function in theirs.items():
            setattr(argparse, name, function)


def _translate(text: str) -> str:
    """With the space or line break that it ends with; what stands in no catalogue, as it is."""
    if text not in ARGPARSE:
        return text
    return format_text(ARGPARSE[text]) + text[len(text.rstrip()) :]


def add_weights_argument(command: argparse.ArgumentParser) -> None:
    """Of one that asks one network."""
    command.add_argument("--weights", help=format_text("help-weights"))


def add_out_arguments(command: argparse.ArgumentParser) -> None:
    """Of one that writes a folder."""
    command.add_argument("--out", type=Path, required=True, help=format_text("help-out"))
    command.add_argument("--overwrite", action="store_true", help=format_text("help-overwrite"))


def add_contrast_argument(command: argparse.ArgumentParser) -> None:
    """Of one that makes maps."""
    command.add_argument("--contrast", action="store_true", help=format_text("help-contrast"))


def add_film_arguments(command: argparse.ArgumentParser) -> None:
    """Of one that asks a network about a film."""
    command.add_argument("--anyway", action="store_true", help=format_text("help-anyway"))
    command.add_argument(
        "--mend", choices=MENDS, action="append", default=[], help=format_text("help-mend", mends=", ".join(MENDS))
    )


def add_one_label_arguments(command: argparse.ArgumentParser) -> None:
    """Of one that looks at the maps of one label."""
    command.add_argument("--label", help=format_text("help-first-label"))
    command.add_argument("--method", nargs="+", help=format_text("help-page-methods"))
    command.add_argument(
        "--region", type=float, nargs=4, metavar=("X", "Y", "WIDTH", "HEIGHT"), action="append",
        help=format_text("help-region"),
    )  # fmt: skip


def check_table_path(path: Path, replaces: bool) -> None:
    """CxrError for what is no name of a table, as where a film was given in its place, and for one that is there."""
    if path.suffix.lower() != ".csv":
        raise CxrError("table-no-name", file=path.name)
    if not path.parent.is_dir():
        raise CxrError("records-no-folder", folder=str(path.parent))
    if path.exists() and not replaces:
        raise CxrError("table-earlier", file=path.name)


def prepare_output() -> None:
    """Names of files are printed, whatever bytes they hold: what is no letter as `\\udce9`, which is JSON too."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def drop_output() -> int:
    """Nobody reads on, as with `| head`: Python would try once more to write what is left, and complain. Returns the
    exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE
