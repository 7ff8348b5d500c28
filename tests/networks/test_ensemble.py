"""Ensembles: the rules re-derived in numpy, what is stored is loaded, and what an analysis of one promises."""

from __future__ import annotations

import dataclasses
import json

import cv2
import numpy as np
import pytest
import torch

from cxr_demo.__main__ import main
from cxr_demo.analysis import DEFAULT_METHODS, Analyser
from cxr_demo.errors import ExplanationError
from cxr_demo.explain.methods import METHODS
from cxr_demo.grids import resample_map
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import FEATURE_FUSION, RULES, EnsembleSpec, Member
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier, compute_probabilities
from cxr_demo.networks.ensemble import (
    CERTAIN,
    TIE_SHARE,
    Ensemble,
    FeatureFusion,
    concatenate_features,
)
from tests.conftest import LABELS, make_checkpoint, make_film, make_image, weights_hash

TEMPERATURES = (1.5, 0.7, 0.0)
WEIGHTS = (0.5, 0.2, 0.3)
RULES_OF_TASKS = [(rule, "single-label") for rule in RULES]
RULES_OF_TASKS += [(rule, "multi-label") for rule in RULES if rule != "majority"]


def made(rule: str, singles: list[Checkpoint], weights=WEIGHTS) -> Checkpoint:
    """An ensemble of three, as `load` gives it, without files."""
    weights = weights if rule == "weighted" else (1 / 3,) * 3
    members = tuple(
        Member(single.card.name, single.card.backbone, "linear", single.card.temperature, single.sha256)
        for single in singles
    )
    card = dataclasses.replace(
        singles[0].card, name=rule, backbone="", ensemble=EnsembleSpec(rule, weights, members), temperature=1.2
    )
    models = [single.model for single in singles]
    torch.manual_seed(7)
    if rule == "joined":
        model = FeatureFusion(models)
    else:
        model = Ensemble(models, rule, weights, card.task, [member.applied_temperature for member in members])
    return Checkpoint(card, model.eval().requires_grad_(False), weights_hash(model), singles[0].folder)


@pytest.fixture(scope="module")
def singles(tiny_backbones) -> list[Checkpoint]:
    return [make_checkpoint(seed=seed, temperature=TEMPERATURES[seed]) for seed in range(3)]


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    films = np.stack([make_film(seed, (64, 64)) for seed in range(6)])
    return torch.from_numpy((films - 0.5) / 0.25)[:, None]


# ---- the rules


def rederived(rule: str, logits: np.ndarray, task: str, stack) -> np.ndarray:
    """logits (M, N, L) float64 -> the ensemble's probabilities (N, L), film by film and label by label."""
    count, films, labels = logits.shape
    result = np.zeros((films, labels))
    for n in range(films):
        own = np.zeros((count, labels))
        for m in range(count):
            scaled = logits[m, n] / (TEMPERATURES[m] or 1.0)
            for k in range(labels):
                share = sum(np.exp(other - scaled[k]) for other in scaled)
                own[m, k] = 1 / share if task == "single-label" else 1 / (1 + np.exp(-scaled[k]))
        mean = own.sum(axis=0) / count
        if rule == "mean":
            result[n] = mean
        elif rule == "weighted":
            result[n] = sum(WEIGHTS[m] * own[m] for m in range(count))
        elif rule == "majority":
            for k in range(labels):
                votes = sum(1 for m in range(count) if all(own[m, k] >= own[m, other] for other in range(labels)))
                result[n, k] = (1 - TIE_SHARE) * votes / count + TIE_SHARE * mean[k]
        else:
            hidden = np.maximum(stack[0].weight.double().numpy() @ own.ravel() + stack[0].bias.double().numpy(), 0)
            found = stack[2].weight.double().numpy() @ hidden + stack[2].bias.double().numpy()
            result[n] = np.exp(found) / np.exp(found).sum() if task == "single-label" else 1 / (1 + np.exp(-found))
    return result


@pytest.mark.parametrize(("rule", "task"), RULES_OF_TASKS)
def test_each_rule_against_a_slow_derivation(singles, x, rule, task):
    torch.manual_seed(3)
    temperatures = [single.card.applied_temperature for single in singles]
    model = Ensemble([single.model for single in singles], rule, WEIGHTS, task, temperatures).eval()
    with torch.no_grad():
        logits, own = model.answers(x)
        expected = rederived(rule, own.double().numpy(), task, getattr(model, "stack", None))
        np.testing.assert_allclose(compute_probabilities(logits, task, 1.0).numpy(), expected, atol=1e-6)
        assert torch.equal(model(x), logits) and logits.dtype == torch.float32
        for single, found in zip(singles, own, strict=True):
            assert torch.equal(found, single.model(x))
        each = model.member_probabilities(x)
        assert each.shape == (3, 6, 4) and each[1, 2, 3] == compute_probabilities(own[1].double(), task, 0.7)[2, 3]


