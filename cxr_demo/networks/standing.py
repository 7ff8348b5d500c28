"""Standing: what a label's probability says, by what was measured of the network on its test films.

Where labels exclude each other (single-label) there is one answer, the most probable; else each label stands above or
below its own threshold. A network whose AUROC for a label may be that of guessing cannot tell it, whatever its score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Interval, OperatingPoints, Reliability, SetMetrics

Verdict = Literal["above", "below", "most probable", "less probable", "cannot tell", "no threshold"]
TEST, EXTERNAL, VALIDATION = "test", "external", "validation"  # sets of a card's metrics
GUESSING = 0.5  # the AUROC of a coin
FEWEST_NEAR = 10  # own choice: of fewer films with a value like it, no share is said


@dataclass(frozen=True)
class LabelQuality:
    """What was measured of one label; None where it was not. `auroc` on the `positive` test films that have it and the
    `negative` ones that have not, `elsewhere` the AUROC on films of other hospitals. `sensitivity` and `specificity`
    are those of the verdict: of the threshold, or of being the most probable label, which have no interval. `held_out`
    are the films that have it of those that thresholds are chosen on. `reliability` and `reliability_elsewhere` count
    how often it was there, by its probability, on these two sets of films."""

    auroc: Interval | None = None
    elsewhere: Interval | None = None
    sensitivity: Interval | None = None
    specificity: Interval | None = None
    positive: int = 0
    negative: int = 0
    held_out: int | None = None
    points: OperatingPoints | None = None
    reliability: Reliability | None = None
    reliability_elsewhere: Reliability | None = None

    @property
    def can_tell(self) -> bool:
        """Whether the label is told better than by guessing; also where that was not measured."""
        return self.auroc is None or not touches_guessing(self.auroc)


@dataclass(frozen=True)
class Standing:
    """How a label's `probability` stands; `threshold` is None where it has none, or plays no part."""

    probability: float
    threshold: float | None
    verdict: Verdict
    quality: LabelQuality

    @property
    def is_called(self) -> bool:
        """Whether the network says that it is there."""
        return self.verdict in ("above", "most probable")

    @property
    def maps_shown(self) -> bool:
        """Whether its maps are shown without being asked for: with no threshold there is no reason to hold back."""
        return self.is_called or self.verdict == "no threshold"


def find_standing(card: Card, probabilities: np.ndarray, label: str) -> Standing:
    """probabilities (L,) in the order of the card's labels."""
    index, quality = card.labels.index(label), find_quality(card, label)
    threshold = card.thresholds.get(label) if card.task == "multi-label" else None
    p = float(probabilities[index])
    verdict: Verdict
    if not quality.can_tell:
        verdict = "cannot tell"
    elif card.task == "single-label":
        verdict = "most probable" if index == int(np.argmax(probabilities)) else "less probable"
    elif threshold is None:
        verdict = "no threshold"
    else:
        verdict = "above" if p >= threshold else "below"
    return Standing(p, threshold, verdict, quality)


def find_quality(card: Card, label: str) -> LabelQuality:
    """What the card's metrics hold of a label."""
    test, validation = (card.metrics.sets.get(name) for name in (TEST, VALIDATION))
    index = card.labels.index(label)
    held_out = validation.positive[index] if validation and len(validation.positive) == len(card.labels) else None
    if test is None:
        return LabelQuality(held_out=held_out)
    counted = len(test.positive) == len(test.stated) == len(card.labels)
    positive, stated = (test.positive[index], test.stated[index]) if counted else (0, 0)
    others = [card.metrics.sets[name] for name in list_external_sets(card)]
    sensitivity, specificity = _rate_answer(test, index)
    if card.task == "multi-label":
        sensitivity, specificity = (test.figures.get(f"{name}_{label}") for name in ("sensitivity", "specificity"))
    return LabelQuality(
        auroc=test.figures.get(f"auroc_{label}"),
        elsewhere=next((found for of in others if (found := of.figures.get(f"auroc_{label}"))), None),
        sensitivity=sensitivity,
        specificity=specificity,
        positive=positive,
        negative=stated - positive,
        held_out=held_out,
        points=test.operating_points.get(label),
        reliability=test.reliability.get(label),
        reliability_elsewhere=next((known for of in others if (known := of.reliability.get(label))), None),
    )


def list_external_sets(card: Card) -> list[str]:
    """The sets of films of other hospitals: of all together first, then of those that were measured by themselves."""
    others = [name for name in card.metrics.sets if name == EXTERNAL or name.startswith(f"{EXTERNAL}, ")]
    return sorted(others, key=lambda name: name != EXTERNAL)


def touches_guessing(auroc: Interval) -> bool:
    """Whether the interval reaches GUESSING, in the two digits that a person reads."""
    return auroc.low is not None and round(auroc.low, 2) <= GUESSING


def _rate_answer(test: SetMetrics, index: int) -> tuple[Interval | None, Interval | None]:
    """Of single-label films: how often the most probable label is this one where it is true, and another where it is
    not."""
    counts = np.array(test.confusion, dtype=float)
    if counts.ndim != 2 or not 0 < counts[index].sum() < counts.sum():
        return None, None
    others = np.delete(counts, index, axis=0)
    wrongly = others[:, index].sum() / others.sum()
    return Interval(value=counts[index, index] / counts[index].sum()), Interval(value=1 - wrongly)
