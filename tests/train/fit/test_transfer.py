"""Freezing and starting from a checkpoint, against the order of parameters and a copy made row by row."""

import dataclasses

import pytest
import timm
import torch
from torch import nn

from cxr_demo.errors import TrainingError
from cxr_demo.networks.classifier import Classifier
from tests.conftest import LABELS, SIZE_PX, SMALL, make_checkpoint, make_model
from train.fit.transfer import HEAD, freeze, freeze_points, load_start, set_train_mode

LAST_CONVOLUTION = "features.denseblock4.denselayer16.conv2"


def films(count: int = 4) -> torch.Tensor:
    return torch.randn(count, 1, SIZE_PX, SIZE_PX, generator=torch.Generator().manual_seed(1))


def new_model(backbone: str = "tiny", labels: int = len(LABELS), seed: int = 9) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(backbone, labels, 1)


def moved_in_a_step(model: Classifier) -> set[str]:
    """The tensors of `model.net`, weights and statistics, that one training step changes."""
    before = {name: value.clone() for name, value in model.net.state_dict().items()}
    set_train_mode(model)
    optimiser = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr=0.1)
    targets = torch.arange(4) % model.net.state_dict()["classifier.weight"].shape[0]
    nn.functional.cross_entropy(model(films()), targets).backward()
    optimiser.step()
    return {name for name, value in model.net.state_dict().items() if not torch.equal(value, before[name])}


def free_parameters(model: Classifier) -> list[str]:
    return [name for name, parameter in model.net.named_parameters() if parameter.requires_grad]


@pytest.fixture(scope="module")
def densenet121() -> Classifier:
    return new_model("densenet121", 2)


def modules_of_tiny() -> list[str]:
    net = timm.create_model("densenet121", num_classes=4, in_chans=1, **SMALL)
    return [name for name, module in net.named_modules() if next(module.parameters(), None) is not None]


@pytest.mark.parametrize("train_from", modules_of_tiny())
def test_all_that_is_registered_before_is_frozen(train_from):
    model = new_model()
    names = [name for name, _ in model.net.named_parameters()]
    first = min(i for i, name in enumerate(names) if name.startswith(train_from + "." if train_from else ""))
    freeze(model, train_from)
    assert free_parameters(model) == names[first:]


@pytest.mark.parametrize("train_from", ["", "features.transition1", "features.denseblock2.denselayer2", "classifier"])
@pytest.mark.parametrize("backbone", ["tiny", "tiny-silu"])
def test_a_step_moves_all_that_is_free_and_nothing_that_is_frozen(backbone, train_from):
    model = new_model(backbone)
    freeze(model, train_from)
    free = set(free_parameters(model))
    norms = {name for name, module in model.net.named_modules() if isinstance(module, nn.BatchNorm2d)}
    statistics = {
        f"{norm}.{name}"
        for norm in norms
        for name in ("running_mean", "running_var", "num_batches_tracked")
        if f"{norm}.weight" in free
    }
    assert moved_in_a_step(model) == free | statistics
    assert model.training and model.net.training


def test_the_last_convolution_of_densenet121(densenet121):
    freeze(densenet121, freeze_points("densenet121")["last convolution"])
    free = {name: p.numel() for name, p in densenet121.net.named_parameters() if p.requires_grad}
    assert free == {
        f"{LAST_CONVOLUTION}.weight": 36_864,
        "features.norm5.weight": 1024,
        "features.norm5.bias": 1024,
        "classifier.weight": 2048,
        "classifier.bias": 2,
    }
    statistics = {f"features.norm5.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")}
    assert moved_in_a_step(densenet121) == set(free) | statistics


def test_the_points_of_the_sweep_free_more_and_more(densenet121):
    counts = []
    for train_from in freeze_points("densenet121").values():
        densenet121.requires_grad_(True)
        freeze(densenet121, train_from)
        counts.append(len(free_parameters(densenet121)))
    assert list(freeze_points("densenet121")) == [
        "head only", "last convolution", "denseblock4", "denseblock3", "denseblock2", "all"
    ]  # fmt: skip
    # a dense layer is two norms and two convolutions, a transition a norm and a convolution, norm5 and the head 2 each
    assert counts == [2, 5, 16 * 6 + 4, 40 * 6 + 3 + 4, 52 * 6 + 6 + 4, 58 * 6 + 9 + 3 + 4]
    with pytest.raises(TrainingError, match="No cut-off points are known for tiny"):
        freeze_points("tiny")


def test_only_batch_norms_with_frozen_parameters_are_in_eval_mode():
    model = new_model()
    whole = nn.Sequential(model, nn.BatchNorm1d(len(LABELS), affine=False))
    whole.eval()
    set_train_mode(whole)
    assert all(module.training for module in whole.modules())
    model.requires_grad_(False)
    set_train_mode(whole)
    assert whole[1].training and not any(m.training for m in model.modules() if isinstance(m, nn.BatchNorm2d))


def test_an_unknown_module_is_named_beside_some_that_exist():
    model = new_model()
    with pytest.raises(TrainingError, match=r"no module 'features.denseblok2'.*features\.denseblock2"):
        freeze(model, "features.denseblok2")
    assert len(free_parameters(model)) == len(list(model.net.parameters()))


