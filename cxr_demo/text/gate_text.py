"""What the gate says of a picture that may be no frontal chest film: in plain words, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_percent

DOUBTS = (
    "modality", "ct", "view", "lateral", "body-part", "coloured", "photograph", "drawing", "several-images",
    "not-frontal", "no-lungs", "turned", "inverted", "mirrored", "burned-in",
)  # fmt: skip
LOOKS = (  # kinds that the learned check knows
    "frontal", "lateral", "body-part", "ct", "photograph", "drawing", "several-images", "turned-90", "turned-180",
    "turned-270", "inverted", "mirrored",
)  # fmt: skip


# Kinds that the gate is measured on, in the order of its table.
MEASURED = (
    "frontal", "lateral", "body-part", "ct", "photograph", "drawing", "several-images", "turned", "inverted",
    "mirrored",
)  # fmt: skip


def describe_measured(kind: str) -> str:
    """One of `MEASURED`, many of them."""
    return format_text(f"measured-{kind}")


def describe_share(share: Mapping[str, float]) -> str:
    """Its `value` with the ends, `low` and `high`, of its interval; all 0..1."""
    return format_text("interval", **{name: format_percent(share[name], 1) for name in ("value", "low", "high")})


def describe_doubt(kind: str) -> str:
    """One of `DOUBTS` as a clinician reads it."""
    return format_text(f"doubt-{kind}")


def describe_mend(mend: str) -> str:
    """A `film.gate.Mend` on its button."""
    return format_text(f"mend-{mend}")


def describe_mended(mend: str) -> str:
    """The note when it has been done."""
    return format_text(f"mend-{mend}.note")


def describe_tag(name: str, value: str) -> str:
    return format_text("tag", name=name, value=value)


def describe_orientation(rows: str, columns: str) -> str:
    return format_text("orientation", rows=rows, columns=columns)


def describe_flip() -> str:
    return format_text("flip")


def describe_colours() -> str:
    return format_text("colours")


def describe_sides(mirrored: float) -> str:
    """`mirrored`: the probability of it, 0..1."""
    return format_text("sides", probability=format_percent(mirrored, 0))


def describe_lungs(count: int, share: float, smaller: float, across: float, down: float) -> str:
    """`share` of the picture that they cover; `smaller`: one as a share of the other; `across` and `down`: how far
    their middles are from each other, in widths and heights of the picture."""
    if count == 0:
        return format_text("no-lung")
    if count == 1:
        return format_text("one-lung", share=format_percent(share, 0))
    return format_text(
        "two-lungs",
        share=format_percent(share, 0),
        smaller=format_percent(smaller, 0),
        across=format_percent(across, 0),
        down=format_percent(down, 0),
    )


def describe_likeness(kind: str, probability: float, frontal: float) -> str:
    return format_text(
        "likeness",
        probability=format_percent(probability, 0),
        kind=format_text(f"look-{kind}"),
        frontal=format_percent(frontal, 0),
    )


def describe_distance(distance: float, usual: float) -> str:
    """Of features, both in the same unit; `usual`: what hardly any frontal film passes."""
    times = format_digits(distance / usual, 1)
    return format_text("distance-beyond" if distance > usual else "distance-within", times=times)
