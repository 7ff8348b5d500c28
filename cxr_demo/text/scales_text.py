"""The words of the maps' scales."""

from __future__ import annotations

from cxr_demo import render
from cxr_demo.explain.methods import UNITS

SCALE, OWN, SHARED = "Scale", "Relative", "Absolute"
KEEP_SCALE, KEEP_HINT = "Keep", "Keep this scale for other findings, checkpoints and films"
OWN_SCALE = (
    "Each map has its own scale, full from the 99.5th percentile of its values: compare colours within a panel, "
    "numbers between panels. Where a map is zero the film is untouched."
)
SHARED_SCALE = (
    "Maps of one unit have one scale, full from the largest of the 99.5th percentiles of those shown now: compare "
    "colours between their panels. Relative maps keep their own. Where a map is zero the film is untouched."
)
KEPT_SCALE = (
    "You keep the scale: maps of its units have it whatever is shown. Compare their colours between findings, "
    "checkpoints and films. Where a map is zero the film is untouched."
)


def describe_own_scale(scale: render.Scale) -> str:
    return f"{scale.unit}, own scale" if UNITS[scale.unit].comparable else f"{scale.unit}: no unit, own scale"


def describe_shared_scale(own: render.Scale, shared: render.Scale, sharing: int, kept: bool) -> str:
    """`own` is the map's scale by itself, `sharing` how many maps have the shared one, which may be `kept`."""
    if not UNITS[shared.unit].comparable:
        return f"{shared.unit}: no unit, shares no scale"
    if sharing == 1 and not kept:
        return f"{shared.unit}, no other map of this unit"
    alone, all_ = render.format_number(own.limit), render.format_number(shared.limit)
    told = "the scale you keep" if kept else f"shared by {sharing} maps"
    return f"{shared.unit}, {told}" + (f"; alone full at {alone}" if alone != all_ else "")
