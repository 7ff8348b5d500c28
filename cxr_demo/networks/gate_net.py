"""What a picture shows, as a small network judges it: a frontal chest film, or something else that it names.

The first stages of EfficientNet-Lite0, as ImageNet left them (Tan and Le 2019, ICML), and two readings of their
features. One names the kind, as far as kinds were trained on. The other knows frontal films alone and says how far from
them a picture is (Mahalanobis distance; Lee et al. 2018, NeurIPS): it also notices what nobody thought of. Made by
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

GATE_FILE = "gate.json"
MAKE_GATE = "Make it with: python -m train gate --data DATA --out weights/gate"
SIZE_PX = 128
STAGES = {2: (40, 4), 3: (112, 4), 4: (320, 2)}  # of the backbone: channels, and cells a side that each is pooled to
FEATURES = sum(channels * cells**2 for channels, cells in STAGES.values())
PARTS = 256  # directions of the feature space that are kept
NAMED = 0.4  # of what is not frontal: a kind that has less of it is not named
NAMED_WITH_MEND = 0.6  # the same where a mend is offered, which would be silly of anything else
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
    film as they usually are."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, in_chans=1, features_only=True, out_indices=tuple(STAGES)
        )
        self.parts = nn.Linear(FEATURES, PARTS)
        self.kinds = nn.Linear(PARTS, len(KINDS))
        self.spread = nn.Linear(PARTS, PARTS)  # parts -> those of frontal films, of mean 0 and variance 1

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.judge_features(self.read_features(x))

    def judge_features(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        parts = self.parts(features)
        return self.kinds(parts), self.spread(parts).square().mean(1).sqrt()

    def read_features(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, 1, S, S) 0..1 -> (N, FEATURES): the stages, each pooled to its cells."""
        found = self.stages(((x - 0.5) / 0.5).contiguous(memory_format=torch.channels_last))
        pooled = zip(found, STAGES.values(), strict=True)
        return torch.cat([nn.functional.adaptive_avg_pool2d(f, cells).flatten(1) for f, (_, cells) in pooled], dim=1)


@dataclass(frozen=True, eq=False)
class Gate:
    """The loaded network. `limits`: least log-odds of a frontal film and largest distance that are still usual; `card`:
    all of GATE_FILE. Safe in threads: nothing is stored between pictures."""

    net: GateNet
    least_odds: float
    most_distance: float
    card: dict

    def assess(self, pixels: np.ndarray) -> Assessment:
        """pixels (H, W) float32 0..1, as uploaded."""
        with torch.inference_mode():
            logits, distances = self.net(torch.from_numpy(prepare_picture(pixels)[None, None]))
        shares, distance = logits[0].softmax(0).double().numpy(), float(distances[0])
        return read_assessment(shares, distance, self.least_odds, self.most_distance)


def read_assessment(shares: np.ndarray, distance: float, least_odds: float, most_distance: float) -> Assessment:
    """shares (K,) of KINDS, adding up to 1 -> what is said."""
    others = shares[1:]
    best = int(others.argmax())
    likest = KINDS[1 + best]
    is_usual = bool(compute_odds(shares) >= least_odds) and distance <= most_distance
    least = NAMED_WITH_MEND if likest.startswith(("turned", "inverted")) else NAMED
    kind = likest if not is_usual and others[best] >= least * others.sum() else KINDS[0]
    return Assessment(is_usual, kind, likest, float(others[best]), float(shares[0]), distance, most_distance)


def compute_odds(shares: np.ndarray) -> np.ndarray:
    """shares (..., K) -> log-odds (...) of a frontal film against all other kinds."""
    others = shares[..., 1:].sum(-1)
    return np.log(np.maximum(shares[..., 0], 1e-12)) - np.log(np.maximum(others, 1e-12))


def load_gate(folder: str | Path = "weights/gate") -> Gate | None:
    """The learned check of a folder; None where there is none.

    Raises:
        CheckpointError: the folder's files cannot be used; the message says why.
    """
    found = read_small_card(Path(folder), GATE_FILE, _read_limits, MAKE_GATE)
    if found is None:
        return None
    (card, limits), net = found, GateNet()
    checkpoint.fill_network(net, Path(folder), card["weights_sha256"], GATE_FILE)
    return Gate(net.to(memory_format=torch.channels_last), *limits, card)


def _read_limits(card: dict) -> tuple[float, float]:
    if card["kinds"] != list(KINDS):
        raise ValueError("its kinds are not those of this version")
    limits = card["limits"]
    return float(limits["least_odds"]), float(limits["most_distance"])
