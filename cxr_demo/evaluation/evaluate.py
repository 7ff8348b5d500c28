"""The quality of the maps of one label on one image: every check of `CHECKS` that runs the network again.

Works on one checkpoint and its explainer; `analysis.Analyser.evaluate_maps` holds the lock and yields it in between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from cxr_demo.evaluation.faithfulness import FORWARDS_LIMIT, Curve, Predict, measure_curves
from cxr_demo.evaluation.randomisation import VIEWS, Randomisation, count_random_networks, measure_randomisation
from cxr_demo.evaluation.stability import CHANGED_IMAGES, Stability, measure_stability
from cxr_demo.explain.engine import AnyExplainer, make_unproved_maps
from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import compute_probabilities
from cxr_demo.progress import ProgressCallback, subrange

PARTS = ("faithfulness", "stability", "randomisation")  # each can be evaluated alone; the slowest is last
# Measured on two bundled networks, of 128 and 96 px: eight images at once take 6.1 and 4.7 times as long as one, and to
# lower a network to a program takes 1.3 and 1.7 times as long.
BATCHED = 0.7
LOWERING_FORWARDS = 1.5
CURVES_FORWARDS = BATCHED * FORWARDS_LIMIT


@dataclass(frozen=True, eq=False)
class MapEvaluation:
    """The results for one map. `CHECKS` holds what each shows, in which direction it is better and what it does not
    show. None where its part was not evaluated."""

    deletion: Curve | None = None
    insertion: Curve | None = None
    randomisation: Randomisation | None = None
    stability: Stability | None = None


@dataclass(frozen=True, eq=False)
class EvaluationContext:
    """A network with an image as it saw it, `square` (S, S) float32 0..1, of which `seen` (S, S) bool is no padding,
    and the position of one of its labels."""

    checkpoint: Checkpoint
    explainer: AnyExplainer
    square: np.ndarray
    seen: np.ndarray
    label: int

    @property
    def x(self) -> np.ndarray:
        """(1, C, S, S) float32, normalised."""
        return self.checkpoint.card.preprocess.normalise(self.square)


def evaluate_maps(
    context: EvaluationContext,
    maps: Mapping[str, np.ndarray],
    on_progress: ProgressCallback,
    parts: Collection[str] = PARTS,
) -> dict[str, MapEvaluation]:
    """The image's raw maps of the label by method, as the explainer makes them -> method -> MapEvaluation, with these
    parts. `on_progress(done, total)` counts forwards, as `estimate_forwards` does.
    """
    parts = [part for part in PARTS if part in parts]
    costs = [estimate_forwards(context.checkpoint.model, tuple(maps), part) for part in parts]
    evaluations = dict.fromkeys(maps, MapEvaluation())
    for place, part in enumerate(parts):
        turn = subrange(on_progress, sum(costs[:place]), costs[place], sum(costs))
        if part == "faithfulness":
            curves = _evaluate_faithfulness(context, maps, turn)
            evaluations = {method: replace(evaluations[method], **curves[method]) for method in maps}
        elif part == "stability":
            stability = _evaluate_stability(context, maps, turn)
            evaluations = {method: replace(evaluations[method], stability=stability[method]) for method in maps}
        else:
            randomisation = _evaluate_randomisation(context, maps, turn)
            evaluations = {method: replace(evaluations[method], randomisation=randomisation[method]) for method in maps}
    return evaluations


def estimate_forwards(model: nn.Module, methods: Sequence[str], part: str) -> float:
    """How long a part takes for these methods at once, in forwards of one image, without the image's own maps.
    It is a rough estimate, as `Method.cost_forwards` is, and the most of what the curves may take."""
    if part == "faithfulness":
        return CURVES_FORWARDS * len(methods)
    if part == "stability":
        return CHANGED_IMAGES * _count_map_forwards(methods)
    lowered = LOWERING_FORWARDS if any(METHODS[key].family.reads == "rules" for key in methods) else 0.0
    return count_random_networks(model) * (BATCHED * VIEWS + _count_map_forwards(methods) + lowered)


def _count_map_forwards(methods: Sequence[str]) -> float:
    """Forwards that one map by each method takes; class activation maps share theirs."""
    cams = [METHODS[key].cost_forwards for key in methods if METHODS[key].family.reads == "features"]
    return max(cams, default=0.0) + sum(
        METHODS[key].cost_forwards for key in methods if METHODS[key].family.reads != "features"
    )


def _evaluate_faithfulness(
    context: EvaluationContext, maps: Mapping[str, np.ndarray], on_progress: ProgressCallback
) -> dict[str, dict[str, Curve]]:
    predict, each = _make_predict(context.checkpoint), CURVES_FORWARDS
    return {
        method: measure_curves(
            predict, context.x, map_, context.label, context.seen, context.explainer.find_placement(method),
            on_progress=subrange(on_progress, place * each, each, len(maps) * each),
        )
        for place, (method, map_) in enumerate(maps.items())
    }  # fmt: skip


def _evaluate_stability(
    context: EvaluationContext, maps: Mapping[str, np.ndarray], on_progress: ProgressCallback
) -> dict[str, Stability]:
    step = _StepProgress(on_progress, CHANGED_IMAGES + 1)

    def explain(square: np.ndarray) -> Mapping[str, np.ndarray]:
        if square is context.square:
            return maps
        x = context.checkpoint.card.preprocess.normalise(square)
        return _key_by_method(context.explainer.maps(x, [context.label], list(maps), step.report_inside))

    return measure_stability(explain, context.square, on_progress=step.end)


def _evaluate_randomisation(
    context: EvaluationContext, maps: Mapping[str, np.ndarray], on_progress: ProgressCallback
) -> dict[str, Randomisation]:
    step = _StepProgress(on_progress, count_random_networks(context.checkpoint.model) + 1)

    def explain(net: nn.Module) -> Mapping[str, np.ndarray]:
        if net is context.checkpoint.model:
            return maps
        return _key_by_method(
            make_unproved_maps(
                context.checkpoint,
                context.explainer,
                net,
                context.x,
                [context.label],
                list(maps),
                step.report_inside,
            )  # fmt: skip
        )

    return measure_randomisation(explain, context.checkpoint.model, context.x, on_progress=step.end)


def _make_predict(checkpoint: Checkpoint) -> Predict:
    def predict(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            logits = checkpoint.model(torch.from_numpy(images))
            temperature = checkpoint.card.applied_temperature
            return logits.numpy(), compute_probabilities(logits, checkpoint.card.task, temperature).numpy()

    return predict


class _StepProgress:
    """Progress over `total` steps, each of which may be long: call `end` after a step, `report_inside` within one."""

    def __init__(self, on_progress: ProgressCallback, total: int) -> None:
        self._pause, self._total, self._done = on_progress, total, 0

    def end(self, done: float, total: float) -> None:
        self._done = done
        self._pause(done, self._total)

    def report_inside(self, done: float, total: float) -> None:
        subrange(self._pause, self._done, 1, self._total)(done, total)


def _key_by_method(maps: Mapping[tuple[str, int], np.ndarray]) -> dict[str, np.ndarray]:
    return {method: map_ for (method, _), map_ in maps.items()}
