"""What is bundled in weights/: small enough, bound to its card, proved, and described by its own figures."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cxr_demo import METHODS, Analyser
from cxr_demo.labels import FINDINGS
from cxr_demo.networks import checkpoint
from tests.conftest import make_image
from tests.test_concurrency import hooks, state
from train.measure.plots import PICTURES
from train.measure.thresholds import FEWEST

ROOT = Path(__file__).parents[1]
FOLDERS = checkpoint.find_checkpoints(ROOT / "weights")


def test_there_is_one_and_together_they_are_small():
    assert FOLDERS
    assert sum(path.stat().st_size for path in (ROOT / "weights").rglob("*") if path.is_file()) <= 100e6


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bundled_checkpoint_is_complete_and_can_explain(folder):
    assert (folder / checkpoint.WEIGHTS_FILE).stat().st_size <= 30e6
    loaded = checkpoint.load(folder)
    card = loaded.card
    assert (
        card.name == folder.name and (card.weights_sha256 == loaded.sha256) == (not loaded.members) and card.calibrated
    )
    assert set(card.thresholds) <= set(card.labels) <= set(FINDINGS)
    for k, label in enumerate(card.labels if card.task == "multi-label" else ()):
        assert (label in card.thresholds) == (card.metrics.sets["validation"].positive[k] >= FEWEST)
    assert card.commit and card.licence and card.training.data_licence
    proof = Analyser(loaded).proof
    assert not proof.refusals
    for single in [proof] if not loaded.members else [single for _, single in proof.members]:
        assert single.lrp.copy_error < 1e-5 and single.lrp.identity_r > 0.9999 and single.lrp.identity_error < 1e-2
        assert len(single.lrp.rule_errors) == 5 and max(single.lrp.rule_errors.values()) < 1e-4


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_eight_threads_at_full_size_give_the_maps_of_one(folder):
    """Law 1 where it is hardest: every core works inside each of the networks' layers."""
    analyser = Analyser(checkpoint.load(folder), cache_bytes=0)
    shown = [key for key in METHODS if METHODS[key].cost_forwards <= 20]
    label, jobs = analyser.card.labels[0], [(1, method) for method in shown] * 2 + [(2, method) for method in shown[:2]]
    before = state(analyser)

    def explain(job):
        seed, method = job
        study = analyser.analyse(make_image(seed))
        return analyser.explain(study, [label], [method])[method, label].map_square

    alone = {job: explain(job) for job in dict.fromkeys(jobs)}
    with ThreadPoolExecutor(8) as pool:
        for job, map_square in zip(jobs, pool.map(explain, jobs), strict=True):
            np.testing.assert_array_equal(map_square, alone[job])
    assert state(analyser) == before and hooks(analyser) == 0


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_model_card_says_what_its_card_says(folder):
    card = checkpoint.load(folder).card
    text = (folder / "README.md").read_text(encoding="utf-8")
    for measured in card.metrics.sets.values():
        for figure in measured.figures.values():
            of_set = f"{figure.value:.4f} | {figure.low:.4f} to {figure.high:.4f}"
            assert of_set in text or figure.format(3) in text
    assert card.training.initial_weights in text and card.commit[:12] in text
    drawn = {path.name for path in folder.glob("*.png")} & set(PICTURES)
    assert {"roc.png", "calibration.png"} <= drawn and drawn == {name for name in PICTURES if f"({name})" in text}
    assert ("confusion.png" in drawn) == (card.task == "single-label")
