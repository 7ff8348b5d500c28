"""Where on the square the cells of a class activation map lie: a network's strides and paddings put them aside.

A 3 x 3 convolution of stride 2 that pads by 1 has its first output around the first pixel and not between the first
two. After five of them, as in a ResNet, cell i of 32 px stands on pixel 32 i, half a cell further up and left than
where cells that fill the square would be. So the middle of every cell's receptive field is followed through the
network (Araujo, Norris & Sim 2019, Computing Receptive Fields of Convolutional Neural Networks, Distill, eq. 3 and 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from cxr_demo.errors import ExplanationError
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.program import Program
from cxr_demo.explain.lrp.windows import (
    AtLeast,
    BlockMean,
    Blur,
    Edges,
    MaxPool,
    MeanPool,
    Pad,
    WindowMean,
    find_same_edges,
)
from cxr_demo.grids import Placement
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import FeatureFusion

DRAWS = 8  # images of noise through a network that cannot be followed
SEED = 0


@dataclass(frozen=True)
class Centres:
    """The middles of the receptive fields of a value's rows and columns: that of cell i is `first` + i `step`, both
    (down, right) in pixels of the square."""

    first: tuple[float, float]
    step: tuple[float, float]


@dataclass(frozen=True)
class Window:
    """What a layer reads for each output, along rows and columns: `kernel` places, each `dilation` apart, `before` of
    them before the first. Of a map that is made larger they are fractions of a place."""

    kernel: tuple[float, float]
    stride: tuple[float, float] = (1, 1)
    before: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)


def locate_cells(model: Classifier | FeatureFusion, size_px: int) -> Placement:
    """The placement of what the global pooling of a network in eval mode reads, for squares of `size_px`.

    By arithmetic where the network can be lowered to a program, measured where it cannot. Of joined networks it is the
    mean of the members', whose maps are resized to one grid. Costs a forward, or about 25 where it is measured.
    """
    if isinstance(model, FeatureFusion):
        return _average_placements([locate_cells(member, size_px) for member in model.members])
    x = _make_noise(model, size_px)
    try:
        with torch.no_grad():
            centres, grid = follow_centres(lower_network(model), x)
    except ExplanationError:
        return _measure_cells(model, x)
    rows, columns = (
        ((first - step / 2) / size_px, (first + (cells - 0.5) * step) / size_px)
        for first, step, cells in zip(centres.first, centres.step, grid, strict=True)
    )
    return Placement(rows, columns)


def follow_centres(program: Program, x: torch.Tensor) -> tuple[Centres, tuple[int, int]]:
    """x (1, C, S, S) -> where the cells that the global pooling reads have their middles, and their grid (h, w).

    Where branches with unlike middles meet, each counts by how much its values vary over the places of x. Between
    branches with the same middles, as in most networks, that decides nothing and the answer is exact.

    Raises ExplanationError where the way to the pooling leads through what has no places.
    """
    read = _find_pooled(program)
    values, known = {program.start: x}, {program.start: Centres((0.5, 0.5), (1.0, 1.0))}
    for step in program.steps:
        ins = [values[name] for name in step.ins]
        values[step.out] = step.operation.apply(*ins)
        sources = [(known[name], values[name]) for name in step.ins if name in known]
        if sources and values[step.out].dim() == 4 and not isinstance(step.operation, MeanPool):
            window = _find_window(step.operation, ins[0])
            known[step.out] = _move_centres(_join_centres(sources), window)
        if read in values:
            break
    if read not in known:
        raise ExplanationError("refusal-no-places")
    rows, columns = values[read].shape[2:]
    return known[read], (rows, columns)


def _find_pooled(program: Program) -> str:
    """What the last pooling on the way to the logits reads."""
    made = {step.out: step for step in program.steps}
    step = made[program.end]
    while not isinstance(step.operation, MeanPool):
        if step.ins[0] not in made:
            raise ExplanationError("refusal-no-pooling")
        step = made[step.ins[0]]
    return step.ins[0]


def _find_window(operation: op.Operation, source: torch.Tensor) -> Window:
    size = source.shape[2:]
    match operation:
        case op.Convolution():
            kernel = (operation.weight.shape[2], operation.weight.shape[3])
            shape = kernel, operation.stride, operation.dilation
            left, _, top, _ = find_same_edges(size, *shape) if operation.is_same else operation.edges
            before = operation.padding[0] + top, operation.padding[1] + left
            return Window(kernel, operation.stride, before, operation.dilation)
        case MaxPool():
            return Window(*map(_pair, (operation.kernel, operation.stride, operation.padding, operation.dilation)))
        case BlockMean():
            return Window(_pair(operation.size), _pair(operation.size))
        case WindowMean():
            return Window(operation.kernel, operation.stride, operation.padding)
        case Blur():
            return Window((operation.weight.shape[0], operation.weight.shape[1]), _pair(operation.stride))
        case AtLeast():
            share = [length / max(operation.cells, length) for length in size]
            return Window((share[0], share[1]), (share[0], share[1]))
        case Pad():
            edges: Edges = find_same_edges(size, *operation.same) if operation.same else operation.edges
            return Window((1, 1), before=(edges[2], edges[0]))
    return Window((1, 1))


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def _move_centres(centres: Centres, window: Window) -> Centres:
    moved = [
        (first + step * (dilation * (kernel - 1) / 2 - before), step * stride)
        for first, step, kernel, stride, before, dilation in zip(
            centres.first, centres.step, window.kernel, window.stride, window.before, window.dilation, strict=True
        )
    ]
    (top, down), (left, right) = moved
    return Centres((top, left), (down, right))


def _join_centres(sources: list[tuple[Centres, torch.Tensor]]) -> Centres:
    (first, _), *others = sources
    if all(centres == first for centres, _ in others):
        return first
    weights = [float(value.var(dim=(2, 3), correction=0).sum()) for _, value in sources]
    weights = weights if sum(weights) > 0 else None  # of a single cell nothing varies: all count the same
    top, left = np.average([centres.first for centres, _ in sources], axis=0, weights=weights)
    return Centres((float(top), float(left)), first.step)


def _average_placements(placements: list[Placement]) -> Placement:
    rows, columns = np.mean([(each.rows, each.columns) for each in placements], axis=0).tolist()
    return Placement((rows[0], rows[1]), (columns[0], columns[1]))


def _make_noise(model: nn.Module, size_px: int) -> torch.Tensor:
    weight = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d)).weight
    random = torch.Generator().manual_seed(SEED)
    noise = torch.randn(1, weight.shape[1], size_px, size_px, generator=random)
    return noise.to(weight)


def _measure_cells(model: Classifier, x: torch.Tensor) -> Placement:
    """By the centroid of the squared gradient of the cells in the middle, with random signs of their channels, with
    respect to images of noise. How far cells stand apart tells a square of twice the side, where the network takes it.
    """
    size_px, random = x.shape[-1], torch.Generator().manual_seed(SEED)
    centres = (np.arange(size_px) + 0.5) / size_px
    total = torch.zeros(size_px, size_px)
    grid = (0, 0)
    for _ in range(DRAWS):
        image = torch.randn(x.shape, generator=random).to(x).requires_grad_()
        with torch.enable_grad():
            features = model.features(image)
            grid = features.shape[-2], features.shape[-1]
            middle = features[0, :, *(slice(cells // 3, cells - cells // 3) for cells in grid)]
            signs = torch.randn(middle.shape, generator=random).to(x)
            (gradient,) = torch.autograd.grad((middle * signs).sum(), image)
        total += gradient[0].square().sum(dim=0).float()
    weights = (total / total.sum()).numpy()
    middles = float(weights.sum(1) @ centres), float(weights.sum(0) @ centres)
    sides = _measure_sides(model, x, grid)
    rows, columns = ((at - side / 2, at + side / 2) for at, side in zip(middles, sides, strict=True))
    return Placement(rows, columns)


def _measure_sides(model: Classifier, x: torch.Tensor, grid: tuple[int, int]) -> tuple[float, float]:
    """What all rows and all columns of cells take up, in shares of the square's side."""
    try:
        with torch.no_grad():
            larger = model.features(x.new_zeros(1, x.shape[1], 2 * x.shape[2], 2 * x.shape[3])).shape[2:]
    except (RuntimeError, AssertionError, ValueError):  # as networks say that a size does not fit
        return 1.0, 1.0
    rows, columns = (cells / (more - cells) if more > cells else 1.0 for cells, more in zip(grid, larger, strict=True))
    return rows, columns
