"""Films with known lungs to train the lung model on: phantoms, released masks, and everything that can go wrong.

A phantom is tidier than any film. So every film is drawn anew each time it is seen: bent, cropped and exposed at
random, with haze over the lungs, gas below, tubes, text, edges of collimation and frames. All of it is our own choice.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.evaluation.lung_segmentation import SQUARE, make_lung_input
from cxr_demo.film.anatomy import draw_cloud
from cxr_demo.film.phantom import PLANTS, make_phantom
from cxr_demo.film.reading import read_image
from train.data.datasets import FREE

DRAWN_PX = 160  # phantoms are drawn so large
FOLDER = "covid_chestxray"


@dataclass(frozen=True, eq=False)
class LungFilm:
    """`pixels` and `lungs`, both (H, W) float32 0..1; `reach` 0..1 says how far it may be bent and cropped."""

    pixels: np.ndarray
    lungs: np.ndarray
    reach: float = 1.0


@dataclass(frozen=True)
class MaskedFilm:
    """A real film beside its mask."""

    path: Path
    mask: Path
    patient: str
    view: str
    licence: str

    @property
    def is_free(self) -> bool:
        return FREE.fullmatch(self.licence) is not None

    def read(self) -> LungFilm:
        pixels, mask = read_image(self.path).pixels, cv2.imread(str(self.mask), cv2.IMREAD_GRAYSCALE)
        if mask is None or mask.shape != pixels.shape:
            raise TrainingError(f"The mask {self.mask.name} cannot be read, or is not of its film's size.")
        return LungFilm(pixels, (mask > 127).astype(np.float32), 0.5)


def read_masked(root: Path) -> list[MaskedFilm]:
    """The films of covid-chestxray that have a mask in `lung_masks/`, with the licence of each."""
    base = root / FOLDER if (root / FOLDER).is_dir() else root
    masks = {path.stem: path for path in sorted((base / "lung_masks").glob("*.png"))}
    try:
        with (base / "metadata.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if Path(row["filename"]).stem in masks]
        found = [
            MaskedFilm(
                base / "images" / row["filename"], masks[Path(row["filename"]).stem],
                f"covid-chestxray:{row['patientid'].strip()}", row["view"].strip(), row["license"].strip(),
            )
            for row in rows
        ]  # fmt: skip
    except (OSError, KeyError):
        found = []
    if not found:
        raise TrainingError(f"There are no lung masks in {root.name}.", f"--data must hold {FOLDER}/lung_masks.")
    return found


def draw_films(first_seed: int, count: int) -> list[LungFilm]:
    """Phantoms with up to two findings each."""
    films = []
    for seed in tqdm(range(first_seed, first_seed + count), "drawing films", leave=False):
        random = np.random.default_rng([seed, *b"lungs"])
        planted = random.choice(tuple(PLANTS), random.choice(3), replace=False)
        drawn = make_phantom(seed, DRAWN_PX, planted.tolist())
        films.append(LungFilm(drawn.pixels, drawn.lungs.astype(np.float32)))
    return films


def make_batch(
    random: np.random.Generator, films: Mapping[float, Sequence[LungFilm]], count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`count` films by lot, from {share of the batch: films} -> x (N, 3, S, S) as the network reads it, lungs
    (N, 1, S, S) 0..1, and where the squares hold film (N, 1, S, S), all float32."""
    decks = random.choice(len(films), count, p=np.array(list(films)) / sum(films))
    chosen = (list(films.values())[deck] for deck in decks)
    varied = [vary_film(random, deck[random.integers(len(deck))]) for deck in chosen]
    x = np.stack([make_lung_input(square, inside) for square, _, inside in varied])
    lungs, inside = (np.stack([each[part][None] for each in varied]).astype(np.float32) for part in (1, 2))
    return x, lungs, inside


