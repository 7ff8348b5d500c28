"""Card, save, load, find: the only place that touches weight files.

A checkpoint is a folder with `model.safetensors`, `config.json` (the Card) and a model card `README.md`. The Card
carries everything the app needs to be right about the network. Pickles are never opened.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from cxr_demo.backbones import BACKBONES
from cxr_demo.errors import CheckpointError
from cxr_demo.model import TASKS, Classifier
from cxr_demo.preprocess import Preprocess

WEIGHTS_FILE, CARD_FILE = "model.safetensors", "config.json"
FORMAT = 1
LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
MAKE_ONE = "Make one with: python -m train run kermany-densenet121 --data DATA --out weights/NAME"


@dataclass(frozen=True)
class Card:
    """The facts of a checkpoint.

    `labels` are in the order of the logits. `temperature` divides the logits; 0 means never calibrated, and the app
    then shows an "uncalibrated score". `thresholds` (label -> probability) come from validation alone. `training`,
    `metrics` (set -> metric -> value, low and high end of the 95 % interval) and `versions` are written by train.
    `weights_sha256` binds the card to its weights.
    """

    name: str
    backbone: str
    labels: tuple[str, ...]
    task: str
    preprocess: Preprocess
    temperature: float = 0.0
    thresholds: dict[str, float] = dataclasses.field(default_factory=dict)
    summary: str = ""
    licence: str = ""
    training: dict = dataclasses.field(default_factory=dict)
    metrics: dict = dataclasses.field(default_factory=dict)
    versions: dict = dataclasses.field(default_factory=dict)
    commit: str = ""
    weights_sha256: str = ""
    head: str = "linear"
    format: int = FORMAT

    def __post_init__(self) -> None:
        _check_types(self)
        if self.format != FORMAT:
            raise ValueError(f"its format is {self.format}; this version reads format {FORMAT}")
        if self.backbone not in BACKBONES:
            raise ValueError(f"its backbone {self.backbone!r} is not known here; known: {', '.join(BACKBONES)}")
        if self.task not in TASKS:
            raise ValueError(f"its task is {self.task!r}; it must be one of {', '.join(TASKS)}")
        if self.head != "linear":
            raise ValueError(f"its head is {self.head!r}; only 'linear' is known here")
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError("its labels are empty or named twice")
        if self.temperature != 0 and not 0.01 <= self.temperature <= 100:
            raise ValueError(f"its temperature is {self.temperature}; it must be 0 or from 0.01 to 100")
        for label, threshold in self.thresholds.items():
            if label not in self.labels or not 0 <= threshold <= 1:
                raise ValueError(f"its threshold for {label!r} is {threshold}; it needs a known label and 0 to 1")

    @property
    def calibrated(self) -> bool:
        return self.temperature > 0

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card of a `config.json`; ValueError, TypeError or KeyError say what is wrong with it."""
        facts = json.loads(text)
        if not isinstance(facts, dict):
            raise ValueError("it is not a JSON object")
        if not isinstance(facts["labels"], list):
            raise ValueError("its labels are not a list")
        facts["labels"] = tuple(facts["labels"])
        square = facts["preprocess"]
        facts["preprocess"] = Preprocess(
            square["size_px"], square["geometry"], tuple(square["mean"]), tuple(square["std"])
        )
        return cls(**facts)


def _check_types(card: Card) -> None:
    """JSON holds anything; the page and the file names made of labels must be able to rely on these."""
    for name, kind in {"name": str, "summary": str, "licence": str, "commit": str, "weights_sha256": str,
                       "training": dict, "metrics": dict, "versions": dict, "thresholds": dict}.items():  # fmt: skip
        if not isinstance(getattr(card, name), kind):
            raise ValueError(f"its {name} is not a {'text' if kind is str else 'JSON object'}")
    for label in card.labels:
        if not isinstance(label, str) or not LABEL.fullmatch(label):
            raise ValueError(f"its label {label!r} is not made of letters, digits, '_' and '-' alone")
    if not all(isinstance(measured, dict) for measured in card.metrics.values()):
        raise ValueError("its metrics are not JSON objects")
    for number in (card.temperature, *card.thresholds.values()):
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError(f"{number!r} stands where a number must be")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded card and its network in eval mode, all parameters frozen; `sha256` is that of the weights file."""

    card: Card
    model: Classifier
    sha256: str
    folder: Path


def save(folder: str | Path, model: Classifier, card: Card, *, half: bool) -> Card:
    """Write weights, then the card, each by rename so that a crash leaves the last good pair; returns the card
    with the weights' hash. `half` stores convolution and linear weights as float16, the rest stays float32."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (value.half() if half and value.is_floating_point() and value.ndim > 1 else value).contiguous()
        for name, value in model.state_dict().items()
    }
    data = safetensors.torch.save(tensors, metadata={"format": "pt"})
    card = dataclasses.replace(card, weights_sha256=hashlib.sha256(data).hexdigest())
    _replace(folder / WEIGHTS_FILE, data)
    save_card(folder, card)
    return card


