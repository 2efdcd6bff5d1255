"""Texts of kohya's files as the plain values that they stand for."""

from __future__ import annotations

import ast
from typing import Any

_LONGEST = 10_000  # characters of a text that may be a number or a list
_LARGEST = 2**64  # Python writes no number of thousands of digits, and nothing is set to such a one


def plain(text: Any) -> Any:
    """A number, a truth value, or a list or tuple of such where the ``text`` is one; else the text
    as it is, so too of numbers that are too large to be a setting.
    """
    try:
        found = ast.literal_eval(text.strip()) if len(text) < _LONGEST else text
    except (ValueError, TypeError, AttributeError, SyntaxError, MemoryError, RecursionError):
        return text
    return found if _is_plain(found) else text


def plain_number(text: Any) -> Any:
    """The same, but a list stays text, as it stands among arguments."""
    found = plain(text)
    return text if isinstance(found, list | tuple) else found


def _is_plain(found: Any) -> bool:
    parts = found if isinstance(found, list | tuple) else (found,)
    return all(
        isinstance(part, bool | float) or (isinstance(part, int) and abs(part) <= _LARGEST)
        for part in parts
    )
