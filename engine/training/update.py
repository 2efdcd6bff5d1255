"""One update of the weights: rates, draws, losses, gradients, step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from engine.runtime.errors import MissingFileError, PictureError, StylekilnError, TrainingError
from engine.runtime.job import Job
from engine.training import schedules
from engine.training.chance import generator, torch_chance
from engine.training.config import TrainRequest
from engine.training.drawing import draw_batch
from engine.training.noise import draw
from engine.training.optimizers import set_rates
from engine.training.patience import wait
from engine.training.pictures import PictureSet, TrainingPicture
from engine.training.recorder import Recorder
from engine.training.route import Stretch
from engine.training.schedules import picture_weight
from engine.training.tools import Tools


@dataclass(frozen=True)
class Updated:
    """What an update tells: mean loss of its pictures, rates by group, length of the gradient
    before it was limited, and further numbers by name.
    """

    loss: float
    rates: dict[str, float]
    grad_norm: float
    facts: dict[str, float] = field(default_factory=dict)


class Updater:
    """Makes the updates of one run."""

    def __init__(
        self,
        request: TrainRequest,
        tools: Tools,
        pictures: PictureSet,
        updates: int,
        recorder: Recorder,
        job: Job,
    ) -> None:
        self._request, self._tools, self._updates = request, tools, updates
        self._pictures, self._trigger_word = pictures.training, pictures.trigger_word
        self._recorder, self._job = recorder, job
        self._gone: set[int] = set()

    def __call__(self, at: Stretch) -> Updated:
        """Learn from the batches of ``at`` together.

        Raises TrainingError when the loss or the gradient is not a number; the weights are then as
        they were before.
        """
        # From a name too, so that a run that is taken up again drops out the same.
        with torch_chance(f"torch {self._request.seed} {at.end.step}", self._tools.device):
            return self._update(at)

    def _update(self, at: Stretch) -> Updated:
        tools, request, done = self._tools, self._request, at.end.step - 1
        factor = schedules.multiplier(request, done, self._updates)
        rates = set_rates(tools.optimizer, request, factor, done, self._updates)
        tools.optimizer.zero_grad(set_to_none=True)
        group = [len(self._left(batch)) for batch in at.batches]
        loss = torch.zeros((), dtype=torch.float64)
        for number, batch in enumerate(at.batches, at.first):
            self._job.breathe()
            loss += self._learn(at, number, batch, group, rates)
        tools.crew.add_gradients(tools.network.parameters)
        norm = self._clip(at, rates)
        tools.scaler.step(tools.optimizer)
        tools.scaler.update()
        facts = tools.network.after_step(request)
        if tools.average is not None:
            tools.average.update()
        return Updated(float(loss), rates, norm, facts)

    def _learn(
        self,
        at: Stretch,
        number: int,
        batch: list[int],
        group: Sequence[int],
        rates: dict[str, float],
    ) -> Tensor:
        """Add the gradients of one batch; its part of the loss, over all processes."""
        tools = self._tools
        while self._left(batch):
            try:
                losses, chosen = self._losses(at, number, self._left(batch))
            except (PictureError, MissingFileError) as error:
                if tools.crew.size > 1:
                    raise  # other processes still have all of the batch before them
                self._leave_out(batch, error)
                continue
            part = losses.sum() * picture_weight(self._request, len(self._left(batch)), group)
            if losses.requires_grad:
                tools.scaler.scale(part).backward()
            found = tools.crew.total(part)
            if not math.isfinite(found):
                raise _not_a_number(at, rates, _culprits(losses, chosen))
            return found
        return torch.zeros((), dtype=torch.float64)

    def _losses(
        self, at: Stretch, number: int, batch: list[int]
    ) -> tuple[Tensor, list[TrainingPicture]]:
        """Weighted losses of this process's share of a batch, and its pictures."""
        request, learner, crew = self._request, self._tools.learner, self._tools.crew
        name = f"{request.seed} {at.end.epoch} {number}"
        pictures, captions = draw_batch(
            [self._pictures[index] for index in batch],
            self._trigger_word,
            name,
            epoch=at.end.epoch,
            step=at.end.step - 1,
            steps=self._updates,
        )
        draws = draw(
            learner.latent_shape(pictures),
            request,
            generator(f"noise {name}"),
            learner.objective.timesteps,
        )
        mine = list(crew.share(pictures))
        if not mine:
            return torch.zeros(0), mine
        losses = learner.losses(mine, crew.share(captions), crew.rows(draws))
        weights = [request.prior_loss_weight if picture.regularization else 1.0 for picture in mine]
        return losses * torch.tensor(weights, device=losses.device), mine

    def _clip(self, at: Stretch, rates: dict[str, float]) -> float:
        """Limit the gradient; its length before."""
        tools = self._tools
        tools.scaler.unscale_(tools.optimizer)
        limit = self._request.max_grad_norm or math.inf
        norm = float(torch.nn.utils.clip_grad_norm_(tools.network.parameters, limit))
        # In fp16 that only says that the scale was too high: the scaler leaves this step out.
        if not math.isfinite(norm) and not tools.scaler.is_enabled():
            raise _not_a_number(at, rates, [self._pictures[i] for b in at.batches for i in b])
        return norm

    # Pictures that went away

    def _left(self, batch: list[int]) -> list[int]:
        return [index for index in batch if index not in self._gone] if self._gone else batch

    def _leave_out(self, batch: list[int], error: StylekilnError) -> None:
        """Go on without the pictures of ``batch`` that cannot be read any more, or wait for their
        folder when that is gone too.
        """
        for index in self._left(batch):
            picture = self._pictures[index]
            problem = _problem(picture)
            if problem is None:
                continue
            folder = Path(picture.name).parent
            if not folder.exists():
                wait(self._job, _gone_folder(folder))
                return
            self._gone.add(index)
            self._recorder.warn(problem, Path(picture.name).name)
            if len(self._gone) == len(self._pictures):
                raise TrainingError("None of the pictures can be read any more.") from error
            return
        raise error


def _problem(picture: TrainingPicture) -> StylekilnError | None:
    try:
        picture.baked()
    except (PictureError, MissingFileError) as error:
        return error
    return None


def _gone_folder(folder: Path) -> MissingFileError:
    return MissingFileError(
        "The folder {path} with pictures of the run is gone; training waits for it.",
        path=folder,
        remedy="Connect the drive again, or bring the folder back, and let it go on.",
    )


def _culprits(losses: Tensor, pictures: Sequence[TrainingPicture]) -> list[TrainingPicture]:
    finite = torch.isfinite(losses.detach()).cpu().tolist()
    return [one for one, fine in zip(pictures, finite, strict=True) if not fine]


def _not_a_number(
    at: Stretch, rates: dict[str, float], pictures: Sequence[TrainingPicture]
) -> TrainingError:
    names = list(dict.fromkeys(Path(picture.name).name for picture in pictures))
    listed = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return TrainingError(
        "The loss is not a number any more at step {step}, with {pictures} and a rate of {rate}.",
        step=at.end.step,
        pictures=listed or "pictures of another process",
        rate=f"{max(rates.values(), default=0.0):g}",
        remedy="Use a lower learning rate or another precision, and look at the pictures named.",
    )
