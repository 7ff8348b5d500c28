"""What a network says of one image, and why: frozen, without tensors, shown by a notebook as they are."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxr_demo.explain import notebook_html
from cxr_demo.explain.engine import MemberMap
from cxr_demo.explain.methods import EVIDENCE_FLOOR, LEAST_HELD, METHODS, MOST_HELD, Unit
from cxr_demo.film.reading import Radiograph
from cxr_demo.grids import EVEN, Placement
from cxr_demo.render import Scale, choose_scale


@dataclass(frozen=True, eq=False)
class MemberAnswers:
    """What the M members of an ensemble say for themselves: `logits` (M, L) and `probabilities` (M, L) 0..1, float32,
    each at its own temperature. Empty for a single network: no names, (0, L)."""

    names: tuple[str, ...]
    logits: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Study:
    """One analysed image. `labels`, `logits` (L,) and `probabilities` (L,) 0..1 float32 share one order; without
    `calibrated` call the latter "uncalibrated score". `square` (S, S) float32 0..1 is what the model saw."""

    image: Radiograph
    checkpoint: str
    checkpoint_sha256: str
    labels: tuple[str, ...]
    logits: np.ndarray
    probabilities: np.ndarray
    square: np.ndarray
    calibrated: bool
    members: MemberAnswers

    def _repr_html_(self) -> str:
        """As a notebook shows it: the film and what the network says of it."""
        return notebook_html.render_scores(
            self.image.pixels, self.checkpoint, self.labels, self.probabilities, self.calibrated
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Explanation:
    """One raw map, `map_square` (h, w) float32 on the method's own grid over the square, in `unit`.

    `total` is its sum and `left_out` = `logit` - `total`, which mean logit points where the unit is one of logit points
    per cell or pixel: what no place of the image has, as what the network's biases carry. Where an ensemble joins
    predictions, map and `logit` are the weighted mean of the members', each divided by its temperature (see
    `explain.engine.EnsembleExplainer`); the Study's logit is another, and `members` are those maps, each of them
    divided already, on their own grids. `contrast_weight`: of a map of the label against the others
    (`comparison.label_contrast`), the label's own weight, 0..1; then `logit` and `members` are contrasts too. `curved`:
    the network's activations that the method's rules were not made for; `choices`: those of `methods.CHOICES` that are
    in the map; `placement`: where on the square the cells lie.
    """

    method: str
    label: str
    map_square: np.ndarray
    unit: Unit
    logit: float
    total: float
    left_out: float
    members: tuple[MemberMap, ...] = ()
    contrast_weight: float | None = None
    curved: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    placement: Placement = EVEN

    @property
    def nbytes(self) -> int:
        return self.map_square.nbytes + sum(member.map_square.nbytes for member in self.members)

    @property
    def is_contrast(self) -> bool:
        return self.contrast_weight is not None

    @property
    def shown(self) -> str:
        """What is drawn of it, "positive" or "signed": below 0 a contrast speaks for the others."""
        return "signed" if self.is_contrast else METHODS[self.method].shown

    @property
    def evidence_floor(self) -> float:
        """What is less is not drawn. Of a contrast only what the others weigh is left, however sure the network is: so
        much less is enough."""
        return EVIDENCE_FLOOR * (1 - (self.contrast_weight or 0))

    @functools.cached_property
    def own_scale(self) -> Scale:
        """On which it is drawn by itself."""
        return choose_scale(self.map_square, self.shown, self.unit, self.evidence_floor)

    @property
    def absolute_total(self) -> float:
        """The sum of its values without their signs: of a map whose signs cancel, many times `total`."""
        return float(np.abs(self.map_square).sum(dtype=np.float64))

    @property
    def share_held(self) -> float:
        """`total` / `logit`; NaN where the values do not add up, of a logit that is as good as 0, and of a contrast,
        which explains no logit."""
        if not self.unit.adds_to_logit or abs(self.logit) < EVIDENCE_FLOOR or self.is_contrast:
            return float("nan")
        return self.total / self.logit

    @property
    def doubt(self) -> Literal["", "opposite", "little", "much"]:
        """What speaks against reading the map as the reasons for the logit: its sum has the other sign, or is much
        smaller, or much larger. "" also where nothing is known."""
        share = self.share_held
        if share < 0:
            return "opposite"
        return "little" if share < LEAST_HELD else "much" if share > MOST_HELD else ""

    def _repr_html_(self) -> str:
        """As a notebook shows it: the raw map on its own grid, in its unit, and what it adds up to."""
        sums = (self.total, self.logit) if self.unit.adds_to_logit else None
        return notebook_html.render_map(self.map_square, self.own_scale, METHODS[self.method].name, self.label, sums)
