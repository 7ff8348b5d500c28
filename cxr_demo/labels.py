"""The findings: key, name on the screen, one-line gloss. Nothing else in the house defines a label."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_demo.text.catalogue import format_text


@dataclass(frozen=True)
class Finding:
    """`key`: as in a checkpoint's card and on the command line. Its name and its gloss are messages, `finding-` and the
    key, or `own_name` and `own_gloss`, which are the same in every language."""

    key: str
    own_name: str = ""
    own_gloss: str = ""

    @property
    def name(self) -> str:
        """As a person reads it."""
        return self.own_name or format_text(f"finding-{self.key}")

    @property
    def gloss(self) -> str:
        """One line, without jargon where that is possible."""
        return self.own_gloss or format_text(f"finding-{self.key}.gloss")


_ROWS = (
    Finding("normal"),
    Finding("bacterial_pneumonia"),
    Finding("viral_pneumonia"),
    Finding("covid19"),
    Finding("atelectasis"),
    Finding("cardiomegaly"),
    Finding("effusion"),
    Finding("infiltration"),
    Finding("mass"),
    Finding("nodule"),
    Finding("pneumonia"),
    Finding("pneumothorax"),
    Finding("consolidation"),
    Finding("edema"),
    Finding("emphysema"),
    Finding("fibrosis"),
    Finding("pleural_thickening"),
    Finding("hernia"),
)
FINDINGS: dict[str, Finding] = {finding.key: finding for finding in _ROWS}


def get_finding(key: str) -> Finding:
    """The finding of a key; a label of a user's own data that stands in no table keeps its own name."""
    return FINDINGS.get(key) or Finding(key, key.replace("_", " ").capitalize(), format_text("label-of-its-own"))
