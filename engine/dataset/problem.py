"""Why a file cannot be used: an English sentence that can still be translated."""

from __future__ import annotations

import json
from pathlib import Path

from engine.runtime.errors import MissingFileError, PictureError, StylekilnError


class Problem(str):
    """The English text of an error, empty when there is none; :meth:`as_error` gives the error
    back with its template and facts, for showing it in another language.
    """

    sentence: str
    remedy: str
    facts: dict[str, str]

    __slots__ = ("facts", "remedy", "sentence")

    def __new__(cls, sentence: str = "", *, remedy: str = "", **facts: object) -> Problem:
        """``sentence`` and ``remedy`` are templates, as for a StylekilnError."""
        error = PictureError(sentence, remedy=remedy, **facts)
        problem = super().__new__(cls, error)
        problem.sentence, problem.remedy, problem.facts = sentence, remedy, error.facts
        return problem

    @classmethod
    def of(cls, error: StylekilnError) -> Problem:
        """What ``error`` says."""
        return cls(error.sentence, remedy=error.remedy, **error.facts)

    @classmethod
    def from_record(cls, text: str) -> Problem:
        """What :meth:`to_record` wrote."""
        if not text:
            return cls()
        record = json.loads(text)
        return cls(record["sentence"], remedy=record["remedy"], **record["facts"])

    def to_record(self) -> str:
        """JSON text for the index; empty for no problem."""
        if not self:
            return ""
        values = {"sentence": self.sentence, "remedy": self.remedy, "facts": self.facts}
        return json.dumps(values)  # in ASCII: a name may hold bytes that are no Unicode

    def as_error(self) -> StylekilnError:
        """The error that it came from, as a PictureError."""
        return PictureError(self.sentence, remedy=self.remedy, **self.facts)


def missing_folder(folder: str) -> MissingFileError:
    """What to say of a source folder that is not there, or not to be read, while others are."""
    there = Path(folder).is_dir()
    return MissingFileError(
        "The folder {path} cannot be read." if there else "The folder {path} does not exist.",
        path=folder,
        remedy="Check its permissions." if there else "Connect its drive and open it again.",
    )
