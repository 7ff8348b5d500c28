"""Files that a page has made to be taken home. In memory, under a name that nobody can guess and that only their page
was told; they go with their session, and so do their names."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import Response

from cxr_demo.limits import KEPT_EXPORTS, MAX_EXPORT_BYTES

MOST_OF_NAME = 60  # letters of a film's name
MEDIA_TYPES = {"pdf": "application/pdf", "png": "image/png", "zip": "application/zip"}


@dataclass(frozen=True, eq=False)
class ExportFile:
    """`title`: what it is called on the person's disk, see `title_file`; `name`: where it is fetched."""

    title: str
    body: bytes
    name: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.title.rpartition(".")[2]]


def title_file(film: str, *parts: str, kind: str) -> str:
    """ "march 2.png", "edema" -> "march-2-edema.pdf": after the film's own name, of which a person has said that it
    names nobody, without what not every disk takes."""
    known = re.sub(r"\.[A-Za-z]{2,5}$", "", film)
    words = unicodedata.normalize("NFKD", "-".join(filter(None, (known[:MOST_OF_NAME], *parts))))
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", words.encode("ascii", "ignore").decode()).strip("-.")
    return f"{plain or 'film'}.{kind}"


_FILES: WeakValueDictionary[str, ExportFile] = WeakValueDictionary()


class ExportFiles:
    """Those of one page, by what was asked for: the last `KEPT_EXPORTS`, and no more than `MAX_EXPORT_BYTES`."""

    def __init__(self) -> None:
        self._files: dict[object, ExportFile] = {}
        self._clearings = 0

    def find(self, asked: object) -> ExportFile | None:
        return self._files.get(asked)

    def keep(self, asked: object, file: ExportFile) -> None:
        self._files[asked] = _FILES[file.name] = file
        while len(self._files) > 1 and (len(self._files) > KEPT_EXPORTS or self.count_bytes() > MAX_EXPORT_BYTES):
            self._drop(next(iter(self._files)))

    def clear(self) -> None:
        """As soon as a film goes: also what is being made is not to be kept any more."""
        self._clearings += 1
        for asked in list(self._files):
            self._drop(asked)

    def count_clearings(self) -> int:
        """By which whoever makes a file sees that it is of films that were there before."""
        return self._clearings

    def count_bytes(self) -> int:
        return sum(len(file.body) for file in list(self._files.values()))

    def _drop(self, asked: object) -> None:
        _FILES.pop(self._files.pop(asked).name, None)


async def send_export_file(request: Request) -> Response:
    """The answer to a browser: the file, or 404."""
    file = _FILES.get(request.path_params["name"])
    if file is None:
        return Response(status_code=404)
    headers = {"content-disposition": f'attachment; filename="{file.title}"'}
    return Response(file.body, media_type=file.media_type, headers=headers)
