"""Thresholds: the median over draws, in the middle of a gap, against plain loops; none where films are few."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from train.measure.thresholds import (
    FEWEST,
    MOST_CALLED,
    choose_thresholds,
    find_best_cuts,
    find_sparing_cuts,
    move_to_gap,
)


def make_films(seed: int, n: int = 60, spread: float = 0.2, levels: int = 0):
    random = np.random.default_rng(seed)
    positive = random.random(n) < 0.4
    given = np.clip(0.35 + 0.25 * positive + spread * random.standard_normal(n), 0, 1)
    return positive, np.round(given * levels) / levels if levels else given


def slow_cut(positive: np.ndarray, given: np.ndarray, times: np.ndarray) -> float:
    """One draw: every middle between neighbouring scores is tried on the films, each as often as it was drawn."""
    scores = np.unique(given)
    middles = (scores[1:] + scores[:-1]) / 2
    if not (positive & (times > 0)).any() or not (~positive & (times > 0)).any():
        return np.nan
    found = [balanced_accuracy_score(positive, given >= cut, sample_weight=times) for cut in middles]
    best = np.flatnonzero(np.array(found) >= max(found) - 1e-12)
    return (middles[best[0]] + middles[best[-1]]) / 2


@pytest.mark.parametrize("levels", [0, 8])
@pytest.mark.parametrize("seed", range(4))
def test_the_best_cut_of_each_draw_is_that_of_a_plain_loop(seed, levels):
    positive, given = make_films(seed, levels=levels)
    times = np.random.default_rng(seed + 9).integers(0, 3, (20, len(given))).astype(float)
    times[0, positive] = 0
    found = find_best_cuts(positive, given, times)
    assert np.isnan(found[0])
    np.testing.assert_allclose(found, [slow_cut(positive, given, row) for row in times])


def test_between_separable_films_the_threshold_is_in_the_middle_of_the_gap():
    """And not at the lowest score of those that have it, where half of what is right would fall below."""
    given = np.concatenate([np.linspace(0.0, 0.2, 30), np.linspace(0.8, 1.0, 30)])
    targets = (given > 0.5).astype(float)[:, None]
    found = choose_thresholds(given[:, None], targets, np.arange(60).astype(str), ("a",))["a"]
    assert found.value == pytest.approx(0.5) and 0.2 < found.low <= found.value <= found.high < 0.8


def test_few_films_on_either_side_give_no_threshold():
    positive, given = make_films(0, 200)
    patient = np.arange(200).astype(str)
    for is_there in (positive, ~positive):
        kept = np.concatenate([np.flatnonzero(is_there)[: FEWEST - 1], np.flatnonzero(~is_there)])
        targets = positive[kept, None].astype(float)
        assert choose_thresholds(given[kept, None], targets, patient[kept], ("a",)) == {}
        one_more = np.append(kept, np.flatnonzero(is_there)[FEWEST - 1])
        targets = positive[one_more, None].astype(float)
        assert set(choose_thresholds(given[one_more, None], targets, patient[one_more], ("a",))) == {"a"}


def test_what_is_not_stated_has_no_say():
    positive, given = make_films(1, 80)
    p, patient = np.column_stack([given, given]), np.arange(80).astype(str)
    targets = np.column_stack([positive, positive]).astype(float)
    targets[::4, 1] = np.nan
    found = choose_thresholds(p, targets, patient, ("all", "some"))
    p[::4, 1] = 0.99
    assert choose_thresholds(p, targets, patient, ("all", "some")) == found


def test_a_threshold_varies_with_patients_and_not_with_films():
    """Twice the films of the same patients say no more."""
    positive, given = make_films(2, 60)
    targets, patient = positive[:, None].astype(float), np.arange(60).astype(str)
    once = choose_thresholds(given[:, None], targets, patient, ("a",))["a"]
    twice = choose_thresholds(
        np.repeat(given, 2)[:, None], np.repeat(targets, 2, axis=0), np.repeat(patient, 2), ("a",)
    )["a"]
    assert once == twice


def test_of_films_without_a_finding_few_are_called_and_no_fewer_than_need_be():
    """Six labels, each with its own best cut, would call most of them."""
    random = np.random.default_rng(5)
    labels = tuple("abcdef")
    targets = (random.random((400, 6)) < 0.15).astype(float)
    targets[:200] = 0
    p = np.clip(0.3 + 0.15 * targets + 0.15 * random.standard_normal((400, 6)), 0.001, 0.999)
    found = choose_thresholds(p, targets, np.arange(400).astype(str), labels)
    cuts, without = np.array([found[label].value for label in labels]), (targets == 0).all(1)
    called = (p[without] >= cuts).any(1).mean()
    assert 0.5 * MOST_CALLED < called <= 1.2 * MOST_CALLED
    alone = [choose_thresholds(p[:, [k]], targets[:, [k]], np.arange(400).astype(str), ("a",))["a"] for k in range(6)]
    assert (p[without] >= [each.value for each in alone]).any(1).mean() > 3 * MOST_CALLED or called < MOST_CALLED


def test_a_film_whose_finding_gets_no_threshold_is_to_be_spared_too():
    """What it would be called, a finding that it has not, is wrong of it as of a film without any."""
    random = np.random.default_rng(7)
    rare = np.arange(200) < FEWEST - 1
    common = (np.arange(200) >= 100) & (random.random(200) < 0.3)
    p = np.clip(np.where(common, 0.6, 0.3) + 0.2 * random.standard_normal(200), 0.01, 0.99)
    p[rare] = 0.999
    targets, patient = np.stack([common, rare], axis=1).astype(float), np.arange(200).astype(str)
    found = choose_thresholds(np.stack([p, p], axis=1), targets, patient, ("common", "rare"))
    assert set(found) == {"common"}
    assert 0.7 * MOST_CALLED < (p[~common] >= found["common"].value).mean() <= 1.2 * MOST_CALLED


def test_sparing_cuts_are_those_of_a_plain_search():
    random = np.random.default_rng(6)
    p = np.round(random.random((40, 3)), 2)
    times = random.integers(0, 3, (15, 40)).astype(float)
    for row, cuts in zip(times, find_sparing_cuts(p, times), strict=True):
        tried = []
        for rank in range(1, 41):
            edges = [np.append(np.sort(scores), (scores.max() + 1) / 2)[rank - 1 : rank + 1].mean() for scores in p.T]
            if row[(p >= edges).any(1)].sum() <= MOST_CALLED * row.sum():
                tried.append(edges)
        np.testing.assert_allclose(cuts, tried[0])


def test_no_film_lies_on_a_threshold():
    given = np.array([0.1, 0.2, 0.6, 0.6, 0.9])
    assert move_to_gap(0.6, given) == pytest.approx(0.4) and move_to_gap(0.61, given) == pytest.approx(0.75)
    assert move_to_gap(0.05, given) == 0.05 and move_to_gap(0.95, given) == 0.95
