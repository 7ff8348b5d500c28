"""`python -m cxr_demo` and the public API, on a tiny checkpoint and synthetic films."""

import argparse
import ast
import dataclasses
import inspect
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import cxr_demo
from cxr_demo import METHODS, Analyser, load, read_image, render
from cxr_demo.__main__ import main
from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.commands import arguments, report
from cxr_demo.commands.arguments import ARGPARSE
from cxr_demo.comparison.label_contrast import explain_contrasts
from cxr_demo.errors import CxrError
from cxr_demo.evaluation import covering
from cxr_demo.explain.methods import CHOICES
from cxr_demo.export.output import RESULT_FILE, open_output
from cxr_demo.film.gate import Mend
from cxr_demo.networks import checkpoint as checkpoints
from cxr_demo.text import command_text
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.text.formats import format_percent, format_signed
from tests.conftest import LABELS, make_checkpoint, make_model
from tests.ui.stand_ins import card

ROOT = Path(__file__).parents[1]


@pytest.fixture
def weights(tmp_path) -> str:
    made = make_checkpoint()
    checkpoints.save(tmp_path / "weights" / "tiny", made.model, made.card, half=False)
    return str(tmp_path / "weights" / "tiny")


@pytest.fixture(autouse=True)
def no_gate_models(tmp_path, monkeypatch):
    """The synthetic films of these tests are no chest films: the header and the colours alone are asked."""
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture
def film(tmp_path) -> str:
    rows, columns = np.mgrid[:150, :200]
    pixels = (120 + 80 * np.sin(rows / 17) * np.cos(columns / 23)).astype(np.uint8)
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), pixels)
    return str(path)


@pytest.fixture
def broken(tmp_path) -> str:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    return str(path)


def test_a_language_that_there_is_not_is_told_as_every_mistake(capsys):
    with use_language("de"), pytest.raises(SystemExit):
        main(["models", "--lang", "xx"])
    told = capsys.readouterr().err
    assert "steht nicht zur Wahl" in told and "python -m cxr_demo: " in told and "__main__" not in told


def test_the_options_that_load_slowly_are_those_of_what_they_choose():
    assert report.COVERS == covering.COVERS and tuple(Mend) == arguments.MENDS


def test_predict_prints_a_line_per_label(weights, film, capsys):
    assert main(["predict", film, "--weights", weights]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[1] for row in rows] == list(LABELS) and all(row[0] == film for row in rows)
    assert sum(float(row[2]) for row in rows) == pytest.approx(1, abs=1e-3)
    assert sorted(row[3] for row in rows) == [*["less probable"] * 3, "most probable"]
    assert {row[4] for row in rows} == {load(weights).card.name}, "it has no title"


