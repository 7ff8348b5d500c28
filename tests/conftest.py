"""Tiny networks and synthetic films: everything a test needs to be fast and still not trivial."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from filelock import FileLock
from torch import nn
from torchvision.models import vgg
from torchvision.models._api import register_model

from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.backbones import BACKBONES, Backbone
from cxr_demo.networks.checkpoint import Card, Checkpoint
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.torchvision_nets import TORCHVISION_NETS

if TYPE_CHECKING:
    from cxr_demo.explain.lrp.program import Program

LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia", "covid19")
SIZE_PX = 64
SMALL = {"growth_rate": 8, "block_config": (2, 2)}
TINY = Backbone("densenet121", "features.norm5", options=SMALL)
TINY_SILU = Backbone("densenet121", "features.norm5", options={**SMALL, "act_layer": "silu"})
# One small network of every family that the maps must be right for; squeezenet and shufflenet are as they come.
FAMILIES = {
    "tiny": TINY,
    "tiny-silu": TINY_SILU,
    "tiny-resnet": Backbone("resnet18", "layer4", options={"layers": (1, 1, 1, 1), "channels": (8, 8, 16, 16)}),
    "tiny-resnext": Backbone(
        "resnext50_32x4d",
        "layer4",
        options={"layers": (1, 2, 1, 1), "channels": (16, 16, 32, 32), "cardinality": 4},
    ),
    "tiny-efficientnet": Backbone("tinynet_e", "bn2"),
    "tiny-mobilenetv2": Backbone("mobilenetv2_035", "bn2"),
    "tiny-mobilenetv3": Backbone("mobilenetv3_small_050", "blocks"),
    "tiny-convnext": Backbone("convnext_atto", "stages", options={"depths": (1, 1, 2, 1), "dims": (8, 16, 16, 24)}),
    "tiny-vgg": Backbone("tiny_vgg16_bn", "features"),
    "shufflenet_v2_x1_0": BACKBONES["shufflenet_v2_x1_0"],
    "squeezenet1_0": BACKBONES["squeezenet1_0"],
}
# What the contract tests take: every entry, and networks by their names alone, one or two of each family.
TESTED = (
    *BACKBONES, "densenet161", "densenet201", "efficientnet_b0", "efficientnet_b1", "resnet18", "resnet50",
    "resnext50_32x4d", "wide_resnet50_2", "mobilenetv2_100", "mobilenetv3_large_100", "mnasnet_100", "convnext_tiny",
)  # fmt: skip
TINY_ELU = Backbone("densenet121", "features.norm5", options={**SMALL, "act_layer": "elu"})  # no rule for ELU


@register_model()
def tiny_vgg16_bn(weights: None = None) -> nn.Module:
    """torchvision's, an eighth of the channels wide, with a grid of 2 x 2 means before short dense layers."""
    widths = [width if width == "M" else width // 8 for width in vgg.cfgs["D"]]
    head = nn.Sequential(nn.Linear(64 * 4, 24), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(24, 10))
    parts = {"features": vgg.make_layers(widths, batch_norm=True), "avgpool": nn.AdaptiveAvgPool2d(2)}
    return nn.Sequential(OrderedDict(**parts, classifier=head))


def make_film(seed: int, shape: tuple[int, int] = (90, 80)) -> np.ndarray:
    """A smooth film with structure, (H, W) float32 0..1, different for every seed."""
    random = np.random.default_rng(seed)
    rows, columns = np.linspace(0, 1, shape[0])[:, None], np.linspace(0, 1, shape[1])[None]
    film = sum(
        random.normal() * np.cos(np.pi * (a * rows + random.random())) * np.cos(np.pi * (b * columns + random.random()))
        for a in range(4)
        for b in range(4)
    )
    film = film + 0.1 * random.standard_normal(shape)
    return ((film - film.min()) / np.ptp(film)).astype(np.float32)


def make_image(seed: int) -> Radiograph:
    pixels = make_film(seed)
    sha256 = hashlib.sha256(pixels.tobytes()).hexdigest()
    pixels.flags.writeable = False
    return Radiograph(pixels, (), sha256, "PNG")


def make_model(
    backbone: str, labels: int = len(LABELS), channels: int = 1, seed: int = 0, head: str = "linear"
) -> Classifier:
    """A classifier with statistics as after training: batch norms fitted to films, some scales negative, biases."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    model = Classifier(backbone, labels, channels, head=head)
    norms = [module for module in model.modules() if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))]
    films = torch.from_numpy(np.stack([make_film(100 + i, (SIZE_PX, SIZE_PX)) for i in range(8)]))
    with torch.no_grad():
        for norm in norms:
            norm.weight.copy_(0.5 + torch.rand(norm.num_features, generator=random))
            norm.weight.mul_(torch.where(torch.rand(norm.num_features, generator=random) < 0.2, -1.0, 1.0))
            norm.bias.copy_(0.3 * torch.randn(norm.num_features, generator=random))
            norm.momentum = 1.0
        model.train()(((films - 0.5) / 0.25)[:, None].repeat(1, channels, 1, 1))
        output = model.output
        output.weight.copy_(torch.randn(output.weight.shape, generator=random))
        output.bias.copy_(0.3 * torch.randn(labels, generator=random))
    return model.eval().requires_grad_(False)


def make_checkpoint(
    backbone: str = "tiny", *, temperature=1.5, seed: int = 0, channels: int = 1, head: str = "linear"
) -> Checkpoint:
    """A checkpoint as `load` gives it, without files."""
    preprocess = Preprocess(SIZE_PX, "letterbox", (0.5,) * channels, (0.25,) * channels)
    card = Card(f"{backbone}-{seed}", backbone, LABELS, "single-label", preprocess, temperature=temperature, head=head)
    model = make_model(backbone, channels=channels, seed=seed, head=head)
    return Checkpoint(card, model, weights_hash(model), Path("nowhere"))


def weights_hash(model: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode() + value.numpy().tobytes())
    return digest.hexdigest()


def tensors_of(program: Program) -> list[torch.Tensor]:
    """All weights of a program."""
    held = [getattr(step.operation, field.name) for step in program.steps for field in fields(step.operation)]
    return [value for value in held if torch.is_tensor(value)]


def program_hash(program: Program) -> str:
    return hashlib.sha256(b"".join(value.numpy().tobytes() for value in tensors_of(program))).hexdigest()


def count_hooks(model: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


@pytest.fixture(scope="session", autouse=True)
def tiny_backbones():
    """Small entries beside the real ones, so that a Card may name them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, entry in {**FAMILIES, "tiny-elu": TINY_ELU}.items():
            patch.setitem(BACKBONES, name, entry)
        patch.setattr("cxr_demo.networks.classifier.TORCHVISION_NETS", (*TORCHVISION_NETS, "tiny_vgg16_bn"))
        yield


@pytest.fixture
def own_threads():
    """The number of torch's threads is the process's own again."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_backbones) -> Checkpoint:
    return make_checkpoint()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory) -> Path:
    """One folder for all workers of a run, so that no film is rendered or decoded by each of them."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def make_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """A folder of `shared_folder` that the first worker to ask for it fills, while others who ask wait."""
    finished = folder.with_suffix(".made")
    with FileLock(folder.with_suffix(".lock")):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)  # where another worker could not make it, this one says why too
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(shared_folder):
    """Decoded films of tests lie with the tests, also for the processes they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_CACHE", str(shared_folder / "packed"))
        yield


@pytest.fixture(scope="session")
def data(shared_folder) -> Path:
    """Synthetic films in the layouts of all released data sets; for tests that leave them as they are."""
    from tests.films import make_data  # which imports the training side, that most tests do without

    return make_once(shared_folder / "data", make_data)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The systems' smoke sizes take longest: first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: "test_systems.py" not in item.nodeid)
