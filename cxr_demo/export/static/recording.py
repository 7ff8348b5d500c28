"""A network's own arithmetic, recorded as a graph of torch's operations with its weights as inputs.

Recorded is what the product runs, not a copy of it: `Classifier.features` and `head`, `Propagator.share_out`. The
merging of batch norms, the parts of weights above zero and turned filters are operations of the graph too, so every
weight stands once, in the checkpoint's own file, and all graphs share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import fx, nn
from torch.func import functional_call, functionalize, vjp, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from cxr_demo.explain.cam import STEEPEST
from cxr_demo.explain.held_numbers import HeldNumbers
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.program import Program
from cxr_demo.explain.lrp.propagate import Propagator
from cxr_demo.explain.lrp.rules import Rules
from cxr_demo.explain.methods import METHODS
from cxr_demo.grids import Placement, find_finest_grid, join_placements, measure_overlaps
from cxr_demo.networks.card import Card
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import Ensemble, FeatureFusion, compute_member_probabilities

CAMS = ("grad-cam", "grad-cam-plus-plus", "hires-cam", "layer-cam")
Single = Classifier | FeatureFusion
Answer = Callable[..., dict[str, torch.Tensor]]


@dataclass(frozen=True, eq=False)
class Recording:
    """`graph`: its inputs are `inputs` by name and shape, then the tensors of `weights`, names of the network's state;
    it gives `outputs`, in this order."""

    graph: fx.GraphModule
    inputs: dict[str, tuple[int, ...]]
    weights: tuple[str, ...]
    outputs: tuple[str, ...]


def record_answers(checkpoint: Checkpoint, placements: Sequence[Placement]) -> Recording:
    """x (1, C, S, S), normalised -> "logits" (1, L), "explained" (1, L), what the maps explain, and each of `CAMS`
    (L, h, w); of an ensemble "members" (M, L), the members' own logits; of a network with one set of feature maps
    "features" (K, h, w).

    `placements`: where the cells of each member lie, of those that count, or of the single network."""
    card, model = checkpoint.card, checkpoint.model
    singles, factors = _list_singles(checkpoint)

    def answer(x: torch.Tensor) -> dict[str, torch.Tensor]:
        if isinstance(model, Ensemble):
            each = {member: _read_single(member, x) for member in model.members}
            own = torch.stack([read.logits for read in each.values()])
            logits = model.join(compute_member_probabilities(own, model.task, model.temperatures))
            found = [each[single] for single in singles if isinstance(single, Classifier)]
            explained = _add([one.logits for one in found], factors)
            maps = {key: _join_maps([one.maps[key] for one in found], factors, placements) for key in CAMS}
            return {"logits": logits, "explained": explained, "members": own[:, 0], **maps}
        (read,) = (_read_single(single, x) for single in singles)
        members = {} if isinstance(model, Classifier) else {"members": model.answers(x)[1][:, 0]}
        return {"logits": read.logits, "explained": read.logits, "features": read.features, **members, **read.maps}

    return _record(model, answer, {"x": _shape_input(card)})


def record_relevance(checkpoint: Checkpoint, method: str) -> Recording:
    """x, "onehot" (1, L): how many times each logit is explained -> "explained" (1, L), the logits that are, and
    "relevance" (S, S), signed, on the square."""
    card, model = checkpoint.card, checkpoint.model
    rules, (singles, factors) = METHODS[method].load_function(), _list_singles(checkpoint)

    def share_out(x: torch.Tensor, amounts: torch.Tensor) -> dict[str, torch.Tensor]:
        logits, maps = zip(*(_share_out(single, rules, card, x, amounts) for single in singles), strict=True)
        return {"explained": _add(logits, factors), "relevance": _add(maps, factors)[0]}

    return _record(model, share_out, {"x": _shape_input(card), "onehot": (1, len(card.labels))})


def record_network(model: nn.Module, inputs: dict[str, tuple[int, ...]], outputs: Sequence[str]) -> Recording:
    """The forward of any network, inputs of these shapes -> its outputs, which get these names."""

    def answer(*given: torch.Tensor) -> dict[str, torch.Tensor]:
        found = model(*given)
        return dict(zip(outputs, found if isinstance(found, tuple) else (found,), strict=True))

    return _record(model, answer, inputs)


@dataclass(frozen=True, eq=False)
class _Read:
    logits: torch.Tensor  # (1, L)
    features: torch.Tensor  # (K, h, w)
    maps: dict[str, torch.Tensor]  # each (L, h, w)


class _Wrapped(nn.Module):
    """Makes a function that asks a network into a module, whose weights can be given from outside."""

    def __init__(self, network: nn.Module, call: Answer) -> None:
        super().__init__()
        self.network, self._call = network, call

    def forward(self, *inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        return self._call(*inputs)


def _record(model: nn.Module, call: Answer, inputs: dict[str, tuple[int, ...]]) -> Recording:
    """`call` asks `model`, which has other weights meanwhile: nobody else may ask it."""
    wrapped, state = _Wrapped(model, call), {name: value.detach() for name, value in model.state_dict().items()}
    names = [name for name, value in state.items() if value.is_floating_point()]
    outputs: list[str] = []

    def run(*given: torch.Tensor) -> list[torch.Tensor]:
        values = {f"network.{name}": value for name, value in zip(names, given[len(inputs) :], strict=True)}
        found: dict[str, torch.Tensor] = functional_call(wrapped, values, given[: len(inputs)])
        outputs[:] = found
        return list(found.values())

    random = torch.Generator().manual_seed(0)
    example = [torch.rand(shape, generator=random) for shape in inputs.values()]
    with torch.no_grad():
        graph = make_fx(functionalize(run, remove="mutations"))(*example, *(state[name] for name in names))
    graph.graph.eliminate_dead_code()
    return Recording(graph, dict(inputs), tuple(names), tuple(outputs))


def _shape_input(card: Card) -> tuple[int, ...]:
    size_px = card.preprocess.size_px
    return 1, len(card.preprocess.mean), size_px, size_px


def _list_singles(checkpoint: Checkpoint) -> tuple[list[Single], list[float]]:
    """The networks whose maps count, and the factor of each: of an ensemble its members'."""
    model, made = checkpoint.model, checkpoint.card.ensemble
    if not isinstance(model, Ensemble):
        return [model], [1.0]
    if made is None:
        raise ValueError(f"{checkpoint.card.name} is an ensemble, and its card says nothing of it")
    counted = [at for at, factor in enumerate(made.factors) if factor]
    return [model.members[at] for at in counted], [made.factors[at] for at in counted]


