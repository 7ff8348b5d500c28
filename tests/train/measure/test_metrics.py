"""Metrics, calibration and intervals against slow re-derivations and against scikit-learn with weights."""

import math

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from cxr_demo.networks.card import TASKS
from cxr_demo.networks.card_parts import MAX_POINTS
from cxr_demo.networks.classifier import compute_probabilities
from train.measure import intervals, metrics

LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")
CUTS = dict(zip(LABELS, (0.4, 0.3, 0.25), strict=True))


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 90)
    logits = torch.from_numpy(rng.normal(size=(90, 3)) + 1.5 * np.eye(3)[true])
    return logits, np.eye(3)[true], compute_probabilities(logits, "single-label", 1.0).numpy(), true


@pytest.fixture
def many():
    """Multi-label, with ties (two decimals) and entries that are not stated: p, targets, patient."""
    rng = np.random.default_rng(3)
    targets = (rng.random((120, 3)) < (0.4, 0.2, 0.6)).astype(np.float32)
    p = np.round(1 / (1 + np.exp(-rng.normal(size=(120, 3)) - 1.2 * targets + 0.5)), 2)
    targets[rng.random((120, 3)) < 0.15] = np.nan
    return p, targets, rng.integers(0, 45, 120).astype(str)


def slow_auroc(positive, score):
    pairs = [(p, n) for p in score[positive] for n in score[~positive]]
    return sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs) / len(pairs)


def slow_auprc(positive, score):
    """Each step of recall at the precision that holds there, from the highest cut down."""
    area, recall = 0.0, 0.0
    for cut in sorted(set(score), reverse=True):
        called = score >= cut
        found = (positive & called).sum() / positive.sum()
        area, recall = area + (found - recall) * (positive & called).sum() / called.sum(), found
    return area


def slow_mcc(true, predicted, classes=3):
    """Gorodkin 2004, the K-category correlation coefficient, from one-hot covariances."""
    x, y = np.eye(classes)[true], np.eye(classes)[predicted]
    covariance = lambda a, b: ((a - a.mean(0)) * (b - b.mean(0))).mean(0).sum()  # noqa: E731
    return covariance(x, y) / np.sqrt(covariance(x, x) * covariance(y, y))


def slow_label_scores(positive, given, called):
    return {
        "auroc": slow_auroc(positive, given),
        "auprc": slow_auprc(positive, given),
        "f1": 2 * (positive & called).sum() / (positive.sum() + called.sum()),
        "mcc": slow_mcc(positive.astype(int), called.astype(int), 2),
        "sensitivity": (positive & called).sum() / positive.sum(),
        "specificity": (~positive & ~called).sum() / (~positive).sum(),
    }


def test_single_label_scores_equal_their_definitions(scored):
    _, targets, p, true = scored
    found = metrics.compute_scores(p, targets, LABELS, "single-label", CUTS)
    predicted = p.argmax(1)
    assert found["accuracy"] == pytest.approx((predicted == true).mean())
    assert found["mcc"] == pytest.approx(slow_mcc(true, predicted))
    f1 = [2 * ((predicted == k) & (true == k)).sum() / ((predicted == k).sum() + (true == k).sum()) for k in range(3)]
    assert found["macro_f1"] == pytest.approx(np.mean(f1))
    for name, slow in {
        "macro_precision": lambda k: (predicted[predicted == k] == true[predicted == k]).mean(),
        "macro_recall": lambda k: (predicted[true == k] == k).mean(),
        "macro_specificity": lambda k: (predicted[true != k] != k).mean(),
    }.items():
        assert found[name] == pytest.approx(np.mean([slow(k) for k in range(3)]))
    assert found["auroc_disease_against_normal"] == pytest.approx(slow_auroc(true != 0, 1 - p[:, 0]))
    by_label = [slow_label_scores(true == k, p[:, k], predicted == k) for k in range(3)]
    for label, expected in zip(LABELS, by_label, strict=True):
        assert {name: found[f"{name}_{label}"] for name in expected} == pytest.approx(expected)
    for name in ("auroc", "auprc"):
        assert found[f"macro_{name}"] == pytest.approx(np.mean([of[name] for of in by_label]))


