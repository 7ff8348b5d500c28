"""`train calibrate`: an imported network's scores become probabilities, by films that know what is true."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import find_standing
from cxr_demo.text.catalogue import format_text
from tests.conftest import make_film, make_model
from train.__main__ import main
from train.data.split_tables import read_checkpoint_table
from train.ensembles import CAVEAT_OF_OTHERS
from train.evaluate import measure_checkpoint
from train.measure import metrics

SQUARE = Preprocess(64, "letterbox", (0.5,), (0.25,))
LABELS = ("edema", "effusion", "hernia")
MISSING = ("import-missing-calibration", "import-missing-figures", "import-missing-comparison")
TOO_SURE = 2.5  # how much
FILMS = 200


@pytest.fixture(autouse=True)
def few_resamplings(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 50)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A network from elsewhere, and a table of films, a third of them to test on. What is true of a film is drawn by
    its logits / TOO_SURE; hernia is stated of a few films alone."""
    root, random = tmp_path_factory.mktemp("calibrate"), np.random.default_rng(0)
    paths = [root / "films" / f"{i:03}.png" for i in range(FILMS)]
    paths[0].parent.mkdir()
    for i, path in enumerate(paths):
        cv2.imwrite(str(path), np.rint(255 * make_film(i, (48, 48))).astype(np.uint8))
    model = make_model("tiny", len(LABELS))
    squares = torch.from_numpy(np.concatenate([SQUARE.apply(read_image(path).pixels) for path in paths]))
    with torch.inference_mode():
        logits = model(squares)
        model.output.weight.mul_(4 / logits.std(0)[:, None])
        model.output.bias.copy_(-(4 / logits.std(0) * (logits.mean(0) - model.output.bias)))
        logits = model(squares).numpy()
    true = random.random(logits.shape) < 1 / (1 + np.exp(-logits / TOO_SURE))
    lines = ["path,patient,split,Edema,Pleural Effusion,Hernia"]
    for i, (edema, effusion, hernia) in enumerate(true.astype(int)):
        split = "test" if i % 3 == 0 else "train"
        lines.append(f"{i:03}.png,{i},{split},{edema},{effusion},{hernia if i < 9 else ''}")
    (root / "films" / "films.csv").write_text("\n".join(lines))
    imported = {"source": "a test", "missing": [format_text(key) for key in MISSING]}
    card = Card(
        "theirs", "tiny", LABELS, "multi-label", SQUARE, thresholds={"hernia": 0.8, "edema": 0.9},
        training={"caveat": format_text("import-caveat"), "data": "films of theirs", "imported": imported},
    )  # fmt: skip
    checkpoint.save(root / "theirs", model, card, half=False)
    return root


@pytest.fixture
def theirs(made, tmp_path) -> Path:
    shutil.copytree(made / "theirs", tmp_path / "theirs")
    return tmp_path / "theirs"


def calibrate(folder: Path, data: Path, *more: str) -> int:
    return main(["calibrate", str(folder), "--data", str(data), *more])


def write_table(folder: Path, made: Path, rows: list[str]) -> Path:
    """The same films with another table."""
    shutil.copytree(made / "films", folder)
    (folder / "films.csv").write_text("\n".join(rows))
    return folder


def test_an_imported_network_is_calibrated_and_measured(theirs, made, capsys):
    assert not checkpoint.read_card(theirs).calibrated
    assert calibrate(theirs, made / "films", "--dataset", "csv") == 0
    said = capsys.readouterr().out
    card = checkpoint.load(theirs).card
    assert card.temperature == pytest.approx(TOO_SURE, rel=0.3) and f"temperature {card.temperature:g}" in said
    assert set(card.metrics.sets) == {"validation", "test"}
    test, held_out = card.metrics.sets["test"], card.metrics.sets["validation"]
    assert (test.films, held_out.films) == (67, 133) and set(test.reliability) >= {"edema", "effusion"}
    assert test.ece_after_temperature != test.ece_before_temperature and set(test.operating_points) >= {"edema"}
    low, high = card.threshold_intervals["edema"]
    assert low <= card.thresholds["edema"] <= high and card.thresholds["edema"] != 0.9
    # Of hernia these films say too little: its threshold is the same decision as before.
    assert "hernia" not in card.threshold_intervals
    assert np.log(0.8 / 0.2) == pytest.approx(
        card.temperature * np.log(card.thresholds["hernia"] / (1 - card.thresholds["hernia"]))
    )
    assert find_standing(card, np.array([0.9, 0.1, 0.5]), "edema").verdict == "above"


