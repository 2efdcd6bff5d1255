"""Arguments of optimizers and schedules as kohya writes them: ``key=value`` pairs in one text."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from engine.runtime.refusals import SettingError

_MOST_SHOWN = 80  # characters
_PAIRS = re.compile(r"\s+(?=[^\s=]+=)")


def joined(value: Any) -> str:
    """One text of pairs from a text or from a list of pairs, as TOML files hold them."""
    if isinstance(value, (list, tuple)):
        return " ".join(str(part).strip() for part in value)
    return str(value).strip()


@lru_cache(maxsize=64)
def parse(text: str, plain: Collection[str] = ()) -> MappingProxyType[str, Any]:
    """The pairs of ``text``, values read as Python literals; those named in ``plain`` may be text
    without quotes. Raises ValueError with one sentence.
    """
    found: dict[str, Any] = {}
    for pair in _PAIRS.split(text.strip()) if text.strip() else ():
        key, sign, value = pair.partition("=")
        if not sign or not key.isidentifier() or "=" in value:
            raise SettingError("Write pairs such as betas=0.9,0.99, not {pair}.", pair=pair)
        found[key] = _literal(key, value.strip(), plain)
    return MappingProxyType(found)


def _literal(key: str, value: str, plain: Collection[str]) -> Any:
    try:
        found = ast.literal_eval(value)
        str(found)  # ValueError for a number of thousands of digits, which no optimizer could take
        return found
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        if key in plain:
            return value
        raise SettingError(
            "{value} is no value for {key}; text stands in quotes, and yes and no are True and "
            "False.", value=_short(value) or "nothing", key=key,
        ) from None  # fmt: skip


def _short(text: str) -> str:
    """As much of ``text`` as a sentence holds."""
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
