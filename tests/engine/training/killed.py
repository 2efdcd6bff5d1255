"""Trains in processes that are killed at random instants; what they leave is looked at each time.

``python -m tests.engine.training.killed job.toml kills`` prints what it saw as JSON. The instants
are counted, not timed: every file operation and every breath of a run is one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.jobfile import load_toml
from engine.training.loop import run
from engine.training.runs import Run, list_runs, resumable
from engine.training.state import read_state

FILE_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod")


def train_until_killed(request: TrainRequest, instants: int, *, early: bool) -> None:
    """Train in this process, which dies at the instant of that number, counted from its start or
    from the first step.
    """
    left, counts = [instants], [early]

    def tick() -> None:
        left[0] -= counts[0]
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(lambda event, _: tick() if event in FILE_EVENTS else None)
    job = Job.detached()
    breathe, emit = job.breathe, job.emit

    def breathing() -> None:
        tick()
        breathe()

    def emitting(kind: str, **data: Any) -> None:
        counts[0] |= kind == "train.started"
        emit(kind, **data)

    job.breathe, job.emit = breathing, emitting  # type: ignore[method-assign]
    run(request, job)


def look(folder: Path) -> None:
    """Fail for a file that is half, or a log that says what is not there."""
    found = Run(folder)
    assert found.status != "running"
    for path in (folder / "checkpoints").glob("*.safetensors"):
        assert load_file(path)
    for path in (folder / "states").glob("*/state.pt"):
        read_state(path)
    steps = found.steps()["step"].tolist()
    assert steps == list(range(1, len(steps) + 1)), steps
    for state in found.states():
        assert state.step <= len(steps)


def newest(folder: Path) -> Run | None:
    """The run of the request that writes into ``folder``, or beside it once that holds a run that
    left a checkpoint and no state.
    """
    runs = [run for run in list_runs(folder.parent) if run.folder.name.startswith(folder.name)]
    return runs[0] if runs else None


def rest(request: TrainRequest, found: Run | None) -> TrainRequest:
    """What is left of ``request`` after its newest run was killed."""
    offers = [] if found is None else resumable(found.folder.parent)
    mine = [offer.request() for offer in offers if offer.run.folder == found.folder]
    return mine[0] if mine else request


def main(job_file: str, kills: int) -> dict[str, int | str]:
    """Kill ``kills`` runs that go on from each other, then let the last one finish."""
    torch.set_num_threads(1)
    request = load_toml(Path(job_file))
    warm = request.model_copy(update={"output_dir": f"{request.output_dir}-warm"})
    run(warm, Job.detached())  # so that the processes find models and modules in memory
    chance = random.Random(7)
    killed = resumed = rounds = 0
    while True:
        name = request.output_dir + f" {rounds}"
        now = request.model_copy(update={"output_dir": name})
        rest_of = rest(now, newest(Path(name)))
        resumed += bool(rest_of.resume)
        instants = chance.randrange(1, 150) if killed < kills else 10**9
        early = chance.random() < 0.2
        child = os.fork()
        if child == 0:
            try:
                train_until_killed(rest_of, instants, early=early)
                os._exit(0)
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        left = newest(Path(name))
        if left is not None:
            look(left.folder)
        if os.WIFSIGNALED(status):
            killed += 1
        elif killed < kills:
            rounds += 1  # it finished before it was killed often enough: another one
        else:
            assert left is not None
            return {"killed": killed, "resumed": resumed, "folder": str(left.folder)}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
