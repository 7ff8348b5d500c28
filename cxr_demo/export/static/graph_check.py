"""Every graph that is written, asked once beside the product itself: what no test has seen stops the export here, and
never reaches a visitor."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from cxr_demo.errors import CxrError
from cxr_demo.explain.engine import AnyExplainer
from cxr_demo.export.static.recording import CAMS
from cxr_demo.film.phantom import make_phantom
from cxr_demo.networks.checkpoint import Checkpoint

SEED, SIDE_PX = 1, 256
LOGITS_APART = 1e-3  # of the largest
LEAST_ALIKE = 0.99  # correlation of maps: where a divisor is near 0 the order of summation alone costs 0.0001


def check_graphs(
    folder: Path, checkpoint: Checkpoint, explainer: AnyExplainer, described: Mapping[str, Mapping[str, Any]]
) -> None:
    """`described`: files and outputs by "answers" and methods' keys, in `folder`, as its manifest will name them.
    CxrError with the name of the first that says something else of a synthetic film."""
    card = checkpoint.card
    x = card.preprocess.apply(make_phantom(SEED, SIDE_PX, ("consolidation",)).pixels)
    with torch.no_grad():
        logits = checkpoint.model(torch.from_numpy(x)).numpy()
    label = int(logits[0].argmax())
    onehot = np.eye(len(card.labels), dtype=np.float32)[None, label]
    (answers_key, facts), *_ = described.items()
    found = {answers_key: run_graph(folder / facts["file"], {"x": x})}
    if np.abs(found[answers_key]["logits"] - logits).max() > LOGITS_APART * max(1, np.abs(logits).max()):
        raise CxrError("static-graph-differs", graph=answers_key)
    refused = explainer.proof.refusals
    maps = {key: found[answers_key][key][label] for key in CAMS if key not in refused}
    for key in list(described)[1:]:
        maps[key] = run_graph(folder / described[key]["file"], {"x": x, "onehot": onehot})["relevance"]
    wanted = explainer.maps(x, [label], list(maps))
    for key, values in maps.items():
        if not _are_alike(values, wanted[key, label]):
            raise CxrError("static-graph-differs", graph=key)


def _are_alike(found: np.ndarray, wanted: np.ndarray) -> bool:
    if found.shape != wanted.shape or not np.isfinite(found).all():
        return False
    if np.ptp(wanted) == 0 or np.ptp(found) == 0:  # nothing speaks for the label
        return bool(np.allclose(found, wanted, atol=1e-5))
    return bool(np.corrcoef(found.ravel(), wanted.ravel())[0, 1] >= LEAST_ALIKE)


def run_graph(packed: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Its weights are looked for beside it."""
    path = packed.with_suffix("")
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    finally:
        path.unlink()
    names = [output.name for output in session.get_outputs()]
    return {name: np.asarray(value) for name, value in zip(names, session.run(None, inputs), strict=True)}
