"""What the validation films give a checkpoint: thresholds, and a temperature, kept only where it is seen to help."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit, logit

from cxr_demo.networks.card import Card
from cxr_demo.networks.classifier import compute_probabilities
from train.measure.intervals import divide, draw_patients
from train.measure.metrics import RESAMPLINGS, TEMPERATURES, assign_classes, fit_temperature, has_class
from train.measure.thresholds import Threshold, choose_thresholds

UNCALIBRATED = 0.0  # what a card says of scores of which nothing is known
UNCALIBRATED_SCORES = "It was never calibrated: what is measured are uncalibrated scores."
FEWEST_PATIENTS = 50  # own choice: with fewer, nothing can be said of how often a probability is right
AT_A_BOUND = 1.05  # a search that ends this near to its bounds, as a factor, has found nothing


@dataclass(frozen=True)
class Calibration:
    """`temperature` as a card holds it, UNCALIBRATED included; `found`: label -> its threshold."""

    temperature: float
    found: dict[str, Threshold]

    @property
    def thresholds(self) -> dict[str, float]:
        return {label: threshold.value for label, threshold in self.found.items()}

    @property
    def applied_temperature(self) -> float:
        return self.temperature or 1.0

    def write_on(self, card: Card) -> Card:
        """The card with all of it. A threshold that it has of a label of which these films say too little stays the
        same decision: it moves with the temperature."""
        before = card.applied_temperature / self.applied_temperature
        kept = {
            label: float(expit(before * logit(value)))
            for label, value in card.thresholds.items()
            if label not in self.found and card.task == "multi-label"
        }
        found = kept | self.thresholds
        return dataclasses.replace(
            card,
            temperature=self.temperature,
            thresholds={label: found[label] for label in card.labels if label in found},
            threshold_intervals={label: (threshold.low, threshold.high) for label, threshold in self.found.items()},
        )


def calibrate(
    logits: torch.Tensor, targets: np.ndarray, patient: np.ndarray, labels: tuple[str, ...], task: str
) -> Calibration:
    """logits and targets (N, L) of the validation, patient (N,) -> temperature and thresholds. Where labels exclude
    each other the most probable is the answer, and there is no threshold."""
    temperature = choose_temperature(logits, targets, patient, task)
    if task == "single-label":
        return Calibration(temperature, {})
    p = compute_probabilities(logits.double(), task, temperature or 1.0).numpy()
    return Calibration(temperature, choose_thresholds(p, targets, patient, labels))


def choose_temperature(logits: torch.Tensor, targets: np.ndarray, patient: np.ndarray, task: str) -> float:
    """logits and targets (N, L) of the validation, patient (N,) -> the temperature of Guo et al. 2017 where its gain in
    log loss is above 0 in 97.5 % of the draws of whole patients; else 1, which leaves the probabilities as they are;
    UNCALIBRATED where the patients are few, or no temperature is best.

    TrainingError where the films say nothing about these labels.
    """
    fitted = fit_temperature(logits, torch.from_numpy(targets), task)
    low, high = TEMPERATURES
    if count_patients(targets, patient, task) < FEWEST_PATIENTS or not low * AT_A_BOUND < fitted < high / AT_A_BOUND:
        return UNCALIBRATED
    fitted = round(fitted, 4)
    before, count = _sum_losses(compute_probabilities(logits.double(), task, 1.0).numpy(), targets, task)
    after, _ = _sum_losses(compute_probabilities(logits.double(), task, fitted).numpy(), targets, task)
    gains = [divide(w @ (before - after), w @ count) for w in draw_patients(patient, RESAMPLINGS)]
    return fitted if np.nanpercentile(np.concatenate(gains), 2.5) > 0 else 1.0


def count_patients(targets: np.ndarray, patient: np.ndarray, task: str) -> int:
    """Of how many patients something is stated: targets (N, L), patient (N,)."""
    stated = has_class(targets) if task == "single-label" else ~np.isnan(targets).all(1)
    return len(np.unique(patient[stated]))


def _sum_losses(p: np.ndarray, targets: np.ndarray, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Of each film (N,): its log loss, summed over what is stated of it, and how much is stated."""
    given = p.clip(np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps)
    if task == "single-label":
        stated = has_class(targets)
        true = assign_classes(targets)
        return np.where(stated, -np.log(given[np.arange(len(p)), true]), 0), stated.astype(float)
    losses = -np.log(np.where(targets == 1, given, 1 - given))
    stated = ~np.isnan(targets)
    return np.where(stated, losses, 0).sum(1), stated.sum(1).astype(float)
