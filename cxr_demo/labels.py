"""The findings: key, name on the screen, one-line gloss, and the names that data sets have for them. Nothing else in
the house defines a label."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from cxr_demo.text.catalogue import LANGUAGE, format_text, say

MAX_NAME, MAX_GLOSS = 60, 200  # characters; a name stands in a row of a list, a gloss in one line
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


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


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class LabelWords:
    """A network's own words for a label: language ("en", "de") -> text, in any script. Where the language of the moment
    is not among them the English text stands, or else the first. Raises ValueError for what cannot be shown."""

    name: dict[str, str] = Field(default_factory=dict)
    gloss: dict[str, str] = Field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, texts, longest in (("name", self.name, MAX_NAME), ("gloss", self.gloss, MAX_GLOSS)):
            for language, text in texts.items():
                if not LANGUAGE_CODE.fullmatch(language):
                    raise ValueError(say("card-words-language", what=what, language=language))
                if not text.strip() or not text.isprintable() or len(text) > longest:
                    raise ValueError(say("card-words-long", what=what, longest=longest))


_ROWS = (
    Finding("normal"),
    Finding("bacterial_pneumonia"),
    Finding("viral_pneumonia"),
    Finding("covid19"),
    Finding("no_finding"),
    Finding("enlarged_cardiomediastinum"),
    Finding("lung_opacity"),
    Finding("lung_lesion"),
    Finding("fracture"),
    Finding("pleural_other"),
    Finding("support_devices"),
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

# What NIH, CheXpert, MIMIC, PadChest and torchxrayvision call them, where that is another word; see `match_label`. None
# of these is wider or narrower than the finding: PadChest's "pleural effusion" is one, its "COPD signs" is not here.
ALIASES = {
    "pleural_effusion": "effusion",
    "effusions": "effusion",
    "infiltrate": "infiltration",
    "infiltrates": "infiltration",
    "pulmonary_mass": "mass",
    "lung_mass": "mass",
    "pulmonary_nodule": "nodule",
    "lung_nodule": "nodule",
    "oedema": "edema",
    "pulmonary_edema": "edema",
    "pulmonary_oedema": "edema",
    "lung_edema": "edema",
    "pulmonary_fibrosis": "fibrosis",
    "lung_fibrosis": "fibrosis",
    "pulmonary_emphysema": "emphysema",
    "hiatal_hernia": "hernia",
    "hiatus_hernia": "hernia",
    "pleura_thickening": "pleural_thickening",
    "pt": "pleural_thickening",  # NIH's own short form
    "airspace_opacity": "lung_opacity",
    "pulmonary_opacity": "lung_opacity",
    "pulmonary_lesion": "lung_lesion",
    "enlarged_cardiomediastinal_silhouette": "enlarged_cardiomediastinum",
    "fractures": "fracture",
    "supporting_devices": "support_devices",
    "covid": "covid19",
    "covid_19": "covid19",
    "sars_cov_2": "covid19",
    "bacterial": "bacterial_pneumonia",
    "viral": "viral_pneumonia",
}


def match_label(name: str) -> str | None:
    """The key of FINDINGS that a data set's name means, in whatever case and with spaces, hyphens or underscores; None
    where it means none that is known."""
    key = re.sub(r"[\s_./-]+", "_", name.strip().lower()).strip("_")
    key = ALIASES.get(key, key)
    return key if key in FINDINGS else None


def get_finding(key: str, words: Mapping[str, LabelWords] | None = None) -> Finding:
    """The finding of a key. `words` are a network's own (`Card.label_words`), which stand before the table's; a label
    that stands in neither keeps its own name, in the letters that it has."""
    own = (words or {}).get(key, LabelWords())
    matched = match_label(key)
    if matched == key and not own.name and not own.gloss:
        return FINDINGS[key]
    known = FINDINGS[matched] if matched else None
    name = choose_text(own.name) or (known.name if known else _spell_out(key))
    gloss = choose_text(own.gloss) or (known.gloss if known else format_text("label-of-its-own"))
    return Finding(key, name, gloss)


def choose_text(texts: Mapping[str, str]) -> str:
    """That of the language of the moment, else the English one, else the first; "" where there is none."""
    language = LANGUAGE.get()
    return (
        texts.get(language)
        or texts.get(language.partition("-")[0])
        or texts.get("en")
        or next(iter(texts.values()), "")
    )


def _spell_out(key: str) -> str:
    """ "silicosis" -> "Silicosis", "pleural_plaque" -> "Pleural plaque", but COPD and GGO stay as they are."""
    return key.replace("_", " ") if key != key.lower() else key.replace("_", " ").capitalize()
