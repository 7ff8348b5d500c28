"""What the command line writes: maps as arrays on the film's own pixels, pictures of them, and what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Analyser, Explanation, Study
from cxr_demo.comparison import checkpoint_pair
from cxr_demo.comparison.checkpoint_pair import MapSide, compare_maps, draw_on_image
from cxr_demo.comparison.ensemble_members import break_down, choose_member_scales
from cxr_demo.comparison.film_pair import Alignment, LabelChange
from cxr_demo.comparison.label_contrast import FORMULA
from cxr_demo.evaluation.agreement import Agreement, RegionShare
from cxr_demo.explain.engine import MemberMap
from cxr_demo.explain.methods import METHODS, Unit
from cxr_demo.export.output import FORMAT, RESULT_FILE
from cxr_demo.film.gate import GateAnswer
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import find_standing
from cxr_demo.text import command_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import name_score
from cxr_demo.text.method_text import describe_caption
from cxr_demo.text.page_text import describe_doubts

OPACITY = 0.6
Found = Mapping[tuple[str, str], Explanation]


def describe_study(analyser: Analyser, study: Study) -> dict:
    """What one checkpoint says of a film, as JSON holds it."""
    card = analyser.card
    return {
        "checkpoint": card.name,
        "checkpoint_sha256": analyser.sha256,
        "title": card.title,
        "population": card.population,
        "purpose": card.purpose,
        "weights_sha256": card.weights_sha256,
        "calibrated": card.calibrated,
        "probabilities_are": name_score(card.calibrated),
        "probabilities": name_values(study.labels, study.probabilities),
        "logits": name_values(study.labels, study.logits),
        "thresholds": card.thresholds,
        "findings": {label: _describe_standing(card, study, label) for label in study.labels},
        **_members(card, study),
        "film": describe_film(study.image),
    }


def describe_film(image: Radiograph) -> dict:
    """What was read of a file, as JSON holds it."""
    return {
        "kind": image.kind,
        "height_px": image.pixels.shape[0],
        "width_px": image.pixels.shape[1],
        "sha256": image.file_sha256,
        "mends": list(image.mends),
        "notes": list(map(str, image.notes)),
    }


def describe_gate(answer: GateAnswer) -> dict:
    """Whether the image looks like a frontal chest film, and every doubt about it, as JSON holds it."""
    return {
        "verdict": answer.verdict.value,
        "doubts": [
            {"kind": doubt.kind, "sentence": doubt.sentence, "measure": str(doubt.measure), "mend": doubt.mend}
            for doubt in answer.doubts
        ],
    }


def describe_changes(changes: Sequence[LabelChange], then: Study, alignment: Alignment) -> dict:
    """What changed from another film, `then`, label by label, and how it lies over this one, as JSON holds it."""
    return {
        "sha256": then.image.file_sha256,
        "mends": list(then.image.mends),
        "changes": {
            change.label: {
                "then": change.then,
                "now": change.now,
                "difference": change.difference,
                "interval": [change.low, change.high],
                "told_apart": change.is_told_apart,
            }
            for change in changes
        },
        "alignment": {
            "matrix": alignment.matrix.tolist(),
            "correlation": alignment.correlation,
            "dice_of_lungs": describe_number(alignment.overlap),
            "refused_because": alignment.refusal or None,
        },
    }


def describe_region_shares(shares: Mapping[str, RegionShare]) -> dict:
    """Of one map, by region, as JSON holds it; null where the map has no evidence, or too little to be
    drawn."""
    return {name: {"evidence": describe_number(of.evidence), "area": of.area} for name, of in shares.items()}


def write_explanations(
    folder: Path,
    analyser: Analyser,
    study: Study,
    found: Found,
    likeness: Mapping[str, np.ndarray],
    file: str,
    gate: GateAnswer,
) -> tuple[dict, list[str]]:
    """maps.npz, result.json, one PNG per map; returns what result.json holds, and the lines to print: one for each map,
    and how alike the maps of all labels are, `likeness` (L, L) by method.

    In maps.npz "method/label" ("method/label/contrast" of the label against the others) is a picture of the map, (H, W)
    float32 on the film's pixels, interpolated, in raw units. Of units that add up there are also ".../native" (h, w)
    float32, the map on its own grid over the square, whose sum is its share of the logit, and ".../spread" (H, W)
    float64, the same with each cell spread over its pixels: there the values of a region add up. result.json says where
    on the film the edges of the native cells lie, and what of the sum is on no pixel, in the padding of a letterbox."""
    film, maps, overlays = study.image.pixels, {}, {}
    for explanation in found.values():
        key = name_map(explanation)
        maps[key] = analyser.card.preprocess.map_to_image(explanation.map_square, film.shape, explanation.placement)
        sums = _spread_sums(explanation, explanation.unit, analyser.card.preprocess, film.shape)
        maps |= {f"{key}/{name}": values for name, values in sums.items()}
        scale = explanation.own_scale
        overlays[key] = write_picture(folder, f"{key.replace('/', '_')}.png", film, maps[key], scale)
    told = describe_explanations(analyser, study, found, likeness, overlays)
    result = write_result(folder, maps, {"file": file, "gate": describe_gate(gate), **told}, analyser.card)
    lines = [command_text.describe_sums(explanation) for explanation in found.values()]
    for method, table in likeness.items():
        lines += command_text.describe_likeness(method, analyser.card, table)
    return result, lines


def describe_explanations(
    analyser: Analyser,
    study: Study,
    found: Found,
    likeness: Mapping[str, np.ndarray],
    overlays: Mapping[str, str],
) -> dict:
    """What one checkpoint says of a film and how it is explained, as JSON holds it. `overlays`: where the picture of
    each map is, or the picture itself, by the map's name (`name_map`)."""
    preprocess, shape, described = analyser.card.preprocess, study.image.pixels.shape, {}
    for (method, label), explanation in found.items():
        key, sums = name_map(explanation), _spread_sums(explanation, explanation.unit, preprocess, shape)
        described[key] = {
            "name": f"{METHODS[method].name}, {analyser.card.get_finding(label).name}",
            "unit": explanation.unit,
            "signed": True,  # values below 0 speak against the finding, of every method
            "drawn": explanation.shown,
            "native_shape": list(explanation.map_square.shape),
            "native_edges_px": _locate_cells(explanation, preprocess, shape),
            "sum_over_native_map": explanation.total,
            "absolute_sum_over_native_map": explanation.absolute_total,
            "share_of_logit": describe_number(explanation.share_held),
            "sum_in_the_padding": explanation.total - float(sums["spread"].sum()) if sums else None,
            "logit": explanation.logit,
            "left_out_as_bias": explanation.left_out,
            "full_colour_at": explanation.own_scale.limit,
            "overlay": overlays[key],
            "does_not_show": describe_caption(METHODS[method], explanation.is_contrast),
            "against_the_other_labels": FORMULA if explanation.is_contrast else None,
            "doubts": describe_doubts(explanation),
            "lrp_choices": list(explanation.choices),
        }
    tables = {method: _describe_likeness(study.labels, table) for method, table in likeness.items()}
    return {**describe_study(analyser, study), "maps": described, "likeness_of_labels": tables}


