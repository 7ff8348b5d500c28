"""What of a DICOM film's values is shown: the windows and tables of the file (VOI, PS3.3 C.11.2), of which the first is
what a network reads. The others are for those who look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from pydicom import Dataset

from cxr_demo.film.dicom_tags import add_note, read_numbers, read_text, read_texts
from cxr_demo.limits import MAX_WINDOWS
from cxr_demo.text.catalogue import Said, Words, say
from cxr_demo.text.formats import format_significant

TABLE, WINDOW, RANGE = "table", "window", "range"
LEVELS, WHITE = 2**16, 2**16 - 1


@dataclass(frozen=True, eq=False)
class FilmWindows:
    """The ways in which a file wants its film to be seen, by their `names`; the first is that of `Radiograph.pixels`.

    `levels` (H, W) uint16 are the film's values before any of them: 0 is padding. `greys` (N, 65536) uint16, for all
    names but the first: how bright each level is, bright is dense.
    """

    names: tuple[Said, ...]
    levels: np.ndarray
    greys: np.ndarray


def show_values(values: np.ndarray, is_film: np.ndarray, dataset: Dataset, notes: list[Said]) -> tuple[np.ndarray, str]:
    """(H, W) float32 0..1, by the file's first table, else its first window, else the full range of the film; and
    which of these it is: TABLE, WINDOW or RANGE."""
    table = _voi_table(values, dataset, notes)
    shown, note = table or _voi_window(values, dataset, notes)
    applied = TABLE if table else WINDOW
    low, high = float(values[is_film].min()), float(values[is_film].max())
    if shown is not None and low < high and np.ptp(shown[is_film]) == 0:
        shown, note = None, "one-grey"
    if shown is None:
        applied = RANGE
        note = say(f"note-range-{note}", low=Words(format_significant, low), high=Words(format_significant, high))
        shown = np.clip((values.astype(np.float32) - np.float32(low)) / np.float32(high - low or 1), 0, 1)
    notes.append(note)
    return shown, applied


def _voi_table(values: np.ndarray, dataset: Dataset, notes: list[Said]) -> tuple[np.ndarray, Said] | None:
    if (table := read_table(dataset, "VOILUTSequence", values, notes)) is None:
        return None
    note = say("note-table", tables=len(dataset.VOILUTSequence))
    return look_up(values, table.first, table.entries) / table.white, note


def _voi_window(values: np.ndarray, dataset: Dataset, notes: list[Said]) -> tuple[np.ndarray | None, Said]:
    """(H, W) and its note; None and why, where the file has no window, or none that the standard allows."""
    centres, widths = (read_numbers(dataset, word, notes) for word in ("WindowCenter", "WindowWidth"))
    if not centres or not widths:
        return None, "no-window"
    centre, width, curve = centres[0], widths[0], _read_curve(dataset, notes)
    if not _is_window(width, curve):
        return None, "no-valid-window"
    note = say(
        "note-window",
        centre=Words(format_significant, centre),
        width=Words(format_significant, width),
        curve=curve,
        windows=len(centres),
    )
    return _windowed(values, centre, width, curve), note


def _read_curve(dataset: Dataset, notes: list[Said]) -> str:
    curve = read_text(dataset, "VOILUTFunction", notes)
    return curve if curve in ("SIGMOID", "LINEAR_EXACT") else "LINEAR"


def _is_window(width: float, curve: str) -> bool:
    return width > 0 and (curve != "LINEAR" or width >= 1)


def _windowed(values: np.ndarray, centre: float, width: float, curve: str) -> np.ndarray:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, with 0..1 for the output."""
    values = values.astype(np.float32)
    if curve == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - np.float32(centre)) / np.float32(width), -80, 80)))
    if curve == "LINEAR":
        centre, width = centre - 0.5, width - 1
    if width == 0:
        return (values > centre).astype(np.float32)
    return np.clip((values - np.float32(centre)) / np.float32(width) + np.float32(0.5), 0, 1)


@dataclass(frozen=True)
class LookupTable:
    """`first`: the value that has the first of `entries` (N,) float32; `white`: the entry that is white."""

    first: int
    entries: np.ndarray
    white: np.float32


def read_table(
    dataset: Dataset, keyword: str, values: np.ndarray, notes: list[Said], at: int = 0
) -> LookupTable | None:
    """A table of a sequence, the first unless `at` says another; None where none can be read, with a note."""
    try:
        items = dataset.get(keyword)
        if not items:
            return None
        table = make_table(items[at].LUTDescriptor, items[at].LUTData, dataset)
    except Exception:  # damaged tags make pydicom raise nearly any type
        add_note(notes, say("note-unreadable-tag", tag=keyword))
        return None
    # Its start is signed as the values are, and writers often take the other sign: where the film has values is right.
    low, high, count = float(values.min()), float(values.max()), table.entries.size
    starts = (table.first, table.first - 2**16, table.first + 2**16)
    return replace(table, first=max(starts, key=lambda first: min(high, first + count) - max(low, first)))


