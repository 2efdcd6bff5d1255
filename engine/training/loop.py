"""The training loop: from a :class:`TrainRequest` to a run folder of checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from engine.models.loading import LoadedModel
from engine.runtime.job import Job
from engine.training import optimizers
from engine.training.advice import advice, file_says
from engine.training.base_model import load_base
from engine.training.caches import prepare
from engine.training.captions import plain_caption
from engine.training.checks import check
from engine.training.config import TrainRequest
from engine.training.distributed import Crew, crew
from engine.training.economy import economical
from engine.training.network import Network, adapted
from engine.training.offload import parking
from engine.training.patience import patiently
from engine.training.pictures import (
    PictureSet,
    Sources,
    bucket_spec,
    find_sources,
    open_pictures,
)
from engine.training.readying import GettingReady
from engine.training.reasons import Reason
from engine.training.recorder import recording
from engine.training.resume import Resumed, resumed
from engine.training.route import Route, route_of
from engine.training.run_pictures import Words, note_pictures
from engine.training.runs import Run, new_run_folder
from engine.training.tensorboard import board_of
from engine.training.tools import Tools
from engine.training.trainer import Trainer, TrainResult


def run(request: TrainRequest, job: Job) -> TrainResult:
    """Train. Raises TrainingError, BadInputError, MissingFileError, StorageError or JobCancelled;
    checkpoints that were finished before stay usable.

    A full disk does not end a run that has begun: it pauses until it is let go on.
    """
    with crew() as members:
        return _run(request, job, members)


def _run(request: TrainRequest, job: Job, members: Crew) -> TrainResult:
    ready = GettingReady(job)
    ready.progress(0, 0, "Reading the dataset")
    before = resumed(request)
    sources = find_sources(request)
    ready.progress(0, 0, "Loading the model")
    model = load_base(request)
    check(request, model, sources.training)
    pictures = open_pictures(sources, bucket_spec(request, model.native_size), ready)
    route = route_of(request, pictures, members.size)
    if before is not None:
        before.check(model, route.length.updates)
        ready.done = before.state.position.step / route.length.updates
    with ExitStack() as stack:
        folder = stack.enter_context(members.folder(_run_folder(request, sources)))
        started = before.reopen(request) if before is not None and members.leads else None
        recorder = stack.enter_context(recording(started or Run.create(folder, request), job))
        ready.run = str(recorder.run.folder)
        ready.emit("train.opened")
        if members.leads:
            after = before.state.position.step if started is not None and before is not None else 0
            recorder.board = board_of(request, recorder.run.folder, after)
        network = stack.enter_context(adapted(model, request))
        optimizers.refuse_short_schedule(request, network.groups(request), route.length.updates)
        stack.enter_context(economical(model, request, network.parameters))
        place = stack.enter_context(parking(model, enabled=request.offload))
        for why in _warnings(request, model, network, pictures, route, before):
            recorder.warn(why)
        learned_from = [picture.sample.path for picture in pictures.training]
        words = _words(pictures)
        patiently(ready, lambda: note_pictures(recorder.run, learned_from, words))
        inputs = prepare(request, model, pictures, place, ready, members)
        tools = Tools.of(request, model, network, inputs, members)
        trainer = Trainer(request, job, model, tools, recorder, pictures, route, place)
        if before is not None:
            trainer.restore(before.state)
        return trainer.train()


def _words(pictures: PictureSet) -> Words:
    """What the pictures that teach the style are learned with."""
    trigger = pictures.trigger_word
    taught = (picture for picture in pictures.training if not picture.sample.is_reg)
    texts = (plain_caption(one.caption, trigger, one.way.captions) for one in taught)
    return Words(trigger, tuple(dict.fromkeys(texts)))


def _warnings(
    request: TrainRequest,
    model: LoadedModel,
    network: Network,
    pictures: PictureSet,
    route: Route,
    before: Resumed | None,
) -> Iterator[Reason | str]:
    yield from pictures.problems
    yield from network.notes
    if before is not None:
        yield from before.warnings(pictures, route)
    yield from advice(
        request,
        predicts=model.prediction_type,
        two_encoders=len(model.text_encoders) > 1,
        says=file_says(request),
    )
    instead = optimizers.replacement(request, model.device)
    if instead is not None:
        yield instead


def _run_folder(request: TrainRequest, sources: Sources) -> Path:
    if request.output_dir or sources.project is None:
        return Path(request.output_dir)
    return new_run_folder(sources.project.runs, request.output_name)
