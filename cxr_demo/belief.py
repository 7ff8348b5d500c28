"""How far to believe the maps of one label on one film: every check of `CHECKS` that asks the network again.

Works on one checkpoint and its explainer; `analysis.Analyser.believe` holds the lock and lets go of it in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from cxr_demo.agreement import Agreement
from cxr_demo.checkpoint import Checkpoint
from cxr_demo.checks import CHECKS, Pause
from cxr_demo.explain.engine import Explaining, unproved_maps
from cxr_demo.faithfulness import ORDERS, Curve, baseline, curves
from cxr_demo.model import probabilities
from cxr_demo.randomisation import Randomisation, randomisation
from cxr_demo.stability import Stability, stability


@dataclass(frozen=True, eq=False)
class Belief:
    """Of one map; what each says, in which direction it is better and what it does not say stands in `CHECKS`."""

    deletion: Curve
    insertion: Curve
    randomisation: Randomisation
    stability: Stability


def believe(
    checkpoint: Checkpoint, explainer: Explaining, square: np.ndarray, label: int, methods: Sequence[str], pause: Pause
) -> dict[str, Belief]:
    """square (S, S) float32 0..1, as the model saw it -> method -> Belief, for maps that the proof allows.

    Costs about 150 forwards, 13 times the maps for stability and 3 times the maps for each of the network's blocks.
    `pause(done, total)` counts the four kinds of work, each a quarter, whatever it takes.
    """
    x = checkpoint.card.preprocess.normalise(square)

    def predict(films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            logits = checkpoint.model(torch.from_numpy(films))
            temperature = checkpoint.card.temperature if checkpoint.card.calibrated else 1.0
            return logits.numpy(), probabilities(logits, checkpoint.card.task, temperature).numpy()

    def explain(net: nn.Module) -> dict[str, np.ndarray]:
        if net is checkpoint.model:
            return _of_label(explainer.maps(x, [label], methods))
        return _of_label(unproved_maps(checkpoint, net, x, [label], methods))

    def explain_square(film: np.ndarray) -> dict[str, np.ndarray]:
        return _of_label(explainer.maps(checkpoint.card.preprocess.normalise(film), [label], methods))

    maps = explain(checkpoint.model)
    chance = baseline(predict, x, pause=_quarter(pause, 0))
    tested = {}
    for place, (method, map_) in enumerate(maps.items()):
        tested[method] = curves(predict, x, map_, label, chance)
        _quarter(pause, 1)(place + 1, len(maps))
    changed = randomisation(explain, checkpoint.model, x, pause=_quarter(pause, 2))
    stable = stability(explain_square, square, pause=_quarter(pause, 3))
    return {
        method: Belief(tested[method]["deletion"], tested[method]["insertion"], changed[method], stable[method])
        for method in maps
    }


def told(label: str, beliefs: Mapping[str, Belief], pairs: Mapping[tuple[str, str], Agreement]) -> Iterator[str]:
    """Markdown: a line for each map, a line for each pair of maps, and what each number says and does not say."""
    yield f"| {label} | deletion | insertion | randomisation | noise | shift |"
    yield "|---|---|---|---|---|---|"
    for method, belief in beliefs.items():
        curved = (f"{c.gain:+.2f}, beats {c.beaten} of {ORDERS}" for c in (belief.deletion, belief.insertion))
        drawn = belief.randomisation
        left = f"{drawn.stages[-1].rank:.2f}" + (", UNCHANGED" if drawn.unchanged or drawn.blind else "")
        moved = (f"{change.change:.2f}" for change in (belief.stability.noise, belief.stability.shift))
        yield f"| {method} | {' | '.join([*curved, left, *moved])} |"
    yield ""
    for (a, b), agreement in pairs.items():
        shared = (f"{o.common:.0%} of the strongest {o.area:.0%} (chance {o.chance:.0%})" for o in agreement.overlaps)
        yield f"{a} and {b}: rank correlation {agreement.rank:.2f}; in common {', '.join(shared)}"
    yield ""
    yield "deletion, insertion: logit points better than a random order. randomisation: rank correlation with the map"
    yield "of a network that has learned nothing. noise, shift: largest change of the map, relative to its length."
    for check in CHECKS.values():
        yield f"- {check.name} ({check.paper}; better: {check.better}). {check.says} {check.says_not}"


def _of_label(maps: dict[tuple[str, int], np.ndarray]) -> dict[str, np.ndarray]:
    return {method: map_ for (method, _), map_ in maps.items()}


def _quarter(pause: Pause, place: int) -> Pause:
    return lambda done, total: pause(place * total + done, 4 * total)
