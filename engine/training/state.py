"""What a run needs to go on exactly where it was: one file in a folder named as kohya names it.

All chance of a run is drawn by name (seed, epoch, number), so no generator is part of a state: the
place alone gives the next batch, its noise and its rate. The file is written whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.runtime.errors import BadInputError, ModelFileError
from engine.runtime.files import require_file
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest
from engine.training.pictures import TrainingPicture
from engine.training.route import Position
from engine.training.run_records import STATE_FILE
from engine.training.runs import Run
from engine.training.settings.samples import SampleSettings
from engine.training.settings.saving import SavingSettings
from engine.training.torch_file import write_torch

FORMAT = 1

# What may differ when a run goes on: how long it is, what it writes, and what changes no number.
FREE = frozenset(
    {
        *SavingSettings.model_fields,
        *SampleSettings.model_fields,
        "output_name",
        "output_dir",
        "project",
        "train_data_dir",
        "reg_data_dir",
        "base_model",  # told by what it holds, not by where it lies
        "max_train_epochs",
        "max_train_steps",
        "cache_latents",
        "cache_latents_to_disk",
        "cache_text_encoder_outputs",
        "cache_text_encoder_outputs_to_disk",
        "offload",
        "num_cpu_threads_per_process",
        "gradient_checkpointing",
        "validate_every_n_epochs",
        "validate_every_n_steps",
        "early_stop_patience",
        "network_weights",  # what it gave is in the state
    }
)


@dataclass(frozen=True)
class State:
    """A run between two updates.

    ``request`` are its settings, ``model`` the hash of its base model, ``pictures`` one of what it
    learns from. ``settled`` is False while saving and sampling at this place were not done yet.
    ``weights`` are the trained tensors in the network's order; ``optimizer``, ``scaler``,
    ``average`` (moving loss) and ``more`` (by name, such as ``ema``) are their owners' own.
    """

    request: dict[str, Any]
    model: str
    pictures: str
    position: Position
    settled: bool
    weights: list[Tensor]
    optimizer: dict[str, Any]
    scaler: dict[str, Any]
    average: dict[str, Any]
    more: dict[str, Any]


def write_state(folder: Path, state: State) -> Path:
    """Write ``state`` into ``folder``; StorageError leaves an older one there as it is."""
    content = {field.name: getattr(state, field.name) for field in fields(state)}
    content |= {"format": FORMAT, "position": asdict(state.position)}
    path = Path(folder) / STATE_FILE
    write_torch(path, content)
    return path


def find_state(place: Path) -> Path:
    """The state file that ``place`` means: a state's folder, its file, or a run with states.

    Raises MissingFileError, or BadInputError for a run that saved none.
    """
    place = Path(place)
    if (place / "run.json").is_file():
        states = Run(place).states()
        if not states:
            raise BadInputError(
                "The run {name} saved no state to go on from.",
                name=place.name,
                remedy="Continue from the weights of a checkpoint instead.",
            )
        place = states[-1].path
    return require_file(
        place if place.is_file() else place / STATE_FILE,
        remedy="Choose a folder that ends in -state, or the folder of a run.",
    )


def read_state(path: Path) -> State:
    """The state in the file ``path``. ModelFileError when it is damaged or from elsewhere."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        if found.pop("format") != FORMAT:
            raise ValueError("another format")
        state = State(**found | {"position": Position(**found["position"])})
        if not (isinstance(state.request, dict) and type(state.position.step) is int):
            raise ValueError("other contents")
        return state
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, EOFError,
            pickle.UnpicklingError) as error:  # fmt: skip
        raise ModelFileError(
            "The saved state {name} is damaged or was not written by this application.",
            name=path.parent.name,
            remedy="Choose an earlier state.",
        ) from error


def check_settings(state: State, request: TrainRequest) -> None:
    """Raise BadInputError for the first setting that changed and must not."""
    now = request.model_dump(mode="json")
    for item in settings_of(TrainRequest):
        before = state.request.get(item.name, now[item.name])
        if item.name not in FREE and before != now[item.name]:
            raise BadInputError(
                "The saved state belongs to another configuration: {label} ({name}) was {before} "
                "and is {now}.",
                label=item.label,
                name=item.name,
                before=_said(before),
                now=_said(now[item.name]),
                remedy="Set it back, or start anew without the state.",
            )


def check_model(state: State, sha256: str, name: str) -> None:
    """Raise BadInputError when the base model is not the one that was trained."""
    if state.model != sha256:
        raise BadInputError(
            "The saved state was trained on another base model than {name}.",
            name=name,
            remedy="Choose the base model that the run was started with.",
        )


def check_length(state: State, updates: int) -> None:
    """Raise BadInputError when nothing is left to learn."""
    if state.position.step >= updates and state.settled:
        raise BadInputError(
            "The saved state stands at step {step} of {total}, so nothing is left to learn.",
            step=state.position.step,
            total=updates,
            remedy="Raise the epochs or steps to the total you want.",
        )


def _said(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value or '""'


def fingerprint(pictures: Sequence[TrainingPicture], sizes: Sequence[int]) -> str:
    """A hash of what is learned, in order: files, captions, repeats and sizes, not their place; and
    of the ``sizes`` of batches, which several processes make larger.
    """
    rows = [
        (Path(one.name).name, one.folder, one.caption, one.repeats, one.bucket) for one in pictures
    ]
    return hashlib.sha256(json.dumps([rows, list(sizes)]).encode()).hexdigest()
