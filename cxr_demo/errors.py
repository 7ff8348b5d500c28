"""The only errors a user ever sees: one plain sentence and, where there is one, a next step."""

from __future__ import annotations


class CxrError(Exception):
    """Something a person can understand and act on.

    `message` is one full sentence; `hint` is the next step, or empty. `str()` joins the two. Neither may hold a file
    path of the user's machine or anything of a patient.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ImageError(CxrError):
    """A file that cannot be read as a radiograph."""


class CheckpointError(CxrError):
    """Weights that cannot be found, read or trusted."""


class ExplanationError(CxrError):
    """A map that was asked for and cannot be given; nothing is drawn instead."""


class TrainingError(CxrError):
    """Data or settings with which a training run cannot go on."""
