"""The gradient family against finite differences, closed forms and loops, and against captum."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients, NoiseTunnel, Saliency
from torch import nn

from cxr_demo.explain import gradient
from cxr_demo.progress import ignore_progress
from tests.conftest import SIZE_PX, count_hooks, make_film, make_model, weights_hash

FAMILY = (gradient.gradient, gradient.gradient_x_input, gradient.smooth_grad, gradient.integrated_gradients)
every = pytest.mark.parametrize("method", FAMILY)


@pytest.fixture(scope="module")
def model():
    """Three channels, so that their sum is tested; SiLU, so that differences have no kinks to trip over."""
    return make_model("tiny-silu", labels=14, channels=3)


@pytest.fixture(scope="module")
def x():
    film = (make_film(5, (SIZE_PX, SIZE_PX)) - 0.5) / 0.25
    return torch.from_numpy(np.stack([film, 0.5 * film, 0.2 - film])[None])


PIXELS = [(0, 0), (17, 40), (33, 8), (63, 63), (50, 21)]


def difference(model, x, label: int, change: torch.Tensor, step: float = 1e-6) -> float:
    """The logit's slope along `change`, in float64."""
    exact = copy.deepcopy(model).double()
    with torch.no_grad():
        up, down = exact(x.double() + step * change), exact(x.double() - step * change)
    return float(up[0, label] - down[0, label]) / (2 * step)


def test_gradient_is_what_a_pixel_does_to_the_logit(model, x):
    maps = gradient.gradient(model, x, [3, 11], ignore_progress)
    for label, map_ in zip([3, 11], maps, strict=True):
        for row, column in PIXELS:
            change = torch.zeros_like(x).double()
            change[:, :, row, column] = 1
            assert map_[row, column] == pytest.approx(difference(model, x, label, change), rel=1e-3, abs=1e-5)


def test_gradient_x_input_is_what_a_share_of_a_pixel_does(model, x):
    (map_,) = gradient.gradient_x_input(model, x, [6], ignore_progress)
    for row, column in PIXELS:
        change = torch.zeros_like(x).double()
        change[:, :, row, column] = x[:, :, row, column].double()
        assert map_[row, column] == pytest.approx(difference(model, x, 6, change), rel=1e-3, abs=1e-5)


def test_smooth_grad_is_the_mean_of_gradients_of_noisy_films(model, x):
    state = torch.get_rng_state()
    (map_,) = gradient.smooth_grad(model, x, [2], ignore_progress)
    random = torch.Generator().manual_seed(gradient.SEED)
    noise = [torch.randn(x.shape, generator=random) for _ in range(gradient.DRAWS)]
    sigma = gradient.NOISE * float(x.max() - x.min())
    expected = np.mean([gradient.gradient(model, x + sigma * n, [2], ignore_progress)[0] for n in noise], axis=0)
    np.testing.assert_allclose(map_, expected, rtol=1e-4, atol=1e-6)
    assert not np.allclose(map_, gradient.gradient(model, x, [2], ignore_progress)[0], rtol=1e-2)
    assert torch.equal(torch.get_rng_state(), state)


class Powers(nn.Module):
    """Logits: the sums of x, of x squared and of x to the third."""

    def forward(self, x):
        return torch.stack([(x**power).sum(dim=(1, 2, 3)) for power in (1, 2, 3)], dim=1)


def test_integrated_gradients_of_powers_are_those_powers(x):
    """Exactly for the first two, whose gradients a midpoint rule integrates without error; x^3 is 1 / (4 n^2) short."""
    maps = gradient.integrated_gradients(Powers(), x, range(3), ignore_progress)
    for power, map_ in enumerate(maps, 1):
        missing = 1 / (4 * gradient.STEPS**2) if power == 3 else 0.0
        np.testing.assert_allclose(map_, (1 - missing) * (x[0] ** power).sum(dim=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("backbone", ["tiny", "tiny-silu"])
def test_integrated_gradients_sum_to_the_logit_minus_that_of_a_grey_film(backbone, x):
    model = make_model(backbone, labels=14, channels=3)
    maps = gradient.integrated_gradients(model, x, range(14), ignore_progress)
    difference = (model(x) - model(torch.zeros_like(x)))[0].numpy()
    error = np.abs(maps.sum(axis=(1, 2)) - difference)
    assert (error < 0.2).all() and np.abs(difference).max() > 2


def test_gradients_are_those_of_captum(model, x):
    """captum keeps the channels, which are summed here, and Saliency takes magnitudes unless it is told not to."""
    film = x.clone().requires_grad_()
    for label, maps in enumerate(zip(*(method(model, x, range(3), ignore_progress) for method in FAMILY), strict=True)):
        with torch.random.fork_rng():
            torch.manual_seed(gradient.SEED)  # the tunnel draws all its noise at once, from the global generator
            sigma = gradient.NOISE * float(x.max() - x.min())
            smooth = NoiseTunnel(Saliency(model)).attribute(
                film, nt_type="smoothgrad", nt_samples=gradient.DRAWS, stdevs=sigma, target=label, abs=False
            )
        expected = [
            Saliency(model).attribute(film, target=label, abs=False),
            InputXGradient(model).attribute(film, target=label),
            smooth,
            IntegratedGradients(model).attribute(film, 0, label, n_steps=gradient.STEPS, method="riemann_middle"),
        ]
        for map_, by_captum in zip(maps, expected, strict=True):
            by_captum = by_captum.detach().sum(dim=1)[0].numpy()
            np.testing.assert_allclose(map_, by_captum, rtol=1e-4, atol=1e-5 * np.abs(by_captum).max())


@every
def test_many_labels_at_once_equal_one_at_a_time_and_again(method, model, x):
    together = method(model, x, range(14), ignore_progress)
    assert together.shape == (14, SIZE_PX, SIZE_PX) and together.dtype == np.float32
    for label in (0, 13):
        assert (method(model, x, [label], ignore_progress)[0] == together[label]).all()
    assert not np.allclose(together[0], together[13])


@every
def test_the_network_and_the_film_are_left_as_they_were(method, model, x):
    before, film = weights_hash(model), x.clone()
    with torch.no_grad():
        expected = method(model, x, [1], ignore_progress)
    assert expected.any() and torch.equal(x, film) and not x.requires_grad and x.grad is None
    assert weights_hash(model) == before and count_hooks(model) == 0 and not model.training
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


@every
def test_a_pause_is_told_how_far_it_is_and_can_end_the_work(method, model, x):
    steps = {gradient.smooth_grad: gradient.DRAWS, gradient.integrated_gradients: gradient.STEPS}.get(method, 1)
    seen = []
    method(model, x, [0, 5], lambda done, total: seen.append((done, total)))
    assert seen == [(done, 2 * steps) for done in range(1, 2 * steps + 1)]

    def cancel(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        method(model, x, [0, 5], cancel)
    assert count_hooks(model) == 0 and not any(p.requires_grad for p in model.parameters())


@every
def test_what_is_no_number_shows(method, model, x):
    assert not np.isfinite(method(model, torch.full_like(x, torch.nan), [0], ignore_progress)).all()
