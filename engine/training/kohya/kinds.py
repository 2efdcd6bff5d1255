"""Which of the files that kohya's tools write a file is: its ending alone does not tell."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from engine.runtime.errors import BadInputError, StylekilnError
from engine.runtime.files import require_file
from engine.training.config import TrainRequest
from engine.training.jobfile import load_toml
from engine.training.kohya.header import SUFFIX
from engine.training.kohya.script import flat

Kind = Literal["settings", "job", "prompts", "dataset"]
# Settings by names that kohya has not: a file with them is a job of this app.
_OURS = ("base_model", "network_type", "project")


def kind_of(path: Path) -> Kind:
    """What ``path`` holds: settings of kohya's (a LoRA tells those it was trained with), a job of
    this app, sample prompts, or a dataset. A file that cannot be read counts as settings. Raises
    MissingFileError.
    """
    path = require_file(path)
    if path.suffix.lower() == ".txt":
        return "prompts"
    if path.suffix.lower() == SUFFIX:
        return "settings"
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError):
        return "settings"
    return "prompts" if isinstance(table, list) else _kind(table)


def _kind(table: Any) -> Kind:
    if not isinstance(table, Mapping):
        return "settings"
    if "datasets" in table or (table and all(map(_is_picture, table.values()))):
        return "dataset"
    if isinstance(table.get("prompt"), Mapping):
        return "prompts"
    return "job" if any(name in flat(table) for name in _OURS) else "settings"


def _is_picture(entry: Any) -> bool:
    """Whether an entry of a metadata file is about a picture."""
    return isinstance(entry, Mapping) and bool({"caption", "tags", "train_resolution"} & set(entry))


def job_of(path: Path, project: str) -> TrainRequest:
    """A job of this app, to be trained with the pictures of ``project``. Raises BadInputError."""
    own = {"train_data_dir": "", "reg_data_dir": "", "dataset_config": "", "in_json": ""}
    return load_toml(path, project=project, output_dir="", resume="", **own)


def refuse_dataset(path: Path) -> StylekilnError:
    """What is said of a file that describes pictures where settings are asked for."""
    return BadInputError(
        "{name} describes a dataset and holds no training settings.",
        name=path.name, remedy="Drop it on the Dataset page, which reads its pictures.",
    )  # fmt: skip
