"""Where uploads arrive, in place of gradio's own route: a folder of its own for each file, and limits.

gradio names an upload after its content, so the same film from a whole class would be one file, which the first who
reads it deletes under all others. It also takes any number of files, which may lie unread until the disk is full.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from gradio.route_utils import GradioMultiPartParser
from gradio.routes import file_upload_statuses
from gradio_client.utils import strip_invalid_filename_characters
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from cxr_demo.limits import (
    MAX_FILE_BYTES,
    MAX_UNREAD_BYTES,
    MAX_UNREAD_FILES,
    MAX_UPLOADS_AT_ONCE,
    SPARE_DISK_BYTES,
    UNREAD_SHARE,
)
from cxr_demo.text import upload_text
from cxr_demo.text.catalogue import Words, match_language, say, use_language
from cxr_demo.ui.app.uploads import ARRIVED, ARRIVING

FORM_BYTES = 64 * 2**10  # of a request beside its files: boundaries, names
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSAL = "x-refusal"  # of an answer: the name of the message, which the page says in the language of later


class UploadRefused(Exception):
    """`status` is that of HTTP; `sentence` is for the person."""

    def __init__(self, status: int, sentence: Words) -> None:
        super().__init__(status)
        self.status, self.sentence = status, sentence


class UploadRoute:
    """Answers as gradio's route does, with the list of paths; or with one plain sentence. A request is taken as a whole
    or not at all.

    What lies unread is counted by client, which is the address that the request came from: behind a proxy all people
    have one. `_unread`: {path: (client, bytes)} of what has been let in; what no longer exists was read or swept.
    It is touched in the server's one event loop only.
    """

    def __init__(self) -> None:
        self._unread: dict[Path, tuple[str, int]] = {}

    async def receive(self, request: Request) -> Response:
        try:
            return JSONResponse([str(path) for path in await self._store(request)])
        except UploadRefused as refused:
            with use_language(match_language(request.headers.get("accept-language", ""))):
                headers = {REFUSAL: str(refused.sentence.args[0])}
                return PlainTextResponse(str(refused.sentence), refused.status, headers)

    async def _store(self, request: Request) -> list[Path]:
        folder = Path(request.app.uploaded_file_dir)  # gradio's, and the only one whose files its events accept
        client = request.client.host if request.client else ""
        size = request.headers.get("content-length", "")
        if not (size.isascii() and size.isdigit()):
            raise UploadRefused(411, say("upload-damaged"))
        arriving, kept = None, []
        try:
            await self._admit(request, folder, client, int(size))
            arriving = Path(tempfile.mkdtemp(prefix=ARRIVING, dir=folder))
            self._unread[arriving] = client, int(size)
            files = await _receive_files(request, arriving)
            del self._unread[arriving]
            self._check_room(client, sum(file.size or 0 for file in files), len(files))
            for file in files:
                kept.append(_keep(file, folder))
                self._unread[kept[-1]] = client, file.size or 0
            return kept
        except OSError as error:
            for path in kept:
                shutil.rmtree(path.parent, ignore_errors=True)
            if error.errno not in NO_ROOM:
                raise
            raise UploadRefused(507, say("upload-disk-full")) from None
        finally:  # also when the client is gone
            if arriving:
                shutil.rmtree(arriving, ignore_errors=True)

    async def _admit(self, request: Request, folder: Path, client: str, size: int) -> None:
        """Decide by the length that the request states, before a byte of it is written."""
        try:
            if size > MAX_UPLOADS_AT_ONCE * (MAX_FILE_BYTES + FORM_BYTES):
                raise UploadRefused(413, upload_text.describe_many_files())
            self._check_room(client, size, 1)
            if shutil.disk_usage(folder).free < size + SPARE_DISK_BYTES:
                raise UploadRefused(507, say("upload-disk-full"))
        except UploadRefused:
            if size <= MAX_UPLOADS_AT_ONCE * (MAX_FILE_BYTES + FORM_BYTES):
                async for _ in request.stream():  # browsers read no answer before they have sent everything
                    pass
            raise

    def _check_room(self, client: str, size: int, number: int) -> None:
        self._unread = {path: entry for path, entry in self._unread.items() if path.exists()}
        sizes = list(self._unread.values())
        own = [entry for entry in sizes if entry[0] == client]
        for entries, share, status, sentence in (
            (own, UNREAD_SHARE, 429, say("upload-yours-waiting")),
            (sizes, 1.0, 503, say("upload-others-waiting")),
        ):
            is_full = sum(entry[1] for entry in entries) + size > share * MAX_UNREAD_BYTES
            if is_full or len(entries) + number > share * MAX_UNREAD_FILES:
                raise UploadRefused(status, sentence)


async def _receive_files(request: Request, arriving: Path) -> list[UploadFile]:
    """The files of a form, closed, each under a name of gradio's in `arriving`."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise UploadRefused(400, say("upload-damaged"))
    upload_id = request.query_params.get("upload_id")  # the browser asks under it how far the upload is
    progress = file_upload_statuses if upload_id else None
    if upload_id:
        file_upload_statuses.track(upload_id)
    parser = GradioMultiPartParser(
        request.headers,
        request.stream(),
        max_files=MAX_UPLOADS_AT_ONCE,
        max_fields=MAX_UPLOADS_AT_ONCE,
        upload_dir=arriving,
        upload_id=upload_id,
        upload_progress=progress,
        max_file_size=MAX_FILE_BYTES,
    )
    try:
        form = await parser.parse()
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        if not files or len(files) < len(form.getlist("files")):
            raise UploadRefused(400, say("upload-damaged"))
        for file in files:
            file.file.close()
        return files
    except MultiPartException as error:
        raise _refuse(error.message) from None
    finally:
        if upload_id and not file_upload_statuses.is_done(upload_id):
            file_upload_statuses.set_done(upload_id)


def _refuse(message: str) -> UploadRefused:
    """gradio's parser tells its reasons apart by their text only."""
    if "size exceeded" in message:
        return UploadRefused(413, upload_text.describe_large_file())
    if "Too many files" in message:
        return UploadRefused(413, upload_text.describe_many_files())
    return UploadRefused(400, say("upload-damaged"))


def _keep(file: UploadFile, folder: Path) -> Path:
    """Move what has arrived into a folder of its own, under the person's name for it."""
    name = strip_invalid_filename_characters(Path(file.filename or "").name)
    own = Path(tempfile.mkdtemp(prefix=ARRIVED, dir=folder))
    path = own / (name if name.strip(". ") else "file")
    try:
        os.rename(file.file.name, path)
    except OSError:
        own.rmdir()
        raise
    return path
