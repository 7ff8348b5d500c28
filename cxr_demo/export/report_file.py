"""The report of the command line: all that is in it is computed here, as the page and the other commands do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxr_demo.analysis import Analyser, choose_default_methods, order_labels
from cxr_demo.comparison.label_contrast import explain_contrasts
from cxr_demo.errors import CxrError
from cxr_demo.evaluation.covering import cover_image
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.evaluation.regions import LUNGS, EvidenceMeter, make_film_masks
from cxr_demo.explain.methods import METHODS
from cxr_demo.export.bundle import make_bundle
from cxr_demo.export.film_pair_results import compare_prior
from cxr_demo.export.output import write_new_file
from cxr_demo.export.report_pdf import make_report
from cxr_demo.export.settings import Settings
from cxr_demo.export.shown import ShownStudy, describe_missing_map, draw_maps
from cxr_demo.film.gate import GateAnswer
from cxr_demo.film.reading import Radiograph
from cxr_demo.progress import ProgressCallback, ignore_progress


def check_settings(
    settings: Settings, source: Path, image: Radiograph, prior: Radiograph | None, analyser: Analyser
) -> None:
    """CxrError where they were read from a `source` that is of another film, `prior` or network."""
    of = (settings.film_sha256, image.file_sha256), (settings.checkpoint_sha256, analyser.sha256)
    if any(known and known != found for known, found in of):
        raise CxrError("report-again-other", path=str(source))
    if settings.prior_sha256 and (prior is None or prior.file_sha256 != settings.prior_sha256):
        raise CxrError("report-again-prior", path=str(source), sha256=settings.prior_sha256[:16])


def compute_shown(
    analyser: Analyser,
    film_name: str,
    image: Radiograph,
    gate: GateAnswer,
    lungs: Lungs | None,
    settings: Settings,
    prior: tuple[str, Radiograph] | None = None,
    on_progress: ProgressCallback = ignore_progress,
) -> ShownStudy:
    """Everything of one film. `prior`: another film and its name; `on_progress`: told how far checks are. Raises
    ExplanationError for a label that is unknown, a method that is refused, and a region that is not on the film."""
    study, card = analyser.analyse(image), analyser.card
    label = settings.label or order_labels(card, study.probabilities)[0]
    methods = settings.methods or choose_default_methods(analyser)
    shapes = [region.shape for region in settings.regions]
    masks = make_film_masks(image.pixels, lungs and lungs.estimate(image.pixels), shapes)
    missing = _describe_missing(analyser, methods, settings) if settings.film_sha256 else {}
    made = [key for key in methods if key not in missing]
    found = (explain_contrasts if settings.contrast else Analyser.explain)(analyser, study, [label], made)
    maps = {key: found[key, label] for key in made}
    meter = EvidenceMeter(card.preprocess, masks)
    regions = {key: meter.measure_shown(made) for key, made in maps.items()}
    drawn = draw_maps(maps, settings.absolute, settings.pinned)
    covered = [region.shape for region in settings.regions if region.is_covered] if settings.cover else []
    return ShownStudy(
        film_name, study, card, label, {key: missing.get(key) or drawn[key] for key in methods}, analyser.proof.line,
        gate, regions, lungs and lungs.dice,
        analyser.evaluate_maps(study, list(maps.values()), on_progress) if settings.checks else {},
        settings.opacity, settings.greys, settings.held, settings.contrast, settings.made, settings.regions,
        settings.cover if covered else "",
        analyser.analyse(cover_image(image, covered, settings.cover)).probabilities if covered else None,
        compare_prior(analyser, study, *prior, lungs) if prior else None, settings.absolute, settings.pinned,
        masks.get(LUNGS),
    )  # fmt: skip


def _describe_missing(analyser: Analyser, methods: Sequence[str], settings: Settings) -> dict[str, str]:
    """By method, what stands instead of its map where a manifest names one that has none; whoever chooses one today is
    refused with an error."""
    refusals = analyser.proof.refusals
    return {
        key: describe_missing_map(key, refusals.get(key), settings.contrast)
        for key in methods
        if key in refusals or (settings.contrast and not METHODS[key].is_linear)
    }


def write_report(path: Path, shown: ShownStudy, analyser: Analyser, on_progress: ProgressCallback) -> None:
    """The report, or of a path that ends in .zip everything, as one file; CxrError as of `output.write_new_file`."""
    is_bundle = path.suffix.lower() == ".zip"
    file = make_bundle(shown, analyser, on_progress) if is_bundle else make_report(shown)
    write_new_file(path, file)
