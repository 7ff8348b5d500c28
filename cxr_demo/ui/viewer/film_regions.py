"""Where the evidence of the maps lies on one film: its regions, the person's own among them. No network that is
explained is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from cxr_demo.analysis import Explanation
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.evaluation.regions import Box, EvidenceMeter, make_region_masks
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.text import evaluation_text
from cxr_demo.ui import image_encoding


@dataclass
class ImageRegions:
    """Of one film: `lungs` (H, W) bool on the film as the page shows it, as estimated; None without a lung model."""

    image: Radiograph
    lungs: np.ndarray | None
    meters: dict[tuple, EvidenceMeter] = field(default_factory=dict)  # of what is shown now

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the film as the page shows it."""
        return image_encoding.fit_shape(self.image.pixels.shape, image_encoding.FILM_SIDE_PX)


def estimate_image_regions(image: Radiograph, lungs: Lungs | None) -> ImageRegions:
    regions = ImageRegions(image, None)
    regions.lungs = lungs and _shrink_mask(lungs.estimate(image.pixels), regions.shape)
    return regions


def read_region(image: Radiograph, given: object) -> Box | None:
    """What the browser says a region is: four shares of the film, or None for no region. Raises ExplanationError for
    what is no region of the film."""
    box = _read_box(given)
    make_region_masks(image_encoding.fit_shape(image.pixels.shape, image_encoding.FILM_SIDE_PX), None, box)
    return box


def measure_regions(
    regions: ImageRegions,
    drawn: Box | None,
    truth: Mapping[str, np.ndarray],
    maps: Mapping[str, Explanation],
    preprocess: Preprocess,
) -> dict[str, dict[str, RegionShare]]:
    """Maps by method -> {method: {region: Share}}. `drawn`: the person's own region; `truth`: masks (H, W) bool on the
    film's own pixels, by name."""
    key = (preprocess, drawn)
    meter = regions.meters.get(key)
    if meter is None:
        known = {name: _shrink_mask(mask, regions.shape) for name, mask in truth.items()}
        meter = EvidenceMeter(preprocess, make_region_masks(regions.shape, regions.lungs, drawn, known))
        regions.meters = {key: meter}  # a synthetic film is that of many pages: whoever comes last is kept
    return {method: meter.measure(map_.map_square, map_.placement) for method, map_ in maps.items()}


def describe_lungs(regions: ImageRegions, lungs: Lungs | None) -> str:
    """What the outline of the lungs is worth, or why there is none."""
    if lungs is None or regions.lungs is None:
        return evaluation_text.describe_lungs(None, False)
    return evaluation_text.describe_lungs(lungs.dice, bool(regions.lungs.any()))


def _shrink_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A mask (H, W) bool on the film's own pixels -> on those that the page shows."""
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _read_box(given: object) -> Box | None:
    if given is None:
        return None
    numbers = given if isinstance(given, list) else []
    if len(numbers) != 4 or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        raise ExplanationError("region.no-numbers")
    left, top, width, height = map(float, numbers)
    return left, top, width, height
