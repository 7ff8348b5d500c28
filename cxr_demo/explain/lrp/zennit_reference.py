"""A program as modules that zennit knows: the reference that each rule set is compared with, on every checkpoint.

zennit hooks modules and swaps their weights while it works, so one lock is held for the length of a call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import nn
from zennit.attribution import Gradient
from zennit.composites import LayerMapComposite
from zennit.core import BasicHook, Composite
from zennit.layer import Sum
from zennit.rules import AlphaBeta, Epsilon, Flat, Gamma, Norm, Pass, ZBox, ZPlus
from zennit.types import AvgPool, BatchNorm, Convolution

from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.program import Program, Step
from cxr_demo.explain.lrp.propagate import STABILISER, Bounds
from cxr_demo.explain.lrp.rules import GAMMA, PLUS_OR_FLAT, Rules


class ZennitReference(nn.Module):
    """Computes what the program computes."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program
        self.layers = nn.ModuleDict({step.out: _module(step) for step in program.steps})
        self.eval().requires_grad_(False)
        self._lock = threading.Lock()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = {self.program.start: x}
        for step in self.program.steps:
            ins = [values[name] if step.carries_relevance else values[name].detach() for name in step.ins]
            values[step.out] = self.layers[step.out](*ins)
        return values[self.program.end]

    def relevance(self, composite: Composite, x: torch.Tensor, labels: Sequence[int]) -> torch.Tensor:
        """x (1, C, S, S) -> (len(labels), S, S), as `lrp.Propagator.relevance`; one pass of zennit for each label."""
        with self._lock, torch.enable_grad():
            try:
                with Gradient(self, composite) as attributor:
                    # zennit's own annotation says None
                    attribute = cast(Callable[..., tuple[torch.Tensor, torch.Tensor]], attributor)
                    return torch.stack([attribute(x.clone(), _only(label))[1][0].sum(dim=0) for label in labels])
            finally:
                composite.remove()  # `with` does not undo a registration that failed half way


def make_composite(rules: Rules, bounds: Bounds | None = None) -> Composite:
    """zennit's rules for a rule set; `bounds` as `lrp.Propagator` has them."""
    norm = Pass() if rules.norm == "pass" else Epsilon(STABILISER)
    layers = [
        (_Unchanged, Pass()),
        ((AvgPool, _Blur, Sum), Norm(STABILISER)),
        ((BatchNorm, _Standardised), norm),
        (_Input, ZBox(*bounds, STABILISER) if bounds and rules.first == "box" else _RULES[rules.first]()),
        (_Depthwise, _RULES[rules.depthwise]()),
        (Convolution, _RULES[rules.convolution]()),
        (nn.Linear, Epsilon(STABILISER)),
    ]
    return LayerMapComposite(layers)


_RULES = {
    "epsilon": lambda: Epsilon(STABILISER),
    "z-plus": lambda: ZPlus(STABILISER, zero_params="bias"),
    "alpha2-beta1": lambda: AlphaBeta(2.0, 1.0, STABILISER, zero_params="bias"),
    "z-plus with biases": lambda: ZPlus(STABILISER),
    "alpha2-beta1 with biases": lambda: AlphaBeta(2.0, 1.0, STABILISER),
    "flat": lambda: Flat(STABILISER),
    "gamma": lambda: Gamma(GAMMA, STABILISER),
    PLUS_OR_FLAT: lambda: _PlusOrFlat(),
}


def _only(label: int):
    """The starting relevance: the logit itself at `label`, so that maps of all labels share one unit; 0 elsewhere."""

    def start(logits: torch.Tensor) -> torch.Tensor:
        relevance = torch.zeros_like(logits)
        relevance[:, label] = logits[:, label].detach()
        return relevance

    return start


