"""Gradients of a logit with respect to the film: at the film, on noisy copies of it, on the way to it.

Every method is `(model, x (1, C, S, S), labels, on_progress) -> maps (len(labels), S, S) float32`, summed over channels
with their sign; `model` is anything that turns x into logits (N, L), its parameters frozen. x is in normalised units,
where 0 is the mean grey of the checkpoint's card. `on_progress(done, total)` is called between two passes through the
network: there a caller lets go of its lock, tells a person or raises to end the work.

One forward, then one way back per label, is the cheapest that was found on a DenseNet-121 of 224 px: 1 label 2.4
forwards, 14 labels 18.5 and 150 MB; all 14 as one batched product 20.5 and 340 MB; 4 labels as a batch of copies 8.8
instead of 5.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch

from cxr_demo.progress import ProgressCallback

DRAWS = 16
NOISE = 0.02
SEED = 0
STEPS = 32

Model = Callable[[torch.Tensor], torch.Tensor]


def gradient(model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback) -> np.ndarray:
    """Simonyan et al. 2014, Deep Inside Convolutional Networks, section 3; the sign is kept and channels are summed,
    where the paper takes the largest absolute value: what a grey film's pixel does, it does in all channels."""
    return _map(_mean_gradients(model, [x], 1, labels, on_progress))


def gradient_x_input(model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback) -> np.ndarray:
    """Shrikumar et al. 2016, Not Just a Black Box: what LRP-epsilon is on a network of ReLUs. A pixel of
    mean grey has 0."""
    return _map(x * _mean_gradients(model, [x], 1, labels, on_progress))


def smooth_grad(model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback) -> np.ndarray:
    """Smilkov et al. 2017, SmoothGrad: the mean gradient of `DRAWS` films with Gaussian noise, its standard
    deviation `NOISE` of the film's range; the same noise at every call.

    The paper has 0.1 to 0.2, for photographs. Radiographs are smooth, and networks that saw no noise lose the finding:
    at 0.1 the bundled ones give the film's answer for 0 to 27 % of the noisy copies, at 0.05 for 60 to 76 %, at 0.02
    for 93 to 100 %. Own choice: 0.02, so that the map is about the answer that is shown. With 16 draws, another 16
    give nearly the same map there (r 0.90 to 0.97 on DenseNets, 0.6 to 0.8 on the EfficientNet).
    """
    random = torch.Generator().manual_seed(SEED)
    sigma = NOISE * (x.max() - x.min())
    films = (x + sigma * torch.randn(x.shape, generator=random) for _ in range(DRAWS))
    return _map(_mean_gradients(model, films, DRAWS, labels, on_progress))


def integrated_gradients(
    model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback
) -> np.ndarray:
    """Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, eq. 1, by the midpoint rule in `STEPS`
    steps on the straight line from a film of mean grey (0 in normalised units) to x. Each map sums to logit(x) -
    logit(grey film), within 0.2 logit points and 0.5 % of its absolute sum on the bundled networks (24 films; mostly
    within 0.05), and r > 0.999 with 256 steps.

    Own choice: mean grey, because gradient x input and LRP start there too, so that the maps differ by method and not
    by what they compare with. A black film (no body in the beam) lies further away: the absolute sum, most of which
    cancels, is 2 to 4 times as large, and 32 steps leave up to 0.3 logit points. Its price: a pixel of mean grey has
    0, and the grey film's own logits are not 0.
    """
    films = (x * ((step + 0.5) / STEPS) for step in range(STEPS))
    return _map(x * _mean_gradients(model, films, STEPS, labels, on_progress))


def _mean_gradients(
    model: Model, films: Iterable[torch.Tensor], count: int, labels: Sequence[int], on_progress: ProgressCallback
) -> torch.Tensor:
    """The mean over `count` films (1, C, S, S) of each label's gradient, (len(labels), C, S, S)."""
    total = torch.zeros(())
    for turn, film in enumerate(films):
        gradients = []
        for found in _gradients(model, film, labels):
            gradients.append(found)
            on_progress(turn * len(labels) + len(gradients), count * len(labels))
        total = total + torch.cat(gradients)
    return total / count


def _gradients(model: Model, film: torch.Tensor, labels: Sequence[int]) -> Iterator[torch.Tensor]:
    """One after the other, each (1, C, S, S); what autograd keeps of the forward goes before the next film comes."""
    with torch.enable_grad():
        film = film.detach().requires_grad_()
        logits = model(film)[0].unbind()
    for label in labels:
        yield torch.autograd.grad(logits[label], film, retain_graph=True)[0]


def _map(values: torch.Tensor) -> np.ndarray:
    return values.sum(dim=1).numpy()
