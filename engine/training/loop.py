"""The training loop: from a :class:`TrainRequest` to a run folder of checkpoints."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from engine.models.loading import LoadedModel
from engine.runtime.errors import JobCancelled, TrainingError
from engine.runtime.job import Job
from engine.training import schedules
from engine.training.base_model import load_base
from engine.training.batches import groups
from engine.training.checkpoints import CheckpointWriter
from engine.training.checks import check
from engine.training.conditioning import CaptionEncoder
from engine.training.config import TrainRequest
from engine.training.drawing import draw_batch
from engine.training.held_out import HeldOut
from engine.training.latents import LatentStore
from engine.training.learner import Learner
from engine.training.metadata import Header, Moment
from engine.training.network import Network, adapted
from engine.training.objective import Objective, cumulative_alphas, draw
from engine.training.optimizers import build_optimizer, set_rates
from engine.training.pictures import (
    PictureSet,
    Sources,
    bucket_spec,
    find_sources,
    open_pictures,
    shelf_of,
)
from engine.training.precision import Precision
from engine.training.previews import Previews
from engine.training.recorder import Recorder, recording
from engine.training.run_pictures import note_pictures
from engine.training.runs import Run, new_run_folder


@dataclass(frozen=True)
class CheckpointResult:
    """A checkpoint that was written; ``losses`` by name are the measured ones."""

    epoch: int
    step: int
    path: str
    loss: float
    losses: dict[str, float] = field(default_factory=dict)


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
    """
    job.progress(0, 0, "Reading the dataset")
    sources = find_sources(request)
    job.progress(0, 0, "Loading the model")
    model = load_base(request)
    check(request, model)
    pictures = open_pictures(sources, bucket_spec(request, model.native_size), job)
    with recording(Run.create(_run_folder(request, sources), request), job) as recorder:
        note_pictures(recorder.run, (p.sample.path for p in pictures.training))
        for sentence in pictures.problems:
            recorder.event("train.warning", text=sentence)
        with adapted(model, request) as network:
            return Trainer(request, job, model, network, recorder, pictures).train()


