"""Gradients of a logit with respect to the image: at the image, at noisy copies of it, on the way to it.

Every method is `(model, x (1, C, S, S), labels, on_progress) -> maps (len(labels), S, S) float32`, summed over channels
with their sign; `model` is anything that turns x into logits (N, L), its parameters frozen. x is in normalised units,
where 0 is the mean grey of the checkpoint's card. `on_progress(done, total)` is called between two passes through the
network: there a caller lets go of its lock, shows progress or raises to end the work.

One forward pass, then one backward pass per label, is the cheapest that was found on a DenseNet-121 of 224 px: 1 label
takes as long as 2.4 forwards, 14 labels 18.5 and 150 MB. All 14 as one batched product take 20.5 and 340 MB; 4 labels
as a batch of copies take 8.8 instead of 5.9.
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
    """Simonyan et al. 2014, Deep Inside Convolutional Networks, section 3. The sign is kept and channels are
    summed, where the paper takes the largest absolute value: a pixel of a grey image acts in all channels at once."""
    return _sum_channels(_average_gradients(model, [x], 1, labels, on_progress))


def gradient_x_input(model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback) -> np.ndarray:
    """Shrikumar et al. 2016, Not Just a Black Box: what LRP-epsilon is on a network of ReLUs. A pixel of
    mean grey has 0."""
    return _sum_channels(x * _average_gradients(model, [x], 1, labels, on_progress))


def smooth_grad(model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback) -> np.ndarray:
    """Smilkov et al. 2017, SmoothGrad: the mean gradient of `DRAWS` copies of the image with Gaussian noise, whose
    standard deviation is `NOISE` of the image's range. The noise is the same at every call.

    The paper has 0.1 to 0.2, for photographs. Radiographs are smooth, and networks that saw no noise lose the finding:
    at 0.1 the bundled ones give the image's answer for 0 to 27 % of the noisy copies, at 0.05 for 60 to 76 %, at 0.02
    for 93 to 100 %. Own choice: 0.02, so that the map explains the answer that is shown. With 16 draws, another 16
    give nearly the same map there (r 0.90 to 0.97 on DenseNets, 0.6 to 0.8 on the EfficientNet).
    """
    random = torch.Generator().manual_seed(SEED)
    sigma = NOISE * (x.max() - x.min())
    images = (x + sigma * torch.randn(x.shape, generator=random) for _ in range(DRAWS))
    return _sum_channels(_average_gradients(model, images, DRAWS, labels, on_progress))


def integrated_gradients(
    model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback
) -> np.ndarray:
    """Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, eq. 1, by the midpoint rule in `STEPS`
    steps on the straight line from an image of mean grey (0 in normalised units) to x. Each map sums to logit(x) -
    logit(grey image), within 0.2 logit points and 0.5 % of its absolute sum on the bundled networks (24 images; mostly
    within 0.05), and r > 0.999 with 256 steps.

    Own choice: mean grey, because gradient x input and LRP start there too, so that the maps differ by method and not
    by what they compare with. A black image (no body in the beam) lies further away: the absolute sum, most of which
    cancels, is 2 to 4 times as large, and 32 steps leave up to 0.3 logit points. The price of grey: a pixel of mean
    grey gets 0, and the grey image's own logits are not 0.
    """
    images = (x * ((step + 0.5) / STEPS) for step in range(STEPS))
    return _sum_channels(x * _average_gradients(model, images, STEPS, labels, on_progress))


def _average_gradients(
    model: Model, images: Iterable[torch.Tensor], count: int, labels: Sequence[int], on_progress: ProgressCallback
) -> torch.Tensor:
    """The mean over `count` images (1, C, S, S) of each label's gradient, (len(labels), C, S, S)."""
    total = torch.zeros(())
    for turn, image in enumerate(images):
        gradients = []
        for of_label in _compute_gradients(model, image, labels):
            gradients.append(of_label)
            on_progress(turn * len(labels) + len(gradients), count * len(labels))
        total = total + torch.cat(gradients)
    return total / count


def _compute_gradients(model: Model, image: torch.Tensor, labels: Sequence[int]) -> Iterator[torch.Tensor]:
    """One label after the other, each (1, C, S, S). What autograd keeps of the forward pass is freed before the next
    image."""
    with torch.enable_grad():
        image = image.detach().requires_grad_()
        logits = model(image)[0].unbind()
    for label in labels:
        yield torch.autograd.grad(logits[label], image, retain_graph=True)[0]


def _sum_channels(values: torch.Tensor) -> np.ndarray:
    return values.sum(dim=1).numpy()
