"""What each bundled checkpoint says of ten films that code makes: kept in `outputs.npz`, so that a new version of a
dependency that changes an answer or a map is seen.

    python -m tests.golden.outputs

makes the file anew; do that only where a change is meant, and say in the commit which one.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from cxr_demo.analysis import Analyser
from cxr_demo.explain.engine import _maps
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.relevance import RelevanceMaps
from cxr_demo.film.phantom import PLANTS, make_phantom
from cxr_demo.grids import EVEN
from cxr_demo.networks import checkpoint
from cxr_demo.progress import ignore_progress

ROOT = Path(__file__).parents[2] / "weights"
PLACE = Path(__file__).parent / "outputs.npz"
FILMS, FILM_PX = 10, 160
GRID = 16  # cells a side of a map of pixels, as it is kept


def make_films() -> list[np.ndarray]:
    """(H, W) float32 0..1, with one finding each in turn, and of several shapes."""
    plants = list(PLANTS)
    films = [make_phantom(seed, FILM_PX, [plants[seed % len(plants)]]).pixels for seed in range(FILMS)]
    return [film[: FILM_PX - 4 * at, 2 * at :] for at, film in enumerate(films)]


def compute_outputs(folder: Path) -> dict[str, np.ndarray]:
    """Of one checkpoint: "probabilities" (films, labels) float32; of a label each in turn, float16 and 1 at the most,
    "MEMBER/grad-cam" (films, h, w) and "MEMBER/lrp-epsilon" (films, GRID, GRID)."""
    loaded = checkpoint.load(folder)
    of = loaded.card.preprocess
    squares = [of.apply(film) for film in make_films()]
    analyser = Analyser(loaded)
    found = {"probabilities": analyser.score_squares(np.stack([of.square(film) for film in make_films()]))}
    methods = ("grad-cam", "lrp-epsilon")
    for member in loaded.members or (loaded,):
        program = RelevanceMaps(lower_network(member.model), of)
        cams, rules = [], []
        for at, square in enumerate(squares):
            label = at % len(loaded.card.labels)
            maps = _maps(member.model, program, lambda _: EVEN, square, [label], methods, ignore_progress)
            cams.append(maps["grad-cam", label])
            rules.append(cv2.resize(maps["lrp-epsilon", label], (GRID, GRID), interpolation=cv2.INTER_AREA))
        found[f"{member.card.name}/grad-cam"] = shorten(cams)
        found[f"{member.card.name}/lrp-epsilon"] = shorten(rules)
    return found


def shorten(maps: list[np.ndarray]) -> np.ndarray:
    """(films, h, w): each over its own largest value, which a correlation does not see."""
    return np.stack([map_ / max(float(np.abs(map_).max()), 1e-12) for map_ in maps]).astype(np.float16)


def main() -> None:
    outputs = {
        f"{folder.name}/{name}": values
        for folder in checkpoint.find_checkpoints(ROOT)
        for name, values in compute_outputs(folder).items()
    }
    np.savez_compressed(PLACE, allow_pickle=False, **outputs)
    print(f"{PLACE.name}: {len(outputs)} arrays, {PLACE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
