"""One synthetic patient, drawn: the healthy chest that `phantom` plants findings in. numpy and OpenCV only.

A patient is outlines in a frame of their own: u from the midline (below 0 is the patient's right, which the viewer has
on the left), v from the top (0) to the bottom (1). A pose lays them on the film, where their thickness is added up.
Shapes and amounts are our own choice, made by eye beside real films: a drawing, not physics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

SIDES = {-1: "right", 1: "left"}  # sign of u -> the patient's side
FINE_PX = 360  # outlines are drawn at least so large
SHARP = 8  # OpenCV takes the corners of outlines in 1 / 2**SHARP of a pixel

# Outlines (u, v), of one side where both are alike; the same point twice is a corner.
_LUNG = np.array([
    (0.105, 0.125), (0.060, 0.175), (0.042, 0.260), (0.052, 0.380), (0.062, 0.520), (0.075, 0.640), (0.078, 0.715),
    (0.120, 0.695), (0.200, 0.680), (0.275, 0.710), (0.340, 0.795), (0.340, 0.795), (0.352, 0.690), (0.345, 0.560),
    (0.325, 0.420), (0.285, 0.280), (0.235, 0.185), (0.170, 0.130),
])  # fmt: skip
_ANGLE = 11  # the second point of the lung's sharp lower corner
_HEART = np.array([
    (-0.040, 0.330), (-0.055, 0.450), (-0.082, 0.540), (-0.098, 0.620), (-0.080, 0.700), (-0.030, 0.745),
    (0.080, 0.765), (0.180, 0.765), (0.215, 0.725), (0.195, 0.640), (0.145, 0.545), (0.085, 0.450), (0.058, 0.380),
    (0.045, 0.330),
])  # fmt: skip
_MEDIASTINUM = np.array([  # with the knob of the aorta
    (-0.050, 0.050), (-0.055, 0.200), (-0.050, 0.350), (-0.050, 0.500), (0.050, 0.500), (0.055, 0.360), (0.070, 0.335),
    (0.078, 0.310), (0.070, 0.285), (0.050, 0.260), (0.050, 0.150), (0.050, 0.050),
])  # fmt: skip
_CAGE = np.array([
    (0.100, 0.100), (0.190, 0.110), (0.270, 0.190), (0.340, 0.300), (0.375, 0.450), (0.385, 0.600), (0.380, 0.900),
    (0.380, 1.300), (0.380, 1.300),
])  # fmt: skip
_TRUNK = np.array([
    (0.085, -0.200), (0.080, 0.010), (0.105, 0.055), (0.240, 0.095), (0.360, 0.125), (0.440, 0.175), (0.460, 0.260),
    (0.410, 0.400), (0.398, 0.500), (0.400, 0.650), (0.400, 0.800), (0.395, 1.250), (0.395, 1.250),
])  # fmt: skip
_BLADE = np.array([
    (0.380, 0.170), (0.300, 0.200), (0.285, 0.280), (0.310, 0.400), (0.335, 0.410), (0.365, 0.300), (0.385, 0.220)
])  # fmt: skip
_COLLAR = np.array([(0.030, 0.215), (0.090, 0.198), (0.180, 0.155), (0.270, 0.137), (0.360, 0.150)])
_AIRWAYS = (  # line, width
    ([(0.000, -0.200), (0.004, 0.150), (0.007, 0.360)], 0.032),
    ([(0.006, 0.350), (-0.030, 0.390), (-0.070, 0.420)], 0.018),
    ([(0.006, 0.350), (0.040, 0.395), (0.085, 0.420)], 0.016),
)
_REACH = (0.050, 0.130, 0.185, 0.280, 0.420, 0.560, 0.690, 0.900), (0.13, 0.19, 0.245, 0.30, 0.34, 0.362, 0.37, 0.36)


@dataclass(frozen=True, eq=False)
class Body:
    """What a patient's parts share: `pose` (2, 3) from the patient's frame to the film, 0..1; `wide` scales u, `stout`
    0..1, `low` is how far a breath brings the diaphragm down; `u`, `v` (S, S) are those of each pixel's centre."""

    pose: np.ndarray
    wide: float
    stout: float
    low: float
    u: np.ndarray
    v: np.ndarray


@dataclass(frozen=True, eq=False)
class Patient:
    """On the film, (S, S) float32: `thickness` of all but the lungs, `air` 0..1 that they hold, `lungs` (without what
    the mediastinum hides) and `heart` 0..1. `heart_outline` (N, 2) lies in the patient's frame."""

    body: Body
    thickness: np.ndarray
    air: np.ndarray
    lungs: np.ndarray
    heart: np.ndarray
    heart_outline: np.ndarray


