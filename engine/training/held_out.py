"""Loss on fixed pictures with fixed noise: the curve that rises when a run starts to copy.

Every measurement uses the same noise and noise levels, so two numbers differ only because the
weights differ. The pictures that were held out are measured, and as many trained ones beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from engine.runtime.job import Job
from engine.training.captions import plain_caption
from engine.training.config import TrainRequest
from engine.training.early import Measured, suggestion
from engine.training.learner import Learner
from engine.training.noise import Draw
from engine.training.pictures import PictureSet, TrainingPicture
from engine.training.recorder import Recorder

TOGETHER = 4  # noise levels of a picture that are measured at once: more would need more memory


@dataclass(frozen=True)
class Measurement:
    """Mean losses by noise level, of held-out and of trained pictures; ``pictures`` are those of
    the held-out ones over all levels, by file name.
    """

    timesteps: tuple[int, ...]
    held_out: tuple[float, ...]
    seen: tuple[float, ...]
    pictures: tuple[tuple[str, float], ...]

    @property
    def losses(self) -> dict[str, float]:
        """The means over all levels, as checkpoints carry them."""
        return {"held_out_loss": _mean(self.held_out), "seen_loss": _mean(self.seen)}

    @property
    def bands(self) -> list[dict[str, float]]:
        """Both losses of every noise level."""
        rows = zip(self.timesteps, self.held_out, self.seen, strict=True)
        return [{"timestep": at, "loss": loss, "seen_loss": seen} for at, loss, seen in rows]


class HeldOut:
    """Measures the loss on held-out pictures and on some trained ones."""

    def __init__(
        self,
        request: TrainRequest,
        learner: Learner,
        pictures: PictureSet,
    ) -> None:
        self._learner = learner
        self._seed = request.validation_seed
        self._trigger_word = pictures.trigger_word
        self.timesteps = levels(request, learner.objective.timesteps)
        self._held_out = measured_of(request, pictures.held_out)
        seen = [picture for picture in pictures.training if not picture.regularization]
        self._seen = [seen[at] for at in spread(len(seen), len(self._held_out))]

    def measure(self, job: Job) -> Measurement | None:
        """Both losses at every level; None when nothing was held out."""
        if not self._held_out:
            return None
        held_out = self._losses(self._held_out, job, "Measuring held-out picture {n} of {all}")
        seen = self._losses(self._seen, job, "Measuring trained picture {n} of {all}")
        names = [picture.sample.path.name for picture in self._held_out]
        pictures = tuple(zip(names, held_out.mean(dim=1).tolist(), strict=True))
        return Measurement(self.timesteps, _means(held_out), _means(seen), pictures)

    def losses(self, job: Job) -> dict[str, float]:
        """``held_out_loss`` and ``seen_loss``; empty when nothing was held out."""
        found = self.measure(job)
        return {} if found is None else found.losses

    @torch.no_grad()
    def _losses(self, pictures: Sequence[TrainingPicture], job: Job, words: str) -> torch.Tensor:
        """float64 ``[pictures, levels]``."""
        rows = []
        for number, picture in enumerate(pictures, 1):
            job.say(words, n=f"{number:,}", all=f"{len(pictures):,}")
            caption = plain_caption(picture.caption, self._trigger_word, picture.way.captions)
            parts = []
            for draws in self._draws(picture):
                job.breathe()
                count = len(draws.timesteps)
                found = self._learner.losses([picture] * count, [caption] * count, draws)
                parts.append(found.double().cpu())
            rows.append(torch.cat(parts))
        return torch.stack(rows)

    def _draws(self, picture: TrainingPicture) -> Iterator[Draw]:
        """Draws of all noise levels, some at a time, from the seed and the picture's file name."""
        name = f"held out {self._seed} {picture.sample.path.name}"
        digest = hashlib.sha256(name.encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        shape = self._learner.latent_shape([picture] * len(self.timesteps))
        posterior, noise = (torch.randn(shape, generator=generator) for _ in range(2))
        for at in range(0, len(self.timesteps), TOGETHER):
            some = slice(at, at + TOGETHER)
            yield Draw(posterior[some], noise[some], torch.tensor(self.timesteps[some]))


class Validation:
    """The measurements of one run: when they are due, what they tell, and what they suggest."""

    def __init__(
        self, request: TrainRequest, held_out: HeldOut, recorder: Recorder, job: Job
    ) -> None:
        self._request, self._held_out = request, held_out
        self._recorder, self._job = recorder, job
        # A run that goes on from a state has measured before.
        self._history = [Measured(*row) for row in recorder.run.held_out()]
        self._newest: tuple[int, dict[str, float]] = (-1, {})

    def look(self, epoch: int, step: int) -> dict[str, float]:
        """Measure the weights after ``step``, once; ``held_out_loss`` and ``seen_loss``, or empty.

        The network must be in its evaluating mode.
        """
        if self._newest[0] != step:
            self._newest = step, self._measured(epoch, step)
        return self._newest[1]

    def known(self, step: int) -> dict[str, float]:
        """What was measured at ``step`` already, as of :meth:`look`; empty when nothing was."""
        found = [one for one in self._history if one.step == step]
        return {"held_out_loss": found[-1].held_out, "seen_loss": found[-1].seen} if found else {}

    def _measured(self, epoch: int, step: int) -> dict[str, float]:
        found = self._held_out.measure(self._job)
        if found is None:
            return {}
        losses = found.losses
        held_out, seen = losses["held_out_loss"], losses["seen_loss"]
        place = {"epoch": epoch, "step": step}
        self._recorder.event(
            "train.held_out",
            **place,
            loss=held_out,
            seen_loss=seen,
            bands=found.bands,
            pictures=[{"name": name, "loss": loss} for name, loss in found.pictures],
        )
        self._history.append(Measured(epoch, step, held_out, seen))
        self._suggest(place)
        return losses

    def _suggest(self, place: dict[str, Any]) -> None:
        found = suggestion(self._history, self._request.early_stop_patience)
        if found is not None:
            self._recorder.event(
                "train.suggestion",
                **place,
                best_epoch=found.best.epoch,
                best_step=found.best.step,
                best_loss=found.best.held_out,
                loss=found.now.held_out,
            )


def levels(request: TrainRequest, timesteps: int) -> tuple[int, ...]:
    """The noise levels that are measured: inner points of an even division of the trained range.

    Four of 1000 are 200, 400, 600 and 800, where kohya's scripts measure.
    """
    low, high = request.min_timestep, min(request.max_timestep, timesteps)
    count = request.validation_timesteps
    return tuple(int(low + (high - low) * at / (count + 1)) for at in range(1, count + 1))


def measured_of(
    request: TrainRequest, pictures: Sequence[TrainingPicture]
) -> Sequence[TrainingPicture]:
    """Those of the held-out ``pictures`` that are measured."""
    return pictures[: request.max_validation_steps * request.train_batch_size or None]


def spread(count: int, wanted: int) -> list[int]:
    """``wanted`` of ``count`` indices (or all), evenly spread."""
    if count <= wanted:
        return list(range(count))
    return [at * count // wanted for at in range(wanted)]


def _means(losses: torch.Tensor) -> tuple[float, ...]:
    return tuple(losses.mean(dim=0).tolist())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
