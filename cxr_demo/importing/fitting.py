"""Tensors of somebody else -> a Classifier with the same logits: their names are found, not asked for.

Whatever is left out or renamed is said; what does not fit is refused with the first name that does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import timm
import torch
from torch import nn
from torchvision import models

from cxr_demo.errors import CheckpointError, describe_cause
from cxr_demo.importing.weights_file import check_numbers
from cxr_demo.networks.backbones import BACKBONES, find_backbone
from cxr_demo.networks.classifier import Classifier
from cxr_demo.text.catalogue import format_text

Tensors = Mapping[str, torch.Tensor]
COUNTER = "num_batches_tracked"  # of a batch norm; plays no part in an answer
# Networks by their names that weights without one are tried for, beside BACKBONES.
OFTEN_USED = (
    "densenet161", "densenet201", "efficientnet_b0", "efficientnet_b1", "resnet18", "resnet50", "resnext50_32x4d",
    "wide_resnet50_2", "mobilenetv2_100", "mobilenetv3_large_100", "mnasnet_100", "convnext_tiny",
)  # fmt: skip
ONE_OF_TEN = 0.1  # of the tensors: as many may lie outside the prefix of the others, as those of a loss do


@dataclass(frozen=True, eq=False)
class Fitted:
    """`model` in eval mode, frozen; `source`: the network that the weights were written for, as its own library builds
    it, with the same weights; `source_name` in words; `notes` on what was done; `outputs` that were kept, by place."""

    model: Classifier
    source: nn.Module | None
    source_name: str
    notes: tuple[str, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Skeleton:
    """A network's tensors without numbers: `shapes` by name, in order, of one label and three channels; `head` and
    `stem` are the paths of the output layer and of the first convolution."""

    shapes: dict[str, torch.Size]
    head: str
    stem: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.shapes)


def require_backbone(name: str) -> str:
    """The name of a network that is known here."""
    try:
        find_backbone(name)
    except ValueError as error:
        raise CheckpointError("fit-backbone", why=describe_cause(error)) from None
    return name


def list_candidates() -> list[str]:
    """The backbones that weights without a name are tried for. Those that are cut need a forward pass to be built."""
    return [*(name for name, entry in BACKBONES.items() if not entry.cut), *OFTEN_USED]


def count_outputs(tensors: Tensors, backbone: str) -> int:
    """How many labels the weights answer with."""
    skeleton = make_skeleton(backbone)
    found, _ = _rename(tensors, skeleton, backbone)
    return _find_head(found, skeleton, backbone).shape[0]


def recognise_backbone(tensors: Tensors) -> str:
    """The backbone whose tensors have these names and shapes. CheckpointError where none has, or several have."""
    fitting = []
    for name in list_candidates():
        skeleton = make_skeleton(name)
        found, _ = _rename(tensors, skeleton, name)
        if _list_odd(found, skeleton.names):
            continue
        inner = (key for key in skeleton.names if not key.startswith((skeleton.head, f"{skeleton.stem}.weight")))
        if all(found[key].shape == skeleton.shapes[key] for key in inner if key in found):
            fitting.append(name)
    if len(fitting) == 1:
        return fitting[0]
    raise CheckpointError("fit-several" if fitting else "fit-none", networks=", ".join(fitting))


def fit_network(tensors: Tensors, backbone: str, outputs: Iterable[int], name: str) -> Fitted:
    """A Classifier with the weights; `outputs` are the rows of the output layer that have a label. Raises
    CheckpointError."""
    skeleton = make_skeleton(backbone)
    found, notes = _rename(tensors, skeleton, backbone)
    head, kept = _find_head(found, skeleton, backbone), tuple(outputs)
    if odd := _list_odd(found, skeleton.names):
        key = odd[0]
        raise CheckpointError(
            "fit-lacks" if key not in found else "fit-holds", name=name, backbone=backbone, key=key, others=len(odd) - 1
        )
    found = {key: value.float() if value.is_floating_point() else value for key, value in found.items()}
    if strange := [key for key, value in found.items() if value.dtype not in (torch.float32, torch.int64)]:
        kind = str(found[strange[0]].dtype).removeprefix("torch.")
        raise CheckpointError("fit-kind", name=name, kind=kind, key=strange[0])
    check_numbers(found, name)
    channels = found[f"{skeleton.stem}.weight"].shape[1]
    if channels not in (1, 3):
        raise CheckpointError("fit-channels", name=name, channels=channels)
    rows = {key: found[key][list(kept)] for key in (f"{skeleton.head}.weight", f"{skeleton.head}.bias")}
    model = _build(backbone, len(kept), channels, "cpu")
    _load(model.net, found | rows, name)
    source, source_name = _build_source(backbone, tensors, found, head.shape[0], channels)
    return Fitted(model.eval().requires_grad_(False), source, source_name, tuple(notes), kept)


def make_skeleton(backbone: str) -> Skeleton:
    model = _build(require_backbone(backbone), 1, 3, "meta")
    modules = dict(model.net.named_modules())
    head = next(path for path, module in modules.items() if module is model.output)
    stem = next(path for path, module in modules.items() if isinstance(module, nn.Conv2d))
    return Skeleton({key: value.shape for key, value in model.net.state_dict().items()}, head, stem)


def _build(backbone: str, labels: int, channels: int, device: str) -> Classifier:
    try:
        with torch.device(device):
            return Classifier(backbone, labels, channels)
    except NotImplementedError:  # it reads numbers while it is made
        return Classifier(backbone, labels, channels)


def _load(net: nn.Module, tensors: Tensors, name: str) -> None:
    wanted = net.state_dict()
    for key, value in wanted.items():
        if key in tensors and tensors[key].shape != value.shape:
            raise CheckpointError(
                "fit-shape", name=name, key=key, shape=str(tuple(tensors[key].shape)), wanted=str(tuple(value.shape))
            )
    net.load_state_dict({key: tensors.get(key, value) for key, value in wanted.items()})


def _list_odd(found: Tensors, wanted: Iterable[str]) -> list[str]:
    """What is missing, then what is too much; counters of batch norms may be absent."""
    names = set(wanted)
    missing = sorted(key for key in names - found.keys() if not key.endswith(COUNTER))
    return missing + sorted(found.keys() - names)


def _find_head(found: Tensors, skeleton: Skeleton, backbone: str) -> torch.Tensor:
    weight, bias = (found.get(f"{skeleton.head}.{part}") for part in ("weight", "bias"))
    if weight is None:
        others = [key for key in skeleton.names if key in found]
        if any(key.startswith(f"{skeleton.head}.") for key in found):
            raise CheckpointError("fit-output", layer=skeleton.head)
        if len(others) < len(skeleton.names) / 2:
            raise CheckpointError("fit-other", backbone=backbone)
        raise CheckpointError("fit-no-output", layer=skeleton.head, backbone=backbone)
    if weight.ndim != 2 or bias is None or bias.shape != weight.shape[:1]:
        raise CheckpointError("fit-output", layer=skeleton.head)
    return weight


# ---- names


def _rename(tensors: Tensors, skeleton: Skeleton, backbone: str) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The tensors under the names that the backbone has, as far as they can be found, and what was done."""
    found, notes = _strip_prefixes(dict(tensors), set(skeleton.names))
    found = _flatten_head({_join_dense_names(key): value for key, value in found.items()}, skeleton.head)
    found = _follow_torchvision(found, skeleton, backbone)
    weight = found.get(head := f"{skeleton.head}.weight")
    if weight is not None and weight.shape[2:] == (1, 1):  # SqueezeNet's last convolution, of one pixel
        found[head] = weight.flatten(1)
    return found, notes


