"""Save and load; whatever is broken, truncated, foreign or mismatched is refused with what is wrong."""

import dataclasses
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from cxr_demo.errors import CheckpointError
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.networks.classifier import Classifier
from cxr_demo.text.checkpoint_text import describe_checkpoint_choice, describe_checkpoint_choices, name_networks

ROOT = Path(__file__).parents[2]
LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    model = Classifier("tiny", 3, 1).eval()
    card = Card("tiny", "tiny", LABELS, "single-label", Preprocess(64, "stretch", (0.449,), (0.226,)))
    checkpoint.save(tmp_path / "tiny", model, card, half=False)
    return tmp_path / "tiny"


def rewrite_card(folder, **changes):
    path = folder / checkpoint.CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refusal(folder) -> str:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(folder)
    assert caught.value.message.endswith(".") and str(folder.parent) not in str(caught.value)
    return caught.value.message


def test_what_was_saved_is_loaded(folder):
    torch.manual_seed(0)
    model = Classifier("tiny", 3, 1).eval()
    loaded = checkpoint.load(folder)
    x = torch.randn(2, 1, 64, 64)
    assert torch.equal(loaded.model(x), model(x))
    assert loaded.card.labels == LABELS and loaded.card.preprocess.size_px == 64
    assert not loaded.model.training and not any(p.requires_grad for p in loaded.model.parameters())
    assert checkpoint.load(str(folder)).sha256 == loaded.sha256 == loaded.card.weights_sha256


def test_float16_keeps_small_tensors_exact_and_nearly_halves_the_file(folder, monkeypatch):
    monkeypatch.setattr(checkpoint, "HALF_FROM", 100)
    full = (folder / checkpoint.WEIGHTS_FILE).stat().st_size
    loaded = checkpoint.load(folder)
    checkpoint.save(folder, loaded.model, loaded.card, half=True)
    assert (folder / checkpoint.WEIGHTS_FILE).stat().st_size < 0.7 * full
    halved = checkpoint.load(folder)
    for (name, exact), stored in zip(loaded.model.named_parameters(), halved.model.parameters(), strict=True):
        assert stored.dtype == torch.float32
        if exact.ndim > 1 and exact.numel() >= 100:
            assert not torch.equal(stored, exact)
            torch.testing.assert_close(stored, exact, rtol=1e-3, atol=1e-6, msg=name)
        else:
            assert torch.equal(stored, exact)
    assert any(exact.ndim > 1 and exact.numel() < 100 for exact in loaded.model.parameters())


def test_find_names_the_folders_and_an_empty_root_is_no_error(folder, tmp_path):
    assert checkpoint.find_checkpoints(tmp_path) == [folder]
    assert checkpoint.find_checkpoints(tmp_path / "nothing") == []


def test_the_largest_square_is_the_default_and_then_the_name(folder, tmp_path, monkeypatch):
    loaded = checkpoint.load(folder)
    for name, size_px in {"b": 96, "c": 128, "d": 128}.items():
        square = dataclasses.replace(loaded.card.preprocess, size_px=size_px)
        card = dataclasses.replace(loaded.card, name=name, preprocess=square)
        checkpoint.save(tmp_path / name, loaded.model, card, half=False)
    assert checkpoint.default_checkpoint(tmp_path) == tmp_path / "c"
    (tmp_path / "c" / checkpoint.CARD_FILE).write_text("{")
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    assert checkpoint.default_checkpoint() == tmp_path / "d" and checkpoint.load().card.name == "d"
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "nothing"))
    with pytest.raises(CheckpointError, match="There is no checkpoint in"):
        checkpoint.load()


@pytest.fixture
def cards() -> dict[str, Card]:
    return {folder.name: checkpoint.read_card(folder) for folder in checkpoint.find_checkpoints(ROOT / "weights")}


def test_the_first_is_for_adults_and_the_last_are_for_synthetic_films(cards):
    ranked = sorted(cards, key=lambda name: checkpoint.rank_card(cards[name]))
    assert ranked[0] == "nih-efficientnet-lite0", (
        "others do better on films of their own hospitals, and guess elsewhere"
    )
    assert ranked[-2:] == ["phantom-honest", "phantom-cheat"], "the cheat fails where the letters are swapped"
    assert ranked.index("four-classes-efficientnet-lite0") < ranked.index("kermany-densenet121")


