"""Gates of whole channels that a network computes from the very value it gates, each as one operation: x -> gate, of
(N, K, 1, 1). As all gates they are numbers to LRP; no relevance goes into what computes them.

And the sum that split attention ends in. As those of `operations`, of whose list they are a part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from cxr_demo.errors import ExplanationError


@dataclass(frozen=True, eq=False)
class NeighbourGate:
    """A sigmoid of a convolution over neighbouring channels' means: Wang et al. 2020, ECA-Net, eq. 7."""

    weight: torch.Tensor  # (1, 1, width)

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        means = x.mean((2, 3))[:, None]
        return F.conv1d(means, self.weight, padding=self.weight.shape[2] // 2).sigmoid()[:, 0, :, None, None]

    def keeps_non_negative(self, inputs: bool) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class ResponseGate:
    """1 + weight x norm of a channel over the mean of all channels' norms: Woo et al. 2023, ConvNeXt V2, eq. 1 to 3.
    It may be below 0."""

    weight: torch.Tensor  # (K,)
    eps: float

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        norms = x.square().sum((2, 3), keepdim=True).sqrt()
        return 1 + self.weight[:, None, None] * norms / (norms.mean(1, keepdim=True) + self.eps)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class SplitGate:
    """A softmax over `radix` parts of the channels, of two layers that read the means of the parts' sum; a sigmoid of
    one part: Zhang et al. 2020, ResNeSt, eq. 1 to 3."""

    reduce: torch.Tensor  # (K', K / radix / groups, 1, 1)
    reduce_bias: torch.Tensor  # (K',)
    expand: torch.Tensor  # (K, K' / groups, 1, 1)
    expand_bias: torch.Tensor  # (K,)
    groups: int
    radix: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        means = x.mean((2, 3), keepdim=True).unflatten(1, (self.radix, -1)).sum(1)
        hidden = F.conv2d(means, self.reduce, self.reduce_bias, groups=self.groups).relu()
        scores = F.conv2d(hidden, self.expand, self.expand_bias, groups=self.groups)
        if self.radix == 1:
            return scores.sigmoid()
        by_part = scores.reshape(len(x), self.groups, self.radix, -1).transpose(1, 2)
        return by_part.softmax(1).reshape(len(x), -1, 1, 1)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return True


@dataclass(frozen=True)
class SumParts:
    """The sum of `parts` equal parts of the channels, one behind the other."""

    parts: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(1, (self.parts, -1)).sum(1)

    def transposed(self, s: torch.Tensor, size: torch.Size) -> torch.Tensor:
        return s.repeat(1, self.parts, 1, 1)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


def read_neighbour_gate(module: Any) -> NeighbourGate:
    plain = module.conv2 is None and isinstance(module.conv, nn.Conv1d) and module.conv.bias is None
    if not plain or "sigmoid" not in type(module.gate).__name__.lower() or "hard" in type(module.gate).__name__.lower():
        raise _refuse("EcaModule")
    return NeighbourGate(module.conv.weight.detach().clone())


def read_response_gate(module: Any) -> ResponseGate:
    return ResponseGate(module.weight.detach().clone(), module.eps)


def read_split_gate(module: Any) -> SplitGate:
    if not isinstance(module.act1, nn.ReLU):
        raise _refuse("SplitAttn")
    reduce, reduce_bias = _fold_norm(module.fc1, module.bn1)
    expand, expand_bias = _fold_norm(module.fc2, nn.Identity())
    return SplitGate(reduce, reduce_bias, expand, expand_bias, module.fc1.groups, module.radix)


def _fold_norm(layer: nn.Conv2d, norm: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias, copies, of a convolution and the batch norm behind it, if one is."""
    weight = layer.weight.detach().clone()
    bias = torch.zeros(len(weight), dtype=weight.dtype) if layer.bias is None else layer.bias.detach().clone()
    if isinstance(norm, nn.Identity):
        return weight, bias
    if type(norm) is not nn.BatchNorm2d or norm.running_var is None or norm.running_mean is None:
        raise _refuse("SplitAttn")
    scale = norm.weight.detach() * (norm.running_var + norm.eps).rsqrt()
    return weight * scale[:, None, None, None], (bias - norm.running_mean) * scale + norm.bias.detach()


def _refuse(kind: str) -> ExplanationError:
    return ExplanationError("refusal-layer", kind=kind)
