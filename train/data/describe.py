"""What a data set holds: films and patients per source and split, labels per source and split, as text and picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cxr_demo.errors import TrainingError
from cxr_demo.labels import get_finding
from cxr_demo.networks.whole_file import write_file
from train.data.datasets import DATASETS, read_dataset
from train.data.splits import SPLITS, find_shared_patients
from train.data.table import Table
from train.markdown import pad_columns
from train.recipe import AS_IT_STANDS, OwnFilms


def describe_dataset(name: str, root: Path, out: Path | None, reading: OwnFilms = AS_IT_STANDS) -> None:
    """Print the counts of DATASETS[name] in the folder `root`, and draw them to the PNG `out`; `reading` as in
    `read_dataset`."""
    dataset = DATASETS[name]
    table = read_dataset(name, root, reading)
    task = dataset.task or "single-label or multi-label, as the recipe says"
    print(
        f"{name}: {dataset.title}; {task}\nlicence: {dataset.licence}\n{dataset.caveat} {table.caveat}".rstrip(), "\n"
    )
    print("\n".join(format_columns(_count_films(table))), "\n", sep="")
    print("\n".join(format_columns(_count_labels(table))))
    if shared := len(find_shared_patients(table, "train", "test")):
        print(f"\n{shared} patient numbers are in train and in test.")
    if out is not None:
        try:
            drawn, kind = draw_counts(table, dataset.title), out.suffix.removeprefix(".") or "png"
            write_file(out, lambda scratch: drawn.savefig(scratch, dpi=100, format=kind))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{out.name} cannot be written.", "Give --out a file.png in a folder.") from error


def draw_counts(table: Table, title: str) -> Figure:
    """One panel for each source: bars of films with each label, one colour for each split."""
    sources = np.unique(table.source)
    figure = Figure(figsize=(2 + 4 * len(sources), 1.8 + 0.3 * len(table.labels)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    names = [get_finding(label).name for label in table.labels]
    for axes, source in zip(figure.subplots(1, len(sources), squeeze=False, sharey=True)[0], sources, strict=True):
        start = np.zeros(len(names))
        for _, split, rows in _iterate_parts(table.where(table.source == source)):
            counts = (rows.targets == 1).sum(0)
            axes.barh(names, counts, left=start, color=f"C{SPLITS.index(split)}", label=f"{split}, {len(rows)} films")
            start += counts
        axes.set(title=source, xlabel="films")
        axes.legend(fontsize="small")
    figure.axes[0].invert_yaxis()
    return figure


def _iterate_parts(table: Table) -> Iterator[tuple[str, str, Table]]:
    """Source, split and rows of each part that has any."""
    for source in np.unique(table.source):
        for split in SPLITS:
            chosen = (table.source == source) & (table.split == split)
            if chosen.any():
                yield source, split, table.where(chosen)


def _count_films(table: Table) -> list[list[str]]:
    rows = [["source", "split", "films", "patients", "view", "licence"]]
    for source, split, part in _iterate_parts(table):
        patients = str(len(np.unique(part.patient)))
        rows.append([source, split, str(len(part)), patients, _format_counts(part.view), _format_counts(part.licence)])
    return rows


def _count_labels(table: Table) -> list[list[str]]:
    """Films with each label; "of" how many where not all state it."""
    parts = list(_iterate_parts(table))
    rows = [["films with", *(f"{source} {split}" for source, split, _ in parts)]]
    for k, label in enumerate(table.labels):
        rows.append([label, *(_format_count(part.targets[:, k]) for _, _, part in parts)])
    none = [str(int((np.nan_to_num(part.targets).sum(1) == 0).sum())) for _, _, part in parts]
    return [*rows, ["(none of them)", *none]]


def _format_count(states: np.ndarray) -> str:
    positive, stated = int((states == 1).sum()), int((~np.isnan(states)).sum())
    return str(positive) if stated == len(states) else f"{positive} of {stated}"


def _format_counts(values: np.ndarray) -> str:
    return ", ".join(f"{value or 'not stated'} {count}" for value, count in Counter(values.tolist()).most_common())


def format_columns(rows: list[list[str]]) -> list[str]:
    """The lines of a plain table."""
    return ["  ".join(row).rstrip() for row in pad_columns(rows)]
