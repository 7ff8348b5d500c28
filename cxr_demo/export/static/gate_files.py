"""The learned check of films as a graph, with what is asked of its answer."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from cxr_demo.export.static import graphs
from cxr_demo.export.static.manifest_files import MANIFEST_FILE, measure_folder, write_graph_file, write_json
from cxr_demo.export.static.recording import record_network
from cxr_demo.networks.checkpoint import WEIGHTS_FILE
from cxr_demo.networks.gate_net import KINDS, NAMED, SIZE_PX, load_gate

GRAPH = "gate"
OUTPUTS = ("logits", "distance", "side")  # as `GateNet` gives them


def write_gate(folder: Path, source: Path) -> dict[str, Any] | None:
    """The gate of the folder `source` into another; what the edition says of it, None where there is none."""
    gate = load_gate(source)
    if gate is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / WEIGHTS_FILE, folder / WEIGHTS_FILE)
    recorded = record_network(gate.net, {"x": (1, 1, SIZE_PX, SIZE_PX)}, OUTPUTS)
    data = graphs.write_graph(recorded, graphs.find_tensors(folder / WEIGHTS_FILE), WEIGHTS_FILE)
    write_json(
        folder / MANIFEST_FILE,
        {
            "size_px": SIZE_PX,
            "kinds": list(KINDS),
            "named": NAMED,
            "limits": {
                "least_odds": gate.least_odds,
                "most_distance": gate.most_distance,
                "most_mirrored": gate.most_mirrored,
            },
            "weights_sha256": gate.card["weights_sha256"],
            "graphs": {GRAPH: write_graph_file(folder, GRAPH, data)},
        },
    )
    manifest = (folder / MANIFEST_FILE).read_bytes()
    return {"bytes": measure_folder(folder), "manifest_sha256": hashlib.sha256(manifest).hexdigest()}
