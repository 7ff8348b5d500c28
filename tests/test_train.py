"""The way from a folder of films to a checkpoint, on synthetic films and a tiny network."""

import dataclasses
import json
import math
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.torch
import torch
from accelerate import Accelerator

from cxr_demo import checkpoint
from cxr_demo.errors import TrainingError
from cxr_demo.image import read_image
from cxr_demo.model import probabilities
from train import evaluate, loop, metrics
from train.__main__ import main
from train.augment import augment
from train.datasets import pack, read_kermany
from train.evaluate import finish, predict_files, unfinished
from train.loop import fit
from train.plots import PICTURES
from train.recipe import Augment, Recipe
from train.recipes import RECIPES
from train.splits import check_leaks, hold_out_validation, shared_patients

REAL = Path(os.environ.get("CXR_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A folder laid out like Kermany's: normal dark, bacterial bright below, viral bright above."""
    root, rng = tmp_path_factory.mktemp("kermany"), np.random.default_rng(0)
    for half, count in (("train", 20), ("test", 6)):
        for i in range(count):
            number = i + (0 if half == "train" else 100)
            for name in (
                f"NORMAL/IM-{number:04}-0001.jpeg",
                f"PNEUMONIA/person{number}_bacteria_{2 * i}.jpeg",
                f"PNEUMONIA/person{number}_virus_{2 * i + 1}.jpeg",
            ):
                film = rng.integers(40, 80, (70, 90)).astype(np.uint8)
                if "bacteria" in name:
                    film[40:] += 120
                if "virus" in name:
                    film[:30] += 120
                path = root / "chest_xray" / half / name
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), film)
    return root


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(
        name="tiny", paper="none", dataset="kermany", backbone="tiny",
        stages=((32, 2), (48, 2)), pretrained=False, summary="Synthetic.", batch=8, learning_rate=3e-3,
        label_smoothing=0.05, ema_decay=0.8, augment=Augment(rotate_deg=5, shift=0.02, contrast=0.2), validation=0.2,
    )  # fmt: skip


@pytest.fixture
def few_resamplings(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 40)


def table_of(data: Path, recipe: Recipe):
    return hold_out_validation(read_kermany(data), recipe.validation, recipe.seed)


