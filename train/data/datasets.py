"""DATASETS: name -> how the films are read and what may be said about them. `pack_films` decodes them, once."""

from __future__ import annotations

import errno
import hashlib
import inspect
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from cxr_demo.errors import ImageError, TrainingError
from cxr_demo.film import dicom
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import read_image
from cxr_demo.networks.whole_file import write_file
from train.data.films_csv import read_csv
from train.data.own_films import read_folder
from train.data.readers import (
    KERMANY_LABELS,
    NIH_LABELS,
    NIH_LICENCE,
    Boxes,
    read_covid_chestxray,
    read_hannover,
    read_kermany,
    read_nih,
    read_nih_boxes,
)
from train.data.splits import assign_folds
from train.data.table import Table
from train.recipe import AS_IT_STANDS, OwnFilms

FREE = re.compile(r"CC[ -]BY(-SA)?([ -]\d\.\d)?|CC[ -]?0([ -]\d\.\d)?|public domain|unrestricted use.*", re.IGNORECASE)
_NAMED: set[Path] = set()  # films that were said to be broken: once is enough
AHEAD = 512  # films decoded before the first of them is written: bounds the memory


@dataclass(frozen=True)
class Dataset:
    """`task` is "single-label" (a film has exactly one of the labels) or "multi-label"; empty where the films may be
    either, and the recipe says which."""

    title: str
    read: Callable[[Path], Table]
    task: str
    licence: str
    citation: str
    caveat: str  # what an honest report says about it
    boxes: Callable[[Path], Boxes] | None = None

    @property
    def is_own(self) -> bool:
        """Whether the films are a person's own, of which only what they say themselves is known."""
        return self.licence == UNKNOWN

    def title_of(self, table: Table) -> str:
        if not table.folder:
            return self.title
        return f'the folder "{table.folder}": {self.title[0].lower()}{self.title[1:]}'

    def licence_of(self, table: Table) -> str:
        """Of a person's own films what is said of each, with their number."""
        if not self.is_own or not (table.licence != "").any():
            return self.licence
        counts = Counter(licence or UNKNOWN for licence in table.licence.tolist())
        return ", ".join(f"{licence} ({count} films)" for licence, count in counts.most_common())


def mix_tables(labels: tuple[str, ...], *tables: Table, renamed: dict[str, str] | None = None) -> Table:
    """One table of all films. A label goes by its name, or by what `renamed` (theirs: ours) makes of it; several that
    become one are 1 if any of them is. What a table does not know is NaN."""

    def targets_of(table: Table) -> np.ndarray:
        targets = np.full((len(table), len(labels)), np.nan, np.float32)
        ours = np.array([(renamed or {}).get(label, label) for label in table.labels])
        for k, label in enumerate(labels):
            if (ours == label).any():
                theirs = table.targets[:, ours == label]
                targets[:, k] = np.where((theirs == 1).any(1), 1, theirs.max(1))  # max keeps a NaN
        return targets

    tables = tuple(table if table.fold is not None else assign_folds(table) for table in tables)
    columns = ("paths", "patient", "split", "source", "view", "licence", "fold")
    joined = {name: np.concatenate([getattr(table, name) for table in tables]) for name in columns}
    joined["targets"] = np.concatenate([targets_of(table) for table in tables])
    return replace(tables[0], labels=labels, **joined)


def drop_unreleasable(table: Table) -> Table:
    """Without the rows that would be trained or chosen on and whose licence does not let the network be given away."""
    is_free = _is_free(table) | (table.split == "external")
    if not is_free.all():
        tqdm.write(f"{(~is_free).sum()} films are left out: their licence does not let a trained network be released.")
    return table.where(is_free)


