"""Calibrating, measuring, comparing and describing checkpoints, on tiny networks and synthetic films."""

import dataclasses
import json
import math

import cv2
import numpy as np
import pytest
import torch

from cxr_demo.errors import TrainingError
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card, EnsembleSpec, Member
from cxr_demo.networks.card_parts import Interval, Metrics, Training
from cxr_demo.networks.classifier import compute_probabilities
from cxr_demo.networks.ensemble import Ensemble
from tests.conftest import make_film, make_model
from train.data.datasets import DATASETS
from train.data.table import Table
from train.evaluate import (
    METRICS_FILE,
    evaluate_checkpoint,
    finish_checkpoint,
    get_unfinished_folder,
    measure_checkpoint,
)
from train.fit.loop import Fitted
from train.fit.run_state import LOG_FILE
from train.measure import calibration, metrics, plots, thresholds
from train.measure.calibration import UNCALIBRATED_SCORES
from train.measure.compare import compare_checkpoints, measure_differences
from train.measure.predictions import Predictions, match_labels, predict_files
from train.recipe import SCRATCH, Recipe

LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")
SQUARE = Preprocess(32, "stretch", (0.5,), (0.25,))
SPLITS = {"train": 6, "val": 30, "test": 33, "external": 9}
LOG = [{"epoch": e, "size_px": 32, "loss": 1 / e, "val_loss": 1.1, "macro_f1": 0.5, "s": 2.0} for e in (1, 2)]
MADE_WITH = {
    "versions": {"torch": "2"}, "commit": "c" * 40, "command": "python -m train run x", "machine": "none",
    "initial_weights": "none, trained from scratch", "identity": "i", "processes": 1,
}  # fmt: skip


@pytest.fixture(autouse=True)
def few_resamplings(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 60)


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(plots, "draw_all", lambda *arguments, **options: ())


@pytest.fixture(scope="module")
def folder_of_films(tmp_path_factory):
    root = tmp_path_factory.mktemp("films")
    for i in range(sum(SPLITS.values())):
        cv2.imwrite(str(root / f"{i:03}.png"), (make_film(i, (40, 36)) * 255).astype(np.uint8))
    return root


def make_table(root, targets, labels=LABELS) -> Table:
    """Two films of each patient, and test films of two sources."""
    count = sum(SPLITS.values())
    split = np.repeat(list(SPLITS), list(SPLITS.values()))
    source = np.where(split == "external", "elsewhere", np.where(np.arange(count) % 4 < 2, "here", "there"))
    return Table(
        paths=np.array([root / f"{i:03}.png" for i in range(count)], dtype=object),
        labels=labels,
        targets=targets.astype(np.float32),
        patient=np.array([f"synthetic:{part}{i // 2}" for i, part in enumerate(split)]),
        split=split,
        source=source,
        view=np.full(count, "PA"),
        licence=np.full(count, "CC0"),
    )


@pytest.fixture
def single(folder_of_films) -> Table:
    return make_table(folder_of_films, np.eye(3)[np.arange(sum(SPLITS.values())) % 3])


@pytest.fixture
def multi(folder_of_films) -> Table:
    """Some entries are not stated; the last label is never there."""
    rng = np.random.default_rng(0)
    targets = (rng.random((sum(SPLITS.values()), 3)) < (0.5, 0.4, 0.0)).astype(np.float32)
    targets[rng.random(targets.shape) < 0.1] = np.nan
    return make_table(folder_of_films, targets, ("effusion", "mass", "hernia"))


@pytest.fixture
def register(monkeypatch):
    def add(table: Table, task: str, key: str = "synthetic"):
        entry = dataclasses.replace(DATASETS["kermany"], title="Synthetic films", read=lambda root: table, task=task)
        monkeypatch.setitem(DATASETS, key, entry)

    return add


