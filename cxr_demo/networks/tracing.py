"""torch.fx beside other threads: it follows one network at a time, and leaves what others do meanwhile alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from torch import fx, nn

TRACING = threading.Lock()  # held while a network is followed


class SafeTracer(fx.Tracer):
    """torch.fx puts its own `__call__` and `__getattr__` on every module of the process while it follows one network,
    so what other threads do meanwhile with theirs must pass through untouched; and only one network is followed at a
    time. `leaves`: kinds of modules that are kept whole besides torch's own."""

    def __init__(self, leaves: tuple[type, ...], functions: tuple[Callable, ...] = ()) -> None:
        super().__init__(autowrap_functions=functions)
        self._leaves = leaves
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
        return isinstance(m, self._leaves) or super().is_leaf_module(m, module_qualified_name)
