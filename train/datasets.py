"""DATASETS: name -> where the films lie, how they are read and what may be said about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cxr_demo.errors import ImageError, TrainingError
from cxr_demo.image import read_image
from cxr_demo.preprocess import Preprocess


@dataclass(frozen=True, eq=False)
class Table:
    """N films. `targets` (N, L) float32 holds 1, 0 or NaN (not stated); `patient`, `split` ("train", "val", "test") and
    `source` are (N,) arrays of strings."""

    paths: np.ndarray
    labels: tuple[str, ...]
    targets: np.ndarray
    patient: np.ndarray
    split: np.ndarray
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.paths)

    def where(self, chosen: np.ndarray) -> Table:
        """The rows of a boolean mask or of an index array (N,)."""
        columns = ("paths", "targets", "patient", "split", "source")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


@dataclass(frozen=True)
class Dataset:
    title: str
    read: Callable[[Path], Table]
    licence: str
    citation: str
    caveat: str  # what an honest report says about it


def read_kermany(root: Path) -> Table:
    """Kermany et al. 2018 as released: `chest_xray/{train,test}/{NORMAL,PNEUMONIA}/*.jpeg`; class and patient are in
    the file name. `split` is the official train or test. Raises TrainingError where the folders are missing."""
    places = (root / "kermany" / "chest_xray", root / "chest_xray", root)
    base = next((place for place in places if (place / "train").is_dir() and (place / "test").is_dir()), None)
    if base is None:
        raise TrainingError(
            f"There are no Kermany films in {root.name or 'that folder'}.",
            "Give --data a folder that holds kermany/chest_xray/train and kermany/chest_xray/test.",
        )
    labels = ("normal", "bacterial_pneumonia", "viral_pneumonia")
    paths = sorted(p for half in ("train", "test") for p in (base / half).glob("*/*.jp*g"))
    classes = np.array([_kermany_class(path) for path in paths])
    return Table(
        paths=np.array(paths, dtype=object),
        labels=labels,
        targets=np.eye(len(labels), dtype=np.float32)[classes],
        patient=np.array([_kermany_patient(path.name) for path in paths]),
        split=np.array([path.parts[-3] for path in paths]),
        source=np.full(len(paths), "kermany"),
    )


def _kermany_class(path: Path) -> int:
    if path.parent.name == "NORMAL":
        return 0
    return 2 if "_virus_" in path.name else 1


def _kermany_patient(name: str) -> str:
    """`person12_bacteria_47.jpeg` -> person12; `NORMAL2-IM-0380-0001.jpeg` -> NORMAL2-IM-0380.

    Bacterial and viral films seem to be numbered separately (no number of the official test recurs in train with the
    same organism, 165 recur with the other one), but one number is kept as one patient: that can only be too careful.
    """
    found = re.match(r"person\d+|(?:NORMAL2-)?IM-\d+", name)
    return found[0] if found else Path(name).stem


DATASETS: dict[str, Dataset] = {
    "kermany": Dataset(
        title="Kermany et al. 2018, paediatric chest radiographs",
        read=read_kermany,
        licence="CC BY 4.0",
        citation="Kermany, Zhang, Goldbaum 2018, Labeled OCT and chest X-ray images, Mendeley Data, "
        "doi:10.17632/rscbjbr9sj",
        caveat="One hospital, children of 1 to 5 years; class and patient are taken from file names. A model that "
        "does well here has not been shown to work on adults or at another hospital.",
    ),
}


def pack(table: Table, preprocess: Preprocess, progress: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Decode each film once: squares (M, S, S) uint8, and the rows (M,) of the table that could be read.

    Films that cannot be read are named once, with their count, and left out; TrainingError if none can be read.
    """

    def square(path: Path) -> np.ndarray | ImageError:
        try:
            return np.rint(preprocess.square(read_image(path).pixels) * 255).astype(np.uint8)
        except ImageError as error:
            return error

    with ThreadPoolExecutor() as pool:
        read = list(tqdm(pool.map(square, table.paths), progress, len(table), leave=False, disable=not progress))
    rows = np.array([i for i, result in enumerate(read) if isinstance(result, np.ndarray)], dtype=int)
    if len(rows) < len(table):
        broken = [f"{table.paths[i].name} ({result.message})" for i, result in enumerate(read) if i not in set(rows)]
        tqdm.write(f"{len(broken)} of {len(table)} films cannot be read and are left out: " + "; ".join(broken[:10]))
    if not len(rows):
        raise TrainingError("None of the films could be read.", "Look at the files that --data points to.")
    return np.stack([read[i] for i in rows]), rows