def finished(table: Table, task: str, folder, register, seed: int = 0, **changes) -> Card:
    register(table, task)
    recipe = Recipe(
        name="own/synthetic", paper="none", dataset="synthetic", backbone="tiny", stages=((32, 2),), start=SCRATCH,
        summary="Synthetic.", mean=SQUARE.mean, std=SQUARE.std,
        loss="bce" if task == "multi-label" else "cross-entropy", **changes,
    )  # fmt: skip
    scratch = get_unfinished_folder(folder)
    scratch.mkdir(parents=True)
    (scratch / LOG_FILE).write_text("".join(json.dumps(row) + "\n" for row in LOG))
    (scratch / "state.pt").write_bytes(b"state")
    model = make_model("tiny", 3, seed=seed, head=recipe.head)
    with torch.inference_mode():  # so that each label is the most probable one of some films
        films = [SQUARE.apply(read_image(path).pixels) for path in table.paths[table.split == "val"]]
        logits = model(torch.from_numpy(np.concatenate(films)))
        model.output.bias.copy_(model.output.bias - logits.mean(0))
    return finish_checkpoint(Fitted(model, LOG, MADE_WITH), recipe, table, folder)


def slow_p(folder, table: Table) -> np.ndarray:
    """Film by film, as the app does it."""
    stored = checkpoint.load(folder)
    rows = []
    with torch.inference_mode():
        for path in table.paths:
            logits = stored.model(torch.from_numpy(stored.card.preprocess.apply(read_image(path).pixels)))
            rows.append(
                compute_probabilities(logits.double(), stored.card.task, stored.card.applied_temperature)[0].numpy()
            )
    return np.array(rows)


