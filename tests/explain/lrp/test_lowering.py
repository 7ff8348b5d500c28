"""From networks to programs: the same logits, what is merged and moved, what is refused, and that nothing is shared."""

from __future__ import annotations

import functools
import gc
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.pool2d_same import AvgPool2dSame, MaxPool2dSame
from timm.models.convnext import ConvNeXtBlock
from timm.models.resnet import BasicBlock, Bottleneck
from torch import nn

from cxr_demo.errors import ExplanationError
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.program import DENOMINATOR
from tests.conftest import FAMILIES, SIZE_PX, make_film, make_model, tensors_of

BLOCKS = (BasicBlock, Bottleneck, ConvNeXtBlock)  # each adds its input to what it made of it
NORMS_BEHIND_A_CONCATENATION = {"tiny": 6, "tiny-silu": 6}  # of four dense layers, a transition and the end
WITHOUT_RELU = ("tiny-silu", "tiny-efficientnet", "tiny-convnext")
BENT = (*WITHOUT_RELU, "tiny-mobilenetv2", "tiny-mobilenetv3")


def squares(count: int = 1, size_px: int = SIZE_PX) -> torch.Tensor:
    films = np.stack([make_film(seed, (size_px, size_px)) for seed in range(count)])
    return torch.from_numpy((films - 0.5) / 0.25)[:, None]


@pytest.fixture(scope="module", params=FAMILIES)
def name(request, tiny_backbones):
    return request.param


@pytest.fixture(scope="module")
def model(name):
    return make_model(name)


@pytest.fixture(scope="module")
def program(model):
    return lower_network(model)


def count(program, *kinds: type) -> int:
    return sum(isinstance(step.operation, kinds) for step in program.steps)


# ---- the same numbers


@pytest.mark.parametrize("size_px", [SIZE_PX, 67])
def test_a_program_computes_the_networks_logits(name, model, program, size_px):
    x = squares(2, size_px)
    expected, found = model(x), program.values(x)[program.end]
    assert (found - expected).abs().max() <= 3e-5 * expected.abs().max()
    try:
        exact, found = model.double()(x.double()), lower_network(model)
        values = found.values(x.double())
    finally:
        model.float()
    assert {value.dtype for value in values.values() if value.is_floating_point()} == {torch.float64}
    assert (values[found.end] - exact).abs().max() <= 1e-10 * exact.abs().max()


def test_another_precision_is_the_same_program(program):
    x = squares()
    single, double = program.values(x)[program.end], program.to(torch.float64).values(x.double())[program.end]
    assert double.dtype == torch.float64 and program.values(x)[program.end].dtype == torch.float32
    torch.testing.assert_close(double.float(), single, rtol=1e-4, atol=1e-5 * float(single.abs().max()))


