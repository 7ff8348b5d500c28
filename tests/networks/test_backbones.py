"""The contract of every entry of BACKBONES and HEADS and of networks by their names, at 64 px; each is built once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn
from torchvision import models

from cxr_demo.explain import proof as proofs
from cxr_demo.explain.engine import Explainer
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.proof import CamProof
from cxr_demo.networks.backbones import find_backbone
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.heads import HEADS
from cxr_demo.networks.torchvision_nets import TorchvisionNet
from tests.conftest import LABELS, SIZE_PX, TESTED, count_hooks, make_checkpoint, make_film, make_model

# Between the pooling and the output layer stand hidden layers, or a layer norm.
READ_MORE_THAN_THE_MEAN = {"vgg16", "vgg16_bn"}  # 7 x 7 means; AlexNet has one cell here
BENT = ("efficientnet", "mobilenet", "convnext")  # at more than ReLUs
LARGE = 30e6  # parameters
BUNDLED = Path(__file__).parents[2] / "weights" / "kermany-densenet121" / "model.safetensors"


def squares(count: int = 2, channels: int = 1, size_px: int = SIZE_PX) -> torch.Tensor:
    films = np.stack([make_film(seed, (size_px, size_px)) for seed in range(count)])
    return torch.from_numpy((films - 0.5) / 0.25)[:, None].repeat(1, channels, 1, 1)


@pytest.fixture(scope="module", params=TESTED)
def checkpoint(request, tiny_backbones):
    return make_checkpoint(request.param)


# ---- every backbone


def test_the_head_on_the_features_is_the_network_and_its_last_rows_are_the_labels(checkpoint):
    model, x = checkpoint.model, squares()
    logits, features = model(x), model.features(x)
    scale = float(logits.abs().max())
    torch.testing.assert_close(model.head(features), logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(model.head(features[:1]), logits[:1], atol=1e-5 * scale, rtol=1e-4)
    assert features.ndim == 4 and features.shape[2] == features.shape[3] and torch.isfinite(features).all()
    assert logits.shape == (2, len(LABELS)) and not torch.equal(logits[0], logits[1])

    assert model.classifier is model.output and model.output.out_features == len(LABELS)
    model.output.bias[1] += 5
    moved = model.head(features) - logits
    model.output.bias[1] -= 5
    torch.testing.assert_close(moved, torch.tensor([[0.0, 5.0, 0.0, 0.0]] * 2), atol=1e-5 * scale + 1e-4, rtol=0)


def test_the_pooling_reads_the_features_and_an_entrys_cam_layer_gives_them(checkpoint):
    model, x, seen = checkpoint.model, squares(1), []
    path = find_backbone(checkpoint.card.backbone).cam_layer  # "" where it was found
    layer = model.net.get_submodule(path) if path else None
    handles = [model.pooling.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))]
    if layer is not None:
        handles.append(layer.register_forward_hook(lambda _, __, output: seen.append(output.clone())))
    model(x)
    for handle in handles:
        handle.remove()
    assert len(seen) == len(handles) and all(torch.equal(read, model.features(x)) for read in seen)


def test_the_gradient_reaches_the_image_and_every_parameter(checkpoint):
    model, x = checkpoint.model, squares(1).requires_grad_()
    parameters = list(model.requires_grad_().parameters())
    try:
        gradients = torch.autograd.grad(model(x).square().sum(), [x, *parameters])  # an unused one is an error
    finally:
        model.requires_grad_(False)
    assert gradients[0].any() and gradients[1].any() and gradients[-1].any()


def test_its_state_makes_it_again(checkpoint):
    with torch.device("meta"):  # shapes without numbers, so that all numbers come from the state
        again = Classifier(checkpoint.card.backbone, len(LABELS), 1)
    again.load_state_dict(checkpoint.model.state_dict(), assign=True)
    again.eval()
    assert torch.equal(again(squares(1)), checkpoint.model(squares(1)))


def test_its_program_computes_its_logits_exactly(checkpoint):
    if sum(p.numel() for p in checkpoint.model.parameters()) > LARGE:
        return  # the proof compares them in single precision
    x = squares(1).double()
    try:
        expected = checkpoint.model.double()(x)
        program = lower_network(checkpoint.model)
    finally:
        checkpoint.model.float()
    assert (program.values(x)[program.end] - expected).abs().max() <= 1e-10 * expected.abs().max()


def test_it_explains_itself(checkpoint, monkeypatch):
    """By every cheap method; none is refused.

    The proof runs on a film that the batch norms were fitted to: of another the EfficientNets' logits are 1e5, and
    single precision cannot compute them. Even so a random ResNet-50's own rounding is 6e-5 of its logits."""
    monkeypatch.setattr(proofs, "make_proof_image", lambda size_px: make_film(100, (size_px, size_px)))
    monkeypatch.setattr(proofs, "COPY_ERROR", 1e-3)
    name = checkpoint.card.backbone
    explainer = Explainer(checkpoint)
    proof = explainer.proof
    no_sum = name in READ_MORE_THAN_THE_MEAN
    assert np.isnan(proof.cam.sum_error) == no_sum and (no_sum or proof.cam.sum_error < 1e-4)
    assert ("the sum is not defined: its head reads more than the mean" in proof.line) == no_sum
    assert proof.lrp.refusal == "" and proof.lrp.copy_error <= 3e-4
    assert proof.lrp.identity_r > 0.999 and proof.lrp.identity_error < 5e-2
    assert proof.lrp.is_piecewise_linear == (not name.startswith(BENT))
    assert not proof.refusals
    cheap = [key for key in METHODS if METHODS[key].cost_forwards <= 5]
    for (key, _), map_ in explainer.maps(squares(1).numpy(), [0], cheap).items():
        side = checkpoint.model.features(squares(1)).shape[2] if METHODS[key].family.reads == "features" else SIZE_PX
        assert map_.shape == (side, side) and np.isfinite(map_).all()
        assert map_.any() or (side == 1 and key == "eigen-cam"), "a single cell does not differ from the mean"
    assert count_hooks(checkpoint.model) == 0


