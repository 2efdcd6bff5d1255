"""Requests about pictures that the engine thread carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.runtime.job import Request
from engine.runtime.schema import setting


class ImportRequest(Request):
    """Read a project's folders into its library and measure the pictures."""

    handler: ClassVar[str] = "engine.dataset.importing:run"
    title_key: ClassVar[str] = "Read the folders"
    project: str = setting(..., label="Project", help="The project folder.", level="simple")


class ExportRequest(Request):
    """Bake a project's pictures into a training folder that kohya's tools read."""

    handler: ClassVar[str] = "engine.dataset.export:run"
    title_key: ClassVar[str] = "Export pictures"
    project: str = setting(..., label="Project", help="The project folder.", level="simple")
    destination: str = setting(
        "",
        label="Destination",
        level="simple",
        help="An empty folder, or an earlier export; empty means exports/training in the project.",
    )
    trigger_word: str | None = setting(
        None,
        label="Trigger word",
        level="simple",
        help="Put first in every caption; not given, the project's own is used.",
    )


@dataclass(frozen=True)
class ImportResult:
    """``problems`` are sentences about pictures and captions that cannot be read."""

    pictures: int
    added: int
    changed: int
    removed: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class ExportResult:
    """``skipped`` names the pictures that could not be read, each as one sentence; ``notes`` say
    what else a reader of the export should know: missing folders, captions that cannot be read.
    """

    folder: str
    count: int
    held_out: int
    skipped: tuple[str, ...]
    notes: tuple[str, ...] = ()
