"""LOSSES: what is made small in training. Each takes logits, knows films without a target, and stays finite.

The twelve of Rajaraman, Zamzmi, Antani 2021 (PLoS ONE 16(12):e0261307) are (a) to (l), with the parameters of the
authors' code; (a) is "cross-entropy". Below p is the softmax (N, K), y the target, t the true class. Film losses are
weighted by class and averaged over films; batch terms are added once and not weighted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

SMOOTHING = 0.2  # (f), (g)
FOCUS = 2  # gamma of (d), (g), (j); their alpha is 1
ENTROPY_SHARE = 2.0  # beta of (b)
NEGATIVE_ENTROPY_SHARE = 0.001  # of (l)

Term = Callable[[Tensor, Tensor], Tensor]  # log p (N, K), y (N, K) -> (N,) of each film, or () of the batch


@dataclass(frozen=True)
class Loss:
    """`compute(logits (N, L), targets (N, L) 1/0/NaN or smoothed, class_weights (L,) or None)` -> scalar with a graph.

    single-label: a row with a NaN is left out; each film's loss is times the weight of its true class, then the mean
    over films, as Keras does (torch divides by the sum of the weights instead). multi-label: the mean over all entries
    that are not NaN; a weight is that of the positives of its label. 0 where nothing is stated.
    """

    key: str
    name: str
    paper: str
    task: str
    compute: Callable[[Tensor, Tensor, Tensor | None], Tensor]


def _bce(logits: Tensor, targets: Tensor, class_weights: Tensor | None) -> Tensor:
    stated = ~targets.isnan()
    filled = targets.nan_to_num().to(logits.dtype)
    losses = F.binary_cross_entropy_with_logits(logits, filled, pos_weight=class_weights, reduction="none")
    return losses[stated].sum() / stated.sum().clamp(min=1)


def _single_label(film_loss: Term, *batch_terms: Term) -> Callable[[Tensor, Tensor, Tensor | None], Tensor]:
    def compute(logits: Tensor, targets: Tensor, class_weights: Tensor | None) -> Tensor:
        stated = ~targets.isnan().any(dim=1)
        if not stated.any():
            return logits.sum() * 0
        log_p, y = logits[stated].log_softmax(dim=1), targets[stated].to(logits.dtype)
        losses = film_loss(log_p, y)
        if class_weights is not None:
            losses = losses * class_weights[y.argmax(dim=1)]
        return losses.mean() + sum(term(log_p, y) for term in batch_terms)

    return compute


def _cross_entropy(log_p: Tensor, y: Tensor) -> Tensor:
    """(a): -sum_k y log p"""
    return -(y * log_p).sum(dim=1)


def _kl(log_p: Tensor, y: Tensor) -> Tensor:
    """(c): sum_k y log(y / p); equals (a) where y is one-hot."""
    return (torch.xlogy(y, y) - y * log_p).sum(dim=1)


def _focal(log_p: Tensor, y: Tensor) -> Tensor:
    """(d): -sum_k (1 - p)^2 y log p"""
    return -((-log_p.expm1()) ** FOCUS * y * log_p).sum(dim=1)


def _hinge(log_p: Tensor, y: Tensor) -> Tensor:
    """(e): max(0, 1 + max_{k != t} p_k - p_t), on probabilities and not on logits, as Keras' CategoricalHinge"""
    p = log_p.exp()
    return (1 + ((1 - y) * p).amax(dim=1) - (y * p).sum(dim=1)).clamp(min=0)


def _smoothed(film_loss: Term) -> Term:
    """(f), (g): y (1 - e) + e / K"""
    return lambda log_p, y: film_loss(log_p, y * (1 - SMOOTHING) + SMOOTHING / y.shape[1])


def _smoothed_by_half(film_loss: Term) -> Term:
    """(g) as its authors coded it: e / 2 whatever K is, so that three classes sum to 1.1"""
    return lambda log_p, y: film_loss(log_p, y * (1 - SMOOTHING) + SMOOTHING / 2)


def _entropy(log_p: Tensor) -> Tensor:
    """Mean over films of H(p) = -sum_k p log p."""
    return -(log_p.exp() * log_p).sum(dim=1).mean()


def _entropy_regulariser(log_p: Tensor, _: Tensor) -> Tensor:
    """(b): 2 times the mean over films and classes of p log p, which rewards entropy (Pereyra et al. 2017)."""
    return -ENTROPY_SHARE * _entropy(log_p) / log_p.shape[1]


def _negative_entropy(log_p: Tensor, _: Tensor) -> Tensor:
    """(l): -0.001 H(p)"""
    return -NEGATIVE_ENTROPY_SHARE * _entropy(log_p)


def _dca(log_p: Tensor, y: Tensor) -> Tensor:
    """(h) to (l): |accuracy - mean confidence| of the batch; the accuracy has no gradient (Liang et al. 2020)."""
    highest, predicted = log_p.max(dim=1)
    accuracy = (predicted == y.argmax(dim=1)).to(log_p.dtype).mean()
    return (accuracy - highest.exp().mean()).abs()


def _rajaraman(letter: str, key: str, name: str, film_loss: Term, *batch_terms: Term) -> Loss:
    compute = _single_label(film_loss, *batch_terms)
    return Loss(key, name, f"Rajaraman et al. 2021 ({letter})", "single-label", compute)


LOSSES: dict[str, Loss] = {
    loss.key: loss
    for loss in (
        Loss("bce", "binary cross-entropy", "Kufel et al. 2023", "multi-label", _bce),
        _rajaraman("a", "cross-entropy", "cross-entropy", _cross_entropy),
        _rajaraman("b", "cce-entropy", "cross-entropy, entropy-regularised", _cross_entropy, _entropy_regulariser),
        _rajaraman("c", "kl", "Kullback-Leibler divergence", _kl),
        _rajaraman("d", "focal", "focal", _focal),
        _rajaraman("e", "hinge", "hinge", _hinge),
        _rajaraman("f", "label-smoothed-cce", "label-smoothed cross-entropy", _smoothed(_cross_entropy)),
        _rajaraman("g", "label-smoothed-focal", "label-smoothed focal", _smoothed(_focal)),
        _rajaraman("h", "calibrated-cce", "calibrated cross-entropy", _cross_entropy, _dca),
        _rajaraman("i", "calibrated-kl", "calibrated Kullback-Leibler divergence", _kl, _dca),
        _rajaraman("j", "calibrated-focal", "calibrated focal", _focal, _dca),
        _rajaraman("k", "calibrated-hinge", "calibrated hinge", _hinge, _dca),
        _rajaraman(
            "l",
            "calibrated-negative-entropy",
            "calibrated negative entropy",
            _cross_entropy,
            _negative_entropy,
            _dca,
        ),
    )
}

# Where the authors' code is not what it means. (b): its regulariser returns nothing, so there is none; had it worked,
# its sign would have punished entropy. (g): see `_smoothed_by_half`.
AS_PUBLISHED: dict[str, Loss] = {
    loss.key: loss
    for loss in (
        _rajaraman("b", "cce-entropy", "cross-entropy, entropy regulariser without effect", _cross_entropy),
        _rajaraman("g", "label-smoothed-focal", "focal, smoothed by half", _smoothed_by_half(_focal)),
    )
}
