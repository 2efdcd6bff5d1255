"""The form of a grid that was not drawn yet, as a record to keep: what is read is not trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.kept_run import fitting
from app.validation.choices import FILES
from engine.runtime.errors import BadInputError
from engine.runtime.schema import settings_of
from engine.sampling.request import ImageRequest
from engine.validation.axes import axis_setting
from engine.validation.sides import Sides

if TYPE_CHECKING:
    from app.validation.setup import GridSetup

FILE_NAME = "next-grid.json"
_ELSEWHERE = ("model", "prompt", "count", "output_dir", "file_name", "file_format")
"""Settings that the form has in other places, or not at all."""


def record_of(setup: GridSetup) -> dict[str, Any]:
    """What is asked for; nothing of what was drawn already."""
    if setup.is_sent or not setup.available:
        return {}
    return {
        "source": setup.source,
        "files": list(setup.files),
        "model": setup.chosen_model,
        "trigger": setup.own_trigger,
        "base_row": setup.base_row,
        "axes": [[draft.setting, draft.text] for draft in setup.axes],
        "sides": setup.axes.chosen.model_dump(mode="json"),
        "image": {
            one.name: setup.shared[one.name]
            for one in settings_of(ImageRequest)
            if one.name not in _ELSEWHERE
        },
        "prompts": list(setup.prompts.chosen),
    }


def recall(setup: GridSetup, record: Mapping[str, Any]) -> None:
    """Ask for it again; of a record that is damaged, or of another version, what fits. A run that
    is gone is not chosen, and its checkpoints are not asked for.
    """
    source, files = record.get("source"), _texts(record.get("files"))
    if source == FILES and files:
        setup.choose_files(files)
    elif source in [run.folder for run in setup.runs]:
        setup.choose(str(source))
    else:
        return
    if isinstance(record.get("model"), str):
        setup.choose_model(record["model"])
    if isinstance(record.get("trigger"), str):
        setup.set_trigger(record["trigger"])
    if isinstance(record.get("base_row"), bool):
        setup.set_base_row(record["base_row"])
    _recall_axes(setup, record)
    image = record.get("image")
    if isinstance(image, Mapping):
        setup.change_image(**fitting(image, ImageRequest, _ELSEWHERE))
    prompts = _texts(record.get("prompts"))
    if prompts:
        setup.prompts.use_only(prompts)


def _recall_axes(setup: GridSetup, record: Mapping[str, Any]) -> None:
    axes = _axes(record.get("axes"))
    if not axes:
        return
    for name in setup.axes.names():
        setup.remove_axis(name)
    for name, text in axes.items():
        setup.type(name, text)
    try:
        sides = Sides.model_validate(record.get("sides"))
    except (ValidationError, RecursionError):
        return
    if set(sides.names()) <= {*axes, "prompt"} and len({*sides.names()}) == len(sides.names()):
        setup.axes.chosen = sides
        setup.tell()


def _axes(said: object) -> dict[str, str]:
    """Text by setting, of those that can be an axis."""
    pairs = said if isinstance(said, list) else []
    return {
        pair[0]: pair[1]
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)
        if _can_vary(pair[0]) and "\0" not in pair[1]
    }


def _can_vary(setting: str) -> bool:
    try:
        axis_setting(setting)
    except BadInputError:
        return False
    return setting != "prompt"


def _texts(said: object) -> list[str]:
    """The texts of a list; one that no path or prompt can hold is left out."""
    found = said if isinstance(said, list) else []
    return [one for one in found if isinstance(one, str) and one and "\0" not in one]
