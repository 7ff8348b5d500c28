"""The same numbers from steps in an order that rules can be applied to, and that costs less."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.program import Step


def rewrite_steps(steps: list[Step], start: str, end: str) -> tuple[Step, ...]:
    """Steps as the network has them -> as a `Program` has them."""
    return _annotate(_relu_in_place(_share_concatenations(_pool_before_pointwise(_fold_affine(steps)))), start, end)


def _readers(steps: list[Step]) -> Counter:
    return Counter(name for step in steps for name in step.ins)


def _fold_affine(steps: list[Step]) -> list[Step]:
    """Fold every affine operation into the convolution or dense layer that it alone reads."""
    readers, renamed, merged = _readers(steps), {}, {}
    for step in steps:
        step = replace(step, ins=tuple(renamed.get(name, name) for name in step.ins))
        before = merged.get(step.ins[0]) if step.ins else None
        is_sole = before is not None and readers[step.ins[0]] == 1
        if isinstance(step.operation, op.Affine) and is_sole and isinstance(before.operation, op.WEIGHTED):
            merged[before.out] = replace(before, operation=op.scale_layer(before.operation, step.operation))
            renamed[step.out] = before.out
            readers[before.out] = readers[step.out]
        else:
            merged[step.out] = step
    return list(merged.values())


def _pool_before_pointwise(steps: list[Step]) -> list[Step]:
    """A mean over blocks before the 1x1 convolution that it alone reads: the same numbers from a quarter of the work,
    and the mean reads values after a ReLU, whose shares z-plus can divide by; behind the convolution they cancel."""
    readers, by_name = _readers(steps), {step.out: step for step in steps}
    swapped: dict[str, Step] = {}
    for step in steps:
        before = by_name.get(step.ins[0]) if step.ins else None
        is_pointwise = before and isinstance(before.operation, op.Convolution) and before.operation.is_pointwise
        if isinstance(step.operation, op.BlockMean) and is_pointwise and readers[before.out] == 1:
            swapped[before.out] = replace(step, out=before.out, ins=before.ins)
            swapped[step.out] = replace(before, out=step.out, ins=(before.out,))
    return [swapped.get(step.out, step) for step in steps]


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
    above_zero: set[str] = set()
    for place, step in enumerate(steps):
        inputs = all(name in above_zero for name in step.ins)
        if step.operation.keeps_above_zero(inputs):
            above_zero.add(step.out)
        steps[place] = replace(step, above_zero=inputs, first=start in step.ins)
    reached = {end}
    for place, step in reversed(list(enumerate(steps))):
        if step.out in reached:
            reached.update(step.ins[:1] if isinstance(step.operation, op.Gate) else step.ins)
            steps[place] = replace(step, explained=True)
    return tuple(steps)
