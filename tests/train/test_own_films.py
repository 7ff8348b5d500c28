"""Films of one's own from the command line: the recipes for them, and a recipe with another network, size, task ..."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_demo.networks import checkpoint
from train.__main__ import main
from train.fit import loop
from train.measure import metrics

SMALL = ["--backbone", "mobilenetv3_small_050", "--input", "32", "--epochs", "1", "--batch", "8"]


@pytest.fixture(autouse=True)
def few_resamplings(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 20)


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """Forty films in two class folders, `classes`, and the same with a table, `table`."""
    root, random, lines = tmp_path_factory.mktemp("own"), np.random.default_rng(0), []
    for i in range(40):
        film = random.integers(40, 80, (32, 32)) + 90 * (i % 2) * (np.arange(32) > 16)
        for folder in (("Healthy", "Silikose")[i % 2], "table"):
            path = root / ("table" if folder == "table" else f"classes/{folder}") / f"{i:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), film.astype(np.uint8))
        uncertain = "-1" if i == 5 else i % 2
        lines.append(f"{i:02}.png;{i};{uncertain};{(i // 2) % 2};{60 + i}")
    (root / "table" / "films.csv").write_text("\n".join(["Image;Patient ID;Edema;Überblähung;age", *lines]))
    return root


def run(own: Path, out: Path, recipe: str, *more: str) -> int:
    data = own / ("classes" if recipe == "own-single-label" and "csv" not in more else "table")
    return main(["run", recipe, "--data", str(data), "--out", str(out), "--from-scratch", *more])


def test_own_classes_train_a_network_by_its_name(own, tmp_path, capsys):
    assert run(own, tmp_path / "w", "own-single-label", *SMALL, "--lr", "0.002") == 0
    card = checkpoint.load(tmp_path / "w").card
    assert card.labels == ("Healthy", "Silikose") and card.task == "single-label"
    assert card.backbone == "mobilenetv3_small_050" and card.preprocess.size_px == 32
    assert card.training.recipe == "own-single-label"
    expected = (
        "backbone: mobilenetv3_small_050 instead of efficientnet_lite0",
        "stages: 32x1 instead of 64x12, 128x8, 224x4",
        "batch: 8 instead of 16",
        "learning rate: 0.002 instead of 0.001",
    )
    assert set(expected) <= set(card.training.changed) and set(card.training.changed) - set(expected) == {
        "mean: 0.449 instead of 0.5", "std: 0.226 instead of 0.5",
    }  # fmt: skip
    said = capsys.readouterr().out
    assert "own-single-label, changed: backbone: mobilenetv3_small_050 instead of efficientnet_lite0" in said
    assert "; ".join(card.training.changed) in (tmp_path / "w" / "README.md").read_text()
    settings = json.loads((tmp_path / "w" / "config.json").read_text())["training"]["settings"]
    assert settings["batch"] == 8 and "changed" not in settings


def test_own_findings_are_read_evaluated_and_shown_by_their_names(own, tmp_path, capsys):
    """What was stated of the films is in the card, so that they are read the same way again."""
    out = tmp_path / "w"
    assert run(own, out, "own-multi-label", *SMALL, "--uncertain", "ignore") == 0
    card = checkpoint.load(out).card
    assert card.labels == ("edema", "Uberblahung") and card.task == "multi-label"
    assert card.get_finding("Uberblahung").name == "Überblähung" and "Überblähung" in card.summary
    assert card.training.settings.uncertain == "ignore" and "(-1) were left out" in card.training.caveat
    capsys.readouterr()
    assert main(["evaluate", str(out), "--data", str(own / "table"), "--split", "val"]) == 0
    assert "Its epoch, temperature and thresholds were chosen on these films." in capsys.readouterr().out


def test_the_task_of_a_table_is_what_the_command_says(own, tmp_path, capsys):
    out = tmp_path / "w"
    order = [*SMALL, "--labels", "Edema", "--uncertain", "negative", "--dataset", "csv"]
    assert run(own, out, "own-single-label", *order, "--task", "multi-label") == 0
    card = checkpoint.load(out).card
    assert card.task == "multi-label" and card.labels == ("edema",) and card.training.settings.labels == ("Edema",)
    assert {"loss: bce instead of cross-entropy", "dataset: csv instead of folder"} <= set(card.training.changed)


def wrong(code: int, capsys) -> str:
    assert code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("train: ") and "Traceback" not in said
    return said


def test_a_wrong_combination_is_a_sentence_before_the_first_step(own, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(loop, "train_epoch", lambda *arguments: pytest.fail("a step was taken"))

    def refused(recipe: str, *more: str) -> str:
        return wrong(run(own, tmp_path / "w", recipe, *more), capsys)

    single, multi = "own-single-label", "own-multi-label"
    assert "Add --dataset csv" in wrong(
        main(["run", single, "--data", str(own / "table"), "--out", str(tmp_path / "w"), "--from-scratch"]), capsys
    )
    assert "the nearest names are" in refused(single, "--backbone", "resnet35")
    assert "vit_tiny_patch16_224 is no convolutional network" in refused(single, "--backbone", "vit_tiny_patch16_224")
    assert "--stages says sizes and epochs" in refused(single, "--stages", "32x1", "--input", "64")
    assert "takes no squares of 32 px" in refused(single, *SMALL, "--backbone", "alexnet")
    assert "one batch needs 64" in refused(single, *SMALL, "--batch", "64")
    assert "bce is not for single-label films, which folder are" in refused(single, *SMALL, "--task", "multi-label")
    assert "--uncertain is for the data set csv" in refused(single, *SMALL, "--uncertain", "ignore")
    assert "in line 7 for edema" in refused(multi, *SMALL)
    several = refused(multi, *SMALL, "--task", "single-label", "--uncertain", "ignore")
    assert "films have not one label each" in several and "--task multi-label" in several
    assert "different networks, which --backbone would make the same" in refused("avola2022", *SMALL)
    for option, value in (("--lr", "0"), ("--lr", "x"), ("--batch", "1"), ("--input", "16"), ("--epochs", "0")):
        with pytest.raises(SystemExit):
            run(own, tmp_path / "w", single, option, value)
    assert not (tmp_path / "w" / checkpoint.CARD_FILE).exists()


def test_without_imagenet_weights_own_films_are_trained_on_from_scratch_and_it_is_said(
    own, tmp_path, capsys, monkeypatch
):
    import timm

    create = timm.create_model

    def unreachable(*arguments, pretrained=False, **options):
        if pretrained:
            raise ConnectionError("no route to host")
        return create(*arguments, pretrained=False, **options)

    monkeypatch.setattr(timm, "create_model", unreachable)
    order = ["run", "own-single-label", "--data", str(own / "classes"), "--out", str(tmp_path / "w"), *SMALL]
    assert main(order) == 0
    said = "none, trained from scratch: the ImageNet weights of mobilenetv3_small_050 cannot be fetched"
    assert checkpoint.read_card(tmp_path / "w").training.initial_weights.startswith(said)
    assert "The network is trained from scratch." in "".join(capsys.readouterr())
