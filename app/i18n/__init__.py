"""The words of the interface: English keys, Chinese from ``resources/translations``, switched live.

What enters: text for people and the ways to write numbers, times and sizes. Engine sentences are
translated here too, so that ``engine/`` stays free of Qt and of languages.
"""

from app.i18n.text import (
    LANGUAGES,
    Binding,
    bind,
    joined,
    language,
    retell,
    sentence,
    set_language,
    signals,
    tr,
    tr_error,
)

__all__ = [
    "LANGUAGES",
    "Binding",
    "bind",
    "joined",
    "language",
    "retell",
    "sentence",
    "set_language",
    "signals",
    "tr",
    "tr_error",
]
