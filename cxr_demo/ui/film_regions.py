"""Where the evidence of the maps lies on one film: its regions, the person's own among them. No network that is
explained is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from cxr_demo.analysis import Explanation
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.evaluation.regions import Box, make_region_masks, measure_evidence
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.text import evaluation_text
from cxr_demo.ui import image_encoding


@dataclass
class ImageRegions:
    """Of one film: `lungs` (H, W) bool on the film as the page shows it, as estimated; None without a lung model.
    `drawn`: the person's own region, which stays for other findings, methods and checkpoints."""

    image: Radiograph
    lungs: np.ndarray | None
    drawn: Box | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the film as the page shows it."""
        return image_encoding.fit_shape(self.image.pixels.shape, image_encoding.FILM_SIDE_PX)

    def draw(self, given: object) -> None:
        """Take what the browser says a region is: four shares of the film, or None for no region. ExplanationError for
        what is no region of the film; the former one then stays."""
        drawn = _read_box(given)
        make_region_masks(self.shape, None, drawn)
        self.drawn = drawn


def estimate_image_regions(image: Radiograph, lungs: Lungs | None) -> ImageRegions:
    regions = ImageRegions(image, None)
    regions.lungs = lungs and _shrink_mask(lungs.estimate(image.pixels), regions.shape)
    return regions


def measure_regions(
    regions: ImageRegions, truth: Mapping[str, np.ndarray], maps: Mapping[str, Explanation], preprocess: Preprocess
) -> dict[str, dict[str, RegionShare]]:
    """Maps by method -> {method: {region: Share}}. `truth`: masks (H, W) bool on the film's own pixels, by name."""
    known = {name: _shrink_mask(mask, regions.shape) for name, mask in truth.items()}
    masks = make_region_masks(regions.shape, regions.lungs, regions.drawn, known)
    return {key: measure_evidence(map_.map_square, preprocess, masks) for key, map_ in maps.items()}


def describe_lungs(regions: ImageRegions, lungs: Lungs | None) -> str:
    """What the outline of the lungs is worth, or why there is none."""
    if lungs is None or regions.lungs is None:
        return evaluation_text.NO_LUNGS
    return evaluation_text.describe_lung_model(lungs.dice) if regions.lungs.any() else evaluation_text.NO_LUNG_FOUND


def _shrink_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A mask (H, W) bool on the film's own pixels -> on those that the page shows."""
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _read_box(given: object) -> Box | None:
    if given is None:
        return None
    numbers = given if isinstance(given, list) else []
    if len(numbers) != 4 or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        raise ExplanationError(evaluation_text.NO_NUMBERS)
    left, top, width, height = map(float, numbers)
    return left, top, width, height
