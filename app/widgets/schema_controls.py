"""The controls of a schema's settings: which one a setting has, and its value in the right type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.widgets.choice_names import choice_text
from app.widgets.fields import Check, Choice, NumberField, TextField
from app.widgets.lines import LinesField
from app.widgets.path_field import PathField
from engine.runtime.schema import Setting

Control = Check | Choice | NumberField | TextField | LinesField


def control_for(item: Setting, *, bounded: bool = True) -> Control:
    """The usual control of ``item``. Numbers that are not ``bounded`` may be typed outside the
    range of the setting, for a form that says so beside the field.
    """
    if item.kind == "bool":
        return Check("")
    if item.kind == "choice":
        return Choice([(choice, choice_text(choice)) for choice in item.choices])
    if item.kind in ("int", "float"):
        return NumberField(
            item.minimum,
            item.maximum,
            item.step or (1 if item.kind == "int" else 0.1),
            0 if item.kind == "int" else None,
            unit=item.unit,
            bounded=bounded,
        )
    return PathField(item.path) if item.path else TextField()


def read(item: Setting, control: Control) -> Any:
    """What ``control`` holds, in the type of ``item``."""
    value = control.value
    if item.kind == "list" and not isinstance(value, tuple):
        return tuple(part.strip() for part in str(value).split(";") if part.strip())
    if item.kind == "float":
        return float(value)  # type: ignore[arg-type]
    return value


def write(control: Control, value: Any) -> None:
    """Let ``control`` show ``value`` without telling anyone."""
    if isinstance(control, TextField):
        parts = value if isinstance(value, (tuple, list)) else [value]
        control.set_value("; ".join(str(part) for part in parts if part is not None))
    elif value is not None:
        control.set_value(value)


def holds(condition: str, value_of: Callable[[str], Any]) -> bool:
    """Whether the condition of a setting (``field``, ``field=value``, ``field=one|other``) holds
    where fields have the values that ``value_of`` gives.
    """
    name, _, wanted = condition.partition("=")
    value = value_of(name)
    return str(value) in wanted.split("|") if wanted else bool(value)
