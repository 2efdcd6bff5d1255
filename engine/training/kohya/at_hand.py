"""What a file of kohya's says about the PC it was made on, said about this one: pictures, model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

from engine.runtime.files import exists
from engine.training.kohya.arguments import Arguments, Said
from engine.training.reasons import Reason

_PICTURES = Reason("The pictures of this project are trained.")
_FOLDERS = ("reg_data_dir", "dataset_config", "in_json")


def train_project(arguments: Arguments, project: str) -> None:
    """Train the pictures of ``project`` in place of the folders of the file."""
    for name in _FOLDERS:
        if name in arguments:
            arguments.idle(arguments.named(name), _PICTURES)
    if "output_dir" in arguments:
        why = Reason("The run gets its own folder in this project.")
        arguments.idle(arguments.named("output_dir"), why)
    said = arguments.pop("train_data_dir") or Said("", "", "project", None, present=False)
    arguments.say(dataclasses.replace(said, name="project", value=project, why=_PICTURES))


def use_model_at_hand(arguments: Arguments, models: Mapping[str, str]) -> None:
    """Name the base model as it lies here. ``models`` are the references of those at hand by the
    names that lists call them; where none is meant, the file leaves the choice as it is.
    """
    said = arguments.pop("pretrained_model_name_or_path")
    if said is None or not said.value:
        return
    text = str(said.value)
    ref = _among(text, models)
    if text in models.values() or (ref is None and exists(Path(text))):
        arguments.say(said)
    elif ref is not None:
        why = Reason("The model of this name among yours.")
        arguments.say(dataclasses.replace(said, value=ref, why=why))
    else:
        arguments.idle(said, _no_such(arguments))


def _among(text: str, models: Mapping[str, str]) -> str | None:
    """The reference of the model that ``text``, a path of any system or a name, means."""
    path = PureWindowsPath(text)  # takes slashes of both kinds
    wanted = {path.name.casefold(), path.stem.casefold()}
    for name, ref in models.items():
        if {name.casefold(), PureWindowsPath(ref).name.casefold()} & wanted:
            return ref
    return None


def _no_such(arguments: Arguments) -> Reason:
    family = "SDXL" if arguments.value("sdxl") else "SD 2.x" if arguments.value("v2") else ""
    if family:
        return Reason("There is no such model here. Choose one for {family}.", family=family)
    return Reason("There is no such model here. Choose another.")
