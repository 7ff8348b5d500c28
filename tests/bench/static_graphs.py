"""All bundled networks as graphs of the static edition, beside the product on one film each: `python -m
tests.bench.static_graphs [EDITION]`, of an edition that `export-static` has written, else of a new one (minutes).

Logits within 1e-5 of the largest, maps over 0.99999 correlated, 99.9 % of their values within 1e-3 of the largest.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.static.edition import write_edition
from cxr_demo.export.static.golden import make_films
from cxr_demo.export.static.graph_check import run_graph
from cxr_demo.export.static.recording import CAMS
from cxr_demo.networks import checkpoint

LEAST_R, MOST_OFF, LEAST_SHARE, MOST_LOGIT = 0.99999, 1e-3, 0.999, 1e-5


def main(arguments: list[str]) -> int:
    names = [path.name for path in checkpoint.find_checkpoints(checkpoint.get_weights_root())]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments[0]) if arguments else Path(scratch)
        if not arguments:
            write_edition(folder, names)
        fails = 0
        for name in names:
            fails += not compare_network(folder / "networks" / name, name)
    return int(fails > 0)


def compare_network(folder: Path, name: str) -> bool:
    """Prints the worst of its methods; whether all are good enough."""
    made, manifest = checkpoint.load(name), json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    explainer, (pixels, _) = make_explainer(made, get_proof_folder()), next(make_films(1))
    x, labels = made.card.preprocess.apply(pixels), len(made.card.labels)
    with torch.inference_mode():
        logits = made.model(torch.from_numpy(x)).numpy()
    answers = run_graph(folder / manifest["graphs"]["answers"]["file"], {"x": x})
    off = float(np.abs(answers["logits"] - logits).max() / max(1, np.abs(logits).max()))
    keys = [key for key in manifest["graphs"] if key != "answers"]
    wanted = explainer.maps(x, [labels - 1], [*CAMS, *keys])
    least_r, least_share = 1.0, 1.0
    onehot = np.eye(labels, dtype=np.float32)[None, -1]
    for key in (*CAMS, *keys):
        want = wanted[key, labels - 1]
        found = (
            answers[key][-1]
            if key in CAMS
            else run_graph(folder / manifest["graphs"][key]["file"], {"x": x, "onehot": onehot})["relevance"]
        )
        least_r = min(least_r, float(np.corrcoef(found.ravel(), want.ravel())[0, 1]))
        least_share = min(least_share, float((np.abs(found - want) <= MOST_OFF * np.abs(want).max()).mean()))
    size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
    print(
        f"{name}: {len(keys)} sweeps, {size:.1f} MB, logits off by {off:.1e}, r at least {least_r:.7f}, "
        f"{100 * least_share:.2f} % of values within {MOST_OFF:g}", flush=True,
    )  # fmt: skip
    return off <= MOST_LOGIT and least_r > LEAST_R and least_share >= LEAST_SHARE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
