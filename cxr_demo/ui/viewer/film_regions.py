"""Where the evidence of the maps lies on one film: its regions, the person's own among them. No network that is
explained is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cxr_demo.analysis import Explanation
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.lung_segmentation import Lungs, outline_lungs
from cxr_demo.evaluation.regions import (
    DrawnRegion,
    EvidenceMeter,
    Region,
    choose_mask_shape,
    make_region_masks,
    mask_region,
    shrink_mask,
)
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import MAX_POINTS, MAX_REGIONS
from cxr_demo.text import evaluation_text


@dataclass
class ImageRegions:
    """Of one film: `lungs` (H, W) bool, in the `shape` of masks, as estimated; None without a lung model."""

    image: Radiograph
    lungs: np.ndarray | None
    meters: dict[tuple, EvidenceMeter] = field(default_factory=dict)  # of what is shown now

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of all masks of the film."""
        return choose_mask_shape(self.image.pixels.shape)


def estimate_image_regions(
    image: Radiograph, lungs: Lungs | None, probability: np.ndarray | None = None
) -> ImageRegions:
    """`probability` (S, S): what the lung model has given of the image, where it was asked already."""
    regions = ImageRegions(image, None)
    if lungs is not None:
        shape = image.pixels.shape
        found = lungs.estimate(image.pixels) if probability is None else outline_lungs(probability, shape)
        regions.lungs = shrink_mask(found, regions.shape)
    return regions


def read_regions(image: Radiograph, given: object) -> tuple[DrawnRegion, ...]:
    """What the browser says the regions are: a list of {"shape", "covered"}. Raises ExplanationError for what is no
    region of the film, or too many."""
    each: list = given if isinstance(given, list) else [given]
    if len(each) > MAX_REGIONS:
        raise ExplanationError("region.too-many", most=MAX_REGIONS)
    shown = choose_mask_shape(image.pixels.shape)
    regions = []
    for region in each:
        shape = _read_shape(region.get("shape") if isinstance(region, dict) else None)
        mask_region(shape, shown)
        regions.append(DrawnRegion(shape, region.get("covered") is not False))
    return tuple(regions)


def measure_regions(
    regions: ImageRegions,
    drawn: Sequence[Region],
    truth: Mapping[str, np.ndarray],
    maps: Mapping[str, Explanation],
    preprocess: Preprocess,
) -> dict[str, dict[str, RegionShare]]:
    """Maps by method -> {method: {region: Share}}. `drawn`: the person's own regions; `truth`: masks (H, W) bool on the
    film's own pixels, by name."""
    key = (preprocess, tuple(drawn))
    meter = regions.meters.get(key)
    if meter is None:
        known = {name: shrink_mask(mask, regions.shape) for name, mask in truth.items()}
        meter = EvidenceMeter(preprocess, make_region_masks(regions.shape, regions.lungs, drawn, known))
        regions.meters = {key: meter}  # a synthetic film is that of many pages: whoever comes last is kept
    return {method: meter.measure_shown(map_) for method, map_ in maps.items()}


def describe_lungs(regions: ImageRegions, lungs: Lungs | None) -> str:
    """What the outline of the lungs is worth, or why there is none."""
    if lungs is None or regions.lungs is None:
        return evaluation_text.describe_lungs(None, False)
    return evaluation_text.describe_lungs(lungs.dice, bool(regions.lungs.any()))


def _read_shape(given: object) -> Region:
    numbers = given if isinstance(given, list) else []
    if all(isinstance(each, list) for each in numbers):
        if not 3 <= len(numbers) <= MAX_POINTS or not all(len(each) == 2 and _are_numbers(each) for each in numbers):
            raise ExplanationError("region.no-shape")
        return tuple((float(x), float(y)) for x, y in numbers)
    if len(numbers) != 4 or not _are_numbers(numbers):
        raise ExplanationError("region.no-numbers")
    left, top, width, height = map(float, numbers)
    return left, top, width, height


def _are_numbers(given: list) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in given)
