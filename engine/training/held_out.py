"""Loss on fixed pictures with fixed noise: the curve that rises when a run starts to copy.

Every measurement uses the same noise and noise levels, so two numbers differ only because the
weights differ. The pictures that were held out are measured, and as many trained ones beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch

from engine.runtime.job import Job
from engine.training.captions import plain_caption
from engine.training.config import TrainRequest
from engine.training.learner import Learner
from engine.training.objective import Draw
from engine.training.pictures import PictureSet, TrainingPicture

# Interior points of an even division of the schedule, as kohya validates: 200, 400, 600, 800.
FRACTIONS = (0.2, 0.4, 0.6, 0.8)


class HeldOut:
    """Measures the loss on held-out pictures and on some trained ones."""

    def __init__(
        self,
        request: TrainRequest,
        learner: Learner,
        pictures: PictureSet,
    ) -> None:
        self._learner = learner
        self._seed = request.seed
        self._trigger_word = pictures.trigger_word
        held_out = pictures.held_out
        seen = [picture for picture in pictures.training if not picture.regularization]
        self._sets = {
            "held_out_loss": list(held_out),
            "seen_loss": [seen[at] for at in spread(len(seen), len(held_out))],
        }

    def losses(self, job: Job) -> dict[str, float]:
        """``held_out_loss`` and ``seen_loss``; empty when nothing was held out."""
        if not self._sets["held_out_loss"]:
            return {}
        return {name: self._mean(pictures, job) for name, pictures in self._sets.items()}

    @torch.no_grad()
    def _mean(self, pictures: Sequence[TrainingPicture], job: Job) -> float:
        total = 0.0
        for picture in pictures:
            job.breathe()
            draws = self._draws(picture)
            captions = [plain_caption(picture.caption, self._trigger_word)] * len(FRACTIONS)
            losses = self._learner.losses([picture] * len(FRACTIONS), captions, draws)
            total += float(losses.mean())
        return total / len(pictures)

    def _draws(self, picture: TrainingPicture) -> Draw:
        """One draw per noise level, from the seed and the picture's file name."""
        name = f"held out {self._seed} {picture.sample.path.name}"
        digest = hashlib.sha256(name.encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        shape = self._learner.latent_shape([picture] * len(FRACTIONS))
        levels = [int(fraction * self._learner.objective.timesteps) for fraction in FRACTIONS]
        return Draw(
            torch.randn(shape, generator=generator),
            torch.randn(shape, generator=generator),
            torch.tensor(levels),
        )


def spread(count: int, wanted: int) -> list[int]:
    """``wanted`` of ``count`` indices (or all), evenly spread."""
    if count <= wanted:
        return list(range(count))
    return [at * count // wanted for at in range(wanted)]
