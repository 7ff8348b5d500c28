"""What kind of file it is, by its first bytes and never by its name."""

from __future__ import annotations

from cxr_demo.errors import ImageError
from cxr_demo.film.dicom_tags import is_dicom
from cxr_demo.text.catalogue import Words, say

SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
}
NOT_FILMS = (  # what people upload by mistake: where, which bytes, the message that says what it is
    (0, b"GIF8", "file-is-gif"),
    (0, b"%PDF", "file-is-pdf"),
    (0, b"PK\x03\x04", "file-is-zip"),
    (0, b"\x1f\x8b", "file-is-gzip"),
    (4, b"ftyp", "file-is-heic"),
    (4, b"jP  ", "file-is-jpeg-2000"),
)


def find_kind(data: bytes) -> str:
    """ "PNG", "JPEG", "TIFF", "WebP", "BMP" or "DICOM". `ImageError` that says what it is instead."""
    if is_dicom(data):  # first, since a TIFF header may stand in the 128 bytes before the DICOM mark
        return "DICOM"
    for kind, signatures in SIGNATURES.items():
        if data.startswith(signatures):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[:2] == b"BM" and data[15:18] == b"\0\0\0":  # the size of the header, below 256
        return "BMP"
    raise ImageError("film-not-image", what=_name_content(data))


def _name_content(data: bytes) -> Words:
    for at, (start, signature, _) in enumerate(NOT_FILMS):
        if data.startswith(signature, start):
            return say(NOT_FILMS[at][2])
    head = data[:4096].lower()
    if b"<svg" in head:
        return say("file-is-svg")
    if b"<html" in head:
        return say("file-is-web-page")
    is_text = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head) > 0.9 * len(head)
    return say("file-is-text" if is_text else "file-is-unknown")
