"""What a run leaves on the disk: checkpoints and states, and no more of them than are wanted."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from engine.runtime.job import Job
from engine.training.cadence import Cadence, Kind, Save
from engine.training.checkpoints import CheckpointWriter
from engine.training.config import TrainRequest
from engine.training.metadata import Moment
from engine.training.patience import patiently
from engine.training.recorder import Recorder
from engine.training.route import Position
from engine.training.state import State, write_state
from engine.training.tools import Tools

AVERAGE = "-ema"  # the end of the name of an average that is saved beside the weights


@dataclass(frozen=True)
class CheckpointResult:
    """A checkpoint that was written; ``losses`` by name are the measured ones."""

    epoch: int
    step: int
    path: str
    loss: float
    losses: dict[str, float] = field(default_factory=dict)


class Keeper:
    """Writes the checkpoints and states of one run, and takes the oldest away.

    Where the disk is full it waits.
    """

    def __init__(
        self,
        request: TrainRequest,
        cadence: Cadence,
        writer: CheckpointWriter,
        tools: Tools,
        recorder: Recorder,
        job: Job,
    ) -> None:
        self._request, self._cadence, self._writer = request, cadence, writer
        self._tools, self._recorder, self._job = tools, recorder, job
        self._states = recorder.run.folder / "states"
        self._checkpoints = [
            CheckpointResult(found.epoch, found.step, str(found.path), found.loss)
            for found in recorder.run.checkpoints()
        ]

    @property
    def checkpoints(self) -> tuple[CheckpointResult, ...]:
        """What was written and is still there, oldest first."""
        return tuple(item for item in self._checkpoints if Path(item.path).is_file())

    @property
    def newest(self) -> int:
        """The step of the newest checkpoint; 0 before the first."""
        return max((item.step for item in self._checkpoints), default=0)

    @property
    def newest_state(self) -> int:
        """The step of the newest state; 0 before the first."""
        return max((state.step for state in self._recorder.run.states()), default=0)

    def keeps(self, step: int) -> bool:
        """Whether a checkpoint of ``step`` is there, and none of the oldest will be taken away."""
        request = self._request
        return self.newest == step and not (request.save_last_n_steps or request.save_last_n_epochs)

    def checkpoint(self, save: Save, at: Position, losses: dict[str, float]) -> Path:
        """Write one, and remove those of its kind that are too many; its file, not that of the
        average beside it.
        """
        stem = save.stem(self._request.output_name)
        both = self._tools.average is not None and self._request.save_ema == "both"
        if both:
            self._write(stem + AVERAGE, at, losses, averaged=True)
        path = self._write(stem, at, losses, averaged=not both)
        self._forget_checkpoints()
        return path

    def _write(self, stem: str, at: Position, losses: dict[str, float], *, averaged: bool) -> Path:
        with self._tools.shown(averaged=averaged):
            tensors = self._tools.network.tensors()
        moment = Moment(at.epoch, at.step, losses)
        path = patiently(self._job, lambda: self._writer.write(tensors, moment, stem))
        loss = self._recorder.average
        self._checkpoints = [item for item in self._checkpoints if item.path != str(path)]
        self._checkpoints.append(CheckpointResult(at.epoch, at.step, str(path), loss, losses))
        self._recorder.event(
            "train.checkpoint",
            epoch=at.epoch,
            step=at.step,
            path=str(path),
            bytes=path.stat().st_size,
            loss=loss,
            **losses,
        )
        return path

    def state(self, save: Save, state: State) -> None:
        """Write one, and remove those of its kind that are too many."""
        folder = self._states / f"{save.stem(self._request.output_name)}-state"
        path = patiently(self._job, lambda: write_state(folder, state))
        self._recorder.event(
            "train.state",
            epoch=state.position.epoch,
            step=state.position.step,
            path=str(folder),
            bytes=path.stat().st_size,
            passing=not self._cadence.keeps_state(save),
        )
        self._forget_states()

    def _forget_checkpoints(self) -> None:
        """Of each kind those that are too many. What the user asked for stays."""
        request, name = self._request, self._request.output_name
        limits: dict[Kind, int] = {
            "step": request.save_last_n_steps,
            "epoch": request.save_last_n_epochs,
        }
        for kind, kept in limits.items():
            mine = [
                Path(item.path)
                for item in self._checkpoints
                for own in (Save(kind, item.step if kind == "step" else item.epoch),)
                if Path(item.path).stem == own.stem(name) and self._cadence.regular(own)
            ]
            for path in mine[:-kept] if kept else ():
                path.unlink(missing_ok=True)
                path.with_stem(path.stem + AVERAGE).unlink(missing_ok=True)

    def _forget_states(self) -> None:
        request, states = self._request, self._recorder.run.states()
        steps: list[Path] = []
        epochs: list[Path] = []
        passing = [state.path for state in states[:-1] if state.passing]
        for state in states:
            if not state.passing:
                by_step = state.path.name.startswith(f"{request.output_name}-step")
                (steps if by_step else epochs).append(state.path)
        most_steps = request.save_last_n_steps_state or request.save_last_n_steps
        most_epochs = request.save_last_n_epochs_state or request.save_last_n_epochs
        for folder in (*passing, *_older(steps, most_steps), *_older(epochs, most_epochs)):
            shutil.rmtree(folder, ignore_errors=True)


def _older(folders: list[Path], kept: int) -> list[Path]:
    """All but the newest ``kept``; none where 0 keeps all."""
    return folders[:-kept] if kept else []
