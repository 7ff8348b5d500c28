"""The operations a `program.Program` is made of: what each computes, and what the rules of LRP must know of it.

Values are (N, K, h, w) or (N, K); channels are always the second axis. Nothing is ever written over its input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F

GATES = ("Sigmoid", "Hardsigmoid")
NON_NEGATIVE = (*GATES, "ReLU", "ReLU6")


@dataclass(frozen=True, eq=False)
class Convolution:
    weight: torch.Tensor  # (K_out, K_in / groups, height, width)
    bias: torch.Tensor  # (K_out,)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x, self.weight, self.bias)

    def linear(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        """This convolution with other weights of the same shape."""
        if self.is_pointwise:
            return _pointwise(x, weight, bias)
        return F.conv2d(x, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    @property
    def is_pointwise(self) -> bool:
        """Whether each place is multiplied by one matrix and by nothing else."""
        plain = self.stride == (1, 1) and self.padding == (0, 0) and self.groups == 1
        return plain and self.weight.shape[2:] == (1, 1)

    @property
    def is_depthwise(self) -> bool:
        """Whether every output reads one channel alone."""
        return self.groups > 1 and self.weight.shape[1] == 1

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
class MaxPool:
    kernel: int
    stride: int
    padding: int
    dilation: int
    ceil: bool

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return self.pooled(x)[0]

    def pooled(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x (N, K, h, w) -> `apply`, and the place in h * w that each output was taken from, both (N, K, h', w')."""
        shape = (self.kernel, self.stride, self.padding, self.dilation, self.ceil)
        return F.max_pool2d(x, *shape, return_indices=True)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class BlockMean:
    """The mean of every size x size pixels; rows and columns that fill no block are left out."""

    size: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, self.size)

    def transposed(self, s: torch.Tensor, size: torch.Size) -> torch.Tensor:
        rows, columns = s.shape[2:]
        # As one copy that keeps the order in memory: several times faster than F.interpolate.
        each = (s / self.size**2).permute(0, 2, 3, 1)[:, :, None, :, None]
        spread = each.expand(-1, -1, self.size, -1, self.size, -1).reshape(
            len(s), rows * self.size, columns * self.size, -1
        )
        rest = size[0] - rows * self.size, size[1] - columns * self.size
        spread = spread.permute(0, 3, 1, 2)
        return F.pad(spread, (0, rest[1], 0, rest[0])) if any(rest) else spread

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class MeanPool:
    """Means over the places of a grid of `cells` x `cells`; 1: over all places."""

    cells: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return F.adaptive_avg_pool2d(x, self.cells)

    def transposed(self, s: torch.Tensor, size: torch.Size) -> torch.Tensor:
        if self.cells == 1:
            return (s / (size[0] * size[1])).expand(-1, -1, *size)
        rows, columns = (_means(length, self.cells, s.dtype) for length in size)
        return torch.einsum("nkij,ih,jw->nkhw", s, rows, columns)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Flatten:
    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


Operation = (
    Convolution | Dense | Affine | Standardise | Activation | Add | Gate | Concatenate | Half | Shuffle | MaxPool
    | BlockMean | MeanPool | Flatten
)  # fmt: skip
WEIGHTED = (Convolution, Dense)
LINEAR = (Convolution, Dense, Affine, Add, Concatenate, Half, Shuffle, BlockMean, MeanPool, Flatten)


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


def _means(length: int, cells: int, dtype: torch.dtype) -> torch.Tensor:
    """(cells, length): which places each mean is taken of, and their weights, as torch's adaptive pooling has them."""
    return F.adaptive_avg_pool1d(torch.eye(length, dtype=dtype)[None], cells)[0].T


def broadcast_channels(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return values.reshape(-1, *[1] * (like.dim() - 2))
