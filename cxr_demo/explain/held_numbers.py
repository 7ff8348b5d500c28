"""Heads made linear: each norm's deviation and each activation's slope as the number that the image gives it.

Behind a pooling stands a layer norm in ConvNeXt, an activation in MobileNetV3. The norm does not change when its input
grows, so gradient times features is 0 for whatever features, and adds up to nothing. With the deviation held as a
number (Ali et al. 2022, XAI for Transformers, ICML, section 3.2) and a bent activation as the line from 0 to its value,
as LRP takes both, such a head is a matrix and a constant, and gradient times features adds up to the logit minus what
the head's biases give. A ReLU is such a line already, and a batch norm in use has nothing but numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

THROUGH_ZERO = (F.relu, F.relu6, F.leaky_relu, F.silu, F.gelu, F.hardswish, F.elu, F.mish, torch.relu, torch.tanh)


class HeldNumbers(TorchFunctionMode):
    """Within it every layer norm and every activation through 0 is linear, for this thread alone. `numbers` are what
    they held, in order; given to another, its layers hold the same."""

    def __init__(self, numbers: Sequence[torch.Tensor] = ()) -> None:
        super().__init__()
        self.numbers: list[torch.Tensor] = []
        self._given = list(numbers)

    def __torch_function__(
        self, func: Callable, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.layer_norm:
            return self._norm(*args, **kwargs)
        if func in THROUGH_ZERO:
            return args[0] * self._hold(lambda x: _find_slopes(func(x.clone(), *args[1:], **kwargs), x), args[0])
        return func(*args, **kwargs)

    def _norm(
        self,
        x: torch.Tensor,
        shape: Sequence[int],
        weight: torch.Tensor | None = None,
        bias: torch.Tensor | None = None,
        eps: float = 1e-5,
    ) -> torch.Tensor:
        axes = tuple(range(-len(shape), 0))
        centred = x - x.mean(dim=axes, keepdim=True)
        normed = centred * self._hold(lambda c: (c.square().mean(dim=axes, keepdim=True) + eps).rsqrt(), centred)
        normed = normed if weight is None else normed * weight
        return normed if bias is None else normed + bias

    def _hold(self, measure: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        number = self._given[len(self.numbers)] if self._given else measure(x.detach())
        self.numbers.append(number)
        return number


def _find_slopes(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Of the lines from 0 to these values; 0 where x is 0."""
    return torch.where(x == 0, 0, values / x)
