"""Images too large to keep are read at half size. What is decoded whole before may be four times as large."""

from __future__ import annotations

import numpy as np

from cxr_demo.limits import MAX_PIXELS
from cxr_demo.text.catalogue import Words, say

BAND_ROWS = 512  # even; a band at a time, since sums need more room than the pixels


def is_too_large(width: int, height: int) -> bool:
    return width * height > MAX_PIXELS


def describe_halving(width: int, height: int) -> Words:
    return say("note-halved", width=width, height=height)


def halve(values: np.ndarray) -> np.ndarray:
    """(H, W, ...) -> (ceil(H / 2), ceil(W / 2), ...), the means of 2 x 2 values in their own type; bool becomes 0..255.

    At an odd edge the last row or column counts twice. A mean with a NaN is NaN.
    """
    if values.dtype == bool:
        values = np.where(values, np.uint8(255), np.uint8(0))
    height, width, *rest = values.shape
    halved = np.empty(((height + 1) // 2, (width + 1) // 2, *rest), values.dtype)
    for top in range(0, height, BAND_ROWS):
        means = _average(values[top : top + BAND_ROWS])
        halved[top // 2 : (top + BAND_ROWS) // 2] = means if values.dtype.kind == "f" else np.rint(means, out=means)
    return halved


def _average(values: np.ndarray) -> np.ndarray:
    is_exact_in_float32 = values.dtype.itemsize <= 2 or values.dtype == np.float32
    for axis in (0, 1):
        first, second = (values[start::2] if axis == 0 else values[:, start::2] for start in (0, 1))
        if first.shape != second.shape:
            second = np.concatenate([second, first[-1:] if axis == 0 else first[:, -1:]], axis)
        values = np.add(first, second, dtype=np.float32 if is_exact_in_float32 else np.float64)
    values *= 0.25
    return values
