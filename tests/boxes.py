"""Boxes around what was planted in a synthetic film, and where nothing was, for a test and for a benchmark."""

from __future__ import annotations

import numpy as np

from cxr_demo.evaluation.regions import Box

MARGIN = 0.02  # of a side, around what was planted


def find_box(mask: np.ndarray) -> Box:
    """Around a mask (H, W), with a margin."""
    spans = []
    for axis in (0, 1):
        at = np.flatnonzero(mask.any(axis=axis)) / mask.shape[1 - axis]
        low = max(0.0, float(at[0]) - MARGIN)
        spans.append((low, min(1.0, float(at[-1]) + 1 / mask.shape[1 - axis] + MARGIN) - low))
    (x, width), (y, height) = spans
    return x, y, width, height


def mirror_box(box: Box) -> Box:
    """On the other side of the film."""
    x, y, width, height = box
    return max(0.0, 1 - x - width), y, width, height
