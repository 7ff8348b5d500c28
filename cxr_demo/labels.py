"""The findings: key, name on the screen, one-line gloss. Nothing else in the house defines a label."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    key: str  # as in a checkpoint's card and on the command line
    name: str  # as a person reads it
    gloss: str  # one line, without jargon where that is possible


_ROWS = (
    ("normal", "Normal", "None of the other findings of this list; says nothing about the rest."),
    ("bacterial_pneumonia", "Bacterial pneumonia", "Often one dense, well-bounded opacity in a lobe."),
    ("viral_pneumonia", "Viral pneumonia", "Often hazy, diffuse opacities on both sides."),
    ("covid19", "COVID-19", "Often hazy opacities on both sides, towards the edges and bases."),
    ("atelectasis", "Atelectasis", "A part of the lung has lost its air and volume."),
    ("cardiomegaly", "Cardiomegaly", "The heart's shadow is wider than half the chest."),
    ("effusion", "Effusion", "Fluid between the lung and the chest wall."),
    ("infiltration", "Infiltration", "A hazy opacity in the lung, of whatever cause."),
    ("mass", "Mass", "A round opacity wider than 3 cm."),
    ("nodule", "Nodule", "A round opacity up to 3 cm wide."),
    ("pneumonia", "Pneumonia", "Infection of the lung, of whatever cause."),
    ("pneumothorax", "Pneumothorax", "Air between the lung and the chest wall."),
    ("consolidation", "Consolidation", "Lung filled with fluid or cells instead of air."),
    ("edema", "Oedema", "Fluid in the lung's tissue, often from the heart."),
    ("emphysema", "Emphysema", "Lung tissue destroyed and over-filled with air."),
    ("fibrosis", "Fibrosis", "Scarred lung tissue."),
    ("pleural_thickening", "Pleural thickening", "A thickened lining of the lung."),
    ("hernia", "Hernia", "Abdominal organs pushed into the chest."),
)
FINDINGS: dict[str, Finding] = {row[0]: Finding(*row) for row in _ROWS}


def get_finding(key: str) -> Finding:
    """The finding of a key; a label of a user's own data that stands in no table keeps its own name."""
    return FINDINGS.get(key) or Finding(key, key.replace("_", " ").capitalize(), "A label of this checkpoint's own.")
