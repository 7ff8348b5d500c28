"""Randomisation: does a map change when what the network learned is taken away?

Adebayo et al. 2018 (Sanity Checks for Saliency Maps, section 3.1, cascading): block by block from the logits to the
input, the weights are replaced by random ones, and the map of each such network is compared with that of the trained
one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import correlate_ranks, sum_grid_cells
from cxr_demo.progress import ProgressCallback, ignore_progress

# Modules that are split into their children: the Classifier's network, the feature maps of DenseNet and torchvision,
# the stages of EfficientNet and ConvNeXt, and an ensemble's members.
FRAMES = ("net", "features", "blocks", "stages", "members")
WEIGHTED = (nn.Conv2d, nn.Linear)
DRAWS = 3
VIEWS = 8  # forwards that fit the batch norms of one network
# From this mean correlation over the draws on, a map of a network that has learned nothing counts as alike; own choice.
# Measured on two bundled networks: a single draw of a smooth map gives 0.0 +- 0.3, gradient x input without its signs
# 0.2 to 0.4, and the size of the gradient, which any edge of the image moves, 0.6 to 0.8.
UNCHANGED = 0.5
BLIND = 0.999
NAN = float("nan")

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Stage:
    """After `block` and all behind it were randomised: Spearman's correlation of the map's grid cells with those of the
    trained network, of the values as they are (`rank`) and without their signs (`rank_absolute`), means over the draws.
    NaN where a map is the same everywhere."""

    block: str
    rank: float
    rank_absolute: float


@dataclass(frozen=True)
class Randomisation:
    """`stages` from the last block alone to all blocks."""

    stages: tuple[Stage, ...]

    @property
    def unchanged(self) -> bool:
        """Whether the map of a network that has learned nothing is still alike, by either correlation."""
        last = self.stages[-1]
        return last.rank >= UNCHANGED or last.rank_absolute >= UNCHANGED

    @property
    def blind(self) -> bool:
        """Whether the map stays when the last block alone is randomised: then it is not about this label."""
        return self.stages[0].rank >= BLIND


def measure_randomisation(
    explain: Callable[[nn.Module], Mapping[Key, np.ndarray]],
    model: nn.Module,
    x: np.ndarray,
    *,
    draws: int = DRAWS,
    on_progress: ProgressCallback = ignore_progress,
) -> dict[Key, Randomisation]:
    """`explain`: network in eval mode -> raw maps (h, w) of the image x (1, C, S, S) float32, normalised, by any names;
    each map is compared with its own name's. The network itself is not touched.

    Costs 1 + `count_random_networks` times the maps, and VIEWS forwards each time, which many maps share.
    """
    trained = {name: sum_grid_cells(map_) for name, map_ in explain(model).items()}
    total = 1 + count_random_networks(model, draws)
    done = 1
    on_progress(done, total)
    ranks: dict[Key, dict[str, list[tuple[float, float]]]] = {name: {} for name in trained}
    for seed in range(draws):
        for block, randomised in randomise_stepwise(model, x, seed=seed):
            for name, map_ in explain(randomised).items():
                old, new = trained[name], sum_grid_cells(map_)
                pair = correlate_ranks(old, new), correlate_ranks(np.abs(old), np.abs(new))
                ranks[name].setdefault(block, []).append(pair)
            done += 1
            on_progress(done, total)
    return {name: Randomisation(_average_draws(by_block)) for name, by_block in ranks.items()}


def count_random_networks(model: nn.Module, draws: int = DRAWS) -> int:
    """How many randomised networks are made in all."""
    return draws * len(list_blocks(model))


def _average_draws(ranks: Mapping[str, Sequence[tuple[float, float]]]) -> tuple[Stage, ...]:
    return tuple(
        Stage(block, _average_numbers([rank for rank, _ in pairs]), _average_numbers([rank for _, rank in pairs]))
        for block, pairs in ranks.items()
    )


def randomise_stepwise(model: nn.Module, x: np.ndarray, *, seed: int) -> Iterator[tuple[str, nn.Module]]:
    """The name of each block, last to first, with the network in which it and all behind it are randomised.

    It is one private copy, which changes with the next step: use it before that. x (1, C, S, S) is the image that its
    batch norms are fitted to. The same seed gives the same weights.
    """
    private = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(seed)
    norms: list[_BatchNorm] = []
    for name, parts in reversed(list_blocks(private).items()):
        for module in (inner for part in parts for inner in part.modules()):
            _sample_weights(module, generator)
            if isinstance(module, _BatchNorm):
                norms.append(module)
        _fit_norms(private, norms, torch.tensor(x))
        yield name, private


def list_blocks(model: nn.Module) -> dict[str, list[nn.Module]]:
    """The parts of a network in the order in which they run: path of the first module -> the modules of the block.

    They are its children, with those of `FRAMES` split further. What has weights but no weighted sum, such as a batch
    norm, belongs to the block before it. Members of an ensemble, which run side by side, follow one another.
    """
    blocks: dict[str, list[nn.Module]] = {}
    for name, module in _list_children("", model):
        if any(isinstance(inner, WEIGHTED) for inner in module.modules()):
            blocks[name] = [module]
        elif any(True for _ in module.parameters()):
            blocks[next(reversed(blocks))].append(module)
    return blocks


def _list_children(path: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, child in module.named_children():
        if name in FRAMES or isinstance(module, nn.ModuleList):
            yield from _list_children(f"{path}{name}.", child)
        else:
            yield path + name, child


def _sample_weights(module: nn.Module, generator: torch.Generator | None) -> None:
    """New weights for this module alone, not for what is in it: He et al. 2015 (Delving Deep into Rectifiers, eq. 10),
    biases 0. A norm neither scales nor shifts, and the scale of a residual (`gamma`) is 1.

    Raises:
        ExplanationError: the module is none of these and has weights.
    """
    if isinstance(module, WEIGHTED):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, _BatchNorm | nn.LayerNorm):
        module.reset_parameters()
    elif parameters := dict(module.named_parameters(recurse=False)):
        if list(parameters) != ["gamma"]:
            kind = type(module).__name__
            raise ExplanationError("randomise-no-rule", kind=kind)
        nn.init.ones_(parameters["gamma"])


def _fit_norms(model: nn.Module, norms: list[_BatchNorm], x: torch.Tensor) -> None:
    """Give these batch norms the statistics of what they now see: of the image, turned and mirrored in all eight ways.

    With any others random layers die or explode, and their maps say nothing. Measured on EfficientNet-B1, all blocks
    randomised, root mean square of the features: 0.3 when trained, 7e-3 with statistics 0 and 1, 2e6 with those of the
    trained network, 4 when fitted.
    """
    if not norms:
        return
    views = torch.cat([torch.rot90(side, turns, (2, 3)) for side in (x, x.flip(3)) for turns in range(4)])
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    with torch.no_grad():
        model(views)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.eval()
        norm.momentum = momentum


def _average_numbers(values: Sequence[float]) -> float:
    """The mean of those that are numbers; NaN where none is."""
    return float(np.mean([value for value in values if not np.isnan(value)] or [NAN]))
