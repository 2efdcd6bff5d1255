"""Find and replace in captions, with literal text or a regular expression that cannot hang."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from engine.dataset.patterns import PatternError, compile_pattern
from engine.dataset.query_text import PER_TEXT
from engine.dataset.tags import mapped, typed_tags
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

PER_RUN = 10.0
"""Seconds an expression may take for all captions together."""
_GROUP = re.compile(r"\\(?:\d+|g<[^>]*>)")


class OperationError(BadInputError):
    """An operation that cannot be carried out; ``start`` and ``end`` enclose the wrong part of
    its setting ``field``.
    """

    def __init__(
        self, sentence: str, *, remedy: str = "", field: str, start: int, end: int, **facts: object
    ) -> None:
        super().__init__(sentence, remedy=remedy, **facts)
        self.field, self.start, self.end = field, start, end


class Replacer:
    """Replaces what ``find`` finds; counts of replacements go with each text.

    Raises OperationError for an expression, or a replacement for it, that is not valid.
    """

    def __init__(self, find: str, replacement: str, *, regex: bool, case_sensitive: bool) -> None:
        self._find, self._replacement = find, replacement
        self._is_regex, self._is_plain = regex, case_sensitive and not regex
        self._may_blank = not (_GROUP.sub("", replacement) if regex else replacement).strip()
        self._template = replacement if regex else replacement.replace("\\", r"\\")
        self._began = 0.0
        self._compiled: Any = None
        if regex:
            self._compiled = _compile(find, case_sensitive)
            _check_template(find, replacement)
        elif not case_sensitive:
            self._compiled = re.compile(re.escape(find), re.IGNORECASE)

    def in_text(self, text: str) -> tuple[str, int]:
        """``text`` with every occurrence replaced, and how many there were. Where that leaves
        nothing between two commas, one of them goes too.
        """
        if self._is_plain:
            hits = text.count(self._find)
            made = text.replace(self._find, self._replacement) if hits else text
        else:
            made, hits = self._run(self._compiled.subn, self._template, text)
        if made == text or not self._may_blank:
            return made, hits
        return self._tidy(text, made), hits

    def in_tags(self) -> Callable[[str], tuple[str, int]]:
        """The function that replaces tags which are found as a whole."""
        known: dict[str, tuple[str, ...] | None] = {}

        def change(text: str) -> tuple[str, int]:
            hits = 0

            def made(tag: str) -> tuple[str, ...]:
                nonlocal hits
                if tag not in known:
                    known[tag] = self._whole(tag)
                found = known[tag]
                hits += found is not None
                return (tag,) if found is None else found

            return mapped(text, made), hits

        return change

    def _whole(self, tag: str) -> tuple[str, ...] | None:
        """The tags in the place of ``tag``, or None when it is not meant."""
        if self._is_plain:
            return tuple(typed_tags(self._replacement)) if tag == self._find else None
        match = self._run(self._compiled.fullmatch, tag)
        return None if match is None else tuple(typed_tags(match.expand(self._template)))

    def _run(self, work: Callable[..., Any], *texts: str) -> Any:
        """``work`` with the limits that a regular expression needs; literal text needs none."""
        if not self._is_regex:
            return work(*texts)
        now = time.monotonic()
        self._began = self._began or now
        if now > self._began + PER_RUN:
            raise self._too_slow()
        try:
            return work(*texts, timeout=PER_TEXT, concurrent=True)
        except (TimeoutError, MemoryError) as error:
            raise self._too_slow() from error

    def _tidy(self, before: str, after: str) -> str:
        if _blanks(after) <= _blanks(before):
            return after
        lines = (_without_blanks(line) for line in after.split("\n"))
        return "\n".join(lines) + ("," if before.rstrip().endswith(",") else "")

    def _too_slow(self) -> OperationError:
        return OperationError(
            "This regular expression takes too long.",
            remedy="Use fewer repetitions, above all one inside another.",
            field="find",
            start=0,
            end=len(self._find),
        )


def _compile(source: str, case_sensitive: bool) -> Any:
    flags = re.MULTILINE | (0 if case_sensitive else re.IGNORECASE)
    try:
        return compile_pattern(source, flags)
    except PatternError as error:
        raise OperationError(
            error.sentence,
            remedy=error.remedy,
            field="find",
            start=max(0, min(error.place or 0, len(source) - 1)),
            end=len(source),
            **error.facts,
        ) from error


def _check_template(source: str, template: str) -> None:
    """Whether ``template`` names only groups that ``source`` has: the empty alternative matches
    nothing, and the template is read for that.
    """
    import regex

    try:
        regex.sub(f"(?:{source}\n)|", template, "", timeout=PER_TEXT)
    except (regex.error, IndexError, ValueError, OverflowError) as error:
        place = getattr(error, "pos", None) or 0
        raise OperationError(
            "This is no valid replacement: {reason}.",
            remedy="Put a backslash before a sign that is meant literally.",
            field="replacement",
            start=max(0, min(place, len(template) - 1)),
            end=len(template),
            reason=getattr(error, "msg", None) or error,
        ) from error
    except TimeoutError:
        return  # slow on no text at all: the search itself will say so


def _blanks(text: str) -> int:
    return sum(not cell.strip() for line in text.split("\n") for cell in line.split(","))


def _without_blanks(line: str) -> str:
    filled = [cell for cell in line.split(",") if cell.strip()]
    if filled and not line.split(",", 1)[0].strip():
        filled[0] = filled[0].lstrip()
    return ",".join(filled)
