"""The parts of a report in the words of one language, whatever it is written as."""

from __future__ import annotations

from dataclasses import dataclass

from engine.validation.export.chart import Chart


@dataclass(frozen=True)
class PicturePair:
    """A generated picture beside its nearest training picture as it was trained on, both JPEG;
    None for one that is gone since. ``caption`` says how it was made, ``prompt`` what was asked.
    """

    generated: bytes | None
    training: bytes | None
    caption: str
    prompt: str
    similarity: str


@dataclass(frozen=True)
class PictureRow:
    """Pictures beside each other, JPEG, and whose they are; None for one that is gone."""

    title: str
    pictures: tuple[bytes | None, ...]


@dataclass(frozen=True)
class FlagPart:
    """A red flag in words, ``detail`` in whole sentences, and the pairs that raise it; why it was
    ``dismissed``, if it was.
    """

    headline: str
    detail: str
    serious: bool
    pairs: tuple[PicturePair, ...]
    dismissed: str = ""


@dataclass(frozen=True)
class TableRow:
    """A line of the table of measures; ``tone`` is ok, warn, err, or empty for the baseline."""

    texts: tuple[str, ...]
    tone: str
    picked: bool


@dataclass(frozen=True)
class LimitRow:
    """A limit beside what was measured of what is recommended; ``holds`` is None where nothing was
    measured, and ``value`` then says why.
    """

    label: str
    value: str
    limit: str
    holds: bool | None


@dataclass(frozen=True)
class Report:
    """The answer (up to ``limits``), then its evidence. ``mark`` is ok or warn. ``about`` tells
    which file of which project is judged, ``compared`` are the style, the base model and what is
    approved or recommended above each other; ``subject`` says which of the two.
    """

    title: str
    day: str
    about: tuple[tuple[str, str], ...]
    mark: str
    headline: str
    reasons: tuple[str, ...]
    note: str
    subject: str
    compared: tuple[PictureRow, ...]
    limits: tuple[LimitRow, ...]
    chart: Chart | None
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    flags: tuple[FlagPart, ...]
    closest: tuple[PicturePair, ...]
    facts: tuple[tuple[str, str], ...]
