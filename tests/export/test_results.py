"""`python -m cxr_demo compare`: two checkpoints or the members of one, on a synthetic film."""

import csv
import dataclasses
import io
import json

import cv2
import numpy as np
import pytest

from cxr_demo import METHODS, Analyser, load, read_image
from cxr_demo.__main__ import main
from cxr_demo.commands import opening
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks import checkpoint as checkpoints
from cxr_demo.text.catalogue import format_text
from tests.conftest import LABELS, make_checkpoint
from tests.networks.test_ensemble import made

SHAPE = (150, 200)
METHOD = "gradient-x-input"  # cheap, per pixel, and its sums are known


@pytest.fixture
def film(tmp_path, monkeypatch) -> str:
    """No chest film; no gate and no lung model is beside the checkpoints that could tell."""
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), (120 + 80 * np.sin(rows / 17) * np.cos(columns / 23)).astype(np.uint8))
    return str(path)


@pytest.fixture
def two(tmp_path) -> list[str]:
    """Two checkpoints that share two labels, in another order, and see the film otherwise."""
    folders = [tmp_path / "weights" / name for name in ("a", "b")]
    one, other = make_checkpoint(seed=0, temperature=1.5), make_checkpoint(seed=1, temperature=0.5)
    labels = ("mass", LABELS[1], LABELS[0], "nodule")
    card = dataclasses.replace(other.card, labels=labels, preprocess=Preprocess(96, "stretch", (0.5,), (0.25,)))
    checkpoints.save(folders[0], one.model, one.card, half=False)
    checkpoints.save(folders[1], other.model, card, half=False)
    return [str(folder) for folder in folders]


def written(out) -> tuple[dict[str, np.ndarray], dict]:
    return dict(np.load(out / "maps.npz")), json.loads((out / "result.json").read_text())


def test_compare_writes_both_maps_and_the_difference_on_the_films_pixels(two, film, tmp_path, monkeypatch, capsys):
    out, label, used = tmp_path / "out", LABELS[0], []
    asked = ["--weights", *two, "--label", label, "--method", "grad-cam", METHOD, "eigen-cam", "--out", str(out)]
    monkeypatch.setattr(opening, "load_analyser", lambda weights, **_: used.append(Analyser(load(weights))) or used[-1])
    assert main(["compare", film, *asked]) == 0
    maps, result = written(out)
    names = {f"{key}/{label}/{which}" for key in ("grad-cam", METHOD) for which in ("this", "other", "difference")}
    native = {f"{name}/{which}" for name in names if "difference" not in name for which in ("native", "spread")}
    assert set(maps) == names | native | {f"eigen-cam/{label}/{which}" for which in ("this", "other")}
    assert all(maps[name].shape == SHAPE and maps[name].dtype == np.float32 for name in set(maps) - native)
    for key in ("grad-cam", METHOD):
        this, other, difference = (maps[f"{key}/{label}/{which}"] for which in ("this", "other", "difference"))
        assert np.allclose(difference, other - this, atol=1e-5 * np.abs(difference).max())
        told = result["maps"][f"{key}/{label}"]
        assert len(set(told["full_colour_at"].values())) == 1 and -1 <= told["agreement"]["rank_correlation"] <= 1
        assert told["this"]["unit"] == told["other"]["unit"] == "calibrated logit points per 1 % of the film"
        assert set(told["overlays"].values()) <= {path.name for path in out.glob("*.png")}
    assert "one map alone" in result["maps"][f"eigen-cam/{label}"]["no_difference_because"]
    assert len(list(out.glob("*.png"))) == 8 and capsys.readouterr().out.count("\n") == 3
    for which, analyser in zip(("this", "other"), used, strict=True):
        study = analyser.analyse(read_image(film))
        own = analyser.explain(study, [label], [METHOD])[METHOD, label]
        np.testing.assert_array_equal(maps[f"{METHOD}/{label}/{which}/native"], own.map_square)
        side, temperature = result["maps"][f"{METHOD}/{label}"][which], analyser.card.temperature
        assert side["sum_over_grid"] + side["beyond_the_grid"] == pytest.approx(own.total / temperature, rel=1e-4)
        assert side["logit"] == pytest.approx(own.logit / temperature)
        # The mean over the film's pixels is 1/100 of the sum; interpolation moves a little of it.
        mean = float(maps[f"{METHOD}/{label}/{which}"].mean() * 100)
        assert mean == pytest.approx(side["sum_over_grid"], abs=0.05 * float(np.abs(own.map_square).sum()))
        p = float(study.probabilities[study.labels.index(label)])
        assert result[which]["probabilities"][label] == pytest.approx(p)


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
@pytest.mark.parametrize("command", ["explain", "compare"])
def test_the_part_that_no_probability_sees_is_told_of_classes_alone(film, tmp_path, command, task):
    out, one = tmp_path / "out", make_checkpoint()
    checkpoints.save(tmp_path / "one", one.model, dataclasses.replace(one.card, task=task), half=False)
    folders = [str(tmp_path / "one")] * (1 if command == "explain" else 2)
    assert main([command, film, "--weights", *folders, "--method", "grad-cam", "--out", str(out)]) == 0
    assert written(out)[1]["maps_hold_too"] == (format_text("pair-shared-part") if task == "single-label" else None)


def test_a_checkpoint_compared_with_itself_differs_nowhere(two, film, tmp_path):
    out = tmp_path / "out"
    assert main(["compare", film, "--weights", two[0], two[0], "--method", "grad-cam", "--out", str(out)]) == 0
    maps, result = written(out)
    (key,) = (name for name in maps if name.endswith("/difference"))
    assert np.all(maps[key] == 0) and result["this"] == result["other"]


