"""`python -m tests.bench.explain`: what explanations cost, in plain forwards, the naive way and ours.

DenseNet-121, 224 px, 14 labels, two threads. Naive: the two libraries, one call for each label and method; zennit on
the same canonized network, since as it comes it is wrong. All is measured in turns within one run and the medians of
the ratios of each turn are printed, so that whatever else the machine does hits all of it. With `--before FOLDER`, a
checkout of an earlier commit, its explainer works in the same turns, in a process of its own. The clock is right where
nothing else wants the cores: two threads that wait for each other make what has many small steps dearer than a forward.
On a busy machine take `--busy`: one thread, and the processor's time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch.utils.flop_counter import FlopCounterMode

from cxr_demo.comparison.label_contrast import contrast_maps, weigh_labels
from cxr_demo.evaluation.faithfulness import FORWARDS_LIMIT
from cxr_demo.explain.engine import Explainer
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.operations import Convolution
from cxr_demo.explain.lrp.zennit_reference import ZennitReference, make_composite
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.labels import FINDINGS
from cxr_demo.networks.backbones import BACKBONES
from cxr_demo.networks.checkpoint import Card, Checkpoint
from cxr_demo.networks.classifier import Classifier
from tests.conftest import make_film, make_model

BACKBONE, SIZE_PX, LABELS, THREADS = "densenet121", 224, 14, 2
TURNS, REPEATS = 5, 7  # turns, and of ours in each
CAMS = {"grad-cam": GradCAM, "grad-cam-plus-plus": GradCAMPlusPlus, "hires-cam": HiResCAM, "layer-cam": LayerCAM}
RELEVANCE = "lrp-epsilon-plus-flat"
GOALS = {"four CAMs, 14 labels": 1.2, "one LRP map": 2.0, "14 LRP maps": 10.0}
CHEAPER, SAME = 20.0, 0.9999
RANDOM_ORDERS = 105 + 3 * 42  # forwards of three maps' deletion and insertion, when they had no level
NO_DEARER, CONTRAST = 1.05, 0.05  # within what turns of one work differ by; of the maps' own cost
LINEAR = ("grad-cam", "hires-cam", RELEVANCE)
Clock = Callable[[], float]  # seconds


class Naive:
    """Each map from a library's call of its own."""

    def __init__(self, checkpoint: Checkpoint, x: torch.Tensor) -> None:
        self._model, self._x = checkpoint.model, x
        self._layers = [cast(Classifier, checkpoint.model).net.get_submodule(BACKBONES[BACKBONE].cam_layer)]
        self._rebuilt = ZennitReference(lower_network(checkpoint.model))

    def cams(self) -> dict[tuple[str, int], np.ndarray]:
        maps = {}
        for key, library in CAMS.items():
            for label in range(LABELS):
                with library(self._model, self._layers) as cam:
                    maps[key, label] = cam(self._x.clone().requires_grad_(), [ClassifierOutputTarget(label)])[0]
        return maps

    def relevance(self) -> dict[tuple[str, int], np.ndarray]:
        rules = make_composite(rule_sets.EPSILON_PLUS_FLAT)
        return {
            (RELEVANCE, label): self._rebuilt.relevance(rules, self._x, [label])[0].numpy() for label in range(LABELS)
        }


