"""The lines of the charts of a run: pure data from its story."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.training.chart_choice import Choice, Smoothing
from app.training.compared import OWN, Manner
from app.training.points import Points, Smoothed
from app.widgets.chart_lines import Series
from engine.training.schedules import planned_rate

if TYPE_CHECKING:
    from app.training.story import Story

WINDOWS: dict[Smoothing, int] = {"few": 20, "many": 100}
"""Steps of a running mean; the mean of an epoch is the engine's own."""
PLANNED = 0.4
PLAN_POINTS = 120
MOST_GROUPS = 4
BANDS = ("low", "mid", "high")
DENSE = 900  # steps, from which on they would fill an area and hide the lines over it
MANY = 20  # losses, from which on the extreme ones do not set the scale
ROOM = 0.25  # of what the other lines span, for the losses of single steps


class Losses:
    """The lines of the loss chart. Running means are kept and go on where they were."""

    def __init__(self) -> None:
        self._means: dict[tuple[str, Smoothing], Smoothed] = {}

    def lines(
        self, story: Story, choice: Choice, others: Sequence[tuple[Story, Manner]]
    ) -> list[Series]:
        """Of ``story``, and over them one line of each of ``others``."""
        scale = unit(story, choice)
        faint = 0.55 if len(story.loss) < DENSE else 0.4
        raw = Series("Each step", *_at(story.loss, scale), "chart_raw", width=1.0, opacity=faint)
        found = [raw]
        if choice.smoothing != "none":
            found.append(Series("Smoothed", *_at(self.smoothed(story, choice.smoothing), scale)))
        if len(story.held_out) and choice.held_out:
            points = _at(story.held_out, scale)
            found.append(Series("Held-out", *points, "chart2", marker="square"))
        if len(story.seen) and choice.seen:
            points = _at(story.seen, scale)
            found.append(Series("Trained, same noise", *points, "chart2", "dot", marker="circle"))
        return found + [self._beside(other, manner, choice) for other, manner in others]

    def smoothed(self, story: Story, smoothing: Smoothing) -> Points:
        """The loss of ``story`` as ``smoothing`` says."""
        if smoothing not in WINDOWS:
            return story.average
        key = (str(story.folder), smoothing)
        known = self._means.get(key)
        if known is None or known.source is not story.loss:
            known = self._means[key] = Smoothed(story.loss, WINDOWS[smoothing])
        return known.points()

    def _beside(self, story: Story, manner: Manner, choice: Choice) -> Series:
        smoothing = "epoch" if choice.smoothing == "none" else choice.smoothing
        points = self.smoothed(story, smoothing)
        if choice.others == "held_out" and len(story.held_out):
            points = story.held_out
        line = Series(story.name, *_at(points, unit(story, choice)), manner.color, manner.dash)
        return replace(line, width=1.5, plain=True)


def unit(story: Story, choice: Choice) -> float:
    """Steps in one unit of the horizontal axis."""
    return float(story.steps_per_epoch or 1) if choice.x_axis == "epochs" else 1.0


def loss_range(lines: Sequence[Series], log: bool = False) -> tuple[float, float] | None:
    """A vertical range that holds every line but the extreme losses of single steps; None lets the
    data decide.
    """
    raw, rest = lines[0], [one.ys for one in lines[1:] if len(one.ys)]
    if len(raw.ys) < MANY or not rest:
        return None
    # By what is read, with room; of the faint line behind it spikes may leave the frame.
    low, high = (float(bound) for bound in np.percentile(raw.ys, [10, 90]))
    low = min(low, *(float(np.min(one)) for one in rest))
    high = max(high, *(float(np.max(one)) for one in rest))
    room = ROOM * (high - low)
    low, high = (low if log else max(0.0, low - room)), high + room
    if log and low > 0:
        return 10 ** (math.floor(math.log10(low) * 10) / 10), 10 ** (
            math.ceil(math.log10(high) * 10) / 10
        )
    # In coarse steps: an axis that moved with every loss would unsettle the eye.
    span = (high - low) or abs(high) or 1.0
    step, air = 10.0 ** math.floor(math.log10(span)) / 5, 0.03 * span
    bottom = max(0.0, low - air) if low >= 0 else low - air
    return math.floor(bottom / step) * step, math.ceil((high + air) / step) * step


