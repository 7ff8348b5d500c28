"""Phantoms: synthetic frontal chest films whose findings are known to the pixel. numpy and OpenCV only.

A finding takes air out of the lungs of a patient of `anatomy`, which leaves more to shine through: the film shows
1 - exp(-thickness). Shapes and amounts are our own choice, made by eye beside real films: for teaching and for
measuring maps, not a picture of disease.

Patient, each finding, letters and grain have random numbers of their own. So one seed is one patient, with or without
a finding or letters and at any size, and two films of one seed differ in nothing but what was planted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from cxr_demo.film.anatomy import SIDES, Patient, draw_cloud, draw_patient, fill_shape, soften_mask

SIZE_PX = 256
LEAST_CHANGE = 1.5 / 255  # one level of 255 can be rounding alone; a pixel that would change less stays as it was
MOST_LETTERS = 5
AIR = 1.02  # the thickness that the lungs take away where they are deepest


@dataclass(frozen=True, eq=False)
class Planted:
    """A finding (`label`, a key of `labels.FINDINGS`) on the patient's `side` ("right", "left", or "" for the heart);
    `mask` (S, S) bool: exactly the pixels it changes."""

    label: str
    side: str
    mask: np.ndarray


@dataclass(frozen=True, eq=False)
class Phantom:
    """`pixels` (S, S) float32 0..1, in steps of 1/255. Masks (S, S) bool: `lungs`, as far as they are seen beside heart
    and mediastinum; `heart`; `marker`, exactly the pixels that `letters` change, none where there are none."""

    pixels: np.ndarray
    lungs: np.ndarray
    heart: np.ndarray
    planted: tuple[Planted, ...]
    marker: np.ndarray
    letters: str

    @property
    def labels(self) -> tuple[str, ...]:
        """What is planted, or "normal"."""
        return tuple(each.label for each in self.planted) or ("normal",)


def make_phantom(seed: int, size_px: int = SIZE_PX, findings: Sequence[str] = (), letters: str = "") -> Phantom:
    """The patient `seed` with `findings` (keys of PLANTS) and `letters` burned in near an upper corner: "L" and "R" on
    the patient's left and right, others on either.

    The same film on every machine, but for a grey level here and there where float arithmetic rounds otherwise.
    """
    if unknown := sorted(set(findings) - set(PLANTS)):
        raise ValueError(f"{', '.join(unknown)} cannot be planted; these can: {', '.join(PLANTS)}")
    patient = draw_patient(_random(seed, "patient"), size_px)
    show = _exposure(_random(seed, "exposure"), size_px)
    air, heart = patient.air, patient.heart > 0.5
    pixels, planted = show(patient.thickness - AIR * air), []
    for label in (label for label in PLANTS if label in findings):
        side, share = PLANTS[label](patient, _random(seed, label))
        air = air * (1 - share.clip(0, 1).astype(np.float32))
        pixels, mask = _changed(pixels, show(patient.thickness - AIR * air))
        planted.append(Planted(label, SIDES.get(side, ""), mask))
        if not side:
            heart |= mask
    lungs, no_marker = (patient.lungs > 0.5) & ~heart, np.zeros(heart.shape, bool)
    film = Phantom(pixels, lungs, heart, tuple(planted), no_marker, "")
    return burn_in(film, letters, seed) if letters else film


def burn_in(film: Phantom, letters: str, seed: int) -> Phantom:
    """A film without letters -> what `make_phantom` gives with them."""
    if len(letters) > MOST_LETTERS:
        raise ValueError(f"{letters!r} has more than {MOST_LETTERS} letters")
    burned = _letters(letters, len(film.pixels), _random(seed, "letters"))
    pixels, marker = _changed(film.pixels, np.maximum(film.pixels, burned))
    return replace(film, pixels=pixels, marker=marker, letters=letters)


def make_example_phantoms(size_px: int = 512) -> dict[str, Phantom]:
    """A few films for a first look, by the key that their messages in the catalogue have."""
    return {key: make_phantom(seed, size_px, findings, letters) for key, (seed, findings, letters) in EXAMPLES.items()}


EXAMPLES: dict[str, tuple[int, tuple[str, ...], str]] = {  # seed, findings, letters
    "normal": (3, (), ""),
    "consolidation": (6, ("consolidation",), ""),
    "effusion": (5, ("effusion",), ""),
    "shortcut-marker": (3, (), "PORT"),
}


def _random(seed: int, what: str) -> np.random.Generator:
    return np.random.default_rng([seed, *what.encode()])


def _changed(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-> the film, and where it differs from `before`; what would change by less than LEAST_CHANGE is kept."""
    mask = after - before > LEAST_CHANGE
    return np.where(mask, after, before), mask


def _exposure(random: np.random.Generator, size_px: int) -> Callable[[np.ndarray], np.ndarray]:
    """thickness (S, S) -> pixels (S, S) float32 0..1 in steps of 1/255, always with the same exposure and grain."""
    dose, gamma = random.uniform(0.9, 1.5), random.uniform(0.85, 1.35)
    grain = random.standard_normal((size_px, size_px), dtype=np.float32)

    def show(thickness: np.ndarray) -> np.ndarray:
        film = (1 - np.exp(-dose * np.maximum(soften_mask(thickness, 0.003), 0))) ** gamma
        film = 0.02 + 0.96 * film + 0.010 * grain * (0.4 + film)
        return np.rint(film.clip(0, 1) * 255).astype(np.float32) / np.float32(255)

    return show


