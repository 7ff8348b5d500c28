"""Do maps point at what was planted in phantoms? Every method against masks that are true to the pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
import torch
from tqdm import tqdm

from cxr_demo.explain.engine import AnyExplainer
from cxr_demo.film.phantom import Phantom
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier
from train.measure import metrics
from train.measure.intervals import draw_patients

CAUSE, MARKER = "cause", "letters"  # what a map may point at
CHANCE = "chance"  # stands among the methods: a map of noise
FIGURES = ("hit", "share", "iou")

Rows = list[tuple[int, str, dict[str, float]]]  # film, label, the figures of one map


def measure_pointing(
    network: Checkpoint, explain: AnyExplainer, films: Sequence[Phantom], labels: Sequence[str], methods: Sequence[str]
) -> dict[str, dict]:
    """CAUSE, MARKER -> method or CHANCE -> "all" or label -> figure -> value and interval over films; of all maps of
    those `labels` that are planted. A target that no film has is missing.

    The tolerance of "hit" is half a cell of the last feature map, for all methods alike: no CAM can be finer.
    """
    preprocess = network.card.preprocess
    rows: dict[tuple[str, str], Rows] = {}
    for number, film in enumerate(tqdm(films, f"maps of {network.card.name}", leave=False)):
        x = preprocess.apply(film.pixels)
        tolerance_px = len(film.pixels) / cast(Classifier, network.model).features(torch.from_numpy(x)).shape[-1] / 2
        planted = {network.card.labels.index(each.label): each for each in film.planted if each.label in labels}
        maps = explain.maps(x, list(planted), methods)
        for index, cause in planted.items():
            for target, mask in ((CAUSE, cause.mask), (MARKER, film.marker)):
                if not mask.any():
                    continue
                for key in methods:
                    placement = explain.find_placement(key)
                    map_image = preprocess.map_to_image(maps[key, index], film.pixels.shape, placement)
                    scored = score_map(map_image, mask, tolerance_px)
                    rows.setdefault((target, key), []).append((number, cause.label, scored))
                rows.setdefault((target, CHANCE), []).append((number, cause.label, score_by_chance(mask, tolerance_px)))
    measured: dict[str, dict] = {}
    for (target, key), found in rows.items():
        of_labels = {label: [row for row in found if row[1] == label] for label in labels}
        parts = {"all": found, **{label: part for label, part in of_labels.items() if part}}
        measured.setdefault(target, {})[key] = {name: _mean(part) for name, part in parts.items()}
    return measured


def score_map(map_image: np.ndarray, mask: np.ndarray, tolerance_px: float) -> dict[str, float]:
    """map_image, mask (H, W) -> FIGURES, each 0..1, all 0 where nothing is positive.

    "hit": the strongest point lies in the mask or at most `tolerance_px` from it; the share of the strongest points,
    where several are equal. "share": of the positive evidence, what lies in the mask. "iou": of the mask and as many
    of the strongest points (intersection over union).
    """
    evidence = np.maximum(map_image, 0).astype(np.float64)
    if not evidence.any():
        return dict.fromkeys(FIGURES, 0.0)
    strongest = evidence.ravel().argsort(kind="stable")[-mask.sum() :]
    shared = mask.ravel()[strongest].sum()
    return {
        "hit": float(_widened(mask, tolerance_px)[evidence == evidence.max()].mean()),
        "share": float(evidence[mask].sum() / evidence.sum()),
        "iou": float(shared / (2 * mask.sum() - shared)),
    }


def score_by_chance(mask: np.ndarray, tolerance_px: float) -> dict[str, float]:
    """What `score_map` gives on average for a map of noise: the area; so large a part of the mask is met by chance."""
    area = float(mask.mean())
    return {"hit": float(_widened(mask, tolerance_px).mean()), "share": area, "iou": area / (2 - area)}


def _widened(mask: np.ndarray, by_px: float) -> np.ndarray:
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= by_px


def _mean(rows: Rows) -> dict[str, dict[str, float]]:
    """figure -> mean over maps, with the 95 % interval from draws of whole films."""
    film = np.array([number for number, _, _ in rows])
    weights = np.concatenate(list(draw_patients(film, metrics.RESAMPLINGS)))
    values = {figure: np.array([scored[figure] for _, _, scored in rows]) for figure in FIGURES}
    return {
        figure: (metrics.measure_interval(of.mean(), weights @ of / weights.sum(1)) or {}) | {"maps": len(of)}
        for figure, of in values.items()
    }
