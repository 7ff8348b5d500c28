"""A recording -> an ONNX file whose weights lie in the checkpoint's own safetensors file, byte for byte untouched.

Every weight is a tensor of ONNX's external data that points to its offset in that file; those of 16 bits are cast in
the graph, which a runtime does once, when it loads.
"""

from __future__ import annotations

import json
import operator
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from onnx import NodeProto, TensorProto, helper
from torch import fx
from torch.fx.node import map_arg

from cxr_demo.errors import CxrError
from cxr_demo.export.static.onnx_nodes import TYPES, Call, Given, GraphWriter
from cxr_demo.export.static.onnx_operations import write_call
from cxr_demo.export.static.recording import Recording

OPSET = 20
IR_VERSION = 10
SMALL = 4096  # numbers: what depends on nothing that is given is computed here, unless it is larger
STORED_TYPES = {"F16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16, "F32": TensorProto.FLOAT}


class Place(NamedTuple):
    """Where a tensor lies in a safetensors file; `kind`: as its header names the type."""

    kind: str
    shape: tuple[int, ...]
    offset: int
    length: int


def find_tensors(weights: Path) -> dict[str, Place]:
    """The tensors of a safetensors file by name: its first 8 bytes are the size of the JSON that follows."""
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        head = json.loads(file.read(size))
    start = 8 + size
    return {
        name: Place(
            entry["dtype"],
            tuple(entry["shape"]),
            start + entry["data_offsets"][0],
            entry["data_offsets"][1] - entry["data_offsets"][0],
        )
        for name, entry in head.items()
        if name != "__metadata__"
    }


def write_graph(recording: Recording, places: Mapping[str, Place], weights_file: str) -> bytes:
    """The ONNX file. CxrError for an operation that the table does not know, by its name."""
    to = GraphWriter()
    read = _Reader(to)
    names = [*recording.inputs, *recording.weights]
    read.names.update(zip(_list_nodes(recording.graph, "placeholder"), names, strict=True))
    for node in _list_nodes(recording.graph, "get_attr"):
        read.constants[node] = getattr(recording.graph, str(node.target)).detach()
    for node in _list_nodes(recording.graph, "call_function"):
        read.read_node(node)
    (end,) = _list_nodes(recording.graph, "output")
    given: Any = end.args[0]
    shapes = {}
    for name, node in zip(recording.outputs, given, strict=True):
        to.nodes.append(helper.make_node("Identity", [read.find_name(node)], [name]))
        shapes[name] = tuple(node.meta["val"].shape)
    nodes, used = _drop_unused(to.nodes, set(shapes))
    casts, stored = _place_weights([name for name in recording.weights if name in used], places, weights_file)
    graph = helper.make_graph(
        [*casts, *nodes], "cxr", [_describe(*each) for each in recording.inputs.items()],
        [_describe(*each) for each in shapes.items()],
        [*stored, *(held for held in to.constants if held.name in used)],
    )  # fmt: skip
    opset = helper.make_opsetid("", OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION).SerializeToString(deterministic=True)


def _drop_unused(nodes: list[NodeProto], wanted: set[str]) -> tuple[list[NodeProto], set[str]]:
    """The nodes on which the wanted values depend, in order, and the names of all values that these read."""
    kept: list[NodeProto] = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    return kept[::-1], wanted


class _Reader:
    """The nodes of a recording, one after the other, as nodes of ONNX."""

    def __init__(self, to: GraphWriter) -> None:
        self._to = to
        self.names: dict[fx.Node, Given] = {}
        self.constants: dict[fx.Node, torch.Tensor] = {}

    def find_name(self, node: fx.Node) -> str:
        if node in self.constants and node not in self.names:
            self.names[node] = self._to.hold(self.constants[node].contiguous().numpy())
        name = self.names[node]
        if not isinstance(name, str):
            raise ValueError(f"{node} is several values")
        return name

    def read_node(self, node: fx.Node) -> None:
        if node.target is operator.getitem:
            source, place = node.args
            self.names[node] = self.names[_as_node(source)][int(str(place))]
            return
        if (value := self._compute(node)) is not None:
            self.constants[node] = value
            return
        self.names[node] = write_call(self._to, self._make_call(node))

    def _compute(self, node: fx.Node) -> torch.Tensor | None:
        """The value of what depends on no input and no weight; None where it depends on one, or is large."""
        shape = node.meta["val"].shape if isinstance(node.meta.get("val"), torch.Tensor) else None
        if shape is None or shape.numel() > SMALL or any(of not in self.constants for of in node.all_input_nodes):
            return None
        values = {of: self.constants[of] for of in node.all_input_nodes}
        operation: Any = node.target
        given: Any = map_arg((node.args, node.kwargs), values.__getitem__)
        return operation(*given[0], **given[1]).detach().clone()

    def _make_call(self, node: fx.Node) -> Call:
        target: Any = node.target
        given: dict[str, Any] = {}
        for place, argument in enumerate(target._schema.arguments):
            if place < len(node.args):
                given[argument.name] = node.args[place]
            else:
                given[argument.name] = node.kwargs.get(argument.name, argument.default_value)
        tensors = {name: value.meta["val"] for name, value in given.items() if isinstance(value, fx.Node)}
        named = {
            name: map_arg(value, self.find_name)
            if not isinstance(value, list | tuple)
            else [self.find_name(part) if isinstance(part, fx.Node) else part for part in value]
            for name, value in given.items()
        }
        results = node.meta["val"]
        results = tuple(results) if isinstance(results, list | tuple) else (results,)
        return Call(target.overloadpacket.__name__, named, tensors, results)


def _list_nodes(graph: fx.GraphModule, kind: str) -> list[fx.Node]:
    return [node for node in graph.graph.nodes if node.op == kind]


def _as_node(value: Any) -> fx.Node:
    if not isinstance(value, fx.Node):
        raise ValueError(f"{value!r} is no value of the graph")
    return value


def _place_weights(names: list[str], places: Mapping[str, Place], weights_file: str) -> tuple[list, list[TensorProto]]:
    """Tensors that lie in the file, and the casts of those that are stored in 16 bits."""
    casts, tensors = [], []
    for name in names:
        if name not in places or places[name].kind not in STORED_TYPES:
            raise CxrError("static-weight", name=name)
        kind, shape, offset, length = places[name]
        is_whole = kind == "F32"
        inside = name if is_whole else f"{name}-stored"
        tensor = TensorProto(name=inside, data_type=STORED_TYPES[kind], dims=shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", weights_file), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        tensors.append(tensor)
        if not is_whole:
            casts.append(helper.make_node("Cast", [inside], [name], to=TensorProto.FLOAT))
    return casts, tensors


def _describe(name: str, shape: tuple[int, ...]) -> Any:
    return helper.make_tensor_value_info(name, TYPES[torch.float32], shape)


def read_outputs(file: bytes) -> dict[str, list[int]]:
    """The outputs of an ONNX file by name, and their shapes."""
    from onnx import ModelProto

    made = ModelProto()
    made.ParseFromString(file)
    return {out.name: [axis.dim_value for axis in out.type.tensor_type.shape.dim] for out in made.graph.output}
