"""What a person is told of an error, and what the log keeps of it."""

from __future__ import annotations

import logging
import secrets
import traceback
from pathlib import Path

from cxr_demo.errors import CxrError
from cxr_demo.text.catalogue import Said, Words, say
from cxr_demo.text.formats import make_printable

log = logging.getLogger("cxr_demo")


def describe_error(error: BaseException) -> tuple[Said, Said]:
    """A sentence and the next step; for an error that nobody foresaw, a reference that the log knows too."""
    if isinstance(error, CxrError):
        return error.said
    return say("unexpected", reference=log_error(error)), say("unexpected.hint")


def describe_refusal(name: str, error: Exception) -> Said:
    """Why a checkpoint cannot be used."""
    if isinstance(error, CxrError):
        return Words(_format_error, error)
    return say("checkpoint-not-opened", name=name, reference=log_error(error))


def _format_error(error: Exception) -> str:
    return make_printable(str(error))


def log_error(error: BaseException) -> str:
    """Log type and place of an error, never its text, which may quote a path or a value; returns the reference."""
    ref = secrets.token_hex(2)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("ref %s: %s at %s", ref, type(error).__name__, " > ".join(places[-3:]))
    return ref
