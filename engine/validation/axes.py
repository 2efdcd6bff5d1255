"""The axes of a grid: which settings can vary, the values along one, and how they are typed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from engine.imaging.decode import PICTURE_SUFFIXES
from engine.runtime.errors import BadInputError, fill
from engine.runtime.files import exists, require_folder
from engine.runtime.refusals import refusals, short
from engine.runtime.schema import Setting, settings_of
from engine.sampling.request import ImageRequest
from engine.validation.axis_schema import GridSettings
from engine.validation.values import parse_floats, parse_integers, split_names, split_values

Value = bool | int | float | str | tuple[str, str]
"""A value along an axis; a pair is a text that is searched for and what stands in its place."""
Kind = Literal[
    "model", "lora", "picture", "int", "float", "choice", "switch", "text", "replace", "size"
]
FILES: frozenset[Kind] = frozenset({"model", "lora", "picture"})
"""Kinds whose values are paths."""

# Of the settings of a picture these change nothing that can be seen in it, or are other axes.
_NO_AXIS = {"count", "batch_size", "output_dir", "file_name", "file_format", "wildcards"}
_KINDS: Mapping[str, Kind] = {
    "model": "model",
    "checkpoint": "lora",
    "second_checkpoint": "lora",
    "init_image": "picture",
    "mask": "picture",
    "replace": "replace",
    "second_replace": "replace",
    "size": "size",
}
_FIRST = ("checkpoint", "weight", "prompt", "seed", "model")
_SIZE = re.compile(r"(\d+)\s*[xX×*]\s*(\d+)")
_SWITCH = {
    **dict.fromkeys(("on", "true", "yes", "with", "1", "开"), True),
    **dict.fromkeys(("off", "false", "no", "without", "0", "关"), False),
}


class AxisError(BadInputError):
    """A value that an axis cannot take; the sentence begins with the name of the axis."""

    def __init__(self, setting: str, *, sentence: str, remedy: str = "", **facts: object) -> None:
        known = _catalogue().get(setting)
        self.setting = setting
        self._label = known.label if known is not None else short(setting)
        self._problem = sentence
        texts = {key: str(value) for key, value in facts.items()}
        super().__init__(
            "{axis}: {problem}",
            remedy=remedy,
            **texts | {"axis": self._label, "problem": fill(sentence, texts)},
        )

    def facts_in(self, translate: Callable[..., str]) -> Mapping[str, str]:
        """The facts, with the axis and what is wrong in the words of ``translate``."""
        others = {key: value for key, value in self.facts.items() if key != "problem"}
        return {
            **self.facts,
            "axis": translate(self._label),
            "problem": translate(self._problem, **others),
        }


@dataclass(frozen=True)
class AxisSetting:
    """A setting that can be an axis, and what its values are."""

    setting: Setting
    kind: Kind

    @property
    def name(self) -> str:
        """As in requests and files."""
        return self.setting.name

    @property
    def label(self) -> str:
        """A translation key."""
        return self.setting.label

    @property
    def help(self) -> str:
        """A translation key."""
        return self.setting.help

    @property
    def choices(self) -> tuple[str, ...]:
        """The names to choose from; empty where anything can be typed."""
        return self.setting.choices


def axis_settings() -> tuple[AxisSetting, ...]:
    """All settings that a grid can vary, the four most common ones first."""
    return tuple(_catalogue().values())


def axis_setting(name: str) -> AxisSetting:
    """The setting called ``name``; BadInputError when nothing of that name can be an axis."""
    found = _catalogue().get(name)
    if found is None:
        raise BadInputError(
            "{name} cannot be an axis of a grid.",
            name=short(name),
            remedy="Use one of these: {names}.",
            names=", ".join(_catalogue()),
        )
    return found


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, AxisSetting]:
    declared = [*settings_of(GridSettings), *settings_of(ImageRequest)]
    found = {
        item.name: AxisSetting(item, _kind(item)) for item in declared if item.name not in _NO_AXIS
    }
    names = sorted(found, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    return {name: found[name] for name in names}


def _kind(item: Setting) -> Kind:
    plain: dict[str, Kind] = {"bool": "switch", "int": "int", "float": "float", "choice": "choice"}
    return _KINDS.get(item.name) or plain.get(item.kind, "text")


class Axis(BaseModel):
    """A setting and the values it takes, each once, in the order they are shown.

    ``values`` may be given as typed text (:func:`read_values`). Raises AxisError for a value that
    the setting cannot take, BadInputError for a setting that cannot be an axis.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    setting: str
    values: tuple[Value, ...]

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("setting"), str):
            return given
        found, values = axis_setting(given["setting"]), given.get("values")
        if isinstance(values, str):
            with _about(found):
                return {**given, "values": _checked(found, _typed(found, values))}
        if not isinstance(values, Sequence):
            raise AxisError(found.name, sentence="Must be a list.")
        return {**given, "values": _checked(found, values)}

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return axis_setting(self.setting).kind


