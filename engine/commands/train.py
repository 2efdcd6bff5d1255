"""``train``: train a LoRA from a TOML job, options, or both."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.runtime.errors import BadInputError, fill
from engine.runtime.events import Event
from engine.runtime.job import JobHandle
from engine.runtime.schema import add_arguments, given_arguments, validated
from engine.runtime.thread import Engine
from engine.training import named_classes
from engine.training.config import TrainRequest
from engine.training.jobfile import load_toml
from engine.training.probing import ProbeRequest


def add_parser(subparsers: Any) -> None:
    """Declare the verb and its options."""
    parser = subparsers.add_parser("train", help="train a LoRA from a TOML job")
    parser.add_argument("job", nargs="?", type=Path, help="TOML file with the settings")
    parser.add_argument(
        "--probe",
        action="store_true",
        help="only make the heaviest step, and tell what the run will do, in which memory and time",
    )
    add_arguments(parser, TrainRequest)


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Train; what happens goes to stderr, the result as JSON to stdout."""
    if args.probe:
        found = follow(engine.submit(ProbeRequest(train=_request(args))))
        print(json.dumps({**asdict(found), "fits": found.fits}, indent=1))
        return 0
    handle = engine.submit(_request(args))
    if os.environ.get("RANK", "0") != "0":
        handle.result()  # one of several processes; the first one speaks
        return 0
    result = follow(handle, _Teller(handle))
    summary = {
        "run": result.run,
        "steps": result.steps,
        "final_loss": result.final_loss,
        "checkpoints": [item.path for item in result.checkpoints],
    }
    print(json.dumps(summary, indent=1))
    return 0


def _request(args: argparse.Namespace) -> TrainRequest:
    """The job file with the options given on the command line on top."""
    given = given_arguments(args, TrainRequest)
    for name in ("optimizer_class", "lr_scheduler_type"):
        named_classes.trust(given.get(name, ""))
    if args.job is not None:
        return load_toml(args.job, **given)
    if not given:
        raise BadInputError("There is nothing to train.", remedy="Name a job file, or see --help.")
    return validated(TrainRequest, given)


class _Teller:
    """Says on stderr what happens. A run that waits, for room on the disk or for a drive, tries
    again every minute: nobody may be there to let it go on.
    """

    def __init__(self, handle: JobHandle, period: float = 60.0) -> None:
        self._handle = handle
        self._period = period

    def __call__(self, event: Event) -> None:
        if event.kind == "train.waiting":
            self._wait(event.data)
        elif event.kind in _LINES:
            print(_LINES[event.kind].format(**event.data), file=sys.stderr)

    def _wait(self, data: dict[str, Any]) -> None:
        print(fill(data["sentence"], data["facts"]), file=sys.stderr)
        print("Training waits, and tries again every minute. Ctrl+C stops it.", file=sys.stderr)
        timer = threading.Timer(self._period, self._handle.resume)
        timer.daemon = True
        timer.start()


_LINES = {
    "train.started": "{pictures} pictures in {buckets} buckets, {total_steps} steps, in {run}",
    "train.warning": "Note: {text}",
    "train.held_out": "Epoch {epoch}: held-out loss {loss:.4f}, seen {seen_loss:.4f}",
    "train.suggestion": "Epoch {best_epoch} had the lowest held-out loss; stop and take it?",
    "train.checkpoint": "Epoch {epoch}, step {step}: saved {path}",
    "job.smaller": "Memory ran out; trying again with smaller batches",
}
