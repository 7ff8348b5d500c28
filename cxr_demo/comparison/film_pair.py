"""Two films, read by one network: what changed of each probability, and where its maps differ, if that can be said.

Two films of one healthy person are never the same: the person stands elsewhere, and the film has other grain. So each
probability is also computed with the square moved by 1 and 2 % of its side and with noise that cannot be seen, and a
difference counts only where it is larger than what such changes do by themselves. All of this is our own choice. It
says what a network of this kind makes of the difference between two files, and not whether a person changed: breath,
turning and exposure change more than a shift does.

Maps are subtracted where the earlier film can be laid over the later one: by the affine movement that makes both most
alike (Evangelidis & Psarakis 2008, Parametric image alignment using enhanced correlation coefficient maximization;
OpenCV's `findTransformECC`), sought from where they lie and from where their lungs meet. The films of any two people
fit well enough for that, so a fit is no sign that both are of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from cxr_demo.analysis import Analyser, Explanation, Study
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.evaluation.stability import SIGMA
from cxr_demo.film.preprocess import Preprocess

SHIFTS = (0.01, 0.02)  # of the square's side, each to four sides
NOISES = 4
VARIED = 1 + 4 * len(SHIFTS) + NOISES  # squares of one film
PERCENTILES = 2.5, 97.5
ALIGNED_PX = 256  # longest side of a film while it is aligned
STEPS, STEP_LEAST, BLUR_PX = 100, 1e-5, 5  # of findTransformECC
# Own choices, tried on rendered films: two of any patients come to 0.97 and 0.96; one upside down to less than 0.6.
LEAST_ALIKE, LEAST_LUNGS = 0.8, 0.8
MOST_TURN, MOST_SCALE = 20.0, 1.5  # degrees; and 1 / MOST_SCALE

Refusal = Literal["", "unlike", "lungs", "moved"]


@dataclass(frozen=True, eq=False)
class Alignment:
    """`matrix` (2, 3) float64 takes a place (x, y) of the later film to the same place of the earlier one, both in
    shares of their film from its upper left corner. `correlation`: of both films' greys then, each with its histogram
    made flat; `overlap`: Dice's coefficient of both films' lungs then, NaN without a lung model. `refusal`: why the
    matrix is not to be used, "" where it is."""

    matrix: np.ndarray
    correlation: float
    overlap: float
    refusal: Refusal


@dataclass(frozen=True)
class LabelChange:
    """What one label's probability did from the earlier film to the later one, 0..1; `low` and `high` are the ends of
    the interval of the difference over small shifts and noise of both films."""

    label: str
    then: float
    now: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        return self.now - self.then

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, eq=False)
class MapChange:
    """Maps of two films on the later one: `now`, `then` as it lies over it and `difference`, `now` minus `then`, each
    (H, W) float32 in `unit`, 0 where not `both` (H, W) bool: what the network saw on both films."""

    now: np.ndarray
    then: np.ndarray
    difference: np.ndarray
    both: np.ndarray
    unit: str


def vary_square(square: np.ndarray, preprocess: Preprocess, shape: tuple[int, int]) -> np.ndarray:
    """square (S, S) float32 0..1, of a film of `shape` (H, W) -> (VARIED, S, S): itself, moved to four sides by each of
    SHIFTS of its side, with the film's edge repeated and padding left where it is, and with each of NOISES noises of
    `stability.SIGMA`. Always the same ones."""
    _, _, placed_x, placed_y = preprocess.boxes(shape)
    there = slice(*placed_y), slice(*placed_x)
    seen, varied = np.ascontiguousarray(square[there]), []
    steps = [share * len(square) for share in SHIFTS]
    moves = [(across * step, down * step) for step in steps for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    for across, down in moves:
        matrix = np.array([[1, 0, across], [0, 1, down]])
        varied.append(cv2.warpAffine(seen, matrix, seen.shape[::-1], borderMode=cv2.BORDER_REPLICATE))
    for seed in range(NOISES):
        noise = np.random.default_rng(seed).normal(0, SIGMA, seen.shape).astype(np.float32)
        varied.append(np.clip(seen + noise, 0, 1))
    squares = np.repeat(square[None], VARIED, axis=0)
    squares[(slice(1, None), *there)] = varied
    return squares


def vary_probabilities(analyser: Analyser, study: Study) -> np.ndarray:
    """The probabilities (VARIED, L) float32 of the squares that `vary_square` makes of a study's."""
    preprocess = analyser.card.preprocess
    return analyser.score_squares(vary_square(study.square, preprocess, study.image.pixels.shape))