class Before:
    """The explainer of an earlier commit."""

    def __init__(self, folder: Path, is_busy: bool) -> None:
        worker = Path(__file__).with_name("explain_worker.py")
        threads = 1 if is_busy else THREADS
        command = [sys.executable, str(worker), BACKBONE, *map(str, (SIZE_PX, LABELS, threads, int(is_busy)))]
        environment = os.environ | {"PYTHONPATH": str(folder)}
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def time(self, work: str) -> float:
        """In seconds."""
        assert self._process.stdin is not None
        print(work, file=self._process.stdin, flush=True)
        return float(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise SystemExit("The earlier version has ended.")
        return line

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def main() -> None:
    """Prints every cost beside its goal, the floor of the arithmetic and how alike both ways' maps are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--before", type=Path, help="checkout of an earlier commit")
    parser.add_argument("--busy", action="store_true", help="one thread, and the processor's time for the clock's")
    parser.add_argument("--turns", type=int, default=TURNS, help=f"default: {TURNS}")
    options = parser.parse_args()
    threads, clock = (1, time.process_time) if options.busy else (THREADS, time.perf_counter)
    torch.set_num_threads(threads)
    checkpoint = _checkpoint()
    x = torch.from_numpy((make_film(3, (SIZE_PX, SIZE_PX)) - 0.5) / 0.25)[None, None]
    explainer, naive = Explainer(checkpoint), Naive(checkpoint, x)
    square, labels = x.numpy(), range(LABELS)

    made = explainer.maps(square, labels, LINEAR)
    plain = {key: np.stack([made[key, label] for label in labels]) for key in LINEAR}
    weights = weigh_labels(np.linspace(0.01, 0.9, LABELS))

    def forward() -> None:
        with torch.inference_mode():
            checkpoint.model(x)

    works = {
        "forward": forward,
        "four CAMs, 14 labels": lambda: explainer.maps(square, labels, list(CAMS)),
        "one LRP map": lambda: explainer.maps(square, [0], [RELEVANCE]),
        "14 LRP maps": lambda: explainer.maps(square, labels, [RELEVANCE]),
        "contrasts": lambda: {key: contrast_maps(maps, weights) for key, maps in plain.items()},
        "naive CAMs": naive.cams,
        "naive LRP": naive.relevance,
    }
    theirs_maps = naive.cams() | naive.relevance()  # which warms them up
    earlier = Before(options.before, options.busy) if options.before else None
    seconds, speed = _measured(works, earlier, options.turns, clock)
    ratios = {name: _ratio(seconds[name], seconds["forward"]) for name in seconds}
    ours = ratios["four CAMs, 14 labels"] + ratios["14 LRP maps"]
    theirs = ratios["naive CAMs"] + ratios["naive LRP"]

    print(
        f"{BACKBONE}, {SIZE_PX} px, {LABELS} labels, {options.turns} turns of {REPEATS}; "
        f"{'one thread, time of the processor' if options.busy else f'{threads} threads, time of the clock'}"
    )
    print(f"one plain forward: {median(seconds['forward']) * 1e3:.0f} ms; all else in forwards")
    for name, goal in GOALS.items():
        print(f"{name:22} {ratios[name]:7.2f}   goal {goal:4.1f}: {_said(ratios[name] <= goal)}")
    print(f"{'all five, naive':22} {theirs:7.2f}   (CAMs {ratios['naive CAMs']:.1f}, LRP {ratios['naive LRP']:.1f})")
    print(f"{'all five, ours':22} {ours:7.2f}   {theirs / ours:.1f} times cheaper, goal {CHEAPER:.0f}: "
          f"{_said(theirs >= CHEAPER * ours)}")  # fmt: skip
    added = ratios["contrasts"] / ours
    print(f"{'contrasts of three':22} {ratios['contrasts']:7.2f}   {added:.1%} of all five, goal {CONTRAST:.0%}: "
          f"{_said(added <= CONTRAST)}")  # fmt: skip
    asked, share = 3 * FORWARDS_LIMIT, 3 * FORWARDS_LIMIT / RANDOM_ORDERS
    print(f"{'checks of three maps':22} {asked:7}   at most, {share:.0%} of what random orders took, goal 50%: "
          f"{_said(share <= 0.5)}")  # fmt: skip
    if earlier:
        earlier.close()
        for name in GOALS:
            dearer = _ratio(seconds[name], seconds[f"{name}, before"])
            print(f"{name:22} {dearer:7.2f}   times its cost before, goal {NO_DEARER}: {_said(dearer <= NO_DEARER)}")
    _print_floor(checkpoint, x, seconds, speed)
    worst = _likeness(theirs_maps, explainer.maps(square, labels, [*CAMS, RELEVANCE]))
    flat = len(CAMS) * LABELS + LABELS - len(worst)
    print(f"least r between naive and ours, {len(worst)} maps ({flat} more are flat in both): {min(worst):.6f}, "
          f"goal {SAME}: {_said(min(worst) > SAME)}")  # fmt: skip


def _checkpoint() -> Checkpoint:
    labels = tuple(FINDINGS)[:LABELS]
    preprocess = Preprocess(SIZE_PX, "letterbox", (0.5,), (0.25,))
    card = Card("bench", BACKBONE, labels, "multi-label", preprocess)
    return Checkpoint(card, make_model(BACKBONE, labels=LABELS), "none", Path("nowhere"))


def _measured(
    works: dict[str, Callable[[], object]], earlier: Before | None, turns: int, clock: Clock
) -> tuple[dict[str, list[float]], float]:
    """Seconds of each in every turn, and the best speed that products reached in any, FLOP/s."""
    ours, speed = [name for name in works if "naive" not in name], 0.0
    names = [*works, *(f"{name}, before" for name in GOALS if earlier)]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(turns + 1):
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(REPEATS):  # one after the other, so that a slow moment of the machine meets all of them
            for name in ours:
                times[name] += _times(works[name], 2, clock)[1:]  # the first of both finds the caches full of another's
                if earlier and name in GOALS:
                    times[f"{name}, before"] += [earlier.time(name) for _ in range(2)][1:]
        speed = max(speed, _flops_a_second(clock))
        if not turn:
            continue  # it warmed up what was not warm yet
        for name in works.keys() - ours:
            times[name] += _times(works[name], 1, clock)
        for name in names:
            seconds[name].append(median(times[name]))
    return seconds, speed


def _times(work: Callable[[], object], repeats: int, clock: Clock) -> list[float]:
    times = []
    for _ in range(repeats):
        began = clock()
        work()
        times.append(clock() - began)
    return times


def _ratio(times: list[float], forwards: list[float]) -> float:
    return median(one / forward for one, forward in zip(times, forwards, strict=True))


def _said(reached: bool) -> str:
    return "reached" if reached else "missed"


def _print_floor(checkpoint: Checkpoint, x: torch.Tensor, seconds: dict[str, list[float]], speed: float) -> None:
    """The floor: the multiplications that the rules cannot do without, at the best speed that any well-shaped product
    reached in this run, so that nothing can be below it.

    Of LRP these are the program's forward, the denominators of z-plus (every convolution but the first once more) and
    for each label the way back through the same convolutions.
    """
    program = lower_network(checkpoint.model)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        program.values(x)
    first = next(step for step in program.steps if step.is_input_layer)
    with FlopCounterMode(display=False) as stem, torch.no_grad():
        cast(Convolution, first.operation).apply(x)
    whole, rest = counter.get_total_flops(), counter.get_total_flops() - stem.get_total_flops()
    floors = {
        "forward": whole,
        "four CAMs, 14 labels": whole,
        "one LRP map": whole + 2 * rest,
        "14 LRP maps": whole + rest * (1 + LABELS),
    }
    forward_s = median(seconds["forward"])
    print(f"floor: {speed / 1e9:.0f} GFLOP/s in the best product of this run; a forward has {whole / 1e9:.1f} GFLOP")
    for name, flops in floors.items():
        floor_s = flops / speed
        times, least = median(seconds[name]) / floor_s, min(seconds[name]) / floor_s
        print(
            f"{name:22} {floor_s / forward_s:7.2f}   at the least; it takes {times:.1f} times that, at best {least:.1f}"
        )


def _flops_a_second(clock: Clock) -> float:
    """The best of products and convolutions large enough to be worth two threads and small enough for the cache."""
    speeds = []
    for side in (512, 1024):
        a, b = torch.rand(side, side), torch.rand(side, side)
        speeds.append(2 * side**3 / min(_times(lambda a=a, b=b: a @ b, 5, clock)))
    films, side = 4, 28
    last = torch.channels_last
    a, w = torch.rand(films, 128, side, side).to(memory_format=last), torch.rand(128, 128, 3, 3).to(memory_format=last)
    flops = 2 * films * side**2 * 128 * 128 * 9
    return max(*speeds, flops / min(_times(lambda: F.conv2d(a, w, padding=1), 5, clock)))


def _likeness(naive: dict, ours: dict) -> list[float]:
    """Pearson's r of every pair, ours brought to what the library makes of a map: cut at 0, enlarged, stretched."""
    found = []
    for (key, label), theirs in naive.items():
        mine = ours[key, label]
        if key in CAMS:
            mine = np.asarray(scale_cam_image(np.maximum(mine, 0)[None], (SIZE_PX, SIZE_PX)))[0]
        if theirs.std() > 0 or mine.std() > 0:
            found.append(float(np.corrcoef(theirs.ravel(), mine.ravel())[0, 1]))
    return found


if __name__ == "__main__":
    main()
