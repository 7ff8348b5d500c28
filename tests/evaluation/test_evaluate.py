"""Belief: all checks of one map at once, by the network that is explained and by none other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from cxr_demo.analysis import Analyser
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.evaluate import BATCHED, PARTS
from cxr_demo.evaluation.faithfulness import measure_curves
from cxr_demo.explain.engine import make_explainer, make_unproved_maps
from cxr_demo.explain.methods import METHODS as TABLE
from cxr_demo.grids import EVEN
from cxr_demo.text.command_text import describe_evaluation
from tests.conftest import LABELS, make_checkpoint, make_image, weights_hash

METHODS = ["grad-cam", "lrp-epsilon-plus-flat"]


@pytest.fixture(scope="module")
def analyser(tiny_checkpoint):
    return Analyser(tiny_checkpoint)


def explained(analyser, study, label, methods=METHODS):
    return list(analyser.explain(study, [label], methods).values())


@pytest.fixture(scope="module")
def evaluations(analyser):
    study = analyser.analyse(make_image(0))
    return analyser.evaluate_maps(study, explained(analyser, study, LABELS[1]))


def test_the_curves_are_those_of_the_maps_that_are_shown(analyser, evaluations, tiny_checkpoint):
    study = analyser.analyse(make_image(0))
    x = analyser.card.preprocess.normalise(study.square)
    made = analyser.explain(study, [LABELS[1]], METHODS)[METHODS[0], LABELS[1]]
    assert METHODS[0] == "grad-cam" and made.placement != EVEN

    def predict(films):
        logits = tiny_checkpoint.model(torch.from_numpy(films))
        return logits.numpy(), (logits / analyser.card.temperature).softmax(dim=1).numpy()

    seen = analyser.card.preprocess.mark_image(study.image.pixels.shape)
    expected = measure_curves(predict, x, made.map_square, 1, seen, made.placement)
    for check in ("deletion", "insertion"):
        found = getattr(evaluations[METHODS[0]], check)
        np.testing.assert_allclose(found.logits, expected[check].logits, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.probabilities, expected[check].probabilities, rtol=1e-4, atol=1e-6)
        assert found.logits[0 if check == "deletion" else -1] == pytest.approx(float(study.logits[1]), abs=1e-4)


def test_every_map_has_every_check_and_its_own(evaluations):
    assert list(evaluations) == METHODS
    first, second = evaluations.values()
    assert first.stability.noise.change > 0 and 0 < second.stability.shift.change < np.inf
    assert not np.array_equal(first.deletion.logits, second.deletion.logits)
    blocks = [stage.block for stage in first.randomisation.stages]
    assert blocks[0] == "net.classifier" and blocks[-1] == "net.features.conv0"
    assert first.randomisation.stages != second.randomisation.stages


def test_the_network_stays_and_progress_rises_to_the_end(analyser, tiny_checkpoint):
    before, heard = weights_hash(tiny_checkpoint.model), []
    study = analyser.analyse(make_image(1))
    analyser.evaluate_maps(
        study,
        explained(analyser, study, LABELS[0], METHODS[:1]),
        lambda *progress: heard.append(progress),
    )
    assert weights_hash(tiny_checkpoint.model) == before
    shares = [done / total for done, total in heard]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1) and len(shares) > 20


def test_parts_asked_for_one_by_one_give_the_whole(analyser, evaluations):
    study = analyser.analyse(make_image(0))
    maps = explained(analyser, study, LABELS[1])
    for part, fields in {
        "faithfulness": ("deletion", "insertion"), "stability": ("stability",), "randomisation": ("randomisation",)
    }.items():  # fmt: skip
        heard = []
        alone = analyser.evaluate_maps(study, maps[1:], lambda *progress: heard.append(progress), [part])  # noqa: B023
        assert heard[-1] == pytest.approx((analyser.estimate_forwards(METHODS[1:], part),) * 2)
        for name in ("deletion", "insertion", "randomisation", "stability"):
            found, wanted = getattr(alone[METHODS[1]], name), getattr(evaluations[METHODS[1]], name)
            if name not in fields:
                assert found is None
            elif part == "faithfulness":
                np.testing.assert_array_equal(found.logits, wanted.logits)
                np.testing.assert_array_equal(found.null_logits, wanted.null_logits)
            else:
                assert found == wanted


@pytest.mark.parametrize("part", ["stability", "randomisation"])
def test_a_person_who_wants_to_stop_does_not_wait_for_a_whole_dear_map(analyser, part):
    study, method = analyser.analyse(make_image(0)), "integrated-gradients"
    maps, heard = explained(analyser, study, LABELS[0], [method]), []

    def hear(done, total):
        heard.append(done)
        if len(heard) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyser.evaluate_maps(study, maps, hear, [part])
    assert heard == sorted(heard)
    assert min(np.diff(heard)[1:]) < 0.5 * TABLE[method].cost_forwards


def test_what_it_takes_is_what_is_asked(tiny_checkpoint, analyser, monkeypatch):
    """Forwards of the network, counted one by one, against what is told beforehand; of a CAM, whose map is one."""
    asked, study = [], analyser.analyse(make_image(0))
    maps = explained(analyser, study, LABELS[0], ["grad-cam"])
    forward = type(tiny_checkpoint.model.net).forward_features

    def counted(self, x):
        asked.append(len(x) * (BATCHED if len(x) > 1 else 1.0))
        return forward(self, x)

    monkeypatch.setattr(type(tiny_checkpoint.model.net), "forward_features", counted)
    for part in PARTS:
        asked.clear()
        analyser.evaluate_maps(study, maps, None, [part])
        told_before = analyser.estimate_forwards(["grad-cam"], part)
        assert (0.2 if part == "faithfulness" else 0.8) * told_before <= sum(asked) <= told_before + 1e-9


def test_others_get_the_network_in_between_and_it_can_be_left(analyser):
    study = analyser.analyse(make_image(2))
    maps, asked = explained(analyser, study, LABELS[0]), []

    def ask(done, total):
        asked.append(analyser.explain(study, LABELS, ["grad-cam"]))  # takes the lock: would wait for ever
        if len(asked) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyser.evaluate_maps(study, maps, ask)
    assert len(asked) == 3
    with pytest.raises(RuntimeError, match="Nobody has the turn"):
        analyser._turns.release()


def test_what_cannot_be_explained_cannot_be_believed(analyser):
    study = analyser.analyse(make_image(0))
    maps = explained(analyser, study, LABELS[0])
    with pytest.raises(ExplanationError, match="no label"):
        analyser.evaluate_maps(study, [replace(map_, label="flu") for map_ in maps])
    with pytest.raises(ValueError, match="unpack"):
        analyser.evaluate_maps(study, [maps[0], replace(maps[1], label=LABELS[1])])
    other = Analyser(make_checkpoint(seed=1))
    with pytest.raises(ExplanationError, match="was made by"):
        other.evaluate_maps(study, maps)


def test_unproved_maps_of_the_same_network_are_the_proved_ones(tiny_checkpoint):
    x = tiny_checkpoint.card.preprocess.apply(make_image(3).pixels)
    explainer = make_explainer(tiny_checkpoint)
    proved = explainer.maps(x, [0, 2], METHODS)
    unproved = make_unproved_maps(tiny_checkpoint, explainer, tiny_checkpoint.model, x, [0, 2], METHODS)
    for pair, map_ in unproved.items():
        np.testing.assert_allclose(map_, proved[pair], rtol=1e-5, atol=1e-7)


def test_it_is_told_with_every_direction_and_what_it_does_not_say(evaluations):
    text = "\n".join(describe_evaluation(LABELS[1], evaluations, {}))
    assert all(f"| {method} |" in text for method in METHODS)
    for check in CHECKS.values():
        assert check.paper in text and check.says_not in text
        assert check.better == "neither" or f"({check.paper}; {check.better} is better)" in text
