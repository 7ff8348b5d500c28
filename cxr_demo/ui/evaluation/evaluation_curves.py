"""Small drawings of the checks: curves of deletion and insertion, steps of randomisation, as SVG for any theme."""

from __future__ import annotations

import numpy as np

from cxr_demo.evaluation.faithfulness import SHARES, Curve
from cxr_demo.evaluation.randomisation import UNCHANGED, Randomisation
from cxr_demo.text import evaluation_text
from cxr_demo.ui.markup import Html, tag

WIDTH, HEIGHT, EDGE = 132, 46, 3
LOWEST_RANK = -0.35  # of what is drawn; single draws of smooth maps scatter by 0.3 around 0


def draw_curve(found: Curve) -> Html:
    """The map's order as a line, and where the middle of the film leads to, dashed through."""
    every = np.append(found.logits, found.middle_logit)
    low, high = float(every.min()), float(every.max())

    def y(logits: np.ndarray) -> np.ndarray:
        return (logits - low) / max(high - low, 1e-6)

    middle = _draw_line(np.array([0.0, 1.0]), y(np.full(2, found.middle_logit)), "limit")
    own = _draw_line(np.array(SHARES), y(found.logits), "own")
    return _render_drawing(evaluation_text.describe_curve(found), middle, own)


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
    dots = _draw_dots(x[known], y(ranks[known, 0]), "dot")
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


def _draw_dots(x: np.ndarray, y: np.ndarray, name: str) -> list[Html]:
    points = (point.split(",") for point in _place_points(x, y))
    return [tag("circle", cx=px, cy=py, r="1.8", class_=name) for px, py in points]


def _render_drawing(text: str, *parts: Html) -> Html:
    return tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="drawing", role="img", aria_label=text)
