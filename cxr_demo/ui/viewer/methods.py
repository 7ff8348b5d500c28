"""The list of methods to choose from: what is chosen is computed and shown, in the order of `METHODS`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from cxr_demo.explain.methods import METHODS
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui.markup import Html, render_details, tag


def render_methods(
    chosen: Collection[str], refusals: Mapping[str, Said] = MappingProxyType({}), forward_s: float | None = None
) -> dict:
    """A box for each method. `refusals` are those of the checkpoint's proof, `forward_s` what one forward pass takes.
    `chosen` are the keys whose boxes are ticked."""
    boxes = [
        tag(
            "label",
            tag("input", type="checkbox", value=key, checked=key in chosen),
            page_text.describe_method_choice(method, refusals.get(key, ""), forward_s),
        )
        for key, method in METHODS.items()
    ]
    hint = tag("p", format_text("methods.hint"), class_="hint")
    listed = tag("fieldset", tag("legend", format_text("methods")), *boxes)
    return {"html": tag("div", hint, listed, _render_refusals(refusals)), "chosen": list(order_methods(chosen))}


def _render_refusals(refusals: Mapping[str, Said]) -> Html | None:
    refused = page_text.list_refusals(refusals)
    if not refused:
        return None
    summary = format_text("not-available.methods", methods=", ".join(names for names, _ in refused))
    reasons = [tag("p", f"{names}: {reason}.") for names, reason in refused]
    return render_details(summary, *reasons, class_="hint")


def order_methods(chosen: Collection[str]) -> tuple[str, ...]:
    """As they are shown; what is no method is left out."""
    return tuple(key for key in METHODS if key in chosen)
