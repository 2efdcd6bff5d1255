"""Clocks that jump, and computers that sleep."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.loop import run
from engine.training.runs import Run


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def final(result):
    return load_file(result.checkpoints[-1].path)


def test_a_clock_that_jumps_does_not_make_a_running_run_a_dead_one(tmp_path):
    run_ = Run.create(tmp_path / "run", TrainRequest(project="p", output_name="style"))
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    # The process looks an hour younger than its run when the clock was set forward since.
    early = info | {"started": info["started"] - 3600, "begun": info["begun"] - 3600}
    (tmp_path / "run" / "run.json").write_text(json.dumps(early))
    assert info["pid"] == os.getpid()
    assert Run(tmp_path / "run").status == "running"
    assert Run.create(tmp_path / "run", TrainRequest(project="p")).folder.name == "run-2"
    run_.release()


def test_a_run_writes_on_while_the_clock_goes_back(train, monkeypatch):
    plain, _ = train()
    times = iter(range(10**9, 0, -1000))
    monkeypatch.setattr("time.time", lambda: float(next(times)))
    jumped, _ = train()
    assert same(final(plain), final(jumped))
    seconds = Run(Path(jumped.run)).steps()["seconds"]
    assert (seconds[1:] >= seconds[:-1]).all()
    assert [item.epoch for item in Run(Path(jumped.run)).checkpoints()] == [1, 2]


def test_a_computer_that_slept_goes_on_where_it_was(train, request_for, monkeypatch):
    plain, _ = train()
    slept = [0.0]
    wall, steady = time.time, time.monotonic
    monkeypatch.setattr("time.time", lambda: wall() + slept[0])
    monkeypatch.setattr("time.monotonic", lambda: steady() + slept[0])
    job = Job.detached()
    emit = job.emit

    def sleeping(kind, **data):
        emit(kind, **data)
        if kind == "train.step" and data["step"] == 2:
            slept[0] += 9 * 3600

    job.emit = sleeping
    result = run(request_for(), job)
    assert same(final(plain), final(result))
    found = Run(Path(result.run))
    assert found.status == "finished"
    assert len(found.steps()["step"]) == result.steps
    assert (np.diff(found.steps()["seconds"]) >= 0).all()
    assert not [e for e in job.handle.take_events() if e.kind == "train.warning"]
