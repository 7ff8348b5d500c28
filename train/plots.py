"""The pictures of a model card: confusion matrix, ROC, calibration, course of the training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score, roc_curve

from cxr_demo.labels import finding
from train.metrics import confusion

PICTURES = ("confusion.png", "roc.png", "calibration.png", "training.png")


def draw_all(folder: Path, p: np.ndarray, targets: np.ndarray, labels: tuple[str, ...], log: list[dict]) -> None:
    """p, targets (N, L) of the test rows, log one row per epoch -> the PICTURES in `folder`."""
    names = [finding(label).name for label in labels]
    folder.mkdir(parents=True, exist_ok=True)
    figures = (
        draw_confusion(p, targets, names),
        draw_roc(p, targets, names),
        draw_calibration(p, targets),
        draw_training(log),
    )
    for name, figure in zip(PICTURES, figures, strict=True):
        figure.savefig(folder / name, dpi=90)


def _axes(title: str, x_label: str, y_label: str) -> tuple[Figure, object]:
    figure = Figure(figsize=(5, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    return figure, axes


def draw_confusion(p: np.ndarray, targets: np.ndarray, names: list[str]) -> Figure:
    counts = confusion(p, targets.argmax(1))
    figure, axes = _axes("Test films: truth against prediction", "predicted", "true")
    axes.imshow(counts / counts.sum(1, keepdims=True).clip(1), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=15)
    axes.set_yticks(range(len(names)), names)
    for row, column in np.ndindex(counts.shape):
        share = counts[row, column] / max(counts[row].sum(), 1)
        shade = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{counts[row, column]}\n{share:.0%}", ha="center", va="center", color=shade)
    return figure


def draw_roc(p: np.ndarray, targets: np.ndarray, names: list[str]) -> Figure:
    figure, axes = _axes("Test films: ROC, one label against the rest", "1 − specificity", "sensitivity")
    for k, name in enumerate(names):
        if 0 < targets[:, k].sum() < len(targets):
            false_rate, true_rate, _ = roc_curve(targets[:, k], p[:, k])
            axes.plot(false_rate, true_rate, label=f"{name}, AUROC {roc_auc_score(targets[:, k], p[:, k]):.3f}")
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.legend()
    return figure


def draw_calibration(p: np.ndarray, targets: np.ndarray, bins: int = 10) -> Figure:
    confidence, right = p.max(1), p.argmax(1) == targets.argmax(1)
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    figure, axes = _axes("Test films: probability of the top label", "given", "how often it was right")
    for b in np.unique(which):
        chosen = which == b
        axes.plot(confidence[chosen].mean(), right[chosen].mean(), "o", ms=3 + 12 * np.sqrt(chosen.mean()), color="C0")
    axes.plot([0, 1], [0, 1], ":", color="grey")
    return figure


def draw_training(log: list[dict]) -> Figure:
    figure, axes = _axes("Course of the training", "epoch", "")
    epochs = [row["epoch"] for row in log]
    curves = {"loss": "training loss", "val_loss": "validation loss", "macro_f1": "validation macro F1"}
    for name, label in curves.items():
        axes.plot(epochs, [row[name] for row in log], label=label)
    for earlier, later in zip(log, log[1:], strict=False):
        if earlier["size_px"] != later["size_px"]:
            axes.axvline(earlier["epoch"] + 0.5, color="lightgrey")
            axes.text(later["epoch"], 0, f"{later['size_px']} px", color="grey")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure
