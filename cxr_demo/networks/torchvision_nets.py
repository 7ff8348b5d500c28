"""TorchvisionNet: the networks that timm does not hold, or cuts elsewhere, behind the part of timm's interface used
here."""

from __future__ import annotations

from collections import OrderedDict
from typing import cast

import torch
from timm.models import adapt_input_conv
from torch import nn
from torchvision import models
from torchvision.models.googlenet import BasicConv2d

# vgg16 is in timm too, but there hidden layers stand before the pooling, so no layer is what the pooling reads.
TORCHVISION_NETS = ("alexnet", "vgg16", "vgg16_bn", "googlenet", "squeezenet1_0", "squeezenet1_1", "shufflenet_v2_x1_0")
_HEAD = {"avgpool", "dropout", "classifier", "fc"}  # what torchvision registers after the feature maps


class TorchvisionNet(nn.Module):
    """features -> global_pool -> hidden (the published dense layers of AlexNet and VGG, else nothing) -> classifier.

    The published dropout and auxiliary outputs are left out; SqueezeNet's last 1x1 convolution becomes the linear layer
    on the mean that it is, without the ReLU that keeps its published logits from going below 0. `pretrained` asks
    torchvision's server for ImageNet weights and raises what urllib raises (an OSError).
    """

    def __init__(self, name: str, labels: int, channels: int, *, pretrained: bool) -> None:
        super().__init__()
        # GoogLeNet must be told how to begin; with weights it knows, and must not be told.
        options = {"aux_logits": False, "init_weights": True} if name == "googlenet" and not pretrained else {}
        net = models.get_model(name, weights="DEFAULT" if pretrained else None, **options)
        if isinstance(net, models.GoogLeNet) and net.transform_input:
            fold_transform(net)
        parts = dict(net.named_children())
        maps = {key: part for key, part in parts.items() if key not in _HEAD}
        self.features = maps["features"] if "features" in maps else nn.Sequential(OrderedDict(maps))
        self.global_pool = parts.get("avgpool", nn.AdaptiveAvgPool2d(1))
        layers = [
            layer for key, part in parts.items() if key in _HEAD for layer in part.modules()
            if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ReLU))
        ]  # fmt: skip
        last = max(i for i, layer in enumerate(layers) if not isinstance(layer, nn.ReLU))
        self.hidden = nn.Sequential(*layers[:last])
        self.classifier = nn.Linear(_count_inputs(layers[last]), labels)
        first = next(layer for layer in self.features.modules() if isinstance(layer, nn.Conv2d))
        # As timm does: the filters of the three colours summed for one channel, which is the grey image repeated.
        first.weight = nn.Parameter(adapt_input_conv(channels, first.weight.detach()))
        first.in_channels = channels

    def forward_features(self, x: torch.Tensor) -> torch.Tensor:
        return self.features(x)

    def forward_head(self, features: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.hidden(self.global_pool(features).flatten(1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.forward_head(self.forward_features(x))

    def get_classifier(self) -> nn.Module:
        return self.classifier


def _count_inputs(layer: nn.Module) -> int:
    return cast("torch.Tensor", layer.weight).shape[1]


def fold_transform(net: models.GoogLeNet) -> None:
    """Let the first layer read images normalised with ImageNet's mean and std, in place.

    Its weights were trained on (x - 0.5) / 0.5 and torchvision rescales every image on the way in. The factor goes
    into the filters, the offset into the mean of the batch norm behind them: the same numbers, but for the three
    pixels at the border whose filters reach over the edge.
    """
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    scale, offset = (std / 0.5)[:, None, None], ((mean - 0.5) / 0.5)[:, None, None]
    first = cast("BasicConv2d", net.conv1)
    convolution, norm = first.conv, first.bn
    assert norm.running_mean is not None
    with torch.no_grad():
        norm.running_mean -= (convolution.weight * offset).sum(dim=(1, 2, 3))
        convolution.weight *= scale
    net.transform_input = False
