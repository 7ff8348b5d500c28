"""A file of weights, of whatever kind -> its tensors, or a sentence that names what it is and what to do.

Pickles are read in a process of their own (`pickle_process`), whose code is not ours and whose results are tensors.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError

from cxr_demo.errors import CheckpointError
from cxr_demo.importing import pickle_process
from cxr_demo.limits import IMPORT_SECONDS, MAX_IMPORT_BYTES
from cxr_demo.text.catalogue import format_text

HEAD_BYTES = 512
# What a file begins with -> the message that says what it is, and what to do
BEGINNINGS = {
    b"version https://git-lfs": "weights-are-lfs",
    b"\x89HDF\r\n\x1a\n": "weights-are-hdf5",
    b"\x1f\x8b": "weights-are-gzip",
    b"7z\xbc\xaf": "weights-are-7z",
    b"BZh": "weights-are-bzip2",
    b"\x93NUMPY": "weights-are-numpy",
}
# What the process that reads pickles says -> the same
REFUSALS = {
    "code": "pickle-code",
    "old": "pickle-old",
    "no tensors": "pickle-no-tensors",
    "broken": "pickle-broken",
    "memory": "pickle-memory",
    "time": "pickle-time",
}
# What it has left out, or taken otherwise than it stood.
NOTES = {"network": "pickle-note-network", "averaged": "pickle-note-averaged", "left": "pickle-note-left"}


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """`tensors` by the names that the file has, of whatever float type; `notes`: what was left out; `sha256` of the
    file, or of the hashes of its parts; `name` without its folder."""

    name: str
    tensors: dict[str, torch.Tensor]
    notes: tuple[str, ...]
    sha256: str


def read_weights(path: Path) -> WeightsFile:
    """Raises CheckpointError, which names what is wrong with the file."""
    name = path.name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise CheckpointError("weights-unreadable", name=name, why=str(error.strerror)) from None
    if not size:
        raise CheckpointError("weights-empty", name=name)
    if size > MAX_IMPORT_BYTES:
        most = MAX_IMPORT_BYTES // 2**30
        raise CheckpointError("weights-too-large", name=name, gigabytes=most)
    if known := recognise_kind(path, head):
        raise known
    if is_safetensors(head):
        tensors, notes = _read_safetensors(path), ()
    elif head[:2] == b"PK" or head[:1] == b"\x80" or head[257:262] == b"ustar":
        tensors, notes = _read_pickle(path)
    else:
        raise CheckpointError("weights-unknown", name=name, beginning=head[:8].hex(" "))
    with path.open("rb") as file:
        return WeightsFile(name, tensors, notes, hashlib.file_digest(file, "sha256").hexdigest())


def read_shards(folder: Path, index: str) -> WeightsFile:
    """Weights in several safetensors files, as the Hub keeps large networks: `index` names the file of each tensor."""
    try:
        places = json.loads((folder / index).read_text(encoding="utf-8"))["weight_map"]
        names = sorted({str(name) for name in places.values()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CheckpointError("index-broken", index=index) from None
    if absent := [name for name in names if Path(name).name != name or not (folder / name).is_file()]:
        raise CheckpointError("index-absent", index=index, file=absent[0])
    shards = [read_weights(folder / name) for name in names]
    tensors = {key: value for shard in shards for key, value in shard.tensors.items()}
    if lost := sorted(set(places) - set(tensors)):
        raise CheckpointError("index-lost", index=index, key=lost[0])
    sha256 = hashlib.sha256("".join(shard.sha256 for shard in shards).encode()).hexdigest()
    return WeightsFile(f"{index}, {len(shards)} files", tensors, (), sha256)


def recognise_kind(path: Path, head: bytes) -> CheckpointError | None:
    """What a file is that cannot be imported, and what to do; None where it may be weights."""
    for beginning in BEGINNINGS:
        if head.startswith(beginning):
            return CheckpointError(BEGINNINGS[beginning], name=path.name)
    if head.lstrip()[:1] == b"<":
        return CheckpointError("weights-are-page", name=path.name)
    if head[:1] == b"\x08" and (path.suffix == ".onnx" or re.search(rb"pytorch|onnx|tf2onnx|skl2onnx", head)):
        return CheckpointError("weights-are-onnx", name=path.name)
    if head[4:8] == b"TFL3" or path.suffix in (".pb", ".tflite"):
        return CheckpointError("weights-are-tensorflow", name=path.name)
    return _recognise_archive(path) if head[:2] == b"PK" else None


def _recognise_archive(path: Path) -> CheckpointError | None:
    if not zipfile.is_zipfile(path):
        return CheckpointError("weights-are-broken", name=path.name)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.split("/", 1)[-1].startswith(("constants.pkl", "code/")) for name in names):
        return CheckpointError("weights-are-torchscript", name=path.name)
    if any(name.endswith((".weights.h5", "metadata.json")) for name in names) and "config.json" in names:
        return CheckpointError("weights-are-keras", name=path.name)
    if any(name.split("/", 1)[-1] == "data.pkl" for name in names):
        return None
    return CheckpointError("weights-are-zip", name=path.name)


def is_safetensors(head: bytes) -> bool:
    """Eight bytes of length, then JSON."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**30


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, ValueError, KeyError, OSError):
        raise CheckpointError("weights-are-broken", name=path.name) from None


def _read_pickle(path: Path) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "tensors.safetensors"
        # -P: the folder of the script is no place to import from; -I would hide an environment's own packages.
        command = [sys.executable, "-P", pickle_process.__file__, str(path.resolve()), str(target), str(IMPORT_SECONDS)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=2 * IMPORT_SECONDS, cwd=scratch, check=False)
            said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            said = {"refusal": "time", "detail": str(2 * IMPORT_SECONDS)}
        except (ValueError, IndexError):  # killed by a limit, before it could say anything
            said = {"refusal": "broken", "detail": f"exit {done.returncode}"}
        if reason := said.get("refusal"):
            raise CheckpointError(REFUSALS[reason], name=path.name, detail=said["detail"])
        notes = tuple(
            format_text(NOTES[note["what"]], names=", ".join(note["names"]), inside=note.get("inside", ""))
            for note in said["notes"]
        )
        return _read_safetensors(target), notes


def check_numbers(tensors: Mapping[str, torch.Tensor], name: str) -> None:
    """CheckpointError where a network with these would answer with no number: its values are none, or a variance that
    a batch norm divides by is below zero."""
    for key, value in tensors.items():
        if not torch.isfinite(value).all():
            raise CheckpointError("weights-no-numbers", name=name, key=key)
        if key.endswith("running_var") and (value < 0).any():
            raise CheckpointError("weights-no-variance", name=name, key=key)
