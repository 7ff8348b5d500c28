"""LRP against its formulas written out as matrices, against gradient x input, and where a library goes wrong."""

from __future__ import annotations

import copy
import operator
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from timm.layers import BlurPool2d, LayerNorm2d
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.pool2d_same import AvgPool2dSame, MaxPool2dSame
from torch import nn
from torchvision.models.shufflenetv2 import channel_shuffle
from zennit.attribution import Gradient
from zennit.composites import EpsilonPlusFlat
from zennit.core import Composite
from zennit.rules import Epsilon

from cxr_demo.explain.lrp import propagate
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.methods import CHOICES, METHODS
from cxr_demo.explain.proof import gradient_x_input_of_lines, prove_checkpoint
from cxr_demo.explain.relevance import RelevanceMaps
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks.classifier import Classifier
from tests.conftest import FAMILIES, SIZE_PX, make_film, make_model, program_hash

THREADS = 8
LABELS = range(4)
# A little beyond black and white of `square`: at black itself zennit divides what rounding leaves by the stabiliser.
BOUNDS = torch.full((1, 1, 1, 1), -2.5), torch.full((1, 1, 1, 1), 2.5)


def square(seed: int = 0, channels: int = 1) -> torch.Tensor:
    film = (make_film(seed, (SIZE_PX, SIZE_PX)) - 0.5) / 0.25
    return torch.from_numpy(film)[None, None] * torch.linspace(1, 0.6, channels)[:, None, None]


def gradient_x_input(net: nn.Module, x: torch.Tensor, label: int) -> np.ndarray:
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(x)[0, label], x)
    return (x.detach() * gradient)[0].sum(0).numpy()


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return np.linalg.norm(a - b) / np.linalg.norm(b)


def make_propagator(net: nn.Module) -> propagate.Propagator:
    return propagate.Propagator(lower_network(net), BOUNDS)


@pytest.fixture(scope="module")
def model(tiny_backbones) -> Classifier:
    return make_model("tiny")


@pytest.fixture(scope="module")
def propagator(model) -> propagate.Propagator:
    return make_propagator(model)


# ---- the rules, slowly


def first_half(x: torch.Tensor) -> torch.Tensor:
    return x.chunk(2, dim=1)[0]


def second_half(x: torch.Tensor) -> torch.Tensor:
    return x.chunk(2, dim=1)[1]


def joined(*parts: torch.Tensor) -> torch.Tensor:
    return torch.cat(parts, dim=1)


def shuffled(x: torch.Tensor) -> torch.Tensor:
    return channel_shuffle(x, 2)


STEPS = (  # every kind of operation that the rules meet, from "x" (1, 2, 18, 18) to "logits" (1, 3)
    ("stem", nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4)), "x"),
    ("rectified", nn.ReLU(), "stem"),
    ("pooled", nn.MaxPool2d(3, 2, 1), "rectified"),
    ("norm", nn.BatchNorm2d(4), "pooled"),  # nothing absorbs it
    ("bright", nn.ReLU(), "norm"),
    ("grouped", nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, groups=2), nn.BatchNorm2d(6)), "bright"),
    ("side", nn.Conv2d(4, 6, 1), "bright"),
    ("sum", operator.add, "grouped", "side"),
    ("bent", nn.SiLU(), "sum"),
    ("mean", nn.AdaptiveAvgPool2d(1), "bent"),
    ("squeezed", nn.Conv2d(6, 6, 1), "mean"),
    ("gate", nn.Sigmoid(), "squeezed"),
    ("gated", operator.mul, "bent", "gate"),
    ("dilated", nn.Conv2d(6, 6, 3, padding=2, dilation=2), "gated"),
    ("both", joined, "gated", "dilated"),
    ("shuffled", shuffled, "both"),
    ("left", first_half, "shuffled"),
    ("right", second_half, "shuffled"),
    ("turned", nn.Conv2d(6, 6, 3, stride=(1, 2), padding=(1, 0), groups=6), "right"),
    ("cut", nn.AdaptiveAvgPool2d(3), "turned"),
    ("kept", nn.AdaptiveAvgPool2d(3), "left"),
    ("again", joined, "kept", "cut"),
    ("standard", LayerNorm2d(12), "again"),
    ("blocks", nn.AvgPool2d(2), "standard"),  # leaves a row and a column out
    ("corner", nn.AvgPool2d(9), "rectified"),
    ("all", joined, "blocks", "corner"),
    ("flat", nn.Flatten(), "all"),
    ("hidden", nn.Sequential(nn.Linear(16, 5), nn.BatchNorm1d(5)), "flat"),
    ("awake", nn.ReLU(), "hidden"),
    ("logits", nn.Linear(5, 3), "awake"),
)


