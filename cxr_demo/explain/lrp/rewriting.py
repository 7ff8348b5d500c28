"""The same numbers from steps in an order that rules can be applied to, and that costs less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.program import Program, Step


def rewrite_steps(steps: list[Step], start: str, end: str, keeps_order: bool = False) -> Program:
    """Steps as the network has them -> its program."""
    steps = _fold_affine(_fold_padding(steps))
    written = [step.operation for step in steps]
    steps = steps if keeps_order else _pool_before_pointwise(steps)
    is_reordered = any(step.operation is not operation for step, operation in zip(steps, written, strict=True))
    return Program(_annotate(_relu_in_place(_share_concatenations(steps)), start, end), start, end, is_reordered)


def _readers(steps: list[Step]) -> Counter[str]:
    return Counter(name for step in steps for name in step.ins)


def _fold_padding(steps: list[Step]) -> list[Step]:
    """Zeros around a map that one convolution alone reads become its own edges: the rules that share out by the places
    that an output reads then see that no pixel lies there."""
    readers, by_name = _readers(steps), {step.out: step for step in steps}
    folded: dict[str, Step] = {}
    gone: set[str] = set()
    for step in steps:
        before, layer = _sole_source(step, by_name, readers), step.operation
        pad = before and before.operation
        if not (before and isinstance(layer, op.Convolution) and isinstance(pad, op.Pad) and pad.is_zeros):
            continue
        if not (layer.is_same or any(layer.edges)):
            gone.add(before.out)
            folded[step.out] = replace(step, ins=before.ins, operation=replace(layer, edges=pad.edges))
    return [folded.get(step.out, step) for step in steps if step.out not in gone]


def _fold_affine(steps: list[Step]) -> list[Step]:
    """Fold every affine operation into the convolution or dense layer that it alone reads."""
    readers = _readers(steps)
    renamed: dict[str, str] = {}
    folded: dict[str, Step] = {}
    for step in steps:
        step = replace(step, ins=tuple(renamed.get(name, name) for name in step.ins))
        before = _sole_source(step, folded, readers)
        if isinstance(step.operation, op.Affine) and before and isinstance(before.operation, op.WEIGHTED):
            folded[before.out] = replace(before, operation=op.scale_layer(before.operation, step.operation))
            renamed[step.out] = before.out
            readers[before.out] = readers[step.out]
        else:
            folded[step.out] = step
    return list(folded.values())


def _pool_before_pointwise(steps: list[Step]) -> list[Step]:
    """A mean over blocks before the 1x1 convolution that it alone reads: the same numbers from a quarter of the work,
    and the mean reads values after a ReLU, whose shares z-plus can divide by; behind the convolution they cancel."""
    readers, by_name = _readers(steps), {step.out: step for step in steps}
    swapped: dict[str, Step] = {}
    for step in steps:
        before = _sole_source(step, by_name, readers)
        layer = before and before.operation
        is_pointwise = isinstance(layer, op.Convolution) and layer.is_pointwise
        if before and is_pointwise and isinstance(step.operation, op.BlockMean):
            swapped[before.out] = replace(step, out=before.out, ins=before.ins)
            swapped[step.out] = replace(before, out=step.out, ins=(before.out,))
    return [swapped.get(step.out, step) for step in steps]


def _sole_source(step: Step, by_name: Mapping[str, Step], readers: Counter[str]) -> Step | None:
    """The step that makes the first input of another, if nobody else reads it."""
    before = by_name.get(step.ins[0]) if step.ins else None
    return before if before and readers[before.out] == 1 else None


def _share_concatenations(steps: list[Step]) -> list[Step]:
    """A concatenation that begins with all of an earlier one reads that one: a dense block's many share their sums."""
    whole: dict[tuple[str, ...], str] = {}
    nested = []
    for step in steps:
        if isinstance(step.operation, op.Concatenate):
            full = step.ins
            earlier = next((full[:n] for n in range(len(full) - 1, 1, -1) if full[:n] in whole), None)
            if earlier:
                step = replace(step, ins=(whole[earlier], *full[len(earlier) :]))
            whole[full] = step.out
        nested.append(step)
    return nested


def _relu_in_place(steps: list[Step]) -> list[Step]:
    """ReLUs write over what they alone read. The rules divide by that value, and at a ReLU all relevance is a multiple
    of what it lets through: where that is 0 nothing is divided, elsewhere it is the value itself."""
    readers = _readers(steps)
    made = {step.out: step.operation for step in steps}

    def thrifty(step: Step) -> Step:
        operation, source = step.operation, step.ins[0]
        fresh = isinstance(made.get(source), (op.Convolution, op.Dense, op.Affine, op.Add)) and readers[source] == 1
        is_relu = isinstance(operation, op.Activation) and operation.is_relu
        return replace(step, operation=replace(operation, writes_over=True)) if is_relu and fresh else step

    return [thrifty(step) for step in steps]


def _annotate(steps: list[Step], start: str, end: str) -> tuple[Step, ...]:
    non_negative: set[str] = set()
    for place, step in enumerate(steps):
        inputs = all(name in non_negative for name in step.ins)
        if step.operation.keeps_non_negative(inputs):
            non_negative.add(step.out)
        steps[place] = replace(step, non_negative=inputs, is_input_layer=start in step.ins)
    reached = {end}
    for place, step in reversed(list(enumerate(steps))):
        if step.out in reached:
            reached.update(step.ins[:1] if isinstance(step.operation, op.Gate) else step.ins)
            steps[place] = replace(step, carries_relevance=True)
    return tuple(steps)
