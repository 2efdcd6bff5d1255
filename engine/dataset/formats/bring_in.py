"""The job behind ImportDatasetRequest: a foreign dataset becomes folders, captions and marks.

The dataset's own files are only read. Captions go through the library, as one step that can be
taken back, and never into a folder that cannot be written.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dataset.formats import archive, archive_in
from engine.dataset.formats.incoming import Entry, Incoming, is_file, match
from engine.dataset.formats.kohya import CONFIG
from engine.dataset.formats.kohya_in import dataset_config, folders_in
from engine.dataset.formats.records import LINES, METADATA
from engine.dataset.formats.records_in import (
    csv_rows,
    image_folder,
    indexes,
    json_lines,
    metadata_json,
    read_json,
)
from engine.dataset.library import Library
from engine.dataset.problem import Problem
from engine.dataset.requests import ImportDatasetRequest, ImportDatasetResult
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file, require_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.picture import Picture
    from engine.runtime.job import Job


def run(request: ImportDatasetRequest, job: Job) -> ImportDatasetResult:
    """Take over ``request.source``. Emits ``dataset.imported``.

    Raises MissingFileError, BadInputError or StorageError; the project is then as it was, but for
    captions that were written before a disk ran full, which are one step of undo.
    """
    source = Path(os.path.abspath(request.source))
    root = Path(os.path.abspath(request.project))
    if source.suffix.lower() == ".zip" and not source.is_dir():
        result = _of_zip(require_file(source), root, request, job)
    else:
        result = _take_over(Project.open(root), read(source), request, job)
    job.emit("dataset.imported", project=result.project, pictures=result.pictures)
    return result


def read(source: Path) -> Incoming:
    """What the dataset at ``source``, a file or a folder, says. Nothing is changed."""
    if not source.is_dir():
        return _of_file(require_file(source))
    require_folder(source)
    if any(indexes(source)):
        return image_folder(source)
    for name in (CONFIG, LINES, METADATA):
        if (source / name).is_file():
            return _of_file(source / name)
    return folders_in(source)


def _of_file(path: Path) -> Incoming:
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return dataset_config(path)
    if suffix == ".jsonl":
        return json_lines(path)
    if suffix == ".csv":
        return csv_rows(path)
    if suffix == ".json":
        values = read_json(path)
        is_config = isinstance(values, dict) and isinstance(values.get("datasets"), list)
        return dataset_config(path, values) if is_config else metadata_json(values, path)
    raise BadInputError(
        "{name} is no dataset that can be imported.",
        name=path.name,
        remedy="Choose a folder, or a .toml, .json, .jsonl, .csv or .zip file.",
    )


def _of_zip(
    source: Path, root: Path, request: ImportDatasetRequest, job: Job
) -> ImportDatasetResult:
    if archive.is_ours(source):
        return archive_in.unpack(source, root, job)
    told: list[ImportDatasetResult] = []

    def fill(place: Path) -> Project:
        pictures = place / archive.PICTURES
        archive_in.unpack_plain(zipped, pictures, job)
        return Project.create(place, source.stem)

    def finish(project: Project) -> None:
        pictures = require_folder(project.root / archive.PICTURES, remedy="The zip holds none.")
        told.append(_take_over(project, read(pictures), request, job))

    with archive.opened(source) as zipped:
        archive_in.into_new(root, zipped, fill, finish)
    return told[0]


def _take_over(
    project: Project, incoming: Incoming, request: ImportDatasetRequest, job: Job
) -> ImportDatasetResult:
    """Folders, captions and marks are one step that can be taken back."""
    sources = _sources(project, incoming)
    added = [source.path for source in sources if source not in project.file.folders]
    with (
        closing(Library(project.database, project)) as library,
        library.one_step("Import a dataset"),
    ):
        if added:
            library.set_folders(sources)
        if incoming.resolution is not None:
            library.set_resolution(incoming.resolution)
        library.scan(sources, job)
        pictures = library.pictures()
        found, problems = match(incoming.entries, pictures)
        incoming.unmatched += problems
        pairs = [(picture, found[picture.id]) for picture in pictures if picture.id in found]
        captions = _write_captions(library, pairs, request, incoming, job)
        _mark(library, pairs)
    return ImportDatasetResult(
        str(project.root),
        incoming.format,
        len(pictures),
        captions,
        tuple(added),
        tuple(incoming.unmatched),
        tuple(incoming.unplaced),
    )


def _sources(project: Project, incoming: Incoming) -> list[SourceFolder]:
    """The project's folders, what is not among them yet, and the folder of a list whose pictures
    are in none of them.
    """
    sources = list(project.file.folders)
    listed = _folders_of(incoming.entries, [*sources, *incoming.folders])
    for source in [*incoming.folders, *listed]:
        if not any(_same(source.path, known.path) for known in sources):
            sources.append(source)
    if not sources and incoming.unmatched:
        raise BadInputError(
            "{problem}", problem=incoming.unmatched[0], remedy="Correct it and try again."
        )
    return sources


def _folders_of(entries: Sequence[Entry], known: list[SourceFolder]) -> list[SourceFolder]:
    """Folders of lists beside pictures that no folder of the project holds."""
    roots = [Path(os.path.abspath(source.path)) for source in known]
    found: dict[Path, None] = {}
    for entry in entries:
        path = Path(os.path.abspath(entry.base / entry.key))
        outside = not any(path.is_relative_to(root) for root in roots)
        if (
            outside
            and entry.base not in found
            and path.is_relative_to(entry.base)
            and is_file(path)
        ):
            found[entry.base] = None
    return [SourceFolder(path=str(base)) for base in found]


def _write_captions(
    library: Library,
    pairs: list[tuple[Picture, Entry]],
    request: ImportDatasetRequest,
    incoming: Incoming,
    job: Job,
) -> int:
    """Write what is wanted in one step; how many captions changed."""
    texts: dict[int, str] = {}
    locked: Counter[Path] = Counter()
    writable: dict[Path, bool] = {}
    for picture, entry in pairs:
        text = _combined(picture.caption, entry.text, request.captions)
        if text is None:
            continue
        folder = picture.path.parent
        if writable.setdefault(folder, os.access(folder, os.W_OK)):
            texts[picture.id] = text
        else:
            locked[folder] += 1
    for folder, count in locked.items():
        incoming.unmatched.append(
            Problem(
                "{folder} cannot be written; {count} captions were left out.",
                folder=folder,
                count=count,
            )
        )
    if not texts:
        return 0
    changes = library.set_captions(texts, job)
    names = {picture.id: picture.path.name for picture, _ in pairs}
    for key in (*changes.skipped, *changes.conflicts):
        incoming.unmatched.append(
            Problem("The caption of {name} could not be changed.", name=names.get(key, key))
        )
    return len(changes.changed)


def _combined(there: str, new: str | None, mode: str) -> str | None:
    """The caption to write, None to leave it as it is."""
    if new is None or there.strip() == new.strip() or (mode == "keep" and there.strip()):
        return None
    if mode == "replace" or not there.strip():
        return new
    if new.strip() in there:
        return None
    return f"{there.rstrip().rstrip(',')}, {new.strip()}"


def _mark(library: Library, pairs: list[tuple[Picture, Entry]]) -> None:
    """Take over splits and categories that the dataset names."""
    held_out = {
        p.id: e.held_out for p, e in pairs if e.held_out is not None and e.held_out != p.held_out
    }
    if held_out:
        library.hold_out(held_out)
    categories: dict[str, list[int]] = {}
    for picture, entry in pairs:
        if entry.category is not None and entry.category != picture.category:
            categories.setdefault(entry.category, []).append(picture.id)
    for category, ids in categories.items():
        library.set_category(ids, category)


def _same(one: str, other: str) -> bool:
    return os.path.normcase(os.path.abspath(one)) == os.path.normcase(os.path.abspath(other))