def test_the_image_is_never_written_over(program):
    x = squares()
    before = x.clone()
    program.values(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("channels", [1, 3])
def test_values_lie_with_their_channels_last(channels):
    """Of one channel torch cannot tell, and would take the other order for all that follows: twice the time."""
    program = lower_network(make_model("tiny", channels=channels))
    values = program.values(squares().repeat(1, channels, 1, 1))
    assert all(value.stride(1) == 1 for value in values.values() if value.dim() == 4)


def test_a_doubled_convolution_gives_both_values(program):
    x, plain = squares(), program.values(squares())
    chosen = [s for s in program.steps if isinstance(s.operation, op.Convolution) and s.operation.groups == 1][:3]
    layers = [step.operation for step in chosen]
    found = program.values(
        x,
        {
            step.out: (torch.cat([layer.weight, -2 * layer.weight]), torch.cat([layer.bias, layer.bias + 1]))
            for step, layer in zip(chosen, layers, strict=True)
        },
    )
    torch.testing.assert_close(found[program.end], plain[program.end], rtol=1e-4, atol=1e-4)
    for step, layer in zip(chosen, layers, strict=True):
        second = layer.linear(found[step.ins[0]], -2 * layer.weight, layer.bias + 1)
        torch.testing.assert_close(found[step.out + DENOMINATOR], second, rtol=1e-4, atol=1e-4)


# ---- what it is made of


def test_what_a_convolution_can_absorb_is_absorbed(name, model, program):
    made = {step.out: step.operation for step in program.steps}
    readers = Counter(source for step in program.steps for source in step.ins)
    left = [step for step in program.steps if isinstance(step.operation, op.Affine)]
    for step in left:
        assert not (isinstance(made[step.ins[0]], op.WEIGHTED) and readers[step.ins[0]] == 1)
    norms = sum(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules())
    assert len(left) == NORMS_BEHIND_A_CONCATENATION.get(name, 0) and (norms > 10) == (
        name not in ("tiny-convnext", "squeezenet1_0")
    )


def test_sums_gates_and_layer_norms_are_those_of_the_blocks(model, program):
    modules = list(model.modules())
    sums = sum(isinstance(module, BLOCKS) or getattr(module, "has_skip", False) for module in modules)
    gates = sum(hasattr(module, "gate") for module in modules)
    norms = sum(isinstance(module, nn.LayerNorm) for module in modules)
    assert (count(program, op.Add), count(program, op.Gate), count(program, op.Standardise)) == (sums, gates, norms)
    assert count(program, op.WEIGHTED) == sum(isinstance(module, (nn.Conv2d, nn.Linear)) for module in modules)


def test_no_relevance_goes_into_what_computes_a_gate(program):
    """Mean, two convolutions and two activations for each gate; all else is explained."""
    assert sum(not step.carries_relevance for step in program.steps) == 5 * count(program, op.Gate)


def test_a_program_knows_whether_it_is_piecewise_linear(name, program):
    assert program.is_piecewise_linear == (name not in BENT)


def test_one_convolution_reads_the_image(program):
    assert [step for step in program.steps if step.is_input_layer] == [program.steps[0]]


def test_what_is_marked_as_never_below_zero_is_not(name, program):
    """z-plus leaves out half of its work there."""
    marked = [step for step in program.steps if step.non_negative]
    assert len(marked) > 5 or name in WITHOUT_RELU
    for x in (squares(4), torch.randn(2, 1, SIZE_PX, SIZE_PX, generator=torch.Generator().manual_seed(0))):
        values = program.values(x)
        for step in marked:
            assert all((values[source] >= 0).all() for source in step.ins), step.out


def test_no_mean_of_a_densenet_is_taken_over_values_that_cancel():
    """z-plus hands a mean's relevance on by shares of its sum; values of both signs make those shares explode."""
    program = lower_network(make_model("tiny"))
    means = [step for step in program.steps if isinstance(step.operation, (op.BlockMean, op.MeanPool))]
    assert len(means) == 2 and all(step.non_negative for step in means)


def test_a_concatenation_reads_the_one_before():
    """The sums of a dense block's many readers are then taken once."""
    steps = lower_network(make_model("tiny")).steps
    assert [len(step.ins) for step in steps if isinstance(step.operation, op.Concatenate)] == [1, 2, 2] * 2


# ---- nothing is shared


class Scaled(nn.Module):
    """A layer scale that nothing absorbs."""

    def __init__(self):
        super().__init__()
        self.convolution, self.norm, self.output = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2)
        self.scale = nn.Parameter(torch.tensor([0.5, 1.0, 2.0, -1.0]))

    def forward(self, x):
        x = F.relu(self.convolution(x)) * self.scale.reshape(1, -1, 1, 1)
        return self.output(self.norm(x).mean((2, 3)))


@pytest.mark.parametrize("kind", [*FAMILIES, "scaled"])
def test_a_program_holds_copies_of_the_weights(kind):
    x, model = squares(), Scaled().eval() if kind == "scaled" else make_model(kind)
    program, expected = lower_network(model), model(x).detach()
    shared = {tensor.untyped_storage().data_ptr() for tensor in model.state_dict().values()}
    assert not shared & {tensor.untyped_storage().data_ptr() for tensor in tensors_of(program)}
    with torch.no_grad():
        for value in model.state_dict().values():
            value.zero_()
    torch.testing.assert_close(program.values(x)[program.end], expected, rtol=1e-4, atol=1e-4)


