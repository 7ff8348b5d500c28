"""A network in fewer steps says the same, or is not taken."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import nn

from cxr_demo.networks import checkpoint
from cxr_demo.networks.folding import SAME, ClippedConvolution, fold_where_same

WEIGHTS = Path(__file__).parents[2] / "weights"


def count_norms(net: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in net.modules())


@pytest.mark.parametrize("name", sorted(path.parent.name for path in WEIGHTS.glob("*/config.json")))
def test_of_every_bundled_network_there_is_a_copy_in_fewer_steps_that_says_the_same(name):
    loaded = checkpoint.load(WEIGHTS / name)
    square, norms = loaded.card.preprocess, count_norms(loaded.model)
    folded = fold_where_same(loaded.model, len(square.mean), square.size_px)
    x = torch.randn(2, len(square.mean), square.size_px, square.size_px, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(folded(x), loaded.model(x), rtol=SAME, atol=SAME)
    assert count_norms(loaded.model) == norms  # the network itself is as it was
    assert count_norms(folded) < norms or not norms


needs_one_step = pytest.mark.skipif(not ClippedConvolution.fits(nn.Conv2d(1, 1, 1)), reason="torch without oneDNN")


@needs_one_step
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("groups", [1, 8])
def test_a_convolution_and_its_clipping_are_one_step(groups, layout):
    convolution = nn.Conv2d(8, 8, 3, 2, 1, groups=groups).to(memory_format=layout)
    x = 30 * torch.randn(2, 8, 9, 12, generator=torch.Generator().manual_seed(0)).to(memory_format=layout)
    with torch.inference_mode():
        clipped = ClippedConvolution(convolution)(x)
        torch.testing.assert_close(clipped, nn.functional.relu6(convolution(x)), rtol=1e-5, atol=1e-5)
    assert clipped.min() == 0 and clipped.max() == 6


@pytest.mark.parametrize("is_there", [pytest.param(True, marks=needs_one_step), False])
def test_where_that_step_is_missing_both_are_kept(monkeypatch, is_there):
    if not is_there:
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    folded = fold_where_same(checkpoint.load(WEIGHTS / "nih-efficientnet-lite0").model, 1, 224)
    found = [sum(isinstance(module, kind) for module in folded.modules()) for kind in (ClippedConvolution, nn.ReLU6)]
    assert found == ([33, 0] if is_there else [0, 33]) and not count_norms(folded)


@pytest.mark.parametrize("of", [
    nn.Conv2d(8, 8, 3, padding="same"), nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"), Conv2dSame(8, 8, 3, 2),
])  # fmt: skip
def test_a_convolution_that_pads_in_its_own_way_is_kept(of):
    assert not ClippedConvolution.fits(of)


class Listed(nn.Module):
    """A convolution, and behind it in the list a normalisation that is used before it, or only read."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(channels)


class Before(Listed):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.convolution(self.norm(x.repeat(1, 4, 1, 1))[:, :1]).mean((2, 3))


class Read(Listed):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.convolution(x).mean((2, 3)) * self.norm.running_var.mean()


class OfOtherChannels(Listed):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.convolution(self.norm(x)).mean((2, 3))


@pytest.mark.parametrize("net", [Before(4), Read(4), OfOtherChannels(1)], ids=["before", "read", "of other channels"])
def test_a_network_that_cannot_be_folded_stays_as_it_is(net):
    torch.manual_seed(0)
    with torch.no_grad():
        net.norm.running_mean.uniform_(0.5, 2)
        net.norm.running_var.uniform_(0.5, 2)
    x = torch.rand(2, 1, 16, 16)
    kept = fold_where_same(net.eval(), 1, 16)
    assert count_norms(kept) == 1
    with torch.inference_mode():
        torch.testing.assert_close(kept(x), net(x))
