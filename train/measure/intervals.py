"""Scores of many resamplings at once: drawing patients again only changes how often each film counts.

A draw of whole patients with replacement is a vector of weights (how often each film was drawn), so the order of the
films by score is found once and every draw is a row of a matrix. All functions take `weights` (R, N) float64 and give
(R,) float64, NaN where a draw does not hold the classes that the score needs. They equal scikit-learn's scores with
`sample_weight`, which the tests hold them to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cxr_demo.networks.card_parts import Interval

CHUNK = 250_000  # weights held at a time: 2 MB stay in the processor's cache


def draw_patients(patient: np.ndarray, draws: int) -> Iterator[np.ndarray]:
    """patient (N,) -> chunks (n, N) float64, `draws` rows in all: how often each film counts when as many patients as
    there are are drawn with replacement. The same films give the same draws, which makes differences paired."""
    rng = np.random.default_rng(0)
    names, patient_of = np.unique(patient, return_inverse=True)
    at_once = max(1, CHUNK // len(patient))
    for start in range(0, draws, at_once):
        count = min(at_once, draws - start)
        drawn = rng.integers(len(names), size=(count, len(names))) + len(names) * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * len(names)).reshape(count, len(names))
        yield times[:, patient_of].astype(np.float64)


def divide(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """over / under, NaN where `under` is not above 0."""
    return np.divide(over, under, out=np.full(np.shape(under), np.nan), where=under > 0)


def average_known(values: list) -> np.ndarray | float:
    """The mean over the list of floats or of (R,) arrays, each position over what is not NaN there."""
    stacked = np.array(values, dtype=np.float64)
    known = ~np.isnan(stacked)
    return divide(np.where(known, stacked, 0).sum(0), known.sum(0).astype(np.float64))[()]


def rank_scores(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """positive (N,) bool, score (N,) -> "auroc" (a tie counts one half) and "auprc" (average precision)."""
    order = np.argsort(score)
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf) > 0)  # films of one score move together
    sorted_weights, is_positive = weights[:, order], positive[order]
    hits = np.add.reduceat(sorted_weights * is_positive, starts, axis=1)
    others = np.add.reduceat(sorted_weights * ~is_positive, starts, axis=1)
    hits_up_to, others_up_to = hits.cumsum(1), others.cumsum(1)
    all_hits, all_others = hits_up_to[:, -1], others_up_to[:, -1]
    auroc = divide((hits * (others_up_to - others / 2)).sum(1), all_hits * all_others)
    hits_from = all_hits[:, None] - hits_up_to + hits
    called = hits_from + all_others[:, None] - others_up_to + others
    precision = np.divide(hits_from, called, out=np.zeros_like(called), where=called > 0)
    auprc = divide((hits * precision).sum(1), all_hits)
    return {"auroc": auroc, "auprc": np.where(all_others > 0, auprc, np.nan)}


def threshold_scores(positive: np.ndarray, called: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """positive, called (N,) bool -> "f1", "mcc", "sensitivity" and "specificity"."""
    cells = np.stack([positive & called, ~positive & called, positive & ~called, ~positive & ~called], axis=1)
    tp, fp, fn, tn = (weights @ cells.astype(np.float64)).T
    both_classes = (tp + fn > 0) & (tn + fp > 0)
    root = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    mcc = np.divide(tp * tn - fp * fn, root, out=np.zeros_like(root), where=root > 0)
    return {
        "f1": np.where(tp + fn > 0, divide(2 * tp, 2 * tp + fp + fn), np.nan),
        "mcc": np.where(both_classes, mcc, np.nan),
        "sensitivity": divide(tp, tp + fn),
        "specificity": divide(tn, tn + fp),
    }


def class_scores(true: np.ndarray, called: np.ndarray, classes: int, weights: np.ndarray) -> dict[str, np.ndarray]:
    """true, called (N,) int -> "accuracy", "mcc" (Gorodkin 2004), and "macro_f1", "macro_precision", "macro_recall",
    "macro_specificity", the means over the classes that are there."""
    cells = np.eye(classes * classes)[true * classes + called]
    counts = (weights @ cells).reshape(-1, classes, classes)
    of_class, of_call, right = counts.sum(2), counts.sum(1), counts.diagonal(axis1=1, axis2=2)
    films, hits = of_class.sum(1), right.sum(1)
    others = films[:, None] - of_class
    precision = np.divide(right, of_call, out=np.zeros_like(right), where=of_call > 0)
    of_classes = {
        "f1": divide(2 * right, of_class + of_call),
        "precision": precision,
        "recall": divide(right, of_class),
        "specificity": divide(others - of_call + right, others),
    }
    spread_of_class, spread_of_call = (films**2 - (n**2).sum(1) for n in (of_class, of_call))
    root = np.sqrt(spread_of_class * spread_of_call)
    mcc = np.divide(hits * films - (of_class * of_call).sum(1), root, out=np.zeros_like(root), where=root > 0)
    macro = {
        f"macro_{name}": np.asarray(average_known(list(np.where(of_class > 0, values, np.nan).T)))
        for name, values in of_classes.items()
    }
    return {"accuracy": divide(hits, films), "mcc": np.where(spread_of_class > 0, mcc, np.nan)} | macro


def bin_gaps(given: np.ndarray, right: np.ndarray, weights: np.ndarray, bins: int) -> np.ndarray:
    """Expected calibration error over equal-width bins (Guo et al. 2017, eq. 3); given (N,) in 0..1, right (N,)."""
    which = np.minimum((given * bins).astype(int), bins - 1)
    gaps = np.eye(bins)[which] * (given - right)[:, None]
    return divide(np.abs(weights @ gaps).sum(1), weights.sum(1))


def format_interval(entry: Mapping[str, float], digits: int, *, sign: bool = False) -> str:
    """An entry that holds "value", "low" and "high", in the words of `Interval.format`."""
    return Interval(value=entry["value"], low=entry["low"], high=entry["high"]).format(digits, sign=sign)
