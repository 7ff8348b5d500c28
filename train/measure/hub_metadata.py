"""What a model hub reads of a checkpoint: the front matter of its README.md, made from its card alone.

By the schema of the Hugging Face Hub (`huggingface_hub.ModelCardData`). The Hub has no field for an interval: it stands
in the name of the figure. `library_name` is this project: timm's own loader cannot open these folders, whose tensors
and `config.json` are named otherwise.
"""

from __future__ import annotations

import re

from huggingface_hub import EvalResult, ModelCardData

from cxr_demo.networks.backbones import find_backbone
from cxr_demo.networks.card import SYNTHETIC, Card
from cxr_demo.networks.standing import TEST, list_external_sets
from train.measure.metrics import FIGURES

TASK = "image-classification"
LIBRARY = "cxr-demo"
TAGS = ("chest-x-ray", "radiology", "explainable-ai")
HUB_METRICS = {  # figure of a set -> the Hub's name of the metric; the others have none there
    "accuracy": "accuracy", "macro_f1": "f1", "mcc": "matthews_correlation", "macro_precision": "precision",
    "macro_recall": "recall", "macro_auroc": "roc_auc",
}  # fmt: skip
HUB_DATASETS = {  # collection of films, as in a card's `sources` -> where the Hub has it
    "kermany": "hf-vision/chest-xray-pneumonia",
    "nih": "alkzar90/NIH-Chest-X-ray-dataset",
}
HUB_LICENCES = ("apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0")  # what it knows by name
FROM_HUB = "ImageNet, from the model hub"  # what a run says of its first weights where timm fetched them
_PACKAGED = re.compile(r"ImageNet \((\S+) [\d.]+, sha256 ")  # and where a package holds them


def make_front_matter(card: Card) -> str:
    """YAML between two lines of dashes."""
    return f"---\n{make_hub_metadata(card).to_yaml()}\n---"


def make_hub_metadata(card: Card) -> ModelCardData:
    # What was chosen on validation films is no result on them.
    results = [result for name in (TEST, *list_external_sets(card)) for result in _list_results(card, name)]
    licence, licence_name = _name_licence(card.licence)
    return ModelCardData(
        license=licence,
        license_name=licence_name,
        library_name=LIBRARY,
        pipeline_tag=TASK,
        tags=[*TAGS, card.task],
        datasets=[HUB_DATASETS[source] for source in card.training.sources if source in HUB_DATASETS] or None,
        base_model=_list_base_models(card) or None,
        metrics=list(dict.fromkeys(result.metric_type for result in results)) or None,
        model_name=card.name,
        eval_results=results or None,
    )


def _name_licence(licence: str) -> tuple[str | None, str | None]:
    """The Hub's key for it; one that the Hub does not know is "other", with a name. None where there is none."""
    name = licence.lower()
    if not name or name in HUB_LICENCES:
        return name or None, None
    return "other", re.sub(r"[^a-z0-9.]+", "-", name).strip("-")


def _list_base_models(card: Card) -> list[str]:
    """The published networks whose weights training began with, whatever was trained in between: the package that held
    them, or timm's name on the Hub."""
    said = card.training.initial_weights
    found = _PACKAGED.findall(said)
    if FROM_HUB in said:
        import timm  # a second, and few checkpoints need it

        backbones = [member.backbone for member in card.ensemble.members] if card.ensemble else [card.backbone]
        published = (timm.get_pretrained_cfg(find_backbone(name).name, allow_unregistered=True) for name in backbones)
        found += [each.hf_hub_id for each in published if each is not None and each.hf_hub_id]
    return list(dict.fromkeys(found))


def _list_results(card: Card, name: str) -> list[EvalResult]:
    """The figures of a whole set of films."""
    measured, training = card.metrics.sets.get(name), card.training
    if measured is None:
        return []
    dataset, title = name, name
    if name == TEST:
        of_hub = [HUB_DATASETS.get(source) for source in training.sources]
        dataset = (of_hub[0] if len(of_hub) == 1 else None) or training.settings.dataset or card.name
        title = f"{training.data or dataset}, {name}"
    patients = f" of {measured.patients} patients" if card.made_for != SYNTHETIC else ""
    return [
        EvalResult(
            task_type=TASK,
            dataset_type=dataset,
            dataset_name=f"{title}: {measured.films} films{patients}",
            dataset_split=name,
            metric_type=metric,
            metric_value=round(figure.value, 4),
            metric_name=FIGURES[key]
            + (f", 95 % interval {figure.low:.4f} to {figure.high:.4f}" if figure.low is not None else ""),
        )
        for key, metric in HUB_METRICS.items()
        if (figure := measured.figures.get(key)) is not None
    ]
