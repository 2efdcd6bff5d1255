"""What is done between steps: when it is due, and that it is not counted as steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runtime.events import ProgressMeter
from engine.runtime.job import Job, JobHandle
from engine.training.asides import due
from engine.training.loop import run
from engine.training.previews import Previews
from engine.training.runs import Run
from engine.training.schedules import length
from engine.training.update import Updater

STEP, DRAWING = 2.0, 100.0


@pytest.mark.parametrize(
    "changes",
    [
        {"sample_every_n_epochs": 1, "validate_every_n_steps": 3, "save_every_n_steps": 2},
        {"sample_every_n_steps": 3, "sample_every_n_epochs": 0, "sample_at_first": False,
         "save_every_n_epochs": 2},
    ],
)  # fmt: skip
def test_what_is_due_is_what_a_run_does(train, request_for, changes):
    settings = {"max_train_epochs": 3, "train_batch_size": 2, "sample_prompts": ("a --s 1",),
                "validation_split": 0.3, **changes}  # fmt: skip
    result, events = train(**settings)
    begun = next(event.data for event in events if event.kind == "train.started")
    steps = due(
        request_for(**settings), length(request_for(**settings), begun["steps_per_epoch"]),
        measures=True,
    )  # fmt: skip
    kinds = {"samples": "train.sample", "held_out": "train.held_out", "save": "train.checkpoint"}
    for kind, name in kinds.items():
        assert steps[kind] == [event.data["step"] for event in events if event.kind == name], kind
    noted = [row["what"] for row in Run.open(Path(result.run)).events() if "what" in row]
    assert noted.count("samples") == len(steps["samples"])


def test_samples_are_counted_apart_from_the_steps(request_for, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(Previews, "draw", lambda *_, **__: _pass(clock, DRAWING))
    update = Updater.__call__

    def slow(self, at):
        _pass(clock, STEP)
        return update(self, at)

    monkeypatch.setattr(Updater, "__call__", slow)
    request = request_for(max_train_epochs=4, sample_prompts=("a",), sample_every_n_epochs=2)
    handle = JobHandle(request)
    handle.meter = ProgressMeter(clock=lambda: clock[0])
    job = Job(handle)
    left = {}
    emit = job.emit

    def hear(kind, **data):
        emit(kind, **data)
        if kind == "train.step":
            left[data["step"] - 1] = handle.progress.seconds_left

    job.emit = hear
    steps = run(request, job).steps
    half = steps // 2
    assert left[half - 1] == pytest.approx((steps - half + 1) * STEP + 2 * DRAWING)
    assert left[half + 1] == pytest.approx((steps - half - 1) * STEP + DRAWING)


class Heard(ProgressMeter):
    """Notes what was said of the work, each sentence once."""

    def __init__(self):
        super().__init__()
        self.words = []

    def say(self, key, facts):
        super().say(key, facts)
        if self.latest.text not in self.words:
            self.words.append(self.latest.text)


def test_what_is_done_between_steps_is_named_with_its_number_and_its_size(request_for):
    prompts = ("a --s 1 --w 64 --h 64", "b --s 1 --w 64 --h 96")
    request = request_for(max_train_epochs=1, validation_split=0.3, sample_prompts=prompts)
    handle = JobHandle(request)
    handle.meter = meter = Heard()
    run(request, Job(handle))
    measured = [words for words in meter.words if words.startswith("Measuring held-out picture")]
    assert measured == [
        f"Measuring held-out picture {n} of {len(measured)}" for n in range(1, len(measured) + 1)
    ]
    assert len(measured) > 1
    drawn = [words for words in meter.words if words.startswith("Drawing")]
    assert drawn == ["Drawing sample 1 of 2, 64 × 64", "Drawing sample 2 of 2, 64 × 96"]
    assert meter.latest.text == f"Train {request.output_name}"


def _pass(clock, seconds):
    clock[0] += seconds
