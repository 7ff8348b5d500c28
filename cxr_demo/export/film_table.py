"""The findings of several films by one network as CSV: a row for each film, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_demo.film.gate import GateAnswer
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import find_standing

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute
COLUMNS = ("film", "film_sha256", "mends", "gate", "network", "checkpoint_sha256", "calibrated")


@dataclass(frozen=True, eq=False)
class FilmRow:
    """One film: `sha256`, of its file, is None where it was not read; `gate` is None of a synthetic one;
    `probabilities` (L,) in the order of the card's labels, None where the network was not asked; `mends`: what turned,
    inverted or mirrored it first, so that it is told from the same file as it was."""

    name: str
    sha256: str | None
    gate: GateAnswer | None
    probabilities: np.ndarray | None
    mends: tuple[str, ...] = ()


def write_film_table(card: Card, checkpoint_sha256: str, rows: Sequence[FilmRow]) -> str:
    """COLUMNS, then of each label its probability, its threshold and the verdict in a word, as in result.json; empty
    where there is none. A name that a spreadsheet would compute gets an apostrophe before it."""
    return "".join(list_table_lines(card, checkpoint_sha256, rows))


def list_table_lines(card: Card, checkpoint_sha256: str, rows: Iterable[FilmRow]) -> Iterator[str]:
    """The same, each line with its end, as the films come."""
    yield _format_line(
        [*COLUMNS, *(f"{label}{what}" for label in card.labels for what in ("", "_threshold", "_verdict"))]
    )
    for row in rows:
        gate = row.gate.verdict.value if row.gate else ""
        of_film = (_disarm(row.name), row.sha256 or "", " ".join(row.mends), gate)
        cells: list[object] = [*of_film, card.name, checkpoint_sha256, card.calibrated]
        for label in card.labels:
            if row.probabilities is None:
                cells += ["", "", ""]
                continue
            how = find_standing(card, row.probabilities, label)
            cells += [f"{how.probability:.6f}", "" if how.threshold is None else how.threshold, how.verdict]
        yield _format_line(cells)


def _format_line(cells: Sequence[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _disarm(name: str) -> str:
    return f"'{name}" if name.startswith(FORMULA_STARTS) else name
