"""Requests about pictures that the engine thread carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.runtime.job import Request
from engine.runtime.schema import setting

ExportFormat = Literal["kohya", "kohya-toml", "metadata-json", "jsonl", "imagefolder", "zip"]


class ImportRequest(Request):
    """Read a project's folders into its library and measure the pictures."""

    handler: ClassVar[str] = "engine.dataset.importing:run"
    title_key: ClassVar[str] = "Read the folders"
    project: str = setting(..., label="Project", help="The project folder.", level="simple")


class ExportRequest(Request):
    """Bake a project's pictures into a training folder, or pack them for a colleague."""

    handler: ClassVar[str] = "engine.dataset.export:run"
    title_key: ClassVar[str] = "Export pictures"
    project: str = setting(..., label="Project", help="The project folder.", level="simple")
    format: ExportFormat = setting(
        "kohya",
        label="Format",
        level="simple",
        help="Kohya folders, the same with a dataset TOML, kohya's metadata JSON, JSON lines, "
        "Hugging Face's imagefolder, or a zip that opens as a project.",
    )
    destination: str = setting(
        "",
        label="Destination",
        level="simple",
        help="An empty folder, or an earlier export; for a zip, the file. "
        "Empty means exports/training in the project.",
    )
    trigger_word: str | None = setting(
        None,
        label="Trigger word",
        level="simple",
        help="Put first in every caption. If none is given, the project's trigger word is used.",
    )
    masks: Literal["beside", "alpha", "none"] = setting(
        "beside",
        label="Training masks",
        help="As pictures named -masklabel beside the others, as their alpha channel, which "
        "kohya's scripts read, or not at all.",
    )
    originals: bool = setting(
        True,
        label="Originals and edits",
        when="format=zip",
        help="Pack the untouched pictures with their edits; otherwise the baked pictures.",
    )


class ImportDatasetRequest(Request):
    """Take over a dataset that another tool, or a colleague, has written."""

    handler: ClassVar[str] = "engine.dataset.formats.bring_in:run"
    title_key: ClassVar[str] = "Import a dataset"
    project: str = setting(
        ...,
        label="Project",
        level="simple",
        help="The project that takes the pictures; for a zip, the folder of the new project.",
    )
    source: str = setting(
        ...,
        label="Dataset",
        level="simple",
        help="Kohya folders, a dataset TOML, a metadata JSON, JSONL or CSV file, an imagefolder, "
        "or a zip.",
    )
    captions: Literal["keep", "replace", "append"] = setting(
        "keep",
        label="Captions that are there",
        level="simple",
        help="Keep them, replace them by the imported ones, or append those.",
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
    """``folder`` is the file when the format is a zip. ``skipped`` names the pictures that could
    not be read, each as one sentence; ``notes`` say what the format could not hold.
    """

    folder: str
    count: int
    held_out: int
    skipped: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportDatasetResult:
    """``pictures`` in the project now, ``captions`` written, ``folders`` added to the project.

    ``unmatched`` are sentences about entries and files that could not be used; ``unplaced`` about
    values that have no place in a project.
    """

    project: str
    format: str
    pictures: int
    captions: int
    folders: tuple[str, ...]
    unmatched: tuple[str, ...]
    unplaced: tuple[str, ...]
