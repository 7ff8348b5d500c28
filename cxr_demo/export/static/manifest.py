"""What a page must know of a network to show its answers and maps: its card, its methods, its words, its files.

Everything here is asked of the product, so that a page in another language of computing writes nothing a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cxr_demo import render
from cxr_demo.explain.engine import AnyExplainer
from cxr_demo.explain.methods import EVIDENCE_FLOOR, LEAST_HELD, METHODS, MOST_HELD, Method, Unit
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Interval
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.standing import find_quality
from cxr_demo.text import findings_text, page_text
from cxr_demo.text.catalogue import LANGUAGES, use_language
from cxr_demo.text.checkpoint_text import describe_checkpoint_choice, describe_network, name_checkpoint
from cxr_demo.text.method_text import describe_caption, describe_promise, describe_too_little, name_unit

FORMAT = 1


def tell_all(make: Callable[[], str]) -> dict[str, str]:
    """A text in every language of the product, by its code."""
    told = {}
    for code in LANGUAGES:
        with use_language(code):
            told[code] = str(make())
    return told


def describe_network_files(
    checkpoint: Checkpoint, explainer: AnyExplainer, graphs: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The manifest of one network. `graphs`: "answers" and methods' keys -> file, sha256, bytes, outputs."""
    card, proof = checkpoint.card, explainer.proof
    methods = [key for key in METHODS if key in graphs or key in graphs["answers"]["outputs"]]
    return {
        "format": FORMAT,
        "name": card.name,
        "title": tell_all(lambda: name_checkpoint(card)),
        "choice": tell_all(lambda: describe_checkpoint_choice(card)),
        "summary": tell_all(lambda: card.tell("summary")),
        "population": tell_all(lambda: card.tell("population")),
        "purpose": tell_all(lambda: card.tell("purpose")),
        "data": tell_all(lambda: card.tell("data")),
        "caveat": tell_all(lambda: card.tell("caveat")),
        "network": tell_all(lambda: describe_network(card)),
        "labels": [_describe_label(card, label) for label in card.labels],
        "task": card.task,
        "decision": "most probable" if card.task == "single-label" else "threshold",
        "temperature": card.applied_temperature,
        "calibrated": card.calibrated,
        "thresholds": card.thresholds,
        "quality": {
            "test_films": tell_all(lambda: findings_text.describe_test_films(card)),
            "scores": tell_all(lambda: page_text.describe_scores(card)),
        },
        "preprocess": {
            "size_px": card.preprocess.size_px,
            "geometry": card.preprocess.geometry,
            "mean": list(card.preprocess.mean),
            "std": list(card.preprocess.std),
            "crop_share": card.preprocess.crop_share,
        },
        "weights_sha256": card.weights_sha256,
        "sha256": checkpoint.sha256,
        "graphs": dict(graphs),
        "methods": [_describe_method(METHODS[key], explainer) for key in methods],
        "proof": {
            "line": tell_all(lambda: proof.line),
            "refusals": {key: tell_all(lambda reason=reason: str(reason)) for key, reason in proof.refusals.items()},
            "curved": list(proof.curved),
            "choices": {key: list(choices) for key, choices in proof.choices.items()},
        },
        "members": _describe_members(card),
        "made_for": card.made_for,
        "ages": list(card.ages) if card.ages else None,
        "licence": card.licence,
        "versions": card.versions,
        "not_for_clinical_use": True,
    }


def describe_render() -> dict[str, Any]:
    """What `render` makes of a map besides code: clip, floor, tables of colours."""
    scales = {shown: render.Scale(shown, "", 1.0) for shown in ("positive", "signed")}
    return {
        "clip_percentile": render.CLIP_PERCENTILE,
        "evidence_floor": EVIDENCE_FLOOR,
        "signed_zero": render.SIGNED_ZERO,
        "bar_grey": render.BAR_GREY,
        "least_held": LEAST_HELD,
        "most_held": MOST_HELD,
        "tables": {shown: render.make_colour_table(scale) for shown, scale in scales.items()},
    }


def _describe_label(card: Card, label: str) -> dict[str, Any]:
    quality, known = find_quality(card, label), card.get_finding
    return {
        "key": label,
        "name": tell_all(lambda: known(label).name),
        "description": tell_all(lambda: known(label).gloss),
        "threshold": card.thresholds.get(label) if card.task == "multi-label" else None,
        "threshold_interval": list(card.threshold_intervals.get(label, ())) or None,
        "quality": {
            "auroc": _describe_figure(quality.auroc),
            "elsewhere": _describe_figure(quality.elsewhere),
            "sensitivity": _describe_figure(quality.sensitivity),
            "specificity": _describe_figure(quality.specificity),
            "can_tell": quality.can_tell,
            "positive": quality.positive,
            "negative": quality.negative,
            "held_out": quality.held_out,
            "points": quality.points.model_dump() if quality.points else None,
            "reliability": quality.reliability.model_dump() if quality.reliability else None,
            "told": tell_all(lambda: findings_text.describe_auroc(quality)),
        },
    }


def _describe_figure(figure: Interval | None) -> dict[str, float | None] | None:
    return figure and {"value": figure.value, "low": figure.low, "high": figure.high}


def _describe_method(method: Method, explainer: AnyExplainer) -> dict[str, Any]:
    placement = explainer.find_placement(method.key)
    return {
        "key": method.key,
        "name": {code: method.name for code in LANGUAGES},
        "paper": method.paper,
        "family": method.family.key,
        "reads": method.family.reads,
        "unit": _describe_unit(method.unit),
        "shown": method.shown,
        "signed": method.shown == "signed",
        "adds_up": method.unit.adds_to_logit,
        "is_linear": method.is_linear,
        "made_for_relu": method.made_for_relu,
        "cost_forwards": method.cost_forwards,
        "caption": tell_all(lambda: describe_caption(method)),
        "contrast_caption": tell_all(lambda: describe_caption(method, is_contrast=True)),
        "promise": tell_all(lambda: describe_promise(method.family)),
        "placement": {"rows": list(placement.rows), "columns": list(placement.columns)},
    }


def _describe_unit(unit: Unit) -> dict[str, Any]:
    return {
        "key": str(unit),
        "name": tell_all(lambda: name_unit(unit)),
        "amount": unit.amount,
        "adds_to_logit": unit.adds_to_logit,
        "comparable": unit.comparable,
        "too_little": tell_all(lambda: describe_too_little(unit)),
    }


def _describe_members(card: Card) -> dict[str, Any] | None:
    """Of an ensemble: its graphs join what the members say, and give their own logits as "members"."""
    made = card.ensemble
    if made is None:
        return None
    return {
        "rule": made.rule,
        "told": tell_all(lambda: page_text.describe_ensemble(made)),
        "calibrated": made.calibrated,
        "names": [member.name for member in made.members],
        "weights": list(made.weights),
        "temperatures": [member.applied_temperature for member in made.members],
        "joined_in_graph": True,
    }
