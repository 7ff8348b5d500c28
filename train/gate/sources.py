"""The pictures that the gate learns from and is measured on: which is which kind, whose, what may be done with it.

Films are split by patient. Two sources of films are never trained on: Hannover decides thresholds; covid-chestxray's
films whose licence forbids release, JSRT and the films at full size are for the test. Of the pictures that are no
frontal film those whose licence allows release are halved by their origin. The others are halved into "look" (they
were looked at while the design was chosen) and "test" (they were not); none of them trains anything.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxr_demo.errors import TrainingError
from cxr_demo.film.reading import read_image
from train.data.datasets import FREE
from train.data.readers import FRONTAL, parse_kermany_name

OTHERS = {  # kind of gate_other and of not_frontal_cxr -> what the gate should say of it
    **dict.fromkeys(("ct_slice", "brain_mri", "cross_section", "ultrasound", "ct"), "ct"),
    **dict.fromkeys(("photograph", "eye_fundus", "microscopy"), "photograph"),
    **dict.fromkeys(("drawing", "plot", "document", "blank_or_noise", "phantom"), "drawing"),
    **dict.fromkeys(("figure_with_films", "screenshot"), "several-images"),
    **dict.fromkeys(("hand_wrist", "foot_ankle", "shoulder_arm", "mammogram", "pelvis_hip", "knee_leg"), "body-part"),
    **dict.fromkeys(("spine_neck", "other_bone", "elbow_forearm", "bone_scan", "skull_face"), "body-part"),
    "rotated_chest": "turned-90",
    "lateral": "lateral",
}
MAY_TRAIN = re.compile(r"CC0|CC BY 4\.0|CC BY 2\.0|public domain or CC0.*|NIH, unrestricted.*|BSD|matplotlib licence")
# By the reader: of one grey, or too long.
REFUSED = ("blank_or_noise_07.jpg", "blank_or_noise_10.jpg", "drawing_28.jpg")
PACKAGED = {  # free photographs in Python packages, none of them in gate_other; used where the package is installed
    "skimage": ("data/astronaut.png", "data/chelsea.png", "data/gravel.png", "data/ihc.png"),
    "matplotlib": ("mpl-data/sample_data/grace_hopper.jpg",),
}


@dataclass(frozen=True)
class Picture:
    """`group`: the patient or the origin, never on two sides of a split. `split`: "train", "val", "look" or "test"."""

    path: Path
    kind: str
    source: str
    group: str
    split: str
    licence: str

    def read(self) -> np.ndarray:
        """(H, W) float32 0..1."""
        return read_image(self.path).pixels


def read_pictures(data: Path) -> list[Picture]:
    """All of the films and pictures below `data`; TrainingError where a folder that is trained on is not there."""
    try:
        found = [*_read_kermany(data), *_read_nih(data), *_read_hannover(data), *_read_cohen(data)]
        found += [*_read_jsrt(data), *_read_others(data), *_read_packaged()]
    except (OSError, KeyError) as error:
        raise TrainingError(f"The films of the gate are not complete: {error}.", "--data must hold them all.") from None
    return found


def draw_lot(text: str) -> float:
    """0..1, the same for the same text on every machine."""
    return int.from_bytes(hashlib.sha256(f"gate {text}".encode()).digest()[:4]) / 2**32


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            {key.strip(): (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(file)
        ]


def _read_kermany(data: Path) -> list[Picture]:
    """The films with their true shape stand beside their squashed copies: both are met."""
    found = []
    for source in ("kermany", "kermany_original"):
        base = data / source / "chest_xray"
        for half in ("train", "test"):
            for path in sorted((base / half).glob("*/*.jp*g")):
                if path.name.startswith("."):
                    continue
                patient = f"kermany:{parse_kermany_name(path)[1]}"
                split = "test" if half == "test" else "val" if draw_lot(patient) < 0.2 else "train"
                found.append(Picture(path, "frontal", source, patient, split, "CC BY 4.0"))
    tested = {picture.group for picture in found if picture.split == "test"}
    return [picture for picture in found if picture.split == "test" or picture.group not in tested]


def _read_nih(data: Path) -> list[Picture]:
    full = {path.name for path in (data / "nih_fullres").glob("*.png")}
    tested = {name.partition("_")[0] for name in full}
    found = []
    for source in ("nih", "nih_extra"):
        tested |= {name.partition("_")[0] for name in (data / source / "test_list.txt").read_text().split()}
    for source in ("nih", "nih_extra", "nih_fullres"):
        folder = data / source if source == "nih_fullres" else data / source / "images"
        for path in sorted(folder.glob("*.png")) + sorted(folder.glob("*.jp*g")):
            if source != "nih_fullres" and path.name in full:
                continue
            patient = path.name.partition("_")[0]
            split = "test" if patient in tested else "val" if draw_lot(f"nih:{patient}") < 0.2 else "train"
            found.append(
                Picture(path, "frontal", source, f"nih:{patient}", split, "NIH, unrestricted, credit asked for")
            )
    return found


def _read_hannover(data: Path) -> list[Picture]:
    base = data / "covid_hannover"
    return [
        Picture(
            base / "images" / row["filename"],
            "frontal",
            "hannover",
            f"hannover:{row['patient_id']}",
            "val",
            "CC BY 3.0",
        )
        for row in _rows(base / "metadata.csv")
    ]


def _read_cohen(data: Path) -> list[Picture]:
    base = data / "covid_chestxray"
    rows = [row for row in _rows(base / "metadata.csv") if row["view"] in FRONTAL]
    bound = {row["patientid"] for row in rows if not FREE.fullmatch(row["license"])}
    return [
        Picture(
            base / "images" / row["filename"], "frontal", "covid-chestxray", f"covid-chestxray:{row['patientid']}",
            "test" if row["patientid"] in bound else "train", row["license"] or "not stated",
        )
        for row in rows
    ]  # fmt: skip


def _read_jsrt(data: Path) -> list[Picture]:
    return [
        Picture(data / "jsrt" / row["path"], "frontal", "jsrt", f"jsrt:{row['patient']}", "test", "research use")
        for row in _rows(data / "jsrt" / "films.csv")
    ]


def _read_others(data: Path) -> list[Picture]:
    found = []
    for row in _rows(data / "gate_other" / "pictures.csv"):
        if row["file"] in REFUSED:
            continue
        is_free = MAY_TRAIN.fullmatch(row["licence"]) is not None and row["kind"] != "rotated_chest"
        group, side = f"other:{row['origin']}", draw_lot(f"{row['kind']} {row['origin']}") < 0.5
        split = ("train" if side else "test") if is_free else ("look" if side else "test")
        path = data / "gate_other" / "images" / row["file"]
        found.append(Picture(path, OTHERS[row["kind"]], row["kind"], group, split, row["licence"]))
    for number, path in enumerate(sorted((data / "not_frontal_cxr").glob("*.jpg"))):
        kind = path.name.partition("_")[0]
        source = {"ct": "chest CT", "lateral": "lateral"}[kind]
        split = "look" if number % 2 else "test"
        found.append(Picture(path, OTHERS[kind], source, f"other:{path.stem}", split, "as covid-chestxray, not stated"))
    return found


def _read_packaged() -> list[Picture]:
    found = []
    for package, names in PACKAGED.items():
        spec = importlib.util.find_spec(package)
        for place in spec.submodule_search_locations if spec and spec.submodule_search_locations else []:
            paths = [Path(place) / name for name in names if (Path(place) / name).is_file()]
            found += [Picture(path, "photograph", package, f"other:{path.name}", "train", "free") for path in paths]
    return found