def compare_probabilities(
    now: Study, now_varied: np.ndarray, then: Study, then_varied: np.ndarray
) -> tuple[LabelChange, ...]:
    """Of every label, in the order of the studies. The varied probabilities (VARIED, L) are those of
    `vary_probabilities`; the interval holds the middle 95 % of the differences of every one of the one film with every
    one of the other, so that a film is never told apart from itself.

    Raises:
        ValueError: the studies are not of one network.
    """
    if now.checkpoint_sha256 != then.checkpoint_sha256:
        raise ValueError("the two films were not read by one network")
    differences = now_varied[:, None].astype(np.float64) - then_varied[None]
    low, high = np.percentile(differences.reshape(-1, differences.shape[-1]), PERCENTILES, axis=0)
    plain = now.probabilities.astype(np.float64) - then.probabilities
    low, high = np.minimum(low, plain), np.maximum(high, plain)  # an interval that holds what stands before it
    return tuple(
        LabelChange(label, float(then.probabilities[at]), float(now.probabilities[at]), float(low[at]), float(high[at]))
        for at, label in enumerate(now.labels)
    )


def align_films(now: np.ndarray, then: np.ndarray, lungs: Lungs | None = None) -> Alignment:
    """Pixels (H, W) float32 0..1 of two films, of any shapes -> how the earlier one lies over the later one."""
    films = [_make_small(film) for film in (now, then)]
    masks = [lungs.estimate(film) for film in (now, then)] if lungs else []
    best, correlation = np.eye(2, 3), -1.0
    for start in _list_starts(films, masks):
        found = _fit_movement(films, start)
        if found is not None and found[1] > correlation:
            best, correlation = found
    matrix = _to_shares(best, films)
    overlap = _measure_overlap(masks, matrix) if masks else float("nan")
    return Alignment(matrix, correlation, overlap, _find_refusal(best, correlation, overlap))


