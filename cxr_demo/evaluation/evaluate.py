"""How far to believe the maps of one label on one film: every check of `CHECKS` that asks the network again.

Works on one checkpoint and its explainer; `analysis.Analyser.evaluate_maps` holds the lock and yields it in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from cxr_demo.evaluation.agreement import Agreement
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.faithfulness import (
    ORDERS,
    STEPS,
    Curve,
    Predict,
    RandomBaseline,
    measure_curves,
    measure_random_orders,
)
from cxr_demo.evaluation.randomisation import VIEWS, Randomisation, count_random_networks, measure_randomisation
from cxr_demo.evaluation.stability import CHANGED_IMAGES, Stability, measure_stability
from cxr_demo.explain.engine import AnyExplainer, make_unproved_maps
from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import compute_probabilities
from cxr_demo.progress import ProgressCallback, subrange

PARTS = ("faithfulness", "stability", "randomisation")  # what can be asked for alone; the dearest last
# Measured on two bundled networks, of 128 and 96 px: eight films at once take 6.1 and 4.7 times as long as one, and to
# lower a network to a program takes 1.3 and 1.7 times as long.
BATCHED = 0.7
LOWERING_FORWARDS = 1.5
CHANCE_FORWARDS = BATCHED * ORDERS * (STEPS + 1)
CURVES_FORWARDS = BATCHED * 2 * (STEPS + 1)


@dataclass(frozen=True, eq=False)
class MapEvaluation:
    """Of one map; what each says, in which direction it is better and what it does not say stands in `CHECKS`. None
    where its part was not asked for."""

    deletion: Curve | None = None
    insertion: Curve | None = None
    randomisation: Randomisation | None = None
    stability: Stability | None = None


@dataclass(frozen=True, eq=False)
class EvaluationContext:
    """Who is asked about what: a film as the model saw it, `square` (S, S) float32 0..1, and one of its labels."""

    checkpoint: Checkpoint
    explainer: AnyExplainer
    square: np.ndarray
    label: int

    @property
    def x(self) -> np.ndarray:
        """(1, C, S, S) float32, normalised."""
        return self.checkpoint.card.preprocess.normalise(self.square)


def evaluate_maps(
    asked: EvaluationContext,
    maps: Mapping[str, np.ndarray],
    on_progress: ProgressCallback,
    parts: Collection[str] = PARTS,
    chance: RandomBaseline | None = None,
) -> dict[str, MapEvaluation]:
    """The film's raw maps of the label by method, as the explainer makes them -> method -> Belief, with these parts.

    `chance` is what `measure_random_baseline` gave for this film. `on_progress(done, total)` counts forwards, as
    `estimate_forwards` does.
    """
    parts = [part for part in PARTS if part in parts]
    costs = [estimate_forwards(asked.checkpoint.model, tuple(maps), part) for part in parts]
    if "faithfulness" in parts and chance is None:
        costs[0] += CHANCE_FORWARDS
    evaluations = dict.fromkeys(maps, MapEvaluation())
    for place, part in enumerate(parts):
        turn = subrange(on_progress, sum(costs[:place]), costs[place], sum(costs))
        if part == "faithfulness":
            found = _faithfulness(asked, maps, chance, turn)
        else:
            found = (_stability if part == "stability" else _randomisation)(asked, maps, turn)
        evaluations = {method: replace(evaluations[method], **found[method]) for method in maps}
    return evaluations


def measure_random_baseline(asked: EvaluationContext, on_progress: ProgressCallback) -> RandomBaseline:
    """What all maps of the film are compared with, whatever their label."""
    return measure_random_orders(_predict(asked.checkpoint), asked.x, on_progress=on_progress)


def estimate_forwards(model: nn.Module, methods: Sequence[str], part: str) -> float:
    """How long a part takes for these methods at once, in forwards of one film, beside the film's own maps and
    `CHANCE_FORWARDS`, which come once; rough, as `Method.cost_forwards` is."""
    if part == "faithfulness":
        return CURVES_FORWARDS * len(methods)
    if part == "stability":
        return CHANGED_IMAGES * _cost(methods)
    lowered = LOWERING_FORWARDS if any(METHODS[key].family == "lrp" for key in methods) else 0.0
    return count_random_networks(model) * (BATCHED * VIEWS + _cost(methods) + lowered)


def _cost(methods: Sequence[str]) -> float:
    """Forwards of one map of each; class activation maps share theirs."""
    cams = [METHODS[key].cost_forwards for key in methods if METHODS[key].family == "cam"]
    return max(cams, default=0.0) + sum(METHODS[key].cost_forwards for key in methods if METHODS[key].family != "cam")


def _faithfulness(
    asked: EvaluationContext,
    maps: Mapping[str, np.ndarray],
    chance: RandomBaseline | None,
    on_progress: ProgressCallback,
) -> dict[str, dict[str, Curve]]:
    before, each = 0.0 if chance else CHANCE_FORWARDS, CURVES_FORWARDS
    total = before + each * len(maps)
    chance = chance or measure_random_baseline(asked, subrange(on_progress, 0.0, before, total))
    return {
        method: measure_curves(
            _predict(asked.checkpoint), asked.x, map_, asked.label, chance,
            on_progress=subrange(on_progress, before + each * place, each, total),
        )
        for place, (method, map_) in enumerate(maps.items())
    }  # fmt: skip


def _stability(
    asked: EvaluationContext, maps: Mapping[str, np.ndarray], on_progress: ProgressCallback
) -> dict[str, dict[str, Stability]]:
    step = _Steps(on_progress, CHANGED_IMAGES + 1)

    def explain(film: np.ndarray) -> Mapping[str, np.ndarray]:
        if film is asked.square:
            return maps
        x = asked.checkpoint.card.preprocess.normalise(film)
        return _of_label(asked.explainer.maps(x, [asked.label], list(maps), step.inside))

    return {
        key: {"stability": found}
        for key, found in measure_stability(explain, asked.square, on_progress=step.ended).items()
    }


def _randomisation(
    asked: EvaluationContext, maps: Mapping[str, np.ndarray], on_progress: ProgressCallback
) -> dict[str, dict[str, Randomisation]]:
    step = _Steps(on_progress, count_random_networks(asked.checkpoint.model) + 1)

    def explain(net: nn.Module) -> Mapping[str, np.ndarray]:
        if net is asked.checkpoint.model:
            return maps
        return _of_label(make_unproved_maps(asked.checkpoint, net, asked.x, [asked.label], list(maps), step.inside))

    found = measure_randomisation(explain, asked.checkpoint.model, asked.x, on_progress=step.ended)
    return {key: {"randomisation": changed} for key, changed in found.items()}


def _predict(checkpoint: Checkpoint) -> Predict:
    def predict(films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            logits = checkpoint.model(torch.from_numpy(films))
            temperature = checkpoint.card.applied_temperature
            return logits.numpy(), compute_probabilities(logits, checkpoint.card.task, temperature).numpy()

    return predict


class _Steps:
    """`total` steps of which each may be long: `ended` is told after each, `inside` within one."""

    def __init__(self, on_progress: ProgressCallback, total: int) -> None:
        self._pause, self._total, self._done = on_progress, total, 0

    def ended(self, done: float, total: float) -> None:
        self._done = done
        self._pause(done, self._total)

    def inside(self, done: float, total: float) -> None:
        subrange(self._pause, self._done, 1, self._total)(done, total)


def _of_label(maps: Mapping[tuple[str, int], np.ndarray]) -> dict[str, np.ndarray]:
    return {method: map_ for (method, _), map_ in maps.items()}


def describe_evaluation(
    label: str, evaluations: Mapping[str, MapEvaluation], pairs: Mapping[tuple[str, str], Agreement]
) -> Iterator[str]:
    """Markdown: a line for each map, with all its parts, a line for each pair of maps, and what each number says and
    does not say."""
    yield f"| {label} | deletion | insertion | randomisation | noise | shift |"
    yield "|---|---|---|---|---|---|"
    for method, belief in evaluations.items():
        curved = (f"{c.gain:+.2f}, beats {c.beaten} of {ORDERS}" for c in (belief.deletion, belief.insertion))
        drawn = belief.randomisation
        left = f"{drawn.stages[-1].rank:.2f}" + (", UNCHANGED" if drawn.unchanged or drawn.blind else "")
        moved = (f"{change.change:.2f}" for change in (belief.stability.noise, belief.stability.shift))
        yield f"| {method} | {' | '.join([*curved, left, *moved])} |"
    yield ""
    for (a, b), agreement in pairs.items():
        shared = (
            f"{o.common:.0%} of the strongest {o.area:.0%} (by chance {o.by_chance:.0%})" for o in agreement.overlaps
        )
        yield f"{a} and {b}: rank correlation {agreement.rank:.2f}; in common {', '.join(shared)}"
    yield ""
    yield "deletion, insertion: logit points better than a random order. randomisation: rank correlation with the map"
    yield "of a network that has learned nothing. noise, shift: largest change of the map, relative to its length."
    for check in CHECKS.values():
        yield f"- {check.name} ({check.paper}; better: {check.better}). {check.says} {check.says_not}"