class Trainer:
    """One run in the making."""

    def __init__(
        self,
        request: TrainRequest,
        job: Job,
        model: LoadedModel,
        network: Network,
        recorder: Recorder,
        pictures: PictureSet,
    ) -> None:
        self.request, self.job = request, job
        self.network, self.recorder = network, recorder
        self.pictures = pictures.training
        self.trigger_word = pictures.trigger_word
        self.shelf = shelf_of(self.pictures, request.train_batch_size)
        self.length = schedules.length(request, self.shelf.batches)
        self.learner = _learner(request, model, pictures, job)
        self.optimizer = build_optimizer(request, network.parts, model.device)
        self.scaler = Precision.of(request, model.device).scaler()
        self.measure = HeldOut(request, self.learner, pictures)
        self.previews = Previews(request, model, recorder, job)
        header = Header(request, model, pictures, self.length)
        self.writer = CheckpointWriter(recorder.run.folder / "checkpoints", request, header)
        self.checkpoints: list[CheckpointResult] = []
        self.step = self._epoch = 0

    def train(self) -> TrainResult:
        """Go through all epochs. What a stopped run has learned since its newest checkpoint is kept
        as one more.
        """
        self._announce()
        try:
            self._go_through()
        except JobCancelled:
            if self.step > max((item.step for item in self.checkpoints), default=0):
                self._save(self._epoch, {}, last=False)
            raise
        return TrainResult(
            str(self.recorder.run.folder),
            tuple(self.checkpoints),
            self.step,
            self.recorder.average,
        )

    def _go_through(self) -> None:
        self._look(0)
        for epoch in range(1, self.length.epochs + 1):
            self._epoch = epoch
            self.recorder.new_epoch()
            batches = self.shelf.epoch(self.request.seed, epoch)
            first = 0
            for group in groups(batches, self.request.gradient_accumulation_steps):
                if self.step == self.length.updates:
                    break
                self._update(epoch, first, group)
                first += len(group)
            self._end_epoch(epoch)

    def _announce(self) -> None:
        self.recorder.event(
            "train.started",
            name=self.request.output_name,
            total_steps=self.length.updates,
            epochs=self.length.epochs,
            steps_per_epoch=self.length.updates_per_epoch,
            pictures=len(self.pictures),
            buckets=len(self.shelf.members),
        )
        self._progress()

    def _progress(self) -> None:
        self.job.progress(
            self.step, self.length.updates, "Train {name}", name=self.request.output_name
        )

    def _update(self, epoch: int, first: int, group: Sequence[list[int]]) -> None:
        """Learn from the batches of ``group`` together; ``first`` is the first one's number."""
        factor = schedules.multiplier(self.request, self.step, self.length.updates)
        rates = set_rates(self.optimizer, factor)
        self.optimizer.zero_grad(set_to_none=True)
        total = sum(len(batch) for batch in group)
        loss = torch.zeros((), dtype=torch.float64)
        for number, batch in enumerate(group, first):
            self.job.breathe()
            # Divided by the pictures of the whole group: a short last group weighs no less.
            part = self._losses(epoch, number, batch).sum() / total
            self.scaler.scale(part).backward()
            loss += part.detach().cpu()
        if not math.isfinite(loss):
            raise TrainingError(
                "The loss is not a number any more at step {step}.",
                step=self.step + 1,
                remedy="Use a lower learning rate, or another precision.",
            )
        norm = self._clip()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.step += 1
        self.recorder.step(self.step, epoch, float(loss), rates, norm)
        self._progress()

    def _losses(self, epoch: int, number: int, batch: list[int]) -> torch.Tensor:
        name = f"{self.request.seed} {epoch} {number}"
        chosen, captions = draw_batch(
            [self.pictures[index] for index in batch],
            self.trigger_word,
            name,
            epoch=epoch,
            step=self.step,
            steps=self.length.updates,
        )
        draws = draw(
            self.learner.latent_shape(chosen),
            self.learner.objective.timesteps,
            _generator(f"noise {name}"),
            self.request.noise_offset,
        )
        losses = self.learner.losses(chosen, captions, draws)
        weights = [
            self.request.prior_loss_weight if picture.regularization else 1.0 for picture in chosen
        ]
        return losses * torch.tensor(weights, device=losses.device)

    def _clip(self) -> float:
        """Limit the gradient; its length before."""
        self.scaler.unscale_(self.optimizer)
        limit = self.request.max_grad_norm or math.inf
        return float(torch.nn.utils.clip_grad_norm_(self.network.parameters, limit))

    def _end_epoch(self, epoch: int) -> None:
        last = epoch == self.length.epochs
        every = self.request.save_every_n_epochs
        if last or (every and epoch % every == 0):
            losses = self._look(epoch, draw_samples=False)
            self._save(epoch, losses, last=last)
        if self.previews.due(epoch):
            self.previews.draw(epoch, self.step)

    def _look(self, epoch: int, *, draw_samples: bool = True) -> dict[str, float]:
        """Measure the held-out loss, and draw the samples of the start."""
        losses = self.measure.losses(self.job)
        if losses:
            self.recorder.event(
                "train.held_out",
                epoch=epoch,
                step=self.step,
                loss=losses["held_out_loss"],
                seen_loss=losses["seen_loss"],
            )
        if draw_samples and self.previews.due(epoch):
            self.previews.draw(epoch, self.step)
        return losses

    def _save(self, epoch: int, losses: dict[str, float], *, last: bool) -> None:
        moment = Moment(epoch, self.step, losses)
        path = self.writer.write(self.network.tensors(), moment, last=last)
        loss = self.recorder.average
        self.checkpoints.append(CheckpointResult(epoch, self.step, str(path), loss, losses))
        self.recorder.event(
            "train.checkpoint",
            epoch=epoch,
            step=self.step,
            path=str(path),
            bytes=path.stat().st_size,
            loss=loss,
            **losses,
        )


def _run_folder(request: TrainRequest, sources: Sources) -> Path:
    if request.output_dir or sources.project is None:
        return Path(request.output_dir)
    return new_run_folder(sources.project.runs, request.output_name)


def _learner(
    request: TrainRequest,
    model: LoadedModel,
    pictures: PictureSet,
    job: Job,
) -> Learner:
    objective = Objective(
        cumulative_alphas(model.scheduler_config).to(model.device),
        model.prediction_type,
        request.min_snr_gamma,
    )
    encoder = CaptionEncoder.of(request, model, learns=request.text_encoder_lr > 0)
    folder = pictures.cache if request.cache_latents_to_disk else None
    store = LatentStore(model, keep=request.cache_latents, folder=folder)
    store.fill([*pictures.training, *pictures.held_out], job)
    precision = Precision.of(request, model.device)
    return Learner(model, objective, encoder, store, precision.name)


def _generator(name: str) -> torch.Generator:
    digest = hashlib.sha256(name.encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
