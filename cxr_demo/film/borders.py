"""Where a picture ends and its plain border begins: black bars of a letterbox, a white page round a film."""

from __future__ import annotations

import cv2
import numpy as np

FLAT = 0.03  # of the range from black to white: a row or column that varies less is no part of the picture
LEAST = 0.25  # of a side: if less varies, nothing is cut off
LOOKED_AT = 512, 96  # lines, and pixels along each, of a large picture


def trim_borders(pixels: np.ndarray) -> np.ndarray:
    """The part (h, w) of pixels (H, W) inside plain borders; a view."""
    low, high, _, _ = cv2.minMaxLoc(pixels)
    flat = FLAT * max(high - low, 1e-6)
    for _ in range(2):  # bars at the sides may hide those above and below
        shape = pixels.shape
        top, bottom = _find_content(pixels, 1, flat)
        pixels = pixels[top:bottom]
        left, right = _find_content(pixels, 0, flat)
        pixels = pixels[:, left:right]
        if pixels.shape == shape:  # a second look would find the same
            break
    return pixels


def _find_content(pixels: np.ndarray, axis: int, flat: float) -> tuple[int, int]:
    """From the first line that varies to behind the last one; `axis` is the one along a line. A few odd pixels,
    such as a letter on a border or the noise of JPEG, do not count."""
    most = LOOKED_AT if axis == 1 else LOOKED_AT[::-1]
    steps = [max(1, length // many) for length, many in zip(pixels.shape, most, strict=True)]
    low, high = _find_ends(pixels[:: steps[0], :: steps[1]], axis)
    varies = np.flatnonzero(high - low > flat)
    length, lines = pixels.shape[1 - axis], len(low)
    if not len(varies) or varies[-1] + 1 - varies[0] < LEAST * lines:
        return 0, length
    return round(varies[0] * length / lines), round((varies[-1] + 1) * length / lines)


def _find_ends(pixels: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The second and the 98th percentile along `axis`, as np.percentile has them, of which it takes ten times as
    long."""
    ordered = np.sort(np.ascontiguousarray(pixels if axis == 1 else pixels.T), axis=1)
    ends = []
    for share in (0.02, 0.98):
        at = share * (ordered.shape[1] - 1)
        below, above = ordered[:, int(at)], ordered[:, min(int(at) + 1, ordered.shape[1] - 1)]
        ends.append(below + np.float32(at % 1) * (above - below))
    return ends[0], ends[1]
