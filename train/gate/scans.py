"""Pictures of other kinds made of nothing, where no free one is to be had: limbs, breasts, ultrasound, cross-sections.
They are crude on purpose: what is learned from them is "something else", not what a hand looks like.
"""

from __future__ import annotations

import cv2
import numpy as np

from train.gate.films import Random, degrade, finish, rotate_on_black


def make_bones(random: Random) -> np.ndarray:
    """A limb or a hand, a column of vertebrae, a pelvis, a skull: shafts and rings that are bright at their edges, in
    soft tissue that is thickest in its middle, on black or filling the film."""
    soft, bone = np.zeros((2, int(random.integers(220, 340)), int(random.integers(160, 320))), np.uint8)
    draw = (_draw_limb, _draw_limb, _draw_limb, _draw_column, _draw_pelvis, _draw_skull)[int(random.integers(6))]
    draw(random, soft, bone)
    thick = np.sqrt(np.minimum(1, cv2.distanceTransform(soft, cv2.DIST_L2, 3) / random.uniform(8, 40)))
    inside = cv2.distanceTransform(bone, cv2.DIST_L2, 3)
    shell = (inside > 0) * (
        random.uniform(0.3, 0.6) + random.uniform(0.3, 0.7) * np.exp(-inside / random.uniform(1, 3))
    )
    grain = cv2.GaussianBlur(random.standard_normal(soft.shape).astype(np.float32), (0, 0), random.uniform(0.7, 2.5))
    grain = 1 + 0.08 * grain / max(float(grain.std()), 1e-6) * (inside > 0)
    picture = (
        random.uniform(0.15, 0.5) * thick + random.uniform(0.4, 0.8) * cv2.GaussianBlur(shell, (0, 0), 0.8) * grain
    )
    picture = np.rot90(np.clip(picture, 0, 1).astype(np.float32), int(random.choice([0, 0, 0, 0, 1, 2, 3])))
    if random.random() < 0.35:
        picture = rotate_on_black(random, np.ascontiguousarray(picture))
    return finish(random, picture)


