"""How much of each map lies in the lungs: the share by hand, chance, and what a map holds of the logit."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_demo.analysis import Analyser, order_labels
from cxr_demo.errors import TrainingError
from cxr_demo.evaluation.lung_segmentation import load_lungs
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint
from train.benchmarks import lung_evidence
from train.benchmarks.lung_evidence import MapEvidence, format_evidence, measure_evidence, summarise_evidence
from train.data.readers import make_table

ROOT = Path(__file__).parents[3]
NETWORK = ROOT / "weights" / "phantom-honest"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    paths = [folder / f"{seed}.png" for seed in range(2)]
    for seed, path in enumerate(paths):
        drawn = make_phantom(seed, 128, ["consolidation"]).pixels
        cv2.imwrite(str(path), np.rint(drawn * 255).astype(np.uint8))
    blank = folder / "blank.png"
    cv2.imwrite(str(blank), np.zeros((128, 128), np.uint8))
    return make_table("drawn", [*paths, blank], ("consolidation",), np.ones((3, 1), np.float32), "012", "test")


@pytest.fixture(scope="module")
def analyser():
    return Analyser(checkpoint.load(NETWORK))


def test_the_share_is_that_of_the_positive_pixels_in_the_outline(analyser, rows):
    lungs = load_lungs(ROOT / "weights" / "lungs")
    found = list(measure_evidence(analyser, lungs, rows))
    assert {each.patient for each in found} == {"drawn:0", "drawn:1"}  # the blank film has no lungs
    image = read_image(rows.paths[0])
    outline, study = lungs.estimate(image.pixels), analyser.analyse(image)
    label = order_labels(analyser.card, study.probabilities)[0]
    map_square = analyser.explain(study, [label], ["gradient-x-input"])["gradient-x-input", label].map_square
    positive = np.maximum(cv2.resize(map_square, outline.shape[::-1], interpolation=cv2.INTER_AREA), 0)
    if map_square.shape == outline.shape:
        positive = np.maximum(map_square, 0)
    measured = next(each for each in found if each.method == "gradient-x-input" and each.patient == "drawn:0")
    assert measured.area == pytest.approx(outline.mean())
    assert measured.share == pytest.approx(positive[outline].sum() / positive.sum(), abs=0.03)


def test_grad_cam_holds_all_of_the_logit_and_z_plus_nearly_all(analyser, rows):
    found = list(measure_evidence(analyser, load_lungs(ROOT / "weights" / "lungs"), rows))
    held = {each.method: each.holds for each in found}
    assert held["grad-cam"] == pytest.approx(1)
    assert 0.8 < held["lrp-epsilon-plus"] < 1.05  # the rest is the biases
    assert math.isnan(held["grad-cam-plus-plus"])  # its values are no shares of the logit


def test_means_are_over_maps_with_evidence_and_chance_is_the_area_of_their_own_films():
    maps = [
        MapEvidence("gradient", "a", 0.5, 0.2, math.nan),
        MapEvidence("gradient", "b", 0.3, 0.2, math.nan),
        MapEvidence("gradient", "c", math.nan, 0.9, 0.7),
    ]
    (one,) = summarise_evidence(maps)
    assert one.maps == 2 and one.holds == (0.7, 0.7)
    assert one.share.value == pytest.approx(0.4) and one.above_chance.value == pytest.approx(0.2)
    assert (one.share.low, one.share.high) == pytest.approx((0.3, 0.5))
    (none,) = summarise_evidence(maps[2:])
    assert none.maps == 0 and none.share is None
    assert "0.400 (0.300 to 0.500)" in "\n".join(format_evidence("net", "test", maps, ""))
    assert "no map of these films" in format_evidence("net", "test", [], "")[0]


def test_without_a_lung_model_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(lung_evidence, "load_lungs", lambda folder: None)
    with pytest.raises(TrainingError, match="no lung model"):
        lung_evidence.compare_evidence([NETWORK], tmp_path, "test", 5)
