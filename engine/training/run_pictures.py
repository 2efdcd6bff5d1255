"""Which pictures a run learned from: ``pictures.json`` in its folder.

Each is told by its path (a link where it lies in the project) and by its size in bytes, so that
another picture that took its name later is not mistaken for it. Beside them stand the captions and
the trigger word as they were: files of captions are changed after a run.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True)
class Words:
    """The trigger word and the captions, each once, that a run learned with: as the text encoder
    reads them, without what chance leaves out or moves.
    """

    trigger: str
    captions: tuple[str, ...]


def note_pictures(run: Run, paths: Iterable[Path], words: Words | None = None) -> None:
    """Write down what ``run`` learns from. Raises StorageError."""
    sizes: dict[str, int] = {}
    for path in paths:
        with suppress(OSError):  # it went away after it was read
            sizes[str(path)] = path.stat().st_size
    root = links.root_of(run.folder)
    rows = [{"path": links.portable(path, root), "bytes": size} for path, size in sizes.items()]
    record: dict[str, Any] = {"format": 1, "pictures": rows}
    if words is not None:
        record |= {"trigger": words.trigger, "captions": words.captions}
    write_json(run.folder / FILE, record)


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


def noted_words(run: Run) -> Words | None:
    """The words that ``run`` learned with; None when nothing is known."""
    try:
        record = json.loads((run.folder / FILE).read_text(encoding="utf-8"))
        captions = record["captions"]
        if not isinstance(captions, list):
            return None
        return Words(str(record["trigger"]), tuple(map(str, captions)))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None  # an older run, or a record that was damaged