def _read_single(network: Single, x: torch.Tensor) -> _Read:
    features = network.features(x)

    def head(read: torch.Tensor) -> torch.Tensor:
        with HeldNumbers():
            return network.head(read)[0]

    logits, pull, *_ = vjp(head, features)
    gradients = vmap(lambda one: pull(one)[0])(torch.eye(len(logits)))[:, 0]
    return _Read(network.head(features), features[0], _make_class_maps(features[0], gradients))


def _make_class_maps(features: torch.Tensor, gradients: torch.Tensor) -> dict[str, torch.Tensor]:
    """features (K, h, w), gradients (L, K, h, w) -> the maps of `CAMS`, by the formulas that `explain.cam` cites."""
    rising = gradients.clamp(min=0)
    steepest = gradients.abs().amax(dim=(1, 2, 3), keepdim=True)
    factor = STEEPEST / steepest.clamp(min=float(np.finfo(np.float32).tiny) * STEEPEST)
    scaled, read = gradients * factor, features / factor
    square = scaled * scaled
    alpha = square / (2 * square + read.sum(dim=(2, 3), keepdim=True) * (square * scaled) + 1e-6)
    weights = (scaled.clamp(min=0) * alpha).sum(dim=(2, 3), keepdim=True)
    return {
        "grad-cam": (gradients.mean(dim=(2, 3), keepdim=True) * features).sum(dim=1),
        "grad-cam-plus-plus": (weights * read).sum(dim=1),
        "hires-cam": (gradients * features).sum(dim=1),
        "layer-cam": (rising * features).sum(dim=1),
    }


def _join_maps(maps: Sequence[torch.Tensor], factors: Sequence[float], placements: Sequence[Placement]) -> torch.Tensor:
    """Maps (L, h_m, w_m), each times its factor -> their sum on the finest grid, as `explain.engine` adds them."""
    grids = [(map_.shape[-2], map_.shape[-1]) for map_ in maps]
    grid = find_finest_grid([np.empty(one) for one in grids])
    joined = join_placements(placements)
    parts = []
    for map_, own, placement in zip(maps, grids, placements, strict=True):
        if own != grid or placement != joined:
            before, after = placement.find_edges(own), joined.find_edges(grid)
            rows, columns = (
                torch.from_numpy((measure_overlaps(a, b) / np.diff(a)).astype(np.float32))
                for a, b in zip(before, after, strict=True)
            )
            map_ = rows @ map_ @ columns.T
        parts.append(map_)
    return _add(parts, factors)


def _add(parts: Sequence[torch.Tensor], factors: Sequence[float]) -> torch.Tensor:
    """Each times its factor."""
    first, *others = (part if factor == 1 else part * factor for part, factor in zip(parts, factors, strict=True))
    return sum(others, start=first)


def _share_out(
    network: Single, rules: Rules, card: Card, x: torch.Tensor, amounts: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    mean, std = (torch.tensor(values)[None, :, None, None] for values in (card.preprocess.mean, card.preprocess.std))
    program = _write_over_nothing(lower_network(network))
    return Propagator(program, ((0 - mean) / std, (1 - mean) / std)).share_out(rules, x, amounts)


def _write_over_nothing(program: Program) -> Program:
    """The same values; an operation that writes over its input cannot be recorded but by copies."""
    steps = (
        replace(step, operation=replace(step.operation, writes_over=False))
        if isinstance(step.operation, op.Activation)
        else step
        for step in program.steps
    )
    return replace(program, steps=tuple(steps))
