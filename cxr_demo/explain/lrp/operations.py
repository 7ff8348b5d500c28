"""The operations a `program.Program` is made of: what each computes, and what the rules of LRP must know of it.

Values are (N, K, h, w) or (N, K); channels are always the second axis. Nothing is ever written over its input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F

from cxr_demo.explain.lrp.attention import NeighbourGate, ResponseGate, SplitGate, SumParts
from cxr_demo.explain.lrp.windows import (
    AtLeast,
    BlockMean,
    Blur,
    Edges,
    Enlarge,
    MaxPool,
    MeanPool,
    Pad,
    WindowMean,
    find_same_edges,
)  # fmt: skip

GATES = ("Sigmoid", "Hardsigmoid")
NON_NEGATIVE = (*GATES, "ReLU", "ReLU6")
PIECEWISE_LINEAR = ("ReLU", "LeakyReLU")  # of two lines through 0: value = slope x input


@dataclass(frozen=True, eq=False)
class Convolution:
    weight: torch.Tensor  # (K_out, K_in / groups, height, width)
    bias: torch.Tensor  # (K_out,)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    edges: Edges = (0, 0, 0, 0)  # rows and columns of zeros beyond `padding`
    is_same: bool = False  # TensorFlow's padding, whose edges depend on the size of the input

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x, self.weight, self.bias)

    def linear(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        """This convolution with other weights of the same shape."""
        if self.is_pointwise:
            return _pointwise(x, weight, bias)
        edges = self._find_edges(x.shape[2:])
        x = F.pad(x, edges) if any(edges) else x
        return F.conv2d(x, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    @property
    def is_pointwise(self) -> bool:
        """Whether each place is multiplied by one matrix and by nothing else."""
        plain = self.stride == (1, 1) and self.padding == (0, 0) and self.groups == 1
        return plain and not any(self.edges) and self.weight.shape[2:] == (1, 1)

    @property
    def is_depthwise(self) -> bool:
        """Whether every output reads one channel alone."""
        return self.groups > 1 and self.weight.shape[1] == 1

    def _find_edges(self, size: torch.Size) -> Edges:
        if not self.is_same:
            return self.edges
        height, width = self.weight.shape[2:]
        return find_same_edges(size, (height, width), self.stride, self.dilation)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return False

    def turned(self, weight: torch.Tensor) -> torch.Tensor:
        """What `transposed` wants for `weight`: for a stride of 1 the flipped filters of the forward convolution that
        equals the transposed one and is faster; else the weight itself."""
        if self.stride != (1, 1):
            return weight.contiguous(memory_format=torch.channels_last)
        outputs, inputs, height, width = weight.shape
        grouped = weight.flip(2, 3).reshape(self.groups, outputs // self.groups, inputs, height, width)
        flipped = grouped.transpose(1, 2).reshape(self.groups * inputs, outputs // self.groups, height, width)
        return flipped.contiguous(memory_format=torch.channels_last)

    def transposed(self, s: torch.Tensor, turned: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """s (N, K_out, h', w') -> (N, K_in, *size), the transposed of `linear`."""
        if self.is_pointwise:
            return _pointwise(s, turned, None)
        left, right, top, bottom = self._find_edges(size)
        if left or right or top or bottom:
            wide = replace(self, edges=(0, 0, 0, 0), is_same=False)
            padded = torch.Size((size[0] + top + bottom, size[1] + left + right))
            return wide.transposed(s, turned, padded)[:, :, top : top + size[0], left : left + size[1]]
        reach = [d * (n - 1) for d, n in zip(self.dilation, self.weight.shape[2:], strict=True)]
        if self.stride == (1, 1):
            padding = [r - p for r, p in zip(reach, self.padding, strict=True)]
            return F.conv2d(s, turned, None, 1, padding, self.dilation, self.groups)
        rest = [
            size[i] - ((s.shape[2 + i] - 1) * self.stride[i] - 2 * self.padding[i] + reach[i] + 1) for i in range(2)
        ]
        return F.conv_transpose2d(s, turned, None, self.stride, self.padding, rest, self.groups, self.dilation)


@dataclass(frozen=True, eq=False)
class Dense:
    weight: torch.Tensor  # (K_out, K_in)
    bias: torch.Tensor  # (K_out,)

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class Affine:
    """A batch norm in eval mode, or a layer scale."""

    scale: torch.Tensor  # (K,)
    shift: torch.Tensor  # (K,)

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return torch.addcmul(broadcast_channels(self.shift, x), x, broadcast_channels(self.scale, x))

    def keeps_non_negative(self, inputs: bool) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class Standardise:
    """Layer norm over the channels of each place: (x - mean) / deviation * weight + bias."""

    weight: torch.Tensor  # (K,)
    bias: torch.Tensor  # (K,)
    eps: float

    def apply(self, x: torch.Tensor, slope: torch.Tensor | None = None) -> torch.Tensor:
        """`slope`: to be used as it is, else taken from x."""
        centred = x - x.mean(dim=1, keepdim=True)
        return centred * (self.slope(x) if slope is None else slope) + broadcast_channels(self.bias, x)

    def slope(self, x: torch.Tensor) -> torch.Tensor:
        """weight / deviation, (N, K, ...)."""
        return broadcast_channels(self.weight, x) * (x.var(dim=1, keepdim=True, unbiased=False) + self.eps).rsqrt()

    def keeps_non_negative(self, inputs: bool) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class Activation:
    function: Callable[[torch.Tensor], torch.Tensor]
    name: str
    writes_over: bool = False  # a ReLU's input that nobody else reads

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        is_whole = x.is_contiguous() or (x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last))
        # A part of a wider value is better left behind and what follows made whole.
        return x.relu_() if self.writes_over and is_whole else self.function(x)

    @property
    def is_relu(self) -> bool:
        return self.name == "ReLU"

    @property
    def is_piecewise_linear(self) -> bool:
        return self.name in PIECEWISE_LINEAR

    @property
    def is_gate(self) -> bool:
        return self.name in GATES

    def keeps_non_negative(self, inputs: bool) -> bool:
        return self.name in NON_NEGATIVE


@dataclass(frozen=True)
class Add:
    def apply(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Gate:
    """signal x gate."""

    def apply(self, signal: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
        return signal * gate

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Concatenate:
    def apply(self, *parts: torch.Tensor) -> torch.Tensor:
        return torch.cat(parts, dim=1)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Half:
    """The first (0) or second (1) half of the channels."""

    place: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x.chunk(2, dim=1)[self.place]

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Slice:
    """The channels from `start` to `stop`, counted from the end where below 0; None: to the last."""

    start: int
    stop: int | None

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.start : self.stop]

    def count_others(self, channels: int) -> tuple[int, int]:
        """How many of the channels stand before it and behind it."""
        start, stop, _ = slice(self.start, self.stop).indices(channels)
        return start, channels - stop

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Shuffle:
    """Channels (groups, K / groups) in the order (K / groups, groups): Zhang et al. 2018, ShuffleNet."""

    groups: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.order(x.shape[1])]

    def order(self, channels: int) -> torch.Tensor:
        return torch.arange(channels).reshape(self.groups, -1).T.flatten()

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Flatten:
    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


Operation = (
    Convolution | Dense | Affine | Standardise | Activation | Add | Gate | Concatenate | Half | Slice | Shuffle
    | MaxPool | BlockMean | WindowMean | Blur | Enlarge | Pad | MeanPool | AtLeast | Flatten
    | NeighbourGate | ResponseGate | SplitGate | SumParts
)  # fmt: skip
WEIGHTED = (Convolution, Dense)
LINEAR = (
    Convolution, Dense, Affine, Add, Concatenate, Half, Slice, Shuffle, BlockMean, WindowMean, Blur, Enlarge, Pad,
    MeanPool, AtLeast, SumParts, Flatten,
)  # fmt: skip


def scale_layer(layer: Convolution | Dense, affine: Affine) -> Convolution | Dense:
    """One layer that computes affine(layer(x))."""
    weight = layer.weight * affine.scale.reshape(-1, *[1] * (layer.weight.dim() - 1))
    return replace(layer, weight=weight, bias=layer.bias * affine.scale + affine.shift)


def convert_operation(operation: Operation, dtype: torch.dtype) -> Operation:
    """The same with its weights in another precision."""
    held = {field.name: getattr(operation, field.name) for field in fields(operation)}
    return replace(operation, **{name: value.to(dtype) for name, value in held.items() if torch.is_tensor(value)})


def _pointwise(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """A 1x1 convolution as the matrix product that it is; for one film faster than as a convolution."""
    return F.linear(x.permute(0, 2, 3, 1), weight[:, :, 0, 0], bias).permute(0, 3, 1, 2)


def broadcast_channels(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return values.reshape(-1, *[1] * (like.dim() - 2))
