"""`python -m train lungs`: the lung model of the app, from films that may be given away.

First the network learns from phantoms and from the masked films whose licence allows release. Then it outlines real
films without masks, whose licence allows release too, and learns again from the outlines that it is sure of, together
with phantoms (self-training; Xie et al. 2020, Noisy Student, CVPR). All other masked films are for the test alone:
nothing is fitted or chosen on them, but that 24 were looked at with their masks, to see what these call a lung; the
last step is the one that is kept.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.evaluation.lung_segmentation import (
    LUNGS_FILE,
    SQUARE,
    WIDTHS,
    LungNet,
    Lungs,
    load_lungs,
    outline_lungs,
    split_halves,
)
from cxr_demo.film.reading import read_image
from cxr_demo.networks.whole_file import write_file
from train.benchmarks.lung_films import LungFilm, MaskedFilm, draw_films, make_batch, read_masked
from train.data.datasets import COHEN, HANNOVER, KERMANY, NIH, keep_released
from train.data.readers import read_hannover, read_kermany, read_nih
from train.data.table import Table
from train.fit.environment import describe_environment
from train.fit.optimiser import take_steps
from train.markdown import format_table
from train.measure.intervals import divide, draw_patients, format_interval
from train.measure.metrics import RESAMPLINGS, measure_interval
from train.report.small_model_report import format_small_report, make_small_card, write_small_card

BATCH = 16
RATE = 3e-3
WARM = 0.05  # of the steps
FREE_SHARE = 0.05  # of the batches: three films are worth no more
REAL_SHARE = 0.5  # of the batches, in the second course
SURE = 0.6  # share of the outlined films that is learned from: those that the network is surest of
POOL = {"hannover": read_hannover, "nih": read_nih, "kermany": read_kermany}
TEST_SEED, TEST_PHANTOMS = 900_000_000, 200  # seeds that no training reaches
SIZES = 0.08, 0.6  # of the square: what is smaller or larger is no pair of lungs
LOW = 0.9  # Dice below which an outline is counted as poor


@dataclass(frozen=True)
class Course:
    """How much: phantoms and steps on them, then films to outline of each set of POOL and steps on both."""

    phantoms: int = 600
    first_steps: int = 700
    outlined: int = 200
    second_steps: int = 500
    seed: int = 0


COURSE = Course()


def train_lungs(data: Path, out: Path, course: Course = COURSE) -> dict:
    """Train, measure and write the folder of a lung model; returns its card. TrainingError where films are missing."""
    began, made = time.monotonic(), describe_environment()
    masked = read_masked(data)
    seen = {film.patient for film in masked if film.is_free}
    free, test = [film for film in masked if film.is_free], [film for film in masked if film.patient not in seen]
    random = np.random.default_rng(course.seed)
    torch.manual_seed(course.seed)
    net, phantoms = LungNet(), draw_films(course.seed * 1_000_000, course.phantoms)
    known: dict[float, Sequence[LungFilm]] = {1 - FREE_SHARE: phantoms}
    known |= {FREE_SHARE: [film.read() for film in free]} if free else {}
    fit_lungs(net, random, known, course.first_steps, "on phantoms")
    outlined, counts = _outline_pool(net, data, course.outlined)
    known = {share * (1 - REAL_SHARE): films for share, films in known.items()} | {REAL_SHARE: outlined}
    fit_lungs(net, random, known, course.second_steps, "on real films too")
    network = f"U-Net of {len(WIDTHS)} levels, {', '.join(map(str, WIDTHS))} channels, {SQUARE.size_px} px"
    training = {
        "phantoms": course.phantoms,
        "masked_films": [{"film": film.path.name, "licence": film.licence} for film in free],
        "outlined_by_itself": counts,
        "settings": {**vars(course), "batch": BATCH, "rate": RATE},
    }
    unknown = {"value": 0.0, "low": 0.0, "high": 0.0}
    card = make_small_card(out, net, network, made, training, began, dice=unknown)
    write_small_card(out / LUNGS_FILE, card)
    stored = load_lungs(out)  # what is measured is what was written
    if stored is None:
        raise TrainingError(f"The lung model in {out} is gone before it was measured.")
    card["measured"] = measure_lungs(stored, test) | {"phantoms, never trained on": measure_on_phantoms(stored)}
    card["dice"] = card["measured"]["real films"]["mean"]
    write_small_card(out / LUNGS_FILE, card)
    write_file(out / "README.md", "\n".join(format_report(card)))
    print("\n".join(format_dice(card["measured"])))
    return card


# ---- training


def fit_lungs(
    net: LungNet, random: np.random.Generator, films: Mapping[float, Sequence[LungFilm]], steps: int, title: str
) -> None:
    """In place; the loss is cross-entropy on the film plus 1 - Dice of each (Milletari et al. 2016, V-Net)."""
    net.train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.01)

    def learning_rate(done: float) -> float:
        rising, falling = done / WARM, 0.5 * (1 + math.cos(math.pi * (done - WARM) / (1 - WARM)))
        return RATE * max(rising if done < WARM else falling, 0.01)

    def compute_loss(batch: list[torch.Tensor]) -> torch.Tensor:
        x, lungs, inside = batch
        return compute_outline_loss(net(x.contiguous(memory_format=torch.channels_last)), lungs, inside)

    batches = ([torch.from_numpy(part) for part in make_batch(random, films, BATCH)] for _ in range(steps))
    bar = tqdm(take_steps(optimiser, batches, steps, learning_rate, compute_loss), title, steps, leave=False)
    for step, loss in enumerate(bar):
        if step % 20 == 0:
            bar.set_postfix(loss=f"{loss.item():.3f}")
    net.to(memory_format=torch.contiguous_format).eval()


def compute_outline_loss(logits: torch.Tensor, lungs: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """All (N, 1, S, S); padding counts for nothing."""
    entropy = (F.binary_cross_entropy_with_logits(logits, lungs, reduction="none") * inside).sum() / inside.sum()
    found = logits.sigmoid() * inside
    common, both = (found * lungs).sum((1, 2, 3)), found.sum((1, 2, 3)) + lungs.sum((1, 2, 3))
    return entropy + (1 - (2 * common + 1) / (both + 1)).mean()


def _outline_pool(net: LungNet, data: Path, count: int) -> tuple[list[LungFilm], dict[str, int]]:
    """Of `count` films of each set of POOL, evenly drawn from those to train on, the surest -> how many of each."""
    found, model = [], Lungs(net, (0.0, 0.0, 0.0), {})
    for name, read in POOL.items():
        table = _to_train_on(read(data))
        chosen = np.unique(np.linspace(0, len(table) - 1, count).astype(int))
        for path in tqdm(table.paths[chosen], f"outlining {name}", leave=False):
            found.append((name, *outline_film(model, read_image(path).pixels)))
    least = np.quantile([sure for _, _, sure in found], 1 - SURE)
    kept = [(name, film) for name, film, sure in found if sure >= least and sure > 0]
    if not kept:
        raise TrainingError("The network found no lungs on any film without a mask.", "Let it learn longer first.")
    return [film for _, film in kept], dict(Counter(name for name, _ in kept))


def _to_train_on(table: Table) -> Table:
    return keep_released(table.where(table.split == "train"))


def outline_film(model: Lungs, pixels: np.ndarray) -> tuple[LungFilm, float]:
    """A film with the lungs that the network sees on it and on its mirror image, and how alike the two are (Dice); 0
    where they are not two parts, or of no sensible size."""
    ways = model.probability(pixels), model.probability(pixels[:, ::-1])[:, ::-1]
    masks = [split_halves(way) for way in ways]
    is_sensible = all(SIZES[0] < mask.mean() < SIZES[1] and _count_parts(mask) == 2 for mask in masks)
    lungs = outline_lungs((ways[0] + ways[1]) / 2, pixels.shape)
    return LungFilm(pixels, lungs.astype(np.float32), 0.5), compute_dice(*masks) if is_sensible else 0.0


def _count_parts(mask: np.ndarray) -> int:
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[0] - 1


# ---- measuring


def compute_dice(one: np.ndarray, other: np.ndarray) -> float:
    """Of two masks (H, W) bool, 0..1 (Dice 1945); 1 for two empty ones."""
    both = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / both if both else 1.0


def measure_lungs(model: Lungs, films: Sequence[MaskedFilm]) -> dict[str, dict]:
    """The Dice of each film on its own pixels: of all, of each view and of each licence."""
    of_films = [
        compute_dice(model.estimate(known.pixels), known.lungs > 0.5)
        for known in (film.read() for film in tqdm(films, "measuring", leave=False))
    ]
    values, patients = np.array(of_films), np.array([film.patient for film in films])
    groups = {"real films": np.ones(len(films), bool)}
    for name, of in (("view", "view"), ("licence", "licence")):
        column = np.array([getattr(film, of) or "not stated" for film in films])
        groups |= {f"{name} {value}": column == value for value in np.unique(column)}
    return {name: summarise_dice(values[chosen], patients[chosen]) for name, chosen in groups.items()}


def measure_on_phantoms(model: Lungs) -> dict:
    films = draw_films(TEST_SEED, TEST_PHANTOMS)
    return summarise_dice(
        np.array([compute_dice(model.estimate(f.pixels), f.lungs > 0.5) for f in films]), np.arange(len(films))
    )


def summarise_dice(values: np.ndarray, patients: np.ndarray) -> dict:
    """The mean over films with its 95 % interval over patients, the median, the mean of the worst tenth."""
    drawn = np.concatenate(
        [divide(weights @ values, weights.sum(1)) for weights in draw_patients(patients, RESAMPLINGS)]
    )
    worst = np.sort(values)[: math.ceil(len(values) / 10)]
    return {
        "films": len(values),
        "patients": len(np.unique(patients)),
        "mean": measure_interval(float(values.mean()), drawn),
        "median": float(np.median(values)),
        "worst_tenth": float(worst.mean()),
        "below_0.9": float((values < LOW).mean()),
    }


# ---- words


def format_report(card: dict) -> list[str]:
    """The README.md of the lung model."""
    training = card["training"]
    outlined = ", ".join(f"{count} of {name}" for name, count in training["outlined_by_itself"].items())
    masked = ", ".join(f"{each['film']} ({each['licence']})" for each in training["masked_films"]) or "none"
    purpose = (
        "Where the lungs are on a frontal chest radiograph, as an estimate. The app uses it to say which share of a "
        "map's evidence lies inside them."
    )
    origin = (
        f"Trained on: {training['phantoms']} phantoms of `cxr_demo.film.phantom`; films with a mask whose licence "
        f"allows release: {masked}; films that the network outlined itself: {outlined}",
        "Licences of the films trained on: Hannover CC BY 3.0, NIH unrestricted use with credit, Kermany CC BY 4.0",
    )
    return [
        *format_small_report(card, "image-segmentation", purpose, origin),
        "## Dice's coefficient", "",
        "Real films are those of covid-chestxray that have a mask and were not trained on, nor any of their patients; "
        f"95 % intervals from {RESAMPLINGS:,} draws of patients. Nothing was fitted on them; "
        "24 were looked at with their masks, to see what these call a lung.", "",
        *format_dice(card["measured"]), "",
        "## Limits", "",
        "A lung is what is seen of it beside the heart and above the diaphragm. The masks come with covid-chestxray; "
        "some are not exact. Nearly all are of adults, so nothing is measured on children. Expect failures where a "
        "lung is white, where a film shows only a part of the chest, and where it is not frontal.", "",
        f"Data: {COHEN}; {HANNOVER}; {NIH}; {KERMANY}.", "",
    ]  # fmt: skip


def format_dice(measured: dict[str, dict]) -> list[str]:
    """A table with a row for each group of films."""
    rows = [
        (
            name, str(of["films"]), str(of["patients"]), format_interval(of["mean"], 3), f"{of['median']:.3f}",
            f"{of['worst_tenth']:.3f}", f"{of['below_0.9']:.0%}",
        )
        for name, of in measured.items()
    ]  # fmt: skip
    return format_table(("", "films", "patients", "mean", "median", "worst tenth", "below 0.9"), rows)