def test_all_but_the_output_layer_is_copied():
    start, model = make_checkpoint(seed=3), new_model(labels=2)
    head = model.net.classifier.weight.detach().clone()
    assert load_start(model, ("normal", "covid19"), start, keep_outputs=False) == ()
    for name, value in start.model.state_dict().items():
        if not name.startswith("net.classifier"):
            assert torch.equal(model.state_dict()[name], value), name
    assert torch.equal(model.net.classifier.weight, head)
    with torch.no_grad():
        assert torch.equal(model.eval().features(films()), start.model.features(films()))
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_output_neuron_keeping_row_by_row():
    start = make_checkpoint(seed=4)
    labels = ("covid19", "tuberculosis", "normal", "mass", "bacterial_pneumonia")
    model, fresh = new_model(labels=5), new_model(labels=5)
    old = start.model.state_dict()
    kept = load_start(model, labels, start, keep_outputs=True)
    assert kept == ("covid19", "normal", "bacterial_pneumonia")
    for row, label in enumerate(labels):
        source, at = (start.model, LABELS.index(label)) if label in LABELS else (fresh, row)
        for column in range(model.net.classifier.in_features):
            assert model.net.classifier.weight[row, column].item() == source.net.classifier.weight[at, column].item()
        assert model.net.classifier.bias[row].item() == source.net.classifier.bias[at].item()
    with torch.no_grad():
        logits, before = model.eval()(films()), start.model(films())
    for label in kept:
        torch.testing.assert_close(logits[:, labels.index(label)], before[:, LABELS.index(label)])
    assert all(torch.equal(value, old[name]) for name, value in start.model.state_dict().items())
    assert load_start(new_model(labels=1), ("mass",), start, keep_outputs=True) == ()


def test_the_start_stays_as_it_is_when_the_new_network_learns():
    start, model = make_checkpoint(seed=5), new_model()
    before = {name: value.clone() for name, value in start.model.state_dict().items()}
    load_start(model, LABELS, start, keep_outputs=True)
    moved_in_a_step(model)
    assert all(torch.equal(value, before[name]) for name, value in start.model.state_dict().items())


def test_a_hidden_head_layer_is_copied_and_only_its_output_is_new():
    labels = ("covid19", "mass")
    old, model = Classifier("tiny", len(LABELS), 1, head="dense256"), Classifier("tiny", 2, 1, head="dense256")
    start = dataclasses.replace(make_checkpoint(), model=old)
    assert load_start(model, labels, start, keep_outputs=True) == ("covid19",)
    assert torch.equal(model.classifier[0].weight, old.classifier[0].weight)
    assert torch.equal(model.output.weight[0], old.output.weight[LABELS.index("covid19")])
    assert not (model.output.weight[1] == old.output.weight).all(dim=1).any()
    freeze(model, "classifier")
    assert free_parameters(model) == [f"classifier.{layer}.{part}" for layer in (0, 2) for part in ("weight", "bias")]


def with_narrow_head() -> Classifier:
    model = new_model()
    model.net.classifier = nn.Linear(model.net.classifier.in_features - 1, len(LABELS))
    return model


@pytest.mark.parametrize(
    ("make_other", "wrong"),
    [
        (
            lambda: Classifier("densenet121_block1", len(LABELS), 1),
            "tiny-6 is another network: it lacks .* tensors, net",
        ),
        (lambda: make_model("tiny", channels=3), r"conv0.weight is \(16, 3, 7, 7\) there and \(16, 1, 7, 7\) here"),
        (lambda: Classifier("tiny", len(LABELS), 1, head="dense256"), "cannot be kept: its head is another"),
        (with_narrow_head, "cannot be kept: its head is another"),
    ],
    ids=["backbone", "channels", "head", "width"],
)
def test_another_network_is_refused_and_nothing_is_copied(make_other, wrong):
    start, model = dataclasses.replace(make_checkpoint(seed=6), model=make_other()), new_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(TrainingError, match=wrong):
        load_start(model, LABELS, start, keep_outputs=True)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_another_head_is_all_new():
    start, model = make_checkpoint(seed=6), Classifier("tiny", len(LABELS), 1, head="dense256")
    head = {name: value.clone() for name, value in model.classifier.state_dict().items()}
    assert load_start(model, LABELS, start, keep_outputs=False) == ()
    assert all(torch.equal(value, head[name]) for name, value in model.classifier.state_dict().items())
    with torch.no_grad():
        assert torch.equal(model.eval().features(films()), start.model.features(films()))


def test_a_tap_takes_what_it_has_of_the_whole_network():
    start = dataclasses.replace(make_checkpoint(), model=Classifier("densenet121", 2, 1))
    model = Classifier("densenet121_block1", 3, 1, head="dense256")
    load_start(model, ("normal", "covid19", "mass"), start, keep_outputs=False)
    given = start.model.state_dict()
    same = [key for key, value in model.state_dict().items() if key in given and torch.equal(value, given[key])]
    assert same == [key for key in model.state_dict() if "classifier" not in key]


def test_the_head_alone_is_free():
    model = Classifier("tiny", len(LABELS), 1, head="dense256")
    freeze(model, HEAD)
    assert free_parameters(model) == [name for name, _ in model.net.named_parameters() if "classifier" in name]
