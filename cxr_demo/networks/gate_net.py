"""What a picture shows, as a small network judges it: a frontal chest film, or something else that it names.

The first stages of EfficientNet-Lite0, as ImageNet left them (Tan and Le 2019, ICML), and three readings of their
features. One names the kind, as far as kinds were trained on. The second knows frontal films alone and says how far
from them a picture is (Mahalanobis distance; Lee et al. 2018, NeurIPS): it also notices what nobody thought of. The
third compares a picture with its mirror image, and says of frontal films which of both is the right way round. Made by
`python -m train gate`. Its folder is no checkpoint of a classifier, so its card has a name of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import timm
import torch
from torch import nn

from cxr_demo.film.borders import trim_borders
from cxr_demo.film.gate import Assessment
from cxr_demo.networks import checkpoint
from cxr_demo.networks.small_model import read_small_card
from cxr_demo.text.catalogue import say

GATE_FILE = "gate.json"
SIZE_PX = 128
STAGES = {2: (40, 4), 3: (112, 4), 4: (320, 2)}  # of the backbone: channels, and cells a side that each is pooled to
FEATURES = sum(channels * cells**2 for channels, cells in STAGES.values())
PARTS = 256  # directions of the feature space that are kept
SIDE_STAGES = {2: (40, 8), 3: (112, 8)}  # the same for the comparison with the mirror image
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
    """pixels (H, W) float32 0..1 -> (SIZE_PX, SIZE_PX) float32 0..1: plain borders cut off, the rest squeezed into the
    square, its first and last hundredth of grey levels black and white. A film keeps its look whether it comes with its
    true shape, squashed, or with black bars."""
    kept = np.ascontiguousarray(trim_borders(pixels), np.float32)
    small = cv2.resize(kept, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(small, (1, 99))
    if high - low < 1e-3:
        low, high = float(small.min()), max(float(small.max()), float(small.min()) + 1e-3)
    return np.clip((small - low) / (high - low), 0, 1).astype(np.float32)


class GateNet(nn.Module):
    """x (N, 1, S, S) as `prepare_picture` gives -> logits of KINDS (N, K), distances from frontal films (N,), 1 for a
    film as they usually are, and log-odds (N,) that a frontal film is mirrored; those of its mirror image are the same
    with the other sign."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, in_chans=1, features_only=True, out_indices=tuple(STAGES)
        )
        self.parts = nn.Linear(FEATURES, PARTS)
        self.kinds = nn.Linear(PARTS, len(KINDS))
        self.spread = nn.Linear(PARTS, PARTS)  # parts -> those of frontal films, of mean 0 and variance 1
        self.sides = nn.Linear(SIDE_FEATURES, 1, bias=False)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        features, sides = self.read_both(x)
        return *self.judge_features(features), self.sides(sides)[:, 0]

    def judge_features(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        parts = self.parts(features)
        return self.kinds(parts), self.spread(parts).square().mean(1).sqrt()

    def read_features(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, 1, S, S) 0..1 -> (N, FEATURES): the stages, each pooled to its cells."""
        return _pool_stages(self._run_stages(x), STAGES)

    def read_both(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x (N, 1, S, S) 0..1 -> (N, FEATURES), and (N, SIDE_FEATURES): the difference from the mirror image."""
        found = self._run_stages(torch.cat([x, x.flip(3)]))
        one, other = (dict(zip(STAGES, part, strict=True)) for part in zip(*(f.chunk(2) for f in found), strict=True))
        sides = _pool_stages([one[k] for k in SIDE_STAGES], SIDE_STAGES)
        return (
            _pool_stages(list(one.values()), STAGES),
            sides - _pool_stages([other[k] for k in SIDE_STAGES], SIDE_STAGES),
        )

    def _run_stages(self, x: torch.Tensor) -> list[torch.Tensor]:
        return self.stages(((x - 0.5) / 0.5).contiguous(memory_format=torch.channels_last))


def _pool_stages(found: list[torch.Tensor], stages: dict[int, tuple[int, int]]) -> torch.Tensor:
    """One (N, C, h, w) for each of `stages` -> (N, F)."""
    pooled = zip(found, stages.values(), strict=True)
    return torch.cat([nn.functional.adaptive_avg_pool2d(f, cells).flatten(1) for f, (_, cells) in pooled], dim=1)


@dataclass(frozen=True, eq=False)
class Gate:
    """The loaded network. `least_odds` of a frontal film, `most_distance` and `most_mirrored`, log-odds too, are still
    usual; `card`: all of GATE_FILE. Safe in threads: nothing is stored between pictures."""

    net: GateNet
    least_odds: float
    most_distance: float
    most_mirrored: float
    card: dict

    def assess(self, pixels: np.ndarray) -> Assessment:
        """pixels (H, W) float32 0..1, as uploaded."""
        with torch.inference_mode():
            logits, distances, sides = self.net(torch.from_numpy(prepare_picture(pixels)[None, None]))
        shares, distance = logits[0].softmax(0).double().numpy(), float(distances[0])
        limits = self.least_odds, self.most_distance, self.most_mirrored
        return read_assessment(shares, distance, float(sides[0]), *limits)


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


def load_gate(folder: str | Path = "weights/gate") -> Gate | None:
    """The learned check of a folder; None where there is none.

    Raises:
        CheckpointError: the folder's files cannot be used; the message says why.
    """
    found = read_small_card(Path(folder), GATE_FILE, _read_limits)
    if found is None:
        return None
    (card, limits), net = found, GateNet()
    checkpoint.fill_network(net, Path(folder), card["weights_sha256"], GATE_FILE)
    return Gate(net.to(memory_format=torch.channels_last), *limits, card)


def _read_limits(card: dict) -> tuple[float, float, float]:
    if card["kinds"] != list(KINDS):
        raise ValueError(say("card-kinds"))
    limits = card["limits"]
    return float(limits["least_odds"]), float(limits["most_distance"]), float(limits["most_mirrored"])