def same_weights(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_kermany_is_read_as_released(data):
    table = read_kermany(data)
    assert len(table) == 78 and table.labels == ("normal", "bacterial_pneumonia", "viral_pneumonia")
    for path, target, patient, split in zip(table.paths, table.targets, table.patient, table.split, strict=True):
        kind = "normal" if path.parent.name == "NORMAL" else path.name.split("_")[1]
        assert target.argmax() == ["normal", "bacteria", "virus"].index(kind) and target.sum() == 1
        assert path.name.startswith(patient) and split == path.parts[-3]


def test_validation_is_split_by_patient_and_stratified(data, recipe):
    table = table_of(data, recipe)
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        assert len(shared_patients(table, one, other)) == 0
    share = (table.split == "val").sum() / (table.split != "test").sum()
    assert 0.1 < share < 0.3
    for k in range(3):
        assert table.targets[table.split == "val", k].mean() == pytest.approx(1 / 3, abs=0.15)
    assert (hold_out_validation(read_kermany(data), 0.2, seed=1).split != table.split).any()


def test_a_leak_is_an_error(data, recipe):
    table = table_of(data, recipe)
    patient = table.patient.copy()
    patient[np.flatnonzero(table.split == "val")[0]] = patient[np.flatnonzero(table.split == "train")[0]]
    with pytest.raises(TrainingError, match="1 patients are in train and in val"):
        check_leaks(dataclasses.replace(table, patient=patient), "train", "val")


def test_broken_films_are_named_once_and_left_out(data, recipe, tmp_path, capsys):
    table = read_kermany(data)
    broken = tmp_path / "broken.jpeg"
    broken.write_bytes(b"nothing")
    table.paths[3] = broken
    films, rows = pack(table, recipe.preprocess(32), "reading")
    assert films.shape == (77, 32, 32) and 3 not in rows
    said = capsys.readouterr()
    assert (said.out + said.err).count("broken.jpeg") == 1
    with pytest.raises(TrainingError, match="None of the films"):
        pack(table.where(np.array([3])), recipe.preprocess(32))


def test_missing_data_is_one_sentence(tmp_path, capsys):
    with pytest.raises(TrainingError, match="no Kermany films"):
        read_kermany(tmp_path)
    order = ["run", "kermany-densenet121", "--out", str(tmp_path / "w"), "--from-scratch", "--data"]
    assert main([*order, str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_training_and_app_see_the_same_tensor(data, recipe):
    """Law 5, first half: what the loop feeds, unaugmented, is what the card's preprocessing makes of the file."""
    table = read_kermany(data).where(np.arange(5))
    films, _ = pack(table, recipe.preprocess(48))
    fed = loop._normalise(torch.from_numpy(films), recipe)
    for path, x in zip(table.paths, fed, strict=True):
        np.testing.assert_array_equal(recipe.preprocess(48).apply(read_image(path).pixels)[0], x.numpy())


def test_train_save_load_gives_the_same_logits_and_a_complete_checkpoint(data, recipe, tmp_path, few_resamplings):
    """Law 5, second half, and everything that `finish` writes."""
    table = table_of(data, recipe)
    folder = tmp_path / "weights"
    fitted = fit(recipe, table, unfinished(folder), Accelerator(cpu=True))
    card = finish(fitted, recipe, table, folder)
    loaded = checkpoint.load(folder)
    assert [json.loads(line) for line in (folder / loop.LOG_FILE).read_text().splitlines()] == fitted.log
    assert [row["epoch"] for row in fitted.log] == [1, 2, 3, 4]
    assert card.commit == fitted.made_with["commit"] and card.training["command"].startswith("python -m train")
    assert loaded.card == checkpoint.Card.from_json(card.to_json())
    x = torch.from_numpy(card.preprocess.apply(read_image(table.paths[0]).pixels))
    p, p_stored = (probabilities(m(x), card.task, card.temperature) for m in (fitted.model, loaded.model))
    assert (p - p_stored).abs().max() <= 0.002
    assert card.temperature > 0 and set(card.thresholds) == set(table.labels)
    test_logits, _ = predict_files(loaded, table.where(table.split == "test"))
    accuracy = (test_logits.argmax(1).numpy() == table.targets[table.split == "test"].argmax(1)).mean()
    measured = card.metrics["test"]
    assert measured["accuracy"]["value"] == pytest.approx(accuracy)
    assert measured["accuracy"]["low"] <= accuracy <= measured["accuracy"]["high"]
    assert np.sum(measured["confusion"]) == measured["films"] == 18
    text = (folder / "README.md").read_text()
    assert f"{accuracy:.4f}" in text and "trained from scratch" in text and card.training["command"] in text
    assert all((folder / picture).stat().st_size > 3000 for picture in PICTURES)
    assert not unfinished(folder).exists()


def test_float16_is_kept_only_where_no_probability_moves(data, recipe, tmp_path, few_resamplings, monkeypatch):
    recipe = dataclasses.replace(recipe, stages=((32, 1),))
    table = table_of(data, recipe)
    stored_as = {}
    for tolerance in (1.0, 0.0):
        monkeypatch.setattr(evaluate, "HALF_TOLERANCE", tolerance)
        fitted = fit(recipe, table, unfinished(tmp_path / "w"), Accelerator(cpu=True))
        finish(fitted, recipe, table, tmp_path / "w")
        weights = safetensors.torch.load_file(tmp_path / "w" / checkpoint.WEIGHTS_FILE)
        stored_as[tolerance] = weights["net.classifier.weight"].dtype
    assert stored_as == {1.0: torch.float16, 0.0: torch.float32}


def test_it_learns_and_the_same_seed_gives_the_same_weights(data, recipe, tmp_path):
    recipe = dataclasses.replace(recipe, stages=((32, 8),))
    table = table_of(data, recipe)
    one, other = (fit(recipe, table, tmp_path / name, Accelerator(cpu=True)).model for name in "ab")
    assert same_weights(one, other)
    films, rows = pack(table.where(table.split == "test"), recipe.preprocess())
    right = loop.predict(one, films, recipe, Accelerator(cpu=True)).argmax(1).numpy()
    assert (right == table.targets[table.split == "test"].argmax(1)).mean() > 0.8


def test_a_run_that_was_killed_goes_on_to_the_same_weights(data, recipe, tmp_path, monkeypatch):
    table = table_of(data, recipe)
    whole = fit(recipe, table, tmp_path / "whole", Accelerator(cpu=True))
    train_epoch, seen = loop._train_epoch, []

    def killed_in_the_third_epoch(run, *rest):
        seen.append(run.epoch)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return train_epoch(run, *rest)

    monkeypatch.setattr(loop, "_train_epoch", killed_in_the_third_epoch)
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, table, tmp_path / "killed", Accelerator(cpu=True))
    resumed = fit(recipe, table, tmp_path / "killed", Accelerator(cpu=True))
    assert seen == [0, 1, 2, 2, 3] and same_weights(whole.model, resumed.model)
    timeless = [[{key: row[key] for key in row if key != "s"} for row in run.log] for run in (whole, resumed)]
    assert timeless[0] == timeless[1] and len(timeless[0]) == 4


def test_other_settings_or_films_do_not_go_on_from_that_state(data, recipe, tmp_path):
    table = table_of(data, recipe)
    recipe = dataclasses.replace(recipe, stages=((32, 1),))
    fit(recipe, table, tmp_path, Accelerator(cpu=True))
    with pytest.raises(TrainingError, match="other settings or other films"):
        fit(dataclasses.replace(recipe, batch=9), table, tmp_path, Accelerator(cpu=True))
    with pytest.raises(TrainingError, match="other settings or other films"):
        fit(recipe, table.where(np.arange(len(table) - 1)), tmp_path, Accelerator(cpu=True))


@pytest.mark.parametrize("wrong", ["64x0", "16x1", "64", "64x1,", "9000x1"])
def test_stages_that_make_no_sense_are_refused(wrong, data, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "kermany-densenet121", "--data", str(data), "--out", str(tmp_path), "--stages", wrong])
    assert stopped.value.code == 2 and "--stages" in capsys.readouterr().err


@pytest.mark.parametrize("films", ["3", "14", "30"])
def test_too_few_films_are_one_sentence(films, data, tmp_path, capsys):
    order = ["run", "kermany-densenet121", "--data", str(data), "--out", str(tmp_path / "w"), "--from-scratch"]
    assert main([*order, "--stages", "32x1", "--films", films]) == 2
    assert "Take more films" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "w" / checkpoint.CARD_FILE).exists()