@pytest.mark.parametrize("name", TESTED)
def test_it_runs_on_large_odd_and_coloured_squares(name):
    with torch.device("meta"):  # shapes alone
        model = Classifier(name, 3, 3).eval()
        for size_px in (67, 320):
            assert model.head(model.features(torch.zeros(1, 3, size_px, size_px))).shape == (1, 3)


# ---- cut networks


def test_a_tap_is_the_whole_networks_own_hidden_layer():
    whole, x, seen = make_model("densenet121"), squares(), {}
    for block in (1, 2, 3):
        layer = whole.net.get_submodule(f"features.denseblock{block}")
        layer.register_forward_hook(lambda _, __, output, block=block: seen.update({block: output.clone()}))
    whole(x)
    for block, maps in seen.items():
        tap = Classifier(f"densenet121_block{block}", len(LABELS), 1).eval()
        fit = {key: value for key, value in whole.state_dict().items() if key in tap.state_dict()}
        fit = {key: value for key, value in fit.items() if "classifier" not in key}
        assert not [key for key in tap.load_state_dict(fit, strict=False).missing_keys if "classifier" not in key]
        assert torch.equal(tap.features(x), maps) and maps.shape[1] == {1: 256, 2: 512, 3: 1024}[block]


def test_the_fifth_stage_of_efficientnet_is_followed_by_one_convolution():
    """Rajaraman et al. 2021, by hand: 112 maps -> 3x3 convolution, 512, ReLU -> mean -> linear."""
    model, whole, x = make_model("efficientnet_b0_block5"), make_model("efficientnet_b0"), squares()
    assert len(model.net.blocks) == 5
    maps = model.net.blocks(model.net.bn1(model.net.conv_stem(x)))
    assert maps.shape[1] == 112
    kept = model.state_dict().keys() & whole.state_dict().keys()
    assert sum("blocks.4.2." in key for key in kept) > 5 and not any("blocks.5" in key for key in model.state_dict())
    deepest = F.conv2d(maps, model.net.conv_head.weight, model.net.conv_head.bias, padding=1).clamp(min=0)
    assert deepest.shape[1] == 512
    torch.testing.assert_close(model(x), F.linear(deepest.mean((2, 3)), model.output.weight, model.output.bias))


# ---- torchvision's networks


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "squeezenet1_0", "shufflenet_v2_x1_0"])
def test_a_torchvision_network_is_torchvisions(name):
    """The same seed gives the same weights; the output layer is copied. SqueezeNet: without its last ReLU."""
    torch.manual_seed(3)
    options = {"aux_logits": False, "init_weights": True} if name == "googlenet" else {}
    published, x = models.get_model(name, **options).eval(), squares(2, 3)
    torch.manual_seed(3)
    ours = TorchvisionNet(name, 1000, 3, pretrained=False).eval()
    last = [layer for layer in published.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))][-1]
    ours.classifier.weight.data, ours.classifier.bias.data = last.weight.data.flatten(1), last.bias.data
    with torch.no_grad():
        expected = last(published.features(x)).mean((2, 3)) if name == "squeezenet1_0" else published(x)
        torch.testing.assert_close(ours(x), expected, atol=1e-5, rtol=1e-4)


def test_one_channel_is_the_grey_image_in_all_three():
    nets = []
    for channels in (1, 3):
        torch.manual_seed(4)
        nets.append(TorchvisionNet("squeezenet1_0", 3, channels, pretrained=False).eval())
    with torch.no_grad():
        torch.testing.assert_close(nets[0](squares(2, 1)), nets[1](squares(2, 3)), atol=1e-5, rtol=1e-4)


