"""Is it a frontal chest film, upright, as usual? What speaks against it, each with its reason and what was measured.

The header's word, colours, a small learned check (`networks.gate_net`) and the lung model are asked. Nothing is mended
silently: a doubt may name a `Mend`, and whoever wants it calls `mend_image`. What holds no picture at all, a dose or a
report, is an `ImageError` of `reading` and never gets here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

import cv2
import numpy as np

from cxr_demo.errors import CxrError
from cxr_demo.film.borders import trim_borders
from cxr_demo.film.dicom import RADIOGRAPHS
from cxr_demo.film.dicom_voi import WHITE
from cxr_demo.film.header import ImageHeader
from cxr_demo.film.reading import Radiograph
from cxr_demo.text import gate_text
from cxr_demo.text.catalogue import Said, Words, join_words

FRONTAL_VIEW = re.compile(r"(AP|PA)\b.*")
LATERAL_VIEW = re.compile(r"L|R|LL|RL|LAT\b.*|LATERAL.*|.*\bLATERAL")
CHEST = re.compile(r".*(CHEST|THORAX|LUNG|TORAX).*")
UNSTATED = ("", "OT", "UNKNOWN", "OTHER", "NONE", "N/A", "NOTSPECIFIED")  # of a modality, view or part: says nothing
SMALLEST_LUNG = 0.15  # of the larger one; own choice: what is smaller is no lung


class Verdict(StrEnum):
    USUAL = "usual"
    QUESTION = "question"


class Mend(StrEnum):
    """What puts a picture right; turns are clockwise."""

    TURN_90 = "turn-90"
    TURN_180 = "turn-180"
    TURN_270 = "turn-270"
    INVERT = "invert"
    MIRROR = "mirror"


QUARTERS = {Mend.TURN_90: 1, Mend.TURN_180: 2, Mend.TURN_270: 3}
OPPOSITE = dict(zip("LRAPFH", "RLPAHF", strict=True))


@dataclass(frozen=True)
class Doubt:
    """`kind`: one of `gate_text.DOUBTS`; `measure`: what was measured, one sentence."""

    kind: str
    measure: Said
    mend: Mend | None = None

    @property
    def sentence(self) -> str:
        return gate_text.describe_doubt(self.kind)


@dataclass(frozen=True)
class GateAnswer:
    """`lungs`: the probability (S, S) that the lung model gave of the whole image, so that it need not be asked again;
    None where it was asked about none, or about a part."""

    verdict: Verdict
    doubts: tuple[Doubt, ...]
    lungs: np.ndarray | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Assessment:
    """What the learned check finds. `likest`: of `gate_text.LOOKS` the most probable one but "frontal", and
    `kind` the same where it stands out, else "frontal"; `probability` and `frontal`: of `likest` and of a frontal film,
    0..1. `distance` from frontal films beside `usual`, which hardly any frontal film passes. `mirrored`: how
    probable, 0..1, it is that left and right of a frontal film are exchanged, if that happened every second time."""

    is_usual: bool
    kind: str
    likest: str
    probability: float
    frontal: float
    distance: float
    usual: float
    is_mirrored: bool
    mirrored: float


class GateModel(Protocol):
    def assess(self, inside: np.ndarray) -> Assessment:
        """Of what is inside the plain borders of a picture."""
        ...


class LungModel(Protocol):
    def probability(self, pixels: np.ndarray) -> np.ndarray: ...


def judge_image(image: Radiograph, gate: GateModel | None = None, lungs: LungModel | None = None) -> GateAnswer:
    """Safe in threads. Without `gate` and `lungs` the header and the colours alone are asked."""
    doubts = list(_doubt_header(image.header)) if image.header else []
    inside = trim_borders(image.pixels)
    found = gate.assess(inside) if gate else None
    probability = None
    if image.is_colour:
        is_named = found is not None and found.kind in ("photograph", "drawing", "several-images")
        doubts.append(Doubt(found.kind if found and is_named else "coloured", Words(gate_text.describe_colours)))
    if found and not found.is_usual:
        doubts.append(_doubt_looks(found))
    elif found and found.is_mirrored:
        doubts.append(Doubt("mirrored", Words(gate_text.describe_sides, found.mirrored), Mend.MIRROR))
    # Lungs of a film that lies on its side are not where they belong.
    if lungs and not any(doubt.mend and doubt.mend is not Mend.MIRROR for doubt in doubts):
        probability = lungs.probability(inside)
        doubts += _doubt_lungs(probability, inside.shape)
    joined: dict[str, Doubt] = {}
    for doubt in doubts:
        known = joined.get(doubt.kind)
        measure = join_words(known.measure, doubt.measure) if known else doubt.measure
        joined[doubt.kind] = replace(known or doubt, measure=measure)
    verdict = Verdict.QUESTION if joined else Verdict.USUAL
    return GateAnswer(verdict, tuple(joined.values()), probability if inside.shape == image.pixels.shape else None)


def check_answer(answer: GateAnswer, anyway: bool = False) -> None:
    """CxrError where the image is not as usual, and nobody wants an answer `anyway`."""
    if answer.verdict is not Verdict.USUAL and not anyway:
        raise CxrError("nothing-computed")


def mend_image(image: Radiograph, mend: Mend) -> Radiograph:
    """New pixels, with a note that says it, and a hash of their own; what the header says of sides goes with them."""
    pixels, windows = image.pixels, image.windows
    if mend is Mend.INVERT:
        pixels = 1 - pixels
        windows = windows and replace(windows, greys=WHITE - windows.greys)
    else:
        pixels = _turn(pixels, mend)
        windows = windows and replace(windows, levels=_turn(windows.levels, mend))
    pixels = np.array(pixels, np.float32, order="C")
    pixels.setflags(write=False)
    header = image.header and _mend_header(image.header, mend)
    sha256 = hashlib.sha256(f"{image.sha256} {mend}".encode()).hexdigest()
    notes = (*image.notes, Words(gate_text.describe_mended, mend))
    return replace(image, pixels=pixels, notes=notes, sha256=sha256, header=header, mends=(*image.mends, mend.value),
                   made_of_sha256=image.file_sha256, windows=windows)  # fmt: skip


def _turn(pixels: np.ndarray, mend: Mend) -> np.ndarray:
    turned = pixels[:, ::-1] if mend is Mend.MIRROR else np.rot90(pixels, -QUARTERS[mend])
    return np.ascontiguousarray(turned)


# ---- the header's word


def _doubt_header(header: ImageHeader) -> Iterator[Doubt]:
    if header.modality not in (*RADIOGRAPHS, *UNSTATED):
        kind = "ct" if header.modality in ("CT", "MR", "US", "PT", "NM") else "modality"
        yield Doubt(kind, Words(gate_text.describe_tag, "modality", header.modality))
    view = header.view_position
    if view not in UNSTATED and not FRONTAL_VIEW.fullmatch(view):
        kind = "lateral" if LATERAL_VIEW.fullmatch(view) else "view"
        yield Doubt(kind, Words(gate_text.describe_tag, "ViewPosition", view))
    if header.body_part not in UNSTATED and not CHEST.fullmatch(header.body_part):
        yield Doubt("body-part", Words(gate_text.describe_tag, "BodyPartExamined", header.body_part))
    if header.patient_orientation:
        yield from _doubt_orientation(header.patient_orientation)
    elif header.is_flipped:
        yield Doubt("mirrored", Words(gate_text.describe_flip), Mend.MIRROR)
    if header.has_burned_in_words:
        yield Doubt("burned-in", Words(gate_text.describe_tag, "BurnedInAnnotation", "YES"))


def _doubt_orientation(orientation: tuple[str, str]) -> Iterator[Doubt]:
    """Turns first; what is still mirrored then is asked when it has been turned."""
    measure = Words(gate_text.describe_orientation, *orientation)
    towards = orientation[0][0], orientation[1][0]
    if {"A", "P"} & set(towards):
        yield Doubt("lateral", measure)
        return
    for mend, quarters in QUARTERS.items():
        if _turn_orientation(towards, quarters)[1] == "F":
            yield Doubt("turned", measure, mend)
            return
    if towards == ("R", "F"):
        yield Doubt("mirrored", measure, Mend.MIRROR)


def _turn_orientation(towards: tuple[str, str], quarters: int) -> tuple[str, str]:
    """(right edge, lower edge) after so many quarters of a turn clockwise: the right edge comes down, and what was up
    comes to the right."""
    right, down = towards
    for _ in range(quarters):
        right, down = _opposite(down), right
    return right, down


def _opposite(direction: str) -> str:
    return "".join(OPPOSITE[letter] for letter in direction)


def _mend_header(header: ImageHeader, mend: Mend) -> ImageHeader:
    towards = header.patient_orientation
    if mend is Mend.MIRROR:
        flipped = header.is_flipped if header.is_flipped is None else not header.is_flipped
        towards = towards and (_opposite(towards[0]), towards[1])
        return replace(header, patient_orientation=towards, is_flipped=flipped)
    if towards and mend in QUARTERS:
        return replace(header, patient_orientation=_turn_orientation(towards, QUARTERS[mend]))
    return header


# ---- what is seen


def _doubt_looks(found: Assessment) -> Doubt:
    kind, mend = found.kind, None
    if kind.startswith("turned-"):
        kind, mend = "turned", Mend(f"turn-{kind.removeprefix('turned-')}")
    elif kind in ("inverted", "mirrored"):
        mend = Mend.INVERT if kind == "inverted" else Mend.MIRROR
    if kind == "frontal":
        likeness = Words(gate_text.describe_likeness, found.likest, found.probability, found.frontal)
        distance = Words(gate_text.describe_distance, found.distance, found.usual)
        return Doubt("not-frontal", join_words(likeness, distance))
    return Doubt(kind, Words(gate_text.describe_likeness, found.kind, found.probability, found.frontal), mend)


def _doubt_lungs(probability: np.ndarray, shape: tuple[int, ...]) -> Iterator[Doubt]:
    found = measure_lungs(probability, shape)
    if not found.is_usual:
        measure = Words(gate_text.describe_lungs, found.count, found.share, found.smaller, found.across, found.down)
        yield Doubt("no-lungs", measure)


@dataclass(frozen=True)
class LungPair:
    """What the lung model finds: how many lungs, 0 to 2; the `share` of the picture that they cover; the `smaller` as a
    share of the larger; how far their middles are from each other, `across` in widths and `down` in heights of it."""

    count: int
    share: float
    smaller: float = 0.0
    across: float = 0.0
    down: float = 0.0

    @property
    def is_usual(self) -> bool:
        """Two, side by side, of a sensible size: own choice, limits that one of 1,000 validation films passes."""
        is_sized = 0.06 <= self.share <= 0.6 and self.smaller >= 0.4
        return self.count == 2 and is_sized and 0.27 <= self.across <= 0.62 and self.down <= 0.22


def measure_lungs(probability: np.ndarray, shape: tuple[int, ...]) -> LungPair:
    """Of probability (S, S) 0..1, as the lung model gives it for a picture of `shape` (H, W), which lies in the middle
    of the square and fills it in one direction."""
    is_lung = (probability > 0.5).astype(np.uint8)
    _, _, stats, middles = cv2.connectedComponentsWithStats(is_lung, connectivity=4)
    high, wide = (len(probability) * side / max(shape) for side in shape)
    order = 1 + np.argsort(stats[1:, cv2.CC_STAT_AREA])[::-1][:2]
    areas = stats[order, cv2.CC_STAT_AREA] / (high * wide)
    kept = int((areas >= SMALLEST_LUNG * areas.max(initial=0)).sum())
    if kept < 2:
        return LungPair(kept, float(areas[:kept].sum()))
    across, down = np.abs(middles[order[0]] - middles[order[1]]) / (wide, high)
    return LungPair(2, float(areas.sum()), float(areas[1] / areas[0]), float(across), float(down))
