"""What is known of one run, the same whether it is running now or was read from its folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.i18n import joined, tr
from app.i18n.format import size as file_size
from engine.runtime.errors import StylekilnError
from engine.training.runs import Checkpoint, Run, SamplePicture

if TYPE_CHECKING:
    from engine.training.config import TrainRequest

running = ("running", "paused", "queued")


@dataclass(frozen=True)
class Told:
    """An event worth a line: when (Unix seconds), what, and its facts."""

    when: float
    kind: str
    data: dict[str, Any]


@dataclass
class Series:
    """One value per step, in step order."""

    steps: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, step: float, value: float | None) -> None:
        """Append one point; a missing value is left out."""
        if value is not None and value == value:
            self.steps.append(step)
            self.values.append(value)

    @property
    def last(self) -> float | None:
        """The newest value."""
        return self.values[-1] if self.values else None


@dataclass
class Story:
    """Losses, checkpoints, samples and events of one run."""

    folder: Path
    name: str
    status: str = "running"
    request: TrainRequest | None = None
    total_steps: int = 0
    epochs: int = 0
    steps_per_epoch: int = 0
    step: int = 0
    epoch: int = 0
    loss: Series = field(default_factory=Series)
    average: Series = field(default_factory=Series)
    held_out: Series = field(default_factory=Series)
    rate_unet: Series = field(default_factory=Series)
    rate_text: Series = field(default_factory=Series)
    grad_norm: Series = field(default_factory=Series)
    message: str = ""
    checkpoints: list[Checkpoint] = field(default_factory=list)
    samples: list[SamplePicture] = field(default_factory=list)
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
    def ending(self) -> str:
        """How a run that is over stands, as a translation key."""
        if self.status == "interrupted" and not self.checkpoints:
            return "Interrupted before anything was saved."
        return (
            _stopped(bool(self.checkpoints)) if self.status == "cancelled" else _over(self.status)
        )

    def take(self, kind: str, data: dict[str, Any], when: float) -> None:
        """Take one event of the engine, live or read back."""
        handlers = {
            "train.started": self._started,
            "train.step": self._step,
            "train.held_out": self._held_out,
            "train.checkpoint": self._checkpoint,
            "train.sample": self._sample,
        }
        handler = handlers.get(kind)
        if handler is None or handler(data):
            self._tell(kind, data, when)

    # Each tells whether the event was new: one that was read from the folder can come again.

    def _started(self, data: dict[str, Any]) -> bool:
        new = not self.total_steps
        self.total_steps = data["total_steps"]
        self.epochs = data["epochs"]
        self.steps_per_epoch = data["steps_per_epoch"]
        return new

    def _step(self, data: dict[str, Any]) -> bool:
        step = data["step"]
        if step <= self.step:
            return False
        self.step = step
        self.epoch = data["epoch"]
        rates = data.get("lr") or {}
        self.loss.add(step, data["loss"])
        self.average.add(step, data["average"])
        self.grad_norm.add(step, data.get("grad_norm"))
        self.rate_unet.add(step, rates.get("unet"))
        self.rate_text.add(step, rates.get("text"))
        return True

    def _held_out(self, data: dict[str, Any]) -> bool:
        new = data["step"] not in self.held_out.steps
        if new:
            self.held_out.add(data["step"], data["loss"])
        return new

    def _checkpoint(self, data: dict[str, Any]) -> bool:
        found = Checkpoint(
            epoch=data["epoch"],
            step=data["step"],
            path=self.folder / "checkpoints" / Path(data["path"]).name,
            loss=data["loss"],
            held_out_loss=data.get("held_out_loss"),
            seen_loss=data.get("seen_loss"),
        )
        new = found not in self.checkpoints
        if new:
            self.checkpoints.append(found)
        return new

    def _sample(self, data: dict[str, Any]) -> bool:
        found = SamplePicture(
            epoch=data["epoch"],
            step=data["step"],
            index=data["index"],
            prompt=data["prompt"],
            seed=data["seed"],
            path=self.folder / "samples" / Path(data["path"]).name,
        )
        new = found not in self.samples
        if new:
            self.samples.append(found)
        return new

    def _tell(self, kind: str, data: dict[str, Any], when: float) -> None:
        """Keep what the list of events shows; a run of samples is told once."""
        if kind == "train.sample" and self.events and self.samples[-2:-1]:
            before = self.samples[-2]
            if before.step == self.samples[-1].step:
                return
        if kind in worth_telling:
            self.events.append(Told(when, kind, data | {"saved": bool(self.checkpoints)}))


def sentence(told: Told) -> str:
    """One line about an event, in the language of the moment."""
    kind, data = told.kind, told.data
    if kind == "train.started":
        return tr("Started with {n} picture", "Started with {n} pictures", n=data["pictures"])
    if kind == "train.checkpoint":
        size = file_size(data["bytes"])
        return tr("Epoch {epoch} saved, {size}", epoch=data["epoch"], size=size)
    if kind == "train.sample":
        if data["epoch"] == 0:
            return tr("Sample pictures made at the start")
        return tr("Sample pictures made after epoch {epoch}", epoch=data["epoch"])
    if kind in ("train.warning", "train.waiting"):
        return _said(data)
    if data.get("status") == "cancelled":
        return tr(_stopped(bool(data["saved"])))
    return tr("Failed" if data.get("status") == "failed" else "Finished")


def _said(data: dict[str, Any]) -> str:
    """A warning in the language of the moment, where its sentence is known."""
    if not data.get("sentence"):
        return str(data["text"])
    parts = [data["sentence"], data.get("remedy", "")]
    text = joined(tr(part, **data.get("facts", {})) for part in parts if part)
    return f"{data['about']}: {text}" if data.get("about") else text


worth_telling = (
    "train.started",
    "train.warning",
    "train.waiting",
    "train.checkpoint",
    "train.sample",
    "train.finished",
)


def _stopped(saved: bool) -> str:
    return "Stopped and saved" if saved else "Stopped, nothing was saved"


def _over(status: str) -> str:
    names = {"failed": "Failed", "interrupted": "Interrupted. Its checkpoints are kept."}
    return names.get(status, "Finished")


def clock(moment: float) -> str:
    """The time of day of a Unix time, as ``14:31``."""
    return datetime.fromtimestamp(moment).strftime("%H:%M")


def read(folder: Path) -> Story:
    """The story of a run folder. Raises MissingFileError when it is not one."""
    run = Run.open(folder)
    story = Story(run.folder, run.name, run.status, request=_request(run))
    story.message = str(run.info.get("message", ""))
    for row in run.events():
        data = {key: value for key, value in row.items() if key not in ("kind", "time")}
        story.take(row["kind"], data, row["time"])
    story.checkpoints = run.checkpoints()
    story.samples = run.samples()
    _read_steps(story, run)
    return story


def _request(run: Run) -> TrainRequest | None:
    """The settings of a run; None when config.toml is damaged, the rest can still be shown."""
    try:
        return run.request()
    except StylekilnError:
        return None


def _read_steps(story: Story, run: Run) -> None:
    log = run.steps()
    steps = log["step"].tolist()
    if not steps:
        return
    columns = (
        ("loss", story.loss),
        ("average", story.average),
        ("grad_norm", story.grad_norm),
        ("lr_unet", story.rate_unet),
        ("lr_text", story.rate_text),
    )
    for name, series in columns:
        for step, value in zip(steps, log[name].tolist(), strict=True):
            series.add(step, value)
    story.step = int(steps[-1])
    story.epoch = int(log["epoch"][-1])
