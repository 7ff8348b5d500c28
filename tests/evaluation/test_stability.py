"""Stability of explanations whose answer is known, and of a network's gradient against captum's sensitivity."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.metrics import sensitivity_max
from scipy.stats import spearmanr

from cxr_demo.evaluation import stability as module
from cxr_demo.evaluation.agreement import sum_grid_cells
from cxr_demo.evaluation.stability import DIRECTIONS, DRAWS, SIGMA, measure_stability
from cxr_demo.explain.gradient import gradient
from cxr_demo.progress import ignore_progress
from tests.conftest import make_film, make_model

SIZE_PX = 128  # shifts of 2 px
SQUARE = make_film(0, (SIZE_PX, SIZE_PX))


def stability_of(explain, square, **options):
    """Of one map, which needs no name."""
    return measure_stability(lambda changed: {"map": explain(changed)}, square, **options)["map"]


def test_an_explanation_that_moves_with_the_film_is_stable_under_shifts():
    found = stability_of(lambda square: square**2 - 0.3, SQUARE).shift
    assert found.rank == pytest.approx(1, abs=1e-12) and found.change == pytest.approx(0, abs=1e-12)


def test_a_coarse_map_that_moves_with_the_film_pays_little():
    cells = 8
    smooth = np.add.outer(np.sin(np.linspace(0, 5, SIZE_PX)), np.cos(np.linspace(0, 4, SIZE_PX))).astype(np.float32)
    found = stability_of(lambda square: square.reshape(cells, 16, cells, 16).sum(axis=(1, 3)), smooth / 4 + 0.5).shift
    assert found.rank > 0.999 and found.change < 0.01


def test_a_map_that_ignores_the_film_is_stable_under_noise_and_not_under_shifts():
    fixed = np.random.default_rng(0).normal(size=(SIZE_PX, SIZE_PX))
    found = stability_of(lambda square: fixed, SQUARE)
    assert found.noise.rank == pytest.approx(1) and found.noise.change == 0
    assert found.shift.rank < 0.9 and found.shift.change > 0.3


def test_the_film_moves_and_its_edge_stays():
    for down, right in ((3, 0), (-3, 0), (0, 3), (0, -3), (2, -1)):
        moved = module._shift_square(SQUARE, (down, right))
        for row, column in ((0, 0), (5, 9), (SIZE_PX - 1, 60), (64, SIZE_PX - 1), (SIZE_PX - 1, SIZE_PX - 1)):
            source = np.clip([row - down, column - right], 0, SIZE_PX - 1)
            assert moved[row, column] == SQUARE[tuple(source)]


def test_noise_is_measured_as_it_is_defined():
    def explain(square):
        seen.append(square)
        return np.log(square + 0.1) * weights

    seen, weights = [], np.random.default_rng(3).normal(size=(SIZE_PX, SIZE_PX))
    found = stability_of(explain, SQUARE).noise
    film, noisy = seen[0], seen[1 : 1 + DRAWS]
    assert (film == SQUARE).all() and all(square.dtype == np.float32 for square in seen)
    for square in noisy:
        inside = (film > 0.1) & (film < 0.9)
        assert np.std((square - film)[inside]) == pytest.approx(SIGMA, rel=0.05)
        assert square.min() >= 0 and square.max() <= 1
    assert len({square.tobytes() for square in seen}) == len(seen) == 1 + DRAWS + len(DIRECTIONS)
    maps = [sum_grid_cells(np.log(square + 0.1) * weights) for square in seen]
    distances = [np.sqrt(((map_ - maps[0]) ** 2).sum() / (maps[0] ** 2).sum()) for map_ in maps[1 : 1 + DRAWS]]
    ranks = [spearmanr(map_.ravel(), maps[0].ravel()).statistic for map_ in maps[1 : 1 + DRAWS]]
    assert found.change == pytest.approx(max(distances)) and found.rank == pytest.approx(np.mean(ranks))
    assert 0 < found.change < 0.5 and 0.9 < found.rank < 1


def test_changes_are_the_maximal_sensitivity_of_captum():
    """Of the same changed films. captum neither sums in fields nor moves maps back, so that is part of what it is given
    as an explanation."""
    model, film, seen = make_model("tiny-silu"), make_film(0, (64, 64)), []  # shifts of 1 px

    def explain(square):
        seen.append(square)
        return gradient(model, torch.from_numpy((square - 0.5) / 0.25)[None, None], [1], ignore_progress)[0]

    def sensitivity(changed, moves, border):
        def explained(films):
            squares = films[0] if isinstance(films, tuple) else films  # the film alone comes as a tuple
            maps = zip(squares[:, 0].numpy(), moves if len(squares) > 1 else [(0, 0)], strict=True)
            back = [np.roll(explain(square), (-down, -right), axis=(0, 1)) for square, (down, right) in maps]
            inside = slice(border, 64 - border)
            return (torch.from_numpy(np.stack([sum_grid_cells(map_[inside, inside]).ravel() for map_ in back])),)

        changed = torch.from_numpy(np.stack(changed))[:, None]
        x, options = torch.from_numpy(film)[None, None], {"n_perturb_samples": len(changed), "norm_ord": 2}
        return float(sensitivity_max(explained, x, lambda _: changed, **options))

    found = stability_of(explain, film)
    noisy, moved = seen[1 : 1 + DRAWS], seen[1 + DRAWS :]
    assert found.noise.change == pytest.approx(sensitivity(noisy, [(0, 0)] * DRAWS, 0), rel=1e-6)
    assert found.shift.change == pytest.approx(sensitivity(moved, DIRECTIONS, 1), rel=1e-6)
    assert 0.05 < found.noise.change != found.shift.change > 0.05


def test_it_is_the_same_every_time_and_more_noise_is_worse(monkeypatch):
    def explain(square):
        return np.sin(20 * square)

    found = stability_of(explain, SQUARE)
    assert stability_of(explain, SQUARE) == found
    monkeypatch.setattr(module, "SIGMA", 4 * SIGMA)
    worse = stability_of(explain, SQUARE)
    assert worse.noise.change > 2 * found.noise.change and worse.noise.rank < found.noise.rank
    assert worse.shift == found.shift


def test_the_shift_is_one_pixel_at_least_and_grows_with_the_square():
    for size_px, step in ((32, 1), (64, 1), (128, 2), (224, 4)):
        film, seen = make_film(1, (size_px, size_px)), []
        stability_of(lambda square, seen=seen: seen.append(square) or square, film)
        assert (seen[1 + DRAWS][:, step:] == film[:, :-step]).all()


@pytest.mark.parametrize(("value", "change"), [(0.0, np.nan), (2.0, 0.0)])
def test_a_map_that_is_the_same_everywhere_has_no_ranks(value, change):
    found = stability_of(lambda square: np.full((4, 4), value, np.float32), SQUARE)
    for measured in (found.noise, found.shift):
        assert np.isnan(measured.rank)
        assert measured.change == pytest.approx(change, nan_ok=True)


def test_a_pause_is_told_every_map_and_may_end_the_work():
    told, maps = [], []

    def on_progress(done, total):
        told.append((done, total))
        if done == 3:
            raise InterruptedError

    stability_of(lambda square: square, SQUARE, on_progress=lambda *step: told.append(step))
    assert told == [(done, 13) for done in range(1, 14)]
    with pytest.raises(InterruptedError):
        stability_of(lambda square: maps.append(0) or square, SQUARE, on_progress=on_progress)
    assert len(maps) == 3


def test_many_maps_at_once_are_each_as_alone():
    explains = {"square": np.square, ("sine", 3): lambda square: np.sin(9 * square), "coarse": lambda s: s[::16, ::16]}
    found = measure_stability(lambda square: {name: explain(square) for name, explain in explains.items()}, SQUARE)
    assert found == {name: stability_of(explain, SQUARE) for name, explain in explains.items()}
    assert len(set(found.values())) == 3
