"""Training jobs as TOML: flat or with sections, kohya's names or ours."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from engine.runtime.errors import BadInputError
from engine.runtime.files import write_text
from engine.runtime.parsing import load_table
from engine.runtime.schema import settings_of, validated
from engine.training.config import TrainRequest
from engine.training.prompts import prompt_lines, text_lines

_NAMES = {name: name for name in TrainRequest.model_fields} | {
    item.kohya: item.name for item in settings_of(TrainRequest) if item.kohya
}


def read_table(path: Path) -> dict[str, Any]:
    """The settings of a TOML job under our names, sections flattened by one level as kohya does.

    Raises MissingFileError, or BadInputError for malformed TOML and unknown settings.
    """
    table = load_table(path, "TOML", remedy="Check the name of the job file.")
    return _known(_flat(table), path.name)


def load_toml(path: Path, **overrides: Any) -> TrainRequest:
    """Read a training job; ``overrides`` win over the file. Raises like :func:`read_table`."""
    return validated(TrainRequest, read_table(path) | overrides, where=Path(path).name)


def dump_toml(request: TrainRequest, path: Path) -> None:
    """Write every setting of ``request`` by group, so that the file explains the whole run."""
    dump_values(request.model_dump(mode="json"), path)


def dump_values(values: Mapping[str, Any], path: Path) -> None:
    """Write settings by group that may not make a whole run yet."""
    groups: dict[str, dict[str, Any]] = {}
    for item in settings_of(TrainRequest):
        if item.name in values:
            groups.setdefault(_section(item.group), {})[item.name] = values[item.name]
    write_text(path, tomli_w.dumps(groups))


def _section(group: str) -> str:
    return group.lower().replace(" ", "_")


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat.update(value if isinstance(value, dict) else {key: value})
    return flat


def _known(values: dict[str, Any], where: str) -> dict[str, Any]:
    values = _converted(values)
    for key in values:
        if key not in _NAMES:
            near = difflib.get_close_matches(key, _NAMES, n=1)
            raise BadInputError(
                "{where}: {name} is not a setting of this version.",
                where=where,
                name=key,
                remedy="Did you mean {near}?" if near else "Remove that line.",
                near=near[0] if near else "",
            )
    return {_NAMES[key]: value for key, value in values.items()}


def _converted(values: dict[str, Any]) -> dict[str, Any]:
    """Kohya's other spellings: what the model predicts as a flag, prompts as a file."""
    values = dict(values)
    if isinstance(values.get("v_parameterization"), bool):
        velocity = values.pop("v_parameterization")
        values = {"prediction_type": "v_prediction" if velocity else "epsilon"} | values
    if isinstance(values.get("sample_prompts"), str):
        values["sample_prompts"] = _prompt_lines(values["sample_prompts"])
    return values


def _prompt_lines(text: str) -> list[str]:
    """Prompts from a file of that name, else from the lines of the text itself."""
    if "\n" not in text and text.lower().endswith((".txt", ".toml", ".json")):
        return prompt_lines(Path(text))
    return text_lines(text)
