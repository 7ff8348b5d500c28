"""The JSON files of an edition, and what they say of others."""

from __future__ import annotations

import base64
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


def describe_graph(file: str, data: bytes) -> dict[str, Any]:
    outputs = graphs.read_outputs(data)
    return {"file": file, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "outputs": outputs}


def measure_folder(folder: Path) -> int:
    """How many bytes its files have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _encode(value: object) -> object:
    if isinstance(value, np.ndarray):
        return encode_array(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