def lay_over(picture: np.ndarray, alignment: Alignment, shape: tuple[int, int], border: float = 0.0) -> np.ndarray:
    """A picture (h, w) of the whole earlier film -> (H, W) = `shape` float32, a picture of the whole later film;
    `border` where the earlier one has nothing."""
    (rows, columns), (height, width) = picture.shape, shape
    from_shares = np.diag([columns, rows]) @ alignment.matrix + [[0, 0, -0.5], [0, 0, -0.5]]
    to_shares = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1]])
    return cv2.warpAffine(
        picture.astype(np.float32), from_shares @ to_shares, (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT, borderValue=border,
    )  # fmt: skip


def compare_film_maps(
    now: Explanation,
    then: Explanation,
    preprocess: Preprocess,
    shapes: tuple[tuple[int, int], tuple[int, int]],
    alignment: Alignment,
    out: tuple[int, int],
) -> MapChange:
    """Two maps of one label by one method of one network, on films of `shapes` (H, W), the later one's first, drawn in
    `out` (H', W') pixels. Where values add up they are given per 1 % of the area of the later film, as far as the
    earlier one is larger or smaller on it.

    Raises:
        ValueError: the maps are of different labels or methods, their unit cannot be compared, or the films cannot be
            laid over each other.
    """
    if (now.label, now.method) != (then.label, then.method):
        raise ValueError("the two maps are not of one label and one method")
    if not now.unit.comparable or alignment.refusal:
        raise ValueError("these maps cannot be subtracted")
    smalls = [out, _fit_shape(shapes[1], max(out))]
    pictures = [
        draw_film_map(explanation, preprocess, shape, small)
        for explanation, shape, small in zip((now, then), shapes, smalls, strict=True)
    ]
    sights = [_draw_sight(preprocess, shape, small) for shape, small in zip(shapes, smalls, strict=True)]
    both = sights[0] & (lay_over(sights[1].astype(np.float32), alignment, out) > 0.5)
    # A part of the later film of 1 % of its area is so many percent of the earlier one's.
    area = abs(float(np.linalg.det(alignment.matrix[:, :2]))) if now.unit.per_area else 1.0
    over = lay_over(pictures[1], alignment, out) * np.float32(area)
    first, second = np.where(both, pictures[0], np.float32(0)), np.where(both, over, np.float32(0))
    return MapChange(first, second, first - second, both, now.unit.per_area or now.unit)


def draw_film_map(
    explanation: Explanation, preprocess: Preprocess, shape: tuple[int, int], out: tuple[int, int]
) -> np.ndarray:
    """On the whole film in `out` pixels; per 1 % of its area where the values add up."""
    values = explanation.map_square
    if explanation.unit.per_area:
        grid = values.shape[0], values.shape[1]
        rows, columns = preprocess.edges_to_image(grid, shape, explanation.placement)
        percent = np.outer(np.diff(rows), np.diff(columns)) / (shape[0] * shape[1]) * 100
        values = values / percent
    return preprocess.map_to_image(values.astype(np.float32), out, explanation.placement)


def _fit_shape(shape: tuple[int, int], side_px: int) -> tuple[int, int]:
    """(H, W) in proportion, the longest side of `side_px`."""
    return max(1, round(shape[0] * side_px / max(shape))), max(1, round(shape[1] * side_px / max(shape)))


def _draw_sight(preprocess: Preprocess, shape: tuple[int, int], out: tuple[int, int]) -> np.ndarray:
    """(H', W') bool: what the network sees of the film."""
    left, top, right, bottom = preprocess.seen_box(shape)
    rows = (np.arange(out[0]) + 0.5) * shape[0] / out[0]
    columns = (np.arange(out[1]) + 0.5) * shape[1] / out[1]
    return ((rows > top) & (rows < bottom))[:, None] & ((columns > left) & (columns < right))


def _make_small(film: np.ndarray) -> np.ndarray:
    """(H, W) -> at most ALIGNED_PX a side, float32 0..1, its histogram flat, so that exposure plays no part."""
    small = cv2.resize(film, _fit_shape((film.shape[0], film.shape[1]), ALIGNED_PX)[::-1], interpolation=cv2.INTER_AREA)
    greys = cv2.equalizeHist(np.rint(np.clip(small, 0, 1) * 255).astype(np.uint8))
    return greys.astype(np.float32) / np.float32(255)


def _list_starts(films: Sequence[np.ndarray], masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Movements (2, 3) of small films' pixels to begin with: film on film, and lungs on lungs where both have some."""
    scales = [then / now for now, then in zip(films[0].shape[::-1], films[1].shape[::-1], strict=True)]
    starts = [np.array([[scales[0], 0, 0], [0, scales[1], 0]])]
    if masks and all(mask.any() for mask in masks):
        boxes = [_find_box(mask, film.shape) for mask, film in zip(masks, films, strict=True)]
        (x, y, side), (other_x, other_y, other_side) = boxes
        scale = other_side / side
        starts.append(np.array([[scale, 0, other_x - scale * x], [0, scale, other_y - scale * y]]))
    return starts


def _find_box(mask: np.ndarray, shape: tuple[int, ...]) -> tuple[float, float, float]:
    """(H, W) bool -> the middle of what is True, x and y, and the root of its area, in pixels of a film of `shape`."""
    shrink = shape[0] / mask.shape[0]
    rows, columns = np.nonzero(mask)
    return columns.mean() * shrink, rows.mean() * shrink, float(np.sqrt(len(rows))) * shrink


def _fit_movement(films: Sequence[np.ndarray], start: np.ndarray) -> tuple[np.ndarray, float] | None:
    """-> the movement (2, 3) float64 of small films' pixels and the correlation; None where there is none to be
    found."""
    criteria = cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, STEPS, STEP_LEAST
    mask = np.full(films[1].shape, 255, np.uint8)
    try:
        correlation, matrix = cv2.findTransformECC(
            films[0], films[1], start.astype(np.float32), cv2.MOTION_AFFINE, criteria, mask, BLUR_PX
        )
    except cv2.error:  # it does not converge, or what is left of the films is of one grey
        return None
    return matrix.astype(np.float64), float(correlation)


def _to_shares(matrix: np.ndarray, films: Sequence[np.ndarray]) -> np.ndarray:
    """Of pixels whose centres are whole -> of shares of the films."""
    (height, width), (rows, columns) = films[0].shape, films[1].shape
    to_pixels = np.array([[width, 0, -0.5], [0, height, -0.5], [0, 0, 1]])
    moved = matrix @ to_pixels + [[0, 0, 0.5], [0, 0, 0.5]]
    return np.diag([1 / columns, 1 / rows]) @ moved


def _measure_overlap(masks: Sequence[np.ndarray], matrix: np.ndarray) -> float:
    """Dice's coefficient; 0 where either film has no lungs."""
    now = masks[0]
    then = lay_over(masks[1].astype(np.float32), Alignment(matrix, 0.0, 0.0, ""), now.shape) > 0.5
    counted = int(now.sum()) + int(then.sum())
    return 2 * int((now & then).sum()) / counted if counted else 0.0


def _find_refusal(matrix: np.ndarray, correlation: float, overlap: float) -> Refusal:
    """`matrix` in pixels of the small films, which have the films' own aspects."""
    if correlation < LEAST_ALIKE:
        return "unlike"
    scales = np.linalg.svd(matrix[:, :2], compute_uv=False)
    turn = np.degrees(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))
    is_mirrored = np.linalg.det(matrix[:, :2]) <= 0
    if is_mirrored or abs(turn) > MOST_TURN or scales.max() / np.sqrt(scales.prod()) > MOST_SCALE:
        return "moved"
    if not 1 / MOST_SCALE <= np.sqrt(scales.prod()) <= MOST_SCALE:
        return "moved"
    return "lungs" if overlap < LEAST_LUNGS else ""
