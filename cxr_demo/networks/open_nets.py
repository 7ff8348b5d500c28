"""Any convolutional network of timm or torchvision by its name, and where in it the global pooling stands.

A network is refused in one sentence where its pooling reads no grid of cells or its last layer is not linear. That the
parts found here are the network, each checkpoint's proof measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from timm.layers.adaptive_avgmax_pool import FastAdaptiveAvgPool, SelectAdaptivePool2d
from timm.models import adapt_input_conv, get_notrace_modules
from torch import fx, nn
from torchvision import models

from cxr_demo.errors import CheckpointError
from cxr_demo.networks.tracing import TRACING, SafeTracer
from cxr_demo.text.catalogue import Words, say

POOLS = (SelectAdaptivePool2d, nn.AdaptiveAvgPool2d, FastAdaptiveAvgPool)
PROBE_SIZES_PX = (64, 128, 224)  # the first that a network takes tells what its parts give
SIZE_ERRORS = (RuntimeError, AssertionError, ValueError, TypeError)  # as networks say that a size does not fit


class PooledLinear(nn.Linear):
    """What a 1x1 convolution of pooled features (N, K, 1, 1) is: a linear layer, -> (N, L)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.flatten(1))


@dataclass(frozen=True, eq=False)
class Split:
    """A network cut where its global pooling reads, as two graphs that run its own layers, as in eval mode."""

    before: fx.Graph  # images -> what the pooling reads
    behind: fx.Graph  # that -> logits

    def features(self, net: nn.Module, x: torch.Tensor) -> torch.Tensor:
        return fx.Interpreter(net, graph=self.before).run(x)

    def head(self, net: nn.Module, features: torch.Tensor) -> torch.Tensor:
        return fx.Interpreter(net, graph=self.behind).run(features)


def make_torchvision_net(name: str, labels: int, channels: int, *, pretrained: bool) -> nn.Module:
    """torchvision's own network under its own names, with a new output layer; auxiliary outputs are left out."""
    options = {"aux_logits": False, "init_weights": True} if name in ("googlenet", "inception_v3") else {}
    net = models.get_model(name, weights="DEFAULT" if pretrained else None, **({} if pretrained else options))
    path, output = find_output(net, name)
    net.set_submodule(path, nn.Linear(output.in_features, labels))
    first = next(layer for layer in net.modules() if isinstance(layer, nn.Conv2d))
    first.weight = nn.Parameter(adapt_input_conv(channels, first.weight.detach()))
    first.in_channels = channels
    return net


def linearise_output(net: nn.Module) -> None:
    """Put a linear layer of the same name and numbers in the place of a last 1x1 convolution, in place. A network that
    reads more than pooled features with it is found out when it is run."""
    layers = _list_weighted(cast(Any, net).get_classifier() if hasattr(net, "get_classifier") else net)
    last = layers[-1][1] if layers else None
    if not isinstance(last, nn.Conv2d) or last.kernel_size != (1, 1) or last.groups != 1:
        return
    made = PooledLinear(last.in_channels, last.out_channels, last.bias is not None, last.weight.device)
    made.load_state_dict(
        {key: value.flatten(1) if value.dim() > 1 else value for key, value in last.state_dict().items()}
    )
    net.set_submodule(next(path for path, layer in net.named_modules() if layer is last), made)


def _list_weighted(net: nn.Module) -> list[tuple[str, nn.Linear | nn.Conv2d]]:
    return [(path, layer) for path, layer in net.named_modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]


def find_output(net: nn.Module, name: str) -> tuple[str, nn.Linear]:
    """The last layer that has weights, with its path. CheckpointError where it is not linear."""
    layers = _list_weighted(net)
    if not layers:
        raise CheckpointError("net-no-weights", name=name)
    path, last = layers[-1]
    if not isinstance(last, nn.Linear):
        kind = type(last).__name__
        raise CheckpointError("net-not-linear", name=name, kind=kind)
    return path, last


def find_split(name: str, make: Callable[[], nn.Module]) -> Split | None:
    """Where the network's pooling reads; None where timm's forward_features gives just that. `make` makes the network,
    here without numbers, so that a refusal comes before its memory is taken.

    Raises CheckpointError where the pooling does not read a grid of cells, or cannot be found.
    """
    try:
        with torch.device("meta"):
            net = make().eval()
    except NotImplementedError:  # it reads numbers while it is made
        with torch.random.fork_rng(devices=[]):  # which nobody else misses
            net = make().eval().to("meta")
    if hasattr(net, "forward_features"):
        find_output(cast(Any, net).get_classifier() if hasattr(net, "get_classifier") else net, name)
        if _pooling_reads_features(net, name):
            return None
    size_px, logits = _probe(net, net, name)
    _check_logits(logits, name)
    return _cut_at_pooling(net, size_px, name)


