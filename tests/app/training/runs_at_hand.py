"""Runs for tests of the stage: folders as the training loop writes them, and one that goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtWidgets import QMenu

from engine.runtime.events import Event
from engine.training.config import TrainRequest
from engine.training.runs import Run

PER_EPOCH = 4
HELD_OUT = {0: 0.3, 1: 0.2, 2: 0.1, 3: 0.15}


def request_for(session, name: str, **settings) -> TrainRequest:
    """The settings of a run in the open project."""
    return TrainRequest(project=str(session.project.root), output_name=name, **settings)


def make_run(session, name: str, epochs: int = 3, status: str = "finished", **settings) -> Run:
    """A run that is over, with checkpoints, states, samples and measurements of every epoch."""
    run = Run.create(session.project.runs / name, request_for(session, name, **settings))
    run.log_event("train.started", begun(epochs))
    for epoch in range(epochs + 1):
        run.log_event("train.held_out", measured(epoch))
        run.log_event("train.sample", drawn(run.folder, epoch))
        if epoch:
            run.log_event("train.checkpoint", saved(run.folder, epoch))
            run.log_event("train.state", kept(run.folder, epoch))
    for step in range(1, epochs * PER_EPOCH + 1):
        facts = {"lr_unet": 1e-3, "lr_te1": 1e-4, "lr_text": 1e-4, "seconds": step * 0.5}
        run.log_step(stepped(step) | {"grad_norm": 0.5} | facts)
    run.end(status)
    return run


def begun(epochs: int, step: int = 0) -> dict:
    total = {"total_steps": epochs * PER_EPOCH, "epochs": epochs, "steps_per_epoch": PER_EPOCH}
    return {"name": "x", "pictures": 6, "buckets": 1, "step": step} | total


def measured(epoch: int) -> dict:
    loss = HELD_OUT[epoch]
    bands = [{"timestep": at, "loss": loss * at / 500, "seen_loss": 0.1} for at in (200, 500, 800)]
    place = {"epoch": epoch, "step": epoch * PER_EPOCH}
    return place | {"loss": loss, "seen_loss": loss - 0.05, "bands": bands}


def drawn(folder: Path, epoch: int, step: int | None = None, prompt: str = "cactus") -> dict:
    at = epoch * PER_EPOCH if step is None else step
    path = folder / "samples" / f"{at}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 32), (40 * epoch, 90, 90)).save(path)
    place = {"epoch": epoch, "step": at, "index": 0}
    return place | {"prompt": prompt, "seed": 42, "path": str(path)}


def saved(folder: Path, epoch: int) -> dict:
    path = folder / "checkpoints" / f"{epoch}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights")
    place = {"epoch": epoch, "step": epoch * PER_EPOCH, "path": str(path), "bytes": 7000}
    return place | {"loss": 0.3, "held_out_loss": HELD_OUT[epoch], "seen_loss": 0.1}


def kept(folder: Path, epoch: int) -> dict:
    path = folder / "states" / f"{epoch}-state"
    path.mkdir(parents=True, exist_ok=True)
    (path / "state.pt").write_bytes(b"state")
    return {"epoch": epoch, "step": epoch * PER_EPOCH, "path": str(path), "bytes": 5000}


def stepped(step: int) -> dict:
    epoch = (step + PER_EPOCH - 1) // PER_EPOCH
    return {"step": step, "epoch": epoch, "loss": 1 / step, "average": 1.1 / step}


def rough(step: int, done: int, prompt: str = "cactus", index: int = 0) -> dict:
    """A sample on its way: black."""
    array = np.zeros((8, 8, 3), np.uint8)
    place = {"epoch": 1, "step": step, "index": index, "prompt": prompt}
    return place | {"done": done, "steps": 24, "array": array}


class LiveRun:
    """The next run of a view, queued and told of by hand; only ``opened`` it still gets ready."""

    def __init__(self, view, settle, name: str = "live", opened=False, **settings) -> None:
        self.session, self._settle = view.session, settle
        self.folder = view.session.project.runs / name
        view.state.change(output_name=name, sample_prompts=("cactus",), **settings)
        self.handle = view.state.start()
        self.handle.state = "running"
        self.tell("train.opened") if opened else self.tell("train.started", **begun(3))
        settle(view.session)

    def tell(self, kind: str, **data) -> None:
        """An event of the run, as the bridge carries it."""
        told = Event(self.handle.id, kind, {"run": str(self.folder)} | data)
        self.session.engine_event.emit(told)

    def step(self, number: int) -> None:
        """One more step was learned."""
        self.handle.meter.update(number, 12, TrainRequest.title_key, {"name": "live"})
        self.tell("train.step", **stepped(number), lr={"unet": 1e-3}, grad_norm=0.2)

    def end(self, state: str = "done", **finished) -> None:
        """The job is over."""
        if finished:
            self.tell("train.finished", **finished)
        self.handle.state = state
        self.handle.set_running_or_notify_cancel()
        self.handle.set_result(None)
        self.session.job_finished.emit(self.handle)
        self._settle(self.session)


def entry(widget, words: str):
    """The entry of the menu that is open over ``widget``, which is closed by choosing it."""
    menu = next(one for one in widget.findChildren(QMenu) if one.isVisible())
    found = next(one for one in menu.actions() if one.text() == words)
    menu.close()
    return found
