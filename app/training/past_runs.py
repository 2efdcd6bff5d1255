"""What the folders of runs tell: all of them at first, later what has changed since."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.training.story import Story, read
from engine.runtime.errors import MissingFileError
from engine.training.runs import Resumable, Run, list_runs, resumable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.project.project import Project

Mark = tuple[object, ...]
"""What is another once a run has gone on, ended, or lost a file."""
_WATCHED = ("run.json", "log.jsonl", "events.jsonl", "checkpoints", "states")


@dataclass(frozen=True)
class Past:
    """``marks`` are those of all runs by their folders, newest first; ``stories`` are of those
    that are new or not as they were; ``seconds`` is how long it took to read them.
    """

    marks: Mapping[str, Mark]
    stories: Mapping[str, Story]
    resumable: list[Resumable]
    seconds: float


def learned(story: Story) -> bool:
    """Whether a run did not fail before its first step."""
    return story.status != "failed" or story.step > 0 or bool(story.checkpoints)


def look_through(runs: Path, known: Mapping[str, Mark]) -> Past | None:
    """What is in the folder ``runs``; None when all is as ``known`` says."""
    begun = time.monotonic()
    marks = {str(run.folder): _mark(run) for run in list_runs(runs)}
    if marks == known:
        return None
    stories = {}
    for key, mark in marks.items():
        if known.get(key) != mark:
            with suppress(MissingFileError):  # it was removed just now
                stories[key] = read(Path(key))
    return Past(marks, stories, resumable(runs), time.monotonic() - begun)


def _mark(run: Run) -> Mark:
    # Who is killed changes no file.
    return (run.status, *(_stamp(run.folder / name) for name in _WATCHED))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def run_folders(project: Project) -> list[str]:
    """The folder of runs of ``project``, or what it will be made in, the runs in it and
    their checkpoints.
    """
    runs = project.runs
    if not runs.is_dir():
        return [str(project.root)]
    folders = [run.folder for run in list_runs(runs)]
    within = [folder / "checkpoints" for folder in folders]
    return [str(runs), *map(str, folders), *(str(one) for one in within if one.is_dir())]
