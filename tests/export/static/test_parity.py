"""The bench of networks in Chromium lets nothing pass that is not Python's."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from cxr_demo.explain.engine import make_explainer
from tests.bench import static_parity
from tests.bench.static_parity import compare_case, list_misses, measure_logit_rounding, measure_spread
from tests.conftest import make_checkpoint, make_film

OWN = np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)
LOGITS = [0.5, -2.0]


def encode(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()


def list_misses_of(
    found: np.ndarray, logits: list, own: dict | None = None, cells: int = 0, own_logits: float = 0.0
) -> list[str]:
    square = np.zeros((4, 4), np.uint8)
    other = square.copy()
    other.flat[:cells] = 1
    case = {"bits": 8, "logits": LOGITS, "square": encode(square), "maps": {"a map": {"values": encode(OWN)}}}
    row = compare_case(case, {"logits": logits, "square": encode(other), "maps": [encode(found)]})
    if own_logits:
        row["own_logits"] = own_logits
    if own:
        row["maps"]["a map"]["own"] = own
    return list_misses({"network": "n", "weights": "w", "cases": [row]}, "w")


def test_what_is_python_s_own_misses_nothing():
    assert list_misses_of(OWN * np.float32(1 + 1e-6), LOGITS) == []


@pytest.mark.parametrize("found", [OWN * np.nan, OWN * 0, -OWN, OWN + 0.01, OWN[::-1].copy()])
@pytest.mark.parametrize("own", [None, {"off": 1e-4, "apart": 1e-4}])
def test_another_map_misses(found, own):
    assert len(list_misses_of(found.astype(np.float32), LOGITS, own)) == 1


@pytest.mark.parametrize("logits", [[0.5, None], [0.5, float("nan")], [0.6, -2.0]])
def test_other_logits_miss(logits):
    assert len(list_misses_of(OWN, logits)) == 1


def test_another_square_or_hash_misses():
    assert len(list_misses_of(OWN, LOGITS, cells=1)) == 1
    assert len(list_misses({"network": "n", "weights": "w", "cases": []}, "other")) == 1


def test_a_map_may_be_twice_as_far_as_python_is_from_itself():
    found = OWN + np.random.default_rng(1).normal(0, 0.01, OWN.shape).astype(np.float32)
    assert list_misses_of(found, LOGITS, {"off": 1e-4, "apart": 0.01}) == []
    assert len(list_misses_of(found, LOGITS, {"off": 1e-6, "apart": 0.01})) == 1


def test_logits_may_be_as_far_as_python_in_float32_is_from_python_in_float64():
    assert list_misses_of(OWN, [0.5, -2.00003], own_logits=1.6e-5) == []
    assert len(list_misses_of(OWN, [0.5, -2.00003])) == 1
    assert len(list_misses_of(OWN, [0.5, -2.00003], own_logits=1.4e-5)) == 1
    assert len(list_misses_of(OWN, [0.5, None], own_logits=1e-4)) == 1


@pytest.mark.parametrize("key", ["grad-cam", "lrp-epsilon", "lrp-gamma-box"])
def test_python_in_float64_is_near_itself_and_not_the_same(tiny_backbones, monkeypatch, key):
    made = make_checkpoint("tiny")
    explainer, x = make_explainer(made), made.card.preprocess.apply(make_film(3))
    levels = np.rint(255 * (x * made.card.preprocess.std[0] + made.card.preprocess.mean[0])).astype(np.uint8)
    case = {
        "square": encode(levels),
        "label": made.card.labels[1],
        "logits": made.model(torch.from_numpy(x))[0].numpy(),
    }
    case["maps"] = {key: {"values": encode(explainer.maps(x, [1], [key])[key, 1])}}
    monkeypatch.setattr(static_parity, "DRAWS", 3)
    told = measure_spread(made, explainer, case, key, {"off": 1.0, "apart": 1.0})
    assert 0 < told["exact"]["apart"] <= told["apart"] < 1e-4 and told["exact"]["off"] <= told["off"] < 1e-6
    assert told["draws"] == 3  # none was far enough
    near = measure_spread(made, explainer, case, key, {"off": 0.0, "apart": told["exact"]["apart"]})
    assert near["draws"] == 0 and near["apart"] == told["exact"]["apart"]

    # The farthest counts, of each figure by itself, and no draw is made after it.
    known = iter([{"off": 1e-9, "apart": 3e-5}, {"off": 5e-7, "apart": 1e-5}, {"off": 2e-7, "apart": 2e-5}])
    monkeypatch.setattr(static_parity, "compare_maps", lambda found, own: next(known))
    told = measure_spread(made, explainer, case, key, {"off": 1e-6, "apart": 6e-5})
    assert (told["off"], told["apart"], told["draws"]) == (5e-7, 3e-5, 1)
    monkeypatch.undo()
    assert 0 < measure_logit_rounding(made, case) < 1e-5
    assert torch.get_default_dtype() == torch.float32
