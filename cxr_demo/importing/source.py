"""SOURCE of an import -> its weights and what it says of itself: a file, a folder, a Hub id or a published name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxr_demo.errors import CheckpointError, describe_cause
from cxr_demo.importing import published
from cxr_demo.importing.published import PUBLISHED
from cxr_demo.importing.weights_file import WeightsFile, read_shards, read_weights
from cxr_demo.networks.card import Card
from cxr_demo.networks.checkpoint import CARD_FILE, HUB_ID, WEIGHTS_FILE

HUB_PREFIX = "hf-hub:"
HUB_FILES = ("config.json", "*.safetensors", "*.safetensors.index.json", "pytorch_model.bin", "README.md")
INDEX_FILE = "model.safetensors.index.json"
ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".tar")
# What a timm configuration may say of how its network was built, besides its name: what a card can say too.
PLAIN_ARGUMENTS = {"in_chans", "num_classes", "img_size", "pretrained", "drop_rate", "drop_path_rate"}
GEOMETRIES = {"center": "crop", "squash": "stretch", "border": "letterbox"}  # timm's crop_mode -> ours


@dataclass(frozen=True)
class Stated:
    """What a source says of its network. Empty or None: it does not say. `labels` are in the order of the outputs, ""
    where one was never trained; `mean` and `std` of pixels from 0 to 1; `thresholds` by the labels' names."""

    origin: str
    backbone: str = ""
    labels: tuple[str, ...] = ()
    task: str = ""
    size_px: int = 0
    geometry: str = ""
    crop_share: float = 1.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    thresholds: dict[str, float] | None = None
    licence: str = ""
    data: tuple[str, ...] = ()
    card: Card | None = None


def open_source(source: str, published_name: str = "") -> tuple[WeightsFile, Stated]:
    """`published_name`: that a file is this network of PUBLISHED, whose labels and preprocessing are then its own.

    Raises CheckpointError, which names what is wrong.
    """
    if published_name and published_name not in PUBLISHED:
        raise CheckpointError("source-not-published", name=published_name, known=", ".join(PUBLISHED))
    path = Path(source).expanduser()
    if path.is_dir():
        return _read_folder(path, path.resolve().name)
    if path.is_file():
        return _read_file(path, published_name)
    if source in PUBLISHED:
        return _read_file(_fetch_published(source), source)
    hub_id = source.removeprefix(HUB_PREFIX)
    if source.startswith(HUB_PREFIX) or (HUB_ID.fullmatch(source) and not path.suffix):
        return _read_folder(_fetch_from_hub(hub_id), hub_id)
    raise CheckpointError("source-unknown", name=path.name, known=", ".join(PUBLISHED))


def _read_file(path: Path, name: str) -> tuple[WeightsFile, Stated]:
    found = next((key for key, entry in PUBLISHED.items() if entry.file == path.name), "")
    weights = read_weights(path)
    if not (name := name or found):
        return weights, Stated(path.name)
    entry = PUBLISHED[name]
    thresholds = {label: at for label, at in zip(entry.labels, entry.thresholds, strict=True) if at is not None}
    return weights, Stated(
        f"{name} of {published.PACKAGE}", entry.backbone, entry.labels, "multi-label", entry.size_px,
        published.GEOMETRY, 1.0, published.MEAN, published.STD, thresholds, published.LICENCE, entry.data,
    )  # fmt: skip


def _fetch_published(name: str) -> Path:
    """The file of a network of PUBLISHED: where its package has put it, or from its release."""
    import torch

    entry = PUBLISHED[name]
    path = published.CACHE.expanduser() / entry.file
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(entry.url, str(path), progress=False)
    except OSError as error:  # urllib's errors are among them
        raise CheckpointError("source-not-fetched", name=name, kind=type(error).__name__, url=entry.url) from None
    return path


def _fetch_from_hub(hub_id: str) -> Path:
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(hub_id, allow_patterns=list(HUB_FILES)))
    except Exception as error:  # whatever the hub or the network raises, the person can do the same thing about it
        raise CheckpointError("source-hub", name=hub_id, kind=type(error).__name__) from None


