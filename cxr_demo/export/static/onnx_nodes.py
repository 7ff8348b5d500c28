"""Nodes and constants of a graph in ONNX, and a call of an operation of torch that becomes some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper

from cxr_demo.errors import CxrError

Given = str | tuple[str, ...]
TYPES = {  # of torch -> of ONNX
    torch.float32: TensorProto.FLOAT,
    torch.float64: TensorProto.DOUBLE,
    torch.int64: TensorProto.INT64,
    torch.bool: TensorProto.BOOL,
}


class GraphWriter:
    """Nodes and constants of one graph, in order; a constant is written once, however often it is asked for."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._known: dict[tuple[bytes, tuple[int, ...], str], str] = {}

    def add(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Given:
        """A node with so many outputs -> their names."""
        names = [f"v{len(self.nodes)}" if place == 0 else f"v{len(self.nodes)}_{place}" for place in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else tuple(names)

    def hold(self, values: np.ndarray) -> str:
        values = np.ascontiguousarray(values).reshape(np.shape(values))
        key = values.tobytes(), values.shape, values.dtype.str
        if key not in self._known:
            self._known[key] = f"c{len(self._known)}"
            self.constants.append(numpy_helper.from_array(values, self._known[key]))
        return self._known[key]

    def hold_ints(self, *values: int) -> str:
        return self.hold(np.array(values, np.int64))


@dataclass(frozen=True)
class Call:
    """One call of an operation of aten: `given` by the name of the argument, tensors as names in the graph, with
    `tensors`, those that are, as torch knows them; `results` likewise."""

    name: str
    given: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]
    results: tuple[torch.Tensor, ...]

    def __getitem__(self, argument: str) -> Any:
        return self.given[argument]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.results[0].shape)

    @property
    def dtype(self) -> torch.dtype:
        return self.results[0].dtype

    def shape_of(self, argument: str) -> tuple[int, ...]:
        return tuple(self.tensors[argument].shape)

    def demand(self, **values: Any) -> None:
        """CxrError where an argument is another than the entry is right for."""
        for argument, value in values.items():
            if self.given.get(argument) not in (value, None):
                raise CxrError("static-argument", operation=self.name, argument=argument, value=str(self[argument]))

    def read_axes(self) -> list[int]:
        """`dim` as a list; all axes where none is named."""
        dim = self.given.get("dim")
        axes: list[int] = [dim] if isinstance(dim, int) else list(dim or ())
        return axes or list(range(len(self.shape_of("self"))))

    def operand(self, to: GraphWriter, argument: str, dtype: torch.dtype) -> str:
        """An argument, a tensor or a number, as a value of this type."""
        value = self.given[argument]
        if argument not in self.tensors:
            return to.hold(np.array(value, torch.zeros(0, dtype=dtype).numpy().dtype))
        if self.tensors[argument].dtype == dtype:
            return value
        return get_single(to.add("Cast", [value], to=TYPES[dtype]))


def get_single(made: Given) -> str:
    if not isinstance(made, str):
        raise ValueError("several values where one was wanted")
    return made
