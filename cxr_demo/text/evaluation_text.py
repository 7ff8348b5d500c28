"""The words of the section that judges the explanations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxr_demo.evaluation.agreement import BORDER, CORNER, RegionShare
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.faithfulness import MIN_FALL, ORDERS, Curve
from cxr_demo.evaluation.randomisation import UNCHANGED, Randomisation
from cxr_demo.evaluation.regions import LUNGS, OUTSIDE, USER_REGION
from cxr_demo.explain.methods import METHODS
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import (
    format_duration,
    format_interval,
    format_percent,
    format_rounded,
    format_signed,
)
from cxr_demo.text.page_text import WITH

TITLE = "Quality of these explanations"
MAP = "Map"

REGIONS_TITLE = "Where the evidence lies"
REGIONS = {  # by the name of a region; others stand by their own
    LUNGS: "in the lungs (estimate)", OUTSIDE: "outside the lungs", "borders": "at the borders",
    "corners": "in the corners", USER_REGION: "in your region",
}  # fmt: skip
REGIONS_HOW = (
    "The share of each map's evidence for the finding that lies in a region; in brackets and as a mark, what evenly "
    f"spread evidence would have there. Borders are the outer {format_percent(BORDER)}, corners "
    f"{format_percent(CORNER)} of height and width."
)
WARNING = "Evidence outside the lungs, at a border or in a corner is a warning about the network, not about the map."
NO_LUNGS = "There is no lung model here, so the lungs are not told apart."
NO_LUNG_FOUND = "The lung model finds no lung on this film, so the lungs are not told apart."

DRAW = "Draw a region"
DRAW_HINT = "Drag over any panel. Escape stops."
REGION = "A region of your own: draw it on a panel, or give it in % of the film"
SIDES = {"x": "left", "y": "top", "width": "width", "height": "height"}
SET_REGION, CLEAR_REGION = "Show its share", "Clear"
NO_NUMBERS = "Give left, top, width and height as numbers from 0 to 100."

CHECK = "Check these maps"
CHECK_REST = "Check the rest"
CHECK_HINT = "Asks the network again, with parts of the film blurred, with random weights, with noise and a shift."
STOP, STOPPED = "Stop", "Stopped. What was found so far stays."
STOPPED_AT_ONCE = "Stopped before anything was found."
WAITING = "About to start; waits while others check their maps"
CHECKING = "Checking"
DONE = "Checked. The results stay with this film and finding."
PARTS = {
    "random baseline": "random orders, to compare with",
    "faithfulness": "deletion and insertion",
    "stability": "noise and shift",
    "randomisation": "random weights",
}
CHECKS_TABLE = "What the network answers when it is asked again"
DIRECTION = {"higher": "higher is better", "lower": "lower is better"}
MEASURES = {  # by a check's key: what stands in its column
    "deletion": "area under the score",
    "insertion": "area under the score",
    "randomisation": "rank correlation left",
    "noise": "change of the map",
    "shift": "change of the map",
}
NOT_YET = "not checked"
FAILED = "not computed ({reason})"
NO_AREA = f"no area: blurring moves the logit by less than {MIN_FALL:g}"
UNCHANGED_FLAG = "Does not change"
UNCHANGED_WHY = f"Still at {UNCHANGED} or more when all weights are random: it cannot speak of what was learned."
BLIND_WHY = "Stays with random weights in the last block: it is not about this finding."
BLOCKS = ("last block", "all blocks")
MEANINGS = "What each number says, where it comes from, and what it does not say"
LEGEND = (
    "Curves: the logit while the film is blurred away, or made sharp again, in the map's order (line) and in "
    f"{ORDERS} random orders (band). Steps: rank correlation with the map of the trained network, from random weights "
    "in the last block to random weights in all; thin: without signs; dashed: where “does not change” begins. An area "
    f"is 0 for the blurred film's logit and 1 for the film's; it needs {MIN_FALL:g} logit points between them."
)
SEPARATE = " · "


def name_region(name: str) -> str:
    return REGIONS.get(name, f"in the {name}")


def describe_lung_model(dice: tuple[float, float, float]) -> str:
    return (
        f"The outline of the lungs is an estimate of a small network: Dice {format_interval(*dice)} on "
        "films that it had not seen."
    )


def format_region_share(found: RegionShare) -> tuple[str, str]:
    """What lies in a region, and in brackets what evenly spread evidence would have there."""
    area = f"({format_percent(found.area)})"
    return (format_text("undefined"), area) if math.isnan(found.evidence) else (format_percent(found.evidence), area)


def describe_region_share(found: RegionShare) -> str:
    """On the region itself, in each panel."""
    return f"{format_region_share(found)[0]} of the evidence" if not math.isnan(found.evidence) else "no evidence"


def describe_area(area: float) -> str:
    return f"{format_percent(area)} of the film"


def describe_slow_offer(methods: Sequence[str]) -> str:
    """The second press."""
    return f"Also noise, shift and random weights of {join_method_names(methods)}"


def join_method_names(methods: Sequence[str]) -> str:
    names = [METHODS[key].name for key in methods]
    return WITH.join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def describe_step(part: str, methods: Sequence[str]) -> str:
    return f"{PARTS[part].capitalize()}: {join_method_names(methods)}" if methods else PARTS[part].capitalize()


def describe_time_left(seconds: float) -> str:
    return f"{format_duration(seconds)} left"


def describe_random_area(curve: Curve) -> str:
    return f"(random {format_rounded(float(curve.random_areas.mean()))})"


def describe_beaten_orders(curve: Curve) -> str:
    return f"beats {curve.beaten} of {ORDERS} random orders"


def describe_gain(curve: Curve) -> str:
    """Over the mean of the random orders; what is below 0 is worse than chance."""
    return f"mean gain {format_signed(curve.gain)} logit points"


def describe_curve(found: Curve) -> str:
    """The text alternative of a curve."""
    ends = f"{format_rounded(float(found.logits[0]))} to {format_rounded(float(found.logits[-1]))}"
    against = f"{describe_beaten_orders(found)}, {describe_gain(found)}"
    return f"{CHECKS[found.check].name}: the logit goes from {ends}, {against}"


def describe_randomisation(found: Randomisation) -> str:
    """The text alternative of the steps."""
    first, last = found.stages[0], found.stages[-1]
    return (
        f"Rank correlation {format_rounded(first.rank)} with random weights in the {BLOCKS[0]}, "
        f"{format_rounded(last.rank)} with those in {BLOCKS[1]}"
    )


def describe_absolute_rank(found: Randomisation) -> str:
    return f"without signs {format_rounded(found.stages[-1].rank_absolute)}"


def describe_rank(rank: float) -> str:
    return f"rank correlation {format_rounded(rank)}"


def shorten_paper(paper: str) -> str:
    """ "Petsiuk et al. 2018, RISE, BMVC" -> "Petsiuk et al. 2018"; "own choice, in the measure of Yeh et al. 2019" ->
    "in the measure of Yeh et al. 2019"."""
    first, _, rest = paper.partition(", ")
    return rest.partition(",")[0] if first == "own choice" else first
