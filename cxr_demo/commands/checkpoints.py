"""`check` and `import`: whether a network can be explained, and a checkpoint of one from elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxr_demo.commands import arguments
from cxr_demo.text.catalogue import format_text


def add_check(commands: arguments.Commands) -> None:
    check = commands.add_parser("check", help=format_text("help-check"))
    check.add_argument("weights", metavar="WEIGHTS")
    check.set_defaults(act=run_check)


def add_import(commands: arguments.Commands) -> None:
    brought = commands.add_parser("import", help=format_text("help-import"))
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
    brought.set_defaults(act=run_import)


def run_check(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import Analyser
    from cxr_demo.networks import checkpoint

    analyser = Analyser(checkpoint.load(options.weights))
    print(f"{analyser.card.name}: {analyser.proof.line}")
    return 1 if analyser.proof.fails else 0


def run_import(options: argparse.Namespace) -> int:
    from cxr_demo.importing.verdict import Wanted, describe_sheet, import_network

    wanted = Wanted(
        options.labels, options.words, options.backbone, options.task, options.size, options.geometry, options.mean,
        options.std, options.licence, options.published,
    )  # fmt: skip
    card = import_network(options.source, options.out, wanted, overwrite=options.overwrite)
    for line in describe_sheet(card):
        print(line)
    return 0
