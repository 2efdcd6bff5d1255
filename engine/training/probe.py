"""Measuring a run before it starts: its heaviest step is made for true, and forgotten again."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.models.loading import LoadedModel
from engine.runtime.device import free_memory, is_out_of_memory
from engine.runtime.errors import OutOfMemoryError
from engine.runtime.job import Job
from engine.training import caches, optimizers
from engine.training.asides import Aside
from engine.training.base_model import load_base
from engine.training.batches import Lot, Shelf
from engine.training.checkpoints import CheckpointWriter
from engine.training.checks import check
from engine.training.config import TrainRequest
from engine.training.distributed import Crew
from engine.training.economy import economical
from engine.training.held_out import HeldOut, measured_of
from engine.training.metadata import Header, Moment
from engine.training.meter import finish, measuring
from engine.training.network import adapted
from engine.training.offload import parking
from engine.training.outline import outline_of
from engine.training.pictures import PictureSet, bucket_spec, find_sources, open_pictures
from engine.training.previews import Previews
from engine.training.probing import ProbeRequest, ProbeResult
from engine.training.recorder import Recorder
from engine.training.resume import resumed
from engine.training.route import Position, Route, Stretch, route_of
from engine.training.runs import Run
from engine.training.tools import Tools
from engine.training.update import Updater


def run(request: ProbeRequest, job: Job) -> ProbeResult:
    """Measure ``request.train``; see :func:`measure`."""
    return measure(request.train, job)


def measure(request: TrainRequest, job: Job) -> ProbeResult:
    """Make the heaviest step of a run, in less and less memory until it fits.

    Raises what the run itself would raise before its first step, and OutOfMemoryError when not even
    the smallest step can be made.
    """
    tried = request
    while True:
        found, smaller = _attempt(tried, request, job), tried.smaller()
        if found is not None and (smaller is None or found.peak_bytes <= found.room_bytes):
            return replace(found, changes=_changes(request, tried))
        if smaller is None:
            raise OutOfMemoryError(
                "Not even one picture fits into the memory of this computer.",
                remedy="Use a smaller resolution or rank, or close other programs.",
            )
        free_memory()
        tried = smaller


def _changes(asked: TrainRequest, tried: TrainRequest) -> dict[str, Any]:
    before = asked.model_dump()
    return {name: value for name, value in tried.model_dump().items() if value != before[name]}


def _attempt(request: TrainRequest, asked: TrainRequest, job: Job) -> ProbeResult | None:
    """What ``request`` needs, tried in place of the one that was ``asked``; None when memory ran
    out.
    """
    try:
        return _measured(request, asked, job)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    return None


def _measured(request: TrainRequest, asked: TrainRequest, job: Job) -> ProbeResult:
    job.progress(0, 3, "Reading the dataset")
    before = resumed(asked)
    sources = find_sources(request)
    model = load_base(request)
    check(request, model, sources.training)
    pictures = open_pictures(sources, bucket_spec(request, model.native_size), job)
    route = route_of(request, pictures)
    if before is not None:
        before.check(model, route.length.updates)
    done = 0 if before is None else before.state.position.step
    with ExitStack() as stack:
        trial = _Trial(request, model, pictures, route, stack, job)
        encoding = trial.encode()
        step = trial.step()
        between = trial.between(pictures)
    encoded = len(pictures.training) if request.cache_latents else 0
    caching = encoding.seconds * encoded / len(trial.batch)
    batches, per_batch = route.batches(route.length.updates), step.seconds * trial.ease
    return ProbeResult(
        peak_bytes=max(step.peak, encoding.peak),
        step_bytes=step.peak,
        encode_bytes=encoding.peak,
        room_bytes=step.room,
        seconds_per_step=step.seconds * min(route.group, route.length.batches_per_epoch),
        seconds=caching + per_batch * batches,
        seconds_left=caching + per_batch * (batches - route.batches(done)),
        bucket=trial.bucket,
        batch=len(trial.batch),
        between=between,
        outline=outline_of(
            asked,
            pictures,
            predicts=model.prediction_type,
            two_encoders=len(model.text_encoders) > 1,
            done=done,
        ),
    )


@dataclass(frozen=True)
class _Cost:
    """What a phase took: bytes on the device at most, bytes it has, and seconds."""

    peak: int
    room: int
    seconds: float


class _Trial:
    """The heaviest batch of a run, and what is needed to learn from it once."""

    def __init__(
        self,
        request: TrainRequest,
        model: LoadedModel,
        pictures: PictureSet,
        route: Route,
        stack: ExitStack,
        job: Job,
    ) -> None:
        self._request, self._model, self._job = request, model, job
        self._network = stack.enter_context(adapted(model, request))
        groups = self._network.groups(request)
        optimizers.refuse_short_schedule(request, groups, route.length.updates)
        stack.enter_context(economical(model, request, self._network.parameters))
        self._place = stack.enter_context(parking(model, enabled=request.offload))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stylekiln-")))
        self._recorder = Recorder(Run.create(folder / "probe", request), job)
        stack.callback(self._recorder.run.release)
        self.batch = heaviest(route.shelf)
        chosen = tuple(pictures.training[index] for index in self.batch)
        self._pictures = replace(pictures, training=chosen, held_out=())
        self.bucket = chosen[0].bucket
        self._length, self._updates = route.length, route.length.updates
        pixels = sum(_pixels(lot) * len(keys) for lot, keys in route.shelf.members.items())
        self.ease = pixels / route.shelf.batches / (math.prod(self.bucket) * len(self.batch))
        """Pixels of a usual batch against this one's."""

    def encode(self) -> _Cost:
        """Encode the batch, as the run will before its first step."""
        self._job.progress(1, 3, "Measuring the encoding of pictures")
        request = self._request.model_copy(update=_NOTHING_ON_DISK)
        with measuring(self._model) as meter:
            started = time.perf_counter()
            self._inputs = caches.prepare(
                request, self._model, self._pictures, self._place, self._job, Crew()
            )
            seconds = time.perf_counter() - started
        return _Cost(meter.peak, meter.room, seconds)

    def step(self) -> _Cost:
        """Learn from the batch: once for the memory, once more for the time."""
        self._job.progress(2, 3, "Measuring a step")
        request = self._request
        tools = self._tools = Tools.of(request, self._model, self._network, self._inputs, Crew())
        heavy, usual = self._updater(_looked_at(request), tools), self._updater(request, tools)
        with measuring(self._model) as meter:
            heavy(self._stretch(1))
        started = time.perf_counter()
        usual(self._stretch(2))
        finish(self._model.device)
        seconds = time.perf_counter() - started
        return _Cost(meter.peak, meter.room, seconds)

    def between(self, run: PictureSet) -> dict[Aside, float]:
        """Seconds of what ``run`` does between its steps, each tried in the small; after a step."""
        self._job.progress(2, 3, "Measuring samples and checks")
        request, tools, recorder = self._request, self._tools, self._recorder
        pictures = replace(self._pictures, held_out=self._pictures.training[:1])
        held_out = HeldOut(request, tools.learner, pictures)
        header = Header(request, self._model, pictures, self._length, tools.optimizer, processes=1)
        writer = CheckpointWriter(recorder.run.folder, request, header)
        found: dict[Aside, float] = {}
        with tools.shown():
            if run.held_out:
                found["held_out"] = _seconds(lambda: held_out.measure(self._job))
                found["held_out"] *= len(measured_of(request, run.held_out))
            if request.sample_prompts:
                found["samples"] = Previews(request, self._model, recorder, self._job).seconds()
            found["save"] = _seconds(
                lambda: writer.write(tools.network.tensors(), Moment(1, 2, {}), "probe")
            )
        return found

    def _updater(self, request: TrainRequest, tools: Tools) -> Updater:
        return Updater(request, tools, self._pictures, self._updates, self._recorder, self._job)

    def _stretch(self, step: int) -> Stretch:
        batch = list(range(len(self.batch)))
        end = Position(1, step, step)
        return Stretch(step - 1, [batch], end, ends_epoch=False, ends_run=False)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


_NOTHING_ON_DISK = {"cache_latents_to_disk": False, "cache_text_encoder_outputs_to_disk": False}


def _looked_at(request: TrainRequest) -> TrainRequest:
    """``request`` with every draw in the window of the style terms, which need most memory."""
    low = max(request.min_timestep, request.style_min_timestep)
    high = min(request.max_timestep, request.style_max_timestep)
    if not request.sees_pictures or low >= high:
        return request
    return request.model_copy(update={"min_timestep": low, "max_timestep": high})


def heaviest(shelf: Shelf) -> tuple[int, ...]:
    """The pictures of the batch with the most pixels."""
    batches = [(lot, keys[: shelf.sizes[lot[0]]]) for lot, keys in shelf.members.items()]
    return max(batches, key=lambda batch: _pixels(batch[0]) * len(batch[1]))[1]


def _pixels(lot: Lot) -> int:
    return math.prod(lot[1])
