"""One run from its first step to its last: learning, and what is due in between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.models.loading import LoadedModel
from engine.runtime.errors import (
    JobCancelled,
    MissingFileError,
    PictureError,
    StorageError,
    StylekilnError,
)
from engine.runtime.job import Job
from engine.training import controls
from engine.training.asides import Asides, due
from engine.training.cadence import Cadence, Save
from engine.training.checkpoints import CheckpointWriter
from engine.training.config import TrainRequest
from engine.training.held_out import HeldOut, Validation
from engine.training.metadata import Header
from engine.training.offload import Parking
from engine.training.pictures import PictureSet
from engine.training.previews import Previews
from engine.training.recorder import Recorder
from engine.training.route import Position, Route, Stretch
from engine.training.saving import CheckpointResult, Keeper
from engine.training.state import State, fingerprint
from engine.training.tools import Tools
from engine.training.update import Updater
from engine.training.watching import watch_of


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves. ``final_loss`` is the moving average at the end."""

    run: str
    checkpoints: tuple[CheckpointResult, ...]
    steps: int
    final_loss: float


class Trainer:
    """One run in the making."""

    def __init__(
        self,
        request: TrainRequest,
        job: Job,
        model: LoadedModel,
        tools: Tools,
        recorder: Recorder,
        pictures: PictureSet,
        route: Route,
        place: Parking,
    ) -> None:
        self.request, self.job, self.model = request, job, model
        self.tools, self.recorder, self.place = tools, recorder, place
        self.route, self.length, self.pictures = route, route.length, pictures
        self.update = Updater(request, tools, pictures, self.length.updates, recorder, job)
        measure = HeldOut(request, tools.learner, pictures)
        self.validation = Validation(request, measure, recorder, job)
        self.previews = Previews(request, model, recorder, job)
        self.cadence = Cadence(request, self.length)
        header = Header(
            request, model, pictures, self.length, tools.optimizer, processes=tools.crew.size
        )
        writer = CheckpointWriter(recorder.run.folder / "checkpoints", request, header)
        self.asides = Asides(
            job, recorder, due(request, self.length, measures=bool(pictures.held_out))
        )
        self.keeper = Keeper(request, self.cadence, writer, tools, recorder, job)
        self.watch = watch_of(request, model, recorder, job) if tools.crew.leads else None
        self._learned = fingerprint(pictures.training, route.shelf.sizes)
        self.at = Position()
        self.settled = True
        self._owes_samples = False

    def train(self) -> TrainResult:
        """Go the whole way. What a run that is stopped, or that fails, has learned since its newest
        checkpoint is kept as one more.
        """
        self._announce()
        try:
            self._go()
        except Exception as error:
            # Whatever it is, it goes on to the engine; what took hours to learn outlives it.
            self._keep_despite(error)
            raise
        return TrainResult(
            str(self.recorder.run.folder),
            self.keeper.checkpoints,
            self.at.step,
            self.recorder.average,
        )

    def _announce(self) -> None:
        self.recorder.event(
            "train.started",
            name=self.request.output_name,
            total_steps=self.length.updates,
            epochs=self.length.epochs,
            steps_per_epoch=self.length.updates_per_epoch,
            pictures=len(self.pictures.training),
            buckets=len(self.route.shelf.members),
            step=self.at.step,
        )
        self._progress()

    def _progress(self) -> None:
        self.job.progress(
            self.at.step,
            self.length.updates,
            "Train {name}",
            to_come=self.asides.to_come(self.at.step),
            name=self.request.output_name,
        )

    def _go(self) -> None:
        if self.at.step == 0:
            self._begin()
        elif not self.settled:
            self._settle(self.route.ended_at(self.at))
        stops = False
        for stretch in self.route.stretches(self.at):
            asked = self._asked()
            stops = stops or controls.STOP_AFTER_EPOCH in asked
            if controls.STOP_AND_SAVE in asked or (stops and stretch.first == 0):
                self._stop()
                return
            self._learn(stretch)

    def _begin(self) -> None:
        """What is looked at before the first step."""
        self._measure(Position(0, 0, 0))
        self._check(Position(0, 0, 0), None)
        if self.request.sample_at_first:
            self._draw(Position(0, 0, 0), by_epoch=True)

    def _learn(self, stretch: Stretch) -> None:
        if stretch.first == 0:
            self.recorder.new_epoch()
        made = self.update(stretch)
        self.at, self.settled = stretch.end, False
        self.recorder.step(
            self.at.step, self.at.epoch, made.loss, made.rates, made.grad_norm, made.facts
        )
        self._progress()
        self._settle(stretch)

    def _settle(self, stretch: Stretch) -> None:
        """Measure, save and sample, where the time has come; the state is the last, so that a run
        that is cut off meanwhile does it again.
        """
        at, saves = stretch.end, self.cadence.saves(stretch)
        losses: dict[str, float] = {}
        with_measures = any(save.kind != "step" for save in saves)
        if with_measures or self.cadence.measures(stretch):
            losses = self._measure(at)
        for save in saves:
            with self.asides.of("save"):
                path = self.keeper.checkpoint(save, at, losses)
        if saves:
            self._check(at, path)
        if self.cadence.samples(stretch) or self._owes_samples:
            self._owes_samples = False
            self._draw(at, by_epoch=stretch.ends_epoch)
        self.settled = True
        if self.cadence.state(saves):
            with self.job.aside():
                self.keeper.state(saves[-1], self.state())

    def _measure(self, at: Position) -> dict[str, float]:
        with self.asides.of("held_out"), self.tools.shown():
            try:
                return self.validation.look(at.epoch, at.step)
            except (PictureError, MissingFileError) as error:
                # A held-out picture went away: that is no reason to stop learning.
                self.recorder.warn(error)
                return {}

    def _check(self, at: Position, checkpoint: Path | None) -> None:
        """Look for over-fitting in what ``checkpoint``, the newest file, draws; without one in what
        the base model does. That is no reason to stop learning either.
        """
        if self.watch is None:
            return
        with self.asides.of("check"):
            with self.tools.shown():
                try:
                    self.watch.look(at, checkpoint)
                except (JobCancelled, StorageError):
                    raise
                except StylekilnError as error:
                    self.recorder.warn(error)
            self.place.settle()

    def _draw(self, at: Position, *, by_epoch: bool) -> None:
        with self.asides.of("samples"):
            with self.tools.shown():
                self.previews.draw(at.epoch, at.step, by_epoch=by_epoch)
            self.place.settle()

    # What the user asks for meanwhile

    def _asked(self) -> set[str]:
        """Hold while the run is paused, and do what was asked for."""
        found: set[str] = set()
        self.job.breathe()
        while asked := self.job.asked():
            for wish in asked:
                if wish == controls.SAVE_NOW:
                    self._save_now()
                elif wish == controls.SAMPLE_NOW:
                    self._sample_now()
                found.add(wish)
            if controls.STOP_AND_SAVE in found:
                break
            self.job.breathe()
        return found

    def _sample_now(self) -> None:
        """Those of the start are there already: who asked while it got ready gets the next ones."""
        if self.at.step == 0 and self.request.sample_at_first:
            self._owes_samples = True
        else:
            self._draw(self.at, by_epoch=False)

    def _save_now(self) -> None:
        with self.job.aside():
            self._write(checkpoint=not self.keeper.keeps(self.at.step))

    def _stop(self) -> None:
        self.recorder.status = "cancelled"
        self._keep()

    def _keep_despite(self, error: Exception) -> None:
        """:meth:`_keep`; ``error`` is the one that is told, also where this fails too."""
        try:
            # One that nobody foresaw may come from within a step: no state could be exact then.
            self._keep(state=isinstance(error, StylekilnError))
        except JobCancelled:
            raise  # it waited for room on the disk
        except Exception as another:
            raise error from another

    def _keep(self, *, state: bool = True) -> None:
        """Save what was learned since the newest checkpoint, unless it is no numbers."""
        fine = all(bool(torch.isfinite(one).all()) for one in self.tools.network.parameters)
        if fine:
            self._write(checkpoint=self.at.step > self.keeper.newest, state=state)

    def _write(self, *, checkpoint: bool, state: bool = True) -> None:
        """What the run is now, as a ``checkpoint`` and as a ``state``, which is written once."""
        save = Save("step", self.at.step)
        if checkpoint:
            self.keeper.checkpoint(save, self.at, self.validation.known(self.at.step))
        if state and self.at.step > self.keeper.newest_state:
            self.keeper.state(save, self.state())

    # Where the run is

    def state(self) -> State:
        """Everything that is needed to go on from here."""
        return State(
            request=self.request.model_dump(mode="json"),
            model=self.model.sha256,
            pictures=self._learned,
            position=self.at,
            settled=self.settled,
            average=self.recorder.state(),
            **self.tools.state(),
        )

    def restore(self, state: State) -> None:
        """Stand where ``state`` was taken. ModelFileError when it has other layers."""
        self.tools.restore(state)
        self.recorder.restore(state.average)
        self.at, self.settled = state.position, state.settled
