"""METHODS, Grad-CAM against its library, and the proof that a checkpoint must pass."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from zennit.rules import Epsilon

from cxr_demo.backbones import BACKBONES
from cxr_demo.errors import ExplanationError
from cxr_demo.explain import METHODS, cam, lrp, proof
from cxr_demo.explain.engine import Explainer
from tests.conftest import LABELS, SIZE_PX, TINY, count_hooks, make_checkpoint, make_film, weights_hash


def square(checkpoint, seed: int = 0) -> np.ndarray:
    return checkpoint.card.preprocess.apply(make_film(seed))


@pytest.fixture(scope="module")
def explainer(tiny_checkpoint):
    return Explainer(tiny_checkpoint)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_states_what_a_reader_needs(method):
    assert METHODS[method.key] is method
    assert method.shown in {"positive", "signed"} and method.family in {"cam", "lrp"}
    assert method.unit.startswith("logit points per ") and method.name and method.paper
    assert method.caption.endswith(".") and "\n" not in method.caption


# ---- contract of every method


@pytest.mark.parametrize("key", METHODS)
def test_maps_are_finite_repeatable_and_of_their_own_label(explainer, tiny_checkpoint, key):
    x = square(tiny_checkpoint)
    maps = explainer.maps(x, range(4), [key])
    for (_, label), map_ in maps.items():
        assert map_.dtype == np.float32 and np.isfinite(map_).all() and map_.any()
        assert map_.shape == ((8, 8) if METHODS[key].family == "cam" else (SIZE_PX, SIZE_PX))
        assert (explainer.maps(x, [label], [key])[key, label] == map_).all()
    assert not np.allclose(maps[key, 0], maps[key, 1])
    assert any((map_ < 0).any() for map_ in maps.values()) == METHODS[key].signed


@pytest.mark.parametrize("key", METHODS)
def test_permuting_the_labels_permutes_the_maps(explainer, tiny_checkpoint, key):
    order = [2, 0, 3, 1]
    turned = copy.deepcopy(tiny_checkpoint.model)
    turned.net.classifier.weight.copy_(turned.net.classifier.weight[order].clone())
    turned.net.classifier.bias.copy_(turned.net.classifier.bias[order].clone())
    other = Explainer(dataclasses.replace(tiny_checkpoint, model=turned))
    x = square(tiny_checkpoint, 3)
    maps, permuted = explainer.maps(x, range(4), [key]), other.maps(x, range(4), [key])
    for new, old in enumerate(order):
        np.testing.assert_allclose(permuted[key, new], maps[key, old], rtol=1e-4, atol=1e-6)


def test_the_network_is_left_as_it_was(tiny_checkpoint):
    model = tiny_checkpoint.model
    before = weights_hash(model)
    explainer = Explainer(tiny_checkpoint)
    explainer.maps(square(tiny_checkpoint), range(4), list(METHODS))
    with pytest.raises(RuntimeError):
        explainer.maps(square(tiny_checkpoint)[:, :, :, :4], [0], ["grad-cam"])
    assert weights_hash(model) == before and not model.training and count_hooks(model) == 0
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


# ---- Grad-CAM


def test_grad_cam_is_the_librarys_map_before_it_is_stretched(explainer, tiny_checkpoint):
    x, net = square(tiny_checkpoint, 1), copy.deepcopy(tiny_checkpoint.model.net)
    for label in range(4):
        with GradCAM(net, [net.get_submodule(TINY.cam_layer)]) as library:
            expected = library(torch.from_numpy(x).requires_grad_(), [ClassifierOutputTarget(label)])[0]
        raw = explainer.maps(x, [label], ["grad-cam"])["grad-cam", label]
        stretched = scale_cam_image(np.maximum(raw, 0)[None], (SIZE_PX, SIZE_PX))
        np.testing.assert_allclose(expected, scale_cam_image(stretched)[0], atol=1e-5)


def test_grad_cams_numbers_are_mean_gradients_times_activations(tiny_checkpoint):
    x = torch.from_numpy(square(tiny_checkpoint, 2))
    features, gradients, logits = cam.features_and_gradients(tiny_checkpoint.model, x, range(4))
    head = tiny_checkpoint.model.net.classifier
    np.testing.assert_allclose(logits, tiny_checkpoint.model(x)[0], rtol=1e-5)
    cells = features.shape[2] * features.shape[3]
    for label, gradient in enumerate(gradients):
        expected = np.einsum("k,khw->hw", head.weight[label].numpy() / cells, features[0])
        np.testing.assert_allclose(cam.grad_cam(features, gradient), expected, rtol=1e-4, atol=1e-6)
        assert abs(expected.sum() - float(logits[label] - head.bias[label])) < 1e-4


# ---- the proof


def test_the_proof_of_a_right_checkpoint(explainer):
    found = explainer.proof
    assert found.available == dict.fromkeys(METHODS, "")
    assert found.cam.sum_error < 1e-5 and found.lrp.copy_error < 1e-5
    assert found.lrp.identity_r > 0.99999 and found.lrp.identity_error < 1e-3
    assert found.totals["grad-cam"] == pytest.approx(found.logit - found.head_bias, rel=1e-3, abs=1e-5)
    assert set(found.totals) == set(METHODS) and found.label in LABELS
    assert found.line.startswith("Grad-CAM ok (sum error ") and "LRP ok (r=1.00000 against" in found.line


def test_the_proof_is_the_same_every_time(explainer, tiny_checkpoint):
    assert Explainer(tiny_checkpoint).proof == explainer.proof
    film = proof.proof_film(SIZE_PX)
    assert film.dtype == np.float32 and 0 <= film.min() < 0.3 and 0.7 < film.max() <= 1
    assert (film == proof.proof_film(SIZE_PX)).all()


def refused(checkpoint, family: str) -> str:
    """The proof's line, after checking that every method of the family is refused in plain words."""
    explainer = Explainer(checkpoint)
    for key, method in METHODS.items():
        assert bool(explainer.proof.available[key]) == (method.family == family)
        if method.family == family:
            with pytest.raises(ExplanationError, match="is not available for this checkpoint"):
                explainer.maps(square(checkpoint), [0], [key])
        else:
            assert explainer.maps(square(checkpoint), [0], [key])
    return explainer.proof.line


