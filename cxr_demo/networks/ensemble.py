"""Several networks that answer as one: `Ensemble` joins their probabilities, `FeatureFusion` their feature maps.

Rules of Rajaraman et al. 2021 (Novel loss functions for ensemble-based medical image classification, PLoS ONE).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from cxr_demo.networks.classifier import Classifier, compute_probabilities

WIDTH = 512  # channels behind the 1x1 convolution, as published
STACK_UNITS = 15  # as published
TIE_SHARE = 1e-3  # of a majority vote that the mean probability has, so that it breaks ties and nothing else
CERTAIN = 1e-12  # nearer to 0 or 1 no probability goes, so that every logit is finite


class Ensemble(nn.Module):
    """M classifiers whose probabilities are joined by a rule.

    "mean"; "weighted": by `weights` (M,), which sum to 1 and count for this rule alone; "majority", of one label per
    film alone: the share of members whose most probable label it is, and where votes are equal the mean probability
    decides (as published the last of the tied classes wins, whatever the film); "stacking": all members' probabilities,
    member by member -> 15 ReLU units -> labels. `temperatures` (M,) calibrate the members; 1: none.
    """

    def __init__(
        self,
        members: Sequence[Classifier],
        rule: str,
        weights: Sequence[float],
        task: str,
        temperatures: Sequence[float],
    ) -> None:
        super().__init__()
        self.members = cast("Sequence[Classifier]", nn.ModuleList(members))  # torch types its entries as modules
        self.rule, self.task, self.temperatures = rule, task, tuple(temperatures)
        self.weights = tuple(weights)
        if rule == "stacking":
            self.stack = make_stack(len(members), len(members[0].output.weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, S, S), normalised -> logits (N, L), always finite, of which `model.probabilities` at temperature 1
        makes the ensemble's probabilities again."""
        return self.answers(x)[0]

    def answers(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x -> the ensemble's logits (N, L) and the members' own (M, N, L)."""
        own = torch.stack([member(x) for member in self.members])
        return self.join(compute_member_probabilities(own, self.task, self.temperatures)), own

    def member_probabilities(self, x: torch.Tensor) -> torch.Tensor:
        """x -> (M, N, L) float64 0..1."""
        return compute_member_probabilities(self.answers(x)[1], self.task, self.temperatures)

    def join(self, p: torch.Tensor) -> torch.Tensor:
        """The members' p (M, N, L) float64 -> the ensemble's logits (N, L) float32."""
        if self.rule == "stacking":
            return self.stack(flatten_by_image(p))
        if self.rule == "weighted":
            joined = torch.einsum("m,mnl->nl", torch.tensor(self.weights, dtype=p.dtype, device=p.device), p)
        else:
            joined = p.mean(dim=0)
        if self.rule == "majority":
            joined = (1 - TIE_SHARE) * count_votes(p) + TIE_SHARE * joined
        joined = joined.clamp(CERTAIN, 1 - CERTAIN)
        return (joined.log() if self.task == "single-label" else joined.logit()).float()


class FeatureFusion(nn.Module):
    """M classifiers whose feature maps are joined: concatenated -> 1x1 convolution, ReLU -> mean -> linear.

    Maps of another grid than the first member's are resized to it. Only the layers behind the members are new; the
    members' own heads stay, so that their own answers can be shown.
    """

    def __init__(self, members: Sequence[Classifier], width: int = WIDTH) -> None:
        super().__init__()
        self.members = cast("Sequence[Classifier]", nn.ModuleList(members))  # torch types its entries as modules
        self.convolution = nn.Conv2d(sum(member.feature_count for member in members), width, 1)
        self.output = nn.Linear(width, len(members[0].output.weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, S, S), normalised -> logits (N, L)."""
        return self.head(self.features(x))

    def answers(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x -> the logits (N, L) and the members' own (M, N, L)."""
        maps = [member.features(x) for member in self.members]
        own = torch.stack([member.head(features) for member, features in zip(self.members, maps, strict=True)])
        return self.head(self.mix(concatenate_features(maps))), own

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """x -> the maps that the pooling reads, (N, width, h, w)."""
        return self.mix(concatenate_features([member.features(x) for member in self.members]))

    def mix(self, maps: torch.Tensor) -> torch.Tensor:
        """All members' maps (N, K, h, w) -> (N, width, h, w)."""
        return F.relu(self.convolution(maps))

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) -> logits (N, L)."""
        return self.output(features.mean(dim=(2, 3)))


def compute_member_probabilities(logits: torch.Tensor, task: str, temperatures: Sequence[float]) -> torch.Tensor:
    """The members' logits (M, N, L) -> their probabilities (M, N, L) float64, each at its own temperature."""
    own = zip(logits.double(), temperatures, strict=True)
    return torch.stack([compute_probabilities(member, task, temperature) for member, temperature in own])


def count_votes(p: torch.Tensor) -> torch.Tensor:
    """p (M, N, L) -> (N, L), the share of members whose most probable label it is."""
    labels = torch.arange(p.shape[-1], device=p.device)
    return (p.argmax(dim=-1, keepdim=True) == labels).to(p.dtype).mean(dim=0)


def make_stack(members: int, labels: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(members * labels, STACK_UNITS), nn.ReLU(), nn.Linear(STACK_UNITS, labels))


def flatten_by_image(p: torch.Tensor) -> torch.Tensor:
    """p (M, N, L) -> what the stack reads, (N, M * L) float32: the first member's labels, then the second's, ..."""
    return p.permute(1, 0, 2).flatten(1).float()


def concatenate_features(maps: Sequence[torch.Tensor]) -> torch.Tensor:
    """Feature maps (N, K_m, h_m, w_m) -> (N, sum of K_m, h, w) on the grid of the first."""
    grid = maps[0].shape[-2:]
    return torch.cat(
        [
            features if features.shape[-2:] == grid else F.interpolate(features, grid, mode="bilinear")
            for features in maps
        ],
        dim=1,
    )