def test_a_loss_that_is_no_number_stops_and_leaves_the_last_state(data, recipe, tmp_path, monkeypatch):
    table = table_of(data, recipe)
    forward, calls = loop.F.cross_entropy, []

    def breaks_later(*arguments, **options):
        calls.append(1)
        return forward(*arguments, **options) * (math.nan if len(calls) > 8 else 1)

    monkeypatch.setattr(loop.F, "cross_entropy", breaks_later)
    with pytest.raises(TrainingError, match="not a number in epoch 2"):
        fit(recipe, table, tmp_path, Accelerator(cpu=True))
    state = torch.load(tmp_path / loop.STATE_FILE, weights_only=True)
    assert len(state["log"]) == 1 and all(torch.isfinite(v).all() for v in state["model"].values())


def test_a_full_disk_stops_with_a_sentence_and_leaves_the_last_state(data, recipe, tmp_path, monkeypatch):
    table, save, calls = table_of(data, recipe), torch.save, []

    def full_at_the_second(state, path):
        calls.append(1)
        if len(calls) == 2:
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save(state, path)

    monkeypatch.setattr(loop.torch, "save", full_at_the_second)
    with pytest.raises(TrainingError, match="cannot be written"):
        fit(recipe, table, tmp_path, Accelerator(cpu=True))
    assert len(torch.load(tmp_path / loop.STATE_FILE, weights_only=True)["log"]) == 1
    assert not list(tmp_path.glob("*.part"))


def test_an_unreachable_hub_names_the_switch(data, tmp_path, monkeypatch, capsys):
    import timm

    def unreachable(*args, pretrained=False, **kwargs):
        assert pretrained
        raise ConnectionError("no route to host")

    monkeypatch.setattr(timm, "create_model", unreachable)
    order = ["run", "kermany-densenet121", "--data", str(data), "--out", str(tmp_path / "w")]
    assert main(order) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--from-scratch" in said and "hub" in said


def test_the_bundled_recipe_runs_from_the_command_line(data, tmp_path, capsys, few_resamplings):
    order = ["run", "kermany-densenet121", "--data", str(data), "--out", str(tmp_path / "w"), "--from-scratch"]
    assert main([*order, "--stages", "32x1", "--films", "60"]) == 0
    assert "test accuracy" in capsys.readouterr().out
    assert checkpoint.load(tmp_path / "w").card.backbone == "densenet121"


def test_every_recipe_is_listed_with_its_paper(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name, recipe in RECIPES.items():
        assert name in printed and recipe(True).paper in printed
        assert recipe(True).name == name and recipe(True).pretrained and not recipe(False).pretrained


def test_augmentation_stays_in_range_is_drawn_per_film_and_without_settings_changes_nothing():
    squares = torch.rand(4, 1, 32, 32)
    strong = Augment(rotate_deg=10, scale=0.1, shift=0.1, flip=0.5, contrast=0.3, brightness=0.2, gamma=0.3)
    changed = augment(squares[:1].repeat(4, 1, 1, 1), strong, torch.Generator().manual_seed(0))
    assert changed.shape == squares.shape and changed.min() >= 0 and changed.max() <= 1
    assert not torch.equal(changed[0], changed[1])
    same = augment(squares, Augment(), torch.Generator().manual_seed(0))
    torch.testing.assert_close(same, squares, atol=1e-5, rtol=0)
    flipped = augment(squares, Augment(flip=1.0), torch.Generator().manual_seed(0))
    torch.testing.assert_close(flipped, squares.flip(3), atol=1e-5, rtol=0)


@pytest.mark.skipif(not (REAL / "kermany").is_dir(), reason="needs the real films: ../shared/data or CXR_DATA")
def test_the_real_kermany_films():
    table = hold_out_validation(read_kermany(REAL), 0.1, 0)
    counts = {split: int((table.split == split).sum()) for split in ("train", "val", "test")}
    assert counts["test"] == 624 and counts["train"] + counts["val"] == 4958
    assert table.targets[table.split == "test"].sum(0).tolist() == [234, 242, 148]
    films, rows = pack(table.where(np.arange(0, len(table), 100)), RECIPES["kermany-densenet121"](False).preprocess())
    assert len(films) == len(rows) == 56 and films.std() > 20
