"""The checks that ask the network again, as work: what is to do, in which order, and the thread for a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from cxr_demo.analysis import Analyser, Explanation, Study
from cxr_demo.evaluation.evaluate import PARTS, RANDOM_BASELINE_FORWARDS, MapEvaluation
from cxr_demo.evaluation.faithfulness import RandomBaseline
from cxr_demo.explain.methods import METHODS
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.progress import ProgressCallback
from cxr_demo.ui.jobs import Cancelled, Job, start_job

RANDOM_BASELINE = "random baseline"
FIELDS = {  # a part -> what it fills of a MapEvaluation
    "faithfulness": ("deletion", "insertion"),
    "stability": ("stability",),
    "randomisation": ("randomisation",),
}


@dataclass
class EvaluationResults:
    """Of one study, what was found so far: `found` by (method, label), each with the parts that were asked for;
    `failed`, why there is none, by (method, label, part); `random_baseline`, with which all are compared;
    `stopped`: the labels at which a person has stopped."""

    study: Study
    found: dict[tuple[str, str], MapEvaluation] = field(default_factory=dict)
    failed: dict[tuple[str, str, str], str] = field(default_factory=dict)
    random_baseline: RandomBaseline | None = None
    stopped: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class WorkStep:
    """Work that is done at once: a part of `evaluate.PARTS` for some methods, or `RANDOM_BASELINE`."""

    part: str
    methods: tuple[str, ...]
    forwards: float


@dataclass
class EvaluationRun:
    """A run that a person has asked for: steps, of which `done` forwards are made. It goes on while its session has
    it."""

    results: EvaluationResults
    label: str
    maps: Mapping[str, Explanation]
    steps: tuple[WorkStep, ...]
    done: float = 0.0
    current: WorkStep | None = None
    started: float | None = None

    @property
    def share(self) -> float:
        return min(1.0, self.done / sum(step.forwards for step in self.steps))

    @property
    def pace(self) -> float:
        """Seconds per forward so far."""
        return 0.0 if self.started is None else (time.monotonic() - self.started) / self.done


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
    if steps and results.random_baseline is None:
        steps.insert(0, WorkStep(RANDOM_BASELINE, (), RANDOM_BASELINE_FORWARDS))
    # Quick ones together: they share the forwards that fit each random network.
    steps += [step(part, *left) for part in others if (left := missing(part, *quick))]
    if slow:
        steps += [step(part, key) for key in shown[len(quick) :] for part in others if missing(part, key)]
    return tuple(steps)


def start_step(analyser: Analyser, run: EvaluationRun, step: WorkStep, wanted: Callable[[], bool]) -> Job:
    """Do a step in a thread of its own: -> a RandomBaseline, or evaluations by method."""
    before, study = run.done, run.results.study

    def work(on_progress: ProgressCallback) -> RandomBaseline | dict[str, MapEvaluation]:
        def count(done: float, total: float) -> None:
            run.done = before + step.forwards * min(1.0, done / total)
            on_progress(done, total)

        if step.part == RANDOM_BASELINE:
            return analyser.measure_random_baseline(study, count)
        maps = [run.maps[key] for key in step.methods]
        return analyser.evaluate_maps(study, maps, count, [step.part], run.results.random_baseline)

    run.current = step
    return start_job(step.part, work, wanted)


def store_result(run: EvaluationRun, step: WorkStep, made: Future, why: Callable[[BaseException], str]) -> None:
    """A step's result, or by `why` why there is none: one that fails must not take the others with it."""
    results, error = run.results, made.exception()
    if isinstance(error, Cancelled):
        return
    if error:
        failed = why(error)
        results.failed |= {(key, run.label, step.part): failed for key in step.methods}
    elif step.part == RANDOM_BASELINE:
        results.random_baseline = made.result()
    else:
        for key, fresh in made.result().items():
            parts = {name: getattr(fresh, name) for name in FIELDS[step.part]}
            results.found[key, run.label] = replace(results.found.get((key, run.label), MapEvaluation()), **parts)