def test_the_card_says_by_which_films_and_takes_back_what_is_no_longer_true(theirs, made, capsys):
    assert calibrate(theirs, made / "films", "--dataset", "csv") == 0
    training = checkpoint.read_card(theirs).training
    assert training.calibrated_on == '133 films of 133 patients, the folder "films": films listed in films.csv.'
    assert training.imported is not None and training.imported.missing == (format_text("import-missing-comparison"),)
    assert training.caveat == format_text("import-caveat-calibrated") and training.data == "films of theirs"
    assert training.films == {} and training.settings.dataset == "", "it did not learn from them"
    page = (theirs / "README.md").read_text()
    assert training.calibrated_on.rstrip(".") in page and "## Verdict" in page and "67 films of 67 patients" in page
    assert main(["push", str(theirs), "--repo", "a/b", "--dry-run"]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(theirs), "--dataset", "csv", "--data", str(made / "films")]) == 0
    assert f"It was calibrated on {training.calibrated_on}" in capsys.readouterr().out
    before = (theirs / checkpoint.CARD_FILE).read_bytes()
    assert calibrate(theirs, made / "films", "--dataset", "csv") == 0
    again = checkpoint.read_card(theirs)
    assert (theirs / checkpoint.CARD_FILE).read_bytes() == before, f"the same films, the same card: {again}"


def test_where_nothing_can_be_said_nothing_is_written(theirs, made, tmp_path, capsys):
    def refused(*more: str, data: Path = made / "films") -> str:
        before = {path.name: path.read_bytes() for path in theirs.iterdir()}
        assert calibrate(theirs, data, *more) == 2
        assert {path.name: path.read_bytes() for path in theirs.iterdir()} == before
        return capsys.readouterr().err

    assert "Name one with --dataset" in refused()
    lines = (made / "films" / "films.csv").read_text().splitlines()

    def write(name: str, rows: list[str]) -> Path:
        return write_table(tmp_path / name, made, rows)

    few = refused("--dataset", "csv", data=write("few", lines[:40]))
    assert "theirs stays uncalibrated: of 26 patients its labels are stated, and 50 are the fewest" in few
    random = np.random.default_rng(1)
    shuffled = [f"{line.rsplit(',', 3)[0]},{','.join(random.choice(['0', '1'], 3))}" for line in lines[1:]]
    noise = refused("--dataset", "csv", data=write("noise", [lines[0], *shuffled]))
    assert "theirs stays uncalibrated: no temperature is best" in noise
    gout = [line.replace("Edema,Pleural Effusion,Hernia", "gout,fever,cough") for line in lines]
    assert "have no label in common" in refused("--dataset", "csv", data=write("gout", gout))
    tests = [line.replace(",train,", ",test,") for line in lines]
    assert "All films of csv are for tests" in refused("--dataset", "csv", data=write("tests", tests))
    card = checkpoint.read_card(theirs)
    seen = dataclasses.replace(card, training=card.training.replace(sources=["csv"]))
    checkpoint.save_card(theirs, seen)
    assert "theirs was trained on films of csv" in refused("--dataset", "csv")


def test_a_checkpoint_of_ours_gets_what_its_run_gave_it(theirs, made, tmp_path):
    """One function calibrates both, on the same validation films."""
    text = (made / "films" / "films.csv").read_text().splitlines()
    held_out = [line.replace(",train,", ",val,") if k % 3 else line for k, line in enumerate(text[1:], 1)]
    films = write_table(tmp_path / "films", made, [text[0], *held_out])
    settings = {"dataset": "csv", "validation": 0.1, "seed": 0}
    card = dataclasses.replace(checkpoint.read_card(theirs), thresholds={}, training={"settings": settings})
    checkpoint.save_card(theirs, card)
    by_its_run = measure_checkpoint(theirs, read_checkpoint_table(theirs, films))
    assert by_its_run.calibrated and by_its_run.training.films == {"train": 66, "val": 67, "test": 67}
    checkpoint.save_card(
        theirs, dataclasses.replace(by_its_run, temperature=0.0, thresholds={}, threshold_intervals={})
    )
    assert calibrate(theirs, films) == 0
    again = checkpoint.read_card(theirs)
    assert again == Card.from_json(by_its_run.to_json()) and again.training.calibrated_on == ""


# ---- other commands, and other films


def save_twin(folder: Path, theirs: Path, labels: tuple[str, ...] = LABELS) -> Path:
    """Another network from elsewhere, of the same square."""
    card = dataclasses.replace(
        checkpoint.read_card(theirs), name=folder.name, labels=labels, thresholds={}, training={"data": "other films"}
    )
    checkpoint.save(folder, make_model("tiny", len(labels), seed=1), card, half=False)
    return folder


