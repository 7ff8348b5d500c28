"""`import`: a network from elsewhere becomes a checkpoint, and a verdict sheet says what is known of it.

The sheet is part of the card (`training.imported`), is printed, and stands in the checkpoint's README.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch

from cxr_demo.errors import CheckpointError, CxrError, describe_cause
from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.proof import make_proof_image
from cxr_demo.export.output import check_output
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.importing import fitting
from cxr_demo.importing.fitting import Fitted
from cxr_demo.importing.labels_given import Labels, make_labels, read_names, read_words
from cxr_demo.importing.source import Stated, open_source
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import TASKS, Card
from cxr_demo.networks.card_parts import CardTexts, Imported, Training
from cxr_demo.networks.whole_file import move_files, open_scratch
from cxr_demo.text.catalogue import LANGUAGES, USUAL_LANGUAGE, format_text, use_language
from cxr_demo.text.checkpoint_text import name_networks
from cxr_demo.text.formats import format_list

LOGIT_ERROR = 1e-4  # of the largest logit: own choice, well above what another order of sums gives
DEFAULT_SIZE_PX = 224
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Wanted:
    """What a person states of the source, before what it says of itself. Empty or None: nothing. `labels` and `words`
    as on the command line; `published`: a name of PUBLISHED."""

    labels: Sequence[str] = ()
    words: Path | None = None
    backbone: str = ""
    task: str = ""
    size_px: int | None = None
    geometry: str = ""
    mean: Sequence[float] = ()
    std: Sequence[float] = ()
    licence: str = ""
    published: str = ""


@use_language(USUAL_LANGUAGE)  # of every card; who reads an error or the sheet reads it in another
def import_network(source: str, out: Path, wanted: Wanted, *, overwrite: bool = False) -> Card:
    """Write the checkpoint into `out`, and return its card. Raises CxrError where it cannot be imported right; then
    nothing is written."""
    check_output(out, checkpoint.CARD_FILE, overwrite)
    weights, stated = open_source(source, wanted.published)
    missing: list[str] = []
    backbone = fitting.require_backbone(
        wanted.backbone or stated.backbone or fitting.recognise_backbone(weights.tensors)
    )
    labels = _name_outputs(fitting.count_outputs(weights.tensors, backbone), stated, wanted)
    task = _choose_task(stated, wanted)
    fitted = fitting.fit_network(weights.tensors, backbone, labels.places, weights.name)
    preprocess = _choose_preprocess(fitted, stated, wanted, missing)
    difference = _compare_logits(fitted, preprocess, weights.name)
    imported = Imported(
        source=stated.origin, file=weights.name, sha256=weights.sha256, compared_with=fitted.source_name,
        logit_difference=difference, done=(*weights.notes, *fitted.notes, *_describe_labels(labels)),
        missing=(*missing, *_list_missing(fitted, stated, wanted, labels)),
    )  # fmt: skip
    card = _make_card(out.resolve().name, backbone, labels, task, preprocess, stated, wanted, imported)
    return _write(out, fitted, card)


def _name_outputs(count: int, stated: Stated, wanted: Wanted) -> Labels:
    names = read_names(wanted.labels) or stated.labels
    if not names:
        raise CheckpointError("import-no-labels", outputs=count)
    if len(names) != count:
        raise CheckpointError("import-labels-count", outputs=count, labels=len(names))
    words = read_words(wanted.words)
    kept = stated.card.label_words if stated.card and not wanted.labels else {}
    return make_labels(names, {**kept, **words})


def _choose_task(stated: Stated, wanted: Wanted) -> str:
    if task := wanted.task or stated.task:
        return task
    raise CheckpointError("import-no-task")


def _choose_preprocess(fitted: Fitted, stated: Stated, wanted: Wanted, missing: list[str]) -> Preprocess:
    """What a person states, then what the source says, then what most networks have, which is said in `missing`."""
    channels = next(part for part in fitted.model.modules() if isinstance(part, torch.nn.Conv2d)).in_channels
    size_px = wanted.size_px or stated.size_px or DEFAULT_SIZE_PX
    geometry = wanted.geometry or stated.geometry or "crop"
    mean, std = tuple(wanted.mean) or stated.mean, tuple(wanted.std) or stated.std
    if not mean or not std:
        mean, std = IMAGENET_MEAN, IMAGENET_STD
        missing.append(format_text("import-missing-range"))
    if not (wanted.size_px or stated.size_px):
        missing.append(format_text("import-missing-size", size=size_px, geometry=geometry))
    if channels == 1 and len(mean) == len(std) == 3:
        mean, std = (float(np.mean(mean)),), (float(np.mean(std)),)
        missing.append(format_text("import-missing-channel"))
    if len(mean) == len(std) == 1 and channels == 3:
        mean, std = mean * 3, std * 3  # grey, three times
    share = stated.crop_share if geometry == "crop" and not wanted.geometry else 1.0
    if not len(mean) == len(std) == channels:
        raise CheckpointError("import-channels", channels=channels, means=len(mean), deviations=len(std))
    try:
        return Preprocess(size_px, geometry, mean, std, share)
    except ValueError as error:
        ours = error.errors()[0]["ctx"]["error"] if hasattr(error, "errors") else error  # pyright: ignore[reportAttributeAccessIssue] # pydantic's
        raise CheckpointError("import-preprocess", why=describe_cause(ours)) from None


def _compare_logits(fitted: Fitted, preprocess: Preprocess, name: str) -> float | None:
    """The largest difference of a logit, on a synthetic film and on its mirror image. CheckpointError where it is no
    error of rounding, or the logits are no numbers."""
    film = make_proof_image(preprocess.size_px)
    x = torch.from_numpy(np.concatenate([preprocess.apply(film), preprocess.apply(film[:, ::-1])]))
    fitted.model.check_size(preprocess.size_px)
    with torch.inference_mode():
        ours = fitted.model(x)
        theirs = fitted.source(x)[:, list(fitted.outputs)] if fitted.source is not None else None
    if not torch.isfinite(ours).all():
        raise CheckpointError("import-no-numbers", name=name)
    if theirs is None:
        return None
    difference = float((ours - theirs).abs().max())
    if difference > LOGIT_ERROR * max(1.0, float(theirs.abs().max())):
        if "squeezenet" in fitted.source_name:
            raise CheckpointError("import-squeezenet", difference=f"{difference:.2g}")
        raise CheckpointError("import-differs", source=fitted.source_name, difference=f"{difference:.2g}")
    return difference


def _describe_labels(labels: Labels) -> list[str]:
    """What was done to the names, and which outputs were dropped."""
    spelled = {key: name.lower().replace(" ", "_") for key, name in labels.given.items()}
    changed = [f"{labels.given[key]} → {key}" for key, name in spelled.items() if name != key.lower()]
    said = [format_text("import-labels-renamed", names=", ".join(changed))] if changed else []
    if labels.dropped:
        said.append(format_text("import-outputs-dropped", outputs=labels.dropped))
    return said


def _list_missing(fitted: Fitted, stated: Stated, wanted: Wanted, labels: Labels) -> list[str]:
    missing = [format_text("import-missing-calibration"), format_text("import-missing-figures")]
    if fitted.source is None:
        missing.append(format_text("import-missing-comparison"))
    if unknown := labels.unknown:
        missing.append(format_text("import-missing-labels", labels=", ".join(unknown)))
    if not (wanted.licence or stated.licence):
        missing.append(format_text("import-missing-licence"))
    if not stated.data and not stated.card:
        missing.append(format_text("import-missing-data"))
    return missing


def _make_card(
    name: str, backbone: str, labels: Labels, task: str, preprocess: Preprocess, stated: Stated, wanted: Wanted,
    imported: Imported,
) -> Card:  # fmt: skip
    if task not in TASKS:
        raise CheckpointError("import-task", task=task, known=", ".join(TASKS))
    by_name = stated.thresholds or {}
    thresholds = {key: by_name[given] for key, given in labels.given.items() if given in by_name}
    facts: dict[str, Any] = {"summary": format_text("import-summary", source=stated.origin)}
    if own := stated.card:
        facts = {key: getattr(own, key) for key in ("summary", "title", "population", "purpose", "ages", "made_for")}
        facts["threshold_intervals"] = {key: at for key, at in own.threshold_intervals.items() if key in thresholds}
    training = {"caveat": format_text("import-caveat"), "imported": imported}
    if stated.data:
        training["data"] = "; ".join(stated.data)
    try:
        return Card(
            name=name, backbone=backbone, labels=labels.keys, task=task, preprocess=preprocess, thresholds=thresholds,
            licence=wanted.licence or stated.licence, label_words=labels.words, versions=_list_versions(),
            training=Training.model_validate(training), texts=_list_texts(stated), **facts,
        )  # fmt: skip
    except ValueError as error:
        raise CheckpointError("import-card", why=describe_cause(error)) from None


def _list_texts(stated: Stated) -> dict[str, CardTexts]:
    """What the card says in other languages than its own. Not of the films: of those another card told, and what is
    said here changes once the network is calibrated."""
    if own := stated.card:
        return {code: dataclasses.replace(told, data="", caveat="") for code, told in own.texts.items()}
    texts = {}
    for code in LANGUAGES.keys() - {USUAL_LANGUAGE}:
        with use_language(code):
            texts[code] = CardTexts(summary=format_text("import-summary", source=stated.origin))
    return texts


def _list_versions() -> dict[str, str]:
    return {
        "torch": torch.__version__.partition("+")[0],
        "timm": timm.__version__,
        "torchvision": version("torchvision"),
    }


def _write(out: Path, fitted: Fitted, card: Card) -> Card:
    """The checkpoint, beside `out` first: it is loaded again, proved, and its sheet written, before it takes its
    place."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with open_scratch(out.parent) as scratch:
            folder = scratch / (out.name or "network")
            checkpoint.save(folder, fitted.model, card, half=False)
            loaded = checkpoint.load(folder)
            made = make_explainer(loaded)
            proof, placed = made.proof, made.find_placement("grad-cam")
            known = card.training.imported
            assert known is not None
            methods = tuple(key for key in METHODS if key not in proof.refusals)
            down, right = (round(px, 1) for px in placed.find_shift_px(card.preprocess.size_px))
            imported = known.replace(
                proof=proof.line,
                cells_aside_px=(down, right),
                methods=methods,
                refusals={key: str(reason) for key, reason in proof.refusals.items()},
            )
            training = card.training.replace(imported=imported.model_dump())
            card = dataclasses.replace(loaded.card, training=training)
            checkpoint.save_card(folder, card)
            (folder / "README.md").write_text(format_page(card), encoding="utf-8")
            out.mkdir(exist_ok=True)
            move_files(folder, out, checkpoint.CARD_FILE)
    except OSError as error:
        raise CxrError("import-not-written", why=str(error.strerror)) from error
    return card


