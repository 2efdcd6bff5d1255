"""When a run saves, draws samples and measures, by epochs and by steps: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.training.config import TrainRequest
from engine.training.route import Stretch
from engine.training.schedules import Length

Kind = Literal["epoch", "step", "final"]


@dataclass(frozen=True)
class Save:
    """One checkpoint to write; ``number`` is its epoch or step."""

    kind: Kind
    number: int

    def stem(self, name: str) -> str:
        """The file's name without its suffix, as kohya's scripts give it."""
        if self.kind == "final":
            return name
        return (
            f"{name}-{self.number:06d}" if self.kind == "epoch" else f"{name}-step{self.number:08d}"
        )


class Cadence:
    """What is due after an update. A number of 0 turns that rhythm off."""

    def __init__(self, request: TrainRequest, length: Length) -> None:
        self._request = request
        self._epochs = request.save_every_n_epochs
        if request.save_n_epoch_ratio:
            self._epochs = max(1, length.epochs // request.save_n_epoch_ratio)

    def saves(self, at: Stretch) -> list[Save]:
        """The checkpoints to write; the run's last epoch is saved under its final name only."""
        found = []
        if _due(at.end.step, self._request.save_every_n_steps):
            found.append(Save("step", at.end.step))
        if at.ends_run:
            found.append(Save("final", at.end.epoch))
        elif at.ends_epoch and _due(at.end.epoch, self._epochs):
            found.append(Save("epoch", at.end.epoch))
        return found

    def regular(self, save: Save) -> bool:
        """Whether ``save`` belongs to the rhythm, not to a wish of the user."""
        every = self._request.save_every_n_steps if save.kind == "step" else self._epochs
        return _due(save.number, every)

    def samples(self, at: Stretch) -> bool:
        """Whether the sample prompts are drawn."""
        request = self._request
        by_epoch = at.ends_epoch and _due(at.end.epoch, request.sample_every_n_epochs)
        return by_epoch or _due(at.end.step, request.sample_every_n_steps)

    def measures(self, at: Stretch) -> bool:
        """Whether held-out pictures are measured for the rhythm's sake; checkpoints have it too."""
        request = self._request
        by_epoch = at.ends_epoch and _due(at.end.epoch, request.validate_every_n_epochs)
        return by_epoch or _due(at.end.step, request.validate_every_n_steps)

    def state(self, saves: list[Save]) -> bool:
        """Whether what a run needs to go on is saved beside the checkpoints ``saves``: while it
        goes on always, since it may be cut off.
        """
        if any(save.kind == "final" for save in saves):
            return self.keeps_state(saves[-1])
        return bool(saves)

    def keeps_state(self, save: Save) -> bool:
        """Whether the state beside ``save`` is there also after the run has ended well."""
        at_end = self._request.save_state_on_train_end and save.kind == "final"
        return self._request.save_state or at_end


def _due(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
