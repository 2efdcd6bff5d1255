"""Taking a folder for a new run, so that two runs never write into one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.runtime.files import storage_errors
from engine.runtime.locks import Lock

LOCK = ".lock"
"""The file in a run's folder that is locked while somebody trains there."""


def claim_folder(folder: Path, is_free: Callable[[Path], bool]) -> tuple[Path, Lock]:
    """``folder``, or one beside it with a number: the first that ``is_free`` and that nobody holds.

    The lock on it is held; a process that is killed lets go of it.
    """
    number, found = 1, folder
    while (lock := _claim(found, is_free)) is None:
        number += 1
        found = folder.with_name(f"{folder.name}-{number}")
    return found, lock


def _claim(folder: Path, is_free: Callable[[Path], bool]) -> Lock | None:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder / LOCK)
    if not lock.take():
        return None
    if is_free(folder):
        return lock
    lock.release()
    return None
