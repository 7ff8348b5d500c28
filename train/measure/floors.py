"""Floors: what answers that look at no lung reach on the same films, and how far a network is above them.

A figure says little alone: where one class is common, always naming it is often right; where sick people are filmed in
bed, how the film was taken tells who is sick. So each set of films is answered again
- by the commonest class of the training films ("majority"; of exclusive labels alone);
- by the share of each label among the training films of the same view position ("view"; where more than one is known);
- by the network's own answers, dealt out to other films by lot ("shuffled").
Differences are paired: both answer the same draws of patients.
"""

from __future__ import annotations

import numpy as np

from cxr_demo.networks.card_parts import FloorFigure, Interval
from train.data.table import Table
from train.measure import metrics

FIGURES = {"multi-label": ("macro_auroc", "macro_auprc"), "single-label": ("accuracy", "macro_f1", "macro_auroc")}
DEALS = 10  # of the network's answers, by lot; each has its own draws of patients
PRIOR = 1.0  # films with the share of all views that are added to those of a view


def measure_floors(
    p: np.ndarray, targets: np.ndarray, rows: Table, train: Table, train_targets: np.ndarray,
    labels: tuple[str, ...], task: str,
) -> dict[str, dict[str, FloorFigure]]:  # fmt: skip
    """p and targets (N, L) of the N films of `rows`, train_targets (T, L) of those of `train` -> floor -> figure.

    A figure that the films cannot give is left out, and so is a floor without one.
    """
    random = np.random.default_rng(0)
    answers = {"shuffled": [p[random.permutation(len(p))] for _ in range(DEALS)]}
    if task == "single-label":
        commonest = np.nansum(train_targets, axis=0).argmax()
        answers["majority"] = [np.tile(np.eye(len(labels))[commonest], (len(p), 1))]
    if len(np.unique(train.view[train.view != ""])) > 1:
        answers["view"] = [answer_by_view(rows.view, train.view, train_targets)]

    def resample(given: np.ndarray) -> dict[str, np.ndarray]:
        return metrics.resample_figures(given, targets, rows.patient, labels, task, {})

    own, own_drawn = metrics.compute_scores(p, targets, labels, task, {}), resample(p)
    found: dict[str, dict[str, FloorFigure]] = {}
    for name, deals in answers.items():
        # each film once, as one draw: the same numbers in a tenth of the time
        scores = [metrics.compute_scores(given, targets, labels, task, {}, np.ones((1, len(p)))) for given in deals]
        drawn = [resample(given) for given in deals]
        for key in FIGURES[task]:
            if key not in own or any(key not in of for of in (*scores, *drawn)):
                continue
            value = float(np.mean([np.asarray(of[key])[0] for of in scores]))
            floor = metrics.measure_interval(value, np.concatenate([of[key] for of in drawn]))
            above = np.concatenate([own_drawn[key] - of[key] for of in drawn])
            difference = metrics.measure_interval(float(own[key]) - value, above)
            if floor and difference:
                figure = FloorFigure(**floor, difference=Interval(**difference))
                found.setdefault(name, {})[key] = figure
    return found


def answer_by_view(view: np.ndarray, train_view: np.ndarray, train_targets: np.ndarray) -> np.ndarray:
    """view (N,), train_view (T,), train_targets (T, L) -> (N, L): the share of each label among the training films of
    the same view, drawn towards that of all by PRIOR films; a view that was never seen has that of all."""
    overall = np.nan_to_num(np.nanmean(train_targets, axis=0))
    answers = np.tile(overall, (len(view), 1))
    for name in np.unique(train_view):
        same = train_targets[train_view == name]
        shares = (np.nansum(same, axis=0) + PRIOR * overall) / ((~np.isnan(same)).sum(0) + PRIOR)
        answers[view == name] = shares
    return answers