def draw_patient(random: np.random.Generator, size_px: int) -> Patient:
    body = _draw_body(random, size_px)
    wide, low, v = body.wide, body.low, body.v
    lungs = fill_shape(body, *(_lung(random, body, side) for side in SIDES), soft=0.006)
    points = (_HEART + random.normal(0, 0.005, _HEART.shape)) * [random.uniform(0.85, 1.1) * wide, 1]
    heart_outline = _curve(points + np.outer(((points[:, 1] - 0.3) / 0.4).clip(0, 1), [0, low]))
    heart = fill_shape(body, heart_outline, soft=0.007)
    middle = fill_shape(body, _curve(_MEDIASTINUM * [wide, 1]), soft=0.007)
    cage = fill_shape(body, _curve(_mirrored(_CAGE * [wide, 1])), soft=0.012)
    hila = fill_shape(body, _oval(-0.085 * wide, 0.43, 0.03, 0.055), _oval(0.085 * wide, 0.41, 0.03, 0.05), soft=0.03)
    trunk, flesh = _draw_flesh(random, body)
    belly = (0.4 + 0.3 * (v - 0.7).clip(0, 0.3)) * ((v - 0.66 - low) / 0.12).clip(0, 1)
    thickness = flesh + trunk * (0.75 * cage + belly + 0.025 * draw_cloud(random, 12, size_px))
    thickness += 0.10 * soften_mask(heart, 0.03) + 0.10 * middle + 0.09 * hila
    thickness += _draw_bones(random, body) + _draw_ribs(random, body, cage) - _draw_gas(random, body)
    thickness += 0.15 * _draw_vessels(random, body) * lungs * (1 - 0.6 * heart)
    air = lungs * (0.4 + 0.6 * soften_mask(lungs, 0.06)) * cage * (1 - 0.985 * heart) * (1 - 0.8 * middle)
    return Patient(body, thickness, air, lungs * (1 - middle), heart, heart_outline)


def _draw_body(random: np.random.Generator, size_px: int) -> Body:
    angle, scale = np.radians(random.uniform(-4, 4)), random.uniform(0.9, 1.05)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    start = 0.5 + random.uniform([-0.02, -0.02], [0.02, 0.03]) - turn @ [0, 0.5]
    y, x = (np.mgrid[:size_px, :size_px] + 0.5) / size_px
    places = np.linalg.inv(turn) @ (np.stack([x.ravel(), y.ravel()]) - start[:, None])
    wide, stout, low = random.uniform(0.9, 1.08), random.uniform(0, 1), random.uniform(-0.03, 0.045)
    u, v = places.reshape(2, size_px, size_px).astype(np.float32)
    return Body(np.column_stack([turn, start]), wide, stout, low, u, v)


def _lung(random: np.random.Generator, body: Body, side: int) -> np.ndarray:
    points = _LUNG * [body.wide, 1] + random.normal(0, 0.004, _LUNG.shape)
    points[_ANGLE] = points[_ANGLE - 1]
    lift = body.low + (0.022 if side > 0 else 0)  # under the right lung lies the liver
    points[:, 1] += lift * ((points[:, 1] - 0.4) / 0.4).clip(0, 1)
    return _curve(points * [side, 1])


