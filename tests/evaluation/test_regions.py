"""Where a map's evidence lies, against films cut into small pieces one by one, and against evidence that is planted."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest

from cxr_demo.__main__ import main
from cxr_demo.analysis import Analyser
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.lung_segmentation import LUNGS_FILE, LungNet
from cxr_demo.evaluation.regions import (
    LUNGS,
    OUTSIDE,
    EvidenceMeter,
    make_region_masks,
    mask_region,
    name_drawn_region,
)
from cxr_demo.explain.study import Explanation
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks import checkpoint
from cxr_demo.text.command_text import describe_evidence
from cxr_demo.text.evaluation_text import name_region
from tests.conftest import make_checkpoint
from tests.ui.stand_ins import explanation

GEOMETRIES = ("stretch", "letterbox", "crop")
SHAPES = ((90, 60), (60, 90), (40, 40), (130, 101))
FINE = 12  # pieces along each side of a film's pixel


def of(geometry: str, size_px: int = 48) -> Preprocess:
    return Preprocess(size_px, geometry, (0.5,), (0.25,))


def some_map(seed: int, cells: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=cells).astype(np.float32)


def slow_sums(map_square: np.ndarray, preprocess: Preprocess, masks: dict[str, np.ndarray]) -> dict[str, float]:
    """Each film pixel in FINE x FINE points; a point gets the value of the cell that it falls into, positive only."""
    shape = next(iter(masks.values())).shape
    rows, columns = map_square.shape
    sums = dict.fromkeys(masks, 0.0)
    for i in range(shape[0] * FINE):
        for j in range(shape[1] * FINE):
            y, x = (i + 0.5) / FINE, (j + 0.5) / FINE
            at_x, at_y = preprocess.point_to_square(x, y, shape)
            if 0 <= at_x < preprocess.size_px and 0 <= at_y < preprocess.size_px:
                cell = int(at_y * rows / preprocess.size_px), int(at_x * columns / preprocess.size_px)
                for name, mask in masks.items():
                    sums[name] += max(0.0, map_square[cell]) * mask[int(y), int(x)]
    return sums


# ---- regions

DRAWN = name_drawn_region(0)


def measure_map(map_square, preprocess, masks):
    return EvidenceMeter(preprocess, masks).measure(map_square)


def test_regions_are_the_lungs_the_rest_the_margins_and_a_box():
    lungs = np.random.default_rng(0).random((40, 60)) < 0.3
    found = make_region_masks((40, 60), lungs, [(0.25, 0.5, 0.5, 0.25)], {"letters": ~lungs})
    assert list(found) == [LUNGS, OUTSIDE, "borders", "corners", DRAWN, "letters"]
    np.testing.assert_array_equal(found[OUTSIDE], ~found[LUNGS])
    expected = np.zeros((40, 60), bool)
    expected[20:30, 15:45] = True
    np.testing.assert_array_equal(found[DRAWN], expected)


def test_without_a_lung_model_and_a_box_only_the_margins_are_left():
    assert list(make_region_masks((40, 60), None)) == ["borders", "corners"]


@pytest.mark.parametrize(
    "box",
    [
        (-0.1, 0, 1, 1),
        (0, 0, 1.1, 1),
        (0.5, 0.5, 0.6, 0.1),
        (0, 0, 0, 1),
        (0, 0, 1, float("nan")),
        (0, 0.9999, 1, 1e-5),
    ],
)
def test_a_box_that_is_not_on_the_film_is_refused_in_a_sentence(box):
    with pytest.raises(ExplanationError, match="The region .*film"):
        make_region_masks((40, 60), None, [box])


def test_the_whole_film_is_a_box():
    assert make_region_masks((41, 67), None, [(0, 0, 1, 1)])[DRAWN].all()


def test_an_outline_holds_the_pixels_whose_centre_it_winds_around():
    box = (0.25, 0.5, 0.5, 0.25)
    corners = ((0.25, 0.5), (0.75, 0.5), (0.75, 0.75), (0.25, 0.75))
    assert np.array_equal(mask_region(corners, (41, 67)), mask_region(box, (41, 67)))
    points = 0.5 + 0.4 * np.array([[np.cos(turn), np.sin(turn)] for turn in np.linspace(0, 2 * np.pi, 200)])
    rows, columns = (np.arange(300) + 0.5) / 300, (np.arange(200) + 0.5) / 200
    circle = (rows[:, None] - 0.5) ** 2 + (columns - 0.5) ** 2 < 0.16
    assert (mask_region(tuple(map(tuple, points)), (300, 200)) != circle).mean() < 0.001
    hourglass = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
    assert mask_region(hourglass, (100, 100)).mean() == pytest.approx(0.5, abs=0.02)
    assert list(make_region_masks((40, 60), None, [box, corners]))[-2:] == [DRAWN, "drawn region 2"]


@pytest.mark.parametrize("points", [((0, 0), (1, 1), (1.2, 0)), ((0.1, 0.1), (0.1, 0.5), (0.1, 0.3)),
                                    ((0, 0), (0.5, 0.5), (float("nan"), 0))])  # fmt: skip
def test_an_outline_off_the_film_or_of_no_area_is_refused(points):
    with pytest.raises(ExplanationError, match="The region .*film"):
        mask_region(points, (40, 60))


def test_masks_of_another_film_and_names_twice_are_mistakes():
    with pytest.raises(ValueError, match="shape"):
        make_region_masks((40, 60), np.zeros((60, 40), bool))
    with pytest.raises(ValueError, match="already"):
        make_region_masks((40, 60), None, extra={"corners": np.zeros((40, 60), bool)})


def test_where_no_lung_is_found_nothing_is_said_about_lungs():
    found = make_region_masks((40, 60), np.zeros((40, 60), bool), [(0, 0, 0.5, 0.5)])
    assert LUNGS not in found and OUTSIDE not in found and {"borders", "corners", DRAWN} == set(found)
    shares = {"grad-cam": measure_map(np.ones((4, 4), np.float32), Preprocess(64, "stretch", (0.5,), (0.2,)), found)}
    lines = list(describe_evidence(shares, (0.9, 0.8, 0.95)))
    assert "No lung was found" in lines[-1] and not any("Dice" in line for line in lines)


# ---- shares


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("cells", [(3, 3), (7, 5), (48, 48)])
def test_shares_are_those_of_the_film_cut_into_small_pieces(geometry, cells):
    shape, map_square = (24, 17), some_map(1, cells)
    random = np.random.default_rng(2)
    masks = {
        "all": np.ones(shape, bool),
        "some": random.random(shape) < 0.4,
        **make_region_masks(shape, None, [(0.1, 0.3, 0.4, 0.6)]),
    }
    sums = slow_sums(map_square, of(geometry), masks)
    for name, share in measure_map(map_square, of(geometry), masks).items():
        assert share.evidence == pytest.approx(sums[name] / sums["all"], abs=0.004), name  # points, not areas
        assert share.area == pytest.approx(masks[name].mean())


def test_a_meter_that_is_used_again_measures_as_a_new_one():
    masks = make_region_masks((30, 20), None, [(0.2, 0.1, 0.3, 0.5)])
    meter = EvidenceMeter(of("letterbox"), masks)
    for grid in ((4, 4), (7, 5), (4, 4), (48, 48)):
        map_square = some_map(grid[1], grid)
        assert meter.measure(map_square) == measure_map(map_square, of("letterbox"), masks)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cells", [1, 7, 31, 64])
def test_the_film_holds_the_maps_sum_but_for_padding(geometry, shape, cells):
    preprocess, map_square = of(geometry), np.maximum(some_map(3, (cells, cells)), 0)
    everywhere, _ = EvidenceMeter(preprocess, {"any": np.zeros(shape, bool)})._weigh_cells((cells, cells))
    if geometry == "letterbox":  # the share of each cell that is no padding, by counting
        fine = np.kron(map_square, np.ones((48, 48), np.float32)) / 48**2
        placed = preprocess.square(np.ones(shape, np.float32)) > 0
        expected = fine[np.kron(placed, np.ones((cells, cells), bool))].sum()
    else:
        expected = map_square.sum()
    assert (map_square * everywhere).sum() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("shape", SHAPES)
def test_evidence_only_in_a_known_box_is_all_in_it(geometry, shape):
    preprocess, map_square = of(geometry), np.full((48, 48), -1.0, np.float32)
    left, top, right, bottom = preprocess.seen_box(shape)
    x, y = (left + 0.3 * (right - left)) / shape[1], (top + 0.2 * (bottom - top)) / shape[0]
    wide, high = 0.4 * (right - left) / shape[1], 0.5 * (bottom - top) / shape[0]
    start = preprocess.point_to_square(x * shape[1], y * shape[0], shape)
    end = preprocess.point_to_square((x + wide) * shape[1], (y + high) * shape[0], shape)
    (first_x, first_y), (last_x, last_y) = (int(v) + 3 for v in start), (int(v) - 3 for v in end)  # 3 px > a film pixel
    map_square[first_y:last_y, first_x:last_x] = 2
    masks = make_region_masks(shape, None, [(x, y, wide, high)])
    assert measure_map(map_square, preprocess, masks)[DRAWN].evidence == pytest.approx(1)
    outside = 1 - measure_map(-map_square, preprocess, masks)[DRAWN].evidence
    assert 0.5 < outside < 1  # the negative cells of the first are the positive ones of the second


def test_shares_of_the_evidence_beside_those_of_the_film():
    map_ = np.array([[4.0, -9.0], [1.0, 3.0]], np.float32)
    top, left = np.array([[True, True], [False, False]]), np.array([[True, False], [True, False]])
    masks = {"top": top, "left": left, "nowhere": top & ~top, "all": top | ~top}
    found = measure_map(map_, of("stretch"), masks)
    assert (found["top"].evidence, found["top"].area) == (0.5, 0.5)
    assert found["left"].evidence == pytest.approx(5 / 8)
    assert (found["nowhere"].evidence, found["nowhere"].area) == (0, 0)
    assert (found["all"].evidence, found["all"].area) == (1, 1)
    assert np.isnan(measure_map(-np.abs(map_), of("stretch"), {"top": top})["top"].evidence)


def test_evenly_spread_evidence_is_each_regions_area():
    found = measure_map(
        np.ones((7, 7), np.float32), of("stretch"), make_region_masks((80, 50), np.eye(80, 50, dtype=bool))
    )
    for share in found.values():
        assert share.evidence == pytest.approx(share.area, abs=1e-6)


def test_evidence_against_the_finding_is_not_netted_within_the_film():
    """Signs that change from cell to cell would vanish if values were averaged before the positive ones are taken."""
    board = np.indices((48, 48)).sum(0) % 2 * 2.0 - 1
    found = measure_map(board.astype(np.float32), of("stretch"), make_region_masks((12, 12), None, [(0, 0, 0.5, 1)]))
    assert found[DRAWN].evidence == pytest.approx(0.5)


@pytest.mark.parametrize("map_square", [np.zeros((7, 7)), -np.ones((7, 7)), np.full((7, 7), np.nan)])
def test_a_map_without_evidence_has_no_share_of_it(map_square):
    for share in measure_map(
        map_square.astype(np.float32), of("letterbox"), make_region_masks((50, 30), None)
    ).values():
        assert np.isnan(share.evidence) and share.area > 0


def test_what_was_planted_in_a_phantom_is_found_where_it_was_planted():
    film = make_phantom(6, 96, ("consolidation",), "PORT")
    extra = {"planted finding": film.planted[0].mask, "letters": film.marker}
    masks = make_region_masks((96, 96), film.lungs, extra=extra)
    found = measure_map(film.marker.astype(np.float32), of("stretch", 96), masks)
    assert found["letters"].evidence == 1 and found["planted finding"].evidence == 0 == found[LUNGS].evidence
    assert found["corners"].evidence > 0.3 and found[OUTSIDE].evidence == 1
    # A finding also dims what its haze reaches beside the lung; most of it lies inside.
    assert measure_map(film.planted[0].mask.astype(np.float32), of("stretch", 96), masks)[LUNGS].evidence > 0.7


# ---- words


def test_shares_are_told_beside_areas_and_the_lungs_are_called_an_estimate():
    found = {"grad-cam": {LUNGS: RegionShare(0.4321, 0.3), "corners": RegionShare(float("nan"), 0.09)}}
    lines = list(describe_evidence(found, (0.9312, 0.9, 0.95)))
    assert (
        lines[0] == "grad-cam: evidence in the lungs (estimate) 43 % (area 30 %), in the corners no evidence (area 9 %)"
    )
    assert "estimate" in lines[1] and "Dice 0.93 (0.90 to 0.95)" in lines[1]
    assert "No outline of the lungs" in list(describe_evidence(found, None))[1]


# ---- the command line


@pytest.fixture
def believing(tmp_path, monkeypatch):
    """-> what `evaluate_maps` says of a film, with a lung model beside the checkpoint."""
    made, root = make_checkpoint(), tmp_path / "weights"
    checkpoint.save(root / "tiny", made.model, made.card, half=False)
    card = {"weights_sha256": checkpoint.save_weights(root / "lungs", LungNet(), half=True)}
    card["dice"] = {"value": 0.91, "low": 0.9, "high": 0.92}
    (root / "lungs" / LUNGS_FILE).write_text(json.dumps(card))
    monkeypatch.setenv("CXR_WEIGHTS", str(root))
    monkeypatch.setattr(Analyser, "evaluate_maps", lambda *of, **how: {})  # minutes of other checks
    cv2.imwrite(str(tmp_path / "film.png"), np.rint(make_phantom(0, 96).pixels * 255).astype(np.uint8))
    return lambda *more: main(["evaluate", str(tmp_path / "film.png"), "--method", "grad-cam", "--anyway", *more])


def test_believe_tells_where_the_evidence_lies(believing, capsys):
    assert believing("--region", "0.25", "0", "0.5", "1", "--region", "0", "0", "0.1", "1") == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("grad-cam: evidence in")]
    told_of = re.findall(r"([a-z ()]+[12]?) (?:\d+ %|no evidence) \(area (\d+) %\)", line.split("evidence")[1])
    names = [name_region(name) for name in (LUNGS, OUTSIDE, "borders", "corners", DRAWN, "drawn region 2")]
    assert [name.strip() for name, _ in told_of] == names
    assert [int(area) for _, area in told_of[2:]] == [20, 9, 50, 10]
    assert any("estimate" in line and "Dice 0.91 (0.90 to 0.92)" in line for line in lines)


def test_believe_tells_no_share_of_a_map_too_weak_to_be_drawn(believing, capsys, monkeypatch):
    monkeypatch.setattr(Explanation, "evidence_floor", 1e9)
    assert believing("--region", "0.25", "0", "0.5", "1") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("grad-cam: evidence in")]
    assert line.count("no evidence (area ") == 5


def test_believe_without_a_lung_model_says_so(believing, capsys, tmp_path):
    (tmp_path / "weights" / "lungs" / LUNGS_FILE).unlink()
    assert believing() == 0
    said = capsys.readouterr().out
    assert "No outline of the lungs" in said and "evidence at the borders" in said and "in the lungs" not in said


def test_believe_refuses_a_region_beside_the_film_before_any_work(believing, capsys):
    assert believing("--region", "0.5", "0.5", "0.6", "0.1") == 2
    output, sentence = capsys.readouterr()
    assert not output and "The region does not lie on the film." in sentence


@pytest.mark.parametrize("strength", [1.0, 1e-6])
def test_a_map_with_too_little_to_be_drawn_has_no_share_either(strength):
    """Its panel says that it shows nothing: 28 % of that in the lungs would be read as evidence there."""
    map_ = explanation("grad-cam", strength * np.random.default_rng(0).normal(size=(8, 8)))
    masks = make_region_masks((50, 30), None)
    shown = EvidenceMeter(of("stretch"), masks).measure_shown(map_)
    measured = measure_map(map_.map_square, of("stretch"), masks)
    assert map_.own_scale.nothing == (strength < 1)
    for name, share in shown.items():
        assert share.area == measured[name].area
        assert np.isnan(share.evidence) if map_.own_scale.nothing else share == measured[name]