def make_table(descriptor: list, data: bytes | list, dataset: Dataset) -> LookupTable:
    count, first, depth = (int(number) for number in descriptor)
    count = count or 2**16
    order = "<" if dataset.original_encoding[1] else ">"
    words = np.frombuffer(data, f"{order}u2") if isinstance(data, bytes) else np.atleast_1d(data)
    entries = words.astype("<u2")
    if depth <= 8 and entries.size == (count + 1) // 2:  # two entries in each word
        entries = entries.view(np.uint8)
    high = int(entries[:count].max())
    # Writers put 16 whatever the depth is; a smaller one was meant, and holds unless the entries pass it.
    bits = depth if 8 <= depth < 16 and high < 2**depth else count_used_bits(high)
    return LookupTable(first, entries[:count].astype(np.float32), np.float32(2**bits - 1))


def look_up(values: np.ndarray, first: int, entries: np.ndarray) -> np.ndarray:
    """Values below and above the table take its first and last entry (PS3.3 C.11.2.1.1)."""
    index = np.clip(np.rint(values.astype(np.float64) - first), 0, entries.size - 1)
    return entries[index.astype(np.int32)]


def count_used_bits(high: int) -> int:
    """The depth that values up to `high` need, of 8, 10, 12, 14 and 16 bits."""
    return next((bits for bits in (8, 10, 12, 14) if high < 2**bits), 16)


@dataclass(frozen=True)
class _Voi:
    kind: str
    name: Said
    apply: Callable[[np.ndarray], np.ndarray]  # values -> 0..1


def gather_windows(
    values: np.ndarray, padding: np.ndarray, applied: str, is_inverted: bool, dataset: Dataset
) -> FilmWindows | None:
    """`values` (H, W) and `padding` (H, W) bool; `applied`: what `show_values` says. None where there is nothing to
    choose: what shows one grey only is not offered."""
    vois = list(_list_vois(values, dataset))
    own = next((voi for voi in vois if voi.kind == applied), None)
    low, high = float(values[~padding].min()), float(values[~padding].max())
    is_whole = high - low < LEVELS - 1 and bool((values == np.rint(values)).all())
    step = 1.0 if is_whole else (high - low) / (LEVELS - 2) or 1.0
    scale = (low + (np.arange(LEVELS) - 1) * step).astype(np.float32)
    count = round((high - low) / step) + 1
    names, greys = [own.name if own else say("voi-range")], []
    for voi in vois:
        shown = np.rint(np.clip(voi.apply(scale), 0, 1) * WHITE).astype(np.uint16)
        if voi is own or np.ptp(shown[1 : count + 1]) == 0:
            continue
        shown = WHITE - shown if is_inverted else shown
        shown[0] = 0
        names.append(voi.name)
        greys.append(shown)
    if not greys:
        return None
    steps = (values.astype(np.float32) - np.float32(low)) / np.float32(step)
    levels = (np.rint(np.clip(steps, 0, count - 1)) + 1).astype(np.uint16)
    levels[padding] = 0
    return FilmWindows(tuple(names[:MAX_WINDOWS]), levels, np.stack(greys[: MAX_WINDOWS - 1]))


def _list_vois(values: np.ndarray, dataset: Dataset) -> Iterator[_Voi]:
    """Tables come before windows, as they do where one is applied; what cannot be read was told of already, or is not
    missed. At most MAX_WINDOWS of each."""
    for at in range(min(_count_tables(dataset), MAX_WINDOWS)):
        if table := read_table(dataset, "VOILUTSequence", values, [], at):
            given = next(iter(read_texts(dataset.VOILUTSequence[at], "LUTExplanation")), "")
            yield _Voi(TABLE, given or say("voi-table", number=at + 1), _make_table_voi(table))
    centres, widths = (read_numbers(dataset, word, [])[:MAX_WINDOWS] for word in ("WindowCenter", "WindowWidth"))
    given, curve = read_texts(dataset, "WindowCenterWidthExplanation"), _read_curve(dataset, [])
    for at, (centre, width) in enumerate(zip(centres, widths, strict=False)):
        if not _is_window(width, curve):
            continue
        centre_words, width_words = Words(format_significant, centre), Words(format_significant, width)
        name = say("voi-window", centre=centre_words, width=width_words)
        if at < len(given) and given[at]:
            name = say("voi-window.named", name=given[at], centre=centre_words, width=width_words)
        yield _Voi(WINDOW, name, _make_window_voi(centre, width, curve))


def _count_tables(dataset: Dataset) -> int:
    try:
        return len(dataset.get("VOILUTSequence") or ())
    except Exception:  # damaged tags make pydicom raise nearly any type; `show_values` has told of it
        return 0


def _make_table_voi(table: LookupTable) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: look_up(values, table.first, table.entries) / table.white


def _make_window_voi(centre: float, width: float, curve: str) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: _windowed(values, centre, width, curve)
