"""What each recorded operation of torch is in ONNX: OPERATIONS, one entry for each name of aten.

An entry takes a `GraphWriter` and a `Call` and gives the name of its result, or a name for each of several.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from onnx import numpy_helper

from cxr_demo.errors import CxrError
from cxr_demo.export.static.onnx_nodes import TYPES, Call, Given, GraphWriter, get_single

LAST = 2**31 - 1  # stands for the end of an axis
OLDEST = -(2**31)


def write_call(to: GraphWriter, call: Call) -> Given:
    """CxrError, naming it, for an operation without an entry."""
    if call.name not in OPERATIONS:
        raise CxrError("static-operation", operation=call.name)
    return OPERATIONS[call.name](to, call)


Entry = Callable[[GraphWriter, Call], Given]


def _unary(kind: str) -> Entry:
    return lambda to, call: to.add(kind, [call["self"]])


def _arithmetic(kind: str) -> Entry:
    """Of two operands, in the type of the result."""

    def write(to: GraphWriter, call: Call) -> Given:
        call.demand(alpha=1, rounding_mode=None)
        return to.add(kind, [call.operand(to, argument, call.dtype) for argument in ("self", "other")])

    return write


def _comparison(kind: str) -> Entry:
    def write(to: GraphWriter, call: Call) -> Given:
        dtype, other = call.tensors["self"].dtype, call["other"]
        if not dtype.is_floating_point and isinstance(other, float) and not other.is_integer():
            raise CxrError("static-argument", operation=call.name, argument="other", value=str(other))
        return to.add(kind, [call.operand(to, argument, dtype) for argument in ("self", "other")])

    return write


def _reduction(kind: str) -> Entry:
    def write(to: GraphWriter, call: Call) -> Given:
        axes = to.hold_ints(*call.read_axes())
        return to.add(kind, [call["self"], axes], keepdims=int(call.given.get("keepdim") or False))

    return write


def _find_largest(to: GraphWriter, call: Call) -> Given:
    if call["dim"] is None:  # of all numbers together
        raise CxrError("static-argument", operation=call.name, argument="dim", value="None")
    return to.add("ArgMax", [call["self"]], axis=call["dim"], keepdims=int(call["keepdim"]))


def _same(to: GraphWriter, call: Call) -> Given:
    """What changes nothing but the order in memory."""
    return call["self"]


def _cast(to: GraphWriter, call: Call) -> Given:
    source = call.tensors["self"].dtype
    return call["self"] if source == call.dtype else to.add("Cast", [call["self"]], to=TYPES[call.dtype])


def _to_shape(kind: str) -> Entry:
    def write(to: GraphWriter, call: Call) -> Given:
        if call.shape == call.shape_of("self"):
            return call["self"]
        return to.add(kind, [call["self"], to.hold_ints(*call.shape)])

    return write


def _permute(to: GraphWriter, call: Call) -> Given:
    return to.add("Transpose", [call["self"]], perm=[axis % len(call.shape) for axis in call["dims"]])


def _transpose(to: GraphWriter, call: Call) -> Given:
    order = list(range(len(call.shape)))
    if order:
        one, other = call.given.get("dim0", 0), call.given.get("dim1", -1)
        order[one], order[other] = order[other], order[one]
    return to.add("Transpose", [call["self"]], perm=order)


def _convolution(to: GraphWriter, call: Call) -> Given:
    inputs = [call["input"], call["weight"], *([call["bias"]] if call["bias"] is not None else [])]
    shape = {
        "strides": call["stride"], "pads": [*call["padding"], *call["padding"]], "dilations": call["dilation"],
        "group": call["groups"],
    }  # fmt: skip
    if call["transposed"]:
        return to.add("ConvTranspose", inputs, output_padding=call["output_padding"], **shape)
    return to.add("Conv", inputs, **shape)


def _batch_norm(to: GraphWriter, call: Call) -> Given:
    call.demand(training=False)
    if call["weight"] is None or call["bias"] is None:
        raise CxrError("static-argument", operation=call.name, argument="weight", value="None")
    inputs = [call[name] for name in ("input", "weight", "bias", "running_mean", "running_var")]
    # The second and third are those of a training.
    return get_single(to.add("BatchNormalization", inputs, epsilon=call["eps"])), "", ""


def _batch_norm_backward(to: GraphWriter, call: Call) -> Given:
    """Outside training the gradient of the input alone: that of the output times the norm's slope."""
    call.demand(train=False)
    variance = to.add("Add", [call["running_var"], to.hold(np.array(call["eps"], np.float32))])
    deviation = to.add("Sqrt", [get_single(variance)])
    slope = to.add("Div", [call["weight"], get_single(deviation)])
    axes = to.hold_ints(-1, *[1] * (len(call.shape) - 2))
    shaped = to.add("Reshape", [get_single(slope), axes])
    return get_single(to.add("Mul", [call["grad_out"], get_single(shaped)])), "", ""


