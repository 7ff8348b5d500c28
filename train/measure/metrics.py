"""Metrics: scikit-learn called in one place, intervals by resampling patients, calibration, thresholds.

Throughout, p, logits and targets are (N, L), targets hold 1, 0 or NaN (not stated); what is not stated is left out of
every figure. A figure that the films cannot give (a class is absent) is left out of every dict.

Per label, of its answer (p >= threshold; for single-label tasks the most probable label, and thresholds are not used):
f1, mcc, sensitivity, specificity; over all thresholds: auroc, auprc.
Over all labels: macro_auroc and macro_auprc, the means over the labels that have them. For single-label tasks
accuracy, mcc, macro_f1, macro_precision, macro_recall and macro_specificity are those of the most probable label, the
macro ones over the classes that are there; for multi-label tasks accuracy is the share of stated entries on the right
side of their threshold, macro_f1 and mcc are means over the labels, and specificity_any_finding is the share of the
films without any stated finding on which none is called.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    log_loss,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

from cxr_demo.errors import TrainingError
from cxr_demo.networks.card_parts import MAX_POINTS, OperatingPoints, Reliability
from cxr_demo.networks.classifier import compute_probabilities
from train.measure.intervals import (
    average_known,
    bin_gaps,
    class_scores,
    divide,
    draw_patients,
    rank_scores,
    threshold_scores,
)

RESAMPLINGS = 1000
TEMPERATURES = math.exp(-3), math.exp(3)  # between which one is looked for: 0.05 to 20
BINS = 15  # of the calibration error, as in Guo et al. 2017
# Own choice: between two of these, films count as given nearly the same; finer at the ends, where rare findings are.
NEAR_EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
FIGURES = {  # of a whole set, in this order
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "mcc": "Matthews correlation",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "macro_specificity": "Macro specificity",
    "specificity_any_finding": "Specificity, any finding (no finding called where there is none)",
    "macro_auroc": "Macro AUROC",
    "macro_auprc": "Macro AUPRC",
    "auroc_disease_against_normal": "AUROC, any disease against normal",
    "ece": "Expected calibration error",
}


def validation_metrics(
    logits: torch.Tensor, targets: torch.Tensor, task: str, labels: tuple[str, ...]
) -> dict[str, float]:
    """The few figures that are watched while training; `mcc` of a single sigmoid is that at 0.5."""
    p, true = compute_probabilities(logits.double(), task, 1.0).numpy(), targets.numpy()
    found = {"val_loss": compute_mean_loss(p, true, task)}
    if task == "single-label":
        of_classes = _over_all(p, true, labels, task, {}, None)
        found |= {name: of_classes[name] for name in ("accuracy", "macro_f1", "mcc") if name in of_classes}
    else:
        by_label = [_rank_scores(*select_stated(p, true, k), None) for k in range(len(labels))]
        found |= {f"macro_{name}": average_known([of[name] for of in by_label]) for name in ("auroc", "auprc")}
        if len(labels) == 1:
            positive, given = select_stated(p, true, 0)
            found["mcc"] = _threshold_scores(positive, given >= 0.5, None)["mcc"]
    return {name: float(value) for name, value in found.items() if not np.isnan(value)}


def measure_with_intervals(
    p: np.ndarray,
    targets: np.ndarray,
    patient: np.ndarray,
    labels: tuple[str, ...],
    task: str,
    thresholds: dict[str, float],
) -> dict[str, dict[str, float]]:
    """name -> {"value", "low", "high"}: scikit-learn's value and the 95 % percentile interval over `RESAMPLINGS`
    draws of whole patients; draws without the classes that a figure needs do not count for it."""
    drawn = resample_figures(p, targets, patient, labels, task, thresholds)
    found = {
        name: measure_interval(float(value), drawn[name])
        for name, value in compute_scores(p, targets, labels, task, thresholds).items()
    }
    return {name: entry for name, entry in found.items() if entry}


def measure_interval(value: float, drawn: np.ndarray) -> dict[str, float] | None:
    """The value with the ends between which 95 % of the draws lie; None where there is no value or no draw."""
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return {"value": float(value), "low": float(low), "high": float(high)}


def resample_figures(
    p: np.ndarray,
    targets: np.ndarray,
    patient: np.ndarray,
    labels: tuple[str, ...],
    task: str,
    thresholds: dict[str, float],
) -> dict[str, np.ndarray]:
    """name -> (RESAMPLINGS,), NaN where a draw cannot give it; the same patients are drawn in the same order by every
    call on the same films."""
    chunks = [
        compute_scores(p, targets, labels, task, thresholds, weights) for weights in draw_patients(patient, RESAMPLINGS)
    ]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def compute_scores(
    p: np.ndarray,
    targets: np.ndarray,
    labels: tuple[str, ...],
    task: str,
    thresholds: dict[str, float],
    weights: np.ndarray | None = None,
) -> dict[str, float | np.ndarray]:
    """name -> float; with weights (R, N) of the films name -> (R,). NaN where these films cannot give it."""
    by_label: dict[str, dict] = {label: {} for label in labels}
    for k, label in enumerate(labels):
        stated = ~np.isnan(targets[:, k])
        positive, given = select_stated(p, targets, k)
        of_stated = None if weights is None else weights[:, stated]
        if len(given):
            by_label[label] = _rank_scores(positive, given, of_stated)
            if task == "single-label":
                by_label[label] |= _threshold_scores(positive, (p.argmax(1) == k)[stated], of_stated)
            elif label in thresholds:
                by_label[label] |= _threshold_scores(positive, given >= thresholds[label], of_stated)
    found = _over_all(p, targets, labels, task, thresholds, weights)
    for name in ("auroc", "auprc") if task == "single-label" else ("f1", "mcc", "auroc", "auprc"):
        if of_labels := [of[name] for of in by_label.values() if name in of]:
            found["mcc" if name == "mcc" else f"macro_{name}"] = average_known(of_labels)
    found["ece"] = _calibration_error(p, targets, task, weights)
    if task == "single-label" and by_label.get("normal"):  # 1 - p against "not normal" ranks as p against "normal"
        found["auroc_disease_against_normal"] = by_label["normal"]["auroc"]
    return found | {f"{name}_{label}": value for label, of in by_label.items() for name, value in of.items()}


def _over_all(
    p: np.ndarray,
    targets: np.ndarray,
    labels: tuple[str, ...],
    task: str,
    thresholds: dict[str, float],
    weights: np.ndarray | None,
) -> dict[str, float | np.ndarray]:
    if task == "single-label":
        stated = has_class(targets)
        if not stated.any():
            return {}
        of_stated = None if weights is None else weights[:, stated]
        return _class_scores(assign_classes(targets[stated]), p[stated].argmax(1), len(labels), of_stated)
    cuts = np.array([thresholds.get(label, np.nan) for label in labels])
    counted = ~np.isnan(targets) & ~np.isnan(cuts)
    if not counted.any():
        return {}
    every = np.ones((1, len(p))) if weights is None else weights
    right = ((p >= cuts) == (targets == 1)) & counted
    is_free = counted.any(1) & ~(targets == 1).any(1)
    found = {
        "accuracy": divide(every @ right.sum(1), every @ counted.sum(1)),
        "specificity_any_finding": divide(every @ (is_free & ~((p >= cuts) & counted).any(1)), every @ is_free),
    }
    return {name: float(value[0]) if weights is None else value for name, value in found.items()}


def has_class(targets: np.ndarray) -> np.ndarray:
    """(N,) bool: exactly one label is stated to be true."""
    return np.nansum(targets, axis=1) == 1


def assign_classes(targets: np.ndarray) -> np.ndarray:
    """(N,) int, for rows that have one."""
    return np.nan_to_num(targets).argmax(1)


def select_stated(p: np.ndarray, targets: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Of label k: (M,) bool, is it there; (M,) its probability."""
    stated = ~np.isnan(targets[:, k])
    return targets[stated, k] == 1, p[stated, k]


