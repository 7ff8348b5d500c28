"""The packaged ImageNet weights: every tensor under its name, and a network that knows a palace."""

from __future__ import annotations

import cv2
import pytest
import timm
import torch
from sklearn.datasets import load_sample_image

from cxr_demo.errors import TrainingError
from cxr_demo.networks.backbones import BACKBONES, find_backbone
from cxr_demo.networks.classifier import Classifier
from train.fit import imagenet
from train.fit.imagenet import MEAN, PACKAGES, STD, read_packaged_weights, rename_weights

NAMES = tuple(PACKAGES)
PALACE = 698  # in ImageNet's list
OURS = {entry.name: key for key, entry in BACKBONES.items() if entry.name in PACKAGES}


@pytest.fixture(scope="module", params=NAMES)
def packaged(request):
    pytest.importorskip(PACKAGES[request.param].module, reason="the train extra brings it")
    return request.param, read_packaged_weights(request.param)


def test_the_whole_network_is_filled_and_the_card_can_say_with_what(packaged):
    name, weights = packaged
    net = timm.create_model(name, pretrained=False)
    net.load_state_dict(weights.state)  # strict
    package = PACKAGES[name]
    assert weights.facts["package"] == f"{package.name} 0.1.0" and weights.facts["sha256"] == package.sha256
    assert str(weights).startswith(f"ImageNet ({package.name} 0.1.0, sha256 {package.sha256[:16]}")
    assert str(weights).endswith("Apache-2.0)")


def test_it_knows_a_palace(packaged):
    """Of 1,000 classes the right one, on a photograph that scikit-learn ships, with our padding and theirs."""
    name, weights = packaged
    photograph = load_sample_image("china.jpg")
    side = photograph.shape[0]
    start = (photograph.shape[1] - side) // 2
    square = cv2.resize(photograph[:, start : start + side], (224, 224), interpolation=cv2.INTER_AREA)
    x = torch.from_numpy((square / 255 - MEAN[0]) / STD[0]).float().permute(2, 0, 1)[None]
    for options in (BACKBONES[OURS[name]].options, {}):
        net = timm.create_model(name, pretrained=False, **options).eval()
        net.load_state_dict(weights.state)
        with torch.no_grad():
            assert int(net(x).argmax()) == PALACE


def test_one_grey_channel_equals_three_alike(packaged):
    name, weights = packaged
    grey = Classifier(OURS[name], 3, 1, pretrained=weights.state).eval()
    colour = Classifier(OURS[name], 3, 3, pretrained=weights.state).eval()
    x = torch.rand(1, 1, 96, 96) * 2 - 1
    with torch.no_grad():
        one, three = grey.features(x), colour.features(x.repeat(1, 3, 1, 1))
    torch.testing.assert_close(one, three, atol=1e-4, rtol=1e-4)
    assert torch.equal(grey.net.blocks[3][0].conv_dw.weight, weights.state["blocks.3.0.conv_dw.weight"])
    assert grey.output.out_features == 3 and float(grey.output.weight.detach().abs().max()) <= 1280**-0.5


def test_a_network_by_its_own_name_is_filled_too(packaged):
    """With or without the tag that timm puts behind it, and with the padding that it was trained with."""
    name, weights = packaged
    assert read_packaged_weights(find_backbone(f"{name}.in1k").name).facts == weights.facts
    model = Classifier(name, 2, 1, pretrained=weights.state)
    assert torch.equal(model.net.blocks[3][0].conv_dw.weight, weights.state["blocks.3.0.conv_dw.weight"])


def test_a_file_that_is_another_is_refused(monkeypatch):
    pytest.importorskip(PACKAGES[NAMES[0]].module, reason="the train extra brings it")
    other = {NAMES[0]: imagenet.WeightPackage(PACKAGES[NAMES[0]].name, PACKAGES[NAMES[0]].file, "0" * 64)}
    monkeypatch.setattr(imagenet, "PACKAGES", other)
    with pytest.raises(TrainingError, match="not the file that was published"):
        read_packaged_weights(NAMES[0])


def test_without_a_package_the_hub_is_asked(monkeypatch):
    assert read_packaged_weights("densenet121") is None
    monkeypatch.setattr(imagenet.importlib.util, "find_spec", lambda name: None)
    assert read_packaged_weights(NAMES[0]) is None


WANTED = {"conv_stem.weight": torch.zeros(4, 3, 3, 3), "blocks.0.0.conv_dw.weight": torch.zeros(4, 1, 3, 3)}
GIVEN = {"_conv_stem.weight": torch.ones(4, 3, 3, 3), "_blocks.0._depthwise_conv.weight": torch.ones(4, 1, 3, 3)}


def test_names_are_made_timms():
    assert {key: float(value.sum()) for key, value in rename_weights(GIVEN, WANTED).items()} == {
        "conv_stem.weight": 108, "blocks.0.0.conv_dw.weight": 36,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"_blocks.0._depthwise_conv.weight": None}, "blocks.0.0.conv_dw.weight is in one of both alone"),
        ({"_fc.weight": torch.ones(2)}, "classifier.weight is in one of both alone"),
        ({"_blocks.9._bn1.weight": torch.ones(2)}, "is in one of both alone"),
        ({"_conv_stem.weight": torch.ones(4, 1, 3, 3)}, "conv_stem.weight has another shape"),
    ],
)
def test_weights_of_another_network_are_named(changes, match):
    given = {key: value for key, value in (GIVEN | changes).items() if value is not None}
    with pytest.raises(TrainingError, match=match):
        rename_weights(given, WANTED)
