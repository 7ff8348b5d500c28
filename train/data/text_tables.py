"""Tables of comma-separated text, as spreadsheets and programs write them: read into names and lines of cells.

Encodings and separators differ from one spreadsheet to the next, and are found, see `film.film_list`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from cxr_demo.errors import TrainingError
from cxr_demo.film.film_list import decode_text, find_separator


@dataclass(frozen=True)
class TextTable:
    """`names` of the columns, and `rows`: the number of the line in the file, and its cells, as many as there are
    names; all without spaces around them."""

    names: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_text(path: Path) -> str:
    """TrainingError where the file is missing or no text."""
    try:
        content = path.read_bytes()
    except OSError:
        raise TrainingError(f"{path.name} is missing or cannot be read.", "It belongs beside the films.") from None
    if (text := decode_text(content)) is None:
        raise TrainingError(f"{path.name} is no text.", "Save it as CSV, in UTF-8.")
    return text


def _read_lines(path: Path, lines: Any) -> Iterator[list[str]]:
    """TrainingError where a quote is opened and never closed."""
    try:
        yield from lines
    except csv.Error as error:
        raise TrainingError(
            f"{path.name}, line {lines.line_num}: {error}.", "Look for a quote that is not closed."
        ) from error


def read_text_table(path: Path) -> TextTable:
    """TrainingError unless it has a line below its names, and as many cells in each line as there are names."""
    text = read_text(path)
    lines = csv.reader(StringIO(text, newline=""), delimiter=find_separator(text), skipinitialspace=True)
    names: tuple[str, ...] = ()
    rows = []
    for cells in _read_lines(path, lines):
        cells = tuple(cell.strip() for cell in cells)
        if not any(cells):
            continue
        if not names:
            names = cells
            continue
        cells = cells[: len(names)] if not any(cells[len(names) :]) else cells
        if len(cells) != len(names):
            raise TrainingError(
                f"{path.name} has {len(cells)} cells in line {lines.line_num}, and {len(names)} in its first.",
                "Give every line a cell for each column.",
            )
        rows.append((lines.line_num, cells))
    if not rows:
        raise TrainingError(f"{path.name} has no line below the names of its columns.", "Is it the right file?")
    return TextTable(names, tuple(rows))


def read_rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The lines by column name; TrainingError unless it has lines and these columns."""
    return [row for _, row in read_numbered_rows(path, columns)]


def read_numbered_rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """As `read_rows`, each with its line in the file, in which empty lines count."""
    table = read_text_table(path)
    if missing := [name for name in columns if name not in table.names]:
        raise TrainingError(f"{path.name} has no column {missing[0]!r}, or no line.", "Is it the right file?")
    return [(number, dict(zip(table.names, cells, strict=True))) for number, cells in table.rows]