def _strip_prefixes(found: dict[str, torch.Tensor], wanted: set[str]) -> tuple[dict[str, torch.Tensor], list[str]]:
    """Without what wrappers put before every name: DataParallel's `module.`, `model.`, `net.`, `_orig_mod.` ..."""
    notes = []
    for _ in range(6):
        fitting = len(wanted & found.keys())
        firsts = [key.split(".", 1)[0] for key in found if "." in key]
        prefix = max(set(firsts), key=firsts.count, default="") + "."
        inside = {key.removeprefix(prefix): value for key, value in found.items() if key.startswith(prefix)}
        outside = [key for key in found if not key.startswith(prefix)]
        if len(wanted & inside.keys()) <= fitting and not _leads_on(inside, wanted):
            break
        if len(outside) > ONE_OF_TEN * len(found):
            break
        notes.append(format_text("fit-note-prefix", prefix=prefix))
        if outside:
            notes.append(format_text("fit-note-left-out", names=", ".join(sorted(outside)[:6])))
        found = inside
    return found, notes


def _leads_on(inside: Tensors, wanted: set[str]) -> bool:
    """Whether names still end as wanted ones do behind one more prefix."""
    ends = [key.split(".", 1)[1] for key in inside if "." in key]
    return len(wanted & set(ends)) > len(wanted) / 2 and len(wanted & inside.keys()) < len(wanted) / 10


