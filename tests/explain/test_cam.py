"""Class activation maps against their formulas, written slowly, and against the library's whole call."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from pytorch_grad_cam import EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from cxr_demo.explain import cam
from cxr_demo.networks.ensemble import FeatureFusion
from cxr_demo.networks.heads import HEADS
from tests.conftest import SIZE_PX, count_hooks, make_film, make_model, weights_hash

ROOT = Path(__file__).parents[2]
LABELLED = {
    "grad-cam": (cam.grad_cam_maps, GradCAM),
    "grad-cam++": (cam.grad_cam_plus_plus_maps, GradCAMPlusPlus),
    "hires-cam": (cam.hires_cam_maps, HiResCAM),
    "layer-cam": (cam.layer_cam_maps, LayerCAM),
}


class CellReader(nn.Module):
    """A head that treats every cell in its own way, behind an adaptive pooling, as AlexNet's does."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.maps = nn.Sequential(nn.Conv2d(1, 12, 9, stride=8), nn.ReLU())
        self.read = nn.Sequential(
            nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(108, 16), nn.ReLU(), nn.Linear(16, 14)
        )
        with torch.no_grad():
            self.read[-1].weight.mul_(100)
        self.eval().requires_grad_(False)

    def features(self, x):
        return self.maps(x)

    def head(self, features):
        return self.read(features)

    def forward(self, x):
        return self.head(self.features(x))


def steep() -> nn.Module:
    """A mean-pooled linear head, so steep that the 1e-6 that the library adds to squared gradients is not felt."""
    model = make_model("tiny", labels=14)
    model.output.weight.mul_(100)
    return model


NETWORKS = {"mean-pooled": steep, "cell by cell": CellReader}


def square(seed: int = 0) -> torch.Tensor:
    return torch.from_numpy((make_film(seed, (SIZE_PX, SIZE_PX))[None, None] - 0.5) / 0.25)


def arrays(seed: int = 0, labels: int = 14, shape: tuple[int, int, int] = (20, 5, 4)) -> tuple[np.ndarray, np.ndarray]:
    """Features as behind a ReLU, two channels of them off, and gradients of both signs."""
    random = np.random.default_rng(seed)
    features = np.maximum(random.standard_normal(shape), 0).astype(np.float32)
    features[3], features[7] = 0, 0
    return features, random.standard_normal((labels, *shape)).astype(np.float32) / 20


# ---- formulas


def slow_grad_cam(features, gradients):
    return np.einsum("lk,khw->lhw", gradients.mean(axis=(2, 3)), features)


def slow_plus_plus(features, gradients):
    maps = np.zeros((len(gradients), *features.shape[1:]))
    for label, of_label in enumerate(gradients):
        for channel, g in zip(features, of_label, strict=True):
            weight = 0.0
            for value in g[g > 0]:
                alpha = value**2 / (2 * value**2 + channel.sum() * value**3)
                weight += alpha * value
            maps[label] += weight * channel
    return maps


def slow_hires_cam(features, gradients):
    return np.einsum("lkhw,khw->lhw", gradients, features)


def slow_layer_cam(features, gradients):
    return np.einsum("lkhw,khw->lhw", np.where(gradients > 0, gradients, 0), features)


