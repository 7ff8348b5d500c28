"""Reads a pickle of weights in a process of its own and writes its tensors as safetensors.

Run as a script by `weights_file`: SOURCE TARGET CPU_SECONDS. No code of the pickle runs: torch's restricted reader
builds tensors and plain containers, and nothing else. A pickle of a whole network names its classes; each of those is
read as a `Record`, which holds what the file says of it and does nothing. What was found is one line of JSON on stdout:
`notes` (of weights_file.NOTES, with the names), or `refusal` (of weights_file.REFUSALS) with a `detail`.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch

SPARE_BYTES = 2 * 2**30  # of memory, besides four times the file
ROUNDS = 64  # of classes that are found one by one
# Classes of these may be named by a pickle of a whole network. None is looked up, so none needs to be installed.
NETWORK_CLASS = re.compile(r"(torch\.nn\.modules|torchvision\.(models|ops)|timm|torchxrayvision\.models)\.[\w.]+")
STATES = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module")
AVERAGED = ("state_dict_ema", "model_ema", "ema_state_dict", "ema")


class Record:
    """An object of the pickle: its attributes are those that the file gives it."""

    def __init__(self, *arguments: object) -> None:
        del arguments


class Refusal(Exception):
    """`args`: which of weights_file.REFUSALS, and a detail."""


def main(source: str, target: str, cpu_seconds: int) -> None:
    _limit_process(os.path.getsize(source), cpu_seconds)
    warnings.simplefilter("ignore")
    try:
        tensors, notes = find_state(_load(source))
        # Clones: parts of one storage, as tied weights are, cannot be written as they are.
        safetensors.torch.save_file({key: value.contiguous().clone() for key, value in tensors.items()}, target)
        print(json.dumps({"notes": notes}))
    except Refusal as refusal:
        print(json.dumps({"refusal": refusal.args[0], "detail": refusal.args[1]}))
    except MemoryError:
        print(json.dumps({"refusal": "memory", "detail": ""}))
    except Exception as error:
        is_memory = "alloc" in str(error).lower()
        print(json.dumps({"refusal": "memory" if is_memory else "broken", "detail": type(error).__name__}))


def _limit_process(file_bytes: int, cpu_seconds: int) -> None:
    """Where the system has such limits: time, memory beyond what torch has taken, no file larger than the weights."""
    try:
        import resource

        with open("/proc/self/statm") as sizes:
            taken = int(sizes.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError):
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    most_bytes = taken + SPARE_BYTES + 4 * file_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _load(source: str) -> Any:
    names: list[tuple[type, str]] = []
    for _ in range(ROUNDS):
        try:
            with torch.serialization.safe_globals(names):  # pyright: ignore[reportArgumentType] # pairs are allowed too
                return torch.load(source, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            found = re.search(r"GLOBAL (\S+) (?:was not|whose module)|Unsupported (?:class|operand) (\S+)", str(error))
            if "Only persistent_load of storage" in str(error):
                raise Refusal("old", "") from None
            if found is None:
                raise
            name = found[1] or found[2]
            if not NETWORK_CLASS.fullmatch(name) or (Record, name) in names:
                raise Refusal("code", name) from None
            names.append((Record, name))
    raise Refusal("broken", "too many classes")


def find_state(found: Any) -> tuple[dict[str, torch.Tensor], list[dict]]:
    """name -> tensor of the network in what a file held, and what was left out."""
    notes: list[dict] = []
    for _ in range(4):
        if isinstance(found, Record):
            notes.append({"what": "network", "names": []})
            found = dict(walk_record(found))
        if not isinstance(found, Mapping):
            raise Refusal("no tensors", type(found).__name__)
        inside = next((key for key in STATES if isinstance(found.get(key), (Mapping, Record))), None)
        if inside is None:
            break
        notes += [{"what": "averaged", "names": [key]} for key in AVERAGED if key in found]
        if left := sorted(str(key) for key in found if key != inside and key not in AVERAGED):
            notes.append({"what": "left", "names": left[:6], "inside": inside})
        found = found[inside]
    tensors = {str(key): value.detach() for key, value in found.items() if isinstance(value, torch.Tensor)}
    if not tensors:
        raise Refusal("no tensors", "")
    return tensors, notes


def walk_record(record: Record, prefix: str = "", depth: int = 0) -> list[tuple[str, torch.Tensor]]:
    """The state of a network that was pickled as a whole, under the names that its own `state_dict` gives."""
    if depth > 64:
        raise Refusal("broken", "nested too deeply")
    parts = [getattr(record, part, None) or {} for part in ("_parameters", "_buffers", "_modules")]
    if not all(isinstance(part, Mapping) for part in parts):
        raise Refusal("no tensors", "")
    tensors = [(f"{prefix}{key}", value) for part in parts[:2] for key, value in part.items()]
    found = [(key, value) for key, value in tensors if isinstance(value, torch.Tensor)]
    for key, child in parts[2].items():
        if isinstance(child, Record):
            found += walk_record(child, f"{prefix}{key}.", depth + 1)
    return found


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
