"""Which pictures a run learned from: ``pictures.json`` in its folder.

Each is told by its path (a link where it lies in the project) and by its size in bytes, so that
another picture that took its name later is not mistaken for it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.project import links
from engine.runtime.files import write_json
from engine.training.runs import Run, list_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "pictures.json"


@dataclass(frozen=True)
class Learned:
    """A run and the pictures it learned from: bytes by path."""

    name: str
    pictures: Mapping[str, int]

    def has(self, path: Path, size: int) -> bool:
        """Whether the picture at ``path`` of ``size`` bytes was among them."""
        return self.pictures.get(str(path)) == size


def note_pictures(run: Run, paths: Iterable[Path]) -> None:
    """Write down what ``run`` learns from. Raises StorageError."""
    sizes: dict[str, int] = {}
    for path in paths:
        with suppress(OSError):  # it went away after it was read
            sizes[str(path)] = path.stat().st_size
    root = links.root_of(run.folder)
    rows = [{"path": links.portable(path, root), "bytes": size} for path, size in sizes.items()]
    write_json(run.folder / FILE, {"format": 1, "pictures": rows})


def learned(runs: Path) -> list[Learned]:
    """The runs in a project's ``runs`` folder that left a checkpoint and say what they learned
    from, newest first.
    """
    found = []
    for run in list_runs(runs):
        pictures = noted_pictures(run)
        if pictures and run.checkpoints():
            found.append(Learned(run.name, pictures))
    return found


def noted_pictures(run: Run) -> dict[str, int]:
    """What ``run`` learned from, bytes by path; empty when nothing is known."""
    root = links.root_of(run.folder)
    try:
        rows = json.loads((run.folder / FILE).read_text(encoding="utf-8"))["pictures"]
        return {str(links.absolute(row["path"], root)): int(row["bytes"]) for row in rows}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}  # an older run, or a record that was damaged: nothing is known
