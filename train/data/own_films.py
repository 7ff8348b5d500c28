"""A person's own films, a folder for each class -> Table. Whose a film is must be said."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.importing.labels_given import make_key, name_as_given
from cxr_demo.labels import LabelWords, match_label
from train.data.readers import list_films, make_one_hot, make_table, refuse_folder
from train.data.splits import SPLITS, check_leaks, split_anew
from train.data.table import Table
from train.data.text_tables import read_numbered_rows
from train.recipe import AS_IT_STANDS, OwnFilms

LIST_FILE = "films.csv"
PATIENTS_FILE = "patients.csv"
FILE_IS_PATIENT = "Each file was counted as one patient: where several show one person, its figures are too good."
_WARNED: set[Path] = set()  # folders of which that was said: once is enough


def read_folder(root: Path, reading: OwnFilms = AS_IT_STANDS) -> Table:
    """A folder per class, or one below each of train, val and test; without these, splits.split_anew. Whose a film
    is, see `_name_patients`."""
    if (root / LIST_FILE).is_file():
        raise TrainingError(f"{root.name} holds {LIST_FILE}, a list of films.", "Add --dataset csv to have it read.")
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
    labels, words = name_labels(sorted(set(classes)), "class folders")
    keys = dict(zip(sorted(set(classes)), labels, strict=True))
    targets = make_one_hot([keys[name] for name in classes], labels)
    patient, caveat = _name_patients(root, paths, reading.patient_pattern)
    table = make_table("folder", paths, labels, targets, patient, split)
    said = f"the folders {', '.join(tops)}"
    table = replace(table, folder=root.resolve().name, split_by=said, caveat=caveat, label_words=words)
    if root in tops.values():
        return split_anew(table, task="single-label")
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
        shown = [path.relative_to(root).as_posix() for path in paths]
        return match_patients([path.name for path in paths], shown, pattern), ""
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
    for number, row in read_numbered_rows(root / PATIENTS_FILE, ("path", "patient")):
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


def match_patients(names: Sequence[str], shown: Sequence[str], pattern: str) -> list[str]:
    """The first group of the regular expression in each of `names`. TrainingError with the first of `shown`, as a
    person knows these films, where there is none."""
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
    found = [(match[1] or "") if (match := shape.search(name)) else "" for name in names]
    if missed := [film for film, patient in zip(shown, found, strict=True) if not patient]:
        raise TrainingError(
            f"The patient pattern '{pattern}' finds no patient in {len(missed)} of {len(names)} file names, "
            f"{missed[0]} among them.",
            f"Give one that fits every name, or {PATIENTS_FILE}.",
        )
    return found


def name_labels(names: Sequence[str], what: str) -> tuple[tuple[str, ...], dict[str, LabelWords]]:
    """The key of each of `names`, which are `what` in words, and by key what no key can say of a name. A name that
    means a finding of the house, in capitals or as another data set calls it, is that finding. TrainingError where two
    mean the same."""
    keys = [match_label(name) or make_key(name, place) for place, name in enumerate(names)]
    for place, key in enumerate(keys):
        if (first := keys.index(key)) < place:
            raise TrainingError(
                f"Two {what} mean {key}: {names[first]!r} and {names[place]!r}.", "Make one of them, or rename one."
            )
    words = {key: name_as_given(key, name) for key, name in zip(keys, names, strict=True)}
    return tuple(keys), {key: own for key, own in words.items() if own}