def _draw_flesh(random: np.random.Generator, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """-> where the trunk is, 0..1, and the thickness of what is soft around the chest: trunk, arms, breasts."""
    stretch = [body.wide * (1 + 0.12 * body.stout), 1]
    trunk = fill_shape(body, _curve(_mirrored(_TRUNK * stretch + random.normal(0, 0.002, _TRUNK.shape))), soft=0.008)
    arms = []
    for side, out in zip(SIDES, random.uniform(-0.02, 0.12, 2), strict=True):
        arm = _line([(0.40, 0.19), (0.44 + 0.1 * out, 0.35), (0.485 + 0.6 * out, 0.65), (0.53 + 1.3 * out, 1.1)])
        arm *= np.multiply(stretch, [side, 1])
        arms += [_band(arm, np.linspace(0.13, 0.105, len(arm))), _band(arm + [0, 0.02], 0.04)]
    flesh = 0.55 * np.maximum(
        trunk * (0.6 + 0.4 * soften_mask(trunk, 0.08)), 0.75 * fill_shape(body, *arms[::2], soft=0.008)
    )
    flesh += 0.2 * fill_shape(
        body, *arms[1::2], *(_oval(side * 0.405 * stretch[0], 0.19, 0.036, 0.04) for side in SIDES)
    )
    across, top, wide = random.uniform(0.2, 0.23) * body.wide, random.uniform(0.58, 0.66), random.uniform(0.1, 0.15)
    breasts = fill_shape(body, *(_oval(side * across, top, wide, wide) for side in SIDES), soft=0.005)
    amount = random.uniform(0.16, 0.26) * (random.random() < 0.5)
    return trunk, flesh + np.float32(amount) * breasts * ((body.v - top + 0.08) / 0.16).clip(0, 1)


def _draw_bones(random: np.random.Generator, body: Body) -> np.ndarray:
    """The thickness of collar bones, shoulder blades and spine, less that of the airways before it."""
    stretch, collars, blades = [body.wide, 1], [], []
    for side in SIDES:
        collar = _line(_COLLAR * stretch * [side, 1] + [0, random.normal(0, 0.008)])
        collars.append(_band(collar, np.linspace(0.036, 0.024, len(collar))))
        blades.append(_curve(_BLADE * stretch * [side, 1] * [1 + 0.12 * body.stout, 1]))
    levels = np.arange(-0.05, 1.1, 0.052)
    discs = [np.array([(-0.04, v), (0.04, v), (0.04, v + 0.01), (-0.04, v + 0.01)]) for v in levels]
    arches = _oval(np.tile([-0.024, 0, 0.024], len(levels)), np.repeat(levels + 0.03, 3), 0.007, 0.011)
    spine = 0.26 * fill_shape(body, _band(_line([(0, -0.2), (0, 1.3)]), 0.08), soft=0.006)
    spine += 0.09 * fill_shape(body, *arches, soft=0.004) - 0.07 * fill_shape(body, *discs, soft=0.005)
    airways = fill_shape(body, *(_band(_line(points), wide) for points, wide in _AIRWAYS), soft=0.008)
    bones = 0.22 * fill_shape(body, *collars, soft=0.004) + 0.08 * fill_shape(body, *blades, soft=0.004)
    return bones + spine - 0.28 * airways


def _draw_ribs(random: np.random.Generator, body: Body, cage: np.ndarray) -> np.ndarray:
    """Thickness of ten pairs: tilted loops, high at the back and low in front, seen from there."""
    number, side = np.tile(np.arange(10), 2)[:, None], np.repeat(tuple(SIDES), 10)[:, None]
    drop, wide = (0.10 + 0.013 * number) * random.uniform(0.9, 1.25), 0.020 + 0.0007 * number
    top = 0.105 + 0.064 * number * (1 + 0.8 * body.low) + random.normal(0, 0.003, (20, 1))
    reach = side * body.wide * np.interp(top + drop / 2, *_REACH)
    seen = []
    for start, end, growth in ((0.08, 0.54, 1.0), (0.46, 0.84, 1.3)):  # back, front
        angle, width = np.linspace(start, end, 18) * np.pi, wide * np.linspace(1, growth, 18)
        loops = np.stack([reach * np.sin(angle) ** 0.85, top + drop * (1 - np.cos(angle)) / 2], axis=-1)  # (20, 18, 2)
        bands = np.stack([_band(loops, width), _band(loops, 0.62 * width)], axis=1)  # the rim is denser than the core
        seen.append(fill_shape(body, *bands.reshape(40, 36, 2), greys=(255, 185) * 20))
    towards_cartilage = ((np.abs(body.u) - 0.07) / 0.12).clip(0, 1)
    return (0.05 + 0.10 * cage) * seen[0] + 0.08 * towards_cartilage * seen[1]


def _draw_gas(random: np.random.Generator, body: Body) -> np.ndarray:
    """What the stomach's bubble takes away; one patient in three has none."""
    u, v = random.uniform(0.09, 0.15) * body.wide, random.uniform(0.755, 0.775) + body.low
    bubble = _oval(u, v, random.uniform(0.035, 0.06), random.uniform(0.016, 0.03))
    return np.float32(0.35 * (random.random() < 0.67)) * fill_shape(body, bubble, soft=0.006)


def _draw_vessels(random: np.random.Generator, body: Body) -> np.ndarray:
    """(S, S) 0..1: trees that fork five times on their way out from each hilum, thinner each time."""
    angle = np.tile(np.radians([-80, -58, -35, -10, 15, 38, 60, 80]), 2) + random.normal(0, 0.1, 16)
    side = np.repeat(tuple(SIDES), 8)
    place = np.stack([0.07 * body.wide * side, 0.42 - 0.01 * side], axis=1) + random.normal(0, 0.012, (16, 2))
    forks = []
    for fork in range(5):
        path = [place]
        for _ in range(4):
            angle = angle + random.normal(0, 0.14, len(angle))
            step = 0.018 * 0.93**fork * random.uniform(0.7, 1.3, (len(angle), 1))
            path.append(path[-1] + step * np.stack([side * np.cos(angle), np.sin(angle)], axis=1))
        forks.append(np.stack(path, axis=1))  # (branches, 5, 2)
        place, side = np.repeat(path[-1], 2, axis=0), np.repeat(side, 2)
        angle = np.repeat(angle, 2) + np.tile([-1, 1], len(angle)) * random.uniform(0.12, 0.5, 2 * len(angle))
    canvas = _canvas(body)
    for fork in range(4, -1, -1):
        wide_px = 0.0115 * 0.66**fork * len(canvas)
        whole_px, lines = max(1, round(wide_px)), _on_canvas(body, forks[fork], canvas)
        grey = round(255 * min(1, wide_px / whole_px) * (0.95 - 0.1 * fork))
        cv2.polylines(canvas, list(lines), False, grey, whole_px, cv2.LINE_AA, SHARP)
    return soften_mask(_averaged(canvas, body), 0.004)


def fill_shape(body: Body, *outlines: np.ndarray, soft: float = 0.004, greys: Sequence[int] = ()) -> np.ndarray:
    """Outlines (N, 2) in the patient's frame -> (S, S) float32, 0 outside and 1 inside any, or the last one's grey
    (of 255); `soft` as in `soften_mask`."""
    canvas, ends = _canvas(body), np.cumsum([len(outline) for outline in outlines])
    placed = np.split(_on_canvas(body, np.concatenate(outlines), canvas), ends[:-1])
    for corners, grey in zip(placed, greys or [255] * len(outlines), strict=True):  # one by one: holes where two meet
        cv2.fillPoly(canvas, [corners], grey, cv2.LINE_AA, SHARP)
    return soften_mask(_averaged(canvas, body), soft)


def soften_mask(film: np.ndarray, reach: float) -> np.ndarray:
    """film (S, S) float32, blurred over `reach` (of its side) to each side."""
    return cv2.stackBlur(film, (2 * int(reach * len(film)) + 1,) * 2)


def draw_cloud(random: np.random.Generator, cells: int, size_px: int) -> np.ndarray:
    """(S, S) float32: smooth noise of standard deviation below 1 with `cells` along each side."""
    noise = random.standard_normal((cells, cells), dtype=np.float32)
    return cv2.resize(noise, (size_px, size_px), interpolation=cv2.INTER_CUBIC)


def _canvas(body: Body) -> np.ndarray:
    """Empty, and some times as fine as a small film: OpenCV also paints the pixels that an outline only touches."""
    size_px = len(body.u)
    return np.zeros((size_px * -(-FINE_PX // size_px),) * 2, np.uint8)


def _averaged(canvas: np.ndarray, body: Body) -> np.ndarray:
    """A canvas of 0..255 -> (S, S) float32 0..1."""
    return cv2.resize(canvas, body.u.shape, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _on_canvas(body: Body, points: np.ndarray, canvas: np.ndarray) -> np.ndarray:
    """points (..., 2) in the patient's frame -> as OpenCV draws them: int32, of pixels whose centres are whole."""
    placed = points @ body.pose[:, :2].T + body.pose[:, 2]
    return np.rint((placed * len(canvas) - 0.5) * 2**SHARP).astype(np.int32)


def _curve(points: np.ndarray, steps: int = 8) -> np.ndarray:
    """A closed smooth outline through points (N, 2) -> (N * steps, 2), by Catmull and Rom's spline."""
    here, before, after = points[:, None], np.roll(points, 1, axis=0)[:, None], np.roll(points, -1, axis=0)[:, None]
    beyond, t = np.roll(points, -2, axis=0)[:, None], np.linspace(0, 1, steps, endpoint=False)[:, None]
    cubic = (3 * (here - after) + beyond - before) * t**3
    return (here + ((after - before) * t + (2 * before - 5 * here + 4 * after - beyond) * t**2 + cubic) / 2).reshape(
        -1, 2
    )


def _line(through: ArrayLike, steps: int = 8) -> np.ndarray:
    """An open smooth line through points (N, 2) -> ((N - 1) * steps + 1, 2)."""
    points = np.asarray(through)
    longer = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    return np.vstack([_curve(longer, steps)[steps : -2 * steps], points[-1]])


def _band(line: np.ndarray, width: float | np.ndarray) -> np.ndarray:
    """The outline (..., 2 N, 2) around a line (..., N, 2), `width` of it or (..., N)."""
    along = np.gradient(line, axis=-2)
    across = along[..., ::-1] * [-1, 1] / np.linalg.norm(along, axis=-1, keepdims=True)
    half = across * np.broadcast_to(width, line.shape[:-1])[..., None] / 2
    return np.concatenate([line + half, (line - half)[..., ::-1, :]], axis=-2)


def _oval(u: float | np.ndarray, v: float | np.ndarray, wide: float, high: float) -> np.ndarray:
    """The outline (24, 2) around a point, or (N, 24, 2) around points u, v (N,)."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack(
        np.broadcast_arrays(np.add.outer(u, wide * np.cos(angle)), np.add.outer(v, high * np.sin(angle))), -1
    )


def _mirrored(half: np.ndarray) -> np.ndarray:
    """Half an outline from top to bottom (N, 2) -> the whole (2 N, 2)."""
    return np.vstack([half, half[::-1] * [-1, 1]])
