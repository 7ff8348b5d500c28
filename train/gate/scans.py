"""Pictures of other kinds made of nothing, where no free one is to be had: limbs, breasts, ultrasound, cross-sections.
They are crude on purpose: what is learned from them is "something else", not what a hand looks like.
"""

from __future__ import annotations

import cv2
import numpy as np

from train.gate.films import Random, degrade, finish, rotate_on_black


def make_limb(random: Random) -> np.ndarray:
    """Bright shafts with brighter edges, heads at their ends, in a haze on black: an arm, a leg, a hand, a spine."""
    high, wide = int(random.integers(200, 340)), int(random.integers(140, 300))
    soft, bone = np.zeros((2, high, wide), np.float32)
    rays = int(random.choice([1, 2, 3, 5, 5]))
    lean, width = random.normal(0, 0.25), wide * random.uniform(0.07, 0.16) / (1 + 0.25 * rays)
    for k in range(rays):
        x = wide * (0.5 + (k - (rays - 1) / 2) * random.uniform(0.12, 0.2))
        point, direction = np.array([x, -10.0]), np.array([lean + 0.06 * (k - (rays - 1) / 2), 1.0])
        pieces = int(random.integers(2, 6)) if rays > 2 else int(random.integers(1, 4))
        for _ in range(pieces):
            end = point + direction * high * random.uniform(0.8, 1.4) / pieces
            _draw_bone(random, soft, bone, point, end, width * random.uniform(0.8, 1.2))
            direction = direction + (random.normal(0, 0.12), 0)
            point = end + direction * 3
    soft = cv2.GaussianBlur((soft > 0).astype(np.float32), (0, 0), random.uniform(2, 6))
    grain = cv2.GaussianBlur(random.standard_normal((high, wide)).astype(np.float32), (0, 0), random.uniform(0.7, 2.5))
    limb = random.uniform(0.15, 0.45) * soft + cv2.GaussianBlur(bone, (0, 0), random.uniform(0.5, 1.5)) * (
        0.5 + 0.3 * grain
    )
    limb = np.rot90(limb, int(random.choice([0, 0, 0, 1, 2])))
    if random.random() < 0.5:
        limb = rotate_on_black(random, np.ascontiguousarray(limb))
    return finish(random, np.clip(limb, 0, 1))


def _draw_bone(
    random: Random, soft: np.ndarray, bone: np.ndarray, start: np.ndarray, end: np.ndarray, width: float
) -> None:
    ends = tuple(start.astype(int)), tuple(end.astype(int))
    cv2.line(soft, *ends, 1.0, max(2, int(width * random.uniform(2, 4))))
    edge, inner = random.uniform(0.7, 1), random.uniform(0.35, 0.65)
    for thickness, grey in ((width, edge), (width * random.uniform(0.55, 0.8), inner)):
        cv2.line(bone, *ends, grey, max(1, int(thickness)))
    for place_ in ends:
        radius = max(2, int(width * random.uniform(0.55, 0.85)))
        cv2.circle(bone, place_, radius, edge * 0.95, -1)
        cv2.circle(bone, place_, max(1, radius - 2), inner * 1.1, -1)


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
    layers = np.interp(np.arange(high), np.linspace(0, high, 9), random.uniform(0.1, 0.8, 9))[:, None]
    tissue = layers * (
        1 + 0.5 * cv2.resize(random.standard_normal((7, 9)), (wide, high), interpolation=cv2.INTER_CUBIC)
    )
    for _ in range(int(random.integers(0, 3))):
        at = int(random.uniform(0.2, 0.8) * wide), int(random.uniform(0.2, 0.7) * high)
        cv2.ellipse(tissue, at, (int(random.uniform(10, 60)), int(random.uniform(8, 40))), 0, 0, 360, 0.05, -1)
    speckle = cv2.GaussianBlur(random.rayleigh(0.6, (high, wide)), (0, 0), sigmaX=random.uniform(0.8, 2), sigmaY=0.7)
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
