"""The words of the tables that tell where a checkpoint's maps point."""

from __future__ import annotations

from cxr_demo.networks.card_parts import Interval

TITLE = "Where its maps point"
HOW = (
    "Measured on films on which a box tells where the finding is (protocol of CheXlocalize, Saporta et al. 2022). Hit "
    "rate: how often the strongest point of a map lies in a box. mIoU: the overlap of the box and what stands out in "
    "the map, 0 to 1, mean over the maps; findings do not fill their boxes, so that even a perfect map stays below 1. "
    "A map without positive values is a miss."
)
BASELINES = (
    "Compare with the first two rows: chance is the share of the film that the boxes cover, and the middle of the film "
    "needs no network. A method that does not beat both says no more than a blind guess."
)
FEW = (
    "Few maps: the intervals (95 %, over patients, in brackets) are wide, and still too narrow. Where all maps hit, or "
    "all miss, there is none."
)
SAID = "Which films, and which methods are left out"
FEW_MAPS = 100  # own choice
NAMES = {"chance": "Chance", "centre": "Middle of the film"}
FIGURES = {"hit_rate": "Hit rate", "miou": "mIoU"}
METHOD, ALL = "Method", "All findings"


def format_caption(figure: str, films: str) -> str:
    return f"{figure}, {films} films"


def format_column(name: str, maps: int) -> str:
    """Effusion, 3 maps."""
    return f"{name}, {maps} map{'s' if maps != 1 else ''}"


def describe_parts(names: list[str]) -> str:
    return f"By part: {', '.join(names)}"


def format_cell(figure: Interval) -> str:
    """Draws of maps that are all hits, or all misses, have no width: such an interval would say what nobody knows."""
    return f"{figure.value:.2f}" if figure.low == figure.high else figure.format(2)
