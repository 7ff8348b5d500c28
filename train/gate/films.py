"""Pictures made from films: what the gate shall let pass whatever became of it on its way, and what it shall question.
All of it is our own choice.

Pixels are (H, W) float32 0..1 throughout.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

Random = np.random.Generator
WORK_PX = 320  # the long side that pictures are made at
WORDS = (
    "R",
    "L",
    "AP",
    "PA",
    "PORTABLE",
    "SUPINE",
    "ERECT",
    "SITZEND",
    "10:42",
    "kV 85",
    "AP SUPINE",
    "120%",
    "W 2048",
)
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN)


def shrink(pixels: np.ndarray, side: int = WORK_PX) -> np.ndarray:
    scale = side / max(pixels.shape)
    size = max(8, round(pixels.shape[1] * scale)), max(8, round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


# ---- what happens to every picture


def vary_film(random: Random, pixels: np.ndarray, mirrored: float = 0.15) -> np.ndarray:
    """A frontal film as others would have taken, cropped, exposed and exported it; still a frontal film. `mirrored`:
    how often left and right are exchanged."""
    film = expose(random, place(random, shrink(pixels)))
    if random.random() < mirrored:
        film = film[:, ::-1]
    if random.random() < 0.35:
        film = write_words(random, film, int(random.integers(1, 4)))
    if random.random() < 0.15:
        film = collimate(random, film)
    if random.random() < 0.3:
        film = frame(random, film)
    return degrade(random, film)


def place(random: Random, pixels: np.ndarray, most: float = 0.12) -> np.ndarray:
    """Turned by some degrees, cropped by up to `most` at each side or moved apart from it, its shape changed."""
    high, wide = pixels.shape
    corners = random.uniform(-0.03, most, 4) * (random.random(4) < 0.6)
    left, right, top, bottom = corners * (wide, wide, high, high)
    ratio = np.exp(random.normal(0, 0.12)) if random.random() < 0.6 else 1.0
    target = round((wide - left - right) * ratio), round(high - top - bottom)
    angle = random.normal(0, 4) if random.random() < 0.6 else 0.0
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), angle, 1)
    move = np.array([[ratio, 0, -left * ratio], [0, 1, -top], [0, 0, 1]]) @ np.vstack([turn, [0, 0, 1]])
    beyond = cv2.BORDER_CONSTANT if random.random() < 0.6 else cv2.BORDER_REPLICATE
    return cv2.warpAffine(pixels, move[:2], target, flags=cv2.INTER_LINEAR, borderMode=beyond)


def expose(random: Random, pixels: np.ndarray) -> np.ndarray:
    low, high = np.percentile(pixels, (0.5, 99.5))
    pixels = np.clip((pixels - low) / max(high - low, 1e-3), 0, 1)
    pixels = pixels ** np.exp(random.normal(0, 0.3))
    if random.random() < 0.3:
        steep = random.uniform(3, 9)
        pixels = 1 / (1 + np.exp(-steep * (pixels - random.uniform(0.35, 0.65))))
    if random.random() < 0.25:
        clahe = cv2.createCLAHE(random.uniform(1, 4), (8, 8))
        pixels = clahe.apply(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)).astype(np.float32) / 255
    black, white = random.uniform(-0.05, 0.1), random.uniform(0.85, 1.1)
    return np.clip(black + (white - black) * pixels, 0, 1).astype(np.float32)


def degrade(random: Random, pixels: np.ndarray) -> np.ndarray:
    pixels = np.ascontiguousarray(pixels, np.float32)
    if random.random() < 0.4:
        pixels = shrink(pixels, int(random.integers(56, 224)))
    if random.random() < 0.2:
        pixels = cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.4, 1.5))
    if random.random() < 0.25:
        pixels = pixels + random.normal(0, random.uniform(0.005, 0.04), pixels.shape)
    eight = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    if random.random() < 0.4:
        coded = cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 95))])[1]
        eight = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))
    return eight.astype(np.float32) / 255


def write_words(random: Random, pixels: np.ndarray, count: int) -> np.ndarray:
    pixels, (high, wide) = np.ascontiguousarray(pixels), pixels.shape
    for _ in range(count):
        at_side = random.random() < 0.8
        x = wide * (
            random.choice([random.uniform(0.01, 0.15), random.uniform(0.75, 0.95)]) if at_side else random.random()
        )
        y = high * (
            random.choice([random.uniform(0.04, 0.2), random.uniform(0.85, 0.98)]) if at_side else random.random()
        )
        size, grey = random.uniform(0.3, 1.1) * wide / WORK_PX, float(random.choice([1.0, 0.9, 0.0], p=[0.6, 0.3, 0.1]))
        font, thick = int(random.choice(FONTS)), int(random.integers(1, 3))
        put_text(pixels, str(random.choice(WORDS)), (int(x), int(y)), font, size, grey, thick)
    return pixels


def put_text(
    pixels: np.ndarray, words: str, at: tuple[int, int], font: int, size: float, grey: float, thick: int = 1
) -> None:
    """In place; OpenCV writes on 8 bits only."""
    ink = np.zeros(pixels.shape, np.uint8)
    cv2.putText(ink, words, at, font, size, 255, thick, cv2.LINE_AA)
    share = ink.astype(np.float32) / 255
    pixels += share * (grey - pixels)


def collimate(random: Random, pixels: np.ndarray) -> np.ndarray:
    """Black, or nearly, outside a box that is a little askew."""
    high, wide = pixels.shape
    edges = random.uniform(-0.05, 0.1, 8) * np.tile((wide, high), 4)
    corners = np.array([0, 0, wide, 0, wide, high, 0, high]) + edges * np.array([1, 1, -1, 1, -1, -1, 1, -1])
    mask = np.zeros(pixels.shape, np.float32)
    cv2.fillPoly(mask, [corners.reshape(4, 2).astype(np.int32)], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), random.uniform(0.3, 2))
    return pixels * mask + random.uniform(0, 0.08) * (1 - mask)


def frame(random: Random, pixels: np.ndarray) -> np.ndarray:
    """On a larger plain ground: letterbox, pillarbox or a margin all round."""
    high, wide = pixels.shape
    if random.random() < 0.5:
        side, axis = max(high, wide) * random.uniform(1, 1.5), int(random.integers(2))
        pads = [0, 0]
        pads[axis] = max(0, round((side - (high, wide)[axis]) / 2))
        top, left = pads
        bottom, right = pads
    else:
        top, bottom, left, right = (random.uniform(0, 0.15, 4) * (high, high, wide, wide)).astype(int)
    grey = float(random.choice([0.0, 1.0, random.random()], p=[0.7, 0.2, 0.1]))
    return cv2.copyMakeBorder(np.ascontiguousarray(pixels), top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey)


# ---- made from films


def turn_film(random: Random, pixels: np.ndarray, quarters: int) -> np.ndarray:
    """`quarters` of a turn anti-clockwise: as many clockwise put it right."""
    return degrade(random, np.rot90(vary_film(random, pixels), quarters))


def invert_film(random: Random, pixels: np.ndarray) -> np.ndarray:
    """Bone dark, as some viewers show it; what was framed before is white round it, what was framed later is not."""
    film = 1 - vary_film(random, pixels)
    return frame(random, film) if random.random() < 0.2 else film


def make_lateral(random: Random, pixels: np.ndarray) -> np.ndarray:
    """Nearly as X-rays do it from the side: both halves of the chest on top of each other, the spine behind them, air
    before and behind the patient."""
    film = shrink(pixels)
    high, wide = film.shape
    middle = wide / 2 + wide * random.normal(0, 0.03)
    half = int(min(middle, wide - middle) * random.uniform(0.95, 1))
    middle = int(middle)
    one, other = film[:, middle - half : middle], film[:, middle : middle + half][:, ::-1]
    shift = int(random.normal(0, 0.04) * half)
    share = random.uniform(0.3, 0.7)
    chest = share * one + (1 - share) * np.roll(other, shift, axis=0)
    spine = np.linspace(0, 1, half, dtype=np.float32)[None]
    place_of_spine = random.uniform(0.72, 0.9) + 0.06 * np.sin(np.linspace(0, 3, high))[:, None]
    column = np.exp(-(((spine - place_of_spine) / random.uniform(0.06, 0.12)) ** 2))
    discs = 1 + 0.25 * np.sin(np.linspace(0, random.uniform(60, 110), high))[:, None]
    chest = chest * random.uniform(0.75, 1) + random.uniform(0.05, 0.3) * column * discs
    back = 1 / (1 + np.exp((spine - random.uniform(0.93, 1.02) - 0.05 * np.sin(np.linspace(0, 3, high))[:, None]) * 60))
    chest = np.clip(chest * back, 0, 1).astype(np.float32)
    chest = cv2.resize(chest, (int(half * random.uniform(1.2, 2.1)), high))
    air = int(chest.shape[1] * random.uniform(0, 0.15))
    chest = cv2.copyMakeBorder(chest, 0, 0, int(air * random.random()), air, cv2.BORDER_CONSTANT, value=0.0)
    chest = chest[:, ::-1] if random.random() < 0.5 else chest
    return finish(random, place(random, chest))


def crop_part(random: Random, pixels: np.ndarray) -> np.ndarray:
    """A shoulder, one lung, the belly, the neck: a piece of a film that does not hold both lungs, perhaps askew."""
    film = shrink(pixels, 420)
    high, wide = film.shape
    size = np.array([random.uniform(0.25, 0.55) * high, random.uniform(0.22, 0.5) * wide]).astype(int)
    top, left = (int(random.integers(0, full - part + 1)) for full, part in zip(film.shape, size, strict=True))
    part = film[top : top + size[0], left : left + size[1]]
    part = part[:, ::-1] if random.random() < 0.3 else part
    if random.random() < 0.35:
        part = rotate_on_black(random, part)
    return finish(random, part)


def rotate_on_black(random: Random, pixels: np.ndarray) -> np.ndarray:
    high, wide = pixels.shape
    side = int(np.hypot(high, wide))
    canvas = np.zeros((side, side), np.float32)
    top, left = (side - high) // 2, (side - wide) // 2
    canvas[top : top + high, left : left + wide] = pixels
    return cv2.warpAffine(
        canvas, cv2.getRotationMatrix2D((side / 2, side / 2), random.uniform(-60, 60), 1), (side, side)
    )


def make_collage(random: Random, films: Sequence[np.ndarray]) -> np.ndarray:
    """Two to six films on one page, beside and below each other, perhaps with letters and a legend."""
    count = int(random.choice([2, 2, 2, 3, 4, 6]))
    columns = {2: int(random.choice([2, 2, 2, 1])), 3: 3, 4: 2, 6: 3}[count]
    ground, gap = float(random.choice([0.0, 1.0, 0.5], p=[0.45, 0.45, 0.1])), int(random.integers(0, 16))
    cell = int(random.integers(110, 200))
    wide = round(cell * random.uniform(0.8, 1.25))
    chosen = [films[int(k)] for k in random.integers(0, len(films), count)]
    tiles = [expose(random, cv2.resize(place(random, shrink(film)), (wide, cell))) for film in chosen]
    tiles = [write_words(random, tile, 1) if random.random() < 0.4 else tile for tile in tiles]
    tiles = [cv2.copyMakeBorder(tile, gap, gap, gap, gap, cv2.BORDER_CONSTANT, value=ground) for tile in tiles]
    page = np.vstack([np.hstack(tiles[k : k + columns]) for k in range(0, count, columns)])
    if random.random() < 0.3:
        page = cv2.copyMakeBorder(page, 0, int(random.integers(20, 60)), 0, 0, cv2.BORDER_CONSTANT, value=ground)
        put_text(page, "Figure 2. Chest radiographs", (8, page.shape[0] - 12), FONTS[0], 0.5, 1 - round(ground))
    return degrade(random, page)


def make_screenshot(random: Random, pixels: np.ndarray, black: float = 0.35) -> np.ndarray:
    """A viewer with a film in it: bars, buttons, lists, small pictures and words around it. `black`: how often all
    grounds are black."""
    wide, high = int(random.integers(360, 560)), int(random.integers(260, 380))
    is_dark = random.random() < 0.6
    ground, ink = (random.uniform(0.08, 0.35), 0.9) if is_dark else (random.uniform(0.75, 1), 0.1)
    if random.random() < black:
        ground, ink = random.uniform(0, 0.06), 0.9
    page = np.full((high, wide), ground, np.float32)
    left, right = (int(wide * random.uniform(0.06, 0.3)) if random.random() < 0.7 else 0 for _ in range(2))
    top, bottom = int(high * random.uniform(0.06, 0.2)), int(high * random.uniform(0, 0.12))
    if left + right == 0:
        left = int(wide * random.uniform(0.1, 0.3))
    room = high - top - bottom, wide - left - right
    page[top : top + room[0], left : left + room[1]] = 0 if random.random() < 0.8 else ground
    film = expose(random, shrink(pixels, 300))
    scale = min(room[0] / film.shape[0], room[1] / film.shape[1])
    film = cv2.resize(film, (max(8, int(film.shape[1] * scale)), max(8, int(film.shape[0] * scale))))
    y, x = top + (room[0] - film.shape[0]) // 2, left + (room[1] - film.shape[1]) // 2
    page[y : y + film.shape[0], x : x + film.shape[1]] = film
    for x in range(6, wide - 12, int(random.integers(14, 34))):  # buttons
        if random.random() < 0.75:
            cv2.rectangle(
                page, (x, 5), (x + 9, max(10, top - 6)), float(random.uniform(0.2, 0.9)), int(random.choice([-1, 1]))
            )
    for edge, start in ((left, 0), (right, wide - right)):
        for y in range(top + 12, high - 12, int(random.integers(12, 40))):
            if edge > 30 and random.random() < 0.8:
                if random.random() < 0.3 and edge > 40 and y + edge < high:
                    page[y : y + edge - 12, start + 6 : start + edge - 6] = cv2.resize(film, (edge - 12, edge - 12))
                else:
                    words = "".join(
                        random.choice(list("abcdefghij klmnop"), int(random.integers(3, max(4, edge // 7))))
                    )
                    put_text(page, words, (start + 5, y), FONTS[0], 0.32, ink)
    return degrade(random, write_words(random, page, int(random.integers(0, 5))))


def finish(random: Random, pixels: np.ndarray) -> np.ndarray:
    """As a film is exposed, marked and exported, whatever it shows."""
    pixels = expose(random, pixels)
    if random.random() < 0.4:
        pixels = write_words(random, pixels, int(random.integers(1, 3)))
    if random.random() < 0.2:
        pixels = frame(random, pixels)
    return degrade(random, pixels)
