"""Save, load, find: the only place that touches weight files.

A checkpoint is a folder with `model.safetensors`, `config.json` (the Card) and a model card `README.md`. The Card
carries everything the app needs to be right about the network; an ensemble is a checkpoint like any other. Pickles
are never opened.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import nn

from cxr_demo.errors import CheckpointError, describe_cause
from cxr_demo.networks.card import FEATURE_FUSION, SYNTHETIC, Card
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import Ensemble, FeatureFusion
from cxr_demo.networks.standing import EXTERNAL, TEST
from cxr_demo.networks.whole_file import write_file

WEIGHTS_FILE, CARD_FILE = "model.safetensors", "config.json"
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
HALF_FROM = 2**15  # numbers of a tensor
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.int64)  # that a weights file may hold
ADULT_YEARS = 18
Network = Classifier | Ensemble | FeatureFusion


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded card and its network in eval mode, all parameters frozen. `sha256` names what it computes: that of the
    weights file, and for an ensemble also of its rule, weights and members, which stand in its card alone."""

    card: Card
    model: Network
    sha256: str
    folder: Path

    @property
    def members(self) -> tuple[Checkpoint, ...]:
        """The networks of an ensemble, each as a checkpoint of its own, without what was measured of the whole; empty
        for a single network."""
        if self.card.ensemble is None or isinstance(self.model, Classifier):
            return ()
        return tuple(
            Checkpoint(
                dataclasses.replace(
                    self.card, name=member.name, backbone=member.backbone, head=member.head,
                    temperature=member.temperature, weights_sha256=member.sha256, ensemble=None,
                    thresholds={}, metrics={}, training={}, summary="",
                ),
                model, member.sha256, self.folder,
            )
            for member, model in zip(self.card.ensemble.members, self.model.members, strict=True)
        )  # fmt: skip


def save(folder: str | Path, model: Network, card: Card, *, half: bool) -> Card:
    """Write weights, then the card, each by rename so that a crash leaves the last good pair; returns the card
    with the weights' hash. `half` stores large convolution and linear weights as float16 (`can_be_half`), the rest
    stays float32."""
    card = dataclasses.replace(card, weights_sha256=save_weights(folder, model, half=half))
    save_card(folder, card)
    return card


