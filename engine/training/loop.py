"""The training loop: from a :class:`TrainRequest` to a run folder of checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.models.loading import LoadedModel
from engine.runtime.errors import JobCancelled, TrainingError
from engine.runtime.job import Job
from engine.training import controls, optimizers
from engine.training.base_model import load_base
from engine.training.caches import prepare
from engine.training.cadence import Cadence, Save
from engine.training.checkpoints import CheckpointWriter
from engine.training.checks import check
from engine.training.config import TrainRequest
from engine.training.distributed import Crew, crew
from engine.training.economy import economical
from engine.training.held_out import HeldOut, Validation
from engine.training.metadata import Header
from engine.training.network import Network, adapted
from engine.training.offload import Parking, parking
from engine.training.pictures import (
    PictureSet,
    Sources,
    bucket_spec,
    find_sources,
    open_pictures,
)
from engine.training.previews import Previews
from engine.training.recorder import Recorder, recording
from engine.training.resume import Resumed, resumed
from engine.training.route import Position, Route, Stretch, route_of
from engine.training.run_pictures import note_pictures
from engine.training.runs import Run, new_run_folder
from engine.training.saving import CheckpointResult, Keeper
from engine.training.state import State, fingerprint
from engine.training.tensorboard import board_of
from engine.training.tools import Tools
from engine.training.update import Updater


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves. ``final_loss`` is the moving average at the end."""

    run: str
    checkpoints: tuple[CheckpointResult, ...]
    steps: int
    final_loss: float


def run(request: TrainRequest, job: Job) -> TrainResult:
    """Train. Raises TrainingError, BadInputError, MissingFileError, StorageError or JobCancelled;
    checkpoints that were finished before stay usable.

    A full disk does not end a run that has begun: it pauses until it is let go on.
    """
    with crew() as members:
        return _run(request, job, members)


def _run(request: TrainRequest, job: Job, members: Crew) -> TrainResult:
    job.progress(0, 0, "Reading the dataset")
    before = resumed(request)
    sources = find_sources(request)
    job.progress(0, 0, "Loading the model")
    model = load_base(request)
    check(request, model)
    pictures = open_pictures(sources, bucket_spec(request, model.native_size), job)
    route = route_of(request, pictures, members.size)
    if before is not None:
        before.check(model, route.length.updates)
    with ExitStack() as stack:
        folder = stack.enter_context(members.folder(_run_folder(request, sources)))
        started = before.reopen(request) if before is not None and members.leads else None
        recorder = stack.enter_context(recording(started or Run.create(folder, request), job))
        recorder.board = board_of(request, recorder.run.folder)
        network = stack.enter_context(adapted(model, request))
        stack.enter_context(economical(model, request, network.parameters))
        place = stack.enter_context(parking(model, enabled=request.offload))
        for sentence in _warnings(request, model, network, pictures, route, before):
            recorder.event("train.warning", text=sentence)
        note_pictures(recorder.run, (picture.sample.path for picture in pictures.training))
        inputs = prepare(request, model, pictures, place, job, members)
        tools = Tools.of(request, model, network, inputs, members)
        trainer = Trainer(request, job, model, tools, recorder, pictures, route, place)
        if before is not None:
            trainer.restore(before.state)
        return trainer.train()


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
        self.keeper = Keeper(request, self.cadence, writer, tools, recorder, job)
        self.at = Position()
        self.settled = True

    def train(self) -> TrainResult:
        """Go the whole way. What a run that is stopped, or that fails, has learned since its newest
        checkpoint is kept as one more.
        """
        self._announce()
        try:
            self._go()
        except (JobCancelled, TrainingError):
            self._keep(state=self.request.save_state)
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
            self.at.step, self.length.updates, "Train {name}", name=self.request.output_name
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
        with self.tools.shown():
            self.validation.look(0, 0)
            if self.request.sample_at_first:
                self.previews.draw(0, 0)
        self.place.settle()

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
        if with_measures or self.validation.due(at.epoch, at.step, ends_epoch=stretch.ends_epoch):
            with self.tools.shown():
                losses = self.validation.look(at.epoch, at.step)
        for save in saves:
            self.keeper.checkpoint(save, at, losses)
        if self.cadence.samples(stretch):
            self._draw(by_epoch=stretch.ends_epoch)
        self.settled = True
        if self.cadence.state(saves):
            self.keeper.state(saves[-1], self.state())

    def _draw(self, *, by_epoch: bool) -> None:
        with self.tools.shown():
            self.previews.draw(self.at.epoch, self.at.step, by_epoch=by_epoch)
        self.place.settle()

    # What the user asks for meanwhile

    def _asked(self) -> set[str]:
        """Hold while the run is paused, and do what was asked for."""
        found: set[str] = set()
        self.job.breathe()
        while asked := self.job.asked():
            for wish in asked:
                if wish == controls.SAVE_NOW:
                    self._save_now(state=self.request.save_state)
                elif wish == controls.SAMPLE_NOW:
                    self._draw(by_epoch=False)
                found.add(wish)
            if controls.STOP_AND_SAVE in found:
                break
            self.job.breathe()
        return found

    def _save_now(self, *, state: bool) -> None:
        save = Save("step", self.at.step)
        self.keeper.checkpoint(save, self.at, {})
        if state:
            self.keeper.state(save, self.state())

    def _stop(self) -> None:
        self.recorder.status = "cancelled"
        self._keep(state=True)

    def _keep(self, *, state: bool) -> None:
        """Save what was learned since the newest checkpoint, unless it is no numbers."""
        fine = all(bool(torch.isfinite(one).all()) for one in self.tools.network.parameters)
        save = Save("step", self.at.step)
        if fine and self.at.step > self.keeper.newest:
            self.keeper.checkpoint(save, self.at, {})
        if fine and state and self.at.step > self.keeper.newest_state:
            self.keeper.state(save, self.state())

    # Where the run is

    def state(self) -> State:
        """Everything that is needed to go on from here."""
        return State(
            request=self.request.model_dump(mode="json"),
            model=self.model.sha256,
            pictures=fingerprint(self.pictures.training, self.route.shelf.sizes),
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


def _warnings(
    request: TrainRequest,
    model: LoadedModel,
    network: Network,
    pictures: PictureSet,
    route: Route,
    before: Resumed | None,
) -> Iterator[str]:
    yield from pictures.problems
    yield from map(str, network.notes)
    if before is not None:
        yield from before.warnings(pictures, route)
    instead = optimizers.replacement(request, model.device)
    if instead is not None:
        yield str(instead)


def _run_folder(request: TrainRequest, sources: Sources) -> Path:
    if request.output_dir or sources.project is None:
        return Path(request.output_dir)
    return new_run_folder(sources.project.runs, request.output_name)
