"""Every entry of the table beside torch: the same numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cxr_demo.errors import CxrError
from cxr_demo.export.static import graphs, recording
from cxr_demo.export.static.onnx_operations import OPERATIONS

A = torch.ops.aten
IMAGE, VECTOR = (1, 4, 12, 12), (3, 4)
Function = Callable[[torch.Tensor], torch.Tensor | tuple[torch.Tensor, ...]]


def read_norm(x: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    return A.native_batch_norm(x, mean + 2, mean, mean * 0.5, mean.abs() + 1, False, 0.1, 1e-5)[0]


def pull_norm(x: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    given = (x * 2, x, mean + 2, mean, mean.abs() + 1, None, None, False, 1e-5, [True, False, False])
    return A.native_batch_norm_backward(*given)[0]


def scatter(x: torch.Tensor) -> torch.Tensor:
    values, places = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    room = x.new_zeros(1, 4, 144)
    return room.scatter_add(2, places.flatten(2), values.flatten(2))


CASES: dict[str, tuple[tuple[int, ...], Function]] = {
    "convolution": (IMAGE, lambda x: F.conv2d(x, x[:, :, :3, :3].reshape(4, 1, 3, 3) * 1.0, None, 2, 1, 1, 4)),
    "convolution turned": (IMAGE, lambda x: F.conv_transpose2d(x, x[0, :, None, :3, :3] * 1.0, None, 2, 1, 1)),
    "norm": (IMAGE, lambda x: read_norm(x, x.mean((0, 2, 3)))),
    "norm backwards": (IMAGE, lambda x: pull_norm(x, x.mean((0, 2, 3)))),
    "maximum": (IMAGE, scatter),
    "means": (IMAGE, lambda x: F.avg_pool2d(x, 3, 2, 1, True, False) + F.avg_pool2d(x, 3, 2, 1, True)),
    "blocks": (IMAGE, lambda x: F.adaptive_avg_pool2d(x, 3)),
    "products": (VECTOR, lambda x: (torch.addmm(x[0], x, x.t() @ x), torch.bmm(x[None], x.t()[None]))),
    "addcmul": (VECTOR, lambda x: torch.addcmul(x, x, x + 1)),
    "activations": (VECTOR, lambda x: (F.relu(x), x.sigmoid(), F.silu(x), F.relu6(4 * x), F.leaky_relu(x, 0.2))),
    "hard activations": (VECTOR, lambda x: (F.hardsigmoid(3 * x), F.hardswish(3 * x))),
    "one by one": (VECTOR, lambda x: (x.abs().log(), -x, x.abs().sqrt(), (x.abs() + 1).rsqrt(), 1 / x, x**2)),
    "logit": (VECTOR, lambda x: x.sigmoid().double().logit().float()),
    "softmax": (VECTOR, lambda x: x.softmax(1)),
    "where": (VECTOR, lambda x: torch.where((x > 0).logical_not(), x, x * 2)),
    "compared": (VECTOR, lambda x: torch.stack([(c(x)).float() for c in COMPARED])),
    "clamp": (VECTOR, lambda x: (x.clamp(min=0.1), x.clamp(max=0.1), x.clamp(-0.2, 0.3))),
    "copysign": (VECTOR, lambda x: torch.copysign(torch.tensor(1e-3), x)),
    "sums": (VECTOR, lambda x: (x + x * 2 - x / 3, 1 - x, x.sum(), x.sum(1), x.mean(0, True), x.amax(1))),
    "places": (VECTOR, lambda x: (x.argmax(1, keepdim=True) == torch.arange(4)).float()),
    "shapes": (VECTOR, lambda x: (x.view(2, 6), x.unsqueeze(1).expand(3, 5, 4), x.permute(1, 0), x.transpose(0, 1))),
    "squeezed": ((1, 4), lambda x: x.squeeze(0)),
    "parts": (VECTOR, lambda x: (torch.cat([x, x], 1), x[1:, :-1], x[:, 2], *x.split(3, 1), *x.split([1, 2], 0))),
    "turned": (VECTOR, lambda x: (x.flip(0, 1), F.pad(x, (1, 2, 0, 1), value=0.5), *x.unbind(0))),
    "filled": (IMAGE, lambda x: x + torch.zeros(80, 1, 12, 12) + torch.full((80, 1, 12, 12), 0.5) + torch.ones_like(x)),
    "filled like": (IMAGE, lambda x: torch.zeros_like(x) + x.new_ones(80, 1, 12, 12) + torch.full_like(x, 2)),
    "ones": (IMAGE, lambda x: x + torch.ones(80, 1, 12, 12)),
    "in place": (VECTOR, lambda x: (x * 2).add_(1).mul_(x).relu_()),
    "copies": (VECTOR, lambda x: A.alias(x.clone()).detach().contiguous() + A.lift_fresh_copy(x).reshape(3, 4)),
}
COMPARED = [
    lambda x: x < 0.2, lambda x: x > 0.2, lambda x: x <= 0.2, lambda x: x >= 0.2, lambda x: x.eq(x.abs()),
]  # fmt: skip
NEVER = {"as_strided_", "_unsafe_view", "detach"}  # of other versions of torch, or of its own kernels


class Asked(nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        return self.function(x)


def record(name: str, outputs: list[str]) -> recording.Recording:
    shape, function = CASES[name]
    return recording.record_network(Asked(function), {"x": shape}, outputs)


def ask_torch(name: str) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """A film and what torch gives for it."""
    shape, function = CASES[name]
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    wanted = function(x)
    return x, list(wanted) if isinstance(wanted, tuple) else [wanted]


@pytest.mark.parametrize("name", CASES)
def test_an_entry_gives_what_torch_gives(name):
    x, wanted = ask_torch(name)
    names = [f"y{place}" for place in range(len(wanted))]
    graph = graphs.write_graph(record(name, names), {}, "")
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    for found, want in zip(session.run(names, {"x": x.numpy()}), wanted, strict=True):
        np.testing.assert_allclose(np.asarray(found), want.numpy(), rtol=1e-5, atol=1e-6)


def test_no_entry_is_without_a_case():
    seen = {
        node.target.overloadpacket.__name__
        for name in CASES
        for node in record(name, [f"y{place}" for place in range(len(ask_torch(name)[1]))]).graph.graph.nodes
        if hasattr(node.target, "overloadpacket")
    }
    assert set(OPERATIONS) - seen <= NEVER


@pytest.mark.parametrize(
    ("argument", "shape", "function"),
    [
        ("alpha", VECTOR, lambda x: torch.add(x, x, alpha=2)),
        ("rounding_mode", VECTOR, lambda x: torch.div(x, 2, rounding_mode="floor")),
        ("other", VECTOR, lambda x: (A._to_copy(x, dtype=torch.int64) < 0.5).float()),
        ("weight", IMAGE, lambda x: A.native_batch_norm(x, None, None, x[0, 0, 0], x[0, 0, 1], False, 0.1, 1)[0]),
    ],
)  # fmt: skip
def test_an_argument_that_an_entry_is_not_right_for_stops_by_its_name(argument, shape, function):
    recorded = recording.record_network(Asked(function), {"x": shape}, ["y"])
    with pytest.raises(CxrError, match=argument):
        graphs.write_graph(recorded, {}, "")
