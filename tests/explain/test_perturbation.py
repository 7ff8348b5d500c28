"""Occlusion and Score-CAM against loops that hide one thing at a time, and against libraries."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from pytorch_grad_cam import ScoreCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from cxr_demo.explain import perturbation
from cxr_demo.explain import placement as placement_module
from cxr_demo.explain.engine import Explainer, make_unproved_maps
from cxr_demo.explain.placement import locate_cells
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import EVEN, Placement
from cxr_demo.networks.ensemble import FeatureFusion
from cxr_demo.progress import ignore_progress
from tests.conftest import count_hooks, make_film, make_model, weights_hash


def score_cam(model, x, labels, on_progress):
    """With its cells where the network looks."""
    return perturbation.score_cam_maps(model, x, labels, on_progress, locate_cells(model, 64))


every = pytest.mark.parametrize("method", [perturbation.occlusion, score_cam])


def square(size_px: int = 64, seed: int = 0, channels: int = 1) -> torch.Tensor:
    film = (make_film(seed, (size_px, size_px)) - 0.5) / 0.25
    return torch.from_numpy(np.stack([film * (1 - 0.3 * channel) for channel in range(channels)])[None])


@pytest.fixture(scope="module")
def model():
    """Three of its feature maps are the same in all cells: two of them 0, one not."""
    model = make_model("tiny", labels=14)
    last = model.net.features.norm5
    last.weight[[1, 4, 9]] = 0
    last.bias[[1, 4, 9]] = torch.tensor([-1.0, 0.0, 0.7])
    return model


# ---- occlusion


@pytest.mark.parametrize("size_px, channels", [(64, 1), (75, 3)])
def test_occlusion_is_the_mean_fall_over_the_patches_that_cover_a_pixel(size_px, channels):
    model = make_model("tiny", labels=4, channels=channels)
    x = square(size_px, 1, channels)
    maps = perturbation.occlusion(model, x, [2, 0], ignore_progress)
    hidden = torch.from_numpy(perturbation.blur_square(x.numpy()))
    starts = [round(size_px * step / 16) for step in range(17)]
    falls, covers = np.zeros((4, size_px, size_px)), np.zeros((size_px, size_px))
    for top, bottom in zip(starts[:-2], starts[2:], strict=True):
        for left, right in zip(starts[:-2], starts[2:], strict=True):
            film = x.clone()
            film[:, :, top:bottom, left:right] = hidden[:, :, top:bottom, left:right]
            fall = (model(x) - model(film))[0].double().numpy()
            falls[:, top:bottom, left:right] += fall[:, None, None]
            covers[top:bottom, left:right] += 1
    assert covers.min() == 1 and covers.max() == 4
    assert maps.shape == (2, size_px, size_px) and maps.dtype == np.float32
    np.testing.assert_allclose(maps, (falls / covers)[[2, 0]], rtol=1e-3, atol=1e-5)


def test_occlusion_is_the_one_of_captum():
    """Where 16 divides the side, captum can slide the same patches, and it too divides by how many cover a pixel."""
    model, x, cell = make_model("tiny", labels=4, channels=3), square(64, 1, 3), 4
    maps = perturbation.occlusion(model, x, [3, 0], ignore_progress)
    hidden = torch.from_numpy(perturbation.blur_square(x.numpy()))
    for label, map_ in zip([3, 0], maps, strict=True):
        with torch.inference_mode():
            by_captum = Occlusion(model).attribute(
                x, (3, 2 * cell, 2 * cell), (3, cell, cell), hidden, label, perturbations_per_eval=perturbation.BATCH
            )[0]
        assert (by_captum == by_captum[0]).all()  # a patch hides all channels, so each is told the whole fall
        np.testing.assert_allclose(map_, by_captum[0].numpy(), rtol=1e-4, atol=1e-5)


class OnePixel(nn.Module):
    """The logit is the grey of one pixel; the other label's is its negative."""

    def forward(self, x):
        return torch.stack([x[:, 0, 30, 41], -x[:, 0, 30, 41]], dim=1)


def test_occlusion_finds_the_only_pixel_that_counts_and_its_sign():
    x = torch.zeros(1, 1, 64, 64)
    x[0, 0, 30, 41] = 4
    for_it, against = perturbation.occlusion(OnePixel(), x, [0, 1], ignore_progress)
    patch = np.zeros((64, 64), bool)
    patch[24:36, 36:48] = True  # all patches that cover it
    assert (for_it[patch] > 0).all() and not for_it[~patch].any()
    assert (against == -for_it).all()
    fall = 4 - perturbation.blur_square(x.numpy())[0, 0, 30, 41]
    assert for_it.max() == for_it[30, 41] == pytest.approx(fall)


def test_blurred_has_the_greys_and_no_detail():
    x = np.random.default_rng(0).standard_normal((1, 3, 64, 64)).astype(np.float32)
    blurred = perturbation.blur_square(x)
    assert blurred.shape == x.shape and blurred.dtype == np.float32
    rough = np.abs(np.diff(x, axis=-1)).mean(axis=(0, 2, 3))
    assert (np.abs(np.diff(blurred, axis=-1)).mean(axis=(0, 2, 3)) < 0.1 * rough).all()
    np.testing.assert_allclose(perturbation.blur_square(np.full_like(x, 0.7)), 0.7, rtol=1e-5)
    impulse = np.zeros((1, 1, 64, 64), np.float32)
    impulse[0, 0, 32, 32] = 1
    spread = perturbation.blur_square(impulse)[0, 0]
    distance = np.arange(64) - 32
    assert np.sqrt((spread.sum(axis=0) * distance**2).sum()) == pytest.approx(64 / 8, rel=0.02)