def test_predict_names_the_question_and_says_what_the_network_cannot_tell(film, capsys):
    assert main(["predict", film, "--weights", str(ROOT / "weights" / "nih-efficientnet-lite0")]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {row[4] for row in rows} == {"Adults: 14 findings"} and len(rows) == 14
    words = {row[1]: row[3] for row in rows}
    assert words["pneumothorax"] == "this network cannot tell"
    assert words["effusion"] in ("above threshold", "below threshold")
    assert words["fibrosis"] == "no threshold"
    assert main(["predict", film, "--weights", str(ROOT / "weights" / "nih-efficientnet-lite0"), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["title"] == "Adults: 14 findings" and row["population"] and row["purpose"]
    found = row["findings"]["effusion"]
    assert found["verdict"] in ("above", "below") and found["auroc"]["low"] == pytest.approx(0.723, abs=1e-3)
    assert found["sensitivity"]["value"] == 0.5 and found["films_with_it"] == 40 and found["films_without_it"] == 262
    assert row["findings"]["pneumothorax"]["verdict"] == "cannot tell" and row["words"] == words


def test_predict_as_json_says_what_python_says(weights, film, capsys):
    assert main(["predict", film, "--weights", weights, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    study = Analyser(load(weights)).analyse(read_image(film))
    assert row["probabilities"] == pytest.approx(dict(zip(LABELS, study.probabilities.tolist(), strict=True)))
    assert row["logits"] == pytest.approx(dict(zip(LABELS, study.logits.tolist(), strict=True)))
    assert row["film"]["width_px"] == 200 and row["weights_sha256"] == load(weights).sha256


def test_one_bad_file_does_not_stop_the_others(weights, film, broken, capsys):
    assert main(["predict", broken, film, "--weights", weights, "--json"]) == 2
    printed = capsys.readouterr()
    bad, good = json.loads(printed.out)
    assert "error" in bad and set(good["probabilities"]) == set(LABELS)
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("methods", [DEFAULT_METHODS, tuple(METHODS)], ids=["left out", "all"])
def test_explain_writes_maps_on_the_films_own_grid_in_raw_units(weights, film, tmp_path, capsys, methods):
    out = tmp_path / "out"
    asked = [] if methods == DEFAULT_METHODS else ["--method", *methods]
    assert main(["explain", film, "--weights", weights, "--label", *LABELS[:2], *asked, "--out", str(out)]) == 0
    maps, result = np.load(out / "maps.npz"), json.loads((out / "result.json").read_text())
    printed = capsys.readouterr().out
    pictures = {f"{method}/{label}" for method in methods for label in LABELS[:2]}
    added = {key for key in pictures if METHODS[key.split("/")[0]].unit.per_area}
    assert set(result["maps"]) == pictures
    assert set(maps) == pictures | {f"{key}/{which}" for key in added for which in ("native", "spread")}
    analyser, image = Analyser(load(weights)), read_image(film)
    explanations = analyser.explain(analyser.analyse(image), LABELS[:2], methods)
    for (method, label), explanation in explanations.items():
        map_image, said = maps[f"{method}/{label}"], result["maps"][f"{method}/{label}"]
        assert map_image.dtype == np.float32 and map_image.shape == image.pixels.shape
        shape = image.pixels.shape
        expected = analyser.card.preprocess.map_to_image(explanation.map_square, shape, explanation.placement)
        np.testing.assert_allclose(map_image, expected, rtol=1e-4, atol=1e-7)
        if f"{method}/{label}" in added:
            native, spread = (maps[f"{method}/{label}/{which}"] for which in ("native", "spread"))
            np.testing.assert_array_equal(native, explanation.map_square)
            scale = float(np.abs(native).sum(dtype=np.float64))
            assert native.sum(dtype=np.float64) == pytest.approx(said["sum_over_native_map"], abs=1e-6 * scale)
            assert spread.shape == image.pixels.shape and spread.dtype == np.float64
            everywhere = float(spread.sum()) + said["sum_in_the_padding"]
            assert everywhere == pytest.approx(said["sum_over_native_map"], abs=1e-6 * scale)
            assert said["absolute_sum_over_native_map"] == pytest.approx(scale)
            if METHODS[method].unit.adds_to_logit:
                total = native.sum(dtype=np.float64)
                assert f"{method}\t{label}\tsum {format_signed(total)}, absolute sum {scale:.2f}\tlogit" in printed
                assert (
                    said["share_of_logit"] is None
                    or f"{format_percent(said['share_of_logit'])} of the logit" in printed
                )
        else:
            assert said["sum_in_the_padding"] is None
        assert said["against_the_other_labels"] is None
        assert said["sum_over_native_map"] + said["left_out_as_bias"] == pytest.approx(said["logit"], abs=1e-4)
        scale = render.choose_scale(explanation.map_square, METHODS[method].shown, explanation.unit)
        drawn = cv2.imread(str(out / said["overlay"]))[..., ::-1]
        np.testing.assert_array_equal(drawn, render.draw_overlay(image.pixels, map_image, scale, 0.6))


def test_explain_says_how_alike_the_maps_of_all_labels_are(weights, film, tmp_path, capsys):
    out = tmp_path / "out"
    asked = ["--label", LABELS[1], "--method", "eigen-cam", "gradient", "smooth-grad", "--out", str(out)]
    assert main(["explain", film, "--weights", weights, *asked]) == 0
    lines, told = capsys.readouterr().out.splitlines(), json.loads((out / "result.json").read_text())
    table = told["likeness_of_labels"]
    assert set(table) == {"eigen-cam", "gradient"}, "SmoothGrad takes long for each label"
    assert "Eigen-CAM: all 4 findings share one map. What it shows speaks of none of them alone." in lines
    assert all(value == pytest.approx(1) for row in table["eigen-cam"].values() for value in row.values())
    rows = [line.split("\t")[2:] for line in lines if line.startswith("gradient\t") and len(line.split("\t")) == 6]
    assert rows[0] == list(LABELS)
    for label, row in zip(LABELS, rows[1:], strict=True):
        assert [float(value) for value in row] == pytest.approx(
            [table["gradient"][label][key] for key in LABELS], abs=6e-3
        )
    assert set(told["maps"]) == {f"{key}/{LABELS[1]}" for key in ("eigen-cam", "gradient", "smooth-grad")}


def test_a_map_of_one_cell_is_like_no_other_and_the_table_says_so_without_a_number():
    none = np.array([[np.nan, np.nan, np.nan], [np.nan, 1.0, -0.25], [np.nan, -0.25, 1.0]])
    lines = command_text.describe_likeness("grad-cam", card(), none)
    assert [line.split("\t")[2:] for line in lines[-3:]] == [
        ["-", "-", "-"], ["-", "+1.00", "-0.25"], ["-", "-0.25", "+1.00"],
    ]  # fmt: skip
    assert not command_text.describe_likeness("grad-cam", card(labels=("mass",), thresholds={}), none[1:2, 1:2])


def test_explain_and_compare_write_contrasts_under_their_own_name(weights, film, tmp_path, capsys):
    out, both = tmp_path / "out", tmp_path / "both"
    asked = ["--label", LABELS[1], "--method", "grad-cam", "gradient", "--contrast", "--out", str(out)]
    assert main(["explain", film, "--weights", weights, *asked]) == 0
    assert f"grad-cam\t{LABELS[1]}\tagainst the other labels\tsum " in capsys.readouterr().out
    maps, told = np.load(out / "maps.npz"), json.loads((out / "result.json").read_text())
    key = f"grad-cam/{LABELS[1]}/contrast"
    assert set(told["maps"]) == {key, f"gradient/{LABELS[1]}/contrast"} and told["maps_hold_too"] is None
    analyser, image = Analyser(load(weights)), read_image(film)
    study = analyser.analyse(image)
    expected = explain_contrasts(analyser, study, LABELS[1:2], ["grad-cam"])["grad-cam", LABELS[1]]
    np.testing.assert_allclose(maps[f"{key}/native"], expected.map_square, rtol=1e-5, atol=1e-6)
    assert told["maps"][key]["logit"] == pytest.approx(expected.logit)
    assert "sum over all labels" in told["maps"][key]["against_the_other_labels"]
    asked = ["--label", LABELS[1], "--method", "grad-cam", "--contrast", "--out", str(both)]
    assert main(["compare", film, "--weights", weights, weights, *asked]) == 0
    maps = np.load(both / "maps.npz")
    np.testing.assert_allclose(maps[f"{key}/this/native"], expected.map_square, rtol=1e-5, atol=1e-6)
    assert not maps[f"{key}/difference"].any()
    assert main(["explain", film, "--weights", weights, "--method", "layer-cam", "--contrast", "--out", str(out)]) == 2
    assert main(["explain", film, "--weights", weights, "--method", "layer-cam", "--contrast", "--out", f"{out}2"]) == 2
    assert "There is no LayerCAM against the other labels" in capsys.readouterr().err


def test_a_network_with_one_label_has_no_others_to_be_set_against(weights, film, tmp_path, capsys):
    card = dataclasses.replace(make_checkpoint().card, name="alone", labels=LABELS[:1], task="multi-label")
    alone, out = str(tmp_path / "weights" / "alone"), str(tmp_path / "out")
    checkpoints.save(tmp_path / "weights" / "alone", make_model("tiny", labels=1), card, half=False)
    for command in (["explain", film, "--weights", alone], ["compare", film, "--weights", weights, alone]):
        assert main([*command, "--method", "grad-cam", "--contrast", "--out", out]) == 2
        told = capsys.readouterr()
        assert "knows one finding alone" in told.err and not Path(out).exists()
    assert main(["explain", film, "--weights", alone, "--method", "grad-cam", "--out", out]) == 0
    assert "likeness" not in capsys.readouterr().out


def test_an_earlier_result_is_neither_mixed_nor_replaced_unasked(weights, film, tmp_path, capsys):
    out = tmp_path / "out"
    order = ["explain", film, "--weights", weights, "--label", LABELS[0], "--out", str(out), "--method"]
    assert main([*order, "grad-cam"]) == 0
    (out / "notes.txt").write_text("a person's own")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main([*order, "gradient"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "result.json" in said and "--overwrite" in said
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert main([*order, "gradient", "--overwrite"]) == 0
    drawn = {f"gradient_{LABELS[0]}.png"}
    assert {path.name for path in out.iterdir()} == {"notes.txt", "maps.npz", "result.json", *drawn}
    assert {key.split("/")[0] for key in np.load(out / "maps.npz")} == {"gradient"}


def test_an_error_while_writing_leaves_the_earlier_result(tmp_path):
    (tmp_path / RESULT_FILE).write_text('{"maps": {"a": {"overlay": "a.png"}, "b": {"overlays": {"x": "../b.png"}}}}')
    (tmp_path / "a.png").touch()
    (tmp_path.parent / "b.png").touch()
    with pytest.raises(CxrError, match="cannot be written"), open_output(tmp_path, overwrite=True) as folder:
        (folder / RESULT_FILE).write_text("{}")
        raise OSError(28, "No space left on device")
    assert {path.name for path in tmp_path.iterdir()} == {RESULT_FILE, "a.png"}
    with open_output(tmp_path, overwrite=True) as folder:
        (folder / RESULT_FILE).write_text("{}")
    assert [path.name for path in tmp_path.iterdir()] == [RESULT_FILE]
    assert (tmp_path.parent / "b.png").exists()  # a name that leads elsewhere is none of ours


def test_explain_as_written_undoes_the_choices_that_are_named_or_all(weights, film, tmp_path, capsys):
    method, found = "lrp-epsilon-plus", {}
    asked = ["explain", film, "--weights", weights, "--label", LABELS[0], "--method", method]
    for name, option in (("ours", []), ("norms", ["--as-written", "norms"]), ("written", ["--as-written"])):
        out = tmp_path / name
        assert main([*asked, *option, "--out", str(out)]) == 0
        told = json.loads((out / "result.json").read_text())["maps"][f"{method}/{LABELS[0]}"]["lrp_choices"]
        found[name] = told, np.load(out / "maps.npz")[f"{method}/{LABELS[0]}/native"]
    assert [told for told, _ in found.values()] == [["order", "biases", "norms"], ["order", "biases"], []]
    analyser = Analyser(load(weights), as_written=CHOICES)
    study = analyser.analyse(read_image(film))
    expected = analyser.explain(study, LABELS[:1], [method])[method, LABELS[0]].map_square
    np.testing.assert_allclose(found["written"][1], expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    assert not np.allclose(found["ours"][1], expected) and not np.allclose(found["ours"][1], found["norms"][1])
    with pytest.raises(SystemExit):
        main([*asked, "--as-written", "nothing", "--out", str(tmp_path / "none")])


def test_explain_takes_the_most_probable_label_when_none_is_named(weights, film, tmp_path, capsys):
    assert main(["explain", film, "--weights", weights, "--method", "grad-cam", "--out", str(tmp_path / "o")]) == 0
    study = Analyser(load(weights)).analyse(read_image(film))
    key = f"grad-cam/{LABELS[int(study.probabilities.argmax())]}"
    assert set(np.load(tmp_path / "o" / "maps.npz")) == {key, f"{key}/native", f"{key}/spread"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "BROKEN", "--weights", "WEIGHTS"],
        ["predict", "nowhere.png", "--weights", "WEIGHTS"],
        ["predict", "FILM", "--weights", "nowhere"],
        ["explain", "BROKEN", "--weights", "WEIGHTS", "--out", "OUT"],
        ["explain", "FILM", "--weights", "WEIGHTS", "--label", "hernia", "--out", "OUT"],
        ["explain", "FILM", "--weights", "WEIGHTS", "--method", "magic", "--out", "OUT"],
        ["explain", "FILM", "--weights", "WEIGHTS", "--out", "FILM"],
        ["check", "nowhere"],
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(arguments, weights, film, broken, tmp_path, capsys):
    named = {"WEIGHTS": weights, "FILM": film, "BROKEN": broken, "OUT": str(tmp_path / "out")}
    assert main([named.get(argument, argument) for argument in arguments]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1 and "Traceback" not in printed.err and not printed.out


def test_check_prints_the_proof_and_fails_for_a_network_that_cannot_explain(weights, capsys, monkeypatch):
    assert main(["check", weights]) == 0
    line = capsys.readouterr().out
    assert "Grad-CAM ok" in line and "LRP ok (r=" in line and "gradient x input" in line
    other = dataclasses.replace(METHODS["lrp-epsilon"], function="cxr_demo.explain.lrp.rules:EPSILON_PLUS_FLAT")
    monkeypatch.setitem(METHODS, "lrp-epsilon", other)  # not gradient x input any more
    assert main(["check", weights]) == 1
    assert "LRP not available" in capsys.readouterr().out


def test_models_and_methods(weights, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CXR_WEIGHTS", str(Path(weights).parent))
    assert main(["models"]) == 0 and "viral_pneumonia" in capsys.readouterr().out
    monkeypatch.setenv("CXR_WEIGHTS", str(ROOT / "weights"))
    assert main(["models"]) == 0
    first = capsys.readouterr().out.splitlines()[0].split("\t")
    assert first[0].endswith("nih-efficientnet-lite0") and first[1] == "Adults: 14 findings (AUROC 0.73)"
    assert main(["methods"]) == 0
    printed = capsys.readouterr().out
    assert all(key in printed for key in METHODS)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    assert main(["models"]) == 0
    assert "python -m train run" in capsys.readouterr().err


def test_models_names_a_broken_checkpoint_and_goes_on(weights, capsys, monkeypatch):
    root = Path(weights).parent
    (root / "a-broken").mkdir()
    (root / "a-broken" / checkpoints.CARD_FILE).write_text("{")
    monkeypatch.setenv("CXR_WEIGHTS", str(root))
    assert main(["models"]) == 0
    printed = capsys.readouterr()
    assert "tiny" in printed.out and "a-broken" in printed.err


def test_explain_leaves_out_a_method_that_is_refused(film, tmp_path, capsys):
    made = make_checkpoint("tiny-elu")
    checkpoints.save(tmp_path / "elu", made.model, made.card, half=False)
    assert main(["explain", film, "--weights", str(tmp_path / "elu"), "--out", str(tmp_path / "o")]) == 0
    assert {key.split("/")[0] for key in np.load(tmp_path / "o" / "maps.npz")} == {"grad-cam"}


def test_page_command_and_python_take_the_same_checkpoint_when_none_is_named(film, capsys, monkeypatch, tmp_path):
    made, root = load(ROOT / "weights" / "phantom-honest"), tmp_path / "weights"
    for name, size_px in {"a-small": 64, "b-large": 96, "c-large": 96}.items():
        square = dataclasses.replace(made.card.preprocess, size_px=size_px)
        card = dataclasses.replace(made.card, name=name, preprocess=square)
        checkpoints.save(root / name, made.model, card, half=True)
    monkeypatch.setenv("CXR_WEIGHTS", str(root))
    assert main(["predict", film, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    ask = [sys.executable, "-c", "import app; print(next(iter(app.ANALYSERS)))"]
    page = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()[-1]
    assert row["checkpoint"] == load().card.name == page == "b-large"
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "empty"))
    assert main(["predict", film]) == 2
    assert "python -m train run" in capsys.readouterr().err


def test_the_bundled_default_is_the_network_for_adults():
    card = checkpoints.read_card(checkpoints.default_checkpoint(ROOT / "weights"))
    assert card.name == "nih-efficientnet-lite0" and card.title == "Adults: 14 findings" and len(card.labels) == 14


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "cxr_demo", "methods"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "grad-cam" in done.stdout


def test_the_package_offers_what_its_tour_names():
    for name in cxr_demo.__all__:
        assert hasattr(cxr_demo, name)
    assert "Analyser(load(" in cxr_demo.__doc__ and "read_image(" in cxr_demo.__doc__


def test_what_is_no_frontal_chest_film_is_questioned_and_computed_only_anyway(weights, tmp_path, capsys):
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    assert main(["predict", str(photo), "--weights", weights, "--json"]) == 2
    printed = capsys.readouterr()
    (row,) = json.loads(printed.out)
    (doubt,) = row["gate"]["doubts"]
    assert row["gate"]["verdict"] == "question" and doubt["kind"] == "coloured" and "probabilities" not in row
    assert doubt["sentence"] in printed.err and doubt["measure"] in printed.err and "--anyway" in printed.err
    assert "in colour" in printed.err  # the file's note
    out = str(tmp_path / "o")
    for command in (["explain", "--out", out], ["evaluate"], ["compare", "--out", out]):
        assert main([command[0], str(photo), "--weights", weights, *command[1:]]) == 2
    printed = capsys.readouterr()
    assert not printed.out and not Path(out).exists()
    arguments = ["explain", str(photo), "--weights", weights, "--method", "grad-cam", "--out", out, "--anyway"]
    assert main(arguments) == 0
    assert json.loads((Path(out) / "result.json").read_text())["gate"] == row["gate"]
    assert doubt["sentence"] in capsys.readouterr().err


def test_every_command_speaks_german(weights, film, tmp_path, capsys):
    """The lines of results, and argparse's own words; `--lang` may stand before the command or behind it."""
    out = str(tmp_path / "out")
    asked = ["--weights", weights, "--label", LABELS[1], "--method", "grad-cam", "eigen-cam"]
    assert main(["--lang", "de", "explain", film, *asked[:-1], "--contrast", "--out", out]) == 0
    told = capsys.readouterr().out
    assert "gegen die anderen Labels\tSumme " in told and "Summe der Beträge" in told and "\tLogit " in told
    assert "Ähnlichkeit der Karten" in told
    asked = ["--weights", weights, weights, "--label", LABELS[1], "--method", "grad-cam", "eigen-cam", "--out", out]
    assert main(["compare", film, *asked, "--overwrite", "--lang", "de"]) == 0
    told = capsys.readouterr().out
    assert "Rangkorrelation +1,00\tUnterschied in " in told
    assert "kein Unterschied: Werte dieser Methode sind nur innerhalb einer Karte vergleichbar" in told
    with use_language("de"):
        usage = format_text("parser-usage")
    with pytest.raises(SystemExit):
        main(["--lang", "de", "explain", film])
    told = capsys.readouterr().err
    assert told.startswith(usage) and "Fehler: diese Argumente fehlen: --out" in told
    with pytest.raises(SystemExit):
        main(["explain", film])
    assert capsys.readouterr().err.startswith("usage: "), "another call of the same process is asked in English"


def test_what_argparse_says_is_in_the_catalogue_word_for_word():
    said = {
        argument.value
        for node in ast.walk(ast.parse(inspect.getsource(argparse)))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext")
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }
    assert set(ARGPARSE) <= said
    assert {text.rstrip(): format_text(name) for text, name in ARGPARSE.items()} == {
        text.rstrip(): text.rstrip() for text in ARGPARSE
    }
