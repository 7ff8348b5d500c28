"""Small drawings of the checks: curves of deletion and insertion, steps of randomisation, as SVG for any theme."""

from __future__ import annotations

import numpy as np

from cxr_demo.evaluation.faithfulness import Curve
from cxr_demo.evaluation.randomisation import UNCHANGED, Randomisation
from cxr_demo.text import evaluation_text
from cxr_demo.ui.markup import Html, tag

WIDTH, HEIGHT, EDGE = 132, 46, 3
LOWEST_RANK = -0.35  # of what is drawn; single draws of smooth maps scatter by 0.3 around 0


def draw_curve(found: Curve) -> Html:
    """The map's order as a line over the band between the lowest and the highest of the random orders."""
    every = np.concatenate([found.logits[None], found.random_logits])
    low, high = float(every.min()), float(every.max())
    x = found.share

    def y(logits: np.ndarray) -> np.ndarray:
        return (logits - low) / max(high - low, 1e-6)

    top, bottom = (
        _place_points(x, y(found.random_logits.max(axis=0))),
        _place_points(x, y(found.random_logits.min(axis=0))),
    )
    band = tag("polygon", points=" ".join([*top, *reversed(bottom)]), class_="band")
    mean = _draw_line(x, y(found.random_logits.mean(axis=0)), "mean")
    return _render_drawing(evaluation_text.describe_curve(found), band, mean, _draw_line(x, y(found.logits), "own"))


def draw_randomisation(found: Randomisation) -> Html:
    """One dot per stage, from the last block on the left to all blocks on the right; stages without a rank are left
    out."""
    ranks = np.array([[stage.rank, stage.rank_absolute] for stage in found.stages])
    x = np.linspace(0, 1, len(ranks)) if len(ranks) > 1 else np.array([0.5])

    def y(rank: np.ndarray) -> np.ndarray:
        return (np.clip(rank, LOWEST_RANK, 1) - LOWEST_RANK) / (1 - LOWEST_RANK)

    known, absolute = ~np.isnan(ranks).T
    both = np.array([0.0, 1.0])
    lines = [_draw_line(both, y(np.full(2, at)), name) for at, name in ((0.0, "zero"), (UNCHANGED, "limit"))]
    dots = [
        tag("circle", cx=px, cy=py, r="1.8", class_="dot")
        for px, py in (point.split(",") for point in _place_points(x[known], y(ranks[known, 0])))
    ]
    thin = _draw_line(x[absolute], y(ranks[absolute, 1]), "mean")
    return _render_drawing(
        evaluation_text.describe_randomisation(found),
        *lines,
        thin,
        _draw_line(x[known], y(ranks[known, 0]), "own"),
        *dots,
    )


def _place_points(x: np.ndarray, y: np.ndarray) -> list[str]:
    """Both 0..1, y upwards -> "px,py" in the drawing."""
    return [
        f"{EDGE + px * (WIDTH - 2 * EDGE):.1f},{HEIGHT - EDGE - py * (HEIGHT - 2 * EDGE):.1f}"
        for px, py in zip(x, y, strict=True)
    ]


def _draw_line(x: np.ndarray, y: np.ndarray, name: str) -> Html:
    return tag("polyline", points=" ".join(_place_points(x, y)), class_=name)


def _render_drawing(text: str, *parts: Html) -> Html:
    return tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="drawing", role="img", aria_label=text)