def rate_lines(story: Story) -> list[Series]:
    """The learning rate of every group, and faintly what is planned."""
    found = []
    for name, manner in zip(_groups(story), _RATE_MANNERS, strict=False):
        points = story.rates[name]
        label, plain = _group_label(name, story)
        line = Series(label, points.steps, points.values, manner.color, manner.dash, plain=plain)
        found += [line, *_planned(story, name, line)]
    return found


def _groups(story: Story) -> list[str]:
    """The groups that learn; where there are many, the UNet and the text encoders as wholes."""
    used = [name for name, points in story.rates.items() if len(points) and points.values.any()]
    own = [name for name in used if name not in ("unet", "text") or not _parts(name, used)]
    if len(own) <= MOST_GROUPS:
        return sorted(own, key=lambda name: not name.startswith("unet"))
    return [name for name in ("unet", "text") if name in used]


def _parts(name: str, names: Sequence[str]) -> list[str]:
    """The groups that ``name`` is the fastest of; LoRA+ speeds a part up beside the plain one."""
    start = "te" if name == "text" else "unet_block"
    return [one for one in names if one != name and one.startswith(start) and one != "text"]


def _group_label(name: str, story: Story) -> tuple[str, bool]:
    """The words for a group, and whether they are names that no language changes."""
    plain, _, plus = name.partition(" ")
    if plus or plain.startswith("unet_block"):
        return plain.replace("unet_block", "UNet ").replace("unet", "UNet") + (
            " +" * bool(plus)
        ), True
    if plain == "te1" and "te2" not in story.rates:
        plain = "text"
    names = {"unet": "UNet", "text": "Text", "te1": "Text 1", "te2": "Text 2"}
    return names.get(plain, plain), plain not in names


def _planned(story: Story, name: str, line: Series) -> list[Series]:
    """The rates to come, by the formula of the schedule, from the last one that was used on."""
    total, request = story.total_steps, story.request
    if request is None or not story.live or story.step >= total:
        return []
    part = "unet" if name.startswith("unet") else name if name.startswith("te2") else "te1"
    steps = np.linspace(story.step, total, min(PLAN_POINTS, total - story.step + 1))
    plan = [planned_rate(request, part, max(0, round(step) - 1), total) for step in steps.tolist()]
    if plan[0] is None:
        return []
    # A group may learn faster than its part, and some optimizers find the size of their rate.
    factor = float(line.ys[-1]) / plan[0] if plan[0] else 1.0
    values = [factor * (rate or 0.0) for rate in plan]
    return [replace(line, xs=steps, ys=values, opacity=PLANNED, legend=False)]


def band_lines(story: Story) -> list[Series]:
    """The held-out loss at low, middle and high noise, each the mean over its levels."""
    count = max((len(losses) for _, losses in story.bands), default=0)
    rows = [(step, losses) for step, losses in story.bands if len(losses) == count]
    if not count:
        return []
    group = [int((at + 0.5) * 3 / count) for at in range(count)]
    steps = [float(step) for step, _ in rows]
    found = []
    for at, (label, manner) in enumerate(zip(BANDS, _BAND_MANNERS, strict=True)):
        members = [place for place, own in enumerate(group) if own == at]
        if members:
            means = [float(np.mean([losses[one] for one in members])) for _, losses in rows]
            found.append(Series(label, steps, means, manner.color, manner.dash))
    return found


def limited_share(story: Story) -> float | None:
    """The part of the steps whose gradient was longer than the limit; None without one."""
    limit = story.request.max_grad_norm if story.request is not None else 0.0
    if not limit or not len(story.grad_norm):
        return None
    return float(np.mean(story.grad_norm.values > limit))


def _at(points: Points, scale: float) -> tuple[np.ndarray, np.ndarray]:
    return (points.steps if scale == 1 else points.steps / scale), points.values


_RATE_MANNERS = (OWN, Manner("chart2", "dash"), Manner("chart3", "dot"), Manner("chart4", "dash"))
_BAND_MANNERS = (OWN, Manner("chart2", "dash"), Manner("chart4", "dot"))