def test_a_majority_outvotes_a_certain_member_and_equal_votes_go_to_the_higher_mean(singles):
    model = Ensemble([single.model for single in singles[:2]], "majority", (0.5, 0.5), "single-label", (1, 1))
    outvoted = torch.tensor([[[0.98, 0.02, 0]], [[0.4, 0.6, 0]], [[0.4, 0.6, 0]]]).double()
    assert model.join(outvoted).argmax() == 1
    for sides in (((0.9, 0.1, 0), (0, 0.4, 0.6)), ((0.6, 0.4, 0), (0, 0.1, 0.9))):
        tied = torch.tensor(sides).double()[:, None]
        assert model.join(tied).argmax() == tied.mean(dim=0).argmax()


@pytest.mark.parametrize(("rule", "task"), [pair for pair in RULES_OF_TASKS if pair[0] != "stacking"])
def test_certain_members_give_finite_logits(singles, rule, task):
    model = Ensemble([single.model for single in singles], rule, WEIGHTS, task, (1, 1, 1))
    p = torch.tensor([[[1.0, 0, 0, 0]]] * 3).double()
    found = model.join(p)
    assert torch.isfinite(found).all()
    np.testing.assert_allclose(compute_probabilities(found.double(), task, 1.0)[0], p[0, 0], atol=1e-3 * CERTAIN + 1e-6)


# ---- joined feature maps


def test_joined_maps_pass_one_convolution_one_mean_and_one_layer(singles, x):
    model = FeatureFusion([single.model for single in singles], width=5).eval()
    with torch.no_grad():
        logits, own = model.answers(x)
        maps = np.concatenate([single.model.features(x).double().numpy() for single in singles], axis=1)
        kernel, bias = model.convolution.weight[:, :, 0, 0].double().numpy(), model.convolution.bias.double().numpy()
        mixed = np.maximum(np.einsum("ok,nkij->noij", kernel, maps) + bias[:, None, None], 0)
        expected = mixed.mean(axis=(2, 3)) @ model.output.weight.double().numpy().T + model.output.bias.numpy()
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(model.head(model.features(x)), logits)
        torch.testing.assert_close(model(x), logits)
        for single, found in zip(singles, own, strict=True):
            torch.testing.assert_close(found, single.model(x))


def test_maps_of_another_grid_are_brought_to_the_first_ones():
    coarse, fine = torch.rand(2, 3, 2, 2), torch.rand(2, 4, 5, 5)
    assert concatenate_features([coarse, fine]).shape == (2, 7, 2, 2)
    joined = concatenate_features([fine, coarse])
    assert joined.shape == (2, 7, 5, 5) and torch.equal(joined[:, :4], fine)


def test_networks_of_other_kinds_can_be_joined_and_stay_in_their_mode(singles):
    others = [Classifier("densenet121_block1", 4, 1).eval(), Classifier("squeezenet1_0", 4, 1, head="dense256")]
    before = [weights_hash(other) for other in others]
    model = FeatureFusion([singles[0].model, *others], width=8)
    assert [member.training for member in model.members] == [False, False, True]
    assert [weights_hash(other) for other in others] == before
    assert model.eval()(torch.rand(2, 1, 64, 64)).shape == (2, 4)


# ---- a checkpoint like any other


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("rule", [*RULES, FEATURE_FUSION])
def test_an_ensemble_is_one_folder_and_comes_back_the_same(singles, x, tmp_path, rule, half):
    stored = made(rule, singles)
    checkpoint.save(tmp_path / rule, stored.model, stored.card, half=half)
    assert sorted(path.name for path in (tmp_path / rule).iterdir()) == ["config.json", "model.safetensors"]
    loaded = checkpoint.load(tmp_path / rule)
    assert loaded.card.ensemble == stored.card.ensemble and loaded.card.weights_sha256 != loaded.sha256
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(x), stored.model(x), atol=0.05 if half else 0, rtol=0)
    assert not loaded.model.training and not any(p.requires_grad for p in loaded.model.parameters())
    for member, single in zip(loaded.members, singles, strict=True):
        assert (member.card.name, member.sha256) == (single.card.name, single.sha256)
        assert (member.card.backbone, member.card.temperature) == ("tiny", single.card.temperature)
        assert member.card.ensemble is None and member.members == ()


