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

from cxr_demo.text.catalogue import Said

# A map whose evidence is less than this many logit points cannot move a probability by more than 1.25 percentage
# points (the logistic curve's steepest slope is 1/4); stretched, it would look like one.
EVIDENCE_FLOOR = 0.05

# Where LRP does otherwise than a network and the rules are written: `lrp.rules.Rules` and `lrp.rewriting` say why, and
# docs/explanations.md how much it changes. Each can be undone.
CHOICES = ("order", "biases", "norms", "depthwise")

# Own choice: where a map's sum is less than half of the logit or more than twice it, a person is told so in words. It
# refuses nothing: a map that is right may hold little, where biases took the rest.
LEAST_HELD, MOST_HELD = 0.5, 2.0


class Unit(StrEnum):
    """Of one value of a raw map. The text is what a person reads, and what JSON holds.

    `adds_to_logit`: the values of a map are shares of the logit, and their sum means logit points. `per_area`: the unit
    of the same map per area of the image, "" where its values do not add up over an area. `amount`: what of a map's
    values says how much evidence it holds, their "sum" or the "largest"; "" where the values are no amounts of
    evidence, and then a map is nothing only where it is 0. `too_little`: what is said of a map that holds less than
    `EVIDENCE_FLOOR`, which takes the place of {floor}; where it is "", the message "unit-", its name and ".too-little"
    says it. `comparable`: whether values of different maps may be compared at all. `needs_same`: the field of
    `Preprocess` that two networks must have in common for their values to be subtracted, and `unlike` why; where it is
    "", the message "unit-", its name and ".unlike" says it.
    """

    adds_to_logit: bool
    per_area: str
    amount: Literal["", "sum", "largest"]
    too_little: str
    comparable: bool
    needs_same: Literal["", "std", "geometry"]
    unlike: str

    CELL = (
        "logit points per cell", True, "logit points per 1 % of the film", "sum", "", True, "", "",
    )  # fmt: skip
    PIXEL = (
        "logit points per pixel", True, "logit points per 1 % of the film", "sum", "", True, "", "",
    )  # fmt: skip
    SLOPE = (
        "logit points per unit of input", False, "logit points per unit of input and 1 % of the film", "", "", True,
        "std", "",
    )  # fmt: skip
    HIDDEN = (
        "logit points when hidden", False, "", "largest", "", True,
        "geometry", "",
    )  # fmt: skip
    RELATIVE = "relative", False, "", "", "", False, "", ""

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
    """Methods that work alike. `has_cells`: their maps have the cells that the network's pooling reads, and not pixels.

    `reads`: what the function of a method takes. "features": (features (K, h, w), gradients (L, K, h, w)) -> maps
    (L, h, w), all methods and labels of the family from one pass; "rules": no function but `lrp.rules.Rules`, for maps
    (L, S, S); "network": (network, x (1, C, S, S), labels, on_progress) -> maps (L, h, w). `proof`: the part of a
    checkpoint's proof that refuses the family, "" where nothing has to be proved. `promise`: what its panel says before
    there is a map; where it is left out, the message "family-" and its `key` says it.
    """

    reads: Literal["features", "rules", "network"]
    proof: Literal["", "cam", "lrp"]
    promise: str = ""
    key: str = ""
    has_cells: bool = False


CAM = Family("features", "cam", has_cells=True, key="cam")
SCORE_CAM = Family("network", "cam", has_cells=True, key="score-cam")
LRP = Family("rules", "lrp", key="lrp")
GRADIENT = Family("network", "", key="gradient")
OCCLUSION = Family("network", "", key="occlusion")


@dataclass(frozen=True)
class Method:
    """`function` is "module:name" of what its family reads, loaded by `load_function`.

    `unit` is that of one value of the raw map; maps of one unit may share a scale, where it is comparable. `shown`:
    what the page draws of the raw map, whose values below 0 speak against the finding; `cost_forwards`: rough time of
    one label in forward passes, measured on a DenseNet-121 of 224 px; `caption`: what the map does *not* show. Where it
    is left out, the message "caption-" and the key says it. `is_linear`: the map of a weighted sum of logits is the
    weighted sum of their maps, so that there are maps of a label against the others (`comparison.label_contrast`).
    `made_for_relu`: its rules were made for inputs that are never below 0, and literature recommends others for SiLU,
    Hardswish and GELU (Montavon et al. 2019, section 10.2.1).
    """

    key: str
    name: str
    paper: str
    family: Family
    function: str
    unit: Unit
    shown: Literal["positive", "signed"]
    cost_forwards: float
    caption: str = ""
    is_linear: bool = False
    made_for_relu: bool = False

    def load_function(self) -> Any:
        return _load(self.function)


@functools.cache
def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


