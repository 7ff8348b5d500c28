"""What a picture shows, as a small network judges it: a frontal chest film, or something else that it names.

The first stages of EfficientNet-Lite0, as ImageNet left them (Tan and Le 2019, ICML), and three readings of their
features. One names the kind, as far as kinds were trained on. The second knows frontal films alone and says how far
from them a picture is (Mahalanobis distance; Lee et al. 2018, NeurIPS): it also notices what nobody thought of. The
third says of frontal films whether they are the right way round or mirrored. Made by `python -m train gate`. Its folder
is no checkpoint of a classifier, so its card has a name of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import timm
import torch
from torch import nn

from cxr_demo.film.borders import trim_borders
from cxr_demo.film.gate import Assessment
from cxr_demo.networks import checkpoint
from cxr_demo.networks.folding import fold_network
from cxr_demo.networks.small_model import read_small_card
from cxr_demo.networks.turns import SharedPass, Turns
from cxr_demo.text.catalogue import say

GATE_FILE = "gate.json"
SIZE_PX = 128
PICTURES_AT_ONCE = 8  # in one pass: the others wait for their turn meanwhile
STAGES = {2: (40, 4), 3: (112, 4), 4: (320, 2)}  # of the backbone: channels, and cells a side that each is pooled to
BLOCKS = 3, 5, 7  # of the backbone: behind so many a stage has ended
FEATURES = sum(channels * cells**2 for channels, cells in STAGES.values())
PARTS = 256  # directions of the feature space that are kept
SIDE_STAGES = {2: (40, 8), 3: (112, 8)}  # the same for what is mirrored: finer, and without the last
SIDE_FEATURES = sum(channels * cells**2 for channels, cells in SIDE_STAGES.values())
# Of what is not frontal: a kind that has less of it is not named. Own choice, by the wrong names of the pictures to be
# looked at and of those left out of the training in turn; of a wrong mend more is asked.
NAMED = {
    "lateral": 0.5, "body-part": 0.5, "ct": 0.4, "photograph": 0.92, "drawing": 0.85, "several-images": 0.65,
    "turned-90": 0.6, "turned-180": 0.6, "turned-270": 0.6, "inverted": 0.6,
}  # fmt: skip
KINDS = (
    "frontal", "turned-90", "turned-180", "turned-270", "inverted", "lateral", "body-part", "ct", "photograph",
    "drawing", "several-images",
)  # fmt: skip


def prepare_picture(pixels: np.ndarray) -> np.ndarray:
    """pixels (H, W) float32 0..1 -> (SIZE_PX, SIZE_PX) float32 0..1: plain borders cut off, the rest squeezed. A film
    keeps its look whether it comes with its true shape, squashed, or with black bars."""
    return squeeze_picture(trim_borders(pixels))


def squeeze_picture(inside: np.ndarray) -> np.ndarray:
    """What is inside the borders (h, w) -> the square, its first and last hundredth of grey levels black and white."""
    kept = np.ascontiguousarray(inside, np.float32)
    small = cv2.resize(kept, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(small, (1, 99))
    if high - low < 1e-3:
        low, high = float(small.min()), max(float(small.max()), float(small.min()) + 1e-3)
    return np.clip((small - low) / (high - low), 0, 1).astype(np.float32)


class GateNet(nn.Module):
    """x (N, 1, S, S) as `prepare_picture` gives -> logits of KINDS (N, K), distances from frontal films (N,), 1 for a
    film as they usually are, and log-odds (N,) that a frontal film is mirrored."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, in_chans=1, features_only=True, out_indices=tuple(STAGES)
        )
        self.parts = nn.Linear(FEATURES, PARTS)
        self.kinds = nn.Linear(PARTS, len(KINDS))
        self.spread = nn.Linear(PARTS, PARTS)  # parts -> those of frontal films, of mean 0 and variance 1
        self.sides = nn.Linear(SIDE_FEATURES, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        found = self._run_stages(x)
        return *self.judge_features(_pool_stages(found, STAGES)), self.sides(_pool_stages(found, SIDE_STAGES))[:, 0]

    def judge_features(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        parts = self.parts(features)
        return self.kinds(parts), self.spread(parts).square().mean(1).sqrt()

    def read_features(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, 1, S, S) 0..1 -> (N, FEATURES): the stages, each pooled to its cells."""
        return _pool_stages(self._run_stages(x), STAGES)

    def read_sides(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, 1, S, S) 0..1 -> (N, SIDE_FEATURES): SIDE_STAGES, each pooled to its cells."""
        return _pool_stages(self._run_stages(x), SIDE_STAGES)

    def _run_stages(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = ((x - 0.5) / 0.5).contiguous(memory_format=torch.channels_last)
        stem, norm, blocks = (self.stages.get_submodule(name) for name in ("conv_stem", "bn1", "blocks"))
        x, found = norm(stem(x)), []
        for start, end in pairwise((0, *BLOCKS)):
            x = cast("nn.Sequential", blocks)[start:end](x)
            found.append(x)
        return found


def _pool_stages(found: Sequence[torch.Tensor], stages: dict[int, tuple[int, int]]) -> torch.Tensor:
    """One (N, C, h, w) for each of STAGES -> (N, F) of `stages`, the first of them."""
    pooled = zip(found[: len(stages)], stages.values(), strict=True)
    return torch.cat([nn.functional.adaptive_avg_pool2d(f, cells).flatten(1) for f, (_, cells) in pooled], dim=1)


@dataclass(frozen=True, eq=False)
class Gate:
    """The loaded network. `least_odds` of a frontal film, `most_distance` and `most_mirrored`, log-odds too, are still
    usual; `card`: all of GATE_FILE; `turns`: those of all networks that compute on the same cores. Safe in threads: of
    the pictures that wait for a turn `pictures_at_once` go through the network together, which moves what it says by
    about 1e-6."""

    net: GateNet
    least_odds: float
    most_distance: float
    most_mirrored: float
    card: dict
    turns: Turns = field(default_factory=Turns)
    pictures_at_once: int = PICTURES_AT_ONCE
    _folded: GateNet = field(init=False)
    _pass: SharedPass[np.ndarray, Assessment] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_folded", fold_network(self.net).to(memory_format=torch.channels_last))
        object.__setattr__(self, "_pass", SharedPass(self.turns, self._assess_all, self.pictures_at_once))

    def assess(self, inside: np.ndarray) -> Assessment:
        """inside (h, w) float32 0..1: a picture without its plain borders."""
        return self._pass.ask(squeeze_picture(inside))

    def _assess_all(self, squares: Sequence[np.ndarray]) -> list[Assessment]:
        """Called with the turn."""
        with torch.inference_mode():
            found = self._folded(torch.from_numpy(np.stack(squares)[:, None]))
        limits = self.least_odds, self.most_distance, self.most_mirrored
        return [
            read_assessment(logits.softmax(0).double().numpy(), float(distance), float(side), *limits)
            for logits, distance, side in zip(*found, strict=True)
        ]


def read_assessment(
    shares: np.ndarray, distance: float, side: float, least_odds: float, most_distance: float, most_mirrored: float
) -> Assessment:
    """shares (K,) of KINDS, adding up to 1; `side`: log-odds of a mirrored film -> what is said."""
    others = shares[1:]
    best = int(others.argmax())
    likest = KINDS[1 + best]
    is_usual = bool(compute_odds(shares) >= least_odds) and distance <= most_distance
    kind = likest if not is_usual and others[best] >= NAMED[likest] * others.sum() else KINDS[0]
    found = float(others[best]), float(shares[0]), distance, most_distance
    return Assessment(is_usual, kind, likest, *found, side > most_mirrored, float(1 / (1 + np.exp(-side))))


def compute_odds(shares: np.ndarray) -> np.ndarray:
    """shares (..., K) -> log-odds (...) of a frontal film against all other kinds."""
    others = shares[..., 1:].sum(-1)
    return np.log(np.maximum(shares[..., 0], 1e-12)) - np.log(np.maximum(others, 1e-12))


def load_gate(
    folder: str | Path = "weights/gate", turns: Turns | None = None, pictures_at_once: int = PICTURES_AT_ONCE
) -> Gate | None:
    """The learned check of a folder; None where there is none. Its `turns` are its own where none are given.

    Raises:
        CheckpointError: the folder's files cannot be used; the message says why.
    """
    found = read_small_card(Path(folder), GATE_FILE, _read_limits)
    if found is None:
        return None
    (card, limits), net = found, GateNet()
    checkpoint.fill_network(net, Path(folder), card["weights_sha256"], GATE_FILE)
    return Gate(net, *limits, card, turns or Turns(), pictures_at_once)


def _read_limits(card: dict) -> tuple[float, float, float]:
    if card["kinds"] != list(KINDS):
        raise ValueError(say("card-kinds"))
    limits = card["limits"]
    return float(limits["least_odds"]), float(limits["most_distance"]), float(limits["most_mirrored"])
