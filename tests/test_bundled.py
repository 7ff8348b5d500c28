"""What is bundled in weights/: small enough, bound to its card, proved, and described by its own figures."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cxr_demo import METHODS, Analyser, checkpoint
from cxr_demo.backbones import BACKBONES
from cxr_demo.card import Card
from cxr_demo.ensemble import JOINED
from cxr_demo.labels import FINDINGS
from tests.conftest import count_hooks, make_image, weights_hash
from train.plots import PICTURES

ROOT = Path(__file__).parent.parent
FOLDERS = checkpoint.find(ROOT / "weights")


def test_there_is_one_and_together_they_are_small():
    assert FOLDERS
    assert sum(path.stat().st_size for path in (ROOT / "weights").rglob("*") if path.is_file()) <= 90e6


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bundled_checkpoint_is_complete_and_can_explain(folder):
    assert (folder / checkpoint.WEIGHTS_FILE).stat().st_size <= 30e6
    loaded = checkpoint.load(folder)
    card = loaded.card
    assert (
        card.name == folder.name and (card.weights_sha256 == loaded.sha256) == (not loaded.members) and card.calibrated
    )
    assert set(card.thresholds) <= set(card.labels) <= set(FINDINGS)
    for k, label in enumerate(card.labels):  # a label has a threshold unless no validation film has it
        assert label in card.thresholds or card.metrics["validation"]["positive"][k] == 0
    assert card.commit and card.licence and card.training["data_licence"]
    available = Analyser(loaded).proof.available
    assert not available["grad-cam"]
    assert explained_as_its_backbones_allow(card, available["lrp-epsilon"], available["lrp-epsilon-plus-flat"])


def explained_as_its_backbones_allow(card: Card, *lrp: str) -> bool:
    """Whether both LRP methods are refused for the reason of the first network that counts and has one, and by its
    name in an ensemble; where none has a reason, not at all."""
    made = card.ensemble
    if made and made.rule == JOINED:
        return all("joined" in reason for reason in lrp)
    counted = [(card.backbone, "")]
    if made:
        counted = [(m.backbone, f"{m.name}: ") for m, weight in zip(made.members, made.weights, strict=True) if weight]
    for backbone, named in counted:
        if reason := BACKBONES[backbone].lrp_refusal:
            return set(lrp) == {named + reason}
    return not any(lrp)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_eight_threads_at_full_size_give_the_maps_of_one(folder):
    """Law 1 where it is hardest: every core works inside each of the networks' layers."""
    analyser = Analyser(checkpoint.load(folder), cache_bytes=0)
    explainers = getattr(analyser._explainer, "_explainers", [analyser._explainer])
    networks = [network for single in explainers for network in (single._model, single._private) if network]
    before = [weights_hash(network) for network in networks]
    label, methods = analyser.card.labels[0], [key for key in METHODS if not analyser.proof.available[key]]
    jobs = [(seed, method) for seed in (1, 2) for method in methods] + [(1, method) for method in methods][:2]

    def explain(job):
        seed, method = job
        study = analyser.analyse(make_image(seed))
        return analyser.explain(study, [label], [method])[method, label].map_square

    alone = {job: explain(job) for job in dict.fromkeys(jobs)}
    with ThreadPoolExecutor(8) as pool:
        for job, map_square in zip(jobs, pool.map(explain, jobs), strict=True):
            np.testing.assert_array_equal(map_square, alone[job])
    assert [weights_hash(network) for network in networks] == before
    assert not any(count_hooks(network) for network in networks)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_model_card_says_what_its_card_says(folder):
    card = checkpoint.load(folder).card
    text = (folder / "README.md").read_text(encoding="utf-8")
    for measured in card.metrics.values():
        for value in measured.values():
            if isinstance(value, dict):
                of_set = f"{value['value']:.4f} | {value['low']:.4f} to {value['high']:.4f}"
                of_label = f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"
                assert of_set in text or of_label in text
    assert card.training["initial_weights"] in text and card.commit[:12] in text
    drawn = {path.name for path in folder.glob("*.png")} & set(PICTURES)
    assert {"roc.png", "calibration.png"} <= drawn and drawn == {name for name in PICTURES if f"({name})" in text}
    assert ("confusion.png" in drawn) == (card.task == "single-label")