def save_weights(folder: str | Path, model: nn.Module, *, half: bool) -> str:
    """Write the weights alone, of any network, and return their SHA-256."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (value.half() if half and can_be_half(value) else value).contiguous()
        for name, value in model.state_dict().items()
    }
    data = safetensors.torch.save(tensors, metadata={"format": "pt"})
    write_file(folder / WEIGHTS_FILE, data)
    return hashlib.sha256(data).hexdigest()


def can_be_half(value: torch.Tensor) -> bool:
    """Whether a tensor of weights may be stored as float16: the large ones, which make nearly all of a file. Depthwise
    filters are small and touchy: of an EfficientNet-Lite0 with 14 findings all weights halved move a probability by
    0.0034, without the small ones by 0.0004, and the file is 59 % of float32 instead of 50 %."""
    return value.is_floating_point() and value.ndim > 1 and value.numel() >= HALF_FROM


def save_card(folder: str | Path, card: Card) -> None:
    """Write the card alone, beside weights that are already there."""
    write_file(Path(folder) / CARD_FILE, card.to_json())


def get_weights_root() -> Path:
    """The folder of checkpoints, where none is named: CXR_WEIGHTS, else the repository's weights/ where this runs from
    a checkout, whatever the working folder, else weights/ where one stands."""
    if chosen := os.environ.get("CXR_WEIGHTS"):
        return Path(chosen)
    beside = Path(__file__).parents[2] / "weights"
    return beside if beside.is_dir() else Path("weights")


def find_checkpoints(root: str | Path = "weights") -> list[Path]:
    """The checkpoint folders in `root`, by name; empty when there is none."""
    root = Path(root)
    return sorted(card.parent for card in root.glob(f"*/{CARD_FILE}")) if root.is_dir() else []


def rank_card(card: Card) -> tuple[bool, int, float, int, str]:
    """Sorts checkpoints: those for films of adults first, then those of whom it is not known, then those for others,
    and last those that were made for synthetic films. Of these the one first that does best where it does worst: on
    its test films, a part of them, or films of other hospitals. Then the one that sees most of a film, then by name."""
    aurocs = [
        measured.figures["macro_auroc"].value
        for name, measured in card.metrics.sets.items()
        if "macro_auroc" in measured.figures and (name == EXTERNAL or name.startswith(TEST))
    ]
    age_rank = 1 if card.ages is None else 0 if card.ages[1] >= ADULT_YEARS else 2
    return card.made_for == SYNTHETIC, age_rank, -min(aurocs, default=0.0), -card.preprocess.size_px, card.name


def suggest_checkpoint(cards: Mapping[str, Card], age_years: float | None, current: str) -> str | None:
    """The name, of `cards` by name, of the network for people of this age, where the current one is for others: for
    other ages, or made for synthetic films. None where there is no better one, or an age is not known."""
    of_current = cards[current]
    if (
        age_years is None
        or (of_current.ages is None and of_current.made_for != SYNTHETIC)
        or _fits(of_current, age_years)
    ):
        return None
    fitting = [name for name, card in cards.items() if _fits(card, age_years)]
    return min(fitting, key=lambda name: rank_card(cards[name]), default=None)


def _fits(card: Card, age_years: float) -> bool:
    """Whether it is for real films of people of this age; at the upper end the whole year counts."""
    return card.made_for != SYNTHETIC and card.ages is not None and card.ages[0] <= age_years < card.ages[1] + 1


def default_checkpoint(root: str | Path | None = None) -> Path:
    """The checkpoint that page, command line and Python take where none is named: the first by `rank_card` of those
    in `root` (`get_weights_root()`) whose card can be read. CheckpointError where there is none."""
    root = get_weights_root() if root is None else Path(root)
    ranked = []
    for folder in find_checkpoints(root):
        with contextlib.suppress(CheckpointError):  # `models` and the page say what is wrong with it
            ranked.append((rank_card(read_card(folder)), folder))
    if not ranked:
        raise CheckpointError("checkpoint-none", folder=str(root))
    return min(ranked)[1]


def load(source: str | Path | None = None) -> Checkpoint:
    """A checkpoint from a folder or from a Hugging Face Hub id ("owner/name"), the default one where none is named;
    its card is bound to its weights.

    Raises CheckpointError, saying what is wrong, when it is missing, broken, truncated, foreign or mismatched.
    """
    folder = default_checkpoint() if source is None else _folder(source)
    card = read_card(folder)
    model = _network(card)
    for network in [model] if isinstance(model, Classifier) else model.members:
        if network.is_open:  # of the house's own the size was tried when they were trained
            network.check_size(card.preprocess.size_px)
    card = dataclasses.replace(card, weights_sha256=fill_network(model, folder, card.weights_sha256, CARD_FILE))
    return Checkpoint(card, model, _identity(card), folder)


def fill_network(model: nn.Module, folder: Path, wanted_sha256: str, card_file: str) -> str:
    """Read a folder's weights into a network, which is then in eval mode with all parameters frozen; returns their
    SHA-256. CheckpointError where they are not those that the card wants ("" wants any), or do not fit the network."""
    data = _read_weights(folder)
    sha256 = hashlib.sha256(data).hexdigest()
    if wanted_sha256 and wanted_sha256 != sha256:
        raise CheckpointError("checkpoint-other-weights", name=folder.name, card=card_file)
    _fill(model, data, folder.name)
    model.eval().requires_grad_(False)
    return sha256


def _identity(card: Card) -> str:
    """The SHA-256 of a checkpoint; equal where the same film gets the same answer."""
    if card.ensemble is None:
        return card.weights_sha256
    members = json.dumps(dataclasses.asdict(card.ensemble), sort_keys=True)
    return hashlib.sha256(f"{card.weights_sha256} {members}".encode()).hexdigest()


def _network(card: Card) -> Network:
    """As the card describes it, its weights not yet filled."""

    def single(backbone: str, head: str) -> Classifier:
        return Classifier(backbone, len(card.labels), len(card.preprocess.mean), head=head)

    if card.ensemble is None:
        return single(card.backbone, card.head)
    made = card.ensemble
    members = [single(member.backbone, member.head) for member in made.members]
    if made.rule == FEATURE_FUSION:
        return FeatureFusion(members)
    temperatures = [member.applied_temperature for member in made.members]
    return Ensemble(members, made.rule, made.weights, card.task, temperatures)


def _folder(source: str | Path) -> Path:
    folder = Path(source)
    if folder.is_dir():
        return folder if folder.name else folder.resolve()  # it is called by its name
    named = get_weights_root() / folder.name  # as `models` lists it, from whatever folder
    if folder.parts in ((folder.name,), ("weights", folder.name)) and named.is_dir():
        return named
    if isinstance(source, str) and HUB_ID.fullmatch(source) and not source.startswith(("weights/", "./", "../")):
        return _from_hub(source)
    raise CheckpointError("checkpoint-unknown", name=folder.name)


def _from_hub(hub_id: str) -> Path:
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(hub_id, allow_patterns=[WEIGHTS_FILE, CARD_FILE, "README.md"]))
    except Exception as error:  # whatever the hub or the network raises, the person can do the same thing about it
        raise CheckpointError("checkpoint-not-fetched", name=hub_id, kind=type(error).__name__) from error


def read_card(folder: Path) -> Card:
    """The card of a checkpoint folder, without its weights; CheckpointError says what is wrong with it."""
    try:
        return Card.from_json((folder / CARD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError("checkpoint-no-card", name=folder.name, card=CARD_FILE) from None
    except OSError as error:
        raise _unreadable(CARD_FILE, folder, error) from None
    except RecursionError:
        raise CheckpointError("checkpoint-nested", name=folder.name, card=CARD_FILE) from None
    except ValueError as error:
        raise CheckpointError("checkpoint-card", name=folder.name, card=CARD_FILE, why=describe_cause(error)) from None


def _read_weights(folder: Path) -> bytes:
    try:
        return (folder / WEIGHTS_FILE).read_bytes()
    except FileNotFoundError:
        others = sorted(p.name for p in folder.iterdir() if p.suffix in {".pt", ".pth", ".bin", ".ckpt", ".pkl"})
        if others:
            raise CheckpointError("checkpoint-pickle", name=folder.name, file=others[0]) from None
        raise CheckpointError("checkpoint-no-weights", name=folder.name, file=WEIGHTS_FILE) from None
    except OSError as error:
        raise _unreadable(WEIGHTS_FILE, folder, error) from None


def _unreadable(name: str, folder: Path, error: OSError) -> CheckpointError:
    return CheckpointError("checkpoint-unreadable", file=name, name=folder.name, why=str(error.strerror))


def _fill(model: nn.Module, data: bytes, name: str) -> None:
    """Copy the tensors into the model, or say which do not fit."""
    if data.startswith(b"version https://git-lfs"):
        raise CheckpointError("weights-lfs", name=name)
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError):
        raise CheckpointError("weights-broken", name=name) from None
    wanted = model.state_dict()
    missing, foreign = sorted(wanted.keys() - tensors.keys()), sorted(tensors.keys() - wanted.keys())
    if missing or foreign:
        example = (missing or foreign)[0]
        raise CheckpointError("weights-foreign", name=name, missing=len(missing), unknown=len(foreign), example=example)
    for key, value in tensors.items():
        if value.shape != wanted[key].shape:
            raise CheckpointError(
                "weights-shape", name=name, key=key, shape=str(tuple(value.shape)), wanted=str(tuple(wanted[key].shape))
            )
        if value.dtype not in DTYPES:
            kind = str(value.dtype).removeprefix("torch.")
            raise CheckpointError("weights-kind", name=name, key=key, kind=kind)
    tensors = {key: value.to(wanted[key].dtype) for key, value in tensors.items()}
    for key, value in tensors.items():
        if not torch.isfinite(value).all():
            raise CheckpointError("weights-not-numbers", name=name, key=key)
        if key.endswith("running_var") and (value < 0).any():  # whose root no logit survives
            raise CheckpointError("weights-variance", name=name, key=key)
    wanted.update(tensors)  # torch's own dict: some networks ask it for the version that it carries
    model.load_state_dict(wanted)
