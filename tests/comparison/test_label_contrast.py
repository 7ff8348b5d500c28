"""A label against the others: the identities that make the map what it is called."""

import dataclasses

import numpy as np
import pytest
import torch

from cxr_demo.analysis import Analyser
from cxr_demo.comparison.label_contrast import contrast_explanations, explain_contrasts, weigh_labels
from cxr_demo.errors import ExplanationError
from cxr_demo.explain.engine import Explainer
from cxr_demo.explain.methods import METHODS
from tests.conftest import LABELS, make_checkpoint, make_image, make_model
from tests.networks.test_ensemble import made

LINEAR = [key for key, method in METHODS.items() if method.is_linear]


@pytest.fixture(scope="module")
def analyser(tiny_checkpoint):
    return Analyser(tiny_checkpoint)


@pytest.fixture(scope="module")
def study(analyser):
    return analyser.analyse(make_image(0))


@pytest.fixture(scope="module")
def explained(analyser, study):
    return analyser.explain(study, LABELS, list(METHODS))


def ask_about_contrast(checkpoint, weights: np.ndarray) -> Explainer:
    """The same network with other outputs: each label's logit less the weighted mean of all."""
    model = make_model(checkpoint.card.backbone)
    model.load_state_dict(checkpoint.model.state_dict())
    model.to(memory_format=torch.channels_last)  # as an analyser has it: what lies near 0 falls on the same side
    contrast = torch.from_numpy(np.eye(len(weights)) - weights).float()
    with torch.no_grad():
        model.output.weight.copy_(contrast @ model.output.weight)
        model.output.bias.copy_(contrast @ model.output.bias)
    return Explainer(dataclasses.replace(checkpoint, model=model, sha256="other"))


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
def test_the_contrasts_of_all_labels_weighted_by_probability_add_up_to_zero(explained, study, task):
    if task == "multi-label":
        study = dataclasses.replace(study, probabilities=np.array([0.9, 0.2, 0.7, 0.01], np.float32))
    weights = weigh_labels(study.probabilities)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    for method in LINEAR:
        found = contrast_explanations(study, [explained[method, label] for label in LABELS])
        maps = np.stack([found[label].map_square for label in LABELS]).astype(np.float64)
        assert np.abs(np.tensordot(weights, maps, axes=1)).max() <= 1e-6 * np.abs(maps).max()
        assert weights @ [found[label].logit for label in LABELS] == pytest.approx(0, abs=1e-6)
        for label in LABELS:
            assert found[label].total + found[label].left_out == pytest.approx(found[label].logit)
            assert found[label].is_contrast and not explained[method, label].is_contrast
            assert found[label].map_square.dtype == np.float32 and not found[label].map_square.flags.writeable


def test_a_contrast_is_the_method_asked_about_the_contrast_of_the_logits(tiny_checkpoint, analyser, study, explained):
    """Of every method that says that it is linear; and no other, so that none is kept back."""
    weights = weigh_labels(study.probabilities)
    asked = ask_about_contrast(tiny_checkpoint, weights)
    x = tiny_checkpoint.card.preprocess.normalise(study.square)
    direct = asked.maps(x, range(len(LABELS)), list(METHODS))
    unlike = set()
    for method in METHODS:
        maps = np.stack([explained[method, label].map_square for label in LABELS]).astype(np.float64)
        contrasts = maps - np.tensordot(weights, maps, axes=1)
        expected = np.stack([direct[method, place] for place in range(len(LABELS))])
        if np.abs(contrasts - expected).max() > 1e-4 * np.abs(maps).max():
            unlike.add(method)
    assert unlike == METHODS.keys() - set(LINEAR)


def test_a_contrast_of_two_labels_is_what_a_hand_computes(study, explained):
    """p = (0.3, 0.7): the first against the others is 0.7 times first minus second; and the second is its opposite."""
    two = dataclasses.replace(study, labels=LABELS[:2], probabilities=np.array([0.3, 0.7], np.float32))
    one, other = (explained["grad-cam", label] for label in LABELS[:2])
    found = contrast_explanations(two, [one, other])
    difference = one.map_square - other.map_square
    np.testing.assert_allclose(found[LABELS[0]].map_square, 0.7 * difference, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[LABELS[1]].map_square, -0.3 * difference, rtol=1e-4, atol=1e-6)
    assert found[LABELS[0]].logit == pytest.approx(0.7 * (one.logit - other.logit))


def test_what_all_labels_share_is_gone(study, explained):
    shared = np.random.default_rng(0).normal(size=explained["gradient", LABELS[0]].map_square.shape).astype(np.float32)
    plain = [explained["gradient", label] for label in LABELS]
    more = [dataclasses.replace(each, map_square=each.map_square + shared) for each in plain]
    for label in LABELS:
        expected, found = (contrast_explanations(study, of)[label].map_square for of in (plain, more))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_method_that_is_not_linear_has_none_and_says_so(analyser, study):
    with pytest.raises(ExplanationError, match=r"no Grad-CAM\+\+ against the other labels"):
        explain_contrasts(analyser, study, LABELS[:1], ["grad-cam-plus-plus"])
    with pytest.raises(ExplanationError, match="knows one finding alone"):
        explain_contrasts(analyser, dataclasses.replace(study, labels=LABELS[:1]), LABELS[:1], ["grad-cam"])
    found = explain_contrasts(analyser, study, LABELS[:1], ["grad-cam"])
    assert list(found) == [("grad-cam", LABELS[0])] and found["grad-cam", LABELS[0]].is_contrast


def test_an_ensembles_contrast_is_the_mean_of_its_members(tiny_backbones):
    analyser = Analyser(made("weighted", [make_checkpoint(seed=seed) for seed in range(3)]))
    study = analyser.analyse(make_image(0))
    found = explain_contrasts(analyser, study, study.labels[:1], ["grad-cam"])["grad-cam", study.labels[0]]
    mean = sum(member.weight * member.map_square for member in found.members)
    np.testing.assert_allclose(mean, found.map_square, rtol=1e-4, atol=1e-5 * np.abs(mean).max())
