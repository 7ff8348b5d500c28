"""Belief: all checks of one map at once, by the network that is explained and by none other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cxr_demo.analysis import Analyser
from cxr_demo.belief import told
from cxr_demo.checks import CHECKS
from cxr_demo.errors import ExplanationError
from cxr_demo.explain.engine import explainer, unproved_maps
from cxr_demo.faithfulness import baseline, curves
from tests.conftest import LABELS, make_checkpoint, make_image, weights_hash

METHODS = ["grad-cam", "lrp-epsilon-plus-flat"]


@pytest.fixture(scope="module")
def analyser(tiny_checkpoint):
    return Analyser(tiny_checkpoint)


@pytest.fixture(scope="module")
def beliefs(analyser):
    return analyser.believe(analyser.analyse(make_image(0)), LABELS[1], METHODS)


def test_the_curves_are_those_of_the_maps_that_are_shown(analyser, beliefs, tiny_checkpoint):
    study = analyser.analyse(make_image(0))
    x = analyser.card.preprocess.normalise(study.square)
    map_ = analyser.explain(study, [LABELS[1]], METHODS)[METHODS[0], LABELS[1]].map_square

    def predict(films):
        logits = tiny_checkpoint.model(torch.from_numpy(films))
        return logits.numpy(), (logits / analyser.card.temperature).softmax(dim=1).numpy()

    expected = curves(predict, x, map_, 1, baseline(predict, x))
    for check in ("deletion", "insertion"):
        found = getattr(beliefs[METHODS[0]], check)
        np.testing.assert_allclose(found.logits, expected[check].logits, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.probabilities, expected[check].probabilities, rtol=1e-4, atol=1e-6)
        assert found.film_logit == pytest.approx(float(study.logits[1]), abs=1e-4)


def test_every_map_has_every_check_and_its_own(beliefs):
    assert list(beliefs) == METHODS
    first, second = beliefs.values()
    assert first.stability.noise.change > 0 and 0 < second.stability.shift.change < np.inf
    assert not np.array_equal(first.deletion.logits, second.deletion.logits)
    blocks = [stage.block for stage in first.randomisation.stages]
    assert blocks[0] == "net.classifier" and blocks[-1] == "net.features.conv0"
    assert first.randomisation.stages != second.randomisation.stages


def test_the_network_stays_and_progress_rises_to_the_end(analyser, tiny_checkpoint):
    before, heard = weights_hash(tiny_checkpoint.model), []
    analyser.believe(analyser.analyse(make_image(1)), LABELS[0], METHODS[:1], lambda *told: heard.append(told))
    assert weights_hash(tiny_checkpoint.model) == before
    shares = [done / total for done, total in heard]
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 20


def test_others_get_the_network_in_between_and_it_can_be_left(analyser):
    study = analyser.analyse(make_image(2))
    asked = []

    def ask(done, total):
        asked.append(analyser.explain(study, LABELS, ["grad-cam"]))  # takes the lock: would wait for ever
        if len(asked) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyser.believe(study, LABELS[0], METHODS, ask)
    assert len(asked) == 3 and not analyser._lock.locked()


def test_what_cannot_be_explained_cannot_be_believed(analyser):
    study = analyser.analyse(make_image(0))
    with pytest.raises(ExplanationError, match="no label"):
        analyser.believe(study, "flu", METHODS)
    other = Analyser(make_checkpoint(seed=1))
    with pytest.raises(ExplanationError, match="was made by"):
        other.believe(study, LABELS[0], METHODS)


def test_unproved_maps_of_the_same_network_are_the_proved_ones(tiny_checkpoint):
    x = tiny_checkpoint.card.preprocess.apply(make_image(3).pixels)
    proved = explainer(tiny_checkpoint).maps(x, [0, 2], METHODS)
    for pair, map_ in unproved_maps(tiny_checkpoint, tiny_checkpoint.model, x, [0, 2], METHODS).items():
        np.testing.assert_allclose(map_, proved[pair], rtol=1e-5, atol=1e-7)


def test_it_is_told_with_every_direction_and_what_it_does_not_say(beliefs):
    text = "\n".join(told(LABELS[1], beliefs, {}))
    assert all(f"| {method} |" in text for method in METHODS)
    for check in CHECKS.values():
        assert check.paper in text and f"better: {check.better}" in text and check.says_not in text
