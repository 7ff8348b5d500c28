"""The words of the tables that say where a checkpoint's maps point."""

from __future__ import annotations

from cxr_demo.networks.card_parts import Interval
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_interval

FEW_MAPS = 100  # own choice
BASELINES = {"chance": "localisation-chance", "centre": "localisation-centre"}
FIGURES = {"hit_rate": "localisation-hit-rate", "miou": "localisation-miou"}


def name_baseline(method: str) -> str:
    """A key of `BASELINES`."""
    return format_text(BASELINES[method])


def format_caption(figure: str, films: str) -> str:
    """`figure`: a key of `FIGURES`; `films`: the name of a set."""
    return format_text("localisation-caption", figure=format_text(FIGURES[figure]), films=films)


def format_column(name: str, maps: int) -> str:
    """Effusion, 3 maps."""
    return format_text("localisation-column", finding=name, maps=maps)


def describe_parts(names: list[str]) -> str:
    return format_text("localisation-parts", names=", ".join(names))


def format_cell(figure: Interval) -> str:
    """Draws of maps that are all hits, or all misses, have no width: such an interval would say what nobody knows."""
    if figure.low == figure.high:
        return format_interval(figure.value, None, None)
    return format_interval(figure.value, figure.low, figure.high)
