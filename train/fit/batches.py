"""From packed films to batches of squares: shuffled, augmented, each process its part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from train.fit.augment import augment_batch, sample_changes
from train.recipe import Recipe


def iterate_batches(
    films: np.ndarray,
    targets: torch.Tensor,
    recipe: Recipe,
    epoch: int,
    part: slice = slice(None),
    device: torch.device | str = "cpu",
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """films (N, S, S) uint8, targets (N, L) -> augmented squares (n, 1, S, S) in 0..1 and targets (batch, L).

    Order and changes depend on (seed, epoch) alone. The last films, which fill no batch, are left out of this epoch.
    `part` of each batch is this process's; the targets are those of the whole batch.
    """
    generator = torch.Generator().manual_seed(recipe.seed * 10_007 + epoch)
    order = torch.randperm(len(films), generator=generator)
    for start in range(0, len(films) - recipe.batch + 1, recipe.batch):
        rows = order[start : start + recipe.batch]
        changes = sample_changes(recipe.augment, recipe.batch, generator)
        squares = torch.from_numpy(films[rows[part].numpy()]).to(device, non_blocking=True)
        yield augment_batch(squares[:, None].float() / 255, changes.part(part, device)), targets[rows].to(device)