def read_values(setting: str, text: str) -> tuple[Value, ...]:
    """The values typed as ``text`` for ``setting``; see :mod:`engine.validation.values`.

    Prompts and negative prompts stand one in a line, other texts with commas between them and in
    quotes where they hold one themselves. A folder among start pictures stands for its pictures.
    AxisError says what is not understood.
    """
    found = axis_setting(setting)
    with _about(found):
        return expanded(found.kind, _checked(found, _typed(found, text)))


def expanded(kind: Kind, values: Iterable[Value]) -> tuple[Value, ...]:
    """``values`` with the pictures of a folder in its place, by name. BadInputError for a folder
    without pictures.
    """
    if kind != "picture":
        return tuple(values)
    paths = (path for value in values for path in _pictures(str(value)))
    return tuple(dict.fromkeys(paths))


def _pictures(path: str) -> list[str]:
    folder = Path(path)
    if not path or not exists(folder) or not folder.is_dir():
        return [path]
    found = [
        str(file)
        for file in sorted(require_folder(folder).iterdir())
        if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file()
    ]
    if not found:
        raise BadInputError(
            "There are no pictures in {name}.", name=folder, remedy="Choose another folder."
        )
    return found


@contextlib.contextmanager
def _about(found: AxisSetting) -> Iterator[None]:
    """What is refused inside is told with the name of the axis."""
    try:
        yield
    except AxisError:
        raise
    except BadInputError as error:
        raise AxisError(
            found.name, sentence=error.sentence, remedy=error.remedy, **error.facts
        ) from error


def _typed(found: AxisSetting, text: str) -> Sequence[Value]:
    match found.kind:
        case "int":
            return parse_integers(text)
        case "float":
            return parse_floats(text)
        case "text":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "replace":
            words = split_values(text)
            return [(words[0], word) for word in words]
        case "choice" | "switch" | "size":
            return split_names(text)
        case _:
            return split_values(text)


def _checked(found: AxisSetting, values: Sequence[Any]) -> tuple[Value, ...]:
    """``values`` as the setting has them, each once."""
    if not values:
        raise AxisError(found.name, sentence="Name at least one value.")
    return tuple(dict.fromkeys(_value(found, value) for value in values))


def _value(found: AxisSetting, value: Any) -> Value:
    match found.kind:
        case "choice":
            return _choice(found, value)
        case "switch":
            return _switch(found, value)
        case "size":
            return _size(found, value)
        case "replace":
            return _pair(found, value)
        case _:
            known = _valid(found, found.name, "" if value is None else value)
            return known + 0.0 if found.kind == "float" else known  # there is no minus zero


def _choice(found: AxisSetting, value: Any) -> Value:
    """By name, as it is written in settings or in infotexts: ``DPM++ 2M`` is ``dpmpp_2m``."""
    names = {_bare(name): name for name in found.choices}
    return _valid(found, found.name, names.get(_bare(str(value)), str(value)))


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower().replace("+", "p"))


def _switch(found: AxisSetting, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = _SWITCH.get(str(value).strip().lower())
    if known is None:
        raise AxisError(found.name, sentence="Write on, off, or both.")
    return known


def _size(found: AxisSetting, value: Any) -> str:
    match = _SIZE.fullmatch(str(value).strip())
    if match is None:
        raise AxisError(
            found.name,
            sentence="{value} is not a size.",
            value=short(str(value)),
            remedy="Write width and height, such as 512x768.",
        )
    width, height = (_valid(found, name, int(text)) for name, text in zip(
        ("width", "height"), match.groups(), strict=True
    ))  # fmt: skip
    return f"{width}x{height}"


def _pair(found: AxisSetting, value: Any) -> tuple[str, str]:
    pair = isinstance(value, (list, tuple)) and len(value) == 2
    if not pair or not all(isinstance(text, str) for text in value):
        raise AxisError(found.name, sentence="Name the text that is searched, and another for it.")
    if not value[0]:
        raise AxisError(found.name, sentence="The text that is searched for is empty.")
    return value[0], value[1]


def _valid(found: AxisSetting, field: str, value: Any) -> Any:
    """``value`` as the schema's ``field`` takes it."""
    if isinstance(value, bool) and found.kind in ("int", "float"):  # which pydantic takes for 1
        raise AxisError(found.name, sentence="Write a number.")
    try:
        return _adapter(field).validate_python(value)
    except ValidationError as error:
        refusal = refusals(error)[0]
        raise AxisError(found.name, sentence=refusal.sentence, **refusal.facts) from error


@lru_cache(maxsize=64)
def _adapter(field: str) -> TypeAdapter[Any]:
    """What checks one value: the field's own type and bounds."""
    fields = {**ImageRequest.model_fields, **GridSettings.model_fields}
    checked: Any = Annotated[fields[field].annotation, fields[field]]
    return TypeAdapter(checked)
