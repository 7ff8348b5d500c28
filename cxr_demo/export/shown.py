"""What is taken home: one film, as one network sees it, with the maps of one finding, as the page or a command shows
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from cxr_demo import render
from cxr_demo.analysis import Explanation, Study
from cxr_demo.comparison.film_pair import Alignment, LabelChange
from cxr_demo.evaluation.agreement import RegionShare
from cxr_demo.evaluation.evaluate import MapEvaluation
from cxr_demo.evaluation.regions import DrawnRegion
from cxr_demo.explain.methods import METHODS
from cxr_demo.export.map_scales import NOTHING_PINNED, choose_scales
from cxr_demo.film.dicom_voi import WHITE
from cxr_demo.film.gate import GateAnswer
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card
from cxr_demo.text import scales_text
from cxr_demo.text.catalogue import Said, format_text

PAGE_OPACITY = 0.7  # of maps, until a person moves the slider


@dataclass(frozen=True)
class Greys:
    """How the film's greys are set: what is `low` (a share of its range) is black and what is `high` is white, or the
    other way round where they are `inverted`; in a `window` of its file, by number, 0 for the one that networks read.
    """

    low: float = 0.0
    high: float = 1.0
    inverted: bool = False
    window: int = 0

    @property
    def is_as_read(self) -> bool:
        return self == Greys()

    def find_window(self, image: Radiograph) -> int:
        """The number of the window; 0 where the file offers none such."""
        return self.window if image.windows and 0 < self.window < len(image.windows.names) else 0

    def choose_pixels(self, image: Radiograph) -> np.ndarray:
        """(H, W) float32 0..1, of the film in the window."""
        if image.windows is None or not (window := self.find_window(image)):
            return image.pixels
        return image.windows.greys[window - 1][image.windows.levels].astype(np.float32) / np.float32(WHITE)

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """pixels (H, W) float 0..1 -> the same shape, 0..1."""
        if self.is_as_read:
            return pixels
        seen = np.clip((pixels - self.low) / max(self.high - self.low, 1e-6), 0, 1)
        return 1 - seen if self.inverted else seen


@dataclass(frozen=True, eq=False)
class DrawnMap:
    """A map with the scale that it is drawn on, and the words under its colour bar."""

    explanation: Explanation
    scale: render.Scale
    scale_words: str


@dataclass(frozen=True, eq=False)
class PriorFilm:
    """Another film by the same network, and what changed from it to the one that is shown, label by label. Where it
    `is_synthetic` it has no file."""

    name: str
    study: Study
    changes: Sequence[LabelChange]
    alignment: Alignment
    is_synthetic: bool = False


@dataclass(frozen=True, eq=False)
class ShownStudy:
    """`maps`: by method, a map or the sentence that stands instead of it. `held`: the maps are not shown, since the
    page holds them back and nobody asked for them. `regions`: {method: {region: share}}, empty where there is no map;
    `dice`: of the outline of the `lungs`, a mask
    as `choose_mask_shape` has it, with its interval; None without a lung model. `gate` is None of a synthetic
    film. `evaluations`: by method, what the checks found so far. `proof`: what the maps were checked for. `drawn`: a
    person's own regions, and `covered` (L,): what the network answers with those covered in the way `cover`, None where
    it is not asked. Maps are drawn on the `absolute` scale of their unit, with the limits that are `pinned`, or each on
    its own."""

    film_name: str
    study: Study
    card: Card
    label: str
    maps: Mapping[str, DrawnMap | str]
    proof: str
    gate: GateAnswer | None = None
    regions: Mapping[str, Mapping[str, RegionShare]] = field(default_factory=dict)
    dice: tuple[float, float, float] | None = None
    evaluations: Mapping[str, MapEvaluation] = field(default_factory=dict)
    opacity: float = PAGE_OPACITY
    greys: Greys = Greys()
    held: bool = False
    contrast: bool = False
    made: datetime = field(default_factory=lambda: datetime.now(UTC))
    drawn: Sequence[DrawnRegion] = ()
    cover: str = ""
    covered: np.ndarray | None = None
    prior: PriorFilm | None = None
    absolute: bool = False
    pinned: Mapping[str, render.ScaleEnds] = field(default_factory=dict)
    lungs: np.ndarray | None = None

    def list_drawn(self) -> dict[str, DrawnMap]:
        """The maps that are there, by method."""
        return {} if self.held else {key: each for key, each in self.maps.items() if isinstance(each, DrawnMap)}


def draw_maps(
    maps: Mapping[str, Explanation], absolute: bool = False, pinned: Mapping[str, render.ScaleEnds] = NOTHING_PINNED
) -> dict[str, DrawnMap]:
    """Maps by method, each on its own scale, as the page draws it at first, or on the one of its unit."""
    drawn = {}
    for key, scales in choose_scales(maps, pinned).items():
        if absolute:
            told = scales_text.describe_shared_scale(scales.own, scales.shared, scales.sharing, scales.pinned)
            scale = replace(scales.shared, nothing=scales.own.nothing)
        else:
            told, scale = scales_text.describe_own_scale(scales.own), scales.own
        drawn[key] = DrawnMap(maps[key], scale, told)
    return drawn


def describe_missing_map(method: str, reason: Said | None, contrast: bool) -> str:
    """What stands instead of a map, as the page has it."""
    if reason:
        return format_text("not-available.why", reason=reason)
    if contrast and not METHODS[method].is_linear:
        return format_text("contrast-none", method=METHODS[method].name)
    return format_text("not-available")
