"""On which scale each map is drawn: its own, and the one that it shares with all of its unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.explain.methods import UNITS

FAR_APART = 30.0  # own choice: colours of a thirtieth of the strength are hardly seen
BELOW_WEAKEST = 10.0  # own choice: of the weakest map, values down to a tenth of its own limit are seen
NOTHING_PINNED: Mapping[str, render.ScaleEnds] = MappingProxyType({})


@dataclass(frozen=True)
class Scales:
    """Of one map: its scale by itself ("relative" on the page), and the one it has with all of its unit ("absolute"),
    which are `sharing` maps, itself among them; `pinned`: a person keeps it for whatever is shown."""

    own: render.Scale
    shared: render.Scale
    sharing: int
    pinned: bool = False


def choose_scales(
    maps: Mapping[str, Explanation], pinned: Mapping[str, render.ScaleEnds] = NOTHING_PINNED
) -> dict[str, Scales]:
    """Of maps by method, those of one unit share the ends that are `pinned` of it, else the largest limit of theirs
    (own choice: the strongest of them looks as it does alone). Maps that are next to nothing take no part, and relative
    ones keep their own."""
    own = {key: map_.own_scale for key, map_ in maps.items()}
    limits: dict[str, list[float]] = {}
    for scale in own.values():
        if not scale.nothing and UNITS[scale.unit].comparable:
            limits.setdefault(scale.unit, []).append(scale.limit)
    found = {}
    for key, scale in own.items():
        found[key] = Scales(scale, scale, 1)
        if of_unit := () if scale.nothing else limits.get(scale.unit, ()):
            limit, start = pinned.get(scale.unit) or _span(of_unit)
            found[key] = Scales(scale, replace(scale, limit=limit, start=start), len(of_unit), scale.unit in pinned)
    return found


def _span(limits: Sequence[float]) -> render.ScaleEnds:
    """Rules of LRP differ by the hundred in strength: where limits are FAR_APART, the scale is logarithmic, so that
    the weakest map is seen beside the strongest."""
    is_far = max(limits) > FAR_APART * min(limits)
    return render.ScaleEnds(max(limits), min(limits) / BELOW_WEAKEST if is_far else 0.0)


def list_ends(maps: Mapping[str, Explanation]) -> dict[str, render.ScaleEnds]:
    """The limit that maps of one unit share now, by unit."""
    return {
        scales.shared.unit: render.ScaleEnds(scales.shared.limit, scales.shared.start)
        for scales in choose_scales(maps).values()
        if not scales.own.nothing and UNITS[scales.own.unit].comparable
    }
