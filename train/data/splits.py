"""Splits by patient, stratified by label, checked for leaks."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from cxr_demo.errors import TrainingError
from train.data.table import Table

SPLITS = ("train", "val", "test", "external")
SPLIT_SHARES = (0.7, 0.1, 0.2)  # of "train", "val" and "test"
FOLDS = 10
RECURRING = "kermany:"  # these patient numbers recur between the official train and test, see readers.py


def assign_folds(table: Table) -> Table:
    """The same table with its column `fold`: the "train" patients dealt into FOLDS equal parts, each label in the same
    proportion, by lot but for ever the same; -1 for the other rows.

    Each reader does it for its source as it is released, so that a film held back by one recipe is held back by all
    of the same seed: a network may start from another's weights without having seen its validation films.
    """
    rows, fold = np.flatnonzero(table.split == "train"), np.full(len(table), -1)
    pattern = np.unique(table.targets[rows], axis=0, return_inverse=True)[1].ravel()
    if len(rows) and np.bincount(pattern).min() >= FOLDS:
        parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(rows, pattern, table.patient[rows])
        for number, (_, held_back) in enumerate(parts):
            fold[rows[held_back]] = number
    elif len(rows):
        fold[rows] = _deal_films(table, rows, np.full(FOLDS, 1 / FOLDS), seed=0)
    return replace(table, fold=fold)


def hold_out_validation(table: Table, share: float, seed: int, task: str = "") -> Table:
    """The same table with about `share` of the "train" patients moved to "val": whole folds, which ones says the seed.
    A "val" that the data set brings is kept; the other rows stay as they are. `task` as stated, see `_check_sides`."""
    if not (table.split == "val").any():
        fold = table.fold if table.fold is not None else assign_folds(table).fold
        fold = np.asarray(fold)
        table = replace(table, fold=fold)
        is_held_back = (fold >= 0) & ((fold - seed) % FOLDS < round(share * FOLDS))
        said = f"{table.split_by}, validation by lot" if table.split_by else ""
        table = replace(table, split=np.where(is_held_back, "val", table.split.astype("<U8")), split_by=said)
    _check_sides(table, ("train", "val"), task)
    check_leaks(table)
    return table


def split_anew(table: Table, shares: tuple[float, float, float] = SPLIT_SHARES, seed: int = 0, task: str = "") -> Table:
    """The same table with all rows but "external" dealt anew to "train", "val" and "test", as above."""
    rows, split = np.flatnonzero(table.split != "external"), table.split.astype("<U8")
    split[rows] = np.array(SPLITS[:3])[_deal_films(table, rows, np.asarray(shares), seed)]
    table = replace(table, split=split, fold=None, split_by="lot, patient by patient")
    _check_sides(table, SPLITS[:3], task)
    check_leaks(table)
    return table


def check_leaks(table: Table, hint: str = "") -> None:
    """TrainingError if a patient stands in two splits; numbers that recur by construction are only reported
    (`find_shared_patients`), and never between "train" and "val"."""
    for one, other in combinations(SPLITS, 2):
        shared = find_shared_patients(table, one, other)
        if other == "test":
            shared = shared[~np.strings.startswith(shared, RECURRING)]
        if len(shared):
            raise TrainingError(f"{len(shared)} patients are in {one} and in {other}, {shared[0]} among them.", hint)


def find_shared_patients(table: Table, one: str, other: str) -> np.ndarray:
    return np.intersect1d(table.patient[table.split == one], table.patient[table.split == other])


def check_trainable(table: Table, task: str, *, is_trial: bool = False) -> Table:
    """The same table, if a network can learn its labels from "train" and be chosen on "val"; TrainingError else.

    Of labels that exclude each other each film has one, and then what is not stated of it is 0.
    Of labels with their own yes or no, each must be there on some training films and absent on others; in a trial,
    whose films are few, that is said of the table instead (`Table.caveat`), since a rare finding is easily missed.
    """
    train, held_out = ((table.targets[table.split == split] == 1).any(0) for split in ("train", "val"))
    if task == "single-label":
        table = _state_classes(table)
        if train.sum() < 2:
            only = table.labels[int(train.argmax())]
            raise TrainingError(
                f"All training films are {only}: there is nothing to tell it from.", "Add films of another class."
            )
        if not train.all():
            missing = table.labels[int(train.argmin())]
            raise TrainingError(
                f"No training film is {missing}, which is one of the classes.", "Add films of it, or drop the class."
            )
        return table
    without, without_held_out = ((table.targets[table.split == split] == 0).any(0) for split in ("train", "val"))
    missing = [
        *(f"no training film has {table.labels[k]}" for k in np.flatnonzero(~train)),
        *(f"no training film is known to be without {table.labels[k]}" for k in np.flatnonzero(~without)),
    ]
    if missing and not is_trial:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise TrainingError(
            f"{missing[0][0].upper()}{missing[0][1:]}{more}: it cannot be learned.",
            "Take more films, or drop the label.",
        )
    if not (held_out & without_held_out).any():
        raise TrainingError(
            "No label has validation films with it and without it, so no epoch could be chosen.", "Take more films."
        )
    if missing:
        said = f"What it says of these labels means nothing: {', '.join(missing)}."
        table = replace(table, caveat=f"{table.caveat} {said}".strip())
    return table


def _state_classes(table: Table) -> Table:
    several = (table.targets == 1).sum(1) != 1
    if several.any():
        first = int(several.argmax())
        has = ", ".join(np.array(table.labels)[table.targets[first] == 1]) or "none"
        raise TrainingError(
            f"{several.sum()} of {len(table)} films have not one label each, {table.paths[first].name} ({has}) among "
            "them: they cannot be trained on as single-label.",
            "Give each film one, or train with --task multi-label.",
        )
    return replace(table, targets=np.nan_to_num(table.targets)) if np.isnan(table.targets).any() else table


def _check_sides(table: Table, splits: tuple[str, ...], task: str) -> None:
    """TrainingError unless there are films on every side, and of each class where the task is "single-label": a rare
    finding among many may be missing from one."""
    is_one = table.targets == 1
    are_classes = len(table) and task == "single-label" and (is_one.sum(1) == 1).all()
    there = dict(zip(table.labels, is_one.T, strict=True)) if are_classes else {"": np.ones(len(table), bool)}
    for name in splits:
        for label, rows in there.items():
            if (rows & (table.split == name)).any() or (label and not rows.any()):
                continue
            patients, what = len(np.unique(table.patient[rows])), f"film of {label}" if label else "film"
            raise TrainingError(
                f"{name} has no {what}: {patients} patient{'s have' if patients != 1 else ' has'} one in all.",
                "Take more films.",
            )


def _deal_films(table: Table, rows: np.ndarray, shares: np.ndarray, seed: int) -> np.ndarray:
    """rows (R,) -> the side (R,) of each, of len(shares) sides; whole patients at a time."""
    patients, of_film = np.unique(table.patient[rows], return_inverse=True)
    positives = np.zeros((len(patients), len(table.labels)))
    np.add.at(positives, of_film, table.targets[rows] == 1)
    films = np.bincount(of_film, minlength=len(patients)).astype(float)
    return _deal(positives, films, shares, np.random.default_rng(seed))[of_film]


def _deal(positives: np.ndarray, films: np.ndarray, shares: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """positives (P, L) films with each label, films (P,) of each patient, shares (K,) -> the side (P,) of each patient.

    Iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011, On the Stratification of Multi-Label Data, algorithm
    1) with patients for examples, weighed by their films: the rarest label first, each of its patients to the side
    that wants that label most, then to the one that wants most films, then by lot.
    """
    wants_label, wants_films = shares[:, None] * positives.sum(0), shares * films.sum()
    side, waiting = np.full(len(films), -1), random.permutation(len(films))
    while len(waiting):
        left = positives[waiting].sum(0)
        has_label = np.ones(len(waiting), bool)
        wanted = wants_films
        if left.any():
            rarest = np.where(left > 0, left, np.inf).argmin()
            has_label = positives[waiting, rarest] > 0
            wanted = wants_label[:, rarest]  # a view: it sinks as patients are dealt
        for patient in waiting[has_label]:
            best = np.lexsort((random.random(len(shares)), wants_films, wanted))[-1]
            side[patient] = best
            wants_label[best] -= positives[patient]
            wants_films[best] -= films[patient]
        waiting = waiting[~has_label]
    return side
