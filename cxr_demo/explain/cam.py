"""Class activation maps: pytorch-grad-cam's arithmetic, on features and gradients that are computed here.

The library's own call is not used: its hooks see the forward passes of every thread, its context swallows errors and it
stretches each map to 0..1. Its numerical steps are pure functions of arrays and are used as they are, for all labels at
once. The library is imported with the first map, because it brings scikit-learn and matplotlib.

Every `..._maps` takes features (K, h, w), what the global pooling reads, and gradients (L, K, h, w) of L logits, and
gives raw maps (L, h, w) float32: with the ReLUs that belong to the weights, without the one that is for display.

Where nothing but a mean over the cells reads the features, whatever layers follow, a gradient is the same in all cells.
Then HiResCAM is Grad-CAM, and Grad-CAM++ is nearly LayerCAM: both weight a channel by its gradient above 0, Grad-CAM++
by h w / (2 + what the channel adds to a linear logit) more, and one of many channels adds little.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Protocol, cast

import numpy as np
import torch
from torch import nn

from cxr_demo.explain.held_numbers import HeldNumbers
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import FeatureFusion

STEEPEST = 1e3
_NOT_READ = (None, None, None)  # input, layer and targets: nothing in the library's arithmetic looks at them


class CamMethod(Protocol):
    """The one method of pytorch-grad-cam's classes that is called, with the types that it really takes."""

    def get_cam_image(
        self,
        input_tensor: None,
        target_layer: None,
        targets: None,
        activations: np.ndarray,
        grads: np.ndarray | None,
        eigen_smooth: bool,
    ) -> np.ndarray:
        """activations (N, K, h, w) and gradients (L, K, h, w) -> maps (L, h, w), or (N, h, w) without gradients."""
        ...


class CamMethods(NamedTuple):
    grad_cam: CamMethod
    grad_cam_plus_plus: CamMethod
    hires_cam: CamMethod
    layer_cam: CamMethod
    eigen_cam: CamMethod


@cache
def load_cam_methods() -> CamMethods:
    """pytorch-grad-cam's methods, built on a throw-away layer without target layers, so that they hook nothing."""
    from pytorch_grad_cam import EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM

    methods = (GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, EigenCAM)
    return CamMethods(*(cast(CamMethod, method(nn.Linear(1, 1), [])) for method in methods))


def read_features(
    model: Classifier | FeatureFusion, x: torch.Tensor, labels: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (1, C, S, S) -> features (1, K, h, w), gradients of each label's logit (len(labels), K, h, w), logits (L,).

    One forward pass and one backward pass through the head serve all labels. The features are the input of the global
    pooling. The target is the logit, not the probability, whose gradient vanishes where it saturates. The head's norms
    and activations are held as numbers, see `held_numbers`.
    """
    with torch.no_grad():
        features = model.features(x)
    with torch.enable_grad():
        features = features.requires_grad_()
        with HeldNumbers():
            logits = model.head(features)[0]
        # For all labels, whichever are asked for: a product of another shape rounds differently, and a map would depend
        # on the labels beside it. The head is cheap.
        (gradients,) = torch.autograd.grad(logits, features, torch.eye(len(logits)), is_grads_batched=True)
    return features.detach().numpy(), gradients[list(labels), 0].numpy(), logits.detach().numpy()


def measure_head_bias(model: Classifier | FeatureFusion, features: np.ndarray) -> np.ndarray:
    """features (1, K, h, w) -> (L,), what the head's biases alone give: its logits for no features at all, where its
    norms and activations hold the numbers that these features give them."""
    read = torch.from_numpy(features)
    with torch.no_grad():
        with HeldNumbers() as held:
            model.head(read)
        with HeldNumbers(held.numbers):
            return model.head(torch.zeros_like(read))[0].numpy()


def grad_cam_maps(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Selvaraju et al. 2017, Grad-CAM, eq. 1 (weights: mean gradient) and eq. 2 without its ReLU. On a mean-pooled
    linear head the cells sum to logit minus bias."""
    return load_cam_methods().grad_cam.get_cam_image(*_NOT_READ, features[None], gradients, eigen_smooth=False)


def grad_cam_plus_plus_maps(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Chattopadhyay et al. 2018, Grad-CAM++: a channel's weight is the sum of its gradients above 0, each times alpha
    (eq. 19, where the score is the exponential of the logit), without the ReLU around the map.

    The paper's map does not change when gradients grow and features shrink by one factor; the library's does, because
    it adds 1e-6 to squared gradients, which are hardly larger where a mean over many cells divides them: on the bundled
    networks up to 40 % of a map is lost, and r with the right one falls to 0.67. So the steepest gradient is made
    1000. Features below 0 are outside the paper: alpha has a pole where a channel's sum times its gradient is -2; the
    least on the bundled DenseNets is -0.1.
    """
    steepest = np.abs(gradients).max(axis=(1, 2, 3), keepdims=True)
    factor = np.float32(STEEPEST) / np.maximum(steepest, np.finfo(np.float32).tiny * STEEPEST)
    scaled = features[None] / factor, gradients * factor
    return load_cam_methods().grad_cam_plus_plus.get_cam_image(*_NOT_READ, *scaled, eigen_smooth=False)


def hires_cam_maps(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM for faithful explanations: gradient x features, cell by
    cell, without a ReLU."""
    return load_cam_methods().hires_cam.get_cam_image(*_NOT_READ, features[None], gradients, eigen_smooth=False)


def layer_cam_maps(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Jiang et al. 2021, LayerCAM, without the ReLU around the sum: features weighted, cell by cell, by their gradient
    above 0."""
    return load_cam_methods().layer_cam.get_cam_image(*_NOT_READ, features[None], gradients, eigen_smooth=False)


def eigen_cam_maps(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Muhammad & Yeasin 2020, Eigen-CAM: the features' projection on their first principal component. It is the same
    for every label, because no gradient is read. The library centres the features first, so the cells sum to 0.

    A component has no sign of its own. Own choice: the sign that grows with the sum of the features, which features
    above 0 have without centring. Features that are not finite give a map of NaN, where the library would read 0.
    """
    if not np.isfinite(features).all():
        return np.full((len(gradients), *features.shape[1:]), np.nan, np.float32)
    # In a basis of their own they have as many channels as cells at most: the same map, and an SVD 20 times faster.
    triangle = cast(np.ndarray, np.linalg.qr(features.reshape(len(features), -1), mode="r"))
    rotated = triangle.reshape(-1, *features.shape[1:])
    map_ = load_cam_methods().eigen_cam.get_cam_image(*_NOT_READ, rotated[None], None, eigen_smooth=False)[0]
    is_positive = (map_ * features.sum(axis=0)).sum() >= 0
    return np.repeat((map_ if is_positive else -map_)[None], len(gradients), axis=0)


def grad_cam(features: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """features (1, K, h, w), gradient of one logit (K, h, w) -> raw map (h, w), as `grad_cam_maps`."""
    return grad_cam_maps(features[0], gradient[None])[0]
