"""What is found of many films as JSON lines: a record for each film, written as it comes.

A run that was ended goes on with the films that have no record yet. Where several processes share the films, each
writes a part of its own beside the file, and the parts become the file at the end. A line that was not written to its
end, since the process was killed, counts as not there.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from cxr_demo.errors import CxrError
from cxr_demo.export.output import FORMAT
from cxr_demo.networks.whole_file import write_file


def check_records(path: Path, resume: bool) -> None:
    """CxrError where an earlier run has left records that are not to be gone on with, or the folder is missing."""
    if not path.parent.is_dir():
        raise CxrError("records-no-folder", folder=str(path.parent))
    if not resume and (path.exists() or find_parts(path)):
        raise CxrError("records-earlier", file=path.name)


def name_part(path: Path, rank: int, count: int) -> Path:
    """Where process `rank` of `count` writes."""
    return path if count == 1 else path.with_name(f"{path.name}.{rank}-of-{count}")


def find_parts(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{glob.escape(path.name)}.*-of-*"))


def check_settings(path: Path, checkpoint_sha256: str, settings: dict) -> None:
    """CxrError where records of this network were made with other `settings`, as another command or other turns of the
    films: they are no answer to what is asked now."""
    for source in (*([path] if path.exists() else []), *find_parts(path)):
        for record in list_records(source):
            if record["checkpoint_sha256"] == checkpoint_sha256 and record.get("settings") != settings:
                made = json.dumps(record.get("settings"), ensure_ascii=False)
                asked = json.dumps(settings, ensure_ascii=False)
                raise CxrError("records-other-settings", file=path.name, made=made, asked=asked)


def make_record(facts: dict, checkpoint_sha256: str, settings: dict) -> str:
    """The line of one film, without its end; "file", "checkpoint_sha256" and "settings" say which, by which network and
    how it was asked, also beside an "error"."""
    known = {"checkpoint_sha256": checkpoint_sha256, "settings": settings}
    record = {"format": FORMAT, "file": facts["file"]} | known | facts
    return json.dumps(record, ensure_ascii=False)


def list_records(path: Path) -> Iterator[dict]:
    """One after the other; CxrError for a line that is none."""
    for _, record in _list_placed(path):
        yield record


def find_done(path: Path, checkpoint_sha256: str) -> set[str]:
    """The films that this network has a record of."""
    if not path.exists():
        return set()
    return {record["file"] for record in list_records(path) if record["checkpoint_sha256"] == checkpoint_sha256}


def settle_records(path: Path, names: Sequence[str], checkpoint_sha256: str, *, keeps_errors: bool) -> None:
    """The file and its parts become one file: first what was there of other films and networks, then the films `names`
    in their order, each once, the last record of each. Without `keeps_errors` those of them that failed lose their
    record, and may be asked again."""
    places = {name: place for place, name in enumerate(names)}
    found: dict[tuple[str, str], tuple[int, Path, int]] = {}
    parts = find_parts(path)
    for source in (*([path] if path.exists() else []), *parts):
        for offset, record in _list_placed(source):
            is_asked = record["checkpoint_sha256"] == checkpoint_sha256 and record["file"] in places
            if is_asked and "error" in record and not keeps_errors:
                continue
            place = places[record["file"]] if is_asked else -1
            found[record["file"], record["checkpoint_sha256"]] = place, source, offset
    ordered = sorted(found.values(), key=lambda kept: kept[0])
    write_file(path, lambda scratch: _copy_lines(scratch, [(source, offset) for _, source, offset in ordered]))
    for part in parts:
        part.unlink()


def _copy_lines(target: Path, lines: Sequence[tuple[Path, int]]) -> None:
    with ExitStack() as opened, target.open("wb") as written:
        sources = {source: opened.enter_context(source.open("rb")) for source in {source for source, _ in lines}}
        for source, offset in lines:
            sources[source].seek(offset)
            written.write(sources[source].readline())


def _list_placed(path: Path) -> Iterator[tuple[int, dict]]:
    """Each with the byte at which its line begins."""
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return  # killed in the middle of it
            yield offset, _parse_record(path, number, line)
            offset += len(line)


def _parse_record(path: Path, number: int, line: bytes) -> dict:
    try:
        record = json.loads(line)
        if record["format"] == FORMAT and {"file", "checkpoint_sha256"} <= record.keys():
            return record
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise CxrError("records-unreadable", file=path.name, line=number)