def _rank_scores(positive: np.ndarray, given: np.ndarray, weights: np.ndarray | None) -> dict:
    if weights is not None:
        return rank_scores(positive, given, weights)
    if not 0 < positive.sum() < len(positive):
        return {"auroc": math.nan, "auprc": math.nan}
    return {"auroc": roc_auc_score(positive, given), "auprc": average_precision_score(positive, given)}


def _threshold_scores(positive: np.ndarray, called: np.ndarray, weights: np.ndarray | None) -> dict:
    if weights is not None:
        return threshold_scores(positive, called, weights)
    some, others = positive.any(), not positive.all()
    return {
        "f1": f1_score(positive, called) if some else math.nan,
        "mcc": matthews_corrcoef(positive, called) if some and others else math.nan,
        "sensitivity": recall_score(positive, called) if some else math.nan,
        "specificity": recall_score(~positive, ~called) if others else math.nan,
    }


def _class_scores(true: np.ndarray, called: np.ndarray, classes: int, weights: np.ndarray | None) -> dict:
    if weights is not None:
        return class_scores(true, called, classes, weights)
    there = np.unique(true)
    macro = {"average": "macro", "labels": there, "zero_division": 0}
    others = [recall_score(true != k, called != k) if len(there) > 1 else math.nan for k in there]
    return {
        "accuracy": accuracy_score(true, called),
        "macro_f1": f1_score(true, called, **macro),
        "mcc": matthews_corrcoef(true, called) if len(there) > 1 else math.nan,
        "macro_precision": precision_score(true, called, **macro),
        "macro_recall": recall_score(true, called, **macro),
        "macro_specificity": average_known(others),
    }


