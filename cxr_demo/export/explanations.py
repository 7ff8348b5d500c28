"""The maps that a command or a program asks for, with how alike those of all labels are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxr_demo.analysis import Analyser, Explanation, Study, choose_default_methods, order_labels
from cxr_demo.comparison.label_contrast import explain_contrasts
from cxr_demo.evaluation.label_likeness import measure_label_likeness
from cxr_demo.explain.methods import exclude_methods
from cxr_demo.limits import SLOW_FORWARDS


def explain_study(
    analyser: Analyser, study: Study, labels: Sequence[str] = (), methods: Sequence[str] = (), contrast: bool = False
) -> tuple[dict[tuple[str, str], Explanation], dict[str, np.ndarray]]:
    """(method, label) -> its map, and method -> how alike the maps of all labels are (L, L). `labels` are keys or names
    of the card, by default the first of the list; `methods` by default those that the page opens with. With `contrast`
    the maps are those of the label against the others. ExplanationError for a label or a method that there is not."""
    card = analyser.card
    labels = [card.find_label(name) or name for name in labels] or order_labels(card, study.probabilities)[:1]
    methods = methods or choose_default_methods(analyser)
    explain = explain_contrasts if contrast else Analyser.explain
    # One sweep gives the maps of all labels; of a slow method each map is as slow.
    slow = exclude_methods({}, SLOW_FORWARDS)
    swept = [key for key in methods if contrast or key not in slow]
    found = explain(analyser, study, study.labels, swept)
    found |= explain(analyser, study, labels, [key for key in methods if key not in swept])
    seen = card.preprocess.mark_image(study.image.pixels.shape)
    likeness = {}
    for key in swept:
        of_labels = [found[key, label] for label in study.labels]
        maps = [each.map_square for each in of_labels]
        likeness[key] = measure_label_likeness(maps, seen, of_labels[0].placement)
    return {(key, label): found[key, label] for key in methods for label in labels}, likeness
