"""The commands of `python -m train` one after the other, as a person would give them; and what goes wrong in each."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_demo.networks import checkpoint
from train.__main__ import main
from train.measure import metrics
from train.recipes import SYSTEMS

RUN = ["run", "rajaraman2021/encoder", "--from-scratch", "--stages", "32x1"]


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> tuple[Path, Path]:
    """Two small checkpoints of the same films."""
    root = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "RESAMPLINGS", 20)
        for name in ("one", "other"):
            assert main([*RUN, "--data", str(data), "--out", str(root / name)]) == 0
    return root / "one", root / "other"


@pytest.fixture(autouse=True)
def few_resamplings(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 20)


def test_describe_counts_and_draws(data, tmp_path, capsys):
    assert main(["describe", "nih", "--data", str(data), "--out", str(tmp_path / "nih.png")]) == 0
    said = capsys.readouterr().out
    assert "hernia" in said and "train" in said and (tmp_path / "nih.png").stat().st_size > 5000


def test_evaluate_and_compare(data, trained, tmp_path, capsys):
    one, other = trained
    before = (one / checkpoint.CARD_FILE).read_bytes()
    assert main(["evaluate", str(one), "--data", str(data), "--out", str(tmp_path / "out")]) == 0
    accuracy = checkpoint.read_card(one).metrics.sets["test"].figures["accuracy"].value
    assert f"{accuracy:.3f}" in capsys.readouterr().out and (tmp_path / "out" / "metrics.json").exists()
    assert (one / checkpoint.CARD_FILE).read_bytes() == before
    assert main(["compare", str(one), str(other), "--data", str(data)]) == 0
    assert "other" in capsys.readouterr().out


@pytest.mark.parametrize("rule", ["mean", "joined"])
def test_an_ensemble_is_a_checkpoint_like_any_other(rule, data, trained, tmp_path, capsys):
    order = ["ensemble", *map(str, trained), "--rule", rule, "--data", str(data), "--out", str(tmp_path / rule)]
    assert main(order) == 0
    loaded = checkpoint.load(tmp_path / rule)
    assert [member.card.name for member in loaded.members] == ["one", "other"] and loaded.card.ensemble.rule == rule
    assert loaded.card.title == "Children of 1 to 5 years: pneumonia or not" and loaded.card.ages == (1, 5)
    assert "test accuracy" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / rule), "--data", str(data)]) == 0


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_says_what_its_networks_are_for(name):
    for pretrained, as_published in ((False, False), (True, True)):
        for recipe in SYSTEMS[name](pretrained, as_published).recipes:
            use = recipe.intended_use
            if recipe.dataset not in ("folder", "csv"):  # of a person's own films nobody here can say it
                assert use.title and use.population and use.purpose.endswith("?") and not use.made_for
            assert "intended_use" not in recipe.list_settings() and repr(use) not in repr(recipe)


def test_a_persons_own_films_train_a_recipe(tmp_path, capsys):
    """A folder for each class, with labels that the house does not know, and a film that is none."""
    random = np.random.default_rng(0)
    for name, brightness in (("healthy", 0), ("silicosis", 90)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for i in range(40):
            film = random.integers(40, 80, (48, 48)) + brightness * (np.arange(48) > 24)
            cv2.imwrite(str(tmp_path / "own" / name / f"{name}-{i}.png"), film.astype(np.uint8))
    (tmp_path / "own" / "healthy" / "notes.png").write_bytes(b"nothing")
    order = [*RUN, "--dataset", "folder", "--data", str(tmp_path / "own"), "--out", str(tmp_path / "w")]
    assert main(order) == 0
    card = checkpoint.load(tmp_path / "w").card
    assert card.labels == ("healthy", "silicosis") and card.training.settings.dataset == "folder"
    assert card.title == card.population == card.purpose == "" and card.ages is None, (
        "the recipe's are not true of them"
    )
    assert "Guangzhou" not in card.to_json() and "Guangzhou" not in (tmp_path / "w" / "README.md").read_text()
    films = card.training.films
    assert card.summary == (
        f"Healthy, Silicosis: one of them on each film. Learned from {films['train']} films of {films['train']} "
        'patients, the folder "own": a folder for each class.'
    )
    assert card.licence == "" and card.training.data_licence == "not stated"
    assert {sum(of.values()) for of in card.training.label_films.values()} == {40, 41}
    assert card.training.split_by == "lot, patient by patient"
    assert "Each file was counted as one patient" in card.training.caveat
    said = capsys.readouterr()
    assert said.err.count("counts as one patient") == 1 and "notes.png" in "".join(said)
    assert main(order) == 0 and "finished already" in capsys.readouterr().out
    before = {path: path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file()}
    (tmp_path / "w" / "confusion.png").write_bytes(b"of the run before")
    assert "--overwrite" in wrong([*order, "--seed", "7"], capsys)
    assert all(path.read_bytes() == content for path, content in before.items() if path.name != "confusion.png")
    curves = set((tmp_path / "w" / "tensorboard").iterdir())
    assert main([*order, "--seed", "7", "--overwrite"]) == 0
    assert checkpoint.load(tmp_path / "w").card.training.settings.seed == 7
    assert not curves & set((tmp_path / "w" / "tensorboard").iterdir())
    assert (tmp_path / "w" / "confusion.png").read_bytes() != b"of the run before"


def test_a_persons_films_stay_together_in_training_and_evaluation(tmp_path, capsys):
    """Four films of each person, who are told by a pattern, which the card keeps; `--overwrite` leaves no picture of
    the result that it replaces."""
    random = np.random.default_rng(0)
    for name, brightness in (("healthy", 0), ("sick", 90)):
        for folder in ("train", "test"):
            (tmp_path / "own" / folder / name).mkdir(parents=True)
            for i in range(48 if folder == "train" else 8):
                film = random.integers(40, 80, (48, 48)) + brightness * (np.arange(48) > 24)
                path = tmp_path / "own" / folder / name / f"{folder}{name}{i // 4}_{i % 4}.png"
                cv2.imwrite(str(path), film.astype(np.uint8))
    order, out = [*RUN, "--dataset", "folder", "--data", str(tmp_path / "own")], str(tmp_path / "w")
    assert main([*order, "--out", out, "--patient-pattern", r"^(\w+)_\d"]) == 0
    training = checkpoint.read_card(tmp_path / "w").training
    assert training.films == {part: 4 * count for part, count in training.patients.items()}
    assert training.split_by == "the folders train, test, validation by lot"
    assert training.settings.patient_pattern == r"^(\w+)_\d" and "counted as one patient" not in training.caveat
    assert "counts as one patient" not in capsys.readouterr().err
    measured = ["evaluate", out, "--data", str(tmp_path / "own"), "--out", str(tmp_path / "m")]
    assert main(measured) == 0 and "16 films of 4 patients" in capsys.readouterr().out
    (tmp_path / "m" / "training.png").write_bytes(b"of another checkpoint")
    (tmp_path / "m" / "mine.png").write_bytes(b"a person's")
    assert main([*measured, "--overwrite", "--split", "all", "--patient-pattern", r"^([a-z]+\d+_\d)"]) == 0
    assert "Its card cannot tell" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "m").iterdir()} == {
        "metrics.json", "roc.png", "calibration.png", "confusion.png", "mine.png",
    }  # fmt: skip
    assert "finds no patient" in wrong(
        ["evaluate", out, "--data", str(tmp_path / "own"), "--patient-pattern", "(x)"], capsys
    )


def wrong(order: list[str], capsys) -> str:
    assert main(order) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("train: ") and "Traceback" not in said
    return said


def test_one_sentence_each(data, trained, tmp_path, capsys, monkeypatch):
    nowhere, out = str(tmp_path / "nowhere"), ["--out", str(tmp_path / "w")]
    assert "no folder" in wrong([*RUN, "--data", nowhere, *out], capsys)
    for order in (["evaluate", str(trained[0])], ["compare", *map(str, trained)], ["describe", "nih"]):
        assert wrong([*order, "--data", nowhere], capsys)
    (tmp_path / "empty").mkdir()
    for dataset in ("nih", "kermany", "hannover", "covid-chestxray", "four-classes", "covid-three", "folder", "csv"):
        assert wrong(["describe", dataset, "--data", str(tmp_path / "empty")], capsys)
    assert wrong(["evaluate", nowhere, "--data", str(data)], capsys)
    assert "bassi2022/nih-201 first" in wrong(
        ["run", "bassi2022/B", "--from-scratch", "--data", str(data), *out], capsys
    )
    assert "kufel2023 has no run official as published" in wrong(
        ["run", "kufel2023/official", "--as-published", "--data", str(data), *out], capsys
    )
    boit = ["run", "consilium/as-boit", "--seed", "1", "--from-scratch", "--data", str(data), *out]
    assert "its split or its seed is another" in wrong(boit, capsys)
    members = ["ensemble", *map(str, trained), "--data", str(data), "--out"]
    assert "one of the members" in wrong([*members, f"{trained[0]}/"], capsys)
    for command in ("phantom", "lungs", "gate"):
        films = [] if command == "phantom" else ["--data", str(data)]
        (tmp_path / command).mkdir()
        for sign in ("phantom.json", "lungs.json", "gate.json"):
            (tmp_path / command / sign).touch()
        assert "--overwrite" in wrong([command, *films, "--out", str(tmp_path / command)], capsys)
    few = ["run", "kufel2023/official", "--from-scratch", "--stages", "32x1", "--films", "14"]
    assert "Take more films" in wrong([*few, "--data", str(data), *out], capsys)
    assert not (tmp_path / "w" / checkpoint.CARD_FILE).exists()


@pytest.mark.parametrize("stages", ["64x0", "16x1", "64", "64x1,", "9000x1"])
def test_stages_that_make_no_sense_are_refused(stages, data, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "kufel2023", "--data", str(data), "--out", str(tmp_path), "--stages", stages])
    assert stopped.value.code == 2 and "--stages" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["kufel2024", "kufel2023/unofficial"])
def test_a_recipe_that_nobody_knows_is_answered_with_those_that_are(recipe, data, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["run", recipe, "--data", str(data), "--out", str(tmp_path)])
    assert "official" in capsys.readouterr().err or recipe == "kufel2024"


def test_an_unreachable_hub_names_the_switch(data, tmp_path, monkeypatch, capsys):
    import timm

    make = timm.create_model

    def unreachable(*args, pretrained=False, **kwargs):
        if not pretrained:  # how the network is cut into parts is looked up first
            return make(*args, pretrained=pretrained, **kwargs)
        raise ConnectionError("no route to host")

    monkeypatch.setattr(timm, "create_model", unreachable)
    said = wrong(["run", "kufel2023/official", "--data", str(data), "--out", str(tmp_path / "w")], capsys)
    assert "--from-scratch" in said and "hub" in said


def test_a_full_disk_at_the_end_is_one_sentence_and_leaves_the_checkpoint(data, trained, capsys, monkeypatch):
    before = {path.name: path.read_bytes() for path in trained[0].iterdir() if path.is_file()}

    def full(*arguments, **options):
        raise OSError(28, "No space left on device", "model.safetensors.part")

    monkeypatch.setattr(checkpoint, "write_file", full)
    assert "No space left" in wrong(
        [*RUN, "--overwrite", "--seed", "1", "--data", str(data), "--out", str(trained[0])], capsys
    )
    assert {path.name: path.read_bytes() for path in trained[0].iterdir() if path.is_file()} == before
