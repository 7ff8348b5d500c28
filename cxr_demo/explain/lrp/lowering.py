"""From a network to its `Program`: torch.fx follows the forward method, two tables say what each thing it meets is."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Any, cast

import torch
import torch.nn.functional as F
from timm.layers.activations import GELU, HardSigmoid, HardSwish, Sigmoid, Swish
from timm.layers.adaptive_avgmax_pool import SelectAdaptivePool2d
from timm.layers.blur_pool import BlurPool2d
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.drop import DropBlock2d, DropPath
from timm.layers.eca import EcaModule
from timm.layers.grn import GlobalResponseNorm
from timm.layers.pool2d_same import AvgPool2dSame, MaxPool2dSame
from timm.layers.split_attn import SplitAttn
from timm.models.vgg import ConvMlp
from torch import fx, nn
from torch.fx.proxy import TraceError
from torchvision.models.shufflenetv2 import channel_shuffle
from torchvision.ops import StochasticDepth

from cxr_demo.errors import ExplanationError
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.attention import read_neighbour_gate, read_response_gate, read_split_gate
from cxr_demo.explain.lrp.program import Program, Step
from cxr_demo.explain.lrp.rewriting import rewrite_steps
from cxr_demo.networks.open_nets import PooledLinear
from cxr_demo.networks.tracing import TRACING, SafeTracer

Size = int | tuple[int, int]


def lower_network(model: nn.Module, as_written: Collection[str] = ()) -> Program:
    """The program of a network in eval mode that takes images to logits, for any number of rows and columns; with
    "order" in `as_written`, of `methods.CHOICES`, in the network's own order.

    Raises ExplanationError, naming it, for an operation that no rule here is right for.
    """
    steps, start, end = _lowered(model)
    return rewrite_steps(steps, start, end, "order" in as_written)


def _lowered(model: nn.Module) -> tuple[list[Step], str, str]:
    """One step for each operation; what does nothing in eval mode is left out."""
    modules = dict(model.named_modules())
    steps: list[Step] = []
    names: dict[str, str] = {}  # what fx calls it -> what the program calls it
    constants: dict[str, torch.Tensor] = {}
    start = end = ""
    turned: set[str] = set()  # nodes of the network that have their channels last, as (N, h, w, K)

    for node in _traced(model):
        ins = tuple(names[i.name] for i in node.all_input_nodes if i.name not in constants)
        if node.op == "placeholder":
            start = names[node.name] = node.name
            continue
        if node.op == "output":
            end = ins[0]
            continue
        if node.op == "get_attr":
            constants[node.name] = _copy(operator.attrgetter(str(node.target))(model))
            continue
        if ins == () and node.target == "reshape":
            source, *shape = node.args
            constants[node.name] = constants[str(source)].reshape(cast(list[int], shape))
            continue
        if any(i.name in turned for i in node.all_input_nodes) or node.target == "permute":
            turned |= {node.name} if node.args[1:] != (0, 3, 1, 2) else set()
        if node.op == "call_module":
            module = modules[str(node.target)]
            found = _pointwise(module) if node.name in turned and isinstance(module, nn.Linear) else _of_module(module)
        else:
            found = _of_call(node, [constants[i.name] for i in node.all_input_nodes if i.name in constants])
        for place, operation in enumerate(found):
            out = node.name if place == len(found) - 1 else f"{node.name}_{place}"
            ins = (steps[-1].ins[0], *ins) if place and isinstance(operation, op.Gate) else ins
            steps.append(Step(out, ins if place else _signal_first(ins, operation, steps), operation))
            ins = (out,)
        names[node.name] = ins[0]
    return steps, start, end


def _traced(model: nn.Module) -> Iterable[fx.Node]:
    try:
        with TRACING:
            return SafeTracer(tuple(_MODULES), (channel_shuffle,)).trace(model).nodes
    except TraceError as error:
        raise ExplanationError("refusal-depends") from error
    except (TypeError, AttributeError, RuntimeError, NotImplementedError, AssertionError) as error:
        raise ExplanationError("refusal-not-followed") from error


def _signal_first(ins: tuple[str, ...], operation: op.Operation, steps: list[Step]) -> tuple[str, ...]:
    """The inputs of a product, the gate last: it is what an activation between 0 and 1 gives."""
    if not isinstance(operation, op.Gate):
        return ins
    activations = {step.out: step.operation for step in steps if isinstance(step.operation, op.Activation)}
    gates = [name for name in ins if name in activations and activations[name].is_gate]
    if len(ins) != 2 or len(gates) != 1:
        raise ExplanationError("refusal-no-gate")
    return tuple(name for name in ins if name not in gates) + tuple(gates)


def _of_module(module: nn.Module) -> Sequence[op.Operation]:
    lower = next((make for kind, make in _MODULES.items() if isinstance(module, kind)), None)
    if lower is None or (lower is _activation and type(module) not in _ACTIVATIONS):
        raise ExplanationError("refusal-layer", kind=type(module).__name__)
    return lower(module)


def _of_call(node: fx.Node, constants: list[torch.Tensor]) -> Sequence[op.Operation]:
    """A function or a method on tensors. `constants`: those of its arguments that are weights."""
    target = node.target
    if target in (operator.add, operator.iadd, torch.add) and len(node.all_input_nodes) == 2 and not constants:
        return [op.Add()]
    if target in (operator.mul, torch.mul, "mul"):
        return [op.Affine(constants[0].flatten(), torch.zeros(constants[0].numel()))] if constants else [op.Gate()]
    if target is torch.cat and (node.kwargs.get("dim", node.args[-1]) == 1):
        return [op.Concatenate()]
    found = _of_part(node)
    if found is not None:
        return found
    if target is channel_shuffle:
        return [op.Shuffle(cast(int, node.args[1]))]
    if target in _FUNCTIONS:
        return _of_function(node)
    if target == "mean" and tuple(cast(Iterable[int], node.kwargs.get("dim") or node.args[1])) in ((2, 3), (-2, -1)):
        return [op.MeanPool(1)] if _keeps_dimensions(node) else [op.MeanPool(1), op.Flatten()]
    if target == "permute" and tuple(node.args[1:]) in ((0, 2, 3, 1), (0, 3, 1, 2)):
        return []  # channels stay second; what reads the last axis in the network reads the second in the program
    if target == "contiguous" or (target is F.dropout and not node.kwargs.get("training", True)):
        return []
    if target in ("flatten", torch.flatten) and tuple(node.args[1:]) == (1,):
        return [op.Flatten()]
    name = getattr(target, "__name__", target)
    if owner := _name_owner(node):
        raise ExplanationError("refusal-call-inside", name=str(name), owner=owner)
    raise ExplanationError("refusal-call", name=str(name))


def _of_part(node: fx.Node) -> Sequence[op.Operation] | None:
    """Of a call that takes some of the channels; None for any other."""
    target, args = node.target, node.args
    if target == "chunk" and args[1:] == (2,) and node.kwargs == {"dim": 1}:
        return []  # the slices are taken by the two that read it
    if target in ("split", torch.split) and (node.kwargs.get("dim") or args[-1]) == 1:
        return []
    if target is not operator.getitem:
        return None
    source, wanted = args
    if isinstance(source, fx.Node) and isinstance(wanted, int) and source.target == "chunk":
        return [op.Half(wanted)]
    if isinstance(source, fx.Node) and isinstance(wanted, int) and source.target in ("split", torch.split):
        widths = cast("int | Sequence[int]", source.args[1])
        if isinstance(widths, Sequence):
            ends = [0, *accumulate(widths)]
            place = wanted % len(widths)
            return [op.Slice(ends[place], ends[place + 1])]
        return [op.Slice(wanted * widths, (wanted + 1) * widths or None)]  # from the end where it is below 0
    if isinstance(wanted, tuple) and len(wanted) in (2, 4) and isinstance(wanted[1], slice):
        if any(part != slice(None) for part in (wanted[0], *wanted[2:])):
            return None
        start, stop, step = wanted[1].start or 0, wanted[1].stop, wanted[1].step
        if step in (None, 1) and isinstance(start, int) and isinstance(stop, int | None):
            return [op.Slice(start, stop)]
    return None


def _of_function(node: fx.Node) -> Sequence[op.Operation]:
    """What a function of torch.nn.functional does is what the module of its name does."""
    defaults, make = _FUNCTIONS[cast(Callable, node.target)]
    given = dict(zip(defaults, node.args[1:], strict=False)) | dict(node.kwargs)
    given = {name: value for name, value in given.items() if name in defaults}
    return make(**{**defaults, **given})


def _keeps_dimensions(node: fx.Node) -> bool:
    return bool(node.kwargs.get("keepdim", node.args[2] if len(node.args) > 2 else False))


def _name_owner(node: fx.Node) -> str:
    """Whose forward method calls it, for the sentence."""
    owners = list((node.meta.get("nn_module_stack") or {}).values())
    kind = owners[-1][1] if owners else None
    return kind.__name__ if isinstance(kind, type) else ""


def _convolution(module: nn.Conv2d) -> Sequence[op.Operation]:
    if module.padding_mode != "zeros" or type(module) not in (nn.Conv2d, Conv2dSame):
        raise ExplanationError("refusal-padding", kind=type(module).__name__)
    is_same = isinstance(module, Conv2dSame) or module.padding == "same"
    padding = (0, 0) if is_same or isinstance(module.padding, str) else module.padding
    stride, padding, dilation = (cast(tuple[int, int], size) for size in (module.stride, padding, module.dilation))
    made = op.Convolution(
        _copy(module.weight), _bias(module, module.out_channels), stride, padding, dilation, module.groups
    )
    return [replace(made, is_same=is_same)]


def _pointwise(module: nn.Linear) -> Sequence[op.Operation]:
    """A dense layer at every place of a map is a 1x1 convolution."""
    return [op.Convolution(_copy(module.weight)[:, :, None, None], _bias(module, module.out_features))]


def _dense(module: nn.Linear) -> Sequence[op.Operation]:
    return [op.Dense(_copy(module.weight), _bias(module, module.out_features))]


def _batch_norm(module: nn.BatchNorm1d | nn.BatchNorm2d) -> Sequence[op.Operation]:
    if module.running_var is None or module.running_mean is None:
        raise ExplanationError("refusal-norms")
    scale = module.weight.detach() * (module.running_var + module.eps).rsqrt()
    affine = op.Affine(scale, module.bias.detach() - module.running_mean * scale)
    activation = getattr(module, "act", None)  # of timm's, which hold one
    return [affine] if activation is None else [affine, *_of_module(activation)]


def _layer_norm(module: nn.LayerNorm) -> Sequence[op.Operation]:
    return [op.Standardise(_copy(module.weight), _copy(module.bias), module.eps)]


def _activation(module: nn.Module) -> Sequence[op.Operation]:
    # A copy that writes nothing over its input, which the rules still need.
    return [op.Activation(_ACTIVATIONS[type(module)], _COMMON_NAMES.get(type(module), type(module).__name__))]


def _leaky_relu(module: nn.LeakyReLU) -> Sequence[op.Operation]:
    return _leak(module.negative_slope)


def _leak(negative_slope: float, inplace: bool = False) -> Sequence[op.Operation]:
    return [op.Activation(partial(F.leaky_relu, negative_slope=negative_slope), "LeakyReLU")]


def _max_pool(module: nn.MaxPool2d) -> Sequence[op.Operation]:
    return _max(module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode)


def _max(
    kernel_size: Size, stride: Size | None, padding: Size, dilation: Size, ceil_mode: bool
) -> Sequence[op.Operation]:
    return [op.MaxPool(kernel_size, kernel_size if stride is None else stride, padding, dilation, ceil_mode)]


def _max_pool_same(module: nn.MaxPool2d) -> Sequence[op.Operation]:
    shape = _pair(module.kernel_size), _pair(module.stride), _pair(module.dilation)
    return [op.Pad(value=-math.inf, same=shape), *_max_pool(module)]


def _mean_pool(module: nn.AvgPool2d) -> Sequence[op.Operation]:
    if module.divisor_override:
        raise ExplanationError("refusal-divides")
    return _mean(module.kernel_size, module.stride, module.padding, module.ceil_mode, module.count_include_pad)


def _mean(
    kernel_size: Size, stride: Size | None, padding: Size, ceil_mode: bool, count_include_pad: bool
) -> Sequence[op.Operation]:
    kernel, padding = _pair(kernel_size), _pair(padding)
    stride = kernel if stride is None else _pair(stride)
    if kernel == stride and kernel[0] == kernel[1] and padding == (0, 0) and not ceil_mode:
        return [op.BlockMean(kernel[0])]
    return [op.WindowMean(kernel, stride, padding, ceil_mode, count_include_pad)]


def _mean_pool_same(module: nn.AvgPool2d) -> Sequence[op.Operation]:
    return [op.Pad(same=(_pair(module.kernel_size), _pair(module.stride), (1, 1))), *_mean_pool(module)]


def _blur_pool(module: BlurPool2d) -> Sequence[op.Operation]:
    edges = cast(list[int], module.padding)
    return [_pad(edges, module.pad_mode), op.Blur(_copy(cast(torch.Tensor, module.filt)[0, 0]), module.stride)]


def _enlarge(module: nn.Upsample) -> Sequence[op.Operation]:
    if module.scale_factor is None or module.mode not in ("nearest", "bilinear"):
        raise ExplanationError("refusal-enlarges", mode=str(module.mode))
    rows, columns = _pair(cast(Size, module.scale_factor))
    return [op.Enlarge((float(rows), float(columns)), module.mode, bool(module.align_corners))]


def _pad(pad: Sequence[int], mode: str = "constant", value: float | None = None) -> op.Operation:
    if len(pad) != 4 or not all(isinstance(edge, int) for edge in pad):
        raise ExplanationError("refusal-pads")
    return op.Pad(cast(op.Edges, tuple(pad)), mode, value or 0.0)


def _padding(mode: str) -> Callable[[Any], Sequence[op.Operation]]:
    return lambda module: [_pad(module.padding, mode, getattr(module, "value", 0.0))]


def _pair(size: Size) -> tuple[int, int]:
    return (size[0], size[-1]) if isinstance(size, tuple | list) else (size, size)


def _global_pool(module: SelectAdaptivePool2d) -> Sequence[op.Operation]:
    if module.pool_type != "avg":
        raise ExplanationError("refusal-pools", kind=str(module.pool_type))
    return [op.MeanPool(1), op.Flatten()] if isinstance(module.flatten, nn.Flatten) else [op.MeanPool(1)]


def _adaptive_pool(module: nn.AdaptiveAvgPool2d) -> Sequence[op.Operation]:
    return _adaptive_mean(cast(Size, module.output_size))


def _adaptive_mean(output_size: Size) -> Sequence[op.Operation]:
    rows, columns = _pair(output_size)
    if rows != columns:
        raise ExplanationError("refusal-pools-grid")
    return [op.MeanPool(rows)]


def _response_norm(module: Any) -> Sequence[op.Operation]:
    return [read_response_gate(module), op.Gate(), op.Affine(torch.ones_like(module.bias), _copy(module.bias))]


def _split_attention(module: Any) -> Sequence[op.Operation]:
    split = _in_turn(module.conv, module.bn0, module.drop, module.act0)
    return [*split, read_split_gate(module), op.Gate(), op.SumParts(module.radix)]


def _in_turn(*parts: nn.Module) -> list[op.Operation]:
    return [step for part in parts for step in _of_module(part)]


def _nothing(module: nn.Module) -> Sequence[op.Operation]:
    return []


_ACTIVATIONS: dict[type, Callable] = {
    nn.ReLU: F.relu, nn.ReLU6: F.relu6, nn.SiLU: F.silu, nn.Hardswish: F.hardswish, nn.GELU: F.gelu,
    GELU: F.gelu, nn.Sigmoid: torch.sigmoid, Sigmoid: torch.sigmoid,
    nn.Hardsigmoid: F.hardsigmoid, HardSigmoid: F.hardsigmoid, HardSwish: F.hardswish, Swish: F.silu,
}  # fmt: skip
_COMMON_NAMES = {HardSigmoid: "Hardsigmoid", HardSwish: "Hardswish", Swish: "SiLU"}  # timm's -> torch's
# The first that fits: a subclass stands before its class.
_MODULES: dict[type, Callable[..., Sequence[op.Operation]]] = {
    nn.Conv2d: _convolution,
    PooledLinear: lambda module: [op.Flatten(), *_dense(module)],
    nn.Linear: _dense,
    nn.modules.batchnorm._BatchNorm: _batch_norm,
    nn.LayerNorm: _layer_norm,
    **dict.fromkeys(_ACTIVATIONS, _activation),
    nn.LeakyReLU: _leaky_relu,
    MaxPool2dSame: _max_pool_same,
    nn.MaxPool2d: _max_pool,
    AvgPool2dSame: _mean_pool_same,
    nn.AvgPool2d: _mean_pool,
    BlurPool2d: _blur_pool,
    nn.Upsample: _enlarge,
    nn.ConstantPad2d: _padding("constant"),
    nn.ReflectionPad2d: _padding("reflect"),
    nn.ReplicationPad2d: _padding("replicate"),
    EcaModule: lambda module: [read_neighbour_gate(module), op.Gate()],
    GlobalResponseNorm: _response_norm,
    SplitAttn: _split_attention,
    ConvMlp: lambda module: [op.AtLeast(module.input_kernel_size), *_in_turn(*module.children())],
    SelectAdaptivePool2d: _global_pool,
    nn.AdaptiveAvgPool2d: _adaptive_pool,
    nn.Flatten: lambda module: [op.Flatten()],
    nn.Identity: _nothing,
    nn.Dropout: _nothing,
    DropPath: _nothing,
    DropBlock2d: _nothing,
    StochasticDepth: _nothing,
}
# Their arguments behind the tensor and what these are where they are not given.
_FUNCTIONS: dict[Callable, tuple[dict[str, Any], Callable[..., Sequence[op.Operation]]]] = {
    torch.relu: ({}, lambda: [op.Activation(F.relu, "ReLU")]),
    F.relu: ({}, lambda: [op.Activation(F.relu, "ReLU")]),
    F.silu: ({}, lambda: [op.Activation(F.silu, "SiLU")]),
    torch.sigmoid: ({}, lambda: [op.Activation(torch.sigmoid, "Sigmoid")]),
    F.leaky_relu: ({"negative_slope": 0.01}, _leak),
    F.pad: ({"pad": (), "mode": "constant", "value": None}, lambda **given: [_pad(**given)]),
    F.avg_pool2d: (
        {"kernel_size": 1, "stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True}, _mean
    ),
    F.max_pool2d: (
        {"kernel_size": 1, "stride": None, "padding": 0, "dilation": 1, "ceil_mode": False}, _max
    ),
    F.adaptive_avg_pool2d: ({"output_size": 1}, _adaptive_mean),
}  # fmt: skip


def _copy(weight: torch.Tensor) -> torch.Tensor:
    return weight.detach().clone()


def _bias(module: nn.Conv2d | nn.Linear, outputs: int) -> torch.Tensor:
    return torch.zeros(outputs, dtype=module.weight.dtype) if module.bias is None else _copy(module.bias)
