"""The error taxonomy: what happened, and what the user can do about it.

Every error that reaches a user is one of these. The sentence is an English template with named
facts, so that the window can translate the template and the command line can print it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar


class StylekilnError(Exception):
    """One clear sentence about what happened and what to do.

    ``sentence`` is a template such as ``"{name} ends early."``; ``remedy`` is a second template
    that says what to do. ``facts`` fill both. ``str(error)`` is the English text of the two.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, *, remedy: str = "", **facts: object) -> None:
        self.sentence = sentence
        self.remedy = remedy
        self.facts = {key: str(value) for key, value in facts.items()}
        text = fill(sentence, self.facts)
        if remedy:
            text = f"{text} {fill(remedy, self.facts)}"
        super().__init__(text)

    def facts_in(self, translate: Callable[..., str]) -> Mapping[str, str]:
        """The facts, with a reason and those that are sentences themselves in the words of
        ``translate``.
        """
        reason = self.facts.get("reason")
        return self.facts if reason is None else {**self.facts, "reason": translate(reason)}


class BadInputError(StylekilnError):
    """A value, option or request that cannot be carried out as asked."""

    code = "bad-input"
    exit_code = 2


class MissingFileError(StylekilnError):
    """A file or folder that is not there, or cannot be read."""

    code = "missing-file"
    exit_code = 3


class PictureError(StylekilnError):
    """A picture file that cannot be decoded."""

    code = "picture"
    exit_code = 4


class ModelFileError(StylekilnError):
    """A checkpoint or adapter file that is truncated, hostile, unknown, or of another family."""

    code = "model-file"
    exit_code = 5


class StorageError(StylekilnError):
    """The disk is full, or the folder cannot be written."""

    code = "storage"
    exit_code = 6


class OutOfMemoryError(StylekilnError):
    """The device ran out of memory and no smaller attempt was left."""

    code = "out-of-memory"
    exit_code = 7


class TrainingError(StylekilnError):
    """Training cannot go on: no pictures, a loss that is not a number, a broken state."""

    code = "training"
    exit_code = 8


class NetworkError(StylekilnError):
    """A download that could not be made, or brought something else than was announced."""

    code = "network"
    exit_code = 9


class JobCancelled(StylekilnError):
    """The user cancelled; finished work stays usable."""

    code = "cancelled"
    exit_code = 130

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class JobInterrupted(JobCancelled):
    """The application closes; the work can be started again next time."""

    code = "interrupted"


def fill(template: str, facts: Mapping[str, object]) -> str:
    """Format ``template``; a template with a stray brace is shown as it is, never raises."""
    try:
        return template.format_map(facts)
    except (KeyError, ValueError, IndexError):
        return template
