"""From a network to its `Program`: torch.fx follows the forward method, two tables say what each thing it meets is."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from timm.layers.activations import GELU, Sigmoid
from timm.layers.adaptive_avgmax_pool import SelectAdaptivePool2d
from timm.layers.drop import DropPath
from torch import fx, nn
from torch.fx.proxy import TraceError
from torchvision.models.shufflenetv2 import channel_shuffle

from cxr_demo.errors import ExplanationError
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.program import Program, Step
from cxr_demo.explain.lrp.rewriting import rewrite_steps

_TRACING = threading.Lock()


def lower_network(model: nn.Module) -> Program:
    """The program of a network in eval mode that takes images to logits, for any number of rows and columns.

    Raises ExplanationError, naming it, for an operation that no rule here is right for.
    """
    steps, start, end = _lowered(model)
    return Program(rewrite_steps(steps, start, end), start, end)


class _Tracer(fx.Tracer):
    """Keeps whole what has a meaning of its own here.

    torch.fx puts its own `__call__` and `__getattr__` on every module of the process while it follows one network, so
    what other threads do meanwhile with theirs must pass through untouched; and only one network is followed at a time.
    """

    def __init__(self) -> None:
        super().__init__(autowrap_functions=(channel_shuffle,))
        self._thread = threading.get_ident()

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, tuple(_MODULES)) or super().is_leaf_module(m, module_qualified_name)


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
            steps.append(Step(out, _signal_first(ins, operation, steps), operation))
            ins = (out,)
        names[node.name] = ins[0]
    return steps, start, end


def _traced(model: nn.Module) -> Iterable[fx.Node]:
    try:
        with _TRACING:
            return _Tracer().trace(model).nodes
    except TraceError as error:
        raise ExplanationError("what the network does depends on the size of the film or on its values") from error


def _signal_first(ins: tuple[str, ...], operation: op.Operation, steps: list[Step]) -> tuple[str, ...]:
    """The inputs of a product, the gate last: it is what an activation between 0 and 1 gives."""
    if not isinstance(operation, op.Gate):
        return ins
    activations = {step.out: step.operation for step in steps if isinstance(step.operation, op.Activation)}
    gates = [name for name in ins if name in activations and activations[name].is_gate]
    if len(ins) != 2 or len(gates) != 1:
        raise ExplanationError("the network multiplies two values of which none is a gate")
    return tuple(name for name in ins if name not in gates) + tuple(gates)


def _of_module(module: nn.Module) -> Sequence[op.Operation]:
    lower = next((make for kind, make in _MODULES.items() if isinstance(module, kind)), None)
    if lower is None or (lower is _activation and type(module) not in _ACTIVATIONS):
        raise ExplanationError(f"the network holds {type(module).__name__} layers, for which no rule here is right")
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
    if target == "chunk" and node.args[1:] == (2,) and node.kwargs == {"dim": 1}:
        return []  # the slices are taken by the two that read it
    if target is operator.getitem and getattr(node.args[0], "target", None) == "chunk":
        return [op.Half(cast(int, node.args[1]))]
    if target is channel_shuffle:
        return [op.Shuffle(cast(int, node.args[1]))]
    if target in (torch.relu, F.relu):
        return [op.Activation(F.relu, "ReLU")]
    if target == "mean" and tuple(cast(Iterable[int], node.kwargs.get("dim") or node.args[1])) == (2, 3):
        return [op.MeanPool(1)] if node.kwargs.get("keepdim") else [op.MeanPool(1), op.Flatten()]
    if target == "permute" and tuple(node.args[1:]) in ((0, 2, 3, 1), (0, 3, 1, 2)):
        return []  # channels stay second; what reads the last axis in the network reads the second in the program
    if target == "flatten" and tuple(node.args[1:]) == (1,):
        return [op.Flatten()]
    name = getattr(target, "__name__", target)
    raise ExplanationError(f"the network calls {name} in a way for which no rule here is right")


def _convolution(module: nn.Conv2d) -> Sequence[op.Operation]:
    if module.padding_mode != "zeros" or isinstance(module.padding, str) or type(module) is not nn.Conv2d:
        raise ExplanationError(f"the network holds {type(module).__name__} layers that pad in a way of their own")
    stride, padding, dilation = (
        cast(tuple[int, int], size) for size in (module.stride, module.padding, module.dilation)
    )
    bias = _bias(module, module.out_channels)
    return [op.Convolution(_copy(module.weight), bias, stride, padding, dilation, module.groups)]


def _pointwise(module: nn.Linear) -> Sequence[op.Operation]:
    """A dense layer at every place of a map is a 1x1 convolution."""
    return [op.Convolution(_copy(module.weight)[:, :, None, None], _bias(module, module.out_features))]


def _dense(module: nn.Linear) -> Sequence[op.Operation]:
    return [op.Dense(_copy(module.weight), _bias(module, module.out_features))]


def _batch_norm(module: nn.BatchNorm1d | nn.BatchNorm2d) -> Sequence[op.Operation]:
    if module.running_var is None or module.running_mean is None:
        raise ExplanationError("the network holds batch norms without statistics of their own")
    scale = module.weight.detach() * (module.running_var + module.eps).rsqrt()
    affine = op.Affine(scale, module.bias.detach() - module.running_mean * scale)
    activation = getattr(module, "act", None)  # of timm's, which hold one
    return [affine] if activation is None else [affine, *_of_module(activation)]


def _layer_norm(module: nn.LayerNorm) -> Sequence[op.Operation]:
    return [op.Standardise(_copy(module.weight), _copy(module.bias), module.eps)]


def _activation(module: nn.Module) -> Sequence[op.Operation]:
    # A copy that writes nothing over its input, which the rules still need.
    return [op.Activation(_ACTIVATIONS[type(module)], type(module).__name__)]


def _max_pool(module: nn.MaxPool2d) -> Sequence[op.Operation]:
    sizes = (cast(int, size) for size in (module.kernel_size, module.stride, module.padding, module.dilation))
    return [op.MaxPool(*sizes, ceil=module.ceil_mode)]


def _mean_pool(module: nn.AvgPool2d) -> Sequence[op.Operation]:
    size = module.kernel_size
    if module.stride != size or module.padding or module.ceil_mode or not isinstance(size, int):
        raise ExplanationError("the network takes means of pixels that overlap, for which no rule here is right")
    return [op.BlockMean(size)]


def _global_pool(module: SelectAdaptivePool2d) -> Sequence[op.Operation]:
    if module.pool_type != "avg":
        raise ExplanationError(f"the network pools by {module.pool_type!r}, for which no rule here is right")
    return [op.MeanPool(1), op.Flatten()] if isinstance(module.flatten, nn.Flatten) else [op.MeanPool(1)]


def _adaptive_pool(module: nn.AdaptiveAvgPool2d) -> Sequence[op.Operation]:
    size = module.output_size
    return [op.MeanPool(cast(int, size[0] if isinstance(size, tuple) else size))]


def _nothing(module: nn.Module) -> Sequence[op.Operation]:
    return []


_ACTIVATIONS: dict[type, Callable] = {
    nn.ReLU: F.relu, nn.ReLU6: F.relu6, nn.SiLU: F.silu, nn.Hardswish: F.hardswish, nn.GELU: F.gelu,
    GELU: F.gelu, nn.Sigmoid: torch.sigmoid, Sigmoid: torch.sigmoid,
    nn.Hardsigmoid: F.hardsigmoid,
}  # fmt: skip
# The first that fits: a subclass stands before its class.
_MODULES: dict[type, Callable[..., Sequence[op.Operation]]] = {
    nn.Conv2d: _convolution,
    nn.Linear: _dense,
    nn.modules.batchnorm._BatchNorm: _batch_norm,
    nn.LayerNorm: _layer_norm,
    **dict.fromkeys(_ACTIVATIONS, _activation),
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _mean_pool,
    SelectAdaptivePool2d: _global_pool,
    nn.AdaptiveAvgPool2d: _adaptive_pool,
    nn.Flatten: lambda module: [op.Flatten()],
    nn.Identity: _nothing,
    nn.Dropout: _nothing,
    DropPath: _nothing,
}


def _copy(weight: torch.Tensor) -> torch.Tensor:
    return weight.detach().clone()


def _bias(module: nn.Conv2d | nn.Linear, outputs: int) -> torch.Tensor:
    return torch.zeros(outputs, dtype=module.weight.dtype) if module.bias is None else _copy(module.bias)