def _read_folder(folder: Path, name: str) -> tuple[WeightsFile, Stated]:
    stated = _read_config(folder, name)
    if (folder / WEIGHTS_FILE).is_file():
        return read_weights(folder / WEIGHTS_FILE), stated
    if (folder / INDEX_FILE).is_file():
        return read_shards(folder, INDEX_FILE), stated
    if (folder / "saved_model.pb").is_file() or (folder / "keras_metadata.pb").is_file():
        raise CheckpointError("source-tensorflow", name=name)
    found = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())
    if len(found) == 1:
        return read_weights(found[0]), stated
    if found:
        names = ", ".join(path.name for path in found[:4])
        raise CheckpointError("source-several", name=name, files=names)
    raise CheckpointError("source-no-weights", name=name, file=WEIGHTS_FILE)


def _read_config(folder: Path, name: str) -> Stated:
    try:
        text = (folder / CARD_FILE).read_text(encoding="utf-8")
        facts = json.loads(text)
    except FileNotFoundError:
        return Stated(name, licence=_read_licence(folder))
    except (OSError, ValueError, RecursionError):
        raise CheckpointError("config-broken", file=CARD_FILE, name=name) from None
    if not isinstance(facts, dict):
        raise CheckpointError("config-broken", file=CARD_FILE, name=name)
    if "architecture" in facts:
        return _read_timm_config(facts, folder, name)
    if "backbone" in facts:
        return _read_own_card(text, name)
    if "model_type" in facts or "architectures" in facts:
        raise CheckpointError("source-transformers", name=name)
    return Stated(name, licence=_read_licence(folder))


def _read_own_card(text: str, name: str) -> Stated:
    """A checkpoint of this house: what its card says holds, whatever state its weights are in."""
    try:
        card = Card.from_json(text)
    except ValueError as error:
        raise CheckpointError("config-unusable", file=CARD_FILE, name=name, why=describe_cause(error)) from None
    if card.ensemble or card.head != "linear":
        raise CheckpointError("source-own-head", name=name)
    square = card.preprocess
    return Stated(
        name, card.backbone, card.labels, card.task, square.size_px, square.geometry, square.crop_share, square.mean,
        square.std, card.thresholds, card.licence, (), card,
    )  # fmt: skip


def _read_timm_config(facts: dict[str, Any], folder: Path, name: str) -> Stated:
    """timm's config.json, of today (`pretrained_cfg`) or of before (all in one)."""
    square = facts.get("pretrained_cfg", facts)
    arguments = facts.get("model_args") or {}
    if not isinstance(square, dict) or not isinstance(arguments, dict):
        raise CheckpointError("config-broken", file=CARD_FILE, name=name)
    if odd := sorted(set(arguments) - PLAIN_ARGUMENTS) + ["global_pool"] * (facts.get("global_pool", "avg") != "avg"):
        raise CheckpointError("source-built-with", name=name, argument=odd[0])
    try:
        labels = facts.get("label_names") or square.get("label_names") or ()
        sizes = square.get("test_input_size") or square.get("input_size") or (0,)
        pct = float(square.get("test_crop_pct") or square.get("crop_pct") or 1)
        geometry = GEOMETRIES.get(str(square.get("crop_mode") or "center"), "crop")
        size_px = int(sizes[-1])
        return Stated(
            name, str(facts["architecture"]).partition(".")[0], tuple(map(str, labels)), "", size_px, geometry,
            # timm makes the shorter side size / crop_pct, rounded down, and takes size of it
            size_px / int(size_px / pct) if geometry == "crop" and size_px else 1.0,
            tuple(map(float, square.get("mean") or ())), tuple(map(float, square.get("std") or ())), None,
            _clean(square.get("license")) or _read_licence(folder),
        )  # fmt: skip
    except (TypeError, ValueError, ZeroDivisionError, IndexError, OverflowError):
        raise CheckpointError("config-broken", file=CARD_FILE, name=name) from None


def _read_licence(folder: Path) -> str:
    """That of the front matter of the README; "" where it names none."""
    try:
        front = (folder / "README.md").read_text(encoding="utf-8").partition("---")[2].partition("\n---")[0]
    except (OSError, ValueError):
        return ""
    found = re.search(r"^license:\s*(.+)$", front, re.MULTILINE)
    return _clean(found[1]) if found else ""


def _clean(text: object) -> str:
    """One short line, whatever stands in a file of somebody else."""
    return "".join(character for character in str(text or "") if character.isprintable()).strip("\"' ")[:80]