def keep_one_class(table: Table) -> Table:
    """Labels as classes that exclude each other: what is not stated is 0. Films of none are left out, and counted."""
    has_class = (table.targets == 1).sum(1) == 1
    if not has_class.all():
        counts = ", ".join(f"{n} of {source}" for source, n in Counter(table.source[~has_class].tolist()).items())
        tqdm.write(f"Films of none of the classes {', '.join(table.labels)} are left out: {counts}.")
    table = table.where(has_class)
    return replace(table, targets=np.nan_to_num(table.targets))


def keep_released(table: Table) -> Table:
    """The rows whose licence lets a network trained on them be released: CC BY, CC BY-SA, CC0, public domain or
    without restriction; never NC, ND or unknown."""
    return table.where(_is_free(table))


def _is_free(table: Table) -> np.ndarray:
    return np.array([FREE.fullmatch(licence.strip()) is not None for licence in table.licence], bool)


def read_nih_normal(root: Path) -> Table:
    """The 14 labels and "normal": none of them."""
    table = read_nih(root)
    normal = (table.targets.sum(1) == 0).astype(np.float32)
    return replace(table, labels=(*NIH_LABELS, "normal"), targets=np.column_stack([table.targets, normal]))


def read_nih_pneumonia(root: Path) -> Table:
    return mix_tables(("pneumonia",), read_nih(root))


def read_four_classes(root: Path) -> Table:
    """Kermany's classes and Hannover's COVID-19; covid-chestxray is "external"."""
    labels = (*KERMANY_LABELS, "covid19")
    tables = read_kermany(root), read_hannover(root), read_covid_chestxray(root)
    return keep_one_class(drop_unreleasable(mix_tables(labels, *tables)))


def read_covid_three(root: Path) -> Table:
    """NIH's films without a finding and those with pneumonia, whatever else they show, and Hannover's COVID-19;
    covid-chestxray is "external", with pneumonia of any other cause."""
    tables = read_nih_normal(root), read_hannover(root), read_covid_chestxray(root)
    renamed = {"viral_pneumonia": "pneumonia", "bacterial_pneumonia": "pneumonia"}
    return keep_one_class(drop_unreleasable(mix_tables(("normal", "pneumonia", "covid19"), *tables, renamed=renamed)))


KERMANY = "Kermany, Zhang, Goldbaum 2018, Labeled OCT and chest X-ray images, Mendeley Data, doi:10.17632/rscbjbr9sj"
NIH = (
    "Wang, Peng, Lu, Lu, Bagheri, Summers 2017, ChestX-ray8: Hospital-scale chest X-ray database and benchmarks, CVPR; "
    "films by the NIH Clinical Center"
)
HANNOVER = "Winther et al. 2020, COVID-19 Image Repository, Hannover Medical School, doi:10.6084/m9.figshare.12275009"
COHEN = "Cohen et al. 2020, COVID-19 Image Data Collection, arXiv:2006.11988"
MINED = "One hospital, adults; the labels were mined from reports, about 90 % of them right as published."
SOURCES_TELL = (
    "The classes come from different hospitals, so a network may learn the hospital instead of the disease: believe "
    "only what holds on the external films."
)
UNKNOWN, OWN_DATA = "not stated", "A user's own films: nothing is known of them here."
DATASETS: dict[str, Dataset] = {
    "kermany": Dataset(
        title="Kermany et al. 2018, paediatric chest radiographs",
        read=read_kermany,
        task="single-label",
        licence="CC BY 4.0",
        citation=KERMANY,
        caveat="One hospital, children of 1 to 5 years; class and patient are taken from file names. A model that "
        "does well here has not been shown to work on adults or at another hospital.",
    ),
    "nih": Dataset("NIH ChestX-ray14, 14 findings", read_nih, "multi-label", NIH_LICENCE, NIH, MINED, read_nih_boxes),
    "nih-normal": Dataset(
        "NIH ChestX-ray14, 14 findings and normal", read_nih_normal, "multi-label", NIH_LICENCE, NIH,
        f"{MINED} Normal means that no finding was mined.", read_nih_boxes,
    ),
    "nih-pneumonia": Dataset(
        "NIH ChestX-ray14, pneumonia or not", read_nih_pneumonia, "multi-label", NIH_LICENCE, NIH,
        f"{MINED} Few films show pneumonia: accuracy says little.", read_nih_boxes,
    ),
    "hannover": Dataset(
        "COVID-19 Image Repository, Hannover", read_hannover, "single-label", "CC BY 3.0", HANNOVER,
        "One hospital, every film COVID-19: of use only in a mixture, or to test what was trained elsewhere.",
    ),
    "covid-chestxray": Dataset(
        "COVID-19 Image Data Collection, frontal films", read_covid_chestxray, "single-label",
        "per film, many non-commercial or unknown", COHEN,
        "Collected from publications and web pages of many hospitals: the striking cases, many of them reduced "
        "pictures with letters and arrows. Used for tests only.",
    ),
    "four-classes": Dataset(
        "Kermany and Hannover, four classes", read_four_classes, "single-label",
        "CC BY 4.0 and CC BY 3.0; the external films are tested on only", f"{KERMANY}; {HANNOVER}; {COHEN}",
        f"{SOURCES_TELL} COVID-19 comes from adults, the rest from children.",
    ),
    "covid-three": Dataset(
        "NIH and Hannover: normal, pneumonia, COVID-19", read_covid_three, "single-label",
        f"{NIH_LICENCE}; CC BY 3.0; the external films are tested on only", f"{NIH}; {HANNOVER}; {COHEN}",
        f"{SOURCES_TELL} NIH's labels were mined from reports.", read_nih_boxes,
    ),
    "folder": Dataset("A folder for each class", read_folder, "single-label", UNKNOWN, UNKNOWN, OWN_DATA),
    "csv": Dataset("Films listed in films.csv", read_csv, "", UNKNOWN, UNKNOWN, OWN_DATA),
}  # fmt: skip


