"""Agreement against counting by hand, slow ranks and shuffles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import binom

from cxr_demo.evaluation import agreement
from cxr_demo.evaluation.agreement import (
    GRID,
    correlate_ranks,
    mark_margins,
    measure_agreements,
    sum_grid_cells,
)
from cxr_demo.evaluation.nulls import find_film_cells, make_null_maps

SIZE = GRID * GRID
random = np.random.default_rng(0)


def some_map(seed: int, shape=(GRID, GRID)) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def pair(a, b, **options):
    return measure_agreements({"a": a, "b": b}, **options)["a", "b"]


def with_strongest(places) -> np.ndarray:
    """A map whose strongest fields are these, in this order."""
    map_ = -1 - np.random.default_rng(1).random(SIZE)
    map_[list(places)] = np.linspace(2, 1, len(places))
    return map_.reshape(GRID, GRID)


# ---- fields


@pytest.mark.parametrize("cells", [7, 16, 48])
def test_fields_are_the_sums_of_the_map_in_them(cells):
    map_ = some_map(0, (cells, cells)).astype(np.float64)
    fine = np.kron(map_, np.ones((GRID, GRID))) / SIZE  # every cell in GRID x GRID equal parts
    expected = fine.reshape(GRID, cells, GRID, cells).sum(axis=(1, 3))
    np.testing.assert_allclose(sum_grid_cells(map_), expected, atol=1e-8)
    assert sum_grid_cells(map_).sum() == pytest.approx(map_.sum())


def test_one_map_on_two_grids_is_one_map():
    """7 cells do not divide the grid, so ties between fields of one cell would fall to the noise of summing."""
    coarse = some_map(2, (7, 7))
    found = pair(coarse, np.kron(coarse, np.ones((16, 16), np.float32)))
    assert found.rank == pytest.approx(1, abs=1e-12)
    assert [overlap.common for overlap in found.overlaps] == pytest.approx([1, 1, 1], abs=1e-6)
    assert len(np.unique(sum_grid_cells(np.kron(coarse, np.ones((16, 16), np.float32))))) == len(
        np.unique(sum_grid_cells(coarse))
    )


# ---- rank correlation


def slow_ranks(values):
    """1 for the smallest; equal values share the mean of their ranks."""
    return np.array([1 + (values < v).sum() + ((values == v).sum() - 1) / 2 for v in values])


def test_rank_correlation_is_pearson_of_the_ranks():
    a = random.integers(0, 20, SIZE).astype(float)
    b = a + random.normal(scale=10, size=SIZE)
    expected = np.corrcoef(slow_ranks(a), slow_ranks(b))[0, 1]
    assert correlate_ranks(a.reshape(GRID, -1), b.reshape(GRID, -1)) == pytest.approx(expected)
    assert pair(a.reshape(GRID, -1), b.reshape(GRID, -1)).rank == pytest.approx(expected)
    assert correlate_ranks(a, np.exp(a / 9)) == pytest.approx(1) and correlate_ranks(a, -a) == pytest.approx(-1)


# ---- overlap


@pytest.mark.parametrize("shared", [0, 3, 10])
def test_overlap_counts_the_fields_in_both(shared):
    places = random.permutation(SIZE)
    a, b = with_strongest(places[:10]), with_strongest(places[10 - shared : 20 - shared])
    for overlap in pair(a, b).overlaps:  # both have 10 fields above 0, fewer than the 12.8 of the smallest share
        assert overlap.common == pytest.approx(shared / 10)


def test_the_strongest_share_is_met_to_a_part_of_a_field():
    values = np.arange(1.0, SIZE + 1)
    weights = agreement._weight_strongest(agreement._rank_fields(values), 0.05)  # 12.8 fields
    assert (weights[-12:] == 1).all() and weights[-13] == pytest.approx(0.8) and weights[:-13].sum() == 0
    tied = np.repeat([1.0, 5.0, 3.0, -1.0], SIZE // 4)
    np.testing.assert_allclose(
        agreement._weight_strongest(agreement._rank_fields(tied), 0.4), np.repeat([0, 1, 0.6, 0], SIZE // 4)
    )
    assert agreement._weight_strongest(agreement._rank_fields(-values), 0.2).sum() == 0


def test_maps_without_ties_share_by_chance_what_they_cover():
    for area, overlap in zip((0.05, 0.1, 0.2), pair(some_map(3), some_map(4)).overlaps, strict=True):
        assert overlap.by_chance == pytest.approx(area, abs=0.03)


def test_chance_is_the_mean_over_maps_as_smooth_as_the_second():
    a, b = some_map(5, (4, 4)), some_map(6, (5, 5))
    found = pair(a, b)
    nulls = [pair(a, null) for null in make_null_maps(find_film_cells(b))]
    for i, overlap in enumerate(found.overlaps):
        common = [of.overlaps[i].common for of in nulls]
        assert overlap.by_chance == pytest.approx(np.mean(common))
        assert overlap.p == (1 + sum(value >= overlap.common - 1e-9 for value in common)) / 20
    assert found.p == (1 + sum(of.rank >= found.rank - 1e-9 for of in nulls)) / 20


@pytest.mark.parametrize("kind", ["smooth", "white", "cells"])
def test_maps_that_know_nothing_of_each_other_agree_as_often_as_the_level_says(kind):
    """The ranks and every overlap; shuffled fields would let smooth maps agree far too often. Overlaps are often equal,
    which p counts as chance."""
    draw = {
        "smooth": lambda: gaussian_filter(random.normal(size=(GRID, GRID)), 3),
        "white": lambda: random.normal(size=(GRID, GRID)),
        "cells": lambda: random.normal(size=(7, 7)),
    }[kind]
    random, draws = np.random.default_rng(12), 150
    found = [pair(draw(), draw()) for _ in range(draws)]
    low, high = binom.interval(0.998, draws, 0.05)
    assert low <= sum(one.p <= 0.05 for one in found) <= high
    for place in range(3):
        assert sum(one.overlaps[place].p <= 0.05 for one in found) <= high
    shuffled = [one.rank > 0.104 for one in found]  # of 256 fields in random order, 5 % are above it
    assert (np.mean(shuffled) > 0.2) == (kind == "smooth") or kind == "cells"


def test_a_map_agrees_with_itself_beyond_chance_unless_it_has_too_few_cells():
    for seed in range(5):
        map_ = gaussian_filter(some_map(seed), 1.5)
        assert pair(map_, map_ + 0.1 * map_.std() * some_map(seed + 9)).p == 0.05
    assert pair(some_map(1, (2, 2)), some_map(1, (2, 2))).p > 0.05


# ---- pairs, padding, maps that say nothing


def test_every_pair_in_the_order_of_the_maps_and_both_ways_alike():
    maps = {"one": some_map(0), "two": some_map(1, (64, 64)), "three": some_map(2, (7, 7))}
    found = measure_agreements(maps)
    assert list(found) == [("one", "two"), ("one", "three"), ("two", "three")]
    turned = measure_agreements(dict(reversed(maps.items())))
    for a, b in found:
        assert found[a, b].rank == pytest.approx(turned[b, a].rank, abs=1e-12) and found[a, b].note == ""
        for one, other in zip(found[a, b].overlaps, turned[b, a].overlaps, strict=True):
            assert one.common == pytest.approx(other.common)
    assert measure_agreements(maps) == found


def test_scale_means_nothing_and_place_does():
    a, b = some_map(7), some_map(8)
    found, scaled = pair(a, b), pair(a, b * 1000)
    assert scaled.rank == pytest.approx(found.rank)
    assert [o.common for o in scaled.overlaps] == pytest.approx([o.common for o in found.overlaps])
    assert abs(found.rank) < 0.3 and pair(a, a[::-1]).rank < 0.3


def test_padding_is_left_out():
    seen = np.zeros((64, 64), bool)
    seen[:, 8:56] = True  # a film that is higher than wide
    a, b = some_map(9, (64, 64)) * seen, some_map(10, (64, 64)) * seen
    film = sum_grid_cells(a[:, 8:56]).ravel(), sum_grid_cells(b[:, 8:56]).ravel()  # the film alone, in all fields
    found = pair(a, b, seen=seen)
    assert found.rank == pytest.approx(np.corrcoef(*map(slow_ranks, film))[0, 1])
    top = [set(np.argsort(values)[::-1][:25]) for values in film]  # 10 % of 256 is 25.6
    assert found.overlaps[1].common == pytest.approx(len(top[0] & top[1]) / 25.6, abs=0.6 / 25.6 + 1e-9)
    full = 9.0 * ~seen
    assert pair(a + full, b + full, seen=seen) == found  # whatever lies in the padding
    assert found != pair(a, b)


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan, np.inf])
def test_a_map_without_a_ranking_says_so(value):
    odd = np.full((7, 7), value, np.float32)
    found = pair(odd, some_map(0))
    assert np.isnan(found.rank)
    assert str(found.note) == (
        "a is the same everywhere" if np.isfinite(value) else "a holds values that are not numbers"
    )
    assert all(np.isnan(overlap.common) for overlap in found.overlaps) == (value != 3.0)


@pytest.mark.parametrize("largest", [-1.0, 0.0])
def test_maps_with_evidence_against_alone_have_ranks_and_no_overlap(largest):
    against = -np.abs(some_map(0))
    found = pair(against - against.max() + largest, some_map(1))
    assert np.isfinite(found.rank) and np.isnan(found.overlaps[0].common) and np.isnan(found.overlaps[0].by_chance)
    assert str(found.note) == "a nowhere holds more evidence for the finding than against it"


# ---- where


def test_margins_have_the_stated_widths():
    masks = mark_margins((100, 200))
    assert masks["borders"].shape == masks["corners"].shape == (100, 200)
    expected = np.ones((100, 200), bool)
    expected[5:95, 10:190] = False
    assert (masks["borders"] == expected).all()
    corners = np.zeros((100, 200), bool)
    corners[:15, :30] = corners[:15, -30:] = corners[-15:, :30] = corners[-15:, -30:] = True
    assert (masks["corners"] == corners).all()