def strictly(text: str):
    """JSON without NaN and Infinity."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))


def test_a_single_label_network_is_stored_measured_by_source_and_described(single, tmp_path, register):
    folder = tmp_path / "w"
    card = finished(single, "single-label", folder, register)
    facts = strictly((folder / checkpoint.CARD_FILE).read_text())
    assert (
        Metrics.model_validate(facts["metrics"]) == card.metrics
        and checkpoint.load(folder).card == Card.from_json(card.to_json())
        and not get_unfinished_folder(folder).exists()
    )
    assert list(card.metrics.sets) == [
        "validation", "validation, source here", "validation, source there", "test", "test, source here",
        "test, source there", "external",
    ]  # fmt: skip
    for name, chosen in {
        "test": single.split == "test",
        "test, source here": (single.split == "test") & (single.source == "here"),
        "external": single.split == "external",
    }.items():
        rows, measured = single.where(chosen), card.metrics.sets[name]
        p, true = slow_p(folder, rows), rows.targets.argmax(1)
        assert measured.figures["accuracy"].value == pytest.approx((p.argmax(1) == true).mean())
        assert measured.figures["sensitivity_normal"].value == pytest.approx((p.argmax(1) == 0)[true == 0].mean())
        assert np.sum(measured.confusion) == measured.films == chosen.sum()
        assert measured.patients == len(set(rows.patient)) and list(measured.positive) == rows.targets.sum(0).tolist()
        assert all(figure.low <= figure.high for figure in measured.figures.values())
        assert measured.figures["ece"].value == pytest.approx(measured.ece_after_temperature)
    text = (folder / "README.md").read_text()
    assert all(part in text for part in ("trained from scratch", "## Results: test, source there", "cccccccccccc"))
    for picture in ("confusion", "roc", "calibration", "training"):
        assert f"({picture}.png)" in text and (folder / f"{picture}.png").stat().st_size > 3000
    assert (folder / LOG_FILE).exists() and not (folder / "state.pt").exists()
    assert card.training.films == SPLITS and card.training.sources == ("here", "there")
    assert card.thresholds == {} and not card.calibrated, "the most probable is the answer, and the patients are few"


@pytest.fixture
def few(monkeypatch):
    """What a handful of films says is taken for enough."""
    monkeypatch.setattr(thresholds, "FEWEST", 2)
    monkeypatch.setattr(calibration, "FEWEST_PATIENTS", 2)


def test_a_multi_label_network_is_measured_on_what_is_stated(multi, tmp_path, register, few):
    folder = tmp_path / "w"
    card = finished(multi, "multi-label", folder, register, head="dense256")
    assert card.task == "multi-label" and card.head == "dense256"
    assert set(card.thresholds) == {"effusion", "mass"}
    strictly((folder / checkpoint.CARD_FILE).read_text())
    measured, rows = card.metrics.sets["test"], multi.where(multi.split == "test")
    p, stated = slow_p(folder, rows), ~np.isnan(rows.targets)
    ranks = []
    for k, label in enumerate(("effusion", "mass")):
        true, given = rows.targets[stated[:, k], k] == 1, p[stated[:, k], k]
        ranks.append(np.mean([a > b for a in given[true] for b in given[~true]]))
        assert measured.figures[f"auroc_{label}"].value == pytest.approx(ranks[k])
    assert measured.figures["macro_auroc"].value == pytest.approx(np.mean(ranks))
    assert not any("hernia" in name and name != "specificity_hernia" for name in measured.figures)
    assert not measured.confusion and list(measured.stated) == stated.sum(0).tolist()
    text = (folder / "README.md").read_text()
    assert not (folder / "confusion.png").exists() and "confusion.png" not in text and "(roc.png)" in text
    assert "| Mass |" in text and "each label's commoner answer" in text


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
def test_test_films_never_reach_temperature_or_thresholds(task, single, multi, tmp_path, register, no_pictures):
    table = single if task == "single-label" else multi
    clean = finished(table, task, tmp_path / "clean", register)
    targets, paths = table.targets.copy(), table.paths.copy()
    poisoned = np.isin(table.split, ("test", "external", "train"))
    targets[poisoned] = np.roll(targets[poisoned], 1, axis=1)
    paths[poisoned] = table.paths[0]
    table = dataclasses.replace(table, targets=targets, paths=paths)
    dirty = finished(table, task, tmp_path / "dirty", register)
    assert (clean.temperature, clean.thresholds) == (dirty.temperature, dirty.thresholds)
    assert clean.metrics.sets["validation"] == dirty.metrics.sets["validation"]
    assert clean.metrics.sets["test"] != dirty.metrics.sets["test"]


def test_a_crash_while_measuring_leaves_the_checkpoint_that_was_there(single, tmp_path, register, monkeypatch):
    folder = tmp_path / "w"
    finished(single, "single-label", folder, register)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(plots, "draw_all", lambda *arguments, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        finished(single, "single-label", folder, register, seed=1)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_an_ensemble_is_measured_as_any_other(single, tmp_path, register):
    register(single, "single-label")
    models = [make_model("tiny", 3, seed=seed) for seed in (0, 1)]
    members = tuple(Member(f"m{i}", "tiny", "linear", 1.0, "ab" * 32) for i in (0, 1))
    card = Card(
        "pair", "", LABELS, "single-label", SQUARE, ensemble=EnsembleSpec("mean", (0.5, 0.5), members),
        licence="Apache-2.0",
        training={"settings": {"dataset": "synthetic"}},
    )  # fmt: skip
    checkpoint.save(
        tmp_path / "pair", Ensemble(models, "mean", (0.5, 0.5), "single-label", (1.0, 1.0)), card, half=False
    )
    measured = measure_checkpoint(tmp_path / "pair", single)
    assert checkpoint.load(tmp_path / "pair").card == Card.from_json(measured.to_json())
    rows = single.where(single.split == "test")
    right = slow_p(tmp_path / "pair", rows).argmax(1) == rows.targets.argmax(1)
    assert measured.metrics.sets["test"].figures["accuracy"].value == pytest.approx(right.mean())
    text = (tmp_path / "pair" / "README.md").read_text()
    assert "## Members" in text and "| m1 | tiny | 0.500 |" in text and "training.png" not in text
    with pytest.raises(TrainingError, match="does not say which data set"):
        measure_checkpoint(tmp_path / "pair", single, training=Training())


def test_batches_give_what_single_films_give_and_broken_films_are_named(
    single, tmp_path, register, capsys, no_pictures
):
    finished(single, "single-label", tmp_path / "w", register)
    stored = checkpoint.load(tmp_path / "w")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    rows = single.where(single.split == "test")
    rows = dataclasses.replace(rows, paths=np.where(np.arange(33) == 5, broken, rows.paths))
    logits, read = predict_files(stored, rows)
    assert len(logits) == 32 and read.tolist() == [i for i in range(33) if i != 5]
    p = compute_probabilities(logits.double(), "single-label", stored.card.applied_temperature).numpy()
    np.testing.assert_allclose(p, slow_p(tmp_path / "w", rows.where(read)), atol=1e-5)
    said = capsys.readouterr()
    assert (said.out + said.err).count("broken.png") == 1
    with pytest.raises(TrainingError, match="None of the films could be read"):
        predict_files(stored, rows.where(np.array([5])))


def test_evaluate_fits_nothing_and_matches_labels_by_name(single, tmp_path, register, capsys):
    card = finished(single, "single-label", tmp_path / "w", register)
    before = (tmp_path / "w" / checkpoint.CARD_FILE).read_bytes()
    swapped = dataclasses.replace(
        single, labels=("mass", "viral_pneumonia", "normal"), targets=single.targets[:, [1, 2, 0]]
    )
    register(swapped, "multi-label", "other")
    measured = evaluate_checkpoint(tmp_path / "w", "other", tmp_path, "test", tmp_path / "out")
    assert (tmp_path / "w" / checkpoint.CARD_FILE).read_bytes() == before
    expected = card.metrics.sets["test"].figures
    for name in ("auroc_normal", "specificity_viral_pneumonia", "mcc_normal"):
        assert measured.sets["test"].figures[name].model_dump() == pytest.approx(expected[name].model_dump())
    assert not any(name.endswith("_bacterial_pneumonia") for name in measured.sets["test"].figures)
    assert np.sum(measured.sets["test"].confusion) == 22  # films of the third class have no class that is known here
    said = capsys.readouterr().out
    assert "do not state: Bacterial pneumonia" in said and "test, source there: " in said and "cannot tell" in said
    value = expected["macro_auroc"].value
    assert f"{measured.sets['test'].figures['macro_auroc'].value:.3f} (" in said and math.isfinite(value)
    written = strictly((tmp_path / "out" / METRICS_FILE).read_text())
    assert Metrics.model_validate(written["metrics"]) == measured and (tmp_path / "out" / "roc.png").exists()
    register(dataclasses.replace(single, labels=("a", "b", "c")), "single-label", "other")
    with pytest.raises(TrainingError, match="no label in common"):
        evaluate_checkpoint(tmp_path / "w", "other", tmp_path, "test")
    with pytest.raises(TrainingError, match="no films of the split"):
        evaluate_checkpoint(tmp_path / "w", "synthetic", tmp_path, "nowhere")


def test_other_thresholds_are_recorded_of_its_own_test_films_alone(multi, tmp_path, register, capsys, no_pictures, few):
    folder = tmp_path / "w"
    card = finished(multi, "multi-label", folder, register)
    points = card.metrics.sets["test"].operating_points
    rows = multi.where(multi.split == "test")
    p, true = slow_p(folder, rows)[:, 0], rows.targets[:, 0]
    at = points["effusion"].thresholds.index(card.thresholds["effusion"])
    assert points["effusion"].sensitivity[at] == pytest.approx(
        (p[true == 1] >= card.thresholds["effusion"] - 1e-7).mean(), abs=6e-5
    )
    assert {name for name, measured in card.metrics.sets.items() if measured.reliability} == {"test", "external"}
    p = slow_p(folder, rows)[:, 0]
    for each in card.metrics.sets["test"].reliability["effusion"].bins:
        inside = (p >= each.low) & (p < each.high)
        assert (each.films, each.positive) == ((inside & ~np.isnan(true)).sum(), (inside & (true == 1)).sum())
    assert not any(measured.operating_points for name, measured in card.metrics.sets.items() if name != "test")
    test = card.metrics.sets["test"].model_dump()
    external = card.metrics.sets["external"].model_dump()
    del test["operating_points"], test["reliability"], external["reliability"]
    without = dataclasses.replace(card, metrics=card.metrics.replace(test=test, external=external))
    checkpoint.save_card(folder, without)
    with pytest.raises(TrainingError, match="nothing to record"):
        evaluate_checkpoint(folder, "", tmp_path, "val", record=True)
    assert checkpoint.read_card(folder).to_json() == without.to_json()
    evaluate_checkpoint(folder, "", tmp_path, record=True)
    evaluate_checkpoint(folder, "", tmp_path, "external", record=True)
    assert checkpoint.read_card(folder).to_json() == card.to_json()
    assert "given this probability, had it" in (folder / "README.md").read_text()
    register(multi.where(np.arange(len(multi)) != np.flatnonzero(multi.split == "test")[0]), "multi-label")
    with pytest.raises(TrainingError, match="not the test films of w's card"):
        evaluate_checkpoint(folder, "", tmp_path, record=True)


def test_evaluate_says_what_the_checkpoint_has_seen(single, tmp_path, register, capsys, no_pictures):
    card = finished(single, "single-label", tmp_path / "w", register)
    measured, known = evaluate_checkpoint(tmp_path / "w", "", tmp_path, "test").sets["test"], card.metrics.sets["test"]
    assert set(known.floors) == {"majority", "shuffled"}  # they are of the training films, which are not read again
    assert measured.model_dump() == {key: value for key, value in known.model_dump().items() if key != "floors"}
    assert "films were" not in capsys.readouterr().out
    evaluate_checkpoint(tmp_path / "w", "", tmp_path, "all")
    assert "36 of these films were in its training or validation" in capsys.readouterr().out
    evaluate_checkpoint(tmp_path / "w", "", tmp_path, "val")
    assert "were chosen on these films" in capsys.readouterr().out
    register(single.where(np.arange(len(single)) > 1), "single-label")  # not the films that its card counts
    evaluate_checkpoint(tmp_path / "w", "", tmp_path, "all")
    assert "cannot tell" in capsys.readouterr().out


def scored(single: Table, logits: np.ndarray) -> Predictions:
    thresholds = dict.fromkeys(LABELS, 0.4)
    card = Card("c", "tiny", LABELS, "single-label", SQUARE, temperature=1.0, thresholds=thresholds)
    return Predictions(card, single, match_labels(single, LABELS), torch.from_numpy(logits))


def test_differences_are_paired(single, monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 400)
    rng = np.random.default_rng(0)
    weak = rng.normal(size=(len(single), 3)) + single.targets
    strong = weak + 0.7 * single.targets  # right where the weak one is right, and elsewhere too
    rows = measure_differences([scored(single, logits) for logits in (weak, weak.copy(), strong)])
    assert {"accuracy", "macro_f1", "mcc", "macro_auroc", "ece", "auroc_normal"} <= set(rows)
    for first, same, better in rows.values():
        assert same["difference"] == {"value": 0, "low": 0, "high": 0} and same["word"] == ""
        assert better["difference"]["value"] == pytest.approx(better["value"] - first["value"])
    first, _, better = rows["accuracy"]
    compare_maps = better["difference"]["high"] - better["difference"]["low"]
    unpaired = math.hypot(first["high"] - first["low"], better["high"] - better["low"])
    assert compare_maps < 0.7 * unpaired and better["word"] == "better"
    back = measure_differences([scored(single, logits) for logits in (strong, weak)])["accuracy"][1]
    assert back["word"] == "worse" and back["difference"]["value"] == -better["difference"]["value"]


def test_an_interval_of_a_difference_equals_slow_resampling(single, monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 40)
    rng = np.random.default_rng(1)
    one, other = (rng.normal(size=(len(single), 3)) + single.targets for _ in range(2))
    true, names = single.targets.argmax(1), np.unique(single.patient)
    draws, drawn = np.random.default_rng(0).integers(len(names), size=(40, len(names))), []
    for patients in draws:
        films = np.concatenate([np.flatnonzero(single.patient == names[i]) for i in patients])
        drawn.append(np.mean((other.argmax(1) == true)[films]) - np.mean((one.argmax(1) == true)[films]))
    found = measure_differences([scored(single, logits) for logits in (one, other)])["accuracy"][1]["difference"]
    assert [found["low"], found["high"]] == pytest.approx(np.percentile(drawn, [2.5, 97.5]))


def test_compare_prints_all_and_refuses_what_cannot_be_compared(single, tmp_path, register, capsys, no_pictures):
    for seed, name in enumerate("ab"):
        finished(single, "single-label", tmp_path / name, register, seed)
    rows = compare_checkpoints([tmp_path / "a", tmp_path / "a", tmp_path / "b"], "", tmp_path, "test")
    said = capsys.readouterr().out
    entry = rows["accuracy"][2]
    assert f"{entry['difference']['value']:+.4f} (" in said and "Macro AUROC" in said
    assert said.count(f"b: {UNCALIBRATED_SCORES}") == 1
    assert all(entries[1]["difference"]["high"] == 0 for entries in rows.values())
    expected = checkpoint.read_card(tmp_path / "b").metrics.sets["test"].figures["accuracy"].model_dump()
    assert {end: entry[end] for end in expected} == pytest.approx(expected)
    with pytest.raises(TrainingError, match="only one"):
        compare_checkpoints([tmp_path / "a"], "", tmp_path, "test")
    card = dataclasses.replace(checkpoint.read_card(tmp_path / "b"), task="multi-label")
    checkpoint.save_card(tmp_path / "b", card)
    with pytest.raises(TrainingError, match="is multi-label"):
        compare_checkpoints([tmp_path / "a", tmp_path / "b"], "", tmp_path, "test")


def test_compare_refuses_checkpoints_that_hold_back_different_films(single, tmp_path, register, no_pictures):
    for name, settings in {"a": {}, "b": {"split": "custom"}}.items():
        card = finished(single, "single-label", tmp_path / name, register)
        training = card.training.replace(settings=card.training.settings.replace(**settings))
        checkpoint.save_card(tmp_path / name, dataclasses.replace(card, training=training))
    with pytest.raises(TrainingError, match="hold back different films as test"):
        compare_checkpoints([tmp_path / "a", tmp_path / "b"], "", tmp_path, "test")


def test_curves_and_bars_of_several_runs_are_drawn(tmp_path):
    plots.draw_curves({"A": LOG, "B": [{**row, "macro_f1": 0.7} for row in LOG]}, tmp_path / "curves.png", "macro_f1")
    rows = {name: Interval(value=v, low=v - 0.1, high=v + 0.05) for name, v in (("a", 0.7), ("b", 0.8))}
    plots.draw_bars(rows, "AUROC", tmp_path / "bars.png")
    for name in ("curves", "bars"):
        assert cv2.imread(str(tmp_path / f"{name}.png")).std() > 5


def test_fourteen_curves_keep_a_legend_that_fits():
    rng = np.random.default_rng(0)
    targets, names = (rng.random((50, 14)) < 0.3).astype(float), [f"A long finding {k}" for k in range(14)]
    figure = plots.draw_roc(rng.random((50, 14)), targets, names, "Test films")
    figure.canvas.draw()
    (axes,) = figure.axes
    box = axes.get_legend().get_window_extent()
    assert len(axes.get_legend().get_texts()) == 15 and box.x0 >= axes.get_window_extent().x1
    assert box.x1 <= figure.bbox.x1 and box.y0 >= 0 and box.y1 <= figure.bbox.y1


def test_a_network_whose_scores_are_no_numbers_is_one_sentence(single, tmp_path, register):
    finished(single, "single-label", tmp_path / "w", register)
    stored = checkpoint.load(tmp_path / "w")
    with torch.no_grad():
        stored.model.output.bias[0] = math.inf
    with pytest.raises(TrainingError, match="scores that are no numbers, 006.png among them"):
        Predictions.of(stored, single.where(single.split == "val"))