def test_multi_label_scores_leave_out_what_is_not_stated(many):
    p, targets, _ = many
    found = metrics.compute_scores(p, targets, LABELS, "multi-label", CUTS)
    by_label, right = [], []
    for k, label in enumerate(LABELS):
        rows = [i for i in range(len(p)) if not math.isnan(targets[i, k])]
        by_label.append(slow_label_scores(targets[rows, k] == 1, p[rows, k], p[rows, k] >= CUTS[label]))
        right += [(p[i, k] >= CUTS[label]) == (targets[i, k] == 1) for i in rows]
        assert {name: found[f"{name}_{label}"] for name in by_label[k]} == pytest.approx(by_label[k])
    assert found["accuracy"] == pytest.approx(np.mean(right))
    free = [i for i in range(len(p)) if not (targets[i] == 1).any() and not np.isnan(targets[i]).all()]
    spared = [
        not any(p[i, k] >= CUTS[label] for k, label in enumerate(LABELS) if not math.isnan(targets[i, k])) for i in free
    ]
    assert 0 < sum(spared) < len(free)
    assert found["specificity_any_finding"] == pytest.approx(np.mean(spared))
    for name in ("macro_auroc", "macro_auprc", "macro_f1", "mcc"):
        assert found[name] == pytest.approx(np.mean([of[name.removeprefix("macro_")] for of in by_label]))
    poisoned = np.where(np.isnan(targets), 0.999, p)
    assert metrics.compute_scores(poisoned, targets, LABELS, "multi-label", CUTS) == pytest.approx(found)


def test_a_figure_that_cannot_be_had_is_left_out(scored):
    _, targets, p, true = scored
    rows = true != 2
    args = (p[rows], targets[rows], np.arange(rows.sum()).astype(str), LABELS, "single-label", {"normal": 0.4})
    found = metrics.measure_with_intervals(*args)
    assert not {name for name in found if "viral" in name} - {"specificity_viral_pneumonia"}
    at_cuts = metrics.compute_scores(p, targets, LABELS, "multi-label", {"normal": 0.4})
    assert "f1_normal" in at_cuts and "f1_bacterial_pneumonia" not in at_cuts  # no threshold, no figure at it
    both = p[rows].argmax(1)
    f1 = [2 * ((both == k) & (true[rows] == k)).sum() / ((both == k).sum() + (true[rows] == k).sum()) for k in (0, 1)]
    assert found["macro_f1"]["value"] == pytest.approx(np.mean(f1))  # over the classes that are there
    assert all(math.isfinite(number) for entry in found.values() for number in entry.values())
    alone = metrics.measure_with_intervals(
        p[:5], np.eye(3)[[1] * 5], np.arange(5).astype(str), LABELS, "single-label", CUTS
    )
    assert "accuracy" in alone and not {"mcc", "macro_auroc", "auroc_normal"} & set(alone)


@pytest.mark.parametrize("task", TASKS)
def test_weighted_scores_equal_scikit_learn_and_real_resamplings(task, scored, many, monkeypatch):
    """Each row of the vectorised scores is what the plain scores give when the drawn films are really repeated."""
    monkeypatch.setattr(intervals, "CHUNK", 7 * 120)  # several chunks
    p, targets, patient = many
    if task == "single-label":
        _, targets, p, _ = scored
        targets, patient = np.where(np.arange(90)[:, None] % 9, targets, np.nan), patient[:90]
    draws = np.concatenate(list(intervals.draw_patients(patient, 25)))
    drawn = metrics.compute_scores(p, targets, LABELS, task, CUTS, draws)
    for row, weights in enumerate(draws.astype(int)):
        films = np.repeat(np.arange(len(p)), weights)
        again = metrics.compute_scores(p[films], targets[films], LABELS, task, CUTS)
        assert set(again) == set(drawn)
        assert {name: values[row] for name, values in drawn.items()} == pytest.approx(again, nan_ok=True)
    positive, given, stated = targets[:, 1] == 1, p[:, 1], ~np.isnan(targets[:, 1])
    for row, weights in enumerate(draws):
        of = (positive[stated], given[stated]), {"sample_weight": weights[stated]}
        assert drawn[f"auroc_{LABELS[1]}"][row] == pytest.approx(sk.roc_auc_score(*of[0], **of[1]))
        assert drawn[f"auprc_{LABELS[1]}"][row] == pytest.approx(sk.average_precision_score(*of[0], **of[1]))


