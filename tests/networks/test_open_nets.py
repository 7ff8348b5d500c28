"""Networks by their names alone: what is found is the network, what does not fit is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch

from cxr_demo.errors import CheckpointError
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks import classifier
from cxr_demo.networks.backbones import BACKBONES, find_backbone
from cxr_demo.networks.card import Card
from cxr_demo.networks.checkpoint import load, save
from cxr_demo.networks.classifier import Classifier
from tests.bench.networks import NAMES


def test_a_name_is_an_entry_or_timms_or_torchvisions():
    assert find_backbone("densenet121") is BACKBONES["densenet121"]
    assert find_backbone("resnet34").source == find_backbone("resnet34.a1_in1k").source == "timm"
    assert find_backbone("torchvision:resnet34").source == find_backbone("mnasnet0_5").source == "torchvision"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet43", "has a network 'resnet43'; the nearest names are resnet34,"),
        ("timm:mnasnet0_5", "has a network 'mnasnet0_5'"),
        ("hub:resnet34", "'hub' is not where networks come from; timm and torchvision are"),
    ],
)
def test_a_name_that_nobody_has_is_answered_with_the_nearest(name, said):
    with pytest.raises(ValueError, match=said):
        find_backbone(name)


@pytest.mark.parametrize(
    "name",
    [
        "regnety_004",
        "vgg11_bn",  # hidden layers before timm's pooling
        "mnasnet0_5",  # a mean in the forward method
        "torchvision:mobilenet_v3_small",  # poolings in gates, hidden layers behind the last
    ],
)
def test_what_the_pooling_reads_is_found(name):
    torch.manual_seed(0)
    model, x = Classifier(name, 3, 1).eval(), torch.randn(2, 1, 96, 96)
    with torch.no_grad():
        features, logits = model.features(x), model(x)
        torch.testing.assert_close(model.head(features), logits)
        assert features.dim() == 4 and logits.shape == (2, 3)
        kept = (model.output.bias + 1).clone()
        state = model.state_dict()
        state[_output_bias(model)] = kept
        model.load_state_dict(state)  # the parts are the network's own
        torch.testing.assert_close(model.head(features), logits + 1)


def test_one_that_was_loaded_before_is_not_traced_again_and_has_its_own_weights(monkeypatch):
    traced, find = [], classifier.find_split
    monkeypatch.setattr(classifier, "find_split", lambda name, make: traced.append(name) or find(name, make))
    models = [Classifier("mnasnet0_5", 37, 1).eval() for _ in range(2)]
    assert traced == ["mnasnet0_5"]
    x = torch.randn(1, 1, 96, 96)
    with torch.no_grad():
        for model in models:
            torch.testing.assert_close(model.head(model.features(x)), model(x))
        assert not torch.equal(models[0](x), models[1](x))


def _output_bias(model: Classifier) -> str:
    return next(name for name, value in model.named_parameters() if value is model.output.bias)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torchvision:squeezenet1_1", "squeezenet1_1 ends in a Conv2d layer and not in a linear one"),
        ("vit_tiny_patch16_224", "is no convolutional network: its last layers give a list of tokens"),
        ("swin_tiny_patch4_window7_224", "values of the shape .7, 7, 768., not maps of cells"),
        ("torchvision:vit_b_16", "vit_b_16 has no global pooling"),
    ],
)
def test_what_does_not_fit_is_one_sentence(name, said):
    with pytest.raises(CheckpointError, match=said) as caught:
        Classifier(name, 3, 1)
    assert caught.value.message.count(". ") == 0


@pytest.mark.parametrize("name", ["dla34", "resnetv2_50"])
def test_a_convolution_of_pooled_features_is_the_linear_layer_that_it_is(name):
    torch.manual_seed(0)
    theirs, x = timm.create_model(name, num_classes=3, in_chans=1).eval(), torch.randn(2, 1, 64, 64)
    model = Classifier(name, 3, 1).eval()
    given = theirs.state_dict()
    wanted = model.net.state_dict()
    model.net.load_state_dict({key: given[key].reshape(value.shape) for key, value in wanted.items()})
    with torch.no_grad():
        features, logits = model.features(x), model(x)
        torch.testing.assert_close(logits, theirs(x), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(model.output(features.mean((2, 3))), logits, rtol=1e-5, atol=1e-5)
    assert Classifier(name, 3, 1, head="dense256").eval()(x).shape == (2, 3)


def test_a_size_that_it_does_not_take_is_a_sentence(tmp_path):
    torch.manual_seed(0)
    model = Classifier("test_maxvit", 2, 1).eval()
    model.check_size(160)
    card = Card(
        "own", "test_maxvit", ("normal", "effusion"), "single-label", Preprocess(96, "stretch", (0.5,), (0.25,))
    )
    save(tmp_path / "own", model, card, half=False)
    with pytest.raises(CheckpointError, match="test_maxvit takes no squares of 96 px"):
        load(tmp_path / "own")
    small = Classifier("mobilenetv3_small_050", 2, 1)
    small.check_size(32)  # its map is then one cell, of which a batch norm in train mode has no variance
    assert small.training
    with pytest.raises(CheckpointError, match="alexnet takes no squares of 32 px"):
        Classifier("alexnet", 2, 1).check_size(32)


@pytest.mark.parametrize("name", ["mnasnet0_5", "regnety_004"])
def test_a_checkpoint_of_it_is_saved_and_loaded(name, tmp_path):
    """torchvision's MNASNet asks for the version that torch's own dict of the state carries."""
    torch.manual_seed(0)
    model, x = Classifier(name, 2, 1).eval(), torch.randn(1, 1, 64, 64)
    card = Card("own", name, ("normal", "effusion"), "single-label", Preprocess(64, "stretch", (0.5,), (0.25,)))
    save(tmp_path / "own", model, card, half=False)
    with torch.no_grad():
        torch.testing.assert_close(load(tmp_path / "own").model(x), model(x))


def test_the_page_has_a_row_for_every_network_that_the_command_measures():
    page = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
    assert len(NAMES) > 25 and all(f"| `{name}` |" in page for name in NAMES)
