"""Random changes of a batch of squares, in plain tensor arithmetic with a generator of its own.

Sampling the changes and applying them are apart, so that each of several processes can sample for the whole batch and
change its own part of it: the films do not depend on how many processes there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from train.recipe import Augment


@dataclass(frozen=True)
class Changes:
    """One change per film: `theta` (N, 2, 3) for `affine_grid`, the others (N, 1, 1, 1)."""

    theta: torch.Tensor
    exponent: torch.Tensor
    contrast: torch.Tensor
    brightness: torch.Tensor

    def part(self, rows: slice, device: torch.device | str) -> Changes:
        return Changes(*(value[rows].to(device) for value in vars(self).values()))


def sample_changes(how: Augment, count: int, generator: torch.Generator) -> Changes:
    def uniform(reach: float) -> torch.Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * reach

    is_rotated = torch.rand(count, generator=generator) < how.rotate_share
    angle = torch.deg2rad(uniform(how.rotate_deg)) * is_rotated
    zoom = 1 / (1 + uniform(how.scale))
    mirror = 1 - 2 * (torch.rand(count, generator=generator) < how.flip).float()
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = zoom * angle.cos() * mirror, -zoom * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = zoom * angle.sin() * mirror, zoom * angle.cos()
    theta[:, 0, 2], theta[:, 1, 2] = 2 * uniform(how.shift), 2 * uniform(how.shift)
    grey = (uniform(how.gamma).exp(), 1 + uniform(how.contrast), uniform(how.brightness))
    if how.aspect:  # drawn last and only then: what other recipes draw stays as it was
        root = (uniform(how.aspect) / 2).exp()[:, None]
        theta[:, 0, :2] /= root
        theta[:, 1, :2] *= root
    return Changes(theta, *(value[:, None, None, None] for value in grey))


def augment_batch(squares: torch.Tensor, changes: Changes) -> torch.Tensor:
    """squares (N, 1, S, S) float32 0..1 -> the same shape and range; rotation, scale, aspect, shift and flip in one
    resampling with black outside, then gamma, contrast around the film's mean, brightness."""
    grid = F.affine_grid(changes.theta, list(squares.shape), align_corners=False)
    squares = F.grid_sample(squares, grid, padding_mode="zeros", align_corners=False).clamp(0, 1) ** changes.exponent
    mean = squares.mean(dim=(1, 2, 3), keepdim=True)
    return ((squares - mean) * changes.contrast + mean + changes.brightness).clamp(0, 1)
