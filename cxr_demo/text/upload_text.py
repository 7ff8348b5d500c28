"""What is said of an upload that is not taken: beside the file on the page, and as all of the HTTP answer."""

from __future__ import annotations

from cxr_demo.limits import MAX_FILE_BYTES, MAX_UPLOADS_AT_ONCE
from cxr_demo.text.catalogue import Words, say


def describe_large_file() -> Words:
    return say("upload-too-large", megabytes=MAX_FILE_BYTES // 2**20)


def describe_many_files() -> Words:
    return say("upload-too-many", files=MAX_UPLOADS_AT_ONCE)


def find_refusal(name: str) -> Words | None:
    """What the server has said of an upload that it has not taken, by the name of the message."""
    known = (
        describe_large_file(), describe_many_files(), say("upload-yours-waiting"), say("upload-others-waiting"),
        say("upload-disk-full"), say("upload-damaged"),
    )  # fmt: skip
    return next((words for words in known if words.args == (name,)), None)


def describe_gone_upload() -> tuple[Words, Words]:
    """(message, hint)"""
    return say("upload-gone"), say("upload-gone.hint")
