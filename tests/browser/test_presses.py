"""Quick presses end where slow ones do: after any presses with any pauses every part of the page names one film, one
checkpoint and one finding, and shows what the same presses give when each is waited for."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from tests.browser.conftest import LABELS, synthetic_film
from tests.browser.presses import do, find, plan_series, read_page, wait_for_rest
from tests.browser.test_page import enter

SERIES = int(os.environ.get("CXR_SERIES", "20"))  # `make fire-page` asks for 300
FIRST_SEED = int(os.environ.get("CXR_SEED", "1"))
CHECKPOINTS = ["e-quick", "f-second", "phantom-honest", "phantom-cheat", "b-uncalibrated"]
METHODS = ["grad-cam", "lrp-epsilon-plus-flat", "hires-cam", "gradient"]


@pytest.fixture(scope="session")
def many_films(tmp_path_factory):
    """Three films of different shapes and greys, one that cannot be read."""
    folder = tmp_path_factory.mktemp("many")
    paths = {}
    for place, shape in enumerate(((120, 100), (90, 130), (140, 140))):
        film = np.clip(synthetic_film(shape) * (0.7 + 0.15 * place), 0, 1)
        paths[f"film{place}"] = folder / f"film{place}.png"
        cv2.imwrite(str(paths[f"film{place}"]), np.rint(film * 255).astype(np.uint8))
    paths["broken"] = folder / "broken.png"
    paths["broken"].write_bytes(b"no picture at all")
    return paths


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SERIES))
def test_quick_presses_end_where_slow_ones_do(open_page, many_films, seed):
    labels = [*LABELS, "effusion", "mass", "consolidation"]
    presses = plan_series(seed, list(many_films), CHECKPOINTS, labels, METHODS)
    quick, _ = open_page()
    enter(quick)
    wait_for_rest(quick)
    done = []
    for planned in presses:
        press = find(quick, planned)
        if do(quick, press, many_films):
            done.append(press)
            quick.wait_for_timeout(press.pause_ms)
    wait_for_rest(quick)
    found = read_page(quick)
    assert len(found["identities"]) == 1, (presses, found["identities"])
    assert found["chosen"] == found["checkpoint"] and found["strip"] == found["film"]
    assert found["pressed"] == found["label"]
    slow, _ = open_page()
    enter(slow)
    wait_for_rest(slow)
    for press in done:
        do(slow, press, many_films)
        wait_for_rest(slow)
    expected = read_page(slow)
    for name in ("film", "checkpoint", "label", "texts"):
        assert found[name] == expected[name], (done, name, found[name], expected[name], found["texts"]["findings"])
    assert found["canvases"] == expected["canvases"], done
