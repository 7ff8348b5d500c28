"""Cells lie where the network looks: a blob that is moved over noise, and the change of the features that it makes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cxr_demo.errors import ExplanationError
from cxr_demo.explain import placement
from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.placement import locate_cells
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import EVEN, Placement, resample_map
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import FeatureFusion
from tests.conftest import make_checkpoint, make_model

# name -> pixels a side, offset of the cells by paper and pencil (None: branches with unlike middles meet there)
FAMILIES = {
    "tiny-resnet": (224, -15.5 / 32),
    "resnet10t": (224, None),
    "tiny-resnext": (224, -15.5 / 32),
    "regnetx_002": (224, -15.5 / 32),
    "tiny-efficientnet": (224, -15.5 / 32),
    "tf_mobilenetv3_small_minimal_100": (224, 15.5 / 32),
    "tiny-mobilenetv2": (224, -15.5 / 32),
    "shufflenet_v2_x1_0": (224, -15.5 / 32),
    "densenet_tiny": (96, -1.5 / 8),
    "tiny-vgg": (224, 0.0),
    "squeezenet1_0": (128, 1.5 / 16),
    "convnext_atto": (128, 0.0),
    "convnextv2_atto": (128, None),  # cannot be lowered, so it is measured
}
SIGMA_PX = 6
SEEDS = 4
PARTS = 3
NEAR = 2.5  # cells


def make_network(name: str, size_px: int, seed: int) -> Classifier:
    """With random weights of which no kernel has a side of its own, so that what is measured is where the strides and
    paddings put it; and with gates that stand still, as they look at the whole image at once."""
    torch.manual_seed(seed)
    model = Classifier(name, 2, 1)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            weight = layer.weight.data
            layer.weight.data = (weight + weight.flip(2) + weight.flip(3) + weight.flip(2, 3)) / 2
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
            nn.init.ones_(layer.weight)  # some start at 0, and a branch that is 0 looks nowhere
        if isinstance(gate := getattr(layer, "conv_expand", None), nn.Conv2d):
            nn.init.zeros_(gate.weight)
    with torch.no_grad():
        model.train()(torch.randn(4, 1, size_px, size_px))
    return model.eval().requires_grad_(False)


def measure_displacement(model: Classifier, size_px: int, placed: Placement, seed: int) -> np.ndarray:
    """(down, right), in cells: how far from blobs around the middle of all cells the change of the features is drawn.
    One blob for each of PARTS x PARTS parts of a cell."""
    preprocess = Preprocess(size_px, "stretch", (0.5,), (0.25,))
    noise = torch.randn(1, 1, size_px, size_px, generator=torch.Generator().manual_seed(seed))
    pixels = np.arange(size_px) + 0.5
    with torch.no_grad():
        before = model.features(noise)
    grid = before.shape[-2], before.shape[-1]
    cell = [size_px * (stop - start) / cells for (start, stop), cells in zip(
        (placed.rows, placed.columns), grid, strict=True)]  # fmt: skip
    middle = [size_px * (start + stop) / 2 for start, stop in (placed.rows, placed.columns)]
    parts = [(down, across) for down in range(PARTS) for across in range(PARTS)]
    at = [[m + ((p + 0.5) / PARTS - 0.5) * c for m, p, c in zip(middle, part, cell, strict=True)] for part in parts]
    blobs = [
        np.outer(*(np.exp(-((pixels - centre) ** 2) / (2 * SIGMA_PX**2)) for centre in of)).astype(np.float32)
        for of in at
    ]
    with torch.no_grad():
        after = model.features(noise + 2 * torch.from_numpy(np.stack(blobs))[:, None])
    # Twice squared, so that what the last features see of the blob from afar counts little.
    changes = (after - before).square().sum(dim=1).square().numpy()
    found = []
    for change, centre in zip(changes, at, strict=True):
        drawn = preprocess.map_to_image(change, (size_px, size_px), placed).astype(np.float64)
        # As much to one side as to the other, wherever the picture ends.
        drawn *= np.outer(*(np.abs(pixels - place) < NEAR * side for place, side in zip(centre, cell, strict=True)))
        centroid = np.array([drawn.sum(1) @ pixels, drawn.sum(0) @ pixels]) / drawn.sum()
        found.append((centroid - centre) / cell)
    return np.mean(found, axis=0)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_blob_and_what_it_changes_are_drawn_within_a_tenth_of_a_cell(name):
    size_px, offset = FAMILIES[name]
    models = [make_network(name, size_px, seed) for seed in range(SEEDS)]
    placed = [locate_cells(model, size_px) for model in models]
    grid = tuple(models[0].features(torch.zeros(1, 1, size_px, size_px)).shape[2:])
    assert offset is None or placed[0].find_offset(grid) == pytest.approx((offset, offset), abs=1e-6)
    found = [
        measure_displacement(model, size_px, at, seed)
        for seed, (model, at) in enumerate(zip(models, placed, strict=True))
    ]
    assert np.abs(np.mean(found, axis=0)).max() < 0.1


def test_cells_that_fill_the_square_are_not_where_a_resnet_looks():
    model = make_network("tiny-resnet", 224, 0)
    assert measure_displacement(model, 224, EVEN, 0).min() > 0.3


def test_what_cannot_be_followed_is_measured_to_within_a_fifth_of_a_cell(monkeypatch):
    model = make_network("regnetx_002", 224, 0)
    followed = locate_cells(model, 224)

    def refuse(model):
        raise ExplanationError("refusal-no-pooling")

    monkeypatch.setattr(placement, "lower_network", refuse)
    measured = locate_cells(model, 224)
    assert np.subtract(followed.find_offset((7, 7)), measured.find_offset((7, 7))) == pytest.approx(0, abs=0.2)
    for of in (measured, followed):
        assert np.diff(of.rows) == pytest.approx(1) and np.diff(of.columns) == pytest.approx(1)


def test_joined_networks_have_the_mean_of_their_members_places():
    members = [make_model("tiny"), make_model("tiny-resnet")]
    one, other = (locate_cells(member, 64) for member in members)
    joined = locate_cells(FeatureFusion(members, width=8).eval(), 64)
    assert one != other and joined.rows == pytest.approx(np.mean([one.rows, other.rows], axis=0))


def test_a_checkpoints_maps_carry_where_their_cells_lie():
    stored = make_checkpoint("tiny-resnet")
    made = make_explainer(stored)
    assert made.find_placement("grad-cam") == made.find_placement("score-cam") == locate_cells(stored.model, 64)
    assert made.find_placement("lrp-epsilon") == made.find_placement("occlusion") == EVEN


def test_a_map_in_other_places_keeps_its_sum_and_its_middle():
    resnet = Placement((-15.5 / 224, 208.5 / 224), (-15.5 / 224, 208.5 / 224))
    map_ = np.zeros((7, 7))
    map_[3, 3] = 2.0
    fine = resample_map(map_, (448, 448), resnet)
    assert fine.sum() == pytest.approx(2) and fine[226, 226] == 0 and fine[224, 224] > 0
    rows = (np.arange(448) + 0.5) / 2
    assert fine.sum(axis=1) @ rows / 2 == pytest.approx(96.5)
    drawn = Preprocess(224, "stretch", (0.5,), (0.25,)).map_to_image(map_, (224, 224), resnet)
    assert np.unravel_index(drawn.argmax(), drawn.shape) == (96, 96)


def test_branches_with_unlike_middles_count_the_same_where_nothing_varies():
    """As in a map of a single cell."""
    cell = torch.ones(1, 3, 1, 1)
    joined = placement._join_centres(
        [(placement.Centres((0.0, 2.0), (1.0, 1.0)), cell), (placement.Centres((4.0, 2.0), (1.0, 1.0)), cell)]
    )
    assert joined.first == (2.0, 2.0)