def padded(x: torch.Tensor) -> torch.Tensor:
    return F.pad(x, (1, 0, 2, 1))


def framed(x: torch.Tensor) -> torch.Tensor:
    return F.pad(x, (2, 1, 1, 1), mode="replicate")


def lit(x: torch.Tensor) -> torch.Tensor:
    return F.pad(x, (1, 0, 0, 0), value=0.7)


def taken(x: torch.Tensor) -> torch.Tensor:
    return x[:, -3:-1]


WINDOWS = (  # what timm's networks do at the edges of maps, from "x" (1, 2, 18, 18) to "logits" (1, 3)
    ("stem", nn.Sequential(Conv2dSame(2, 4, 3, stride=2, bias=False), nn.BatchNorm2d(4)), "x"),  # edges 0 and 1
    ("leaking", nn.LeakyReLU(0.2), "stem"),
    ("brightest", MaxPool2dSame(2, 2), "leaking"),  # 9 -> 5
    ("bright", nn.ReLU(), "brightest"),
    ("grouped", Conv2dSame(4, 6, (3, 2), groups=2), "bright"),
    ("padded", padded, "bright"),
    ("side", nn.Conv2d(4, 6, (4, 2)), "padded"),
    ("sum", operator.add, "grouped", "side"),
    ("bent", nn.LeakyReLU(0.1), "sum"),
    ("framed", framed, "bent"),
    ("dilated", nn.Conv2d(6, 6, 3), "framed"),  # 5 x 6
    ("awake", nn.ReLU(), "dilated"),
    ("turned", Conv2dSame(6, 6, (3, 2), stride=(2, 1), groups=6), "awake"),
    ("lit", lit, "turned"),
    ("means", nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), "lit"),
    ("zeros", nn.AvgPool2d((3, 2), (1, 2), (1, 0), ceil_mode=True), "awake"),
    ("blurred", BlurPool2d(6), "bent"),
    ("halved", AvgPool2dSame(2, 2), "bent"),
    ("copied", nn.Upsample(scale_factor=(2, 3)), "halved"),
    ("blended", nn.Upsample(scale_factor=2, mode="bilinear"), "blurred"),
    ("copies", nn.Flatten(), "copied"),
    ("blends", nn.Flatten(), "blended"),
    ("both", joined, "blurred", "halved"),
    ("taken", taken, "both"),
    ("ends", nn.Flatten(), "taken"),
    ("corner", nn.Flatten(), "means"),
    ("rows", nn.Flatten(), "zeros"),
    ("flat", joined, "ends", "corner", "rows", "copies", "blends"),
    ("logits", nn.Linear(18 + 48 + 90 + 324 + 216, 3), "flat"),
)
PADS = (padded, framed, lit)
FIRST, NORMS = "stem", ("norm", "standard")
CONVOLUTIONS, DEPTHWISE = ("grouped", "side", "dilated"), ("turned",)
UNCHANGED = (nn.ReLU, nn.SiLU, nn.Sigmoid, nn.LeakyReLU)
MOVED = (joined, shuffled, first_half, second_half, taken)


