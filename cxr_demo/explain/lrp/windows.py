"""The operations of a program that look at windows of a map or put something around it: maxima, means, blurs, pads.

As those of `operations`, of whose list they are a part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

Edges = tuple[int, int, int, int]  # left, right, top, bottom


def find_same_edges(
    size: torch.Size, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> Edges:
    """TensorFlow's padding "SAME" of a map (h, w): as many outputs as strides fit in, what is wanted for that shared
    out on both sides, the odd one right and below."""
    wanted = [
        max((-(-length // s) - 1) * s + d * (k - 1) + 1 - length, 0)
        for length, k, s, d in zip(size, kernel, stride, dilation, strict=True)
    ]
    (top, left), (bottom, right) = [w // 2 for w in wanted], [w - w // 2 for w in wanted]
    return left, right, top, bottom


@dataclass(frozen=True)
class MaxPool:
    kernel: int | tuple[int, int]
    stride: int | tuple[int, int]
    padding: int | tuple[int, int]
    dilation: int | tuple[int, int]
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
class WindowMean:
    """Means over windows that may overlap, hang over the edge or leave pixels out. `counts_padding`: whether what
    hangs over counts as zeros or not at all."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    ceil: bool
    counts_padding: bool

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, self.kernel, self.stride, self.padding, self.ceil, self.counts_padding)

    def transposed(self, s: torch.Tensor, size: torch.Size) -> torch.Tensor:
        like = s.new_empty(*s.shape[:2], *size)
        shape = (self.kernel, self.stride, self.padding, self.ceil, self.counts_padding, None)
        return torch.ops.aten.avg_pool2d_backward(s.contiguous(), like, *shape)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True, eq=False)
class Blur:
    """The same weighted mean in every channel, over windows that overlap: Zhang 2019, Making Convolutional Networks
    Shift-Invariant Again, section 3.2."""

    weight: torch.Tensor  # (height, width), above 0
    stride: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self._spread(x.shape[1]), stride=self.stride, groups=x.shape[1])

    def transposed(self, s: torch.Tensor, size: torch.Size) -> torch.Tensor:
        rest = [size[i] - (s.shape[2 + i] - 1) * self.stride - self.weight.shape[i] for i in range(2)]
        channels = s.shape[1]
        return F.conv_transpose2d(s, self._spread(channels), None, self.stride, 0, rest, channels)

    def _spread(self, channels: int) -> torch.Tensor:
        return self.weight.expand(channels, 1, -1, -1)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Enlarge:
    """A map drawn `factor` times as large (rows, columns), each value copied ("nearest") or blended ("bilinear")."""

    factor: tuple[float, float]
    mode: str
    aligns_corners: bool = False

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        aligned = self.aligns_corners if self.mode == "bilinear" else None
        return F.interpolate(x, scale_factor=self.factor, mode=self.mode, align_corners=aligned)

    def transposed(self, s: torch.Tensor, size: torch.Size) -> torch.Tensor:
        sizes = list(s.shape[2:]), [*s.shape[:2], *size]
        if self.mode == "nearest":
            return torch.ops.aten.upsample_nearest2d_backward(s.contiguous(), *sizes, *self.factor)
        return torch.ops.aten.upsample_bilinear2d_backward(s.contiguous(), *sizes, self.aligns_corners, *self.factor)

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
class AtLeast:
    """A map of fewer than `cells` rows or columns as means of as many; a larger one as it is. Each mean then reads a
    cell or two."""

    cells: int

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = (max(self.cells, length) for length in x.shape[2:])
        return F.adaptive_avg_pool2d(x, (rows, columns))

    def transposed(self, s: torch.Tensor, size: torch.Size) -> torch.Tensor:
        rows, columns = (_means(length, max(self.cells, length), s.dtype) for length in size)
        return torch.einsum("nkij,ih,jw->nkhw", s, rows, columns)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs


@dataclass(frozen=True)
class Pad:
    """Rows and columns around a map: of `value`, or for another `mode` of torch's copies of what lies inside.

    `same`: as TensorFlow puts them before windows of (kernel, stride, dilation), else `edges`.
    """

    edges: Edges = (0, 0, 0, 0)
    mode: str = "constant"
    value: float = 0.0
    same: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None = None

    @property
    def is_zeros(self) -> bool:
        """Whether it puts the same number of zeros around maps of any size, and takes nothing away."""
        return self.mode == "constant" and self.value == 0 and not self.same and min(self.edges) >= 0

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        edges = find_same_edges(x.shape[2:], *self.same) if self.same else self.edges
        return F.pad(x, edges, self.mode, self.value if self.mode == "constant" else None)

    def gathered(self, r: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """r (L, K, h', w') -> (L, K, *size): each copy's to what it is a copy of; that of a constant stays there."""
        cells = size[0] * size[1]
        numbers = torch.arange(1, cells + 1, dtype=torch.float64).reshape(1, 1, *size)
        numbered = replace(self, value=0.0).apply(numbers).long().flatten()
        total = r.new_zeros(*r.shape[:2], cells + 1).index_add_(2, numbered, r.flatten(2))
        return total[:, :, 1:].reshape(*r.shape[:2], *size)

    def keeps_non_negative(self, inputs: bool) -> bool:
        return inputs and self.value >= 0


def _means(length: int, cells: int, dtype: torch.dtype) -> torch.Tensor:
    """(cells, length): which places each mean is taken of, and their weights, as torch's adaptive pooling has them."""
    return F.adaptive_avg_pool1d(torch.eye(length, dtype=dtype)[None], cells)[0].T
