"""What some commands of `python -m cxr_demo` take, and what all of them write into."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from pathlib import Path

from cxr_demo.explain.methods import CHOICES, METHODS
from cxr_demo.text.catalogue import format_text


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
