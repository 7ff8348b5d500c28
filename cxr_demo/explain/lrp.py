"""Layer-wise relevance propagation by zennit, on a private canonized copy of the network.

zennit swaps weights while it works and hooks every layer, so it never touches the network that predicts. As timm
builds a DenseNet, zennit runs on it without complaint and is wrong (its batch norms hide their ReLU inside, the rules
skip them); `CANONIZATIONS` rewrites the copy into layers that the rules are defined on, and `proof` proves it.
Relevance starts as the logit of one label. Whatever a bias carries stays with it and is left out of the map.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn
from zennit.attribution import Gradient
from zennit.canonizers import MergeBatchNorm
from zennit.composites import LayerMapComposite, SpecialFirstLayerMapComposite
from zennit.core import Composite
from zennit.rules import Epsilon, Flat, Norm, Pass, ZPlus
from zennit.types import AvgPool, BatchNorm, Convolution

from cxr_demo.errors import ExplanationError
from cxr_demo.model import Classifier

# Only keeps 0 / 0 away, so as small as float32 carries easily: what is divided is a product with the same activation,
# and does not grow when that vanishes. Measured on a DenseNet-121 against gradient x input, relative distance: 1e-4
# gives 6e-2, zennit's own 1e-6 gives 4e-3, 1e-9 gives 3e-4, 1e-12 gives 9e-7.
STABILISER = 1e-12


def epsilon() -> Composite:
    """LRP-epsilon in every layer (Bach et al. 2015, eq. 58), batch norm and pooling as the linear layers they are.

    With a vanishing epsilon it equals gradient x input on a ReLU network (Montavon et al. 2019, section 10.2).
    Biases stay in the denominators and keep their share, so the map sums to the logit minus that of all biases, which
    can be larger than the logit. To spread it over the inputs instead (`zero_params="bias"`) explodes: 1e7 logits.
    """
    rule = Epsilon(STABILISER)
    return LayerMapComposite(
        [(nn.ReLU, Pass()), (AvgPool, Norm(STABILISER)), ((BatchNorm, Convolution, nn.Linear), rule)]
    )


def epsilon_plus_flat() -> Composite:
    """Flat in the first convolution, z-plus in the others, epsilon in the head (Montavon et al. 2019, section 10.3;
    Lapuschkin et al. 2019 for flat); relevance passes unchanged through batch norms that no convolution absorbs.

    Such a batch norm has no positive-only reading: as a linear layer it would multiply the total (12 x, 32 x on a
    small net). Hidden biases hand their share on wherever a unit has an input above 0 (up to 6 % stay with them on real
    films); the head's keeps its own, so the map sums to logit minus bias, as Grad-CAM does. Were it spread too, the
    whole map would flip its sign wherever logit and logit minus bias differ in theirs.
    """
    layers = [
        (nn.ReLU, Pass()),
        (AvgPool, Norm(STABILISER)),
        (BatchNorm, Pass()),
        (Convolution, ZPlus(STABILISER, zero_params="bias")),
        (nn.Linear, Epsilon(STABILISER)),
    ]
    return SpecialFirstLayerMapComposite(layers, [(Convolution, Flat(STABILISER))])


def private_copy(model: Classifier, canonization: str) -> Classifier:
    """A deep copy of `model` that computes the same logits in layers LRP is defined on.

    Raises ExplanationError, naming the layer, when the network holds one that is not.
    """
    private = copy.deepcopy(model)
    CANONIZATIONS[canonization](private.net)
    for module in private.modules():
        if not any(True for _ in module.children()) and not isinstance(module, _KNOWN):
            raise ExplanationError(f"the network holds {type(module).__name__} layers, for which no rule here is right")
    return private.eval().requires_grad_(False)


def relevance(private: Classifier, rules: Callable[[], Composite], x: torch.Tensor, label: int) -> torch.Tensor:
    """x (1, C, S, S), normalised -> relevance of one label's logit (S, S), summed over channels, signed.

    Not for two threads at once on one copy: zennit changes it for the length of the call, and only that long.
    """
    composite = rules()
    try:
        with Gradient(private, composite) as attributor, torch.enable_grad():
            _, scores = attributor(x.clone(), lambda logits: _only(logits, label))
    finally:
        composite.remove()  # `with` does not undo a registration that failed half way
    return scores[0].sum(dim=0)


def _only(logits: torch.Tensor, label: int) -> torch.Tensor:
    """The starting relevance: the logit itself at `label`, so that maps of all labels share one unit; 0 elsewhere."""
    start = torch.zeros_like(logits)
    start[:, label] = logits[:, label].detach()
    return start


def _canonize_densenet(net: nn.Module) -> None:
    """timm DenseNet, in place: merge what follows exactly one convolution, split the rest, pool before 1x1 convolving.

    A batch norm that reads a concatenation cannot be merged. In a transition the 1x1 convolution and the mean over
    2x2 pixels commute; in this order the mean reads values after a ReLU, and z-plus cannot divide by a cancelled sum.
    A batch norm in the head follows exactly one dense layer.
    """
    _merge(net.features, "conv0", "norm0")
    for module in list(net.modules()):
        if {"conv1", "norm2"} <= module._modules.keys() and module is not net.features:
            _merge(module, "conv1", "norm2")
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d) and hasattr(child, "act"):
                setattr(parent, name, nn.Sequential(_plain_batch_norm(child), _activation(child)))
    for name, transition in net.features.named_children():
        if name.startswith("transition"):
            setattr(net.features, name, nn.Sequential(transition.norm, transition.pool, transition.conv))
    head = net.get_classifier()
    for place, layer in enumerate(head.children()):
        if isinstance(layer, nn.BatchNorm1d):
            MergeBatchNorm.merge_batch_norm([head[place - 1]], layer)
            head[place] = nn.Identity()


def _merge(parent: nn.Module, convolution: str, norm: str) -> None:
    """Fold the batch norm `norm` into the convolution it alone reads; its activation takes its place."""
    batch_norm = getattr(parent, norm)
    MergeBatchNorm.merge_batch_norm([getattr(parent, convolution)], batch_norm)
    setattr(parent, norm, _activation(batch_norm))


def _plain_batch_norm(batch_norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    plain = nn.BatchNorm2d(batch_norm.num_features, eps=batch_norm.eps).to(batch_norm.weight.dtype)
    plain.load_state_dict(batch_norm.state_dict())
    return plain


def _activation(batch_norm: nn.Module) -> nn.Module:
    """timm's activation inside a batch norm; a ReLU not in place, because zennit reads a layer's input afterwards."""
    return nn.ReLU() if type(batch_norm.act) is nn.ReLU else batch_norm.act


CANONIZATIONS: dict[str, Callable[[nn.Module], None]] = {"densenet": _canonize_densenet}
_KNOWN = (
    nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Linear,
    nn.Flatten, nn.Identity, nn.Dropout,
)  # fmt: skip
