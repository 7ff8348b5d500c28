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

PACKAGES = ("torch", "timm", "torchvision", "grad-cam", "zennit", "numpy")
CODE = ("explain", "networks", "film")  # folders of this package on which a proof depends


def get_proof_folder() -> Path:
    """In CXR_CACHE, or else in the user's own cache folder."""
    cache = os.environ.get("CXR_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cxr-demo")
    return Path(cache) / "proofs"


def read_proof(folder: Path, checkpoint: Checkpoint, as_written: Collection[str] = ()) -> Proof | None:
    """None where there is none, or none that can be read."""
    try:
        facts = json.loads(_place(folder, checkpoint, as_written).read_text(encoding="utf-8"))
        choices = {key: tuple(found) for key, found in facts["lrp"]["choices"].items()}
        lrp = facts["lrp"] | {"curved": tuple(facts["lrp"]["curved"]), "choices": choices}
        spans = {axis: tuple(span) for axis, span in facts["placement"].items()}
        return Proof(CamProof(**facts["cam"]), LrpProof(**lrp), Placement(**spans))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_proof(folder: Path, checkpoint: Checkpoint, proof: Proof, as_written: Collection[str] = ()) -> None:
    """A folder that cannot be written costs the next start its time, and nothing else."""
    place = _place(folder, checkpoint, as_written)
    part = place.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(dataclasses.asdict(proof)), encoding="utf-8")
        part.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _place(folder: Path, checkpoint: Checkpoint, as_written: Collection[str] = ()) -> Path:
    card = checkpoint.card
    # The weights themselves: the hash that a card states of an ensemble's member is of another file.
    weights = hashlib.sha256()
    for name, value in sorted(checkpoint.model.state_dict().items()):
        weights.update(name.encode() + value.numpy().tobytes())
    of_card = card.network, card.labels, card.preprocess
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