def count_confusion(p: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Counts (L, L), single-label: rows are the truth, columns the most probable label."""
    counts = np.zeros((p.shape[1], p.shape[1]), int)
    stated = has_class(targets)
    np.add.at(counts, (assign_classes(targets[stated]), p[stated].argmax(1)), 1)
    return counts


def compute_calibration_error(p: np.ndarray, targets: np.ndarray, task: str) -> float:
    """Expected calibration error, equal-width bins (Guo et al. 2017, eq. 3): of the top label for single-label tasks,
    else that of each label's probability, averaged over labels. 0..1, NaN where nothing is stated."""
    return float(_calibration_error(p, targets, task, None))


def _calibration_error(p: np.ndarray, targets: np.ndarray, task: str, weights: np.ndarray | None) -> float | np.ndarray:
    every = np.ones((1, len(p))) if weights is None else weights
    if task == "single-label":
        stated = has_class(targets)
        right = p[stated].argmax(1) == assign_classes(targets[stated])
        errors = bin_gaps(p[stated].max(1), right, every[:, stated], BINS)
    else:
        stated = ~np.isnan(targets)
        errors = average_known(
            [bin_gaps(p[rows, k], targets[rows, k], every[:, rows], BINS) for k, rows in enumerate(stated.T)]
        )
    return float(np.atleast_1d(errors)[0]) if weights is None else errors


def compute_majority_accuracy(targets: np.ndarray, task: str) -> float:
    """The accuracy of always giving the commonest class, or each label's commoner answer; NaN if nothing is stated."""
    if task == "single-label":
        counts = np.nansum(targets[has_class(targets)], axis=0, dtype=np.float64)
        return float(counts.max() / counts.sum()) if counts.any() else math.nan
    stated, positives = (~np.isnan(targets)).sum(0), np.nansum(targets, axis=0, dtype=np.float64)
    return float(np.maximum(positives, stated - positives).sum() / stated.sum()) if stated.any() else math.nan


def compute_mean_loss(p: np.ndarray, targets: np.ndarray, task: str) -> float:
    """Log loss over the films with a class, or binary cross-entropy over the stated entries; NaN if there are none."""
    if task == "single-label":
        stated = has_class(targets)
        true = assign_classes(targets[stated])
        return float(log_loss(true, p[stated], labels=range(p.shape[1]))) if stated.any() else math.nan
    stated = ~np.isnan(targets)
    if not stated.any():
        return math.nan
    given = np.where(targets[stated] == 1, p[stated], 1 - p[stated])
    return float(-np.log(given.clip(np.finfo(np.float64).eps)).mean())


def fit_temperature(logits: torch.Tensor, targets: torch.Tensor, task: str) -> float:
    """The temperature with the least `compute_mean_loss` on these films (Guo et al. 2017), in TEMPERATURES."""
    true = targets.numpy()

    def loss(log_temperature: float) -> float:
        return compute_mean_loss(
            compute_probabilities(logits.double(), task, math.exp(log_temperature)).numpy(), true, task
        )

    if math.isnan(loss(0)):
        raise TrainingError("The validation films say nothing about these labels.", "Look at the data and its splits.")
    return math.exp(minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded").x)


def measure_operating_points(
    p: np.ndarray, targets: np.ndarray, labels: tuple[str, ...], thresholds: dict[str, float]
) -> dict[str, OperatingPoints]:
    """label -> what thresholds would cost on these films: quantiles of its scores, so that the points lie evenly among
    the films, and its own threshold. A label that is always or never there has none."""
    found = {}
    for k, label in enumerate(labels):
        positive, given = select_stated(p, targets, k)
        if not 0 < positive.sum() < len(positive):
            continue
        own = [thresholds[label]] if label in thresholds else []
        grid = np.quantile(given, np.linspace(0, 1, MAX_POINTS - len(own)))
        cuts = sorted({float(f"{cut:.3g}") for cut in grid.clip(0, 1)} | set(own))
        found[label] = OperatingPoints(
            thresholds=tuple(cuts),
            sensitivity=tuple(round(float((given[positive] >= cut).mean()), 4) for cut in cuts),
            specificity=tuple(round(float((given[~positive] < cut).mean()), 4) for cut in cuts),
        )
    return found


def measure_reliability(p: np.ndarray, targets: np.ndarray, labels: tuple[str, ...]) -> dict[str, Reliability]:
    """p, targets (N, L) -> label -> how often it was there, between each two of NEAR_EDGES; of labels that some film
    states."""
    found = {}
    for k, label in enumerate(labels):
        positive, given = select_stated(p, targets, k)
        if not len(given):
            continue
        which, bins = np.digitize(given, NEAR_EDGES[1:-1]), len(NEAR_EDGES) - 1
        films, with_it = (np.bincount(rows, minlength=bins).tolist() for rows in (which, which[positive]))
        found[label] = Reliability(edges=NEAR_EDGES, films=tuple(films), positive=tuple(with_it))
    return found