def name_map(explanation: Explanation) -> str:
    """In maps.npz and result.json."""
    name = f"{explanation.method}/{explanation.label}"
    return f"{name}/contrast" if explanation.is_contrast else name


def _describe_likeness(labels: Sequence[str], likeness: np.ndarray) -> dict:
    """Label -> label -> rank correlation of their maps; null where there is none."""
    return {
        label: {other: describe_number(value) for other, value in zip(labels, row, strict=True)}
        for label, row in zip(labels, likeness, strict=True)
    }


def write_comparison(
    folder: Path,
    analysers: Sequence[Analyser],
    studies: Sequence[Study],
    found: Sequence[Found],
    file: str,
    gate: GateAnswer,
) -> list[str]:
    """Two checkpoints: maps.npz: "method/label/this", ".../other" and, where there is one, ".../difference" (other
    minus this) -> (H, W) float32 on the film's pixels, in the unit that result.json gives; a PNG of each, those of one
    method on one scale. Beside "this" and "other", ".../native" and ".../spread" as in `write_explanations`: each
    checkpoint's own map, in its own unit. Returns a line for each method."""
    film, cards, maps, described, lines = studies[0].image.pixels, [made.card for made in analysers], {}, {}, []
    for (method, label), this in found[0].items():
        key, other = name_map(this), found[1][method, label]
        pair = compare_maps(this, cards[0], other, cards[1], film.shape)
        sides = {"this": pair.first, "other": pair.second}
        colours = checkpoint_pair.choose_pair_scales(pair, this.shown)
        drawn = {which: (side.values, side.grid) for which, side in sides.items()}
        if pair.difference is not None:
            drawn["difference"] = pair.difference, pair.first.grid
        pictures = {}
        for (which, (values, grid)), scale in zip(drawn.items(), colours, strict=True):
            maps[f"{key}/{which}"] = draw_on_image(values, grid, film.shape, film.shape)
            name = f"{key.replace('/', '_')}_{which}.png"
            pictures[which] = write_picture(folder, name, film, maps[f"{key}/{which}"], scale)
        for which, explanation, card in zip(sides, (this, other), cards, strict=True):
            sums = _spread_sums(explanation, explanation.unit, card.preprocess, film.shape)
            maps |= {f"{key}/{which}/{name}": values for name, values in sums.items()}
        described[key] = {
            "name": f"{METHODS[method].name}, {cards[0].get_finding(label).name}",
            **{which: _side(side) for which, side in sides.items()},
            "no_difference_because": str(pair.why_not) or None,
            "agreement": describe_agreement(pair.agreement),
            "full_colour_at": dict(zip(drawn, (scale.limit for scale in colours), strict=True)),
            "overlays": pictures,
            "does_not_show": describe_caption(METHODS[method], this.is_contrast),
            "against_the_other_labels": FORMULA if this.is_contrast else None,
        }
        lines.append(command_text.describe_comparison(method, label, pair))
    this, other = (describe_study(*of) for of in zip(analysers, studies, strict=True))
    result = {"file": file, "gate": describe_gate(gate), "this": this, "other": other, "maps": described}
    write_result(folder, maps, result, *cards)
    return lines


