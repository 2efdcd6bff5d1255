"""Pictures that come into a folder: told once each, when they have stopped growing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.imaging.decode import PICTURE_SUFFIXES
from engine.runtime.files import require_folder

Stamp = tuple[int, int]
"""Time of change in nanoseconds, and size in bytes."""
Stamps = Mapping[str, Stamp]

MOST = 16
"""Pictures that are told of at once; the others wait for the next look."""


def pictures_in(folder: Path) -> dict[str, Stamp]:
    """The picture files in ``folder`` by name, as far as they can be looked at; hidden ones and
    folders do not count. Raises MissingFileError when it is gone.
    """
    found: dict[str, Stamp] = {}
    with os.scandir(require_folder(folder)) as entries:
        for entry in entries:
            if (
                entry.name.startswith(".")
                or Path(entry.name).suffix.lower() not in PICTURE_SUFFIXES
            ):
                continue
            try:
                facts = entry.stat()
                if entry.is_file() and facts.st_size:
                    found[entry.name] = (facts.st_mtime_ns, facts.st_size)
            except OSError:  # it goes away meanwhile
                continue
    return found


def stamp_of(path: Path) -> Stamp | None:
    """What tells one state of a file from another; None while there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return (facts.st_mtime_ns, facts.st_size) if facts.st_size else None


class Arrivals:
    """What was there at first is known; of the rest each name is told once, oldest first."""

    def __init__(self, first: Stamps) -> None:
        self._known = set(first)
        self._growing: dict[str, Stamp] = {}

    def look(self, now: Stamps) -> list[str]:
        """The new names whose files are as they were at the look before this one."""
        self._known &= set(now)  # a name that went away may come again
        fresh = {name: stamp for name, stamp in now.items() if name not in self._known}
        settled = [name for name, stamp in fresh.items() if self._growing.get(name) == stamp]
        self._growing = fresh
        told = sorted(settled, key=lambda name: (fresh[name], name))[:MOST]
        self._known.update(told)
        return told
