"""Thresholds that hold: the median over draws of the validation patients, with its interval, or none.

The cut that is best on the validation films themselves lies at the edge of a step and moves with every film. So whole
patients are drawn with replacement, each draw gives its own cut, and the median of those is taken; it is moved to the
middle between the two scores that it lies between. A label with few positives has none.

A cut of a draw is the one with the largest sensitivity + specificity (Youden 1950). But where each of many labels calls
a quarter of the films that do not have it, most healthy people have something: so it is raised, for all labels alike,
until of the films that have none of the labels that are offered no more than MOST_CALLED have any label above its cut.
A film with another finding counts among them: what it is called is wrong of it too. Films without any finding alone
are too few: of 41 such validation films 12 % were called, and 37 % of 121 held back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from train.measure.intervals import draw_patients
from train.measure.metrics import RESAMPLINGS, select_stated

FEWEST = 10  # films that have the label, and films that have not, for a threshold to be offered
MOST_CALLED = 0.15  # own choice, below the fifth that is promised: other films are called more often


@dataclass(frozen=True)
class Threshold:
    """`value`, and `low` to `high`, between which it lies in 95 % of the draws."""

    value: float
    low: float
    high: float


def choose_thresholds(
    p: np.ndarray, targets: np.ndarray, patient: np.ndarray, labels: tuple[str, ...]
) -> dict[str, Threshold]:
    """p and targets (N, L), patient (N,) -> label -> its threshold. Labels with fewer than FEWEST films on either side
    have none. Where labels exclude each other no film has none of them, and nothing is raised."""
    offered = np.flatnonzero(np.minimum((targets == 1).sum(0), (targets == 0).sum(0)) >= FEWEST).tolist()
    if not offered:
        return {}
    drawn = [_cut_draws(p[:, offered], targets[:, offered], weights) for weights in draw_patients(patient, RESAMPLINGS)]
    cuts, found = np.concatenate(drawn), {}
    for k, of_label in zip(offered, cuts.T, strict=True):
        low, median, high = np.percentile(of_label[~np.isnan(of_label)], [2.5, 50, 97.5])
        given = select_stated(p, targets, k)[1]
        found[labels[k]] = Threshold(move_to_gap(float(median), given), float(low), float(high))
    return found


def _cut_draws(p: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """p and targets (N, L), weights (R, N) -> (R, L): the cuts of each draw."""
    best = []
    for k in range(p.shape[1]):
        positive, given = select_stated(p, targets, k)
        best.append(find_best_cuts(positive, given, weights[:, ~np.isnan(targets[:, k])]))
    without = (targets == 0).all(1)
    if without.sum() < FEWEST:
        return np.stack(best, axis=1)
    return np.maximum(np.stack(best, axis=1), find_sparing_cuts(p[without], weights[:, without]))


def find_sparing_cuts(p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """p (M, L) of films that have none of the labels, weights (R, M) -> (R, L): the lowest cuts, at the same rank of
    every label's scores, with which no more than MOST_CALLED of the drawn films have any label above."""
    ranks = np.stack([np.searchsorted(np.sort(scores), scores, side="right") for scores in p.T], axis=1)
    highest = ranks.max(1)  # with the cuts at a rank, a film is called if this is higher
    order = np.argsort(highest)
    drawn = weights[:, order]
    total = drawn.sum(1, keepdims=True)
    above = total - drawn.cumsum(1)  # of the draw, how many stand behind each film
    rank = highest[order][(above <= MOST_CALLED * total).argmax(1)]
    rows = [np.append(np.sort(scores), (scores.max() + 1) / 2) for scores in p.T]
    cuts = np.stack([(row[rank - 1] + row[rank]) / 2 for row in rows], axis=1)
    return np.where(total > 0, cuts, np.nan)


def find_best_cuts(positive: np.ndarray, given: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """positive (N,) bool, given (N,), weights (R, N) -> (R,) the cut with the largest sensitivity + specificity of each
    draw, in the middle of the scores that give the same; NaN where a draw has one side alone.

    A cut lies in the middle between two neighbouring scores: nothing that was seen lies on it.
    """
    order = np.argsort(given)
    scores = given[order]
    ends = np.flatnonzero(np.diff(scores) > 0)  # the last film of each score but the highest
    if not len(ends):
        return np.full(len(weights), np.nan)
    middles = (scores[ends] + scores[ends + 1]) / 2
    of_positive = weights[:, order] * positive[order]
    of_negative = weights[:, order] * ~positive[order]
    all_positive, all_negative = of_positive.sum(1, keepdims=True), of_negative.sum(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        missed = of_positive.cumsum(1)[:, ends] / all_positive
        spared = of_negative.cumsum(1)[:, ends] / all_negative
        gain = spared - missed
    best = gain >= gain.max(1, keepdims=True) - 1e-12
    first, last = best.argmax(1), best.shape[1] - 1 - best[:, ::-1].argmax(1)
    cuts = (middles[first] + middles[last]) / 2
    return np.where(((all_positive > 0) & (all_negative > 0))[:, 0], cuts, np.nan)


def move_to_gap(cut: float, given: np.ndarray) -> float:
    """The middle between the two scores that `cut` lies between, so that rounding moves no film to the other side."""
    below, above = given[given < cut], given[given >= cut]
    return float((below.max() + above.min()) / 2) if len(below) and len(above) else cut
