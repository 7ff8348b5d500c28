"""The card and the README.md of a small model that is no classifier: the gate, the lungs."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from huggingface_hub import ModelCardData
from torch import nn

from cxr_demo.networks import checkpoint
from cxr_demo.networks.whole_file import write_file
from train.measure.hub_metadata import LIBRARY, TAGS


def make_small_card(
    out: Path, net: nn.Module, network: str, made: Mapping, training: Mapping, began: float, **own: object
) -> dict:
    """Writes the weights, 16 bit each, to `out`; returns the card. `made`: as `describe_environment` gives; `training`:
    what it was trained on and how; `began`: of `time.monotonic`, in seconds; `own`: entries of this model alone."""
    return {
        "name": out.name,
        "network": network,
        "parameters": sum(p.numel() for p in net.parameters()),
        "licence": "Apache-2.0",
        "weights_sha256": checkpoint.save_weights(out, net, half=True),
        **own,
        "training": {
            "command": made["command"],
            **training,
            "machine": made["machine"],
            "minutes": round((time.monotonic() - began) / 60, 1),
            "finished": datetime.date.today().isoformat(),
        },
        "commit": made["commit"],
        "versions": made["versions"],
    }


def write_small_card(path: Path, card: Mapping) -> None:
    write_file(path, json.dumps(card, indent=2, ensure_ascii=False) + "\n")


def format_small_report(card: Mapping, tag: str, purpose: str, origin: Sequence[str]) -> list[str]:
    """The first lines of its README.md; `tag`: the task, as model hubs call it; `origin`: lines on what it was made
    from."""
    training = card["training"]
    data = ModelCardData(license=card["licence"].lower(), library_name=LIBRARY, pipeline_tag=tag, tags=list(TAGS))
    return [
        "---", data.to_yaml(), "---", "",
        f"# {card['name']}", "",
        f"{purpose} For research and teaching; not a medical device.", "",
        f"- Network: {card['network']}; {card['parameters']:,} parameters; SHA-256 {card['weights_sha256'][:12]}",
        *(f"- {line}" for line in origin),
        f"- Training: {training['machine']}, {training['minutes']:.0f} minutes, {training['finished']}",
        f"- Command: `{training['command']}`",
        f"- Commit: {card['commit'][:12]}", "",
    ]  # fmt: skip
