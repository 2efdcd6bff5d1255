"""The job behind ImportRequest: read the folders, then measure what is new."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dataset.library import Library
from engine.dataset.requests import ImportRequest, ImportResult
from engine.dataset.side_masks import take_side_masks
from engine.project.project import Project
from engine.runtime.errors import MissingFileError

if TYPE_CHECKING:
    from engine.runtime.job import Job


def run(request: ImportRequest, job: Job) -> ImportResult:
    """Bring the library of a project up to date. Masks beside new pictures are taken over. Emits
    ``import.done``.

    Raises MissingFileError for missing folders and for folders without any picture.
    """
    project = Project.open(Path(request.project))
    with closing(Library(project.database)) as library:
        scanned = library.scan(project.file.folders, job)
        _, unread = take_side_masks(library, project, scanned.added, job)
        library.measure(job)
        pictures = library.pictures()
    if not pictures:
        raise MissingFileError(
            "There are no pictures in {path}.",
            path=_folders(project) or project.root,
            remedy="Add PNG, JPEG, WebP, BMP, TIFF, GIF or AVIF files.",
        )
    texts = (text for p in pictures for text in (p.problem, p.caption_problem))
    problems = [*filter(None, texts), *unread]
    job.emit("import.done", pictures=len(pictures), problems=problems)
    return ImportResult(
        len(pictures),
        len(scanned.added),
        len(scanned.changed),
        len(scanned.removed),
        tuple(problems),
    )


def _folders(project: Project) -> str:
    return ", ".join(folder.path for folder in project.file.folders)
