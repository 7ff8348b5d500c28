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
from cxr_demo.text import evaluation_text as words
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
        return image_encoding.fitted(self.image.pixels.shape, image_encoding.FILM_SIDE_PX)

    def draw(self, given: object) -> None:
        """Take what the browser says a region is: four shares of the film, or None for no region. ExplanationError for
        what is no region of the film; the former one then stays."""
        drawn = _box(given)
        make_region_masks(self.shape, None, drawn)
        self.drawn = drawn


def ground_of(image: Radiograph, lungs: Lungs | None) -> ImageRegions:
    ground = ImageRegions(image, None)
    ground.lungs = lungs and _shrunk(lungs.estimate(image.pixels), ground.shape)
    return ground


def found_on(
    ground: ImageRegions, truth: Mapping[str, np.ndarray], maps: Mapping[str, Explanation], preprocess: Preprocess
) -> dict[str, dict[str, RegionShare]]:
    """Maps by method -> {method: {region: Share}}. `truth`: masks (H, W) bool on the film's own pixels, by name."""
    known = {name: _shrunk(mask, ground.shape) for name, mask in truth.items()}
    masks = make_region_masks(ground.shape, ground.lungs, ground.drawn, known)
    return {key: measure_evidence(map_.map_square, preprocess, masks) for key, map_ in maps.items()}


def about_lungs(ground: ImageRegions, lungs: Lungs | None) -> str:
    """What the outline of the lungs is worth, or why there is none."""
    if lungs is None or ground.lungs is None:
        return words.NO_LUNGS
    return words.lungs(lungs.dice) if ground.lungs.any() else words.NO_LUNG_FOUND


def _shrunk(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A mask (H, W) bool on the film's own pixels -> on those that the page shows."""
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _box(given: object) -> Box | None:
    if given is None:
        return None
    numbers = given if isinstance(given, list) else []
    if len(numbers) != 4 or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        raise ExplanationError(words.NO_NUMBERS)
    left, top, width, height = map(float, numbers)
    return left, top, width, height
