"""Values that cannot be what their key stands for, found before anything is made of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.runtime.refusals import Refusal
from engine.training.kohya.defaults import FORM, SCRIPT
from engine.training.kohya.report import Line

_FLAGS = frozenset({
    "network_train_unet_only", "network_train_text_encoder_only", "sdpa", "xformers",
    *(name for table in (FORM, SCRIPT) for name, value in table.items() if isinstance(value, bool)),
})  # fmt: skip
_TABLE = "A table is no value for it."
_FLAG = "Must be true or false; kohya's scripts take any other text for true."


def is_section(key: str, value: Any, known: Collection[str]) -> bool:
    """Whether a table of a script holds settings, and is not what somebody took for a value."""
    return isinstance(value, Mapping) and (key not in known or any(name in known for name in value))


def without_tables(
    table: Mapping[str, Any], known: Collection[str]
) -> tuple[dict[str, Any], list[Line]]:
    """``table`` without tables as values of ``known`` keys, and the lines about these."""
    wrong = {key for key, value in table.items() if isinstance(value, Mapping) and key in known}
    plain = {key: value for key, value in table.items() if key not in wrong}
    return plain, [_line(key, table[key], _TABLE) for key in sorted(wrong)]


def with_flags(table: Mapping[str, Any]) -> tuple[dict[str, Any], list[Line]]:
    """The table of a script with its flags as truth values, and the lines about those that are
    none: a rule that looks at them would take "false" for true.
    """
    found: dict[str, Any] = {}
    lines: list[Line] = []
    for key, value in table.items():
        flag = _flag(value) if key in _FLAGS else value
        if flag is None:
            lines.append(_line(key, value, _FLAG))
        else:
            found[key] = flag
    return found, lines


def _flag(value: Any) -> bool | str | None:
    """A truth value; None for what is none. An empty text is left as it is: it says nothing."""
    if isinstance(value, str):
        text = value.strip().lower()
        return "" if not text else True if text in ("true", "1") else None
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def _line(key: str, value: Any, sentence: str) -> Line:
    return Line(key, value, "refused", problem=Refusal(key, sentence))