def slow_eigen_cam(features, gradients):
    rows = features.reshape(len(features), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    map_ = (vectors[:, values.argmax()] @ rows).reshape(features.shape[1:])
    map_ = map_ if np.vdot(map_, features.sum(axis=0)) > 0 else -map_
    return np.stack([map_] * len(gradients))


SLOW = [
    (cam.grad_cam_maps, slow_grad_cam),
    (cam.grad_cam_plus_plus_maps, slow_plus_plus),
    (cam.hires_cam_maps, slow_hires_cam),
    (cam.layer_cam_maps, slow_layer_cam),
    (cam.eigen_cam_maps, slow_eigen_cam),
]
EVERY = [fast for fast, _ in SLOW]


@pytest.mark.parametrize("shape", [(20, 5, 4), (9, 6, 6)], ids=["more channels than cells", "more cells"])
@pytest.mark.parametrize("fast, slow", SLOW)
def test_maps_are_the_papers_numbers(fast, slow, shape):
    features, gradients = arrays(shape=shape)
    maps = fast(features, gradients)
    expected = slow(features.astype(np.float64), gradients.astype(np.float64))
    assert maps.shape == (14, *shape[1:]) and maps.dtype == np.float32
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("fast", EVERY)
def test_many_labels_at_once_equal_one_at_a_time(fast):
    features, gradients = arrays(1)
    together = fast(features, gradients)
    assert all((fast(features, gradients[[label]])[0] == together[label]).all() for label in range(14))


@pytest.mark.parametrize("fast", EVERY)
def test_what_is_no_number_shows(fast):
    features, gradients = arrays()
    features[5, 2, 2] = np.nan
    assert np.isnan(fast(features, gradients)).any(axis=(1, 2)).all()


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_grad_cam_plus_plus_does_not_depend_on_the_unit_of_the_features(factor):
    """In the library it does, which is why its arithmetic gets gradients of one size."""
    features, gradients = arrays()
    expected = slow_plus_plus(features.astype(np.float64), gradients.astype(np.float64))
    maps = cam.grad_cam_plus_plus_maps(features * np.float32(factor), gradients / np.float32(factor))
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_a_label_without_gradient_has_an_empty_map():
    features, gradients = arrays()
    gradients[2] = 0
    for fast, _ in LABELLED.values():
        maps = fast(features, gradients)
        assert not maps[2].any() and maps[1].any()


def test_eigen_cam_grows_with_the_features_whatever_sign_the_library_finds():
    raw = EigenCAM(nn.Linear(1, 1), [])
    found = set()
    for seed in range(12):
        features, gradients = arrays(seed)
        maps, total = cam.eigen_cam_maps(features, gradients), features.sum(axis=0)
        assert (maps == maps[0]).all() and np.vdot(maps[0], total) > 0 and abs(maps[0].sum()) < 1e-4
        library = raw.get_cam_image(None, None, None, features[None], None, False)[0]
        found.add(bool(np.vdot(library, total) > 0))
        np.testing.assert_allclose(np.abs(maps[0]), np.abs(library), atol=1e-5)
    assert found == {True, False}
    assert np.abs(cam.eigen_cam_maps(np.ones((4, 3, 3), np.float32), gradients)).max() < 1e-6


# ---- the library's whole call, up to its stretching


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("fast, method", LABELLED.values(), ids=LABELLED)
def test_maps_are_the_librarys_before_it_stretches_them(fast, method, network):
    model, x = network(), square(1)
    features, gradients, _ = cam.read_features(model, x, range(4))
    for label, raw in enumerate(fast(features[0], gradients)):
        expected = whole_call(model, method, x, label)
        np.testing.assert_allclose(stretched(raw), expected, atol=1e-4)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_eigen_cam_is_the_librarys_but_for_the_sign(network):
    model, x = network(), square(1)
    features, gradients, _ = cam.read_features(model, x, range(4))
    raw, expected = cam.eigen_cam_maps(features[0], gradients)[0], whole_call(model, EigenCAM, x, 0)
    assert any(np.allclose(stretched(sign * raw), expected, atol=1e-4) for sign in (1, -1))


def whole_call(model: nn.Module, method: type, x: torch.Tensor, label: int) -> np.ndarray:
    model = copy.deepcopy(model)
    layer = model.maps if isinstance(model, CellReader) else model.net.features.norm5
    with method(model, [layer]) as library:
        return library(x.clone().requires_grad_(), [ClassifierOutputTarget(label)])[0]


def stretched(raw: np.ndarray) -> np.ndarray:
    return scale_cam_image(scale_cam_image(np.maximum(raw, 0)[None], (SIZE_PX, SIZE_PX)))[0]


# ---- one forward, one way back


def heads_and_joined():
    for head in HEADS:
        yield pytest.param(lambda head=head: make_model("tiny", labels=14, head=head), id=head)
    yield pytest.param(CellReader, id="cell by cell")
    members = lambda: [make_model("tiny", labels=14), make_model("tiny-silu", labels=14)]  # noqa: E731
    yield pytest.param(lambda: FeatureFusion(members(), width=10).eval().requires_grad_(False), id="joined")


@pytest.mark.parametrize("network", heads_and_joined())
def test_gradients_of_all_labels_at_once_are_those_of_each(network, monkeypatch):
    model, x = network(), square(2)
    before, forwards, asked = weights_hash(model), [], [5, 0, 13, 5]
    whole = model.features
    monkeypatch.setattr(model, "features", lambda film: forwards.append(len(film)) or whole(film), raising=True)
    features, gradients, logits = cam.read_features(model, x, asked)
    assert forwards == [1] and features.dtype == gradients.dtype == np.float32
    np.testing.assert_allclose(logits, model(x)[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(features, whole(x))
    for label, gradient in zip(asked, gradients, strict=True):
        leaf = torch.from_numpy(features).requires_grad_()
        (expected,) = torch.autograd.grad(model.head(leaf)[0, label], leaf)
        np.testing.assert_allclose(gradient, expected[0], rtol=1e-4, atol=1e-6 * float(expected.abs().max()))
        alone = cam.read_features(model, x, [label])[1][0]
        assert (alone == gradient).all() and gradient.any()
    assert weights_hash(model) == before and count_hooks(model) == 0
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


def test_on_a_mean_the_maps_are_related_as_the_module_says():
    """HiResCAM is Grad-CAM and sums to logit minus bias; Grad-CAM++ is LayerCAM, each channel times h w / (2 + s)."""
    model = make_model("tiny", labels=14)
    features, gradients, logits = cam.read_features(model, square(4), range(14))
    features, weight = features[0], model.output.weight.numpy()
    maps = cam.grad_cam_maps(features, gradients)
    np.testing.assert_allclose(cam.hires_cam_maps(features, gradients), maps, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), logits - model.output.bias.numpy(), rtol=1e-3, atol=1e-4)
    cells, share = features[0].size, weight * features.mean(axis=(1, 2))
    layer = np.maximum(weight, 0)[:, :, None, None] / cells * features
    expected = (layer * (cells / (2 + share))[:, :, None, None]).sum(axis=1)
    np.testing.assert_allclose(cam.layer_cam_maps(features, gradients), layer.sum(axis=1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(cam.grad_cam_plus_plus_maps(features, gradients), expected, rtol=1e-3, atol=1e-5)


def test_the_import_brings_no_heavy_library():
    program = (
        "import sys; import cxr_demo.explain.cam, cxr_demo.evaluation.agreement\n"
        "print(sorted({'pytorch_grad_cam', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
