"""Gates that a network computes from what it gates: LRP against gradient x input of the modules as timm writes them,
where the gate is held, and every other rule set against zennit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from timm.layers.eca import EcaModule
from timm.layers.grn import GlobalResponseNorm
from timm.layers.split_attn import SplitAttn
from timm.models.vgg import ConvMlp
from torch import nn

from cxr_demo.errors import ExplanationError
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.propagate import Propagator
from cxr_demo.explain.lrp.zennit_reference import ZennitReference, make_composite
from cxr_demo.explain.methods import METHODS

BOUNDS = torch.full((1, 1, 1, 1), -2.5).double(), torch.full((1, 1, 1, 1), 2.5).double()
Held = Callable[[nn.Module, torch.Tensor], torch.Tensor]


def hold_factor(block: nn.Module, y: torch.Tensor) -> torch.Tensor:
    """Of a block that multiplies each value: with the factor as a number."""
    bias = block.bias.reshape(1, -1, 1, 1) if isinstance(block, GlobalResponseNorm) else 0.0
    factor = torch.where(y == 0, 0.0, (block(y) - bias) / y)
    return y * factor.detach() + bias


def hold_attention(block: nn.Module, y: torch.Tensor) -> torch.Tensor:
    """Of split attention: with what its softmax gives as numbers."""
    kept: list[torch.Tensor] = []
    hook = block.rsoftmax.register_forward_hook(lambda _, ins, out: kept.append(out.detach()))
    block(y)
    hook.remove()
    parts = block.act0(block.bn0(block.conv(y)))
    gated = parts * kept[0].reshape(1, -1, 1, 1)
    return sum(gated.chunk(block.radix, dim=1))


def run_as_written(block: nn.Module, y: torch.Tensor) -> torch.Tensor:
    return block(y)


BLOCKS: dict[str, tuple[Callable[[], nn.Module], Held]] = {
    "neighbouring channels": (lambda: EcaModule(8), hold_factor),
    "responses": (lambda: GlobalResponseNorm(8, channels_last=False), hold_factor),
    "split in two": (lambda: SplitAttn(8, radix=2, norm_layer=nn.BatchNorm2d), hold_attention),
    "split in two, two groups": (
        lambda: SplitAttn(8, groups=2, radix=2, rd_channels=4, norm_layer=nn.BatchNorm2d), hold_attention,
    ),
    "one part": (lambda: SplitAttn(8, radix=1, norm_layer=nn.BatchNorm2d), hold_attention),
    "a head of convolutions, larger map": (lambda: ConvMlp(8, 8, kernel_size=3), run_as_written),
    "a head of convolutions, smaller map": (lambda: ConvMlp(8, 8, kernel_size=17), run_as_written),
}  # fmt: skip


def make_net(name: str) -> tuple[nn.Sequential, nn.Module, Held]:
    torch.manual_seed(0)
    block, held = BLOCKS[name][0](), BLOCKS[name][1]
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), block, nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    net.extend([nn.Flatten(), nn.Linear(8, 3)])
    for part in net.modules():
        if isinstance(part, (nn.BatchNorm2d, GlobalResponseNorm)):
            nn.init.normal_(part.weight, 0.5)
            nn.init.normal_(part.bias, 0, 0.2)
    return net.double().eval().requires_grad_(False), block, held


@pytest.mark.parametrize("name", BLOCKS)
def test_relevance_is_that_of_the_block_as_it_is_written(name):
    net, block, held = make_net(name)
    image = torch.randn(1, 1, 12, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    program = lower_network(net)
    torch.testing.assert_close(program.values(image)[program.end], net(image), rtol=1e-10, atol=1e-10)
    x = image.clone().requires_grad_()
    with torch.enable_grad():
        logits = net[3:](held(block, net[:2](x)))
        torch.testing.assert_close(logits, net(x), rtol=1e-10, atol=1e-10)
        (gradient,) = torch.autograd.grad(logits[0, 1], x)
    sweep, reference = Propagator(program, BOUNDS), ZennitReference(program)
    found = sweep.relevance(rule_sets.EPSILON, image, [1])[0].numpy()
    expected = (image * gradient)[0, 0].numpy()
    assert np.linalg.norm(found - expected) <= 1e-5 * np.linalg.norm(expected)
    for key, method in METHODS.items():
        if method.family.reads == "rules":
            rules = method.load_function()
            theirs = reference.relevance(make_composite(rules, BOUNDS), image, [1])
            ours = sweep.relevance(rules, image, [1])
            assert (ours - theirs).norm() <= 1e-6 * theirs.norm(), key


@pytest.mark.parametrize("block", [
    lambda: EcaModule(8, use_mlp=True), lambda: EcaModule(8, gate_layer="hard_sigmoid"),
    lambda: SplitAttn(8, norm_layer=nn.BatchNorm2d, act_layer=nn.SiLU),
])  # fmt: skip
def test_a_block_of_another_kind_is_refused_by_name(block):
    made = block()
    with pytest.raises(ExplanationError, match=type(made).__name__):
        lower_network(nn.Sequential(nn.Conv2d(1, 8, 3), made).eval())
