"""Random changes of a batch of squares, in plain tensor arithmetic with a generator of its own."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from train.recipe import Augment


def augment(squares: torch.Tensor, how: Augment, generator: torch.Generator) -> torch.Tensor:
    """squares (N, 1, S, S) float32 0..1 -> the same shape and range, each film changed by its own draw."""
    return _grey_levels(_move(squares, how, generator), how, generator).clamp(0, 1)


def _uniform(count: int, reach: float, generator: torch.Generator) -> torch.Tensor:
    return (torch.rand(count, generator=generator) * 2 - 1) * reach


def _move(squares: torch.Tensor, how: Augment, generator: torch.Generator) -> torch.Tensor:
    """Rotation, scale, shift and flip in one resampling, black outside."""
    count = len(squares)
    angle = torch.deg2rad(_uniform(count, how.rotate_deg, generator))
    zoom = 1 / (1 + _uniform(count, how.scale, generator))
    mirror = 1 - 2 * (torch.rand(count, generator=generator) < how.flip).float()
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = zoom * angle.cos() * mirror, -zoom * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = zoom * angle.sin() * mirror, zoom * angle.cos()
    theta[:, :, 2] = 2 * torch.stack([_uniform(count, how.shift, generator) for _ in range(2)], dim=1)
    grid = F.affine_grid(theta.to(squares.device), list(squares.shape), align_corners=False)
    return F.grid_sample(squares, grid, padding_mode="zeros", align_corners=False)


def _grey_levels(squares: torch.Tensor, how: Augment, generator: torch.Generator) -> torch.Tensor:
    def draw(reach: float) -> torch.Tensor:
        return _uniform(len(squares), reach, generator)[:, None, None, None].to(squares.device)

    squares = squares.clamp(0, 1) ** draw(how.gamma).exp()
    mean = squares.mean(dim=(1, 2, 3), keepdim=True)
    return (squares - mean) * (1 + draw(how.contrast)) + mean + draw(how.brightness)
