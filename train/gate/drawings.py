"""Drawings, charts, pages, ramps and noise."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from train.gate.films import FONTS, Random, degrade, put_text


def make_drawing(random: Random) -> np.ndarray:
    """Lines, curves, bars, points, words, shapes, ramps, clouds or noise."""
    make = MAKERS[int(random.integers(len(MAKERS)))]
    is_white = random.random() < 0.6
    page = np.full(
        (int(random.integers(200, 320)), int(random.integers(200, 380))), 1.0 if is_white else 0.0, np.float32
    )
    return degrade(random, np.clip(make(random, page, 0.0 if is_white else 1.0), 0, 1).astype(np.float32))


def _draw_lines(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    high, wide = page.shape
    cv2.rectangle(page, (wide // 9, high // 12), (wide - 12, high - high // 8), ink, 1)
    for _ in range(int(random.integers(1, 5))):
        x = np.linspace(wide // 9, wide - 12, 40)
        y = high * np.clip(0.5 + np.cumsum(random.normal(0, 0.05, 40)), 0.1, 0.85)
        grey = abs(ink - random.uniform(0, 0.5))
        if random.random() < 0.6:
            cv2.polylines(page, [np.stack([x, y], 1).astype(np.int32)], False, grey, int(random.integers(1, 3)))
        else:
            for point in zip(x, y, strict=True):
                cv2.circle(page, tuple(int(c) for c in point), int(random.integers(1, 4)), grey, -1)
    return page


def _draw_bars(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    high, wide = page.shape
    count = int(random.integers(3, 12))
    for k in range(count):
        x, top = int(wide * (0.1 + 0.85 * k / count)), int(high * random.uniform(0.1, 0.85))
        cv2.rectangle(page, (x, top), (x + int(0.6 * wide / count), int(high * 0.9)), abs(ink - 0.4), -1)
    cv2.line(page, (wide // 10, int(high * 0.9)), (wide, int(high * 0.9)), ink, 1)
    return page


def _draw_words(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    high, wide = page.shape
    step, size = int(random.integers(9, 26)), random.uniform(0.25, 0.8)
    for y in range(int(random.integers(12, 50)), high - 8, step):
        if random.random() < 0.85:
            words = "".join(random.choice(list("abcdefgh  ijklmnop qrst"), int(random.integers(4, 60))))
            put_text(page, words, (int(random.integers(8, 20)), y), FONTS[0], size, ink)
    return page


def _draw_shapes(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    high, wide = page.shape
    for _ in range(int(random.integers(2, 14))):
        at = int(random.random() * wide), int(random.random() * high)
        grey, thick = abs(ink - random.uniform(0, 0.7)), int(random.choice([-1, 1, 2, 3]))
        if random.random() < 0.5:
            size = int(random.uniform(5, wide / 3)), int(random.uniform(5, high / 3))
            cv2.ellipse(page, at, size, random.uniform(0, 180), 0, 360, grey, thick)
        else:
            points = (np.array(at) + random.normal(0, wide / 6, (int(random.integers(3, 9)), 2))).astype(np.int32)
            cv2.polylines(page, [points], True, grey, max(1, thick))
    return page


def _draw_thorax(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    """Outlines of two lungs, perhaps with ribs and a heart, as a hand would sketch them."""
    high, wide = page.shape
    thick = int(random.integers(1, 4))
    for side in (-1, 1):
        at = int(wide * (0.5 + side * random.uniform(0.16, 0.24))), int(high * random.uniform(0.4, 0.6))
        size = int(wide * random.uniform(0.1, 0.18)), int(high * random.uniform(0.22, 0.4))
        cv2.ellipse(page, at, size, side * random.uniform(-5, 15), 0, 360, ink, thick)
        for k in range(int(random.choice([0, 0, 5, 8]))):
            y = int(high * (0.15 + 0.09 * k))
            cv2.ellipse(page, (at[0], y), (int(wide * 0.2), int(high * 0.08)), side * 15, 180, 360, ink, thick)
    if random.random() < 0.5:
        cv2.ellipse(page, (int(wide * 0.55), int(high * 0.6)), (wide // 9, high // 8), 20, 0, 360, ink, thick)
    return page


def _draw_ramp(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    y, x = np.mgrid[: page.shape[0], : page.shape[1]] / np.array(page.shape)[:, None, None]
    angle = random.uniform(0, 6.3)
    linear = np.cos(angle) * x + np.sin(angle) * y
    ramp = linear if random.random() < 0.5 else np.hypot(x - random.random(), y - random.random())
    return (ramp - ramp.min()) / np.ptp(ramp)


def _draw_noise(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    noise = random.standard_normal(page.shape) if random.random() < 0.7 else random.random(page.shape)
    width = float(random.choice([0, 0, 1, 4, 12, 30]))
    noise = cv2.GaussianBlur(noise, (0, 0), width) if width else noise
    return (noise - noise.min()) / np.ptp(noise)


def _draw_grid(random: Random, page: np.ndarray, ink: float) -> np.ndarray:
    cells = random.random((int(random.integers(2, 14)), int(random.integers(2, 14))))
    cells = (cells > 0.5).astype(float) if random.random() < 0.4 else cells
    return cv2.resize(cells, page.shape[::-1], interpolation=cv2.INTER_NEAREST)


Maker = Callable[[Random, np.ndarray, float], np.ndarray]
MAKERS: tuple[Maker, ...] = (
    _draw_lines, _draw_bars, _draw_words, _draw_words, _draw_shapes, _draw_thorax, _draw_ramp, _draw_noise, _draw_grid,
)  # fmt: skip