def _channels(net: nn.Module) -> int:
    return next((layer.in_channels for layer in net.modules() if isinstance(layer, nn.Conv2d)), 3)


def _probe(net: nn.Module, run: Callable[[torch.Tensor], Any], name: str) -> tuple[int, Any]:
    """The first size that the network takes, and what `run` makes of an image of it."""
    sizes_px = (*PROBE_SIZES_PX, *getattr(net, "pretrained_cfg", {}).get("input_size", ())[-1:])
    for size_px in sizes_px:
        try:
            with torch.no_grad():
                return size_px, run(torch.zeros(1, _channels(net), size_px, size_px, device="meta"))
        except SIZE_ERRORS:
            continue
    raise CheckpointError("net-sizes", name=name, sizes=", ".join(map(str, sizes_px)))


def _check_logits(logits: torch.Tensor, name: str) -> None:
    if logits.dim() != 2:
        raise CheckpointError("net-no-logits", name=name, shape=str(tuple(logits.shape)))


def _pooling_reads_features(net: nn.Module, name: str) -> bool:
    """Whether what `forward_features` gives is what the last pooling of the head reads, and a grid of cells."""
    whole, seen = cast(Any, net), cast("list[tuple[torch.Tensor, torch.Tensor]]", [])
    for module in net.modules():
        if isinstance(module, POOLS):
            module.register_forward_hook(lambda _, ins, out: seen.append((ins[0], cast(torch.Tensor, out))))

    def run(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = whole.forward_features(x)
        seen.clear()  # the poolings of gates
        return features, whole.forward_head(features)

    _, (features, logits) = _probe(net, run, name)
    _check_logits(logits, name)
    if features.dim() != 4 or (seen and seen[-1][1].shape[1] != seen[-1][0].shape[1]):
        raise CheckpointError("net-no-cells", name=name, found=_describe_shape(features))
    return bool(seen) and seen[-1][0] is features


def _describe_shape(values: torch.Tensor) -> Words:
    return say("net-tokens") if values.dim() == 3 else say("net-shape", shape=str(tuple(values.shape[1:])))


def _cut_at_pooling(net: nn.Module, size_px: int, name: str) -> Split:
    """By torch.fx, at the last pooling on the way to the logits."""
    tracer = SafeTracer((*get_notrace_modules(), *POOLS))
    try:
        with TRACING:
            graph = tracer.trace(net)
    except Exception as error:  # whatever a forward method does with what is no tensor yet
        raise CheckpointError("net-pooling-not-found", name=name) from error
    pooling = [node for node in graph.nodes if _is_pooling(node, net)]
    if not pooling:
        raise CheckpointError("net-no-pooling", name=name)
    read = pooling[-1].all_input_nodes[0]
    split = Split(_copy_graph(graph, None, read), _copy_graph(graph, read, None))
    image = torch.zeros(1, _channels(net), size_px, size_px, device="meta")
    with torch.no_grad():
        maps = split.features(net, image)
        if maps.dim() != 4 or maps.shape[2] != maps.shape[3]:
            raise CheckpointError("net-pooling-no-maps", name=name)
        split.head(net, maps)
    return split


def _is_pooling(node: fx.Node, net: nn.Module) -> bool:
    if node.op == "call_module":
        return isinstance(net.get_submodule(str(node.target)), POOLS)
    if node.target is F.adaptive_avg_pool2d:
        return True
    given = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    dims = tuple(cast(Any, given)) if isinstance(given, (tuple, list)) else ()
    return node.target in ("mean", torch.mean) and dims in ((2, 3), (-2, -1))


def _copy_graph(graph: fx.Graph, start: fx.Node | None, end: fx.Node | None) -> fx.Graph:
    """What stands before `end`, or behind `start`, whose value is then the input."""
    part, copies = fx.Graph(), cast("dict[fx.Node, fx.Node]", {})
    if start is not None:
        copies[start] = part.placeholder("features")
    for node in graph.nodes:
        is_known = all(source in copies for source in node.all_input_nodes)
        if node in copies or (start is not None and node.op == "placeholder") or not is_known:
            continue
        if start is not None and node.op != "get_attr" and not node.all_input_nodes:
            continue
        copies[node] = part.node_copy(node, copies.__getitem__)
        if node is end:
            part.output(copies[node])
            break
    return part
