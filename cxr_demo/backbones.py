"""BACKBONES: the networks the app knows, where their class activation maps are taken and whether LRP can be right.

A new timm network is one new entry; the contract tests pick it up from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Backbone:
    """`timm_name` builds it, with `options` handed to timm; `cam_layer` is the module whose output the global pooling
    reads (dotted path); `lrp` names the entry of `explain.lrp.CANONIZATIONS` that makes LRP right, or is empty and
    `lrp_refusal` says why not."""

    timm_name: str
    cam_layer: str
    lrp: str = ""
    lrp_refusal: str = ""
    options: dict = field(default_factory=dict)


BACKBONES: dict[str, Backbone] = {
    # norm5 is timm's BatchNormAct2d: its output is already after the ReLU and is what the pooling reads.
    "densenet121": Backbone("densenet121", "features.norm5", lrp="densenet"),
}
