"""A film with a part of it covered, or with that part alone: what does the network say then?

A network that answers otherwise once a shadow is covered has used it; a map only raises the suspicion. Zeiler & Fergus
2014, Visualizing and Understanding Convolutional Networks, section 4.2, cover with grey. No network was trained on
covered films, and whatever covers may look like a finding itself, so there are several ways. Measured by
`python -m tests.bench.covering` on rendered films whose findings are known: the mirrored other side takes the finding
away without putting another in its place; grey on a dark lung looks like an opacity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from cxr_demo.evaluation.regions import Region, mask_region
from cxr_demo.explain.perturbation import BLUR_SIGMA
from cxr_demo.film.reading import Radiograph

MIRROR, BLUR, GREY, KEEP = "mirror", "blur", "grey", "keep"
COVERS = (MIRROR, BLUR, GREY, KEEP)
COARSE_PX = 128  # longest side while blurring: what is finer than a cell of it does not survive the blur


def cover_image(image: Radiograph, regions: Sequence[Region], how: str) -> Radiograph:
    """`regions`: one or more, all covered at once. `how`: "mirror" puts there what lies on the other side of the film's
    middle, "blur" leaves no detail, "grey" is the film's mean, and "keep" blurs everything else. A hash of its own.
    Raises ExplanationError for a region that does not lie on the film, ValueError for another `how`."""
    pixels = image.pixels
    inside = np.logical_or.reduce([mask_region(region, (pixels.shape[0], pixels.shape[1])) for region in regions])
    if how == MIRROR:
        covered = np.where(inside, pixels[:, ::-1], pixels)
    elif how == BLUR:
        covered = np.where(inside, _blur(pixels), pixels)
    elif how == GREY:
        covered = np.where(inside, pixels.mean(), pixels)
    elif how == KEEP:
        covered = np.where(inside, pixels, _blur(pixels))
    else:
        raise ValueError(f"{how!r} is none of {COVERS}")
    covered = np.ascontiguousarray(covered, np.float32)
    covered.setflags(write=False)
    sha256 = hashlib.sha256(f"{image.sha256} {how} {tuple(regions)}".encode()).hexdigest()
    return replace(image, pixels=covered, sha256=sha256, made_of_sha256=image.file_sha256, windows=None)


def _blur(pixels: np.ndarray) -> np.ndarray:
    """(H, W) -> the same by a Gaussian of BLUR_SIGMA of the longest side, made small first, as its kernel is wide."""
    height, width = pixels.shape
    shrink = min(1.0, COARSE_PX / max(height, width))
    small = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    coarse = cv2.GaussianBlur(
        cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), (0, 0), BLUR_SIGMA * max(height, width) * shrink
    )
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
