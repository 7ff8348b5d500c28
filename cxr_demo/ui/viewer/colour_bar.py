"""The bar that tells what the colours of a map mean, on its own scale and on the one that it shares."""

from __future__ import annotations

from cxr_demo import render
from cxr_demo.export.map_scales import Scales
from cxr_demo.text import scales_text
from cxr_demo.ui import image_encoding
from cxr_demo.ui.markup import Html, tag


def render_colour_bar(scales: Scales) -> Html:
    """The colours, and below them the numbers of both scales, of which the page shows one."""
    ramp = tag("img", src=image_encoding.encode_colour_bar(scales.own), alt="", class_="ramp")
    own = _render_ticks(scales.own, scales_text.describe_own_scale(scales.own), "own")
    told = scales_text.describe_shared_scale(scales.own, scales.shared, scales.sharing, scales.pinned)
    shared = _render_ticks(scales.shared, told, "shared")
    return tag("div", ramp, *own, *shared, class_="bar")


def _render_ticks(scale: render.Scale, told: str, which: str) -> tuple[Html, Html]:
    numbers = [tag("span", text) for text in render.choose_ticks(scale)]
    return tag("div", *numbers, class_=f"ticks {which}"), tag("p", told, class_=f"unit {which}")
