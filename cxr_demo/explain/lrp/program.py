"""A network as a short list of plain operations on which the rules of LRP are defined: a `Program`.

timm hides activations inside batch norms, adds residuals and multiplies gates in its forward methods; what reads
modules sees none of it and is wrong without a word. torch.fx sees all of it. On the way batch norms and layer scales
are merged into the layer that they alone read, and what is left is put in an order that rules can be applied to.

A program copies the weights, holds no module of the network and never changes: any number of threads may run it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from cxr_demo.explain.lrp import operations as op

ARGMAX, DENOMINATOR = " argmax", " denominator"


FusedDenominators = dict[str, tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, eq=False)
class Step:
    """`out` = `operation`(`ins`). `non_negative`: no input is ever below 0. `carries_relevance`: relevance passes
    through it, which it does not through what only computes a gate. `is_input_layer`: it reads the image."""

    out: str
    ins: tuple[str, ...]
    operation: op.Operation
    non_negative: bool = False
    carries_relevance: bool = False
    is_input_layer: bool = False


@dataclass(frozen=True, eq=False)
class Program:
    """`steps` in order, from the image `start` (1, C, S, S) to the logits `end` (1, L). `is_reordered`: some stand in
    another order than the network's, which has the same values at the ends."""

    steps: tuple[Step, ...]
    start: str
    end: str
    is_reordered: bool = False

    def values(self, x: torch.Tensor, fused: FusedDenominators | None = None) -> dict[str, torch.Tensor]:
        """x (N, C, S, S) -> every intermediate value by name, and with `ARGMAX` behind it what a maximum took; `end`
        are the logits (N, L).

        `fused`: of some convolutions, by `out`, weight and bias with as many rows again, for a second convolution
        of the same input; what that gives has `DENOMINATOR` behind its name. One product of twice the width costs less.
        """
        fused = fused or {}
        # A clone, because an image of one channel passes for channels last as it is, and every layer up to the next 3x3
        # convolution would take its order from it.
        values = {self.start: x.clone(memory_format=torch.channels_last)}
        for step in self.steps:
            ins = [values[name] for name in step.ins]
            operation = step.operation
            if isinstance(operation, op.MaxPool):
                values[step.out], values[step.out + ARGMAX] = operation.pooled(ins[0])
            elif isinstance(operation, op.Convolution) and step.out in fused:
                both = operation.linear(ins[0], *fused[step.out])
                values[step.out], values[step.out + DENOMINATOR] = both.chunk(2, dim=1)
            else:
                values[step.out] = operation.apply(*ins)
        return values

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether LRP-epsilon is plain gradient x input: all its non-linear operations are ReLU, LeakyReLU or a
        maximum."""
        bent = (step.operation for step in self.steps if not isinstance(step.operation, (*op.LINEAR, op.MaxPool)))
        return all(isinstance(operation, op.Activation) and operation.is_piecewise_linear for operation in bent)

    @property
    def curved_activations(self) -> tuple[str, ...]:
        """The names of the activations on the way of relevance that bend and go below 0: SiLU, Hardswish, GELU."""
        made = (step.operation for step in self.steps if step.carries_relevance)
        names = (made.name for made in made if isinstance(made, op.Activation))
        return tuple(dict.fromkeys(name for name in names if name not in (*op.PIECEWISE_LINEAR, *op.NON_NEGATIVE)))

    def to(self, dtype: torch.dtype) -> Program:
        return replace(
            self, steps=tuple(replace(s, operation=op.convert_operation(s.operation, dtype)) for s in self.steps)
        )
