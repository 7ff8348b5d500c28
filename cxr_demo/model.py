"""Classifier: a backbone and its head, images in, logits out; `probabilities` is the one place that goes further."""

from __future__ import annotations

import timm
import torch
from torch import nn

from cxr_demo.backbones import BACKBONES

TASKS = ("single-label", "multi-label")


class Classifier(nn.Module):
    """A timm network of `BACKBONES` with one linear output per label.

    `pretrained` asks timm for its ImageNet weights, which needs the model hub; it raises whatever the hub raises.
    """

    def __init__(self, backbone: str, labels: int, channels: int, *, pretrained: bool = False) -> None:
        super().__init__()
        entry = BACKBONES[backbone]
        self.net = timm.create_model(
            entry.timm_name,
            pretrained=pretrained,
            num_classes=labels,
            in_chans=channels,
            drop_rate=0.0,
            **entry.options,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, S, S), normalised -> logits (N, L)."""
        return self.net(x)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, S, S) -> the feature maps that the global pooling reads, (N, K, h, w)."""
        return self.net.forward_features(x)

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """features (N, K, h, w) -> logits (N, L); `head(features(x))` equals `forward(x)` in eval mode."""
        return self.net.forward_head(features)


def probabilities(logits: torch.Tensor, task: str, temperature: float) -> torch.Tensor:
    """logits (N, L) -> probabilities (N, L) in 0..1: softmax over labels, or one sigmoid per label, of logits /
    temperature (Guo et al. 2017, On Calibration of Modern Neural Networks, eq. 9)."""
    scaled = logits / temperature
    return scaled.softmax(dim=-1) if task == "single-label" else scaled.sigmoid()
