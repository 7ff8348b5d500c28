"""On which scale each map is drawn: its own, and the one that it shares with all of its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.explain.methods import UNITS

NOTHING_PINNED: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Scales:
    """Of one map: its scale by itself ("relative" on the page), and the one it has with all of its unit ("absolute"),
    which are `sharing` maps, itself among them; `pinned`: a person keeps it for whatever is shown."""

    own: render.Scale
    shared: render.Scale
    sharing: int
    pinned: bool = False


def choose_scales(maps: Mapping[str, Explanation], pinned: Mapping[str, float] = NOTHING_PINNED) -> dict[str, Scales]:
    """Of maps by method, those of one unit share the limit that is `pinned` of it, else the largest of theirs (own
    choice: the strongest of them looks as it does alone). Maps that are next to nothing take no part, and relative ones
    keep their own."""
    own = {
        key: render.choose_scale(map_.map_square, map_.shown, map_.unit, map_.evidence_floor)
        for key, map_ in maps.items()
    }
    limits: dict[str, list[float]] = {}
    for scale in own.values():
        if not scale.nothing and UNITS[scale.unit].comparable:
            limits.setdefault(scale.unit, []).append(scale.limit)
    found = {}
    for key, scale in own.items():
        found[key] = Scales(scale, scale, 1)
        if of_unit := () if scale.nothing else limits.get(scale.unit, ()):
            limit = pinned.get(scale.unit, max(of_unit))
            found[key] = Scales(scale, replace(scale, limit=limit), len(of_unit), scale.unit in pinned)
    return found


def list_limits(maps: Mapping[str, Explanation]) -> dict[str, float]:
    """The limit that maps of one unit share now, by unit."""
    return {
        scales.shared.unit: scales.shared.limit
        for scales in choose_scales(maps).values()
        if not scales.own.nothing and UNITS[scales.own.unit].comparable
    }
