"""The words of the maps' scales."""

from __future__ import annotations

from cxr_demo import render
from cxr_demo.explain.methods import UNITS
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.method_text import name_unit


def describe_own_scale(scale: render.Scale) -> str:
    return format_text("scale-own" if UNITS[scale.unit].comparable else "scale-own-no-unit", unit=name_unit(scale.unit))


def describe_shared_scale(own: render.Scale, shared: render.Scale, sharing: int, kept: bool) -> str:
    """`own` is the map's scale by itself, `sharing` how many maps have the shared one, which may be `kept`."""
    unit = name_unit(shared.unit)
    if not UNITS[shared.unit].comparable:
        return format_text("scale-shared-no-unit", unit=unit)
    if sharing == 1 and not kept:
        return format_text("scale-shared-alone", unit=unit)
    text = format_text("scale-kept", unit=unit) if kept else format_text("scale-shared", unit=unit, maps=sharing)
    text = format_text("scale-logarithmic", scale=text) if shared.start else text
    alone, together = render.format_number(own.limit), render.format_number(shared.limit)
    return text if alone == together else format_text("scale-alone-full", scale=text, limit=alone)
