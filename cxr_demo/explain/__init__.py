"""METHODS: every way to explain a logit. One entry is one method: its panel, its scale and its contract tests.

`cam` and `lrp` compute, `proof` proves a checkpoint, `engine` serves many labels and methods from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cxr_demo.explain import cam, lrp


@dataclass(frozen=True)
class Method:
    """`family` says what it reads and what `compute` is: "cam": (features, gradient) -> map; "lrp": () -> rule set.

    `unit` is that of one value of the raw map; `signed`: the raw map holds evidence for (> 0) and against (< 0);
    `shown`: which of both the page draws, "positive" or "signed"; `caption`: what the map does *not* show;
    `cost_forwards`: rough time of one label in forward passes.
    """

    key: str
    name: str
    paper: str
    family: str
    compute: Callable
    unit: str
    signed: bool
    shown: str
    caption: str
    cost_forwards: float


_METHODS = (
    Method(
        "grad-cam", "Grad-CAM", "Selvaraju et al. 2017, Grad-CAM, ICCV", "cam", cam.grad_cam,
        "logit points per cell", True, "positive",
        "Does not show evidence against the finding, nor its outline: one cell covers a large part of the lung.",
        1.0,
    ),
    Method(
        "lrp-epsilon", "LRP (epsilon)", "Bach et al. 2015, PLoS ONE 10(7), eq. 58", "lrp", lrp.epsilon,
        "logit points per pixel", True, "signed",
        "Does not show regions, and leaves out what the network's biases add; equals gradient x input on this network.",
        8.0,
    ),
    Method(
        "lrp-epsilon-plus-flat", "LRP (epsilon, z-plus, flat)",
        "Montavon et al. 2019, Layer-Wise Relevance Propagation: An Overview; Lapuschkin et al. 2019", "lrp",
        lrp.epsilon_plus_flat, "logit points per pixel", True, "signed",
        "Does not show what holds the score down inside the network; unmerged batch norms are passed over.",
        9.0,
    ),
)  # fmt: skip
METHODS: dict[str, Method] = {method.key: method for method in _METHODS}
