"""How alike one method's maps of different labels are: as agreement says, and which labels share one map."""

import numpy as np
import pytest

from cxr_demo.evaluation.agreement import correlate_ranks, measure_agreements
from cxr_demo.evaluation.label_likeness import find_most_alike, find_shared_maps, measure_label_likeness
from cxr_demo.text.label_text import describe_most_alike, describe_shared_maps

NAMES = ("Normal", "Mass", "Effusion", "Nodule")


def make_maps() -> list[np.ndarray]:
    """A map, the same turned to its negative and weaker, another, and one that is the same everywhere."""
    random = np.random.default_rng(0)
    one, other = random.normal(size=(2, 32, 32)).astype(np.float32)
    return [one, -0.1 * one, other, np.zeros((32, 32), np.float32)]


@pytest.mark.parametrize("side", [None, 40])
def test_likeness_is_that_of_agreement(side):
    maps, seen = make_maps(), None
    if side:  # a film in the middle of its square
        seen = np.zeros((64, 64), bool)
        seen[:, 12 : 12 + side] = True
    found = measure_label_likeness(maps, seen)
    pairs = measure_agreements({str(place): map_ for place, map_ in enumerate(maps)}, seen)
    for (a, b), agreement in pairs.items():
        assert found[int(a), int(b)] == pytest.approx(agreement.rank, abs=1e-9, nan_ok=True)
    np.testing.assert_array_equal(found, found.T)
    assert np.isnan(found[3]).all() and found[0, 0] == 1 and found[0, 1] == pytest.approx(-1)


def test_the_fields_are_those_of_the_film():
    fields = np.random.default_rng(1).normal(size=(2, 16, 16))
    found = measure_label_likeness([np.kron(map_, np.ones((4, 4))) for map_ in fields])
    assert found[0, 1] == pytest.approx(correlate_ranks(fields[0], fields[1]))


def test_labels_that_share_one_map_are_named_and_a_map_that_is_empty_shares_with_none():
    likeness = measure_label_likeness(make_maps())
    assert find_shared_maps(likeness) == [(0, 1)]
    assert describe_shared_maps("LRP", NAMES, likeness) == [
        "LRP: the maps of Normal and Mass are opposite: what speaks for the one speaks against the other."
    ]
    assert find_most_alike(likeness, 0) == 1 and find_most_alike(likeness, 3) is None
    assert describe_most_alike(NAMES, likeness, 0) == (
        "The map of Normal comes nearest to the opposite of that of Mass (agreement −1.00)."
    )
    assert describe_most_alike(NAMES, likeness, 3) == ""


def test_a_chain_of_likeness_is_not_one_map():
    chain = np.array([[1, 0.96, 0.90], [0.96, 1, 0.96], [0.90, 0.96, 1]])
    assert find_shared_maps(chain) == [(0, 1)]
    assert find_shared_maps(np.full((3, 3), 0.96)) == [(0, 1, 2)] and find_shared_maps(np.eye(3)) == []
    told = describe_shared_maps("LRP", NAMES[:3], np.full((3, 3), 0.96))
    assert told == ["LRP: all 3 findings share one map. What it shows speaks of none of them alone."]
    turned = np.array([[1, -0.96, 0.96], [-0.96, 1, -0.96], [0.96, -0.96, 1]])
    (sentence,) = describe_shared_maps("LRP", NAMES[:3], turned)
    assert "all 3 findings share one map, for some with “for” and “against” exchanged." in sentence
    assert describe_shared_maps("LRP", NAMES[:3], np.eye(3)) == ["LRP: no two findings share a map."]