class _PlusOrFlat(BasicHook):
    """zennit's ZPlus, and its Flat where no product is above zero."""

    def __init__(self) -> None:
        super().__init__()
        self._plus, self._flat = _RULES["z-plus"](), _RULES["flat"]()

    def copy(self) -> _PlusOrFlat:
        return _PlusOrFlat()

    def backward(
        self, module: _Depthwise, grad_input: Sequence[torch.Tensor], grad_output: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor | None, ...]:
        x, (relevance,) = self.stored_tensors["input"][0], grad_output
        self._plus.stored_tensors = self._flat.stored_tensors = self.stored_tensors
        with torch.no_grad():
            signs = (x.clamp(min=0), module.weight.clamp(min=0)), (x.clamp(max=0), module.weight.clamp(max=0))
            above = sum(module.operation.linear(part, weight) for part, weight in signs)
        plus, flat = (
            rule.backward(module, grad_input, (part,))[0]
            for rule, part in ((self._plus, relevance * (above != 0)), (self._flat, relevance * (above == 0)))
        )
        return tuple(plus + flat if original.shape == plus.shape else None for original in grad_input)


class _Convolution(nn.Conv2d):
    """With the edges that its operation has."""

    def __init__(self, operation: op.Convolution) -> None:
        outputs, inputs, height, width = operation.weight.shape
        super().__init__(inputs * operation.groups, outputs, (height, width), groups=operation.groups)
        self.operation = operation

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self.operation.linear(input, self.weight, self.bias)


class _Depthwise(_Convolution):
    """Follows a rule of its own."""


class _Input(_Convolution):
    """Reads the image, and follows a rule of its own."""


class _Unchanged(nn.Module):
    """An operation through which relevance passes unchanged."""

    def __init__(self, operation: op.Activation) -> None:
        super().__init__()
        self.operation = operation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.operation.apply(x)


class _Standardised(nn.Module):
    """A layer norm whose deviations are numbers."""

    def __init__(self, operation: op.Standardise) -> None:
        super().__init__()
        self.operation = operation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.operation.apply(x, self.operation.slope(x).detach())


class _Gated(nn.Module):
    def forward(self, signal: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
        return _Through.apply(signal, signal.detach() * gate.detach())


class _Through(torch.autograd.Function):
    """The value of one tensor, the relevance to another."""

    @staticmethod
    def forward(ctx: Any, source: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> tuple[torch.Tensor, None]:
        (relevance,) = grad_outputs
        return relevance, None


class _Plain(nn.Module):
    """An operation whose gradient is its rule: it moves values and changes none."""

    def __init__(self, operation: op.Operation) -> None:
        super().__init__()
        self.operation = operation

    def forward(self, *ins: torch.Tensor) -> torch.Tensor:
        return self.operation.apply(*ins)


class _Blur(_Plain):
    """A sum or a mean whose weights differ, as those between the cells of a map that is enlarged do."""


class _Sum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sum = Sum()

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return self.sum(torch.stack([a, b], dim=-1))


def _module(step: Step) -> nn.Module:
    operation = step.operation
    match operation:
        case op.Convolution(weight, bias):
            kind = _Input if step.is_input_layer else _Depthwise if operation.is_depthwise else _Convolution
            return _with(kind(operation), weight, bias)
        case op.Dense(weight, bias):
            outputs, inputs = weight.shape
            return _with(nn.Linear(inputs, outputs), weight, bias)
        case op.Affine(scale, shift):
            # torch 2.11 wants an eps above 0; 1 + eps is 1 in single and in double precision
            return _with(nn.BatchNorm2d(len(scale), eps=1e-30), scale, shift).to(scale.dtype)
        case op.Add():
            return _Sum()
        case op.Gate():
            return _Gated()
        case op.BlockMean(size):
            return nn.AvgPool2d(size)
        case op.WindowMean(kernel, stride, padding, ceil, counts_padding):
            return nn.AvgPool2d(kernel, stride, padding, ceil, counts_padding)
        case op.Blur() | op.Enlarge() | op.AtLeast() | op.SumParts():
            return _Blur(operation)
        case op.MeanPool(cells):
            return nn.AdaptiveAvgPool2d(cells)
        case op.Activation(function, name):
            return _Unchanged(op.Activation(function, name))
        case op.Standardise():
            return _Standardised(operation)
        case _:
            return _Plain(operation)


def _with(module: nn.Module, weight: torch.Tensor, bias: torch.Tensor) -> nn.Module:
    module.weight, module.bias = nn.Parameter(weight), nn.Parameter(bias)
    return module
