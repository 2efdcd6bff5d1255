"""All settings of a run in the header of its files, beside what kohya's scripts write there: so
that they return as they were, also those that no key of kohya's tells.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.models.inspect import inspect
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest
from engine.training.kohya.header_keys import UNTOLD
from engine.training.kohya.report import Line
from engine.training.reasons import Reason

KEY = "stylekiln.settings"
# What a run is made of and where it lies here.
_OF_RUN = frozenset({"project", "categories", "output_dir", "resume", "base_model", "logging_dir"})
_PLACES = frozenset({
    "train_data_dir", "dataset_config", "in_json", "base_weights",
    *(item.name for item in settings_of(TrainRequest) if item.path),
    "sample_prompts",  # what an artist tries out is nobody else's business either
}) - _OF_RUN  # fmt: skip
_AS_SET = Reason("This app also keeps what was set, in {key}.", key=KEY)


def own_text(request: TrainRequest) -> str:
    """The settings as JSON. Folders and files of this computer are nobody else's business."""
    values = request.model_dump(mode="json")
    told = {n: v for n, v in values.items() if n not in _OF_RUN and not (v and n in _PLACES)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def own_settings(path: Path) -> dict[str, Any]:
    """What :func:`own_text` wrote into the file ``path``; nothing where it did not."""
    try:
        found = json.loads(inspect(path).metadata.get(KEY, "{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    known = TrainRequest.model_fields.keys() - _OF_RUN
    # Nor is a place taken from others: already to look for one may reach into a network.
    return {n: v for n, v in found.items() if n in known and not (v and n in _PLACES)}


def as_set(lines: list[Line], own: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Line]:
    """``lines`` with the values of ``own`` settings, and a line for each other of them. ``names``
    are the settings by what kohya calls them.
    """
    rest = dict(own)
    yield from _not_said(lines, own, names)
    for line in lines:
        if line.why is UNTOLD and names.get(line.key) in own:
            continue
        if line.key == "ss_num_epochs" and own.get("max_train_epochs"):
            epochs = {"max_train_epochs": rest.pop("max_train_epochs", 0)}
            line = dataclasses.replace(line, status="used", settings=epochs, why=None)
        mine = {name: own[name] for name in line.settings if name in own}
        for name in mine:
            rest.pop(name, None)
        if any(line.settings[name] != value for name, value in mine.items()):
            settings = {**line.settings, **mine}
            line = dataclasses.replace(line, status="converted", settings=settings, why=_AS_SET)
        yield line
    usual = TrainRequest.model_construct().model_dump(mode="json")
    for name, value in rest.items():
        if value != usual[name]:
            yield Line(f"{KEY}: {name}", value, "used", {name: value})


def _not_said(
    lines: list[Line], own: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[Line]:
    """A line for each setting that ``own`` leaves out: it named a place, or had no name yet."""
    seen = {names.get(line.key) for line in lines} | {n for line in lines for n in line.settings}
    for name in TrainRequest.model_fields:
        if name not in own and name not in seen and name not in _OF_RUN:
            yield Line(name, None, "unknown", why=UNTOLD, present=False)
