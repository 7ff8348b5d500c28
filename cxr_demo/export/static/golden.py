"""Golden cases: films with what Python makes of them, step by step, for tests of whatever computes the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Analyser, Explanation
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.static.edition import list_recorded
from cxr_demo.export.static.manifest_files import encode_array, write_json
from cxr_demo.export.static.png_files import write_png
from cxr_demo.export.static.recording import CAMS
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint as checkpoints

CASES_FILE = "cases.json"
OPACITY = 0.6
WHOLE_PIXELS = 40_000  # of a film whose maps stand in the cases on its own pixels too: others would be large
SHAPES = (  # (H, W), bits: those of real films, odd ones, and some that are smaller than the square
    ((384, 384), 8), ((53, 211), 8), ((700, 512), 8), ((1024, 1024), 8), ((384, 384), 16), ((211, 53), 8),
    ((512, 700), 16), ((96, 96), 8), ((128, 128), 8), ((97, 96), 8), ((64, 64), 8), ((33, 65), 16), ((224, 224), 8),
    ((1024, 1024), 16), ((199, 201), 8), ((192, 192), 8), ((150, 100), 8), ((768, 512), 8), ((1000, 251), 8),
    ((181, 173), 16),
)  # fmt: skip
FINDINGS = ((), ("consolidation",), ("effusion",), ("nodule",), ("cardiomegaly",))


def write_cases(folder: Path, network: str, count: int = len(SHAPES)) -> None:
    """CASES_FILE and the films beside it."""
    analyser = Analyser(checkpoints.load(network), proofs=get_proof_folder())
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for place, (pixels, bits) in enumerate(make_films(count), 1):
        path = folder / f"case_{place}.png"
        write_png(path, pixels, bits)
        cases.append({"file": path.name, "bits": bits} | describe_case(analyser, path, place))
    labels = list(analyser.card.labels)
    write_json(folder / CASES_FILE, {"network": analyser.card.name, "labels": labels, "cases": cases})


def make_films(count: int) -> Iterator[tuple[np.ndarray, int]]:
    """Synthetic films (H, W) float32 0..1 of `SHAPES`, cut from larger ones, and their bits."""
    for place, (shape, bits) in enumerate(SHAPES[:count]):
        film = make_phantom(place + 1, 512, FINDINGS[place % len(FINDINGS)], "PORT" if place % 3 == 2 else "").pixels
        pixels = cv2.resize(film, shape[::-1], interpolation=cv2.INTER_CUBIC)
        yield np.clip(pixels, 0, 1).astype(np.float32), bits


def describe_case(analyser: Analyser, path: Path, place: int) -> dict[str, Any]:
    """Of one film and one of the labels, by turns; arrays as base64, of the types that stand beside them."""
    image, card = read_image(path), analyser.card
    study = analyser.analyse(image)
    label = card.labels[place % len(card.labels)]
    refused = analyser.proof.refusals
    methods = [key for key in (*CAMS, *list_recorded()) if key not in refused]
    maps = analyser.explain(study, [label], methods)
    return {
        "shape": list(image.pixels.shape),
        "kind": image.kind,
        "notes": list(map(str, image.notes)),
        "greys": encode_array(render.make_greys(image.pixels)) if image.pixels.size <= WHOLE_PIXELS else None,
        "square": encode_array(np.rint(study.square * 255).astype(np.uint8)),
        "logits": study.logits.tolist(),
        "probabilities": study.probabilities.tolist(),
        "members": study.members.logits.tolist(),
        "label": label,
        "maps": {key: _describe_map(analyser, image.pixels, maps[key, label]) for key in methods},
    }


def _describe_map(analyser: Analyser, pixels: np.ndarray, made: Explanation) -> dict[str, Any]:
    scale = made.own_scale
    told: dict[str, Any] = {
        "rows": made.map_square.shape[0],
        "columns": made.map_square.shape[1],
        "values": encode_array(made.map_square.astype("<f4")),
        "logit": made.logit,
        "sum": made.total,
        "unit": str(METHODS[made.method].unit),
        "scale": {
            "shown": scale.shown, "unit": scale.unit, "limit": scale.limit, "nothing": scale.nothing,
            "start": scale.start,
        },
        "ticks": list(render.choose_ticks(scale)),
    }  # fmt: skip
    if pixels.size <= WHOLE_PIXELS:
        on_image = analyser.card.preprocess.map_to_image(made.map_square, pixels.shape, made.placement)
        overlay = render.draw_overlay(pixels, on_image, scale, OPACITY)
        told["image"] = {
            "values": encode_array(on_image.astype("<f4")),
            "levels": encode_array(render.quantise_map(on_image, scale)),
            "opacity": OPACITY,
            "overlay": encode_array(overlay),
        }
    return told
