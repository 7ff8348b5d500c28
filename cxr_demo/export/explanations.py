"""The maps that a command or a program asks for, with how alike those of all labels are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_demo.analysis import Analyser, Explanation, Study, choose_default_methods, order_labels
from cxr_demo.comparison.label_contrast import explain_contrasts
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.label_likeness import measure_label_likeness
from cxr_demo.explain.methods import METHODS, exclude_methods
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import SLOW_FORWARDS


@dataclass(frozen=True, eq=False)
class ExplainedImage:
    """What a network says of an image; `maps` by (method, label); `likeness` of the maps of all labels, (L, L) by
    method."""

    study: Study
    maps: Mapping[tuple[str, str], Explanation]
    likeness: Mapping[str, np.ndarray]


def check_choice(analyser: Analyser, labels: Sequence[str], methods: Sequence[str]) -> None:
    """ExplanationError for a label or a method that there is not, before any film is asked about."""
    card = analyser.card
    for name in labels:
        if not card.find_label(name):
            raise ExplanationError("label-unknown", label=name, known=", ".join(card.labels))
    for method in methods:
        if method not in METHODS:
            raise ExplanationError("method-unknown", method=method, known=", ".join(METHODS))


def explain_image(
    analyser: Analyser, image: Radiograph, labels: Sequence[str] = (), methods: Sequence[str] = (),
    contrast: bool = False,
) -> ExplainedImage:  # fmt: skip
    """`labels` are keys or names of the card, by default the first of the list; `methods` by default those that the
    page opens with. With `contrast` the maps are those of the label against the others. ExplanationError for a label or
    a method that there is not."""
    study, card = analyser.analyse(image), analyser.card
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
    return ExplainedImage(study, {(key, label): found[key, label] for key in methods for label in labels}, likeness)
