"""Python's own import statement, back in place of the one that PySide6 puts there.

PySide6 wraps ``__import__`` for its ``from __feature__ import snake_case``, which nothing here
uses. The wrapper reads the source of every module that is imported after it and keeps the text:
with torch, diffusers and transformers that is 130 MB and an eighth of their import time.
"""

from __future__ import annotations

import builtins

import PySide6.QtCore  # noqa: F401  it puts the wrapper there


def restore() -> None:
    """Import plainly from now on. Nothing to do where PySide6 has left ``__import__`` alone."""
    own = getattr(builtins, "__orig_import__", None)
    if own is not None:
        builtins.__import__ = own
