"""Classifier: a backbone and its head, images in, logits out; only `compute_probabilities` goes further."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

import timm
import torch
from torch import nn

from cxr_demo.errors import CheckpointError
from cxr_demo.networks.backbones import Backbone, find_backbone
from cxr_demo.networks.heads import HEADS
from cxr_demo.networks.open_nets import (
    SIZE_ERRORS,
    PooledLinear,
    Split,
    find_output,
    find_split,
    linearise_output,
    make_torchvision_net,
)
from cxr_demo.networks.torchvision_nets import TORCHVISION_NETS, TorchvisionNet


class Classifier(nn.Module):
    """A network that `find_backbone` knows with a head of `HEADS`, one logit per label; squares from 64 px, where the
    network itself takes them. CheckpointError for one that has no maps of cells or no linear output.

    `pretrained` asks timm or torchvision for ImageNet weights, which needs the network; it raises whatever they raise.
    Or it is the state of timm's whole network (three colours, 1,000 classes), of which all but the classifier is taken.
    A new output layer starts as torch starts any linear layer; of EfficientNet, MobileNet and MNASNet timm draws it
    from +-1 / sqrt(labels), meant for 1,000 labels and 21 times too large for three.
    """

    def __init__(
        self,
        backbone: str,
        labels: int,
        channels: int,
        *,
        head: str = "linear",
        pretrained: bool | Mapping[str, torch.Tensor] = False,
    ) -> None:
        super().__init__()
        entry = find_backbone(backbone)
        self._split, self._name, self.is_open = None, entry.name, bool(entry.source)
        if entry.source:
            self._split = _find_split(backbone, labels, channels)
        self.net = _whole_net(entry, labels, channels, pretrained)
        self.output.reset_parameters()
        features = self.output.in_features
        if entry.cut:
            _cut(self.net, entry)
            features = self.feature_count
        if entry.cut or head != "linear":
            path = next(path for path, module in self.net.named_modules() if module is self.classifier)
            made = HEADS[head](features, labels)
            reads_cells = isinstance(self.output, PooledLinear)
            self.net.set_submodule(path, nn.Sequential(nn.Flatten(1), made) if reads_cells else made)

    @property
    def classifier(self) -> nn.Module:
        """The head module, (N, K) -> logits (N, L)."""
        if hasattr(self.net, "get_classifier"):
            return self.net.get_classifier()
        return find_output(self.net, type(self.net).__name__)[1]

    @property
    def output(self) -> nn.Linear:
        """The last linear layer: its rows are the labels."""
        return [module for module in self.classifier.modules() if isinstance(module, nn.Linear)][-1]

    @property
    def pooling(self) -> nn.Module:
        """The global pooling; timm keeps it in the head of some networks."""
        return self.net.get_submodule("global_pool" if hasattr(self.net, "global_pool") else "head.global_pool")

    @property
    def feature_count(self) -> int:
        """How many feature maps the pooling reads; asked of the network, so that no table can be wrong about it."""
        channels = next(module.in_channels for module in self.modules() if isinstance(module, nn.Conv2d))
        was_training = self.training
        with torch.no_grad():
            maps = self.eval().features(torch.zeros(1, channels, 64, 64))
        self.train(was_training)
        return maps.shape[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, S, S), normalised -> logits (N, L)."""
        return self.net(x)

    def check_size(self, size_px: int) -> None:
        """CheckpointError where the network takes no squares of this size: some are made for one alone, others pool
        too often for small ones."""
        first = next(module for module in self.modules() if isinstance(module, nn.Conv2d))
        was_training = self.training
        try:
            with torch.inference_mode():  # in train mode a batch norm refuses one image whose map is one cell
                self.eval().features(first.weight.new_zeros(1, first.in_channels, size_px, size_px))
        except SIZE_ERRORS as error:
            raise CheckpointError("net-size", name=self._name, size=size_px) from error
        finally:
            self.train(was_training)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, S, S) -> the feature maps that the global pooling reads, (N, K, h, w)."""
        return self._split.features(self.net, x) if self._split else self.net.forward_features(x)

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """features (N, K, h, w) -> logits (N, L); `head(features(x))` equals `forward(x)` in eval mode."""
        return self._split.head(self.net, features) if self._split else self.net.forward_head(features)


def compute_probabilities(logits: torch.Tensor, task: str, temperature: float) -> torch.Tensor:
    """logits (N, L) -> probabilities (N, L) in 0..1: softmax over labels, or one sigmoid per label, of logits /
    temperature (Guo et al. 2017, On Calibration of Modern Neural Networks, eq. 9)."""
    scaled = logits / temperature
    return scaled.softmax(dim=-1) if task == "single-label" else scaled.sigmoid()


@lru_cache(maxsize=32)
def _find_split(backbone: str, labels: int, channels: int) -> Split | None:
    """Of an open network: the same whenever it is loaded, and for a DenseNet-201 a second of tracing."""
    entry = find_backbone(backbone)
    return find_split(entry.name, lambda: _whole_net(entry, labels, channels, False))


def _whole_net(
    entry: Backbone, labels: int, channels: int, pretrained: bool | Mapping[str, torch.Tensor]
) -> TorchvisionNet:
    """One of timm's is typed as ours, which has the part of timm's interface that is used here."""
    if entry.source == "torchvision":
        made = make_torchvision_net(entry.name, labels, channels, pretrained=bool(pretrained))
        return cast("TorchvisionNet", made)
    if not entry.source and entry.name in TORCHVISION_NETS:
        return TorchvisionNet(entry.name, labels, channels, pretrained=bool(pretrained))
    given = {"state_dict": dict(pretrained)} if isinstance(pretrained, Mapping) else None
    net = timm.create_model(
        entry.name, pretrained=bool(pretrained), pretrained_cfg_overlay=given, num_classes=labels, in_chans=channels,
        drop_rate=0.0, **entry.options,
    )  # fmt: skip
    linearise_output(net)
    return cast("TorchvisionNet", net)


def _cut(net: nn.Module, entry: Backbone) -> None:
    path, _, last = entry.cut.rpartition(".")
    parent = net.get_submodule(path)
    names = list(parent._modules)
    for name in names[names.index(last) + 1 :]:
        delattr(parent, name)  # `del parent[i:]` would name the rest anew
    for path, build in entry.tail.items():
        net.set_submodule(path, build())