_METHODS = (
    Method(
        "grad-cam", "Grad-CAM", "Selvaraju et al. 2017, Grad-CAM, ICCV", CAM,
        "cxr_demo.explain.cam:grad_cam_maps", Unit.CELL, "positive", 1.0, is_linear=True,
    ),
    Method(
        "lrp-epsilon-plus-flat", "LRP (epsilon, z-plus, flat)",
        "Montavon et al. 2019, Layer-Wise Relevance Propagation: An Overview; Lapuschkin et al. 2019", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_PLUS_FLAT", Unit.PIXEL, "signed", 2.5, is_linear=True,
        made_for_relu=True,
    ),
    Method(
        "lrp-epsilon-alpha2-beta1-flat", "LRP (epsilon, alpha 2, beta 1, flat)",
        "Bach et al. 2015, PLoS ONE 10(7), eq. 60; Lapuschkin et al. 2019", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_ALPHA2_BETA1_FLAT", Unit.PIXEL, "signed", 5.0, is_linear=True,
        made_for_relu=True,
    ),
    Method(
        "lrp-epsilon", "LRP (epsilon)", "Bach et al. 2015, PLoS ONE 10(7), eq. 58", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON", Unit.PIXEL, "signed", 2.5, is_linear=True,
    ),
    Method(
        "grad-cam-plus-plus", "Grad-CAM++", "Chattopadhyay et al. 2018, Grad-CAM++, WACV", CAM,
        "cxr_demo.explain.cam:grad_cam_plus_plus_maps", Unit.RELATIVE, "positive", 1.0,
    ),
    Method(
        "hires-cam", "HiResCAM", "Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM, arXiv:2011.08891", CAM,
        "cxr_demo.explain.cam:hires_cam_maps", Unit.CELL, "positive", 1.0, is_linear=True,
    ),
    Method(
        "layer-cam", "LayerCAM", "Jiang et al. 2021, LayerCAM, IEEE TIP 30", CAM,
        "cxr_demo.explain.cam:layer_cam_maps", Unit.CELL, "positive", 1.0,
    ),
    Method(
        "eigen-cam", "Eigen-CAM", "Muhammad & Yeasin 2020, Eigen-CAM, IJCNN", CAM,
        "cxr_demo.explain.cam:eigen_cam_maps", Unit.RELATIVE, "positive", 1.1,
    ),
    Method(
        "score-cam", "Score-CAM", "Wang et al. 2020, Score-CAM, CVPR Workshops", SCORE_CAM,
        "cxr_demo.explain.perturbation:score_cam_maps", Unit.RELATIVE, "positive", 1000.0,
    ),
    Method(
        "lrp-epsilon-plus", "LRP (epsilon, z-plus)", "Montavon et al. 2017, Pattern Recognition 65", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_PLUS", Unit.PIXEL, "signed", 2.5, is_linear=True,
        made_for_relu=True,
    ),
    Method(
        "lrp-epsilon-alpha2-beta1", "LRP (epsilon, alpha 2, beta 1)", "Bach et al. 2015, PLoS ONE 10(7), eq. 60", LRP,
        "cxr_demo.explain.lrp.rules:EPSILON_ALPHA2_BETA1", Unit.PIXEL, "signed", 5.0, is_linear=True,
        made_for_relu=True,
    ),
    Method(
        "lrp-gamma-box", "LRP (gamma, box)", "Montavon et al. 2019, Layer-Wise Relevance Propagation: An Overview",
        LRP, "cxr_demo.explain.lrp.rules:GAMMA_BOX", Unit.PIXEL, "signed", 5.5, is_linear=True,
    ),
    Method(
        "gradient", "Gradient", "Simonyan et al. 2014, Deep Inside Convolutional Networks, ICLR Workshop", GRADIENT,
        "cxr_demo.explain.gradient:gradient", Unit.SLOPE, "signed", 2.4, is_linear=True,
    ),
    Method(
        "gradient-x-input", "Gradient x input", "Shrikumar et al. 2016, Not Just a Black Box", GRADIENT,
        "cxr_demo.explain.gradient:gradient_x_input", Unit.PIXEL, "signed", 2.4, is_linear=True,
    ),
    Method(
        "smooth-grad", "SmoothGrad", "Smilkov et al. 2017, SmoothGrad", GRADIENT,
        "cxr_demo.explain.gradient:smooth_grad", Unit.SLOPE, "signed", 38.0, is_linear=True,
    ),
    Method(
        "integrated-gradients", "Integrated gradients", "Sundararajan et al. 2017, Axiomatic Attribution, ICML",
        GRADIENT, "cxr_demo.explain.gradient:integrated_gradients", Unit.PIXEL, "signed", 77.0, is_linear=True,
    ),
    Method(
        "occlusion", "Occlusion", "Zeiler & Fergus 2014, Visualizing and Understanding CNNs, ECCV", OCCLUSION,
        "cxr_demo.explain.perturbation:occlusion", Unit.HIDDEN, "signed", 220.0, is_linear=True,
    ),
)  # fmt: skip
METHODS: dict[str, Method] = {method.key: method for method in _METHODS}


def exclude_methods(refusals: Mapping[str, Said], max_forwards: float = math.inf) -> dict[str, Said]:
    """Method -> why its maps are not made: what a proof refuses, and what costs more than `max_forwards` a map."""
    slow = {
        key: f"one map takes about {method.cost_forwards:g} forward passes, the limit is {max_forwards:g}"
        for key, method in METHODS.items()
        if method.cost_forwards > max_forwards
    }
    return slow | dict(refusals)
