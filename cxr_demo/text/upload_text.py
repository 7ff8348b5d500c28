"""What is said of an upload that is not taken: beside the file on the page, and as all of the HTTP answer."""

from __future__ import annotations

from cxr_demo.limits import MAX_FILE_BYTES, MAX_UPLOADS_AT_ONCE
from cxr_demo.text.catalogue import Words, say


def describe_large_file() -> Words:
    return say("upload-too-large", megabytes=MAX_FILE_BYTES // 2**20)


def describe_many_files() -> Words:
    return say("upload-too-many", files=MAX_UPLOADS_AT_ONCE)


def describe_gone_upload() -> tuple[Words, Words]:
    """(message, hint)"""
    return say("upload-gone"), say("upload-gone.hint")