def test_a_program_does_not_keep_the_network():
    model = make_model("tiny-mobilenetv3")
    program, gone = lower_network(model), weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None and program.steps


# ---- what a call may look like


@pytest.mark.parametrize(
    "change",
    [
        lambda x, gate: F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False),
        lambda x, gate: F.max_pool2d(x, kernel_size=3, stride=2),
        lambda x, gate: F.max_pool2d(x, 2),
        lambda x, gate: F.adaptive_avg_pool2d(x, (2, 2)),
        lambda x, gate: F.pad(x, [1, 0, 2, 1], "constant", 0.5),
        lambda x, gate: F.pad(x, (1, 0, 2, 1), mode="reflect"),
        lambda x, gate: F.leaky_relu(x, 0.3, True),
        lambda x, gate: F.dropout(F.silu(x), 0.5, training=False),
        lambda x, gate: torch.cat([x[:, 3:], x[:, :2, :, :], x[:, 2:3]], 1).contiguous(),
        lambda x, gate: torch.cat([torch.split(x, [1, 3], 1)[1], torch.split(x, [1, 3], 1)[0]], 1),
        lambda x, gate: torch.cat([x.split(2, dim=1)[1], x.split(2, dim=1)[0]], 1),
        lambda x, gate: torch.cat([x.split(2, dim=1)[-1], x.split([1, 2, 1], dim=1)[-2]], 1),
        lambda x, gate: torch.cat([x[:, -1:], x[:, :-1]], 1),
    ],
    ids=range(13),
)
def test_a_function_is_read_with_its_arguments(change):
    model = Calls(change).eval().double()
    x = squares().double()
    program = lower_network(model)
    torch.testing.assert_close(program.values(x)[program.end], model(x).detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("size_px", [15, 16, 17, 18])
def test_padding_that_depends_on_the_size_is_found_at_every_size(size_px):
    """One program for all of them, as TensorFlow pads: a stride of 2 and a kernel of 3 have 0 and 1, or 1 and 1."""
    layers = [Conv2dSame(1, 4, 3, 2), nn.ReLU(), MaxPool2dSame(3, 2), AvgPool2dSame(2, 2), Conv2dSame(4, 4, (5, 2))]
    layers += [nn.Conv2d(4, 4, (4, 3), padding="same"), nn.Conv2d(4, 4, 1, padding="valid")]
    model = nn.Sequential(*layers).eval().double()
    program, x = lower_network(model), squares(2, size_px).double()
    torch.testing.assert_close(program.values(x)[program.end], model(x).detach(), rtol=1e-12, atol=1e-12)


def test_zeros_before_a_convolution_are_its_own_edges():
    """Rules that share out by the places an output reads would else count places where no pixel lies."""
    model = nn.Sequential(nn.ZeroPad2d((1, 0, 2, 1)), nn.Conv2d(1, 4, 3), nn.ReLU(), nn.ConstantPad2d(1, 0.5)).eval()
    steps = lower_network(model).steps
    assert [type(step.operation) for step in steps] == [op.Convolution, op.Activation, op.Pad]
    assert steps[0].operation.edges == (1, 0, 2, 1) and steps[0].is_input_layer


# ---- what is refused


class Calls(nn.Module):
    """A convolution, then what `change` does with it."""

    def __init__(self, change):
        super().__init__()
        self.convolution, self.change, self.output = nn.Conv2d(1, 4, 3, padding=1), change, nn.Linear(4, 2)
        self.gate = nn.Sigmoid()

    def forward(self, x):
        return self.output(self.change(self.convolution(x), self.gate).mean((2, 3)))


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.PReLU(), "PReLU"),
        (nn.ELU(), "ELU"),
        (nn.Softmax(dim=1), "Softmax"),
        (nn.GroupNorm(2, 4), "GroupNorm"),
        (nn.InstanceNorm2d(4), "InstanceNorm2d"),
        (nn.ConvTranspose2d(4, 4, 3), "ConvTranspose2d"),
        (nn.Upsample(scale_factor=2, mode="bicubic"), "enlarges maps by 'bicubic'"),
        (nn.Upsample(size=9), "enlarges maps"),
        (nn.AdaptiveMaxPool2d(2), "AdaptiveMaxPool2d"),
        (nn.AdaptiveAvgPool2d((2, 3)), "grid that is not square"),
        (nn.AvgPool2d(2, divisor_override=3), "divides sums by a number of its own"),
        (nn.ConstantPad2d((1, 1), 0), "other than rows and columns"),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), "pad in a way of their own"),
    ],
    ids=str,
)
def test_a_layer_without_a_rule_is_refused_by_name(layer, said):
    with pytest.raises(ExplanationError, match=said):
        lower_network(nn.Sequential(nn.Conv2d(1, 4, 3), layer).eval())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x, gate: x * torch.add(x, F.relu(x)), "multiplies two values of which none is a gate"),
        (lambda x, gate: x * x, "multiplies two values of which none is a gate"),
        (lambda x, gate: gate(x) * gate(-1 * x), "multiplies two values of which none is a gate"),
        (lambda x, gate: torch.tanh(x), "calls tanh"),
        (lambda x, gate: torch.matmul(x, x), "calls matmul"),
        (lambda x, gate: F.softmax(x, dim=1), "calls softmax"),
        (lambda x, gate: F.interpolate(x, scale_factor=2), "calls interpolate"),
        (lambda x, gate: x - F.relu(x), "calls sub"),
        (lambda x, gate: torch.cat([x, F.relu(x)], dim=2), "calls cat"),
        (lambda x, gate: x.mean((1, 2), keepdim=True), "calls mean"),
        (lambda x, gate: x.chunk(3, dim=1)[0], "calls chunk"),
        (lambda x, gate: x.permute(0, 3, 2, 1), "calls permute"),
        (lambda x, gate: x[:, ::2], "calls getitem"),
        (lambda x, gate: x[:, :, 1:], "calls getitem"),
        (lambda x, gate: x.view(x.shape[0], -1), "calls getattr"),
    ],
    ids=range(15),
)
def test_a_call_without_a_rule_is_refused_by_name(change, said):
    with pytest.raises(ExplanationError, match=said):
        lower_network(Calls(change).eval())


