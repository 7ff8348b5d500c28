"""`films.csv`, a list of films as public tables are -> Table: one line a film, a column for each label.

What a column is, its name says, in capitals or not, with spaces, hyphens or underscores: see COLUMNS. Of all others
those are labels whose cells are states: 1, 0, -1 (uncertain) or empty, as numbers or words. What is neither is left
out and named, but where most of its cells are states, or its name is a finding's, the cell that is none is refused. A
table without such columns may name the labels of each film in one column, of LISTS, with | between them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.film.film_list import FILM_COLUMNS, FILM_SUFFIXES, name_column_plainly
from cxr_demo.labels import LabelWords, match_label
from train.data.own_films import LIST_FILE, match_patients, name_labels
from train.data.readers import keep_present, make_table
from train.data.splits import SPLITS, check_leaks, split_anew
from train.data.table import Table
from train.data.text_tables import TextTable, read_text_table
from train.recipe import AS_IT_STANDS, OwnFilms

COLUMNS = {  # what a column says -> its names, of which the first that is there counts
    "path": FILM_COLUMNS,
    "patient": ("patient", "patient_id", "patientid", "subject_id", "subject"),
    "split": ("split", "set", "subset", "partition"),
    "source": ("source",),
    "view": ("view", "view_position", "viewposition", "projection", "ap_pa"),
    "licence": ("licence", "license"),
}
LISTS = ("finding_labels", "labels", "label", "class", "findings", "finding", "diagnosis")
SPLIT_WORDS = {
    **{split: split for split in SPLITS}, "training": "train", "valid": "val", "validation": "val", "dev": "val",
    "testing": "test",
}  # fmt: skip
EMPTY = ("", "nan", "na", "n/a", "#n/a", "null", "none")  # in small letters
WORDS = {**dict.fromkeys(EMPTY, np.nan), "true": 1.0, "false": 0.0}
UNSURE = -1.0
# what a person says of UNSURE -> the target, and what a card says of it
MEANS = {"ignore": np.nan, "positive": 1.0, "negative": 0.0}
SAID = {"ignore": "left out", "positive": "taken as there", "negative": "taken as absent"}
A_STATE = "A label is 1, 0, -1 (uncertain) or empty."
_TOLD: set[Path] = set()  # tables whose columns were named: once is enough


@dataclass(frozen=True, eq=False)
class _Labels:
    """Keys, their words and states (N, L): 1, 0, UNSURE or NaN; `unused` columns are neither labels nor of COLUMNS."""

    keys: tuple[str, ...]
    words: dict[str, LabelWords]
    states: np.ndarray
    unused: list[str] = field(default_factory=list)


def read_csv(root: Path, reading: OwnFilms = AS_IT_STANDS) -> Table:
    """`films.csv` in the folder `root`: see the top of this module. Without a split column, splits.split_anew. Raises
    TrainingError, with line and value, for what cannot be read."""
    file = root / LIST_FILE
    table = read_text_table(file)
    places = _find_columns(table)
    labels = _read_labels(table, set(places.values()), reading)
    if labels.unused and file not in _TOLD:
        _TOLD.add(file)
        tqdm.write(f"{LIST_FILE}: these columns are no labels: {', '.join(labels.unused)}.", file=sys.stderr)
    targets, caveat = _settle_uncertain(table, labels, reading)
    films = [{name: cells[place] for name, place in places.items()} for _, cells in table.rows]
    for (number, _), film, states in zip(table.rows, films, targets, strict=True):
        film |= {"number": number, "states": states, "split": _read_split(film, number)}
    _name_patients(films, reading)
    _refuse_twice(films)
    films, paths = keep_present(films, _find_films(root, films), "path", LIST_FILE)
    columns = {name: [film.get(name, "") for film in films] for name in ("patient", "split", "view", "licence")}
    source, kept = [film.get("source") or "csv" for film in films], np.stack([film["states"] for film in films])
    made = make_table("csv", paths, labels.keys, kept, source=source, **columns)
    made = replace(made, folder=root.resolve().name, split_by=LIST_FILE, caveat=caveat, label_words=labels.words)
    if "split" not in places:
        return split_anew(made, task=reading.task)
    check_leaks(made)
    return made


def _find_columns(table: TextTable) -> dict[str, int]:
    """What a column says -> its place."""
    plain = [name_column_plainly(name) for name in table.names]
    found = {what: next((plain.index(name) for name in names if name in plain), -1) for what, names in COLUMNS.items()}
    if found["path"] < 0:
        raise TrainingError(
            f"{LIST_FILE} has no column that names the films.",
            f"Call it path; {', '.join(COLUMNS['path'][1:])} are known too. Its columns are: {_join(table.names)}.",
        )
    return {what: place for what, place in found.items() if place >= 0}


def _join(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")


# ---- labels


def _read_labels(table: TextTable, taken: set[int], reading: OwnFilms) -> _Labels:
    free = [place for place, name in enumerate(table.names) if place not in taken and name]
    listing = next(
        (place for name in LISTS for place in free if name_column_plainly(table.names[place]) == name
         and any(_parse_state(cells[place]) is None for _, cells in table.rows)),
        None,
    )  # fmt: skip
    columns = [place for place in free if place != listing]
    chosen = _find_labels(table, columns, reading.labels) if reading.labels else _choose_labels(table, columns)
    if not chosen and listing is not None:
        return _read_listing(table, listing, columns, reading)
    if not chosen:
        missing = f"no column for every label of {', '.join(reading.labels)}" if reading.labels else "no label"
        raise TrainingError(
            f"{LIST_FILE} has {missing}: a column of 1, 0, -1 (uncertain) or nothing.",
            f"Its columns are: {_join(table.names)}.",
        )
    keys, words = name_labels([table.names[place] for place in chosen], f"columns of {LIST_FILE}")
    states = [[_read_state(table, number, cells, place) for place in chosen] for number, cells in table.rows]
    unused = [table.names[place] for place in free if place not in chosen]
    return _Labels(keys, words, np.array(states, np.float32), unused)


def _choose_labels(table: TextTable, columns: list[int]) -> list[int]:
    """The places of the columns that look like labels."""
    chosen = []
    for place in columns:
        stated = [cell for _, row in table.rows if (cell := row[place]).lower() not in EMPTY]
        states = sum(_parse_state(cell) is not None for cell in stated)
        if match_label(table.names[place]) or (stated and states * 2 >= len(stated)):
            chosen.append(place)
    return chosen


def _find_labels(table: TextTable, columns: list[int], names: tuple[str, ...]) -> list[int]:
    """The places of the columns that a person names, by their letters or as the same finding; none where one is not
    there."""
    found = [
        next((place for is_same in (str.__eq__, _is_spelled_alike, _mean_the_same) for place in columns
              if is_same(table.names[place], name)), -1)
        for name in names
    ]  # fmt: skip
    return [] if -1 in found else found


def _is_spelled_alike(one: str, other: str) -> bool:
    return name_column_plainly(one) == name_column_plainly(other)


def _mean_the_same(one: str, other: str) -> bool:
    return match_label(one) is not None and match_label(one) == match_label(other)


def _parse_state(cell: str) -> float | None:
    """1, 0, UNSURE or NaN (not stated); None where it is no state. Decimal commas stand beside `;`."""
    if (word := cell.lower()) in WORDS:
        return WORDS[word]
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        return None
    return value if value in (1, 0, UNSURE) else None


def _read_state(table: TextTable, number: int, cells: tuple[str, ...], place: int) -> float:
    if (state := _parse_state(cells[place])) is None:
        raise TrainingError(
            f"{LIST_FILE} has {cells[place]!r} in line {number}, column {table.names[place]}.",
            f"{A_STATE} If the column is no label, name those that are: --labels NAME NAME.",
        )
    return state


def _read_listing(table: TextTable, place: int, columns: list[int], reading: OwnFilms) -> _Labels:
    """Of a column that names the labels of each film; a film of which it says nothing is not stated."""
    named = [
        [name for part in cells[place].split("|") if (name := part.strip()) and name.lower() not in EMPTY]
        for _, cells in table.rows
    ]
    there = sorted({name for names in named for name in names})
    wanted = [_spell_as_listed(there, name) for name in reading.labels] or there
    if not wanted:
        raise TrainingError(f"{LIST_FILE} names no label in its column {table.names[place]}.", A_STATE)
    keys, words = name_labels(wanted, f"names in the column {table.names[place]} of {LIST_FILE}")
    states = [[float(name in names) if names else np.nan for name in wanted] for names in named]
    return _Labels(keys, words, np.array(states, np.float32), [table.names[k] for k in columns])


def _spell_as_listed(there: list[str], name: str) -> str:
    for spelled in there:
        if _is_spelled_alike(spelled, name) or _mean_the_same(spelled, name):
            return spelled
    raise TrainingError(f"{LIST_FILE} names no film {name!r}.", f"Its labels are: {_join(tuple(there))}.")


def _settle_uncertain(table: TextTable, labels: _Labels, reading: OwnFilms) -> tuple[np.ndarray, str]:
    """The targets (N, L) without UNSURE, and what was made of it, as a card says it."""
    unsure = labels.states == UNSURE
    if not unsure.any():
        return labels.states, ""
    if not reading.uncertain:
        row, column = np.argwhere(unsure)[0]
        raise TrainingError(
            f"{LIST_FILE} has -1, uncertain, in line {table.rows[row][0]} for {labels.keys[column]}, "
            f"and {unsure.sum()} times in all.",
            "Say what it means: --uncertain ignore (it is not stated), positive or negative.",
        )
    said = f"{unsure.sum()} entries of {LIST_FILE} that say uncertain (-1) were {SAID[reading.uncertain]}."
    return np.where(unsure, np.float32(MEANS[reading.uncertain]), labels.states), said


# ---- films


def _read_split(film: dict, number: int) -> str:
    said = film.get("split", "train")
    if said.lower() not in SPLIT_WORDS:
        raise TrainingError(f"{LIST_FILE} has the split {said!r} in line {number}.", f"Known are {', '.join(SPLITS)}.")
    return SPLIT_WORDS[said.lower()]


def _name_patients(films: list[dict], reading: OwnFilms) -> None:
    """Write whose each film is into it."""
    pattern = reading.patient_pattern
    if "patient" in films[0]:
        if pattern:
            raise TrainingError(
                f"{LIST_FILE} and --patient-pattern both say whose the films are.", "Leave one of them out."
            )
        if nameless := [film["number"] for film in films if film["patient"].lower() in EMPTY]:
            raise TrainingError(f"{LIST_FILE} has no patient in line {nameless[0]}.", "Say whose every film is.")
        return
    if not pattern:
        raise TrainingError(
            f"{LIST_FILE} does not say whose the films are.",
            "Add a column patient, or give --patient-pattern, which finds the patient in a film's path: "
            "'(patient[0-9]+)'.",
        )
    paths = [film["path"] for film in films]
    for film, patient in zip(films, match_patients(paths, paths, pattern), strict=True):
        film["patient"] = patient


def _refuse_twice(films: list[dict]) -> None:
    seen = set()
    for film in films:
        if film["path"].lower() in EMPTY:
            raise TrainingError(f"{LIST_FILE} names no film in line {film['number']}.", "Give every line a path.")
        if film["path"] in seen:
            raise TrainingError(
                f"{LIST_FILE} names {film['path']} twice, again in line {film['number']}.", "Keep one line for each."
            )
        seen.add(film["path"])


def _find_films(root: Path, films: list[dict]) -> list[Path | None]:
    """Each film below the folder, by its path; or by its path without the first folder, which is how a table names the
    folder that it lies in; or, of a bare name, with its ending or without, wherever below the folder it is."""
    index: dict[str, list[Path]] = {}
    found: list[Path | None] = []
    for film in films:
        named = film["path"].replace("\\", "/")
        inner = named.partition("/")[2]
        path = next((path for name in (named, inner) if name and (path := root / name).is_file()), None)
        if path is None and "/" not in named:
            index = index or _index_films(root)
            there = index.get(named, [])
            if len(there) > 1:
                raise TrainingError(
                    f"{len(there)} films below {root.name} are called {named}, as in line {film['number']}.",
                    f"Give the path of each in {LIST_FILE}.",
                )
            path = there[0] if there else None
        found.append(path)
    _refuse_one_file(films, found)
    return found


def _refuse_one_file(films: list[dict], found: list[Path | None]) -> None:
    """Two names of one file would put one film into the table twice, perhaps on both sides of a split."""
    seen: dict[Path, dict] = {}
    for film, path in zip(films, found, strict=True):
        if path is None:
            continue
        if (first := seen.setdefault(path.resolve(), film)) is not film:
            raise TrainingError(
                f"{LIST_FILE} names one film twice: {first['path']} in line {first['number']} and "
                f"{film['path']} in line {film['number']} are the same file.",
                "Keep one line for each film.",
            )


def _index_films(root: Path) -> dict[str, list[Path]]:
    """The films below the folder by their name, and by their name without its ending."""
    index: dict[str, list[Path]] = {}
    for path in root.rglob("*"):
        if path.suffix.lower() in FILM_SUFFIXES:
            for name in (path.name, path.stem):
                index.setdefault(name, []).append(path)
    return index
