"""A network that is only asked, in fewer steps: every normalisation goes into the convolution before it."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import TypeVar

import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Net = TypeVar("Net", bound=nn.Module)
SAME = 1e-4  # of a logit; own choice: folding moves it by 1e-5, and a wrong order of two modules by far more


def fold_network(net: Net) -> Net:
    """A copy of an EfficientNet of timm in eval mode with the same answers, but for rounding (1e-5 of a logit), for
    inputs whose sides all strides divide. It takes 0.6 of the time: no normalisations, no padded copies of what goes
    into TensorFlow's convolutions, and no second walk through what comes out to clip it. Without gradients; the maps of
    `explain` are made by the network as it was trained."""
    folded = copy.deepcopy(net)
    for module in list(folded.modules()):
        for (name, convolution), (norm_name, norm) in pairwise(list(module.named_children())):
            if not isinstance(convolution, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
                continue
            if convolution.out_channels == norm.num_features:
                fused = _pad_kernel(fuse_conv_bn_eval(convolution, norm))
                activation = getattr(norm, "act", nn.Identity())
                if isinstance(activation, nn.ReLU6) and ClippedConvolution.fits(fused):
                    fused, activation = ClippedConvolution(fused), nn.Identity()
                setattr(module, name, fused)
                setattr(module, norm_name, activation)
    return folded


class ClippedConvolution(nn.Module):
    """A convolution and ReLU6 in one step of oneDNN, the one that torch.compile writes for both, on the processor and
    without gradients: a tenth off an EfficientNet-Lite."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        """One that `fits`."""
        super().__init__()
        self.convolution = convolution

    @staticmethod
    def fits(convolution: nn.Conv2d) -> bool:
        is_plain = type(convolution) is nn.Conv2d and convolution.padding_mode == "zeros"
        is_there = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        return is_plain and not isinstance(convolution.padding, str) and is_there

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        of = self.convolution
        return torch.ops.mkldnn._convolution_pointwise(
            x, of.weight, of.bias, of.padding, of.stride, of.dilation, of.groups, "hardtanh", [0.0, 6.0], ""
        )


def fold_where_same(net: Net, channels: int, size_px: int) -> Net:
    """Folded, of any kind of network, if the copy says the same of an image of noise to SAME of a logit, else `net`:
    a convolution and the normalisation that stands behind it in the list of modules need not be used in this order."""
    noise = torch.rand((1, channels, size_px, size_px), generator=torch.Generator().manual_seed(0))
    try:
        with torch.inference_mode():
            folded = fold_network(net).to(memory_format=torch.channels_last)
            is_same = torch.allclose(folded(noise), net(noise), rtol=SAME, atol=SAME)
    except Exception:  # shapes that do not fit, a normalisation that is also read elsewhere: of a network of any make
        return net
    return folded if is_same else net


def _pad_kernel(convolution: nn.Conv2d) -> nn.Conv2d:
    """TensorFlow pads one line more after an image of even size than before it: with a line of zeros before the kernel
    the same comes of the same padding on all sides, which needs no copy."""
    size = convolution.kernel_size[0]
    is_square = convolution.kernel_size == (size, size) and convolution.stride == (2, 2)
    if not isinstance(convolution, Conv2dSame) or not is_square:
        return convolution
    wider = nn.Conv2d(
        convolution.in_channels, convolution.out_channels, size + 1, 2, size // 2, groups=convolution.groups,
    )  # fmt: skip
    wider.weight = nn.Parameter(nn.functional.pad(convolution.weight, (1, 0, 1, 0)), requires_grad=False)
    wider.bias = convolution.bias
    return wider
