"""Layer-wise relevance propagation as a plain tensor program: no hooks, no autograd, nothing that changes.

One forward of one film keeps every value; one sweep back carries the relevance of many labels at once. What is divided
by a denominator is known for the film and not for each label, so the relevance of a value travels as coefficients
(labels) times a factor (film), and is multiplied out only where several readers of one value meet.

Relevance starts as the logit of the label. Whatever a bias carries stays with it and is left out of the map.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F

from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.accumulator import RelevanceAccumulator
from cxr_demo.explain.lrp.program import ARGMAX, DENOMINATOR, FusedDenominators, Program, Step
from cxr_demo.explain.lrp.rules import EXCITING, GAMMA, INHIBITING, PLUS_OR_FLAT, SHARES, Rules, Share

# Only keeps 0 / 0 away, so as small as float32 carries easily: what is divided is a product with the same activation,
# and does not grow when that vanishes. Measured on a DenseNet-121 against gradient x input, relative distance: 1e-4
# gives 6e-2, zennit's own 1e-6 gives 4e-3, 1e-9 gives 3e-4, 1e-12 gives 9e-7.
STABILISER = 1e-12

# Labels go down together while what one step reads for all of them is smaller than this, then in halves: products and
# sums then work in the processor's cache and in memory that is used again. Measured in processor time of 14 maps of a
# DenseNet-121, one thread, medians: all together 1.22 s, by 16 MB 1.12, by 8 MB 1.07, by 4 MB 1.11 and twice the steps.
TOGETHER_BYTES = 8 * 2**20


Bounds = tuple[torch.Tensor, torch.Tensor]


class Propagator:
    """LRP on one program. Weights are split and turned at the first use of a rule, and kept; safe for threads.

    `bounds`: what the normalised image can be at least and at most, each (1, C, 1, 1), which the box rule needs."""

    def __init__(self, program: Program, bounds: Bounds | None = None) -> None:
        self.program, self.bounds = program, bounds
        self._parts: dict[tuple[str, str, bool], torch.Tensor] = {}
        self._lock = threading.Lock()

    def relevance(self, rules: Rules, x: torch.Tensor, labels: Sequence[int]) -> torch.Tensor:
        """x (1, C, S, S), normalised -> relevance of each label's logit (len(labels), S, S), summed over channels."""
        with torch.inference_mode():
            logits, sweep = self._start_sweep(rules, x)
            start = torch.zeros(len(labels), logits.shape[1], dtype=logits.dtype)
            start[range(len(labels)), list(labels)] = logits[0, list(labels)]
            return sweep.run(start).sum(dim=1)

    def share_out(self, rules: Rules, x: torch.Tensor, amounts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x (1, C, S, S), how many times each logit is explained (N, L) -> logits (1, L), relevance (N, S, S) of the
        sums. Like `relevance`, from tensors alone, so that it can be recorded."""
        logits, sweep = self._start_sweep(rules, x)
        return logits, sweep.run(logits * amounts).sum(dim=1)

    def _start_sweep(self, rules: Rules, x: torch.Tensor) -> tuple[torch.Tensor, _Sweep]:
        values = self.program.values(x, self._fuse_denominators(rules))
        return values[self.program.end], _Sweep(self, rules, values)

    def _fuse_denominators(self, rules: Rules) -> FusedDenominators:
        """The convolutions whose denominator is one other convolution of the same input, with the weights of both."""
        return {
            step.out: (
                self.get_weights(step, layer, "fused", False),
                self.get_weights(step, layer, "fused bias", False),
            )
            for step in self.program.steps
            if step.carries_relevance
            and isinstance(layer := step.operation, op.Convolution)
            and rules.fuses_denominator(step)
        }

    def get_weights(self, step: Step, layer: op.Convolution, sign: str, turned: bool) -> torch.Tensor:
        """The weights of a convolution, above or below zero or all, turned for the way back or not; "ones": as many
        ones; "fused": all of them and below them those above zero, "fused bias": their biases, the stabiliser for the
        second."""
        key = step.out, sign, turned
        part = self._parts.get(key)
        if part is None:
            with self._lock:  # and looked up again: whoever held it before may have made it
                part = self._parts.get(key)
                if part is None:
                    part = self._parts[key] = _split_weights(layer, sign, turned)
        return part

    def forget(self) -> None:
        """Let go of all parts, which for all rules take eight times the network's memory; a rule that is used again
        makes its own again."""
        with self._lock:
            self._parts = {}


class _Sweep:
    """The way back through one film's values."""

    def __init__(self, weights: Propagator, rules: Rules, values: dict[str, torch.Tensor]) -> None:
        self._weights, self._rules, self._values = weights, rules, values
        self._reached: dict[str, RelevanceAccumulator] = {}
        self._of_image: dict[tuple[str, ...], torch.Tensor] = {}  # what all labels are divided by or multiplied with

    def run(self, start: torch.Tensor) -> torch.Tensor:
        """start (L, number of logits) -> relevance of the image's values (L, C, S, S)."""
        steps = self._weights.program.steps
        self._accumulator(self._weights.program.end).add(start)
        return self._sweep_down([step for step in reversed(steps) if step.carries_relevance], len(start))

    def _sweep_down(self, steps: list[Step], labels: int) -> torch.Tensor:
        for place, step in enumerate(steps):
            if step.out not in self._reached:
                continue
            if labels > 1 and labels * self._values[step.ins[0]].nbytes > TOGETHER_BYTES:
                return self._split_labels(steps[place:], labels)
            self._propagate_step(step, self._reached.pop(step.out))
        return self._reached[self._weights.program.start].sum_terms()

    def _split_labels(self, steps: list[Step], labels: int) -> torch.Tensor:
        """The same, one half of the labels after the other."""
        reached, found, half = self._reached, [], labels // 2
        for count, part in ((half, slice(half)), (labels - half, slice(half, None))):
            self._reached = {name: r.select_labels(part) for name, r in reached.items()}
            found.append(self._sweep_down(steps, count))
        return torch.cat(found)

    def _accumulator(self, name: str) -> RelevanceAccumulator:
        return self._reached.setdefault(name, RelevanceAccumulator())

    def _keep(self, make: Callable[[], torch.Tensor], *key: str) -> torch.Tensor:
        """A value of the film, made for the first labels and kept for the others."""
        if key not in self._of_image:
            self._of_image[key] = make()
        return self._of_image[key]

    def _divide(self, r: RelevanceAccumulator, denominator: Callable[[], torch.Tensor], *key: str) -> torch.Tensor:
        """r divided by a value (1, K, ...) of the film; for a single product once for all labels."""
        coefficients, factor = r.get_single_product()
        if factor is None:
            return coefficients / self._keep(denominator, *key)
        return coefficients * self._keep(lambda: factor / denominator(), *key)

    def _divide_by_output(self, r: RelevanceAccumulator, step: Step) -> torch.Tensor:
        return self._divide(r, lambda: _stabilise(self._values[step.out]), step.out)

    def _propagate_step(self, step: Step, r: RelevanceAccumulator) -> None:
        source = step.ins[0]
        x = self._values[source]
        match step.operation:
            case op.Convolution() as layer:
                self._propagate_convolution(step, layer, r)
            case op.Dense() as dense:
                s = self._divide_by_output(r, step)
                self._accumulator(source).add(s @ dense.weight, x)
            case op.Activation() | op.Gate():
                r.forward_to(self._accumulator(source))
            case op.Affine() | op.Standardise() if self._rules.norm == "pass":
                r.forward_to(self._accumulator(source))
            case op.Affine() as affine:
                s = self._divide_by_output(r, step)
                weighted = self._keep(lambda: x * op.broadcast_channels(affine.scale, x), step.out, "scale")
                self._accumulator(source).add(s, weighted)
            case op.Standardise() as norm:
                s = self._divide_by_output(r, step) * self._keep(lambda: norm.slope(x), step.out, "slope")
                self._accumulator(source).add(s - s.mean(dim=1, keepdim=True), x)
            case op.Add():
                s = self._divide_by_output(r, step)
                for name in step.ins:
                    self._accumulator(name).add(s, self._values[name])
            case (
                op.BlockMean()
                | op.WindowMean()
                | op.Blur()
                | op.Enlarge()
                | op.MeanPool()
                | op.AtLeast()
                | op.SumParts() as pool
            ):
                s = self._divide_by_output(r, step)
                self._accumulator(source).add(pool.transposed(s, x.shape[2:]), x)
            case op.MaxPool():
                argmax = self._values[step.out + ARGMAX]
                self._accumulator(source).add_owned(
                    _scatter_to_argmax(r.sum_terms(), argmax, x.shape, self._feeds_flat_rule(source))
                )
            case op.Concatenate():
                parts = r.sum_terms().split([self._values[name].shape[1] for name in step.ins], dim=1)
                for name, part in zip(step.ins, parts, strict=True):
                    self._accumulator(name).add_owned(part, is_ours=False)
            case op.Half() as half:
                total = r.sum_terms()
                rest = x.shape[1] - total.shape[1]
                room = (rest, 0) if half.place else (0, rest)
                self._accumulator(source).add_owned(F.pad(total, (0, 0, 0, 0, *room)))
            case op.Slice() as part:
                room = part.count_others(x.shape[1])
                self._accumulator(source).add_owned(F.pad(r.sum_terms(), (0, 0, 0, 0, *room)))
            case op.Pad() as pad:
                self._accumulator(source).add_owned(pad.gathered(r.sum_terms(), x.shape[2:]))
            case op.Shuffle() as shuffle:
                self._accumulator(source).add_owned(r.sum_terms()[:, shuffle.order(x.shape[1]).argsort()])
            case op.Flatten():
                self._accumulator(source).add_owned(r.sum_terms().reshape(-1, *x.shape[1:]))

    def _feeds_flat_rule(self, name: str) -> bool:
        """Whether the relevance of a value goes to the flat rule and nowhere else, which adds up its channels."""
        if self._rules.first != "flat":
            return False
        steps = self._weights.program.steps
        if sum(name in step.ins for step in steps) != 1:
            return False
        for maker in steps:
            if maker.out == name and isinstance(maker.operation, op.Convolution):
                return maker.is_input_layer
            if maker.out == name and isinstance(maker.operation, op.Activation):
                return self._feeds_flat_rule(maker.ins[0])
        return False

    def _propagate_convolution(self, step: Step, layer: op.Convolution, r: RelevanceAccumulator) -> None:
        rule = self._rules.choose_rule(step)
        apart = {
            "flat": self._propagate_flat,
            "box": self._propagate_box,
            "gamma": self._propagate_gamma,
            PLUS_OR_FLAT: self._propagate_plus_or_flat,
        }
        if rule in apart:
            apart[rule](step, layer, r)
            return
        for share in SHARES[rule]:
            s = self._divide(r, lambda share=share: self._denominator(step, layer, share), step.out, str(share.factor))
            self._hand_down(step, layer, share, s)

    def _hand_down(self, step: Step, layer: op.Convolution, share: Share, s: torch.Tensor) -> None:
        """Relevance over denominator (L, K, h, w) of one share -> to what the convolution reads."""
        for sign, of_weight in share.list_pairs(step):
            a, part = self._take_input(step, sign), self._weights.get_weights(step, layer, of_weight, True)
            self._accumulator(step.ins[0]).add(layer.transposed(s, part, a.shape[2:]), a)

    def _denominator(self, step: Step, layer: op.Convolution, share: Share) -> torch.Tensor:
        """Of one share of a convolution's relevance, (1, K, h, w), `share.factor` in it."""
        if share.bias == "all":
            return _stabilise(self._values[step.out])
        if step.out + DENOMINATOR in self._values:
            return self._values[step.out + DENOMINATOR]
        total = self._sum_products(step, layer, share)
        if share.bias:
            total += _take_sign(layer.bias, share.bias)[:, None, None]
        total += math.copysign(STABILISER, share.factor)  # these products are all of one sign, the factor's
        return total if share.factor == 1 else total.div_(share.factor)

    def _sum_products(self, step: Step, layer: op.Convolution, share: Share) -> torch.Tensor:
        """Of the pairs of one share, (1, K, h, w), ours to write on."""
        first, *others = (
            layer.linear(self._take_input(step, sign), self._weights.get_weights(step, layer, of_weight, False))
            for sign, of_weight in share.list_pairs(step)
        )
        for products in others:
            first.add_(products)
        return first

    def _propagate_gamma(self, step: Step, layer: op.Convolution, r: RelevanceAccumulator) -> None:
        """What pushes an output the way it goes counts 1 + gamma times, its bias too (Montavon et al. 2019, section
        10.2; for inputs of both signs Andeol et al. 2021, Learning Domain Invariant Representations)."""
        weigh = functools.cache(lambda: self._weigh_gamma(step, layer))
        for place, (name, share) in enumerate((("exciting", EXCITING), ("inhibiting", INHIBITING))):
            s = self._divide(r, lambda place=place: weigh()[place], step.out, name)
            self._hand_down(step, layer, share, s)

    def _weigh_gamma(self, step: Step, layer: op.Convolution) -> tuple[torch.Tensor, torch.Tensor]:
        """What the relevance of an output, (1, K, h, w) each, is divided by on its way to the inputs whose products
        with the weights are above zero and to those whose are below. z is computed anew: a ReLU may have written over
        it, and a depthwise layer behind that may hand relevance to what it has set to 0."""
        x = self._values[step.ins[0]]
        z = layer.linear(x, self._weights.get_weights(step, layer, "all", False), layer.bias)
        bias = op.broadcast_channels(layer.bias, z)
        above = self._sum_products(step, layer, EXCITING)
        below = z - bias - above
        pushed = torch.where(z > 0, above + bias.clamp(min=0), below + bias.clamp(max=0))
        whole = torch.where(z == 0, math.inf, _stabilise(z + GAMMA * pushed))
        more = whole / (1 + GAMMA)
        return torch.where(z > 0, more, whole), torch.where(z > 0, whole, more)

    def _propagate_box(self, step: Step, layer: op.Convolution, r: RelevanceAccumulator) -> None:
        """Shares of x w - low w+ - high w-, in which biases cancel (Montavon et al. 2017, Pattern Recognition 65,
        eq. 16). As (x - low) w+ + (x - high) w-: over black a filter without weights below 0 has no share to give, and
        the first form would divide what rounding leaves of it by the stabiliser."""
        if self._weights.bounds is None:
            raise ValueError("the box rule needs the bounds of the image")
        x = self._values[step.ins[0]]
        parts = [(sign, x - bound) for sign, bound in zip(("above", "below"), self._weights.bounds, strict=True)]

        def denominator() -> torch.Tensor:
            above, below = (
                layer.linear(part, self._weights.get_weights(step, layer, sign, False)) for sign, part in parts
            )
            return above.add_(below).add_(STABILISER)

        s = self._divide(r, denominator, step.out, "box")
        for sign, part in parts:
            turned = self._weights.get_weights(step, layer, sign, True)
            self._accumulator(step.ins[0]).add(layer.transposed(s, turned, x.shape[2:]), part)

    def _propagate_plus_or_flat(self, step: Step, layer: op.Convolution, r: RelevanceAccumulator) -> None:
        """z-plus; where no product is above zero, evenly over the places that the output reads in its channel."""
        x, (share,) = self._values[step.ins[0]], SHARES["z-plus"]
        total = self._keep(lambda: self._sum_products(step, layer, share), step.out, "products")
        s = self._divide(r, lambda: torch.where(total == 0, math.inf, total + STABILISER), step.out, "where above")
        self._hand_down(step, layer, share, s)
        ones, turned = (self._weights.get_weights(step, layer, "ones", turned) for turned in (False, True))
        places = self._keep(lambda: layer.linear(torch.ones_like(x), ones), step.out, "places")
        s = self._divide(r, lambda: torch.where(total == 0, places, math.inf), step.out, "where nothing")
        self._accumulator(step.ins[0]).add(layer.transposed(s, turned, x.shape[2:]))

    def _take_input(self, step: Step, sign: str) -> torch.Tensor:
        """What a convolution reads, above or below zero or all of it."""
        x = self._values[step.ins[0]]
        if sign == "all" or step.non_negative:
            return x
        return self._keep(lambda: _take_sign(x, sign), step.ins[0], sign)

    def _propagate_flat(self, step: Step, layer: op.Convolution, r: RelevanceAccumulator) -> None:
        """Evenly over the places that an output reads (Lapuschkin et al. 2019), and over the channels of each."""
        x = self._values[step.ins[0]]
        if layer.groups != 1:
            raise ValueError("the first convolution reads its channels apart from each other")
        height, width = layer.weight.shape[2:]
        even = replace(layer, weight=x.new_ones(1, 1, height, width), bias=x.new_zeros(1))
        places = self._keep(lambda: even.apply(torch.ones_like(x[:, :1])), step.out)
        s = r.sum_terms().sum(dim=1, keepdim=True) / places
        spread = even.transposed(s, even.turned(even.weight), x.shape[2:])
        self._accumulator(step.ins[0]).add((spread / x.shape[1]).expand(-1, x.shape[1], -1, -1))


def _split_weights(layer: op.Convolution, sign: str, turned: bool) -> torch.Tensor:
    if sign == "fused bias":
        return torch.cat([layer.bias, torch.full_like(layer.bias, STABILISER)])
    if sign == "fused":
        weight = torch.cat([layer.weight, layer.weight.clamp(min=0)])
    else:
        weight = torch.ones_like(layer.weight) if sign == "ones" else _take_sign(layer.weight, sign)
    return (layer.turned(weight) if turned else weight).contiguous(memory_format=torch.channels_last)


def _stabilise(z: torch.Tensor) -> torch.Tensor:
    """z + epsilon sign z; the sign of 0 is 1."""
    return z + torch.copysign(torch.tensor(STABILISER, dtype=z.dtype), z)


def _take_sign(values: torch.Tensor, sign: str) -> torch.Tensor:
    if sign == "all":
        return values
    return values.clamp(min=0) if sign == "above" else values.clamp(max=0)


def _scatter_to_argmax(r: torch.Tensor, argmax: torch.Tensor, shape: torch.Size, summed: bool) -> torch.Tensor:
    """r (L, K, h', w') to the places argmax (1, K, h', w') of (L, K, h, w), zero elsewhere; `summed` over K at once,
    (L, 1, h, w)."""
    if summed:
        there = r.new_zeros(len(r), shape[2] * shape[3])
        # Read in the order in which both lie in memory.
        places = argmax.permute(0, 2, 3, 1).reshape(1, -1).expand(len(r), -1)
        there.scatter_add_(1, places, r.permute(0, 2, 3, 1).reshape(len(r), -1))
        return there.reshape(len(r), 1, *shape[2:])
    there = r.new_zeros(len(r), shape[1], shape[2] * shape[3])
    there.scatter_add_(2, argmax.flatten(2).expand(len(r), -1, -1), r.flatten(2))
    return there.reshape(len(r), *shape[1:])
