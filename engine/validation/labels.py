"""What rows, columns and pages of a grid are called."""

from __future__ import annotations

from pathlib import Path

from engine.validation.axes import Axis, Value
from engine.validation.words import BASE, short_names, without_common

# Translation keys: values that have no name of their own.
_LABELS = {"base": BASE, "none": "none", "on": "on", "off": "off"}


def value_labels(axis: Axis) -> list[str]:
    """A short name for each value, as a header shows it: files by their names without what all
    begin with, numbers without zeros at their end.
    """
    texts = [str(value) for value in axis.values]
    match axis.kind:
        case "lora":
            empty = _LABELS["base" if axis.setting == "checkpoint" else "none"]
            return [empty if name == BASE else name for name in short_names(texts)]
        case "model" | "picture":
            names = iter(without_common([Path(text).stem for text in texts if text]))
            return [next(names) if text else _LABELS["none"] for text in texts]
        case _:
            return [_label(value) for value in axis.values]


def _label(value: Value) -> str:
    if isinstance(value, bool):
        return _LABELS["on" if value else "off"]
    if isinstance(value, tuple):
        return value[1] or _LABELS["none"]
    return f"{value:g}" if isinstance(value, float) else str(value)