class Everything(nn.Module):
    def __init__(self, steps: tuple = STEPS) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.steps = steps
        self.layers = nn.ModuleDict({out: copy.deepcopy(c) for out, c, *_ in steps if isinstance(c, nn.Module)})
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                module.reset_parameters()
            elif isinstance(module, (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)):
                nn.init.normal_(module.weight), nn.init.normal_(module.bias)
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_(), module.running_var.uniform_(0.5, 2)
        self.double().eval().requires_grad_(False)

    def values(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        values = {"x": x}
        for out, call, *ins in self.steps:
            call = self.layers[out] if isinstance(call, nn.Module) else call
            values[out] = call(*(values[name] for name in ins))
        return values

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.values(x)["logits"]


def film_of_everything() -> torch.Tensor:
    return 4 * torch.from_numpy(np.stack([make_film(5, (18, 18)), make_film(6, (18, 18))])).double()[None] - 2


def matrix(layer, shape: torch.Size) -> tuple[np.ndarray, np.ndarray]:
    """An affine layer as W (inputs, outputs) and b (outputs), read off one input at a time."""
    inputs = torch.eye(int(np.prod(shape)), dtype=torch.float64).reshape(-1, *shape[1:])
    bias = layer(torch.zeros(shape, dtype=torch.float64)).flatten()
    return (layer(inputs).flatten(1) - bias).numpy(), bias.numpy()


def stable(z: np.ndarray) -> np.ndarray:
    return z + np.where(z < 0, -1, 1) * propagate.STABILISER


def epsilon_rule(a, weights, bias, r):
    """Bach et al. 2015, eq. 58: R_i = sum_j a_i w_ij / (z_j + eps sign z_j) R_j, with the bias in z_j."""
    return a * (weights @ (r / stable(a @ weights + bias)))


def z_plus_rule(a, weights, bias, r):
    """Montavon et al. 2019, table 1 (alpha = 1, beta = 0): only contributions a_i w_ij above 0, biases left out."""
    contributions = np.clip(a[:, None] * weights, 0, None)
    return contributions @ (r / stable(contributions.sum(0)))


def alpha2_beta1_rule(a, weights, bias, r):
    """Bach et al. 2015, eq. 60, biases left out: twice the shares of what excites less those of what inhibits."""
    contributions = a[:, None] * weights
    exciting, inhibiting = np.clip(contributions, 0, None), np.clip(contributions, None, 0)
    return exciting @ (2 * r / stable(exciting.sum(0))) - inhibiting @ (r / stable(inhibiting.sum(0)))


def flat_rule(a, weights, bias, r):
    """Lapuschkin et al. 2019: evenly over the inputs that an output reads."""
    reads = (weights != 0).astype(float)
    return reads @ (r / stable(reads.sum(0)))


def plus_or_flat_rule(a, weights, bias, r):
    """z-plus; where no contribution is above 0, evenly over the inputs that the output reads."""
    nothing = ~(a[:, None] * weights > 0).any(axis=0)
    return z_plus_rule(a, weights, bias, r * ~nothing) + flat_rule(a, weights, bias, r * nothing)


def gamma_rule(a, weights, bias, r):
    """Montavon et al. 2019, table 1, for inputs of both signs (Andeol et al. 2021): what pushes an output the way it
    goes counts 1 + gamma times; biases too, and their share is lost."""
    found = np.zeros(len(a))
    for j, z in enumerate(a @ weights + bias):
        if z == 0:
            continue
        contributions = a * weights[:, j]
        contributions += rule_sets.GAMMA * np.where(np.sign(contributions) == np.sign(z), contributions, 0)
        share = bias[j] * (1 + rule_sets.GAMMA * (np.sign(bias[j]) == np.sign(z)))
        found += contributions * r[j] / stable(contributions.sum() + share)
    return found


def box_rule(low: float, high: float):
    """Montavon et al. 2017, Pattern Recognition 65, eq. 16: shares of x w - l w+ - h w-; biases cancel."""

    def rule(a, weights, bias, r):
        above, below = np.clip(weights, 0, None), np.clip(weights, None, 0)
        contributions = a[:, None] * weights - low * above - high * below
        return contributions @ (r / stable(contributions.sum(0)))

    return rule


def z_plus_with_bias_rule(a, weights, bias, r):
    """Bach et al. 2015, eq. 60 with alpha = 1, as written: the bias is one contribution more, and keeps its share."""
    contributions = np.clip(a[:, None] * weights, 0, None)
    return contributions @ (r / stable(contributions.sum(0) + np.clip(bias, 0, None)))


def alpha2_beta1_with_bias_rule(a, weights, bias, r):
    contributions = a[:, None] * weights
    exciting, inhibiting = np.clip(contributions, 0, None), np.clip(contributions, None, 0)
    above, below = exciting.sum(0) + np.clip(bias, 0, None), inhibiting.sum(0) + np.clip(bias, None, 0)
    return exciting @ (2 * r / stable(above)) - inhibiting @ (r / (below - propagate.STABILISER))


def pass_rule(a, weights, bias, r):
    return r


MATRIX_RULES = {  # rule set -> rule of the first convolution, of the others, of norms that nothing absorbs
    "EPSILON": (epsilon_rule, epsilon_rule, epsilon_rule),
    "EPSILON_PLUS": (z_plus_rule, z_plus_rule, pass_rule),
    "EPSILON_PLUS_FLAT": (flat_rule, z_plus_rule, pass_rule),
    "EPSILON_ALPHA2_BETA1": (alpha2_beta1_rule, alpha2_beta1_rule, pass_rule),
    "EPSILON_ALPHA2_BETA1_FLAT": (flat_rule, alpha2_beta1_rule, pass_rule),
    "GAMMA_BOX": (box_rule(-2.5, 2.5), gamma_rule, pass_rule),
}
AS_WRITTEN = {  # the same of networks and rules as they are written
    "EPSILON": (epsilon_rule, epsilon_rule, epsilon_rule),
    "EPSILON_PLUS": (z_plus_with_bias_rule, z_plus_with_bias_rule, epsilon_rule),
    "EPSILON_PLUS_FLAT": (flat_rule, z_plus_with_bias_rule, epsilon_rule),
    "EPSILON_ALPHA2_BETA1": (alpha2_beta1_with_bias_rule, alpha2_beta1_with_bias_rule, epsilon_rule),
    "EPSILON_ALPHA2_BETA1_FLAT": (flat_rule, alpha2_beta1_with_bias_rule, epsilon_rule),
    "GAMMA_BOX": (box_rule(-2.5, 2.5), gamma_rule, epsilon_rule),
}
RULE_SETS = [getattr(rule_sets, name) for name in MATRIX_RULES]


def frozen(norm: nn.Module, a: torch.Tensor):
    """A layer norm with the deviations that `a` has."""
    if not isinstance(norm, nn.LayerNorm):
        return norm
    weight, bias = norm.weight[:, None, None], norm.bias[:, None, None]
    deviation = torch.sqrt(((a - a.mean(1, keepdim=True)) ** 2).mean(1, keepdim=True) + norm.eps)
    return lambda v: (v - v.mean(1, keepdim=True)) / deviation * weight + bias


def to_winners(pool: nn.MaxPool2d, a: torch.Tensor, r: np.ndarray) -> np.ndarray:
    """Window by window, the largest takes it all."""
    _, channels, height, width = a.shape
    found, shares = np.zeros(a.shape[1:]), iter(r)
    side = (height + 2 * pool.padding - pool.kernel_size) // pool.stride + 1
    for channel in range(channels):
        for row in range(side):
            for column in range(side):
                top, left = row * pool.stride - pool.padding, column * pool.stride - pool.padding
                window = [
                    (y, x)
                    for y in range(max(top, 0), min(top + pool.kernel_size, height))
                    for x in range(max(left, 0), min(left + pool.kernel_size, width))
                ]
                y, x = max(window, key=lambda place: float(a[0, channel][place]))
                found[channel, y, x] += next(shares)
    return found.ravel()


def followed(move, ins: list[torch.Tensor], r: np.ndarray) -> list[np.ndarray]:
    """Each input value is given a number; where the number went, from there its relevance comes."""
    sizes = [a.numel() for a in ins]
    numbers = torch.arange(sum(sizes)).split(sizes)
    moved = move(*(part.reshape(a.shape) for part, a in zip(numbers, ins, strict=True))).flatten().numpy()
    total = np.zeros(sum(sizes))
    np.add.at(total, moved, r)
    return np.split(total, np.cumsum(sizes)[:-1])


def shares(out: str, call, ins: list[torch.Tensor], r: np.ndarray, rules: tuple) -> list[np.ndarray]:
    """What of the relevance r of `out` each of its inputs gets; a fourth of the rules is of depthwise convolutions."""
    first, convolution, norm, *own = rules
    a = ins[0].flatten().numpy()
    if call is operator.add:
        z = stable(sum(ins).flatten().numpy())
        return [part.flatten().numpy() * r / z for part in ins]
    if call is operator.mul:
        return [r, np.zeros(ins[1].numel())]
    if call in MOVED or isinstance(call, nn.Flatten):
        return followed(call, ins, r)
    if isinstance(call, UNCHANGED):
        return [r]
    if call in PADS:
        return [matrix(call, ins[0].shape)[0] @ r]  # each copy's to what it copies; a constant keeps its own
    if isinstance(call, MaxPool2dSame):
        winners = cast(torch.Tensor, torch.autograd.functional.jacobian(call, ins[0]))
        return [winners.reshape(len(r), -1).T.numpy() @ r]
    if isinstance(call, nn.MaxPool2d):
        return [to_winners(call, ins[0], r)]
    depthwise = own[0] if own else epsilon_rule if convolution is epsilon_rule else plus_or_flat_rule
    rule = {FIRST: first, **dict.fromkeys(CONVOLUTIONS, convolution), **dict.fromkeys(NORMS, norm)}
    rule |= dict.fromkeys(DEPTHWISE, depthwise)
    return [rule.get(out, epsilon_rule)(a, *matrix(frozen(call, ins[0]), ins[0].shape), r)]


def slow_relevance(net: Everything, rules: tuple, x: torch.Tensor, label: int) -> np.ndarray:
    values = net.values(x)
    r = {name: np.zeros(value.numel()) for name, value in values.items()}
    r["logits"][label] = values["logits"][0, label]
    for out, call, *ins in reversed(net.steps):
        call = net.layers[out] if isinstance(call, nn.Module) else call
        for name, share in zip(ins, shares(out, call, [values[name] for name in ins], r[out], rules), strict=True):
            r[name] += share
    return r["x"].reshape(x.shape[1:]).sum(axis=0)


@pytest.mark.parametrize("steps", [STEPS, WINDOWS], ids=["all", "windows"])
@pytest.mark.parametrize("name", MATRIX_RULES)
def test_each_rule_set_equals_its_formulas(name, steps):
    net, x = Everything(steps), film_of_everything()
    fast = make_propagator(net).relevance(getattr(rule_sets, name), x, range(3)).numpy()
    for label in range(3):
        expected = slow_relevance(net, MATRIX_RULES[name], x, label)
        assert np.abs(expected).max() > 1e-5
        assert distance(fast[label], expected) < 1e-7  # the weights of means over cells are in single precision


TRANSITION = (  # as in DenseNet: a norm behind a concatenation, a 1x1 convolution and a mean that reads it alone
    ("stem", nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4)), "x"),
    ("rectified", nn.ReLU(), "stem"),
    ("dilated", nn.Sequential(nn.Conv2d(4, 3, 3, padding=1), nn.BatchNorm2d(3)), "rectified"),
    ("both", joined, "rectified", "dilated"),
    ("norm", nn.BatchNorm2d(7), "both"),
    ("awake", nn.ReLU(), "norm"),
    ("side", nn.Conv2d(7, 5, 1), "awake"),
    ("blocks", nn.AvgPool2d(2), "side"),
    ("turned", nn.Conv2d(5, 5, 3, groups=5), "blocks"),
    ("bright", nn.ReLU(), "turned"),
    ("mean", nn.AdaptiveAvgPool2d(1), "bright"),
    ("flat", nn.Flatten(), "mean"),
    ("logits", nn.Linear(5, 3), "flat"),
)