def _letters(letters: str, size_px: int, random: np.random.Generator) -> np.ndarray:
    """(S, S) float32: what the letters add at least to a film, in an upper corner and clear of the lungs."""
    left = random.random() < 0.5 if letters not in ("L", "R") else letters == "R"  # of the viewer
    x, y, height = random.uniform(0.035, 0.06), random.uniform(0.03, 0.09), random.uniform(0.055, 0.07)
    fine = 4 * size_px  # drawn large and averaged, so that small films have whole letters
    canvas = np.zeros((fine, fine), np.uint8)
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(0.008 * fine))
    scale = height * fine / cv2.getTextSize("E", font, 1.0, thick)[0][1]
    width = cv2.getTextSize(letters, font, scale, thick)[0][0]
    place = (round(x * fine) if left else round((1 - x) * fine) - width, round((y + height) * fine))
    cv2.putText(canvas, letters, place, font, scale, 247, thick, cv2.LINE_AA)
    return cv2.resize(canvas, (size_px, size_px), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _side(random: np.random.Generator) -> int:
    return 1 if random.random() < 0.5 else -1


def _spot(patient: Patient, u: float, v: float, wide: float, high: float) -> np.ndarray:
    """(S, S): 1 in the middle of an oval, falling to 0 at its rim as a parabola, 0 outside."""
    across, down = (
        (patient.body.u - np.float32(u)) / np.float32(wide),
        (patient.body.v - np.float32(v)) / np.float32(high),
    )
    return (1 - across**2 - down**2).clip(0, 1)


def _consolidation(patient: Patient, random: np.random.Generator) -> tuple[int, np.ndarray]:
    """Some soft spots that run together in one zone of a lung and take most of its air, patchily."""
    body, side = patient.body, _side(random)
    u, v, size = side * random.uniform(0.13, 0.24) * body.wide, random.uniform(0.26, 0.64), random.uniform(0.07, 0.12)
    clear = np.ones_like(patient.air)
    for _ in range(6):
        at, wide, high = random.normal(0, 0.45 * size, 2), *(size * random.uniform(0.7, 1.1, 2))
        clear *= 1 - 0.8 * _spot(patient, u + at[0], v + at[1], wide, high) ** 1.5
    patches = 0.10 * draw_cloud(random, 24, len(clear)) + 0.10 * draw_cloud(random, 48, len(clear))
    share = (1 - clear) * (random.uniform(0.5, 0.8) + patches)
    return side, share * (body.u * side > 0)


def _nodule(patient: Patient, random: np.random.Generator) -> tuple[int, np.ndarray]:
    return _ball(patient, random, random.uniform(0.024, 0.036))  # films are some 40 cm wide, and 3 cm is the limit


def _mass(patient: Patient, random: np.random.Generator) -> tuple[int, np.ndarray]:
    return _ball(patient, random, random.uniform(0.042, 0.065))


def _ball(patient: Patient, random: np.random.Generator, size: float) -> tuple[int, np.ndarray]:
    body, side = patient.body, _side(random)
    u, v = side * random.uniform(0.13, 0.26) * body.wide, random.uniform(0.24, 0.60)
    spot = _spot(patient, u, v, size * random.uniform(0.9, 1.1), size * random.uniform(0.9, 1.1))
    return side, random.uniform(0.6, 0.85) * (2.2 * spot).clip(0, 1)


def _effusion(patient: Patient, random: np.random.Generator) -> tuple[int, np.ndarray]:
    """Fluid at the base of a lung, its upper edge soft and higher towards the chest wall (the meniscus)."""
    body, side = patient.body, _side(random)
    outwards = (side * body.u / (0.35 * body.wide)).clip(0, 1)
    edge = 0.76 + body.low - random.uniform(0.12, 0.24) - random.uniform(0.05, 0.11) * outwards**3
    filling = ((body.v - edge) / random.uniform(0.03, 0.05)).clip(0, 1)
    return side, 0.93 * filling**2 * (3 - 2 * filling) * (body.u * side > 0)


def _cardiomegaly(patient: Patient, random: np.random.Generator) -> tuple[int, np.ndarray]:
    """The heart grows sideways, more towards its lower end, and takes the air that was there."""
    outline = patient.heart_outline.copy()
    growth = random.uniform(0.35, 0.6) * ((outline[:, 1] - 0.36) / 0.25).clip(0, 1)
    outline[:, 0] *= 1 + growth
    grown = fill_shape(patient.body, outline, soft=0.007)
    return 0, 0.985 * grown


# label -> (patient, random) -> side (-1, 1; 0 for the heart) and the share of the air that goes (S, S), 0..1.
PLANTS: dict[str, Callable[[Patient, np.random.Generator], tuple[int, np.ndarray]]] = {
    "cardiomegaly": _cardiomegaly,
    "nodule": _nodule,
    "mass": _mass,
    "consolidation": _consolidation,
    "effusion": _effusion,
}
