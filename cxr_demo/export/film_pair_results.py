"""What the command line writes of two films by one network: what changed, and where their maps differ."""

from __future__ import annotations

from pathlib import Path

from cxr_demo import render
from cxr_demo.analysis import Analyser, Study
from cxr_demo.comparison.checkpoint_pair import choose_common_scale
from cxr_demo.comparison.film_pair import (
    LabelChange,
    align_films,
    compare_film_maps,
    compare_probabilities,
    draw_film_map,
    vary_probabilities,
)
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.explain.methods import METHODS
from cxr_demo.export.results import (
    Found,
    describe_changes,
    describe_gate,
    describe_study,
    write_picture,
    write_result,
)
from cxr_demo.export.shown import PriorFilm
from cxr_demo.film.gate import GateAnswer
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card
from cxr_demo.text.film_pair_text import describe_change, explain_no_difference, format_change


def compare_prior(analyser: Analyser, study: Study, name: str, image: Radiograph, lungs: Lungs | None) -> PriorFilm:
    """Another film, `image`, and what changed from it to that of `study`."""
    then = analyser.analyse(image)
    varied = [vary_probabilities(analyser, each) for each in (study, then)]
    changes = compare_probabilities(study, varied[0], then, varied[1])
    return PriorFilm(name, then, changes, align_films(study.image.pixels, image.pixels, lungs))


def write_film_pair(
    folder: Path,
    analyser: Analyser,
    study: Study,
    prior: PriorFilm,
    found: tuple[Found, Found],
    file: str,
    gate: GateAnswer,
) -> list[str]:
    """maps.npz: "method/label/now" and ".../then" -> (H, W) float32, each on its own film's pixels, per 1 % of its area
    where values add up, and ".../difference", now minus then, on those of the film of `study`, where the other one can
    be laid over it; a PNG of each. `found`: the maps of `study`, and of the other film. Returns a line for each
    finding, and for each method."""
    preprocess, maps, described = analyser.card.preprocess, {}, {}
    films = study.image.pixels, prior.study.image.pixels
    shapes = (films[0].shape[0], films[0].shape[1]), (films[1].shape[0], films[1].shape[1])
    lines = [_write_change(each, analyser.card, file) for each in prior.changes]
    for (method, label), now in found[0].items():
        then, key = found[1][method, label], f"{method}/{label}{'/contrast' * now.is_contrast}"
        unit, why = now.unit.per_area or now.unit, explain_no_difference(prior.alignment, now.unit)
        drawn = {
            which: draw_film_map(made, preprocess, shape, shape)
            for which, made, shape in zip(("now", "then"), (now, then), shapes, strict=True)
        }
        if not why:
            change = compare_film_maps(now, then, preprocess, shapes, prior.alignment, shapes[0])
            drawn["difference"] = change.difference
        common = choose_common_scale(list(drawn.values()), unit) if now.unit.comparable else None
        scales = {which: common or render.choose_scale(map_, now.shown, unit) for which, map_ in drawn.items()}
        maps |= {f"{key}/{which}": map_ for which, map_ in drawn.items()}
        described[key] = {
            "name": f"{METHODS[method].name}, {analyser.card.get_finding(label).name}",
            "unit": unit,
            "no_difference_because": why or None,
            "full_colour_at": {which: scale.limit for which, scale in scales.items()},
            "overlays": {
                which: write_picture(
                    folder, f"{key.replace('/', '_')}_{which}.png", films[which == "then"], map_, scales[which]
                )
                for which, map_ in drawn.items()
            },
            "against_the_other_labels": now.is_contrast,
        }
        lines.append(f"{METHODS[method].name}\t{why or unit}")
    result = {
        "file": file, "gate": describe_gate(gate), **describe_study(analyser, study),
        "prior": {
            "file": prior.name,
            **describe_changes(prior.changes, prior.study, prior.alignment), **describe_study(analyser, prior.study),
        },
        "maps": described,
    }  # fmt: skip
    write_result(folder, maps, result, analyser.card)
    return lines


def _write_change(change: LabelChange, card: Card, file: str) -> str:
    return "\t".join(
        (card.get_finding(change.label).name, format_change(change, card)[-1], describe_change(change, file))
    )
