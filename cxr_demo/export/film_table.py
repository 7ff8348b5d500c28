"""The findings of several films by one network as CSV: a row for each film, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxr_demo.export.csv_lines import disarm, format_line
from cxr_demo.film.gate import GateAnswer
from cxr_demo.networks.card import Card
from cxr_demo.networks.standing import find_standing

FILM_COLUMNS = ("film", "film_sha256", "mends", "gate")
NETWORK_COLUMNS = ("network", "checkpoint_sha256", "calibrated")
COLUMNS = (*FILM_COLUMNS, *NETWORK_COLUMNS)
MAP_COLUMNS = ("unit", "sum_over_native_map", "logit", "share_of_logit", "doubts", "overlay")  # as in result.json
CHECK_COLUMNS = {  # of a map, by where the JSON of `evaluate` has them
    "deletion_change": ("deletion", "change"),
    "deletion_p": ("deletion", "p"),
    "insertion_change": ("insertion", "change"),
    "insertion_p": ("insertion", "p"),
    "randomisation_rank": ("randomisation", "rank_correlation"),
    "randomisation_unchanged": ("randomisation", "unchanged"),
    "noise_change": ("noise", "change"),
    "shift_change": ("shift", "change"),
    "evidence_in_lungs": ("evidence", "lungs", "evidence"),
}


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
    yield format_line(
        [*COLUMNS, *(f"{label}{what}" for label in card.labels for what in ("", "_threshold", "_verdict"))]
    )
    for row in rows:
        gate = row.gate.verdict.value if row.gate else ""
        of_film = (disarm(row.name), row.sha256 or "", " ".join(row.mends), gate)
        cells: list[object] = [*of_film, card.name, checkpoint_sha256, card.calibrated]
        for label in card.labels:
            if row.probabilities is None:
                cells += ["", "", ""]
                continue
            how = find_standing(card, row.probabilities, label)
            cells += [f"{how.probability:.6f}", "" if how.threshold is None else how.threshold, how.verdict]
        yield format_line(cells)


def list_map_lines(card: Card, checkpoint_sha256: str, told: Iterable[dict]) -> Iterator[str]:
    """Of what `explain` says in JSON: a row for each map, and for a film without an answer one that says why."""
    yield format_line([*COLUMNS, "label", "method", *MAP_COLUMNS, "folder", "error"])
    for facts in told:
        start = _list_film_cells(card, checkpoint_sha256, facts)
        for key, each in facts.get("maps", {}).items():
            method, label, *_ = key.split("/", 1)
            values = ["; ".join(each[name]) if name == "doubts" else each[name] for name in MAP_COLUMNS]
            yield format_line([*start, label, method, *values, facts.get("folder", ""), ""])
        if "error" in facts:
            yield format_line([*start, *[""] * (len(MAP_COLUMNS) + 3), facts["error"]])


def list_check_lines(card: Card, checkpoint_sha256: str, told: Iterable[dict]) -> Iterator[str]:
    """The same of what `evaluate` says."""
    yield format_line([*COLUMNS, "label", "method", *CHECK_COLUMNS, "error"])
    for facts in told:
        start = _list_film_cells(card, checkpoint_sha256, facts)
        for method, each in facts.get("evaluations", {}).items():
            values = [_find_value(each, path) for path in CHECK_COLUMNS.values()]
            yield format_line([*start, facts["label"], method, *values, ""])
        if "error" in facts:
            yield format_line([*start, *[""] * (len(CHECK_COLUMNS) + 2), facts["error"]])


def _list_film_cells(card: Card, checkpoint_sha256: str, facts: dict) -> list[object]:
    """Of COLUMNS."""
    film, gate = facts.get("film", {}), facts.get("gate", {})
    of_film = film.get("sha256") or "", " ".join(film.get("mends", ())), gate.get("verdict", "")
    return [disarm(Path(facts["file"]).name), *of_film, card.name, checkpoint_sha256, card.calibrated]


def _find_value(facts: dict, path: Sequence[str]) -> object:
    found: object = facts
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return "" if found is None else found
