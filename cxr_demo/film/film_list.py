"""Which films a person means who names files, folders, lists or tables: their paths, each once, in the order given."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from cxr_demo.errors import CxrError, ImageError
from cxr_demo.film.file_kinds import find_kind

SYNTHETIC = "synthetic:"  # before the name of an example, where the name of a file may stand
FILM_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".dcm")
FILM_COLUMNS = (  # of a table: the names of the one that names the films, of which the first that is there counts
    "path", "image_path", "file_path", "filename", "file_name", "image_index", "file", "image", "image_id",
)  # fmt: skip
TABLE_SUFFIXES = (".csv", ".tsv")
SEPARATORS = ",;\t"
HEAD_BYTES = 4096  # of a file whose name says nothing: its first bytes do


def list_films(given: Sequence[str], table: str | None = None) -> list[str]:
    """Paths of films: `given` ones as they are, those below a folder, and those that a list names, `@list.txt` or
    `table`; none twice. Raises CxrError where there is none, and for a list that cannot be read."""
    names: list[str] = []
    for name in given:
        if name.startswith("@"):
            names += _read_film_list(Path(name[1:]))
        elif (folder := Path(name)).is_dir():
            names += map(str, _find_folder_films(folder))
        else:
            names.append(name)
    if table is not None:
        names += _read_film_list(Path(table))
    if not names:
        raise CxrError("films-none-given")
    return list(dict.fromkeys(names))


def decode_text(content: bytes) -> str | None:
    """UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252, of which Latin-1 is a part; None where it is no
    text."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    return None


def find_separator(text: str) -> str:
    """Of a table: of SEPARATORS the one that stands most often in the first line."""
    return max(SEPARATORS, key=text.lstrip("\r\n").partition("\n")[0].count)


def name_column_plainly(name: str) -> str:
    """In small letters, with underscores."""
    return re.sub(r"[\s_/-]+", "_", name.strip().lower())


def _find_folder_films(folder: Path) -> list[Path]:
    """Below it, by their ending, or, as DICOM files often have none, by their first bytes; not what is hidden."""
    shown = (
        path for path in folder.rglob("*")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts) and path.is_file()
    )  # fmt: skip
    return sorted(path for path in shown if path.suffix.lower() in FILM_SUFFIXES or _begins_as_film(path))


def _begins_as_film(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            find_kind(file.read(HEAD_BYTES))
    except (ImageError, OSError):
        return False
    return True


def _read_film_list(path: Path) -> list[str]:
    """A name in each line, or in a column of a table; files whose names are relative lie beside the list."""
    try:
        text = decode_text(path.read_bytes())
    except OSError:
        raise CxrError("film-list-not-read", file=path.name) from None
    if text is None:
        raise CxrError("film-list-no-text", file=path.name)
    is_table = path.suffix.lower() in TABLE_SUFFIXES
    names = _list_column(path.name, text) if is_table else map(str.strip, text.splitlines())
    return [name if name.startswith(SYNTHETIC) else str(path.parent / name) for name in names if name]


def _list_column(file: str, text: str) -> Iterator[str]:
    lines = csv.reader(StringIO(text, newline=""), delimiter=find_separator(text), skipinitialspace=True)
    place = None
    try:
        for cells in lines:
            if not any(map(str.strip, cells)):
                continue
            if place is None:
                plain = [name_column_plainly(name) for name in cells]
                place = next((plain.index(name) for name in FILM_COLUMNS if name in plain), None)
                if place is None:
                    raise CxrError("film-list-no-column", file=file, columns=", ".join(cells[:12]))
                continue
            name = cells[place].strip() if place < len(cells) else ""
            if not name:
                raise CxrError("film-list-no-name", file=file, line=lines.line_num)
            yield name
    except csv.Error:
        raise CxrError("film-list-no-text", file=file) from None
