"""BACKBONES: networks with something special about them; any other of timm or torchvision goes by its name.

Special is what `open_nets` could not find by the name: options, a cut, other layers, or the names that saved weights of
torchvision's networks have here. The contract tests take every entry from here, and others by their names.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from cxr_demo.text.catalogue import Words, say
from cxr_demo.text.formats import format_list

if TYPE_CHECKING:  # the names alone are wanted where nothing is computed
    from torch import nn


@dataclass(frozen=True)
class Backbone:
    """`name` is the network's in timm or in `TORCHVISION_NETS`, `options` are handed to timm; `cam_layer` is the module
    whose output the global pooling reads (dotted path). Whether LRP is right on it, each checkpoint's proof finds out.
    `source`: "" for an entry of `BACKBONES`; of any other network the library, of SOURCES, and where its pooling reads
    is found when it is made, so that `cam_layer` is "".

    `cut` is the last child to keep of an nn.Sequential, whose later children are dropped; `tail` (path -> builder)
    then puts new modules in the place of old ones. What is kept keeps its names, so weights of the whole network fit.
    """

    name: str
    cam_layer: str
    options: dict = field(default_factory=dict)
    cut: str = ""
    tail: dict[str, Callable[[], nn.Module]] = field(default_factory=dict)
    source: str = ""


SOURCES = ("timm", "torchvision")


def find_backbone(name: str) -> Backbone:
    """An entry of `BACKBONES`, or else any network of timm, or else of torchvision; "torchvision:NAME" where timm has
    one of the same name. ValueError, with the nearest names, for a name that neither has."""
    if name in BACKBONES:
        return BACKBONES[name]
    prefix, colon, plain = name.rpartition(":")
    if colon and prefix not in SOURCES:
        raise ValueError(say("backbone-source", source=prefix, known=Words(format_list, tuple(SOURCES))))
    known = _list_names()
    for source in [prefix] if colon else SOURCES:
        # timm names the weights of a network behind a dot
        if (plain.partition(".")[0] if source == "timm" else plain) in known[source]:
            return Backbone(plain, "", source=source)
    names = {entry for source in ([prefix] if colon else SOURCES) for entry in known[source]} | set(BACKBONES)
    nearest = difflib.get_close_matches(plain, sorted(names), 3, 0.5)
    raise ValueError(say("backbone-nearest" if nearest else "backbone-unknown", name=plain, nearest=", ".join(nearest)))


@cache
def _list_names() -> dict[str, frozenset[str]]:
    import timm
    from torchvision import models

    return {"timm": frozenset(timm.list_models()), "torchvision": frozenset(models.list_models(module=models))}


def _make_block5_convolution() -> nn.Module:
    from torch import nn

    return nn.Conv2d(112, 512, 3, padding=1)


def _make_relu() -> nn.Module:
    from torch import nn

    return nn.ReLU()


BACKBONES: dict[str, Backbone] = {
    # It would be found by its name, but a checkpoint of it is bundled, and looking would take longer than loading it.
    # norm5 is timm's BatchNormAct2d: its output is already after the ReLU and is what the pooling reads.
    "densenet121": Backbone("densenet121", "features.norm5"),
    # Own choice: 0.12 million parameters, learns phantoms in minutes and is small enough to be bundled twice.
    "densenet_tiny": Backbone("densenet121", "features.norm5", options={"growth_rate": 16, "block_config": (4, 4)}),
    # Feature taps (Boit & Zeng 2019): the raw concatenation that a dense block ends in is pooled, 256, 512, 1024 maps.
    "densenet121_block1": Backbone("densenet121", "features.denseblock1", cut="features.denseblock1"),
    "densenet121_block2": Backbone("densenet121", "features.denseblock2", cut="features.denseblock2"),
    "densenet121_block3": Backbone("densenet121", "features.denseblock3", cut="features.denseblock3"),
    # Their weights were trained with TensorFlow's padding, which depends on the size of the image and puts a map half a
    # pixel aside. With the same padding on all sides the ImageNet classes stay what they were.
    "efficientnet_lite0": Backbone("tf_efficientnet_lite0", "bn2", options={"pad_type": ""}),
    "efficientnet_lite1": Backbone("tf_efficientnet_lite1", "bn2", options={"pad_type": ""}),
    "efficientnet_lite2": Backbone("tf_efficientnet_lite2", "bn2", options={"pad_type": ""}),
    # Rajaraman et al. 2021: blocks.4 ends where Keras' block5c_add does; the new convolution is their deepest layer.
    "efficientnet_b0_block5": Backbone(
        "efficientnet_b0",
        "bn2",
        cut="blocks.4",
        tail={"conv_head": _make_block5_convolution, "bn2": _make_relu},
    ),
    # torchvision's, in the parts of `TorchvisionNet`, which give saved weights their names: without dropout and
    # auxiliary outputs; GoogLeNet rescales nothing; SqueezeNet has no last ReLU, which keeps its published logits from
    # going below 0, so that its last layer is linear.
    "shufflenet_v2_x1_0": Backbone("shufflenet_v2_x1_0", "features"),
    "googlenet": Backbone("googlenet", "features"),
    "squeezenet1_0": Backbone("squeezenet1_0", "features"),
    "squeezenet1_1": Backbone("squeezenet1_1", "features"),
    "alexnet": Backbone("alexnet", "features"),
    "vgg16": Backbone("vgg16", "features"),
    "vgg16_bn": Backbone("vgg16_bn", "features"),
}
