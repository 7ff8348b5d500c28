"""The report of the command line: all that is in it is computed here, as the page and the other commands do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxr_demo.analysis import Analyser
from cxr_demo.comparison.label_contrast import explain_contrasts
from cxr_demo.errors import CxrError
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.evaluation.regions import Region, make_region_masks, measure_evidence
from cxr_demo.export.report_pdf import make_report
from cxr_demo.export.shown import ShownStudy, draw_on_own_scale
from cxr_demo.film.gate import GateAnswer
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.whole_file import write_file
from cxr_demo.progress import ProgressCallback


def check_report_path(path: Path, overwrite: bool) -> None:
    """CxrError where a report would take the place of a file that is not to be replaced."""
    if path.is_dir():
        raise CxrError("report-folder", path=str(path))
    if path.exists() and not overwrite:
        raise CxrError("report-exists", path=str(path))


def compute_shown(
    analyser: Analyser,
    film_name: str,
    image: Radiograph,
    gate: GateAnswer,
    lungs: Lungs | None,
    label: str,
    methods: Sequence[str],
    drawn: Sequence[Region] = (),
    contrast: bool = False,
    checks: ProgressCallback | None = None,
) -> ShownStudy:
    """Everything of one film, at its full size. `label`: a key of the network's; `drawn`: regions; `checks`: told
    how far they are, None for no checks. Raises ExplanationError for a method that is refused, and for a region that
    is not on the film."""
    study, film = analyser.analyse(image), image.pixels
    masks = make_region_masks(film.shape, lungs and lungs.estimate(film), drawn)
    found = (explain_contrasts if contrast else Analyser.explain)(analyser, study, [label], methods)
    maps = {key: found[key, label] for key in methods}
    regions = {
        key: measure_evidence(made.map_square, analyser.card.preprocess, masks, made.placement)
        for key, made in maps.items()
    }
    return ShownStudy(
        film_name, study, analyser.card, label, {key: draw_on_own_scale(made) for key, made in maps.items()},
        analyser.proof.line, gate, regions, lungs and lungs.dice,
        {} if checks is None else analyser.evaluate_maps(study, list(maps.values()), checks), contrast=contrast,
    )  # fmt: skip


def write_report(path: Path, shown: ShownStudy) -> None:
    """The report as one file, which is there whole or not at all. CxrError where the disk refuses."""
    file = make_report(shown)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, file)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CxrError("report-unwritten", reason=reason) from error
