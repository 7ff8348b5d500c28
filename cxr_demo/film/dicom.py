"""DICOM to samples in the sense of a light box: bright is dense. `cxr_demo.film.reading` is the only caller.

The order is the standard's (PS3.4 N.2): stored values -> modality LUT or rescale -> VOI LUT or window ->
inversion. What stands first in the chain and cannot be read costs a note, and the next thing is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import cv2
import numpy as np
from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array

from cxr_demo.film.codestream import decode_compressed
from cxr_demo.film.dicom_tags import (
    ENCAPSULATED_UNCOMPRESSED,
    NATIVE,
    PALETTES,
    add_note,
    is_compressed,
    read_numbers,
    read_text,
    read_whole_number,
    reconcile_sign,
)
from cxr_demo.film.halving import describe_halving, halve, is_too_large
from cxr_demo.film.size import check_size
from cxr_demo.limits import MAX_ASPECT, MAX_PIXELS
from cxr_demo.text.catalogue import Said, Words, say
from cxr_demo.text.formats import format_digits, format_significant

RADIOGRAPHS = ("CR", "DX", "RG", "RF", "XA")
# Their modality LUT turns values into what the detector saw, and is not for display (PS3.3 C.8.7.1.1.2).
NOT_FOR_DISPLAY = ("1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2")
NEARLY_SQUARE = 0.01  # own choice: what is drawn square although its sides differ by less


def render_dicom(dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """Samples (H, W), or (H, W, 3) for colour, float32 0..1, bright is dense, of square pixels; adds to `notes`."""
    _note_origin(dataset, notes)
    stored = _stored_values(dataset, notes)
    if is_too_large(*stored.shape[:2]):
        notes.append(describe_halving(dataset.Columns, dataset.Rows))
        stored = _halve_stored(stored, dataset, notes)
    return _with_square_pixels(_shown(stored, dataset, notes), dataset, notes)


def _shown(stored: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    photometric = dataset.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        return _palette_colours(stored, dataset)
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        return stored.astype(np.float32) / np.float32(2 ** int(dataset.BitsStored) - 1)
    padding = _padding(stored, dataset, notes)
    shown = _voi(_modality(stored, dataset, notes), ~padding, dataset, notes)
    if _is_inverted(dataset, notes):
        shown = 1 - shown
    if padding.any():
        notes.append(say("note-padding"))
        shown[padding] = 0
    return shown


def count_used_bits(high: int) -> int:
    """The depth that values up to `high` need, of 8, 10, 12, 14 and 16 bits."""
    return next((bits for bits in (8, 10, 12, 14) if high < 2**bits), 16)


def _note_origin(dataset: Dataset, notes: list[Said]) -> None:
    modality = read_text(dataset, "Modality", notes)
    if modality not in RADIOGRAPHS and re.fullmatch("[A-Z]{2,6}", modality):
        notes.append(say("note-modality", modality=modality))
    if read_text(dataset, "PresentationIntentType", notes) == "FOR PROCESSING":
        notes.append(say("note-raw"))


def _with_square_pixels(shown: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """Pixels that are higher than wide, or the other way round, become square: more of them, or fewer the other way
    where that would be too many."""
    words = ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio")
    sides = (read_numbers(dataset, word, notes) for word in words)
    height_of_pixel, width_of_pixel = next((pair for pair in sides if len(pair) == 2 and min(pair) > 0), (1.0, 1.0))
    ratio = height_of_pixel / width_of_pixel
    if abs(ratio - 1) <= NEARLY_SQUARE or not 1 / MAX_ASPECT <= ratio <= MAX_ASPECT:
        return shown
    height, width = shown.shape[:2]
    if height * width * max(ratio, 1 / ratio) > MAX_PIXELS:
        size = (round(width / ratio), height) if ratio > 1 else (width, round(height * ratio))
    else:
        size = (width, round(height * ratio)) if ratio > 1 else (round(width / ratio), height)
    check_size(*size)
    notes.append(say("note-not-square", ratio=Words(format_digits, ratio, 2)))
    is_smaller = size[0] * size[1] < height * width
    return cv2.resize(shown, size, interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)


def _stored_values(dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """(H, W) or (H, W, 3) integers, unused bits cleared and signs in place, YBR already RGB."""
    high = read_whole_number(dataset, "HighBit", notes) or int(dataset.BitsStored) - 1
    if is_compressed(dataset):
        if dataset.file_meta.TransferSyntaxUID != ENCAPSULATED_UNCOMPRESSED:
            return _used_bits(*decode_compressed(dataset, high), dataset)
        dataset.PixelData = get_frame(dataset.PixelData, 0, number_of_frames=1)
    if dataset.file_meta.TransferSyntaxUID not in NATIVE:
        dataset.file_meta.TransferSyntaxUID = NATIVE[1]
    return _used_bits(pixel_array(dataset, correct_unused_bits=False), high, dataset)


def _halve_stored(stored: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """A mean with padding in it would be a grey that is neither: it becomes padding. Colours of a palette have no
    mean, so every second one is kept."""
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return np.ascontiguousarray(stored[::2, ::2])
    halved = halve(stored)
    if ends := _padding_ends(dataset, notes):
        is_padded = (stored >= min(ends)) & (stored <= max(ends))
        halved[halve(is_padded) > 0] = ends[0]
    return halved


def _used_bits(stored: np.ndarray, high: int, dataset: Dataset) -> np.ndarray:
    """The value alone, with its sign: old files keep overlays in the bits above or below it."""
    room, bits = stored.dtype.itemsize * 8, int(dataset.BitsStored)
    if room == bits or dataset.BitsAllocated < 8 or not bits - 1 <= high < room:
        return stored
    return (stored << (room - 1 - high)) >> (room - bits)


def _palette_colours(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    values = [[dataset[name + part].value for part in ("Descriptor", "Data")] for name in PALETTES]
    tables = [_make_table(descriptor, data, dataset) for descriptor, data in values]
    return np.stack([_looked_up(stored, each.first, each.entries) / each.white for each in tables], axis=-1)


def _padding_ends(dataset: Dataset, notes: list[Said]) -> list[float]:
    """The first and last value of padding; empty, or one, where the file names no more."""
    first, last = (read_numbers(dataset, f"PixelPadding{word}", notes)[:1] for word in ("Value", "RangeLimit"))
    return [reconcile_sign(value, dataset) for value in first + last] if first else []


def _padding(stored: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """(H, W) bool. Only what touches the edge is padding: a pacemaker may have the same value."""
    ends = _padding_ends(dataset, notes)
    if not ends:
        return np.zeros(stored.shape, bool)
    is_padded = (stored >= min(ends)) & (stored <= max(ends))
    _, regions = cv2.connectedComponents(is_padded.astype(np.uint8), connectivity=4)
    at_edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return np.isin(regions, at_edge[at_edge > 0]) & ~is_padded.all()


def _modality(stored: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    is_for_display = not read_text(dataset, "SOPClassUID", notes).startswith(NOT_FOR_DISPLAY)
    if is_for_display and (table := _read_table(dataset, "ModalityLUTSequence", stored, notes)):
        notes.append(say("note-modality-table"))
        return _looked_up(stored, table.first, table.entries)
    slope, *_ = read_numbers(dataset, "RescaleSlope", notes) or [1.0]
    intercept, *_ = read_numbers(dataset, "RescaleIntercept", notes) or [0.0]
    if (slope, intercept) == (1, 0):
        return stored
    slope_words, intercept_words = Words(format_significant, slope), Words(format_significant, intercept)
    notes.append(say("note-rescaled", slope=slope_words, intercept=intercept_words))
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _voi(values: np.ndarray, is_film: np.ndarray, dataset: Dataset, notes: list[Said]) -> np.ndarray:
    """(H, W) float32 0..1, by the file's table, else its window, else the full range of the film."""
    shown, note = _voi_table(values, dataset, notes) or _voi_window(values, dataset, notes)
    low, high = float(values[is_film].min()), float(values[is_film].max())
    if shown is not None and low < high and np.ptp(shown[is_film]) == 0:
        shown, note = None, "one-grey"
    if shown is None:
        note = say(f"note-range-{note}", low=Words(format_significant, low), high=Words(format_significant, high))
        shown = np.clip((values.astype(np.float32) - np.float32(low)) / np.float32(high - low or 1), 0, 1)
    notes.append(note)
    return shown


