"""Tiny synthetic data sets in the layouts of the real ones; each label has a cause that can be seen on the film."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from train.data.readers import NIH_LABELS

SIZE_PX = 64
FULL_PX = 1024  # NIH's boxes are in the pixels of the original films
CELL_PX = 12  # NIH's findings are bright squares on a grid of four columns
FINDINGS = {  # class -> what is brighter: (rows, columns)
    "normal": None,
    "bacterial": np.s_[36:, :],
    "viral": np.s_[:28, :],
    "covid": np.s_[:, np.r_[0:14, 50:64]],
    "fungal": np.s_[24:40, 24:40],
}
COHEN = (  # finding, class, view, licence; in both styles of the released table
    ("COVID-19", "covid", "PA", "CC BY-NC-SA 4.0"),
    ("Pneumonia/Viral/COVID-19", "covid", "AP", "CC BY 4.0"),
    ("Pneumonia/Viral/SARS", "viral", "PA", ""),
    ("Influenza", "viral", "AP Supine", "CC0"),
    ("Pneumonia/Bacterial/Klebsiella", "bacterial", "PA", "CC BY-SA"),
    ("Streptococcus", "bacterial", "AP", "CC BY-NC-ND 4.0"),
    ("Pneumocystis", "fungal", "PA", "CC BY"),
    ("No Finding", "normal", "PA", "listed as authorized for everyone"),
    ("COVID-19, ARDS", "covid", "AP Supine", "CC BY 4.0"),
    ("Tuberculosis", "fungal", "PA", "CC BY 4.0"),  # the reader leaves these three out
    ("COVID-19", "covid", "L", "CC BY 4.0"),
    ("COVID-19", "covid", "PA", "CC BY 3.0"),
)


def make_data(root: Path) -> None:
    """kermany (86 films), nih (96, with lists and boxes), covid_hannover (60) and covid_chestxray (72) below `root`;
    always the same films."""
    random = np.random.default_rng(0)
    _make_kermany(root / "kermany" / "chest_xray", random)
    _make_nih(root / "nih", random)
    _make_hannover(root / "covid_hannover", random)
    _make_covid_chestxray(root / "covid_chestxray", random)


def box_px(label: str) -> tuple[int, int, int, int]:
    """Where that finding of NIH's is on the small film: x, y, width, height."""
    row, column = divmod(NIH_LABELS.index(label), 4)
    return 2 + column * 16, 2 + row * 16, CELL_PX, CELL_PX


def _film(random: np.random.Generator, kind: str = "normal") -> np.ndarray:
    film = random.integers(40, 80, (SIZE_PX, SIZE_PX)).astype(np.uint8)
    if FINDINGS[kind] is not None:
        film[FINDINGS[kind]] += 120
    return film


def _write(path: Path, film: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), film)


def _write_rows(path: Path, columns: str, rows: list[tuple]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns.split(","), *rows])


def _make_kermany(base: Path, random: np.random.Generator) -> None:
    """Two films for each number; person 1's number recurs in the official test with the other organism."""
    for half, first, count in (("train", 0, 20), ("test", 100, 8)):
        for i in range(count):
            number = first + i // 2
            for name, kind in (
                (f"NORMAL/IM-{number:04}-{i % 2 + 1:04}.jpeg", "normal"),
                (f"PNEUMONIA/person{number}_bacteria_{2 * i}.jpeg", "bacterial"),
                (f"PNEUMONIA/person{number + 50}_virus_{2 * i + 1}.jpeg", "viral"),
            ):
                _write(base / half / name, _film(random, kind))
    for i in (90, 91):
        _write(base / "test" / f"PNEUMONIA/person1_virus_{i}.jpeg", _film(random, "viral"))


def _make_nih(base: Path, random: np.random.Generator) -> None:
    """Three films for each of 32 patients, 22 of them to train on; a third without a finding; every label in both."""
    rows, boxes, lists = [], [], {"train_val_list.txt": [], "test_list.txt": []}
    for i in range(96):
        name, is_train = f"{i // 3 + 1:08}_{i % 3:03}.png", i < 66
        chosen = set() if i % 3 == 0 else {NIH_LABELS[i * 2 // 3 % 14]} | ({"pneumonia"} if i % 4 == 1 else set())
        film = _film(random)
        for label in sorted(chosen):
            x, y, width, height = box_px(label)
            film[y : y + height, x : x + width] += 150
            if not is_train:
                scale = FULL_PX / SIZE_PX
                boxes.append((name, _nih_name(label), *(side * scale for side in box_px(label)), "", "", ""))
        named = "|".join(_nih_name(label) for label in sorted(chosen)) or "No Finding"
        rows.append((name, named, i % 3, i // 3 + 1, 50, "F", "PA" if i % 2 else "AP", FULL_PX, FULL_PX, 0.14, 0.14))
        lists["train_val_list.txt" if is_train else "test_list.txt"].append(name)
        _write(base / "images" / name, film)
    _write_rows(
        base / "Data_Entry_2017.csv",
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]",
        rows,
    )
    _write_rows(
        base / "BBox_List_2017.csv", "Image Index,Finding Label,Bbox [x,y,w,h],Unnamed: 6,Unnamed: 7,Unnamed: 8", boxes
    )
    for name, films in lists.items():
        (base / name).write_text("\n".join(films) + "\n", encoding="utf-8")


def _nih_name(label: str) -> str:
    return "_".join(word.capitalize() for word in label.split("_"))


def _make_hannover(base: Path, random: np.random.Generator) -> None:
    """Three films for each of 20 patients."""
    rows = []
    for i in range(60):
        image, view = f"{i:08x}", "ap" if i % 4 else "pa"
        rows.append((f"p{i // 3:03}", image, "f", "", "CR", view, f"{image}.jpg", "COVID-19", "CC BY 3.0"))
        _write(base / "images" / f"{image}.jpg", _film(random, "covid"))
    columns = "patient_id,image_id,sex,age,modality,projection,filename,finding,license"
    _write_rows(base / "metadata.csv", columns, rows)


def _make_covid_chestxray(base: Path, random: np.random.Generator) -> None:
    """Six films for each line of COHEN, two for each patient; the last line's were taken over from Hannover."""
    rows = []
    for k, (finding, kind, view, licence) in enumerate(COHEN):
        url = "https://github.com/ml-workgroup/covid-19-image-repository" if k == len(COHEN) - 1 else ""
        for i in range(6):
            name = f"{k:02}-{i}.jpg"
            rows.append((f"{k}{i // 2}", i, "M", 65, finding, view, "X-ray", "2020", name, "", url, licence))
            _write(base / "images" / name, _film(random, kind))
    columns = "patientid,offset,sex,age,finding,view,modality,date,filename,doi,url,license"
    _write_rows(base / "metadata.csv", columns, rows)
