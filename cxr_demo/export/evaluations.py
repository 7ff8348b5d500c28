"""How far the maps of one label can be trusted, as `evaluate` and programs get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxr_demo.analysis import Analyser, Study, choose_default_methods, order_labels
from cxr_demo.evaluation.agreement import Agreement, RegionShare, measure_agreements
from cxr_demo.evaluation.evaluate import MapEvaluation
from cxr_demo.evaluation.faithfulness import Curve
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.evaluation.regions import EvidenceMeter, Region, make_film_masks
from cxr_demo.evaluation.stability import Change
from cxr_demo.export.results import describe_agreement, describe_number, describe_region_shares, describe_study
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card
from cxr_demo.progress import ProgressCallback, ignore_progress
from cxr_demo.text.command_text import describe_evaluation, describe_evidence


@dataclass(frozen=True, eq=False)
class EvaluatedStudy:
    """Of the maps of one `label`: what the checks found by method, how alike each pair is, where the evidence lies by
    method and region; `dice`: of the outline of the lungs, with its interval; None without a lung model."""

    study: Study
    label: str
    evaluations: Mapping[str, MapEvaluation]
    agreements: Mapping[tuple[str, str], Agreement]
    evidence: Mapping[str, Mapping[str, RegionShare]]
    dice: tuple[float, float, float] | None


def evaluate_image(
    analyser: Analyser,
    image: Radiograph,
    lungs: Lungs | None,
    label: str = "",
    methods: Sequence[str] = (),
    drawn: Sequence[Region] = (),
    on_progress: ProgressCallback = ignore_progress,
) -> EvaluatedStudy:
    """`label`: a key or a name of the card, by default the first of the list; `methods` by default those that the page
    opens with; `drawn`: regions in which the evidence is measured too. ExplanationError for a label or a method that
    there is not, and for a region that is not on the film."""
    study, film, preprocess = analyser.analyse(image), image.pixels, analyser.card.preprocess
    masks = make_film_masks(film, lungs and lungs.estimate(film), drawn)
    label = analyser.card.find_label(label) or label or order_labels(analyser.card, study.probabilities)[0]
    methods = list(dict.fromkeys(methods or choose_default_methods(analyser)))
    explained = analyser.explain(study, [label], methods)
    found = analyser.evaluate_maps(study, list(explained.values()), on_progress)
    maps = {key: explained[key, label].map_square for key in methods}
    placements = {key: explained[key, label].placement for key in methods}
    agreements = measure_agreements(maps, preprocess.mark_image(film.shape), placements)
    meter = EvidenceMeter(preprocess, masks)
    evidence = {key: meter.measure_shown(explained[key, label]) for key in methods}
    return EvaluatedStudy(study, label, found, agreements, evidence, lungs and lungs.dice)


def describe_evaluated(analyser: Analyser, found: EvaluatedStudy) -> dict:
    """As JSON holds it; null: it cannot be measured of that map."""
    return {
        **describe_study(analyser, found.study),
        "label": found.label,
        "evaluations": {
            method: {**_describe_checks(each), "evidence": describe_region_shares(found.evidence[method])}
            for method, each in found.evaluations.items()
        },
        "agreements": [
            {"first": first, "second": second, **describe_agreement(each)}
            for (first, second), each in found.agreements.items()
        ],
        "lungs_dice": found.dice and dict(zip(("value", "low", "high"), found.dice, strict=True)),
        "not_for_clinical_use": True,
    }


def list_evaluated(card: Card, found: EvaluatedStudy) -> list[str]:
    """The lines that a command prints."""
    checks = describe_evaluation(card.get_finding(found.label).name, found.evaluations, found.agreements)
    return [*checks, "", *describe_evidence(found.evidence, found.dice)]


def _describe_checks(evaluation: MapEvaluation) -> dict:
    randomisation, stability = evaluation.randomisation, evaluation.stability
    return {
        "deletion": _describe_curve(evaluation.deletion),
        "insertion": _describe_curve(evaluation.insertion),
        "randomisation": randomisation
        and {
            "rank_correlation": describe_number(randomisation.stages[-1].rank),
            "unchanged": bool(randomisation.unchanged),
            "not_about_this_label": bool(randomisation.blind),
        },
        "noise": _describe_change(stability and stability.noise),
        "shift": _describe_change(stability and stability.shift),
    }


def _describe_curve(curve: Curve | None) -> dict | None:
    """In logit points; `p`: how often a map as smooth that knows nothing would be as good."""
    if curve is None:
        return None
    values = {"change": curve.change, "p": curve.p, "change_of_the_middle": curve.middle_change}
    return {name: describe_number(value) for name, value in values.items()}


def _describe_change(change: Change | None) -> dict | None:
    return change and {"rank_correlation": describe_number(change.rank), "change": describe_number(change.change)}
