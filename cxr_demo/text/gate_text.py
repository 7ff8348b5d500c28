"""What the gate says of a picture that may be no frontal chest film: in plain words, and what was measured."""

from __future__ import annotations

SENTENCES = {  # kind of doubt -> what a clinician reads
    "modality": "This is not a radiograph.",
    "ct": "This looks like a CT, MR or ultrasound picture, not a radiograph.",
    "view": "This film was not taken from the front or from the back.",
    "lateral": "This looks like a side view.",
    "body-part": "This looks like another part of the body, or only a part of the chest.",
    "photograph": "This looks like a photograph, not a radiograph.",
    "drawing": "This looks like a drawing, a chart, a page or a pattern, not a radiograph.",
    "several-images": "This looks like several pictures on one page, or like a picture of a screen, not one film.",
    "not-frontal": "This does not look like a frontal chest film: it may be another part of the body, another view or "
    "another kind of picture.",
    "no-lungs": "No two lungs can be seen where lungs belong.",
    "turned": "This film seems to lie on its side or upside down.",
    "inverted": "This film seems to be inverted: bone dark, air bright.",
    "mirrored": "Left and right seem to be exchanged.",
    "burned-in": "Words are burned into this picture; they may sway a network, and may name the patient.",
}
MENDS = {  # `film.gate.Mend` -> what a button says, what a note says afterwards
    "turn-90": ("Turn it clockwise by 90°", "Turned clockwise by 90°, as was asked for."),
    "turn-180": ("Turn it by 180°", "Turned by 180°, as was asked for."),
    "turn-270": ("Turn it anti-clockwise by 90°", "Turned anti-clockwise by 90°, as was asked for."),
    "invert": ("Invert it", "Inverted, as was asked for: bright became dark and dark became bright."),
    "mirror": ("Exchange left and right", "Left and right were exchanged, as was asked for."),
}
LOOKS = {  # kind that the learned check knows -> how its measure calls it
    "frontal": "a frontal chest film", "lateral": "a side view", "body-part": "another part of the body",
    "ct": "a CT, MR or ultrasound picture", "photograph": "a photograph", "drawing": "a drawing, chart or page",
    "several-images": "several pictures or a screen", "turned-90": "a film turned anti-clockwise by 90°",
    "turned-180": "a film upside down", "turned-270": "a film turned clockwise by 90°", "inverted": "an inverted film",
    "mirrored": "a mirrored film",
}  # fmt: skip


def describe_tag(name: str, value: str) -> str:
    return f"The file says {name} {value}."


def describe_orientation(rows: str, columns: str) -> str:
    return f"The file says that its rows run to {rows} and its columns to {columns}; L and F are usual."


def describe_flip() -> str:
    return "The file says that it was flipped from left to right, and not where left and right are now."


def describe_colours() -> str:
    return "More than 2 % of its pixels are coloured; a radiograph is grey."


def describe_lungs(count: int, share: float, smaller: float, across: float, down: float) -> str:
    """`share` of the picture that they cover; `smaller`: one as a share of the other; `across` and `down`: how far
    their middles are from each other, in widths and heights of the picture."""
    if count == 0:
        return "The lung model finds no lung on it."
    if count == 1:
        return f"The lung model finds one lung on it, which covers {share * 100:.0f} %."
    return (
        f"What the lung model takes for two lungs covers {share * 100:.0f} %, one {smaller * 100:.0f} % as large as "
        f"the other, their middles {across * 100:.0f} % of the width and {down * 100:.0f} % of the height apart."
    )


def describe_likeness(kind: str, probability: float, frontal: float) -> str:
    return (
        f"A small network finds it {probability * 100:.0f} % like {LOOKS[kind]} and {frontal * 100:.0f} % like "
        f"{LOOKS['frontal']}."
    )


def describe_distance(distance: float, usual: float) -> str:
    """Of features, both in the same unit; `usual`: what hardly any frontal film passes."""
    side = "beyond" if distance > usual else "within"
    return f"Its distance from frontal chest films is {side} what is usual: {distance / usual:.1f} times the limit."
