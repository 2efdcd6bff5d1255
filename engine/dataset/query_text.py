"""Texts of a filter: folded for comparison, wildcards, and regular expressions that cannot hang.

A backtracking search can take longer than the universe lasts on a short caption. So every search
has a limit of its own (the ``regex`` package has timeouts, ``re`` has not), and a filter has one
for all pictures together; beyond either it is a :class:`QueryError`, not a wait.
"""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.dataset.patterns import PatternError, compile_pattern
from engine.dataset.query_keys import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PER_TEXT = 0.25
"""Seconds of processor time a search may take in one text."""
PER_FILTER = 2.0
"""Seconds a regular expression may take for all pictures."""
_SHORT = 4096  # characters up to which one repetition cannot take noticeable time
_ESCAPABLE = frozenset("\\*?\"'()|")


def neat(text: str) -> str:
    """``text`` with accents composed, so that names from every system compare."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """``text`` for comparison in any case; ``\\(`` as in prompts is the same as ``(``."""
    folded = neat(text).casefold()
    if "\\" in folded:
        return folded.replace("\\(", "(").replace("\\)", ")")
    return text if folded == text else folded  # of 20,000 captions most are not kept twice


def fold_path(text: str) -> str:
    """A folded path with ``/`` on every system."""
    return neat(text).casefold().replace("\\", "/")


@dataclass(frozen=True)
class Pattern:
    """Text with wildcards: ``segments`` lie between stars, each a run of ``(text, wild)`` where
    a wild part stands for as many characters as it has.
    """

    segments: tuple[tuple[tuple[str, bool], ...], ...]
    whole: bool = False

    @classmethod
    def read(cls, raw: str, *, whole: bool = False, folded: Callable[[str], str] = fold) -> Pattern:
        """``raw`` as typed, with backslashes before signs that are meant literally."""
        segments = []
        for segment in _split(raw):
            parts = [(folded(text), False) if not wild else (text, True) for text, wild in segment]
            segments.append(tuple(parts))
        return cls(tuple(segments), whole)

    @cached_property
    def literal(self) -> str | None:
        """The text it is, when it has no wildcard."""
        if len(self.segments) > 1 or any(wild for _, wild in self.segments[0]):
            return None
        return "".join(text for text, _ in self.segments[0])

    def _between_stars(self) -> str | None:
        """The text of ``*text*``, which is only looked for; None for other patterns. Where it need
        not fit the whole, stars at its ends mean nothing.
        """
        told = [segment for segment in self.segments if segment]
        if len(told) != 1 or any(wild for _, wild in told[0]):
            return None
        if self.whole and (self.segments[0] or self.segments[-1]):
            return None
        return "".join(text for text, _ in told[0])

    def test(self) -> Callable[[str], bool]:
        """The function that tells whether a folded text fits."""
        literal = self.literal
        if literal is not None:
            return literal.__eq__ if self.whole else lambda text: literal in text
        inner = self._between_stars()
        if inner is not None:
            return lambda text: inner in text
        pieces = [_Piece(segment) for segment in self.segments]
        if not self.whole:
            pieces = [_Piece(()), *pieces, _Piece(())]
        return lambda text: _fits(text, pieces)


class _Piece:
    """A segment: a run of known length that is looked for from a place on."""

    def __init__(self, parts: tuple[tuple[str, bool], ...]) -> None:
        self.length = sum(len(text) for text, _ in parts)
        self._text = "".join(text for text, _ in parts)
        self._wild = None
        if any(wild for _, wild in parts):
            source = "".join("." * len(t) if wild else re.escape(t) for t, wild in parts)
            self._wild = re.compile(source, re.DOTALL)

    def at(self, text: str, place: int) -> bool:
        if self._wild is None:
            return text.startswith(self._text, place)
        return self._wild.match(text, place) is not None

    def find(self, text: str, place: int) -> int:
        if self._wild is None:
            return text.find(self._text, place)
        found = self._wild.search(text, place)
        return -1 if found is None else found.start()


def _fits(text: str, pieces: Sequence[_Piece]) -> bool:
    """Whether the pieces follow each other in ``text``: the first at its start, the last at its
    end. Taking each at its earliest place is enough, so nothing is tried twice.
    """
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return len(text) == first.length and first.at(text, 0)
    if not first.at(text, 0):
        return False
    place, limit = first.length, len(text) - last.length
    for piece in pieces[1:-1]:
        place = piece.find(text, place)
        if place < 0:
            return False
        place += piece.length
    return place <= limit and last.at(text, limit)


def _split(raw: str) -> list[list[tuple[str, bool]]]:
    """Segments between stars, each runs of literal text and of question marks."""
    segments: list[list[tuple[str, bool]]] = [[]]
    for char, meant in _chars(raw):
        if char == "*" and not meant:
            segments.append([])
            continue
        wild, parts = char == "?" and not meant, segments[-1]
        if parts and parts[-1][1] == wild:
            parts[-1] = (parts[-1][0] + char, wild)
        else:
            parts.append((char, wild))
    return segments


def _chars(raw: str) -> Iterable[tuple[str, bool]]:
    """Each character, and whether a backslash said that it means itself."""
    place = 0
    while place < len(raw):
        escaped = raw[place] == "\\" and raw[place + 1 : place + 2] in _ESCAPABLE
        escaped = escaped and place + 1 < len(raw)
        yield raw[place + escaped], escaped
        place += 1 + escaped


def unescape(raw: str) -> str:
    """``raw`` without the backslashes that keep signs literal."""
    return "".join(char for char, _ in _chars(raw))


class Expression:
    """A regular expression, searched in any case with a limit of time.

    ``start`` and ``end`` say where it stands in the filter.
    """

    def __init__(self, source: str, start: int, end: int) -> None:
        self.source, self.start, self.end = source, start, end
        self._compiled = self._compile()
        self._literals, self._tame = _literals(source), _is_tame(source)
        self._known: dict[str, bool] = {}  # a filter stays while captions are edited

    def search(self, texts: Sequence[str], until: float | None = None) -> list[bool]:
        """Whether it occurs in each of ``texts``. Raises QueryError when that takes too long:
        past ``until`` on the clock of ``time.monotonic``, or at once in a single text.
        """
        until = time.monotonic() + PER_FILTER if until is None else until
        found = []
        for number, text in enumerate(texts):
            if number % 64 == 0 and time.monotonic() > until:
                raise self._too_slow()
            known = self._known.get(text)
            if known is None:
                known = self._known[text] = self._search(text)
            found.append(known)
        return found

    def _search(self, text: str) -> bool:
        if self._literals:
            folded = text.casefold()
            if not all(literal in folded for literal in self._literals):
                return False
        if self._tame and len(text) <= _SHORT:
            return self._compiled.search(text) is not None
        try:
            return self._compiled.search(text, timeout=PER_TEXT, concurrent=True) is not None
        except (TimeoutError, MemoryError) as error:
            raise self._too_slow() from error

    def _compile(self) -> Any:
        try:
            return compile_pattern(self.source, re.IGNORECASE)
        except PatternError as error:
            near = min(self.start + (error.place or 0), self.end - 1)
            raise QueryError(
                error.sentence,
                remedy=error.remedy,
                start=max(near, self.start),
                end=self.end,
                **error.facts,
            ) from error

    def _too_slow(self) -> QueryError:
        return QueryError(
            "This regular expression takes too long.",
            remedy="Use fewer repetitions, above all one inside another.",
            start=self.start,
            end=self.end,
        )


_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_COUNT = re.compile(r"[*+?]|\{")


def _is_tame(source: str) -> bool:
    """Whether at most one thing is repeated, and no group: then a search is quadratic at worst."""
    atoms = _ATOM.findall(source)
    counts = [place for place, atom in enumerate(atoms) if _COUNT.fullmatch(atom)]
    special = "(?" in source or re.search(r"\\[0-9gkKLRX]", source)
    return not special and len(counts) <= 1 and not any(atoms[n - 1] == ")" for n in counts)


def _literals(source: str) -> tuple[str, ...]:
    """Texts every match holds, which are quick to look for; none when that is hard to say."""
    numbered = re.search(r"\\[0-9cuUx]", source)  # the letters behind belong to the escape
    if not source.isascii() or numbered or any(sign in source for sign in "|(#{"):
        return ()
    found, run = [], ""
    for atom in [*_ATOM.findall(source), ""]:
        if len(atom) == 1 and (atom.isalnum() or atom in " ,_-"):
            run += atom
            continue
        found.append(run[:-1] if atom in ("*", "?") else run)
        run = ""
    return tuple(text.casefold() for text in found if len(text) > 1)
