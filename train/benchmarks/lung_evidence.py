"""Does a network look at the lungs? The share of each map's evidence in them, against the lungs' share of the film.

The lungs are as `cxr_demo.evaluation.lung_segmentation` outlines them, as on the page; a film where none are found is
left out. A map is that of the label which the page shows first. Evidence spread evenly over the film would have the
share of the area, so that is chance, film by film. Where a logit is below its bias, z-plus finds evidence against the
label only: such a map counts for what it holds of the logit, and not for where its evidence lies.

How much of the logit a map holds is its sum over that of Grad-CAM, which is the logit minus the bias of the output
layer on every network with one linear layer behind the mean (Zhou et al. 2016, eq. 2). Where the map of Grad-CAM sums
to less than a tenth of its absolute sum there is next to nothing to hold, and the film does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cxr_demo.analysis import Analyser, order_labels
from cxr_demo.errors import ImageError, TrainingError
from cxr_demo.evaluation.lung_segmentation import Lungs, load_lungs
from cxr_demo.evaluation.regions import LUNGS, EvidenceMeter, make_region_masks
from cxr_demo.explain.methods import METHODS, exclude_methods
from cxr_demo.film.reading import read_image
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card_parts import Interval
from train.data.table import Table
from train.markdown import format_table, pad_columns
from train.measure import metrics
from train.measure.intervals import draw_patients
from train.measure.predictions import read_test_rows

SUM = "grad-cam"  # its map sums to the logit minus the bias
LEAST_SUM = 0.1  # of its absolute sum


@dataclass(frozen=True)
class MapEvidence:
    """Of one map: the `share` of its positive evidence in the lungs, NaN where there is none, and their `area`, both
    0..1; the share of the logit that it `holds`, NaN where that is not defined."""

    method: str
    patient: str
    share: float
    area: float
    holds: float


@dataclass(frozen=True)
class MethodEvidence:
    """Of one method: means over its `maps` that have evidence, with 95 % intervals over patients, None where none has;
    median and 5th percentile of `holds`."""

    method: str
    maps: int
    share: Interval | None
    above_chance: Interval | None
    holds: tuple[float, float] | None


def measure_evidence(analyser: Analyser, lungs: Lungs, rows: Table) -> Iterator[MapEvidence]:
    """Every quick method that the checkpoint's proof allows, on every film; one without lungs or evidence is left
    out, one with little evidence is not."""
    excluded = exclude_methods(analyser.proof.refusals, SLOW_FORWARDS)
    methods = [key for key in METHODS if key not in excluded]
    preprocess = analyser.card.preprocess
    for path, patient in zip(tqdm(rows.paths, analyser.card.name, leave=False), rows.patient, strict=True):
        try:
            image = read_image(path)
        except ImageError as error:
            tqdm.write(f"{path.name} is left out: {error}")
            continue
        outline = lungs.estimate(image.pixels)
        if not outline.any():
            tqdm.write(f"{path.name} is left out: no lungs were found.")
            continue
        meter = EvidenceMeter(preprocess, make_region_masks(outline.shape, outline))
        study = analyser.analyse(image)
        label = order_labels(analyser.card, study.probabilities)[0]
        explained = analyser.explain(study, [label], methods)
        maps = {key: made.map_square for (key, _), made in explained.items()}
        for key, map_square in maps.items():
            found = meter.measure(map_square, explained[key, label].placement)[LUNGS]
            holds = _measure_held(map_square, maps.get(SUM)) if METHODS[key].unit.adds_to_logit else np.nan
            yield MapEvidence(key, patient, found.evidence, found.area, holds)


def _measure_held(map_square: np.ndarray, whole: np.ndarray | None) -> float:
    """The sum of a map over that of Grad-CAM's."""
    if whole is None or abs(total := float(whole.sum())) < LEAST_SUM * float(np.abs(whole).sum()):
        return np.nan
    return float(map_square.sum(dtype=np.float64)) / total


def summarise_evidence(found: Sequence[MapEvidence]) -> list[MethodEvidence]:
    """One for each method, in the order in which they come."""
    by_method: dict[str, list[MapEvidence]] = defaultdict(list)
    for each in found:
        by_method[each.method].append(each)
    return [_summarise(method, maps) for method, maps in by_method.items()]


def _summarise(method: str, maps: Sequence[MapEvidence]) -> MethodEvidence:
    with_evidence = [each for each in maps if np.isfinite(each.share)]
    of_share: Interval | None = None
    above_chance: Interval | None = None
    if with_evidence:
        share, area = (np.array([getattr(each, name) for each in with_evidence]) for name in ("share", "area"))
        patient = np.array([each.patient for each in with_evidence])
        weights = np.concatenate(list(draw_patients(patient, metrics.RESAMPLINGS)))
        of_share, above_chance = (
            Interval.model_validate(metrics.measure_interval(float(values.mean()), weights @ values / weights.sum(1)))
            for values in (share, share - area)
        )
    held = np.array([each.holds for each in maps])
    held = held[np.isfinite(held)]
    holds = (float(np.median(held)), float(np.quantile(held, 0.05))) if len(held) else None
    return MethodEvidence(method, len(with_evidence), of_share, above_chance, holds)


def compare_evidence(folders: Sequence[Path], data: Path, split: str, films: int) -> None:
    """Print a table for each checkpoint, of at most `films` evenly drawn films of a split of its own data set."""
    lungs = load_lungs(checkpoint.get_weights_root() / "lungs")
    if lungs is None:
        raise TrainingError(
            "There is no lung model beside the bundled checkpoints.",
            "Make it with: python -m train lungs --data DATA --out weights/lungs",
        )
    for folder in folders:
        stored = checkpoint.load(folder)
        rows, note = read_test_rows(stored, "", data, split)
        rows = rows.where(
            np.isin(np.arange(len(rows)), np.linspace(0, len(rows) - 1, min(films, len(rows))).astype(int))
        )
        found = list(measure_evidence(Analyser(stored, cache_bytes=0), lungs, rows))
        print("\n".join(["", *format_evidence(stored.card.name, split, found, note)]))


def format_evidence(name: str, split: str, found: Sequence[MapEvidence], note: str) -> list[str]:
    """A sentence and a table in Markdown."""
    if not found:
        return [f"{name}: no map of these films holds evidence, or no lungs were found."]
    summaries = summarise_evidence(found)
    area = np.mean([each.area for each in found if each.method == summaries[0].method])
    films = sum(each.method == summaries[0].method for each in found)
    said = (
        f"{name}, {split}, {films} films: evidence in the lungs, which are "
        f"{area:.3f} of the film; 95 % intervals over patients."
    )
    head, rows = (
        ["Method", "Maps", "Share in the lungs", "Above chance by", "Holds of the logit: median, 5th percentile"],
        [],
    )
    for each in summaries:
        holds = "" if each.holds is None else f"{each.holds[0]:.3f}, {each.holds[1]:.3f}"
        share = each.share.format(3) if each.share else ""
        above = each.above_chance.format(3, sign=True) if each.above_chance else ""
        rows.append([METHODS[each.method].name, str(each.maps), share, above, holds])
    padded = pad_columns([head, *rows])
    return [" ".join([said, note]).strip(), "", *format_table(padded[0], padded[1:]), ""]
