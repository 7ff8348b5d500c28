"""Lines of CSV as every table of this house has them, safe for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def format_line(cells: Sequence[object]) -> str:
    """With its end."""
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def disarm(name: str) -> str:
    """A name that a spreadsheet would compute gets an apostrophe before it."""
    return f"'{name}" if name.startswith(FORMULA_STARTS) else name