def write_members(
    folder: Path, analyser: Analyser, study: Study, found: Found, file: str, gate: GateAnswer
) -> list[str]:
    """An ensemble's members: maps.npz: "method/label/mean", ".../spread" (their weighted standard deviation) and
    ".../member/NAME" -> (H, W) float32 on the film's pixels, and ".../difference/NAME", the member minus the mean,
    where values can be subtracted; a PNG of each. Beside the mean and each member ".../native" and ".../spread" as in
    `write_explanations`, of a member on its own grid. Returns a line for each method."""
    film, maps, described, lines = study.image.pixels, {}, {}, []
    preprocess = analyser.card.preprocess
    for (method, label), explanation in found.items():
        key = name_map(explanation)
        own_grids = {"mean": explanation} | {f"member/{member.name}": member for member in explanation.members}
        for which, made in own_grids.items():
            sums = _spread_sums(made, explanation.unit, preprocess, film.shape)
            maps |= {f"{key}/{which}/{name}": values for name, values in sums.items()}
        apart = break_down(explanation, analyser.card.preprocess.mark_image(film.shape))
        mean, spread, own = choose_member_scales(explanation, apart)
        drawn = {"mean": ("mean", apart.mean, mean)}
        if spread and apart.spread is not None:
            drawn["spread"] = "spread", apart.spread, spread
        for place, (name, map_, scale) in enumerate(zip(apart.names, apart.maps, own, strict=True), 1):
            drawn[f"member/{name}"] = f"member{place}", map_, scale
        for place, (name, difference) in enumerate(zip(apart.names, apart.differences, strict=False), 1):
            drawn[f"difference/{name}"] = f"difference{place}", difference, mean
        pictures = {}
        for which, (short, square, scale) in drawn.items():
            picture = maps[f"{key}/{which}"] = preprocess.map_to_image(square, film.shape, explanation.placement)
            pictures[which] = write_picture(folder, f"{key.replace('/', '_')}_{short}.png", film, picture, scale)
        weights = [member.weight for member in explanation.members]
        described[key] = {
            "name": f"{METHODS[method].name}, {analyser.card.get_finding(label).name}",
            "unit": explanation.unit,
            "against_the_other_labels": FORMULA if explanation.is_contrast else None,
            "members": {
                name: {"weight": weight, "rank_correlation_with_mean": describe_number(rank)}
                for name, weight, rank in zip(apart.names, weights, apart.ranks, strict=True)
            },
            "share_of_cells_where_spread_exceeds_mean": describe_number(apart.unsure),
            "full_colour_at": {which: scale.limit for which, (_, _, scale) in drawn.items()},
            "overlays": pictures,
            "does_not_show": describe_caption(METHODS[method], explanation.is_contrast),
        }
        lines.append(command_text.describe_members(method, label, apart.names, apart.ranks))
    result = {"file": file, "gate": describe_gate(gate), **describe_study(analyser, study), "maps": described}
    write_result(folder, maps, result, analyser.card)
    return lines


