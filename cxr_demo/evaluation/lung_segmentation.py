"""Where the lungs are on an image, as a small network estimates it: for shares of evidence, never for a diagnosis.

A network of the shape of U-Net (Ronneberger, Fischer, Brox 2015), thin enough to take some 20 ms an image. Made by
`python -m train lungs`. Its folder is no checkpoint of a classifier, so its card has a name of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks import checkpoint
from cxr_demo.networks.small_model import read_small_card
from cxr_demo.networks.turns import SharedPass, Turns

LUNGS_FILE = "lungs.json"
SQUARE = Preprocess(96, "letterbox", (0.0,), (1.0,))
WIDTHS = (8, 16, 32, 48, 64)  # channels at 96, 48, 24, 12 and 6 px; own choice: some 230,000 parameters
GROUPS = 4
LOCAL = 0.08  # of the square: the reach within which contrast is evened out
SMALLEST = 0.1  # of the larger lung: what is smaller is no lung


class LungNet(nn.Module):
    """x (N, 3, S, S) as `make_lung_input` gives -> logits (N, 1, S, S), above 0 inside the lungs. Groups are normalised
    and not batches: an image is judged by its own contrast, whatever images the network was trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(_make_block(a, b) for a, b in zip((3, *WIDTHS), WIDTHS, strict=False))
        self.up = nn.ModuleList(
            _make_block(below + beside, beside) for below, beside in zip(WIDTHS[:0:-1], WIDTHS[-2::-1], strict=True)
        )
        self.last = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        levels = []
        for depth, block in enumerate(self.down):
            x = block(nn.functional.max_pool2d(x, 2) if depth else x)
            levels.append(x)
        for block, beside in zip(self.up, levels[-2::-1], strict=True):
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(torch.cat([x, beside], dim=1))
        return self.last(x)


def _make_block(channels_in: int, channels: int) -> nn.Sequential:
    layers = []
    for first in (channels_in, channels):
        layers += [nn.Conv2d(first, channels, 3, padding=1, bias=False), nn.GroupNorm(GROUPS, channels)]
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def make_lung_input(square: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """square (S, S) float32 0..1 and where it holds the image (S, S) bool -> (3, S, S) float32: each pixel's rank among
    the image's grey levels, -1..1, which no exposure changes; its local contrast; 1 on the image, 0 on padding."""
    levels = np.rint(square * 255).astype(np.uint8)
    counts = np.bincount(levels[inside], minlength=256)
    ranks = (np.cumsum(counts) - counts / 2) / max(1, counts.sum())
    ranked = np.where(inside, 2 * ranks[levels] - 1, 0).astype(np.float32)
    weight, reach = inside.astype(np.float32), 2 * int(LOCAL * len(square)) + 1
    share = np.maximum(cv2.blur(weight, (reach, reach)), 1e-6)
    mean = cv2.blur(ranked * weight, (reach, reach)) / share
    spread = np.sqrt(np.maximum(cv2.blur(ranked**2 * weight, (reach, reach)) / share - mean**2, 0))
    return np.stack([ranked, weight * (ranked - mean) / (spread + 0.05), weight])


def split_halves(probability: np.ndarray) -> np.ndarray:
    """probability (S, S) -> mask (S, S) bool above 0.5, of the two largest parts without their holes."""
    _, places, stats, _ = cv2.connectedComponentsWithStats((probability > 0.5).astype(np.uint8), connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas):
        return np.zeros(probability.shape, bool)
    largest = [1 + int(k) for k in np.argsort(areas)[::-1][:2] if areas[k] >= SMALLEST * areas.max()]
    filled = np.zeros(probability.shape, np.uint8)
    outlines, _ = cv2.findContours(np.isin(places, largest).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    return filled.astype(bool)


def outline_lungs(probability: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """probability (S, S) over SQUARE -> the lungs on an image (H, W), bool; the outline runs between the cells."""
    lungs = split_halves(probability)
    others = (probability > 0.5) & ~lungs
    clean = np.where(others, 0, np.where(lungs, np.maximum(probability, 0.51), probability))
    return SQUARE.map_to_image(clean, shape) > 0.5


@dataclass(frozen=True, eq=False)
class Lungs:
    """The loaded network. `dice`: mean Dice's coefficient on real images that it had not seen, and the ends of its
    95 % interval over patients; `card`: all of LUNGS_FILE; `turns`: those of all networks that compute on the same
    cores. Safe in threads. Of the pictures that wait for a turn `pictures_at_once` go through the network together;
    alone an image has the same outline to the pixel every time."""

    net: LungNet
    dice: tuple[float, float, float]
    card: dict
    turns: Turns = field(default_factory=Turns)
    pictures_at_once: int = 1
    _pass: SharedPass[np.ndarray, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pass", SharedPass(self.turns, self._ask, self.pictures_at_once))

    def estimate(self, pixels: np.ndarray) -> np.ndarray:
        """pixels (H, W) float32 0..1, bone bright -> (H, W) bool, True inside a lung as far as it is seen beside the
        heart; nowhere True where the network finds no lung."""
        return outline_lungs(self.probability(pixels), pixels.shape)

    def probability(self, pixels: np.ndarray) -> np.ndarray:
        """pixels (H, W) float32 0..1 -> (S, S) float32 0..1 over SQUARE."""
        return self._pass.ask(make_lung_input(SQUARE.square(pixels), SQUARE.mark_image(pixels.shape)))

    @torch.inference_mode()
    def _ask(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Each (C, S, S) -> (S, S); called with the turn."""
        return list(self.net(torch.from_numpy(np.stack(inputs))).sigmoid()[:, 0].numpy())


def load_lungs(
    folder: str | Path = "weights/lungs", turns: Turns | None = None, pictures_at_once: int = 1
) -> Lungs | None:
    """The lung model of a folder; None where there is none. Its `turns` are its own where none are given.

    Raises:
        CheckpointError: the folder's files cannot be used; the message says why.
    """
    found = read_small_card(Path(folder), LUNGS_FILE, _read_dice)
    if found is None:
        return None
    (card, dice), net = found, LungNet()
    checkpoint.fill_network(net, Path(folder), card["weights_sha256"], LUNGS_FILE)
    return Lungs(net.to(memory_format=torch.channels_last), dice, card, turns or Turns(), pictures_at_once)


def _read_dice(card: dict) -> tuple[float, float, float]:
    dice = card["dice"]
    return float(dice["value"]), float(dice["low"]), float(dice["high"])