def save_card(folder: str | Path, card: Card) -> None:
    """Write the card alone, beside weights that are already there."""
    _replace(Path(folder) / CARD_FILE, card.to_json().encode())


def find(root: str | Path = "weights") -> list[Path]:
    """The checkpoint folders in `root`, by name; empty when there is none."""
    root = Path(root)
    return sorted(card.parent for card in root.glob(f"*/{CARD_FILE}")) if root.is_dir() else []


def load(source: str | Path) -> Checkpoint:
    """A checkpoint from a folder or from a Hugging Face Hub id ("owner/name").

    Raises CheckpointError, saying what is wrong, when it is missing, broken, truncated, foreign or mismatched.
    """
    folder = _folder(source)
    card = read_card(folder)
    data = _read_weights(folder)
    sha256 = hashlib.sha256(data).hexdigest()
    if card.weights_sha256 and card.weights_sha256 != sha256:
        raise CheckpointError(
            f"The weights of {folder.name} are not the ones its config.json was written for.",
            "Copy both files again from the same place.",
        )
    model = Classifier(card.backbone, len(card.labels), len(card.preprocess.mean))
    _fill(model, data, folder.name)
    return Checkpoint(card, model.eval().requires_grad_(False), sha256, folder)


def _folder(source: str | Path) -> Path:
    folder = Path(source)
    if folder.is_dir():
        return folder
    if isinstance(source, str) and HUB_ID.fullmatch(source) and not source.startswith(("weights/", "./", "../")):
        return _from_hub(source)
    raise CheckpointError(f"There is no checkpoint named {folder.name}.", MAKE_ONE)


def _from_hub(hub_id: str) -> Path:
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(hub_id, allow_patterns=[WEIGHTS_FILE, CARD_FILE, "README.md"]))
    except Exception as error:  # whatever the hub or the network raises, the person can do the same thing about it
        raise CheckpointError(
            f"The checkpoint {hub_id} could not be fetched from the Hugging Face Hub ({type(error).__name__}).",
            "Check the name and the network, or give a folder instead.",
        ) from error


def read_card(folder: Path) -> Card:
    """The card of a checkpoint folder, without its weights; CheckpointError says what is wrong with it."""
    try:
        return Card.from_json((folder / CARD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{folder.name} has no {CARD_FILE}, so it is not a checkpoint.", MAKE_ONE) from None
    except KeyError as error:
        raise CheckpointError(f"The {CARD_FILE} of {folder.name} has no entry {error}.", MAKE_ONE) from None
    except OSError as error:
        raise _unreadable(CARD_FILE, folder, error) from None
    except RecursionError:
        raise CheckpointError(f"The {CARD_FILE} of {folder.name} is nested too deeply.", MAKE_ONE) from None
    except (ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"The {CARD_FILE} of {folder.name} cannot be used: {error}.", MAKE_ONE) from None


def _read_weights(folder: Path) -> bytes:
    try:
        return (folder / WEIGHTS_FILE).read_bytes()
    except FileNotFoundError:
        others = sorted(p.name for p in folder.iterdir() if p.suffix in {".pt", ".pth", ".bin", ".ckpt", ".pkl"})
        if others:
            raise CheckpointError(
                f"{folder.name} holds {others[0]}, a pickle, which is never opened because it can run code.",
                f"Save it as {WEIGHTS_FILE} with safetensors.",
            ) from None
        raise CheckpointError(f"{folder.name} has no {WEIGHTS_FILE}.", MAKE_ONE) from None
    except OSError as error:
        raise _unreadable(WEIGHTS_FILE, folder, error) from None


def _unreadable(name: str, folder: Path, error: OSError) -> CheckpointError:
    return CheckpointError(f"The {name} of {folder.name} cannot be read: {error.strerror}.", "Check its rights.")


def _fill(model: Classifier, data: bytes, name: str) -> None:
    """Copy the tensors into the model, or say which do not fit."""
    again = "Copy it again, or train it anew."
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError):
        raise CheckpointError(f"The weights of {name} are broken or cut short.", again) from None
    wanted = model.state_dict()
    missing, foreign = sorted(wanted.keys() - tensors.keys()), sorted(tensors.keys() - wanted.keys())
    if missing or foreign:
        example = (missing or foreign)[0]
        raise CheckpointError(
            f"The weights of {name} belong to another network: {len(missing)} tensors are missing and "
            f"{len(foreign)} are unknown, {example} among them.", again,
        )  # fmt: skip
    for key, value in tensors.items():
        if value.shape != wanted[key].shape:
            raise CheckpointError(
                f"The weights of {name} do not fit its card: {key} is {tuple(value.shape)}, "
                f"the card asks for {tuple(wanted[key].shape)}.", again,
            )  # fmt: skip
        if not torch.isfinite(value).all():
            raise CheckpointError(f"The weights of {name} hold values that are not numbers, in {key}.", again)
    model.load_state_dict({key: value.to(wanted[key].dtype) for key, value in tensors.items()})


def _replace(path: Path, data: bytes) -> None:
    scratch = path.with_suffix(path.suffix + ".part")
    scratch.write_bytes(data)
    scratch.replace(path)
