"""`python -m cxr_demo predict|explain|believe|check|models|methods`: the same as the page, for scripts.

Exit 0 when all went well, 1 when `check` finds that a checkpoint cannot explain, 2 for input that cannot be used.
Results go to stdout, errors as one sentence each to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from cxr_demo import checkpoint, render, where
from cxr_demo.agreement import agreements
from cxr_demo.analysis import SHOWN_FIRST, Analyser, Explanation, Study, ordered
from cxr_demo.belief import told
from cxr_demo.card import Card
from cxr_demo.ensemble import JOINED
from cxr_demo.errors import CheckpointError, CxrError
from cxr_demo.explain import METHODS
from cxr_demo.image import read_image
from cxr_demo.labels import finding
from cxr_demo.lungs import load_lungs

OPACITY = 0.6


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.act(options)
    except CxrError as error:
        _complain(str(error))
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cxr_demo", description=__doc__.split("\n\n")[1])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    predict = commands.add_parser("predict", help="probabilities of each label on films")
    predict.add_argument("files", nargs="+", metavar="FILE")
    predict.add_argument("--json", action="store_true", help="one JSON list instead of lines")
    predict.set_defaults(act=_predict)

    explain = commands.add_parser("explain", help="maps of one film as arrays and pictures")
    explain.add_argument("file", metavar="FILE")
    explain.add_argument("--label", nargs="+", help="labels to explain; the one that the page shows first if left out")
    explain.add_argument("--method", nargs="+", help=f"{', '.join(METHODS)}; if left out, {', '.join(SHOWN_FIRST)}")
    explain.add_argument("--out", type=Path, required=True, help="folder for maps.npz, result.json and overlays")
    explain.set_defaults(act=_explain)

    believe = commands.add_parser("believe", help="how far to believe the maps of one label on one film; minutes")
    believe.add_argument("file", metavar="FILE")
    believe.add_argument("--label", help="the one that the page shows first if left out")
    believe.add_argument("--method", nargs="+", help=f"if left out, {', '.join(SHOWN_FIRST)}")
    believe.add_argument(
        "--region", type=float, nargs=4, metavar=("X", "Y", "WIDTH", "HEIGHT"),
        help="a box, in shares of the film (0 to 1, from its upper left corner): how much evidence lies in it",
    )  # fmt: skip
    believe.set_defaults(act=_believe)
    for command in (predict, explain, believe):
        command.add_argument("--weights", help="checkpoint folder or Hub id; the first in weights/ if left out")

    check = commands.add_parser("check", help="does a checkpoint prove its explanations? exit 1 if not")
    check.add_argument("weights", metavar="WEIGHTS")
    check.set_defaults(act=_check)
    commands.add_parser("models", help="the checkpoints at hand").set_defaults(act=_models)
    commands.add_parser("methods", help="the explanation methods").set_defaults(act=_methods)
    return parser


def _predict(options: argparse.Namespace) -> int:
    """Every file gets its row; one that cannot be read does not stop the others."""
    analyser = _analyser(options.weights)
    rows, failed = [], False
    for name in options.files:
        try:
            rows.append({"file": name, **_facts(analyser, analyser.analyse(read_image(name)))})
        except CxrError as error:
            failed = True
            _complain(f"{name}: {error}")
            rows.append({"file": name, "error": str(error)})
    if options.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            for label, value in row.get("probabilities", {}).items():
                print(f"{row['file']}\t{label}\t{value:.4f}")
    return 2 if failed else 0


def _explain(options: argparse.Namespace) -> int:
    analyser = _analyser(options.weights)
    image = read_image(options.file)
    study = analyser.analyse(image)
    labels = options.label or ordered(analyser.card, study.probabilities)[:1]
    methods = options.method or [key for key in SHOWN_FIRST if not analyser.proof.available[key]]
    explanations = analyser.explain(study, labels, methods)
    try:
        _write_explanations(options.out, image.pixels, analyser, study, explanations, options.file)
    except OSError as error:
        raise CxrError(f"The results cannot be written: {error.strerror}.", "Give --out another folder.") from error
    print(f"{options.out}: {len(explanations)} maps of {', '.join(labels)}")
    return 0


def _believe(options: argparse.Namespace) -> int:
    analyser = _analyser(options.weights)
    study = analyser.analyse(read_image(options.file))
    film, model = study.image.pixels, load_lungs(Path(_root()) / "lungs")
    masks = where.regions(film.shape, model and model.estimate(film), options.region and tuple(options.region))
    label = options.label or ordered(analyser.card, study.probabilities)[0]
    methods = options.method or [key for key in SHOWN_FIRST if not analyser.proof.available[key]]
    explained = analyser.explain(study, [label], methods)
    with tqdm(total=100, unit="%", leave=False, disable=None) as bar:
        found = analyser.believe(
            study, list(explained.values()), lambda done, total: bar.update(int(100 * done / total) - bar.n)
        )
    maps = {key: explained[key, label].map_square for key in methods}
    seen = analyser.card.preprocess.square(np.ones_like(study.image.pixels)) > 0
    for line in told(label, found, agreements(maps, seen)):
        print(line)
    print()
    places = {key: where.where(map_square, analyser.card.preprocess, masks) for key, map_square in maps.items()}
    for line in where.told(places, model and model.dice):
        print(line)
    return 0


def _check(options: argparse.Namespace) -> int:
    analyser = Analyser(checkpoint.load(options.weights))
    print(f"{analyser.card.name}: {analyser.proof.line}")
    return 1 if analyser.proof.fails else 0


def _models(options: argparse.Namespace) -> int:
    folders = checkpoint.find(_root())
    if not folders:
        _complain(f"There is no checkpoint in {_root()}. {checkpoint.MAKE_ONE}")
    for folder in folders:
        try:
            card = checkpoint.read_card(folder)
        except CxrError as error:
            _complain(f"{folder}: {error}")
            continue
        print(f"{folder}\t{card.network}, {card.preprocess.size_px} px\t{', '.join(card.labels)}\t{card.summary}")
    return 0


def _methods(options: argparse.Namespace) -> int:
    for method in METHODS.values():
        cost = f"about {method.cost_forwards:g} forward passes a label"
        print(f"{method.key}\t{method.name}\t{method.unit}\t{cost}\t{method.paper}")
    return 0


def _root() -> str:
    return os.environ.get("CXR_WEIGHTS", "weights")


def _analyser(weights: str | None) -> Analyser:
    if weights is None:
        folders = checkpoint.find(_root())
        if not folders:
            raise CheckpointError(f"There is no checkpoint in {_root()}.", checkpoint.MAKE_ONE)
        weights = folders[0]
    return Analyser(checkpoint.load(weights))


def _facts(analyser: Analyser, study: Study) -> dict:
    card = analyser.card
    return {
        "checkpoint": card.name,
        "checkpoint_sha256": analyser.sha256,
        "weights_sha256": card.weights_sha256,
        "calibrated": card.calibrated,
        "probabilities": _by_label(study.labels, study.probabilities),
        "logits": _by_label(study.labels, study.logits),
        "thresholds": card.thresholds,
        **_members(card, study),
        "film": {
            "kind": study.image.kind,
            "height_px": study.image.pixels.shape[0],
            "width_px": study.image.pixels.shape[1],
            "sha256": study.image.sha256,
            "notes": list(study.image.notes),
        },
    }


def _members(card: Card, study: Study) -> dict:
    """Of an ensemble: its rule and what each member says for itself."""
    if card.ensemble is None:
        return {}
    members = {
        name: {"weight": weight, "probabilities": _by_label(study.labels, p), "logits": _by_label(study.labels, logits)}
        for name, weight, p, logits in zip(
            study.members.names, card.ensemble.weights, study.members.probabilities, study.members.logits, strict=True
        )
    }
    explained = "the weighted mean of the members' logits, each divided by its temperature"
    if card.ensemble.rule == JOINED:
        explained = "the joined network's logit"
    return {"rule": card.ensemble.rule, "members": members, "maps_explain": explained}


def _by_label(labels: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {label: float(value) for label, value in zip(labels, values, strict=True)}


def _write_explanations(
    folder: Path,
    film: np.ndarray,
    analyser: Analyser,
    study: Study,
    explanations: dict[tuple[str, str], Explanation],
    file: str,
) -> None:
    """maps.npz: "method/label" -> (H, W) float32 on the film's pixels, raw units; result.json; one PNG per map."""
    folder.mkdir(parents=True, exist_ok=True)
    maps, described = {}, {}
    for (method, label), explanation in explanations.items():
        key = f"{method}/{label}"
        maps[key] = analyser.card.preprocess.map_to_image(explanation.map_square, film.shape)
        scale = render.scale_of(explanation.map_square, METHODS[method].shown, explanation.unit)
        picture = f"{method}_{label}.png"
        overlay = render.overlay(film, maps[key], scale, OPACITY)
        (folder / picture).write_bytes(cv2.imencode(".png", overlay[..., ::-1])[1].tobytes())
        described[key] = {
            "name": f"{METHODS[method].name}, {finding(label).name}",
            "unit": explanation.unit,
            "signed": METHODS[method].signed,
            "drawn": METHODS[method].shown,
            "native_shape": list(explanation.map_square.shape),
            "sum_over_native_map": explanation.total,
            "logit": explanation.logit,
            "left_out_as_bias": explanation.left_out,
            "full_colour_at": scale.limit,
            "overlay": picture,
            "does_not_show": METHODS[method].caption,
        }
    np.savez_compressed(folder / "maps.npz", **maps)
    result = {"file": file, **_facts(analyser, study), "maps": described, "not_for_clinical_use": True}
    (folder / "result.json").write_text(json.dumps(result, indent=2, ensure_ascii=False), encoding="utf-8")


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
