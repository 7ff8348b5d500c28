"""The words of the section that judges the explanations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxr_demo.evaluation.agreement import BORDER, CORNER, RegionShare
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.faithfulness import ENOUGH, HAZE, TESTED_SHARE, TOLD_SHARE, Curve
from cxr_demo.evaluation.nulls import NULLS, SMALLEST_P
from cxr_demo.evaluation.randomisation import UNCHANGED, Randomisation
from cxr_demo.evaluation.regions import LUNGS, OUTSIDE, USER_REGION
from cxr_demo.explain.methods import METHODS
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import (
    format_digits,
    format_interval,
    format_p,
    format_percent,
    format_rounded,
    format_signed,
)

REGIONS = {  # by the name of a region; others stand by their own
    LUNGS: "region-lungs",
    OUTSIDE: "region-outside",
    "borders": "region-borders",
    "corners": "region-corners",
}
PARTS = {
    "faithfulness": "check-part-faithfulness",
    "stability": "check-part-stability",
    "randomisation": "check-part-randomisation",
}
DIRECTIONS = {"higher": "higher-is-better", "lower": "lower-is-better"}
MEASURES = {  # by a check's key: what stands in its column
    "deletion": "measure-strongest",
    "insertion": "measure-strongest",
    "randomisation": "measure-rank",
    "noise": "measure-change",
    "shift": "measure-change",
}
SEPARATE = " · "


def name_region(name: str) -> str:
    if name.startswith(USER_REGION):
        return format_text("region-own", number=name.removeprefix(USER_REGION).strip())
    return format_text(REGIONS[name]) if name in REGIONS else format_text("region-named", name=name)


def describe_regions() -> str:
    return format_text("regions.how", border=format_percent(BORDER), corner=format_percent(CORNER))


def format_region_share(found: RegionShare) -> tuple[str, str]:
    """What lies in a region, and in brackets what evenly spread evidence would have there; "" where there is none."""
    if math.isnan(found.evidence):
        return format_text("region-no-evidence"), ""
    return format_percent(found.evidence), f"({format_percent(found.area)})"


def describe_region_share(found: RegionShare) -> str:
    """On the region itself, in each panel."""
    if math.isnan(found.evidence):
        return format_text("region-no-evidence")
    return format_text("region-share", share=format_region_share(found)[0])


def describe_lungs(dice: tuple[float, float, float] | None, is_found: bool) -> str:
    """What the outline of the lungs is worth, or why there is none. `dice` with its interval; None without a model."""
    if dice is None:
        return format_text("lungs-absent")
    return format_text("lungs-quality", dice=format_interval(*dice)) if is_found else format_text("lungs-not-found")


def join_method_names(methods: Sequence[str]) -> str:
    names = [METHODS[key].name for key in methods]
    return format_text("and", first=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else names[0]


def describe_step(part: str, methods: Sequence[str]) -> str:
    return format_text("check-step", part=format_text(PARTS[part]), methods=join_method_names(methods))


def describe_direction(better: str) -> str:
    """ "" where neither is better."""
    return format_text(DIRECTIONS[better]) if better in DIRECTIONS else ""


def describe_column(key: str, better: str) -> str:
    """Under a check's name."""
    return format_text(
        "check-column",
        measure=format_text(MEASURES[key], share=format_percent(TOLD_SHARE)),
        direction=describe_direction(better),
    )


def describe_drawings() -> str:
    """Under the table: what its small drawings show."""
    return format_text(
        "checks.legend", share=format_percent(TOLD_SHARE), tested=format_percent(TESTED_SHARE),
        haze=format_percent(HAZE), nulls=NULLS, enough=ENOUGH, smallest=format_digits(SMALLEST_P, 2),
    )  # fmt: skip


def describe_change(curve: Curve) -> str:
    return format_text("curve.change", change=format_signed(curve.change))


def describe_p(curve: Curve) -> str:
    """How often a map as smooth that knows nothing would be as good, and of how many that is said."""
    asked, p = len(curve.null_logits), format_p(curve.p)
    if curve.as_good == 0:
        return format_text("curve.p-smallest", p=p, nulls=NULLS)
    if asked < NULLS:
        return format_text("curve.p-early", p=p, good=curve.as_good, asked=asked)
    return format_text("curve.p-all", p=p, good=curve.as_good, nulls=NULLS)


def describe_lead(curve: Curve) -> str:
    return format_text("curve.lead", change=format_signed(curve.lead))


def describe_middle(curve: Curve) -> str:
    """Whether the network's own map says more than no network."""
    change = format_signed(curve.middle_change)
    if curve.is_beyond_middle:
        return format_text("curve.middle-behind", change=change)
    return format_text("curve.middle-ahead", change=change)


def describe_curve(found: Curve) -> str:
    """The text alternative of a curve."""
    first, last = (format_rounded(float(logit)) for logit in (found.logits[0], found.logits[-1]))
    return format_text(
        "curve", check=CHECKS[found.check].name, first=first, last=last, share=format_percent(TOLD_SHARE),
        change=describe_change(found), p=describe_p(found),
    )  # fmt: skip


def describe_randomisation(found: Randomisation) -> str:
    """The text alternative of the steps."""
    first, last = (format_rounded(stage.rank) for stage in (found.stages[0], found.stages[-1]))
    return format_text("randomisation", first=first, last=last)


def describe_unchanged(found: Randomisation) -> str:
    """What is wrong with a map that random weights leave as it is."""
    if found.blind:
        return format_text("randomisation.blind-why")
    return format_text("randomisation.unchanged-why", limit=format_digits(UNCHANGED, 1))


def shorten_paper(paper: str) -> str:
    """ "Petsiuk et al. 2018, RISE, BMVC" -> "Petsiuk et al. 2018"; "own choice, in the measure of Yeh et al. 2019" ->
    "in the measure of Yeh et al. 2019"."""
    first, _, rest = paper.partition(", ")
    return rest.partition(",")[0] if first == "own choice" else first
