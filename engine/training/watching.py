"""What looks for over-fitting at every checkpoint of a run.

It is found by its name, as handlers are: it draws grids and measures them, and those know of
training, not the other way round.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, cast

from engine.models.loading import LoadedModel
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.recorder import Recorder
from engine.training.route import Position

_WATCH = "engine.validation.while_training:Watch"


class Watch(Protocol):
    """Draws and measures a small grid, row by row."""

    def look(self, at: Position, checkpoint: Path | None) -> None:
        """Draw and measure the rows of ``checkpoint``, or of the base model; the network of the run
        must be in its evaluating mode. Raises StylekilnError.
        """


def watch_of(
    request: TrainRequest, model: LoadedModel, recorder: Recorder, job: Job
) -> Watch | None:
    """What looks for over-fitting in a run of ``request``; None where nothing shall."""
    if not request.check_overfit:
        return None
    module, name = _WATCH.split(":")
    made = getattr(importlib.import_module(module), name)
    return cast("Watch", made(request, model, recorder, job))
