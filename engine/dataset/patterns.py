"""Regular expressions that a user has typed, compiled within limits: none may stop the window."""

from __future__ import annotations

import re
from typing import Any

LONGEST = 1000
"""Characters of the longest regular expression that is accepted."""
MOST_REPEATED = 10_000
"""What the counts of an expression, ``{n}``, may multiply to: every repetition is compiled."""

_COUNT = re.compile(r"(?<!\\)\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")


class PatternError(ValueError):
    """An expression that is not accepted: a sentence with its ``facts``, a remedy, and the
    ``place`` in the expression, or None for all of it.
    """

    def __init__(
        self, sentence: str, *, remedy: str, place: int | None = None, **facts: object
    ) -> None:
        super().__init__(sentence)
        self.sentence, self.remedy, self.place, self.facts = sentence, remedy, place, facts


def compile_pattern(source: str, flags: int = 0) -> Any:
    """``source`` as a compiled pattern of the regex module. Raises PatternError."""
    import regex  # costs the start of the window 20 ms, and few need it

    if len(source) > LONGEST:
        raise PatternError(
            "The regular expression is too long.",
            remedy="Use at most {count} characters.",
            count=LONGEST,
        )
    _check_counts(source)
    try:
        return regex.compile(source, flags | regex.VERSION0)
    except (regex.error, RecursionError, ValueError, OverflowError, LookupError) as error:
        # What is wrong, the library says in English; the place says as much.
        place = getattr(error, "pos", None) or 0
        raise PatternError(
            "This is no valid regular expression from {part} on.",
            remedy="Put a backslash before a sign that is meant literally.",
            place=place,
            part=source[place:] or source,
        ) from error


def _check_counts(source: str) -> None:
    product = 1
    for found in _COUNT.finditer(source):
        # Numbers are cut: turning a thousand digits into one takes time itself.
        product *= max(1, *(int(number[:6]) for number in found.groups() if number), 1)
        if product > MOST_REPEATED:
            raise PatternError(
                "The regular expression repeats too often.",
                remedy="Let its counts multiply to at most {count}.",
                place=found.start(),
                count=MOST_REPEATED,
            )
