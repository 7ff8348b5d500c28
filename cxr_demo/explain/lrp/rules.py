"""Which rule of layer-wise relevance propagation each convolution follows, and how each rule shares relevance out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from cxr_demo.explain.lrp.operations import Affine, Convolution, Standardise
from cxr_demo.explain.lrp.program import Program, Step
from cxr_demo.explain.methods import CHOICES

PLUS_OR_FLAT = "z-plus or flat"
GAMMA = 0.25  # that of Montavon et al. 2019, section 10.3


@dataclass(frozen=True)
class Rules:
    """Which rule of `SHARES` (or "flat", "box", "gamma") the first convolution and the others follow; dense layers
    follow epsilon.

    A depthwise filter of an active unit often finds no product above zero, and the unit lives on its bias: with z-plus
    or alpha-beta alone nearly all relevance of a MobileNet or an EfficientNet-Lite ends there. So `depthwise`
    convolutions follow z-plus, and where no product is above zero "flat": evenly over the places that the output reads.

    `norm`: an affine operation or a layer norm that no convolution absorbs hands its relevance on unchanged ("pass") or
    as the linear operation it is, its deviation a number ("linear"; Ali et al. 2022, XAI for Transformers, section 4).
    """

    first: str
    convolution: str
    norm: str
    depthwise: str = PLUS_OR_FLAT

    def undo_choices(self, as_written: Collection[str]) -> Rules:
        """The rules without some of the choices of `methods.CHOICES`: "biases" stay in the denominators of z-plus and
        alpha-beta, as far as they have the sign of what is shared out (zennit's presets; Bach et al. 2015, eq. 60);
        "norms" are the linear operations they are; "depthwise" convolutions follow the rule of the others."""
        rules = self
        if "depthwise" in as_written:
            rules = replace(rules, depthwise=rules.convolution)
        if "norms" in as_written:
            rules = replace(rules, norm="linear")
        if "biases" in as_written:
            first, other, depthwise = (
                WITH_BIASES.get(name, name) for name in (rules.first, rules.convolution, rules.depthwise)
            )
            rules = replace(rules, first=first, convolution=other, depthwise=depthwise)
        return rules

    def list_choices(self, program: Program) -> tuple[str, ...]:
        """The choices of `methods.CHOICES` that make this map of a program another than as it is written."""
        steps = [step for step in program.steps if step.carries_relevance]
        convolutions = [step for step in steps if isinstance(step.operation, Convolution)]
        used = {self.choose_rule(step) for step in convolutions}
        lone = any(isinstance(step.operation, (Affine, Standardise)) for step in steps)
        made = {
            "order": program.is_reordered and self.convolution != "epsilon",
            "biases": bool(used & set(WITH_BIASES)),
            "norms": lone and self.norm == "pass",
            "depthwise": PLUS_OR_FLAT in used,
        }
        return tuple(choice for choice in CHOICES if made[choice])

    def choose_rule(self, step: Step) -> str:
        """The rule of one convolution."""
        layer = step.operation
        if step.is_input_layer:
            return self.first
        return self.depthwise if isinstance(layer, Convolution) and layer.is_depthwise else self.convolution

    def fuses_denominator(self, step: Step) -> bool:
        """Whether a convolution's denominator is one other convolution of the same input: its weights above zero."""
        layer = step.operation
        is_plain = isinstance(layer, Convolution) and layer.groups == 1
        return is_plain and step.non_negative and self.choose_rule(step) == "z-plus"


# With a vanishing epsilon "epsilon" equals gradient x input on a ReLU network (Montavon et al. 2019, section 10.2).
# Biases stay in its denominators and keep their share, so the map sums to the logit minus that of all biases, which
# can be larger than the logit; so they do under gamma. In the other sets hidden biases hand theirs on wherever a unit
# has an input that counts, and the dense layers' keep it, so the map sums to logit minus bias, as Grad-CAM does, where
# the head is one dense layer. Under these a leftover norm has no positive-only reading: as a linear operation it would
# multiply the total (12 x, 32 x on a small net).
EPSILON = Rules("epsilon", "epsilon", "linear", "epsilon")
EPSILON_PLUS = Rules("z-plus", "z-plus", "pass")
EPSILON_PLUS_FLAT = Rules("flat", "z-plus", "pass")
EPSILON_ALPHA2_BETA1 = Rules("alpha2-beta1", "alpha2-beta1", "pass")
EPSILON_ALPHA2_BETA1_FLAT = Rules("flat", "alpha2-beta1", "pass")
GAMMA_BOX = Rules("box", "gamma", "pass")  # Montavon et al. 2019, section 10.3


@dataclass(frozen=True)
class Share:
    """`factor` of the relevance goes to the inputs by their products with the weights in `pairs`: (part of the input,
    part of the weight), each "all", "above" or "below" zero. Their sum divides, plus a part of the bias, or ""
    nothing of it."""

    factor: float
    pairs: tuple[tuple[str, str], ...]
    bias: Literal["", "all", "above", "below"] = ""

    def list_pairs(self, step: Step) -> list[tuple[str, str]]:
        """The pairs that are not empty."""
        return [pair for pair in self.pairs if not (step.non_negative and pair[0] == "below")]


_ABOVE = (("above", "above"), ("below", "below"))  # products above zero
_BELOW = (("above", "below"), ("below", "above"))
EXCITING, INHIBITING = Share(1.0, _ABOVE), Share(1.0, _BELOW)
SHARES: dict[str, tuple[Share, ...]] = {
    "epsilon": (Share(1.0, (("all", "all"),), bias="all"),),  # Bach et al. 2015, PLoS ONE 10(7), eq. 58
    "z-plus": (EXCITING,),  # Montavon et al. 2017, Pattern Recognition 65, eq. 14, both signs of the input
    "alpha2-beta1": (Share(2.0, _ABOVE), Share(-1.0, _BELOW)),  # Bach et al. 2015, eq. 60
    "z-plus with biases": (Share(1.0, _ABOVE, "above"),),
    "alpha2-beta1 with biases": (Share(2.0, _ABOVE, "above"), Share(-1.0, _BELOW, "below")),
}
WITH_BIASES = {"z-plus": "z-plus with biases", "alpha2-beta1": "alpha2-beta1 with biases"}