def test_a_call_is_named_with_the_block_that_makes_it():
    with pytest.raises(ExplanationError, match="calls tanh in its Calls in a way"):
        lower_network(nn.Sequential(Calls(lambda x, gate: torch.tanh(x))).eval())


def test_a_value_that_others_read_too_is_not_written_over():
    """As in networks whose ReLU stands before the convolution and not behind the sum."""
    x, model = squares(), Calls(lambda x, gate: x + F.relu(x)).eval()
    program = lower_network(model)
    torch.testing.assert_close(program.values(x)[program.end], model(x).detach())


def test_a_gate_may_stand_on_either_side():
    x = squares()
    for change in (lambda x, gate: x * gate(x), lambda x, gate: gate(x) * x):
        torch.manual_seed(0)
        model = Calls(change).eval()
        program = lower_network(model)
        (step,) = (step for step in program.steps if isinstance(step.operation, op.Gate))
        assert step.ins == ("convolution", "gate")
        torch.testing.assert_close(program.values(x)[program.end], model(x).detach())


def test_what_other_threads_do_while_a_network_is_followed_is_theirs():
    """torch.fx watches every module of the process meanwhile."""
    networks = [make_model("tiny", seed=seed) for seed in range(4)]
    x = squares()
    expected = [network(x).detach() for network in networks]
    faults: list[BaseException] = []
    stop = threading.Event()

    def keep(work: Callable[[], None]) -> None:
        try:
            while not stop.is_set():
                work()
        except BaseException as error:  # raised again below
            faults.append(error)

    def predict() -> None:
        assert torch.equal(networks[0](x).detach(), expected[0])

    def lower(place: int) -> None:
        program = lower_network(networks[place])
        torch.testing.assert_close(program.values(x)[program.end], expected[place], rtol=1e-4, atol=1e-4)

    works = [predict, predict, *(functools.partial(lower, place) for place in (1, 2, 3))]
    threads = [threading.Thread(target=keep, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    time.sleep(2)
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]