def test_compare_of_an_ensemble_writes_its_members_their_mean_and_their_spread(film, tmp_path):
    out, folder, label = tmp_path / "out", tmp_path / "weights" / "both", LABELS[0]
    ensemble = made("mean", [make_checkpoint(seed=seed, temperature=1.5) for seed in range(3)])
    checkpoints.save(folder, ensemble.model, ensemble.card, half=False)
    asked = ["--label", label, "--method", METHOD, "--out", str(out)]
    assert main(["compare", film, "--weights", str(folder), *asked]) == 0
    maps, result = written(out)
    key = f"{METHOD}/{label}"
    names = [member.name for member in ensemble.card.ensemble.members]
    each = [f"{which}/{name}" for which in ("member", "difference") for name in names]
    own = [f"{key}/{which}" for which in ("mean", *(f"member/{name}" for name in names))]
    native = {f"{one}/{which}" for one in own for which in ("native", "spread")}
    assert set(maps) == native | {f"{key}/{which}" for which in ("mean", "spread", *each)}
    mean, *members = (maps[f"{one}/native"] for one in own)
    np.testing.assert_allclose(np.mean(members, axis=0), mean, rtol=1e-4, atol=1e-5 * np.abs(mean).max())
    own = np.stack([maps[f"{key}/member/{name}"] for name in names])
    assert np.allclose(maps[f"{key}/mean"], own.mean(axis=0), atol=1e-5 * np.abs(own).max())
    for name, map_ in zip(names, own, strict=True):
        assert np.allclose(maps[f"{key}/difference/{name}"], map_ - own.mean(axis=0), atol=1e-5 * np.abs(own).max())
    assert maps[f"{key}/spread"].min() >= 0 and set(result["maps"][key]["members"]) == set(names)
    assert result["maps"][key]["unit"] == METHODS[METHOD].unit and len(list(out.glob("*.png"))) == 8


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (["--label", "mass"], "They do not both know 'mass'. Both know: normal, bacterial_pneumonia"),
        (["--method", "no-such"], "There is no method"),
        (["--out", "film.png/x"], "cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(two, film, tmp_path, monkeypatch, capsys, changes, sentence):
    monkeypatch.chdir(tmp_path)
    arguments = ["compare", film, "--weights", *two, "--method", "grad-cam", "--out", "out", *changes]
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


def test_a_single_network_has_no_members_to_compare(two, film, tmp_path, capsys):
    asked = ["--method", "grad-cam", "--out", str(tmp_path / "out")]
    assert main(["compare", film, "--weights", two[0], *asked]) == 2
    assert "no members" in capsys.readouterr().err
    assert main(["compare", film, "--weights", *two, two[0], *asked]) == 2
    assert "3 checkpoints were given" in capsys.readouterr().err


def test_two_films_are_compared_by_one_network(two, film, tmp_path, capsys):
    """A film beside itself: nothing is told apart, and the difference of the maps is nothing."""
    out = tmp_path / "out"
    asked = ["compare", film, "--prior", film, "--weights", two[0], "--label", LABELS[0], "--method", METHOD]
    assert main([*asked, "--out", str(out), "--anyway"]) == 0
    maps, result = written(out)
    key = f"{METHOD}/{LABELS[0]}"
    assert set(maps) == {f"{key}/{which}" for which in ("now", "then", "difference")}
    np.testing.assert_array_equal(maps[f"{key}/now"], maps[f"{key}/then"])
    assert np.abs(maps[f"{key}/difference"]).max() <= 0.02 * np.abs(maps[f"{key}/now"]).max()
    changes = result["prior"]["changes"]
    assert set(changes) == set(result["probabilities"]) and not any(each["told_apart"] for each in changes.values())
    assert all(
        each["difference"] == 0 and each["then"] == result["probabilities"][key] for key, each in changes.items()
    )
    assert result["prior"]["film"]["sha256"] == result["film"]["sha256"]
    assert len(capsys.readouterr().out.splitlines()) == len(changes) + 1


def test_another_film_that_cannot_be_read_is_told_before_the_work(two, film, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Analyser, "analyse", lambda self, image: pytest.fail("the network was asked first"))
    (tmp_path / "broken.png").write_bytes(b"no film")
    asked = ["compare", film, "--prior", str(tmp_path / "broken.png"), "--weights", two[0], "--anyway"]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 2


def test_a_film_is_mended_first_where_that_is_asked(two, film, capsys):
    assert (
        main(["predict", film, "--weights", two[0], "--anyway", "--json", "--mend", "turn-90", "--mend", "invert"]) == 0
    )
    (row,) = json.loads(capsys.readouterr().out)
    assert row["film"]["mends"] == ["turn-90", "invert"] and row["film"]["height_px"] == SHAPE[1]
    assert row["film"]["sha256"] == read_image(film).sha256


def test_findings_of_many_films_are_a_table(two, film, tmp_path, capsys):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no film")
    asked = ["predict", film, str(broken), "--weights", two[0], "--anyway", "--csv"]
    assert main([*asked, "--mend", "turn-180"]) == 2
    assert next(csv.DictReader(io.StringIO(capsys.readouterr().out)))["mends"] == "turn-180"
    assert main(asked) == 2
    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out))
    study = Analyser(load(two[0])).analyse(read_image(film))
    for label, p in zip(study.labels, study.probabilities, strict=True):
        assert float(first[label]) == pytest.approx(float(p), abs=1e-6) and second[label] == ""
    assert first["film_sha256"] == study.image.sha256 and second["film"] == "broken.png"
