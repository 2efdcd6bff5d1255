"""Presets: settings for a purpose, ours in ``resources/presets`` and the user's in the data folder.

A preset is a TOML file with ``name``, ``help`` and a table ``settings`` by our names. What it does
not say stays as it is when it is applied. It never holds folders, models or names of a run.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from engine.project.settings import data_dir
from engine.runtime.errors import BadInputError, StylekilnError
from engine.runtime.files import require_file, storage_errors, write_text
from engine.runtime.parsing import refuse_large
from engine.runtime.refusals import RefusedError
from engine.runtime.resources import resource
from engine.training.config import TrainRequest
from engine.training.kohya.reading import read_kohya, unreadable

# Settings of one run on one PC.
PERSONAL = frozenset({
    "output_name", "base_model", "prediction_type", "project", "categories", "train_data_dir",
    "reg_data_dir", "dataset_config", "in_json", "output_dir", "conditioning_data_dir",
    "trigger_word", "sample_prompts", "network_weights", "dim_from_weights", "base_weights",
    "base_weights_multiplier", "vae", "resume", "logging_dir", "training_comment",
})  # fmt: skip


@dataclass(frozen=True)
class Preset:
    """``name`` and ``help`` of ours are translation keys. ``values`` are settings by our names."""

    name: str
    help: str
    values: Mapping[str, Any]
    path: Path
    ours: bool

    def applied(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``values`` with those of the preset in place of what they say."""
        changes = dict(self.values)
        if changes.get("max_train_steps"):  # the epochs would win
            changes.setdefault("max_train_epochs", 0)
        return {**values, **changes}


def presets() -> list[Preset]:
    """Ours by file name, then the user's by name. Files that cannot be read are left out."""
    ours = [read_preset(path) for path in sorted(resource("presets").glob("*.toml"))]
    users = []
    for path in user_folder().glob("*.toml"):
        try:
            users.append(read_preset(path))
        except (StylekilnError, OSError):
            # Another version's, a damaged or a locked file must not hide the others.
            continue
    return ours + sorted(users, key=lambda preset: preset.name.casefold())


def user_folder() -> Path:
    """Where the user's presets lie."""
    return data_dir() / "presets"


def read_preset(path: Path) -> Preset:
    """A preset's file. BadInputError when it is none, or names settings that do not exist."""
    path = require_file(path)
    refuse_large(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        values = dict(table["settings"])
        name, text = str(table.get("name", path.stem)), str(table.get("help", ""))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInputError(
            "{name} is not a preset.", name=path.name, remedy="Choose another file."
        ) from error
    unknown = sorted(set(values) - set(TrainRequest.model_fields))
    if unknown:
        raise BadInputError(
            "{where}: {name} is not a setting of this version.",
            where=path.name, name=unknown[0], remedy="Remove that line.",
        )  # fmt: skip
    _refuse_strange(values, path.name)
    values = {key: value for key, value in values.items() if key not in PERSONAL}
    return Preset(name, text, values, path, path.parent == resource("presets"))


def _refuse_strange(values: Mapping[str, Any], where: str) -> None:
    """BadInputError for a value that no field of its setting could show; one out of its range is
    shown, and refused beside it.
    """
    strange = unreadable(values)
    if strange:
        raise RefusedError(tuple(strange.values()), where)


def save_preset(name: str, values: Mapping[str, Any], help: str = "") -> Preset:
    """Write the user's preset ``name``, in place of an older one. Of ``values`` it keeps what is
    not about one run. Raises StorageError.
    """
    known = TrainRequest.model_fields.keys() - PERSONAL
    kept = {key: value for key, value in values.items() if key in known}
    path = _path_of(name)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    table = {"name": name, "help": help, "settings": kept}
    write_text(path, tomli_w.dumps(table))
    return read_preset(path)


def rename_preset(preset: Preset, name: str) -> Preset:
    """Call a preset of the user's ``name``. BadInputError for one of ours, and for a name that
    another one has.
    """
    _refuse_ours(preset)
    wanted = _path_of(name)
    taken = {path.name.casefold() for path in user_folder().glob("*.toml")} - {
        preset.path.name.casefold()
    }
    if wanted.name.casefold() in taken:
        raise BadInputError(
            "There is a preset named {name} already.", name=name, remedy="Choose another name."
        )
    with storage_errors(preset.path):
        preset.path.rename(wanted)
    return save_preset(name, preset.values, preset.help)


def import_preset(path: Path) -> Preset:
    """Keep a form or script of kohya's as a preset of its name. Raises like ``read_kohya``."""
    imported = read_kohya(path, whole=False)
    values = {k: v for k, v in imported.values.items() if k not in imported.unreadable}
    return save_preset(path.stem, values)


def delete_preset(preset: Preset) -> None:
    """Remove a preset of the user's. BadInputError for one of ours, which ship with the app."""
    _refuse_ours(preset)
    with storage_errors(preset.path):
        preset.path.unlink(missing_ok=True)


def _refuse_ours(preset: Preset) -> None:
    if preset.ours:
        raise BadInputError(
            "{name} ships with the app and stays.", name=preset.name, remedy="Save one of your own."
        )


def _path_of(name: str) -> Path:
    """The file of the user's preset ``name``."""
    text = re.sub(r'[/\\:*?"<>|\x00-\x1f]', "", name).strip(". ")
    if not text:
        raise BadInputError(
            "A preset needs a name with letters or digits.", remedy="Choose another name."
        )
    return user_folder() / f"{text[:100]}.toml"