def _max_pool(to: GraphWriter, call: Call) -> Given:
    height, width = call.shape_of("self")[2:]
    padding = list(call["padding"])
    values, places = to.add(
        "MaxPool", [call["self"]], 2, kernel_shape=call["kernel_size"], strides=call["stride"] or call["kernel_size"],
        pads=[*padding, *padding], dilations=call["dilation"], ceil_mode=int(call["ceil_mode"]),
    )  # fmt: skip
    # ONNX counts over the whole tensor, torch within a channel.
    return values, get_single(to.add("Mod", [places, to.hold(np.array(height * width, np.int64))]))


def _mean_pool(to: GraphWriter, call: Call) -> Given:
    call.demand(divisor_override=None)
    padding = list(call["padding"])
    return to.add(
        "AveragePool", [call["self"]], kernel_shape=call["kernel_size"], strides=call["stride"] or call["kernel_size"],
        pads=[*padding, *padding], ceil_mode=int(call["ceil_mode"]), count_include_pad=int(call["count_include_pad"]),
    )  # fmt: skip


def _adaptive_pool(to: GraphWriter, call: Call) -> Given:
    """Means over a grid that divides the map evenly."""
    sizes, cells = call.shape_of("self")[-2:], call.shape[-2:]
    kernel = [size // count for size, count in zip(sizes, cells, strict=True)]
    if any(size % count for size, count in zip(sizes, cells, strict=True)):
        raise CxrError("static-argument", operation=call.name, argument="output_size", value=str(cells))
    return to.add("AveragePool", [call["self"]], kernel_shape=kernel, strides=kernel)


def _matrix_product(to: GraphWriter, call: Call) -> Given:
    return to.add("MatMul", [call["self"], call["mat2"]])


def _add_matrix_product(to: GraphWriter, call: Call) -> Given:
    call.demand(alpha=1, beta=1)
    return to.add("Gemm", [call["mat1"], call["mat2"], call["self"]])


def _add_product(to: GraphWriter, call: Call) -> Given:
    call.demand(value=1)
    product = to.add("Mul", [call["tensor1"], call["tensor2"]])
    return to.add("Add", [call["self"], get_single(product)])


def _reversed_difference(to: GraphWriter, call: Call) -> Given:
    call.demand(alpha=1)
    return to.add("Sub", [call.operand(to, "other", call.dtype), call["self"]])


def _copy_sign(to: GraphWriter, call: Call) -> Given:
    """Of a magnitude above 0; ONNX has none. The sign of -0 is that of 0 here."""
    magnitude, zero = call.operand(to, "self", call.dtype), to.hold(np.array(0, np.float32))
    below = to.add("Less", [call["other"], zero])
    return to.add("Where", [get_single(below), get_single(to.add("Neg", [magnitude])), magnitude])


def _where(to: GraphWriter, call: Call) -> Given:
    return to.add("Where", [call["condition"], *(call.operand(to, name, call.dtype) for name in ("self", "other"))])


def _clamp(to: GraphWriter, call: Call) -> Given:
    ends = ["" if call.given.get(end) is None else call.operand(to, end, call.dtype) for end in ("min", "max")]
    return to.add("Clip", [call["self"], *ends] if ends[1] else [call["self"], ends[0]])


def _hard_tanh(to: GraphWriter, call: Call) -> Given:
    return to.add("Clip", [call["self"], *(call.operand(to, end, call.dtype) for end in ("min_val", "max_val"))])


def _leaky_relu(to: GraphWriter, call: Call) -> Given:
    return to.add("LeakyRelu", [call["self"]], alpha=float(call["negative_slope"]))


def _hard_sigmoid(to: GraphWriter, call: Call) -> Given:
    return to.add("HardSigmoid", [call["self"]], alpha=1 / 6, beta=0.5)


def _silu(to: GraphWriter, call: Call) -> Given:
    return to.add("Mul", [call["self"], get_single(to.add("Sigmoid", [call["self"]]))])


def _reciprocal_root(to: GraphWriter, call: Call) -> Given:
    return to.add("Reciprocal", [get_single(to.add("Sqrt", [call["self"]]))])


def _power(to: GraphWriter, call: Call) -> Given:
    return to.add("Pow", [call["self"], call.operand(to, "exponent", call.dtype)])


def _softmax(to: GraphWriter, call: Call) -> Given:
    return to.add("Softmax", [call["self"]], axis=call["dim"])


def _concatenate(to: GraphWriter, call: Call) -> Given:
    return to.add("Concat", call["tensors"], axis=call["dim"])


def _stack(to: GraphWriter, call: Call) -> Given:
    axis = to.hold_ints(call["dim"])
    return to.add(
        "Concat", [get_single(to.add("Unsqueeze", [part, axis])) for part in call["tensors"]], axis=call["dim"]
    )


def _slice(to: GraphWriter, call: Call) -> Given:
    if call.shape == call.shape_of("self"):
        return call["self"]
    start, end = call["start"] or 0, LAST if call["end"] is None else min(call["end"], LAST)
    ends = [to.hold_ints(value) for value in (start, end, call["dim"], call["step"])]
    return to.add("Slice", [call["self"], *ends])


def _select(to: GraphWriter, call: Call) -> Given:
    return to.add("Gather", [call["self"], to.hold(np.array(call["index"], np.int64))], axis=call["dim"])


def _unbind(to: GraphWriter, call: Call) -> Given:
    axis = call["dim"]
    return tuple(
        get_single(to.add("Gather", [call["self"], to.hold(np.array(place, np.int64))], axis=axis))
        for place in range(call.shape_of("self")[axis])
    )


def _logit(to: GraphWriter, call: Call) -> Given:
    call.demand(eps=None)
    one = to.hold(np.array(1, torch.zeros(0, dtype=call.dtype).numpy().dtype))
    other = to.add("Sub", [one, call["self"]])
    return to.add("Log", [get_single(to.add("Div", [call["self"], get_single(other)]))])


def _split(to: GraphWriter, call: Call) -> Given:
    axis = call["dim"]
    widths = [result.shape[axis] for result in call.results]
    made = to.add("Split", [call["self"], to.hold_ints(*widths)], len(widths), axis=axis)
    return (made,) if isinstance(made, str) else made


def _flip(to: GraphWriter, call: Call) -> Given:
    axes = call["dims"]
    ends = ([-1] * len(axes), [OLDEST] * len(axes), axes, [-1] * len(axes))
    return to.add("Slice", [call["self"], *(to.hold_ints(*values) for values in ends)])


def _fill(value: float) -> Entry:
    """A tensor of one value, of the shape and type that torch gave it."""

    def write(to: GraphWriter, call: Call) -> Given:
        of_type = torch.full((1,), value, dtype=call.dtype).numpy()
        return to.add("ConstantOfShape", [to.hold_ints(*call.shape)], value=numpy_helper.from_array(of_type))

    return write


def _fill_given(to: GraphWriter, call: Call) -> Given:
    return _fill(call["fill_value"])(to, call)


def _scatter_add(to: GraphWriter, call: Call) -> Given:
    return to.add("ScatterElements", [call["self"], call["index"], call["src"]], axis=call["dim"], reduction="add")


def _pad(to: GraphWriter, call: Call) -> Given:
    """torch names the last axis first."""
    axes, pads = len(call.shape), call["pad"]
    before, after = [0] * axes, [0] * axes
    for place in range(len(pads) // 2):
        before[axes - 1 - place], after[axes - 1 - place] = pads[2 * place], pads[2 * place + 1]
    value = call.operand(to, "value", call.dtype)
    return to.add("Pad", [call["self"], to.hold_ints(*before, *after), value])


OPERATIONS: dict[str, Entry] = {
    "convolution": _convolution, "native_batch_norm": _batch_norm,
    "native_batch_norm_backward": _batch_norm_backward, "max_pool2d_with_indices": _max_pool,
    "avg_pool2d": _mean_pool, "_adaptive_avg_pool2d": _adaptive_pool,
    "mm": _matrix_product, "bmm": _matrix_product, "addmm": _add_matrix_product, "addcmul": _add_product,
    "relu": _unary("Relu"), "sigmoid": _unary("Sigmoid"), "silu": _silu,
    "hardtanh": _hard_tanh, "leaky_relu": _leaky_relu, "hardsigmoid": _hard_sigmoid, "hardswish": _unary("HardSwish"),
    "abs": _unary("Abs"), "neg": _unary("Neg"),
    "log": _unary("Log"), "logit": _logit, "sqrt": _unary("Sqrt"), "rsqrt": _reciprocal_root,
    "reciprocal": _unary("Reciprocal"),
    "logical_not": _unary("Not"), "_softmax": _softmax, "pow": _power, "clamp": _clamp, "copysign": _copy_sign,
    "where": _where,
    "mul": _arithmetic("Mul"), "div": _arithmetic("Div"), "add": _arithmetic("Add"), "sub": _arithmetic("Sub"),
    "rsub": _reversed_difference,
    "lt": _comparison("Less"), "gt": _comparison("Greater"), "eq": _comparison("Equal"),
    "ge": _comparison("GreaterOrEqual"), "le": _comparison("LessOrEqual"),
    "sum": _reduction("ReduceSum"), "mean": _reduction("ReduceMean"), "amax": _reduction("ReduceMax"),
    "argmax": _find_largest,
    "alias": _same, "clone": _same, "detach": _same, "lift_fresh_copy": _same,
    "as_strided_": _same, "_to_copy": _cast,
    **dict.fromkeys(("view", "_unsafe_view", "unsqueeze", "squeeze"), _to_shape("Reshape")),
    "expand": _to_shape("Expand"), "permute": _permute, "t": _transpose, "transpose": _transpose, "cat": _concatenate,
    "stack": _stack, "slice": _slice, "select": _select, "split": _split, "split_with_sizes": _split, "flip": _flip,
    "constant_pad_nd": _pad, "unbind": _unbind, "scatter_add": _scatter_add,
    "zeros": _fill(0), "new_zeros": _fill(0), "zeros_like": _fill(0), "new_ones": _fill(1), "ones_like": _fill(1),
    "ones": _fill(1), "full": _fill_given, "full_like": _fill_given,
}  # fmt: skip
