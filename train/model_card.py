"""The README.md of a checkpoint, written from its card alone."""

from __future__ import annotations

from cxr_demo.checkpoint import Card
from cxr_demo.labels import finding
from train.datasets import Dataset
from train.metrics import RESAMPLINGS
from train.plots import PICTURES

NAMES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "mcc": "Matthews correlation",
    "auroc_disease_against_normal": "AUROC, any pneumonia against normal",
}


def model_card(card: Card, dataset: Dataset) -> str:
    return "\n".join(
        [
            "---", f"license: {card.licence.lower()}", "library_name: timm",
            "tags: [chest-x-ray, image-classification]", "---", "",
            f"# {card.name}", "",
            f"{card.summary} For research and teaching; not a medical device.", "",
            *_facts(card, dataset), "",
            *[line for name, measured in card.metrics.items() for line in _metrics(name, measured, card)],
            "## Pictures", "",
            "All are of the test films but the last.", "",
            *[f"![{picture.removesuffix('.png')}]({picture})" for picture in PICTURES], "",
            "## Limits", "",
            dataset.caveat, "",
            f"Data: {dataset.citation}. {dataset.licence}.", "",
        ]
    )  # fmt: skip


def _facts(card: Card, dataset: Dataset) -> list[str]:
    training, square = card.training, card.preprocess
    stages = ", ".join(f"{epochs} epochs at {size} px" for size, epochs in training["settings"]["stages"])
    counts = ", ".join(
        f"{split} {training['films'][split]} films of {training['patients'][split]} patients"
        for split in training["films"]
    )
    thresholds = ", ".join(f"{finding(label).name} {value:.3f}" for label, value in card.thresholds.items())
    return [
        f"- Network: {card.backbone}, {len(square.mean)} channel, {square.size_px} px, {square.geometry}",
        f"- Initial weights: {training['initial_weights']}",
        f"- Labels ({card.task}): {', '.join(finding(label).name for label in card.labels)}",
        f"- Data: {dataset.title}; {counts}",
        f"- Training: {stages}; seed {training['settings']['seed']}; {training['machine']}; "
        f"{training['seconds'] / 60:.0f} minutes",
        f"- Command: `{training['command']}`",
        f"- Temperature {card.temperature}, fitted on validation",
        f"- Thresholds (largest sensitivity + specificity on validation): {thresholds}",
        f"- Commit {card.commit[:12]}; " + ", ".join(f"{name} {number}" for name, number in card.versions.items()),
    ]


def _metrics(name: str, measured: dict, card: Card) -> list[str]:
    rows = [
        f"| {_metric_name(key)} | {value['value']:.4f} | {value['low']:.4f} to {value['high']:.4f} |"
        for key, value in measured.items()
        if isinstance(value, dict)
    ]
    confusion = (f"{finding(label).name} {row}" for label, row in zip(card.labels, measured["confusion"], strict=True))
    return [
        f"## Results: {name}", "",
        f"{measured['films']} films of {measured['patients']} patients; 95 % intervals from {RESAMPLINGS:,} draws of "
        "patients. Always saying the commonest class gives accuracy "
        f"{measured['majority_accuracy']:.4f}.", "",
        "| | value | 95 % interval |", "|---|---|---|",
        *rows,
        f"| Expected calibration error, before and after temperature | {measured['ece_before_temperature']:.4f}, "
        f"{measured['ece_after_temperature']:.4f} | |", "",
        f"Rows are the truth, columns the prediction: {'; '.join(confusion)}.", "",
    ]  # fmt: skip


def _metric_name(key: str) -> str:
    return NAMES.get(key) or f"AUROC, {finding(key.removeprefix('auroc_')).name} against the rest"