@pytest.mark.parametrize("times", [(3, 1, 1, 1, 0), (1, 2, 1, 0, 0), (2, 1, 0, 1, 1), (1, 1, 1, 1, 1)])
def test_macro_scores_of_a_draw_that_hardly_holds_a_class(times):
    """Class 0 is never called: its precision is 0, and it counts. Class 2 has one film or none: one film counts."""
    true, called = np.array([0, 1, 1, 2, 3]), np.array([1, 1, 3, 2, 3])
    found = intervals.class_scores(true, called, 4, np.array([times], float))
    present = np.unique(true[np.array(times) > 0])
    options = {"labels": present, "average": "macro", "zero_division": 0, "sample_weight": times}
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        assert found[f"macro_{name}"] == pytest.approx(score(true, called, **options))


def test_draws_are_whole_patients_and_the_same_again(many):
    patient = many[2]
    one, other = (np.concatenate(list(intervals.draw_patients(patient, 60))) for _ in range(2))
    assert np.array_equal(one, other) and len({tuple(row) for row in one}) == 60
    names, first = np.unique(patient, return_index=True)
    assert (one[:, first].sum(1) == len(names)).all()  # as many patients as there are
    for name in names:
        assert np.ptp(one[:, patient == name], axis=1).max() == 0
    assert one[:, first].mean(0).max() < 2  # no patient is favoured


def test_intervals_widen_when_patients_are_few(scored, monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 300)
    _, targets, p, true = scored
    rest = LABELS, "single-label", CUTS
    many = metrics.measure_with_intervals(p, targets, np.arange(90).astype(str), *rest)["accuracy"]
    few = metrics.measure_with_intervals(p, targets, (np.arange(90) // 30).astype(str), *rest)["accuracy"]
    assert many["low"] < many["value"] < many["high"]
    accuracy = many["value"]
    expected = 1.96 * np.sqrt(accuracy * (1 - accuracy) / 90)  # independent films: close to the binomial interval
    assert (many["high"] - many["low"]) / 2 == pytest.approx(expected, rel=0.2)
    thirds = [(p[i : i + 30].argmax(1) == true[i : i + 30]).mean() for i in (0, 30, 60)]
    assert few["low"] == pytest.approx(min(thirds)) and few["high"] == pytest.approx(max(thirds))


def test_calibration_error_equals_the_definition(scored, many):
    def slow(given, right):
        bins = [[i for i in range(len(given)) if b / 15 <= given[i] < (b + 1) / 15] for b in range(15)]
        return sum(abs(np.mean(given[b]) - np.mean(right[b])) * len(b) / len(given) for b in bins if b)

    _, targets, p, true = scored
    expected = slow(p.max(1), p.argmax(1) == true)
    assert metrics.compute_calibration_error(p, targets, "single-label") == pytest.approx(expected)
    p, targets, _ = many
    p = p * 0.999  # a value on the border of two bins may fall to either side by rounding
    stated = [~np.isnan(column) for column in targets.T]
    expected = np.mean([slow(p[rows, k], targets[rows, k]) for k, rows in enumerate(stated)])
    assert metrics.compute_calibration_error(p, targets, "multi-label") == pytest.approx(expected)


@pytest.mark.parametrize("task", TASKS)
def test_the_temperature_is_found_and_lowers_the_error(task):
    rng = np.random.default_rng(1)
    logits = torch.from_numpy(rng.normal(size=(4000, 3)) * 1.5)
    p = compute_probabilities(logits, task, 1.0).numpy()
    targets = (
        np.eye(3)[[rng.choice(3, p=row) for row in p]] if task == "single-label" else 1.0 * (rng.random(p.shape) < p)
    )
    targets[:500] = np.nan  # not stated: must not matter
    temperature = metrics.fit_temperature(logits * 2.5, torch.from_numpy(targets), task)
    assert temperature == pytest.approx(2.5, rel=0.08)
    before, after = (compute_probabilities(logits * 2.5, task, t).numpy() for t in (1.0, temperature))
    assert metrics.compute_calibration_error(after, targets, task) < 0.5 * metrics.compute_calibration_error(
        before, targets, task
    )


def test_what_is_watched_while_training(scored, many):
    logits, targets, p, true = scored
    watched = metrics.validation_metrics(logits.float(), torch.from_numpy(targets), "single-label", LABELS)
    assert set(watched) == {"val_loss", "accuracy", "macro_f1", "mcc"}
    assert watched["val_loss"] == pytest.approx(-np.log(p[np.arange(90), true]).mean(), rel=1e-5)
    _, targets, _ = many
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=targets.shape))
    watched = metrics.validation_metrics(logits, torch.from_numpy(targets), "multi-label", LABELS)
    stated = ~np.isnan(targets)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        logits[stated], torch.from_numpy(targets[stated]).double()
    )
    assert watched["val_loss"] == pytest.approx(loss.item()) and set(watched) == {
        "val_loss",
        "macro_auroc",
        "macro_auprc",
    }
    one = metrics.validation_metrics(logits[:, :1], torch.from_numpy(targets[:, :1]), "multi-label", LABELS[:1])
    true, called = targets[stated[:, 0], 0] == 1, logits.numpy()[stated[:, 0], 0] >= 0
    assert one["mcc"] == pytest.approx(slow_mcc(true.astype(int), called.astype(int), 2))


