"""What the bundled checkpoints say of ten films is what they said when `tests/golden/outputs.npz` was made: against
changes of dependencies."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_demo.networks import checkpoint
from tests.golden.outputs import FILMS, PLACE, ROOT, compute_outputs

FOLDERS = checkpoint.find_checkpoints(ROOT)
LEAST_R = 0.999


def test_the_file_is_of_the_checkpoints_that_are_bundled_and_small():
    with np.load(PLACE) as kept:
        assert {name.partition("/")[0] for name in kept} == {folder.name for folder in FOLDERS}
        assert all(len(kept[name]) == FILMS for name in kept)
    assert PLACE.stat().st_size < 1e6


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_answers_and_maps_are_as_they_were(folder):
    made = compute_outputs(folder)
    with np.load(PLACE) as file:
        kept = {name.partition("/")[2]: file[name] for name in file if name.startswith(f"{folder.name}/")}
    assert made.keys() == kept.keys()
    assert np.abs(made.pop("probabilities") - kept.pop("probabilities")).max() < 1e-3
    for name, maps in made.items():
        for at, (now, then) in enumerate(zip(maps, kept[name], strict=True)):
            assert now.shape == then.shape and np.abs(then).max() > 0, f"{name}, film {at}"
            r = np.corrcoef(now.ravel().astype(np.float64), then.ravel().astype(np.float64))[0, 1]
            assert r > LEAST_R, f"{name}, film {at}: r {r:.5f}"