@pytest.mark.parametrize("steps", [STEPS, WINDOWS, TRANSITION], ids=["all", "windows", "transition"])
@pytest.mark.parametrize("name", AS_WRITTEN)
def test_the_network_as_written_has_the_rules_as_written(name, steps):
    """No order of ours, biases in every denominator, norms as linear operations, one rule for all convolutions."""
    net, x = Everything(steps), film_of_everything()
    rules = getattr(rule_sets, name).undo_choices(CHOICES)
    fast = propagate.Propagator(lower_network(net, CHOICES), BOUNDS).relevance(rules, x, range(3)).numpy()
    first, convolution, norm = AS_WRITTEN[name]
    for label in range(3):
        expected = slow_relevance(net, (first, convolution, norm, convolution), x, label)
        assert np.abs(expected).max() > 1e-7 and distance(fast[label], expected) < 1e-6


@pytest.mark.parametrize("name", MATRIX_RULES)
@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_is_told_where_it_changes_the_map_and_nowhere_else(name, choice):
    net, x, rules = Everything(TRANSITION), film_of_everything(), getattr(rule_sets, name)
    # Some depthwise filters find nothing in a corner that speaks for them, and their units live on their biases.
    net.layers["turned"].bias.data.abs_().add_(2)
    net.layers["turned"].weight.data[::2] = (
        net.layers["blocks"](net.values(x)["side"])[0, ::2, None, :3, :3].sign() * -0.1
    )
    program = lower_network(net)
    shown = propagate.Propagator(program, BOUNDS).relevance(rules, x, range(3)).numpy()
    undone = rules.undo_choices([choice])
    other = propagate.Propagator(lower_network(net, [choice]), BOUNDS).relevance(undone, x, range(3)).numpy()
    assert (distance(other, shown) > 1e-3) == (choice in rules.list_choices(program))
    assert choice not in undone.list_choices(lower_network(net, [choice]))
    assert program.is_reordered and not lower_network(net, ["order"]).is_reordered


