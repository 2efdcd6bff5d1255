"""A run that waits for room on the disk, or for a folder that went away, instead of dying of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.runtime.errors import StorageError, StylekilnError
from engine.runtime.job import Job

T = TypeVar("T")


def patiently(job: Job, write: Callable[[], T]) -> T:
    """What ``write`` gives. When it cannot write, the job pauses and tries again once it is let go
    on. Raises JobCancelled when the job is stopped meanwhile.
    """
    while True:
        try:
            return write()
        except StorageError as error:
            wait(job, error)


def wait(job: Job, why: StylekilnError) -> None:
    """Say what is missing, and pause until the job is let go on."""
    job.emit("train.waiting", sentence=why.sentence, remedy=why.remedy, facts=why.facts)
    job.handle.pause()
    job.breathe()
