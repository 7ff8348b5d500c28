"""Manifests and the files that they name."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cxr_demo.export.static import graphs

MANIFEST_FILE = "manifest.json"


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Arrays become base64."""
    path.write_text(json.dumps(facts, ensure_ascii=False, default=_encode) + "\n", encoding="utf-8")


def encode_array(values: np.ndarray) -> str:
    """The bytes of an array, the last axis closest, little end first, as base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def write_graph_file(folder: Path, name: str, data: bytes) -> dict[str, Any]:
    """An ONNX file, compressed to a fifth, and what a manifest says of it. The size is that of the file, the hash that
    of what is inside: a server may say that its browser is to unpack it."""
    packed = compress(data)
    (folder / f"{name}.onnx.gz").write_bytes(packed)
    return {
        "file": f"{name}.onnx.gz",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(packed),
        "outputs": graphs.read_outputs(data),
    }


def compress(data: bytes) -> bytes:
    """As gzip -9, the same at every run; many servers would not do it."""
    return gzip.compress(data, 9, mtime=0)


def measure_folder(folder: Path) -> int:
    """How many bytes its files have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _encode(value: object) -> object:
    if isinstance(value, np.ndarray):
        return encode_array(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
