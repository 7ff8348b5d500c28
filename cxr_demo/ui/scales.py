"""What the colours of the maps mean: each map's own scale, the one that it shares, and the bar that tells both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.explain import METHODS, RELATIVE
from cxr_demo.ui import pictures, words
from cxr_demo.ui.markup import Html, tag


@dataclass(frozen=True)
class Scales:
    """Of one map: its scale by itself ("relative" on the page), and the one it has with all of its unit ("absolute"),
    which are `sharing` maps, itself among them."""

    own: render.Scale
    shared: render.Scale
    sharing: int


def scales_of(maps: Mapping[str, Explanation]) -> dict[str, Scales]:
    """Of maps by method, those of one unit share the largest of their limits (own choice: the strongest of them looks
    as it does alone). Maps that are next to nothing take no part, and relative ones keep their own."""
    own = {key: render.scale_of(map_.map_square, METHODS[key].shown, map_.unit) for key, map_ in maps.items()}
    limits: dict[str, list[float]] = {}
    for scale in own.values():
        if not scale.nothing:
            limits.setdefault(scale.unit, []).append(scale.limit)
    return {
        key: Scales(scale, scale, 1)
        if scale.nothing or scale.unit == RELATIVE
        else Scales(scale, replace(scale, limit=max(limits[scale.unit])), len(limits[scale.unit]))
        for key, scale in own.items()
    }


def bar(scales: Scales) -> Html:
    """The colours, and below them the numbers of both scales, of which the page shows one."""
    ramp = tag("img", src=pictures.bar(scales.own), alt="", class_="ramp")
    own = _numbers(scales.own, words.own_scale(scales.own), "own")
    shared = _numbers(scales.shared, words.shared_scale(scales.own, scales.shared, scales.sharing), "shared")
    return tag("div", ramp, *own, *shared, class_="bar")


def _numbers(scale: render.Scale, told: str, which: str) -> tuple[Html, Html]:
    numbers = [tag("span", text) for _, text in render.ticks(scale)]
    return tag("div", *numbers, class_=f"ticks {which}"), tag("p", told, class_=f"unit {which}")
