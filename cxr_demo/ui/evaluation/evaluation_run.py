"""The checks that ask the network again, as work: what is to do, in which order, and doing it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cxr_demo.analysis import Analyser, Explanation, Study
from cxr_demo.evaluation.evaluate import PARTS, MapEvaluation
from cxr_demo.explain.methods import METHODS
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.progress import ProgressCallback
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.text.evaluation_text import describe_step
from cxr_demo.ui.evaluation.evaluation_table import EvaluationProgress

LEFT_FROM = 0.05  # share of the work after which its pace tells how long it will still take
FIELDS = {  # a part -> what it fills of a MapEvaluation
    "faithfulness": ("deletion", "insertion"),
    "stability": ("stability",),
    "randomisation": ("randomisation",),
}


@dataclass
class EvaluationResults:
    """Of one study, what was found so far: `found` by (method, label), each with the parts that were asked for;
    `failed`, why there is none, by (method, label, part)."""

    study: Study
    found: dict[tuple[str, str], MapEvaluation] = field(default_factory=dict)
    failed: dict[tuple[str, str, str], Said] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkStep:
    """Work that is done at once: a part of `evaluate.PARTS` for some methods."""

    part: str
    methods: tuple[str, ...]
    forwards: float


@dataclass
class EvaluationRun:
    """A run that a person has asked for: the steps that are left, and of all `total` forwards those that are `done`;
    `asked`: the press that it answers."""

    results: EvaluationResults
    label: str
    maps: Mapping[str, Explanation]
    asked: object
    steps: tuple[WorkStep, ...]
    total: float
    done: float = 0.0
    current: WorkStep | None = None
    started: float | None = None

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.total)

    def finish(self, step: WorkStep, before: float) -> None:
        """A step is over; `before` it so many forwards were done."""
        self.steps = tuple(left for left in self.steps if left != step)
        self.done = before + step.forwards

    @property
    def pace(self) -> float:
        """Seconds per forward so far."""
        return 0.0 if self.started is None or not self.done else (time.monotonic() - self.started) / self.done


def plan_missing_steps(
    analyser: Analyser, results: EvaluationResults, label: str, maps: Mapping[str, Explanation], slow: bool
) -> tuple[WorkStep, ...]:
    """What is still to be done for these maps, the cheapest first. Without `slow`, methods that take long have their
    curves alone, which need no other map; with it, also the parts that make their maps again and again."""

    def missing(part: str, *methods: str) -> list[str]:
        of = {key: results.found.get((key, label), MapEvaluation()) for key in methods}
        return [key for key in methods if getattr(of[key], FIELDS[part][0]) is None]

    def step(part: str, *methods: str) -> WorkStep:
        return WorkStep(part, methods, analyser.estimate_forwards(methods, part))

    shown = sorted(maps, key=lambda key: METHODS[key].cost_forwards)
    quick = [key for key in shown if METHODS[key].cost_forwards <= SLOW_FORWARDS]
    curves, *others = PARTS
    steps = [step(curves, key) for key in missing(curves, *shown)]
    # Quick ones together: they share the forwards that fit each random network.
    steps += [step(part, *left) for part in others if (left := missing(part, *quick))]
    if slow:
        steps += [step(part, key) for key in shown[len(quick) :] for part in others if missing(part, key)]
    return tuple(steps)


def do_step(analyser: Analyser, run: EvaluationRun, step: WorkStep, on_progress: ProgressCallback) -> None:
    """Do a step and keep what it finds. One that fails must not take the others with it: raises what went wrong, and
    `skip_step` goes on."""
    before, results = run.done, run.results

    def count(done: float, total: float) -> None:
        run.done = before + step.forwards * min(1.0, done / total)
        on_progress(done, total)

    run.current, run.started = step, run.started or time.monotonic()
    made = analyser.evaluate_maps(results.study, [run.maps[key] for key in step.methods], count, [step.part])
    for key, fresh in made.items():
        parts = {name: getattr(fresh, name) for name in FIELDS[step.part]}
        results.found[key, run.label] = replace(results.found.get((key, run.label), MapEvaluation()), **parts)
    run.finish(step, before)


def skip_step(run: EvaluationRun, step: WorkStep, reason: Said) -> None:
    """There is no result, for this reason."""
    run.results.failed |= {(key, run.label, step.part): reason for key in step.methods}
    run.finish(step, run.done)


def describe_run(run: EvaluationRun) -> EvaluationProgress:
    """How far the work is."""
    if run.started is None or run.current is None:
        return EvaluationProgress(0.0, format_text("check.waiting"))
    passed = time.monotonic() - run.started
    left_s = passed * (1 - run.share) / run.share if run.share > LEFT_FROM else 0.0
    doing = describe_step(run.current.part, run.current.methods)
    return EvaluationProgress(run.share, doing, left_s)