def _join_dense_names(key: str) -> str:
    """DenseNets from before 2018 have `norm.1` for `norm1`."""
    return re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=\d)", r"\1", key)


def _flatten_head(found: dict[str, torch.Tensor], head: str) -> dict[str, torch.Tensor]:
    """A linear layer that stands alone in a list, behind dropout or before a sigmoid: `fc.1.weight` -> `fc.weight`."""
    inside = [key for key in found if key.startswith(f"{head}.")]
    if len(inside) != 2 or not all(re.fullmatch(r"\d+\.(weight|bias)", key[len(head) + 1 :]) for key in inside):
        return found
    return {re.sub(r"\.\d+(?=\.\w+$)", "", key) if key in inside else key: value for key, value in found.items()}


def _follow_torchvision(found: dict[str, torch.Tensor], skeleton: Skeleton, backbone: str) -> dict[str, torch.Tensor]:
    """The names of torchvision's own network of this name, whose layers stand in the same order here, as ours."""
    if not _list_odd(found, skeleton.names) or backbone not in models.list_models():
        return found
    theirs = list(_build_torchvision(backbone, 2, "meta").state_dict())
    found = {key: value for key, value in found.items() if not key.startswith(("aux1.", "aux2.", "AuxLogits."))}
    if len(theirs) != len(skeleton.names) or _list_odd(found, theirs):
        return found
    pairs = zip(theirs, skeleton.names, strict=True)
    return {ours: found[name] for name, ours in pairs if name in found}


# ---- the source's own network


def _build_torchvision(name: str, labels: int, device: str) -> nn.Module:
    options: dict[str, Any] = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    with torch.device(device):
        return models.get_model(name, weights=None, num_classes=labels, **options)


def _build_source(
    backbone: str, given: Tensors, found: Tensors, labels: int, channels: int
) -> tuple[nn.Module | None, str]:
    """torchvision's network where the weights fit one of its own, which shares no line with ours; else timm's."""
    entry, plain = find_backbone(backbone), backbone.rpartition(":")[2]
    makers: list[tuple[str, Callable[[], nn.Module]]] = []
    if plain in models.list_models():
        makers.append((f"torchvision's {plain}", lambda: _build_torchvision(plain, labels, "cpu")))
    makers.append(
        (
            f"timm's {entry.name}",
            lambda: timm.create_model(entry.name, num_classes=labels, in_chans=channels, **entry.options),
        )
    )
    stripped, _ = _strip_prefixes(dict(given), set(found))
    stripped = {_join_dense_names(key): value for key, value in stripped.items()}
    for name, make in makers:
        for tensors in (found, stripped):
            try:
                net = make()
                _set_channels(net, channels)
                odd = _list_odd(tensors, net.state_dict())
                if odd:
                    continue
                net.load_state_dict({key: tensors.get(key, value) for key, value in net.state_dict().items()})
            except (RuntimeError, ValueError, TypeError):  # another layout, or none of timm's
                continue
            return net.eval().requires_grad_(False), name
    return None, ""


def _set_channels(net: nn.Module, channels: int) -> None:
    """A first convolution for as many channels, in place."""
    path, first = next((path, part) for path, part in net.named_modules() if isinstance(part, nn.Conv2d))
    if first.in_channels != channels:
        made = nn.Conv2d(
            channels, first.out_channels, cast("tuple[int, int]", first.kernel_size), cast("Any", first.stride),
            cast("Any", first.padding), cast("Any", first.dilation), bias=first.bias is not None,
        )  # fmt: skip
        net.set_submodule(path, made)
