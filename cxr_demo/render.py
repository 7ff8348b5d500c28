"""Maps to colours: the only place that chooses a scale, a colour or an opacity. numpy and OpenCV, no torch.

A map is quantised once to 8-bit levels on a stated `Scale`; a table turns levels into RGBA. The page's canvas
and `draw_overlay` (export, command line) read the same levels and tables, so they cannot disagree. Alpha is
proportional to |value|: where a map is zero the film's pixel stays exactly what it was, and the film's greys
never depend on a map.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from cxr_demo.explain.methods import EVIDENCE_FLOOR, UNITS
from cxr_demo.text.formats import localise_point

AROUND = 0.025  # of the longest side, between what an outline shows and its line
CLIP_PERCENTILE = 99.5  # colours are full from this percentile of the values shown; stated beside every bar
SIGNED_ZERO = 128  # level of the value 0 on a signed scale; on a positive scale it is level 0
BAR_GREY = 56  # the colour bar lies on a film grey of its own, so that it fades as the overlay does


@dataclass(frozen=True)
class Scale:
    """What the colours of one map mean.

    `limit` is the magnitude, in `unit`, from which the colour is full: colours run from 0 to `limit`
    ("positive") or from -`limit` to `limit` ("signed"). `nothing`: the map holds too little to be drawn. `start`: where
    it is more than 0 the scale is logarithmic, and begins with no colour at this magnitude.
    """

    shown: str  # "positive" or "signed"
    unit: str
    limit: float
    nothing: bool = False
    start: float = 0.0

    @property
    def signed(self) -> bool:
        return self.shown == "signed"

    @property
    def zero_level(self) -> int:
        return SIGNED_ZERO if self.signed else 0


class ScaleEnds(NamedTuple):
    """Of a scale that several maps share: `limit` and `start` of `Scale`."""

    limit: float
    start: float = 0.0


def fit_shape(shape: tuple[int, ...], longest_px: int) -> tuple[int, int]:
    """(H, W) shrunk in proportion until the longest side fits; never enlarged."""
    shrink = min(1.0, longest_px / max(shape))
    return max(1, round(shape[0] * shrink)), max(1, round(shape[1] * shrink))


def choose_scale(map_raw: np.ndarray, shown: str, unit: str, floor: float = EVIDENCE_FLOOR) -> Scale:
    """The scale of one raw map of any shape, in `unit`.

    The limit is the `CLIP_PERCENTILE` of the non-zero values shown (own choice: robust against single hot
    pixels; PAIR saliency clips alike); below the `floor` there is nothing to show. Raises ValueError for a map
    that is not finite.
    """
    if shown not in ("positive", "signed"):
        raise ValueError(f"shown is {shown!r}; it must be 'positive' or 'signed'")
    if not np.isfinite(map_raw).all():
        raise ValueError("the map holds values that are not finite numbers")
    evidence = np.abs(map_raw) if shown == "signed" else np.maximum(map_raw, 0)
    evidence = evidence[evidence > 0].astype(np.float64)
    if not evidence.size or _is_too_little(evidence, unit, floor):
        return Scale(shown, unit, 0.0, nothing=True)
    return Scale(shown, unit, float(np.percentile(evidence, CLIP_PERCENTILE)))


def _is_too_little(evidence: np.ndarray, unit: str, floor: float) -> bool:
    """Shares of a logit add up; of the falls of a logit the largest counts."""
    amount = UNITS[unit].amount if unit in UNITS else ""
    return bool(amount) and (evidence.sum() if amount == "sum" else evidence.max()) < floor


def quantise_map(map_raw: np.ndarray, scale: Scale) -> np.ndarray:
    """A raw map of any shape -> uint8 levels of the same shape: 0..255 for 0..limit, or 1..255 with
    `SIGNED_ZERO` in the middle for -limit..limit. Values beyond the limit take the end of the scale."""
    if scale.nothing:
        return np.full(map_raw.shape, scale.zero_level, np.uint8)
    share = _find_share(map_raw, scale)
    if scale.signed:
        return np.rint(np.clip(share, -1, 1) * 127 + SIGNED_ZERO).astype(np.uint8)
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)


def _find_share(map_raw: np.ndarray, scale: Scale) -> np.ndarray:
    """Of the scale, with the sign of the value; beyond 1 where the limit is passed."""
    if not scale.start:
        return map_raw / scale.limit
    magnitude = np.maximum(np.abs(map_raw), scale.start)
    return np.sign(map_raw) * np.log(magnitude / scale.start) / np.log(scale.limit / scale.start)


def make_colour_table(scale: Scale) -> np.ndarray:
    """The RGBA colour of every level, (256, 4) uint8; alpha is 0 at zero and 255 at the limit."""
    return _SIGNED_TABLE if scale.signed else _POSITIVE_TABLE


def make_greys(film: np.ndarray) -> np.ndarray:
    """film (H, W) float 0..1 -> (H, W) uint8, the same whatever is drawn over it."""
    return np.rint(np.clip(film, 0, 1) * 255).astype(np.uint8)


def draw_overlay(film: np.ndarray, map_image: np.ndarray, scale: Scale, opacity: float) -> np.ndarray:
    """film (H, W) float 0..1 and a raw map on the film's own pixels (H, W) -> (H, W, 3) uint8 RGB.

    `opacity` 0..1 multiplies the alpha of the table; pixels at zero relevance equal the film exactly.
    """
    if film.shape != map_image.shape:
        raise ValueError(f"the film is {film.shape}, the map {map_image.shape}; they must be the same")
    return _laid_over(make_greys(film), quantise_map(map_image, scale), scale, opacity)


def draw_colour_bar(scale: Scale, width: int = 256, height: int = 1) -> np.ndarray:
    """The scale from its low to its high end, (height, width, 3) uint8 RGB, on a dark film grey."""
    first = 1 if scale.signed else 0
    row = np.rint(np.linspace(first, 255, width)).astype(np.uint8)
    bar_levels = np.broadcast_to(row, (height, width))
    return _laid_over(np.full((height, width), BAR_GREY, np.uint8), bar_levels, scale, 1.0)


def choose_ticks(scale: Scale) -> tuple[str, ...]:
    """The numbers at the start, the middle and the end of a colour bar; none when there is nothing to show."""
    if scale.nothing:
        return ()
    end = format_number(scale.limit)
    start = format_number(scale.start)
    if scale.signed:
        return f"≤ −{end}", f"±{start}" if scale.start else "0", f"≥ +{end}"
    middle = np.sqrt(scale.start * scale.limit) if scale.start else scale.limit / 2
    return f"≤ {start}" if scale.start else "0", format_number(float(middle)), f"≥ {end}"


def format_number(value: float) -> str:
    """Two significant digits: 12, 1.2, 0.12, 0.012, 1.2×10⁻³."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{abs(value):.1e}".split("e")
    sign, power = "−" if value < 0 else "", int(exponent)
    if -2 <= power <= 3:
        return localise_point(f"{sign}{float(mantissa) * 10.0**power:.{max(0, 1 - power)}f}")
    return f"{sign}{localise_point(mantissa)}×10{str(power).translate(_SUPERSCRIPTS)}"


