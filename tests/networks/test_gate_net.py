"""The gate's learned check: loading, its cost, what it says of real films and of pictures that are none."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from cxr_demo.errors import CheckpointError
from cxr_demo.evaluation.lung_segmentation import SQUARE, load_lungs
from cxr_demo.film.gate import Mend, Verdict, judge_image, mend_image
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.networks import checkpoint
from cxr_demo.networks.folding import fold_network
from cxr_demo.networks.gate_net import (
    GATE_FILE,
    KINDS,
    SIDE_STAGES,
    SIZE_PX,
    STAGES,
    compute_odds,
    load_gate,
    prepare_picture,
    read_assessment,
)
from cxr_demo.networks.turns import Turns
from tests.networks.test_turns import wait_until

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "weights" / "gate"
DATA = Path(os.environ.get("CXR_DATA", ROOT.parent / "shared" / "data"))
GATE, LUNGS = load_gate(FOLDER), load_lungs(ROOT / "weights" / "lungs")
needs_data = pytest.mark.skipif(not (DATA / "jsrt").is_dir(), reason="needs the real films: set CXR_DATA")


def judge(pixels: np.ndarray) -> tuple[Verdict, list[str]]:
    image = Radiograph(np.ascontiguousarray(pixels, np.float32), (), "0" * 64, "PNG")
    answer = judge_image(image, GATE, LUNGS)
    return answer.verdict, [doubt.kind for doubt in answer.doubts]


def test_the_bundled_gate_loads_and_is_no_checkpoint_of_a_classifier():
    assert GATE is not None and GATE.card["kinds"] == list(KINDS)
    assert FOLDER not in checkpoint.find_checkpoints(ROOT / "weights")
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 10 * 2**20
    assert load_gate(ROOT / "weights" / "phantom-honest") is None


def test_a_gate_that_cannot_be_used_says_why(tmp_path):
    folder = tmp_path / "gate"
    shutil.copytree(FOLDER, folder)
    card = json.loads((folder / GATE_FILE).read_text())
    for text in ("{", json.dumps(card | {"kinds": ["frontal"]}), json.dumps({"limits": card["limits"]})):
        (folder / GATE_FILE).write_text(text)
        with pytest.raises(CheckpointError, match=GATE_FILE):
            load_gate(folder)
    (folder / GATE_FILE).write_text(json.dumps(card | {"weights_sha256": "0" * 64}))
    with pytest.raises(CheckpointError):
        load_gate(folder)


@pytest.mark.parametrize("count", [1, 3])
def test_the_folded_network_answers_as_the_stored_one(count):
    assert GATE is not None
    x = torch.from_numpy(np.random.default_rng(count).random((count, 1, SIZE_PX, SIZE_PX), np.float32))
    x[0] = torch.from_numpy(prepare_picture(make_phantom(0, 256).pixels))
    with torch.inference_mode():
        stored, folded = GATE.net(x), fold_network(GATE.net)(x)
    for one, other in zip(stored, folded, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fold_network(GATE.net).modules())
    assert any(isinstance(module, nn.BatchNorm2d) for module in GATE.net.modules())


def count_products(net: nn.Module, x: torch.Tensor) -> int:
    """Multiply-adds of the convolutions and linear layers of one forward."""
    counts = []

    def count(module: nn.Module, given: tuple, out: torch.Tensor) -> None:
        weight = module.weight
        places = out.numel() // weight.shape[0]
        counts.append(weight.numel() * places)

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    with torch.inference_mode():
        net(x)
    for hook in hooks:
        hook.remove()
    return sum(counts)


def test_the_gate_costs_less_than_one_forward():
    assert GATE is not None and LUNGS is not None
    network = checkpoint.load(ROOT / "weights" / "kermany-densenet121")
    square = network.card.preprocess
    forward = count_products(network.model, torch.zeros(1, len(square.mean), square.size_px, square.size_px))
    learned = count_products(GATE.net, torch.zeros(1, 1, SIZE_PX, SIZE_PX))
    lungs = count_products(LUNGS.net, torch.zeros(1, 3, SQUARE.size_px, SQUARE.size_px))
    assert learned + lungs < forward, f"{learned / 1e6:.0f} + {lungs / 1e6:.0f} of {forward / 1e6:.0f} million"


def test_pictures_that_wait_go_through_the_network_together_with_the_same_answers():
    assert GATE is not None
    pictures = [make_phantom(seed, 96).pixels for seed in range(5)]
    turns, sizes = Turns(), []
    gate = dataclasses.replace(GATE, turns=turns)
    run = gate._pass._answer
    gate._pass._answer = lambda asked: sizes.append(len(asked)) or run(asked)
    alone = [GATE.assess(picture) for picture in pictures]
    with ThreadPoolExecutor(5) as pool:
        with turns:
            waiting = [pool.submit(gate.assess, picture) for picture in pictures]
            wait_until(lambda: len(turns._waiting) == 5)
        found = [each.result() for each in waiting]
    assert sizes == [5]
    for one, other in zip(alone, found, strict=True):
        told, again = dataclasses.asdict(one), dataclasses.asdict(other)
        for name, value in told.items():
            assert again[name] == (value if isinstance(value, str | bool) else pytest.approx(value, abs=1e-5)), name


def test_the_features_are_those_of_the_whole_backbone():
    assert GATE is not None
    net, x = GATE.net, torch.rand(2, 1, SIZE_PX, SIZE_PX)
    with torch.inference_mode():
        whole = net.stages((x - 0.5) / 0.5)
        features, sides = (torch.cat([
            nn.functional.adaptive_avg_pool2d(stage, cells).flatten(1)
            for stage, (_, cells) in zip(whole, stages.values(), strict=False)
        ], dim=1) for stages in (STAGES, SIDE_STAGES))  # fmt: skip
        assert torch.allclose(net.read_features(x), features, atol=1e-5)
        assert torch.allclose(net.read_sides(x), sides, atol=1e-5)
        logits, _, side = net(x)
        assert torch.allclose(logits, net.kinds(net.parts(features)), atol=1e-3)
        assert torch.allclose(side, net.sides(sides)[:, 0], atol=1e-3)


def test_a_picture_is_prepared_alike_whatever_its_frame_and_contrast():
    film = cv2.GaussianBlur(np.random.default_rng(0).random((200, 160)).astype(np.float32), (0, 0), 6)
    film = (film - film.min()) / np.ptp(film)
    seen = prepare_picture(film)
    assert seen.shape == (SIZE_PX, SIZE_PX) and seen.dtype == np.float32 and seen.min() >= 0 and seen.max() <= 1
    framed = cv2.copyMakeBorder(film * 0.5 + 0.2, 30, 10, 50, 20, cv2.BORDER_CONSTANT, value=0.0)
    assert np.abs(prepare_picture(framed) - seen).mean() < 0.02


def test_a_kind_is_named_where_one_stands_out():
    shares, limits = np.full(len(KINDS), 1e-6), (0.0, 1.3, 4.0)
    shares[KINDS.index("lateral")] = 1 - shares.sum()
    assert read_assessment(shares, 1.0, 0.0, *limits).kind == "lateral"
    for kind, share, named in (("lateral", 0.55, True), ("lateral", 0.3, False), ("inverted", 0.55, False)):
        shares = np.full(len(KINDS), (1 - share) / (len(KINDS) - 1))
        shares[KINDS.index(kind)] = share
        found = read_assessment(shares, 1.0, 0.0, *limits)
        assert (found.likest, found.kind) == (kind, kind if named else "frontal")  # a wrong mend would be silly
    even = np.full(len(KINDS), 1 / len(KINDS))
    assert not read_assessment(even, 1.0, 0.0, *limits).is_usual
    usual = np.eye(len(KINDS))[0]
    assert read_assessment(usual, 1.0, 0.0, *limits).is_usual and not read_assessment(usual, 2.0, 0.0, *limits).is_usual
    sides = [read_assessment(usual, 1.0, side, *limits) for side in (-3.0, 3.0, 5.0)]
    assert [found.is_mirrored for found in sides] == [False, False, True]
    assert sides[0].mirrored == pytest.approx(1 - sides[1].mirrored)
    assert compute_odds(usual) > 20 and compute_odds(even) < 0


def test_noise_is_questioned():
    verdict, _ = judge(np.random.default_rng(0).random((300, 300)))
    assert verdict is Verdict.QUESTION


# ---- real films, none of which was trained on


@pytest.fixture(scope="module")
def films() -> list[np.ndarray]:
    """Adults, from a source that nothing was trained on."""
    return [read_image(path).pixels for path in sorted((DATA / "jsrt" / "images").iterdir())[:60:2]]


@needs_data
def test_frontal_films_pass(films):
    assert sum(judge(film)[0] is Verdict.QUESTION for film in films) <= 1


@needs_data
def test_turned_and_inverted_films_are_questioned_and_mended(films):
    wrong = 0
    for film in films:
        image = Radiograph(film, (), "0" * 64, "PNG")
        for mend in (Mend.TURN_90, Mend.TURN_180, Mend.TURN_270, Mend.INVERT):
            back = {Mend.TURN_90: Mend.TURN_270, Mend.TURN_270: Mend.TURN_90}.get(mend, mend)
            doubts = judge_image(mend_image(image, back), GATE, LUNGS).doubts
            wrong += mend not in [doubt.mend for doubt in doubts]
    assert wrong <= 0.05 * 4 * len(films)


@needs_data
def test_mirrored_films_are_questioned_and_mended_once(films):
    found = []
    for film in films:
        mirrored = Radiograph(np.ascontiguousarray(film[:, ::-1]), (), "0" * 64, "PNG")
        mended = mend_image(mirrored, Mend.MIRROR)
        np.testing.assert_array_equal(mended.pixels, film)
        asked = [
            Mend.MIRROR in [doubt.mend for doubt in judge_image(each, GATE, LUNGS).doubts]
            for each in (mirrored, mended)
        ]
        found.append(tuple(asked))
    assert found.count((True, False)) >= 0.95 * len(films) and not any(again for _, again in found)


@needs_data
def test_two_films_side_by_side_and_crops_are_questioned(films):
    pairs = [np.hstack([cv2.resize(film, (300, 300)) for film in films[k : k + 2]]) for k in range(0, 20, 2)]
    corners = [film[: film.shape[0] // 2, : film.shape[1] // 2] for film in films[:10]]
    assert sum(judge(picture)[0] is Verdict.USUAL for picture in (*pairs, *corners)) <= 1


@needs_data
def test_other_pictures_are_questioned():
    paths = sorted((DATA / "not_frontal_cxr").iterdir()) + sorted((DATA / "gate_other" / "images").glob("*0[1-5].jpg"))
    assert sum(judge(read_image(path).pixels)[0] is Verdict.USUAL for path in paths) <= 0.05 * len(paths)
