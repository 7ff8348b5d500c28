"""What some commands of `python -m cxr_demo` take."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxr_demo.explain.methods import CHOICES, METHODS


def add_import_arguments(brought: argparse.ArgumentParser) -> None:
    """Of a command that makes a checkpoint of a network from elsewhere."""
    brought.add_argument(
        "source", metavar="SOURCE", help="a weights file, a folder of timm's, a Hub id, or a name of torchxrayvision's"
    )
    brought.add_argument("--out", type=Path, required=True, help="folder of the new checkpoint")
    brought.add_argument(
        "--labels", nargs="+", default=(), metavar="NAME",
        help="of its outputs, in their order, or one file with a name on each line; - for one that was never trained",
    )  # fmt: skip
    brought.add_argument("--words", type=Path, help="JSON file: names and glosses of labels, by language")
    brought.add_argument("--backbone", default="", help="its network, where neither the file nor its tensors say so")
    brought.add_argument(
        "--published", default="", metavar="NAME", help="the file is this network of torchxrayvision's"
    )
    brought.add_argument("--task", default="", help="multi-label or single-label")
    brought.add_argument("--size", type=int, help="side of the square that it reads, in pixels")
    brought.add_argument("--geometry", default="", help="stretch, letterbox or crop")
    brought.add_argument("--mean", type=float, nargs="+", default=(), help="of each channel, of pixels from 0 to 1")
    brought.add_argument("--std", type=float, nargs="+", default=(), help="likewise")
    brought.add_argument("--licence", default="", help="of the weights, where the source names none")
    brought.add_argument("--overwrite", action="store_true", help="replace an earlier checkpoint in --out")


def add_explain_arguments(explain: argparse.ArgumentParser) -> None:
    """Of one that writes maps of many labels."""
    explain.add_argument("file", metavar="FILE")
    explain.add_argument("--label", nargs="+", help="labels to explain; the one that the page shows first if left out")
    explain.add_argument(
        "--method", nargs="+", help=f"{', '.join(METHODS)}; if left out, those that the page shows first"
    )
    explain.add_argument(
        "--as-written", nargs="*", choices=CHOICES, metavar="CHOICE",
        help=f"LRP without these choices ({', '.join(CHOICES)}; all, if none is named): the network as it is written",
    )  # fmt: skip


def add_report_arguments(report: argparse.ArgumentParser) -> None:
    """Of the one that writes a report."""
    report.add_argument("--out", type=Path, required=True, metavar="REPORT.pdf")
    report.add_argument("--overwrite", action="store_true", help="replace an earlier file")
    report.add_argument("--checks", action="store_true", help="with what `evaluate` measures; minutes")


def add_one_label_arguments(command: argparse.ArgumentParser) -> None:
    """Of one that looks at the maps of one label."""
    command.add_argument("file", metavar="FILE")
    command.add_argument("--label", help="the one that the page shows first if left out")
    command.add_argument("--method", nargs="+", help="if left out, those of the page")
    command.add_argument(
        "--region", type=float, nargs=4, metavar=("X", "Y", "WIDTH", "HEIGHT"),
        help="a box, in shares of the film (0 to 1, from its upper left corner): how much evidence lies in it",
    )  # fmt: skip
