"""Splits by patient, stratified by class, checked for leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from cxr_demo.errors import TrainingError
from train.datasets import Table


def hold_out_validation(table: Table, share: float, seed: int) -> Table:
    """The same table with about `share` of the training patients moved from "train" to "val", stratified by the
    label pattern. Test rows stay as they are."""
    rows = np.flatnonzero(table.split == "train")
    pattern = np.unique(table.targets[rows], axis=0, return_inverse=True)[1].ravel()
    parts = max(2, round(1 / share))
    if not len(rows) or np.bincount(pattern).min() < parts:
        raise TrainingError(f"A label has fewer than {parts} training films: none can be held out.", "Take more films.")
    folds = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    _, held_out = next(folds.split(rows, pattern, table.patient[rows]))
    split = table.split.astype("<U5")
    split[rows[held_out]] = "val"
    table = replace(table, split=split)
    check_leaks(table, "train", "val")
    return table


def check_leaks(table: Table, one: str, other: str) -> None:
    """TrainingError if a patient stands on both sides."""
    shared = shared_patients(table, one, other)
    if len(shared):
        raise TrainingError(f"{len(shared)} patients are in {one} and in {other}, {shared[0]} among them.")


def shared_patients(table: Table, one: str, other: str) -> np.ndarray:
    return np.intersect1d(table.patient[table.split == one], table.patient[table.split == other])