@pytest.mark.parametrize(
    ("age_years", "current", "name"),
    [
        (3, "nih-efficientnet-lite0", "kermany-densenet121"),
        (5.9, "bassi2022-single-transfer", "kermany-densenet121"),
        (77, "kermany-densenet121", "nih-efficientnet-lite0"),
        (77, "bassi2022-single-transfer", None),
        (77, "phantom-cheat", "nih-efficientnet-lite0"),
        (3, "rajaraman2021-mean-of-5", None),
        (12, "nih-efficientnet-lite0", None),
        (3, "four-classes-efficientnet-lite0", None),
        (None, "kermany-densenet121", None),
    ],
)
def test_another_network_is_suggested_where_the_film_is_of_another_age(cards, age_years, current, name):
    assert checkpoint.suggest_checkpoint(cards, age_years, current) == name


def test_the_list_of_networks_names_question_and_quality_and_no_two_are_alike(cards):
    named = describe_checkpoint_choices(cards)
    assert named["nih-efficientnet-lite0"] == "Adults: 14 findings (AUROC 0.73)"
    assert (
        named["kermany-densenet121"] == "Children of 1 to 5 years: pneumonia or not, kermany-densenet121 (AUROC 0.96)"
    )
    bassi = (
        "Adults: COVID-19, other pneumonia or normal, bassi2022-single-transfer (AUROC 0.93, at other hospitals 0.57)"
    )
    assert named["bassi2022-single-transfer"] == bassi
    assert len(set(named.values())) == len(cards)
    bare = dataclasses.replace(cards["nih-efficientnet-lite0"], title="", metrics={})
    assert describe_checkpoint_choice(bare) == "nih-efficientnet-lite0 (not measured)"
    accurate = dataclasses.replace(bare, metrics={"test": {"accuracy": {"value": 0.88}}})
    assert describe_checkpoint_choices({"one": accurate, "two": accurate})["two"] == "two (accuracy 0.88)"


def test_the_card_survives_json():
    card = Card(
        "a", "tiny", LABELS, "multi-label", Preprocess(96, "crop", (0.4,), (0.2,)),
        temperature=1.3, thresholds={"normal": 0.4}, metrics={"test": {"accuracy": {"value": 0.5}}},
    )  # fmt: skip
    assert Card.from_json(card.to_json()) == card and card.calibrated
    assert not dataclasses.replace(card, temperature=0.0).calibrated


@pytest.mark.parametrize("keep", [0, 7, 100, 0.5, 0.99])
def test_truncated_weights(folder, keep):
    path = folder / checkpoint.WEIGHTS_FILE
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    rewrite_card(folder, weights_sha256="")
    assert "broken or cut short" in refusal(folder)


def test_weights_of_another_training_are_noticed_by_their_hash(folder):
    loaded = checkpoint.load(folder)
    tensors = {key: value + 1 for key, value in loaded.model.state_dict().items()}
    safetensors.torch.save_file(tensors, folder / checkpoint.WEIGHTS_FILE)
    assert "not the ones" in refusal(folder)


def test_foreign_misshapen_and_not_a_number(folder):
    rewrite_card(folder, weights_sha256="")
    path = folder / checkpoint.WEIGHTS_FILE
    tensors = safetensors.torch.load_file(path)
    safetensors.torch.save_file({"something": torch.ones(3)}, path)
    assert "another network" in refusal(folder)
    name = "net.classifier.weight"
    safetensors.torch.save_file(tensors | {name: torch.ones(5, tensors[name].shape[1])}, path)
    assert "do not fit" in refusal(folder)
    safetensors.torch.save_file(tensors | {name: torch.full_like(tensors[name], np.nan)}, path)
    assert "not numbers" in refusal(folder)


def test_a_variance_below_zero_and_a_pointer_are_named(folder):
    rewrite_card(folder, weights_sha256="")
    path, key = folder / checkpoint.WEIGHTS_FILE, "net.features.norm5.running_var"
    tensors = safetensors.torch.load_file(path)
    safetensors.torch.save_file(tensors | {key: -tensors[key]}, path)
    assert f"a variance below zero, in {key}" in refusal(folder)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\n")
    assert "pointer of Git LFS" in refusal(folder)


