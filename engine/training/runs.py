"""The runs of a project: listing them, naming new ones, and going on with what was cut off."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.runtime.errors import StylekilnError
from engine.training.config import TrainRequest
from engine.training.run_folder import Run, Status
from engine.training.run_records import Checkpoint, SamplePicture, SavedState

__all__ = [
    "Checkpoint",
    "Resumable",
    "Run",
    "SamplePicture",
    "SavedState",
    "Status",
    "folder_of_run",
    "forget_passing",
    "list_runs",
    "new_run_folder",
    "rest_of",
    "resumable",
    "state_at",
]


def list_runs(folder: Path) -> list[Run]:
    """The runs in a project's ``runs`` folder, newest first."""
    if not Path(folder).is_dir():
        return []
    runs = [Run(path.parent) for path in Path(folder).glob("*/run.json")]
    return sorted(runs, key=lambda run: run.started, reverse=True)


def folder_of_run(path: Path) -> Path | None:
    """The folder of the run that the file ``path`` lies in, or None."""
    return next((folder for folder in path.parents if (folder / "run.json").is_file()), None)


@dataclass(frozen=True)
class Resumable:
    """A run that ended before its last step, and the newest state it can go on from."""

    run: Run
    state: SavedState

    def request(self) -> TrainRequest:
        """The request that lets it go on. Raises like :meth:`Run.request`."""
        values = self.run.request().model_dump() | {"resume": str(self.state.path)}
        return TrainRequest.model_validate(values)


def resumable(folder: Path) -> list[Resumable]:
    """The runs in a project's ``runs`` folder that can go on, newest first."""
    found = []
    for run in list_runs(folder):
        states = run.states() if run.status not in ("running", "finished") else []
        if states:
            found.append(Resumable(run, states[-1]))
    return found


def rest_of(request: TrainRequest) -> TrainRequest:
    """``request`` from the newest state on that a run of it saved before it was cut off."""
    folder = Path(request.project) / "runs" if request.project else Path(request.output_dir).parent
    for offer in resumable(folder):
        if offer.run.status == "interrupted":
            with suppress(StylekilnError):  # its settings cannot be read: it is of no use here
                rest = offer.request()
                if rest.model_copy(update={"resume": request.resume}) == request:
                    return rest
    return request


def state_at(place: Path) -> SavedState | None:
    """The state that ``place`` means, a run, a state or its file, as its run tells of it; None
    where none does.
    """
    if (place / "run.json").is_file():
        return next(reversed(Run(place).states()), None)
    folder = place.parent if place.is_file() else place
    states = Run(folder.parent.parent).states()
    return next((state for state in states if state.path == folder), None)


def forget_passing(run: Run) -> None:
    """Remove the states of ``run`` that were kept only until it has ended well."""
    for state in run.states():
        if state.passing:
            shutil.rmtree(state.path, ignore_errors=True)
    with suppress(OSError):  # it holds states that were wanted, or is not there
        (run.folder / "states").rmdir()


def new_run_folder(runs: Path, name: str) -> Path:
    """``<runs>/<date>-<name>``; :meth:`Run.create` adds a number when it is taken."""
    return Path(runs) / f"{datetime.now():%Y-%m-%d}-{name}"
