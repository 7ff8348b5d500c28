"""What a DICOM file says of its picture beside the pixels: kind, view, part of the body, sides, age, day."""

from __future__ import annotations

import re
from collections.abc import MutableSequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

HEADER_TAGS = (
    "Modality", "SOPClassUID", "ViewPosition", "BodyPartExamined", "PatientOrientation", "BurnedInAnnotation",
    "PatientAge", "FieldOfViewHorizontalFlip", "AcquisitionDate", "StudyDate",
)  # fmt: skip
# What holds no picture of the patient, or nothing that is seen as one: each has a message, "dicom-holds-" and its name.
NO_FILM_MODALITIES = ("RTDOSE", "SEG", "SR", "PR", "KO", "DOC", "RTPLAN", "RTSTRUCT", "REG", "ECG")
SOP_ROOT = "1.2.840.10008.5.1.4.1.1."
NO_FILM_CLASSES = {  # the start of what follows SOP_ROOT (PS3.4 B.5) -> modality
    "481.2": "RTDOSE", "481.3": "RTSTRUCT", "481.5": "RTPLAN", "66.4": "SEG", "88.59": "KO", "88": "SR", "11": "PR",
    "104": "DOC", "66.1": "REG", "9": "ECG",
}  # fmt: skip
IMAGE_CLASSES = {  # the same of pictures -> the modality that a file means which states none
    "2": "CT", "4": "MR", "3.1": "US", "6.1": "US", "6.2": "US", "20": "NM", "128": "PT", "1.2": "MG", "1.3": "IO",
    "77": "XC", "13.1.3": "MG", "481.1": "RTIMAGE",
}  # fmt: skip
DAYS_OF = {"D": 1, "W": 7, "M": 30.44, "Y": 365.25}


class TagReader(Protocol):
    """What pydicom's Dataset is here."""

    def get(self, key: str, /) -> object: ...


@dataclass(frozen=True)
class ImageHeader:
    """What a DICOM file says of its picture; empty or None where it says nothing that can be read.

    `modality`: as written, else what the SOP class means. `patient_orientation`: where the rows run to and where the
    columns run to, as written: usually ("L", "F"), to the patient's left and to the feet. `is_flipped`: turned from
    left to right after it was taken. `age_years`: the patient's. `taken_on`: the day of the picture, else of its study,
    as 2026-11-29.
    """

    modality: str = ""
    sop_class: str = ""
    view_position: str = ""
    body_part: str = ""
    patient_orientation: tuple[str, str] | None = None
    has_burned_in_words: bool | None = None
    is_flipped: bool | None = None
    age_years: float | None = None
    taken_on: str = ""

    @property
    def sides(self) -> tuple[str, str] | None:
        """The letters of the picture's left and right edge; None where the rows do not run between R and L."""
        right = self.patient_orientation[0][:1] if self.patient_orientation else ""
        return {"L": ("R", "L"), "R": ("L", "R")}.get(right)


def read_header(dataset: TagReader) -> ImageHeader:
    """What the gate asks of a file. A tag that cannot be read says nothing."""
    orientation = _words(dataset, "PatientOrientation")
    is_pair = len(orientation) == 2 and all(re.fullmatch("[AFHLPR]{1,3}", word) for word in orientation)
    return ImageHeader(
        modality=_word(dataset, "Modality") or _modality_of_class(dataset, IMAGE_CLASSES),
        sop_class=_word(dataset, "SOPClassUID"),
        view_position=_word(dataset, "ViewPosition"),
        body_part=_word(dataset, "BodyPartExamined"),
        patient_orientation=(orientation[0], orientation[1]) if is_pair else None,
        has_burned_in_words={"YES": True, "NO": False}.get(_word(dataset, "BurnedInAnnotation")),
        is_flipped={"YES": True, "NO": False}.get(_word(dataset, "FieldOfViewHorizontalFlip")),
        age_years=_age_years(_word(dataset, "PatientAge")),
        taken_on=_day(_word(dataset, "AcquisitionDate")) or _day(_word(dataset, "StudyDate")),
    )


def _words(dataset: TagReader, keyword: str) -> list[str]:
    try:
        value = dataset.get(keyword)
    except Exception:  # damaged tags make pydicom raise nearly any type, and only pixels are worth a refusal
        return []
    values = value if isinstance(value, MutableSequence) else [] if value is None else [value]
    return [str(each).strip().upper() for each in values]


def _word(dataset: TagReader, keyword: str) -> str:
    """The first value, of at most 64 letters, in capitals."""
    return next(iter(_words(dataset, keyword)), "")[:64]


def _age_years(text: str) -> float | None:
    found = re.fullmatch(r"(\d{1,3})([DWMY])", text)
    return round(int(found[1]) * DAYS_OF[found[2]] / 365.25, 2) if found else None


def _day(text: str) -> str:
    """20261129 -> "2026-11-29"; empty for what is no day."""
    try:
        return datetime.strptime(text, "%Y%m%d").date().isoformat()
    except ValueError:
        return ""


def _modality_of_class(dataset: TagReader, classes: dict[str, str]) -> str:
    """What the SOP class means, by the longest start of it in `classes`; empty where it is none of them."""
    last = f"{_word(dataset, 'SOPClassUID').removeprefix(SOP_ROOT)}."
    fitting = [start for start in classes if last.startswith(f"{start}.")]
    return classes[max(fitting, key=len)] if fitting else ""


def find_other_content(dataset: TagReader) -> str:
    """The modality of a file that holds no picture of a patient, one of NO_FILM_MODALITIES; empty for a picture."""
    modality = _modality_of_class(dataset, NO_FILM_CLASSES) or _word(dataset, "Modality")
    return modality if modality in NO_FILM_MODALITIES else ""
