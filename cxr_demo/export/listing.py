"""What there is to choose among, as JSON holds it: networks and methods."""

from __future__ import annotations

from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.card import Card
from cxr_demo.text.checkpoint_text import name_checkpoint, name_networks
from cxr_demo.text.method_text import name_unit


def describe_model(card: Card) -> dict:
    return {
        "checkpoint": card.name,
        "title": name_checkpoint(card),
        "network": name_networks(card),
        "size_px": card.preprocess.size_px,
        "labels": {label: card.get_finding(label).name for label in card.labels},
        "task": card.task,
        "calibrated": card.calibrated,
        "summary": str(card.tell("summary")),
        "licence": card.licence,
        "weights_sha256": card.weights_sha256,
    }


def describe_methods() -> list[dict]:
    return [
        {
            "method": method.key,
            "name": method.name,
            "unit": method.unit,
            "unit_in_words": name_unit(method.unit),
            "cost_forwards": method.cost_forwards,
            "paper": method.paper,
        }
        for method in METHODS.values()
    ]