def _voi_table(values: np.ndarray, dataset: Dataset, notes: list[Said]) -> tuple[np.ndarray, Said] | None:
    if (table := _read_table(dataset, "VOILUTSequence", values, notes)) is None:
        return None
    note = say("note-table", tables=len(dataset.VOILUTSequence))
    return _looked_up(values, table.first, table.entries) / table.white, note


def _voi_window(values: np.ndarray, dataset: Dataset, notes: list[Said]) -> tuple[np.ndarray | None, Said]:
    """(H, W) and its note; None and why, where the file has no window, or none that the standard allows."""
    centres, widths = (read_numbers(dataset, word, notes) for word in ("WindowCenter", "WindowWidth"))
    if not centres or not widths:
        return None, "no-window"
    centre, width, curve = centres[0], widths[0], read_text(dataset, "VOILUTFunction", notes)
    curve = curve if curve in ("SIGMOID", "LINEAR_EXACT") else "LINEAR"
    if width <= 0 or (curve == "LINEAR" and width < 1):
        return None, "no-valid-window"
    note = say(
        "note-window",
        centre=Words(format_significant, centre),
        width=Words(format_significant, width),
        curve=curve,
        windows=len(centres),
    )
    return _windowed(values, centre, width, curve), note


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


def _read_table(dataset: Dataset, keyword: str, values: np.ndarray, notes: list[Said]) -> LookupTable | None:
    """The first table of a sequence; None where there is none that can be read, with a note."""
    try:
        items = dataset.get(keyword)
        if not items:
            return None
        table = _make_table(items[0].LUTDescriptor, items[0].LUTData, dataset)
    except Exception:  # damaged tags make pydicom raise nearly any type
        add_note(notes, say("note-unreadable-tag", tag=keyword))
        return None
    # Its start is signed as the values are, and writers often take the other sign: where the film has values is right.
    low, high, count = float(values.min()), float(values.max()), table.entries.size
    starts = (table.first, table.first - 2**16, table.first + 2**16)
    return replace(table, first=max(starts, key=lambda first: min(high, first + count) - max(low, first)))


def _make_table(descriptor: list, data: bytes | list, dataset: Dataset) -> LookupTable:
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


def _looked_up(values: np.ndarray, first: int, entries: np.ndarray) -> np.ndarray:
    """Values below and above the table take its first and last entry (PS3.3 C.11.2.1.1)."""
    index = np.clip(np.rint(values.astype(np.float64) - first), 0, entries.size - 1)
    return entries[index.astype(np.int32)]


def _is_inverted(dataset: Dataset, notes: list[Said]) -> bool:
    """MONOCHROME1 and PresentationLUTShape INVERSE name one inversion (PS3.3 C.8.11.3.1.2), done once.

    Where they contradict each other, own choice: the one that asks for it is believed, since MONOCHROME2 and
    IDENTITY are what writers leave in unthinkingly.
    """
    is_mono1 = dataset.PhotometricInterpretation == "MONOCHROME1"
    shape = read_text(dataset, "PresentationLUTShape", notes)
    if shape == ("IDENTITY" if is_mono1 else "INVERSE"):
        notes.append(say("note-contradiction"))
    is_inverted = is_mono1 or shape == "INVERSE"
    if is_inverted:
        notes.append(say("note-inverted"))
    return is_inverted
