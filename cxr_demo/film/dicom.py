"""DICOM to samples in the sense of a light box: bright is dense. `cxr_demo.film.reading` is the only caller.

The order is the standard's (PS3.4 N.2): stored values -> modality LUT or rescale -> VOI LUT or window ->
inversion. What stands first in the chain and cannot be read costs a note, and the next thing is used.
"""

from __future__ import annotations

import re
from dataclasses import replace

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
    is_compressed,
    read_numbers,
    read_text,
    read_whole_number,
    reconcile_sign,
)
from cxr_demo.film.dicom_voi import FilmWindows, gather_windows, look_up, make_table, read_table, show_values
from cxr_demo.film.halving import describe_halving, halve, is_too_large
from cxr_demo.film.size import check_size
from cxr_demo.limits import MAX_ASPECT, MAX_PIXELS
from cxr_demo.text.catalogue import Said, Words, say
from cxr_demo.text.formats import format_digits, format_significant

RADIOGRAPHS = ("CR", "DX", "RG", "RF", "XA")
# Their modality LUT turns values into what the detector saw, and is not for display (PS3.3 C.8.7.1.1.2).
NOT_FOR_DISPLAY = ("1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2")
NEARLY_SQUARE = 0.01  # own choice: what is drawn square although its sides differ by less


def render_dicom(dataset: Dataset, notes: list[Said]) -> tuple[np.ndarray, FilmWindows | None]:
    """Samples (H, W), or (H, W, 3) for colour, float32 0..1, bright is dense, of square pixels; and how else the file
    wants them to be seen, if it does. Adds to `notes`."""
    _note_origin(dataset, notes)
    stored = _stored_values(dataset, notes)
    if is_too_large(*stored.shape[:2]):
        notes.append(describe_halving(dataset.Columns, dataset.Rows))
        stored = _halve_stored(stored, dataset, notes)
    shown, windows = _shown(stored, dataset, notes)
    size = _find_square_size(shown.shape[:2], dataset, notes)
    if size is None:
        return shown, windows
    windows = windows and replace(windows, levels=_resize(windows.levels, size))
    return _resize(shown, size), windows


def _shown(stored: np.ndarray, dataset: Dataset, notes: list[Said]) -> tuple[np.ndarray, FilmWindows | None]:
    photometric = dataset.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        return _palette_colours(stored, dataset), None
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        return stored.astype(np.float32) / np.float32(2 ** int(dataset.BitsStored) - 1), None
    padding = _padding(stored, dataset, notes)
    values = _modality(stored, dataset, notes)
    shown, applied = show_values(values, ~padding, dataset, notes)
    if is_inverted := _is_inverted(dataset, notes):
        shown = 1 - shown
    if padding.any():
        notes.append(say("note-padding"))
        shown[padding] = 0
    return shown, gather_windows(values, padding, applied, is_inverted, dataset)


def _note_origin(dataset: Dataset, notes: list[Said]) -> None:
    modality = read_text(dataset, "Modality", notes)
    if modality not in RADIOGRAPHS and re.fullmatch("[A-Z]{2,6}", modality):
        notes.append(say("note-modality", modality=modality))
    if read_text(dataset, "PresentationIntentType", notes) == "FOR PROCESSING":
        notes.append(say("note-raw"))


def _find_square_size(shape: tuple[int, ...], dataset: Dataset, notes: list[Said]) -> tuple[int, int] | None:
    """Width and height at which pixels that are higher than wide, or the other way round, are square: more of them, or
    fewer the other way where that would be too many. None where they are square."""
    words = ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio")
    sides = (read_numbers(dataset, word, notes) for word in words)
    height_of_pixel, width_of_pixel = next((pair for pair in sides if len(pair) == 2 and min(pair) > 0), (1.0, 1.0))
    ratio = height_of_pixel / width_of_pixel
    if abs(ratio - 1) <= NEARLY_SQUARE or not 1 / MAX_ASPECT <= ratio <= MAX_ASPECT:
        return None
    height, width = shape
    if height * width * max(ratio, 1 / ratio) > MAX_PIXELS:
        size = (round(width / ratio), height) if ratio > 1 else (width, round(height * ratio))
    else:
        size = (width, round(height * ratio)) if ratio > 1 else (round(width / ratio), height)
    check_size(*size)
    notes.append(say("note-not-square", ratio=Words(format_digits, ratio, 2)))
    return size


def _resize(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """`size`: width and height."""
    is_smaller = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)


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
    tables = [make_table(descriptor, data, dataset) for descriptor, data in values]
    return np.stack([look_up(stored, each.first, each.entries) / each.white for each in tables], axis=-1)


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
    if is_for_display and (table := read_table(dataset, "ModalityLUTSequence", stored, notes)):
        notes.append(say("note-modality-table"))
        return look_up(stored, table.first, table.entries)
    slope, *_ = read_numbers(dataset, "RescaleSlope", notes) or [1.0]
    intercept, *_ = read_numbers(dataset, "RescaleIntercept", notes) or [0.0]
    if (slope, intercept) == (1, 0):
        return stored
    slope_words, intercept_words = Words(format_significant, slope), Words(format_significant, intercept)
    notes.append(say("note-rescaled", slope=slope_words, intercept=intercept_words))
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


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
