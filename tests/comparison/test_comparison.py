"""Two checkpoints on one film, and the members of one: every grid, sum, difference and spread by a slower way."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from cxr_demo.analysis import Analyser, Explanation
from cxr_demo.comparison.checkpoint_pair import (
    Grid,
    choose_pair_scales,
    compare_maps,
    draw_on_image,
    list_common_labels,
)
from cxr_demo.comparison.ensemble_members import break_down, measure_spread
from cxr_demo.explain.engine import MemberMap
from cxr_demo.explain.methods import METHODS, Unit
from cxr_demo.film.preprocess import GEOMETRIES, Preprocess
from cxr_demo.networks.card import Card, EnsembleSpec, Member
from tests.conftest import LABELS, make_checkpoint, make_image
from tests.networks.test_ensemble import made

SHAPE = (84, 56)
NET_SHAPES = list(itertools.product(GEOMETRIES, ((2, 2), (4, 4), (7, 7), (64, 64))))


def card(geometry: str = "stretch", temperature: float = 1.0, size_px: int = 64, **changes) -> Card:
    preprocess = Preprocess(size_px, geometry, (0.5,), (0.25,))
    return Card("net", "densenet121", ("normal", "effusion"), "single-label", preprocess, temperature, **changes)


def explained(values: np.ndarray, method: str = "grad-cam", logit: float = 2.0) -> Explanation:
    values = values.astype(np.float32)
    total = float(values.sum(dtype=np.float64))
    return Explanation(method, "effusion", values, METHODS[method].unit, logit, total, logit - total)


def random_map(grid: tuple[int, int], seed: int) -> Explanation:
    return explained(np.random.default_rng(seed).normal(size=grid))


def rectangles(made: Explanation, card: Card) -> list[tuple[float, float, float, float, float]]:
    """(left, top, right, bottom, evidence) of every cell, in the film's pixels; placed by hand."""
    (height, width), side = SHAPE, card.preprocess.size_px
    scale = {"stretch": None, "letterbox": side / max(SHAPE), "crop": side / min(SHAPE)}[card.preprocess.geometry]
    placed = (side, side) if scale is None else (max(1, round(width * scale)), max(1, round(height * scale)))
    starts = [(side - length) // 2 for length in placed]
    if card.preprocess.geometry == "crop":  # whole pixels of the film are left out on both sides
        placed, starts = (side, side), [0, 0]
        inset = [(length - min(SHAPE)) // 2 for length in (width, height)]
        extent = [min(SHAPE)] * 2
    else:
        inset, extent = [0, 0], [width, height]
    found = []
    rows, columns = made.map_square.shape
    for i in range(rows):
        for j in range(columns):
            edges = []
            for axis, (at, count) in enumerate(((j, columns), (i, rows))):
                pair = [(k * side / count - starts[axis]) / placed[axis] * extent[axis] for k in (at, at + 1)]
                edges.append([edge + inset[axis] for edge in pair])
            found.append((edges[0][0], edges[1][0], edges[0][1], edges[1][1], float(made.map_square[i, j])))
    return found


def evidence_in(box: tuple[float, float, float, float], cells) -> float:
    """What a rectangle of the film holds, cell by cell: its share of each cell's area."""
    total = 0.0
    for left, top, right, bottom, evidence in cells:
        across = max(0.0, min(right, box[2]) - max(left, box[0]))
        down = max(0.0, min(bottom, box[3]) - max(top, box[1]))
        total += evidence * across * down / ((right - left) * (bottom - top))
    return total


@pytest.mark.parametrize(("other_geometry", "other_grid"), NET_SHAPES, ids=str)
@pytest.mark.parametrize(("geometry", "grid"), [("stretch", (4, 4)), ("letterbox", (7, 7)), ("crop", (5, 3))], ids=str)
def test_every_cell_of_the_common_grid_holds_what_lies_in_it(geometry, grid, other_geometry, other_grid):
    this, other = random_map(grid, 0), random_map(other_grid, 1)
    this_card, other_card = card(geometry), card(other_geometry)
    found = compare_maps(this, this_card, other, other_card, SHAPE)
    cells = found.first.grid
    assert found.second.grid is cells and np.all(np.diff(cells.rows) > 0) and np.all(np.diff(cells.columns) > 0)
    own, others = rectangles(this, this_card), rectangles(other, other_card)
    percent = SHAPE[0] * SHAPE[1] / 100
    checked = np.random.default_rng(2).permutation(list(np.ndindex(found.first.values.shape)))[:40]
    for i, j in checked:
        box = (cells.columns[j], cells.rows[i], cells.columns[j + 1], cells.rows[i + 1])
        area = (box[2] - box[0]) * (box[3] - box[1]) / percent
        expected = evidence_in(box, own) / area, evidence_in(box, others) / area
        assert (found.first.values[i, j], found.second.values[i, j]) == pytest.approx(expected, abs=1e-5)
        assert found.difference[i, j] == pytest.approx(expected[1] - expected[0], abs=1e-5)
    whole = (cells.columns[0], cells.rows[0], cells.columns[-1], cells.rows[-1])
    for side, explanation, there in ((found.first, this, own), (found.second, other, others)):
        assert side.total == pytest.approx(evidence_in(whole, there), abs=1e-4)
        assert side.total + side.outside == pytest.approx(explanation.total, abs=1e-4)


def test_the_common_grid_has_the_larger_cells_and_ends_where_one_of_both_stops_looking():
    found = compare_maps(random_map((7, 2), 0), card(), random_map((4, 5), 1), card(), SHAPE)
    assert np.allclose(found.first.grid.rows, np.linspace(0, 84, 5))
    assert np.allclose(found.first.grid.columns, np.linspace(0, 56, 3))
    found = compare_maps(random_map((4, 4), 0), card(), random_map((4, 4), 1), card("crop"), SHAPE)
    assert (found.first.grid.rows[0], found.first.grid.rows[-1]) == (14, 70)
    assert found.second.outside == pytest.approx(0, abs=1e-6) and abs(found.first.outside) > 0.01


@pytest.mark.parametrize(("geometry", "grid"), NET_SHAPES, ids=str)
def test_the_same_network_differs_nowhere(geometry, grid):
    net, map_ = card(geometry, 1.3), random_map(grid, 0)
    found = compare_maps(map_, net, map_, net, SHAPE)
    assert np.all(found.difference == 0) and found.agreement.rank == pytest.approx(1)
    assert found.agreement.overlaps[1].common == pytest.approx(1)


@pytest.mark.parametrize(("geometry", "other_geometry"), list(itertools.product(GEOMETRIES, repeat=2)), ids=str)
def test_to_change_places_turns_the_sign(geometry, other_geometry):
    a, b = random_map((4, 4), 0), random_map((7, 7), 1)
    there = compare_maps(a, card(geometry), b, card(other_geometry, 0.7), SHAPE)
    back = compare_maps(b, card(other_geometry, 0.7), a, card(geometry), SHAPE)
    assert np.array_equal(there.difference, -back.difference)
    assert there.agreement.rank == pytest.approx(back.agreement.rank)


def test_evidence_that_is_even_over_the_film_does_not_differ_by_the_size_of_the_cells():
    coarse, fine = explained(np.full((4, 4), 3 / 16)), explained(np.full((64, 64), 3 / 4096))
    found = compare_maps(coarse, card(), fine, card(size_px=96), SHAPE)
    assert np.allclose(found.difference, 0, atol=1e-7)
    assert np.allclose(found.first.values, 0.03), "3 logit points on 100 % of the film"
    assert found.first.unit == "calibrated logit points per 1 % of the film"


def test_logit_points_are_calibrated_where_both_can_be_and_raw_otherwise():
    this, other = explained(np.full((2, 2), 1.0)), explained(np.full((2, 2), 3.0), logit=9.0)
    found = compare_maps(this, card(temperature=2.0), other, card(temperature=0.5), SHAPE)
    assert np.allclose(found.difference, (3 / 0.5 - 1 / 2) / 25)
    assert (found.first.logit, found.second.logit) == (1.0, 18.0) and found.second.total == pytest.approx(24)
    found = compare_maps(this, card(temperature=2.0), other, card(temperature=0.0), SHAPE)
    assert np.allclose(found.difference, (3 - 1) / 25) and found.first.unit.startswith("logit points per")


def ensemble(temperature: float, rule: str = "mean") -> Card:
    members = tuple(Member(name, "densenet121", "linear", temperature, "ab" * 32) for name in "ab")
    return dataclasses.replace(card(temperature=3.0), backbone="", ensemble=EnsembleSpec(rule, (0.5, 0.5), members))


def test_the_maps_of_an_ensemble_of_predictions_are_not_divided_twice():
    this, other = explained(np.full((2, 2), 1.0)), explained(np.full((2, 2), 3.0))
    found = compare_maps(this, ensemble(1.5), other, card(temperature=0.5), SHAPE)
    assert np.allclose(found.difference, (3 / 0.5 - 1) / 25)
    joined = compare_maps(this, ensemble(1.5, "joined"), other, card(temperature=0.5), SHAPE)
    assert np.allclose(joined.difference, (3 / 0.5 - 1 / 3) / 25)
    mixed = compare_maps(this, ensemble(1.5), other, card(temperature=0.0), SHAPE)
    assert mixed.difference is None and "never calibrated" in str(mixed.why_not)
    raw = compare_maps(this, ensemble(0.0), other, card(temperature=0.0), SHAPE)
    assert np.allclose(raw.difference, (3 - 1) / 25)


@pytest.mark.parametrize("key", METHODS)
def test_relative_maps_are_ranked_and_never_subtracted(key):
    random = np.random.default_rng(3)
    a, b = (explained(random.normal(size=(16, 16)), key) for _ in range(2))
    found = compare_maps(a, card(), b, card(), SHAPE)
    assert found.agreement.rank == pytest.approx(spearmanr(a.map_square, b.map_square, axis=None).statistic, abs=1e-6)
    if METHODS[key].unit == Unit.RELATIVE:
        assert found.difference is None and "one map alone" in str(found.why_not)
        assert np.array_equal(found.first.values, a.map_square) and found.first.unit == Unit.RELATIVE
    else:
        assert np.allclose(found.difference, found.second.values - found.first.values) and not found.why_not


def test_what_cannot_be_subtracted_is_refused_with_its_reason():
    a, b = random_map((4, 4), 0), random_map((4, 4), 1)
    alone = dataclasses.replace(card(), task="multi-label")
    assert "differ in kind" in str(compare_maps(a, card(), b, alone, SHAPE).why_not)
    hidden = explained(a.map_square, "occlusion"), explained(b.map_square, "occlusion")
    assert "another shape" in str(compare_maps(hidden[0], card(), hidden[1], card("crop"), SHAPE).why_not)
    slopes = explained(a.map_square, "gradient"), explained(b.map_square, "gradient")
    brighter = dataclasses.replace(card(), preprocess=Preprocess(64, "stretch", (0.5,), (0.5,)))
    assert "brightness" in str(compare_maps(slopes[0], card(), slopes[1], brighter, SHAPE).why_not)
    with pytest.raises(ValueError, match="one label"):
        compare_maps(a, card(), dataclasses.replace(b, label="normal"), card(), SHAPE)


def test_what_is_hidden_is_averaged_and_not_summed():
    fine = np.arange(16.0).reshape(4, 4)
    found = compare_maps(explained(np.zeros((2, 2)), "occlusion"), card(), explained(fine, "occlusion"), card(), SHAPE)
    assert np.allclose(found.difference, fine.reshape(2, 2, 2, 2).mean(axis=(1, 3))) and np.isnan(found.second.total)


def test_labels_are_matched_by_name():
    other = dataclasses.replace(card(), labels=("effusion", "mass", "normal"))
    assert list_common_labels(card(), other) == ("normal", "effusion")


@pytest.mark.parametrize(("geometry", "grid"), NET_SHAPES, ids=str)
def test_a_picture_of_the_common_grid_is_that_of_the_panels(geometry, grid):
    net, map_ = card(geometry), random_map(grid, 0)
    found = compare_maps(map_, net, map_, net, SHAPE)
    # A cell that padding cuts is narrower here, so that its middle lies elsewhere: the inner ones tell.
    drawn = draw_on_image(found.first.values, found.first.grid, SHAPE, SHAPE)
    assert drawn.shape == SHAPE and drawn.dtype == np.float32
    if geometry != "letterbox":
        cell = np.diff(found.first.grid.rows)[0] * np.diff(found.first.grid.columns)[0] / (84 * 56 / 100)
        assert np.allclose(drawn * cell, net.preprocess.map_to_image(map_.map_square, SHAPE), atol=1e-4)
    if geometry == "crop":
        assert np.all(drawn[:14] == 0) and np.all(drawn[70:] == 0) and drawn[14:70].any()


def test_flat_cells_are_flat_and_end_at_their_edges():
    grid = Grid(np.array([0.0, 10, 84]), np.array([0.0, 28, 56]))
    drawn = draw_on_image(np.array([[1.0, 2], [3, 4]]), grid, SHAPE, SHAPE, smooth=False)
    expected = np.empty(SHAPE)
    expected[:10, :28], expected[:10, 28:], expected[10:, :28], expected[10:, 28:] = 1, 2, 3, 4
    assert np.array_equal(drawn, expected)


# ---- members


def slow_spread(maps: list[np.ndarray], weights: list[float], side: int) -> np.ndarray:
    """On side x side cells, each a whole part of every native cell; variance as mean square less squared mean."""
    result = np.zeros((side, side))
    for i in range(side):
        for j in range(side):
            values = []
            for map_ in maps:
                per = side // map_.shape[0]
                values.append(float(map_[i // per, j // per]) / per**2)
            mean = sum(w * v for w, v in zip(weights, values, strict=True))
            square = sum(w * v * v for w, v in zip(weights, values, strict=True))
            result[i, j] = max(0.0, square - mean**2) ** 0.5
    return result


def test_the_spread_is_the_weighted_standard_deviation_on_the_finest_grid():
    random = np.random.default_rng(4)
    maps, weights = [random.normal(size=(side, side)) for side in (2, 4, 8)], [0.5, 0.2, 0.3]
    members = [MemberMap(str(w), w, map_.astype(np.float32)) for w, map_ in zip(weights, maps, strict=True)]
    assert np.allclose(measure_spread(members), slow_spread(maps, weights, 8), atol=1e-6)
    same = [MemberMap(str(w), w, members[0].map_square) for w in weights]
    assert np.allclose(measure_spread(same), 0, atol=1e-6)


def test_an_ensemble_is_taken_apart_on_the_grid_of_its_mean():
    random = np.random.default_rng(5)
    members = (
        MemberMap("a", 0.25, random.normal(size=(4, 4)).astype(np.float32)),
        MemberMap("b", 0.75, random.normal(size=(8, 8)).astype(np.float32)),
    )
    mean = 0.25 * np.kron(members[0].map_square, np.ones((2, 2))) / 4 + 0.75 * members[1].map_square
    whole = np.ones((64, 64), bool)
    apart = break_down(dataclasses.replace(explained(mean), members=members), whole)
    assert apart.names == ("a", "b") and [map_.shape for map_ in apart.maps] == [(8, 8)] * 2
    assert apart.maps[0].sum() == pytest.approx(members[0].map_square.sum(), rel=1e-5)
    assert apart.unsure == np.mean([s > abs(m) for s, m in zip(apart.spread.flat, apart.mean.flat, strict=True)])
    assert apart.ranks[1] > apart.ranks[0] and apart.ranks[1] == pytest.approx(
        spearmanr(mean, members[1].map_square, axis=None).statistic, abs=1e-6
    )
    for map_, difference in zip(apart.maps, apart.differences, strict=True):
        assert np.allclose(difference, map_ - mean, atol=1e-6)
    relative = dataclasses.replace(explained(mean, "eigen-cam"), members=members)
    assert break_down(relative, whole).differences == ()
    assert break_down(relative, whole).spread is None and np.isnan(break_down(relative, whole).unsure)


def test_padding_is_no_agreement_of_members():
    """Of a film twice as high as wide, letterboxed: the outer quarters hold no film and are 0 in every map."""
    random, seen = np.random.default_rng(7), np.zeros((64, 64), bool)
    seen[:, 16:48] = True
    maps = [np.where(seen, random.uniform(0.5, 1, (64, 64)), 0).astype(np.float32) for _ in range(2)]
    members = tuple(MemberMap(name, 0.5, map_) for name, map_ in zip("ab", maps, strict=True))
    explanation = dataclasses.replace(explained((maps[0] + maps[1]) / 2), members=members)
    apart, blind = break_down(explanation, seen), break_down(explanation, np.ones_like(seen))
    inside = [map_[:, 16:48].reshape(16, 4, 16, 2).sum(axis=(1, 3)) for map_ in (*maps, explanation.map_square)]
    for rank, map_ in zip(apart.ranks, inside, strict=False):
        assert rank == pytest.approx(spearmanr(map_, inside[-1], axis=None).statistic, abs=1e-3)
    assert min(blind.ranks) > max(apart.ranks)
    sure = apart.spread[:, 16:48] > np.abs(explanation.map_square[:, 16:48])
    assert apart.unsure == pytest.approx(sure.mean())


def test_members_are_unsure_on_the_film_and_not_on_its_padding():
    """On the upper half of the film the members contradict each other, on the lower they say the same."""
    seen = np.zeros((8, 8), bool)
    seen[:, 2:6] = True
    upper = np.arange(8)[:, None] < 4
    maps = [np.where(seen, np.where(upper, sign, 1.0), 0).astype(np.float32) for sign in (1, -1)]
    members = tuple(MemberMap(name, 0.5, map_) for name, map_ in zip("ab", maps, strict=True))
    explanation = dataclasses.replace(explained((maps[0] + maps[1]) / 2), members=members)
    assert break_down(explanation, seen).unsure == 0.5
    assert break_down(explanation, np.ones_like(seen)).unsure == 0.25


def test_two_maps_of_next_to_nothing_are_not_stretched():
    tiny = [
        dataclasses.replace(random_map((4, 4), seed), map_square=np.full((4, 4), 1e-6, np.float32)) for seed in (0, 1)
    ]
    found = compare_maps(tiny[0], card(), tiny[1], card(), SHAPE)
    assert found.nothing and all(scale.nothing for scale in choose_pair_scales(found, "positive"))
    loud = compare_maps(tiny[0], card(), random_map((4, 4), 2), card(), SHAPE)
    assert not loud.nothing and not any(scale.nothing for scale in choose_pair_scales(loud, "positive"))


def test_an_ensemble_of_which_some_were_calibrated_is_not_raw():
    made = ensemble(1.5)
    first, *others = made.ensemble.members
    mixed = dataclasses.replace(made.ensemble, members=(dataclasses.replace(first, temperature=0.0), *others))
    half = dataclasses.replace(made, ensemble=mixed)
    found = compare_maps(random_map((4, 4), 0), half, random_map((4, 4), 1), card(temperature=0.0), SHAPE)
    assert found.difference is None and "never calibrated" in str(found.why_not)


def own_gradient(checkpoint, square: np.ndarray) -> np.ndarray:
    """Of the first label, by autograd on the plain network."""
    x = torch.from_numpy(checkpoint.card.preprocess.normalise(square)).requires_grad_()
    return torch.autograd.grad(checkpoint.model(x)[0, 0], x)[0].sum(dim=1)[0].numpy()


def test_an_analysis_of_an_ensemble_keeps_its_members_maps_from_the_same_pass():
    singles = [make_checkpoint(seed=seed, temperature=1.5 + seed) for seed in range(3)]
    analyser = Analyser(made("weighted", singles, (0.4, 0.6, 0.0)))
    analyser.prove()
    study, asked = analyser.analyse(make_image(0)), []
    for single in singles:
        single.model.net.register_forward_pre_hook(lambda module, x: asked.append(module))
    methods = ["grad-cam", "gradient"]
    found = analyser.explain(study, [LABELS[0]], methods)
    before = len(asked)
    assert before == 2, "one gradient's forward for each member that counts"
    analyser.explain(study, [LABELS[0]], methods)
    assert len(asked) == before, "the members' maps are in the cache"
    for key in methods:
        explanation = found[key, LABELS[0]]
        assert [member.name for member in explanation.members] == [single.card.name for single in singles[:2]]
        mean = sum(member.weight * member.map_square for member in explanation.members)
        assert np.allclose(mean, explanation.map_square, atol=1e-6 * np.abs(mean).max())
        assert not any(member.map_square.flags.writeable for member in explanation.members)
    for member, single in zip(found["gradient", LABELS[0]].members, singles, strict=False):
        expected = own_gradient(single, study.square) / single.card.temperature
        assert np.allclose(member.map_square, expected, atol=1e-5 * np.abs(expected).max())


def test_joined_feature_maps_have_no_members_maps():
    joined = Analyser(made("joined", [make_checkpoint(seed=seed) for seed in range(3)]))
    found = joined.explain(joined.analyse(make_image(0)), [LABELS[0]], ["grad-cam"])
    assert found["grad-cam", LABELS[0]].members == ()
