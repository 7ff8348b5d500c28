"""METHODS: every way to explain a logit, as data. Nothing heavy is imported here: a function is named and loaded when a
map is first wanted.

One entry is one method: its panel, its scale and its contract tests follow from it. A new unit is a member of `Unit`, a
new family an entry of `Family`; nobody else knows either by name.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

# A map whose evidence is less than this many logit points cannot move a probability by more than 1.25 percentage
# points (the logistic curve's steepest slope is 1/4); stretched, it would look like one.
EVIDENCE_FLOOR = 0.05


class Unit(StrEnum):
    """Of one value of a raw map. The text is what a person reads, and what JSON holds.

    `adds_to_logit`: the values of a map are shares of the logit, and their sum means logit points. `per_area`: the unit
    of the same map per area of the image, "" where its values do not add up over an area. `amount`: what of a map's
    values says how much evidence it holds, their "sum" or the "largest"; "" where the values are no amounts of
    evidence, and then a map is nothing only where it is 0. `too_little`: what is said of a map that holds less than
    `EVIDENCE_FLOOR`. `comparable`: whether values of different maps may be compared at all. `needs_same`: the field of
    `Preprocess` that two networks must have in common for their values to be subtracted, and `unlike` why.
    """

    adds_to_logit: bool
    per_area: str
    amount: Literal["", "sum", "largest"]
    too_little: str
    comparable: bool
    needs_same: Literal["", "std", "geometry"]
    unlike: str

    CELL = (
        "logit points per cell", True, "logit points per 1 % of the film", "sum",
        "all its cells together hold less than {floor} logit points", True, "", "",
    )  # fmt: skip
    PIXEL = (
        "logit points per pixel", True, "logit points per 1 % of the film", "sum",
        "all its pixels together hold less than {floor} logit points", True, "", "",
    )  # fmt: skip
    SLOPE = (
        "logit points per unit of input", False, "logit points per unit of input and 1 % of the film", "", "", True,
        "std", "a unit of input is another amount of brightness for each network",
    )  # fmt: skip
    HIDDEN = (
        "logit points when hidden", False, "", "largest",
        "hiding a part moves the logit by less than {floor} points everywhere", True,
        "geometry", "the networks see the film in another shape, so other parts of it were hidden",
    )  # fmt: skip
    RELATIVE = "relative", False, "", "", "", False, "", "values of this method can be compared within one map alone"

    def __new__(cls, text: str, *properties: Any) -> Unit:
        unit = str.__new__(cls, text)
        unit._value_ = text
        names = ("adds_to_logit", "per_area", "amount", "too_little", "comparable", "needs_same", "unlike")
        for name, value in zip(names, properties, strict=True):
            setattr(unit, name, value)
        return unit


UNITS: dict[str, Unit] = {str(unit): unit for unit in Unit}


@dataclass(frozen=True)
class Family:
    """Methods that work alike.

    `reads`: what the function of a method takes. "features": (features (K, h, w), gradients (L, K, h, w)) -> maps
    (L, h, w), all methods and labels of the family from one pass; "rules": no function but `lrp.rules.Rules`, or what
    makes zennit's rules of the image's lowest and highest values, for maps (L, S, S); "network": (network, x (1, C, S,
    S), labels, on_progress) -> maps (L, h, w). `proof`: the part of a checkpoint's proof that refuses the family, ""
    where nothing has to be proved. `promise`: what its panel says before there is a map.
    """

    reads: Literal["features", "rules", "network"]
    proof: Literal["", "cam", "lrp"]
    promise: str


CAM = Family(
    "features", "cam", "Which regions speak for the finding, on the network's last and coarsest feature maps."
)  # fmt: skip
SCORE_CAM = Family(
    "network", "cam",
    "Which patterns of the last feature maps keep the score, when the film is darkened outside them.",
)  # fmt: skip
LRP = Family(
    "rules", "lrp", "Which pixels carried the score: orange speaks for the finding, blue against it."
)  # fmt: skip
GRADIENT = Family(
    "network", "",
    "Which pixels the score hangs on: orange where more brightness raises it, blue where it lowers it.",
)  # fmt: skip
OCCLUSION = Family(
    "network", "", "Which parts the score needs: orange where it falls when they are hidden, blue where it rises."
)  # fmt: skip


@dataclass(frozen=True)
class Method:
    """`function` is "module:name" of what its family reads, loaded by `load_function`.

    `unit` is that of one value of the raw map; maps of one unit may share a scale, where it is comparable. `shown`:
    what the page draws of the raw map, whose values below 0 speak against the finding; `caption`: what the map does
    *not* show; `cost_forwards`: rough time of one label in forward passes, measured on a DenseNet-121 of 224 px.
    """

    key: str
    name: str
    paper: str
    family: Family
    function: str
    unit: Unit
    shown: Literal["positive", "signed"]
    caption: str
    cost_forwards: float

    def load_function(self) -> Any:
        return _load(self.function)


@functools.cache
def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


_METHODS = (
    Method(
        "grad-cam", "Grad-CAM", "Selvaraju et al. 2017, Grad-CAM, ICCV", CAM,
        "cxr_demo.explain.cam:grad_cam_maps", Unit.CELL, "positive",
        "Does not show evidence against the finding, nor its outline: one cell covers a large part of the lung.",
        1.0,
    ),
    Method(
        "lrp-epsilon", "LRP (epsilon)", "Bach et al. 2015, PLoS ONE 10(7), eq. 58", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON", Unit.PIXEL, "signed",
        "Does not show regions, and leaves out what the network's biases add; equals gradient x input where the "
        "network bends at ReLUs alone.",
        2.5,
    ),
    Method(
        "lrp-epsilon-plus-flat", "LRP (epsilon, z-plus, flat)",
        "Montavon et al. 2019, Layer-Wise Relevance Propagation: An Overview; Lapuschkin et al. 2019", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_PLUS_FLAT", Unit.PIXEL, "signed",
        "Does not show what holds the score down inside the network; unmerged batch norms are passed over.",
        2.5,
    ),
    Method(
        "grad-cam-plus-plus", "Grad-CAM++", "Chattopadhyay et al. 2018, Grad-CAM++, WACV", CAM,
        "cxr_demo.explain.cam:grad_cam_plus_plus_maps", Unit.RELATIVE, "positive",
        "Does not show evidence against the finding, and its values add up to nothing: only their order counts.",
        1.0,
    ),
    Method(
        "hires-cam", "HiResCAM", "Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM, arXiv:2011.08891", CAM,
        "cxr_demo.explain.cam:hires_cam_maps", Unit.CELL, "positive",
        "Does not show anything that Grad-CAM does not where a mean over the cells reads the features: both are one.",
        1.0,
    ),
    Method(
        "layer-cam", "LayerCAM", "Jiang et al. 2021, LayerCAM, IEEE TIP 30", CAM,
        "cxr_demo.explain.cam:layer_cam_maps", Unit.CELL, "positive",
        "Does not show what speaks against the finding, not even where it outweighs what speaks for it.",
        1.0,
    ),
    Method(
        "eigen-cam", "Eigen-CAM", "Muhammad & Yeasin 2020, Eigen-CAM, IJCNN", CAM,
        "cxr_demo.explain.cam:eigen_cam_maps", Unit.RELATIVE, "positive",
        "Does not show this finding: it is the main pattern of the last layer and the same for every label.",
        1.1,
    ),
    Method(
        "score-cam", "Score-CAM", "Wang et al. 2020, Score-CAM, CVPR Workshops", SCORE_CAM,
        "cxr_demo.explain.perturbation:score_cam_maps", Unit.RELATIVE, "positive",
        "Does not show what the film alone does: it asks films that are greyed outside one pattern, which no network "
        "was trained on.",
        1000.0,
    ),
    Method(
        "lrp-epsilon-plus", "LRP (epsilon, z-plus)", "Montavon et al. 2017, Pattern Recognition 65", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_PLUS", Unit.PIXEL, "signed",
        "Does not show what holds the score down inside the network, and prefers pixels far from mean grey.",
        2.5,
    ),
    Method(
        "lrp-epsilon-alpha2-beta1", "LRP (epsilon, alpha 2, beta 1)", "Bach et al. 2015, PLoS ONE 10(7), eq. 60", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_ALPHA2_BETA1", Unit.PIXEL, "signed",
        "Does not show how strong for and against are: that they stand 2 to 1 is the rule's choice, not the network's.",
        5.0,
    ),
    Method(
        "lrp-epsilon-alpha2-beta1-flat", "LRP (epsilon, alpha 2, beta 1, flat)",
        "Bach et al. 2015, PLoS ONE 10(7), eq. 60; Lapuschkin et al. 2019", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_ALPHA2_BETA1_FLAT", Unit.PIXEL, "signed",
        "Does not show how strong for and against are, 2 to 1 by rule, nor which pixel of a filter mattered.",
        5.0,
    ),
    Method(
        "lrp-gamma-box", "LRP (gamma, box)", "Montavon et al. 2019, Layer-Wise Relevance Propagation: An Overview",
        LRP, "cxr_demo.explain.lrp.zennit_reference:make_gamma_box", Unit.PIXEL, "signed",
        "Does not show what the network's biases add, which keep their share in every layer.",
        15.0,
    ),
    Method(
        "gradient", "Gradient", "Simonyan et al. 2014, Deep Inside Convolutional Networks, ICLR Workshop", GRADIENT,
        "cxr_demo.explain.gradient:gradient", Unit.SLOPE, "signed",
        "Does not show what made the score, only what would change it if a single pixel became a little brighter.",
        2.4,
    ),
    Method(
        "gradient-x-input", "Gradient x input", "Shrikumar et al. 2016, Not Just a Black Box", GRADIENT,
        "cxr_demo.explain.gradient:gradient_x_input", Unit.PIXEL, "signed",
        "Does not show regions, nor pixels of mean grey, which have 0 by definition, nor what the biases add.",
        2.4,
    ),
    Method(
        "smooth-grad", "SmoothGrad", "Smilkov et al. 2017, SmoothGrad", GRADIENT,
        "cxr_demo.explain.gradient:smooth_grad", Unit.SLOPE, "signed",
        "Does not show this film alone, but the mean over films with a little noise; it is a slope, not a share.",
        38.0,
    ),
    Method(
        "integrated-gradients", "Integrated gradients", "Sundararajan et al. 2017, Axiomatic Attribution, ICML",
        GRADIENT, "cxr_demo.explain.gradient:integrated_gradients", Unit.PIXEL, "signed",
        "Does not show what a grey film already scores: it shares out the difference between this film and a grey one.",
        77.0,
    ),
    Method(
        "occlusion", "Occlusion", "Zeiler & Fergus 2014, Visualizing and Understanding CNNs, ECCV", OCCLUSION,
        "cxr_demo.explain.perturbation:occlusion", Unit.HIDDEN, "signed",
        "Does not show findings wider than its blurred patch, nor what the network reads in two places at once.",
        220.0,
    ),
)  # fmt: skip
METHODS: dict[str, Method] = {method.key: method for method in _METHODS}


def exclude_methods(refusals: Mapping[str, str], max_forwards: float = math.inf) -> dict[str, str]:
    """Method -> why its maps are not made: what a proof refuses, and what costs more than `max_forwards` a map."""
    slow = {
        key: f"one map takes about {method.cost_forwards:g} forward passes, the limit is {max_forwards:g}"
        for key, method in METHODS.items()
        if method.cost_forwards > max_forwards
    }
    return slow | dict(refusals)
