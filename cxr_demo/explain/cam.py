"""Class activation maps: the library's own weights and map, on activations and gradients that are taken here.

pytorch-grad-cam's call is not used: its hooks see the forward passes of every thread, its context swallows errors
and it stretches each map to 0..1. Its two numerical steps are pure functions of arrays and are used as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from pytorch_grad_cam import GradCAM
from torch import nn

from cxr_demo.model import Classifier

# Built on a throw-away layer and no target layers, so it hooks nothing; only its stateless methods are called.
_GRAD_CAM = GradCAM(nn.Linear(1, 1), [])


def features_and_gradients(
    model: Classifier, x: torch.Tensor, labels: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (1, C, S, S) -> features (1, K, h, w), gradients of each label's logit (len(labels), K, h, w), logits (L,).

    One forward serves all labels. The features are the input of the global pooling; the target is the logit, not the
    probability, whose gradient dies where it saturates.
    """
    with torch.no_grad():
        features = model.features(x)
    with torch.enable_grad():
        features = features.requires_grad_()
        logits = model.head(features)[0]
        gradients = [torch.autograd.grad(logits[label], features, retain_graph=True)[0][0] for label in labels]
    return features.detach().numpy(), torch.stack(gradients).numpy(), logits.detach().numpy()


def grad_cam(features: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """features (1, K, h, w), gradient of one logit (K, h, w) -> raw map (h, w), before any ReLU, unscaled.

    Selvaraju et al. 2017, Grad-CAM, eq. 1 (weights: mean gradient) and eq. 2 without its ReLU. On a mean-pooled
    linear head the cells sum to logit minus bias.
    """
    return _GRAD_CAM.get_cam_image(None, None, None, features, gradient[None])[0]
