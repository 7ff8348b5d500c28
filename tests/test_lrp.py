"""LRP against its formulas written out as matrices, against gradient x input, and on networks it must refuse."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from zennit.composites import EpsilonPlusFlat
from zennit.rules import Epsilon

from cxr_demo.errors import ExplanationError
from cxr_demo.explain import lrp
from tests.conftest import SIZE_PX, count_hooks, make_film, make_model, weights_hash

RULE_SETS = [lrp.epsilon, lrp.epsilon_plus_flat]


def square(seed: int = 0, channels: int = 1) -> torch.Tensor:
    film = (make_film(seed, (SIZE_PX, SIZE_PX)) - 0.5) / 0.25
    return torch.from_numpy(film)[None, None] * torch.linspace(1, 0.6, channels)[:, None, None]


def gradient_x_input(net: nn.Module, x: torch.Tensor, label: int) -> np.ndarray:
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(x)[0, label], x)
    return (x.detach() * gradient)[0].sum(0).numpy()


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return np.linalg.norm(a - b) / np.linalg.norm(b)


@pytest.fixture(scope="module")
def model(tiny_backbones):
    return make_model("tiny")


@pytest.fixture(scope="module")
def private(model):
    return lrp.private_copy(model, "densenet")


# ---- the rules, slowly


def plain_net() -> nn.Sequential:
    """Every kind of layer the rules meet, small enough for whole matrices; a batch norm that nothing absorbs."""
    torch.manual_seed(3)
    net = nn.Sequential(
        nn.Conv2d(1, 3, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(3), nn.ReLU(),
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 2),
    )  # fmt: skip
    norm = net[3]
    norm.running_mean.normal_(), norm.running_var.uniform_(0.5, 2)
    nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    return net.double().eval().requires_grad_(False)


def matrix(layer: nn.Module, shape: torch.Size) -> tuple[np.ndarray, np.ndarray]:
    """An affine layer as W (inputs, outputs) and b (outputs), read off one input at a time."""
    inputs = torch.eye(int(np.prod(shape)), dtype=torch.float64).reshape(-1, *shape[1:])
    bias = layer(torch.zeros(shape, dtype=torch.float64)).flatten()
    return (layer(inputs).flatten(1) - bias).numpy(), bias.numpy()


def stable(z: np.ndarray) -> np.ndarray:
    return z + np.where(z < 0, -1, 1) * lrp.STABILISER


def epsilon_rule(a, weights, bias, r):
    """Bach et al. 2015, eq. 58: R_i = sum_j a_i w_ij / (z_j + eps sign z_j) R_j, with the bias in z_j."""
    return a * (weights @ (r / stable(a @ weights + bias)))


def z_plus_rule(a, weights, bias, r):
    """Montavon et al. 2019, table 1 (alpha = 1, beta = 0): only contributions a_i w_ij above 0, biases left out."""
    contributions = np.clip(a[:, None] * weights, 0, None)
    return contributions @ (r / stable(contributions.sum(0)))


def flat_rule(a, weights, bias, r):
    """Lapuschkin et al. 2019: evenly over the inputs that an output reads."""
    reads = (weights != 0).astype(float)
    return reads @ (r / stable(reads.sum(0)))


def pass_rule(a, weights, bias, r):
    return r


MATRIX_RULES = {
    lrp.epsilon: {"first": epsilon_rule, nn.Conv2d: epsilon_rule, nn.BatchNorm2d: epsilon_rule},
    lrp.epsilon_plus_flat: {"first": flat_rule, nn.Conv2d: z_plus_rule, nn.BatchNorm2d: pass_rule},
}


def slow_relevance(net: nn.Sequential, rules: dict, x: torch.Tensor, label: int) -> np.ndarray:
    activations = [x]
    for layer in net:
        activations.append(layer(activations[-1]))
    r = np.zeros(activations[-1].numel())
    r[label] = activations[-1][0, label]
    for position in reversed(range(len(net))):
        layer, a = net[position], activations[position]
        if isinstance(layer, nn.MaxPool2d):  # the winner takes it
            _, winners = nn.functional.max_pool2d(a, 2, return_indices=True)
            planes = np.zeros((a.shape[1], a[0, 0].numel()))
            for plane, winner, share in zip(planes, winners[0].flatten(1), r.reshape(a.shape[1], -1), strict=True):
                np.add.at(plane, winner.numpy(), share)
            r = planes.ravel()
        elif not isinstance(layer, (nn.ReLU, nn.Flatten)):
            rule = rules["first"] if position == 0 else rules.get(type(layer), epsilon_rule)
            r = rule(a.flatten().numpy(), *matrix(layer, a.shape), r)
    return r.reshape(x.shape[2:])


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("label", [0, 1])
def test_each_rule_set_equals_its_formulas(rules, label):
    net, x = plain_net(), 4 * torch.from_numpy(make_film(5, (16, 16))).double()[None, None] - 2
    fast = lrp.relevance(net, rules, x, label).numpy()
    assert np.abs(fast).max() > 1e-3
    np.testing.assert_allclose(fast, slow_relevance(net, MATRIX_RULES[rules], x, label), rtol=1e-9, atol=1e-12)


# ---- the dense network


@pytest.mark.parametrize("channels", [1, 3])
def test_lrp_epsilon_is_gradient_x_input(channels, tiny_backbones):
    model = make_model("tiny", channels=channels, seed=channels).double()
    private, x = lrp.private_copy(model, "densenet"), square(1, channels).double()
    for label in range(4):
        expected = gradient_x_input(model, x, label)
        assert distance(lrp.relevance(private, lrp.epsilon, x, label).numpy(), expected) < 1e-6


def test_lrp_epsilon_is_gradient_x_input_in_single_precision(model, private):
    x = square(2)
    maps = [(lrp.relevance(private, lrp.epsilon, x, label), gradient_x_input(model, x, label)) for label in range(4)]
    for fast, expected in maps:
        assert np.corrcoef(fast.numpy().ravel(), expected.ravel())[0, 1] > 0.999
        assert distance(fast.numpy(), expected) < 1e-3


def test_the_copy_computes_the_same_logits_in_known_layers(model, private):
    torch.testing.assert_close(private(square(4)), model(square(4)), atol=1e-5, rtol=1e-5)
    modules = list(private.modules())
    assert not [m for m in modules if hasattr(m, "act")], "a batch norm still hides its activation"
    assert not [m for m in modules if getattr(m, "inplace", False)]
    # The stem and the four bottlenecks are merged; four norms after a concatenation, transition's and last one stay.
    assert sum(isinstance(m, nn.Conv2d) and m.bias is not None for m in modules) == 1 + 4
    assert sum(isinstance(m, nn.BatchNorm2d) for m in modules) == 4 + 1 + 1
    assert not {p.data_ptr() for p in private.parameters()} & {p.data_ptr() for p in model.parameters()}


def test_no_mean_is_taken_over_values_that_cancel(private):
    """z-plus hands a mean's relevance on by shares of its sum; values of both signs make those shares explode."""
    inputs = []
    pools = [m for m in private.modules() if isinstance(m, (nn.AvgPool2d, nn.AdaptiveAvgPool2d))]
    handles = [pool.register_forward_pre_hook(lambda _, args: inputs.append(args[0])) for pool in pools]
    private(square(3))
    for handle in handles:
        handle.remove()
    assert len(inputs) == 2 and all((values >= 0).all() for values in inputs)