def _draw_limb(random: Random, soft: np.ndarray, bone: np.ndarray) -> None:
    high, wide = bone.shape
    rays = int(random.choice([1, 1, 2, 2, 5, 5, 5]))
    width = wide * random.uniform(0.1, 0.2) / (1 + 0.35 * rays)
    fan, lean, gap = random.uniform(0, 0.16), random.normal(0, 0.15), random.uniform(1.3, 2.2) * width
    start = -10.0 if rays < 3 or random.random() < 0.5 else high * random.uniform(0.05, 0.3)
    for k in range(rays):
        at = k - (rays - 1) / 2
        point, direction = np.array([wide / 2 + at * gap, start + abs(at) * 10]), np.array([lean - at * fan, 1.0])
        pieces = int(random.integers(3, 6)) if rays > 2 else int(random.integers(1, 4))
        for _ in range(pieces):
            end = point + direction * high * random.uniform(0.8, 1.2) / pieces
            ends = tuple(point.astype(int)), tuple(end.astype(int))
            cv2.line(soft, *ends, 1, max(3, int(width * random.uniform(1.8, 4 if rays < 3 else 2.4))))
            cv2.line(bone, *ends, 1, max(2, int(width * random.uniform(0.7, 1))))
            for place in ends:
                cv2.circle(bone, place, max(2, int(width * random.uniform(0.55, 0.8))), 1, -1)
            point, direction = end + direction * 5, direction + (random.normal(0, 0.08), 0)
    if rays == 5:
        cv2.ellipse(soft, (wide // 2, int(high * 0.75)), (int(rays * gap * 0.5), int(high * 0.22)), 0, 0, 360, 1, -1)


def _draw_column(random: Random, soft: np.ndarray, bone: np.ndarray) -> None:
    high, wide = bone.shape
    _fill_body(random, soft)
    step, width = high / random.uniform(6, 11), wide * random.uniform(0.12, 0.28)
    bend, x = random.normal(0, 0.12) * wide, wide * random.uniform(0.35, 0.65)
    for y in np.arange(-step, high + step, step):
        middle = x + bend * np.sin(3 * y / high)
        box = ((middle, y), (width, step * random.uniform(0.7, 0.85)), random.normal(0, 4))
        cv2.fillPoly(bone, [cv2.boxPoints(box).astype(np.int32)], 1)
        tip = int(middle + width * random.choice([-1, 1]) * random.uniform(0.8, 1.3)), int(y + step * 0.3)
        cv2.line(bone, (int(middle), int(y)), tip, 1, max(2, int(step * 0.2)))


def _draw_pelvis(random: Random, soft: np.ndarray, bone: np.ndarray) -> None:
    high, wide = bone.shape
    _fill_body(random, soft)
    for side in (-1, 1):
        wing = int(wide * (0.5 + side * 0.24)), int(high * random.uniform(0.28, 0.4))
        cv2.ellipse(bone, wing, (int(wide * 0.18), int(high * 0.2)), side * -35, 0, 360, 1, -1)
        hole = int(wide * (0.5 + side * 0.12)), int(high * random.uniform(0.7, 0.78))
        cv2.ellipse(bone, hole, (int(wide * 0.09), int(high * 0.08)), side * 30, 0, 360, 1, max(3, wide // 25))
        head = int(wide * (0.5 + side * 0.3)), int(high * random.uniform(0.6, 0.68))
        cv2.circle(bone, head, int(wide * 0.075), 1, -1)
        shaft = int(wide * (0.5 + side * random.uniform(0.4, 0.46))), high + 10
        cv2.line(bone, (int(wide * (0.5 + side * 0.42)), int(high * 0.7)), shaft, 1, int(wide * 0.09))
        cv2.line(bone, head, (int(wide * (0.5 + side * 0.42)), int(high * 0.72)), 1, int(wide * 0.07))
    cv2.ellipse(bone, (wide // 2, int(high * 0.35)), (int(wide * 0.1), int(high * 0.2)), 0, 0, 360, 1, -1)


def _draw_skull(random: Random, soft: np.ndarray, bone: np.ndarray) -> None:
    high, wide = bone.shape
    middle, size = (wide // 2, int(high * 0.42)), (int(wide * random.uniform(0.33, 0.47)), int(high * 0.38))
    cv2.ellipse(soft, middle, (size[0] + 6, size[1] + 6), 0, 0, 360, 1, -1)
    cv2.rectangle(soft, (int(wide * 0.35), int(high * 0.7)), (int(wide * 0.65), high), 1, -1)
    cv2.ellipse(bone, middle, size, 0, 0, 360, 1, int(random.integers(3, 12)))
    for _ in range(int(random.integers(3, 9))):
        at = int(random.uniform(0.3, 0.7) * wide), int(random.uniform(0.4, 0.8) * high)
        reach = int(wide * random.uniform(0.04, 0.12)), int(high * random.uniform(0.03, 0.08))
        cv2.ellipse(bone, at, reach, random.uniform(0, 180), 0, 360, 1, int(random.choice([-1, 2, 4])))


def _fill_body(random: Random, soft: np.ndarray) -> None:
    high, wide = soft.shape
    side = int(wide * random.uniform(-0.1, 0.2))
    cv2.rectangle(soft, (side, -9), (wide - side, high + 9), 1, -1)


def make_breast(random: Random) -> np.ndarray:
    high, wide = int(random.integers(220, 320)), int(random.integers(140, 260))
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    round_ = (
        1
        - (x / (wide * random.uniform(0.5, 0.95))) ** 2
        - ((y / high - random.uniform(0.4, 0.6)) / random.uniform(0.3, 0.5)) ** 2
    )
    grain = cv2.GaussianBlur(random.standard_normal((high, wide)).astype(np.float32), (0, 0), random.uniform(3, 12)) * 8
    breast = np.clip(round_, 0, 1) ** 0.5 * (0.5 + 0.35 * np.tanh(grain))
    breast = breast[:, ::-1] if random.random() < 0.5 else breast
    return finish(random, np.clip(breast, 0, 1).astype(np.float32))


def make_ultrasound(random: Random) -> np.ndarray:
    """Speckle in layers, in a fan or a box."""
    high, wide = int(random.integers(200, 300)), int(random.integers(240, 360))
    layers = np.interp(np.arange(high), np.linspace(0, high, 24), random.uniform(0.05, 0.9, 24))[:, None]
    tissue = layers * (
        1 + 0.5 * cv2.resize(random.standard_normal((26, 6)), (wide, high), interpolation=cv2.INTER_CUBIC)
    )
    for _ in range(int(random.integers(0, 3))):
        at = int(random.uniform(0.2, 0.8) * wide), int(random.uniform(0.2, 0.7) * high)
        cv2.ellipse(tissue, at, (int(random.uniform(10, 60)), int(random.uniform(8, 40))), 0, 0, 360, 0.05, -1)
    speckle = cv2.GaussianBlur(random.rayleigh(0.6, (high, wide)), (0, 0), sigmaX=random.uniform(0.6, 1.8), sigmaY=0.6)
    scan = np.clip(tissue * speckle, 0, 1).astype(np.float32)
    if random.random() < 0.4:
        mask, reach = np.zeros_like(scan), random.uniform(30, 50)
        cv2.ellipse(mask, (wide // 2, -high // 6), (int(high * 1.1),) * 2, 90, -reach, reach, 1.0, -1)
        scan = scan * mask
    return degrade(random, scan)


def make_cross_section(random: Random) -> np.ndarray:
    """An oval body on black with organs, bone and perhaps air in it."""
    high, wide = int(random.integers(220, 320)), int(random.integers(240, 360))
    scan = np.zeros((high, wide), np.float32)
    centre = np.array([wide / 2, high / 2]) + random.normal(0, 6, 2)
    axes = np.array([wide * random.uniform(0.33, 0.48), high * random.uniform(0.3, 0.47)])

    def draw_oval(at: np.ndarray | tuple[float, float], size: np.ndarray | tuple[float, float], grey: float) -> None:
        place_, reach = centre + axes * np.asarray(at), np.maximum(1, axes * np.asarray(size))
        cv2.ellipse(
            scan, tuple(place_.astype(int)), tuple(reach.astype(int)), random.uniform(-20, 20), 0, 360, grey, -1
        )

    skin = random.uniform(0.25, 0.5)
    draw_oval((0, 0), (1, 1), skin)
    draw_oval((0, 0), (0.92, 0.9), skin * random.uniform(0.5, 1.4))
    has_lungs = random.random() < 0.5
    if has_lungs:
        dark = random.uniform(0, 0.15)
        for side in (-1, 1):
            draw_oval((side * 0.45, -0.05), random.uniform(0.3, 0.42, 2) * (1, 1.6), dark)
    for _ in range(int(random.integers(3, 14))):
        draw_oval(random.uniform(-0.6, 0.6, 2), random.uniform(0.03, 0.25, 2), random.uniform(0.2, 0.8))
    for _ in range(int(random.integers(1, 8))):
        draw_oval(random.uniform(-0.85, 0.85, 2), random.uniform(0.02, 0.08, 2), random.uniform(0.8, 1))
    draw_oval((random.normal(0, 0.05), 0.6), (0.14, 0.16), random.uniform(0.75, 1))
    scan = cv2.GaussianBlur(scan, (0, 0), random.uniform(0.6, 1.6)) + random.normal(
        0, random.uniform(0.005, 0.04), scan.shape
    )
    scan = np.clip(scan, 0, 1).astype(np.float32)
    if random.random() < 0.4:  # the table
        cv2.ellipse(scan, (wide // 2, int(high * 0.5)), (int(wide * 0.47), int(high * 0.48)), 0, 20, 160, 0.6, 1)
    return degrade(random, np.rot90(scan, int(random.choice([0, 0, 0, 2]))))
