"""What is known of one run, the same whether it is running now or was read from its folder."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.i18n import tr
from app.i18n.format import number
from app.training.checks import CheckRow, taken, with_cell
from app.training.pace import worked
from app.training.points import Points
from app.training.run_names import name_of
from app.training.story_steps import read_steps
from app.training.telling import Told, over, stopped, worth_telling
from engine.runtime.errors import StylekilnError
from engine.training.asides import CELL, CHECKED, TOOK
from engine.training.runs import Checkpoint, Run, SamplePicture

if TYPE_CHECKING:
    from engine.training.config import TrainRequest

running = ("running", "paused", "queued")


@dataclass(frozen=True)
class Drawing:
    """A sample that is being drawn: ``done`` of ``steps``, and the rough picture [h, w, 3]."""

    step: int
    epoch: int
    index: int
    prompt: str
    done: int
    steps: int
    array: Any


@dataclass
class Story:
    """Losses, checkpoints, samples and events of one run.

    ``seconds`` is how long its steps took, without pauses, ``ready`` what came before them, and
    ``asides`` what was done between them, by the moment when it ended. ``rates`` are the learning
    rates by group, ``bands`` the held-out losses at every noise level by step, ``seen`` the loss of
    trained pictures on the noise that held-out ones are measured with. ``waits`` is what a run that
    holds by itself waits for, ``suggestion`` when it was suggested to stop; both are facts of an
    event.
    """

    folder: Path
    name: str
    status: str = "running"
    request: TrainRequest | None = None
    total_steps: int = 0
    epochs: int = 0
    steps_per_epoch: int = 0
    pictures: int = 0
    step: int = 0
    epoch: int = 0
    seconds: float = 0.0
    ready: float = 0.0
    asides: dict[float, tuple[str, float]] = field(default_factory=dict)
    memory_peak: int = 0
    loss: Points = field(default_factory=Points)
    average: Points = field(default_factory=Points)
    held_out: Points = field(default_factory=Points)
    seen: Points = field(default_factory=Points)
    grad_norm: Points = field(default_factory=Points)
    rates: dict[str, Points] = field(default_factory=dict)
    bands: list[tuple[int, list[float]]] = field(default_factory=list)
    message: str = ""
    ended: str = ""
    checkpoints: list[Checkpoint] = field(default_factory=list)
    samples: list[SamplePicture] = field(default_factory=list)
    drawing: dict[int, Drawing] = field(default_factory=dict)
    checks: list[CheckRow] = field(default_factory=list)
    waits: dict[str, Any] | None = None
    suggestion: dict[str, Any] | None = None
    events: list[Told] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Whether the run still goes on."""
        return self.status in running

    @property
    def best(self) -> Checkpoint | None:
        """The checkpoint with the lowest held-out loss."""
        measured = [item for item in self.checkpoints if item.held_out_loss is not None]
        return min(measured, key=lambda item: item.held_out_loss or 0.0, default=None)

    @property
    def lowest(self) -> tuple[int, float] | None:
        """The step of the lowest held-out loss that was measured, and that loss."""
        if not len(self.held_out):
            return None
        at = int(self.held_out.values.argmin())
        return int(self.held_out.steps[at]), float(self.held_out.values[at])

    @property
    def best_is_lowest(self) -> bool:
        """Whether the lowest loss that was measured is that of the best checkpoint."""
        lowest, best = self.lowest, self.best
        return lowest is None or best is None or (best.held_out_loss or 0.0) <= lowest[1]

    @property
    def spent(self) -> float:
        """How many seconds the run took in all, without pauses."""
        kinds: dict[str, list[float]] = {}
        for kind, took in self.asides.values():
            kinds.setdefault(kind, []).append(took)
        between = sum(float(worked(np.array(took)).sum()) for took in kinds.values())
        return self.ready + self.seconds + between

    @property
    def ending(self) -> str:
        """How a run that is over stands, as a translation key."""
        if self.status == "interrupted" and not self.checkpoints:
            return "Interrupted before anything was saved."
        if self.status == "cancelled":
            return stopped(bool(self.checkpoints))
        return over(self.status)

    def become(self, fresh: Story) -> None:
        """Be what was read ``fresh`` from the folder; why it failed stays in the language told."""
        same = self.status == fresh.status and self.message
        self.__dict__ |= fresh.__dict__ | ({"message": self.message} if same else {})

    def within_epoch(self, step: int) -> bool:
        """Whether ``step`` is not the last of an epoch."""
        return bool(self.steps_per_epoch and step % self.steps_per_epoch)

    def place(self, step: int, epoch: int) -> str:
        """Where in the run ``step`` is: its start, an epoch, or a step inside one."""
        if not step:
            return tr("Start")
        if self.within_epoch(step):
            return tr("Step {step}", step=number(step))
        return tr("Epoch {epoch}", epoch=epoch)

    def take(self, kind: str, data: dict[str, Any], when: float) -> None:
        """Take one event of the engine, live or read back."""
        handlers = {
            "train.started": self._started,
            "train.step": self._step,
            TOOK: self._took,
            "train.held_out": self._held_out,
            "train.checkpoint": self._checkpoint,
            "train.sample": self._sample,
            "train.preview": self._preview,
            CHECKED: self._checked,
            CELL: self._check_drawn,
            "train.waiting": self._waiting,
            "train.suggestion": self._suggested,
            "train.warning": self._warned,
            "train.state": self._state,
            "train.finished": self._finished,
        }
        handler = handlers.get(kind)
        if handler is None or handler(data):
            self._tell(kind, data, when)

    # Each tells whether the event was new: one that was read from the folder can come again.

    def _started(self, data: dict[str, Any]) -> bool:
        before = [told.data.get("step") for told in self._told("train.started")]
        self.total_steps = data["total_steps"]
        self.epochs = data["epochs"]
        self.steps_per_epoch = data["steps_per_epoch"]
        self.pictures = data["pictures"]
        return data.get("step") not in before

    def _step(self, data: dict[str, Any]) -> bool:
        step = data["step"]
        if step <= self.step:
            return False
        self.step, self.epoch, self.waits = step, data["epoch"], None
        self.loss.add(step, data["loss"])
        self.average.add(step, data["average"])
        self.grad_norm.add(step, data.get("grad_norm"))
        for group, rate in (data.get("lr") or {}).items():
            self.rates.setdefault(group, Points()).add(step, rate)
        return True

    def _took(self, data: dict[str, Any]) -> bool:
        self.asides[data["time"]] = data["what"], float(data["seconds"])
        return True

    def _held_out(self, data: dict[str, Any]) -> bool:
        new = data["step"] not in self.held_out.steps
        if new:
            self.held_out.add(data["step"], data["loss"])
            self.seen.add(data["step"], data.get("seen_loss"))
            self.bands.append((data["step"], [band["loss"] for band in data.get("bands", ())]))
            self._withdraw(data["loss"])
        return new

    def _withdraw(self, loss: float) -> None:
        """It has fallen again, so what was suggested before is no longer so."""
        if self.suggestion is not None and loss < self.suggestion["best_loss"]:
            self.suggestion = None

    def _checkpoint(self, data: dict[str, Any]) -> bool:
        found = Checkpoint.read(data, self.folder)
        new = found not in self.checkpoints
        if new:
            same = [item for item in self.checkpoints if item.path == found.path]
            self.checkpoints = [item for item in self.checkpoints if item not in same]
            self.checkpoints.append(found)
        return new

    def _sample(self, data: dict[str, Any]) -> bool:
        found = SamplePicture.read(data, self.folder)
        self.drawing.pop(found.index, None)
        new = found not in self.samples
        if new:
            self.samples.append(found)
        return new

    def _preview(self, data: dict[str, Any]) -> bool:
        facts = {name: data[name] for name in Drawing.__dataclass_fields__}
        self.drawing[data["index"]] = Drawing(**facts)
        return False

    def _checked(self, data: dict[str, Any]) -> bool:
        self.checks = taken(self.checks, CheckRow.read(data, self.folder))
        return True

    def _check_drawn(self, data: dict[str, Any]) -> bool:
        self.checks = with_cell(self.checks, data)
        return False

    def _waiting(self, data: dict[str, Any]) -> bool:
        new = self.waits is None or self.waits["sentence"] != data["sentence"]
        self.waits = data
        return new

    def _suggested(self, data: dict[str, Any]) -> bool:
        new = self.suggestion is None or self.suggestion["step"] != data["step"]
        self.suggestion = data
        return new

    def _warned(self, data: dict[str, Any]) -> bool:
        """The same words can be said again later, so the moment tells them apart."""
        said = [(told.data.get("time"), told.data["text"]) for told in self._told("train.warning")]
        return (data.get("time"), data["text"]) not in said

    def _state(self, data: dict[str, Any]) -> bool:
        """One that was saved with a checkpoint is told with that."""
        for at, told in enumerate(self.events):
            if told.kind == "train.checkpoint" and told.data["step"] == data["step"]:
                more = {"state_bytes": data["bytes"]}
                self.events[at] = replace(told, data=told.data | more)
                return False
        return all(told.data["step"] != data["step"] for told in self._told("train.state"))

    def _finished(self, data: dict[str, Any]) -> bool:
        self.ended = data.get("status", "finished")
        self.drawing, self.waits = {}, None
        return True

    def _told(self, kind: str) -> list[Told]:
        return [told for told in self.events if told.kind == kind]

    def _tell(self, kind: str, data: dict[str, Any], when: float) -> None:
        """Keep what the list of events shows; a run of samples is told once."""
        if kind == "train.sample" and self.samples[-2:-1]:
            before = self.samples[-2]
            if before.step == self.samples[-1].step:
                return
        if worth_telling(kind):
            facts = {"saved": bool(self.checkpoints)}
            if "step" in data:
                facts["at_step"] = self.within_epoch(data["step"])
            self.events.append(Told(when, kind, data | facts))


def read(folder: Path) -> Story:
    """The story of a run folder. Raises MissingFileError when it is not one."""
    run = Run.open(folder)
    story = Story(run.folder, name_of(run), run.status, request=_request(run))
    story.message = str(run.info.get("message", ""))
    for row in run.events():
        data = {key: value for key, value in row.items() if key != "kind"}
        with suppress(KeyError, TypeError, ValueError):  # a line that was damaged is left out
            story.take(row["kind"], data, row["time"])
    story.checkpoints = run.checkpoints()
    story.samples = run.samples()
    read_steps(story, run)
    return story


def _request(run: Run) -> TrainRequest | None:
    """The settings of a run; None when config.toml is damaged, the rest can still be shown."""
    try:
        return run.request()
    except StylekilnError:
        return None
