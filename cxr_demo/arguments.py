"""What some commands of `python -m cxr_demo` take, and what all of them write into."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxr_demo.explain.methods import CHOICES, METHODS
from cxr_demo.text.catalogue import format_text

PROGRAM = "python -m cxr_demo"
COVERS = ("mirror", "blur", "grey", "keep")  # those of evaluation/covering.py, and of film/gate.py, which load slowly
MENDS = ("turn-90", "turn-180", "turn-270", "invert", "mirror")
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


def add_import_arguments(brought: argparse.ArgumentParser) -> None:
    """Of a command that makes a checkpoint of a network from elsewhere."""
    brought.add_argument("source", metavar="SOURCE", help=format_text("help-source"))
    brought.add_argument("--out", type=Path, required=True, help=format_text("help-new-checkpoint"))
    brought.add_argument(
        "--labels", nargs="+", default=(), metavar="NAME",
        help=format_text("help-output-labels"),
    )  # fmt: skip
    brought.add_argument("--words", type=Path, help=format_text("help-words"))
    brought.add_argument("--backbone", default="", help=format_text("help-backbone"))
    brought.add_argument("--published", default="", metavar="NAME", help=format_text("help-published"))
    brought.add_argument("--task", default="", help=format_text("help-task"))
    brought.add_argument("--size", type=int, help=format_text("help-size"))
    brought.add_argument("--geometry", default="", help=format_text("help-geometry"))
    brought.add_argument("--mean", type=float, nargs="+", default=(), help=format_text("help-mean"))
    brought.add_argument("--std", type=float, nargs="+", default=(), help=format_text("help-std"))
    brought.add_argument("--licence", default="", help=format_text("help-licence"))
    brought.add_argument("--overwrite", action="store_true", help=format_text("help-overwrite-checkpoint"))


def add_explain_arguments(explain: argparse.ArgumentParser) -> None:
    """Of one that writes maps of many labels."""
    explain.add_argument("file", metavar="FILE")
    explain.add_argument("--label", nargs="+", help=format_text("help-labels"))
    explain.add_argument("--method", nargs="+", help=format_text("help-methods", methods=", ".join(METHODS)))
    explain.add_argument(
        "--as-written", nargs="*", choices=CHOICES, metavar="CHOICE",
        help=format_text("help-as-written", choices=", ".join(CHOICES)),
    )  # fmt: skip


def add_report_arguments(report: argparse.ArgumentParser) -> None:
    """Of the one that writes a report."""
    report.add_argument("--out", type=Path, required=True, metavar="REPORT.pdf")
    report.add_argument("--overwrite", action="store_true", help=format_text("help-overwrite-file"))
    report.add_argument("--checks", action="store_true", help=format_text("help-checks"))
    report.add_argument("--cover", choices=COVERS, help=format_text("help-cover", covers=", ".join(COVERS)))
    report.add_argument("--prior", metavar="FILE", help=format_text("help-prior"))
    report.add_argument("--again", type=Path, metavar="manifest.json", help=format_text("help-again"))


def add_film_arguments(command: argparse.ArgumentParser) -> None:
    """Of one that asks a network about a film."""
    command.add_argument("--anyway", action="store_true", help=format_text("help-anyway"))
    command.add_argument(
        "--mend", choices=MENDS, action="append", default=[], help=format_text("help-mend", mends=", ".join(MENDS))
    )


def add_one_label_arguments(command: argparse.ArgumentParser) -> None:
    """Of one that looks at the maps of one label."""
    command.add_argument("file", metavar="FILE")
    command.add_argument("--label", help=format_text("help-first-label"))
    command.add_argument("--method", nargs="+", help=format_text("help-page-methods"))
    command.add_argument(
        "--region", type=float, nargs=4, metavar=("X", "Y", "WIDTH", "HEIGHT"), action="append",
        help=format_text("help-region"),
    )  # fmt: skip


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
