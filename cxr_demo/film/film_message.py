"""A film on its way between two processes: one line of JSON, then the pixels. Nothing in it can run."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from cxr_demo.errors import ImageError
from cxr_demo.film.dicom_voi import LEVELS, FilmWindows
from cxr_demo.film.header import ImageHeader
from cxr_demo.film.reading import Radiograph
from cxr_demo.text import formats
from cxr_demo.text.catalogue import Said, Words, format_text

# What puts values into words; a message names one of these.
MAKERS = {format_text.__name__: format_text} | {
    name: make for name, make in vars(formats).items() if name.startswith("format_")
}


def encode_film(film: Radiograph) -> tuple[bytes, list[memoryview]]:
    """The line, and the arrays of the film as they lie in memory."""
    facts = {
        "shape": film.pixels.shape,
        "notes": [_encode_said(note) for note in film.notes],
        "sha256": film.sha256,
        "kind": film.kind,
        "header": asdict(film.header) if film.header else None,
        "is_colour": film.is_colour,
        "windows": [_encode_said(name) for name in film.windows.names] if film.windows else None,
    }
    arrays = [np.ascontiguousarray(array).data.cast("B") for array in list_arrays(film)]
    return json.dumps(facts, default=np.generic.item).encode() + b"\n", arrays


def list_arrays(film: Radiograph) -> list[np.ndarray]:
    """In the order in which they follow the line."""
    return [film.pixels, *((film.windows.levels, film.windows.greys) if film.windows else ())]


def encode_refusal(error: ImageError) -> bytes:
    return json.dumps({"refusal": [*map(_encode_said, error.said)]}, default=np.generic.item).encode() + b"\n"


def decode_line(line: bytes) -> Radiograph:
    """A film whose arrays are still to be filled in. Raises the ImageError that the line tells of, and ValueError,
    KeyError or TypeError for what is no such line."""
    facts = json.loads(line)
    if "refusal" in facts:
        message, hint = map(_decode_said, facts["refusal"])
        raise ImageError.from_said(message, hint)
    height, width = facts["shape"]
    header = facts["header"]
    if header and header["patient_orientation"]:
        header["patient_orientation"] = tuple(header["patient_orientation"])
    windows = None
    if names := tuple(_decode_said(name) for name in facts["windows"] or ()):
        levels, greys = np.empty((height, width), np.uint16), np.empty((len(names) - 1, LEVELS), np.uint16)
        windows = FilmWindows(names, levels, greys)
    return Radiograph(
        np.empty((height, width), np.float32),
        tuple(_decode_said(note) for note in facts["notes"]),
        facts["sha256"],
        facts["kind"],
        ImageHeader(**header) if header else None,
        facts["is_colour"],
        windows,
    )


def _encode_said(text: Said) -> Any:
    if not isinstance(text, Words):
        return text
    values = {name: _encode_value(value) for name, value in text.values.items()}
    return {"make": text.make.__name__, "args": [_encode_value(value) for value in text.args], "values": values}


def _encode_value(value: object) -> Any:
    return _encode_said(value) if isinstance(value, Words) else value


def _decode_said(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    values = {name: _decode_said(value) for name, value in found["values"].items()}
    return Words(MAKERS[found["make"]], *map(_decode_said, found["args"]), **values)
