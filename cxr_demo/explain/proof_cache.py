"""Proofs that were made before, on disk: a JSON file for each checkpoint, named by all that a proof depends on."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Collection
from pathlib import Path

from cxr_demo.explain.proof import CamProof, LrpProof, Proof
from cxr_demo.grids import Placement
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.whole_file import write_file
from cxr_demo.text.catalogue import Words, format_text
from cxr_demo.text.formats import format_digits, format_significant

PACKAGES = ("torch", "timm", "torchvision", "grad-cam", "zennit", "numpy")
MAKERS = {make.__name__: make for make in (format_text, format_digits, format_significant)}  # of a refusal's words
CODE = ("explain", "networks", "film")  # folders of this package on which a proof depends


def get_proof_folder() -> Path:
    """In CXR_CACHE, or else in the user's own cache folder."""
    cache = os.environ.get("CXR_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cxr-demo")
    return Path(cache) / "proofs"


def read_proof(folder: Path, checkpoint: Checkpoint, as_written: Collection[str] = ()) -> Proof | None:
    """None where there is none, or none that can be read."""
    try:
        facts = json.loads(
            _place(folder, checkpoint, as_written).read_text(encoding="utf-8"), object_hook=_unpack_words
        )
        choices = {key: tuple(found) for key, found in facts["lrp"]["choices"].items()}
        lrp = facts["lrp"] | {"curved": tuple(facts["lrp"]["curved"]), "choices": choices}
        spans = {axis: tuple(span) for axis, span in facts["placement"].items()}
        return Proof(CamProof(**facts["cam"]), LrpProof(**lrp), Placement(**spans))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_proof(folder: Path, checkpoint: Checkpoint, proof: Proof, as_written: Collection[str] = ()) -> None:
    """A folder that cannot be written costs the next start its time, and nothing else."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        told = json.dumps(dataclasses.asdict(proof), default=_pack_words)
        write_file(_place(folder, checkpoint, as_written), told)


def _pack_words(words: Words) -> dict:
    """Why a map is refused, as JSON: who reads it puts it into words."""
    return {"make": words.make.__name__, "args": list(words.args), "values": words.values}


def _unpack_words(facts: dict) -> dict | Words:
    is_words = facts.keys() == {"make", "args", "values"}
    return Words(MAKERS[facts["make"]], *facts["args"], **facts["values"]) if is_words else facts


def _place(folder: Path, checkpoint: Checkpoint, as_written: Collection[str] = ()) -> Path:
    card = checkpoint.card
    # The weights themselves: the hash that a card states of an ensemble's member is of another file.
    weights = hashlib.sha256()
    for name, value in sorted(checkpoint.model.state_dict().items()):
        weights.update(name.encode() + value.numpy().tobytes())
    made = card.ensemble
    networks = [(each.backbone, each.head) for each in (made.members if made else (card,))]
    of_card = made and made.rule, networks, card.labels, card.preprocess
    facts = (weights.hexdigest(), *of_card, _environment(), _hash_code(), sorted(as_written))
    return folder / f"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}.json"


@functools.cache
def _environment() -> tuple[str, ...]:
    return (platform.machine(), *(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES))


@functools.cache
def _hash_code() -> str:
    root = Path(__file__).parents[1]
    files = sorted(file for folder in CODE for file in (root / folder).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