SPARSE = {  # as in MobileNet: most depthwise units find nothing that speaks for them and live on their biases
    "stem": nn.Conv2d(1, 6, 3, stride=2, padding=1),
    "depthwise": nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6),
    "wider": nn.Conv2d(6, 8, 1),
    "twice": nn.Conv2d(8, 16, 3, padding=2, dilation=2, groups=8),
    "mixed": nn.Conv2d(16, 5, 1),
}


def make_sparse_net() -> nn.Sequential:
    """In float64; the weights of depthwise filters are below 0 three times in four."""
    torch.manual_seed(1)
    layers: list[nn.Module] = []
    for layer in map(copy.deepcopy, SPARSE.values()):
        layer.reset_parameters()
        if layer.groups > 1:
            layer.weight.data = layer.weight.abs() * torch.where(torch.rand_like(layer.weight) < 0.25, 1, -1)
            layer.weight.data[::3] = -layer.weight.data[::3].abs()
            layer.bias.data = layer.bias.abs() + 0.5
        layers += [layer, nn.ReLU()]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3))
    return net.double().eval().requires_grad_(False)


SPARSE_SETS = {name: rules for name, rules in MATRIX_RULES.items() if name != "EPSILON"}


@pytest.mark.parametrize("name", SPARSE_SETS)
def test_depthwise_units_that_live_on_their_bias_lose_nothing(name):
    net, x = make_sparse_net(), torch.from_numpy(make_film(5, (18, 18))).double()[None, None]
    first, convolution, _ = SPARSE_SETS[name]
    values = [x]
    for layer in net:
        values.append(layer(values[-1]))
    r, counted = np.zeros(3), 0
    r[1] = values[-1][0, 1]
    for layer, a in reversed(list(zip(net, values[:-1], strict=True))):
        if isinstance(layer, (nn.ReLU, nn.Flatten)):
            continue
        weights, bias = matrix(layer, a.shape)
        a = a.flatten().numpy()
        if isinstance(layer, nn.Conv2d) and layer.groups > 1:
            counted += int((~(a[:, None] * weights > 0).any(axis=0) & (r != 0)).sum())
            rule = plus_or_flat_rule
        else:
            rule = first if layer is net[0] else convolution if isinstance(layer, nn.Conv2d) else epsilon_rule
        r = rule(a, weights, bias, r)
    found = make_propagator(net).relevance(getattr(rule_sets, name), x, [1])[0].numpy()
    assert counted >= 20, "nothing lives on its bias, and this test says nothing"
    assert distance(found, r.reshape(found.shape)) < 1e-7  # the stabiliser


