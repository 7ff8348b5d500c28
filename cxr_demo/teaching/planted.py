"""Synthetic films as the page shows them: read like a file, with what was planted in them known to the pixel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from cxr_demo.film.phantom import Phantom
from cxr_demo.film.reading import Radiograph
from cxr_demo.text.catalogue import Said

LETTERS = "letters"


def list_planted(film: Phantom) -> dict[str, np.ndarray]:
    """What was planted in a film, by a name of `text.examples_text.PLANTED`: masks (S, S) bool, of the letters too."""
    planted = {f"planted {each.label}": each.mask for each in film.planted}
    return planted | ({LETTERS: film.marker} if film.letters else {})


def make_radiograph(film: Phantom, notes: Sequence[Said] = ()) -> Radiograph:
    """A phantom as if it had been read from a file."""
    pixels = np.ascontiguousarray(film.pixels, np.float32).copy()
    pixels.flags.writeable = False
    return Radiograph(pixels, tuple(notes), hashlib.sha256(pixels.tobytes()).hexdigest(), "synthetic")
