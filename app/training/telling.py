"""What is told of a run: events worth a line, each a sentence in the language of the moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.i18n import joined, tr
from app.i18n.format import number
from app.i18n.format import size as file_size


@dataclass(frozen=True)
class Told:
    """An event worth a line: when (Unix seconds), what, and its facts."""

    when: float
    kind: str
    data: dict[str, Any]

    @property
    def grave(self) -> bool:
        """Whether it asks for something, or is a warning."""
        return self.kind in ("train.warning", "train.waiting", "train.suggestion")


def sentence(told: Told) -> str:
    """One line about an event."""
    return _SENTENCES[told.kind](told.data)


def worth_telling(kind: str) -> bool:
    """Whether an event of ``kind`` has a line."""
    return kind in _SENTENCES


def clock(moment: float) -> str:
    """The time of day of a Unix time, as ``14:31``."""
    return datetime.fromtimestamp(moment).strftime("%H:%M")


def said(data: dict[str, Any]) -> str:
    """A warning in the language of the moment, where its sentence is known."""
    if not data.get("sentence"):
        return str(data["text"])
    parts = [data["sentence"], data.get("remedy", "")]
    text = joined(tr(part, **data.get("facts", {})) for part in parts if part)
    return f"{data['about']}: {text}" if data.get("about") else text


def stopped(saved: bool) -> str:
    """How a run stands that was stopped, as a translation key."""
    return "Stopped and saved" if saved else "Stopped, nothing was saved"


def over(status: str) -> str:
    """How a run stands that ended otherwise, as a translation key."""
    names = {"failed": "Failed", "interrupted": "Interrupted. Its checkpoints are kept."}
    return names.get(status, "Finished")


def suggestion_text(data: dict[str, Any]) -> str:
    """When it was suggested to stop."""
    if not data["best_step"]:
        return tr("The held-out loss has not fallen since the start.")
    return tr("The held-out loss has not fallen since epoch {epoch}.", epoch=data["best_epoch"])


def _started(data: dict[str, Any]) -> str:
    if data.get("step"):
        return tr("Went on at step {step}", step=number(data["step"]))
    return tr("Started with {n} picture", "Started with {n} pictures", n=data["pictures"])


def _saved(data: dict[str, Any]) -> str:
    """A checkpoint; the state that was saved with it is told in the same line."""
    facts = {"step": number(data["step"]), "epoch": data["epoch"]}
    size = file_size(data["bytes"] + data.get("state_bytes", 0))
    if "state_bytes" in data:
        if data.get("at_step"):
            return tr("Step {step} saved with its state, {size}", size=size, **facts)
        return tr("Epoch {epoch} saved with its state, {size}", size=size, **facts)
    if data.get("at_step"):
        return tr("Step {step} saved, {size}", size=size, **facts)
    return tr("Epoch {epoch} saved, {size}", size=size, **facts)


def _state(data: dict[str, Any]) -> str:
    size = file_size(data["bytes"])
    return tr("State saved at step {step}, {size}", step=number(data["step"]), size=size)


def _drawn(data: dict[str, Any]) -> str:
    if not data["step"]:
        return tr("Sample pictures made at the start")
    if data.get("at_step"):
        return tr("Sample pictures made at step {step}", step=number(data["step"]))
    return tr("Sample pictures made after epoch {epoch}", epoch=data["epoch"])


def _finished(data: dict[str, Any]) -> str:
    status = data.get("status", "finished")
    if status == "interrupted":
        return tr("Cut off")
    return tr(stopped(bool(data["saved"])) if status == "cancelled" else over(status))


def _suggested(data: dict[str, Any]) -> str:
    """As it was at that moment: the loss may have fallen since."""
    if not data["best_step"]:
        return tr("Advised to stop: the held-out loss had not fallen since the start.")
    epoch = data["best_epoch"]
    return tr("Advised to stop: the held-out loss had not fallen since epoch {epoch}.", epoch=epoch)


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "train.started": _started,
    "train.warning": said,
    "train.waiting": said,
    "train.suggestion": _suggested,
    "train.checkpoint": _saved,
    "train.state": _state,
    "train.sample": _drawn,
    "train.finished": _finished,
}
