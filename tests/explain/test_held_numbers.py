"""What stands behind the pooling is linear where norms and activations are numbers; every sum in float64, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cxr_demo.explain import cam
from tests.conftest import make_film, make_model


def read(backbone: str, head: str = "linear"):
    """A network in float64, its features and gradients for a film, and its logits (L,) as they are."""
    model = make_model(backbone, labels=4, head=head).double()
    x = torch.from_numpy((make_film(3, (64, 64)) - 0.5) / 0.25).double()[None, None]
    features, gradients, logits = cam.read_features(model, x, range(4))
    plain = model(x)[0].numpy()
    np.testing.assert_allclose(logits, plain, rtol=1e-9, atol=1e-12)
    return model, features, gradients, plain


def test_grad_cam_of_a_convnext_sums_to_the_logit_minus_its_biases():
    model, features, gradients, logits = read("tiny-convnext")
    (norm,) = (layer for layer in model.net.head.modules() if isinstance(layer, nn.LayerNorm))
    nn.init.normal_(norm.bias)
    features, gradients, logits = read_again(model)
    by_hand = model.output.weight @ norm.bias + model.output.bias
    np.testing.assert_allclose(cam.measure_head_bias(model, features), by_hand.numpy(), rtol=1e-9)
    sums = cam.hires_cam_maps(features[0], gradients).sum(axis=(1, 2), dtype=np.float64)
    assert np.abs(sums).min() > 1e-3  # with the deviation a function of the features, they are 0
    np.testing.assert_allclose(sums, logits - by_hand.numpy(), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(
        cam.grad_cam_maps(features[0], gradients).sum(axis=(1, 2)), logits - by_hand.numpy(), rtol=1e-5, atol=1e-6
    )


def read_again(model):
    x = torch.from_numpy((make_film(3, (64, 64)) - 0.5) / 0.25).double()[None, None]
    features, gradients, _ = cam.read_features(model, x, range(4))
    return features, gradients, model(x)[0].numpy()


@pytest.mark.parametrize(
    ("backbone", "head"), [("tiny", "dense512-bn"), ("tiny", "dense256"), ("tiny-mobilenetv3", "linear")]
)
def test_a_dense_head_sums_to_the_logit_minus_what_its_biases_give(backbone, head):
    model, features, gradients, logits = read(backbone, head)
    exact = np.einsum("lkhw,khw->l", gradients, features[0])
    np.testing.assert_allclose(exact, logits - cam.measure_head_bias(model, features), rtol=1e-9, atol=1e-10)
    if head == "dense512-bn":  # by hand: the ReLU is a mask, the batch norm a scale and a shift
        first, norm, _, last = model.classifier
        mean = torch.from_numpy(features).mean((2, 3))[0]
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        mask = (norm(first(mean)[None])[0] > 0).double()
        shift = norm.bias + scale * (first.bias - norm.running_mean)
        by_hand = last.weight @ (mask * shift) + last.bias
        np.testing.assert_allclose(cam.measure_head_bias(model, features), by_hand.numpy(), rtol=1e-9)
    assert np.abs(exact).max() > 1e-3
