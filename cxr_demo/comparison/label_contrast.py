"""A label against the others: what speaks for it more than for the rest.

The contrast of label c is map(c) - sum over all labels k of w(k) map(k), c among them (Gu et al. 2018, Understanding
Individual Decisions of CNNs via Contrastive Backpropagation, ACCV; whose rest is all other classes in equal parts). Own
choice of the weights w: the probabilities, for then the map starts at the derivative of log p(c) with respect to the
logits, which is 1 at c minus the probabilities. So evidence that all labels share, which no softmax sees, is gone, and
the contrasts of all labels, weighted alike, add up to exactly zero. The probabilities of a multi-label network answer
questions of their own and do not sum to 1: they are divided by their sum.

It is exact for a method that is linear in what it starts from, the derivative of what it explains with respect to the
logits: then the same method, asked about the contrast of the logits, gives this map. `Method.is_linear` says which are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cxr_demo.analysis import Analyser, Explanation, Study
from cxr_demo.errors import ExplanationError
from cxr_demo.explain.methods import METHODS
from cxr_demo.progress import ProgressCallback

FORMULA = "map of the label - sum over all labels of w * map; w: their probabilities, divided by their sum"


def explain_contrasts(
    analyser: Analyser,
    study: Study,
    labels: Sequence[str],
    methods: Sequence[str],
    on_progress: ProgressCallback | None = None,
) -> dict[tuple[str, str], Explanation]:
    """As `Analyser.explain`, of each label against the others; the maps of all labels are made for it, in one sweep.
    Raises ExplanationError also for a method that is not linear, and of a network with one label, which has no
    others."""
    if len(study.labels) < 2:
        raise ExplanationError("contrast-one-label", network=analyser.card.name)
    for method in methods:
        if method in METHODS and not METHODS[method].is_linear:
            raise ExplanationError("contrast-not-linear", method=METHODS[method].name)
    found = analyser.explain(study, list(dict.fromkeys((*study.labels, *labels))), methods, on_progress)
    contrasts = {
        method: contrast_explanations(study, [found[method, label] for label in study.labels]) for method in methods
    }
    return {(method, label): contrasts[method][label] for method in methods for label in labels}


def contrast_explanations(study: Study, explanations: Sequence[Explanation]) -> dict[str, Explanation]:
    """One method's explanations of all labels, in the study's order -> each against the others, by label."""
    weights = weigh_labels(study.probabilities)
    maps = contrast_maps(np.stack([each.map_square for each in explanations]), weights)
    logits = contrast_maps(np.array([each.logit for each in explanations]), weights)
    members = [
        contrast_maps(np.stack([member.map_square for member in same]), weights)
        for same in zip(*(each.members for each in explanations), strict=True)
    ]
    found = {}
    for place, (each, map_square, logit) in enumerate(zip(explanations, maps, logits.tolist(), strict=True)):
        total = float(map_square.sum(dtype=np.float64))
        own = zip(each.members, members, strict=True)
        found[each.label] = replace(
            each, map_square=map_square, logit=logit, total=total, left_out=logit - total,
            members=tuple(replace(member, map_square=squares[place]) for member, squares in own),
            contrast_weight=float(weights[place]),
        )  # fmt: skip
    return found


def weigh_labels(probabilities: np.ndarray) -> np.ndarray:
    """(L,) 0..1, of which one is above 0 -> (L,) float64 whose sum is 1."""
    weights = probabilities.astype(np.float64)
    return weights / weights.sum()


def contrast_maps(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One method's raw maps of all labels (L, ...) -> each against the others (L, ...), in the maps' type, read-only.
    Summed in float64: what all labels share is often many times what they differ by."""
    together = np.tensordot(weights, maps.astype(np.float64), axes=1)
    contrasts = (maps - together).astype(maps.dtype)
    contrasts.flags.writeable = False
    return contrasts