def test_a_network_without_relu_gets_no_lrp():
    assert "LRP not available: the network holds SiLU layers" in refused(make_checkpoint("tiny-silu"), "lrp")


def test_a_backbone_without_a_canonization_gets_no_lrp(monkeypatch, tiny_checkpoint):
    monkeypatch.setitem(BACKBONES, "tiny", dataclasses.replace(TINY, lrp="", lrp_refusal="its gates multiply"))
    assert "LRP not available: its gates multiply" in refused(tiny_checkpoint, "lrp")


def test_a_copy_with_other_logits_gets_no_lrp(monkeypatch, tiny_checkpoint):
    def canonize(net):
        lrp._canonize_densenet(net)
        net.features.conv0.weight.mul_(1.01)

    monkeypatch.setitem(lrp.CANONIZATIONS, "densenet", canonize)
    assert "logits differ by" in refused(tiny_checkpoint, "lrp")


def test_a_copy_that_loses_relevance_gets_no_lrp(monkeypatch, tiny_checkpoint):
    """Same logits, r = 1, and every value half of what it should be: Pearson's r alone would let it through."""

    class HalfLost(nn.Identity):
        def forward(self, x):
            return x.detach() / 2 + x / 2

    def canonize(net):
        lrp._canonize_densenet(net)
        net.features.pool0 = nn.Sequential(net.features.pool0, HalfLost())

    monkeypatch.setitem(lrp.CANONIZATIONS, "densenet", canonize)
    assert "does not equal gradient x input (r=1.000, distance 0.5)" in refused(tiny_checkpoint, "lrp")


def test_rules_that_do_not_fit_the_layers_get_no_lrp(monkeypatch, tiny_checkpoint):
    monkeypatch.setattr(lrp, "epsilon", lrp.epsilon_plus_flat)
    assert "does not equal gradient x input" in refused(tiny_checkpoint, "lrp")


def test_a_rule_set_that_does_not_conserve_is_refused_alone(monkeypatch, tiny_checkpoint):
    """Batch norm as a linear layer under z-plus: the total multiplies."""
    flat = lrp.epsilon_plus_flat

    def multiplying():
        rules = flat()
        rules.layer_map = [(nn.BatchNorm2d, Epsilon(lrp.STABILISER)), *rules.layer_map]
        return rules

    monkeypatch.setattr(lrp, "epsilon_plus_flat", multiplying)
    found = Explainer(tiny_checkpoint).proof
    assert found.available["lrp-epsilon"] == ""
    assert "does not sum to the logit minus the bias" in found.available["lrp-epsilon-plus-flat"]
    assert "LRP ok" in found.line and "LRP epsilon-plus-flat not available: its map" in found.line


def test_a_layer_that_the_pooling_does_not_read_gets_no_cam(monkeypatch, tiny_checkpoint):
    monkeypatch.setitem(BACKBONES, "tiny", dataclasses.replace(TINY, cam_layer="features.denseblock2"))
    line = refused(tiny_checkpoint, "cam")
    assert "Grad-CAM not available: the global pooling does not read the output of features.denseblock2" in line


def test_a_map_with_values_that_are_no_numbers_is_an_error(explainer, tiny_checkpoint):
    x = np.full_like(square(tiny_checkpoint), np.nan)
    for key in METHODS:
        with pytest.raises(ExplanationError, match="not numbers"):
            explainer.maps(x, [0], [key])