def test_imported_networks_are_evaluated_and_compared_by_the_labels_they_share(theirs, made, tmp_path, capsys):
    films = ["--dataset", "csv", "--data", str(made / "films")]
    twin = save_twin(tmp_path / "twin", theirs, ("hernia", "edema", "mass"))
    assert main(["evaluate", str(twin), *films]) == 0
    said = capsys.readouterr().out
    assert "These films do not state: Mass." in said and "It was never calibrated" in said
    assert "It does not know these labels of the films: Effusion." in said
    assert main(["compare", str(theirs), str(twin), *films]) == 0
    said = capsys.readouterr().out
    assert "Not compared, as not all networks and films have them: Effusion, Mass." in said
    assert "AUROC, Oedema against the rest" in said and "Effusion against the rest" not in said
    for command in ("evaluate", "compare"):
        second = [str(twin)] if command == "compare" else []
        assert main([command, str(theirs), *second, "--data", str(made / "films")]) == 2
        assert "names no data set that is known here. Name one with --dataset." in capsys.readouterr().err


@pytest.mark.parametrize("rule", ["mean", "weighted", "stacking"])
def test_imported_networks_are_joined_on_films_that_are_named(rule, theirs, made, tmp_path, capsys):
    twin, out = save_twin(tmp_path / "twin", theirs), tmp_path / "both"
    order = ["ensemble", str(theirs), str(twin), "--rule", rule, "--out", str(out), "--data", str(made / "films")]
    assert main(order) == 2 and "Name a data set with --dataset." in capsys.readouterr().err
    assert main([*order, "--dataset", "csv"]) == 0
    card = checkpoint.load(out).card
    assert card.ensemble is not None and [each.name for each in card.ensemble.members] == ["theirs", "twin"]
    assert {name: each.films for name, each in card.metrics.sets.items()} == {"validation": 133, "test": 67}
    training = card.training
    assert training.imported is None and training.films == {} and training.settings.dataset == ""
    assert training.data == "films of theirs; other films"
    assert training.caveat == CAVEAT_OF_OTHERS
    assert card.calibrated == bool(training.calibrated_on), "by which films its card says"
    assert "# both" in (out / "README.md").read_text()


def test_what_cannot_be_joined_is_a_sentence(theirs, made, tmp_path, capsys):
    twin = save_twin(tmp_path / "twin", theirs)
    order = ["ensemble", str(theirs), str(twin), "--out", str(tmp_path / "both"), "--dataset", "csv"]
    films = ["--data", str(made / "films")]
    assert main([*order, *films, "--rule", "joined"]) == 2
    assert "Feature fusion trains new layers" in capsys.readouterr().err
    lines = (made / "films" / "films.csv").read_text().replace("Edema,Pleural Effusion,Hernia", "gout,fever,cough")
    other = write_table(tmp_path / "gout", made, lines.splitlines())
    assert main([*order, "--data", str(other)]) == 2
    assert "have no label in common" in capsys.readouterr().err and not (tmp_path / "both").exists()


def test_another_folder_of_the_same_kind_holds_none_of_its_own_films(theirs, made, tmp_path, capsys):
    """A network that was trained on a person's own table, and a table of another hospital."""
    text = (made / "films" / "films.csv").read_text().splitlines()
    own = write_table(tmp_path / "own", made, [text[0], *(line.replace(",train,", ",val,") if k % 3 else line
                                                          for k, line in enumerate(text[1:], 1))])  # fmt: skip
    settings = {"dataset": "csv", "validation": 0.1, "seed": 0}
    checkpoint.save_card(theirs, dataclasses.replace(checkpoint.read_card(theirs), training={"settings": settings}))
    before = measure_checkpoint(theirs, read_checkpoint_table(theirs, own))
    other = write_table(tmp_path / "other", made, text[:180])
    assert calibrate(theirs, other) == 2
    assert (
        'These are not the films that theirs was made from: its card says the folder "own"' in capsys.readouterr().err
    )
    assert checkpoint.read_card(theirs) == Card.from_json(before.to_json())
    assert calibrate(theirs, other, "--dataset", "csv") == 0
    training = checkpoint.read_card(theirs).training
    assert training.calibrated_on.startswith('119 films of 119 patients, the folder "other"')
    assert (training.films, training.data) == (before.training.films, before.training.data), "what it learned from"
    text[1] = text[1].replace(",test,", ",train,")
    (own / "films.csv").write_text("\n".join(text))
    assert calibrate(theirs, own, "--dataset", "csv") == 2, "the same folder, with another table"
    assert "These are not the films" in capsys.readouterr().err
