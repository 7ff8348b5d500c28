"""Metrics: scikit-learn called in one place, intervals by resampling patients, calibration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    matthews_corrcoef,
    roc_auc_score,
    roc_curve,
)

from cxr_demo.model import probabilities

RESAMPLINGS = 1000


def validation_metrics(logits: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
    """logits, targets (N, L), single-label -> the few figures that are watched while training."""
    p, true = logits.double().softmax(1).numpy(), targets.argmax(1).numpy()
    return {
        "val_loss": float(log_loss(true, p, labels=range(p.shape[1]))),
        "accuracy": float(accuracy_score(true, p.argmax(1))),
        "macro_f1": float(f1_score(true, p.argmax(1), average="macro")),
    }


def single_label_scores(labels: tuple[str, ...]) -> dict[str, Callable[[np.ndarray, np.ndarray], float]]:
    """name -> score(p (N, L), true (N,)) for labels of which exactly one is true; NaN where a class is absent."""
    every = range(len(labels))
    scores = {
        "accuracy": lambda p, true: accuracy_score(true, p.argmax(1)),
        "macro_f1": lambda p, true: f1_score(true, p.argmax(1), average="macro", labels=every, zero_division=0),
        "mcc": lambda p, true: _mcc(true, p.argmax(1)),
    }
    if "normal" in labels:
        normal = labels.index("normal")
        scores["auroc_disease_against_normal"] = lambda p, true: _auroc(true != normal, 1 - p[:, normal])
    for k in every:
        scores[f"auroc_{labels[k]}"] = lambda p, true, k=k: _auroc(true == k, p[:, k])
    return scores


def _mcc(true: np.ndarray, predicted: np.ndarray) -> float:
    """NaN where only one class is present, as a resampling of few patients can have it."""
    return float(matthews_corrcoef(true, predicted)) if len(np.unique(true)) > 1 else float("nan")


def _auroc(positive: np.ndarray, score: np.ndarray) -> float:
    return float(roc_auc_score(positive, score)) if 0 < positive.sum() < len(positive) else float("nan")


def with_intervals(p: np.ndarray, true: np.ndarray, patient: np.ndarray, labels: tuple[str, ...]) -> dict:
    """name -> {"value", "low", "high"}: 95 % percentile intervals over `RESAMPLINGS` draws of whole patients."""
    scores = single_label_scores(labels)
    rng = np.random.default_rng(0)
    names, patient_of = np.unique(patient, return_inverse=True)
    films = [np.flatnonzero(patient_of == i) for i in range(len(names))]
    drawn = {name: [] for name in scores}
    for _ in range(RESAMPLINGS):
        rows = np.concatenate([films[i] for i in rng.integers(len(names), size=len(names))])
        for name, score in scores.items():
            drawn[name].append(score(p[rows], true[rows]))
    result = {}
    for name, score in scores.items():
        value = score(p, true)
        if not np.isnan(value):  # left out where these films cannot give it
            low, high = np.nanpercentile(drawn[name], [2.5, 97.5])
            result[name] = {"value": float(value), "low": float(low), "high": float(high)}
    return result


def confusion(p: np.ndarray, true: np.ndarray) -> np.ndarray:
    """p (N, L), true (N,) -> counts (L, L): rows are the truth, columns the most probable label."""
    return confusion_matrix(true, p.argmax(1), labels=range(p.shape[1]))


def calibration_error(p: np.ndarray, true: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of the top class, equal-width bins (Guo et al. 2017, eq. 3); p (N, L) -> 0..1."""
    confidence, right = p.max(1), p.argmax(1) == true
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[which == b].sum() - right[which == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(true))


def fit_temperature(logits: torch.Tensor, targets: torch.Tensor) -> float:
    """The temperature with the least log loss on these logits and targets (N, L), single-label (Guo et al. 2017)."""
    true = targets.argmax(1).numpy()

    def loss(log_temperature: float) -> float:
        p = probabilities(logits.double(), "single-label", float(np.exp(log_temperature))).numpy()
        return log_loss(true, p, labels=range(p.shape[1]))

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def youden_thresholds(p: np.ndarray, targets: np.ndarray, labels: tuple[str, ...]) -> dict[str, float]:
    """label -> the probability at which sensitivity + specificity is largest (Youden 1950); p, targets (N, L)."""
    thresholds = {}
    for k, label in enumerate(labels):
        false_rate, true_rate, cuts = roc_curve(targets[:, k], p[:, k])
        best = 1 + int(np.argmax((true_rate - false_rate)[1:]))  # the first cut is infinity, "nothing is positive"
        thresholds[label] = round(float(cuts[best]), 4)
    return thresholds
