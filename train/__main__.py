"""`python -m train run RECIPE --data DATA --out weights/NAME`; `python -m train list`."""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from pathlib import Path

import numpy as np
from accelerate import Accelerator

from cxr_demo.errors import CxrError, TrainingError
from cxr_demo.preprocess import SIZES_PX
from train.datasets import DATASETS, Table
from train.evaluate import finish, unfinished
from train.loop import fit
from train.recipes import RECIPES
from train.splits import hold_out_validation


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 2 for an error that a person can mend (one sentence on stderr)."""
    options = _parser().parse_args(arguments)
    try:
        options.act(options)
    except CxrError as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on after the last finished epoch.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train", description="Train the checkpoints that the app loads.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="train a recipe and write a checkpoint with its model card")
    run.add_argument("recipe", choices=RECIPES, metavar="RECIPE", help=", ".join(RECIPES))
    run.add_argument("--data", type=Path, required=True, help="the folder that holds the data set")
    run.add_argument("--out", type=Path, required=True, help="the checkpoint's folder, weights/NAME")
    run.add_argument("--from-scratch", action="store_true", help="do not ask the model hub for ImageNet weights")
    run.add_argument("--stages", type=_stages, help="SIZExEPOCHS,... instead of the recipe's own, e.g. 64x1,96x1")
    run.add_argument("--films", type=_count, help="use about this many films, drawn evenly (a quick trial)")
    run.add_argument("--seed", type=int, default=0)
    run.set_defaults(act=_run)
    commands.add_parser("list", help="the recipes and their papers").set_defaults(act=_list)
    return parser


def _stages(text: str) -> tuple[tuple[int, int], ...]:
    if not re.fullmatch(r"\d+x\d+(,\d+x\d+)*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not SIZExEPOCHS,SIZExEPOCHS")
    stages = tuple((int(size), int(epochs)) for size, epochs in (stage.split("x") for stage in text.split(",")))
    if not all(SIZES_PX[0] <= size <= SIZES_PX[1] and epochs for size, epochs in stages):
        raise argparse.ArgumentTypeError(f"sizes are {SIZES_PX[0]} to {SIZES_PX[1]} px, with 1 epoch or more each")
    return stages


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of films")
    return int(text)


def _list(options: argparse.Namespace) -> None:
    for name, recipe in RECIPES.items():
        print(f"{name}  {recipe(True).paper}")


def _run(options: argparse.Namespace) -> None:
    recipe = dataclasses.replace(RECIPES[options.recipe](not options.from_scratch), seed=options.seed)
    if options.stages:
        recipe = dataclasses.replace(recipe, stages=options.stages, input_px=0)
    if not options.data.is_dir():
        raise TrainingError(f"There is no folder {options.data}.", "Give --data the folder that holds the films.")
    films = _some(DATASETS[recipe.dataset].read(options.data), options.films)
    table = hold_out_validation(films, recipe.validation, recipe.seed)
    fitted = fit(recipe, table, unfinished(options.out), Accelerator())
    card = finish(fitted, recipe, table, options.out)
    accuracy, macro_f1 = (card.metrics["test"][name]["value"] for name in ("accuracy", "macro_f1"))
    print(f"{options.out}: test accuracy {accuracy:.4f}, macro F1 {macro_f1:.4f}")


def _some(table: Table, films: int | None) -> Table:
    """About that many rows, evenly drawn, or all."""
    if not films or films >= len(table):
        return table
    return table.where(np.linspace(0, len(table) - 1, films).astype(int))


if __name__ == "__main__":
    sys.exit(main())
