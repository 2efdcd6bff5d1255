"""Taking a folder for a new run, so that two runs never write into one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.runtime.files import storage_errors

CLAIM = ".claim"


def claim_folder(folder: Path, is_free: Callable[[Path], bool]) -> Path:
    """``folder``, or one beside it with a number: the first that ``is_free`` and that no other
    process is taking now. It holds a claim that is to be removed once the run is written down.
    """
    number, found = 1, folder
    while not _claim(found, is_free):
        number += 1
        found = folder.with_name(f"{folder.name}-{number}")
    return found


def _claim(folder: Path, is_free: Callable[[Path], bool]) -> bool:
    """Try to take ``folder`` for a run. Whoever makes the file has it, so two never look at once;
    one that a killed process left only costs the name.
    """
    claim = folder / CLAIM
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            claim.touch(exist_ok=False)
        except FileExistsError:
            return False
        if is_free(folder):
            return True
        claim.unlink()
        return False