def _spread_sums(
    made: Explanation | MemberMap, unit: Unit, preprocess: Preprocess, shape: tuple[int, int]
) -> dict[str, np.ndarray]:
    """A map on its own grid and spread over the film's pixels; nothing where its values do not add up."""
    if not unit.per_area:
        return {}
    return {"native": made.map_square, "spread": preprocess.spread_on_image(made.map_square, shape, made.placement)}


def _locate_cells(explanation: Explanation, preprocess: Preprocess, shape: tuple[int, int]) -> dict[str, list[float]]:
    """The edges of the native map's rows and columns in the film's pixels; each cell has what lies nearest to it."""
    grid = explanation.map_square.shape[0], explanation.map_square.shape[1]
    rows, columns = preprocess.edges_to_image(grid, shape, explanation.placement)
    return {"rows": np.round(rows, 3).tolist(), "columns": np.round(columns, 3).tolist()}


def _side(side: MapSide) -> dict:
    return {
        "unit": side.unit,
        "grid": list(side.values.shape),
        "logit": side.logit,
        "sum_over_grid": describe_number(side.total),
        "beyond_the_grid": describe_number(side.outside),
    }


def describe_agreement(found: Agreement) -> dict:
    overlaps = {
        f"strongest_{overlap.area:.0%}": {
            "common": describe_number(overlap.common),
            "by_chance": describe_number(overlap.by_chance),
            "p": describe_number(overlap.p),
        }
        for overlap in found.overlaps
    }
    return {
        "rank_correlation": describe_number(found.rank),
        "p": describe_number(found.p),
        **overlaps,
        "note": str(found.note),
    }


def describe_number(value: float) -> float | None:
    """As JSON holds it, which has no NaN."""
    return None if np.isnan(value) else float(value)


def _describe_standing(card: Card, study: Study, label: str) -> dict:
    """What a label's probability says, and what was measured of it on the network's test films; null: it was not."""
    how = find_standing(card, study.probabilities, label)
    measured = {name: getattr(how.quality, name) for name in ("auroc", "sensitivity", "specificity")}
    return {
        "name": card.get_finding(label).name,
        "verdict": how.verdict,
        "threshold": how.threshold,
        **{name: figure and figure.model_dump() for name, figure in measured.items()},
        "auroc_at_other_hospitals": how.quality.elsewhere and how.quality.elsewhere.model_dump(),
        "films_with_it": how.quality.positive,
        "films_without_it": how.quality.negative,
    }


def _members(card: Card, study: Study) -> dict:
    """Of an ensemble: its rule and what each member says for itself."""
    if card.ensemble is None:
        return {}
    members = {
        name: {
            "weight": weight,
            "probabilities": name_values(study.labels, p),
            "logits": name_values(study.labels, logits),
        }
        for name, weight, p, logits in zip(
            study.members.names, card.ensemble.weights, study.members.probabilities, study.members.logits, strict=True
        )
    }
    explained = format_text("explained-mean" if card.joins_predictions else "explained-joined")
    return {"rule": card.ensemble.rule, "members": members, "maps_explain": explained}


def name_values(labels: Sequence[str], values: np.ndarray) -> dict[str, float]:
    """By label."""
    return {label: float(value) for label, value in zip(labels, values, strict=True)}


def write_picture(folder: Path, name: str, film: np.ndarray, map_image: np.ndarray, scale: render.Scale) -> str:
    """The map over the film as PNG; returns the file's name."""
    overlay = render.draw_overlay(film, map_image, scale, OPACITY)
    (folder / name).write_bytes(cv2.imencode(".png", overlay[..., ::-1])[1].tobytes())
    return name


def write_result(folder: Path, maps: Mapping[str, np.ndarray], result: dict, *cards: Card) -> dict:
    """maps.npz and result.json, of one network or two; returns what the latter holds."""
    np.savez_compressed(folder / "maps.npz", allow_pickle=False, **maps)
    result = {"format": FORMAT, **result, **describe_bounds(result, *cards)}
    (folder / RESULT_FILE).write_text(json.dumps(result, indent=2, ensure_ascii=False), encoding="utf-8")
    return result


def describe_bounds(result: dict, *cards: Card) -> dict:
    """What the maps of a result hold besides the label's own reasons, and what they are not for."""
    shared = checkpoint_pair.describe_shared_part(*cards)
    if all(each["against_the_other_labels"] for each in result["maps"].values()):
        shared = ""  # which is what a contrast leaves out
    return {"maps_hold_too": shared or None, "not_for_clinical_use": True}
