"""HEADS: what turns a network's pooled features into logits. Each entry ends in the linear layer whose rows are the
labels, and has no activation after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the names alone are wanted where nothing is computed
    from torch import nn


def _linear(features: int, labels: int) -> nn.Module:
    from torch import nn

    return nn.Linear(features, labels)


def _dense512_bn(features: int, labels: int) -> nn.Module:
    """Kufel et al. 2023: Dense, BatchNorm, ReLU, Dense; the width is not in the paper, 512 is what its two
    replications assume. Trains on batches of two and more only."""
    from torch import nn

    return nn.Sequential(nn.Linear(features, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, labels))


def _dense256(features: int, labels: int) -> nn.Module:
    """Boit & Zeng 2019: a new dense layer with ReLU before the output; the width is not in the paper, 256 is our
    choice."""
    from torch import nn

    return nn.Sequential(nn.Linear(features, 256), nn.ReLU(), nn.Linear(256, labels))


def _dense256_dropout(features: int, labels: int) -> nn.Module:
    """Avola et al. 2021, the authors' code, without its log-softmax: the losses take logits."""
    from torch import nn

    return nn.Sequential(nn.Linear(features, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, labels))


# name -> (features K, labels L) -> module: (N, K) -> logits (N, L)
HEADS: dict[str, Callable[[int, int], nn.Module]] = {
    "linear": _linear,
    "dense512-bn": _dense512_bn,
    "dense256": _dense256,
    "dense256-dropout": _dense256_dropout,
}
