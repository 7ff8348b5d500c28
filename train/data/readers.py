"""Readers: a data set as it was released -> Table. Names, lists and tables are read here; no film is opened."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.film.film_list import FILM_SUFFIXES
from train.data.splits import assign_folds, check_leaks
from train.data.table import Table
from train.data.text_tables import read_rows, read_text

KERMANY_LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")
KERMANY_NAMES = (  # how its releases name a film: the words tell the class, the number the patient
    re.compile(r"(?P<patient>person\d+)_(?P<word>bacteria|virus)_\d+(_\d+)*", re.IGNORECASE),
    re.compile(r"(?P<patient>(NORMAL2-)?(?P<word>IM)-\d+)-\d+(-\d+)?", re.IGNORECASE),
    re.compile(r"(?P<word>normal|bacteria|virus)-(?P<patient>\d+)-\d+", re.IGNORECASE),
)
KERMANY_WORDS = {"im": "normal", "normal": "normal", "bacteria": "bacterial_pneumonia", "virus": "viral_pneumonia"}
KERMANY_FOLDERS = {"NORMAL": KERMANY_LABELS[:1], "PNEUMONIA": KERMANY_LABELS[1:],
                   "BACTERIA": KERMANY_LABELS[1:2], "VIRUS": KERMANY_LABELS[2:]}  # fmt: skip
NIH_LABELS = (
    "atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia", "pneumothorax",
    "consolidation", "edema", "emphysema", "fibrosis", "pleural_thickening", "hernia",
)  # fmt: skip
NIH_TABLES = ("Data_Entry_2017.csv", "Data_Entry_2017_v2020.csv")
NIH_LISTS = {"train": "train_val_list.txt", "test": "test_list.txt"}
NIH_LICENCE = "unrestricted use, NIH asks to be credited"
CAUSES = {  # class -> the words of covid-chestxray's findings that stand for it; the first class that fits is taken
    "covid19": {"covid-19"},
    "viral_pneumonia": {"viral", "sars", "mers-cov", "influenza", "h1n1", "varicella", "herpes"},
    "bacterial_pneumonia": {"bacterial", "streptococcus", "klebsiella", "e.coli", "legionella", "nocardia",
                            "mycoplasma bacterial pneumonia", "mycoplasma", "chlamydophila", "staphylococcus"},
    "pneumonia": {"pneumonia", "fungal", "pneumocystis", "aspergillosis", "lipoid", "aspiration"},
    "normal": {"no finding"},
}  # fmt: skip
HANNOVER_URL = "ml-workgroup/covid-19-image-repository"
FRONTAL = ("PA", "AP", "AP Supine")
HELD_BACK = 0.3  # of Hannover's patients, own choice: the repository has no official test set
Boxes = dict[tuple[str, str], list[tuple[float, ...]]]  # file name, label -> x, y, width, height in shares of the film


def read_kermany(root: Path) -> Table:
    """`chest_xray/{train,test}/{NORMAL,PNEUMONIA}/*.jpeg`, with class folders or without; class and patient are in the
    file name, see `parse_kermany_name`. `split` is the official train or test; the `val` of Kaggle's copy was cut from
    the official train, and is part of it here. TrainingError for a film whose class is not certain."""
    places = (root / "kermany" / "chest_xray", root / "chest_xray", root)
    base = next((place for place in places if (place / "train").is_dir() and (place / "test").is_dir()), root)
    halves = [base / name for name in ("train", "val", "test")]
    paths = list_films(path for half in halves for path in (*half.glob("*"), *half.glob("*/*")))
    if not paths:
        raise refuse_folder("Kermany", root, "kermany/chest_xray/train and kermany/chest_xray/test")
    named = [parse_kermany_name(path) for path in paths]
    classes, patient = [one for one, _ in named], [other for _, other in named]
    split = ["test" if path.relative_to(base).parts[0] == "test" else "train" for path in paths]
    targets = make_one_hot(classes, KERMANY_LABELS)
    return assign_folds(
        make_table("kermany", paths, KERMANY_LABELS, targets, patient, split, view="AP", licence="CC BY 4.0")
    )


def parse_kermany_name(path: Path) -> tuple[str, str]:
    """Class and patient of a film, in capitals or not: `person12_bacteria_47.jpeg` -> bacterial_pneumonia, person12;
    `NORMAL2-IM-0380-0001.jpeg` -> normal, NORMAL2-IM-0380; `VIRUS-1014238-0001.jpeg` -> viral_pneumonia, 1014238.

    Bacterial and viral films seem to be numbered separately (no number of the official test recurs in train with the
    same organism, 165 recur with the other one), but one number is kept as one patient: that can only be too careful.
    TrainingError where the name is none of these, or its class folder says something else.
    """
    found = next((match for shape in KERMANY_NAMES if (match := shape.fullmatch(path.stem))), None)
    shown = "/".join(path.parts[-3:])
    if found is None:
        raise TrainingError(
            f"{shown} is not named as Kermany's films are, so its class is not known.",
            "Those are person12_bacteria_47.jpeg, NORMAL2-IM-0380-0001.jpeg, VIRUS-1014238-0001.jpeg and their like. "
            "Films of your own are the data set folder.",
        )
    label, patient = KERMANY_WORDS[found["word"].lower()], found["patient"]
    if label not in KERMANY_FOLDERS.get(path.parent.name.upper(), KERMANY_LABELS):
        raise TrainingError(
            f"{shown} is {label} by its name and {path.parent.name} by its folder.", "Move it, or leave it out."
        )
    return label, patient.lower() if patient.lower().startswith("person") else patient.upper()


def read_nih(root: Path) -> Table:
    """`Data_Entry_2017.csv` (or its version of 2020), the official lists, and the films in `images/` or in
    `images_001/images/` and so on; a film without a finding is an all-zero row."""
    file = _find(root, "NIH", ("nih",), NIH_TABLES)
    base, rows = file.parent, read_rows(file, ("Image Index", "Finding Labels", "Patient ID", "View Position"))
    lists = {split: set(read_text(base / name).split()) for split, name in NIH_LISTS.items()}
    if both := lists["train"] & lists["test"]:
        raise TrainingError(f"{len(both)} films are in both of NIH's lists, {min(both)} among them.")
    films = _listing((base / "images", *sorted(base.glob("images_*/images"))))
    rows, paths = keep_present(rows, [films.get(row["Image Index"]) for row in rows], "Image Index", "NIH")
    split = np.array([next((s for s in lists if row["Image Index"] in lists[s]), "") for row in rows])
    patient, view = [row["Patient ID"] for row in rows], [row["View Position"] for row in rows]
    table = make_table("nih", paths, NIH_LABELS, _nih_targets(rows), patient, split, view=view, licence=NIH_LICENCE)
    if (split == "").any():
        tqdm.write(f"NIH: {(split == '').sum()} films are in neither of the official lists and are left out.")
        table = table.where(split != "")
    check_leaks(table, "Take the official lists.")
    return assign_folds(table)


def _nih_targets(rows: list[dict]) -> np.ndarray:
    named = [{_nih_label(name) for name in row["Finding Labels"].split("|")} for row in rows]
    return np.array([[label in of_film for label in NIH_LABELS] for of_film in named], np.float32)


def _nih_label(name: str) -> str:
    label = name.strip().lower().replace(" ", "_").replace("infiltrate", "infiltration")  # the word of its boxes
    if label not in (*NIH_LABELS, "no_finding"):
        raise TrainingError(f"NIH's table has a label that nobody knows: {name!r}.", "Is it the original file?")
    return label


def read_nih_boxes(root: Path) -> Boxes:
    """`BBox_List_2017.csv`: drawn by a radiologist."""
    return read_box_file(_find(root, "boxed NIH", ("nih",), ("BBox_List_2017.csv",)))


def read_box_file(path: Path) -> Boxes:
    """A list in NIH's layout, with NIH's labels; in pixels of the released films, all of them 1024 x 1024."""
    columns, boxes = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]"), {}
    for row in read_rows(path, columns):
        try:
            box = tuple(float(row[side]) / 1024 for side in columns[2:])
        except ValueError:
            raise TrainingError(f"A box of {row['Image Index']} is not made of numbers.") from None
        boxes.setdefault((row["Image Index"], _nih_label(row["Finding Label"])), []).append(box)
    return boxes


def read_hannover(root: Path) -> Table:
    """`metadata.csv` and `images/` as in the shared data, or `data.csv` and `png/` as released; all COVID-19.

    There is no official split: a hash of the patient sends HELD_BACK of them to "test", whoever else is there.
    """
    folders = ("covid_hannover", "covid-19-image-repository")
    file = _find(root, "Hannover", folders, ("metadata.csv", "data.csv"))
    rows = read_rows(file, ("image_id", "patient_id", "projection"))
    films = {path.stem: path for path in _listing((file.parent / "images", file.parent / "png")).values()}
    rows, paths = keep_present(rows, [films.get(row["image_id"]) for row in rows], "image_id", "Hannover")
    patient, view = [row["patient_id"] for row in rows], [row["projection"].upper() for row in rows]
    split, targets = ["test" if _is_held_back(name) else "train" for name in patient], np.ones((len(rows), 1), "f4")
    return assign_folds(
        make_table("hannover", paths, ("covid19",), targets, patient, split, view=view, licence="CC BY 3.0")
    )


def _is_held_back(patient: str) -> bool:
    return int.from_bytes(hashlib.sha256(f"hannover {patient}".encode()).digest()[:4]) / 2**32 < HELD_BACK


def read_covid_chestxray(root: Path) -> Table:
    """`metadata.csv` and `images/`: frontal radiographs whose finding is one of CAUSES, all "external". "pneumonia" is
    any that is neither COVID-19 nor viral nor bacterial."""
    file = _find(root, "covid-chestxray", ("covid_chestxray", "covid-chestxray-dataset"), ("metadata.csv",))
    rows = read_rows(file, ("patientid", "finding", "view", "modality", "filename", "license"))
    others = Counter(reason for row in rows if (reason := _unfit(row)))
    if others:
        named = ", ".join(f"{reason} ({count})" for reason, count in others.most_common())
        tqdm.write(f"covid-chestxray: {others.total()} films are left out: {named}")
    rows = [row for row in rows if not _unfit(row)]
    films = _listing((file.parent / "images",))
    rows, paths = keep_present(rows, [films.get(row["filename"]) for row in rows], "filename", "covid-chestxray")
    patient, view = [row["patientid"] for row in rows], [row["view"] for row in rows]
    targets = make_one_hot([find_cause(row["finding"]) for row in rows], tuple(CAUSES))
    licence = [row["license"].strip() for row in rows]
    return make_table("covid-chestxray", paths, tuple(CAUSES), targets, patient, "external", view=view, licence=licence)


def _unfit(row: dict) -> str:
    """Why a film has no place in the table, or nothing."""
    if row["modality"] != "X-ray" or row["view"] not in FRONTAL:
        return "no frontal radiograph"
    if HANNOVER_URL in row.get("url", ""):  # the full collection took them over; here they may be trained on
        return "a film of Hannover's"
    return "" if find_cause(row["finding"]) else row["finding"] or "no finding stated"


def find_cause(finding: str) -> str | None:
    """`SARS`, `COVID-19, ARDS` or `Pneumonia/Viral/SARS` -> the class in CAUSES; None where it is none of them, as
    `Tuberculosis`, or `ARDS` of unknown cause."""
    words = {word.strip().lower() for word in re.split("[/,]", finding)}
    return next((key for key, known in CAUSES.items() if words & known), None)


def list_films(paths: Iterable[Path]) -> list[Path]:
    """The films among files, in their order; not what a Mac leaves beside them (`._person1_virus_6.jpeg`)."""
    return sorted(path for path in paths if path.suffix.lower() in FILM_SUFFIXES and not path.name.startswith("."))


def make_table(
    name: str,
    paths: Sequence[Path],
    labels: tuple[str, ...],
    targets: np.ndarray,
    patient: Iterable[str],
    split: Iterable[str] | str,
    *,
    source: Iterable[str] | str = "",
    view: Iterable[str] | str = "",
    licence: Iterable[str] | str = "",
) -> Table:
    """The table of N films of the data set `name`; targets (N, L) 1/0/NaN. A column is one string for each film, or one
    for all. `patient` numbers are unique within the data set; `source` is its name unless given."""

    def column(values: Iterable[str] | str) -> np.ndarray:
        return np.broadcast_to(np.asarray(values, dtype=str), len(paths)).copy()

    columns = (column([f"{name}:{one}" for one in patient]), column(split), column(source or name))
    return Table(np.array(paths, dtype=object), labels, targets, *columns, column(view), column(licence))


def make_one_hot(classes: Iterable[str], labels: tuple[str, ...]) -> np.ndarray:
    return np.eye(len(labels), dtype=np.float32)[[labels.index(one) for one in classes]]


def _find(root: Path, title: str, folders: tuple[str, ...], tables: tuple[str, ...]) -> Path:
    """One of `tables`, in one of `folders` below `root` or in `root` itself."""
    for place in (*(root / folder for folder in folders), root):
        for name in tables:
            if (place / name).is_file():
                return place / name
    raise refuse_folder(title, root, f"{folders[0]}/{tables[0]}")


def refuse_folder(title: str, root: Path, wanted: str) -> TrainingError:
    return TrainingError(f"There are no {title} films in {root.name or 'that folder'}.", f"--data must hold {wanted}.")


def _listing(folders: Iterable[Path]) -> dict[str, Path]:  # asking for 112,120 files one by one is slow
    return {path.name: path for folder in folders if folder.is_dir() for path in folder.iterdir()}


def keep_present(rows: list[dict], paths: list[Path | None], key: str, title: str) -> tuple[list[dict], list[Path]]:
    """The rows whose film is there, and their films; the absent are counted, and ten of them named."""
    absent = [row[key] for row, path in zip(rows, paths, strict=True) if path is None]
    if len(absent) == len(rows):
        raise TrainingError(f"None of the {len(rows)} films in {title}'s table is there.", "Put them beside the table.")
    if absent:
        tqdm.write(f"{title}: {len(absent)} of {len(rows)} films are absent and are left out: {', '.join(absent[:10])}")
    there = [(row, path) for row, path in zip(rows, paths, strict=True) if path is not None]
    return [row for row, _ in there], [path for _, path in there]
