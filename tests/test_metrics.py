"""Metrics and calibration against slow re-derivations from their definitions."""

import numpy as np
import pytest
import torch

from cxr_demo.model import probabilities
from train import metrics

LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 90)
    logits = torch.from_numpy(rng.normal(size=(90, 3)) + 1.5 * np.eye(3)[true])
    return logits, torch.from_numpy(np.eye(3)[true]), probabilities(logits, "single-label", 1.0).numpy(), true


def slow_auroc(positive, score):
    pairs = [(p, n) for p in score[positive] for n in score[~positive]]
    return sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs) / len(pairs)


def slow_mcc(true, predicted):
    """Gorodkin 2004, the K-category correlation coefficient, from one-hot covariances."""
    x, y = np.eye(3)[true], np.eye(3)[predicted]
    covariance = lambda a, b: ((a - a.mean(0)) * (b - b.mean(0))).mean(0).sum()  # noqa: E731
    return covariance(x, y) / np.sqrt(covariance(x, x) * covariance(y, y))


def test_scores_equal_their_definitions(scored):
    _, _, p, true = scored
    scores = {name: score(p, true) for name, score in metrics.single_label_scores(LABELS).items()}
    predicted = p.argmax(1)
    assert scores["accuracy"] == pytest.approx((predicted == true).mean())
    assert scores["mcc"] == pytest.approx(slow_mcc(true, predicted))
    f1 = []
    for k in range(3):
        hits = ((predicted == k) & (true == k)).sum()
        f1.append(2 * hits / ((predicted == k).sum() + (true == k).sum()))
        assert scores[f"auroc_{LABELS[k]}"] == pytest.approx(slow_auroc(true == k, p[:, k]))
    assert scores["macro_f1"] == pytest.approx(np.mean(f1))
    assert scores["auroc_disease_against_normal"] == pytest.approx(slow_auroc(true != 0, 1 - p[:, 0]))


def test_intervals_hold_whole_patients_and_widen_when_patients_are_few(scored, monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 300)
    _, _, p, true = scored
    many = metrics.with_intervals(p, true, np.arange(90).astype(str), LABELS)["accuracy"]
    few = metrics.with_intervals(p, true, (np.arange(90) // 30).astype(str), LABELS)["accuracy"]
    assert many["low"] < many["value"] < many["high"]
    accuracy = many["value"]
    expected = 1.96 * np.sqrt(accuracy * (1 - accuracy) / 90)  # independent films: close to the binomial interval
    assert (many["high"] - many["low"]) / 2 == pytest.approx(expected, rel=0.2)
    thirds = [(p[i : i + 30].argmax(1) == true[i : i + 30]).mean() for i in (0, 30, 60)]
    assert few["low"] == pytest.approx(min(thirds)) and few["high"] == pytest.approx(max(thirds))


def test_calibration_error_equals_the_definition(scored):
    _, _, p, true = scored
    confidence, right = p.max(1), p.argmax(1) == true
    expected = 0.0
    for b in range(15):
        inside = [i for i in range(90) if b / 15 <= confidence[i] < (b + 1) / 15]
        if inside:
            expected += len(inside) / 90 * abs(np.mean(confidence[inside]) - np.mean(right[inside]))
    assert metrics.calibration_error(p, true) == pytest.approx(expected)


def test_the_temperature_is_found_and_lowers_the_error():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(4000, 3)) * 1.5
    p = probabilities(torch.from_numpy(logits), "single-label", 1.0).numpy()
    true = np.array([rng.choice(3, p=row) for row in p])
    too_sure = torch.from_numpy(logits * 2.5)
    temperature = metrics.fit_temperature(too_sure, torch.from_numpy(np.eye(3)[true]))
    assert temperature == pytest.approx(2.5, rel=0.08)
    before, after = (probabilities(too_sure, "single-label", t).numpy() for t in (1.0, temperature))
    assert metrics.calibration_error(after, true) < 0.5 * metrics.calibration_error(before, true)


def test_thresholds_maximise_youden(scored):
    _, targets, p, true = scored
    thresholds = metrics.youden_thresholds(p, targets.numpy(), LABELS)
    for k, label in enumerate(LABELS):
        youden = lambda cut, k=k: (p[true == k, k] >= cut).mean() - (p[true != k, k] >= cut).mean()  # noqa: E731
        best = max(youden(cut) for cut in p[:, k])
        assert youden(thresholds[label] - 1e-4) == pytest.approx(best, abs=0.03) and 0 <= thresholds[label] <= 1
