"""The held-out losses of a run's checkpoints, and how far each is above the lowest before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from engine.training.run_records import PictureLosses
from engine.training.runs import Run
from engine.validation import overfit
from engine.validation.overfit_stats import Figure


@dataclass(frozen=True)
class HeldOut:
    """What a run measured of a checkpoint: :func:`~engine.validation.overfit.held_out_loss`, and
    :func:`~engine.validation.overfit.loss_rise` over the lowest one until then, None where the run
    tells of no other.
    """

    loss: Figure
    rise: Figure | None = None

    @classmethod
    def plain(cls, loss: float) -> Self:
        """A loss of which no more is known."""
        return cls(Figure.plain(loss))


def held_out_of(run: Run) -> dict[str, HeldOut]:
    """By checkpoint file, where it was measured. Intervals are known of runs that tell the losses
    of single pictures.
    """
    means = {step: loss for _, step, loss, _ in run.held_out()}
    pictures = {one.step: one for one in run.held_out_pictures() if one.names}
    found = {}
    for checkpoint in run.checkpoints():
        if checkpoint.held_out_loss is None:
            continue
        known = {checkpoint.step: checkpoint.held_out_loss, **means}
        found[str(checkpoint.path)] = _measured(checkpoint.step, known, pictures)
    return found


def _measured(
    step: int, means: Mapping[int, float], pictures: Mapping[int, PictureLosses]
) -> HeldOut:
    """The base model, measured before the first step, counts as one that the loss may rise over."""
    until = [one for one in means if one <= step]
    lowest = min(until, key=lambda one: means[one])
    ours, theirs = pictures.get(step), pictures.get(lowest)
    if ours is None:
        rise = Figure.plain(means[step] / means[lowest] - 1.0) if len(until) > 1 else None
        return HeldOut(Figure.plain(means[step]), rise)
    losses = np.array(ours.losses)
    alike = [one.losses for one in pictures.values() if one.names == ours.names]
    loss = overfit.held_out_loss(losses, np.mean(alike, axis=0))
    if theirs is None or theirs.names != ours.names or len(until) < 2:
        return HeldOut(loss)  # nothing was measured before, or other pictures: no pairs
    return HeldOut(loss, overfit.loss_rise(losses, np.array(theirs.losses)))