def read_dataset(key: str, root: Path, reading: OwnFilms = AS_IT_STANDS) -> Table:
    """The films of DATASETS[key] in the folder `root`. `reading` is of a person's own films. TrainingError where there
    is no such folder, or no films in it, or what is stated is not of these films."""
    if not root.is_dir():
        raise TrainingError(f"There is no folder {root}.", "Give --data the folder that holds the films.")
    if reading.patient_pattern and not DATASETS[key].is_own:
        raise TrainingError(
            f"--patient-pattern is for films of your own, folder and csv; {key} says itself whose its films are.",
            "Leave it out.",
        )
    if key != "csv" and (reading.uncertain or reading.labels):
        option = "--uncertain" if reading.uncertain else "--labels"
        raise TrainingError(f"{option} is for the data set csv; {key} has no such table.", "Leave it out.")
    if key == "csv":
        return read_csv(root, reading)
    return read_folder(root, reading) if key == "folder" else DATASETS[key].read(root)


def pack_films(table: Table, preprocess: Preprocess, progress: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Decode each film: squares (M, S, S) uint8, and the rows (M,) of the table that could be read.

    The squares lie in a file of CXR_CACHE that later runs and other processes map instead of decoding again; where
    none can be written they stay in memory. Changes of the array stay there too. Films that cannot be read are named,
    with their count, and left out; TrainingError if none can be read.
    """
    place = _place(table.paths, preprocess)
    packed = _load(place)
    if packed is None:
        try:
            _store(place, table.paths, preprocess, progress)
            packed = _load(place)
        except OSError as error:
            tqdm.write(f"Decoded films stay in memory: {place.parent} cannot keep them ({error.strerror or error}).")
    films, rows = packed or _in_memory(table.paths, preprocess, progress)
    broken = [path for path in np.delete(table.paths, rows) if path not in _NAMED]
    _NAMED.update(broken)
    if broken:
        named = "; ".join(f"{path.name} ({_square(path, preprocess)[1]})" for path in broken[:10])
        tqdm.write(f"{len(broken)} of {len(table)} films cannot be read and are left out: {named}")
    if not len(rows):
        raise TrainingError("None of the films could be read.", "Look at the files that --data points to.")
    return films, rows


def _place(paths: np.ndarray, preprocess: Preprocess) -> Path:
    """The file for these films: another one as soon as a film, the square or the code that makes it has changed."""
    digest = hashlib.sha256(f"{preprocess.size_px} {preprocess.geometry}\n".encode())
    for code in (read_image, dicom, Preprocess):
        digest.update(Path(inspect.getfile(code)).read_bytes())
    for path in paths:
        try:
            facts = path.stat()
            digest.update(f"{path.name}/{facts.st_size}/{facts.st_mtime_ns}\n".encode())
        except OSError:
            digest.update(f"{path.name} is absent\n".encode())
    return Path(os.environ.get("CXR_CACHE", "build/packed")) / f"{digest.hexdigest()[:32]}.npy"


def _load(place: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """The films, mapped, and the rows that stand behind them in the same file; None if it is absent or damaged."""
    try:
        films = np.load(place, mmap_mode="c")
        with place.open("rb") as file:
            file.seek(films.offset + films.nbytes)
            rows = np.lib.format.read_array(file)
    except (OSError, ValueError, EOFError):
        return None
    return (films.view(np.ndarray), rows) if len(films) == len(rows) else None


def _store(place: Path, paths: np.ndarray, preprocess: Preprocess, progress: str) -> None:
    """Written film by film to a file that gets its name when it is whole; OSError where that cannot be."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(place.with_suffix(".lock")):
        if _load(place) is not None:  # made by another process while this one waited
            return
        if shutil.disk_usage(place.parent).free < len(paths) * preprocess.size_px**2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_file(place, lambda scratch: _write_films(scratch, paths, preprocess, progress))


def _write_films(scratch: Path, paths: np.ndarray, preprocess: Preprocess, progress: str) -> None:
    with scratch.open("wb") as file:
        _write_header(file, len(paths), preprocess.size_px)
        rows = []
        for row, square in _decoded(paths, preprocess, progress):
            file.write(square.tobytes())
            rows.append(row)
        np.lib.format.write_array(file, np.array(rows, dtype=np.int64))
        file.seek(0)
        _write_header(file, len(rows), preprocess.size_px)


def _write_header(file: BinaryIO, films: int, size_px: int) -> None:
    """Of an array (films, S, S) uint8; numpy gives it the same length whatever the number of films is."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (films, size_px, size_px)}
    np.lib.format.write_array_header_1_0(file, header)


def _in_memory(paths: np.ndarray, preprocess: Preprocess, progress: str) -> tuple[np.ndarray, np.ndarray]:
    films, rows = np.empty((len(paths), preprocess.size_px, preprocess.size_px), np.uint8), []
    for row, square in _decoded(paths, preprocess, progress):
        films[len(rows)] = square
        rows.append(row)
    return films[: len(rows)], np.array(rows, dtype=np.int64)


def _decoded(paths: np.ndarray, preprocess: Preprocess, progress: str) -> Iterator[tuple[int, np.ndarray]]:
    """Row and square (S, S) uint8 of each film that can be read, in order, decoded by several threads."""
    with (
        ThreadPoolExecutor() as pool,
        tqdm(desc=progress, total=len(paths), leave=False, disable=not progress) as bar,
    ):
        for start in range(0, len(paths), AHEAD):
            squares = pool.map(lambda path: _square(path, preprocess)[0], paths[start : start + AHEAD])
            for row, square in enumerate(squares, start):
                bar.update()
                if square is not None:
                    yield row, square


def _square(path: Path, preprocess: Preprocess) -> tuple[np.ndarray | None, str]:
    """The square, or why there is none."""
    try:
        return np.rint(preprocess.square(read_image(path).pixels) * 255).astype(np.uint8), ""
    except ImageError as error:
        return None, error.message