def find_strongest_place(map_image: np.ndarray) -> tuple[int, int, float] | None:
    """Where most of the positive evidence lies, in a 3 x 3 division of the film: (row 0..2 from the top,
    column 0..2 from the image's left, its share of all positive evidence); None when nothing is positive."""
    positive = np.maximum(map_image, 0).astype(np.float64)
    total = positive.sum()
    if total <= 0:
        return None
    shares = [
        [block.sum() / total for block in np.array_split(band, 3, axis=1)]
        for band in np.array_split(positive, 3, axis=0)
    ]
    row, column = divmod(int(np.argmax(shares)), 3)
    return row, column, float(shares[row][column])


def _laid_over(greys: np.ndarray, map_levels: np.ndarray, scale: Scale, opacity: float) -> np.ndarray:
    """greys (H, W) uint8 under the coloured levels (H, W) -> (H, W, 3) uint8."""
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity is {opacity}; it must be 0 to 1")
    coloured = make_colour_table(scale)[map_levels].astype(np.float32)
    alpha = coloured[..., 3:] * (opacity / 255)
    film = greys[..., None].astype(np.float32)
    return np.rint(film + (coloured[..., :3] - film) * alpha).astype(np.uint8)


def _positive_table() -> np.ndarray:
    """The upper part of inferno (van der Walt and Smith 2015, perceptually uniform): its black start would
    darken the film where alpha is still low, so the table begins at a dark magenta."""
    inferno = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    picked = np.rint(np.linspace(0.38 * 255, 0.97 * 255, 256)).astype(int)
    return np.column_stack([inferno[picked], np.arange(256)]).astype(np.uint8)


def _signed_table() -> np.ndarray:
    """Blue below zero, orange above (own choice: safe for all common colour blindness); the neutral middle is the
    film itself, since alpha is 0 there. Both arms have the same OKLab lightness at the same magnitude, so neither
    sign looks stronger."""
    steps = np.clip((np.arange(256) - SIGNED_ZERO) / 127, -1, 1)
    magnitude = np.abs(steps)
    hue = np.radians(np.where(steps < 0, 252, 52))
    lightness = 0.60 + 0.08 * magnitude
    colour = _oklab_to_srgb(np.stack([lightness, 0.16 * np.cos(hue), 0.16 * np.sin(hue)], axis=1))
    return np.column_stack([colour, np.rint(magnitude * 255)]).astype(np.uint8)


def _oklab_to_srgb(lab: np.ndarray) -> np.ndarray:
    """lab (N, 3) -> (N, 3) in 0..255 (Ottosson 2020, A perceptual color space for image processing)."""
    linear = np.clip((lab @ _OKLAB_TO_LMS.T) ** 3 @ _LMS_TO_LINEAR.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255)


_OKLAB_TO_LMS = np.array(
    [
        [1, 0.3963377774, 0.2158037573],
        [1, -0.1055613458, -0.0638541728],
        [1, -0.0894841775, -1.2914855480],
    ]
)
_LMS_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POSITIVE_TABLE = _positive_table()
_SIGNED_TABLE = _signed_table()
for _table in (_POSITIVE_TABLE, _SIGNED_TABLE):
    _table.setflags(write=False)


def draw_outlines(masks: Iterable[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Masks (H, W) bool -> the lines around them, to lay over film and maps: BGRA of `shape`, uint8, transparent
    elsewhere. Own choice: white between dark, so that they are seen on all of them, and AROUND outside of the mask, so
    that letters stay legible and have one line around them all."""
    height, width = shape
    drawn = np.zeros((height, width, 4), np.uint8)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [2 * round(AROUND * max(height, width)) + 1] * 2)
    for mask in masks:
        shown = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        shown = cv2.dilate(shown, around)
        lines, _ = cv2.findContours(shown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        thick = max(1, round(max(height, width) / 256))
        for colour, wide in (((0, 0, 0, 255), 3 * thick), ((255, 255, 255, 255), thick)):
            cv2.drawContours(drawn, lines, -1, colour, wide)
    return drawn
