"""`python -m train run|list|describe|evaluate|calibrate|evidence|compare|ensemble|card|push|phantom|lungs|gate ...`.

On several processes, GPUs or machines: `accelerate launch -m train run ...`.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from pathlib import Path

from cxr_demo.commands.arguments import drop_output
from cxr_demo.commands.launched import start_the_others
from cxr_demo.errors import CxrError, TrainingError
from cxr_demo.evaluation.lung_segmentation import LUNGS_FILE
from cxr_demo.explain.methods import METHODS
from cxr_demo.export.output import check_output
from cxr_demo.limits import BENCHMARK_FORWARDS, SIZES_PX
from cxr_demo.networks.card import FEATURE_FUSION, RULES, TASKS
from cxr_demo.networks.checkpoint import CARD_FILE, HUB_ID
from cxr_demo.networks.gate_net import GATE_FILE
from train import run
from train.benchmarks.lung_evidence import compare_evidence
from train.benchmarks.lung_training import COURSE, train_lungs
from train.benchmarks.phantoms import RECIPE, RESULTS_FILE, measure_networks, run_benchmark
from train.calibration_run import calibrate_checkpoint, read_members_table
from train.data.datasets import DATASETS
from train.data.describe import describe_dataset
from train.ensembles import make_ensemble
from train.evaluate import METRICS_FILE, evaluate_checkpoint
from train.fit.processes import make_accelerator
from train.gate.training import train_gate
from train.measure.compare import compare_checkpoints
from train.push import push_checkpoint, rewrite_card
from train.recipe import UNCERTAIN, OwnFilms
from train.recipe_changes import Changes, change_system
from train.recipes import SYSTEMS
from train.report.run_report import get_run_name

MEASURED = ("test", "val", "external", "all")


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 2 for an error that a person can mend (one sentence on stderr)."""
    options = _parser().parse_args(arguments)
    try:
        options.act(options)
        sys.stdout.flush()
    except BrokenPipeError:
        return drop_output()
    except CxrError as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a folder without rights: whatever was there before is still there
        where = f"{Path(error.filename).name} cannot be written or read: " if error.filename else ""
        print(f"train: {where}{error.strerror or error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. A run goes on from its last state when the same command is given again.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train", description="Train the checkpoints that the app loads.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="the systems, their runs and their papers").set_defaults(act=_list)
    _add_run(commands.add_parser("run", help="train a system, or one run of it, and write checkpoints"))

    described = commands.add_parser("describe", help="count the films of a data set, and draw the counts")
    described.add_argument("dataset", choices=DATASETS, metavar="DATASET", help=", ".join(DATASETS))
    described.add_argument("--out", type=Path, metavar="PNG", help="draw them into this file")
    described.set_defaults(act=lambda o: describe_dataset(o.dataset, o.data, o.out, _read_as(o)))

    measured = commands.add_parser("evaluate", help="measure a checkpoint; nothing is fitted")
    measured.add_argument("checkpoint", type=Path)
    measured.add_argument("--out", type=Path, help="a folder for metrics.json and pictures")
    measured.add_argument(
        "--localisation", type=_methods, nargs="?", const=(), metavar="METHOD,METHOD",
        help="also measure where the maps point, on films with boxes; default: all quick methods",
    )  # fmt: skip
    measured.add_argument(
        "--boxes", type=Path, metavar="CSV", help="where the findings are, in NIH's layout; default: the data set's own"
    )
    measured.add_argument(
        "--record",
        action="store_true",
        help="write into its card the localisation, or without it reliability and what other thresholds would cost; of "
        "films of another data set all figures, as an external set",
    )
    measured.set_defaults(act=_evaluate)
    calibrated = commands.add_parser("calibrate", help="temperature and thresholds of any checkpoint, and its figures")
    calibrated.add_argument("checkpoint", type=Path)
    calibrated.set_defaults(act=lambda o: calibrate_checkpoint(o.checkpoint, o.dataset, o.data, _read_as(o)))
    compared = commands.add_parser("compare", help="several checkpoints on the same films, with paired differences")
    compared.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    compared.set_defaults(act=lambda o: compare_checkpoints(o.checkpoints, o.dataset, o.data, o.split, _read_as(o)))
    looked = commands.add_parser("evidence", help="how much of each map's evidence lies in the lungs, against chance")
    looked.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    looked.add_argument("--films", type=_count, default=200, help="of each, evenly drawn; default: 200")
    looked.set_defaults(act=lambda o: compare_evidence(o.checkpoints, o.data, o.split, o.films))
    for command in (measured, compared, looked):
        command.add_argument("--split", choices=MEASURED, default="test", help="default: test")

    joined = commands.add_parser("ensemble", help="join checkpoints of the same labels and square into one")
    joined.add_argument("members", type=Path, nargs="+", metavar="CHECKPOINT")
    joined.add_argument(
        "--rule", choices=(*RULES, FEATURE_FUSION), default="weighted", help="default: weighted, fitted on validation"
    )
    joined.add_argument("--out", type=Path, required=True, help="the ensemble's folder, weights/NAME")
    joined.set_defaults(act=_ensemble)
    for command in (measured, compared, calibrated, joined):
        command.add_argument("--dataset", choices=DATASETS, default="", metavar="DATASET", help="default: its own")
    for command in (measured, joined):
        _add_overwrite(command)
    for command in (described, measured, compared, calibrated, joined):
        _add_reading(command)
    for command in (described, measured, looked, compared, calibrated, joined):
        command.add_argument("--data", type=Path, required=True, help="the folder that holds the films")

    _add_giving(commands)
    _add_small_models(commands)
    return parser


def _add_giving(commands: argparse._SubParsersAction) -> None:
    written = commands.add_parser("card", help="write the README.md of a checkpoint anew, from its card")
    written.add_argument("checkpoint", type=Path)
    written.set_defaults(act=lambda options: rewrite_card(options.checkpoint))
    pushed = commands.add_parser("push", help="send a checkpoint to the Hugging Face Hub")
    pushed.add_argument("checkpoint", type=Path)
    pushed.add_argument("--repo", type=_hub_id, required=True, metavar="OWNER/NAME")
    pushed.add_argument("--private", action="store_true", help="where the repository is new: only you see it")
    pushed.add_argument("--dry-run", action="store_true", help="say what would be sent; needs no network")
    pushed.set_defaults(act=lambda o: push_checkpoint(o.checkpoint, o.repo, o.private, o.dry_run))


def _add_small_models(commands: argparse._SubParsersAction) -> None:
    drawn = commands.add_parser("phantom", help="measure every method's maps on drawn films whose cause is known")
    drawn.add_argument("--out", type=Path, required=True, help="a folder for two networks and the figures")
    drawn.add_argument(
        "--measure", action="store_true", help="the networks that are in --out as they are; none is trained"
    )
    drawn.add_argument("--films", type=_count, default=2400, help="to train on; default: 2400")
    drawn.add_argument("--explained", type=_count, default=40, help="films whose maps are measured; default: 40")
    drawn.add_argument("--most-forwards", type=float, default=BENCHMARK_FORWARDS, help="leave costlier methods out")
    drawn.add_argument("--seed", type=_seed, default=0)
    drawn.set_defaults(act=_phantom)

    lungs = commands.add_parser("lungs", help="train the lung model that says which evidence lies inside them")
    lungs.add_argument("--data", type=Path, required=True, help="the folder that holds the films")
    lungs.add_argument("--out", type=Path, required=True, help="its folder, weights/lungs")
    lungs.add_argument("--seed", type=_seed, default=0)
    lungs.set_defaults(act=_lungs)

    gate = commands.add_parser("gate", help="train the check that asks whether a picture is a frontal chest film")
    gate.add_argument("--data", type=Path, required=True, help="the folder that holds the films")
    gate.add_argument("--out", type=Path, required=True, help="its folder, weights/gate")
    gate.set_defaults(act=_gate)
    for command in (drawn, lungs, gate):
        _add_overwrite(command)


def _add_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("recipe", type=_recipe, metavar="SYSTEM[/RUN]", help=", ".join(SYSTEMS))
    command.add_argument("--data", type=Path, required=True, help="the folder that holds the films")
    command.add_argument("--out", type=Path, required=True, help="a folder: one checkpoint per run in it, or the one")
    command.add_argument("--from-scratch", action="store_true", help="do not ask the model hub for ImageNet weights")
    command.add_argument("--as-published", action="store_true", help="with the paper's defects")
    command.add_argument("--stages", type=_stages, help="SIZExEPOCHS,... instead of the recipe's own, e.g. 64x1,96x1")
    command.add_argument("--backbone", default="", metavar="NAME", help="another network, of timm or torchvision")
    command.add_argument("--input", type=_size, metavar="PX", help="the side of its square, in one stage")
    command.add_argument("--epochs", type=_count, help="of that stage")
    command.add_argument("--batch", type=_batch, help="films in a step, of all processes together")
    command.add_argument("--lr", type=_rate, metavar="RATE", help="the highest learning rate")
    command.add_argument(
        "--task", choices=TASKS, default="", help="whether each film of your own has one label; else the recipe's own"
    )
    command.add_argument("--films", type=_count, help="use about this many films, drawn evenly (a quick trial)")
    command.add_argument("--seed", type=_seed, help="instead of the recipe's own")
    command.add_argument(
        "--dataset", choices=DATASETS, metavar="DATASET", help="not the recipe's own: folder, csv, ..."
    )
    _add_reading(command)
    _add_overwrite(command)
    command.set_defaults(act=_run)


def _add_reading(command: argparse.ArgumentParser) -> None:
    """What only the person whose films they are can say."""
    command.add_argument(
        "--patient-pattern", default="", metavar="REGEX",
        help="of films of your own: its first group is the patient in a film's name, e.g. '(person[0-9]+)'",
    )  # fmt: skip
    command.add_argument(
        "--uncertain", choices=UNCERTAIN, default="", help="what -1 in films.csv means; ignore: it is not stated"
    )
    command.add_argument(
        "--labels", nargs="+", default=(), metavar="NAME",
        help="the columns of films.csv that are labels, where others look so too",
    )  # fmt: skip


def _read_as(options: argparse.Namespace) -> OwnFilms:
    return OwnFilms(options.patient_pattern, options.uncertain, tuple(options.labels))


def _add_overwrite(command: argparse.ArgumentParser) -> None:
    command.add_argument("--overwrite", action="store_true", help="replace an earlier result in --out")


def _hub_id(text: str) -> str:
    if not HUB_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not OWNER/NAME")
    return text


def _recipe(text: str) -> tuple[str, str]:
    system, _, name = text.partition("/")
    if system not in SYSTEMS:
        raise argparse.ArgumentTypeError(f"there is no system {system!r}; known: {', '.join(SYSTEMS)}")
    names = [get_run_name(recipe.name) for recipe in SYSTEMS[system](False, False).recipes]
    if name and name not in names:
        raise argparse.ArgumentTypeError(f"{system} has no run {name!r}; known: {', '.join(names)}")
    return system, name


def _stages(text: str) -> tuple[tuple[int, int], ...]:
    if not re.fullmatch(r"\d+x\d+(,\d+x\d+)*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not SIZExEPOCHS,SIZExEPOCHS")
    stages = tuple((int(size), int(epochs)) for size, epochs in (stage.split("x") for stage in text.split(",")))
    if not all(SIZES_PX[0] <= size <= SIZES_PX[1] and epochs for size, epochs in stages):
        raise argparse.ArgumentTypeError(f"sizes are {SIZES_PX[0]} to {SIZES_PX[1]} px, with 1 epoch or more each")
    return stages


def _size(text: str) -> int:
    if not text.isdecimal() or not SIZES_PX[0] <= int(text) <= SIZES_PX[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; they are {SIZES_PX[0]} to {SIZES_PX[1]} px")
    return int(text)


def _batch(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:  # of one film no batch norm has a variance
        raise argparse.ArgumentTypeError(f"{text!r} is not 2 films or more")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 10:
        raise argparse.ArgumentTypeError(f"{text!r} is not a learning rate, above 0 and up to 10")
    return rate


def _methods(text: str) -> tuple[str, ...]:
    if unknown := [key for key in text.split(",") if key not in METHODS]:
        raise argparse.ArgumentTypeError(f"there is no method {unknown[0]!r}; known: {', '.join(METHODS)}")
    return tuple(dict.fromkeys(text.split(",")))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not 0 or a positive number")
    return int(text)


def _list(options: argparse.Namespace) -> None:
    for name, make in SYSTEMS.items():
        system = make(False, False)
        runs = [get_run_name(recipe.name) for recipe in system.recipes]
        print(f"{name}  {system.paper}\n    {system.summary}" + (f"\n    {', '.join(runs)}" if len(runs) > 1 else ""))


def _run(options: argparse.Namespace) -> None:
    name, only = options.recipe
    system = SYSTEMS[name](not options.from_scratch, options.as_published)
    asked = Changes(
        options.backbone, options.stages or (), options.input, options.epochs, options.batch, options.lr, options.task,
        options.seed, options.dataset or "", _read_as(options),
    )  # fmt: skip
    system = change_system(system, asked, only)
    recipes = system.recipes
    chosen = [recipe for recipe in recipes if get_run_name(recipe.name) == (only or name)]
    if only and not chosen:
        raise TrainingError(f"{name} has no run {only} as published.")
    if chosen:
        run.run_recipe(chosen[0], system, options.data, options.out, options.films, overwrite=options.overwrite)
    else:
        run.run_system(system, options.data, options.out, options.films, options.overwrite)


def _ensemble(options: argparse.Namespace) -> None:
    if make_accelerator().num_processes > 1:
        raise TrainingError("An ensemble is made by one process.", "Start it without a launcher.")
    if options.out.resolve() in [member.resolve() for member in options.members]:
        raise TrainingError(f"{options.out} is one of the members.", "Give --out another folder.")
    check_output(options.out, CARD_FILE, options.overwrite)
    table = read_members_table(options.members, options.dataset, options.data, _read_as(options))
    card = make_ensemble(options.members, options.rule, table, options.out, options.out.name, dataset=options.dataset)
    print(f"{options.out}: {run.format_headline(card)}")


def _lungs(options: argparse.Namespace) -> None:
    check_output(options.out, LUNGS_FILE, options.overwrite)
    train_lungs(options.data, options.out, dataclasses.replace(COURSE, seed=options.seed))


def _gate(options: argparse.Namespace) -> None:
    check_output(options.out, GATE_FILE, options.overwrite)
    train_gate(options.data, options.out)


def _evaluate(o: argparse.Namespace) -> None:
    if o.out:
        check_output(o.out, METRICS_FILE, o.overwrite)
    methods = () if o.boxes and o.localisation is None else o.localisation
    evaluate_checkpoint(o.checkpoint, o.dataset, o.data, o.split, o.out, methods, o.record, o.boxes, _read_as(o))


def _phantom(options: argparse.Namespace) -> None:
    check_output(options.out, RESULTS_FILE, options.overwrite)
    if options.measure:
        measure_networks(options.out, options.explained, options.most_forwards)
        return
    recipe = dataclasses.replace(RECIPE, seed=options.seed)
    run_benchmark(options.out, options.films, options.explained, options.most_forwards, recipe)


if __name__ == "__main__":
    start_the_others("train")
    sys.exit(main())
