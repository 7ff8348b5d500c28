"""Fitting ensembles: optima against fine grids, test rows never looked at, and the checkpoint that comes of it."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cxr_demo.errors import TrainingError
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.labels import LabelWords
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import FEATURE_FUSION, RULES, Card
from cxr_demo.networks.card_parts import Metrics, Training
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.ensemble import flatten_by_image
from tests.conftest import make_model
from train import ensembles
from train.data.table import Table
from train.ensembles import choose_top, fit_stacking, fit_weights, make_ensemble

LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")
SETTINGS = {"dataset": "kermany", "split": "official", "validation": 0.1, "seed": 0}


def constructed(members: int, films: int, task: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """p (M, N, 3) of members that are each good at another label, and targets (N, 3)."""
    random = np.random.default_rng(seed)
    if task == "multi-label":
        targets = (random.random((films, 3)) < 0.4).astype(np.float32)
        targets[random.random((films, 3)) < 0.2] = np.nan
        logits = (np.nan_to_num(targets) * 2 - 1) + random.normal(0, np.linspace(1, 2.5, members)[:, None, None],
                                                                  (members, films, 3))  # fmt: skip
        return 1 / (1 + np.exp(-logits)), targets
    targets = np.eye(3, dtype=np.float32)[random.integers(0, 3, films)]
    logits = random.normal(0, 1, (members, films, 3))
    for member in range(members):
        logits[member, :, member % 3] += 3 * targets[:, member % 3] * (1 + member / 3)
    p = np.exp(logits)
    return p / p.sum(axis=2, keepdims=True), targets


def slow_loss(weights: np.ndarray, p: np.ndarray, targets: np.ndarray, task: str) -> float:
    """Mean log loss of the weighted mean, entry by entry."""
    losses = []
    for n in range(len(targets)):
        for k in range(targets.shape[1]):
            mixed = sum(weights[m] * p[m, n, k] for m in range(len(p)))
            if task == "single-label" and targets[n, k] == 1:
                losses.append(-np.log(mixed))
            if task == "multi-label" and not np.isnan(targets[n, k]):
                losses.append(-np.log(mixed if targets[n, k] == 1 else 1 - mixed))
    return float(np.mean(losses))


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
@pytest.mark.parametrize("members", [2, 3])
def test_weights_are_the_best_of_a_fine_grid(members, task):
    p, targets = constructed(members, 40, task)
    found = fit_weights(p, targets, task)
    assert found.shape == (members,) and found.min() >= 0 and found.sum() == pytest.approx(1, abs=1e-12)
    steps = 100 if members == 2 else 25
    grid = [
        np.array([i, steps - i] if members == 2 else [i, j, steps - i - j]) / steps
        for i in range(steps + 1)
        for j in ([0] if members == 2 else range(steps + 1 - i))
    ]
    losses = [slow_loss(weights, p, targets, task) for weights in grid]
    best, mine = int(np.argmin(losses)), slow_loss(found, p, targets, task)
    assert mine <= losses[best] + 1e-7 and np.abs(found - grid[best]).max() <= 1.5 / steps


def test_a_member_that_knows_everything_gets_all_and_useless_ones_nothing():
    p, targets = constructed(3, 60, "single-label")
    p[1] = 0.98 * targets + 0.01 * (1 - targets)
    assert fit_weights(p, targets, "single-label")[1] > 0.99


def test_films_without_a_stated_label_do_not_count():
    for task in ("single-label", "multi-label"):
        p, targets = constructed(3, 50, task, seed=2)
        more = np.concatenate([targets, np.full((10, 3), np.nan, np.float32)])
        noise = np.random.default_rng(0).random((3, 10, 3))
        same = fit_weights(np.concatenate([p, noise], axis=1), more, task)
        np.testing.assert_allclose(same, fit_weights(p, targets, task), atol=1e-6)


def test_stacking_beats_the_best_member_where_each_knows_another_label():
    p, targets = constructed(3, 600, "single-label", seed=1)
    state = torch.random.get_rng_state()
    stack = fit_stacking(p[:, :300], targets[:300], "single-label")
    assert torch.equal(state, torch.random.get_rng_state())
    with torch.no_grad():
        right = stack(flatten_by_image(torch.from_numpy(p[:, 300:]))).argmax(1).numpy() == targets[300:].argmax(1)
    alone = [(member[300:].argmax(1) == targets[300:].argmax(1)).mean() for member in p]
    assert right.mean() > max(alone) + 0.05
    again = fit_stacking(p[:, :300], targets[:300], "single-label")
    assert all(torch.equal(a, b) for a, b in zip(stack.state_dict().values(), again.state_dict().values(), strict=True))


def test_stacking_of_several_labels_ignores_what_is_not_stated():
    p, targets = constructed(2, 80, "multi-label")
    stack = fit_stacking(p, targets, "multi-label")
    assert all(torch.isfinite(value).all() for value in stack.state_dict().values())


def test_the_top_are_chosen_by_validation_mcc():
    def measured(validation: float, test: float) -> dict:
        return Metrics.model_validate({"validation": {"mcc": {"value": validation}}, "test": {"mcc": {"value": test}}})

    members = {"a": measured(0.5, 0.99), "b": measured(0.7, 0.1), "c": measured(0.6, 0.5)}
    assert choose_top(members, 2) == ["b", "c"] and choose_top(members, 3) == ["b", "c", "a"]
    several = {
        "a": Metrics.model_validate({"validation": {"mcc_mass": {"value": 0.2}, "mcc_edema": {"value": 0.4}}}),
        "b": Metrics.model_validate({"validation": {"mcc_mass": {"value": 0.5}, "mcc_edema": {"value": 0.3}}}),
    }
    assert choose_top(several, 1) == ["b"]
    for k in (0, 4):
        with pytest.raises(TrainingError, match="cannot be chosen of 3"):
            choose_top(members, k)
    with pytest.raises(TrainingError, match="c has no MCC"):
        choose_top(members | {"c": Metrics()}, 2)


# ---- from checkpoints to a checkpoint


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "packed"))


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Table:
    """24 small films, 8 of each split, of patients of their own."""
    folder, random = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    split = np.repeat(["train", "val", "test"], [40, 16, 16])
    classes = np.arange(len(split)) % 3
    paths = []
    for number, label in enumerate(classes):
        pixels = random.integers(0, 60, (64, 64)).astype(np.uint8)
        pixels[10 + 15 * label : 25 + 15 * label, 10:50] += 150
        paths.append(folder / f"film{number}.png")
        cv2.imwrite(str(paths[-1]), pixels)
    texts = {name: np.full(len(split), "made") for name in ("source", "view", "licence")}
    known = {field.name for field in dataclasses.fields(Table)}
    return Table(
        paths=np.array(paths, dtype=object), labels=LABELS, targets=np.eye(3, dtype=np.float32)[classes],
        patient=np.array([f"p{number}" for number in range(len(split))]), split=split,
        **{name: text for name, text in texts.items() if name in known},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory, tiny_backbones) -> list[Path]:
    root = tmp_path_factory.mktemp("members")
    for seed in range(3):
        card = Card(
            f"net{seed}", "tiny", LABELS, "single-label", Preprocess(64, "stretch", (0.45,), (0.2,)),
            temperature=1.0 + seed / 4, licence="Apache-2.0", training={"settings": SETTINGS, "seconds": 60},
        )  # fmt: skip
        checkpoint.save(root / f"net{seed}", make_model("tiny", labels=3, seed=seed), card, half=seed > 0)
    return [root / f"net{seed}" for seed in range(3)]


@pytest.fixture
def unmeasured(monkeypatch) -> list[Training]:
    """Measuring left out; what it is told of the training."""
    told = []

    def measure(folder: Path, table: Table, training: Training) -> Card:
        told.append(training)
        return checkpoint.read_card(folder)

    monkeypatch.setattr(ensembles, "measure_checkpoint", measure)
    return told


@pytest.mark.parametrize("rule", [*RULES, FEATURE_FUSION])
def test_each_rule_makes_a_checkpoint_and_looks_at_no_test_target(folders, films, tmp_path, unmeasured, rule):
    card = make_ensemble(folders, rule, films, tmp_path / "one", "one")
    poisoned = films.where(np.arange(len(films)))
    poisoned.targets[poisoned.split == "test"] = np.nan
    again = make_ensemble(folders, rule, poisoned, tmp_path / "two", "one")
    assert (tmp_path / "one" / "model.safetensors").read_bytes() == (
        tmp_path / "two" / "model.safetensors"
    ).read_bytes()
    assert card == again and not (tmp_path / "one" / "unfinished").exists()
    loaded = checkpoint.load(tmp_path / "one")
    assert loaded.card.ensemble.rule == rule and loaded.card.name == "one"
    for member, folder in zip(loaded.members, folders, strict=True):
        single = checkpoint.load(folder)
        assert (member.sha256, member.card.temperature) == (single.sha256, single.card.temperature)
        for mine, theirs in zip(member.model.state_dict().values(), single.model.state_dict().values(), strict=True):
            assert torch.equal(mine, theirs)
    if rule != "weighted":
        assert card.ensemble.weights == (1 / 3,) * 3
    assert unmeasured[0].settings.dataset == "kermany" and unmeasured[0].seconds == 180


def test_stored_weights_are_those_of_the_validation_films(folders, films, tmp_path, unmeasured):
    card = make_ensemble(folders, "weighted", films, tmp_path / "w", "w")
    rows, p = films.where(films.split == "val"), []
    for folder in folders:
        single = checkpoint.load(folder)
        squares = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255 for path in rows.paths]
        x = torch.from_numpy((np.stack(squares) - 0.45) / 0.2)[:, None].float()
        with torch.no_grad():
            p.append((single.model(x) / single.card.temperature).softmax(1).double().numpy())
    expected = fit_weights(np.stack(p), rows.targets, "single-label")
    np.testing.assert_allclose(card.ensemble.weights, expected, atol=1e-3)


def test_members_that_do_not_fit_together_are_refused(folders, films, tmp_path, unmeasured):
    def refused(said: str, paths: list[Path], table: Table = films, rule: str = "mean") -> None:
        with pytest.raises(TrainingError, match=said):
            make_ensemble(paths, rule, table, tmp_path / "out", "out")
        assert not (tmp_path / "out").exists()

    def other(name: str, **changes) -> Path:
        single: Checkpoint = checkpoint.load(folders[0])
        card = dataclasses.replace(single.card, name=name, **changes)
        checkpoint.save(tmp_path / name, single.model, card, half=False)
        return tmp_path / name

    refused("no rule 'guess'", folders, rule="guess")
    refused("two checkpoints or more", folders[:1])
    refused("same name", [folders[0], folders[0]])
    refused("different preprocess", [folders[0], other("a", preprocess=Preprocess(96, "stretch", (0.45,), (0.2,)))])
    refused("different labels", [folders[0], other("b", labels=(*LABELS[:2], "covid19"))])
    refused("was trained on films that", [folders[0], other("c", training={"settings": SETTINGS | {"seed": 1}})])
    refused("no validation films", folders, films.where(films.split != "val"))
    refused("say nothing of viral_pneumonia", folders, dataclasses.replace(films, labels=(*LABELS[:2], "covid19")))
    make_ensemble(folders, "mean", films, tmp_path / "joined", "joined")
    refused("is an ensemble itself", [folders[0], tmp_path / "joined"])
    several = [other(name, task="multi-label") for name in ("d", "e")]
    refused("majority vote needs films that have one label each", several, rule="majority")


def test_a_member_with_the_same_labels_in_another_order_answers_in_the_firsts(folders, films, tmp_path, unmeasured):
    first, second = checkpoint.load(folders[0]), checkpoint.load(folders[1])
    turned = dataclasses.replace(second.card, name="turned", labels=LABELS[::-1], temperature=1.0)
    checkpoint.save(tmp_path / "turned", second.model, turned, half=False)
    card = make_ensemble([folders[0], tmp_path / "turned"], "mean", films, tmp_path / "both", "both")
    both, x = checkpoint.load(tmp_path / "both"), torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        ours, theirs = first.model(x).softmax(1), checkpoint.load(tmp_path / "turned").model(x).softmax(1)
        found = both.model(x).softmax(1)
    of_the_file = hashlib.sha256((tmp_path / "turned" / checkpoint.WEIGHTS_FILE).read_bytes()).hexdigest()
    assert card.labels == LABELS and card.ensemble.members[1].sha256 == of_the_file
    torch.testing.assert_close(found, (ours + theirs.flip(1)) / 2)


def test_an_ensemble_is_measured_as_any_other(folders, films, tmp_path):
    own = dataclasses.replace(checkpoint.read_card(folders[1]), label_words={"normal": LabelWords({"en": "Healthy"})})
    checkpoint.save_card(folders[1], own)
    card = make_ensemble(folders, "mean", films, tmp_path / "mean", "mean")
    assert card.get_finding("normal").name == "Healthy" and "Healthy" in (tmp_path / "mean" / "README.md").read_text()
    assert card == checkpoint.load(tmp_path / "mean").card and card.thresholds == {}
    assert {"validation", "test"} <= set(card.metrics.sets) and card.ensemble.rule == "mean"
    text = (tmp_path / "mean" / "README.md").read_text()
    assert all(name in text for name in ("# mean", "net0", "net1", "net2"))
