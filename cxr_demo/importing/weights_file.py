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

import safetensors.torch
import torch
from safetensors import SafetensorError

from cxr_demo.errors import CheckpointError
from cxr_demo.importing import pickle_process
from cxr_demo.limits import IMPORT_SECONDS, MAX_IMPORT_BYTES

HEAD_BYTES = 512
EXPORT_STATE = "Load it where it was made, and save model.state_dict() with safetensors.torch.save_file."
AGAIN = "Copy or download it again."
# What a file begins with -> what it is, and what to do
BEGINNINGS = {
    b"version https://git-lfs": ("a pointer of Git LFS, not the weights", "Fetch them with: git lfs pull"),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file, as Keras writes", "TensorFlow's and Keras' networks cannot be imported."),
    b"\x1f\x8b": ("a gzip archive", "Unpack it, and give the file inside."),
    b"7z\xbc\xaf": ("a 7z archive", "Unpack it, and give the file inside."),
    b"BZh": ("a bzip2 archive", "Unpack it, and give the file inside."),
    b"\x93NUMPY": ("an array of numpy", EXPORT_STATE),
}  # fmt: skip
# What the process that reads pickles says -> the same
REFUSALS = {
    "code": ("names {detail}, which a pickle could run as code; it was not run", EXPORT_STATE),
    "old": ("is a whole network in the format of PyTorch before 1.6, which holds code", EXPORT_STATE),
    "no tensors": ("holds no tensors of a network", EXPORT_STATE),
    "broken": ("is broken or cut short ({detail})", AGAIN),
    "memory": ("asks for more memory than such a file needs", EXPORT_STATE),
    "time": ("was not read within {detail} seconds", EXPORT_STATE),
}


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
        raise CheckpointError(f"{name} cannot be read: {error.strerror}.", "Check its rights.") from None
    if not size:
        raise CheckpointError(f"{name} is empty.", AGAIN)
    if size > MAX_IMPORT_BYTES:
        most = MAX_IMPORT_BYTES // 2**30
        raise CheckpointError(f"{name} has more than {most} GB.", "Give a file with the network's weights alone.")
    if known := recognise_kind(path, head):
        raise CheckpointError(f"{name} is {known[0]}.", known[1])
    if is_safetensors(head):
        tensors, notes = _read_safetensors(path), ()
    elif head[:2] == b"PK" or head[:1] == b"\x80" or head[257:262] == b"ustar":
        tensors, notes = _read_pickle(path)
    else:
        raise CheckpointError(
            f"{name} is no weights file that is known here (it begins with {head[:8].hex(' ')}).",
            "Give safetensors, or a .pt or .pth file of PyTorch.",
        )
    with path.open("rb") as file:
        return WeightsFile(name, tensors, notes, hashlib.file_digest(file, "sha256").hexdigest())


def read_shards(folder: Path, index: str) -> WeightsFile:
    """Weights in several safetensors files, as the Hub keeps large networks: `index` names the file of each tensor."""
    try:
        places = json.loads((folder / index).read_text(encoding="utf-8"))["weight_map"]
        names = sorted({str(name) for name in places.values()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CheckpointError(f"{index} does not say where the weights are.", AGAIN) from None
    if absent := [name for name in names if Path(name).name != name or not (folder / name).is_file()]:
        raise CheckpointError(f"{index} names {absent[0]}, which is not in the folder.", AGAIN)
    shards = [read_weights(folder / name) for name in names]
    tensors = {key: value for shard in shards for key, value in shard.tensors.items()}
    if lost := sorted(set(places) - set(tensors)):
        raise CheckpointError(f"{index} names {lost[0]}, which none of its files holds.", AGAIN)
    sha256 = hashlib.sha256("".join(shard.sha256 for shard in shards).encode()).hexdigest()
    return WeightsFile(f"{index}, {len(shards)} files", tensors, (), sha256)


def recognise_kind(path: Path, head: bytes) -> tuple[str, str] | None:
    """What a file is that cannot be imported, and what to do; None where it may be weights."""
    for beginning, known in BEGINNINGS.items():
        if head.startswith(beginning):
            return known
    if head.lstrip()[:1] == b"<":
        return "a page of the web, not the weights", "Download the file itself; a login may be needed."
    if head[:1] == b"\x08" and (path.suffix == ".onnx" or re.search(rb"pytorch|onnx|tf2onnx|skl2onnx", head)):
        return "an ONNX file", f"Networks are imported from PyTorch's weights. {EXPORT_STATE}"
    if head[4:8] == b"TFL3" or path.suffix in (".pb", ".tflite"):
        return "a file of TensorFlow", "TensorFlow's and Keras' networks cannot be imported."
    return _recognise_archive(path) if head[:2] == b"PK" else None


def _recognise_archive(path: Path) -> tuple[str, str] | None:
    if not zipfile.is_zipfile(path):
        return "broken or cut short", AGAIN
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.split("/", 1)[-1].startswith(("constants.pkl", "code/")) for name in names):
        return "a program of TorchScript, which is code", EXPORT_STATE
    if any(name.endswith((".weights.h5", "metadata.json")) for name in names) and "config.json" in names:
        return "a network of Keras", "TensorFlow's and Keras' networks cannot be imported."
    if any(name.split("/", 1)[-1] == "data.pkl" for name in names):
        return None
    return "a zip archive", "Unpack it, and give the file or the folder inside."


def is_safetensors(head: bytes) -> bool:
    """Eight bytes of length, then JSON."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**30


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, ValueError, KeyError, OSError):
        raise CheckpointError(f"{path.name} is broken or cut short.", AGAIN) from None


def _read_pickle(path: Path) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "tensors.safetensors"
        # -P: the folder of the script is no place to import from; -I would hide an environment's own packages.
        command = [sys.executable, "-P", pickle_process.__file__, str(path.resolve()), str(target), str(IMPORT_SECONDS)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=2 * IMPORT_SECONDS, cwd=scratch, check=False)
            said = json.loads(done.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            said = {"refusal": "time", "detail": str(2 * IMPORT_SECONDS)}
        except (ValueError, IndexError):  # killed by a limit, before it could say anything
            said = {"refusal": "broken", "detail": f"its reader ended with {done.returncode}"}
        if reason := said.get("refusal"):
            what, hint = REFUSALS[reason]
            raise CheckpointError(f"{path.name} {what.format(detail=said['detail'])}.", hint)
        return _read_safetensors(target), tuple(said["notes"])


def check_numbers(tensors: Mapping[str, torch.Tensor], name: str) -> None:
    """CheckpointError where a network with these would answer with no number: its values are none, or a variance that
    a batch norm divides by is below zero."""
    for key, value in tensors.items():
        if not torch.isfinite(value).all():
            raise CheckpointError(
                f"{name} holds values that are not numbers, in {key}.", "Take an earlier state of it."
            )
        if key.endswith("running_var") and (value < 0).any():
            raise CheckpointError(f"{name} holds a variance below zero, in {key}.", "Take an earlier state of it.")
