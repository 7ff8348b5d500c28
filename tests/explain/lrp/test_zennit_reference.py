"""zennit on the rebuilt network says what the fast sweep says, and nothing stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from zennit.rules import Epsilon
from zennit.types import BatchNorm, Convolution

from cxr_demo.explain.lrp import propagate
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.zennit_reference import ZennitReference, make_composite
from cxr_demo.explain.methods import CHOICES
from tests.conftest import FAMILIES, count_hooks, make_model, program_hash, weights_hash
from tests.explain.lrp.test_propagate import (
    BOUNDS,
    MATRIX_RULES,
    THREADS,
    WINDOWS,
    Everything,
    box_rule,
    distance,
    epsilon_rule,
    film_of_everything,
    gamma_rule,
    make_sparse_net,
    pass_rule,
    slow_relevance,
    square,
)

RULE_SETS = {name: getattr(rule_sets, name) for name in MATRIX_RULES}


def vgg() -> nn.Module:
    """As torchvision's VGG with batch norm: means over a grid of cells, hidden dense layers, dropout."""
    torch.manual_seed(0)
    layers = []
    for inputs, outputs in ((1, 8), (8, 8), (8, 16)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        layers += [nn.MaxPool2d(2, 2)]
    head = [nn.Linear(16 * 4 * 4, 12), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(12, 4)]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), *head)
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight), nn.init.normal_(layer.bias)
    return net.eval().requires_grad_(False)


def make_window_net() -> nn.Module:
    """Whatever stands at the edges of maps, behind a convolution that makes two channels of a film's one."""
    return nn.Sequential(
        nn.Conv2d(1, 2, 1).double().requires_grad_(False), nn.AdaptiveAvgPool2d(18), Everything(WINDOWS)
    )


@pytest.fixture(scope="module", params=[*FAMILIES, "vgg", "sparse", "windows"])
def double(request, tiny_backbones):
    """The program of a small network of every family, in float64."""
    makers = {"vgg": vgg, "sparse": make_sparse_net, "windows": make_window_net}
    return lower_network(makers.get(request.param, lambda: make_model(request.param))().double())


@pytest.fixture(scope="module")
def rebuilt(tiny_backbones) -> ZennitReference:
    return ZennitReference(lower_network(make_model("tiny-mobilenetv3")))


# ---- the fast sweep and zennit


def test_what_is_rebuilt_computes_what_the_program_computes(double):
    x = square(4).double()
    torch.testing.assert_close(ZennitReference(double)(x), double.values(x)[double.end], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("as_written", [(), ("biases", "order"), CHOICES], ids=["ours", "zennit's presets", "all"])
def test_the_fast_sweep_is_zennit(double, as_written):
    x, labels = square(2).double(), [2, 1]
    fast, reference = propagate.Propagator(double, BOUNDS), ZennitReference(double)
    for name, rules in RULE_SETS.items():
        rules = rules.undo_choices(as_written)
        found = fast.relevance(rules, x, labels).numpy()
        expected = reference.relevance(make_composite(rules, BOUNDS), x, labels).numpy()
        for map_, wanted in zip(found, expected, strict=True):
            assert distance(map_, wanted) < 1e-9, name


def test_the_box_has_ends_of_its_own_for_each_channel():
    net, x = Everything(), film_of_everything()
    low, high = torch.tensor([-2.0, -3.0]).double(), torch.tensor([2.0, 4.0]).double()
    box = box_rule(*(end.numpy().repeat(x[0, 0].numel())[:, None] for end in (low, high)))
    program, bounds = lower_network(net), (low[None, :, None, None], high[None, :, None, None])
    fast = propagate.Propagator(program, bounds).relevance(rule_sets.GAMMA_BOX, x, range(3)).numpy()
    zennits = ZennitReference(program).relevance(make_composite(rule_sets.GAMMA_BOX, bounds), x, range(3)).numpy()
    for label in range(3):
        expected = slow_relevance(net, (box, gamma_rule, pass_rule), x, label)
        assert distance(fast[label], expected) < 1e-7 and distance(zennits[label], expected) < 1e-7
        for wrong in ((epsilon_rule, gamma_rule, pass_rule), (box, epsilon_rule, pass_rule)):
            assert distance(fast[label], slow_relevance(net, wrong, x, label)) > 1e-2


# ---- nothing is left behind


def raising(*_):
    raise RuntimeError("in the middle")


def half_registered():
    rules = make_composite(rule_sets.EPSILON)
    given = rules.module_map
    rules.module_map = lambda ctx, name, module: raising() if name.endswith("head") else given(ctx, name, module)
    return rules


def failing_rule():
    rules = make_composite(rule_sets.EPSILON)
    rules.layer_map = [((Convolution, BatchNorm), Epsilon(raising)), *rules.layer_map]
    return rules


GOOD = {name: lambda rules=rules: make_composite(rules, BOUNDS) for name, rules in RULE_SETS.items()}


@pytest.mark.parametrize("make", [*GOOD.values(), half_registered, failing_rule], ids=[*GOOD, "half", "failing"])
def test_nothing_is_left_on_the_modules(rebuilt, make):
    before, x = (weights_hash(rebuilt), program_hash(rebuilt.program)), square()
    parameters, kept = [id(p) for p in rebuilt.parameters()], x.clone()
    if make in GOOD.values():
        assert rebuilt.relevance(make(), x, [0]).any()
        with pytest.raises(RuntimeError):
            rebuilt.relevance(make(), x.repeat(1, 2, 1, 1), [0])  # a channel too many
    else:
        with pytest.raises(RuntimeError, match="in the middle"):
            rebuilt.relevance(make(), x, [0])
    assert count_hooks(rebuilt) == 0
    assert (weights_hash(rebuilt), program_hash(rebuilt.program)) == before
    assert [id(p) for p in rebuilt.parameters()] == parameters
    assert not rebuilt.training and not any(p.requires_grad or p.grad is not None for p in rebuilt.parameters())
    assert torch.equal(x, kept) and not x.requires_grad
    assert rebuilt._lock.acquire(timeout=1)
    rebuilt._lock.release()


def test_eight_threads_on_one_get_the_maps_of_one(rebuilt):
    jobs = [(name, seed) for name in GOOD for seed in range(2)] * 2

    def explain(job):
        return rebuilt.relevance(GOOD[job[0]](), square(job[1]), [0])

    expected = {job: explain(job) for job in jobs}
    with ThreadPoolExecutor(THREADS) as pool:
        for job, map_ in zip(jobs, pool.map(explain, jobs), strict=True):
            assert torch.equal(map_, expected[job])
    assert count_hooks(rebuilt) == 0