# ---- the sheet


def describe_sheet(card: Card) -> list[str]:
    """The verdict in lines: what it is, whether it answers as its source, what is valid, what is missing, whose."""
    found = card.training.imported
    if found is None:
        return []
    outputs, square = len(card.labels), card.preprocess
    labels = ", ".join(card.get_finding(label).name for label in card.labels)
    lines = [
        format_text("import-sheet-network", name=card.name, network=name_networks(card), labels=outputs, names=labels),
        format_text(
            "import-sheet-square", size=square.size_px, geometry=square.geometry, channels=len(square.mean),
            mean=_join(square.mean), std=_join(square.std),
        ),
        format_text("import-sheet-source", source=found.source, file=found.file, sha256=found.sha256[:16]),
        format_text("import-sheet-same", network=found.compared_with, difference=f"{found.logit_difference:.1e}")
        if found.logit_difference is not None
        else format_text("import-sheet-not-compared"),
        format_text("import-sheet-proof", line=found.proof),
        format_text("import-sheet-methods", methods=format_list([METHODS[key].name for key in found.methods])),
    ]  # fmt: skip
    if found.cells_aside_px is not None:
        down, right = (f"{px:+.1f}".replace("-", "−") for px in found.cells_aside_px)
        lines.append(format_text("import-sheet-cells", down=down, right=right, size=square.size_px))
    reasons: dict[str, list[str]] = {}
    for key, reason in found.refusals.items():
        reasons.setdefault(reason, []).append(METHODS[key].name)
    lines += [
        format_text("import-sheet-refused", methods=format_list(names), reason=reason)
        for reason, names in reasons.items()
    ]
    lines += [format_text("import-sheet-done", sentence=sentence) for sentence in found.done]
    lines += [format_text("import-sheet-missing", sentence=sentence) for sentence in found.missing]
    if card.licence:
        lines.append(format_text("import-sheet-licence", licence=card.licence))
    if card.training.data:
        lines.append(format_text("import-sheet-data", data=card.training.data))
    return lines


def _join(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.6g}" for number in numbers)


def format_page(card: Card) -> str:
    """The README.md of an imported checkpoint: its verdict sheet."""
    licence = card.licence.lower() or "unknown"
    head = ["---", f"license: {licence}", "tags: [chest-x-ray, image-classification]", "---", "", f"# {card.name}", ""]
    about = f"{card.summary} {card.training.caveat}"
    return "\n".join(
        [*head, about, "", f"## {format_text('import-sheet')}", "", *(f"- {line}" for line in describe_sheet(card)), ""]
    )
