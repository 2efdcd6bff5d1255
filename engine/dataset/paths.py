"""Paths as text that SQLite, JSON and the window can hold, also names that are no valid Unicode.

A byte that cannot be decoded is a lone surrogate in Python's names. It is stored as ``//`` and its
code, which no path from :func:`os.path.abspath` holds: ``caf\\xe9.png`` becomes ``caf//dce9.png``.
"""

from __future__ import annotations

import re

_LONE = re.compile("[\ud800-\udfff]")
_STORED = re.compile("//(d[89a-f][0-9a-f]{2})")


def to_text(path: str) -> str:
    """``path`` as valid Unicode."""
    if path.isascii():
        return path
    return _LONE.sub(lambda found: f"//{ord(found[0]):04x}", path)


def from_text(text: str) -> str:
    """The path that :func:`to_text` stored."""
    if "//" not in text:
        return text
    return _STORED.sub(lambda found: chr(int(found[1], 16)), text)


def clean(name: str) -> str:
    """``name`` for showing: what cannot be decoded as the replacement character."""
    return _LONE.sub("\ufffd", name)
