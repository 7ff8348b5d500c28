"""How the logits change when part of the image is hidden: forward passes only, one set of them for all labels.

Both methods are `(model, x (1, C, S, S), labels, on_progress) -> maps (len(labels), ...) float32`, x in normalised
units; the one with cells is also told where they lie. `on_progress(done, total)` is called after each forward: there a
caller lets go of its lock, shows progress or raises to end the work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from cxr_demo.grids import Placement
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import FeatureFusion
from cxr_demo.progress import ProgressCallback

CELLS = 16  # a side; a patch is 2 x 2 of them, the stride is 1
BATCH = 4  # images per forward: 100 MB on a DenseNet-121 of 224 px; 8 take 220 MB and are not faster there
# Of the square's side. Measured on the bundled DenseNet of 128 px: from 1/64 to 1/8 the spread of a logit between films
# falls from 1.0 to 0.3 (sharp films: 1.5) and then hardly further, so nothing of the finding is left and the greys are.
BLUR_SIGMA = 1 / 8

Model = Callable[[torch.Tensor], torch.Tensor]


def occlusion(model: Model, x: torch.Tensor, labels: Sequence[int], on_progress: ProgressCallback) -> np.ndarray:
    """Zeiler & Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2, as a difference: the
    mean fall of the logit over the patches that cover a pixel, (L, S, S), logit points. 226 images in 58 forwards.

    Own choice: patches of 1/8 of the square's side, wider than a rib and narrower than a lobe, in steps of 1/16. They
    are blurred and not grey as in the paper: a grey patch on a dark lung looks like the opacity that is searched for.
    On normal films one patch in 20 raised the pneumonia of the bundled DenseNet by more than 0.68 logit points when
    grey, by more than 0.48 when blurred. Where a finding is wider than the blur its grey stays, and little falls.
    """
    edges = np.rint(np.linspace(0, x.shape[-1], CELLS + 1)).astype(int)
    hidden = torch.from_numpy(blur_square(x.numpy()))[0]
    corners = [(row, column) for row in range(CELLS - 1) for column in range(CELLS - 1)]
    batches = [corners[start : start + BATCH] for start in range(0, len(corners), BATCH)]
    logits = [_predict_logits(model, x)]
    on_progress(1, len(batches) + 1)
    for batch in batches:
        images = x.repeat(len(batch), 1, 1, 1)
        for image, (row, column) in zip(images, batch, strict=True):
            patch = (slice(None), slice(edges[row], edges[row + 2]), slice(edges[column], edges[column + 2]))
            image[patch] = hidden[patch]
        logits.append(_predict_logits(model, images))
        on_progress(len(logits), len(batches) + 1)
    falls = (logits[0] - torch.cat(logits[1:]))[:, list(labels)].T.reshape(len(labels), CELLS - 1, CELLS - 1)
    sizes = np.diff(edges)
    return _average_patches(falls.numpy()).repeat(sizes, axis=1).repeat(sizes, axis=2)


def score_cam_maps(
    model: Classifier | FeatureFusion,
    x: torch.Tensor,
    labels: Sequence[int],
    on_progress: ProgressCallback,
    placement: Placement,
) -> np.ndarray:
    """Wang et al. 2020, Score-CAM, algorithm 1 without its last ReLU: features (K, h, w) weighted by the softmax over
    channels of the logits that the image has under each channel as a mask, (L, h, w). At most K + 2 images.
    `placement` is that of the features' cells.

    As pytorch-grad-cam computes it, but for the masks' cells, which lie where the network looks. Its class cannot be
    used: it runs its own forwards, one set per label, and holds all K masks of the square's size (200 MB per copy at
    224 px). The logits of the paper's baseline image are the same
    for every channel, so the softmax does not see them. A mask takes the image towards 0, mean grey. A channel that is
    the same in all cells masks everything, so one forward of the grey image serves all of these.
    """
    with torch.inference_mode():
        features = model.features(x)[0]
    varied = (features.amax(dim=(1, 2)) > features.amin(dim=(1, 2))).nonzero()[:, 0]
    scores = _predict_logits(model, torch.zeros_like(x)).repeat(len(features), 1)
    batches = varied.split(BATCH) if len(varied) else ()
    on_progress(2, len(batches) + 2)
    for done, batch in enumerate(batches, 3):
        scores[batch] = _predict_logits(model, x * _make_masks(features[batch], x.shape[-1], placement))
        on_progress(done, len(batches) + 2)
    # For all labels, whichever are asked for: a product of another shape rounds differently.
    return torch.einsum("kl,khw->lhw", scores.softmax(dim=0), features)[list(labels)].numpy()


def blur_square(x: np.ndarray) -> np.ndarray:
    """x (1, C, S, S) -> the same without detail: a Gaussian of `BLUR_SIGMA` over each channel."""
    sigma = BLUR_SIGMA * x.shape[-1]
    return np.stack([cv2.GaussianBlur(np.ascontiguousarray(plane), (0, 0), sigma) for plane in x[0]])[None]


def _predict_logits(model: Model, images: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return model(images)


def _average_patches(falls: np.ndarray) -> np.ndarray:
    """falls (L, n, n) of patches of 2 x 2 cells -> the mean of each cell's patches, (L, n + 1, n + 1): one in a corner,
    two at an edge, four elsewhere."""

    def add_patches(patches: np.ndarray) -> np.ndarray:
        sides = ((0, 1), (1, 0))  # at the start and at the end of an axis
        return np.sum([np.pad(patches, ((0, 0), rows, columns)) for rows in sides for columns in sides], axis=0)

    return add_patches(falls) / add_patches(np.ones_like(falls))


def _make_masks(features: torch.Tensor, size_px: int, placement: Placement) -> torch.Tensor:
    """features (B, h, w) -> masks (B, 1, S, S) 0..1, enlarged, as `Preprocess.map_to_image` draws their map, and then
    stretched. The library puts the middles of the outermost cells on the edges of the square."""
    middles = (torch.arange(size_px) + 0.5) / size_px
    rows, columns = (2 * (middles - start) / (stop - start) - 1 for start, stop in (placement.rows, placement.columns))
    places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1).to(features)
    places = places.expand(len(features), -1, -1, -1)
    masks = F.grid_sample(features[:, None], places, padding_mode="border", align_corners=False)
    low, high = masks.amin(dim=(2, 3), keepdim=True), masks.amax(dim=(2, 3), keepdim=True)
    return (masks - low) / (high - low + 1e-8)
