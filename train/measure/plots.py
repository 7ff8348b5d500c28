"""The pictures of a model card, and those that set several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import roc_auc_score, roc_curve

from cxr_demo.networks.card_parts import Interval
from cxr_demo.networks.whole_file import write_file
from train.measure.metrics import assign_classes, count_confusion, has_class, select_stated

PICTURES = ("confusion.png", "roc.png", "calibration.png", "training.png")  # in this order; a task may lack some
WATCHED = {
    "loss": "training loss", "val_loss": "validation loss", "accuracy": "validation accuracy",
    "macro_f1": "validation macro F1", "mcc": "validation MCC", "macro_auroc": "validation macro AUROC",
    "macro_auprc": "validation macro AUPRC",
}  # fmt: skip


def draw_all(
    folder: Path,
    p: np.ndarray,
    targets: np.ndarray,
    names: list[str],
    task: str,
    log: list[dict],
    films: str,
    *,
    is_calibrated: bool = True,
) -> None:
    """p, targets (N, L) of the `films` ("test"), log one row per epoch or none, and the labels' `names` -> PICTURES in
    `folder`; of those that a task or a log lacks, what was drawn there before is removed."""
    title = f"{films.capitalize()} films"
    figures = {
        "roc.png": draw_roc(p, targets, names, title),
        "calibration.png": draw_calibration(p, targets, task, title, is_calibrated=is_calibrated),
    }
    if task == "single-label":
        figures["confusion.png"] = draw_confusion(p, targets, names, title)
    if log:
        figures["training.png"] = draw_training(log)
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        save_figure(figure, folder / name)
    for name in set(PICTURES) - figures.keys():
        (folder / name).unlink(missing_ok=True)


def choose_drawable(name: str, label: str) -> str:
    """The name of a label, or its key where the font of the pictures lacks a letter of the name."""
    known = get_font(findfont(FontProperties())).get_charmap()
    return name if all(ord(letter) in known for letter in name) else label


def _axes(title: str, x_label: str, y_label: str, size: tuple[float, float] = (5, 4.2)) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    return figure, axes


def draw_confusion(p: np.ndarray, targets: np.ndarray, names: list[str], title: str) -> Figure:
    counts = count_confusion(p, targets)
    figure, axes = _axes(f"{title}: truth against prediction", "predicted", "true")
    axes.imshow(counts / counts.sum(1, keepdims=True).clip(1), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=15)
    axes.set_yticks(range(len(names)), names)
    for row, column in np.ndindex(counts.shape):
        share = counts[row, column] / max(counts[row].sum(), 1)
        shade = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{counts[row, column]}\n{share:.0%}", ha="center", va="center", color=shade)
    return figure


def draw_roc(p: np.ndarray, targets: np.ndarray, names: list[str], title: str) -> Figure:
    """One curve per label that is there and is not everywhere, and their mean at each specificity."""
    many = len(names) > 5
    figure, axes = _axes(
        f"{title}: ROC, each label against the rest", "1 − specificity", "sensitivity", (7.6, 4.6) if many else (5, 4.2)
    )
    grid, curves, areas = np.linspace(0, 1, 201), [], []
    for k, name in enumerate(names):
        positive, given = select_stated(p, targets, k)
        if 0 < positive.sum() < len(positive):
            false_rate, true_rate, _ = roc_curve(positive, given)
            areas.append(roc_auc_score(positive, given))
            curves.append(np.interp(grid, false_rate, true_rate))
            colour = colormaps["tab20" if many else "tab10"](k)
            axes.plot(false_rate, true_rate, lw=1 if many else 1.5, color=colour, label=f"{name}, {areas[-1]:.3f}")
    if len(curves) > 1:
        mean = np.r_[0, np.mean(curves, axis=0)]
        axes.plot(np.r_[0, grid], mean, color="black", lw=2, label=f"mean of the labels, {np.mean(areas):.3f}")
    axes.plot([0, 1], [0, 1], ":", color="grey")
    if curves:
        if many:
            axes.legend(title="AUROC", fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
        else:
            axes.legend(title="AUROC", fontsize=8, loc="lower right")
    return figure


def draw_calibration(
    p: np.ndarray, targets: np.ndarray, task: str, title: str, bins: int = 10, *, is_calibrated: bool = True
) -> Figure:
    """Single-label: of the top label; multi-label: all stated entries of all labels together."""
    score = "probability" if is_calibrated else "uncalibrated score"
    if task == "single-label":
        stated, of_what = has_class(targets), f"{score} of the top label"
        given, right = p[stated].max(1), p[stated].argmax(1) == assign_classes(targets[stated])
    else:
        stated, of_what = ~np.isnan(targets), f"{score}, all labels together"
        given, right = p[stated], targets[stated] == 1
    which = np.minimum((given * bins).astype(int), bins - 1)
    figure, axes = _axes(f"{title}: {of_what}", "given", "how often it was right")
    for b in np.unique(which):
        chosen = which == b
        axes.plot(given[chosen].mean(), right[chosen].mean(), "o", ms=3 + 12 * np.sqrt(chosen.mean()), color="C0")
    axes.plot([0, 1], [0, 1], ":", color="grey")
    return figure


def draw_training(log: list[dict]) -> Figure:
    """Losses and what was watched, for either task."""
    figure, axes = _axes("Course of the training", "epoch", "")
    for key in ("loss", "val_loss", "macro_f1", "macro_auroc", "macro_auprc"):
        rows = [row for row in log if key in row]
        if rows:
            axes.plot([row["epoch"] for row in rows], [row[key] for row in rows], label=WATCHED[key])
    for earlier, later in zip(log, log[1:], strict=False):
        if earlier["size_px"] != later["size_px"]:
            axes.axvline(earlier["epoch"] + 0.5, color="lightgrey")
            axes.text(later["epoch"], axes.get_ylim()[0], f"{later['size_px']} px", color="grey")
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]) if any(row["loss"] < 0 for row in log) else 0)
    axes.legend()
    return figure


def draw_curves(logs: Mapping[str, list[dict]], path: Path, key: str) -> None:
    """The learning curves of several runs, `key` of their log over the epochs, into the picture `path`."""
    figure, axes = _axes("Learning curves", "epoch", WATCHED.get(key, key), (6.4, 4.2))
    for name, log in logs.items():
        rows = [row for row in log if key in row]
        axes.plot([row["epoch"] for row in rows], [row[key] for row in rows], marker=".", label=name)
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
    axes.legend()
    save_figure(figure, path)


def draw_bars(rows: Mapping[str, Interval], title: str, path: Path) -> None:
    """One value per name with its 95 % interval, from above down, into the picture `path`."""
    figure, axes = _axes(title, "with 95 % interval", "", (6.4, 1.2 + 0.36 * len(rows)))
    values = np.array([[row.value, row.low, row.high] for row in rows.values()])
    axes.errorbar(values[:, 0], list(rows), xerr=np.abs(values[:, 1:] - values[:, :1]).T, fmt="o", capsize=4)
    axes.grid(axis="x", color="lightgrey")
    axes.margins(y=0.5 / len(rows))
    axes.invert_yaxis()
    save_figure(figure, path)


def save_figure(figure: Figure, path: Path, dpi: int = 90) -> None:
    """As the format that its name ends in. ValueError for one that there is not."""
    kind = path.suffix.removeprefix(".") or "png"
    write_file(path, lambda scratch: figure.savefig(scratch, dpi=dpi, format=kind))
