"""Transfer: what is kept of a network that was trained before, and which of its parts stay frozen."""

from __future__ import annotations

import difflib

import torch
from torch import nn

from cxr_demo.errors import TrainingError
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier

HEAD = "head"  # `train_from` for the head alone, in any network

# Boit & Zeng 2019: name -> the module from which is trained, from the least that is trained to the most. "last
# convolution" is theirs (conv5_block16_2_conv in Keras); norm5 and the head come after it.
FREEZE_POINTS: dict[str, dict[str, str]] = {
    "densenet121": {
        "head only": HEAD,
        "last convolution": "features.denseblock4.denselayer16.conv2",
        "denseblock4": "features.denseblock4",
        "denseblock3": "features.denseblock3",
        "denseblock2": "features.denseblock2",
        "all": "",
    }
}


def freeze_points(backbone: str) -> dict[str, str]:
    """name -> `train_from`, in order of what is trained; TrainingError for a backbone without a sweep."""
    if backbone not in FREEZE_POINTS:
        raise TrainingError(
            f"No cut-off points are known for {backbone}.", f"The sweep is for {', '.join(FREEZE_POINTS)}."
        )
    return FREEZE_POINTS[backbone]


def freeze(model: Classifier, train_from: str) -> None:
    """Freeze every parameter of `model.net` registered before the module `train_from` (dotted path); "" freezes none,
    HEAD all but the head.

    Before the optimiser is made. TrainingError for a module that is not there.
    """
    if train_from == HEAD:
        model.requires_grad_(False)
        model.classifier.requires_grad_(True)
        return
    if not train_from:
        return
    names = [name for name, _ in model.net.named_modules()]
    if train_from not in names:
        close = difflib.get_close_matches(train_from, names, cutoff=0)
        raise TrainingError(
            f"This network has no module {train_from!r} to train from.", f"It has, among others: {', '.join(close)}."
        )
    for name, module in model.net.named_modules():  # in the order of registration
        if name == train_from:
            return
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)


def set_train_mode(model: nn.Module) -> None:
    """Train mode, except batch norms whose parameters are all frozen: these keep their statistics.

    Keras does so of itself (TensorFlow 2), PyTorch does not.
    """
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            parameters = list(module.parameters())
            module.train(not parameters or any(p.requires_grad for p in parameters))


def load_start(model: Classifier, labels: tuple[str, ...], start: Checkpoint, keep_outputs: bool) -> tuple[str, ...]:
    """Copy `start`'s network into `model`, whose outputs are `labels`; its output layer stays as new as it is, and its
    whole head where the two heads differ. A network that is cut short takes what it has.

    With `keep_outputs` the weight row and bias of every label that both know by name are copied as well (Bassi & Attux
    2022, output neuron keeping); their names are returned. TrainingError where the two networks are not the same.
    """
    paths = {module: name for name, module in model.named_modules()}
    head, output = paths[model.classifier], paths[model.output]
    rows = (f"{output}.weight", f"{output}.bias")
    wanted, given = model.state_dict(), start.model.state_dict()
    _check_same({key: value for key, value in wanted.items() if not _is_in(head, key)}, given, start.card.name)
    hidden = {key: value for key, value in wanted.items() if _is_in(head, key) and key not in rows}
    has_same_head = all(key in given and given[key].shape[1:] == wanted[key].shape[1:] for key in (*hidden, *rows))
    if keep_outputs and not has_same_head:
        raise TrainingError(
            f"The outputs of {start.card.name} cannot be kept: its head is another.", "Give both the same head."
        )
    fresh = {key: value for key, value in wanted.items() if _is_in(head, key)}
    copied = {key: given[key] for key in wanted if key not in fresh} | fresh
    if has_same_head:
        copied |= {key: given[key] for key in hidden}
    kept = tuple(label for label in labels if keep_outputs and label in start.card.labels)
    new, old = [labels.index(label) for label in kept], [start.card.labels.index(label) for label in kept]
    for key in rows:
        copied[key] = fresh[key].clone()
        copied[key][new] = given[key][old] if kept else copied[key][new]
    model.load_state_dict(copied)
    return kept


def _is_in(path: str, key: str) -> bool:
    return key.startswith(f"{path}.")


def _check_same(wanted: dict[str, torch.Tensor], given: dict[str, torch.Tensor], name: str) -> None:
    """TrainingError unless all that is wanted is given, in the same shape."""
    hint = "Start from a checkpoint with the same backbone and number of channels."
    missing = sorted(wanted.keys() - given.keys())
    if missing:
        raise TrainingError(
            f"{name} is another network: it lacks {len(missing)} tensors, {missing[0]} among them.", hint
        )
    for key, value in wanted.items():
        here, there = tuple(value.shape), tuple(given[key].shape)
        if here != there:
            raise TrainingError(f"{name} is another network: {key} is {there} there and {here} here.", hint)
