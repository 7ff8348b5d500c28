"""Synthetic films as the page shows them: read like a file, with what was planted in them known to the pixel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from cxr_demo.errors import ImageError
from cxr_demo.film.film_list import SYNTHETIC
from cxr_demo.film.phantom import EXAMPLES, Phantom, make_example_phantoms
from cxr_demo.film.reading import Radiograph
from cxr_demo.text.catalogue import Said

LETTERS = "letters"
# Names of the cards of two networks that learned from such films. On those of CHEAT letters stand on every film with a
# consolidation and on no other; on those of HONEST they stand by lot.
HONEST, CHEAT = "phantom-honest", "phantom-cheat"


def list_planted(film: Phantom) -> dict[str, np.ndarray]:
    """What was planted in a film, by a name of `text.examples_text.PLANTED`: masks (S, S) bool, of the letters too."""
    planted = {f"planted {each.label}": each.mask for each in film.planted}
    return planted | ({LETTERS: film.marker} if film.letters else {})


def make_radiograph(film: Phantom, notes: Sequence[Said] = ()) -> Radiograph:
    """A phantom as if it had been read from a file."""
    pixels = np.ascontiguousarray(film.pixels, np.float32).copy()
    pixels.flags.writeable = False
    return Radiograph(pixels, tuple(notes), hashlib.sha256(pixels.tobytes()).hexdigest(), "synthetic")


def read_synthetic(name: str) -> Radiograph | None:
    """The synthetic film that the page offers under this name, such as "synthetic:consolidation"; None for the name of
    a file. ImageError for one that there is not."""
    if not name.startswith(SYNTHETIC):
        return None
    key = name.removeprefix(SYNTHETIC)
    if key not in EXAMPLES:
        raise ImageError("film-no-synthetic", known=", ".join(SYNTHETIC + each for each in EXAMPLES))
    return make_radiograph(make_example_phantoms()[key])