def test_a_member_carries_nothing_that_was_measured_of_the_whole(singles):
    whole = made("mean", singles)
    told = {
        "thresholds": {"normal": 0.4},
        "metrics": {"test": {"films": 3}},
        "training": {"seed": 0},
        "summary": "All.",
    }
    whole = dataclasses.replace(whole, card=dataclasses.replace(whole.card, **told))
    for member, single in zip(whole.members, singles, strict=True):
        assert member.card == dataclasses.replace(single.card, weights_sha256=single.sha256)


def test_what_answers_otherwise_has_another_hash(singles, tmp_path):
    hashes = {}
    for rule in ("mean", "majority", "weighted"):
        stored = made(rule, singles)
        checkpoint.save(tmp_path / rule, stored.model, stored.card, half=False)
        loaded = checkpoint.load(tmp_path / rule)
        hashes[rule] = loaded.sha256
        assert checkpoint.load(tmp_path / rule).sha256 == loaded.sha256
    assert len({(tmp_path / rule / "model.safetensors").read_bytes() for rule in hashes}) == 1
    path = tmp_path / "weighted" / "config.json"
    facts = json.loads(path.read_text())
    facts["ensemble"]["weights"] = [0.2, 0.5, 0.3]
    path.write_text(json.dumps(facts))
    hashes["other weights"] = checkpoint.load(path.parent).sha256
    facts["ensemble"]["members"][0]["temperature"] = 1.6
    path.write_text(json.dumps(facts))
    hashes["other temperature"] = checkpoint.load(path.parent).sha256
    assert len(set(hashes.values())) == len(hashes)
    before, after = Analyser(made("mean", singles)), Analyser(checkpoint.load(tmp_path / "majority"))
    with pytest.raises(ExplanationError, match="was made by mean"):
        after.explain(before.analyse(make_image(0)), ["normal"], ["grad-cam"])


# ---- analysed and explained


@pytest.mark.parametrize("rule", [*RULES, FEATURE_FUSION])
def test_a_study_holds_what_each_member_says(singles, rule):
    image = make_image(4)
    study = Analyser(made(rule, singles)).analyse(image)
    assert study.members.names == ("tiny-0", "tiny-1", "tiny-2")
    for position, single in enumerate(singles):
        alone = Analyser(single).analyse(image)
        np.testing.assert_allclose(study.members.logits[position], alone.logits, atol=1e-4)
        np.testing.assert_allclose(study.members.probabilities[position], alone.probabilities, atol=1e-5)
    assert study.members.probabilities.dtype == np.float32 and not study.members.logits.flags.writeable
    if rule == "mean":
        calibrated = study.members.probabilities.mean(axis=0) ** (1 / 1.2)
        np.testing.assert_allclose(study.probabilities, calibrated / calibrated.sum(), atol=1e-5)
    alone = Analyser(singles[0]).analyse(image).members
    assert alone.names == () and alone.probabilities.shape == (0, len(LABELS))


@pytest.mark.parametrize("rule", RULES)
def test_a_map_is_the_weighted_mean_of_the_members_maps_each_over_its_temperature(singles, rule):
    image, label = make_image(5), LABELS[1]
    weights = WEIGHTS if rule == "weighted" else (1 / 3,) * 3
    methods = list(METHODS) if rule == "weighted" else DEFAULT_METHODS
    analyser = Analyser(made(rule, singles))
    found = analyser.explain(analyser.analyse(image), [label], methods)
    alone = [Analyser(single) for single in singles]
    parts = [single.explain(single.analyse(image), [label], methods) for single in alone]
    for method in methods:
        explanation, own = found[method, label], [part[method, label] for part in parts]
        expected, logit = np.zeros(own[0].map_square.shape), 0.0
        for position, part in enumerate(own):
            temperature = (1.5, 0.7, 1.0)[position]  # the last was never calibrated
            expected += weights[position] * part.map_square / temperature
            logit += weights[position] * part.logit / temperature
        np.testing.assert_allclose(explanation.map_square, expected, atol=1e-5 * np.abs(expected).max())
        assert explanation.logit == pytest.approx(logit)
        assert explanation.total == pytest.approx(explanation.map_square.sum(dtype=np.float64))
        assert explanation.total + explanation.left_out == pytest.approx(explanation.logit, abs=1e-12)


