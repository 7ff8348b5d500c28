"""The words of the section that compares: two checkpoints on one film, or the members of an ensemble."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxr_demo.comparison.checkpoint_pair import MapSide
from cxr_demo.explain.engine import MemberMap
from cxr_demo.explain.methods import Method
from cxr_demo.labels import get_finding
from cxr_demo.text import page_text
from cxr_demo.text.formats import format_duration, format_percent, format_signed

COMPARE = "Compare with"
COMPARE_HINT = (
    "Another checkpoint on the same film, or an ensemble's members: same finding, same scale, the difference."
)
NOTHING, MEMBERS = "nothing", "its members"
THIS, OTHER = "the checkpoint above", "compared with it"
DIFFERENCE, MEAN, SPREAD = "Difference", "Mean", "Spread"
SUBTRACTED = "the second minus the first"
MEAN_OF, SPREAD_OF = "the map above", "standard deviation"
FIGURES = "In numbers"
RANK, OVERLAP = "Rank correlation", "Overlap of the strongest 10 %"
MINUS_MEAN = "Minus the mean"
RANK_OF_MEMBER = "Rank correlation with the mean"
HIDE_AGAIN = "Hide the maps again"
HELD = "Maps are off at first: a map of what a network does not find, or cannot tell, misleads easily."
SHOW_BOTH = "Show anyway: neither network says that it is there"
SHOW_MEMBERS = "Show anyway: the network does not say that it is there"
SAME_EVERYWHERE = "The two maps are the same everywhere."
FEATURE_FUSION = (
    "This ensemble joins its members' feature maps and reads them with one classifier: there is one map of all "
    "together, and the members have none of their own."
)
PAIR_HOW = (
    "Blue and orange are evidence against and for the finding, also where the panels above show only what speaks for "
    "it. Both maps are on one grid of the film, the coarser one, cut to what both networks see, and evidence is told "
    "per area of the film, because cells of different size hold different amounts. Logit points are divided by each "
    "checkpoint's temperature where both have one. All three maps have one scale, full from the largest of their "
    "99.5th percentiles: a faint difference is a small one."
)
PAIR_SAYS_NOT = "A difference does not say which of the two is right."
MEMBERS_HOW = (
    "The members' maps are on the finest grid among them; the mean is the map above. The spread is the square root of "
    "the weighted mean of the squared distances from the mean, in the same unit; below each member is what it says "
    "beyond the mean. All have one scale, full from the "
    "largest of the 99.5th percentiles of the mean and the members."
)
MEMBERS_SAY_NOT = "A small spread does not say that the members are right: they learned from the same films."


def format_pair_title(label: str) -> str:
    return f"{get_finding(label).name}: two checkpoints"


def format_members_title(label: str, count: int) -> str:
    return f"{get_finding(label).name}: {count} members"


def describe_unknown_label(label: str, other: str, known: Sequence[str]) -> str:
    """The other checkpoint lacks the label."""
    told = f"{other} does not know {get_finding(label).name}."
    if not known:
        return f"{told} The two checkpoints have no finding in common."
    return f"{told} Both know: {', '.join(get_finding(key).name for key in known)}."


def describe_difference_colours(this: str, other: str) -> str:
    return f"Orange: more for the finding in {other}. Blue: more in {this}."


def describe_no_difference(why: str) -> str:
    return f"No difference: {why}. Each map has its own scale."


def describe_no_spread() -> str:
    return "No spread: values of this method can be compared within one map alone. Each map has its own scale."


def describe_unavailable(name: str, reason: str) -> str:
    return f"Not available for {name}: {reason.rstrip('.')}."


def describe_preparing(name: str, is_read: bool) -> str:
    """Before the other checkpoint's maps can be made."""
    return f"Checking what the maps of {name} are worth …" if is_read else f"{name} looks at the film …"


def describe_pair_progress(method: Method, name: str, share: float) -> str:
    return page_text.describe_progress(method, share).replace(" …", f" of {name} …")


def describe_slow_map(method: Method, seconds: float) -> str:
    return f"Compute {method.name} of the other checkpoint too: {format_duration(seconds)}"


def describe_side_sums(side: MapSide) -> str:
    """What one map holds, beside what it explains."""
    kind = "calibrated logit" if side.unit.startswith("calibrated") else "logit"
    if math.isnan(side.total):
        return f"The {kind} is {format_signed(side.logit)}."
    beyond = (
        f"; {format_signed(side.outside)} lies in padding or beyond what both see" if abs(side.outside) >= 0.005 else ""
    )
    return f"Sums to {format_signed(side.total)}{beyond}. The {kind} is {format_signed(side.logit)}."


def describe_difference_sum(this: MapSide, other: MapSide) -> str:
    if math.isnan(this.total):
        return ""
    return f"The difference sums to {format_signed(other.total - this.total)}."


def describe_common_scale(unit: str, count: int) -> str:
    return f"{unit}; one scale for {count} maps"


def describe_empty_pair(name: str) -> str:
    return f"Neither network gives evidence either way in {name}: there is nothing to compare."


def describe_empty_members() -> str:
    return "Neither the mean nor any member holds evidence either way."


def describe_most_different(found: tuple[int, int, float, bool] | None, this: str, other: str) -> str:
    """From `pair.most_different`: where, how much of it, and who has more there."""
    if found is None:
        return SAME_EVERYWHERE
    row, column, share, is_more = found
    return (
        f"They differ most in {page_text.COLUMNS[column]}, {page_text.ROWS[row]} ({format_percent(share)} of the "
        f"difference), where {other if is_more else this} has more for the finding."
    )


def describe_largest_spread(found: tuple[int, int, float] | None) -> str:
    if found is None:
        return "The members do not differ."
    row, column, share = found
    where = f"{page_text.COLUMNS[column]}, {page_text.ROWS[row]}"
    return f"They differ most in {where} ({format_percent(share)} of the spread)."


def describe_unsure_share(share: float) -> str:
    return f"The spread is larger than the mean on {format_percent(share)} of the map."


def describe_pair_canvas(method: str, label: str, whose: str, where: str) -> str:
    return f"{method} for {get_finding(label).name}, {whose}: {where}"


def describe_hidden_pair_map(method: str, label: str, whose: str) -> str:
    return f"Film without the map of {method} for {get_finding(label).name}, {whose}, which is off"


def name_member_difference(name: str) -> str:
    return f"{name} minus the mean"


def describe_member(made: MemberMap, rank: float) -> str:
    return f"Weight {made.weight:.2f}. {RANK_OF_MEMBER} {page_text.format_rank(rank)}."