def test_googlenets_own_rescaling_moves_into_its_first_layer(monkeypatch):
    """ImageNet's weights are out of reach here: random ones take their place."""
    torch.manual_seed(5)
    published = models.googlenet(aux_logits=True, init_weights=False, transform_input=True).eval()
    nn.init.normal_(published.conv1.bn.running_mean)
    monkeypatch.setattr(models.GoogLeNet_Weights, "get_state_dict", lambda *_, **__: published.state_dict())
    ours = TorchvisionNet("googlenet", 3, 3, pretrained=True).eval()
    x = torch.randn(2, 3, SIZE_PX, SIZE_PX)
    with torch.no_grad():
        expected = published.conv1(published._transform_input(x))
        found = ours.features.conv1(x)
        untouched = published.conv1(x)
    inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))  # the padded border may differ
    torch.testing.assert_close(found[inside], expected[inside], atol=1e-5, rtol=1e-4)
    assert (untouched - expected)[inside].abs().max() > 0.1
    assert torch.equal(ours.features.inception5b.branch1.conv.weight, published.inception5b.branch1.conv.weight)


# ---- heads


def slow_head(layers: list[nn.Module], pooled: np.ndarray) -> np.ndarray:
    values = pooled.astype(np.float64)
    for layer in layers:
        held = {key: value.numpy().astype(np.float64) for key, value in layer.state_dict().items()}
        if isinstance(layer, nn.Linear):
            values = values @ held["weight"].T + held["bias"]
        elif isinstance(layer, nn.BatchNorm1d):
            values = (values - held["running_mean"]) / np.sqrt(held["running_var"] + layer.eps)
            values = values * held["weight"] + held["bias"]
        elif isinstance(layer, nn.ReLU):
            values = np.maximum(values, 0)
    return values


PUBLISHED = {
    "linear": ["Linear"],
    "dense512-bn": ["Linear 512", "BatchNorm1d", "ReLU", "Linear"],
    "dense256": ["Linear 256", "ReLU", "Linear"],
    "dense256-dropout": ["Linear 256", "ReLU", "Dropout", "Linear"],
}


@pytest.mark.parametrize("head", HEADS)
def test_a_head_is_the_layers_of_its_paper(head, tiny_backbones):
    model, x = make_model("tiny", head=head), squares()
    layers = list(model.classifier.children()) or [model.classifier]
    hidden = [f" {layer.out_features}" if isinstance(layer, nn.Linear) else "" for layer in layers[:-1]]
    kinds = [type(layer).__name__ for layer in layers]
    assert [kind + width for kind, width in zip(kinds, [*hidden, ""], strict=True)] == PUBLISHED[head]
    assert model.output is layers[-1] and model.output.out_features == len(LABELS)
    pooled = model.features(x).mean((2, 3)).numpy()
    np.testing.assert_allclose(model(x).numpy(), slow_head(layers, pooled), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("head", ["dense512-bn", "dense256", "dense256-dropout"])
def test_a_head_fits_behind_hidden_layers_and_cut_networks(head):
    with torch.device("meta"):
        for name, width in {"mobilenetv3_large_100": 1280, "alexnet": 4096, "densenet121_block1": 256}.items():
            model = Classifier(name, 3, 1, head=head).eval()
            assert model.classifier[0].in_features == width
            assert model(torch.zeros(2, 1, SIZE_PX, SIZE_PX)).shape == (2, 3)


@pytest.mark.parametrize("head", ["dense512-bn", "dense256"])
def test_behind_a_dense_head_the_sum_is_the_logit_minus_the_biases_part_and_lrp_is_right(head, tiny_backbones):
    checkpoint = make_checkpoint("tiny", head=head)
    proof = Explainer(checkpoint).proof
    assert proof.cam.sum_error < 1e-5 and proof.cam.line.startswith("Grad-CAM ok (sum error")
    assert (
        not proof.refusals
        and proof.lrp.identity_r > 0.9999
        and proof.lrp.identity_error < 1e-3
        and proof.lrp.copy_error < 1e-5
    )
    norms = [step for step in lower_network(checkpoint.model).steps if isinstance(step.operation, op.Affine)]
    assert len(norms) == 6, "those behind a concatenation; the head's is absorbed"


def test_a_refusal_is_told_before_an_undefined_sum():
    assert "not available: of a reason" in CamProof(refusal="of a reason").line


def test_the_weights_of_a_linear_head_keep_their_names():
    with safe_open(BUNDLED, "pt") as stored, torch.device("meta"):
        assert set(stored.keys()) == Classifier("densenet121", 3, 1).state_dict().keys()
