"""One schema, many faces: settings declared once as pydantic fields.

A setting carries its label, help, unit, group, level, kohya name and condition beside its type,
range and default. The window's form, the command line, files and the user guide read them here.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo

from engine.runtime.refusals import RefusedError, refusals

Level = Literal["simple", "advanced", "hidden"]
Place = Literal["", "file", "folder"]
M = TypeVar("M", bound=BaseModel)


def setting(
    default: Any,
    *,
    label: str,
    help: str,
    group: str = "",
    level: Level = "advanced",
    unit: str = "",
    kohya: str = "",
    when: str = "",
    step: float | None = None,
    path: Place = "",
    **constraints: Any,
) -> Any:
    """Declare one setting of a schema.

    ``label`` and ``help`` are English translation keys. ``when`` names another field (or
    ``field=value``, ``field=one|other``) that must be set for this one to have an effect. ``kohya``
    is the name kohya's scripts give it. ``path`` says that a text names a file or a folder.
    ``constraints`` are pydantic's (``ge``, ``le``, ``gt``, ``min_length`` …). Pass ``...`` as
    ``default`` for a required field.
    """
    extra: dict[str, Any] = {
        "group": group,
        "level": level,
        "unit": unit,
        "kohya": kohya,
        "when": when,
        "step": step,
        "path": path,
    }
    return Field(default, title=label, description=help, json_schema_extra=extra, **constraints)


@dataclass(frozen=True)
class Setting:
    """A setting as the faces see it. ``minimum``/``maximum`` are inclusive or None."""

    name: str
    label: str
    help: str
    group: str
    level: Level
    unit: str
    kohya: str
    when: str
    kind: Literal["bool", "int", "float", "choice", "text", "list"]
    choices: tuple[str, ...]
    default: Any
    required: bool
    minimum: float | None
    maximum: float | None
    step: float | None
    path: Place


def settings_of(model: type[BaseModel]) -> list[Setting]:
    """All settings of ``model`` that were declared with :func:`setting`, in order."""
    return [
        _describe(name, info)
        for name, info in model.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and "level" in info.json_schema_extra
    ]


def _describe(name: str, info: FieldInfo) -> Setting:
    extra: dict[str, Any] = info.json_schema_extra  # type: ignore[assignment]
    kind, choices = _kind(info.annotation)
    bounds = {
        key: getattr(m, key)
        for m in info.metadata
        for key in ("ge", "gt", "le", "lt")
        if getattr(m, key, None) is not None
    }
    return Setting(
        name=name,
        label=info.title or name,
        help=info.description or "",
        group=extra["group"],
        level=extra["level"],
        unit=extra["unit"],
        kohya=extra["kohya"],
        when=extra["when"],
        kind=kind,
        choices=choices,
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        required=info.is_required(),
        minimum=bounds.get("ge", bounds.get("gt")),
        maximum=bounds.get("le", bounds.get("lt")),
        step=extra["step"],
        path=extra["path"],
    )


def _kind(annotation: Any) -> tuple[Any, tuple[str, ...]]:
    options = [a for a in get_args(annotation) if a is not type(None)]
    if get_origin(annotation) is Literal:
        return "choice", tuple(str(a) for a in get_args(annotation))
    if get_origin(annotation) in (tuple, list):
        return "list", ()
    if type(None) in get_args(annotation) and len(options) == 1:
        return _kind(options[0])
    simple = {bool: "bool", int: "int", float: "float"}
    return simple.get(annotation, "text"), ()


def add_arguments(
    parser: argparse.ArgumentParser, model: type[BaseModel], *, skip: Collection[str] = ()
) -> None:
    """Give ``parser`` one ``--field-name`` option per setting of ``model`` not in ``skip``."""
    for item in settings_of(model):
        if item.name in skip:
            continue
        flag = "--" + item.name.replace("_", "-")
        help_text = item.help.replace("%", "%%")
        if item.kind == "bool":
            parser.add_argument(
                flag,
                action=argparse.BooleanOptionalAction,
                default=None,
                dest=item.name,
                help=help_text,
            )
        elif item.kind == "list":
            parser.add_argument(flag, action="append", default=None, dest=item.name, help=help_text)
        else:
            parser.add_argument(
                flag, default=None, dest=item.name, help=help_text, choices=item.choices or None
            )


def given_arguments(namespace: argparse.Namespace, model: type[BaseModel]) -> dict[str, Any]:
    """The settings of ``model`` that the user gave on the command line."""
    values = {item.name: getattr(namespace, item.name, None) for item in settings_of(model)}
    return {key: value for key, value in values.items() if value is not None}


def validated(model: type[M], values: dict[str, Any], where: str = "") -> M:
    """Build ``model`` from ``values``; raise RefusedError, which says all that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RefusedError(refusals(error), where) from error
