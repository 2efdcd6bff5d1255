"""How long a run will take: as long for steps, samples and saves as the newest like it here."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from app.i18n import tr
from engine.runtime.errors import StylekilnError
from engine.training.asides import ASIDES, TOOK, Aside, due, seconds_to_come
from engine.training.runs import Run, list_runs
from engine.training.schedules import length

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from app.training.draft import Plan
    from engine.training.config import TrainRequest

RUNS = 4  # of a project; more would only make the reading longer
LEAST_STEPS = 5
PAUSE = 20.0  # a step this many times as long as the usual one, and over a minute, was held


@dataclass(frozen=True)
class Pace:
    """What a run on this computer needed for a step, and for what is done ``between`` steps; of
    samples for one prompt.
    """

    request: TrainRequest
    seconds: float
    between: Mapping[Aside, float]

    def fits(self, other: TrainRequest) -> bool:
        """Whether a step of ``other`` does the same work."""
        return _work(self.request) == _work(other)


def read_paces(folders: Iterable[Path]) -> list[Pace]:
    """The paces of the newest runs in ``folders`` of runs. Not for the UI thread."""
    found = (_pace(run) for runs in folders for run in islice(list_runs(runs), RUNS))
    return [pace for pace in found if pace is not None]


def seconds_for(paces: Sequence[Pace], request: TrainRequest, plan: Plan) -> float | None:
    """How long the rest of ``plan`` takes; None when nothing like it was measured."""
    alike = next((pace for pace in paces if pace.fits(request)), None)
    if alike is None:
        return None
    return alike.seconds * plan.left + between_steps(plan, request, alike.between)


def between_steps(plan: Plan, request: TrainRequest, seconds: Mapping[Aside, float]) -> float:
    """How long the samples, measurements and saves of a run take, by the ``seconds`` of each."""
    if not plan.steps:
        return 0.0
    steps = due(request, length(request, plan.outlook.steps), measures=plan.outlook.held_out > 0)
    each = {**seconds, "samples": seconds.get("samples", 0.0) * len(request.sample_prompts)}
    # What is due at the place where it starts comes as well, unless it goes on from there.
    return seconds_to_come(steps, each, plan.done or -1)


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
    return Pace(request, float(worked(gaps).mean()), _between(run, request))


def _between(run: Run, request: TrainRequest) -> dict[Aside, float]:
    """What each thing between steps took in ``run``; the middle one counts, others were held."""
    took: dict[Aside, list[float]] = {kind: [] for kind in ASIDES}
    for row in run.events():
        if row["kind"] == TOOK and row.get("what") in took:
            took[row["what"]].append(float(row["seconds"]))
    parts = {"samples": max(1, len(request.sample_prompts))}
    return {kind: median(all_) / parts.get(kind, 1) for kind, all_ in took.items() if all_}


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