@pytest.mark.parametrize("dtype", [torch.float64, torch.int8, torch.bool, torch.float8_e4m3fn, torch.complex64])
def test_values_of_a_kind_that_no_network_has(folder, dtype):
    rewrite_card(folder, weights_sha256="")
    path = folder / checkpoint.WEIGHTS_FILE
    tensors = safetensors.torch.load_file(path)
    safetensors.torch.save_file(tensors | {"net.classifier.bias": torch.ones(3).to(dtype)}, path)
    assert f"hold {str(dtype).removeprefix('torch.')} values, in net.classifier.bias" in refusal(folder)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_infinity_in_half_precision(folder, dtype):
    rewrite_card(folder, weights_sha256="")
    path = folder / checkpoint.WEIGHTS_FILE
    tensors = safetensors.torch.load_file(path)
    bias = torch.tensor([1.0, np.inf, 0.0]).to(dtype)
    safetensors.torch.save_file(tensors | {"net.classifier.bias": bias}, path)
    assert "not numbers, in net.classifier.bias" in refusal(folder)


def test_a_card_without_its_weights_hash_is_bound_when_it_is_loaded(folder):
    bound = checkpoint.load(folder)
    rewrite_card(folder, weights_sha256="")
    assert checkpoint.load(folder).card.weights_sha256 == bound.sha256 == bound.card.weights_sha256


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format"),
        ({"backbone": "transformer9000"}, "transformer9000"),
        ({"task": "guess"}, "task"),
        ({"head": "mystery"}, "head"),
        ({"labels": []}, "labels"),
        ({"labels": ["normal", "normal", "x"]}, "twice"),
        ({"labels": ["normal", "viral_pneumonia"]}, "do not fit"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"thresholds": {"normal": 2}}, "threshold"),
        ({"thresholds": {"hernia": 0.5}}, "threshold"),
        ({"preprocess": {"size_px": 64, "geometry": "stretch", "mean": [0.4]}}, "std"),
        ({"preprocess": 3}, "cannot be used"),
        ({"surprise": 1}, "surprise"),
        ({"training": []}, "training"),
        ({"metrics": []}, "metrics"),
        ({"metrics": {"test": 3}}, "metrics"),
        ({"name": None}, "name"),
        ({"labels": "abc"}, "list"),
        ({"labels": [1, 2, 3]}, "label"),
        ({"labels": ["a/b", "c", "d"]}, "label"),
        ({"temperature": 1e-300}, "temperature"),
        ({"temperature": "warm"}, "warm"),
        ({"preprocess": {"size_px": 64.5, "geometry": "stretch", "mean": [0.4], "std": [0.2]}}, "size_px"),
        ({"preprocess": {"size_px": 10**8, "geometry": "stretch", "mean": [0.4], "std": [0.2]}}, "size_px"),
        ({"preprocess": {"size_px": 64, "geometry": "stretch", "mean": ["x"], "std": [0.2]}}, "cannot be used"),
        ({"preprocess": {"size_px": 64, "geometry": "stretch", "mean": [0.4], "std": [float("nan")]}}, "numbers"),
    ],
)
def test_a_card_that_makes_no_sense(folder, changes, said):
    rewrite_card(folder, **changes)
    assert said in refusal(folder)


TWO = [
    {"name": name, "backbone": "tiny", "head": "linear", "temperature": 1.1, "sha256": "ab"} for name in ("one", "two")
]


