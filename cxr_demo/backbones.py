"""BACKBONES: the networks the app knows, where their class activation maps are taken and whether LRP can be right.

A new timm network is one new entry; the contract tests pick it up from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import nn


@dataclass(frozen=True)
class Backbone:
    """`name` is the network's in timm or in `TORCHVISION_NETS`, `options` are handed to timm; `cam_layer` is the module
    whose output the global pooling reads (dotted path); `lrp` names the entry of `explain.lrp.CANONIZATIONS` that makes
    LRP right, or is empty and `lrp_refusal` says why not.

    `cut` is the last child to keep of an nn.Sequential, whose later children are dropped; `tail` (path -> builder)
    then puts new modules in the place of old ones. What is kept keeps its names, so weights of the whole network fit.
    """

    name: str
    cam_layer: str
    lrp: str = ""
    lrp_refusal: str = ""
    options: dict = field(default_factory=dict)
    cut: str = ""
    tail: dict[str, Callable[[], nn.Module]] = field(default_factory=dict)


_GATES = "its squeeze-and-excitation gates multiply two paths and its activation is not piecewise linear"
_SUMS = "its residual sums need a rule of their own, which is not built yet"
_IN_PLACE = "its ReLUs overwrite what the rules read, and no rewriting is built yet"

BACKBONES: dict[str, Backbone] = {
    # norm5 is timm's BatchNormAct2d: its output is already after the ReLU and is what the pooling reads.
    "densenet121": Backbone("densenet121", "features.norm5", lrp="densenet"),
    "densenet161": Backbone("densenet161", "features.norm5", lrp="densenet"),
    "densenet201": Backbone("densenet201", "features.norm5", lrp="densenet"),
    # Feature taps (Boit & Zeng 2019): the raw concatenation that a dense block ends in is pooled, 256, 512, 1024 maps.
    "densenet121_block1": Backbone("densenet121", "features.denseblock1", lrp="densenet", cut="features.denseblock1"),
    "densenet121_block2": Backbone("densenet121", "features.denseblock2", lrp="densenet", cut="features.denseblock2"),
    "densenet121_block3": Backbone("densenet121", "features.denseblock3", lrp="densenet", cut="features.denseblock3"),
    "efficientnet_b0": Backbone("efficientnet_b0", "bn2", lrp_refusal=_GATES),
    "efficientnet_b1": Backbone("efficientnet_b1", "bn2", lrp_refusal=_GATES),
    # Rajaraman et al. 2021: blocks.4 ends where Keras' block5c_add does; the new convolution is their deepest layer.
    "efficientnet_b0_block5": Backbone(
        "efficientnet_b0",
        "bn2",
        lrp_refusal=_GATES,
        cut="blocks.4",
        tail={"conv_head": lambda: nn.Conv2d(112, 512, 3, padding=1), "bn2": nn.ReLU},
    ),
    "resnet18": Backbone("resnet18", "layer4", lrp_refusal=_SUMS),
    "resnet50": Backbone("resnet50", "layer4", lrp_refusal=_SUMS),
    "resnext50_32x4d": Backbone("resnext50_32x4d", "layer4", lrp_refusal=_SUMS),
    "wide_resnet50_2": Backbone("wide_resnet50_2", "layer4", lrp_refusal=_SUMS),
    "mobilenetv2_100": Backbone(
        "mobilenetv2_100", "bn2", lrp_refusal="its ReLU6 clips from above, which no rule here covers"
    ),
    # The pooling comes before the last convolution, which is a hidden layer of the head.
    "mobilenetv3_large_100": Backbone("mobilenetv3_large_100", "blocks", lrp_refusal=_GATES),
    "mnasnet_100": Backbone("mnasnet_100", "bn2", lrp_refusal=_SUMS),
    "shufflenet_v2_x1_0": Backbone(
        "shufflenet_v2_x1_0", "features", lrp_refusal="its batch norms must be merged first, which is not built yet"
    ),
    "googlenet": Backbone(
        "googlenet", "features", lrp_refusal="its ReLUs are calls and not layers, so the rules do not see them"
    ),
    "squeezenet1_0": Backbone("squeezenet1_0", "features", lrp_refusal=_IN_PLACE),
    "alexnet": Backbone("alexnet", "features", lrp_refusal=_IN_PLACE),
    "vgg16": Backbone("vgg16", "features", lrp_refusal=_IN_PLACE),
}
