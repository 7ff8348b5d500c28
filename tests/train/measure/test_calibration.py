"""A temperature is kept where it helps for certain, and nothing is called calibrated of which nothing is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from train.measure.calibration import FEWEST_PATIENTS, UNCALIBRATED, _sum_losses, choose_temperature
from train.measure.metrics import compute_mean_loss, fit_temperature

TASKS = ("single-label", "multi-label")


def make_answers(task: str, films: int, seed: int = 0) -> tuple[torch.Tensor, np.ndarray]:
    """Logits that are calibrated as they are, and what is true of their films."""
    random = np.random.default_rng(seed)
    logits = 1.5 * random.standard_normal((films, 3))
    if task == "multi-label":
        return torch.from_numpy(logits), (random.random((films, 3)) < 1 / (1 + np.exp(-logits))).astype(float)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return torch.from_numpy(logits), np.stack([random.multinomial(1, row) for row in p]).astype(float)


def names(films: int) -> np.ndarray:
    return np.arange(films).astype(str)


@pytest.mark.parametrize("task", TASKS)
def test_answers_that_are_too_sure_are_cooled_and_right_ones_left_alone(task):
    logits, targets = make_answers(task, 400)
    assert choose_temperature(logits, targets, names(400), task) == 1
    fitted = fit_temperature(logits * 2.5, torch.from_numpy(targets), task)
    assert choose_temperature(logits * 2.5, targets, names(400), task) == pytest.approx(fitted, abs=1e-4)
    assert fitted == pytest.approx(2.5, rel=0.2)


@pytest.mark.parametrize("task", TASKS)
def test_a_gain_that_may_be_chance_is_not_taken(task):
    """Of calibrated answers the best temperature is never quite 1, and in 40 draws of films it is kept once or twice:
    the test is one-sided, at 2.5 %."""
    kept = sum(choose_temperature(*make_answers(task, 80, seed), names(80), task) != 1 for seed in range(40))
    assert kept <= 5


@pytest.mark.parametrize("task", TASKS)
def test_few_patients_say_nothing(task):
    logits, targets = make_answers(task, 400)
    few = np.arange(400) % (FEWEST_PATIENTS - 1)
    assert choose_temperature(logits * 2.5, targets, few.astype(str), task) == UNCALIBRATED
    enough = np.arange(400) % FEWEST_PATIENTS
    assert choose_temperature(logits * 2.5, targets, enough.astype(str), task) > 1


@pytest.mark.parametrize("task", TASKS)
def test_a_network_that_learned_nothing_is_not_calibrated(task):
    """Its best temperature is as high as the search goes: all answers alike."""
    logits, targets = make_answers(task, 400)
    shuffled = np.random.default_rng(1).permutation(targets)
    assert choose_temperature(logits * 40, shuffled, names(400), task) == UNCALIBRATED


@pytest.mark.parametrize("task", TASKS)
def test_the_losses_of_the_films_add_up_to_the_mean(task):
    logits, targets = make_answers(task, 50)
    targets[::7] = np.nan
    if task == "multi-label":
        targets[3, 1] = np.nan
    p = 1 / (1 + np.exp(-logits.numpy()))
    p = p / p.sum(1, keepdims=True) if task == "single-label" else p
    losses, stated = _sum_losses(p, targets, task)
    assert losses.sum() / stated.sum() == pytest.approx(compute_mean_loss(p, targets, task))