# ---- Score-CAM


CORNERS = (
    8 * 63 / (64 * 7)
)  # of the square's side, what 8 cells fill whose corners' middles are the corner pixels of 64
LIBRARYS = Placement(*[(0.5 / 64 - CORNERS / 16, 0.5 / 64 - CORNERS / 16 + CORNERS)] * 2)


def test_score_cam_is_the_papers_sum_over_channels(model):
    x = square(seed=4)
    features, placement = model.features(x)[0].double().numpy(), locate_cells(model, 64)
    assert placement != EVEN
    scores = []
    for channel in features:
        mask = Preprocess(64, "stretch", (0.5,), (0.25,)).map_to_image(channel, (64, 64), placement)
        span = np.ptp(channel)
        mask = (mask - mask.min()) / np.ptp(mask) if span else np.zeros_like(mask)
        scores.append(model(x * torch.from_numpy(mask).float())[0].double().numpy())
    weights = np.exp(scores) / np.exp(scores).sum(axis=0)
    expected = np.einsum("kl,khw->lhw", weights, features)
    maps = score_cam(model, x, range(14), ignore_progress)
    assert maps.shape == (14, 8, 8) and maps.dtype == np.float32
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-5 * expected.max())
    assert not np.allclose(maps[0], maps[1], rtol=1e-2)


def test_score_cam_is_the_librarys_before_it_is_stretched_where_its_cells_lie_as_the_librarys():
    model, x = make_model("tiny", labels=4), square(seed=1)
    maps = perturbation.score_cam_maps(model, x, range(4), ignore_progress, LIBRARYS)
    other = copy.deepcopy(model)
    for label, raw in enumerate(maps):
        with ScoreCAM(other, [other.net.features.norm5]) as library:
            expected = library(x, [ClassifierOutputTarget(label)])[0]
        np.testing.assert_allclose(scale_cam_image(scale_cam_image(raw[None], (64, 64)))[0], expected, atol=1e-4)


def test_a_forward_is_spent_on_channels_that_mask_something_alone(model, monkeypatch):
    x, films = square(seed=2), []
    forward = type(model).forward
    monkeypatch.setattr(type(model), "forward", lambda self, x: films.append(len(x)) or forward(self, x))
    score_cam(model, x, range(14), ignore_progress)
    features = model.features(x)[0]
    varied = int((features.amax(dim=(1, 2)) > features.amin(dim=(1, 2))).sum())
    assert varied <= len(features) - 3 and sum(films) == varied + 1 and max(films) <= perturbation.BATCH


def test_where_the_cells_of_score_cam_lie_is_taken_from_the_proof(tiny_checkpoint, monkeypatch):
    """To follow them through the network once more takes as long as to lower it."""
    explainer, x = Explainer(tiny_checkpoint), square().numpy()
    placements = []
    monkeypatch.setattr(
        perturbation, "_make_masks", lambda features, size_px, placement: placements.append(placement) or torch.ones(1)
    )
    explainer.prove()
    monkeypatch.setattr(placement_module, "follow_centres", None)
    explainer.maps(x, [0], ["score-cam"])
    make_unproved_maps(tiny_checkpoint, explainer, tiny_checkpoint.model, x, [0], ["score-cam"])
    assert set(placements) == {explainer.proof.placement} and explainer.proof.placement != EVEN


def test_score_cam_of_joined_feature_maps():
    model = FeatureFusion([make_model("tiny"), make_model("tiny-silu")], width=10).eval().requires_grad_(False)
    maps = score_cam(model, square(), range(4), ignore_progress)
    assert maps.shape == (4, 8, 8) and np.isfinite(maps).all() and maps.any()


# ---- both


@every
def test_many_labels_at_once_equal_one_at_a_time_and_again(method, model):
    x = square(seed=6)
    together = method(model, x, range(14), ignore_progress)
    for label in (0, 13):
        assert (method(model, x, [label], ignore_progress)[0] == together[label]).all()


@every
def test_the_network_and_the_film_are_left_as_they_were(method, model):
    x = square(seed=7)
    before, film = weights_hash(model), x.clone()
    assert method(model, x, [1], ignore_progress).any()
    assert torch.equal(x, film) and weights_hash(model) == before and count_hooks(model) == 0 and not model.training
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


@every
def test_a_pause_is_told_how_far_it_is_and_can_end_the_work(method, model):
    seen = []
    method(model, square(), [0], lambda done, total: seen.append((done, total)))
    dones, totals = zip(*seen, strict=True)
    assert list(dones) == sorted(set(dones)) and len(set(totals)) == 1 and dones[-1] == totals[0]

    def cancel(done, total):
        if done > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        method(model, square(), [0], cancel)
    assert count_hooks(model) == 0


@every
def test_what_is_no_number_shows(method, model):
    assert np.isnan(method(model, torch.full((1, 1, 64, 64), torch.nan), [0], ignore_progress)).any()