def test_zennit_as_it_comes_is_wrong_and_its_sum_does_not_tell(model):
    raw, x, label = copy.deepcopy(model), square(2), 1
    expected = gradient_x_input(model, x, label).ravel()
    as_it_comes = lrp.relevance(raw, lambda: LayerRules(), x, label).numpy().ravel()
    assert not abs(np.corrcoef(as_it_comes, expected)[0, 1]) > 0.9  # NaN where it overflows

    logit = float(model(x)[0, label])
    flat = lrp.relevance(raw, lambda: EpsilonPlusFlat(zero_params="bias"), x, label).numpy()
    assert abs(flat.sum() - logit) < 0.2 * abs(flat).sum()
    right = lrp.relevance(lrp.private_copy(model, "densenet"), lrp.epsilon_plus_flat, x, label).numpy()
    assert np.corrcoef(flat.ravel(), right.ravel())[0, 1] < 0.9


class LayerRules(EpsilonPlusFlat):
    """zennit's own map of layers with the epsilon rule in every convolution: batch norms pass."""

    def __init__(self):
        super().__init__(layer_map=[(nn.Conv2d, Epsilon())], first_map=[(nn.Conv2d, Epsilon())])


def test_epsilon_plus_flat_sums_to_the_logit_without_the_heads_bias(model, private):
    x = square(6)
    for label in range(4):
        relevance = lrp.relevance(private, lrp.epsilon_plus_flat, x, label).numpy()
        expected = float(model(x)[0, label] - model.net.classifier.bias[label])
        assert abs(relevance.sum() - expected) < 0.05 * abs(relevance).sum()


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_label_that_depends_on_nothing_has_no_relevance(model, private, rules):
    silent = copy.deepcopy(private)
    silent.net.classifier.weight[0] = 0
    assert not lrp.relevance(silent, rules, square(), 0).any()
    assert lrp.relevance(silent, rules, square(), 1).any()


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("value", [-2.0, 0.0, 2.0])
def test_a_film_of_one_grey_gives_numbers(private, rules, value):
    assert torch.isfinite(lrp.relevance(private, rules, torch.full((1, 1, SIZE_PX, SIZE_PX), value), 0)).all()


def test_a_network_without_relu_is_refused_by_name(tiny_backbones):
    with pytest.raises(ExplanationError, match="SiLU"):
        lrp.private_copy(make_model("tiny-silu"), "densenet")


# ---- nothing is left behind


def raising(*_):
    raise RuntimeError("in the middle")


def half_registered():
    composite = lrp.epsilon()
    given = composite.module_map
    composite.module_map = lambda ctx, name, module: raising() if "norm5" in name else given(ctx, name, module)
    return composite


def failing_rule():
    composite = lrp.epsilon()
    composite.layer_map = [(nn.BatchNorm2d, Epsilon(raising)), *composite.layer_map]
    return composite


@pytest.mark.parametrize("rules", [*RULE_SETS, half_registered, failing_rule])
def test_nothing_is_left_on_the_copy(private, rules):
    before, x = weights_hash(private), square()
    parameters = [id(p) for p in private.parameters()]
    if rules in RULE_SETS:
        lrp.relevance(private, rules, x, 0)
        with pytest.raises(RuntimeError):
            lrp.relevance(private, rules, x.repeat(1, 2, 1, 1), 0)  # a channel too many
    else:
        with pytest.raises(RuntimeError, match="in the middle"):
            lrp.relevance(private, rules, x, 0)
    assert count_hooks(private) == 0
    assert weights_hash(private) == before
    assert [id(p) for p in private.parameters()] == parameters
    assert not private.training and not any(p.requires_grad or p.grad is not None for p in private.parameters())
    assert not x.requires_grad
