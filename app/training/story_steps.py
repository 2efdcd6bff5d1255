"""The log of a run's steps, read into its story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.training.pace import worked
from app.training.points import Points

if TYPE_CHECKING:
    from app.training.story import Story
    from engine.training.runs import Run


def read_steps(story: Story, run: Run) -> None:
    """Losses, rates and times of the steps that ``run`` has logged."""
    log = run.steps()
    steps = log["step"]
    if not len(steps):
        return
    for name, points in (
        ("loss", story.loss),
        ("average", story.average),
        ("grad_norm", story.grad_norm),
    ):
        points.extend(steps, log[name])
    for name in log:
        if name.startswith("lr_"):
            story.rates[name.removeprefix("lr_")] = Points(steps, log[name])
    story.step, story.epoch = int(steps[-1]), int(log["epoch"][-1])
    _read_seconds(story, log["seconds"])


def _read_seconds(story: Story, at: np.ndarray) -> None:
    """What comes before the first step is told with it: it takes as long as others, the rest is
    getting ready.
    """
    at = at[np.isfinite(at)]
    if not len(at):
        return
    gaps = np.diff(at)
    usual = float(np.median(gaps)) if len(gaps) else float(at[0])
    story.ready = max(0.0, float(at[0]) - usual)
    story.seconds = float(at[0]) - story.ready + float(worked(gaps).sum())
