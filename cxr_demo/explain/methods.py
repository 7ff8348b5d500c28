"""METHODS: every way to explain a logit. One entry is one method: its panel, its scale and its contract tests.

`cam`, `lrp`, `gradient` and `perturbation` compute, `proof` proves a checkpoint, `engine` serves many labels and
methods from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cxr_demo.explain import cam, gradient, perturbation
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp import zennit_reference

CELL, PIXEL = "logit points per cell", "logit points per pixel"
RELATIVE = "relative"  # values that can be compared within one map alone


@dataclass(frozen=True)
class Method:
    """`family` says what it reads and what `compute` is: "cam": (features, gradients) -> maps; "lrp":
    `rule_sets.Rules` or a function from the image's lowest and highest values to rules of zennit; the others:
    (model, x, labels, pause) -> maps, of which "score-cam" reads the CAM layer and gives cells, "gradient" and
    "occlusion" give pixels.

    `unit` is that of one value of the raw map; maps of one unit may share a scale, `RELATIVE` ones with no other.
    `signed`: the raw map may hold values below 0, which speak against the finding; `shown`: which of both the page
    draws, "positive" or "signed"; `caption`: what the map does *not* show; `cost_forwards`: rough time of one label in
    forward passes, measured on a DenseNet-121 of 224 px.
    """

    key: str
    name: str
    paper: str
    family: str
    compute: Callable | rule_sets.Rules
    unit: str
    signed: bool
    shown: str
    caption: str
    cost_forwards: float


_METHODS = (
    Method(
        "grad-cam", "Grad-CAM", "Selvaraju et al. 2017, Grad-CAM, ICCV", "cam", cam.grad_cam_maps, CELL, True,
        "positive",
        "Does not show evidence against the finding, nor its outline: one cell covers a large part of the lung.",
        1.0,
    ),
    Method(
        "lrp-epsilon", "LRP (epsilon)", "Bach et al. 2015, PLoS ONE 10(7), eq. 58", "lrp", rule_sets.EPSILON, PIXEL,
        True, "signed",
        "Does not show regions, and leaves out what the network's biases add; equals gradient x input where the "
        "network bends at ReLUs alone.",
        2.5,
    ),
    Method(
        "lrp-epsilon-plus-flat", "LRP (epsilon, z-plus, flat)",
        "Montavon et al. 2019, Layer-Wise Relevance Propagation: An Overview; Lapuschkin et al. 2019", "lrp",
        rule_sets.EPSILON_PLUS_FLAT, PIXEL, True, "signed",
        "Does not show what holds the score down inside the network; unmerged batch norms are passed over.",
        2.5,
    ),
    Method(
        "grad-cam-plus-plus", "Grad-CAM++", "Chattopadhyay et al. 2018, Grad-CAM++, WACV", "cam",
        cam.grad_cam_plus_plus_maps, RELATIVE, True, "positive",
        "Does not show evidence against the finding, and its values add up to nothing: only their order counts.",
        1.0,
    ),
    Method(
        "hires-cam", "HiResCAM", "Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM, arXiv:2011.08891", "cam",
        cam.hires_cam_maps, CELL, True, "positive",
        "Does not show anything that Grad-CAM does not where a mean over the cells reads the features: both are one.",
        1.0,
    ),
    Method(
        "layer-cam", "LayerCAM", "Jiang et al. 2021, LayerCAM, IEEE TIP 30", "cam", cam.layer_cam_maps, CELL, True,
        "positive",
        "Does not show what speaks against the finding, not even where it outweighs what speaks for it.",
        1.0,
    ),
    Method(
        "eigen-cam", "Eigen-CAM", "Muhammad & Yeasin 2020, Eigen-CAM, IJCNN", "cam", cam.eigen_cam_maps, RELATIVE, True,
        "positive",
        "Does not show this finding: it is the main pattern of the last layer and the same for every label.",
        1.1,
    ),
    Method(
        "score-cam", "Score-CAM", "Wang et al. 2020, Score-CAM, CVPR Workshops", "score-cam",
        perturbation.score_cam_maps, RELATIVE, True, "positive",
        "Does not show what the film alone does: it asks films that are greyed outside one pattern, which no network "
        "was trained on.",
        1000.0,
    ),
    Method(
        "lrp-epsilon-plus", "LRP (epsilon, z-plus)", "Montavon et al. 2017, Pattern Recognition 65", "lrp",
        rule_sets.EPSILON_PLUS, PIXEL, True, "signed",
        "Does not show what holds the score down inside the network, and prefers pixels far from mean grey.",
        2.5,
    ),
    Method(
        "lrp-epsilon-alpha2-beta1", "LRP (epsilon, alpha 2, beta 1)", "Bach et al. 2015, PLoS ONE 10(7), eq. 60", "lrp",
        rule_sets.EPSILON_ALPHA2_BETA1, PIXEL, True, "signed",
        "Does not show how strong for and against are: that they stand 2 to 1 is the rule's choice, not the network's.",
        5.0,
    ),
    Method(
        "lrp-epsilon-alpha2-beta1-flat", "LRP (epsilon, alpha 2, beta 1, flat)",
        "Bach et al. 2015, PLoS ONE 10(7), eq. 60; Lapuschkin et al. 2019", "lrp",
        rule_sets.EPSILON_ALPHA2_BETA1_FLAT, PIXEL, True, "signed",
        "Does not show how strong for and against are, 2 to 1 by rule, nor which pixel of a filter mattered.",
        5.0,
    ),
    Method(
        "lrp-gamma-box", "LRP (gamma, box)", "Montavon et al. 2019, Layer-Wise Relevance Propagation: An Overview",
        "lrp", zennit_reference.make_gamma_box, PIXEL, True, "signed",
        "Does not show what the network's biases add, which keep their share in every layer.",
        15.0,
    ),
    Method(
        "gradient", "Gradient", "Simonyan et al. 2014, Deep Inside Convolutional Networks, ICLR Workshop", "gradient",
        gradient.gradient, "logit points per unit of input", True, "signed",
        "Does not show what made the score, only what would change it if a single pixel became a little brighter.",
        2.4,
    ),
    Method(
        "gradient-x-input", "Gradient x input", "Shrikumar et al. 2016, Not Just a Black Box", "gradient",
        gradient.gradient_x_input, PIXEL, True, "signed",
        "Does not show regions, nor pixels of mean grey, which have 0 by definition, nor what the biases add.",
        2.4,
    ),
    Method(
        "smooth-grad", "SmoothGrad", "Smilkov et al. 2017, SmoothGrad", "gradient", gradient.smooth_grad,
        "logit points per unit of input", True, "signed",
        "Does not show this film alone, but the mean over films with a little noise; it is a slope, not a share.",
        38.0,
    ),
    Method(
        "integrated-gradients", "Integrated gradients", "Sundararajan et al. 2017, Axiomatic Attribution, ICML",
        "gradient", gradient.integrated_gradients, PIXEL, True, "signed",
        "Does not show what a grey film already scores: it shares out the difference between this film and a grey one.",
        77.0,
    ),
    Method(
        "occlusion", "Occlusion", "Zeiler & Fergus 2014, Visualizing and Understanding CNNs, ECCV", "occlusion",
        perturbation.occlusion, "logit points when hidden", True, "signed",
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