def ensemble(**changes) -> dict:
    made = {"rule": "weighted", "weights": [0.25, 0.75], "members": TWO} | changes
    return {"backbone": "", "ensemble": made}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (ensemble(rule="guess"), "rule"),
        (ensemble(weights=[0.5, 0.6]), "sum to 1.1"),
        (ensemble(weights=[1]), "for each member"),
        (ensemble(weights=[-0.5, 1.5]), "from 0 to 1"),
        (ensemble(weights=["a", "b"]), "where a number must be"),
        (ensemble(weights=[float("nan"), 1.0]), "weights"),
        (ensemble(weights=3), "not a list"),
        (ensemble(rule="mean"), "weights differ"),
        (ensemble(members=TWO[:1], weights=[1.0]), "fewer than two"),
        (ensemble(members=[TWO[0], TWO[0]]), "same name"),
        (ensemble(members=[TWO[0], TWO[1] | {"backbone": "transformer9000"}]), "its member's backbone"),
        (ensemble(members=[TWO[0], TWO[1] | {"head": "mystery"}]), "its member's head"),
        (ensemble(members=[TWO[0], TWO[1] | {"head": []}]), "its member's head is not a text"),
        (ensemble(members=[TWO[0], TWO[1] | {"temperature": -1}]), "its member's temperature"),
        (ensemble(members=[TWO[0], TWO[1] | {"surprise": 1}]), "surprise"),
        (ensemble(members=[TWO[0], TWO[1] | {"name": ""}]), "no name"),
        (ensemble(members=[TWO[0], "two"]), "cannot be used"),
        (ensemble() | {"backbone": "tiny"}, "besides those of its members"),
        (ensemble() | {"backbone": None}, "backbone is not a text"),
        (ensemble() | {"head": None}, "head is not a text"),
        (ensemble(surprise=1), "surprise"),
        (ensemble(weights=[1 / 17] * 17, members=[TWO[0] | {"name": f"{i}"} for i in range(17)]), "16 are the most"),
        (ensemble(rule="majority", weights=[0.5, 0.5]) | {"task": "multi-label"}, "one label each"),
        ({"ensemble": 3}, "cannot be used"),
        ({"ensemble": {}}, "no entry"),
        ({"backbone": ""}, "backbone"),
        (ensemble(), "belong to another network"),
    ],
)
def test_an_ensemble_that_makes_no_sense(folder, changes, said):
    rewrite_card(folder, **changes)
    assert said in refusal(folder)


def test_a_card_from_before_there_were_ensembles_loads_unchanged(folder):
    facts = json.loads((folder / checkpoint.CARD_FILE).read_text())
    del facts["ensemble"]
    (folder / checkpoint.CARD_FILE).write_text(json.dumps(facts))
    card = checkpoint.load(folder).card
    assert card.ensemble is None and name_networks(card) == "tiny"


def test_a_head_of_its_own_is_stored_and_loaded(tmp_path):
    model = Classifier("tiny", 3, 1, head="dense256").eval()
    card = Card("a", "tiny", LABELS, "single-label", Preprocess(64, "stretch", (0.4,), (0.2,)), head="dense256")
    checkpoint.save(tmp_path / "a", model, card, half=False)
    loaded, x = checkpoint.load(tmp_path / "a"), torch.rand(1, 1, 64, 64)
    assert torch.equal(loaded.model(x), model(x)) and name_networks(loaded.card) == "tiny, head dense256"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\xff", '{"name": "x"}'])
def test_a_broken_card(folder, text):
    (folder / checkpoint.CARD_FILE).write_text(text)
    assert checkpoint.CARD_FILE in refusal(folder)


def test_unreadable_and_bottomless(folder):
    path = folder / checkpoint.CARD_FILE
    path.write_text("[" * 100_000)
    assert checkpoint.CARD_FILE in refusal(folder)
    path.unlink()
    path.mkdir()
    assert "cannot be read" in refusal(folder)


def test_missing_files_and_pickles(folder, tmp_path):
    (folder / checkpoint.WEIGHTS_FILE).unlink()
    assert "has no model.safetensors" in refusal(folder)
    (folder / "model.pt").write_bytes(pickle.dumps({"a": 1}))
    assert "pickle" in refusal(folder)
    (tmp_path / "empty").mkdir()
    assert "not a checkpoint" in refusal(tmp_path / "empty")
    assert "no checkpoint named" in refusal(tmp_path / "nowhere")


def test_a_hub_id_is_fetched_from_the_hub(folder, monkeypatch):
    import huggingface_hub

    asked = []
    monkeypatch.setattr(
        huggingface_hub, "snapshot_download", lambda hub_id, allow_patterns: asked.append(hub_id) or str(folder)
    )
    assert checkpoint.load("someone/tiny").card.name == "tiny" and asked == ["someone/tiny"]


def test_an_unreachable_hub_is_one_sentence(monkeypatch):
    import huggingface_hub

    def unreachable(*args, **kwargs):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(CheckpointError, match="someone/tiny could not be fetched.*ConnectionError"):
        checkpoint.load("someone/tiny")