def vary_film(random: np.random.Generator, film: LungFilm) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """-> square (S, S) float32 0..1, lungs (S, S) float32 0..1, where the square holds film (S, S) bool."""
    size = SQUARE.size_px
    ratio = np.exp(random.uniform(-0.3, 0.3)) if random.random() < 0.7 else 1.0
    high, wide = (max(size // 2, min(size, round(size * side))) for side in (1 / ratio, ratio))
    pixels, lungs = _bent(random, film, (high, wide))
    if random.random() < 0.5:
        pixels = _hazed(random, pixels, lungs)
    if random.random() < 0.4:
        pixels = _gassed(random, pixels, lungs)
    pixels = _exposed(random, pixels)
    pixels = _littered(random, pixels)
    pixels, lungs = _framed(random, pixels, lungs)
    placed = slice((size - high) // 2, (size - high) // 2 + high), slice((size - wide) // 2, (size - wide) // 2 + wide)
    square, mask, inside = np.zeros((3, size, size), np.float32)
    square[placed], mask[placed], inside[placed] = pixels.clip(0, 1), lungs, 1
    return square, mask, inside > 0


def _bent(random: np.random.Generator, film: LungFilm, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Turned, zoomed, stretched, moved and smoothly bent, perhaps mirrored, into (h, w)."""
    high, wide = shape
    source_high, source_wide = film.pixels.shape
    angle = np.radians(random.normal(0, 5) * film.reach)
    zoom = np.exp(random.uniform(-0.15, 0.45) * film.reach) if film.reach == 1 else np.exp(random.uniform(-0.1, 0.15))
    stretch = np.exp(random.normal(0, 0.1, 2) * film.reach)
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    x, y = ((x + 0.5) / wide - 0.5) / zoom * stretch[0], ((y + 0.5) / high - 0.5) / zoom * stretch[1]
    if random.random() < 0.5:
        x = -x
    x, y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    bend = 0.02 * film.reach * random.random()
    moved = random.normal(0, 0.04, 2) * film.reach
    x, y = (
        along
        + 0.5
        + shift
        + bend * cv2.resize(random.standard_normal((4, 4)), (wide, high), interpolation=cv2.INTER_CUBIC)
        for along, shift in zip((x, y), moved, strict=True)
    )
    places = (x * source_wide - 0.5).astype(np.float32), (y * source_high - 0.5).astype(np.float32)
    smooth = max(source_high / high, source_wide / wide) / zoom
    pixels = cv2.GaussianBlur(film.pixels, (0, 0), 0.4 * smooth) if smooth > 1.2 else film.pixels
    beyond = cv2.BORDER_REPLICATE if random.random() < 0.6 else cv2.BORDER_CONSTANT
    return cv2.remap(pixels, *places, cv2.INTER_LINEAR, borderMode=beyond), cv2.remap(
        film.lungs, *places, cv2.INTER_LINEAR
    )


def _field(random: np.random.Generator, shape: tuple[int, int], cells: int) -> np.ndarray:
    return cv2.resize(draw_cloud(random, cells, max(shape)), shape[::-1])


def _hazed(random: np.random.Generator, pixels: np.ndarray, lungs: np.ndarray) -> np.ndarray:
    """Less air in parts of the lungs, from a veil to none at all."""
    shape, cells = pixels.shape, int(random.integers(2, 7))
    share = 1 / (1 + np.exp(-4 * (_field(random, shape, cells) + random.uniform(-1.2, 0.6))))
    share = random.uniform(0.3, 1) * share * cv2.GaussianBlur(lungs, (0, 0), random.uniform(1, 4))
    bright = np.quantile(pixels, random.uniform(0.55, 0.9)) * (1 + 0.1 * _field(random, shape, 12))
    return pixels + share * np.maximum(bright - pixels, 0)


def _gassed(random: np.random.Generator, pixels: np.ndarray, lungs: np.ndarray) -> np.ndarray:
    """With air that is not in the lungs: bubbles below them, and a belly as dark as they are."""
    high, wide = pixels.shape
    air = np.zeros(pixels.shape, np.uint8)
    for _ in range(random.integers(0, 6)):
        place = int(random.uniform(0.1, 0.9) * wide), int(random.uniform(0.6, 1) * high)
        size = tuple(int(side) for side in random.uniform(0.02, 0.1, 2) * wide + 1)
        cv2.ellipse(air, place, size, random.uniform(-40, 40), 0, 360, int(random.integers(60, 230)), cv2.FILLED)
    share = cv2.GaussianBlur(air.astype(np.float32) / 255, (0, 0), random.uniform(0.7, 2.5))
    below = np.linspace(-random.uniform(0.3, 0.8), 1, high)[:, None].clip(0, 1) * random.uniform(0, 0.6)
    dark = np.quantile(pixels, random.uniform(0.05, 0.3))
    return pixels - (1 - lungs) * np.maximum(share, below) * np.maximum(pixels - dark, 0)


def _exposed(random: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    shape = pixels.shape
    pixels = pixels + random.uniform(0, 0.25) * _field(random, shape, int(random.integers(2, 4)))  # a dose that falls
    low, high = np.quantile(pixels, [random.uniform(0, 0.05), random.uniform(0.9, 1)])
    pixels = ((pixels - low) / max(high - low, 0.05)).clip(0, 1) ** np.exp(random.normal(0, 0.45))
    if random.random() < 0.3:  # films are often sharpened
        pixels = pixels + random.uniform(0.3, 1.5) * (pixels - cv2.GaussianBlur(pixels, (0, 0), random.uniform(1, 6)))
    if random.random() < 0.3:
        grey = cv2.createCLAHE(random.uniform(1, 4), (4, 4)).apply(np.rint(pixels.clip(0, 1) * 255).astype(np.uint8))
        pixels = grey.astype(np.float32) / 255
    if random.random() < 0.5:
        pixels = cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.3, 1.2))
    texture = random.uniform(0, 0.06) * _field(random, shape, int(random.integers(10, 40)))
    return (pixels + texture + random.uniform(0, 0.04) * random.standard_normal(shape)).astype(np.float32)


def _littered(random: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    """With tubes and wires, discs, letters and labels, as often none of them."""
    high, wide = pixels.shape
    over = np.zeros(pixels.shape, np.uint8)  # OpenCV smooths edges in bytes only

    def place() -> tuple[int, int]:
        return int(random.uniform(-0.05, 1) * wide), int(random.uniform(-0.05, 1.05) * high)

    for _ in range(random.poisson(1.0)):
        knots = np.cumsum([place(), *(random.normal(0, 0.2 * wide, (4, 2)))], axis=0)
        line = np.stack([np.interp(np.linspace(0, 4, 25), range(5), knots[:, k]) for k in (0, 1)], axis=1)
        line = np.rint(cv2.blur(line.astype(np.float32), (1, 7))).astype(np.int32)
        cv2.polylines(over, [line], False, int(random.integers(25, 130)), 1, cv2.LINE_AA)
    for _ in range(random.poisson(0.5)):
        cv2.circle(over, place(), int(random.integers(1, 4)), int(random.integers(50, 150)), cv2.FILLED, cv2.LINE_AA)
    film = np.rint((pixels + over / 255).clip(0, 1) * 255).astype(np.uint8)
    for _ in range(random.poisson(0.8)):
        grey, (x, y) = int(random.choice(np.array([0, 255, random.integers(256)]))), place()
        if random.random() < 0.4:
            cv2.rectangle(film, (x, y), (x + int(random.integers(3, 30)), y + int(random.integers(3, 14))), grey, -1)
            grey = 255 - grey
        text = "".join(random.choice(list("LRPAMOBIE 0123456789"), random.integers(1, 9)))
        cv2.putText(film, text, (x, y + 8), cv2.FONT_HERSHEY_SIMPLEX, random.uniform(0.2, 0.5), grey, 1, cv2.LINE_AA)
    return film.astype(np.float32) / 255


def _framed(random: np.random.Generator, pixels: np.ndarray, lungs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Perhaps inside a tilted edge of collimation, or a frame; what is hidden is no lung."""
    if random.random() < 0.65:
        return pixels, lungs
    high, wide = pixels.shape
    inner = random.uniform(0, 0.08, 4) * (random.random(4) < 0.6)
    corners = [(inner[0], inner[1]), (1 - inner[2], inner[1]), (1 - inner[2], 1 - inner[3]), (inner[0], 1 - inner[3])]
    corners = (np.array(corners) + random.normal(0, 0.01, (4, 2))) * [wide, high]
    shown = np.zeros_like(pixels)
    cv2.fillConvexPoly(shown, np.rint(corners).astype(np.int32), 1.0)
    return np.where(shown > 0, pixels, float(random.choice([0.0, 0.0, 0.05, 1.0]))), lungs * shown