def test_the_majority_baseline():
    targets = np.array([[1, 0], [1, 0], [0, 1], [np.nan, np.nan]])
    assert metrics.compute_majority_accuracy(targets, "single-label") == pytest.approx(2 / 3)
    targets = np.array([[1, 0], [1, 0], [0, np.nan], [1, 0]])
    assert metrics.compute_majority_accuracy(targets, "multi-label") == pytest.approx((3 + 3) / 7)
    assert math.isnan(metrics.compute_majority_accuracy(targets * np.nan, "multi-label"))


def test_operating_points_are_what_each_threshold_costs(many):
    p, targets, _ = many
    cuts = {LABELS[0]: 0.31, LABELS[1]: 0.4}
    found = metrics.measure_operating_points(p, targets, LABELS, cuts)
    assert list(found) == list(LABELS)
    for k, label in enumerate(LABELS):
        points, stated = found[label], ~np.isnan(targets[:, k])
        true, given = targets[stated, k] == 1, p[stated, k]
        assert label not in cuts or cuts[label] in points.thresholds
        assert 10 < len(points.thresholds) <= MAX_POINTS and points.thresholds[0] <= given.min()
        for cut, found_share, spared in zip(points.thresholds, points.sensitivity, points.specificity, strict=True):
            shares = (given[true] >= cut).sum() / true.sum(), (given[~true] < cut).sum() / (~true).sum()
            assert (found_share, spared) == pytest.approx(shares, abs=6e-5)


def test_a_label_that_no_film_has_has_no_operating_points(many):
    p, targets, _ = many
    targets[:, 2] = 0
    assert LABELS[2] not in metrics.measure_operating_points(p, targets, LABELS, {})


def test_reliability_counts_films_by_their_probability(many):
    p, targets, _ = many
    found = metrics.measure_reliability(p, targets, LABELS)
    for k, label in enumerate(LABELS):
        stated = ~np.isnan(targets[:, k])
        true, given = targets[stated, k] == 1, p[stated, k]
        assert sum(found[label].films) == stated.sum() and sum(found[label].positive) == true.sum()
        for each in found[label].bins:
            inside = (given >= each.low) & ((given < each.high) | (each.high == 1))
            assert (each.films, each.positive) == (inside.sum(), (inside & true).sum())
    exact = metrics.measure_reliability(np.array([[0.0], [0.02], [1.0]]), np.array([[0.0], [1.0], [1.0]]), ("a",))["a"]
    assert exact.films[:2] == (1, 1) and exact.films[-1] == 1 and exact.positive[:2] == (0, 1)
    assert metrics.measure_reliability(p[:, :1], np.full((len(p), 1), np.nan), LABELS[:1]) == {}
