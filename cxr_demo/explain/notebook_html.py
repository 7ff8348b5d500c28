"""HTML of a study and of a map for a notebook: one piece of text that needs nothing else."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

import cv2
import numpy as np

from cxr_demo.labels import FINDINGS
from cxr_demo.render import (
    BAR_GREY,
    Scale,
    choose_ticks,
    draw_colour_bar,
    draw_overlay,
    fit_shape,
    format_number,
    make_greys,
)
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_percent, name_score

FILM_PX, MAP_PX, BAR_PX = 256, 256, 10


def render_scores(
    pixels: np.ndarray, checkpoint: str, labels: Sequence[str], scores: np.ndarray, calibrated: bool
) -> str:
    """`pixels` (H, W) float32 0..1, `scores` (L,) 0..1, the highest first."""
    height, width = fit_shape(pixels.shape, FILM_PX)
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    rows = "".join(
        f"<tr><td>{html.escape(_name(labels[at]))}</td><td>{_format_score(float(scores[at]), calibrated)}</td>"
        f"<td><div style='width:{100 * scores[at]:.0f}px;height:9px;background:#0369a1'></div></td></tr>"
        for at in map(int, np.argsort(-scores, kind="stable"))
    )
    head = f"<thead><tr><th></th><th colspan='2'>{html.escape(name_score(calibrated))}</th></tr></thead>"
    table = f"<table>{head}{rows}</table>"
    film = _encode(np.repeat(make_greys(small)[..., None], 3, axis=2))
    return _frame(checkpoint, f"<img src='{film}' alt=''>{table}")


def render_map(map_square: np.ndarray, scale: Scale, method: str, label: str, sums: tuple[float, float] | None) -> str:
    """`map_square` (h, w) in the scale's unit; each cell or pixel is enlarged to a square of one colour. `sums`: of its
    values, and the logit; None where they mean nothing together."""
    times = max(1, MAP_PX // max(map_square.shape))
    large = np.kron(map_square, np.ones((times, times), np.float32))
    grey = np.full(large.shape, BAR_GREY / 255, np.float32)
    colours = draw_overlay(grey, large, scale, 1.0)
    bar = np.asarray(draw_colour_bar(scale, MAP_PX, BAR_PX))
    ticks = "".join(f"<span>{html.escape(tick)}</span>" for tick in choose_ticks(scale))
    told = ""
    if sums:
        told = format_text("notebook-sums", total=format_number(sums[0]), logit=format_number(sums[1]))
    return _frame(
        f"{method}: {_name(label)}",
        f"<div style='width:{MAP_PX}px'><img src='{_encode(colours)}' alt='' style='width:{MAP_PX}px'>"
        f"<img src='{_encode(bar)}' alt=''><div style='display:flex;justify-content:space-between'>{ticks}</div>"
        f"<small>{html.escape(scale.unit)}<br>{html.escape(told)}</small></div>",
    )


def _frame(title: str, inside: str) -> str:
    head = f"<figcaption><b>{html.escape(title)}</b></figcaption>"
    return f"<figure>{head}<div style='display:flex;gap:16px;align-items:flex-start'>{inside}</div></figure>"


def _name(label: str) -> str:
    return FINDINGS[label].name if label in FINDINGS else label


def _format_score(score: float, calibrated: bool) -> str:
    return format_percent(score, 1) if calibrated else format_digits(score, 3)


def _encode(rgb: np.ndarray) -> str:
    """(H, W, 3) uint8 as a PNG data URI."""
    file = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
    return f"data:image/png;base64,{base64.b64encode(file).decode()}"
