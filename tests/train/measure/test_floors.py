"""Floors: what answers without a look at the film reach, against plain loops; a network is above them or is not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from train.data.table import Table
from train.measure.floors import PRIOR, answer_by_view, measure_floors

LABELS = ("effusion", "mass")


def make_rows(view: np.ndarray) -> Table:
    names = np.arange(len(view)).astype(str)
    blank = np.full(len(view), "")
    return Table(names, LABELS, np.zeros((len(view), 2), np.float32), names, blank, blank, view, blank)


def test_the_view_answers_with_the_shares_of_its_training_films():
    train_view = np.array(["AP"] * 4 + ["PA"] * 6)
    targets = np.array([[1, 0]] * 3 + [[0, np.nan]] + [[1, 1]] + [[0, 0]] * 5)
    answers = answer_by_view(np.array(["PA", "AP", "", "LL"]), train_view, targets)
    overall = np.array([4 / 10, 1 / 9])
    for row, (positive, count) in zip(answers, (((1, 1), (6, 6)), ((3, 0), (4, 3))), strict=False):
        expected = (np.array(positive) + PRIOR * overall) / (np.array(count) + PRIOR)
        np.testing.assert_allclose(row, expected)
    np.testing.assert_allclose(answers[2:], [overall, overall])


@pytest.fixture(scope="module")
def films():
    """Effusion is common in AP; the network of these answers sees it, or sees the view alone."""
    random = np.random.default_rng(0)
    view = np.where(random.random(400) < 0.5, "AP", "PA")
    targets = (random.random((400, 2)) < np.where(view == "AP", 0.6, 0.2)[:, None]).astype(float)
    sees = np.clip(0.5 + 0.2 * (targets - 0.5) + 0.1 * random.standard_normal((400, 2)), 0.01, 0.99)
    view_alone = np.clip(np.where(view == "AP", 0.6, 0.2)[:, None] + 0.01 * random.standard_normal((400, 2)), 0.01, 1)
    return view, targets, sees, view_alone


def test_a_network_is_above_the_view_only_where_it_sees_more(films):
    view, targets, sees, view_alone = films
    rows = make_rows(view)
    of_good, of_view = (
        measure_floors(p, targets, rows, rows, targets, LABELS, "multi-label") for p in (sees, view_alone)
    )
    assert set(of_good) == {"view", "shuffled"}
    assert of_good["view"]["macro_auroc"].is_beaten and of_good["shuffled"]["macro_auroc"].is_beaten
    assert not of_view["view"]["macro_auroc"].is_beaten and of_view["shuffled"]["macro_auroc"].is_beaten
    by_hand = np.mean([roc_auc_score(targets[:, k], view == "AP") for k in range(2)])
    figure = of_good["view"]["macro_auroc"]
    assert figure.value == pytest.approx(by_hand) and figure.low < by_hand < figure.high
    own = np.mean([roc_auc_score(targets[:, k], sees[:, k]) for k in range(2)])
    assert figure.difference.value == pytest.approx(own - by_hand)
    assert 0.45 < of_good["shuffled"]["macro_auroc"].value < 0.55


def test_of_exclusive_classes_the_commonest_of_training_is_a_floor(films):
    view, targets, _, _ = films
    exclusive = np.stack([targets[:, 0], 1 - targets[:, 0]], axis=1)
    rows = make_rows(np.full(400, ""))
    found = measure_floors(exclusive * 0.8 + 0.1, exclusive, rows, rows, exclusive, LABELS, "single-label")
    assert set(found) == {"majority", "shuffled"}  # no view is known
    common = exclusive.mean(0).argmax()
    assert found["majority"]["accuracy"].value == pytest.approx(exclusive[:, common].mean())
    assert found["majority"]["macro_auroc"].value == pytest.approx(0.5)
    assert all(figure.is_beaten for figures in found.values() for figure in figures.values())
    useless = measure_floors(np.tile([0.4, 0.6], (400, 1)), exclusive, rows, rows, exclusive, LABELS, "single-label")
    assert not any(figure.is_beaten for figures in useless.values() for figure in figures.values())