def test_a_depthwise_network_holds_its_logit():
    """Dense inputs apart: each depthwise layer hands on all that it gets."""
    net, x = make_sparse_net(), torch.from_numpy(make_film(5, (18, 18))).double()[None, None]
    expected = float(net(x)[0, 1] - net[-1].bias[1])
    found = make_propagator(net).relevance(rule_sets.EPSILON_PLUS_FLAT, x, [1])[0]
    assert abs(float(found.sum()) - expected) < 1e-6 * abs(expected)


def test_no_two_rule_sets_say_the_same(propagator):
    maps = [propagator.relevance(rules, square(1), [0]).numpy() for rules in RULE_SETS]
    assert all(distance(a, b) > 1e-2 for i, a in enumerate(maps) for b in maps[:i])


def test_a_blurring_filter_over_black_hands_nothing_on():
    """Its unit lives on its bias, and no pixel there has a share; in single precision, as films are explained."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 1, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2)
    )
    net[0].weight.data.abs_(), net[0].bias.data.fill_(5)
    x = torch.full((1, 1, 12, 12), -1.7)
    x[:, :, 8:] = 0.9
    bounds = torch.full((1, 1, 1, 1), -1.7), torch.full((1, 1, 1, 1), 1.9)
    program = lower_network(net.eval().requires_grad_(False))
    (found,) = propagate.Propagator(program, bounds).relevance(rule_sets.GAMMA_BOX, x, [0])
    assert not found[:8].any() and found[8:].all()
    assert abs(float(found.sum())) <= abs(float(net(x)[0, 0]))


# ---- LRP-epsilon is gradient x input


def test_lrp_epsilon_is_gradient_x_input_at_the_edges_of_maps():
    """Of the network itself, which torch differentiates: no rule, no matrix, no copy."""
    net, x = Everything(WINDOWS), film_of_everything()
    program = lower_network(net)
    found = propagate.Propagator(program, BOUNDS).relevance(rule_sets.EPSILON, x, range(3)).numpy()
    assert program.is_piecewise_linear
    for label in range(3):
        assert distance(found[label], gradient_x_input(net, x, label)) < 1e-8


@pytest.mark.parametrize(("family", "channels"), [*((family, 1) for family in FAMILIES), ("tiny", 3)])
def test_lrp_epsilon_is_gradient_x_input(family, channels, tiny_backbones):
    """Of the network itself where all that bends is a ReLU or a maximum; else of the network of lines."""
    model, x = make_model(family, channels=channels, seed=channels).double(), square(1, channels).double()
    program = lower_network(model)
    maps = propagate.Propagator(program, BOUNDS).relevance(rule_sets.EPSILON, x, LABELS).numpy()
    for label, found in zip(LABELS, maps, strict=True):
        lines = gradient_x_input_of_lines(program, x, label).numpy()
        assert distance(found, lines) < 1e-6
        assert (distance(found, gradient_x_input(model, x, label)) < 1e-6) == program.is_piecewise_linear


def test_lrp_epsilon_is_gradient_x_input_in_single_precision(model, propagator):
    x = square(2)
    for label, found in zip(LABELS, propagator.relevance(rule_sets.EPSILON, x, LABELS).numpy(), strict=True):
        expected = gradient_x_input(model, x, label)
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999
        assert distance(found, expected) < 1e-3


# ---- what every map promises


@pytest.mark.parametrize("rules", RULE_SETS[1:-1])
def test_what_leaves_hidden_biases_out_sums_to_the_logit_without_the_heads_bias(model, propagator, rules):
    x = square(6)
    for label, map_ in zip(LABELS, propagator.relevance(rules, x, LABELS).numpy(), strict=True):
        expected = float(model(x)[0, label] - model.output.bias[label])
        assert abs(map_.sum() - expected) < 0.05 * abs(map_).sum()


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("family", ["tiny", "tiny-mobilenetv3", "tiny-convnext"])
def test_many_labels_at_once_are_each_alone(family, rules):
    x, propagator = square(3).double(), make_propagator(make_model(family).double())
    order = [2, 0, 0, 3]
    found = propagator.relevance(rules, x, order).numpy()
    for label, map_ in zip(order, found, strict=True):
        assert distance(map_, propagator.relevance(rules, x, [label])[0].numpy()) < 1e-10
    assert distance(found[0], found[1]) > 1e-2


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("at_once", [1, 2**17], ids=["alone from the start", "in halves on the way"])
def test_labels_that_go_down_apart_get_what_they_get_together(monkeypatch, rules, at_once):
    nets = {family: make_model(family).double() for family in ("tiny", "tiny-resnext", "tiny-mobilenetv3")}
    parted, apart = [], propagate._Sweep._split_labels
    monkeypatch.setattr(propagate._Sweep, "_split_labels", lambda *what: parted.append(what[2]) or apart(*what))
    for net, x in ((Everything(), film_of_everything()), *((net, square(4).double()) for net in nets.values())):
        propagator = make_propagator(net)
        together = propagator.relevance(rules, x, [2, 0, 1, 0, 2]).numpy()
        assert not parted
        with monkeypatch.context() as patch:
            patch.setattr(propagate, "TOGETHER_BYTES", at_once if net in nets.values() else at_once // 64)
            found = propagator.relevance(rules, x, [2, 0, 1, 0, 2]).numpy()
        assert parted.pop(0) == 5 and len(parted) <= 3
        parted.clear()
        assert distance(found, together) < 1e-10


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_label_that_depends_on_nothing_has_no_relevance(rules):
    silent = make_model("tiny")
    silent.output.weight[0] = 0
    found = make_propagator(silent).relevance(rules, square(), [0, 1])
    assert silent.output.bias[0] != 0 and not found[0].any() and found[1].any()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("value", [-2.0, 0.0, 2.0])
def test_a_film_of_one_grey_gives_numbers(family, value):
    propagator = make_propagator(make_model(family))
    for rules in RULE_SETS:
        x = torch.full((1, 1, SIZE_PX, SIZE_PX), value)
        assert torch.isfinite(propagator.relevance(rules, x, [0, 1])).all()


# ---- nothing is left behind


@pytest.mark.parametrize("family", ["tiny", "tiny-resnext", "tiny-mobilenetv3"])
def test_eight_threads_on_one_propagator_get_the_maps_of_one(family):
    program = lower_network(make_model(family))
    before, jobs = program_hash(program), [(rules, seed) for rules in RULE_SETS for seed in range(3)] * 2
    alone = propagate.Propagator(program, BOUNDS)
    expected = {job: alone.relevance(job[0], square(job[1]), [0, 1]) for job in jobs}
    shared = propagate.Propagator(program, BOUNDS)  # that has split and turned no weights yet
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda job: shared.relevance(job[0], square(job[1]), [0, 1]), jobs))
    assert all(torch.equal(map_, expected[job]) for job, map_ in zip(jobs, found, strict=True))
    assert program_hash(program) == before
    assert shared._parts.keys() == alone._parts.keys()
    assert all(torch.equal(part, alone._parts[key]) for key, part in shared._parts.items())


def test_what_is_forgotten_is_made_again_and_gives_the_same_map():
    relevance = RelevanceMaps(lower_network(make_model("tiny")), Preprocess(SIZE_PX, "stretch", (0.5,), (0.25,)))
    methods = [key for key, method in METHODS.items() if method.family.reads == "rules"]
    maps = {key: relevance.maps(key, square(), LABELS) for key in methods}
    kept = [weakref.ref(part) for (_, sign, _), part in relevance._sweep._parts.items() if sign != "all"]
    relevance.forget()
    assert kept and all(part() is None for part in kept)
    assert all((relevance.maps(key, square(), LABELS) == maps[key]).all() for key in methods)


def test_a_proof_keeps_no_weights_of_rules_that_nobody_asked_for(tiny_checkpoint):
    _, relevance = prove_checkpoint(tiny_checkpoint)
    assert not relevance._sweep._parts


@pytest.mark.parametrize("rules", RULE_SETS)
def test_nothing_is_left_of_a_map_or_of_a_failure(propagator, rules):
    before, x = program_hash(propagator.program), square()
    kept = x.clone()
    first = propagator.relevance(rules, x, LABELS)
    with pytest.raises(RuntimeError):
        propagator.relevance(rules, x.repeat(1, 2, 1, 1), [0])  # a channel too many
    with pytest.raises(IndexError):
        propagator.relevance(rules, x, [4])
    assert torch.equal(propagator.relevance(rules, x, LABELS), first)
    assert program_hash(propagator.program) == before and torch.equal(x, kept)
    assert not x.requires_grad and not first.requires_grad


# ---- why zennit is not simply run on the network


def as_it_comes(model: nn.Module, composite: Composite, x: torch.Tensor, label: int) -> np.ndarray:
    start = torch.zeros_like(model(x))
    start[:, label] = model(x)[:, label]
    with Gradient(copy.deepcopy(model), composite) as attributor:
        return attributor(x.clone(), start)[1][0].sum(0).numpy()


class LayerRules(EpsilonPlusFlat):
    """zennit's own map of layers with the epsilon rule in every convolution: batch norms pass."""

    def __init__(self):
        super().__init__(layer_map=[(nn.Conv2d, Epsilon())], first_map=[(nn.Conv2d, Epsilon())])


@pytest.mark.parametrize("family", ["tiny", "tiny-resnet"])
def test_zennit_as_it_comes_is_wrong(family):
    """timm's DenseNet hides ReLUs in its batch norms, its ResNet adds residuals outside of any module."""
    model, x, label = make_model(family), square(2), 1
    wrong = as_it_comes(model, LayerRules(), x, label).ravel()
    assert not abs(np.corrcoef(wrong, gradient_x_input(model, x, label).ravel())[0, 1]) > 0.9  # NaN where it overflows

    propagator = make_propagator(model)
    flat = as_it_comes(model, EpsilonPlusFlat(zero_params="bias"), x, label)
    right = propagator.relevance(rule_sets.EPSILON_PLUS_FLAT, x, [label])[0].numpy()
    assert np.corrcoef(flat.ravel(), right.ravel())[0, 1] < 0.9
    if family == "tiny":  # and its sum does not tell
        assert abs(flat.sum() - float(model(x)[0, label])) < 0.2 * abs(flat).sum()
