"""The only errors a user ever sees: one plain sentence and, where there is one, a next step."""

from __future__ import annotations

from typing import Self

from cxr_demo.text.catalogue import Said, Value, Words, has_message, say


class CxrError(Exception):
    """Something a person can understand and act on: `CxrError("file-too-large", megabytes=64)`.

    `name` is that of a message of the catalogue, one full sentence; its attribute `.hint`, where it has one, is the
    next step. Both take what they need of `values`. They are put into words when they are read: `said`, the sentence
    and the next step, may be kept and told to several people. Neither may hold a file path of the user's machine or
    anything of a patient.
    """

    said: tuple[Said, Said]

    def __init__(self, name: str, /, **values: Value) -> None:
        super().__init__(name)
        hint = f"{name}.hint"
        self.said = say(name, **values), say(hint, **values) if has_message(hint) else ""

    @classmethod
    def from_said(cls, message: Said, hint: Said) -> Self:
        """One that was raised elsewhere, from what it said there."""
        error = cls.__new__(cls)
        Exception.__init__(error, str(message))
        error.said = message, hint
        return error

    @property
    def message(self) -> str:
        """The sentence, in the language of now."""
        return str(self.said[0])

    @property
    def hint(self) -> str:
        """The next step, in the language of now; "" where there is none."""
        return str(self.said[1])

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ImageError(CxrError):
    """A file that cannot be read as a radiograph."""


class CheckpointError(CxrError):
    """Weights that cannot be found, read or trusted."""


class ExplanationError(CxrError):
    """A map that was asked for and cannot be given; nothing is drawn instead."""


class TrainingError(CxrError):
    """Data or settings with which a training run cannot go on: sentences, since `train` speaks English alone."""

    def __init__(self, message: str, hint: str = "") -> None:
        Exception.__init__(self, message)
        self.said = message, hint


def describe_cause(error: Exception) -> Said:
    """Why: what a ValueError of ours says, which may be `Words`, or the text of another one."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Words) else str(error)
