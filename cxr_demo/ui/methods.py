"""The list of methods to choose from: what is chosen is computed and shown, in the order of `METHODS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cxr_demo.explain.methods import METHODS
from cxr_demo.text import page_text


def make_method_settings(refusals: Mapping[str, str] = MappingProxyType({}), forward_s: float | None = None) -> dict:
    """For the list, of one checkpoint: each method's text, and what stands under all. `refusals` are those of its
    proof, `forward_s` what one forward pass takes."""
    choices = [
        (page_text.describe_method_choice(method, refusals.get(key, ""), forward_s), key)
        for key, method in METHODS.items()
    ]
    return {"choices": choices, "info": page_text.describe_refusals(refusals)}


def order_methods(chosen: Sequence[str]) -> tuple[str, ...]:
    """As they are shown; what is no method is left out."""
    return tuple(key for key in METHODS if key in chosen)
