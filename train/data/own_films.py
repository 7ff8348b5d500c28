"""A person's own films -> Table: a folder for each class, or a list of them. Whose a film is must be said."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from train.data.readers import (
    check_labels,
    keep_present,
    list_films,
    make_one_hot,
    make_table,
    read_rows,
    refuse_folder,
)
from train.data.splits import SPLITS, check_leaks, split_anew
from train.data.table import Table

FILM_COLUMNS = ("path", "patient", "split", "source", "view", "licence")  # of films.csv; all others are labels
PATIENTS_FILE = "patients.csv"
FILE_IS_PATIENT = "Each file was counted as one patient: where several show one person, its figures are too good."
_WARNED: set[Path] = set()  # folders of which that was said: once is enough
STATES = {"1": 1.0, "1.0": 1.0, "0": 0.0, "0.0": 0.0, "": np.nan}


def read_folder(root: Path, patient_pattern: str = "") -> Table:
    """A folder per class, or one below each of train, val and test; without these, splits.custom_split. Whose a film
    is, see `_name_patients`."""
    tops = {split: root / split for split in SPLITS[:3] if (root / split).is_dir()} or {"train": root}
    found = []
    for split, top in tops.items():
        for folder in sorted(p for p in top.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))):
            films = list_films(folder.rglob("*"))
            if not films:
                shown = folder.relative_to(root)
                raise TrainingError(f"The class folder {shown} holds no film.", "Put films into it, or take it away.")
            found += [(split, folder.name, path) for path in films]
    if not found:
        raise refuse_folder("sorted", root, "one folder of films for each class")
    split, classes, paths = zip(*found, strict=True)
    labels = check_labels(sorted(set(classes)))
    patient, caveat = _name_patients(root, paths, patient_pattern)
    table = make_table("folder", paths, labels, make_one_hot(classes, labels), patient, split)
    table = replace(table, folder=root.resolve().name, split_by=f"the folders {', '.join(tops)}", caveat=caveat)
    if root in tops.values():
        return split_anew(table)
    check_leaks(table, "patients.csv (path,patient) or --patient-pattern says whose a film is; else its name does.")
    return table


def _name_patients(root: Path, paths: Sequence[Path], pattern: str) -> tuple[list[str], str]:
    """Whose each film is, and what must be said of it: by the first group of the regular expression `pattern`, searched
    in the file's name; by `patients.csv` (path, patient) in `root`; or, where there is neither, by the file's name
    without its ending, which is said once. TrainingError where the first two do not name the patient of every film."""
    if (root / PATIENTS_FILE).is_file():
        if pattern:
            raise TrainingError(
                f"{PATIENTS_FILE} and --patient-pattern both say whose the films are.", "Leave one of them out."
            )
        return _look_up_patients(root, paths), ""
    if pattern:
        return _match_patients(root, paths, pattern), ""
    if root not in _WARNED:
        _WARNED.add(root)
        tqdm.write(
            f"{root}: each file name counts as one patient. Where several films show one person, say so in "
            f"{PATIENTS_FILE} (path,patient) beside them or by --patient-pattern; else that person may be trained on "
            "and tested on, and the figures are too good.",
            file=sys.stderr,
        )
    return [path.stem for path in paths], FILE_IS_PATIENT


def _look_up_patients(root: Path, paths: Sequence[Path]) -> list[str]:
    named: dict[Path, str] = {}
    for number, row in enumerate(read_rows(root / PATIENTS_FILE, ("path", "patient")), 2):
        path = root / row["path"]
        if named.setdefault(path, row["patient"]) != row["patient"]:
            raise TrainingError(
                f"{PATIENTS_FILE} gives {row['path']} another patient in line {number}.", "Keep one line for each film."
            )
    for path in paths:
        if not named.get(path):
            raise TrainingError(
                f"{PATIENTS_FILE} does not say whose {path.relative_to(root).as_posix()} is.",
                "Add a line for every film: its path below this folder, and the patient.",
            )
    return [named[path] for path in paths]


def _match_patients(root: Path, paths: Sequence[Path], pattern: str) -> list[str]:
    try:
        shape = re.compile(pattern)
    except re.error as error:
        raise TrainingError(
            f"The patient pattern '{pattern}' is no regular expression: {error}.", "An example: '(person[0-9]+)'."
        ) from None
    if not shape.groups:
        raise TrainingError(
            f"The patient pattern '{pattern}' has no group.",
            "Put the patient in brackets, as in '(person[0-9]+)'.",
        )
    found = [(match[1] or "") if (match := shape.search(path.name)) else "" for path in paths]
    if missed := [path for path, patient in zip(paths, found, strict=True) if not patient]:
        raise TrainingError(
            f"The patient pattern '{pattern}' finds no patient in {len(missed)} of {len(paths)} file names, "
            f"{missed[0].relative_to(root).as_posix()} among them.",
            f"Give one that fits every name, or {PATIENTS_FILE}.",
        )
    return found


def read_csv(root: Path) -> Table:
    """`films.csv`: path (below its folder) and patient, split, source, view and licence where known, and a column per
    label with 1, 0 or nothing. Without the column split, splits.custom_split."""
    rows = read_rows(root / "films.csv", ("path", "patient"))
    labels = check_labels([name for name in rows[0] if name not in FILM_COLUMNS])
    for number, row in enumerate(rows, 2):
        wrong = [row[label] for label in labels if row[label] not in STATES]
        if wrong:
            raise TrainingError(f"films.csv has {wrong[0]!r} in line {number}.", "A label is 1, 0 or empty.")
        if not row["path"] or not row["patient"] or row.get("split", "train") not in SPLITS:
            raise TrainingError(f"films.csv lacks a path, a patient or a known split in line {number}.")
    if len({row["path"] for row in rows}) < len(rows):
        raise TrainingError("films.csv names a film twice.", "Keep one line for each.")
    paths = [root / row["path"] for row in rows]
    rows, paths = keep_present(rows, [path if path.is_file() else None for path in paths], "path", "films.csv")
    targets = np.array([[STATES[row[label]] for label in labels] for row in rows], np.float32)
    columns = {name: [row.get(name, "") for row in rows] for name in ("view", "licence")}
    source = [row.get("source") or "csv" for row in rows]
    split, patient = [row.get("split", "train") for row in rows], [row["patient"] for row in rows]
    table = make_table("csv", paths, labels, targets, patient, split, source=source, **columns)
    table = replace(table, folder=root.resolve().name, split_by="films.csv")
    if "split" not in rows[0]:
        return split_anew(table)
    check_leaks(table)
    return table
