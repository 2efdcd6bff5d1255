"""How long a run will take: as long for each step as the newest run like it took here."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from app.i18n import tr
from engine.runtime.errors import StylekilnError
from engine.training.runs import Run, list_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from engine.training.config import TrainRequest

RUNS = 4  # of a project; more would only make the reading longer
LEAST_STEPS = 5
PAUSE = 20.0  # a step this many times as long as the usual one, and over a minute, was held


@dataclass(frozen=True)
class Pace:
    """What a run on this computer needed for a step, with all that is done between steps."""

    request: TrainRequest
    seconds: float

    def fits(self, other: TrainRequest) -> bool:
        """Whether a step of ``other`` does the same work."""
        return _work(self.request) == _work(other)


def read_paces(folders: Iterable[Path]) -> list[Pace]:
    """The paces of the newest runs in ``folders`` of runs. Not for the UI thread."""
    found = (_pace(run) for runs in folders for run in islice(list_runs(runs), RUNS))
    return [pace for pace in found if pace is not None]


def seconds_for(paces: Sequence[Pace], request: TrainRequest, steps: int) -> float | None:
    """How long ``steps`` of ``request`` take; None when nothing like it was measured."""
    alike = next((pace for pace in paces if pace.fits(request)), None)
    return None if alike is None else alike.seconds * steps


def about(seconds: float) -> str:
    """A time as one would say it: 40 s, 6 min, 2.5 h."""
    if seconds < 90:
        return tr("{n} s", n=max(10, round(seconds / 10) * 10))
    if seconds < 5400:
        return tr("{n} min", n=round(seconds / 60))
    return tr("{n} h", n=f"{seconds / 3600:.1f}")


def _pace(run: Run) -> Pace | None:
    if run.info.get("computer") != platform.node():
        return None
    try:
        request = run.request()
    except StylekilnError:
        return None  # its settings are damaged, so nothing can be compared with it
    gaps = np.diff(run.steps()["seconds"])
    gaps = gaps[np.isfinite(gaps)]
    if len(gaps) < LEAST_STEPS:
        return None
    return Pace(request, float(worked(gaps).mean()))


def worked(gaps: np.ndarray) -> np.ndarray:
    """The seconds of each step without those that the run was held or the computer slept."""
    if not len(gaps):
        return gaps
    longest = max(60.0, PAUSE * float(np.median(gaps)))
    return np.minimum(gaps, longest)


def _work(request: TrainRequest) -> tuple[object, ...]:
    return (
        request.base_model,
        request.resolution,
        request.train_batch_size * request.gradient_accumulation_steps,
        request.text_encoder_lr > 0,
    )