def test_a_member_that_counts_nothing_is_not_proved_and_refuses_nothing(singles):
    elu = make_checkpoint("tiny-elu")
    analyser = Analyser(made("weighted", [singles[0], elu, singles[1]], weights=(0.25, 0.0, 0.75)))
    assert not analyser.proof.refusals and "elu" not in analyser.proof.line.lower()
    assert [name for name, _ in analyser.proof.members] == ["tiny-0", "tiny-1"]
    study = analyser.analyse(make_image(0))
    found = analyser.explain(study, LABELS[:1], ["lrp-epsilon"])["lrp-epsilon", LABELS[0]]
    parts = [Analyser(single) for single in singles[:2]]
    parts = [one.explain(one.analyse(study.image), LABELS[:1], ["lrp-epsilon"]) for one in parts]
    first, last = (part["lrp-epsilon", LABELS[0]].map_square for part in parts)
    np.testing.assert_allclose(found.map_square, 0.25 * first / 1.5 + 0.75 * last / 0.7, atol=1e-6)
    assert study.members.names == ("tiny-0", "tiny-elu-0", "tiny-1"), "it is still heard"


def test_maps_of_other_grids_keep_their_sum():
    random = np.random.default_rng(0)
    for grid, into in (((2, 2), (4, 4)), ((4, 4), (2, 2)), ((3, 5), (7, 7)), ((7, 6), (3, 11)), ((8, 8), (8, 8))):
        map_ = random.standard_normal(grid)
        found, slow = resample_map(map_, into), np.zeros(into)
        fine = np.kron(map_, np.ones(into)) / np.prod(into)  # each cell cut into as many as the new grid has
        for row in range(into[0]):
            for column in range(into[1]):
                slow[row, column] = fine[
                    row * grid[0] : (row + 1) * grid[0], column * grid[1] : (column + 1) * grid[1]
                ].sum()
        np.testing.assert_allclose(found, slow, atol=1e-12)
        assert found.sum() == pytest.approx(map_.sum())


def test_what_one_member_refuses_the_ensemble_refuses_by_its_name(singles):
    elu = make_checkpoint("tiny-elu")
    analyser = Analyser(made("mean", [singles[0], elu, singles[2]]))
    refusals = analyser.proof.refusals
    assert "grad-cam" not in refusals and str(refusals["lrp-epsilon"]).startswith("tiny-elu-0: the network holds ELU")
    assert "tiny-0: Grad-CAM ok" in analyser.proof.line and "tiny-elu-0: Grad-CAM ok" in analyser.proof.line
    study = analyser.analyse(make_image(0))
    with pytest.raises(ExplanationError, match="not available for this checkpoint: tiny-elu-0: "):
        analyser.explain(study, ["normal"], ["lrp-epsilon"])
    assert analyser.explain(study, ["normal"], ["grad-cam"])


def test_joined_maps_have_grad_cam_that_sums_and_lrp_that_is_proved_or_refused(singles):
    analyser = Analyser(made("joined", singles))
    proof, refusals = analyser.proof, analyser.proof.refusals
    assert "grad-cam" not in refusals and proof.cam.sum_error < 1e-4
    assert ("LRP not available: " in proof.line) == ("lrp-epsilon" in refusals) == bool(proof.lrp.refusal)
    assert proof.lrp.refusal or (proof.lrp.identity_r > 0.9999 and proof.lrp.copy_error < 1e-5)
    study = analyser.analyse(make_image(6))
    for position, label in enumerate(LABELS):
        explanation = analyser.explain(study, [label], ["grad-cam"])["grad-cam", label]
        assert explanation.logit == study.logits[position]
        bias = float(analyser._checkpoint.model.output.bias[position])
        assert explanation.left_out == pytest.approx(bias, abs=1e-4)


def test_predict_and_models_name_the_members(singles, tmp_path, capsys, monkeypatch):
    stored = made("weighted", singles)
    checkpoint.save(tmp_path / "weights" / "three", stored.model, stored.card, half=False)
    film = str(tmp_path / "film.png")
    cv2.imwrite(film, np.rint(make_film(1) * 255).astype(np.uint8))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    assert main(["predict", film, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["rule"] == "weighted" and list(row["members"]) == ["tiny-0", "tiny-1", "tiny-2"]
    assert [member["weight"] for member in row["members"].values()] == list(WEIGHTS)
    for member in row["members"].values():
        assert sum(member["probabilities"].values()) == pytest.approx(1) and set(member["logits"]) == set(LABELS)
    assert main(["models"]) == 0
    assert "ensemble of 3 × tiny (weighted mean of the probabilities), 64 px" in capsys.readouterr().out
